"""readiness report: the weekly page for leadership, with every finding behind it."""

from __future__ import annotations

import re
import sys

import click
from msgspec.structs import replace

from readiness import engine, history, registry
from readiness.cli import ExitCode
from readiness.cli.history import over_time
from readiness.cli.options import audited, surroundings
from readiness.cli.output import check, emit, write
from readiness.cli.progress import Meter, in_turn
from readiness.configure import Options
from readiness.errors import UsageError, one_line
from readiness.history.choose import Every
from readiness.model import Report

_NOT_PLAIN = re.compile(r"[^A-Za-z0-9._-]+")


@click.command
@click.option("--output", metavar="FILE", help="Write the report there, whole or not at all.")
@click.option("--pdf", is_flag=True, help="As PDF; needs Chromium or WeasyPrint.")
@click.option("--markdown", is_flag=True, help="The weekly page alone, as Markdown.")
@click.option("--mail", metavar="FILE", help="Write a mail (.eml) with the report attached.")
@click.option("--smtp", metavar="HOST:PORT", help="Send that mail through a server.")
@click.option("--from", "sender", metavar="ADDRESS", default="", help="Who sends the mail.")
@click.option(
    "--to", multiple=True, metavar="ADDRESS", help="Who gets the mail; give it once for each."
)
@over_time(least_weeks=0)
@audited
def command(
    path: str,
    output: str | None,
    pdf: bool,
    markdown: bool,
    mail: str | None,
    smtp: str | None,
    sender: str,
    to: tuple[str, ...],
    weeks: int,
    every: Every,
    database: str | None,
    no_cache: bool,
    jobs: int | None,
    **options: object,
) -> ExitCode:
    """Tell leadership in two pages how ready the repository that PATH lies in is, what to decide
    and what is at risk; the appendix has every finding.

    One HTML file that loads nothing; a mail has the page in its body and the report attached.
    """
    if pdf and markdown:
        raise UsageError("--pdf and --markdown are two formats: choose one")
    output = None if output == "-" else output
    mailed = mail is not None or smtp is not None
    _look_before(output, mail, smtp, mailed=mailed, markdown=markdown)
    asked = Options(plan=True, **options)  # type: ignore[arg-type]
    with Meter() as files, Meter("measuring", "commits") as commits:
        world = surroundings(files, no_cache=no_cache, jobs=jobs)
        report = engine.audit(path, asked, world)
        if weeks:
            world = replace(world, progress=in_turn(files, commits))
            wish = history.Wish(every, weeks, database or None, in_turn(commits, files))
            report = _with_trend(report, path, asked, world, wish)
    document = _document(report, pdf=pdf, markdown=markdown)
    if mailed:
        _mail(report, document, mail, smtp, sender, to)
    if output is not None:
        write(output, document)
    elif not mailed:
        emit(document, "html")
    return ExitCode.PASSED


def _look_before(
    output: str | None, mail: str | None, smtp: str | None, *, mailed: bool, markdown: bool
) -> None:
    """What cannot be written or sent is said before the work is done."""
    if output is not None:
        check(output)
    elif not mailed and not markdown and sys.stdout is not None and sys.stdout.isatty():
        raise UsageError("a terminal shows no page: --output FILE, or --markdown")
    if mail is not None:
        check(mail, "--mail")
    if smtp is not None:
        from readiness.mail import parse_server

        parse_server(smtp)


def _with_trend(
    report: Report,
    path: str,
    options: Options,
    world: engine.Surroundings,
    wish: history.Wish,
) -> Report:
    """The report with the scores of the commits that led to it, where there is one."""
    judged = Options(rev=options.rev, isolated=options.isolated, profile=options.profile)
    trend = history.trend(path, judged, world, wish, report=report)
    return replace(report, history=trend) if trend.points else report


def _document(report: Report, *, pdf: bool, markdown: bool) -> str | bytes:
    if markdown:
        return registry.renderer("markdown", registry.WEEKLY)(report)
    page = registry.renderer("html", registry.WEEKLY)(report)
    if not pdf:
        return page

    from readiness.pdf import printed

    return printed(page)


def _mail(
    report: Report,
    document: str | bytes,
    file: str | None,
    smtp: str | None,
    sender: str,
    to: tuple[str, ...],
) -> None:
    """Writes the mail to `file` and sends it through `smtp`, as far as they are given."""
    from readiness.mail import Attachment, message, parse_server, send

    text = registry.renderer("markdown", registry.WEEKLY)(report)
    if isinstance(document, bytes):
        kind, ending = "application/pdf", "pdf"
    elif document == text:
        kind, ending = "text/markdown", "md"
    else:
        kind, ending = "text/html", "html"
    name = _NOT_PLAIN.sub("-", report.repository).strip("-.") or "repository"
    data = document if isinstance(document, bytes) else document.encode("utf-8", "backslashreplace")
    made = message(
        one_line(_subject(report)),
        text,
        registry.renderer("mail", registry.WEEKLY)(report),
        Attachment(f"{name}-readiness.{ending}", kind, data),
        sender=sender,
        to=to,
    )
    if file is not None:
        write(file, made.as_bytes(), "--mail")
    if smtp is not None:
        send(made, parse_server(smtp))


def _subject(report: Report) -> str:
    """The first line of the page, as its Markdown has it, is for eyes; this is for a mailbox."""
    card = report.scorecard
    score = "" if card.overall is None else f", {int(card.overall * 10 + 1e-9) / 10:.1f} / 10"
    return f"{report.repository}: {card.verdict}{score}"
