"""Selection: the rules that a name stands for: an id, a name, a dimension or an area."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from readiness.config import nearest, plain
from readiness.errors import UsageError, one_line
from readiness.rule import Rule


def choose(rules: Iterable[Rule], select: Sequence[str], ignore: Sequence[str]) -> tuple[Rule, ...]:
    """The rules that any name of `select` stands for (all where it is empty) and none of `ignore`.

    Raises:
        UsageError: that leaves none.
    """
    selected, ignored = set(map(plain, select)), set(map(plain, ignore))
    chosen = tuple(
        rule
        for rule in rules
        if (not selected or selected & _names(rule)) and not ignored & _names(rule)
    )
    if not chosen:
        raise UsageError("select and ignore leave no rule to judge by")
    return chosen


def find(rules: Iterable[Rule], name: str) -> Rule:
    """The rule with this id or name.

    Raises:
        UsageError: there is none.
    """
    known = {alias: rule for rule in rules for alias in _own(rule)}
    if plain(name) in known:
        return known[plain(name)]
    raise UsageError(f"no rule is called {one_line(name)}" + _hint(name, known))


def unknown_rules(names: Iterable[str], rules: Iterable[Rule]) -> list[str]:
    """What is wrong with each of `names` that is no rule's id or name."""
    known = {name for rule in rules for name in _own(rule)}
    return [f"{one_line(name)} is no rule{_hint(name, known)}" for name in _others(names, known)]


def unknown_names(names: Iterable[str], rules: Iterable[Rule]) -> list[str]:
    """What is wrong with each of `names` that stands for no rule at all."""
    known = {name for rule in rules for name in _names(rule)}
    return [
        f"{one_line(name)} is no rule, dimension or area{_hint(name, known)}"
        for name in _others(names, known)
    ]


def _others(names: Iterable[str], known: set[str]) -> list[str]:
    return [name for name in dict.fromkeys(names) if plain(name) not in known]


def _own(rule: Rule) -> set[str]:
    return {plain(rule.id), plain(rule.name)}


def _names(rule: Rule) -> set[str]:
    return _own(rule) | {plain(rule.dimension), plain(rule.area)}


def _hint(name: str, known: Iterable[str]) -> str:
    hint = nearest(plain(name), tuple(sorted(known)))
    if hint is None:
        return "; readiness rules lists them"
    return f"; did you mean {hint.upper() if re.fullmatch('[a-z]{3}[0-9]{3}', hint) else hint}?"
