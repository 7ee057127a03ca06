"""readiness plan: what to do with which files, in which order, and what it gains."""

from __future__ import annotations

import os
import stat
import sys

import click

from readiness import engine, registry
from readiness.cli import ExitCode
from readiness.cli.options import Score, audited, surroundings
from readiness.cli.output import check, complain, emit, wants_colour, write
from readiness.cli.progress import Meter
from readiness.configure import Options
from readiness.errors import UsageError
from readiness.plan.handmade import LARGEST
from readiness.repo.metadata import printable


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
@click.option(
    "--reconcile",
    metavar="FILE",
    help="A plan that people wrote in Markdown: what is done, true or contradicted today. With"
    " --format toml the plan keeps the files that it keeps.",
)
@click.option(
    "--patches",
    metavar="FOLDER",
    help="Write changes there that a machine can propose and not prove safe, a patch an action.",
)
@audited
def command(
    path: str,
    format_: str,
    output: str | None,
    previous: str | None,
    reconcile: str | None,
    patches: str | None,
    no_cache: bool,
    jobs: int | None,
    **options: object,
) -> ExitCode:
    """Say what to keep, archive, remove, change, make and ask about in the repository that PATH
    lies in, in which order, and what each step gains.

    Nothing is done. The toml format is the file to change and to give to readiness apply.
    """
    take_over = reconcile is not None and format_ == "toml"
    group = registry.PLANS if reconcile is None or take_over else registry.RECONCILIATIONS
    render = registry.renderer(format_, group)
    output = None if output == "-" else output
    if output is not None:
        check(output)
    earlier = None
    if previous is not None:
        from readiness.cli.apply import read_plan

        earlier = read_plan(previous)
    asked = Options(
        plan=True,
        previous=earlier,
        handmade=_handmade(reconcile) if reconcile is not None else "",
        handmade_source=printable(os.path.basename(reconcile or "")),
        take_over=take_over,
        **options,  # type: ignore[arg-type]
    )
    with Meter() as meter:
        world = surroundings(meter, no_cache=no_cache, jobs=jobs)
        report = engine.audit(path, asked, world)
    if patches is not None:
        from readiness.cli.patches import write_patches

        written = write_patches(patches, path, report)
        number = "1 patch" if len(written) == 1 else f"{len(written)} patches"
        complain(f"{number} in {printable(patches)}")
    if output is None:
        emit(render(report, colour=wants_colour(sys.stdout)), format_)
    else:
        write(output, render(report))
    return ExitCode.PASSED


def _handmade(path: str) -> str:
    """The text of a plan that people wrote. Raises UsageError where there is none."""
    shown = f"--reconcile {printable(path)}"
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            raise UsageError(f"{shown} is no file; name a plan in Markdown")
        with open(path, encoding="utf-8", errors="replace") as file:
            text = file.read(LARGEST + 1)
    except OSError as error:
        raise UsageError(f"{shown}: {(error.strerror or str(error)).lower()}") from error
    if len(text) > LARGEST:
        raise UsageError(
            f"{shown} is larger than {LARGEST // 1_000_000} MB; name a plan in Markdown"
        )
    if not text.strip():
        raise UsageError(f"{shown} is empty; name a plan in Markdown")
    return text
