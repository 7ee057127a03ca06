"""The few values of `.git/config` that we need, read by a parser that runs and includes nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit, urlunsplit

from msgspec import Struct

_SECTION = re.compile(r'\s*\[\s*([\w.-]+)\s*(?:"((?:[^"\\]|\\.)*)")?\s*\]')
_VARIABLE = re.compile(r"\s*([A-Za-z][\w-]*)\s*(=?)\s*(.*)", re.DOTALL)
_VALUE = re.compile(r'"((?:[^"\\]|\\.)*)"?|\\(.)|([#;].*)|([^"\\#;]+)', re.DOTALL)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_ESCAPED = {"n": "\n", "t": "\t", "b": "\b"}
_SCP_LIKE = re.compile(r"(?:[\w.-]+@)?[\w.-]+:(?!:)\S+\Z")


class Settings(Struct, frozen=True):
    """Of several values of one key the last counts, of several remotes `origin`, else the first.

    `remote` and `remote_url` are null where there is no remote; the URL is the configured one.
    `extensions` maps the lower-case names of the format's extensions to their values.
    """

    bare: bool | None = None
    file_mode: bool = True
    symlinks: bool = True
    version: str = "0"
    extensions: dict[str, str] = {}
    remote: str | None = None
    remote_url: str | None = None


def parse(*configurations: bytes) -> Settings:
    """The settings of configuration files, later ones winning; what is malformed is skipped."""
    values: dict[str, str | None] = {}
    urls: dict[str, str] = {}
    for configuration in configurations:
        for section, subsection, key, value in _variables(configuration):
            if (section, key) == ("remote", "url") and subsection and value:
                urls.setdefault(subsection, value)
            elif not subsection:
                values[f"{section}.{key}"] = value
    remote = "origin" if "origin" in urls else next(iter(urls), None)
    return Settings(
        bare=_boolean(values["core.bare"]) if "core.bare" in values else None,
        file_mode=_boolean(values.get("core.filemode", "true")),
        symlinks=_boolean(values.get("core.symlinks", "true")),
        version=values.get("core.repositoryformatversion") or "0",
        extensions={
            key.removeprefix("extensions."): (value or "true").lower()
            for key, value in values.items()
            if key.startswith("extensions.")
        },
        remote=remote,
        remote_url=urls[remote] if remote else None,
    )


def _variables(configuration: bytes) -> Iterator[tuple[str, str, str, str | None]]:
    """(section, subsection, key, value) of every variable; a key without `=` has no value."""
    section = subsection = ""
    text = configuration.decode("utf-8", "backslashreplace").removeprefix("\ufeff")
    for line in _logical_lines(text.replace("\r\n", "\n")):
        header = _SECTION.match(line)
        if header:
            section, _, dotted = header[1].lower().partition(".")
            subsection = _ESCAPE.sub(r"\1", header[2]) if header[2] is not None else dotted
            line = line[header.end() :]
        variable = _VARIABLE.match(line)
        if variable:
            value = _unquote(variable[3]) if variable[2] else None
            yield section, subsection, variable[1].lower(), value


def _logical_lines(text: str) -> Iterator[str]:
    """Lines, joined where one ends in a backslash that no comment hides."""
    pending = ""
    for line in text.split("\n"):
        pending += line
        if (len(line) - len(line.rstrip("\\"))) % 2 and not line.lstrip().startswith(("#", ";")):
            pending = pending[:-1]
            continue
        yield pending
        pending = ""
    if pending:
        yield pending


def _unquote(text: str) -> str:
    """A value without its quotes, escapes, comment and outer white space."""
    parts: list[str] = []
    for quoted, escaped, comment, plain in _VALUE.findall(text):
        if comment:
            break
        if plain:
            parts.append(plain)
        elif escaped:
            parts.append(_ESCAPED.get(escaped, escaped))
        else:
            parts.append(_ESCAPE.sub(lambda match: _ESCAPED.get(match[1], match[1]), quoted))
    return "".join(parts).strip()


def _boolean(value: str | None) -> bool:
    """Git's reading: a key alone is true, as are `true`, `yes`, `on` and numbers but 0."""
    if value is None:
        return True
    return value.lower() in ("true", "yes", "on") or bool(re.fullmatch(r"-?0*[1-9]\d*", value))


def public_url(url: str | None) -> str | None:
    """A remote's URL without credentials; null for what is no URL, path or `host:path`.

    Over HTTP the user's name goes as well, since tokens are written there, and the query.
    """
    if not url or re.search(r"[\x00-\x20\x7f]", url):
        return None
    if "://" not in url:
        return url if url.startswith(("/", ".")) or _SCP_LIKE.match(url) else None
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        if ":" in host:
            host = f"[{host}]"
        if parts.port:
            host = f"{host}:{parts.port}"
    except ValueError:
        return None
    if parts.scheme in ("http", "https"):
        return urlunsplit((parts.scheme, host, parts.path, "", ""))
    if parts.scheme in ("ssh", "git", "git+ssh", "file"):
        user = f"{parts.username}@" if parts.username else ""
        return urlunsplit((parts.scheme, user + host, parts.path, "", ""))
    return None


def is_local(url: str) -> bool:
    """Does a remote lie on this machine? Its path says nothing to anybody elsewhere."""
    return url.startswith(("/", ".", "file:"))


def repository_name(url: str | None, folder: str) -> str:
    """The last name in the remote's URL, else in the folder's path, without `.git`."""
    for text in (url or "", folder):
        trimmed = re.sub(r"(?:/\.?)+\Z", "", text).removesuffix("/.git").rstrip("/")
        name = re.split(r"[/:]", trimmed)[-1].removesuffix(".git")
        if name.strip("."):
            return name
    return "repository"
