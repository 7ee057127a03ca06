"""readiness audit: the scorecard and the findings of a repository."""

from __future__ import annotations

import sys
from typing import get_args

import click

from readiness import engine, registry
from readiness.cli import ExitCode
from readiness.cli.options import Drop, Score, audited, surroundings
from readiness.cli.output import check, emit, wants_colour, write
from readiness.cli.progress import Meter
from readiness.config import Threshold
from readiness.configure import Options
from readiness.model import Report, State


@click.command
@click.option(
    "--format",
    "format_",
    default="text",
    metavar="FORMAT",
    help="text, full, html, json, markdown, summary, sarif, github, gitlab, junit, agent, badge…",
)
@click.option("--output", metavar="FILE", help="Write the report there, whole or not at all.")
@click.option(
    "--fail-under",
    type=Score(),
    metavar="SCORE",
    help="Fail when the overall score, with waivers, is lower.",
)
@click.option(
    "--fail-on",
    type=click.Choice(get_args(Threshold)),
    help="Fail on a finding as severe as this.",
)
@click.option(
    "--since",
    is_flag=False,
    flag_value="",
    metavar="[REV]",
    help="Fail only by what is new since a commit, under its policy; REV... is the merge base with"
    " REV, and --since alone that with the default branch.",
)
@click.option("--baseline", default="", metavar="FILE", help="Fail only by what is not in there.")
@click.option(
    "--max-drop",
    type=Drop(),
    metavar="POINTS",
    help="With --since: fail when the score of a dimension drops by more; security=0,tests=0.5 for"
    " some alone.",
)
@click.option(
    "--strict",
    is_flag=True,
    help="Exit with 3 where a rule crashed or could not measure, or a file was not read.",
)
@audited
def command(
    path: str,
    format_: str,
    output: str | None,
    strict: bool,
    no_cache: bool,
    jobs: int | None,
    **options: object,
) -> ExitCode:
    """Audit the Git repository that PATH (by default this folder) lies in.

    Nothing of the repository is executed, and nothing is written into it.
    """
    if options["max_drop"] is not None and options["since"] is None:
        raise click.UsageError("--max-drop needs --since, which says from where a score drops")
    since = str(options["since"] or "")
    if since.startswith(("/", "./", "../")) or since in (".", ".."):
        raise click.UsageError(f"--since takes a commit; name the folder first: {since} --since")
    render = registry.renderer(format_)
    output = None if output == "-" else output
    if output is not None:
        check(output)
    with Meter() as meter:
        world = surroundings(meter, no_cache=no_cache, jobs=jobs)
        report = engine.audit(path, Options(**options), world)  # type: ignore[arg-type]
    if output is None:
        emit(render(report, colour=wants_colour(sys.stdout)), format_)
    else:
        write(output, render(report))
    return exit_code(report, strict=strict)


def exit_code(report: Report, *, strict: bool) -> ExitCode:
    """What the report means to a caller; a failed gate outweighs what could not be measured."""
    if not report.gate.passed:
        return ExitCode.FAILED
    unknown = any(outcome.state is State.UNKNOWN for outcome in report.outcomes)
    if strict and (unknown or report.rule_errors or report.skipped_files):
        return ExitCode.INCOMPLETE
    return ExitCode.PASSED
