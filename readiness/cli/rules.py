"""readiness rules: every installed rule."""

from __future__ import annotations

import click
import msgspec

from readiness import registry
from readiness.cli.output import emit
from readiness.rule import Rule


@click.command
@click.option(
    "--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True
)
def command(format_: str) -> None:
    """List the rules."""
    rules = registry.rules()
    emit(_as_json(rules) if format_ == "json" else _as_text(rules), format_)


def _as_json(rules: tuple[Rule, ...]) -> str:
    rows = [
        {
            "id": rule.id,
            "name": rule.name,
            "dimension": rule.dimension,
            "area": rule.area,
            "severity": rule.severity,
            "since": rule.since,
        }
        for rule in rules
    ]
    return msgspec.json.format(msgspec.json.encode(rows), indent=1).decode() + "\n"


def _as_text(rules: tuple[Rule, ...]) -> str:
    rows = [
        (rule.id, rule.severity, rule.name, f"{rule.dimension.label}, {rule.area}")
        for rule in rules
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)
    return "\n".join([*lines, "", "readiness explain RULE says what a rule does and why.\n"])
