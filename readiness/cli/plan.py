"""readiness plan: what to do with which files."""

from __future__ import annotations

import click

from readiness import engine, registry
from readiness.cli import ExitCode
from readiness.cli.options import audited, surroundings
from readiness.cli.output import check, emit, write
from readiness.cli.progress import Meter
from readiness.configure import Options


@click.command
@click.option("--format", "format_", default="json", metavar="FORMAT", help="json.")
@click.option("--output", metavar="FILE", help="Write the plan there, whole or not at all.")
@audited
def command(
    path: str, format_: str, output: str | None, no_cache: bool, jobs: int | None, **options: object
) -> ExitCode:
    """Say what to archive, remove, change and ask about in the repository that PATH lies in.

    Nothing is done: the plan only says what each finding asks for, and what stands in its way.
    """
    render = registry.renderer(format_, registry.PLANS)
    output = None if output == "-" else output
    if output is not None:
        check(output)
    with Meter() as meter:
        world = surroundings(meter, no_cache=no_cache, jobs=jobs)
        report = engine.audit(path, Options(plan=True, **options), world)  # type: ignore[arg-type]
    if output is None:
        emit(render(report), format_)
    else:
        write(output, render(report))
    return ExitCode.PASSED
