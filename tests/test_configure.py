"""Configurations in the work tree that an audit does not use, and what it says of them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from readiness.configure import Options, overlooked
from readiness.repo import Repository

if TYPE_CHECKING:
    from conftest import Git

SECTION = '[project]\nname = "a"\n\n[tool.readiness]\ntarget = 8\n'
WAIVERS = '[[ tool . readiness . waivers ]]\nrule = "HYG001"\nreason = "so"\n'
WORK_TREE = Options()
NOTE = "readiness.toml is not tracked, so it is not used; git add readiness.toml"


def notes(git: Git, options: Options = WORK_TREE) -> list[str]:
    with Repository.open(str(git.folder)) as repository:
        snapshot = repository.snapshot(
            rev=options.rev, staged=options.staged, untracked=options.untracked
        )
        return overlooked(repository, snapshot, options)


def test_an_untracked_configuration_is_told_of_until_it_is_added(git: Git) -> None:
    git.commit()
    git.write("readiness.toml")
    assert notes(git) == [NOTE]
    git("add", "readiness.toml")
    assert notes(git) == []


@pytest.mark.parametrize("content", [SECTION, WAIVERS])
def test_an_untracked_pyproject_is_told_of_where_it_configures_the_audit(
    git: Git, content: str
) -> None:
    git.commit()
    git.write("pyproject.toml", content)
    assert notes(git) == [NOTE.replace("readiness.toml", "pyproject.toml")]
    git.write("pyproject.toml", '[project]\nname = "readiness"\n')
    assert notes(git) == []


@pytest.mark.parametrize(
    "options",
    [
        Options(rev="HEAD"),
        Options(staged=True),
        Options(isolated=True),
        Options(untracked=True),
    ],
)
def test_an_audit_that_uses_it_or_looks_elsewhere_says_nothing(git: Git, options: Options) -> None:
    git.commit()
    git.write("readiness.toml")
    assert notes(git, options) == []


def test_what_is_no_plain_file_is_not_opened(git: Git) -> None:
    git.commit()
    os.mkfifo(git.folder / "readiness.toml")
    (git.folder / "pyproject.toml").symlink_to(git.write("elsewhere", SECTION))
    assert notes(git) == []


def test_a_folder_of_that_name_is_no_configuration(git: Git) -> None:
    git.commit()
    git.write("readiness.toml/x")
    assert notes(git) == []
