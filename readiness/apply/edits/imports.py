"""The imports of a file that nothing uses any more."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from readiness.apply.edits.uses import names, words

if TYPE_CHECKING:
    import libcst as cst


def without_unused(module: cst.Module, candidates: Collection[str]) -> cst.Module:
    """The module without those imports at its top level that bind one of `candidates`, which
    nothing in it uses. What a comment calls unused on purpose (`noqa`) stays."""
    import libcst as cst

    unused = set(candidates) - names(module) - words(module)
    body: list[cst.BaseStatement] = []
    kept: Sequence[cst.EmptyLine] = ()
    for statement in module.body:
        changed: cst.BaseStatement | None = statement
        if isinstance(statement, cst.SimpleStatementLine) and len(statement.body) == 1:
            changed = _statement(statement, unused)
        if changed is None:
            lines = getattr(statement, "leading_lines", ())
            if any(line.comment is not None for line in lines):
                kept = (*kept, *lines)
            continue
        if kept:
            own: Sequence[cst.EmptyLine] = getattr(changed, "leading_lines", ())
            changed = changed.with_changes(leading_lines=(*kept, *own))
            kept = ()
        assert changed is not None
        body.append(changed)
    return module.with_changes(body=body)


def _statement(
    line: cst.SimpleStatementLine, unused: Collection[str]
) -> cst.SimpleStatementLine | None:
    """The line without unused names; null where none is left, itself where it has none."""
    import libcst as cst

    statement = line.body[0]
    if not isinstance(statement, cst.Import | cst.ImportFrom):
        return line
    if isinstance(statement.names, cst.ImportStar) or "noqa" in cst.Module([line]).code:
        return line
    if isinstance(statement, cst.ImportFrom) and _is_future(statement):
        return line
    aliases = statement.names
    gone = [alias for alias in aliases if _bound(alias) in unused]
    if len(gone) == len(aliases):
        return None
    if not gone:
        return line
    return line.with_changes(body=[statement.with_changes(names=leave_out(aliases, gone))])


def leave_out(
    aliases: Sequence[cst.ImportAlias], gone: Collection[cst.ImportAlias]
) -> list[cst.ImportAlias]:
    """The names of an import without some of them, at least one of which stays."""
    left = [alias for alias in aliases if not any(alias is each for each in gone)]
    if left[-1] is not aliases[-1]:
        left[-1] = left[-1].with_changes(comma=_last_comma(left[-1], aliases[-1]))
    return left


def _is_future(statement: cst.ImportFrom) -> bool:
    import libcst as cst

    return isinstance(statement.module, cst.Name) and statement.module.value == "__future__"


def _bound(alias: cst.ImportAlias) -> str:
    """The name that an import binds."""
    import libcst as cst

    if alias.asname is not None:
        return alias.asname.name.value if isinstance(alias.asname.name, cst.Name) else ""
    name = alias.name
    while isinstance(name, cst.Attribute):
        name = name.value  # type: ignore[assignment]
    return name.value if isinstance(name, cst.Name) else ""


def _last_comma(alias: cst.ImportAlias, last: cst.ImportAlias) -> cst.Comma | cst.MaybeSentinel:
    """The comma of the name that is now the last, whose comment stays."""
    import libcst as cst

    if not isinstance(last.comma, cst.Comma):
        return cst.MaybeSentinel.DEFAULT
    own = alias.comma.whitespace_after if isinstance(alias.comma, cst.Comma) else None
    after = last.comma.whitespace_after
    if isinstance(own, cst.ParenthesizedWhitespace) and isinstance(
        after, cst.ParenthesizedWhitespace
    ):
        return last.comma.with_changes(
            whitespace_after=after.with_changes(first_line=own.first_line)
        )
    return last.comma
