"""Which .gitignore line hides a path, and that Git says the same."""

import subprocess
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from readiness.facts import ignorefile
from readiness.index.ignores import IgnoreLine, Ignores, build, cause, translate
from readiness.testing import build_index


def hides(tree: str, path: str) -> str:
    line = build(build_index(tree)).hides(path)
    return f"{line.file}:{line.line} {line.pattern}" if line else ""


def test_an_exception_tells_that_a_file_is_tracked_on_purpose() -> None:
    ignores = build_index(
        "-- .gitignore --\nnode_modules/*\n!node_modules/d3/\n!node_modules/d3/d3.js\n"
    ).ignores
    line = ignores.excepts("node_modules/d3/d3.js")
    assert line is not None
    assert line.line == 3
    assert ignores.excepts("node_modules/d3/other.js") is None
    assert ignores.excepts("main.py") is None


def test_a_line_of_the_root_hides_paths_at_any_depth() -> None:
    tree = "-- .gitignore --\n# data\n*.json\n"
    assert hides(tree, "app/package.json") == ".gitignore:2 *.json"
    assert hides(tree, "app/package.yaml") == ""


def test_a_later_line_includes_again_what_an_earlier_one_excludes() -> None:
    assert hides("-- .gitignore --\n*.json\n!package.json\n", "app/package.json") == ""


def test_nothing_below_an_excluded_folder_can_be_included_again() -> None:
    tree = "-- .gitignore --\nbuild/\n!build/keep.txt\n"
    assert hides(tree, "build/keep.txt") == ".gitignore:1 build/"


def test_a_deeper_file_has_the_last_word() -> None:
    tree = "-- .gitignore --\n*.log\n-- app/.gitignore --\n!audit.log\n"
    assert hides(tree, "app/audit.log") == ""
    assert hides(tree, "audit.log") == ".gitignore:1 *.log"


def test_a_pattern_with_a_slash_is_anchored_to_its_own_folder() -> None:
    tree = "-- app/.gitignore --\n/data\nlib/x.py\n"
    assert hides(tree, "app/data/rows.csv") == "app/.gitignore:1 /data"
    assert hides(tree, "app/core/data/rows.csv") == ""
    assert hides(tree, "app/core/lib/x.py") == ""


def test_a_folder_pattern_hides_no_file_of_that_name() -> None:
    tree = "-- .gitignore --\nmodels/\n"
    assert hides(tree, "models") == ""
    assert hides(tree, "models/") == ".gitignore:1 models/"
    assert hides(tree, "app/models/user.py") == ".gitignore:1 models/"


def test_byte_order_mark_carriage_returns_and_trailing_spaces_do_not_count() -> None:
    data = b"\xef\xbb\xbf*.pyc\r\n\r\nlog   \r\nkept\\ \n"
    index = build_index({".gitignore": (data, 0o100644)})
    ignores = build(index)
    assert [bool(ignores.hides(path)) for path in ("a.pyc", "log", "kept ", "kept")] == [
        True,
        True,
        True,
        False,
    ]


def test_a_path_of_any_bytes_is_matched_by_its_bytes() -> None:
    assert hides("-- .gitignore --\nf??.txt\n", "f\\xff\\xfe.txt") == ".gitignore:1 f??.txt"
    assert hides("-- .gitignore --\n?.txt\n", "é.txt") == "", "Git's ? is one byte"


def test_a_dockerignore_is_read_but_is_no_gitignore() -> None:
    index = build_index("-- .dockerignore --\n# no\n**/secret\n")
    facts = index.facts(ignorefile.SLICE, ".dockerignore")
    assert facts is not None
    assert facts.patterns == (ignorefile.Pattern(2, "**/secret"),)
    assert build(index).hides("secret") is None


def test_the_cause_names_the_line() -> None:
    line = IgnoreLine(".gitignore", 234, "*.json")
    assert cause(line) == ".gitignore:234 `*.json` hides files that the build needs"


def test_a_hostile_ignore_file_costs_bounded_time() -> None:
    stars = "*a" * 400 + "b"
    data = "\n".join([stars, "**/" * 300 + "x", "[" * 900, *(f"*{n}*/x" for n in range(30_000))])
    started = time.process_time()
    ignores = build(build_index({".gitignore": (data.encode(), 0o100644)}))
    for number in range(50):
        ignores.hides(f"{'a' * 250}/{number}/{'a' * 250}")
    assert time.process_time() - started < 10


FRAGMENTS = [
    *("a", "b", "ab", "é", ".", "-", " ", "\\ ", "\\", "\\*", "\\!", "#", "!", "*", "**", "***"),
    *("/", "/", "/", "**/", "/**", "/**/", "?", "[ab]", "[!a]", "[^b]", "[a-", "[]a]", "[a\\]b]"),
    *("[[:alpha:]]", "[[:punct:]b]", "[[:no:]]", "[[:x]", "[b-a]", "[+-9]", "[--a]", "[!]"),
    *("\\/", "[/]", "[\\", "*.a", "a*"),
]
LINES = st.lists(st.sampled_from(FRAGMENTS), min_size=1, max_size=5).map("".join)
FILES = st.lists(
    st.tuples(st.sampled_from(["", "", "!"]), LINES, st.sampled_from(["", "", "/", " ", "\r"])),
    max_size=6,
).map(lambda lines: "\n".join("".join(line) for line in lines))
NAMES = st.sampled_from(["a", "b", "ab", "aab", "b.a", "-", "a b", "é", "!", "#", "*", "+", ".a"])
PATHS = st.lists(NAMES, min_size=1, max_size=4).map("/".join)


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("ignores")
    subprocess.run(["git", "init", "-q", root], check=True)
    return root


def git_says(root: Path, files: dict[str, str], paths: list[str]) -> list[IgnoreLine | None]:
    for folder, text in files.items():
        home = root / folder
        home.mkdir(parents=True, exist_ok=True)
        (home / ".gitignore").write_bytes(text.encode())
    done = subprocess.run(
        ["git", "check-ignore", "--no-index", "-v", "-n", "-z", "--stdin"],
        cwd=root,
        input="".join(f"{path}\0" for path in paths).encode(),
        capture_output=True,
        env={"PATH": "/usr/bin:/bin", "GIT_CONFIG_NOSYSTEM": "1", "HOME": str(root)},
    )
    fields = done.stdout.decode().split("\0")
    answers: list[IgnoreLine | None] = []
    for source, line, pattern, _ in zip(*(fields[n::4] for n in range(4)), strict=False):
        shown = bool(source) and not pattern.startswith("!")
        answers.append(IgnoreLine(source, int(line), pattern) if shown else None)
    assert len(answers) == len(paths), done.stderr
    return answers


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(root=FILES, nested=FILES, paths=st.lists(PATHS, min_size=20, max_size=40, unique=True))
@example(root="foo**/bar\nab**/a", nested="", paths=["ab/a", "aba", "aba/b/a", "fooa/b/bar"])
@example(root="*\n!a/\n!a/b", nested="", paths=["a/b", "a/ab", "b"])
@example(root="a/\n!a/b", nested="!a", paths=["a/b/a", "a/a"])
def test_git_says_the_same(repository: Path, root: str, nested: str, paths: list[str]) -> None:
    texts = {"": root, "a": nested}
    expected = git_says(repository, texts, paths)
    tree = {
        f"{folder}/.gitignore".lstrip("/"): (text.encode(), 0o100644)
        for folder, text in texts.items()
    }
    ignores: Ignores = build(build_index(tree))
    answers = [ignores.hides("a/" if path == "a" else path) for path in paths]  # "a" is a folder
    places = [(a.file, a.line) if a else None for a in answers]
    assert places == [(e.file, e.line) if e else None for e in expected]


def test_a_malformed_bracket_matches_nothing() -> None:
    assert translate("[a") is None
    assert translate("x\\") is None
