"""SEC002: files of environment variables that are tracked with the secrets they hold."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import ClassVar

from readiness import secrets
from readiness.facts import dotenv
from readiness.facts.dotenv import Entry, ValueKind
from readiness.index import RepoIndex
from readiness.index.inventory import FileClass
from readiness.model import Area, Confidence, Dimension, Finding, Severity
from readiness.rule import Example, Scope, against, for_

from ._secret_facts import SecretRule
from ._secret_places import Place, at_most, lowered, place_of

_RANDOM = "b7f3" + "K9x2LmQ84vTzR1nW" + "6yHc5Pd0"
_SHOWN = 8  # keys


class EnvFileTracked(SecretRule):
    """A file of environment variables is tracked together with secret values.

    What it does
        Reads tracked `.env`, `.env.*` and `*.env` files and looks at the keys whose names are those
        of secrets: are they empty, a reference, a placeholder, a weak default, or a real value?

    Why it matters
        Such files are where people put credentials, because programs read them from there. One
        that is tracked carries each credential that is ever written into it to every clone.

    How to fix
        Keep a `.env.example` with empty values, put the file itself into `.gitignore`, and take it
        out of the index with `git rm --cached FILE`. Revoke and replace what real values it held.

    Limits
        Templates (`.example`, `.sample`, `.template`, `.dist`) are left alone. Whether a value is
        in use cannot be seen; whether it is random decides how sure the finding is. A file without
        any secret value is only mentioned and costs nothing.
    """

    id = "SEC002"
    name = "env-file-tracked"
    dimension = Dimension.SECURITY
    area = Area.SECRETS
    severity = Severity.CRITICAL
    scope = Scope.FILE
    outside = "Replace what tracked environment files hold wherever it is in use"
    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            "a real value",
            f"-- .env --\nDEBUG=false\nPAYMENT_SECRET_KEY={_RANDOM}\n",
            (".env:2",),
        ),
        Example(
            "the defaults of two services",
            "-- .env.development --\nGRAFANA_ADMIN_PASSWORD=admin\nMEILI_MASTER_KEY=masterKey\n",
            (".env.development:1",),
        ),
        Example(
            "settings alone: mentioned, without cost",
            "-- config/production.env --\nLOG_LEVEL=info\nPASSWORD_MIN_LENGTH=12\nDB_PASSWORD=\n",
            ("config/production.env",),
        ),
        Example("a template", "-- .env.example --\nDB_PASSWORD=postgres\nAPI_KEY=change-me\n"),
        Example("code of that name", "-- src/environments/environment.env.ts --\nKEY=1\n"),
    )

    def check(self, index: RepoIndex) -> Iterator[Finding]:
        for path, facts in index.each(dotenv.SLICE):
            if dotenv.is_template(path):
                continue
            held = [entry for entry in facts.entries if entry.names_secret and entry.value in _HELD]
            known = _real_lines(index, path)
            if held or known or index.inventory.classes.get(path) not in _ASIDE:
                yield self._finding(place_of(index, path), path, facts.entries, held, known)

    def _finding(
        self,
        place: Place,
        path: str,
        entries: tuple[Entry, ...],
        held: list[Entry],
        known: frozenset[int],
    ) -> Finding:
        text = [entry for entry in held if entry.value is ValueKind.TEXT]
        weak = [entry for entry in held if entry.value is ValueKind.WEAK]
        lines = sorted(known | {entry.line for entry in text or weak or held})
        severity, confidence, message = _judge(known, text, weak, held)
        evidence = [for_("it is tracked, and programs read such files at start-up", path)]
        evidence += [
            for_(f"`{entry.key}` is {_WORDS[entry.value]}", path, entry.line)
            for entry in entries
            if entry.line in lines[:_SHOWN]
        ]
        if not lines:
            evidence.append(against("no key that names a secret has a value", path))
        if place.doubt and held:
            confidence = lowered(confidence, place.steps)
            severity = at_most(severity, confidence)
            evidence.append(against(place.doubt, path))
        return self.finding(
            path,
            f"{path} is tracked and {message}",
            line=lines[0] if lines else None,
            severity=severity,
            confidence=confidence,
            evidence=evidence,
        )


_ASIDE = (FileClass.ARCHIVE, FileClass.TEST, FileClass.FIXTURE, FileClass.GENERATED)
_HELD = (ValueKind.TEXT, ValueKind.WEAK, ValueKind.PLACEHOLDER)
_WORDS = {
    ValueKind.EMPTY: "empty",
    ValueKind.REFERENCE: "a reference",
    ValueKind.NUMBER: "a number",
    ValueKind.PLACEHOLDER: "a placeholder",
    ValueKind.WEAK: "a default that anybody guesses",
    ValueKind.TEXT: "a value of its own",
}


def _judge(
    known: frozenset[int], text: list[Entry], weak: list[Entry], held: list[Entry]
) -> tuple[Severity, Confidence, str]:
    if known:
        return Severity.CRITICAL, Confidence.HIGH, f"holds {_many(known, 'secret')}"
    if text:
        held_text = f"holds {_many(text, 'value')} under names of secrets"
        return Severity.HIGH, Confidence.MEDIUM, held_text
    if weak:
        return Severity.MEDIUM, Confidence.HIGH, f"holds {_many(weak, 'default password')}"
    if held:
        return Severity.LOW, Confidence.HIGH, "holds placeholders where secrets are to be written"
    return Severity.INFO, Confidence.HIGH, "holds no secret value"


def _real_lines(index: RepoIndex, path: str) -> frozenset[int]:
    """The lines on which SEC001's evidence sees a secret that is not public by design."""
    facts = index.facts(secrets.SLICE, path)
    return frozenset(
        line
        for secret in (facts.secrets if facts else ())
        if secret.severity is not Severity.LOW and secret.confidence is not Confidence.LOW
        for line in secret.lines
    )


def _many(items: Collection[object], noun: str) -> str:
    return f"{len(items)} {noun}{'' if len(items) == 1 else 's'}"
