"""SEC001: credentials written into tracked files."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import ClassVar

from readiness.index import RepoIndex
from readiness.model import Area, Dimension, Edit, Finding, Severity
from readiness.rule import Example, Scope, against, for_
from readiness.secrets import Secret

from ._secret_edits import Variables
from ._secret_facts import SecretRule
from ._secret_places import Case, cases_of

_KEY = "sb_" + "secret_" + "q7XvB2mLr9TzKd4WnY8s" + "Ch_Jp3Gt6Qe"
_RANDOM = "b7f3" + "K9x2LmQ84vTzR1nW" + "6yHc5Pd0"
_PEM = "-----BEGIN RSA " + "PRIVATE KEY-----"


class HardcodedSecret(SecretRule):
    """A credential stands in a tracked file.

    What it does
        Looks in every tracked text file, documents, archives and tests included, for values with
        the shape of a known issuer's keys, private keys with a body, passwords in connection
        strings, and random values or strong passwords under the name of a secret. One finding a
        file and value; the same value in many files is one group.

    Why it matters
        Whoever can read the repository, a copy or a backup of it, can use the credential. Deleting
        it from the file does not help: it stays in the history.

    How to fix
        First revoke the credential where it was issued and issue another: it must count as known.
        Then read the new one from the environment or a secret store, and keep an example file
        with an empty value in the repository.

    Limits
        Nothing is tried out against a service, so a revoked key is reported like a live one. In
        lines over 4,000 bytes (minified code, data) only values with an issuer's shape are found,
        weak words only by other rules, and a value that is put together from parts by none.
    """

    id = "SEC001"
    name = "hardcoded-secret"
    dimension = Dimension.SECURITY
    area = Area.SECRETS
    severity = Severity.CRITICAL
    scope = Scope.FILE
    outside = "Revoke it where it was issued, issue another, and give that to what uses it"
    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            "an issuer's key in a document, twice",
            f"-- docs/setup.md --\nKey: `{_KEY}`\n\n    KEY={_KEY}\n",
            ("docs/setup.md:1",),
        ),
        Example(
            "a random value under the name of a secret",
            f'-- app/settings.py --\nPAYMENT_SECRET = "{_RANDOM}"\n',
            ("app/settings.py:1",),
        ),
        Example(
            "a value from the environment",
            "-- app/settings.py --\n"
            'import os\n\nSECRET_KEY = os.environ["SECRET_KEY"]\nAPI_KEY = "${API_KEY}"\n',
        ),
        Example(
            "placeholders, runs, and the policy of passwords",
            '-- a.py --\nAPI_KEY = "your-api-key-here"\nKEY = "sk-1234567890abcdef1234567890ab"\n'
            "-- config/app.env --\nPASSWORD_MIN_LENGTH=12\nPASSWORD_REQUIRE_SYMBOLS=true\n",
        ),
        Example(
            "the header of a private key", f"-- docs/ssh.md --\nIt starts with\n\n{_PEM}\n...\n"
        ),
        Example(
            "passwords of tests",
            '-- tests/test_login.py --\nlogin("ada@example.org", password="TestPassword123!")\n',
        ),
        Example(
            "the default of settings that those for production set anew: low",
            f"-- shop/base.py --\nSECRET_KEY = '{_RANDOM}'\n-- shop/prod.py --\n"
            "from shop.base import *\nSECRET_KEY = open('/run/key').read()\n",
            ("shop/base.py:1",),
        ),
        Example(
            "the password of a container that lives on a developer's machine",
            "-- compose.yaml --\nservices:\n  db:\n    image: postgres\n"
            f"    environment:\n      POSTGRES_PASSWORD: {_RANDOM}\n",
        ),
        Example(
            "a connection string with the usual password of a container",
            "-- compose.yaml --\nx: postgresql://postgres:postgres@db:5432/app\n",
        ),
    )

    def check(self, index: RepoIndex) -> Iterator[Finding]:
        cases = list(cases_of(index))
        copies: dict[str, list[Case]] = defaultdict(list)
        for case in cases:
            if case.secret.key:
                copies[case.secret.key].append(case)
        variables = Variables(index, cases)
        for case in cases:
            edits = variables.edits(case)
            yield self._finding(case, copies.get(case.secret.key, [case]), edits)

    def _finding(self, case: Case, copies: list[Case], edits: tuple[Edit, ...]) -> Finding:
        path, secret = case.path, case.secret
        others = list(dict.fromkeys(copy.path for copy in copies if copy.path != path))
        evidence = [for_(_shape(secret), path, secret.lines[0])]
        evidence += [for_("the same value again", path, line) for line in secret.lines[1:6]]
        evidence += [for_("the same value in another file", other) for other in others[:5]]
        evidence += [against(doubt, path, secret.lines[0]) for doubt in secret.doubts]
        if secret.severity is Severity.LOW:
            evidence.append(against("keys of this kind are public, or open a test account only"))
        if case.place.is_docs and not secret.is_token:
            evidence.append(
                against("values under such names in documents are often examples", path)
            )
        evidence += case.doubts
        if case.place.doubt:
            evidence.append(against(case.place.doubt, path))
        return self.finding(
            path,
            f"{_what(secret)} {_where(secret)}",
            line=secret.lines[0],
            key=case.key,
            severity=case.severity,
            confidence=case.confidence,
            evidence=evidence,
            cause=_shared(copies[0], len(others)) if others else "",
            targets=dict.fromkeys((path, *(edit.path for edit in edits))),
            edits=edits,
        )


def _shape(secret: Secret) -> str:
    if secret.is_token:
        issuer = f", documented at {secret.issuer}" if secret.issuer else ""
        return f"its shape is known: {secret.name}{issuer}"
    return f"it is the value of `{secret.named or 'a secret'}`"


def _shared(first: Case, others: int) -> str:
    return (
        f"{_what(first.secret)} on line {first.secret.lines[0]} of `{first.path}` "
        f"and in {others} other file{'s' * (others > 1)}"
    )


def _what(secret: Secret) -> str:
    return f"{secret.name} ({secret.length} characters)"


def _where(secret: Secret) -> str:
    named = "" if secret.is_token or not secret.named else f"in `{secret.named}` "
    if len(secret.lines) == 1:
        return f"{named}on line {secret.lines[0]}"
    return f"{named}on {len(secret.lines)} lines, first on line {secret.lines[0]}"
