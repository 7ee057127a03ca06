"""readiness baseline: the file of the findings that were there before."""

from __future__ import annotations

import os
from collections.abc import Iterable

import click
from msgspec.structs import replace

from readiness import engine, registry
from readiness.baseline import NAME, entry_of, parse, write
from readiness.cli import ExitCode
from readiness.cli.options import audited, surroundings
from readiness.cli.output import emit
from readiness.cli.output import write as write_file
from readiness.cli.progress import Meter
from readiness.configure import LARGEST_BASELINE, Options, configure
from readiness.errors import UsageError, one_line
from readiness.model import BaselineEntry, Comparison, Report
from readiness.repo import Repository
from readiness.repo.metadata import printable
from readiness.rule import Status

_SHOWN = 10


@click.command
@click.option(
    "--file",
    metavar="FILE",
    help="The baseline; by default the configured one, or readiness-baseline.toml.",
)
@click.option("--update", is_flag=True, help="Take out the entries that match nothing any more.")
@click.option("--accept", is_flag=True, help="With --update: add every finding that it lacks.")
@audited
def command(
    path: str,
    file: str | None,
    update: bool,
    accept: bool,
    no_cache: bool,
    jobs: int | None,
    **options: object,
) -> ExitCode:
    """Say how the baseline of the repository at PATH stands, or bring it up to date.

    A baseline holds old findings: they fail no gate. With --update it shrinks; it never grows
    without --accept.
    """
    if accept and not update:
        raise UsageError("--accept needs --update")
    asked = Options(**options)  # type: ignore[arg-type]
    if asked.rev is not None or asked.staged:
        raise UsageError("a baseline is one of the work tree: leave --rev and --staged out")
    place, name, configured = _place(path, file, asked)
    before = _read(place)
    with Meter() as meter:
        world = surroundings(meter, no_cache=no_cache, jobs=jobs)
        report = engine.audit(path, replace(asked, baseline=place if before else ""), world)
    known = report.comparison if before else None
    lacking = _lacking(report, known)
    if not update:
        emit(_told(name, known, lacking))
        return ExitCode.FAILED if lacking or (known and known.stale) else ExitCode.PASSED
    if not before and not accept:
        raise UsageError(f"there is no {printable(name)}; --update --accept makes one")
    write_file(place, _updated(before, name, known, lacking if accept else ()))
    emit(_done(name, known, lacking, accept=accept, configured=configured))
    return ExitCode.PASSED


def _place(path: str, file: str | None, options: Options) -> tuple[str, str, bool]:
    """(absolute path of the baseline, its name as people know it, is it the configured one?)

    Raises:
        UsageError: it would be written through a symbolic link of the repository.
    """
    with Repository.open(path) as repository:
        if repository.bare:
            raise UsageError(f"{printable(repository.root)} is bare: a baseline is a tracked file")
        config = configure(repository, repository.snapshot(), options, registry.rules())
        root = os.path.realpath(repository.root)
    if file is not None:
        own = os.path.realpath(file)
        return own, file, bool(config.baseline) and own == os.path.join(root, config.baseline)
    name = config.baseline or NAME
    place = os.path.join(root, name)
    if os.path.realpath(place) != place:
        raise UsageError(
            f"{printable(name)} is, or lies behind, a symbolic link; name it by --file"
        )
    return place, name, bool(config.baseline)


def _read(place: str) -> str:
    """The text of the baseline; empty where there is none."""
    try:
        with open(place, encoding="utf-8") as file:
            return file.read(LARGEST_BASELINE)
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8"
        raise UsageError(f"{printable(place)}: {reason.lower()}") from error


def _lacking(report: Report, known: Comparison | None) -> list[BaselineEntry]:
    """An entry for each open finding that the baseline does not know."""
    stable = {rule.id for rule in registry.rules() if rule.status is Status.STABLE}
    new = report.findings if known is None else [news.finding for news in known.new]
    made = {each.fingerprint: entry_of(each) for each in new if each.rule in stable}
    return list(made.values())


def _updated(
    before: str, name: str, known: Comparison | None, added: Iterable[BaselineEntry]
) -> str:
    entries = parse(before.encode(), printable(name)).entries if before else ()
    gone = {entry.fingerprint for entry in known.stale} if known else set()
    moved = {old.fingerprint: new for old, new in known.rewritten} if known else {}
    kept = [moved.get(each.fingerprint, each) for each in entries if each.fingerprint not in gone]
    return write([*kept, *added], before)


def _told(name: str, known: Comparison | None, lacking: list[BaselineEntry]) -> str:
    shown = printable(name)
    if known is None:
        return (
            f"there is no {shown}; readiness baseline --update --accept writes one with"
            f" {_count(len(lacking), 'finding')}\n"
        )
    lines = [f"{shown}: {_count(known.old, 'finding')} of it {_are(known.old)} still there"]
    lines += [
        f"  delete line {entry.line}: {one_line(entry.told)} is gone" for entry in known.stale
    ]
    lines += [
        f"  line {old.line}: {one_line(old.path)} is now {one_line(new.path)}"
        for old, new in known.rewritten
    ]
    if lacking:
        lines.append(f"  {_count(len(lacking), 'finding')} {_are(len(lacking))} not in it:")
        lines += [f"    {one_line(entry.told)}" for entry in lacking[:_SHOWN]]
        if len(lacking) > _SHOWN:
            lines.append(f"    and {len(lacking) - _SHOWN:,} more: readiness audit tells them")
    if known.stale or known.rewritten:
        lines.append("readiness baseline --update does it")
    return "\n".join(lines) + "\n"


def _done(
    name: str,
    known: Comparison | None,
    lacking: list[BaselineEntry],
    *,
    accept: bool,
    configured: bool,
) -> str:
    gone = len(known.stale) if known else 0
    moved = len(known.rewritten) if known else 0
    added = len(lacking) if accept else 0
    text = f"{printable(name)}: {added:,} added, {gone:,} taken out, {moved:,} moved"
    if lacking and not accept:
        text += f"; {_count(len(lacking), 'finding')} not in it (--accept would add)"
    lines = [text]
    if not configured:
        lines.append(
            f'to use it: baseline = "{printable(name)}" in readiness.toml, and commit both'
        )
    return "\n".join(lines) + "\n"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun if number == 1 else noun + 's'}"


def _are(number: int) -> str:
    return "is" if number == 1 else "are"
