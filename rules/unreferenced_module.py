"""HYG006: modules that nothing uses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from readiness.index import RepoIndex
from readiness.index.inventory import RUN, files_of
from readiness.index.reachability import Standing
from readiness.model import Area, Dimension, Evidence, Finding, Severity
from readiness.rule import Example, Rule, against, for_

from ._figures import counted, day
from ._kin import kin
from ._unreferenced import Candidate, candidate
from ._unused import ALIKE, UNDERSTOOD, Condition, condition, weighed

_SUFFIXES = (".py", ".sh")
_ALIVE = (Standing.STARTED, Standing.LOADED)
_APP = (
    "-- Dockerfile --\nFROM python:3.12\nCOPY . /app\nCMD uvicorn app.main:app\n"
    "-- app/__init__.py --\n-- app/main.py --\nfrom fastapi import FastAPI\nimport app.orders\n"
    "app = FastAPI()\n-- app/orders.py --\nimport app.store, app.mail\n-- app/store.py --\nx = 1\n"
    "-- app/mail.py --\nx = 1\n"
)
_PARTS = [f"app.part{number}" for number in range(9)]
_LARGE = _APP.replace("import app.store, ", f"import {', '.join(_PARTS)}, app.store, ") + "".join(
    f"-- app/{part[4:]}.py --\nx = 1\n" for part in _PARTS
)
_OLD = "2025-01-10 ann | A app/main.py, A app/orders.py, A app/store.py, A app/mail.py"


class UnreferencedModule(Rule):
    """A module that nothing starts, imports, loads, tests or names.

    What it does
        Follows everything that is started (images, compose files, units, workflows, recipes,
        packages) over imports, loaders, framework conventions and configuration, and looks at the
        Python modules and shell scripts that are left: whether a document names them, whether they
        can be run by hand, whether only tests use them, and whether anybody works on them. Each
        finding says under which of these conditions it stands, and how often that condition was
        right in repositories whose maintainers removed files later.

    Why it matters
        Dead modules are read, refactored, scanned and feared like live ones.

    How to fix
        Remove what is unused: the archive and Git keep it. What is only doubtful is a question to
        its owner: run by hand, or left behind?

    Limits
        Where the entrypoints reach less than three quarters of the modules beside it, or a file is
        younger than a month (two weeks, where nobody followed up the one commit that brought it)
        or was worked on in the last two weeks, nothing is proposed for removal; nor where it is
        made for a use that no file need tell of (an application, a hook, a base class, a
        decorator), only hands on names from elsewhere, or is made like modules beside it that
        nothing imports either, where it is one of a family of which most are in use, or where such
        a file imports it. What a loader, a plugin group or a framework may load by name is left
        out, and so is a published package unless nothing at all uses the module.
    """

    id = "HYG006"
    name = "unreferenced-module"
    dimension = Dimension.CLEANUP
    area = Area.DEAD_CODE
    severity = Severity.LOW
    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            "a module that its last importer left behind",
            _APP + "-- app/legacy_rates.py --\ndef rate(): return 1\n",
            ("app/legacy_rates.py",),
            f"{_OLD}, A app/legacy_rates.py\n2026-03-01 ann | M app/orders.py\n",
        ),
        Example(
            "a module that moved, and the shim that it left for those outside",
            _APP + "-- app/rates.py --\nimport warnings\nfrom app.store import *\n"
            "warnings.warn('import app.store')\n-- app/tolls.py --\nfrom app.store import *\n",
            ("app/rates.py", "app/tolls.py"),
            f"{_OLD}, A app/rates.py, A app/tolls.py\n2026-03-01 ann | M app/orders.py\n",
        ),
        Example(
            "a scratch script at the root",
            _APP + "-- fix_rates.py --\nprint('fixed')\n",
            ("fix_rates.py",),
            f"{_OLD}, A fix_rates.py\n",
        ),
        Example(
            "a trial among the scripts, and one that is run again and again",
            _APP + "-- scripts/test_rates.py --\nprint('ok')\n"
            "-- scripts/import_rates.py --\nprint('in')\n",
            ("scripts/test_rates.py",),
            f"{_OLD}, A scripts/test_rates.py, A scripts/import_rates.py\n"
            "2026-03-01 ann | M scripts/import_rates.py\n2026-03-02 ann | M app/orders.py\n"
            "2026-03-03 ann | M scripts/import_rates.py\n"
            "2026-03-04 ann | M scripts/import_rates.py\n",
        ),
        Example(
            "a folder that nothing outside of it names, and one that a workflow enters",
            _LARGE + "-- views/a/map.py --\nx = 1\n-- views/b/map.py --\nx = 1\n"
            "-- views/c/map.py --\nx = 1\n-- .github/workflows/ci.yml --\non: push\njobs:\n"
            "  push:\n    runs-on: ubuntu-latest\n    steps:\n      - run: push-all pages/\n"
            "-- pages/a/map.py --\nx = 1\n-- pages/b/map.py --\nx = 1\n"
            "-- pages/c/map.py --\nx = 1\n",
            ("views",),
            f"{_OLD}, A views/a/map.py, A views/b/map.py, A views/c/map.py, A pages/a/map.py, "
            "A pages/b/map.py, A pages/c/map.py\n2026-03-01 ann | M app/orders.py\n",
        ),
        Example(
            "modules made alike, which something may load by names kept elsewhere, and one apart",
            _LARGE
            + "".join(
                f"-- app/{name}.py --\nclass {name.title()}(plug.Source): pass\n"
                for name in ("ftp", "http", "smb")
            )
            + "-- app/legacy_rates.py --\ndef rate(): return 1\n",
            ("app", "app/legacy_rates.py"),
            f"{_OLD}, A app/ftp.py, A app/http.py, A app/smb.py, A app/legacy_rates.py\n"
            "2026-03-01 ann | M app/orders.py\n",
        ),
        Example(
            "texts that only tools read, and a module that nothing reads",
            _LARGE
            + "-- app/words.py --\nfrom django.utils.translation import gettext as _\n_('a')\n"
            + "-- app/left.py --\nx = 1\n",
            ("app/left.py", "app/words.py"),
            f"{_OLD}, A app/words.py, A app/left.py\n2026-03-01 ann | M app/orders.py\n",
        ),
        Example(
            "an island: two modules that only use each other",
            _APP + "-- app/a.py --\nimport app.b\n-- app/b.py --\nimport app.a\n",
            ("app/a.py", "app/b.py"),
            f"{_OLD}, A app/a.py, A app/b.py\n2026-03-01 ann | M app/orders.py\n",
        ),
        Example(
            "modules that are loaded by a string, a plugin group or a framework",
            _APP + "-- app/jobs.py --\nx = 1\n-- app/loader.py --\nimport importlib\n"
            "importlib.import_module('app.jobs')\n-- app/late.py --\nx = 1\n"
            "-- pyproject.toml --\n[project]\nname = 'app'\n"
            "[project.scripts]\nshop = 'app.loader:run'\n"
            "[project.entry-points.'shop.plugins']\nlate = 'app.late'\n",
            (),
            f"{_OLD}, A app/jobs.py, A app/loader.py, A app/late.py\n",
        ),
    )

    def applies(self, index: RepoIndex) -> str | None:
        if index.history.complete and index.history.files:
            return None
        return "the history is not all there, so nobody can tell who works on what"

    def check(self, index: RepoIndex) -> Iterator[Finding]:
        modules = [path for path in files_of(index, *RUN) if path.endswith(_SUFFIXES)]
        unused: dict[str, tuple[Candidate, Condition]] = {}
        for path in modules:
            alive = index.reachability.standing(path) in _ALIVE
            if not alive or path in index.reachability.repeated:
                file = candidate(index, path)
                reason = condition(file)
                if reason is not None:
                    unused[path] = file, reason
        unused = weighed(index, unused)
        for folder, paths in _together(modules, unused).items():
            named = [path for path in paths if not path.endswith("/__init__.py")]
            if named:  # what only makes a package is no module of its own
                yield self._finding(index, folder, named, unused[named[0]])

    def _finding(
        self, index: RepoIndex, folder: str, paths: list[str], found: tuple[Candidate, Condition]
    ) -> Finding:
        file, reason = found
        where = f"{len(paths)} modules in {folder}" if len(paths) > 1 else file.path
        return self.finding(
            folder if len(paths) > 1 else file.path,
            f"{where}: {reason.told}",
            confidence=reason.confidence,
            evidence=_evidence(index, file, reason),
            subjects=paths,
            key=reason.name,
            action=reason.action,
        )


def _together(
    modules: list[str], unused: dict[str, tuple[Candidate, Condition]]
) -> dict[str, list[str]]:
    """The unused files, together where all of a folder stand under one condition: by the topmost
    such folder; those that are made alike by their own; else each by its own path."""
    reasons: dict[str, set[str]] = {}
    for path in modules:
        reason = unused[path][1].name if path in unused else ""
        folder = path.rpartition("/")[0]
        while folder:
            reasons.setdefault(folder, set()).add(reason)
            folder = folder.rpartition("/")[0]
    whole = {folder for folder, names in reasons.items() if len(names) == 1 and "" not in names}
    groups: dict[str, list[str]] = {}
    for path in unused:
        place, folder = path, path.rpartition("/")[0]
        while folder in whole:
            place, folder = folder, folder.rpartition("/")[0]
        alike = place == path and unused[path][1] is ALIKE
        groups.setdefault(path.rpartition("/")[0] if alike else place, []).append(path)
    return groups


def _evidence(index: RepoIndex, file: Candidate, reason: Condition) -> Iterator[Evidence]:
    yield for_(reason.told, file.path)
    if reason.cases:
        yield for_(reason.record)
    known = index.history.files.get(file.path)
    if known is not None:
        told = f"{counted(known.commits, 'commit')}, the last on {day(known.last)}"
        yield (for_ if known.edits <= 1 else against)(told, file.path)
    if file.standing is not Standing.NOTHING:
        for use in index.reachability.uses(file.path).values():
            yield against(use.summary, use.location.path, use.location.line)
    if file.kin:
        what, others = kin(index, file.path)
        named = ", ".join(others[:2])
        told = f"{counted(len(others), 'module')} beside it have {what} too: {named}"
        yield against(told, others[0])
    if file.made_for:
        yield against(file.made_for, file.path)
    if file.put_away:
        yield for_(f"it lies in {file.put_away}", file.path)
    share = f"{file.share:.0%} of the modules beside it are reached from what starts here"
    yield (for_ if file.share >= UNDERSTOOD else against)(share)
