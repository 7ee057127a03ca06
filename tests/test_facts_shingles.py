"""How alike two source files are, told from their sketches."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from readiness.facts.shingles import KEPT, SLICE, ShingleFacts, compare, extract


def function(number: int) -> str:
    name = "name" + chr(97 + number % 26) + "xyz"[number % 3] * (number // 26)
    return f"def {name}(first, second):\n    result = {name} + second\n    return {name}(result)\n"


def program(numbers: range) -> bytes:
    return "\n".join(map(function, numbers)).encode()


def similarity(left: bytes, right: bytes, kind: str = "python") -> float:
    return compare(extract(kind, left), extract(kind, right))[0]


def test_comments_docstrings_strings_numbers_and_layout_make_no_difference() -> None:
    one = (
        b'"""Doc."""\ndef total(items, start=1):  # add\n    return sum(items, start) + len("x")\n'
    )
    two = b"def total(\n  items,\n  start=2,\n):\n    return sum(items, start) + len('other')\n"
    assert similarity(one, two) == 1


def test_other_code_is_not_alike() -> None:
    assert similarity(program(range(20)), program(range(40, 60))) < 0.2


def test_similarity_is_the_share_of_common_shingles() -> None:
    half = similarity(program(range(60)), program(range(30, 90)))
    assert half == pytest.approx(1 / 3, abs=0.1)


def test_a_sketch_of_a_large_file_says_nearly_the_same() -> None:
    left, right = (
        extract("python", program(range(600))),
        extract("python", program(range(300, 900))),
    )
    assert left.level > 0
    assert len(left.hashes) <= 4 * KEPT
    assert compare(left, right)[0] == pytest.approx(1 / 3, abs=0.08)


def test_what_is_contained_says_so() -> None:
    _, of_small, of_large = compare(
        extract("python", program(range(20))), extract("python", program(range(40)))
    )
    assert of_small > 0.9
    assert of_large < 0.6


def test_a_file_of_few_words_is_like_nothing() -> None:
    assert extract("python", b"import os\n") == ShingleFacts()
    assert similarity(b"import os\n", b"import os\n") == 0


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("a/main.py", "python"),
        ("main.py.bak", "python"),
        ("service.archived.py", "python"),
        ("docker-compose.yml.backup", "hashes"),
        ("web/page.tsx", "slashes"),
        ("Dockerfile.ci", "hashes"),
        ("package-lock.json", None),
        ("app.min.js", None),
        ("README.md", None),
        ("LICENSE", None),
    ],
)
def test_the_kind_is_how_comments_are_written(path: str, kind: str | None) -> None:
    assert SLICE.kind(path) == kind


def test_a_comment_mark_inside_a_shell_word_is_no_comment() -> None:
    text = b"echo ${name#prefix} one two three four five # not this\n"
    assert extract("hashes", text) == extract("hashes", text.replace(b"not this", b"nor that"))
    assert extract("hashes", text) != extract("hashes", text.replace(b"four", b"vier"))


@pytest.mark.parametrize("kind", ["python", "slashes", "hashes", "plain"])
@pytest.mark.parametrize("unit", [b"\\'", b'"', b"/*", b"'''\\", b"# ", b"a ", b"a", b"\0\xff"])
def test_hostile_bytes_cost_bounded_time(kind: str, unit: bytes) -> None:
    started = time.process_time()
    extract(kind, unit * (4_000_000 // len(unit)))
    assert time.process_time() - started < 2


@given(st.sampled_from(["python", "slashes", "hashes", "plain"]), st.binary(max_size=400))
def test_any_bytes_have_a_sketch_that_is_like_itself(kind: str, data: bytes) -> None:
    facts = extract(kind, data)
    assert compare(facts, facts) in ((1, 1, 1), (0, 0, 0))
    assert len(facts.hashes) % 4 == 0
