"""Profile: what someone operates is a service, what others install is a library."""

from __future__ import annotations

import pytest

from readiness.testing import build_index

PAGES = """-- {0}package.json --
{{"scripts": {{"build": "vite build"}}, "dependencies": {{"react": "1", "vite": "1"}}}}
-- {0}src/main.ts --
export default 1
"""
APPLICATION = "-- Procfile --\nweb: uvicorn main:app\n-- main.py --\napp = FastAPI()\n"
PACKAGE = '[project]\nname = "plot"\n[build-system]\nbuild-backend = "hatchling.build"\n'
LISTED = "from setuptools import setup\nsetup(name='plot', packages=['plot'])\n"


@pytest.mark.parametrize(
    ("tree", "kind"),
    [
        (PAGES.format(""), "service"),
        (PAGES.format("web/"), "service"),
        (f"-- pyproject.toml --\n{PACKAGE}{PAGES.format('app/')}", "library"),
        (f"-- sdk/pyproject.toml --\n{PACKAGE}{PAGES.format('web/')}", "service"),
        (f"-- pyproject.toml --\n[tool.ruff]\n{PAGES.format('app/')}", "service"),
        (f"-- pyproject.toml --\n{PACKAGE}-- plot/__init__.py --\n", "library"),
        (f"-- setup.py --\n{LISTED}-- plot/__init__.py --\n{PAGES.format('gui/')}", "service"),
        (f"-- setup.py --\n{LISTED}-- plot/__init__.py --\n{PAGES.format('plot/gui/')}", "library"),
        (APPLICATION, "service"),
        (f"-- pyproject.toml --\n{PACKAGE}{APPLICATION}{PAGES.format('app/')}", "service"),
    ],
    ids=[
        "pages", "pages in a folder", "pages that a Python package brings along",
        "pages beside a package that others install", "pages beside the settings of tools",
        "a package", "pages beside the one package that a project lists", "pages in such a package",
        "an application", "an application that is packaged, with pages",
    ],
)  # fmt: skip
def test_who_runs_it_tells_what_it_is(tree: str, kind: str) -> None:
    assert build_index(tree).profile.kind == kind
