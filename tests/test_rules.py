"""Every rule's own examples, and what its text must hold."""

import re
from typing import Any

import pytest

from readiness import registry
from readiness.facts import Slice
from readiness.index import RepoIndex
from readiness.rule import SECTIONS, Example, Rule, slices_of, text_sections
from readiness.testing import parse_tree, places, run_example

RULES = registry.rules()
EXAMPLES = [
    pytest.param(rule, example, id=f"{rule.id} {example.title}")
    for rule in RULES
    for example in rule.examples
]


@pytest.mark.parametrize(("rule", "example"), EXAMPLES)
def test_a_rule_says_of_its_example_what_the_example_expects(rule: Rule, example: Example) -> None:
    assert places(run_example(rule, example), example.expects) == sorted(example.expects)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_has_an_example_that_fires_and_one_that_only_looks_alike(rule: Rule) -> None:
    assert any(example.expects for example in rule.examples)
    assert any(not example.expects for example in rule.examples)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_has_every_section_of_its_text(rule: Rule) -> None:
    assert [title for title in SECTIONS if not text_sections(rule).get(title)] == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_reads_the_slices_that_it_says_it_reads(
    rule: Rule, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: set[tuple[str, str]] = set()
    facts, each = RepoIndex.facts, RepoIndex.each

    def watch(index: RepoIndex, slice_: Slice[Any], path: str) -> Any:
        if slice_.kind(path) is not None:
            read.add((slice_.name, path))
        return facts(index, slice_, path)

    def watch_each(index: RepoIndex, slice_: Slice[Any]) -> Any:
        read.update((slice_.name, path) for path in index.files if slice_.kind(path) is not None)
        return each(index, slice_)

    monkeypatch.setattr(RepoIndex, "facts", watch)
    monkeypatch.setattr(RepoIndex, "each", watch_each)
    for example in rule.examples:
        read.clear()
        run_example(rule, example)
        there = slices_of([rule], parse_tree(example.base) | parse_tree(example.files))
        assert not [
            (name, path)
            for name, path in read
            if not any(slice_.name == name and slice_.kind(path) for slice_ in there)
        ]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_file_is_named_as_its_rule(rule: Rule) -> None:
    assert re.fullmatch(r"[A-Z]{3}\d{3}", rule.id)
    assert type(rule).__module__.rpartition(".")[2] == rule.name.replace("-", "_")
