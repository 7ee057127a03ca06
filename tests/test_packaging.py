"""What is installed is what lies here."""

import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

import readiness
from readiness import registry

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
FOLDERS = {
    "readiness": "readiness",
    "readiness.rules": "rules",
    "readiness.reports": "reports",
    "readiness.templates": "templates",
}


def test_what_runs_is_what_lies_here() -> None:
    assert Path(readiness.__file__).parent == ROOT / "readiness"
    assert {Path(str(sys.modules[type(rule).__module__].__file__)).parent for rule in rules()} == {
        ROOT / "rules"
    }


def rules() -> tuple[object, ...]:
    return registry.rules()


def test_every_package_is_declared() -> None:
    found = {
        ".".join([name, *init.parent.relative_to(ROOT / folder).parts])
        for name, folder in FOLDERS.items()
        for init in (ROOT / folder).rglob("__init__.py")
    }
    assert set(PROJECT["tool"]["setuptools"]["packages"]) == found


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel built through the sdist, as releases are."""
    out = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--outdir", str(out), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    return next(out.glob("*.whl"))


def test_the_wheel_holds_every_module_and_every_data_file(wheel: Path) -> None:
    data = {".py", ".json", ".toml", ".typed", ".jinja", ".css", ".js", ".yml"}
    expected = {
        "/".join([*name.split("."), *path.relative_to(ROOT / folder).parts])
        for name, folder in FOLDERS.items()
        for path in (ROOT / folder).rglob("*")
        if path.suffix in data or path.name == "py.typed"
    }
    with zipfile.ZipFile(wheel) as archive:
        shipped = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert shipped == expected
