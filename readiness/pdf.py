"""PDF: a page of ours printed by Chromium where there is one, else by WeasyPrint."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from readiness.errors import UsageError, one_line
from readiness.pdf_objects import packed

CHROMIUM = "READINESS_CHROMIUM"  # names the program; empty for none
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_APPS = (
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
_SECONDS = 300
_FLAGS = (
    "--headless",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-dev-shm-usage",
    "--disable-extensions",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--no-default-browser-check",
    "--no-first-run",
    "--no-pdf-header-footer",
)


def chromium() -> str | None:
    """The program, if this machine has it."""
    named = os.environ.get(CHROMIUM)
    if named is not None:
        return named or None
    found = (shutil.which(name) for name in _NAMES)
    apps = (path for path in _APPS if os.access(path, os.X_OK))
    return next((path for path in (*found, *apps) if path), None)


def printed(html: str) -> bytes:
    """The page as PDF. It is loaded from a folder of its own, and nothing else is loaded.

    Raises:
        UsageError: there is no program that prints, or it fails.
    """
    program = chromium()
    if program is not None:
        return _by_chromium(program, html)
    try:
        return _by_weasyprint(html)
    except (ImportError, OSError) as error:  # OSError: a library of the system is missing
        raise UsageError(
            "--pdf needs Chromium (apt-get install chromium) or WeasyPrint (pip install "
            f"'readiness[pdf]'); {CHROMIUM} names a program elsewhere"
        ) from error


def _by_chromium(program: str, html: str) -> bytes:
    with tempfile.TemporaryDirectory(prefix="readiness-", ignore_cleanup_errors=True) as folder:
        page, out = Path(folder, "report.html"), Path(folder, "report.pdf")
        page.write_text(html, encoding="utf-8", errors="backslashreplace")
        # root has no sandbox of its own; the page holds no script but ours, by its policy
        flags = [*_FLAGS, "--no-sandbox"] if os.geteuid() == 0 else list(_FLAGS)
        command = [program, *flags, f"--user-data-dir={folder}/profile"]
        command += [f"--print-to-pdf={out}", page.as_uri()]
        try:
            done = subprocess.run(
                command,
                env=os.environ | {"HOME": folder},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=_SECONDS,
            )
        except subprocess.TimeoutExpired as error:
            raise UsageError(f"--pdf: {program} did not end in {_SECONDS} seconds") from error
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise UsageError(f"--pdf: {one_line(program)}: {reason}") from error
        if not out.exists():
            said = done.stderr.decode(errors="replace").strip().rpartition("\n")[2]
            raise UsageError(f"--pdf: {program} failed: {one_line(said) or done.returncode}")
        return packed(out.read_bytes())


def _by_weasyprint(html: str) -> bytes:
    from weasyprint import HTML

    made: bytes = HTML(string=html, url_fetcher=_refuse).write_pdf()
    return made


def _refuse(url: str, *arguments: object, **options: object) -> dict[str, object]:
    raise ValueError(f"a report loads nothing: {one_line(url)}")
