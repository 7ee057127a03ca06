"""readiness plan: what to do with which files, in which order, and what it gains."""

from __future__ import annotations

import sys

import click

from readiness import engine, registry
from readiness.cli import ExitCode
from readiness.cli.options import Score, audited, surroundings
from readiness.cli.output import check, emit, wants_colour, write
from readiness.cli.progress import Meter
from readiness.configure import Options


@click.command
@click.option(
    "--format", "format_", default="text", metavar="FORMAT", help="text, markdown, toml or json."
)
@click.option("--output", metavar="FILE", help="Write the plan there, whole or not at all.")
@click.option(
    "--target",
    type=Score(),
    metavar="SCORE",
    help="Mark the actions that bring each dimension there; the configured target if unset.",
)
@click.option(
    "--previous", metavar="FILE", help="An earlier plan: what it keeps with a reason stays kept."
)
@audited
def command(
    path: str,
    format_: str,
    output: str | None,
    previous: str | None,
    no_cache: bool,
    jobs: int | None,
    **options: object,
) -> ExitCode:
    """Say what to keep, archive, remove, change, make and ask about in the repository that PATH
    lies in, in which order, and what each step gains.

    Nothing is done. The toml format is the file to change and to give to readiness apply.
    """
    render = registry.renderer(format_, registry.PLANS)
    output = None if output == "-" else output
    if output is not None:
        check(output)
    earlier = None
    if previous is not None:
        from readiness.cli.apply import read_plan

        earlier = read_plan(previous)
    asked = Options(plan=True, previous=earlier, **options)  # type: ignore[arg-type]
    with Meter() as meter:
        world = surroundings(meter, no_cache=no_cache, jobs=jobs)
        report = engine.audit(path, asked, world)
    if output is None:
        emit(render(report, colour=wants_colour(sys.stdout)), format_)
    else:
        write(output, render(report))
    return ExitCode.PASSED
