"""The repository's own test command: the one that is given, or the one that its files name."""

from __future__ import annotations

import os
import re
import shlex
import shutil
from collections.abc import Iterator

from msgspec import Struct

from readiness.errors import UsageError

_TEST = re.compile(rb"^test\s*:(?!=)", re.MULTILINE)
_TOX = re.compile(rb"^\[(?:tool\.tox|tox)[\].]", re.MULTILINE)
_PYTEST = re.compile(rb"^\[(?:tool\.pytest|tool:pytest|pytest)[\].]", re.MULTILINE)
_LARGEST = 1 << 20
_MOST = 20_000  # files that are looked at for one that is named as a test


class Command(Struct, frozen=True):
    """`arguments` as they are started; `shown` for people, with what it was found by."""

    arguments: tuple[str, ...]
    shown: str


def given(text: str) -> Command:
    """A command line of the user's, as a shell takes it."""
    return Command(("/bin/sh", "-c", text), f"`{text}`")


def find(folder: str) -> Command:
    """The command of the files in `folder`: tox, nox, `make test` or pytest, the first that is
    named there and installed here. Raises UsageError where there is none."""
    missing = []
    for arguments, why in _named(folder):
        program = shutil.which(arguments[0])
        if program is not None and os.path.isabs(program):
            return Command((program, *arguments[1:]), f"`{shlex.join(arguments)}` ({why})")
        missing.append(arguments[0])
    hint = "name one: --verify 'COMMAND'"
    if missing:
        raise UsageError(f"{' and '.join(missing)} would run the tests and is not on PATH; {hint}")
    raise UsageError(f"nothing here says how its tests are run; {hint}")


def _named(folder: str) -> Iterator[tuple[tuple[str, ...], str]]:
    for name in ("tox.ini", "pyproject.toml", "setup.cfg"):
        if _TOX.search(_read(folder, name)):
            yield ("tox",), f"{name} sets it up"
            break
    if _read(folder, "noxfile.py"):
        yield ("nox",), "noxfile.py is there"
    for name in ("GNUmakefile", "makefile", "Makefile"):
        if _TEST.search(_read(folder, name)):
            yield ("make", "test"), f"{name} has it"
            break
    for name in ("pytest.ini", "pyproject.toml", "setup.cfg", "tox.ini"):
        if _PYTEST.search(_read(folder, name)):
            yield ("pytest",), f"{name} sets it up"
            return
    test = _a_test(folder)
    if test:
        yield ("pytest",), f"{test} is there"


def _a_test(folder: str) -> str:
    seen = 0
    for place, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            seen += 1
            if name == "conftest.py" or (name.startswith("test_") and name.endswith(".py")):
                return os.path.relpath(os.path.join(place, name), folder)
        if seen > _MOST:
            break
    return ""


def _read(folder: str, name: str) -> bytes:
    path = os.path.join(folder, name)
    if os.path.islink(path) or not os.path.isfile(path):
        return b""
    with open(path, "rb") as file:
        return file.read(_LARGEST)
