"""Finds the rules and report formats that are installed: ours and third parties', by one door."""

from __future__ import annotations

import inspect
import os
import pkgutil
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any, Protocol

from readiness.errors import RegistryError, UsageError
from readiness.model import Report, Trend
from readiness.rule import Rule, Scope

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

OURS = "readiness.rules"  # the pack that comes with this program
# groups of entry points
REPORTS, PLANS = "readiness.reports", "readiness.plans"
RECONCILIATIONS, WEEKLY = "readiness.reconciliations", "readiness.weekly"

HISTORIES = "readiness.histories"


class Renderer(Protocol):
    """A report format: a pure function of the report."""

    def __call__(self, report: Report, *, colour: bool = False) -> str: ...


class HistoryRenderer(Protocol):
    """A format of the history: a pure function of the trend."""

    def __call__(self, trend: Trend, *, colour: bool = False) -> str: ...


@cache
def rules() -> tuple[Rule, ...]:
    """Every installed rule, by id.

    Raises:
        RegistryError: no rule is installed (which would make a perfect score), or two share an id.
    """
    found: dict[str, Rule] = {}
    for pack in _packs():
        for rule in _rules_of(pack):
            if rule.id in found and type(found[rule.id]) is not type(rule):
                raise RegistryError(f"two rules are named {rule.id}: uninstall one of their packs")
            found[rule.id] = rule
    if not found:
        raise RegistryError("no rules are installed: reinstall readiness")
    return tuple(rule for _, rule in sorted(found.items()))


def rules_for_files(*, only_ours: bool = False) -> tuple[Rule, ...]:
    """The installed rules that judge single files, by id. The modules of others are not imported:
    one that holds such a rule says `Scope.FILE`. `only_ours`: no other pack is installed."""
    packs = [import_module(OURS)] if only_ours else _packs()
    found = (rule for pack in packs for rule in _rules_of(pack, b"Scope.FILE"))
    own = (rule for rule in found if rule.scope is Scope.FILE)
    return tuple(sorted(own, key=lambda rule: rule.id))


def _packs() -> Iterator[ModuleType]:
    """The installed packs of rules, by name."""
    for point in sorted(_entry_points("readiness.rules"), key=lambda point: point.name):
        yield point.load()


def _entry_points(group: str) -> Iterable[EntryPoint]:
    from importlib.metadata import entry_points  # takes longer to import than all of this module

    return entry_points(group=group)


def _rules_of(package: ModuleType, word: bytes = b"") -> Iterator[Rule]:
    """The rules of a pack, in the modules that hold `word`."""
    for info in sorted(pkgutil.iter_modules(package.__path__), key=lambda info: info.name):
        if info.name.startswith("_") or not _holds(info, word):
            continue
        module = import_module(f"{package.__name__}.{info.name}")
        for value in vars(module).values():
            if not (inspect.isclass(value) and issubclass(value, Rule)):
                continue
            if value.__module__ == module.__name__:  # not an imported base
                yield value()


def _holds(info: pkgutil.ModuleInfo, word: bytes) -> bool:
    """Does a module's source hold `word`? Where there is no source to be read, it may."""
    path = os.path.join(getattr(info.module_finder, "path", ""), f"{info.name}.py")
    try:
        with open(path, "rb") as file:
            return word in file.read()
    except OSError:
        return True


def packages() -> tuple[ModuleType, ...]:
    """The packages whose code decides what the rules say: theirs, and those around them."""
    names = {type(rule).__module__.rpartition(".")[0] for rule in rules()}
    names |= {name.partition(".")[0] for name in names}
    return tuple(sys.modules[name] for name in sorted(names))


def formats(group: str = REPORTS) -> tuple[str, ...]:
    """The names of the installed formats of reports or plans, sorted."""
    return tuple(sorted({point.name for point in _entry_points(group)}))


def renderer(name: str, group: str = REPORTS) -> Renderer:
    """The renderer of one format of reports or plans.

    Raises:
        UsageError: no format has that name.
    """
    loaded: Renderer = _load(name, group)
    return loaded


def history_renderer(name: str) -> HistoryRenderer:
    """The renderer of one format of the history.

    Raises:
        UsageError: no format has that name.
    """
    loaded: HistoryRenderer = _load(name, HISTORIES)
    return loaded


def _load(name: str, group: str) -> Any:
    for point in _entry_points(group):
        if point.name == name:
            return point.load()
    raise UsageError(f"no format {name}: choose one of {', '.join(formats(group))}")
