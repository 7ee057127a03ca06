"""What the reader of shell remembers: commands, choices, and what is open around them."""

from __future__ import annotations

from msgspec import Struct


class Draft(Struct):
    """A command that is being read; `tested`: an if, a loop or `!` asks for its exit status."""

    line: int
    words: list[str] = []
    assignments: list[tuple[str, str]] = []
    writes: list[str] = []
    directory: str = ""
    fallback: str = ""
    function: str = ""
    piped: bool = False
    background: bool = False
    conditional: bool = False
    tested: bool = False


class Choice(Struct):
    """An if statement: its first test and its branches, as ranges of commands by their number.

    `negated`: the first branch is taken where the test fails. `closed`: it has an else.
    `looped`: it stands in a loop, and so may be tried again."""

    line: int
    test: tuple[int, int]
    branches: list[tuple[int, int]] = []
    negated: bool = False
    closed: bool = False
    looped: bool = False
    function: str = ""


class Frame(Struct):
    """A compound command that is open, and the and-or list that is being read in it.

    `phase` is "test", "body" or, in a case, "pattern". `entry` is the folder where it was opened,
    `exits` those that its branches ended in. The numbers are of commands: `start` of its first,
    `list` of the first of the and-or list, `pipe` of the pipeline's present part, `right` of the
    one after `||` (-1 without).
    """

    kind: str
    start: int
    conditional: bool = False
    function: str = ""
    entry: str = ""
    phase: str = "body"
    is_function: bool = False
    looped: bool = False
    exits: list[str] = []
    choice: Choice | None = None
    joined: bool = False  # after && or ||
    open_ended: bool = False  # a newline does not end the list here
    list: int = 0
    pipe: int = 0
    right: int = -1
