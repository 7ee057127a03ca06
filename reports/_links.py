"""Places and times as other systems name them: paths, permalinks at the commit, its time."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from urllib.parse import quote

from readiness.model import Finding, Location, Report, encode_path

_REMOTE = re.compile(
    r"(?:https?://|ssh://|git://)?(?:[\w.-]+@)?(?P<host>[\w-]+(?:\.[\w-]+)+)(?::\d+(?=/))?[:/]"
    r"(?P<path>[\w.~-]+(?:/[\w.~-]+)+)/?"
)
# what the host's name holds -> where a file at a commit is seen, and a line of it
_HOSTS = (
    ("gitlab", "/-/blob/{commit}/{path}", "#L{line}"),
    ("github", "/blob/{commit}/{path}", "#L{line}"),
    ("bitbucket.org", "/src/{commit}/{path}", "#lines-{line}"),
    ("codeberg.org", "/src/commit/{commit}/{path}", "#L{line}"),
)


# where these hosts show a page made of a file, no line of it is seen unless it is asked for plain
_PLAIN = ("github", "gitlab")
_MADE_INTO_PAGES = (".adoc", ".geojson", ".ipynb", ".markdown", ".md", ".mdx", ".rst", ".svg")


def website(report: Report) -> str:
    """The page of the repository's remote, empty where it has none that is known to be one."""
    match = _REMOTE.fullmatch(report.remote or "")
    if match is None or not any(name in match["host"] for name, _, _ in _HOSTS):
        return ""
    return f"https://{match['host']}/{match['path'].removesuffix('.git')}"


def permalink(report: Report, location: Location) -> str:
    """The address of a place at the commit; empty where the remote is unknown, or where what was
    audited differs from the commit."""
    site = website(report)
    if not site or location.path is None or report.commit is None or report.dirty:
        return ""
    host = site.split("/")[2]
    blob, line = next((blob, line) for name, blob, line in _HOSTS if name in host)
    address = site + blob.format(commit=report.commit, path=uri(location.path))
    if not location.line:
        return address
    pages = location.path.lower().endswith(_MADE_INTO_PAGES)
    plain = "?plain=1" if pages and any(name in host for name in _PLAIN) else ""
    return address + plain + line.format(line=location.line)


def moment(seconds: int) -> str:
    """A time in seconds since 1970 as ISO 8601, UTC."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def uri(path: str) -> str:
    """A path as a relative URI: every byte that is not plain is written `%XX`."""
    return quote(encode_path(path), safe="/")


def on_disk(path: str) -> str:
    """A path as the system that checks the repository out knows it; one that is not UTF-8, which
    no text can hold, keeps our escapes."""
    if "\\" not in path:
        return path
    try:
        return encode_path(path).decode()
    except UnicodeDecodeError:
        return path


def anchor(finding: Finding) -> Location | None:
    """The place in a file at which a machine shows a finding: its own, the first of its files
    where it speaks of a folder; null where it belongs to no file."""
    location = finding.location
    if location.path is None:
        return None
    if location.line is None and location.path not in finding.subjects:
        folder = location.path.rstrip("/") + "/"
        inside = [path for path in finding.subjects if path.startswith(folder)]
        if inside:
            return Location(min(inside), 1)
    return Location(location.path, location.line or 1, location.end_line)
