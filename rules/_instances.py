"""Folders that are alike on purpose: instances of one thing, which no copy was meant to replace."""

from __future__ import annotations

import re
from collections.abc import Sequence

from readiness.index import RepoIndex
from readiness.index.archives import below, judge, tokens
from readiness.index.twins import TreePair

_INSTANCES = {
    *("dev", "development", "test", "testing", "qa", "staging", "stage", "prod", "production"),
    *("local", "preview", "demo", "uat", "base", "default", "light", "dark", "desktop", "mobile"),
}
_MEANT_TO_BE_ALIKE = {
    *("examples", "example", "samples", "sample", "templates", "template", "tutorials", "demos"),
    *("locales", "locale", "i18n", "l10n", "lang", "overlays", "versioned_docs", "environments"),
}
_VERSION = re.compile(
    r"v?\d+(?:[._-]\d+){0,3}(?:[._-]?x)?|latest|stable|[a-z]{2}(?:[-_][A-Za-z]{2})?"
)


def not_on_purpose(trees: Sequence[TreePair]) -> list[TreePair]:
    """The pairs of duplicate folders of which one may be a copy of the other."""
    family = _families(trees)
    return [pair for pair in trees if pair not in family and not _named_as_instances(pair)]


def brought_along(index: RepoIndex, pair: TreePair) -> bool:
    """Is it a library of others, under its own name and licence, that two projects bring along?"""
    folder = pair.left
    while len(inner := index.folders[folder]) == 1 and inner[0] in index.folders:
        folder = inner[0]
    one, two = (each.rpartition("/")[2] for each in (pair.left, pair.right))
    return (folder != pair.left or one == two) and any(
        path.rpartition("/")[2].lower().startswith(("license", "licence", "copying"))
        for path in below(index, pair.left)
    )


def _families(trees: Sequence[TreePair]) -> set[TreePair]:
    """The pairs of three folders or more side by side that are all alike, none of them named
    as a copy: a plug-in, an index, a tenant each with settings of its own."""
    beside: dict[str, list[TreePair]] = {}
    for pair in trees:
        parent = pair.left.rpartition("/")[0]
        if parent == pair.right.rpartition("/")[0]:
            beside.setdefault(parent, []).append(pair)
    return {
        pair
        for pairs in beside.values()
        if len(members := {folder for each in pairs for folder in (each.left, each.right)}) > 2
        and not any(judge(folder.rpartition("/")[2]) for folder in members)
        for pair in pairs
    }


def _named_as_instances(pair: TreePair) -> bool:
    """Do the names say that both are examples, environments, languages or versions?"""
    for folder in (pair.left, pair.right):
        if not _MEANT_TO_BE_ALIKE.isdisjoint(folder.lower().split("/")):
            return True
    return _instances(*(folder.rpartition("/")[2] for folder in (pair.left, pair.right)))


def on_purpose(left: str, right: str) -> bool:
    """Do two files of one name lie in folders of an environment, a language or a version each?"""
    one, two = left.split("/"), right.split("/")
    if len(one) == len(two):
        apart = [names for names in zip(one, two, strict=True) if len(set(names)) > 1]
        return len(apart) == 1 and _instances(*apart[0])
    return False


def _instances(*names: str) -> bool:
    return all(_VERSION.fullmatch(name) for name in names) or all(
        not _INSTANCES.isdisjoint(tokens(name)) for name in names
    )
