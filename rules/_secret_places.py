"""Secrets with what their place tells of them: real ones stand anywhere, made-up ones in tests."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from readiness import secrets
from readiness.facts import python
from readiness.facts.secret_names import words
from readiness.index import RepoIndex
from readiness.index.inventory import FileClass
from readiness.model import Confidence, Evidence, Severity
from readiness.rule import against
from readiness.secrets import Secret

from ._weak_names import Guards, guards


class Place(NamedTuple):
    """`doubt` is a sentence that speaks against a secret there; it lowers the confidence of what
    tells by itself that it is one by `steps`. `hides_named`: what only its name makes a secret is
    not worth reporting there. `configures`: values there are those that run; `is_ci`: in CI."""

    doubt: str = ""
    steps: int = 0
    hides_named: bool = False
    is_docs: bool = False
    configures: bool = False
    is_ci: bool = False


_TEST = re.compile(
    r"(?:^|[/_.-])(?:tests?|testing|specs?|e2e|fixtures?|mocks?|conftest)(?=[/_.-]|$)"
)
_EXAMPLE = re.compile(
    r"(?:^|[/_.-])(?:examples?|samples?|demos?|templates?|tutorials?|cassettes?)(?=[/_.-]|$)"
    r"|\.dist$"
)
_LOCAL = re.compile(
    r"(?:^|[/_.-])(?:ci|dev|devel|development|local|sandbox|playground)(?=[/_.-]|$)"
)
_LANGUAGE = re.compile(r"(?:^|/)(?:lang|langs|locales?|i18n|l10n|translations?|messages)/")
_DOCS = re.compile(r"\.(?:md|mdx|rst|adoc|txt|ipynb|html?)$")
_CONFIGURES = re.compile(r"\.(?:ya?ml|env|toml|ini|cfg|conf|properties|tfvars|json)$|(?:^|/)\.env")
_TEST_WORDS = frozenset(("test", "tests", "testing", "e2e"))
_TESTS = (FileClass.TEST, FileClass.FIXTURE)


def place_of(index: RepoIndex, path: str) -> Place:
    """What the place of `path` says of secrets in it."""
    text = path.lower()
    file_class = index.inventory.classes.get(path)
    is_archive = file_class is FileClass.ARCHIVE
    if file_class in _TESTS:
        return Place("it stands in a test, where most values are made up", 2, hides_named=True)
    if _TEST.search(text) and is_archive:
        return Place(hides_named=True)
    if _EXAMPLE.search(text):
        return Place("it stands in an example", 1, hides_named=True)
    if file_class is FileClass.DOCS or _DOCS.search(text):
        return Place(is_docs=True, hides_named=_TEST.search(text) is not None)
    if not text.endswith(".py") and _is_workflow(path):
        return Place(hides_named=is_archive, configures=True, is_ci=True)
    if _TEST.search(text):
        return Place("it stands with tests", 2, hides_named=True)
    hides_named = file_class is FileClass.GENERATED or _LANGUAGE.search(text) is not None
    configures = _CONFIGURES.search(text) is not None and not is_archive
    if _LOCAL.search(text):
        doubt = "it stands with what is for development or for CI"
        return Place(doubt, 1, hides_named, configures=configures)
    return Place(hides_named=hides_named, configures=configures)


def _is_workflow(path: str) -> bool:
    from readiness.facts import workflow  # which takes longer to import than this to run

    return workflow.SLICE.kind(path) is not None


_LEVELS = tuple(Confidence)
# Only what is sure is critical: of what is not, most cases are no leak.
_WORST = {
    Confidence.HIGH: Severity.CRITICAL,
    Confidence.MEDIUM: Severity.HIGH,
    Confidence.LOW: Severity.MEDIUM,
}


def lowered(confidence: Confidence, steps: int) -> Confidence:
    return _LEVELS[min(confidence.rank + steps, len(_LEVELS) - 1)]


def at_most(severity: Severity, confidence: Confidence) -> Severity:
    """`severity`, or less where the confidence does not bear it."""
    return max(severity, _WORST[confidence], key=lambda level: level.rank)


class Case(NamedTuple):
    """A secret worth a finding; `key` tells it from others in its file; `doubts` are sentences
    that speak against it, told by what stands around it."""

    path: str
    secret: Secret
    confidence: Confidence
    severity: Severity
    place: Place
    key: str
    doubts: tuple[Evidence, ...] = ()


def cases_of(index: RepoIndex) -> Iterator[Case]:
    """Every secret that is worth a finding, by path and line."""
    throwaway = cache(lambda: _throwaway(index))
    for path, facts in index.each(secrets.SLICE):
        if not facts.secrets:
            continue
        place = place_of(index, path)
        ordinals: Counter[str] = Counter()
        for secret in facts.secrets:
            ordinals[secret.provider] += 1
            confidence = _confidence(secret, place)
            if confidence is None or (_opens_container(secret) and path in throwaway()):
                continue
            doubts = tuple(_doubts(index, path, secret, place))
            confidence = lowered(confidence, len(doubts))
            surest = max(confidence, secret.confidence, key=lambda level: level.rank)
            severity = at_most(secret.severity, surest)
            minor = not secret.is_token or (
                place.steps > 1 and secret.severity is not Severity.CRITICAL
            )
            if confidence is Confidence.LOW and minor:
                severity = Severity.LOW
            key = secret.key or f"{secret.provider} {ordinals[secret.provider]}"
            yield Case(path, secret, confidence, severity, place, key, doubts)


def _confidence(secret: Secret, place: Place) -> Confidence | None:
    """Null where such a value in such a place is not worth a finding."""
    is_low = secret.confidence is Confidence.LOW
    if not secret.is_token:
        if place.hides_named or (is_low and not place.configures):
            return None
        if place.is_docs:
            return Confidence.LOW
        if place.is_ci:
            return Confidence.MEDIUM
    elif place.steps and secret.doubts and not secret.issuer:
        return None
    # What no issuer hands out is often made for that very place.
    steps = place.steps if secret.issuer or not place.steps else 2
    return lowered(secret.confidence, steps)


def _throwaway(index: RepoIndex) -> frozenset[str]:
    """The compose files whose containers live on a developer's or a test's machine only."""
    from . import _services as services

    deployed = {container.file for container in services.deployed(index)}
    return frozenset(c.file for c in index.containers.containers) - deployed


def _opens_container(secret: Secret) -> bool:
    """Is it the password of a container beside it? Another rule judges those."""
    return not secret.is_token and guards(secret.named) not in (None, Guards.OTHERS)


def _doubts(index: RepoIndex, path: str, secret: Secret, place: Place) -> Iterator[Evidence]:
    if place.is_docs and secret.doubts:
        yield against("it stands in a document", path)
    if secret.is_token or place.is_ci:
        return
    if _TEST_WORDS.intersection(words(secret.named)):
        yield against("its name says that it is for tests", path, secret.lines[0])
    folder = path.rpartition("/")[0]
    for edge in index.imports.importers.get(path, ()):
        facts = index.facts(python.SLICE, edge.source)
        if edge.source.rpartition("/")[0] == folder and facts and secret.named in facts.names:
            yield against(f"{edge.source} builds on it and sets `{secret.named}` anew", edge.source)
            return
