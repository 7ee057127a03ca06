"""readiness apply: carries out a plan, and says first what that means."""

from __future__ import annotations

import os
import stat
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import click

from readiness import secrets
from readiness.apply.branch import counts, files, phases
from readiness.apply.changes import BY_HAND, DONE, Change, Left
from readiness.apply.journal import ApplyError, Room
from readiness.apply.prepare import Options, Prepared, prepare
from readiness.apply.run import apply
from readiness.cache import Cache, default_folder
from readiness.cli.output import complain, emit
from readiness.cli.verification import as_verified, verifying
from readiness.errors import UsageError, one_line
from readiness.model import Action, ActionKind, Phase, Plan
from readiness.plan import document
from readiness.repo import Repository
from readiness.repo.metadata import printable
from readiness.repo.writer import checked_identity

_SAID_ONCE = (ActionKind.KEEP, ActionKind.AUDIT, ActionKind.ATTEST)


@click.command
@click.argument("plan")
@click.argument("path", default=".")
@click.option("--apply", "really", is_flag=True, help="Do it; without, only say what would happen.")
@click.option(
    "--in-place", is_flag=True, help="Change the work tree and the index, and commit nothing."
)
@click.option("--archive", metavar="FOLDER", help="Where the archive goes, instead of .git.")
@click.option("--archive-secrets", is_flag=True, help="Archive files that hold secrets as well.")
@click.option(
    "--author",
    default=Options().identity,
    metavar="NAME",
    help='Who makes the commits: "Ada <ada@example.org>".',
)
@verifying
def command(
    plan: str,
    path: str,
    really: bool,
    in_place: bool,
    archive: str | None,
    archive_secrets: bool,
    author: str,
    verify: str | None,
    verify_seconds: float,
    verified: str | None,
) -> None:
    """Carry out PLAN, a file that readiness plan wrote, in the repository that PATH lies in.

    What goes is archived first, on a branch of its own: your work tree stays as it is.
    """
    options = Options(
        in_place=in_place,
        folder=archive,
        archive_secrets=archive_secrets,
        identity=checked_identity(author),
    )
    proposal = read_plan(plan)
    with Repository.open(path) as repository:
        keep_gate(repository)
        if not really and Room(repository.common_folder).pending() is not None:
            raise ApplyError("an earlier call was interrupted; --apply brings it to its end first")
        if verify is not None:
            prepare(repository, proposal, options)  # what is refused is refused at once
        proposal = as_verified(repository, proposal, verify, verify_seconds, verified)
        if not really:
            emit(told(prepare(repository, proposal, options), repository, done=False))
            return
        done = apply(repository, proposal, options)
        for note in done.notes:
            complain(note)
        if done.prepared is not None:
            emit(told(done.prepared, repository, done=True))


def read_plan(path: str) -> Plan:
    """The plan in a file. Raises ReadinessError where it is none."""
    shown = printable(path)
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            raise UsageError(f"{shown} is no file; readiness plan --format toml --output FILE")
        with open(path, encoding="utf-8") as file:
            text = file.read()
    except UnicodeDecodeError as error:
        raise UsageError(f"{shown} is not UTF-8") from error
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise UsageError(
            f"{shown}: {reason}; readiness plan --format toml --output FILE"
        ) from error
    return document.read(text, shown)


def keep_gate(repository: Repository) -> None:
    """Lets the search for secrets use what the last audit compiled for it."""
    places = (repository.root, repository.git_folder, repository.common_folder)
    with Cache.open(default_folder(), places) as cache:
        secrets.keep_gate_in(Path(cache.folder) if cache.folder else None)


def told(prepared: Prepared, repository: Repository, *, done: bool) -> str:
    """What was done, or would be, as text for people."""
    lines = list(_summary(prepared, repository, done=done))
    stored = {entry.path for entry in prepared.entries if entry.stored == "archive"}
    if prepared.changes and not done:
        for phase, changes in phases(prepared.changes):
            lines += ["", f"Phase {phase.value}: {Phase(phase).label} · {counts(changes)}"]
            lines += _changes(changes, stored)
    lines += _secrets(prepared)
    lines += _left(prepared.left)
    if prepared.changes:
        lines += ["", *_next(prepared, done=done)]
    return "\n".join(lines) + "\n"


def _summary(prepared: Prepared, repository: Repository, *, done: bool) -> Iterator[str]:
    plan = prepared.plan.id
    where = prepared.head or "a detached HEAD"
    at = f"{prepared.commit[:12]} ({one_line(where)})"
    if not prepared.changes:
        yield f"Plan {plan} asks for nothing that is to be done in {at}."
        return
    verb = "Done" if done else "Nothing is done yet. With --apply"
    yield f"{verb}: plan {plan} on {at}: {counts(_once(prepared.changes))}"
    if prepared.moved_on:
        yield "  note     the plan was made from another commit; its files are the same here, but"
        yield "           what uses them may have changed: readiness plan makes it anew"
    if prepared.branch is not None:
        commits = sum(1 for _ in phases(prepared.changes))
        told = "1 commit" if commits == 1 else f"{commits} commits"
        yield f"  branch   {prepared.branch}, {told}; the work tree and the index stay as they are"
    else:
        yield "  in place the work tree and the index; nothing is committed"
    stored = [entry for entry in prepared.entries if entry.stored == "archive"]
    folder = prepared.files or os.path.join(repository.common_folder, "readiness/archive")
    if prepared.files is None:
        folder = os.path.join(folder, prepared.name)
    size = sum(entry.size for entry in stored)
    yield f"  archive  {printable(folder)}: {files(len(stored))}, {size:,} bytes"
    yield f"  tag      {prepared.tag} on {prepared.commit[:12]}"


def _once(changes: Iterable[Change]) -> Iterable[Change]:
    return {change.path: change for change in changes}.values()


def _changes(changes: Iterable[Change], stored: set[str]) -> Iterator[str]:
    action: Action | None = None
    for change in changes:
        if change.action is not action:
            action = change.action
            rules = f"  {', '.join(action.rules)}" if action.rules else ""
            yield f"  {action.id} {action.kind}: {one_line(action.title)}{rules}"
        verb = "remove"
        if change.after is not None:
            verb = "create" if change.blob is None else "change"
        elif change.path in stored:
            verb = "archive, then remove"
        yield f"    {verb} {change.path}"


def _secrets(prepared: Prepared) -> Iterator[str]:
    holding = [entry for entry in prepared.entries if entry.secrets]
    if not holding:
        return
    one = len(holding) == 1
    stored = any(entry.stored == "archive" for entry in holding)
    yield ""
    yield f"{files(len(holding))} {'holds' if one else 'hold'} secrets" + (
        ", and the archive has them:" if stored else ", so the archive leaves them out:"
    )
    yield from (f"  {entry.path}: {', '.join(entry.secrets)}" for entry in holding)
    history = "Git's history still has them: " if any(entry.tracked for entry in holding) else ""
    yield f"  {history}rotate every one; removing the file undoes no leak"


def _left(left: Iterable[Left]) -> Iterator[str]:
    """What is not done here: what people must do, each with its reason, and the rest by number."""
    left = list(left)
    number = Counter(each.action.kind for each in left if each.action.kind in _SAID_ONCE)
    others = [each for each in left if each.action.kind not in _SAID_ONCE and each.reason != DONE]
    done = sum(each.reason == DONE for each in left)
    if others:
        yield ""
        yield f"Left to people: {BY_HAND}, or as said"
    for each in others:
        action = each.action
        yield f"  {action.id} {action.kind}: {one_line(action.title)}"
        if each.reason != BY_HAND:
            yield f"    {each.reason}"
    if number or done:
        told = [f"{number[kind]:,} {kind}" for kind in number]
        told += [f"{done:,} done already"] if done else []
        yield ""
        yield f"Nothing to do here: {', '.join(told)}"


def _next(prepared: Prepared, *, done: bool) -> Iterator[str]:
    if not done:
        yield "Next:  the same with --apply"
        return
    if prepared.branch is not None:
        yield f"Next:  git diff {prepared.commit[:12]} {prepared.branch}"
        yield f"       git merge {prepared.branch}"
        yield f"Undo:  git branch -D {prepared.branch}, or after the merge:"
        yield f"       readiness restore --all --from {prepared.name}"
    else:
        yield "Next:  git diff --cached, then git commit"
        yield f"Undo:  readiness restore --all --from {prepared.name}"
