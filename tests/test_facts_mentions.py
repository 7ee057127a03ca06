"""The paths and modules that texts of other kinds name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from readiness.facts import mentions


def words(text: str, path: str = "a.yml") -> list[tuple[str, int]]:
    kind = mentions.SLICE.kind(path) or ""
    return list(mentions.extract(kind, text.encode()).words)


def test_a_word_is_a_path_by_its_slash_or_its_ending_or_a_module_by_its_dots() -> None:
    text = "run: ops/deploy.sh\n# Do it. See https://a.example/b or ./c\nuse: a.b, x.py.\nno: 1.5\n"
    assert words(text) == [("ops/deploy.sh", 1), ("./c", 2), ("a.b", 3), ("x.py", 3)]


@pytest.mark.parametrize(
    "excluded",
    [
        "exclude = [\n  'old/a.py',\n\n    'old/b.py',\n]\n",
        "exclude = ['old/a.py']\n",
        "skips:\n  - old/a.py\n\n  - old/b.py\n",
        "Ignored:\n- old/a.py\n",
        "  omit:\n    old/a.py\n",
        "exclude = [ 'old/a.py',\nskip: old/b.py ]\n",
        "ignore: old/a.py\nskip: old/b.py\n",
    ],
)
def test_what_a_tool_leaves_out_is_not_named(excluded: str) -> None:
    text = f"first: new/a.py\n{excluded}second: new/b.py\n"
    assert words(text) == [("new/a.py", 1), ("new/b.py", 2 + excluded.count("\n"))]


def test_the_list_of_what_is_left_out_ends_where_the_file_does() -> None:
    assert words("exclude = [\n'old/a.py'\n") == []
    assert words("İ: new/a.py\nexclude:\n  old/a.py") == [("new/a.py", 1)]


def test_sections_of_checkers_are_left_out_and_end_no_list() -> None:
    text = "[tool.mypy]\nfiles = 'a/b.py'\n[tool.app]\nmain = 'a/c.py'\n"
    assert words(text, "pyproject.toml") == [("tool.app", 3), ("a/c.py", 4)]
    assert ("a/b.py", 2) in words(text)
    assert words("omit =\n[mypy]\nx=a/b.py\n", "setup.cfg") == []
    assert words("omit = [\n[mypy]\nx=a/b.py]\n[app\na/c.py", "setup.cfg") == []


@given(st.lists(st.sampled_from([*"[]:=- \nab/.", "skip", "x.py"]), max_size=80).map("".join))
def test_any_text_is_read(text: str) -> None:
    for path in ("a.yml", "a.toml", "a.ts", "a.html", "a.go"):
        words(text, path)


def test_a_list_for_each_line_is_read_in_linear_time() -> None:
    words("skip:\n" * 60_000)
    words("skip: [\n" * 50_000)
