"""What an expression says without being run: dotted names, literals, and paths."""

from __future__ import annotations

import ast

from readiness.facts.credentials import veil

LONGEST = 300  # characters of a literal that are kept
_PLAIN = set(
    "arg asname attr conversion ctx id is_async kind kwd_attrs level module name names op ops rest "
    "simple str type_comment type_ignores".split()
)
_FIELDS: dict[type[ast.AST], tuple[str, ...]] = {ast.Constant: (), ast.MatchSingleton: ()}


def children(node: ast.AST) -> list[ast.AST]:
    """The nodes right below one, as `ast.iter_child_nodes` finds them in twice the time; leaves
    out contexts, operators and aliases."""
    kind = type(node)
    fields = _FIELDS.get(kind)
    if fields is None:
        fields = _FIELDS[kind] = tuple(name for name in kind._fields if name not in _PLAIN)
    found: list[ast.AST] = []
    for field in fields:
        value = getattr(node, field, None)
        if type(value) is list:
            found += value if None not in value else filter(None, value)
        elif value is not None:
            found.append(value)
    return found


def dotted(node: ast.AST) -> str:
    """`a.b.c` of names and attributes, `a().b` over calls; "" where it stands on neither."""
    parts: list[str] = []
    suffix = ""
    while True:
        if isinstance(node, ast.Attribute):
            parts.append(node.attr + suffix)
            suffix = ""
            node = node.value
        elif isinstance(node, ast.Name):
            parts.append(node.id + suffix)
            return ".".join(reversed(parts))
        elif isinstance(node, ast.Call):
            suffix = "()"
            node = node.func
        elif isinstance(node, ast.Await):
            node = node.value
        else:
            return ".".join(["?", *reversed(parts)]) if parts and not suffix else ""


def literal(node: ast.AST | None) -> str | None:
    """The literal string of a node, without the password of a URL; null where it is none."""
    if isinstance(node, ast.Constant) and type(node.value) is str:
        value = node.value[:LONGEST]
        return veil("", value) if "@" in value else value
    return None


def text(node: ast.AST) -> str | None:
    """A literal or dotted name as text; null for any other expression."""
    if isinstance(node, ast.Constant):
        return literal(node) if type(node.value) is str else repr(node.value)[:LONGEST]
    return dotted(node) or None if isinstance(node, ast.Name | ast.Attribute) else None


def parts(node: ast.AST) -> list[str]:
    """The literal strings of which an expression is put together, in their order."""
    whole = literal(node)
    if whole is not None:
        return [whole] if whole else []
    if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "format":
        return parts(node.func.value)  # type: ignore[attr-defined]
    if isinstance(node, ast.JoinedStr | ast.BinOp | ast.Call | ast.FormattedValue | ast.keyword):
        return [part for child in children(node)[:12] for part in parts(child)]
    return []


def pattern(node: ast.AST) -> str | None:
    """A string with `{}` for what of an f-string is not literal; null where it is no string."""
    if isinstance(node, ast.JoinedStr):
        return "".join(literal(part) or "{}" for part in node.values)
    return literal(node)


def strings(node: ast.AST | None) -> tuple[str, ...]:
    """The literal strings of a list, tuple or set."""
    if isinstance(node, ast.List | ast.Tuple | ast.Set):
        return tuple(value for item in node.elts if (value := literal(item)) is not None)
    return ()


_SAME = {
    "Path", "PurePath", "abspath", "realpath", "normpath", "str", "fspath", "resolve", "absolute",
    "as_posix", "expanduser",
}  # fmt: skip
_MODULES = {"os", "os.path", "path", "pathlib", "op", "osp", "ospath"}
_DEEPEST = 24


class PathReader:
    """Reads path expressions that stand on `__file__`, the working directory or a literal.

    `values` are the assignments of the file, name -> expression."""

    def __init__(self, values: dict[str, ast.expr]) -> None:
        self._values = values

    def read(self, node: ast.expr) -> str | None:
        """The path, relative to the file's folder; absolute; or after "$PWD"; null where it
        cannot be told."""
        parts = self._parts(node, 0)
        if parts is None:
            return None
        base, rest = parts[0], _normal(parts[1:])
        if base == "file":
            return "/".join(part for part in rest if part != "<file>") or "."
        if base == "/":
            return "/" + "/".join(rest)
        return "/".join(["$PWD", *rest])

    def _parts(self, node: ast.expr, depth: int) -> list[str] | None:
        """["file" | "/" | "cwd", part, ...]; the file itself is the part after "file"."""
        if depth > _DEEPEST:
            return None
        value = literal(node)
        if value is not None:
            base = ["/"] if value.startswith("/") else ["cwd"]
            return base + value.split("/")
        if isinstance(node, ast.Name):
            if node.id == "__file__":
                return ["file", "<file>"]
            known = self._values.get(node.id)
            return self._parts(known, depth + 1) if known is not None else None
        if isinstance(node, ast.Attribute):
            if node.attr == "parent":
                return _up(self._parts(node.value, depth + 1))
            return None
        if isinstance(node, ast.Subscript):
            return self._parents(node, depth)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div | ast.Add):
            return self._joined([node.left, node.right], depth)
        if isinstance(node, ast.JoinedStr):
            values = [v.value if isinstance(v, ast.FormattedValue) else v for v in node.values]
            return self._joined(values, depth)
        return self._called(node, depth) if isinstance(node, ast.Call) else None

    def _parents(self, node: ast.Subscript, depth: int) -> list[str] | None:
        value, index = node.value, node.slice
        if not (isinstance(value, ast.Attribute) and value.attr == "parents"):
            return None
        if not (isinstance(index, ast.Constant) and isinstance(index.value, int)):
            return None
        parts = self._parts(value.value, depth + 1)
        for _ in range(min(index.value, _DEEPEST) + 1):
            parts = _up(parts)
        return parts

    def _called(self, node: ast.Call, depth: int) -> list[str] | None:
        name = dotted(node.func)
        last = name.rpartition(".")[2]
        if last in ("getcwd", "cwd"):
            return ["cwd"]
        arguments = node.args
        if isinstance(node.func, ast.Attribute) and name.rpartition(".")[0] not in _MODULES:
            arguments = [node.func.value, *arguments]
        if not arguments:
            return ["cwd"] if last in ("Path", "PurePath") else None
        if last == "dirname":
            return _up(self._parts(arguments[0], depth + 1))
        if last in ("join", "joinpath") or (last in ("Path", "PurePath") and len(arguments) > 1):
            return self._joined(arguments, depth)
        return self._parts(arguments[0], depth + 1) if last in _SAME else None

    def _joined(self, nodes: list[ast.expr], depth: int) -> list[str] | None:
        parts = self._parts(nodes[0], depth + 1)
        for node in nodes[1:]:
            value = literal(node)
            if isinstance(node, ast.Attribute) and node.attr == "pardir":
                value = ".."
            if parts is None or value is None:
                return None
            parts = parts + value.split("/")
        return parts


def _up(parts: list[str] | None) -> list[str] | None:
    return None if parts is None else [*parts, ".."]


def _normal(parts: list[str]) -> list[str]:
    out: list[str] = []
    for part in parts:
        if part == ".." and out and out[-1] != "..":
            out.pop()
        elif part not in ("", "."):
            out.append(part)
    return out
