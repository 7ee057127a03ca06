"""readiness-staged: what Git runs before a commit. Quiet when all is well, and quick: nothing is
imported before it is needed."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence

from readiness.cli import ExitCode
from readiness.hook.glance import Suspects, glance
from readiness.hook.staged import Change, Staged, Unusual

_USAGE = """\
usage: readiness-staged [--strict]

Judges what is staged in the repository of this folder, as a commit would hold it: new secrets, and
all else that the rules for single files find and did not find before. Says nothing where that is
nothing. Nothing is written, and no file of the repository is executed.

  --strict  stop the commit, too, where something could not be judged
            (else that is only said: no commit is held up by a fault of this program)

Exit codes: 0 fine, 1 refused, 2 usage, 3 under --strict: something could not be judged.
"""


SECONDS = 120  # after which a commit is not made to wait any longer


class _TooLate(Exception):
    """The judgement takes too long."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the hook and returns its exit code; as a program it ends there."""
    if arguments is not None:
        return _main(list(arguments))
    gc.disable()
    _leave_cleanly()
    _give_up_in_time()
    code = _main(sys.argv[1:])
    for stream in filter(None, (sys.stdout, sys.stderr)):
        try:
            stream.flush()
        except OSError:
            continue
    os._exit(code)  # taking the interpreter down piece by piece takes an eighth of the time


def _main(given: list[str]) -> int:
    if "-h" in given or "--help" in given:
        print(_USAGE, end="")
        return ExitCode.PASSED
    if "--version" in given:
        from readiness import __version__

        print(f"readiness {__version__}")
        return ExitCode.PASSED
    unknown = [argument for argument in given if argument != "--strict"]
    if unknown:
        from readiness.errors import one_line

        _say(f"readiness: no such option or argument: {one_line(unknown[0])}\n{_USAGE}")
        return ExitCode.USAGE
    fault = ExitCode.INCOMPLETE if "--strict" in given else ExitCode.PASSED
    try:
        return _run(fault)
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    except Exception as error:
        _tell(error, fault)
        return fault


def _run(fault: ExitCode) -> ExitCode:
    cache = _cache_folder()
    try:
        with Staged() as staged:
            cache = None if _lies_in(cache, staged.root, staged.common) else cache
            suspects = glance(staged, cache)
            found = list(suspects.others)
            if suspects.secrets:
                from readiness.hook.secrets import confirm

                found += confirm(suspects, staged, cache)
    except Unusual:
        return _judge(None, cache, fault)  # the whole machinery judges all that is staged
    return _judge((staged, suspects, found), cache, fault) if found else ExitCode.PASSED


def _judge(
    seen: tuple[Staged, Suspects, Sequence[Change]] | None, cache: str | None, fault: ExitCode
) -> ExitCode:
    import datetime

    from readiness.hook.judge import Seen, judge
    from readiness.hook.message import gaps, text

    known = None
    if seen is not None:
        staged, suspects, found = seen
        known = Seen(
            {change.path for change in found},
            staged.sides,
            suspects.contents,
            only_ours=suspects.only_ours,
            only_secrets=not suspects.others,
        )
    verdict = judge(".", known, cache, datetime.date.today())
    unjudged = gaps(verdict.skipped, verdict.errors)
    if unjudged:
        _say(unjudged)
    if verdict.refused:
        _say(text(verdict.refused, verdict.fixes))
        return ExitCode.FAILED
    return fault if unjudged else ExitCode.PASSED


def _tell(error: Exception, fault: ExitCode) -> None:
    """Says why there is no judgement, and what that means for the commit."""
    from readiness.errors import ReadinessError, one_line

    if os.environ.get("READINESS_DEBUG"):
        import traceback

        traceback.print_exc()
    what = one_line(error, 2_000)
    if not isinstance(error, ReadinessError | _TooLate):
        what = f"this is a fault of readiness: {type(error).__name__}: {what}"
    held = "so the commit is stopped, as --strict asks" if fault else "and the commit goes on"
    _say(f"readiness: what is staged was not judged, {held}: {what}\n")


def _say(text: str) -> None:
    """Writes to standard error, whatever can be written there."""
    if sys.stderr is None:
        return
    try:
        sys.stderr.write(text.encode("utf-8", "backslashreplace").decode("utf-8"))
        sys.stderr.flush()
    except (OSError, UnicodeError):
        return


def _cache_folder() -> str | None:
    """Where the cache lies, as `readiness.cache` has it, without its imports where that can be."""
    folder = os.environ.get("READINESS_CACHE_DIR")
    if not folder and sys.platform == "linux":
        home = os.environ.get("XDG_CACHE_HOME", "").strip() or os.path.expanduser("~/.cache")
        folder = os.path.join(home, "readiness")
    if not folder:
        from readiness.cache import default_folder

        return default_folder()
    folder = os.path.abspath(folder) if os.environ.get("READINESS_CACHE_DIR") else folder
    return folder if os.path.isabs(folder) else None


def _lies_in(folder: str | None, *others: str) -> bool:
    """A repository could bring a cache of its own, which is not to be trusted."""
    real = os.path.realpath(folder) if folder else ""
    return any(real == other or real.startswith(other + os.sep) for other in others)


def _leave_cleanly() -> None:
    """Lets whatever ends the process remove what it made."""
    import signal

    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, frame: sys.exit(128 + number))


def _give_up_in_time() -> None:
    """A Git or a disk that does not answer holds no commit up for ever."""
    import signal

    def stop(number: int, frame: object) -> None:
        noun = "second" if SECONDS == 1 else "seconds"
        raise _TooLate(f"it took longer than {SECONDS} {noun}; readiness audit --staged has time")

    signal.signal(signal.SIGALRM, stop)
    signal.alarm(SECONDS)
