"""The weekly page as the body of a mail: tables and inline styles, as mail readers want them."""

from __future__ import annotations

from functools import cache

from readiness.model import Report

from . import _palette, _templates
from ._forecast import forecast
from ._plan import WINDOWS, points
from ._weekly import POINTS, RISK, weekly
from ._words import day, efforts, shortened
from .weekly_markdown import about, changed, gains, sentence, source, title

_BAR = 120  # pixels


def render(report: Report, *, colour: bool = False) -> str:
    """HTML without links, pictures or scripts; `colour` changes nothing."""
    page = weekly(report)
    body = _templates.render(
        "mail.jinja",
        BAR=_BAR,
        POINTS=POINTS,
        RISK=RISK,
        WINDOWS=WINDOWS,
        about=about,
        changed=changed,
        colours=_palette.LIGHT,
        day=day,
        efforts=efforts,
        forecast=forecast(report),
        gains=gains,
        page=page,
        points=points,
        report=report,
        sentence=sentence(page),
        shortened=shortened,
        source=source(page),
        title=title(page),
    )
    return _inlined(body)


def _inlined(body: str) -> str:
    import css_inline

    inliner = css_inline.CSSInliner(
        load_remote_stylesheets=False, keep_style_tags=False, extra_css=_style()
    )
    return inliner.inline(body)


@cache
def _style() -> str:
    """The style sheet with literal colours: mail readers know no variables."""
    css = _templates.source("mail.css")
    for name, colour in sorted(_palette.LIGHT.items(), reverse=True):
        css = css.replace(f"var(--{name})", colour)
    return css
