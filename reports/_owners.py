"""Who answers for findings, as the weekly page names them."""

from __future__ import annotations

from collections.abc import Set

from readiness.model import Owner, Report


def owner_of(report: Report, fingerprints: Set[str]) -> str:
    """Who owns most of these findings; "" if unknown, or if it is the same for everything. Where
    nobody is declared to own anything it is the last author, and that is told once."""
    if sole_owner(report):
        return ""
    owned = [(len(fingerprints & {*own.fingerprints}), own) for own in report.owners]
    owned = [(number, owner) for number, owner in owned if number and owner.name]
    if not owned:
        return ""
    first = min(owned, key=lambda entry: (-entry[0], not entry[1].declared, entry[1].name))
    declared = any(owner.declared for owner in report.owners)
    return named(first[1]) if declared else first[1].name


def sole_owner(report: Report) -> str:
    """Who answers for all there is; "" where they are several, or unknown."""
    return named(report.owners[0]) if len(report.owners) == 1 and report.owners[0].name else ""


def owners(report: Report) -> str:
    """Who owns everything, or what kind of owners are told of; "" where that needs no word."""
    if sole := sole_owner(report):
        return f"All that was found belongs to {sole}."
    if len(report.owners) < 2 or any(owner.declared for owner in report.owners):
        return ""
    return "Owners are last authors: no CODEOWNERS names others."


def named(owner: Owner) -> str:
    """The name, and how it is known where nobody declared it."""
    return owner.name if owner.declared else f"{owner.name} (last author)"
