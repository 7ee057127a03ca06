"""The documentation is true: generated where it can be, run where it shows commands."""

from pathlib import Path

from readiness import registry
from readiness.model import Dimension
from readiness.rule import SECTIONS, Rule, text_sections

ROOT = Path(__file__).parent.parent


def rules_page() -> str:
    """docs/rules.md: every rule's text, by dimension."""
    lines = [
        "# Rules",
        "",
        "Generated from the rules themselves (`pytest tests/test_docs.py --update-golden`);",
        "`readiness explain RULE` prints the same text.",
        "",
        "| id | name | dimension | area | severity |",
        "|---|---|---|---|---|",
    ]
    rules = sorted(
        registry.rules(), key=lambda rule: (list(Dimension).index(rule.dimension), rule.id)
    )
    lines += [
        f"| [{rule.id}](#{rule.id.lower()}-{rule.name}) | {rule.name} | {rule.dimension.label} "
        f"| {rule.area} | {rule.severity} |"
        for rule in rules
    ]
    for rule in rules:
        lines += ["", f"## {rule.id} {rule.name}", "", *_text(rule)]
    return "\n".join(lines) + "\n"


def _text(rule: Rule) -> list[str]:
    sections = text_sections(rule)
    lines = [sections[""]]
    for title in SECTIONS:
        lines += ["", f"**{title}.** {sections[title]}"]
    return lines


def test_the_page_of_rules_is_what_the_rules_say(update_golden: bool) -> None:
    path = ROOT / "docs" / "rules.md"
    if update_golden:
        path.write_text(rules_page())
    assert path.read_text() == rules_page()
