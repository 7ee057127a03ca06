"""What each step gains: alone, along the plan, and which steps a target needs."""

from __future__ import annotations

from collections.abc import Set

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from readiness.model import (
    Action,
    ActionKind,
    Coverage,
    Dimension,
    Edit,
    EditKind,
    Effort,
    Phase,
    Score,
    Scorecard,
    Verdict,
    Where,
)
from readiness.plan.gains import weighed

TESTS, SECURITY = Dimension.TESTS, Dimension.SECURITY


class Losses:
    """Each finding costs points of one dimension; `anew` is what appears once files are gone."""

    def __init__(
        self, losses: dict[str, tuple[Dimension, float]], anew: float = 0.0, cap: float = 10.0
    ) -> None:
        self.losses = losses
        self.anew = anew
        self.cap = cap  # of a dimension while any of its findings is open

    def __call__(
        self, solved: Set[str], gone: Set[str], judged: frozenset[str] = frozenset()
    ) -> Scorecard:
        scores = []
        for dimension in (TESTS, SECURITY):
            open_ = [
                points
                for print_, (where, points) in self.losses.items()
                if where is dimension and print_ not in solved
            ]
            value = min(10 - sum(open_), self.cap if open_ else 10.0)
            scores.append(Score(dimension, max(0.0, value - (self.anew if judged else 0)), None))
        overall = sum(score.value or 0 for score in scores) / len(scores)
        whole = Coverage(1, 1)
        return Scorecard(
            overall, overall, Verdict.NOT_READY, whole, None, tuple(scores), "1", 9, "service"
        )


def modify(*because: str, effort: Effort = Effort.SMALL) -> Action:
    return Action(ActionKind.MODIFY, (), "", because, effort=effort)


def archive(path: str, *because: str, phase: Phase = Phase.CLEANUP) -> Action:
    return Action(ActionKind.ARCHIVE, (path,), "", because, phase=phase)


def test_gains_are_told_alone_and_along_the_plan() -> None:
    losses = Losses({"a": (TESTS, 2.0), "b": (SECURITY, 4.0)})
    actions, forecast = weighed([modify("a"), modify("b")], {}, losses, 9.0)
    assert [action.gain for action in actions] == [1.0, 2.0]
    assert [action.after for action in actions] == [8.0, 10.0]
    assert [(each.dimension, each.now, each.after) for each in forecast] == [
        (TESTS, 8.0, 10.0),
        (SECURITY, 6.0, 10.0),
    ]


def test_a_finding_ends_when_all_that_it_asks_for_is_done() -> None:
    losses = Losses({"a": (TESTS, 2.0)})
    actions, _ = weighed([archive("x", "a"), modify("a")], {}, losses, 9.0)
    assert [action.gain for action in actions] == [0.0, 0.0]
    assert [action.after for action in actions] == [9.0, 10.0]


def test_what_files_that_go_end_is_gained_with_them() -> None:
    losses = Losses({"a": (TESTS, 2.0), "secret": (SECURITY, 4.0)})
    actions, _ = weighed([archive("x", "a")], {"secret": ("x",)}, losses, 9.0)
    assert actions[0].after == 10.0


def test_where_files_go_the_rules_are_asked_anew_and_bound_the_steps_before() -> None:
    losses = Losses({"a": (TESTS, 2.0), "b": (TESTS, 2.0), "c": (TESTS, 1.0)}, anew=1.5)
    plan = [modify("a"), archive("x", "b"), modify("c")]
    actions, _ = weighed(plan, {}, losses, 9.0)
    assert [action.after for action in actions] == [8.0, 8.0, 8.5]


def test_what_a_machine_does_is_told_apart() -> None:
    losses = Losses({"a": (TESTS, 2.0), "b": (TESTS, 1.0), "c": (TESTS, 0.5)}, anew=0.25)
    edit = Edit(EditKind.ADD_LINES, "x", ("*.log",))
    plan = [replace(modify("a"), edits=(edit,)), modify("b"), archive("y", "c")]
    _, forecast = weighed(plan, {}, losses, 9.0)
    assert (forecast[0].now, forecast[0].applied, forecast[0].after) == (6.5, 8.75, 9.75)


def test_what_is_kept_or_done_outside_gains_nothing_that_the_score_sees() -> None:
    keep = Action(ActionKind.KEEP, ("a",), "", ())
    attest = Action(ActionKind.ATTEST, (), "", ("a",), where=Where.OUTSIDE)
    actions, _ = weighed([keep, attest, modify("a")], {}, Losses({"a": (TESTS, 2.0)}), 9.0)
    assert [(each.gain, each.after) for each in actions] == [(None, None), (None, 9.0), (1.0, 10.0)]


def test_a_target_needs_as_few_steps_as_reach_it_in_each_dimension() -> None:
    losses = Losses({"big": (TESTS, 3.0), "small": (TESTS, 0.5), "weak": (SECURITY, 0.9)})
    actions, _ = weighed([modify("small"), modify("weak"), modify("big")], {}, losses, 9.0)
    assert [action.needed for action in actions] == [False, False, True]


def test_of_two_that_would_do_the_one_with_more_effort_is_left_out() -> None:
    losses = Losses({"a": (TESTS, 1.0), "b": (TESTS, 1.0)})
    plan = [modify("a", effort=Effort.LARGE), modify("b")]
    actions, _ = weighed(plan, {}, losses, 9.0)
    assert [action.needed for action in actions] == [False, True]


def test_all_that_caps_a_dimension_is_needed() -> None:
    losses = Losses({"a": (TESTS, 0.1), "b": (TESTS, 0.1)}, cap=3.9)
    actions, _ = weighed([modify("a"), modify("b")], {}, losses, 9.0)
    assert [(action.gain, action.needed) for action in actions] == [(0.0, True), (0.0, True)]


def test_work_outside_is_needed_where_its_finding_is() -> None:
    attest = Action(ActionKind.ATTEST, (), "", ("a",), where=Where.OUTSIDE)
    other = Action(ActionKind.ATTEST, (), "", ("b",), where=Where.OUTSIDE)
    losses = Losses({"a": (TESTS, 3.0), "b": (TESTS, 0.1)})
    actions, _ = weighed([attest, other, modify("a"), modify("b")], {}, losses, 9.0)
    assert [action.needed for action in actions] == [True, False, True, False]


def test_a_target_out_of_reach_marks_what_comes_as_near_as_all() -> None:
    losses = Losses({"a": (TESTS, 1.0), "never": (TESTS, 3.0)})
    actions, forecast = weighed([modify("a")], {}, losses, 9.0)
    assert (actions[0].needed, forecast[0].after) == (True, 7.0)


names = st.sampled_from("abcdefg")
losses = st.dictionaries(
    names, st.tuples(st.sampled_from([TESTS, SECURITY]), st.floats(0, 3)), min_size=1
)


@given(losses, st.lists(st.lists(names, max_size=3), max_size=6), st.floats(0, 10))
def test_no_step_lowers_the_score_and_the_needed_ones_reach_what_all_reach(
    costs: dict[str, tuple[Dimension, float]], because: list[list[str]], target: float
) -> None:
    evaluate = Losses(costs)
    plan = [modify(*prints) for prints in because]
    actions, _ = weighed(plan, {}, evaluate, target)
    along = [action.after for action in actions if action.after is not None]
    assert along == sorted(along)
    asked: dict[str, set[int]] = {}
    for number, action in enumerate(actions):
        for print_ in action.because:
            asked.setdefault(print_, set()).add(number)
    needed = {number for number, action in enumerate(actions) if action.needed}
    done = evaluate({print_ for print_, by in asked.items() if by <= needed}, set())
    whole = evaluate(set(asked), set())
    for reached, best in zip(done.dimensions, whole.dimensions, strict=True):
        assert (reached.value or 0) >= min(target, best.value or 0) - 1e-9
