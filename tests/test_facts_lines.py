"""The lines of a text that hold something."""

import re

from hypothesis import given
from hypothesis import strategies as st

from readiness.facts.lines import lines_holding, lines_with

texts = st.text(st.sampled_from("abABİK \n"), max_size=60)


@given(texts)
def test_they_are_those_that_a_look_at_each_finds(text: str) -> None:
    lines = text.split("\n")
    starts = [1 + sum(len(line) + 1 for line in lines[:number]) for number in range(len(lines))]
    expected = [
        (number, start, line[:3])
        for number, start, line in zip(range(1, 99), starts, lines, strict=False)
        if re.search("ab|ba", line, re.IGNORECASE)
    ]
    assert list(lines_holding(("ab", "ba"), "\n" + text, 3)) == expected
    either = re.compile(r"[aA][bB]|\n?[bB][aA]")
    assert list(lines_with(either, "\n" + text, 3)) == expected


def test_many_words_on_a_long_line_take_linear_time() -> None:
    text = "\n" + "skip " * 400_000
    (line,) = lines_holding(("skip", "ski"), text, 7)
    assert line == (1, 1, "skip sk")
