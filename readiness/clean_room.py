"""What makes a clean room: the configuration and environment in which Git reads nothing of what an
audited repository configures. Imports next to nothing, for the hook's sake."""

from __future__ import annotations

import os

from readiness.errors import RepositoryError

_CONFIGURATION = """\
[core]
	repositoryFormatVersion = {version}
	bare = true
	hooksPath = /dev/null
	fsmonitor = false
	attributesFile = /dev/null
	excludesFile = /dev/null
	commitGraph = false
	untrackedCache = false
	packedGitWindowSize = 32m
	packedGitLimit = 256m
[protocol]
	allow = never
[gc]
	auto = 0
[maintenance]
	auto = false
[i18n]
	logOutputEncoding = UTF-8
[extensions]
	{extension}
"""


def new_folder() -> str:
    """A path below the folder for temporary files where nothing lies."""
    parent = os.environ.get("TMPDIR") or "/tmp"
    return os.path.join(parent, f"readiness-{os.urandom(8).hex()}")


def make(folder: str, *, sha256: bool = False) -> None:
    """Makes an empty bare Git directory of our own. Raises OSError."""
    configuration = _CONFIGURATION.format(
        version=int(sha256), extension="objectFormat = sha256" if sha256 else ""
    )
    os.mkdir(folder, 0o700)
    for name in ("refs", "objects", "info"):
        os.mkdir(os.path.join(folder, name))
    write(folder, "config", configuration.encode())
    write(folder, "HEAD", b"ref: refs/heads/none\n")


def write(folder: str, name: str, content: bytes) -> None:
    with open(os.path.join(folder, name), "wb") as file:
        file.write(content)


def git_program() -> str:
    """The absolute path of Git: a folder on PATH that is relative could be the audited one."""
    for folder in os.get_exec_path():
        program = os.path.join(folder, "git")
        if os.path.isabs(folder) and os.path.isfile(program) and os.access(program, os.X_OK):
            return program
    raise RepositoryError("Git is missing (no git on PATH); install it and run this again")


def environment(room: str, objects: str) -> dict[str, str]:
    """The caller's environment without any GIT_* variable, closed against all configuration."""
    inherited = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    return inherited | {
        "GIT_DIR": room,
        "GIT_OBJECT_DIRECTORY": objects,
        "GIT_INDEX_FILE": os.path.join(room, "index"),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_PAGER": "cat",
        "HOME": room,
        "XDG_CONFIG_HOME": room,
        "LC_ALL": "C",
        "PAGER": "cat",
    }
