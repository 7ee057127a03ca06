"""readiness init: switches readiness on in a repository, and says first what that writes."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from difflib import unified_diff
from importlib.resources import files as resources

import click

from readiness import engine
from readiness.baseline import write as baseline_of
from readiness.cli import ExitCode
from readiness.cli.looking import agents_file, look, source
from readiness.cli.options import surroundings
from readiness.cli.output import emit
from readiness.cli.placing import Target, check, place
from readiness.cli.progress import Meter
from readiness.config import STANDALONE
from readiness.configure import Options
from readiness.errors import UsageError, one_line
from readiness.init import configuration, hooks, offer, workflow
from readiness.init.values import Offer, Piece, Seen, Wish
from readiness.repo import Repository
from readiness.repo.hooks_folder import hooks_folder
from readiness.repo.metadata import printable

_SHOWN = 60  # lines of a new file
_EXECUTABLE = 0o777  # less what the process's mask takes
_HOOK = "pre-commit"


@click.command
@click.option("--yes", is_flag=True, help="Write without asking.")
@click.option("--dry-run", is_flag=True, help="Only show what would be written.")
@click.option("--hook", is_flag=True, help="Install a plain Git hook in this clone.")
@click.option("--agents", is_flag=True, help="Tell programs that write code, in AGENTS.md.")
@click.option(
    "--ci",
    type=click.Choice(["github", "gitlab", "none"]),
    help="The system that runs the gate; by default what the remote and the files show.",
)
@click.option(
    "--without",
    multiple=True,
    type=click.Choice(offer.PARTS),
    help="Leave this out; may be given several times.",
)
@click.option(
    "--from",
    "from_",
    metavar="SOURCE",
    help="Where CI and pre-commit get readiness: https://HOST/OWNER/readiness@COMMIT, or what pip"
    " installs.",
)
@click.option("--no-cache", is_flag=True, help="Compute everything anew and keep nothing.")
@click.option("--jobs", type=click.IntRange(1), metavar="N", help="Processes; one a CPU if unset.")
@click.argument("path", default=".")
def command(
    path: str,
    yes: bool,
    dry_run: bool,
    hook: bool,
    agents: bool,
    ci: str | None,
    without: tuple[str, ...],
    from_: str | None,
    no_cache: bool,
    jobs: int | None,
) -> ExitCode:
    """Switch readiness on in the repository that PATH lies in: the configuration, the hook, the
    gate in CI, and a baseline with what is there today.

    What it writes is shown first. No file is overwritten, and a second run changes nothing.
    """
    wish = Wish(ci or "", hook, agents, without)
    comes_from = source(from_)
    with Repository.open(path) as repository:
        if repository.bare:
            raise UsageError(f"{printable(repository.root)} is bare: init writes into a work tree")
        root, common = repository.root, repository.common_folder
        seen = look(repository)
    behind, seen = agents_file(root, seen) if agents else ("", seen)
    templates = {name: _template(name) for name in workflow.TEMPLATES}
    found = offer.files(seen, wish, comes_from, templates, behind)
    with Meter() as meter:
        world = surroundings(meter, no_cache=no_cache, jobs=jobs)
        found = _configured(path, seen, wish, world) + found
    targets = [Target(root, piece) for piece in found.pieces]
    if hook:
        installed = _hook(root, common)
        if isinstance(installed, Target):
            targets.append(installed)
        else:
            found += Offer(kept=(installed,))
    if not targets:
        emit("\n".join(["nothing to write: all is there", *_rest(found)]) + "\n")
        return ExitCode.PASSED
    emit("\n".join(_preview(targets, found)) + "\n")
    if not dry_run:
        check(targets)
    if dry_run or not (yes or _agreed(len(targets))):
        emit("nothing was written\n")
        return ExitCode.PASSED
    place(targets)
    emit("\n".join(_done(root, targets, found)) + "\n")
    return ExitCode.PASSED


def _template(name: str) -> str:
    return (resources("readiness.templates") / name).read_text(encoding="utf-8")


def _configured(path: str, seen: Seen, wish: Wish, world: engine.Surroundings) -> Offer:
    """The configuration, and the baseline of the repository as it will be with all the rest."""
    where = configuration.wants_baseline(seen)
    if "baseline" in wish.without or not where:
        kept = () if "baseline" in wish.without else (configuration.kept_baseline(seen),)
        return configuration.offer(seen, baseline=bool(not where)) + Offer(kept=kept)
    drafts = {where: baseline_of(()).encode()}
    if STANDALONE in seen.files and STANDALONE not in seen.links:
        drafts[STANDALONE] = seen.files[STANDALONE]
    report = engine.audit(path, Options(), world, drafts)
    baseline = configuration.baseline(report, where)
    profile = report.scorecard.profile
    return configuration.offer(seen, baseline=bool(baseline.pieces), profile=profile) + baseline


def _hook(root: str, common: str) -> Target | str:
    """The plain hook to install, or why none is."""
    folder = hooks_folder(root)
    if folder.endswith(os.path.join(".husky", "_")):  # which calls what lies above it
        folder = os.path.dirname(folder)
    real = os.path.realpath(folder)
    shared = not _within(real, os.path.realpath(common))
    name = os.path.join(printable(folder), _HOOK)
    if shared and not _within(real, os.path.realpath(root)):
        return (
            f"no hook: core.hooksPath has the hooks in {printable(folder)}, outside of this"
            f" repository; a line for its {_HOOK}: {hooks.CHAIN}"
        )
    if os.path.lexists(os.path.join(real, _HOOK)):
        return _present(os.path.join(real, _HOOK), name)
    if shared:  # it lies among the files, where others get it, too
        top = os.path.realpath(root)
        below = os.path.join(os.path.relpath(real, top), _HOOK)
        piece = Piece(below, "the hook, in core.hooksPath", hooks.script().encode())
        return Target(top, piece, _EXECUTABLE)
    why = f"the hook of this clone, in {printable(folder)}"
    return Target(real, Piece(_HOOK, why, hooks.script(_program()).encode()), _EXECUTABLE)


def _present(path: str, name: str) -> str:
    try:
        with open(path, "rb") as file:
            content = file.read(100_000)
    except OSError:
        content = b""
    if hooks.HOOK.encode() in content:
        return f"{name} runs the hook"
    if b"pre-commit.com" in content:
        return (
            f"{name} is the one of pre-commit; readiness init without --hook puts the hook into"
            " its configuration"
        )
    return f"{name} is there and stays; a line for it: {hooks.CHAIN}"


def _program() -> str:
    """Where this installation has the hook; empty where it is found by its name alone."""
    beside = os.path.join(os.path.dirname(sys.executable), hooks.HOOK)
    return beside if os.access(beside, os.X_OK) else ""


def _within(path: str, folder: str) -> bool:
    return os.path.commonpath((path, folder)) == folder


def _preview(targets: list[Target], found: Offer) -> Iterator[str]:
    for target in targets:
        piece = target.piece
        verb = "new " if piece.before is None else "edit"
        yield f"{verb}  {target.shown}: {one_line(piece.why)}"
        yield from (f"    {one_line(line.expandtabs(4), 2_000)}" for line in _changed(piece))
        yield ""
    yield from _rest(Offer(kept=found.kept))


def _changed(piece: Piece) -> Iterator[str]:
    after = piece.after.decode("utf-8", "backslashreplace").split("\n")
    if piece.before is not None:
        before = piece.before.decode("utf-8", "backslashreplace").split("\n")
        yield from list(unified_diff(before, after, lineterm=""))[2:]
        return
    lines = after[:-1]
    shown = lines if len(lines) <= _SHOWN else lines[:12]
    yield from (f"+{line}" for line in shown)
    if len(shown) < len(lines):
        yield f"and {len(lines) - len(shown):,} more lines"


def _rest(found: Offer) -> Iterator[str]:
    if found.kept:
        yield "as it is:"
        yield from (f"  {line}" for line in found.kept)
    if found.todo:
        yield "for you to do:"
        for each in found.todo:
            first, *more = each.split("\n")
            yield f"  {first}"
            yield from (f"    {line}" for line in more)


def _agreed(number: int) -> bool:
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError("nothing is written without an answer; --yes writes, --dry-run shows")
    what = "this file" if number == 1 else f"these {number} files"
    return click.confirm(f"Write {what}?", default=False)


def _done(root: str, targets: list[Target], found: Offer) -> Iterator[str]:
    yield f"written: {', '.join(target.shown for target in targets)}"
    tracked = [target for target in targets if target.root in (root, os.path.realpath(root))]
    names = " ".join(target.shown for target in tracked)
    commit = (f"git add {names}, and commit",) if tracked else ()
    yield from _rest(Offer(todo=(*commit, *found.todo)))
