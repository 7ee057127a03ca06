"""Which targets of `mock.patch` are not there."""

import pytest

from readiness.index.patches import Patches
from readiness.testing import build_index

CODE = """\
-- app/__init__.py --
-- app/core.py --
from app.mail import send
class Engine: ...
-- app/mail.py --
def send(): ...
-- app/open.py --
def __getattr__(name): ...
-- app/stars.py --
from app.mail import *
-- app/parts/one.py --
-- lib/helpers/__init__.py --
"""


def stale(target: str, more: str = "") -> list[tuple[str, str]]:
    test = f"def test_x():\n    with patch('{target}'): pass\n"
    index = build_index(f"{CODE}{more}-- tests/test_a.py --\n{test}")
    return [(each.module, each.name) for each in Patches(index).stale("tests/test_a.py")]


@pytest.mark.parametrize(
    "target",
    [
        "app.core.Engine",
        "app.core.Engine.anything",
        "app.core.send",
        "app.core.open",
        "app.core.__name__",
        "app.open.what_it_makes",
        "app.stars.send",
        "app.parts",
        "app.parts.one",
        "os.path.gone",
        "elsewhere.core.gone",
        "app.core",
    ],
)
def test_what_is_there_or_cannot_be_told_is_no_fault(target: str) -> None:
    assert stale(target) == []


@pytest.mark.parametrize(
    ("target", "module", "name"),
    [
        ("app.core.Wheel", "app.core", "Wheel"),
        ("app.core.Wheel.turn", "app.core", "Wheel"),
        ("app.stars.post", "app.stars", "post"),
        ("app.gone.send", "app", "gone"),
    ],
)
def test_what_a_module_does_not_bind_is_stale(target: str, module: str, name: str) -> None:
    assert stale(target) == [(module, name)]


def test_a_module_that_imports_miss_is_missed_by_patches_too() -> None:
    more = "-- tests/test_b.py --\nimport app.gone\n"
    assert stale("app.gone.send", more) == [("app.gone", "")]


def test_what_a_dependency_may_bring_is_not_judged() -> None:
    assert stale("app.sdk.load", "-- requirements.txt --\napp-sdk\n") == []


def test_what_a_build_or_an_ignored_file_gives_is_not_judged() -> None:
    assert stale("app.local.load", "-- .gitignore --\napp/local.py\n") == []
