"""The facts of a file from those of its parts: of many versions of a file most parts are alike.

A part is what stands between two functions or classes at module level, one of them itself, or, of a
class, its header or one of its methods. The file is cut by the look of its lines, and each part has
to parse by itself (a method in a class, a header with a statement), which shows that the cut was
right: no statement goes on after a text that is complete. Where one does not, or where what a part
says depends on another, there is no answer and the file is to be read whole.
"""

from __future__ import annotations

import ast
import re
from bisect import bisect_left
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, NamedTuple

import msgspec

from readiness.facts.python import calls, lexical, source, swallow
from readiness.facts.python.lexical import Interest
from readiness.facts.python.model import Definition, PythonFacts
from readiness.facts.python.routes import checks
from readiness.facts.python.shapes import texts
from readiness.facts.python.walk import Walk, docstring_of, shaping

_MOST = 64_000_000  # bytes of the parts that are remembered
# To be looked for in the bytes after a newline, so that a match starts where the line does.
_DEFINITIONS = re.compile(rb"\n(?:@|def |class |async def )")
_METHODS = re.compile(rb"\n    (?:@|def |async def )")
_STATEMENT = re.compile(rb"\n[A-Za-z_]")
_CLASS = re.compile(rb"class (\w+)[ \t]*[(:\[].*\n", re.ASCII)
# A method needs a class around it, a class a statement in it: one that shows where its block ends.
_BEFORE_METHOD, _AFTER_HEADER = b"class _:\n", b"    del _\n"
_COOKIE_LINES = 2  # in which a file may name its encoding


class _Part(NamedTuple):
    """The lines `first` to `last` of a file, as `data` that parses by itself: there they have
    numbers that are lower by `shift`. `after` is the line that follows, but for a header. `owner`
    is the class that they are methods of; `header`: they are a class without its methods."""

    data: bytes
    first: int
    last: int
    shift: int
    after: bytes = b""
    owner: str = ""
    header: bool = False


class _Said(NamedTuple):
    """What a part says, with the lines of its data. `last` is that of its last statement."""

    definitions: list[Definition]
    lists: list[tuple[int, list[Any]]]  # those of `_lists` that are not empty, with their place
    exports: list[str]
    names: dict[str, None]
    functions: dict[str, bool]  # whether it checks something, where that is asked
    loading: set[str]
    main_line: int
    texts: list[tuple[int, int]]
    docstring: str
    last: int


class Parts:
    """Reads files, and remembers what their parts say."""

    def __init__(self) -> None:
        self._known: dict[tuple[object, ...], _Said] = {}
        self._size = 0  # bytes of the parts that are known

    def facts(self, data: bytes) -> PythonFacts | None:
        """The facts of a file's bytes, as if it were read whole; null where it has to be."""
        if len(data) > source.LIMIT or b"\r" in data or _says_encoding(data):
            return None
        interest = lexical.interest(data)
        whole = Walk(data, interest)
        if whole.keeps_values:
            return None
        shape = Interest([], set(shaping(interest.words)), interest.everything)
        hot = [] if interest.everything else interest.lines
        docstring = ""
        strings: list[tuple[int, int]] = []
        owner = 0
        for number, part in enumerate(_cut(data)):
            said = self._said(part, shape, hot)
            if said is None:
                return None
            if number == 0:
                docstring = said.docstring
            definitions = whole.bindings.definitions
            if part.header:
                owner = len(definitions)
            _add(whole, said, part.shift)
            if part.owner:
                end = said.last + part.shift
                definitions[owner] = msgspec.structs.replace(definitions[owner], end_line=end)
            strings += ((first + part.shift, last + part.shift) for first, last in said.texts)
        if len(whole.found.calls) > calls.MOST or len(whole.swallows.found) > swallow.MOST:
            return None
        return whole.result(data, docstring, lambda: strings)

    def _said(self, part: _Part, shape: Interest, hot: list[int]) -> _Said | None:
        """What a part says; `hot` are the lines of interest of the file, `shape` is what else
        decides how all of it is read. Null: it is no part."""
        near = hot[bisect_left(hot, part.first) : bisect_left(hot, part.last + 1)]
        lines = [line - part.shift for line in near]
        words = frozenset(shape.words)
        key = (
            part.data,
            part.after,
            part.owner,
            part.header,
            tuple(lines),
            shape.everything,
            words,
        )
        known = self._known.get(key)
        if known is None:
            try:
                known = _read(part, shape._replace(lines=lines))
            except (SyntaxError, ValueError, RecursionError, MemoryError):
                return None
            if known is None:
                return None
            self._size += len(part.data)
            if self._size > _MOST:
                self._known.clear()
                self._size = len(part.data)
            self._known[key] = known
        return known


def _says_encoding(data: bytes) -> bool:
    return data.startswith(b"\xef\xbb\xbf") or any(
        b"coding" in line for line in data.split(b"\n", _COOKIE_LINES)[:_COOKIE_LINES]
    )


# -- cutting


def _cut(data: bytes) -> Iterator[_Part]:
    """The parts of a file, in order; the first is what stands before any definition."""
    line = 0
    for here, following in pairwise([*_cuts(data), _Cut(len(data))]):
        end = following.start
        own = data[here.start : end]
        first, line = line + 1, line + own.count(b"\n")
        last = line + (not own.endswith(b"\n"))
        if here.header:
            yield _Part(own + _AFTER_HEADER, first, last, first - 1, header=True)
            continue
        after = data[end : data.find(b"\n", end) + 1 or len(data)]
        if here.owner:
            yield _Part(_BEFORE_METHOD + own, first, last, first - 2, after, here.owner)
        else:
            yield _Part(own, first, last, first - 1, after)


class _Cut(NamedTuple):
    """Where a part starts."""

    start: int
    owner: str = ""
    header: bool = False


def _cuts(data: bytes) -> Iterator[_Cut]:
    yield _Cut(0)
    lines = b"\n" + data
    starts = [match.start() for match in _DEFINITIONS.finditer(lines)]
    for begin, start, end in _decorated(data, starts, len(data), b"@"):
        named = _CLASS.match(data, start)
        after = _STATEMENT.search(lines, named.end(), end) if named else None
        stop = after.start() if after else end
        marks = [match.start() for match in _METHODS.finditer(lines, start, stop)] if named else []
        methods = list(_decorated(data, marks, stop, b"    @"))
        yield _Cut(begin, header=bool(methods))
        if named and methods:
            owner = named[1].decode()
            for method, _, _ in methods:
                yield _Cut(method, owner)
            if stop < end:
                yield _Cut(stop)


def _decorated(
    data: bytes, starts: list[int], end: int, decorator: bytes
) -> Iterator[tuple[int, int, int]]:
    """(where its decorators begin, where it begins, where it ends) of each definition."""
    begin = None
    for start, stop in pairwise([*starts, end]):
        begin = start if begin is None else begin
        if not data.startswith(decorator, start):
            yield begin, start, stop
            begin = None


# -- reading


def _read(part: _Part, interest: Interest) -> _Said | None:
    """What a part says; null where it is none, or says something that depends on others.

    Raises:
        SyntaxError, ValueError, RecursionError, MemoryError: it does not parse by itself.
    """
    if part.header and part.data.endswith(b"\\\n" + _AFTER_HEADER):
        return None  # the line goes on
    tree = source.tree_of(part.data.decode())
    body = tree.body
    walk = Walk(part.data + part.after, interest)
    if part.owner or part.header:
        if len(body) != 1 or not isinstance(body[0], ast.ClassDef):
            return None
        inside = body[0].body
        if part.header and not isinstance(inside[-1], ast.Delete):
            return None  # the methods belong to a block of the class
        if part.owner:
            walk.enter_class(part.owner)
            body = inside
    walk.block(body)
    if walk.found.roots or (part.header and walk.swallows.found):
        return None  # the values of names, and the line after the header, decide
    functions = walk.functions
    return _Said(
        walk.bindings.definitions,
        [(place, found) for place, found in enumerate(_lists(walk)) if found],
        walk.bindings.exports,
        walk.bindings.names,
        {
            name: each if isinstance(each, bool) else checks(each)
            for name, each in functions.items()
        },
        walk.found.loading,
        walk.main_line,
        texts(body),
        docstring_of(tree),
        (body[-1].end_lineno or 0) if body else 0,
    )


def _lists(walk: Walk) -> tuple[list[Any], ...]:
    """All that a walk gathers that has a line, but for definitions and the roots of paths."""
    found = walk.found
    return (
        walk.bindings.effects,
        walk.imports,
        walk.swallows.found,
        found.imports,
        found.apps,
        found.calls,
        found.routes,
        found.unread_routes,
        found.environment,
        found.patches,
        found.loaders,
        found.globs,
    )


def _add(walk: Walk, said: _Said, by: int) -> None:
    """Adds what a part says, whose lines are moved down, to what those before it say."""
    bindings = walk.bindings
    for each in said.definitions:
        if each.kind != "variable" or each.name not in bindings.names:  # the first value defines it
            end = each.end_line + by
            moved = msgspec.structs.replace(each, line=each.line + by, end_line=end)
            bindings.definitions.append(moved)
    bindings.names.update(said.names)
    bindings.exports += said.exports
    if said.lists:
        mine = _lists(walk)
        for place, found in said.lists:
            mine[place].extend(_moved(each, by) for each in found)
    walk.functions.update(said.functions)
    walk.found.loading |= said.loading
    if said.main_line and not walk.main_line:
        walk.main_line = said.main_line + by


def _moved(each: Any, by: int) -> Any:
    if isinstance(each, tuple):
        text, line = each
        return text, line + by
    return msgspec.structs.replace(each, line=each.line + by)
