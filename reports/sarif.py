"""SARIF 2.1.0 for code scanning: every finding that belongs to a file, within GitHub's limits."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import msgspec

from readiness.model import (
    Dimension,
    Evidence,
    Finding,
    Location,
    Report,
    RuleSummary,
    Speaks,
    Waived,
)

from . import _markdown
from ._links import anchor, moment, uri, website
from ._severity import LEVEL, PROBLEM, SECURITY
from ._terminal import count, safe
from .json import visible

MOST_RESULTS = 25_000
MOST_BYTES = 20_000_000  # less than 10 MB when compressed
_MOST_RELATED = 10
_MOST_SHOWN = 5_000  # results that code scanning shows; the others are told in short
_MOST_NOTES = 100
_LONGEST = 1_024  # characters of a description
_SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
_NOWHERE = "no%20file"  # stands for a file where a finding belongs to none
_LINK = re.compile(r"\[(?=[^\]]*\]\()")
_Json = dict[str, Any]


def render(report: Report, *, colour: bool = False) -> str:
    """The findings that belong to a file; how many do not is a note of the run. Of a change, each
    says whether it is new or was there before."""
    return _render(report, everything=False)


def render_all(report: Report, *, colour: bool = False) -> str:
    """All findings, and of a change what it mended, too, which code scanning would take for open;
    those that belong to no file are shown at the place `no file`."""
    return _render(report, everything=True)


def _render(report: Report, *, everything: bool) -> str:
    rules = {rule.id: number for number, rule in enumerate(report.rules)}
    ordinals: Counter[str] = Counter()
    results: list[bytes] = []
    size = left_out = homeless = 0
    for finding, waived, state in _all(report, mended=everything):
        place = anchor(finding)
        if place is None and not everything:
            homeless += 1
            continue
        if left_out:
            left_out += 1
            continue
        ordinals[finding.fingerprint] += 1
        result = _result(finding, place, waived, rules, ordinals[finding.fingerprint])
        if state:
            result["baselineState"] = state
        if len(results) < _MOST_SHOWN:
            result |= _related(finding)
        encoded = msgspec.json.encode(result)
        if len(results) == MOST_RESULTS or size + len(encoded) > MOST_BYTES:
            left_out = 1
            continue
        results.append(encoded)
        size += len(encoded) + 2
    run = _run(report, list(_notes(report, left_out, homeless)))
    head = msgspec.json.encode({"$schema": _SCHEMA, "version": "2.1.0"}).decode()[:-1]
    body = msgspec.json.encode(run).decode()[:-1]
    found = b",\n".join(results).decode()
    return visible(f'{head},"runs":[{body},"results":[\n{found}\n]}}]}}\n')


def _all(report: Report, *, mended: bool) -> Iterator[tuple[Finding, Waived | None, str]]:
    """The open findings, the worst first, then those that are waived and, if asked for, those that
    are `mended`; each with its baselineState where that is known."""
    change = report.comparison
    new = {news.finding.fingerprint for news in change.new} if change else set()
    for finding in sorted(report.findings, key=lambda finding: finding.severity.rank):
        state = "new" if finding.fingerprint in new else "unchanged"
        yield finding, None, state if change else ""
    for waived in report.waived:
        yield waived.finding, waived, ""
    for finding in change.fixed if change and mended else ():
        yield finding, None, "absent"


def _run(report: Report, notes: list[_Json]) -> _Json:
    card = report.scorecard
    run: _Json = {
        "tool": {
            "driver": {
                "name": "readiness",
                "version": report.tool_version,
                "rules": [_rule(rule) for rule in report.rules],
            }
        },
        "automationDetails": {"id": "readiness/"},
        "columnKind": "utf16CodeUnits",
        "originalUriBaseIds": {"%SRCROOT%": {"description": {"text": "the repository's root"}}},
        "invocations": [
            {"executionSuccessful": not report.rule_errors, "toolExecutionNotifications": notes}
        ],
        "properties": {
            "verdict": card.verdict,
            "overall": card.overall,
            "withWaivers": card.with_waivers,
            "modelVersion": card.model_version,
        },
    }
    site = website(report)
    if site and report.commit:
        source: _Json = {
            "repositoryUri": site,
            "revisionId": report.commit,
            "mappedTo": {"uriBaseId": "%SRCROOT%"},
        }
        if report.committed_at:
            source["asOfTimeUtc"] = f"{moment(report.committed_at)}Z"
        run["versionControlProvenance"] = [source]
    return run


def _rule(rule: RuleSummary) -> _Json:
    level = LEVEL[rule.severity]
    help_ = f"{rule.summary}\n\nWhy it matters: {rule.why}\n\nHow to fix: {rule.fix}"
    markdown = "\n\n".join(
        (
            _markdown.text(rule.summary),
            f"**Why it matters.** {_markdown.text(rule.why)}",
            f"**How to fix.** {_markdown.text(rule.fix)}",
            f"`readiness explain {rule.id}` tells more.",
        )
    )
    properties: _Json = {
        "tags": sorted({str(rule.dimension), str(rule.area)}),
        "precision": "high" if rule.status == "stable" else "medium",
        "problem.severity": PROBLEM[level],
    }
    if rule.dimension is Dimension.SECURITY:
        properties["security-severity"] = SECURITY[rule.severity]
    return {
        "id": rule.id,
        "name": rule.name,
        "shortDescription": {"text": _cut(rule.summary)},
        "fullDescription": {"text": _cut(f"{rule.summary} {rule.why}")},
        "help": {"text": help_, "markdown": markdown},
        "defaultConfiguration": {"level": level},
        "properties": properties,
    }


def _result(
    finding: Finding,
    place: Location | None,
    waived: Waived | None,
    rules: dict[str, int],
    ordinal: int,
) -> _Json:
    result: _Json = {
        "ruleId": finding.rule,
        "ruleIndex": rules[finding.rule],
        "level": LEVEL[finding.severity],
        "message": _message(finding.message),
        "locations": [{"physicalLocation": _physical(place)}],
        "partialFingerprints": {
            "primaryLocationLineHash": f"{finding.fingerprint}:{ordinal}",
            "readiness/v1": finding.fingerprint,
        },
        "properties": {"severity": finding.severity, "confidence": finding.confidence},
    }
    if waived:
        who = [waived.reason, waived.owner, f"until {waived.until}" if waived.until else ""]
        why = ", ".join(part for part in who if part)
        suppression = {"kind": "external", "status": "accepted", "justification": safe(why)}
        result["suppressions"] = [suppression]
    return result


def _physical(place: Location | None) -> _Json:
    """An artifact in the repository, and the lines, from the beginning of the first."""
    if place is None or place.path is None:
        return {"artifactLocation": {"uri": _NOWHERE}, "region": _region(1, 1)}
    start = place.line or 1
    return {
        "artifactLocation": _artifact(place.path),
        "region": _region(start, max(start, place.end_line or start)),
    }


def _artifact(path: str) -> _Json:
    return {"uri": uri(path), "uriBaseId": "%SRCROOT%"}


def _region(start: int, end: int) -> _Json:
    return {"startLine": start, "startColumn": 1, "endLine": end, "endColumn": 1}


def _related(finding: Finding) -> _Json:
    """The places of the evidence."""
    placed = [each for each in finding.evidence if each.location.path is not None]
    if not placed:
        return {}
    return {
        "relatedLocations": [
            {
                "id": number,
                "physicalLocation": _physical(each.location),
                "message": _message(_told(each)),
            }
            for number, each in enumerate(placed[:_MOST_RELATED], 1)
        ]
    }


def _told(evidence: Evidence) -> str:
    return evidence.summary if evidence.speaks is Speaks.FOR else f"against: {evidence.summary}"


def _message(text: str) -> _Json:
    """A message in which braces are no placeholders and brackets no links."""
    text = safe(text).replace("{", "{{").replace("}", "}}")
    return {"text": _LINK.sub(r"\\[", text)}


def _notes(report: Report, left_out: int, homeless: int) -> Iterator[_Json]:
    """What the run leaves out or could not do."""
    for error in report.rule_errors:
        yield _note("error", f"rule {error.rule} crashed: {error.error}")
    if left_out:
        yield _note(
            "warning",
            f"{count(left_out, 'result')} of the least severity left out: code scanning takes"
            f" {MOST_RESULTS:,} results and 10 MB when compressed",
        )
    if homeless:
        yield _note(
            "note",
            f"{count(homeless, 'finding belongs', 'findings belong')} to no file;"
            " the format sarif-all has them",
        )
    for skipped in report.skipped_files[:_MOST_NOTES]:
        place = {"physicalLocation": {"artifactLocation": _artifact(skipped.path)}}
        yield _note("note", f"not read: {skipped.reason}") | {"locations": [place]}
    more = len(report.skipped_files) - _MOST_NOTES
    if more > 0:
        yield _note("note", f"{count(more, 'more file was', 'more files were')} not read")


def _note(level: str, text: str) -> _Json:
    return {"level": level, "message": _message(text)}


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
