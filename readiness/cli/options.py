"""The options of every command that looks at a repository."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence
from typing import Any, get_args

import click

from readiness import cache, engine
from readiness.cli.output import complain
from readiness.cli.progress import Meter
from readiness.config import Profile
from readiness.model import Dimension

Command = Callable[..., Any]
_Values = tuple[str, ...]


def _split(context: click.Context, parameter: click.Parameter, values: _Values) -> _Values:
    """Names given one by one or with commas between them."""
    return tuple(name for value in values for name in map(str.strip, value.split(",")) if name)


class Score(click.FloatRange):
    """A score from 0 to 10."""

    def __init__(self) -> None:
        super().__init__(0, 10)

    def convert(
        self, value: Any, parameter: click.Parameter | None, context: click.Context | None
    ) -> Any:
        number = super().convert(value, parameter, context)
        if number != number:
            self.fail("nan is no score", parameter, context)
        return number


class Drop(Score):
    """Points for all dimensions, or for each of some: `security=0,tests=0.5`."""

    name = "points"

    def convert(
        self, value: Any, parameter: click.Parameter | None, context: click.Context | None
    ) -> Any:
        if "=" not in value:
            return super().convert(value, parameter, context)
        drops: dict[str, float] = {}
        for part in value.split(","):
            name, _, points = part.strip().partition("=")
            if name not in list(Dimension):
                self.fail(f"{name!r} is no dimension: {', '.join(Dimension)}", parameter, context)
            drops[name] = super().convert(points, parameter, context)
        return drops


_PATH = click.argument("path", default=".")
_HOW = (
    click.option("--isolated", is_flag=True, help="Leave the repository's own configuration out."),
    click.option("--profile", type=click.Choice(get_args(Profile)), help="What is audited."),
    click.option("--no-cache", is_flag=True, help="Compute everything anew and keep nothing."),
    click.option(
        "--jobs", type=click.IntRange(1), metavar="N", help="Processes; one a CPU if unset."
    ),
)
_OPTIONS = (
    click.option(
        "--select",
        multiple=True,
        callback=_split,
        metavar="NAMES",
        help="Only these rules: ids, names, dimensions or areas, with commas between them.",
    ),
    click.option(
        "--ignore", multiple=True, callback=_split, metavar="NAMES", help="Not these rules either."
    ),
    click.option("--rev", metavar="REV", help="The files of this commit, branch or tag."),
    click.option("--staged", is_flag=True, help="The files as they would be committed now."),
    click.option(
        "--untracked", is_flag=True, help="Files that Git neither tracks nor ignores, too."
    ),
    *_HOW,
)


def audited(command: Command) -> Command:
    """Gives a command the repository's path and the options of an audit."""
    return given(_OPTIONS, _PATH(command))


def looked_at(command: Command) -> Command:
    """Gives a command the repository's path and the options that do not say which files."""
    return given(_HOW, _PATH(command))


def given(options: Sequence[Callable[[Command], Command]], command: Command) -> Command:
    """Gives a command these options, in this order."""
    for option in reversed(options):
        command = option(command)
    return command


def surroundings(meter: Meter, *, no_cache: bool, jobs: int | None) -> engine.Surroundings:
    """What an audit takes from this machine and shows on this terminal."""
    return engine.Surroundings(
        today=today(),
        cache=None if no_cache else cache.default_folder(),
        workers=jobs,
        progress=meter,
        note=complain,
    )


def today() -> datetime.date:
    """The clock's only say: which waivers have expired."""
    return datetime.date.today()
