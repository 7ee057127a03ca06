"""One run of the tests in a folder: a process group with limits, of which nothing is left."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable

from msgspec import Struct

from readiness.apply.verify.command import Command
from readiness.apply.verify.outcomes import LARGEST, Case, Outcome, Run, read_report
from readiness.errors import UsageError

_TAIL = 8_192  # bytes of the output of which the last line is told
_FILE = 8 << 30  # bytes of one file that a test may write
_UNSET = ("PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX", "PYTEST_CURRENT_TEST")


class Limits(Struct, frozen=True):
    """Seconds of one run, and bytes of memory of each of its processes."""

    seconds: float = 1_800.0
    memory: int = 4 << 30


def run(command: Command, tree: str, scratch: str, limits: Limits) -> Run:
    """Runs `command` in the folder `tree`; what it writes down lies in the folder `scratch`.

    Raises UsageError where it cannot be started.
    """
    report = os.path.join(scratch, "report.xml")
    output = os.path.join(scratch, "output")
    for path in (report, output):
        if os.path.lexists(path):
            os.unlink(path)
    before = _compiled(tree)
    started = time.monotonic()
    stopped = ""
    with open(output, "wb") as sink:
        try:
            process = subprocess.Popen(
                command.arguments,
                cwd=tree,
                env=_environment(tree, report, scratch),
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_limiter(limits),
            )
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise UsageError(f"{command.shown} cannot be started: {reason}") from error
        try:
            code: int | None = process.wait(limits.seconds)
        except subprocess.TimeoutExpired:
            code, stopped = None, f"it took longer than {limits.seconds:,.0f} seconds"
        finally:
            _end(process)
    tests = read_report(_read(report)) if code is not None else {}
    if not tests:
        outcome = Outcome.PASSED if code == 0 else Outcome.FAILED
        tests = {command.shown: Case(outcome)}
    return Run(
        tests=tests,
        loaded=_loaded(tree, before),
        seconds=time.monotonic() - started,
        stopped=stopped,
        last=_last_line(output),
    )


def _environment(tree: str, report: str, scratch: str) -> dict[str, str]:
    """The caller's environment, in which modules come from `tree` even where an installed copy
    of the project points elsewhere."""
    found = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith("GIT_") and key not in _UNSET
    }
    roots = [folder for folder in (os.path.join(tree, "src"), tree) if os.path.isdir(folder)]
    paths = [*roots, *filter(None, [found.get("PYTHONPATH")])]
    options = f"--junitxml={report} -o junit_family=xunit1 --continue-on-collection-errors"
    temporary = os.path.join(scratch, "tmp")
    os.makedirs(temporary, exist_ok=True)
    return found | {
        "PYTHONPATH": os.pathsep.join(paths),
        "PYTHONHASHSEED": "0",
        "PYTEST_ADDOPTS": f"{found.get('PYTEST_ADDOPTS', '')} {options}".strip(),
        "TMPDIR": temporary,
    }


def _limiter(limits: Limits) -> Callable[[], None]:
    """What the new process does before it becomes the command."""
    import resource

    wanted = {"RLIMIT_DATA": limits.memory, "RLIMIT_FSIZE": _FILE, "RLIMIT_CORE": 0}
    kinds = [(getattr(resource, name), most) for name, most in wanted.items()]
    bounds = []
    for kind, most in kinds:
        _, hard = resource.getrlimit(kind)
        bounds.append((kind, most if hard == resource.RLIM_INFINITY else min(most, hard)))

    def limit() -> None:
        for kind, most in bounds:
            resource.setrlimit(kind, (most, most))

    return limit


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kills all that the command started and left behind."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _compiled(tree: str) -> dict[str, int]:
    """Source file -> when its byte code was written: Python does so when it imports the file."""
    found: dict[str, int] = {}
    for place, folders, names in os.walk(tree):
        folders[:] = [name for name in folders if name not in (".tox", ".nox", ".venv")]
        if os.path.basename(place) != "__pycache__":
            continue
        folder = os.path.relpath(os.path.dirname(place), tree)
        for name in names:
            if name.endswith(".pyc"):
                source = os.path.normpath(os.path.join(folder, name.partition(".")[0] + ".py"))
                at = os.lstat(os.path.join(place, name)).st_mtime_ns
                found[source] = max(at, found.get(source, 0))
    return found


def _loaded(tree: str, before: dict[str, int]) -> frozenset[str]:
    return frozenset(path for path, at in _compiled(tree).items() if before.get(path) != at)


def _read(path: str) -> bytes:
    if os.path.islink(path) or not os.path.isfile(path):
        return b""
    with open(path, "rb") as file:
        return file.read(LARGEST + 1)


def _last_line(path: str) -> str:
    with open(path, "rb") as file:
        file.seek(max(0, os.fstat(file.fileno()).st_size - _TAIL))
        lines = [line for line in file.read().splitlines() if line.strip()]
    return lines[-1].decode("utf-8", "replace").strip() if lines else ""
