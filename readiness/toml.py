"""TOML of any origin: in time that grows with its size, whatever it holds."""

from __future__ import annotations

from typing import Any

_DOTS = 1_000  # in a line; the standard library takes quadratic time for a key of many parts


def loads(data: bytes) -> dict[str, Any]:
    """The document in `data`.

    Raises:
        ValueError: it is no UTF-8, or no TOML (tomllib.TOMLDecodeError), or holds endless numbers.
        RecursionError: its tables or arrays are nested too deep.
    """
    import tomllib

    if any(line.count(b".") > _DOTS for line in data.split(b"\n")):
        raise RecursionError("a key of too many parts")
    try:
        return tomllib.loads(data.decode("utf-8-sig"))
    except ValueError as error:
        if type(error) is ValueError:  # int() speaks to programmers here
            raise ValueError("a number has too many digits") from error
        raise
