"""The templates of the pages: all that a report holds is escaped, and nothing in it is hidden."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from ._terminal import count, floored, place, safe

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup


@cache
def environment() -> Environment:
    """Jinja2 with autoescape; an undefined name is an error. Control, invisible and
    direction-changing characters are written as escapes."""
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup

    made = Environment(
        loader=PackageLoader(__package__, ""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_visible,
    )
    made.filters |= {
        "floored": floored,
        "place": place,
        "prose": prose,
        "points": lambda value: f"{value:.2f}",
        "trusted": Markup,  # our own style and script alone
        "signed": lambda value: f"{value:+.1f}",
        "grouped": lambda value: f"{value:,}",
    }
    made.globals["count"] = count
    return made


def _visible(value: object) -> object:
    """What a template prints, unless it is markup already."""
    return safe(value) if isinstance(value, str) and not hasattr(value, "__html__") else value


def prose(text: str) -> Markup:
    """Text in which what stands between backticks is code, as HTML."""
    from markupsafe import Markup, escape

    parts = safe(text).split("`")
    if len(parts) % 2 == 0:  # a backtick that stands alone
        parts[-2:] = ["`".join(parts[-2:])]
    marked = [
        Markup("<code>{}</code>").format(part) if number % 2 else escape(part)
        for number, part in enumerate(parts)
    ]
    return Markup("").join(marked)


def source(name: str) -> str:
    """The text of a style sheet or script that lies beside the templates."""
    made = environment()
    assert made.loader is not None
    return made.loader.get_source(made, name)[0]


def render(name: str, **values: Any) -> str:
    """A template with its values."""
    return environment().get_template(name).render(**values)
