"""HYG004: a module that is a copy of another one, or was one once."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import ClassVar

from readiness.facts import shingles
from readiness.index import RepoIndex
from readiness.index.inventory import FileClass
from readiness.index.near_copies import INSIDE, SHAPED, WHOLE, NearCopy, build, compared
from readiness.index.twins import Choice
from readiness.model import ActionKind, Area, Confidence, Dimension, Finding, Severity
from readiness.rule import Example, Reads, Rule, for_

from ._copies import unnamed, unused, users, uses
from ._copy_choices import Choices, in_the_making, in_use, told_elsewhere
from ._figures import counted, day
from ._put_away import PutAway, put_away
from ._redirects import redirected

_BODY = "".join(
    f"def {name}(first, second):\n    total = first + second\n    for each in range(total):\n"
    f"        first = {name}(each, second)\n        total = total + first\n"
    "    while second > total:\n        second = second - first\n"
    "    if first == second:\n        return total\n    return first\n"
    for name in ("load", "store", "check", "merge", "clean")
)
_MORE = "def more(first):\n    return first\n"
_MAIN = "-- main.py --\nfrom fastapi import FastAPI\nimport shop.orders\napp = FastAPI()\n"


class NearDuplicateModule(Rule):
    """Two modules hold the same code.

    What it does
        Finds the pairs of live Python modules that are equal, have 85 % of their words in common,
        or of which one lies within the other, and says which one is current: what an entrypoint
        reaches, live code imports, its docstring calls the successor, or who is still edited.
        Finds also the programs that nothing uses and of which an archive holds an equal copy.

    Why it matters
        A fault that is mended in one of the two lives on in the other, and who looks for the code
        finds the wrong one as often as not.

    How to fix
        Remove the copy that nothing uses. Where both are used, let one import the other.

    Limits
        Modules of less than 40 lines (12 if they are equal), tests, examples, migrations and
        generated code are left out, and so is what is alike on purpose: files of one name in a row
        of folders, three or more in one folder, environments and versions. The words are compared
        where two files bear one name; other pairs are told by their functions, which must have the
        same names and lengths.
    """

    id = "HYG004"
    name = "near-duplicate-module"
    dimension = Dimension.CLEANUP
    area = Area.PARALLEL
    severity = Severity.MEDIUM
    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            "a module and what was copied from it",
            f"{_MAIN}-- shop/orders.py --\n{_BODY}-- billing/orders.py --\n{_BODY}{_MORE}",
            ("billing/orders.py",),
        ),
        Example(
            "a copy of what code imports that nobody knows to be started",
            f"-- shop/orders.py --\n{_BODY}-- shop/report.py --\nimport shop.orders\n"
            f"-- billing/orders.py --\n{_BODY}",
            ("billing/orders.py",),
        ),
        Example(
            "a copy under another name",
            f"{_MAIN}-- shop/orders.py --\n{_BODY}-- shop/requests.py --\n{_MORE}{_BODY}",
            ("shop/requests.py",),
        ),
        Example(
            "live code uses both",
            f"{_MAIN}import billing.orders\n-- shop/orders.py --\n{_BODY}"
            f"-- billing/orders.py --\n{_BODY}",
            ("billing/orders.py",),
        ),
        Example(
            "a script that was copied to an archive",
            f"-- archive/scripts/check.py --\n{_BODY}-- check.py --\n{_BODY}",
            ("check.py",),
            "2026-01-01 ann | A check.py\n2026-02-01 ann | A archive/scripts/check.py\n",
        ),
        Example(
            "siblings of one shape under other names",
            f"{_MAIN}-- shop/orders.py --\n{_BODY}-- shop/requests.py --\n"
            + _BODY.replace("def ", "def request_"),
        ),
        Example(
            "one adapter in each of a row of folders",
            "".join(f"-- adapters/{name}/client.py --\n{_BODY}" for name in ("aws", "gcp", "az")),
        ),
        Example(
            "versions of an interface, migrations, tests and examples",
            "".join(
                f"-- {folder}/orders.py --\n{_BODY}"
                for folder in ("api/v1", "api/v2", "app/migrations", "tests/a", "examples/b")
            ),
        ),
    )

    def reads(self, paths: Collection[str]) -> Reads:
        return {shingles.SLICE: compared(paths)}

    def check(self, index: RepoIndex) -> Iterator[Finding]:
        told: set[str] = set()
        undecided = []
        copies = [copy for copy in build(index) if not told_elsewhere(index, copy)]
        choices = Choices(index, copies)
        for copy in copies:
            choice = choices.of(copy)
            if not choice.current:
                undecided.append((copy, choice))
            elif (loser := _other(copy, choice.current)) not in told:
                if max(copy.share, copy.inside(loser)) < SHAPED:
                    continue  # a part of it lives on in the other one
                told.add(loser)
                yield self._finding(index, copy, loser, choice)
        for copy, choice in undecided:
            if told.isdisjoint((copy.left, copy.right)):
                told.update((copy.left, copy.right))
                yield self._finding(index, copy, copy.left, choice)
        for each in put_away(index):
            if each.path not in told:
                yield self._left_over(index, each)

    def _left_over(self, index: RepoIndex, each: PutAway) -> Finding:
        return self.finding(
            each.path,
            f"{each.path} was put away as {each.archived}, and is still there",
            severity=Severity.LOW,
            confidence=Confidence.HIGH if each.sure else Confidence.MEDIUM,
            evidence=[
                for_("they are the same byte for byte", each.archived),
                for_(f"the copy came to the archive on {day(each.at)}, later than its last change"),
                *(uses(index, each.path) or [for_("nothing starts, imports or names it")]),
            ],
            subjects=(each.path, each.archived),
            key="put away",
            action=ActionKind.ARCHIVE if each.sure else ActionKind.AUDIT,
            targets=(each.path,),
        )

    def _finding(self, index: RepoIndex, copy: NearCopy, loser: str, choice: Choice) -> Finding:
        other = _other(copy, loser)
        both = in_use(index, loser) and in_use(index, other)
        inside = copy.inside(loser)
        used = users(index, [loser], most=4)
        spare = _spare(index, copy, loser, other, choice)
        free = spare and not used and (copy.same or not in_the_making(index, loser, other))
        if both:
            verdict, action = "and both are in use", ActionKind.MODIFY
        else:
            verdict = "which is the current one" if choice.current else "and nothing tells which is"
            action = ActionKind.ARCHIVE if free and choice.current else ActionKind.AUDIT
        edits = redirected(index, loser, other) if both and choice.current else ()
        return self.finding(
            loser,
            f"{loser} is a copy of {other}, {verdict}",
            severity=Severity.MEDIUM if copy.read and not both else Severity.LOW,
            confidence=Confidence.HIGH if free else Confidence.MEDIUM,
            evidence=[for_(_alike(copy, inside), other), *choice.evidence, *used],
            subjects=(loser, other),
            key=other,
            action=action,
            targets=dict.fromkeys((loser, *(edit.path for edit in edits)))
            if choice.current or both
            else (loser, other),
            edits=edits,
        )


def _spare(index: RepoIndex, copy: NearCopy, loser: str, other: str, choice: Choice) -> bool:
    """Does nothing want the copy, while the other one is in use? Where that is not known to be
    started, as live code imports it, the copy must be one word for word, and no script."""
    inside = copy.inside(loser)
    if not copy.read or inside < INSIDE:
        return False
    if in_use(index, other):
        return unused(index, loser)
    script = index.inventory.is_(loser, FileClass.SCRIPT)
    imported = choice.by == "imported" and choice.current == other
    return inside >= WHOLE and imported and not script and unnamed(index, loser)


def _alike(copy: NearCopy, inside: float) -> str:
    if copy.same:
        return "they are the same byte for byte"
    if copy.read:
        return f"{copy.share:.0%} of their words are the same, {inside:.0%} of those of the copy"
    functions = counted(copy.functions, "function")
    return f"{functions} have the same names and lengths, {inside:.0%} of the copy"


def _other(copy: NearCopy, one: str) -> str:
    return copy.right if one == copy.left else copy.left
