"""GAT001: changes that make the judgement on themselves, and on what follows, less strict."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import ClassVar

from readiness import secrets
from readiness.facts import hooks
from readiness.index import RepoIndex
from readiness.model import Area, Dimension, Finding, Severity
from readiness.policy import Loosening, loosenings
from readiness.rule import Change, ChangeRule, Example, Reads, for_

_SETTINGS = '-- readiness.toml --\nfail_on = "high"\n'
_WAIVER = '[[waivers]]\nrule = "CTR003"\nowner = "ann"\nreason = "frozen"\nuntil = 2026-12-01\n'
_CI = "-- .github/workflows/ci.yml --\non: pull_request\njobs:\n  a:\n    steps:\n"
_GATE = "      - run: readiness audit --since origin/main\n"
_HOOKS = "-- .pre-commit-config.yaml --\nrepos:\n  - repo: https://x/readiness\n    hooks:\n"
_IGNORE = "# readiness: " + "ignore[CTR003] frozen upstream\n"


class PolicyLoosened(ChangeRule):
    """A change loosens the policy that judges it.

    What it does
        Compares what decides at both ends of a change (`readiness audit --since`): thresholds,
        selected, ignored and excluded rules and files, waivers, the baseline, inline ignores and
        allowlist comments, hooks of pre-commit, and the gates that CI runs. Each thing that is
        less strict after the change is a finding.

    Why it matters
        A gate that the change under it can open is no gate. Such a change may well be right, but
        someone other than its author should have seen it.

    How to fix
        Take the loosening out and mend what it was for. If it is right, put it into a change of
        its own, and let an owner of the policy accept that: until it is merged, the base decides.

    Limits
        Whether branch protection requires a check, and what a policy outside of the repository
        says, cannot be seen. A gate that calls a script is known by the commands in it that are
        understood. A tool that another one of its kind replaces is no loosening.
    """

    id = "GAT001"
    name = "policy-loosened"
    dimension = Dimension.OPERATIONS
    area = Area.GATES
    severity = Severity.HIGH
    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            "a threshold is lowered",
            '-- readiness.toml --\nfail_on = "critical"\n',
            ("readiness.toml",),
            base=_SETTINGS,
        ),
        Example("a threshold is raised", _SETTINGS + "fail_under = 5\n", base=_SETTINGS),
        Example(
            "the whole configuration goes", "-- a.py --\n", ("readiness.toml",), base=_SETTINGS
        ),
        Example(
            "files and rules are left out",
            _SETTINGS + 'exclude = ["legacy/"]\nignore = ["HYG001"]\n',
            ("readiness.toml", "readiness.toml"),
            base=_SETTINGS,
        ),
        Example("a waiver", _SETTINGS + _WAIVER, ("readiness.toml:2",), base=_SETTINGS),
        Example("a waiver goes", _SETTINGS, base=_SETTINGS + _WAIVER),
        Example(
            "an ignore, not one that moved with its file",
            f"-- b/Dockerfile --\n{_IGNORE}FROM x\n-- c.py --\n\n{_IGNORE}",
            ("c.py:2",),
            base=f"-- a/Dockerfile --\n{_IGNORE}FROM x\n-- c.py --\n",
        ),
        Example(
            "the gate itself goes",
            _CI + "      - run: pytest\n",
            (".github/workflows/ci.yml",),
            base=_CI + "      - run: pytest\n" + _GATE,
        ),
        Example(
            "one linter for another, and the report as a file",
            _CI + "      - run: ruff check .\n" + _GATE.replace("\n", " --format sarif\n"),
            base=_CI + "      - run: flake8\n" + _GATE,
        ),
        Example(
            "a hook only runs when called",
            _HOOKS + "      - id: readiness-staged\n        stages: [manual]\n",
            (".pre-commit-config.yaml",),
            base=_HOOKS + "      - id: readiness-staged\n",
        ),
        Example(
            "a baseline grows",
            '-- readiness.toml --\nbaseline = "old.toml"\n-- old.toml --\n[findings]\n'
            '"0123456789abcdef" = "HYG002 a.py"\n"0123456789abcde0" = "HYG002 b.py"\n',
            ("old.toml:3",),
            base='-- readiness.toml --\nbaseline = "old.toml"\n-- old.toml --\n[findings]\n'
            '"0123456789abcdef" = "HYG002 a.py"\n',
        ),
    )

    def reads(self, paths: Collection[str]) -> Reads:
        return {secrets.SLICE: paths, hooks.SLICE: paths}

    def check_change(self, change: Change) -> Iterator[Finding]:
        for each in loosenings(change):
            yield self._finding(each, change.before.index)

    def _finding(self, each: Loosening, before: RepoIndex) -> Finding:
        evidence = []
        if each.before:
            there = each.path if each.path in before.files else None
            evidence.append(for_(f"before this change: {each.before}", there))
        if each.after:
            evidence.append(for_(f"after this change: {each.after}", each.path, each.line))
        return self.finding(
            each.path,
            each.message[0].upper() + each.message[1:],
            line=each.line,
            key=each.key,
            severity=each.severity,
            evidence=evidence or [for_(each.message, each.path, each.line)],
        )
