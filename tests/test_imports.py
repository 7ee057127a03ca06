"""The import graph: what resolves, over which roots, and what is gone."""

from readiness.index.imports import ImportGraph
from readiness.testing import build_index


def graph(tree: str, history: str = "") -> ImportGraph:
    return build_index(tree, history).imports


def edges(tree: str) -> set[tuple[str, str]]:
    return {(edge.source, edge.target) for found in graph(tree).imports.values() for edge in found}


def gone(tree: str, history: str = "") -> list[tuple[str, str, str]]:
    return [
        (source, missing.module, missing.name)
        for source, found in graph(tree, history).missing.items()
        for missing in found
    ]


def test_packages_relative_imports_and_submodules_resolve() -> None:
    assert edges(
        """
-- app/__init__.py --
-- app/main.py --
from app.core import config, db
from . import util
from .core.db import Base
import app.core.deep.inner
-- app/util.py --
-- app/core/__init__.py --
from .db import Base
-- app/core/config.py --
-- app/core/db.py --
Base = 1
-- app/core/deep/inner.py --
from ... import util
"""
    ) == {
        ("app/main.py", "app/core/__init__.py"),
        ("app/main.py", "app/core/config.py"),
        ("app/main.py", "app/core/db.py"),
        ("app/main.py", "app/__init__.py"),
        ("app/main.py", "app/util.py"),
        ("app/main.py", "app/core/deep/inner.py"),
        ("app/core/__init__.py", "app/core/db.py"),
        ("app/core/deep/inner.py", "app/__init__.py"),
        ("app/core/deep/inner.py", "app/util.py"),
    }


def test_a_project_in_a_src_folder_is_importable_from_its_tests() -> None:
    assert edges(
        """
-- pyproject.toml --
[project]
name = "app"
-- src/app/__init__.py --
-- src/app/core.py --
-- tests/test_core.py --
import app.core
"""
    ) == {("tests/test_core.py", "src/app/core.py")}


def test_pythonpath_of_pytest_is_relative_to_its_file_and_holds_below_it() -> None:
    tree = """
-- platform/config/settings.py --
-- tests/pytest.ini --
[pytest]
pythonpath =
    ../platform
    .
-- tests/helpers/io.py --
-- tests/unit/test_a.py --
from config.settings import *
import helpers.io
-- other/test_b.py --
import helpers.gone
"""
    assert edges(tree) == {
        ("tests/unit/test_a.py", "platform/config/settings.py"),
        ("tests/unit/test_a.py", "tests/helpers/io.py"),
    }


def test_literal_inserts_of_a_file_and_of_the_conftests_above_it_are_roots() -> None:
    assert edges(
        """
-- lib/one.py --
-- service/two.py --
-- tests/conftest.py --
import sys, os
sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
-- tests/unit/test_a.py --
import sys
from pathlib import Path
ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "service"))
import one, two
"""
    ) == {("tests/unit/test_a.py", "lib/one.py"), ("tests/unit/test_a.py", "service/two.py")}


def test_an_image_says_what_lies_on_the_path_of_its_code() -> None:
    assert edges(
        """
-- services/api/Dockerfile --
FROM python:3.12
WORKDIR /app
ENV PYTHONPATH=/app:/app/lib
COPY . .
CMD ["python", "run/start.py"]
-- services/api/lib/tools/__init__.py --
-- services/api/core/db.py --
-- services/api/run/start.py --
import tools
import core.db
"""
    ) == {
        ("services/api/run/start.py", "services/api/lib/tools/__init__.py"),
        ("services/api/run/start.py", "services/api/core/db.py"),
    }


def test_commands_that_set_pythonpath_are_believed() -> None:
    assert edges(
        """
-- code/pkg/mod.py --
-- jobs/run.py --
import pkg.mod
-- run.sh --
PYTHONPATH=code python jobs/run.py
"""
    ) == {("jobs/run.py", "code/pkg/mod.py")}


def test_edges_say_when_they_are_taken_and_the_least_guarded_wins() -> None:
    found = graph(
        """
-- a.py --
def f():
    import b
import b
try:
    import c
except ImportError:
    c = None
from typing import TYPE_CHECKING
if TYPE_CHECKING:
    import d
import importlib
importlib.import_module("pkg.e")
PLUGINS = ["pkg.f.Class", "pkg.g:run"]
-- b.py --
-- c.py --
-- d.py --
-- pkg/e.py --
-- pkg/f.py --
-- pkg/g.py --
"""
    ).imports["a.py"]
    flags = {
        edge.target: [f for f in ("lazy", "optional", "typing", "dynamic") if getattr(edge, f)]
        for edge in found
    }
    assert flags == {
        "b.py": [],
        "c.py": ["optional"],
        "d.py": ["typing"],
        "pkg/e.py": ["dynamic"],
        "pkg/f.py": ["dynamic"],
        "pkg/g.py": ["dynamic"],
    }


def test_a_module_that_is_nowhere_is_missing() -> None:
    assert gone(
        """
-- app/__init__.py --
-- app/main.py --
import app.gone
from app.also.gone import x
from .lost import y
from . import nothing
from app import core
-- app/core.py --
"""
    ) == [
        ("app/main.py", "app.lost", ""),
        ("app/main.py", "app", "nothing"),
        ("app/main.py", "app.gone", ""),
        ("app/main.py", "app.also.gone", ""),
    ]


def test_a_module_that_lies_elsewhere_is_not_called_gone() -> None:
    tree = """
-- app/__init__.py --
-- app/main.py --
import app.core.db
-- somewhere/else/app/core/db.py --
"""
    assert gone(tree) == []
    assert edges(tree) == {("app/main.py", "somewhere/else/app/core/db.py")}
    (edge,) = build_index(tree).imports.imports["app/main.py"]
    assert edge.guessed


def test_libraries_are_never_missing() -> None:
    assert (
        gone(
            """
-- requirements.txt --
redis>=5
-- redis/compose.py --
-- alembic/env.py --
from alembic import context
import alembic.config
-- docker/Dockerfile --
FROM scratch
-- docker/tools.py --
-- app/main.py --
import redis.asyncio, docker.errors, fastapi.routing, logging.nothing, xml.whatever
from platform import machine
-- platform/thing.py --
"""
        )
        == []
    )


def test_a_name_that_the_module_lost_is_missing() -> None:
    assert gone(
        """
-- pkg/__init__.py --
from .impl import *
from .other import Public as Shown
-- pkg/impl.py --
__all__ = ["given"]
def given(): ...
def hidden(): ...
-- pkg/other.py --
class Public: ...
def late():
    global made
    made = 1
-- use.py --
from pkg import given, Shown, impl, hidden, Public
from pkg.other import made, __doc__
"""
    ) == [("use.py", "pkg", "hidden"), ("use.py", "pkg", "Public")]


def test_a_name_is_not_missed_where_the_module_cannot_be_read_or_makes_names() -> None:
    assert gone(
        """
-- a.py --
def __getattr__(name): ...
-- b.py --
globals().update(make())
-- c.py --
from library import *
-- d.py --
def broken(:
-- e.pyx --
-- f.pyi --
-- use.py --
from a import x
from b import x
from c import x
from d import x
from e import x
from f import x
import c.inner
"""
    ) == [("use.py", "c.inner", "")]


def test_what_a_build_makes_or_gitignore_hides_is_not_missing() -> None:
    assert (
        gone(
            """
-- .gitignore --
local_settings.py
generated/
-- pkg/__init__.py --
from ._version import version
from . import _fast
from .service_pb2 import Message
from .local_settings import *
from .generated.client import Client
import pkg._core
-- pkg/_fast.c --
-- pkg/_core.cpython-312-x86_64-linux-gnu.so --
-- pkg/service.proto --
"""
        )
        == []
    )


def test_a_package_that_history_remembers_is_the_repositorys_own() -> None:
    tree = """
-- tests/test_old.py --
from oldname.core import x
import never_here.core
"""
    assert gone(tree) == []
    history = "2026-01-01 a | A oldname/core.py\n2026-01-02 a | D oldname/core.py"
    assert gone(tree, history) == [("tests/test_old.py", "oldname.core", "")]


def test_guards_travel_with_what_is_missing() -> None:
    found = graph(
        """
-- app/__init__.py --
-- app/main.py --
try:
    import app.extra
except ImportError:
    pass
def f():
    import app.later
"""
    ).missing["app/main.py"]
    assert [(m.module, m.import_.optional, m.import_.lazy) for m in found] == [
        ("app.extra", True, False),
        ("app.later", False, True),
    ]


def test_a_script_named_as_a_library_does_not_import_itself() -> None:
    tree = """
-- worker/celery.py --
from celery import Celery
"""
    assert edges(tree) == set()
    assert gone(tree) == []


def test_modules_are_known_by_every_name_that_a_root_gives_them() -> None:
    found = graph(
        "-- pyproject.toml --\n[project]\nname='a'\n-- src/a/__init__.py --\n-- src/a/b.py --\n"
    )
    assert found.modules["a.b"] == ("src/a/b.py",)
    assert found.modules["src.a.b"] == ("src/a/b.py",)
    assert found.roots["src/a/b.py"][0] == "src"


def test_a_circle_of_star_imports_ends() -> None:
    tree = """
-- a.py --
from b import *
-- b.py --
from a import *
-- c.py --
from a import x
"""
    assert gone(tree) == []


def test_a_name_may_come_from_another_root_that_has_a_module_of_that_name() -> None:
    tree = """
-- utils.py --
def one(): ...
-- tests/utils.py --
def two(): ...
-- tests/test_a.py --
from utils import one, two, three
"""
    assert gone(tree) == [("tests/test_a.py", "utils", "three")]
    assert edges(tree) == {("tests/test_a.py", "utils.py"), ("tests/test_a.py", "tests/utils.py")}


def test_a_module_named_as_a_library_is_not_blamed_for_the_names_of_the_library() -> None:
    assert (
        gone(
            """
-- requirements.txt --
redis>=5
-- redis.py --
-- queue.py --
-- main.py --
from redis import Redis
from queue import Queue
"""
        )
        == []
    )


def test_live_code_is_led_to_live_code_before_an_archive_that_lies_nearer() -> None:
    tree = """
-- app/old_archive/core/db/base.py --
-- lib/src/core/db/base.py --
-- app/jobs/run.py --
import core.db.base
"""
    assert edges(tree) == {("app/jobs/run.py", "lib/src/core/db/base.py")}


def test_a_submodule_is_a_name_of_its_package_and_of_a_namespace_package() -> None:
    assert (
        gone(
            """
-- space/one/__init__.py --
-- space/two/deep.py --
-- pack/__init__.py --
__all__ = ["inner"]
-- pack/inner.py --
-- use.py --
from space import one, two
from space.two import deep
from pack import inner
from pack import *
"""
        )
        == []
    )


def test_a_name_of_a_module_that_is_bound_in_a_branch_a_loop_or_a_handler_is_there() -> None:
    assert (
        gone(
            """
-- a.py --
try:
    import fast as engine
except ImportError:
    engine = None
if engine:
    mode, speed = "fast", 1
else:
    mode = speed = None
for last in range(3): pass
with open("x") as handle: pass
first: int = 1
import os.path
-- use.py --
from a import engine, mode, speed, last, handle, first, os
"""
        )
        == []
    )


def test_a_file_that_does_not_parse_uses_what_it_imports_and_misses_nothing() -> None:
    index = build_index(
        "-- app/__init__.py --\n-- app/code.py --\nimport models, gone\nprint 'x'\n"
        "-- app/models.py --\nimport utils\n-- app/utils.py --\nx = 1\n"
    )
    edges = {(e.source, e.target) for found in index.imports.imports.values() for e in found}
    assert edges >= {("app/code.py", "app/models.py"), ("app/models.py", "app/utils.py")}
    assert not index.imports.missing
