"""Where Git looks for the hooks of a repository, as Git itself says."""

from __future__ import annotations

import os
import subprocess

from readiness.clean_room import git_program
from readiness.errors import RepositoryError, one_line


def hooks_folder(work_tree: str) -> str:
    """The absolute path of the folder of hooks, which may be any, and may be missing.

    Git reads every configuration that it would read for a commit, and runs nothing of it.

    Raises:
        RepositoryError: Git does not say.
    """
    environment = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    environment |= {
        key: os.environ[key]
        for key in ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM")
        if key in os.environ
    }
    done = subprocess.run(
        [git_program(), "rev-parse", "--git-path", "hooks"],
        cwd=work_tree,
        env=environment | {"GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
    )
    told = done.stdout.removesuffix(b"\n")
    if done.returncode or not told:
        reason = done.stderr.decode("utf-8", "replace").strip().partition("\n")[0]
        raise RepositoryError(f"Git does not say where its hooks lie: {one_line(reason)}")
    return os.path.abspath(os.path.join(work_tree, os.fsdecode(told)))
