"""Edits: changes of single files that are proven safe before they are made; bytes in, bytes out.

Each kind of edit is a module of its own. What follows from the whole repository (has the other
module every name that is used?) is decided where the plan is made; here only the file itself is
judged, and one edit that is not safe leaves the file as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec import Struct

from readiness.apply.edits import cut, environment, lines, pointing
from readiness.apply.edits.patches import patch
from readiness.apply.edits.source import Refused, checked
from readiness.model import Edit, EditKind

__all__ = ["Edited", "edited", "patch"]

_Editor = Callable[[bytes, Sequence[Edit]], bytes]
# In this order the line numbers of the file as it was still hold.
_EDITORS: dict[EditKind, _Editor] = {
    EditKind.FROM_ENVIRONMENT: environment.edit,
    EditKind.POINT_AT: pointing.edit,
    EditKind.CUT: cut.edit,
    EditKind.ADD_LINES: lines.edit,
}


class Edited(Struct, frozen=True):
    """A file after its edits: `content`; or, where one of them is not safe, the content as it was
    and in `refused` the sentence that says why."""

    content: bytes
    refused: str = ""


def edited(content: bytes, edits: Sequence[Edit]) -> Edited:
    """All `edits` of one file made in its `content` (empty where the file is new), or none."""
    result = content
    try:
        for kind, editor in _EDITORS.items():
            own = [edit for edit in edits if edit.kind is kind]
            if own:
                result = editor(result, own)
        if any(edit.path.endswith(".py") for edit in edits):
            checked(result)
    except Refused as refusal:
        return Edited(content, str(refusal))
    return Edited(result)
