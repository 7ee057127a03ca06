"""What is installed is what lies here."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import readiness
from readiness import registry

if TYPE_CHECKING:
    from conftest import Git

ROOT = Path(__file__).parent.parent
BIN = Path(sys.executable).parent
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


class Release:
    """The tree as it is, tagged v1.2.3 and built, the wheel through the sdist as releases are."""

    def __init__(self, folder: Path, git_at: type[Git]) -> None:
        self.tree = git_at(folder / "tree")
        listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        names = subprocess.run(listed, cwd=ROOT, check=True, capture_output=True).stdout
        for name in filter(None, map(os.fsdecode, names.split(b"\0"))):
            if (ROOT / name).exists():
                self.tree.write(name)
                shutil.copy(ROOT / name, self.tree.folder / name)
        self.tree.commit()
        self.tree("tag", "v1.2.3")
        self.out = folder / "dist"
        command = [sys.executable, "-m", "build", "--outdir", str(self.out), str(self.tree.folder)]
        subprocess.run(command, check=True, capture_output=True)
        self.wheel = self.out / "readiness-1.2.3-py3-none-any.whl"
        self.sdist = self.out / "readiness-1.2.3.tar.gz"


@pytest.fixture(scope="session")
def release(tmp_path_factory: pytest.TempPathFactory, git_at: type[Git]) -> Release:
    return Release(tmp_path_factory.mktemp("release"), git_at)


@pytest.fixture
def wheel(release: Release) -> Path:
    return release.wheel


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


def test_a_release_has_the_version_of_its_tag_and_is_what_the_index_takes(release: Release) -> None:
    assert {file.name for file in release.out.iterdir()} == {
        release.wheel.name,
        release.sdist.name,
    }
    command: list[str | Path] = [BIN / "twine", "check", "--strict", release.wheel, release.sdist]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode, done.stdout.count("PASSED")) == (0, 2), done.stdout
    with tarfile.open(release.sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"pyproject.toml", "LICENSE", "rules/__init__.py", "tests/test_packaging.py"} <= names
    assert not [name for name in names if name.startswith((".git/", ".venv/", "build/"))]


def test_a_release_in_a_clean_environment_says_its_version_and_audits(
    release: Release, git: Git, tmp_path: Path
) -> None:
    git.write("main.py", "def f(:\n")
    git.commit()
    subprocess.run([sys.executable, "-m", "venv", str(tmp_path / "venv")], check=True)
    bin = tmp_path / "venv/bin"
    command: list[str | Path] = [bin / "pip", "install", "--quiet", release.wheel]
    subprocess.run(command, check=True, capture_output=True)
    said = subprocess.check_output([bin / "readiness", "--version"])
    assert said == b"readiness 1.2.3\n"
    done = subprocess.run(
        [bin / "readiness", "audit", "--no-cache"], cwd=git.folder, capture_output=True, text=True
    )
    assert (done.returncode, "main.py" in done.stdout, done.stderr) == (0, True, "")


@pytest.mark.parametrize(
    ("made", "version"),
    [
        ("git clone --quiet --depth 1 --no-tags file://{tree} {out}", "0.1.dev1"),
        ("git -C {tree} archive HEAD | tar -x -C {out}", "1.2.3"),
        ("git -C {tree} checkout-index --all --prefix={out}/", "0.0"),
    ],
    ids=["a shallow clone without tags", "an export", "a copy that Git knows nothing of"],
)
def test_it_is_built_wherever_its_files_came_from(
    made: str, version: str, release: Release, git: Git, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    command = made.format(tree=release.tree.folder, out=out)
    subprocess.run(command, shell=True, check=True, env=git.environment)
    ask = [sys.executable, "-m", "setuptools_scm", "--force-write-version-files"]
    done = subprocess.run(ask, cwd=out, check=True, capture_output=True, text=True)
    assert done.stdout.split() == [version]
    assert (out / "readiness/_version.py").read_text().strip() == f'__version__ = "{version}"'
