"""Secrets with what their place tells of them: real ones stand anywhere, made-up ones in tests."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from readiness import secrets
from readiness.facts import workflow
from readiness.index import RepoIndex
from readiness.index.inventory import FileClass
from readiness.model import Confidence, Severity
from readiness.secrets import Secret


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
    if workflow.SLICE.kind(path) is not None:
        return Place(hides_named=is_archive, configures=True, is_ci=True)
    if _TEST.search(text):
        return Place("it stands with tests", 1, hides_named=True)
    hides_named = file_class is FileClass.GENERATED or _LANGUAGE.search(text) is not None
    configures = _CONFIGURES.search(text) is not None and not is_archive
    if _LOCAL.search(text):
        doubt = "it stands with what is for development or for CI"
        return Place(doubt, 1, hides_named, configures=configures)
    return Place(hides_named=hides_named, configures=configures)


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
    """A secret worth a finding; `key` tells it from others in its file."""

    path: str
    secret: Secret
    confidence: Confidence
    severity: Severity
    place: Place
    key: str


def cases_of(index: RepoIndex) -> Iterator[Case]:
    """Every secret that is worth a finding, by path and line."""
    for path, facts in index.each(secrets.SLICE):
        if not facts.secrets:
            continue
        place = place_of(index, path)
        ordinals: Counter[str] = Counter()
        for secret in facts.secrets:
            ordinals[secret.provider] += 1
            confidence = _confidence(secret, place)
            if confidence is None:
                continue
            surest = max(confidence, secret.confidence, key=lambda level: level.rank)
            severity = at_most(secret.severity, surest)
            key = secret.key or f"{secret.provider} {ordinals[secret.provider]}"
            yield Case(path, secret, confidence, severity, place, key)


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
    return lowered(secret.confidence, place.steps)
