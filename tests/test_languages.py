"""The share of source code whose evidence is understood."""

import pytest

from readiness.index.languages import source_lines, understood_share
from readiness.model import SourceLines
from readiness.testing import build_index


def test_half_python_and_half_typescript_is_half_understood() -> None:
    index = build_index("-- a.py --\nx = 1\ny = 2\n-- b.ts --\nlet x\nlet y\n")
    assert understood_share(index) == 0.5
    assert source_lines(index) == (SourceLines("py", 2, True), SourceLines("ts", 2, False))


def test_documents_and_archives_do_not_count() -> None:
    index = build_index("-- a.py --\nx = 1\n-- README.md --\na\nb\n-- archive/b.ts --\nlet x\n")
    assert understood_share(index) == 1.0


@pytest.mark.parametrize("tree", ["", "-- README.md --\nhello\n"])
def test_without_source_code_nothing_is_missed(tree: str) -> None:
    assert understood_share(build_index(tree)) == 1.0
