"""The history in a terminal: a line for each dimension, then one for each point."""

from __future__ import annotations

from collections.abc import Iterator

from readiness.model import Delta, Dimension, Outlook, Point, Trend, Verdict

from ._terminal import WIDTH, Paint, columns, count, fit, floored, safe, wrapped
from ._trend import change, day, sparkline

_LABEL = 16
_SPARKS = 53
_SHORT = {
    Dimension.CLEANUP: "cleanup",
    Dimension.STARTUP: "startup",
    Dimension.TESTS: "tests",
    Dimension.CONFIGURATION: "config",
    Dimension.SECURITY: "secur.",
    Dimension.OPERATIONS: "operat.",
}


def render(trend: Trend, *, colour: bool = False) -> str:
    """The trend in at most 100 columns; `colour` adds terminal colours as a second sign."""
    return "\n".join(_lines(trend, Paint(colour))) + "\n"


def _lines(trend: Trend, paint: Paint) -> Iterator[str]:
    if not trend.points:
        yield f"{safe(trend.repository)}: no commits yet, so there is no history"
        return
    first, last = trend.points[0], trend.points[-1]
    span = f"{day(first.at)} to {day(last.at)}" if first.at != last.at else day(last.at)
    assessed = last.overall is not None
    right = f"{last.verdict}  {_score(last.overall)} / 10" if assessed else str(Verdict.NOTHING)
    rest = f" at {last.commit[:7]}, {count(len(trend.points), 'commit')}, {span}"
    left = fit(safe(trend.repository), WIDTH - len(rest) - len(right) - 2) + rest
    yield paint.bold(left) + " " * (WIDTH - columns(left) - len(right)) + paint.bold(right)
    yield ""
    spans = "".join(f"{count(delta.weeks, 'week'):>9}" for delta in trend.deltas)
    yield f"{'':{_LABEL + 3}} now  {'':{_SPARKS}}{spans}".rstrip()
    for dimension in Dimension:
        values = [point.dimensions.get(dimension) for point in trend.points]
        changes = [delta.dimensions.get(dimension) for delta in trend.deltas]
        yield _line(dimension.label, values, changes)
    overall = [point.overall for point in trend.points]
    yield _line("overall", overall, [delta.overall for delta in trend.deltas])
    yield ""
    yield from _table(trend.points)
    yield ""
    for delta in trend.deltas:
        yield from wrapped(_changed(delta), "", "  ")
    yield from wrapped(_outlook(trend.outlook), "", "  ")


def _line(label: str, values: list[float | None], changes: list[float | None]) -> str:
    line = f"  {label:<{_LABEL}} {_score(values[-1]):>4}  {sparkline(values, _SPARKS):<{_SPARKS}}"
    return (line + "".join(f"{change(value):>9}" for value in changes)).rstrip()


def _score(value: float | None) -> str:
    return "-" if value is None else floored(value)


def _table(points: tuple[Point, ...]) -> Iterator[str]:
    releases = any(point.release for point in points)
    rewritten = [point for point in points if _differs(point)]
    head = f"{'date':<10}  {'commit':<7}  overall"
    head += "".join(f"{_SHORT[dimension]:>8}" for dimension in Dimension) + "  findings"
    yield head + ("  release" if releases else "")
    for point in points:
        line = f"{day(point.at)}  {point.commit[:7]}  {_score(point.overall):>7}"
        line += "".join(f"{_score(point.dimensions.get(each)):>8}" for each in Dimension)
        line += f"  {point.findings:>8,}"
        if releases:
            line += f"  {fit(safe(point.release), WIDTH - len(line) - 2)}"
        yield line.rstrip()
    for point in rewritten:
        told = point.reported
        if told is not None:
            yield from wrapped(
                f"{point.commit[:7]} was reported as {_score(told.overall)} under model"
                f" {told.model_version} (readiness {told.tool_version})",
                "  ",
                "    ",
            )


def _differs(point: Point) -> bool:
    told = point.reported
    return told is not None and (
        told.overall != point.overall or told.model_version != point.model_version
    )


def _changed(delta: Delta) -> str:
    moved = f", {change(delta.overall)}" if delta.overall is not None else ""
    return (
        f"Since {day(delta.at)} ({delta.commit[:7]}, {count(delta.weeks, 'week')} ago or more):"
        f" {len(delta.fixed)} fixed, {len(delta.new)} new, {len(delta.reopened)} reopened{moved}"
    )


def _outlook(outlook: Outlook) -> str:
    if outlook.earliest is None:
        return f"No forecast yet: {outlook.reason}"
    end = (
        f"between {day(outlook.earliest)} and {day(outlook.latest)}"
        if outlook.latest
        else (
            f"on {day(outlook.earliest)} at the earliest, at the slower pace not within two years"
        )
    )
    return (
        f"Forecast: at the pace so far what is open now ({count(outlook.left, 'cause')}) is done"
        f" {end}; in the last {count(outlook.weeks, 'week')} {outlook.done_per_week:g} were closed"
        f" and {outlook.new_per_week:g} came up each week"
    )
