"""The base of the rules that judge by what looks like a secret."""

from __future__ import annotations

from collections.abc import Collection

from readiness import secrets
from readiness.rule import Reads, Rule


class SecretRule(Rule):
    """Reads the secrets of every file: the costliest of all facts."""

    def reads(self, paths: Collection[str]) -> Reads:
        return {secrets.SLICE: paths}
