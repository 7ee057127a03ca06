"""readiness explain: what a rule does, why it matters, and how to mend what it finds."""

from __future__ import annotations

import inspect

import click
from click.shell_completion import CompletionItem

from readiness import registry, selection
from readiness.cli.output import emit
from readiness.rule import Rule


def _complete(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    return [
        CompletionItem(rule.id, help=rule.name)
        for rule in registry.rules()
        if rule.id.lower().startswith(incomplete.lower())
    ]


@click.command
@click.argument("rule", shell_complete=_complete)
def command(rule: str) -> None:
    """Explain RULE, given by its id or name."""
    emit(_explanation(selection.find(registry.rules(), rule)))


def _explanation(rule: Rule) -> str:
    facts = (rule.dimension.label, rule.area, rule.severity, rule.status, f"since {rule.since}")
    fires = [example.title for example in rule.examples if example.expects]
    silent = [example.title for example in rule.examples if not example.expects]
    return "\n".join(
        [
            f"{rule.id} {rule.name} · {' · '.join(facts)}",
            "",
            inspect.getdoc(rule) or "",
            "",
            *_listed("Examples", fires),
            *_listed("Looks alike and is fine", silent),
            "Who answers for a finding",
            f'    [[tool.readiness.waivers]] rule = "{rule.id}", path, owner, reason, until',
            "",
        ]
    )


def _listed(title: str, entries: list[str]) -> list[str]:
    return [title, *(f"    - {entry}" for entry in entries), ""] if entries else []
