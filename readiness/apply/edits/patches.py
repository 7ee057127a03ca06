"""Patches: what could be changed, for a person to look at and for `git apply` to take."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import SequenceMatcher

from readiness.model import encode_path

_CONTEXT = 3  # lines around a change
_ESCAPES = {7: "a", 8: "b", 9: "t", 10: "n", 11: "v", 12: "f", 13: "r", 34: '"', 92: "\\"}


def patch(path: str, before: bytes, after: bytes) -> str:
    """The difference of a file in the unified form; an empty side says that the file is not there.

    Bytes that are not UTF-8 are surrogate escapes: write it with `errors="surrogateescape"`.
    """
    if before == after:
        return ""
    old, new = (data.decode("utf-8", "surrogateescape") for data in (before, after))
    raw = encode_path(path)
    left, right = _quoted(b"a/" + raw), _quoted(b"b/" + raw)
    lines = [f"diff --git {left} {right}\n"]
    if not before:
        lines.append("new file mode 100644\n")
        left = "/dev/null"
    elif not after:
        lines.append("deleted file mode 100644\n")
        right = "/dev/null"
    lines += [f"--- {left}\n", f"+++ {right}\n"]
    return "".join([*lines, *_hunks(_lines(old), _lines(new))])


def _lines(text: str) -> list[str]:
    """The lines as Git tells them: only a line feed ends one."""
    return [line + "\n" for line in text.split("\n")[:-1]] + [
        line for line in text.split("\n")[-1:] if line
    ]


def _hunks(old: list[str], new: list[str]) -> Iterator[str]:
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    for group in matcher.get_grouped_opcodes(_CONTEXT):
        first, last = group[0], group[-1]
        yield f"@@ -{_range(first[1], last[2])} +{_range(first[3], last[4])} @@\n"
        for tag, i1, i2, j1, j2 in group:
            if tag == "equal":
                yield from (_line(" ", line) for line in old[i1:i2])
            else:
                yield from (_line("-", line) for line in old[i1:i2])
                yield from (_line("+", line) for line in new[j1:j2])


def _range(start: int, stop: int) -> str:
    length = stop - start
    return f"{start + 1 if length else start},{length}"


def _line(sign: str, line: str) -> str:
    end = "" if line.endswith("\n") else "\n\\ No newline at end of file\n"
    return f"{sign}{line}{end}"


def _quoted(name: bytes) -> str:
    """A name as Git writes it: in quotes with escapes where it holds anything unusual."""
    if all(32 <= byte < 127 and byte not in (34, 92) for byte in name):
        return name.decode()
    escaped = "".join(
        f"\\{_ESCAPES[byte]}"
        if byte in _ESCAPES
        else chr(byte)
        if 32 <= byte < 127
        else f"\\{byte:03o}"
        for byte in name
    )
    return f'"{escaped}"'
