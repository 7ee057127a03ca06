"""CFG001: more than one live way to load the configuration."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from readiness.index import RepoIndex
from readiness.index.configuration import KeyRead, Kind, Loader, Source
from readiness.model import Area, Confidence, Dimension, Evidence, Finding, Severity
from readiness.rule import Example, Rule, against, for_

MANY = 3  # sources; two may be a migration that is under way
HOPELESS = 4  # sources from which nobody can say which value production runs with
SAME = 5  # keys that both read: no part of the code with variables of its own
ENOUGH_USERS = 3  # importers of a module of settings that make it a source for the whole project

_ONE = """\
-- pyproject.toml --
[project]
name = "shop"
version = "1"
-- shop/settings.py --
from pydantic_settings import BaseSettings
class Settings(BaseSettings):
    port: int = 80
class Development(Settings):
    debug: bool = True
-- shop/main.py --
from shop.settings import Settings
-- shop/worker.py --
from shop.settings import Settings
"""
_MANAGER = """\
-- shop/config_manager.py --
import os
class ConfigManager:
    def get(self, key):
        return os.getenv(key)
-- shop/orders.py --
from shop.config_manager import ConfigManager
"""


_KEYS = "".join(f"{key} = os.environ['{key}']\n" for key in "HOST PORT USER CACHE QUEUE".split())


class MultipleConfigSources(Rule):
    """Live code loads its configuration in more than one way.

    What it does
        Finds the classes and modules that load configuration (pydantic settings, Django settings,
        configuration managers, loaders and utilities, modules of settings) and that live code
        imports. What is one mechanism, one package or only wraps another counts as one. Reports
        every one beside that which most files use: medium for a second, high from three ways on or
        where both read the same keys, critical from four ways.

    Why it matters
        Each loader has its own defaults, files and order of precedence. A value that is changed in
        one place stays what it was in the other, and nobody can say what production runs with.

    How to fix
        Keep the one that most code uses. Let the other's importers read from it, then remove the
        other.

    Limits
        Only Python is read. A loader that is handed to its users and not imported is not seen; a
        class that reads a file by other means than the usual libraries is not taken for a loader.
    """

    id: ClassVar = "CFG001"
    name: ClassVar = "multiple-config-sources"
    dimension: ClassVar = Dimension.CONFIGURATION
    area: ClassVar = Area.CONFIG
    severity: ClassVar = Severity.HIGH
    examples: ClassVar = (
        Example(
            "a manager reads the environment beside the settings",
            _ONE + _MANAGER,
            ("shop/config_manager.py:2",),
        ),
        Example("one settings class with subclasses", _ONE),
        Example(
            "the configuration of customers is a feature",
            _ONE + _MANAGER.replace("ConfigManager", "TenantConfigManager"),
        ),
        Example("a manager that only tests use", _ONE + _MANAGER.replace("shop/orders", "tests/x")),
        Example(
            "a part of the code with variables of its own",
            _ONE + "-- shop/mail/config.py --\nimport os\nHOST = os.environ['MAIL_HOST']\n"
            "PORT = os.environ['MAIL_PORT']\nUSER = os.environ['MAIL_USER']\n"
            "-- shop/mail/send.py --\nfrom shop.mail import config\n",
        ),
        Example(
            "a second module that reads the same keys",
            "-- shop/settings.py --\nimport os\n" + _KEYS + "-- shop/main.py --\n"
            "from shop import settings\n-- shop/worker.py --\nfrom shop import settings\n"
            "-- shop/boot/config.py --\nimport os\n" + _KEYS + "-- shop/boot/start.py --\n"
            "from shop.boot import config\n",
            ("shop/boot/config.py",),
        ),
        Example(
            "two projects of one repository",
            _ONE + "-- billing/requirements.txt --\n"
            "-- billing/config_manager.py --\nimport os\nclass ConfigManager:\n"
            "    def get(self, key):\n        return os.getenv(key)\n"
            "-- billing/main.py --\nfrom config_manager import ConfigManager\n",
        ),
    )

    def applies(self, index: RepoIndex) -> str | None:
        return None if index.configuration.sources else "no Python code loads a configuration"

    def check(self, index: RepoIndex) -> Iterator[Finding]:
        for service, sources in index.configuration.sources.items():
            shared = [_shared(index, sources[0], source) for source in sources[1:]]
            rivals = [
                (source, keys)
                for source, keys in zip(sources[1:], shared, strict=True)
                if len(keys) >= SAME or _is_rival(source)
            ]
            for rival, keys in rivals:
                yield self._finding(service, sources[0], rival, keys, len(rivals) + 1)

    def _finding(
        self, service: str, primary: Source, rival: Source, keys: list[KeyRead], count: int
    ) -> Finding:
        main, other = primary.main, rival.main
        again = len(keys) >= SAME
        certain = again or (other.kind is Kind.LOADER and bool(other.reads) and count >= MANY)
        severity = Severity.CRITICAL if count >= HOPELESS else Severity.HIGH
        where = f" of {service}" if service else ""
        return self.finding(
            other.path,
            f"{other.label} is one of {count} ways to load the configuration{where}; "
            f"most code uses {main.label} ({main.path})",
            line=other.line,
            key=other.label,
            severity=severity if certain else Severity.MEDIUM,
            confidence=Confidence.HIGH if again or other.kind is Kind.LOADER else Confidence.MEDIUM,
            evidence=(*_same(keys), *_evidence(primary, rival)),
            subjects=sorted({*(loader.path for loader in rival.loaders), main.path}),
            cause=f"the configuration{where} is loaded in {count} ways",
        )


def _shared(index: RepoIndex, primary: Source, rival: Source) -> list[KeyRead]:
    """Where the rival reads keys of the environment that the primary reads, too: one each."""
    ours = {loader.path for loader in primary.loaders}
    theirs = {loader.path for loader in rival.loaders}
    found = []
    for reads in index.configuration.keys.values():
        again = [read for read in reads if read.path in theirs]
        if again and any(read.path in ours for read in reads):
            found.append(again[0])
    return found


def _same(keys: list[KeyRead]) -> Iterator[Evidence]:
    if keys:
        many = "s" if len(keys) > 1 else ""
        yield for_(f"both read {len(keys)} key{many} of the same name", keys[0].path, keys[0].line)


def _is_rival(source: Source) -> bool:
    """Does it serve the whole project, and not one part of the code?"""
    if source.main.kind not in (Kind.HOLDER, Kind.MODULE):
        return True
    own = source.main.path.rpartition("/")[0]
    outside = {p.rpartition("/")[0] for p in source.importers if not p.startswith(own + "/")}
    return len(source.importers) >= ENOUGH_USERS and len(outside) > 1


def _evidence(primary: Source, rival: Source) -> Iterator[Evidence]:
    for loader in rival.loaders:
        if loader.reads or loader.formats:
            yield for_(_reading(loader), loader.path, loader.line)
    users = rival.importers
    text = f"{len(users)} live file{'s import' if len(users) > 1 else ' imports'} it"
    yield for_(f"{text}, {users[0]} among them" if len(users) > 1 else text, users[0])
    main = primary.main
    yield for_(
        f"{len(primary.importers)} live files import {main.label}: it is the main one",
        main.path,
        main.line,
    )
    for loader in rival.loaders:
        for path in loader.wraps:
            yield against(f"{loader.label} stands on {path}", loader.path, loader.line)


def _reading(loader: Loader) -> str:
    parts = []
    if loader.reads:
        many = "s" if loader.reads > 1 else ""
        parts.append(f"reads the environment in {loader.reads} place{many}")
    if loader.formats:
        parts.append(f"loads files with {', '.join(loader.formats)}")
    return f"{loader.label} {' and '.join(parts)}"
