"""readiness history: the scores of past commits."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import get_args

import click
from msgspec import structs

from readiness import history, registry
from readiness.cli import ExitCode
from readiness.cli.options import Command, given, looked_at, surroundings
from readiness.cli.output import check, emit, wants_colour, write
from readiness.cli.progress import Meter, in_turn
from readiness.config import Profile
from readiness.configure import Options
from readiness.history.choose import Every

DATABASE_VARIABLE = "READINESS_DATABASE"
MOST_WEEKS = 52 * 50


def over_time(least_weeks: int) -> Callable[[Command], Command]:
    """Gives a command the options of a trend: which commits, and where their scores are kept."""
    none = "" if least_weeks else ", 0 for no trend"
    options = (
        click.option(
            "--weeks",
            type=click.IntRange(least_weeks, MOST_WEEKS),
            default=52,
            metavar="N",
            help=f"How far back from the newest commit; 52 if unset{none}.",
        ),
        click.option(
            "--every",
            type=click.Choice(get_args(Every)),
            default="week",
            help="Which commits: all of the main line, its last one of each day or week, or the"
            " tags.",
        ),
        click.option(
            "--database",
            envvar=DATABASE_VARIABLE,
            metavar="URL",
            help="Where the scores are kept, as sqlite:////path/to/file or"
            " postgresql://user@host/name; a file in the cache folder if unset."
            f" {DATABASE_VARIABLE} sets it too.",
        ),
    )
    return lambda command: given(options, command)


@click.command
@over_time(least_weeks=1)
@click.option("--format", "format_", default="text", metavar="FORMAT", help="text, csv or json.")
@click.option("--output", metavar="FILE", help="Write the history there, whole or not at all.")
@click.option("--rev", metavar="REV", help="The history of this commit, branch or tag, not HEAD.")
@looked_at
def command(
    path: str,
    weeks: int,
    every: Every,
    format_: str,
    output: str | None,
    database: str | None,
    rev: str | None,
    isolated: bool,
    profile: Profile | None,
    no_cache: bool,
    jobs: int | None,
) -> ExitCode:
    """Show how the scores of the repository that PATH lies in came about, straight from its
    commits: all are judged by today's rules and by the configuration of the newest one.

    A bare clone will do. What is measured once is kept; a run that was ended goes on where it
    stopped.
    """
    render = registry.history_renderer(format_)
    output = None if output == "-" else output
    if output is not None:
        check(output)
    with Meter() as files, Meter("measuring", "commits") as commits:
        world = surroundings(files, no_cache=no_cache, jobs=jobs)
        trend = history.trend(
            path,
            Options(rev=rev, isolated=isolated, profile=profile),
            structs.replace(world, progress=in_turn(files, commits)),
            history.Wish(every, weeks, database or None, in_turn(commits, files)),
        )
    if output is None:
        emit(render(trend, colour=wants_colour(sys.stdout)), format_)
    else:
        write(output, render(trend))
    return ExitCode.PASSED
