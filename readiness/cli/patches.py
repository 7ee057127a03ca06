"""The option --patches: what a machine could change, for a person to look at first."""

from __future__ import annotations

import os
from collections.abc import Iterator

from readiness.apply.edits import edited, patch
from readiness.cli.output import check, write
from readiness.errors import UsageError, one_line
from readiness.model import Action, Edit, Report
from readiness.repo import Repository
from readiness.repo.metadata import printable

_LARGEST = 1 << 20  # bytes of a file that is patched


def write_patches(folder: str, path: str, report: Report) -> list[str]:
    """Writes one patch for each action that proposals can further, named as the action, into
    `folder`, and gives their names. They are made on the files of the commit that was audited.

    Raises ReadinessError where they cannot be written.
    """
    if report.plan is None or report.commit is None:
        return []
    proposals = {each.fingerprint: each.proposals for each in report.findings if each.proposals}
    written: list[str] = []
    with Repository.open(path) as repository:
        files = {file.path: file.blob_id for file in repository.snapshot(rev=report.commit).files}
        for action in report.plan.actions:
            edits = [edit for each in action.because for edit in proposals.get(each, ())]
            text = "".join(_patches(repository, files, edits))
            if not text:
                continue
            if not written:
                _make(folder)
            target = os.path.join(folder, f"{action.id}.patch")
            check(target)
            write(target, _head(action) + text)
            written.append(target)
    return written


def _patches(repository: Repository, files: dict[str, str], edits: list[Edit]) -> Iterator[str]:
    for name in sorted({edit.path for edit in edits} & files.keys()):
        for _, content in repository.read([files[name]], _LARGEST):
            own = dict.fromkeys(edit for edit in edits if edit.path == name)
            if isinstance(content, str) or (new := edited(content, list(own))).refused:
                continue
            text = patch(name, content, new.content)
            if _is_text(text):
                yield text


def _is_text(text: str) -> bool:
    """Is it UTF-8 throughout?"""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _head(action: Action) -> str:
    """What `git apply` passes over."""
    return f"{one_line(action.title)}\nLook at it, then: git apply {action.id}.patch\n\n"


def _make(folder: str) -> None:
    try:
        os.makedirs(folder, exist_ok=True)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise UsageError(f"--patches {printable(folder)}: {reason}") from error
