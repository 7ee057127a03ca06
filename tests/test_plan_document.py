"""The plan file: what is written is read back, and what is wrong is told with its line."""

from __future__ import annotations

import string
import time
import tomllib

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from readiness.errors import PlanError
from readiness.model import (
    Action,
    ActionKind,
    Edit,
    EditKind,
    Effort,
    Evidence,
    Location,
    Phase,
    Plan,
    Priority,
    Speaks,
    Where,
    decode_path,
)
from readiness.plan.document import read, write
from readiness.plan.fields import path_fault
from readiness.plan.identity import identify

BASE = "8c9565c" + "0" * 33
HEAD = f'version = 1\nbase_commit = "{BASE}"\n'


def action(kind: str, *paths: str, **more: object) -> str:
    shown = ", ".join(f'"{path}"' for path in paths)
    lines = [f"{key} = {value}" for key, value in more.items()]
    return "\n".join(["", "[[action]]", f'action = "{kind}"', *lines, f"paths = [{shown}]", ""])


def fault(text: str) -> str:
    with pytest.raises(PlanError) as caught:
        read(text, "plan.toml")
    return str(caught.value)


words = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
names = st.text(string.ascii_letters + " .-_'\"#[]=üß漢", min_size=1, max_size=8).map(str.encode)
raw_paths = st.lists(names | st.binary(min_size=1, max_size=6), min_size=1, max_size=3)
paths = raw_paths.map(lambda parts: decode_path(b"/".join(parts))).filter(
    lambda path: path_fault(path) is None
)
points = st.none() | st.floats(0, 10)


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    free = iter(draw(st.lists(paths, unique=True, max_size=12)))
    actions = []
    for number in range(draw(st.integers(0, 5))):
        own = tuple(path for path, _ in zip(free, range(draw(st.integers(0, 4))), strict=False))
        blob = st.sampled_from(["", "a" * 40, "b" * 64])
        blobs = tuple(draw(blob) for _ in own)
        edit = st.builds(
            Edit,
            st.sampled_from(EditKind),
            st.sampled_from(own or ("",)),
            st.lists(words, max_size=3).map(tuple),
            st.none() | st.integers(1, 9_999),
        )
        actions.append(
            Action(
                kind=draw(st.sampled_from(ActionKind)),
                paths=own,
                title=draw(words),
                because=tuple(draw(st.lists(st.just("0123456789abcdef"), max_size=2))),
                evidence=tuple(
                    Evidence(text, Location("a\nb", 3), speaks)
                    for text, speaks in draw(
                        st.lists(st.tuples(words, st.sampled_from(Speaks)), max_size=10)
                    )
                ),
                blockers=tuple(draw(st.lists(words, max_size=2))),
                id=f"A{number}",
                blobs=blobs if any(blobs) else (),
                edits=tuple(draw(st.lists(edit, max_size=2))) if own else (),
                where=draw(st.sampled_from(Where)),
                phase=draw(st.sampled_from(Phase)),
                priority=draw(st.sampled_from(Priority)),
                effort=draw(st.sampled_from(Effort)),
                effort_why=draw(words),
                gain=draw(points),
                after=draw(points),
                needed=draw(st.booleans()),
                verify=draw(words),
                undo=draw(words),
                reason=draw(words),
                rules=tuple(draw(st.lists(st.sampled_from(["HYG001", "TST002"]), max_size=2))),
            )
        )
    base = draw(st.sampled_from([None, BASE, "f" * 64]))
    return Plan(base, tuple(actions), identify(base, actions), draw(points))


@given(plans(), words, st.lists(words, max_size=3))
def test_what_is_written_is_read_back_but_for_the_evidence(
    plan: Plan, repository: str, notes: list[str]
) -> None:
    bare = tuple(msgspec.structs.replace(action, evidence=()) for action in plan.actions)
    found = read(write(plan, repository=repository, notes=notes))
    told = tuple(msgspec.structs.replace(action, evidence=()) for action in found.actions)
    same = msgspec.structs.replace(found, actions=told)
    assert same == msgspec.structs.replace(plan, actions=bare)
    assert all(len(action.evidence) <= 1 for action in found.actions)


@given(st.text() | st.binary().map(lambda data: data.decode("latin-1")))
def test_any_text_is_read_or_refused_in_one_line(text: str) -> None:
    for whole in (text, HEAD + text, HEAD + action("REMOVE", "a") + text):
        try:
            read(whole)
        except PlanError as error:
            assert str(error).isprintable()


@given(
    st.dictionaries(st.sampled_from(["action", "paths", "edits", "blobs", "phase", "gain"]), words)
)
def test_values_of_other_types_are_refused(table: dict[str, str]) -> None:
    lines = [f"{key} = {msgspec.json.encode(value).decode()}" for key, value in table.items()]
    text = HEAD + "[[action]]\n" + "\n".join(lines)
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    if set(table) != {"action"} or table["action"] not in set(ActionKind):
        fault(text)


def test_evidence_stands_in_comments() -> None:
    evidence = (
        Evidence("nothing imports it", Location("old/a.py")),
        Evidence("a document names it", Location("docs/a.md", 4), Speaks.AGAINST),
    )
    shown = write(Plan(BASE, (Action(ActionKind.ARCHIVE, ("old/a.py",), "old", (), evidence),)))
    assert "# for     nothing imports it  (old/a.py)\n" in shown
    assert "# against a document names it  (docs/a.md:4)\n" in shown


def test_one_sentence_of_the_evidence_is_data_for_the_commit() -> None:
    evidence = (
        Evidence("a document names it", Location("docs/a.md", 4), Speaks.AGAINST),
        Evidence("old/a.py: nothing imports it", Location("old/a.py")),
        Evidence("the folder calls itself old", Location("README.md", 2)),
    )
    paths = ("old/a.py", "old/b.py")
    going = Action(ActionKind.ARCHIVE, paths, "old", (), evidence)
    shown = write(Plan(BASE, (going,)))
    told = "the folder calls itself old  (README.md:2)"
    assert f'evidence = "{told}"\n' in shown
    assert [action.evidence for action in read(shown).actions] == [(Evidence(told),)]
    alone = msgspec.structs.replace(going, evidence=evidence[:2])
    assert 'evidence = "old/a.py: nothing imports it  (old/a.py)"\n' in write(Plan(BASE, (alone,)))
    assert write(read(shown)) == write(read(write(read(shown))))


def test_a_path_that_no_terminal_should_show_is_left_out_and_said_so() -> None:
    going = Action(ActionKind.REMOVE, ("a\x1b[2J.py", "b.py"), "old", (), blobs=("a" * 40, ""))
    shown = write(Plan(BASE, (going,)))
    assert "# 1 more, whose names no plan can hold: see to them by hand" in shown
    assert [action.paths for action in read(shown).actions] == [("b.py",)]


def test_an_action_that_a_person_added_needs_no_name() -> None:
    text = HEAD + action("REMOVE", "a", id='"A1"') + action("KEEP", "b", reason='"ours"')
    assert [(each.id, each.reason) for each in read(text).actions] == [("A1", ""), ("A2", "ours")]


def test_a_changed_plan_has_another_id() -> None:
    text = HEAD + action("REMOVE", "a", "b")
    assert read(text).id != read(text.replace('"a", ', "")).id
    assert read(text).id == read(text + "\n# a remark\n").id


def test_keep_wins_over_what_would_remove_or_ask_also_for_a_folder() -> None:
    text = (
        HEAD
        + action("ARCHIVE", "old/a", "old/b/c", "older", blobs=f'{{ older = "{"a" * 40}" }}')
        + action("AUDIT", "x")
        + action("KEEP", "old/", "x")
    )
    kept = read(text).actions
    assert [(each.kind, each.paths, each.blobs) for each in kept] == [
        ("ARCHIVE", ("older",), ("a" * 40,)),
        ("KEEP", ("old/", "x"), ()),
    ]


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("", "is empty"),
        ("/etc/passwd", "is absolute"),
        ("../x", "is not plain"),
        ("a/../../x", "is not plain"),
        ("a//x", "is not plain"),
        ("./x", "is not plain"),
        ("a/", "is a folder, which only a KEEP may name; name its files"),
        (".git/config", "lies in Git's own folder"),
        ("sub/.GIT/hooks/post-checkout", "lies in Git's own folder"),
        ("GIT~1/hooks/post-checkout", "lies in Git's own folder"),
        (".git./config", "lies in Git's own folder"),
        (".git::$INDEX_ALLOCATION/config", "lies in Git's own folder"),
        (".g\\u200cit/config", "lies in Git's own folder"),
        ("\\\\x2e\\\\x2e/x", "holds a backslash that escapes nothing"),
        ("a\\\\b", "holds a backslash that escapes nothing"),
        ("a\\u0000", "holds control characters"),
        ("a\\nb", "holds control characters"),
        ("x" * 5_000, "is longer than 4096 bytes"),
    ],
)
def test_a_path_that_leaves_the_tree_or_is_not_plain_is_refused(path: str, told: str) -> None:
    assert told in fault(HEAD + action("REMOVE", path, id='"A7"'))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "plan.toml:1: version must be 1; make the plan anew: readiness plan"),
        ("version = true", "plan.toml:1: version must be 1; make the plan anew: readiness plan"),
        ("version = 1\nx = [", "plan.toml: is not TOML: Invalid value (at end of document)"),
        ("version = 1\ntarget = " + "9" * 5_000, "is not TOML: a number has too many digits"),
        (HEAD + action("KEEP", "/"), "plan.toml:6: paths '/' is absolute"),
        ("version = 1\n\nactoin = 3", "plan.toml:3: actoin is no key of a plan; choose one of"),
        ('version = 1\nbase_commit = "HEAD"', "plan.toml:2: base_commit must be the whole id"),
        ("version = 1\ntarget = nan", "plan.toml:2: target must be a number from 0 to 10"),
        ("version = 1\naction = 3", "plan.toml:2: action must be tables"),
        (
            HEAD + action("DELETE", "a", id='"A1"'),
            "plan.toml:5: action A1: action DELETE is none; choose one of KEEP, ARCHIVE",
        ),
        (
            HEAD + action("archive", "a"),
            "plan.toml:5: action archive is none; did you mean ARCHIVE?",
        ),
        (
            HEAD + action("REMOVE", "a") + action("REMOVE", "b", id='"A2"', pahts="[]"),
            "plan.toml:11: action A2: pahts is no key of a plan; did you mean paths?",
        ),
        (HEAD + action("REMOVE", "a", "a"), "plan.toml:6: paths a stands twice; delete one"),
        (
            HEAD + action("REMOVE", "a", id='"X"') + action("AUDIT", "b", "a", id='"Y"'),
            "plan.toml:12: action Y: paths a is in X too; delete it from one of them",
        ),
        (
            HEAD + action("REMOVE", "a", id='"X"') + action("MODIFY", "a", id='"Y"'),
            "plan.toml:12: action Y: paths a is REMOVE in X; delete it here or there",
        ),
        (
            HEAD + action("KEEP", "a", id='"X"') + action("KEEP", "b", id='"X"'),
            "plan.toml:11: action X: id names two actions; give one another name",
        ),
        (HEAD + action("REMOVE", "a", phase=9), "plan.toml:6: phase must be a number from 1 to 5"),
        (HEAD + action("REMOVE", "a", phase="true"), "phase must be a number from 1 to 5"),
        (HEAD + action("REMOVE", "a", gain="inf"), "gain must be a number from -10 to 10"),
        (HEAD + action("REMOVE", "a", because='["HEAD"]'), "because must be fingerprints"),
        (
            HEAD + action("MODIFY", "a", edits='[{ kind = "cut", path = "b", what = [] }]'),
            "plan.toml:6: edits b is not among the paths",
        ),
        (
            HEAD + action("MODIFY", "a", edits='[{ kind = "run", path = "a", what = [] }]'),
            "plan.toml:6: edits run is none; choose one of add lines, cut",
        ),
        (
            HEAD + action("MODIFY", "a", blobs='{ a = "main" }'),
            "blobs a must have the id of a blob",
        ),
        (HEAD + action("REMOVE") + "x = " + "[" * 9_999, "plan.toml: is nested too deep"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(text: str, told: str) -> None:
    assert told in fault(text)


def test_a_plan_of_three_thousand_files_is_written_and_read_at_once() -> None:
    many = tuple(f"services/some_folder_{n % 40}/archive/module_{n}.py" for n in range(3_000))
    plan = Plan(BASE, (Action(ActionKind.ARCHIVE, many, "archives", (), id="A1"),))
    begin = time.process_time()
    assert read(write(plan)).actions == plan.actions
    assert time.process_time() - begin < 2
