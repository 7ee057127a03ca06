"""Edits: what a machine may change in one file, and what it leaves to a person."""

from __future__ import annotations

from readiness.apply.edits import Edited, edited
from readiness.model import Edit, EditKind


def add(*lines: str, path: str = ".gitignore") -> Edit:
    return Edit(EditKind.ADD_LINES, path, lines)


# -- lines


def test_a_new_file_is_made_of_its_lines() -> None:
    assert edited(b"", [add(".env*", "!.env.example")]).content == b".env*\n!.env.example\n"


def test_lines_that_are_there_are_not_added_again() -> None:
    assert edited(b"*.log\r\n__pycache__/", [add("*.log", "__pycache__/")]) == Edited(
        b"*.log\r\n__pycache__/"
    )


def test_what_is_added_ends_as_the_other_lines_do() -> None:
    assert edited(b"a\r\nb", [add("c", "d")]).content == b"a\r\nb\r\nc\r\nd\r\n"


def test_an_exception_is_written_again_after_what_it_makes_an_exception_from() -> None:
    content = b"!.env.example\n"
    assert edited(content, [add(".env*", "!.env.example")]).content.endswith(
        b".env*\n!.env.example\n"
    )
    assert (
        edited(b".env*\n!.env.example\n", [add(".env*", "!.env.example")]).content.count(b"!") == 1
    )


def test_no_line_is_added_to_what_is_no_text() -> None:
    for content in (b"\0\1", "x".encode("utf-16")):
        refused = edited(content, [add("*.log")])
        assert refused.content == content
        assert refused.refused == "it is no text in UTF-8"


def test_two_lines_are_no_line() -> None:
    assert edited(b"", [add("a\nb")]).refused == "what is to be added is not one line"
