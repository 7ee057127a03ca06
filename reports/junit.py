"""JUnit: a test case for each rule and for each condition of the gate."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from msgspec import Struct

from readiness.model import Dimension, Finding, Outcome, Report, RuleSummary, Severity, State

from ._links import moment
from ._terminal import count, place, safe

_MOST = 100  # findings of one rule that are told
_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"}


class _Case(Struct, frozen=True):
    """`element` is what became of it: failure, error, skipped, or nothing where it passed."""

    name: str
    element: str = ""
    kind: str = ""
    message: str = ""
    lines: tuple[str, ...] = ()


def render(report: Report, *, colour: bool = False) -> str:
    """A suite for each dimension and one for the gate."""
    suites = [
        (f"readiness.{dimension}", dimension.label, list(_rules(report, dimension)))
        for dimension in Dimension
    ]
    suites.append(("readiness.gate", "Gate", list(_conditions(report))))
    told = [suite for suite in suites if suite[2]]
    at = f' timestamp="{moment(report.committed_at)}"' if report.committed_at else ""
    cases = [case for _, _, cases in told for case in cases]
    lines = ['<?xml version="1.0" encoding="UTF-8"?>']
    lines.append(f'<testsuites name="readiness" {_totals(cases)}>')
    for class_name, label, own in told:
        skipped = sum(case.element == "skipped" for case in own)
        lines.append(f'<testsuite name={_quoted(label)} {_totals(own)} skipped="{skipped}"{at}>')
        lines += (_testcase(class_name, case) for case in own)
        lines.append("</testsuite>")
    lines.append("</testsuites>")
    return "\n".join(lines) + "\n"


def _rules(report: Report, dimension: Dimension) -> Iterator[_Case]:
    found: dict[str, list[Finding]] = defaultdict(list)
    for finding in report.findings:
        found[finding.rule].append(finding)
    outcomes = {outcome.rule: outcome for outcome in report.outcomes}
    crashed = {error.rule: error.error for error in report.rule_errors}
    for rule in report.rules:
        if rule.dimension is dimension:
            yield _case(rule, found[rule.id], outcomes.get(rule.id), crashed.get(rule.id))


def _case(
    rule: RuleSummary, found: list[Finding], outcome: Outcome | None, crash: str | None
) -> _Case:
    name = f"{rule.id} {rule.name}"
    if crash is not None:
        return _Case(name, "error", "crash", f"the rule crashed: {crash}")
    counts = rule.status == "stable" and any(each.severity is not Severity.INFO for each in found)
    if counts:
        more = f", and {len(found) - 1:,} more" if len(found) > 1 else ""
        message = f"{found[0].message}{more}"
        return _Case(name, "failure", found[0].severity, message, tuple(_listed(found)))
    if found:
        message = f"{count(len(found), 'finding')} that no score and no gate counts"
        return _Case(name, "skipped", message=message)
    if outcome is not None and outcome.state is not State.MEASURED:
        word = "does not apply" if outcome.state is State.NOT_APPLICABLE else "not measured"
        return _Case(name, "skipped", message=f"{word}: {outcome.reason}")
    return _Case(name)


def _listed(found: list[Finding]) -> Iterator[str]:
    for finding in found[:_MOST]:
        where = place(finding.location)
        told = f"{finding.severity}: {finding.message}"
        yield f"{where}: {told}" if where else told
    if len(found) > _MOST:
        yield f"+{len(found) - _MOST:,} more"


def _conditions(report: Report) -> Iterator[_Case]:
    for condition in report.gate.conditions:
        element = "failure" if condition.why else ""
        yield _Case(condition.asks, element, "gate", condition.why)


def _totals(cases: Iterable[_Case]) -> str:
    elements = [case.element for case in cases]
    failures, errors = elements.count("failure"), elements.count("error")
    return f'tests="{len(elements)}" failures="{failures}" errors="{errors}"'


def _testcase(class_name: str, case: _Case) -> str:
    opened = f"<testcase classname={_quoted(class_name)} name={_quoted(case.name)}"
    if not case.element:
        return opened + "/>"
    kind = f" type={_quoted(case.kind)}" if case.kind else ""
    body = _escape("\n".join(map(safe, case.lines)))
    inner = f"<{case.element} message={_quoted(case.message)}{kind}>{body}</{case.element}>"
    return f"{opened}>{inner}</testcase>"


def _quoted(text: str) -> str:
    return f'"{_escape(safe(text))}"'


def _escape(text: str) -> str:
    return "".join(_ESCAPES.get(character, character) for character in text)
