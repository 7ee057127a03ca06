"""The plan as a TOML file that a person reads, changes and hands on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from readiness.errors import one_line
from readiness.model import (
    Action,
    ActionKind,
    Edit,
    Effort,
    Evidence,
    Phase,
    Plan,
    Priority,
    Speaks,
)
from readiness.plan import fields
from readiness.plan.reader import read

__all__ = ["read", "write"]

_EVIDENCE = 8  # comments of one action
_ABREAST = 4  # fingerprints on a line
_LONGEST = 160  # characters of a comment


def write(plan: Plan, *, repository: str = "", notes: Sequence[str] = ()) -> str:
    """The plan as TOML, every action with its evidence in comments; `notes` are lines of the
    comment at its head.

    A path with control characters in its name is left out, and a comment says so. `read` gives
    the same plan back, but of the evidence one sentence an action, which commits repeat.
    """
    lines = [*(f"# {_comment(note)}".rstrip() for note in notes), ""] if notes else []
    lines += [
        f"version = {fields.VERSION}",
        f"plan = {_string(plan.id)}",
        f"repository = {_string(repository)}",
    ]
    if plan.base_commit is not None:
        lines.append(f"base_commit = {_string(plan.base_commit)}")
    if plan.target is not None:
        lines.append(f"target = {_number(plan.target)}")
    phase = None
    for action in plan.actions:
        if action.phase is not phase:
            phase = action.phase
            lines += ["", "", f"# ---- Phase {phase.value}: {Phase(phase).label} ----"]
        lines += ["", *_action(action)]
    return "\n".join(lines) + "\n"


def _action(action: Action) -> Iterator[str]:
    paths = [path for path in action.paths if fields.path_fault(path) is None]
    left_out = len(action.paths) - len(paths)
    beside = _beside(action, paths)
    yield from _evidence(
        [
            evidence
            for evidence in action.evidence
            if evidence.location.path not in beside or evidence.speaks is Speaks.AGAINST
        ]
    )
    if left_out:
        yield f"# {left_out} more, whose names no plan can hold: see to them by hand"
    yield "[[action]]"
    yield f"id = {_string(action.id)}"
    yield f"action = {_string(action.kind)}"
    if action.reason or action.kind is ActionKind.KEEP:
        yield f"reason = {_string(action.reason)}"
    if action.title:
        yield f"title = {_string(action.title)}"
    if action.phase is not Phase.CLEANUP:
        yield f"phase = {action.phase.value}"
    if action.priority is not Priority.IMPORTANT:
        yield f"priority = {_string(action.priority)}"
    if action.effort is not Effort.SMALL or action.kind is not ActionKind.KEEP:
        yield f"effort = {_string(action.effort)}"
    if action.effort_why:
        yield f"effort_why = {_string(action.effort_why)}"
    if action.where != "repository":
        yield f"where = {_string(action.where)}"
    if action.gain is not None:
        yield f"gain = {_number(action.gain)}"
    if action.after is not None:
        yield f"after = {_number(action.after)}"
    if action.needed:
        yield "needed = true"
    yield from _array("blockers", action.blockers)
    if action.verify:
        yield f"verify = {_string(action.verify)}"
    if action.undo:
        yield f"undo = {_string(action.undo)}"
    if action.rules:
        yield f"rules = [{', '.join(map(_string, action.rules))}]"
    yield from _packed("because", action.because)
    sentence = _sentence(action, beside)
    if sentence:
        yield f"evidence = {_string(sentence)}"
    if action.edits:
        yield "edits = ["
        yield from (f"  {_edit(edit)}," for edit in action.edits)
        yield "]"
    blobs = dict(zip(action.paths, action.blobs, strict=False))
    yield from _array("paths", paths, empty=True, beside=beside)
    changed = {path: blobs[path] for path in paths if blobs.get(path)}
    if changed:
        yield "[action.blobs]"
        yield from (f"{_string(path)} = {_string(blob)}" for path, blob in changed.items())


def _evidence(told: Sequence[Evidence]) -> Iterator[str]:
    for evidence in told[:_EVIDENCE]:
        label = "for    " if evidence.speaks is Speaks.FOR else "against"
        yield f"# {label} {_with_place(evidence)}"
    if len(told) > _EVIDENCE:
        yield f"# … and {len(told) - _EVIDENCE} more: readiness plan --format json"


def _sentence(action: Action, beside: Mapping[str, str]) -> str:
    """What speaks for the action as a whole, or else for one of its paths."""
    speaking = [each for each in action.evidence if each.speaks is Speaks.FOR]
    speaking.sort(key=lambda evidence: evidence.location.path in beside)
    wanted = action.kind is not ActionKind.KEEP and speaking
    return _with_place(speaking[0]) if wanted else ""


def _with_place(evidence: Evidence) -> str:
    place = evidence.location.path or ""
    if place and evidence.location.line:
        place = f"{place}:{evidence.location.line}"
    text = one_line(evidence.summary, _LONGEST)
    return f"{text}  ({one_line(place)})" if place else text


def _beside(action: Action, paths: Sequence[str]) -> dict[str, str]:
    """Path -> what is said of it alone, to stand beside it where there are several."""
    known = set(paths) if len(paths) > 1 else set()
    said: dict[str, str] = {}
    for evidence in action.evidence:
        path = evidence.location.path
        if path in known and path not in said and evidence.speaks is Speaks.FOR:
            text = evidence.summary.removeprefix(path).lstrip(": ")
            line = f"{evidence.location.line}: " if evidence.location.line else ""
            said[path] = line + one_line(text, _LONGEST)
    return said


def _array(
    key: str, values: Sequence[str], *, empty: bool = False, beside: Mapping[str, str] | None = None
) -> Iterator[str]:
    if len(values) == 1:
        yield f"{key} = [{_string(values[0])}]"
    elif values:
        yield f"{key} = ["
        said = beside or {}
        for value in values:
            yield f"  {_string(value)}," + (f"  # {said[value]}" if value in said else "")
        yield "]"
    elif empty:
        yield f"{key} = []"


def _packed(key: str, values: Sequence[str]) -> Iterator[str]:
    """A list for machines: several values a line."""
    if len(values) <= _ABREAST:
        yield from [f"{key} = [{', '.join(map(_string, values))}]"] if values else []
        return
    yield f"{key} = ["
    for start in range(0, len(values), _ABREAST):
        yield "  " + " ".join(f"{_string(value)}," for value in values[start : start + _ABREAST])
    yield "]"


def _edit(edit: Edit) -> str:
    what = ", ".join(map(_string, edit.what))
    line = f", line = {edit.line}" if edit.line is not None else ""
    return f"{{ kind = {_string(edit.kind)}, path = {_string(edit.path)}, what = [{what}]{line} }}"


def _number(value: float) -> str:
    return repr(float(value))


def _comment(text: str) -> str:
    return one_line(text)


_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t"}


def _string(text: str) -> str:
    """A basic string of TOML, in which nothing is invisible."""
    if text.isprintable() and '"' not in text and "\\" not in text:
        return f'"{text}"'
    return '"' + "".join(map(_escaped, text)) + '"'


def _escaped(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    if character.isprintable():
        return character
    code = ord(character)
    if 0xD800 <= code <= 0xDFFF:  # half a pair: no text has it
        return "\\uFFFD"
    return f"\\u{code:04X}" if code < 0x10000 else f"\\U{code:08X}"
