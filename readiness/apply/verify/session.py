"""Verifying a plan in a repository: scratch folders, the command, and runs with limits."""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace

from readiness.apply.journal import ApplyError
from readiness.apply.verify import Run, Verified, verify
from readiness.apply.verify.command import find, given
from readiness.apply.verify.process import Limits, run
from readiness.apply.verify.trees import Trees
from readiness.model import Plan
from readiness.repo import Repository


def verified(
    repository: Repository,
    plan: Plan,
    command: str,
    limits: Limits,
    note: Callable[[str], object],
) -> Verified:
    """The plan as the tests allow it. `command` is what runs them, "" for what is found.

    Raises ReadinessError where nothing runs them or they prove nothing.
    """
    commit, _ = repository.head()
    if commit is None:
        raise ApplyError("there is no commit yet, so there is nothing to verify; commit")
    with Trees(repository, commit, plan.base_commit) as trees:
        tree = trees.make(replace(plan, actions=()))
        tests = given(command) if command else find(tree)
        note(
            f"--verify executes this repository's own code: {tests.shown}, in a temporary folder,"
            f" with your rights and your network, for {limits.seconds:,.0f} seconds and with"
            f" {limits.memory >> 30} GiB a process at most"
        )

        def outcome(some: Plan, seconds: float | None) -> Run:
            most = limits.seconds if seconds is None else min(seconds, limits.seconds)
            return run(tests, trees.make(some), trees.scratch, replace(limits, seconds=most))

        return verify(plan, outcome, note)
