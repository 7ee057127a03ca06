"""Verify: the repository's own tests, before the cleanup and after it, test by test.

What breaks a test is found by bisection over the steps of the plan and stays; the rest is verified
again. This, and nothing else in readiness, executes code of the audited repository.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec import Struct

from readiness.apply.journal import ApplyError
from readiness.apply.verify.outcomes import Outcome, Run, worse
from readiness.apply.verify.units import Kept, Unit, keeping, only, units
from readiness.errors import one_line
from readiness.model import Plan

__all__ = ["Kept", "Run", "Verified", "verify"]

_SINGLE = 5  # steps of one action that break tests, from which all of it stays
_LISTED = 20
_SHORT, _TIMES = 30.0, 4.0  # a run after the first may take so many seconds more, times as long

Runner = Callable[[Plan, float | None], Run]


class Verified(Struct, frozen=True):
    """`plan` as the tests allow it, what of it is `kept` for them, and what there is to say."""

    plan: Plan
    kept: tuple[Kept, ...]
    told: tuple[str, ...]


def verify(plan: Plan, run: Runner, note: Callable[[str], object] = lambda note: None) -> Verified:
    """`run` gives what the tests say of the tree that a plan leaves, in so many seconds at most.

    Raises ApplyError where the tests prove nothing because none passes before.
    """
    return _Verification(plan, run, note).verified()


class _Verification:
    def __init__(self, plan: Plan, run: Runner, note: Callable[[str], object]) -> None:
        self.plan = plan
        self.note = note
        self._run = run
        self._seconds: float | None = None
        self.steadily: set[str] = set()  # tests that failed twice
        self.unsteady: set[str] = set()  # tests that passed and failed with the same files
        self.kept: list[tuple[Unit, Kept]] = []
        self.before = self.run([])
        self._seconds = self.before.seconds * _TIMES + _SHORT

    def run(self, steps: Sequence[Unit]) -> Run:
        return self._run(only(self.plan, steps), self._seconds)

    def verified(self) -> Verified:
        before = self.before
        if not before.passed:
            said = f"its last line: {one_line(before.last)}" if before.last else "it said nothing"
            why = before.stopped or said
            raise ApplyError(
                f"no test passes before anything is changed, so they prove nothing ({why});"
                " name a command that works: --verify 'COMMAND'"
            )
        self.note(f"before: {_counted(before.passed, 'test')} passed in {before.seconds:.0f} s")
        steps = units(self.plan)
        good = 0  # so many of the first steps break nothing
        while True:
            broken = self.broken(steps)
            if self.steadily.isdisjoint(broken):
                broken = self.steady(steps, broken)
            if not broken:
                break
            fail = "test fails" if len(broken) == 1 else "tests fail"
            self.note(f"after it {len(broken):,} {fail} that passed; looking for what they need")
            number, tests = self.culprit(steps, good, broken)
            steps = self.without(steps, number, tests)
            good = number
        plan = keeping(self.plan, self.kept) if self.kept else self.plan
        return Verified(plan, tuple(kept for _, kept in self.kept), tuple(self.told(steps)))

    def broken(self, steps: Sequence[Unit]) -> tuple[str, ...]:
        """The tests that these steps break."""
        if not steps:
            return ()
        after = self.run(steps)
        found = worse(self.before, after, only(self.plan, steps))
        return tuple(name for name in found if name not in self.unsteady)

    def steady(self, steps: Sequence[Unit], broken: tuple[str, ...]) -> tuple[str, ...]:
        """Those of `broken` that pass before and fail after a second time too."""
        if not broken:
            return ()
        again = self.run([])
        self.unsteady |= {
            name
            for name in broken
            if name not in again.tests or again.tests[name].outcome is not Outcome.PASSED
        }
        left = set(broken) & set(self.broken(steps))
        self.unsteady |= set(broken) - left
        self.steadily |= left
        return tuple(sorted(left))

    def culprit(
        self, steps: Sequence[Unit], good: int, broken: tuple[str, ...]
    ) -> tuple[int, tuple[str, ...]]:
        """The first step with which a test fails that all before it leave alone, and the tests."""
        low, high, tests = good, len(steps), broken
        while high - low > 1:
            middle = (low + high) // 2
            found = tuple(name for name in self.broken(steps[:middle]) if name in broken)
            if found:
                high, tests = middle, found
            else:
                low = middle
        return high - 1, tests

    def without(self, steps: list[Unit], number: int, tests: tuple[str, ...]) -> list[Unit]:
        """The steps without the one that broke `tests`; where an action breaks them again and
        again, without all that is left of it."""
        unit = steps[number]
        self.kept.append((unit, Kept(unit.path, tests)))
        if sum(each.action == unit.action for each, _ in self.kept) < _SINGLE:
            return [*steps[:number], *steps[number + 1 :]]
        rest = [each for each in steps[number + 1 :] if each.action == unit.action]
        self.kept += [(each, Kept(each.path, tests)) for each in rest]
        return [
            *steps[:number],
            *(each for each in steps[number + 1 :] if each.action != unit.action),
        ]

    def told(self, steps: Sequence[Unit]) -> list[str]:
        """What the tests say of the steps that are left, and what they do not."""
        loaded = self.before.loaded
        told = [f"{_counted(self.before.passed, 'test')} passed before, and none is worse after it"]
        told += [
            f"kept {one_line(kept.path)}: {one_line(kept.tests[0])} fails without it"
            for _, kept in self.kept
        ]
        told += [
            f"{one_line(name)} passes at times only, so it says nothing"
            for name in sorted(self.unsteady)[:_LISTED]
        ]
        if not any("test" not in path for path in loaded):
            told.append(
                "the tests imported none of the repository's code from its scratch folder: they"
                " may have tested an installed copy"
            )
        goes = {path for each in only(self.plan, steps).actions for path in each.paths}
        changed = {edit.path for each in self.plan.actions for edit in each.edits}
        paths = sorted(path for path in goes if path.endswith(".py") or path not in changed)
        untested = [path for path in paths if path not in loaded]
        if untested:
            files = f"{len(untested):,} of the {len(paths):,} files that change or go"
            if len(paths) == 1:
                files = "the one file that changes or goes"
            they_are = "it is" if len(untested) == 1 else "they are"
            told.append(f"no test imports {files}, so no test says whether {they_are} needed:")
            told += [f"  {one_line(path)}" for path in untested[:_LISTED]]
            if len(untested) > _LISTED:
                told.append(f"  and {len(untested) - _LISTED:,} more")
        return told


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}" + ("" if number == 1 else "s")
