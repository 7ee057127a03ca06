"""The option --verify: the only one that executes code of the audited repository."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from readiness.apply.verify.process import Limits
from readiness.cli.output import check, complain, write
from readiness.model import Plan
from readiness.plan import document
from readiness.repo import Repository

_OPTIONS = (
    click.option(
        "--verify",
        is_flag=False,
        flag_value="",
        metavar="[COMMAND]",
        help="Run the repository's own tests before and after, and keep what they need. This"
        " executes its code; without COMMAND tox, nox, make test or pytest, as it is set up.",
    ),
    click.option(
        "--verify-seconds",
        type=click.FloatRange(min=1),
        default=Limits().seconds,
        metavar="N",
        help="So long may one run of the tests take.",
    ),
    click.option(
        "--verified", metavar="FILE", help="Where the plan goes as --verify leaves it, as TOML."
    ),
)


def verifying(command: Callable[..., Any]) -> Callable[..., Any]:
    """Gives a command the options of --verify."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def as_verified(
    repository: Repository, plan: Plan, verify: str | None, seconds: float, output: str | None
) -> Plan:
    """The plan without what the repository's tests need; as it is where --verify is not given.

    Raises ReadinessError where the tests prove nothing.
    """
    if output is not None and verify is None:
        raise click.UsageError("--verified says where --verify writes the plan; give both")
    if verify is None:
        return plan

    from readiness.apply.verify.session import verified

    if output is not None:
        check(output, "--verified")
    result = verified(repository, plan, verify, Limits(seconds=seconds), complain)
    for line in result.told:
        complain(line)
    if output is not None:
        notes = ("As the repository's own tests allow it: what one of them needs is KEEP.",)
        write(output, document.write(result.plan, notes=notes), "--verified")
    return result.plan
