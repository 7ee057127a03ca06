"""The score history: which commits, what they scored, what changed, and what comes."""

from __future__ import annotations

import csv
import datetime
import io
import json
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from readiness import engine, history, registry
from readiness.configure import Options
from readiness.history import past
from readiness.history.choose import Chosen, choose
from readiness.history.trends import (
    FARTHEST,
    WEEK,
    Measured,
    causes,
    moves,
    outlook,
    traces_of,
    trend,
)
from readiness.index.history import Change, Commit, summarise
from readiness.model import (
    Confidence,
    Coverage,
    Dimension,
    Finding,
    Location,
    Outlook,
    Pace,
    Point,
    Reported,
    Severity,
    Trace,
    Trend,
    Verdict,
)
from readiness.repo import Repository

if TYPE_CHECKING:
    from conftest import Git, Program

    from readiness.index import RepoIndex
    from readiness.rule import Rule

START, DAY = 1_700_000_000, 86_400
LINE = [(f"c{number}", START + number * DAY) for number in range(30, -1, -1)]  # one a day


# -- which commits


def test_a_week_is_represented_by_the_last_commit_before_its_end() -> None:
    chosen = choose(LINE, "week", 52)
    assert [each.commit for each in chosen] == ["c2", "c9", "c16", "c23", "c30"]


def test_weeks_reach_back_from_the_newest_commit_and_not_from_today() -> None:
    assert [each.commit for each in choose(LINE, "week", 2)] == ["c16", "c23", "c30"]


def test_what_a_branch_held_when_the_weeks_began_is_a_point_too() -> None:
    line = [("new", START + 20 * WEEK), ("old", START)]
    assert [each.commit for each in choose(line, "week", 4)] == ["old", "new"]


def test_a_week_without_a_commit_makes_no_point() -> None:
    line = [("c", START + 10 * WEEK), ("b", START + WEEK), ("a", START)]
    assert [each.commit for each in choose(line, "week", 52)] == ["a", "b", "c"]


def test_every_commit_and_every_day_can_be_asked_for() -> None:
    line = [("d", START + DAY), ("c", START + 9), ("b", START), ("a", START - 2 * WEEK)]
    assert [each.commit for each in choose(line, "commit", 1)] == ["b", "c", "d"]
    assert [each.commit for each in choose(line, "day", 1)] == ["a", "b", "d"]


def test_releases_are_tagged_commits_and_the_newest_one() -> None:
    tags = {"v1": ("c3", START + 3 * DAY), "v2": ("c20", START + 20 * DAY), "x": ("b", 0)}
    assert choose(LINE, "release", 52, tags) == [
        Chosen("c3", START + 3 * DAY, "v1"),
        Chosen("c20", START + 20 * DAY, "v2"),
        Chosen("c30", START + 30 * DAY),
    ]


def test_a_clock_that_went_back_does_not_hide_commits() -> None:
    line = [("c", START + WEEK), ("b", START + 9 * WEEK), ("a", START)]
    assert [each.commit for each in choose(line, "week", 52)] == ["a", "c"]


# -- the past of every path


def _commits(shape: list[tuple[int, int]]) -> list[Commit]:
    """Commits of which each has one parent or two among those before it, and changes a path."""
    made: list[Commit] = []
    for number, (back, other) in enumerate(shape):
        near = [made[-1 - back % len(made)].id] if made else []
        far = [made[-1 - other % len(made)].id] if made and other % 3 == 0 else []
        changes = (Change("AMD"[(back + other) % 3], f"f{(back * other) % 4}"),)
        if (back + other) % 5 == 0:
            changes = (Change("R", f"f{other % 4}", f"f{back % 4}"),)
        parents = tuple(dict.fromkeys(near + far))
        made.append(Commit(f"id{number}", START + number, f"by {back}", changes, parents))
    return made


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=40))
def test_the_past_of_each_commit_is_what_its_own_ancestors_did(
    shape: list[tuple[int, int]],
) -> None:
    log = _commits(shape)
    by_id = {commit.id: commit for commit in log}
    line = [log[-1].id]
    while parents := by_id[line[-1]].parents:
        line.append(parents[0])
    wanted = line[::-1][::2]
    got = list(past.histories(log, wanted, [()] * len(wanted)))
    for name, known in zip(wanted, got, strict=True):
        own: set[str] = set()
        pending = [name]
        while pending:
            each = pending.pop()
            if each not in own:
                own.add(each)
                pending += by_id[each].parents
        assert known == summarise(commit for commit in log if commit.id in own)


def test_commits_that_do_not_lead_to_each_other_have_their_own_past() -> None:
    log = [
        Commit("root", 1, "a", (Change("A", "x"),)),
        Commit("left", 2, "b", (Change("A", "y"),), ("root",)),
        Commit("right", 3, "c", (Change("D", "x"),), ("root",)),
        Commit("both", 4, "d", (), ("left", "right")),
    ]
    left, right = past.histories(log, ["left", "right"], [(), ()])
    assert (set(left.files), set(right.files)) == ({"x", "y"}, set())


def test_the_past_of_a_merged_branch_is_that_of_git_log(git: Git) -> None:
    for number in range(12):
        git("checkout", "-q", "-b", f"b{number}") if number % 3 == 1 else None
        git.write(f"{number % 5}.py", f"x = {number}\n" * (number + 1))
        git.commit(at=START + number * DAY)
        if number % 3 == 2:
            git("checkout", "-q", "main")
            git("merge", "-q", "--no-ff", f"b{number - 1}", "-m", "m", at=START + number * DAY + 9)
    with Repository.open(git.folder) as repository:
        head, _ = repository.head()
        assert head is not None
        line = [commit for commit, _ in repository.line(head)][::-1]
        present = [{f.path for f in repository.snapshot(rev=commit).files} for commit in line]
        got = list(past.histories(repository.commits(head), line, present))
        assert got == [repository.history(commit) for commit in line]
        assert len(line) > 6


# -- what changed


def trace(name: str, path: str | None = "a.py", key: str = "k", cause: str = "") -> Trace:
    return Trace(name, "HYG001", Severity.HIGH, path, key, cause or name)


def point(week: float, *traces: Trace, overall: float | None = 5.0) -> Measured:
    return Measured(
        Point(
            commit=f"{int(week * 10):040d}",
            at=START + int(week * WEEK),
            overall=overall,
            with_waivers=overall,
            verdict=Verdict.NOT_READY,
            dimensions={Dimension.CLEANUP: overall, Dimension.TESTS: None},
            coverage=Coverage(1.0, 1.0),
            findings=len(traces),
            causes=causes(traces),
            model_version="2026.1",
            tool_version="0.1",
        ),
        traces,
    )


def test_a_delta_tells_what_was_fixed_came_up_and_came_back() -> None:
    stays, goes, comes = trace("stays", key="1"), trace("goes", key="2"), trace("comes", key="3")
    back = trace("back", key="4")
    found = trend(
        [point(0, back, stays), point(1, stays, goes), point(2, stays, comes, back, overall=5.5)]
    )
    delta = found.delta(1)
    assert delta is not None
    assert [each.fingerprint for each in delta.fixed] == ["goes"]
    assert (delta.new, delta.reopened) == (("comes",), ("back",))
    assert delta.overall == 0.5
    assert delta.dimensions == {Dimension.CLEANUP: 0.5, Dimension.TESTS: None}
    assert found.delta(4) is None


def test_the_week_is_counted_from_the_last_point_that_is_old_enough() -> None:
    delta = trend([point(0), point(0.9), point(1.5), point(2)]).delta(1)
    assert delta is not None
    assert delta.at == START + int(0.9 * WEEK)


def test_a_finding_is_as_old_as_the_first_point_that_has_it() -> None:
    old, moved = trace("old", "a/x.py", "same"), trace("moved", "b/x.py", "same")
    found = trend([point(0), point(1, old), point(2, moved)])
    assert found.first_seen == {"moved": START + WEEK}
    delta = found.delta(1)
    assert delta is not None
    assert (delta.fixed, delta.new, delta.reopened) == ((), (), ())


def test_one_copy_more_is_new_though_the_other_only_moved() -> None:
    before = [trace("one", "a/x.py")]
    after = [trace("two", "b/x.py"), trace("three", "c/x.py")]
    assert len(moves(before, after)) == 1


def test_without_a_key_another_file_is_another_finding() -> None:
    before = [trace("one", "a/x.py", "")]
    assert moves(before, [trace("two", "a/y.py", "")]) == {}
    assert moves(before, [trace("two", "b/x.py", "")]) == {"two": "one"}
    assert moves([trace("none", None, "")], [trace("more", None, "")]) == {}


def test_what_is_remembered_of_a_finding_holds_no_text_of_the_repository() -> None:
    finding = Finding(
        "SEC001",
        Location("a.py", 3),
        "message",
        Severity.CRITICAL,
        Confidence.HIGH,
        key="the key",
        cause="the cause",
    )
    (kept,) = traces_of([finding])
    assert (kept.fingerprint, kept.path) == (finding.fingerprint, "a.py")
    encoded = msgspec.json.encode(kept)
    assert b"the key" not in encoded
    assert b"the cause" not in encoded
    assert b"message" not in encoded


# -- what comes


def burning(*left: int) -> list[Measured]:
    """A point a week with so many causes, of which each week closes or brings the last."""
    names = [trace(f"n{number}", key=f"n{number}") for number in range(max(left))]
    return [point(week, *names[:many]) for week, many in enumerate(left)]


def test_there_is_no_forecast_from_fewer_than_four_points() -> None:
    assert outlook(burning(9, 8, 7)).reason == "a forecast needs 4 points or more"
    assert outlook(burning(9, 8, 7, 6)).reason == ""


def test_points_of_the_same_days_are_no_pace() -> None:
    crowded = [point(week / 10, trace("x")) for week in range(6)]
    assert outlook(crowded).reason == "the points span less than 3 weeks"


def test_a_steady_pace_has_one_end() -> None:
    told = outlook(burning(10, 8, 6, 4))
    assert told == Outlook(
        earliest=START + 5 * WEEK,
        latest=START + 5 * WEEK,
        left=4,
        done_per_week=2.0,
        weeks=3,
        paces=(Pace(3, 2.0, 0.0),),
    )


def test_the_range_goes_from_the_fastest_to_the_slowest_pace() -> None:
    told = outlook(burning(20, 20, 20, 20, 18, 16, 14, 12, 10))
    assert told.earliest == START + (8 + 5) * WEEK  # 2 a week in the last four
    assert told.latest == START + (8 + 8) * WEEK  # 10 in eight weeks
    assert told.paces == (Pace(4, 2.0, 0.0), Pace(8, 1.25, 0.0))


def test_what_comes_up_slows_the_slower_end_alone() -> None:
    first = [trace(f"n{number}", key=f"n{number}") for number in range(6)]
    new = [trace(f"m{number}", key=f"m{number}") for number in range(3)]
    steps = ((), new[:1], new[:2], new)
    told = outlook([point(n, *first[2 * n :], *more) for n, more in enumerate(steps)])
    assert told.earliest is not None
    assert told.latest is not None
    assert told.earliest < told.latest
    assert (told.done_per_week, told.new_per_week) == (2.0, 1.0)


def test_work_that_grows_has_no_latest_end() -> None:
    first = [trace(f"n{number}", key=f"n{number}") for number in range(9)]
    told = outlook([point(week, *first[week:], *first[: week // 2]) for week in range(4)])
    grown = outlook([point(w, *(trace(f"{w}{n}", key=f"{w}{n}") for n in range(w + 1)))
                     for w in range(5)])  # fmt: skip
    assert told.earliest is not None
    assert grown.earliest is not None
    assert grown.latest is None


def test_an_end_out_of_sight_is_not_foretold() -> None:
    told = outlook(burning(FARTHEST * 9, *[FARTHEST * 9 - 1] * 8))
    assert told.earliest is None
    assert "no end is in sight" in told.reason


def test_where_nothing_is_open_nothing_is_foretold() -> None:
    assert outlook(burning(3, 2, 1, 0)).reason == "nothing is open"


def test_an_empty_history_is_a_trend_without_points() -> None:
    assert trend([]) == Trend(())
    assert outlook([]).earliest is None


# -- the formats

NASTY = "v1<script>\n\x1b[31m\u202e,\"'=1+1"


def shown(format_: str, found: Trend) -> str:
    return registry.history_renderer(format_)(found)


@pytest.fixture
def told() -> Trend:
    findings = [trace(f"n{number}", f"{NASTY}{number}", f"n{number}") for number in range(6)]
    measured = [point(week, *findings[week:], overall=5.0 + week / 10) for week in range(5)]
    first = measured[0].point
    measured[0] = Measured(
        msgspec.structs.replace(
            first,
            release="=cmd|' /C calc'!A0",
            reported=Reported(4.25, "2025.9", "0.0.9", {Dimension.CLEANUP: 4.25}),
        ),
        measured[0].traces,
    )
    measured[1] = Measured(
        msgspec.structs.replace(measured[1].point, release=NASTY), measured[1].traces
    )
    return trend(measured, f"shop{NASTY}")


def test_the_json_has_a_point_for_each_commit(told: Trend) -> None:
    document = json.loads(shown("json", told))
    first = document["points"][0]
    assert first["commit"] == told.points[0].commit
    assert first["at"] == "2023-11-14T22:13:20Z"
    assert (first["overall"], first["dimensions"]) == (5.0, {"cleanup": 5.0, "tests": None})
    assert first["reported"]["overall"] == 4.25
    assert first["reported"]["model_version"] == "2025.9"
    assert document["points"][1]["reported"] is None
    assert [delta["weeks"] for delta in document["deltas"]] == [1, 4]
    assert document["outlook"]["earliest"] == document["outlook"]["latest"]


def test_the_csv_is_read_back_and_starts_no_formula(told: Trend) -> None:
    rows = list(csv.DictReader(io.StringIO(shown("csv", told), newline="")))
    assert [row["commit"] for row in rows] == [each.commit for each in told.points]
    assert (rows[0]["cleanup"], rows[0]["tests"]) == ("5.0", "")
    assert rows[0]["release"].startswith("'=cmd")
    assert rows[1]["release"] == NASTY
    assert (rows[0]["reported_overall"], rows[1]["reported_overall"]) == ("4.25", "")


def test_the_text_shows_a_line_for_each_dimension_and_each_point(told: Trend) -> None:
    text = shown("text", told)
    lines = text.splitlines()
    assert all(len(line) <= 100 for line in lines)
    assert "\x1b" not in text
    assert "\u202e" not in text
    (cleanup,) = (line for line in lines if line.startswith("  File Cleanup"))
    assert cleanup.split()[2:4] == ["5.4", "▅▅▅▅▅"]
    assert cleanup.split()[4:] == ["+0.1", "+0.4"]
    (tests,) = (line for line in lines if line.startswith("  Test Suite"))
    assert tests.split()[2:4] == ["-", "·····"]
    assert "was reported as 4.2 under model 2025.9 (readiness 0.0.9)" in text
    assert "1 fixed, 0 new, 0 reopened" in text
    assert "Forecast: at the pace so far what is open now (2 causes) is done between" in text


def test_a_history_without_points_says_so() -> None:
    assert shown("text", Trend((), repository="x")) == "x: no commits yet, so there is no history\n"
    assert json.loads(shown("json", Trend(())))["points"] == []
    assert shown("csv", Trend(())).count("\r\n") == 1


@pytest.mark.parametrize("format_", ["text", "csv", "json"])
def test_the_same_trend_is_shown_in_the_same_bytes(format_: str, told: Trend) -> None:
    assert shown(format_, told) == shown(format_, told)


# -- the command

PAIR = {"app/orders.py": "def total():\n    return 1\n", "app/main.py": "import app.orders\n"}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, git_at: type[Git]) -> Git:
    """Forty days of a small application: a copy is made, and archived folders come and go."""
    git = git_at(tmp_path_factory.mktemp("history") / "shop")
    for path, content in PAIR.items():
        git.write(path, content)
    git.write("tests/test_orders.py", "def test_total():\n    assert True\n")
    for day in range(40):
        git.write("app/notes.py", f"NOTE = {day}\n")
        if day == 5:
            git.write("app/orders_old.py", PAIR["app/orders.py"] * 3)
        if day == 8:
            git.write("old_archive/orders.py", PAIR["app/orders.py"])
        if day == 20:
            git("rm", "-q", "-r", "old_archive")
        if day == 30:
            git.write("readiness.toml", 'ignore = ["HYG015"]\n')
        git.commit(at=START + day * DAY)
        if day in (10, 25):
            git("tag", "-a", f"v{day}", "-m", "release", at=START + day * DAY)
    return git


def points(readiness: Program, *arguments: str | Path, **environment: str) -> list[dict[str, Any]]:
    done = readiness("history", "--format", "json", *arguments, **environment)
    assert (done.returncode, done.stderr) == (0, b"")
    found: list[dict[str, Any]] = json.loads(done.stdout)["points"]
    return found


def test_each_point_is_what_an_audit_of_that_commit_says(
    readiness: Program, shop: Git, tmp_path: Path
) -> None:
    bare = tmp_path / "bare.git"
    shop("clone", "-q", "--bare", str(shop.folder), str(bare))
    found = points(readiness, "--isolated", "--every", "commit", bare)
    assert len(found) == 40
    for each in found[::3]:
        report = readiness.report("--isolated", "--rev", each["commit"], bare)
        card = report["scorecard"]
        values = {score["dimension"]: score["value"] for score in card["dimensions"]}
        assert (each["overall"], each["dimensions"]) == (card["overall"], values)
        assert (each["with_waivers"], each["verdict"]) == (card["with_waivers"], card["verdict"])
        assert each["findings"] == len(report["findings"])
    assert len({each["overall"] for each in found}) > 2


def test_past_commits_are_judged_by_the_configuration_of_the_newest(
    readiness: Program, shop: Git, tmp_path: Path
) -> None:
    clone = git_clone(shop, tmp_path / "clone")
    clone.write("readiness.toml", 'ignore = ["cleanup"]\n')
    clone.commit(at=START + 50 * DAY)
    assert {each["dimensions"]["cleanup"] for each in points(readiness, clone.folder)} == {None}
    (rev,) = points(readiness, "--rev", "HEAD~1", "--weeks", "1", clone.folder)[-1:]
    assert rev["dimensions"]["cleanup"] is not None


def git_clone(source: Git, folder: Path) -> Git:
    source("clone", "-q", str(source.folder), str(folder))
    return type(source)(folder)


def test_a_repository_without_commits_has_no_points(readiness: Program, git: Git) -> None:
    assert points(readiness, git.folder) == []


def test_releases_carry_their_tags(readiness: Program, shop: Git) -> None:
    found = points(readiness, "--every", "release", shop.folder)
    assert [each["release"] for each in found] == ["v10", "v25", None]


def test_a_second_run_measures_nothing_anew(readiness: Program, shop: Git, tmp_path: Path) -> None:
    cache = {"READINESS_CACHE_DIR": str(tmp_path / "cache")}
    first = points(readiness, "--every", "day", shop.folder, **cache)
    before = _rows(tmp_path / "cache/history.sqlite3")
    assert points(readiness, "--every", "day", shop.folder, **cache) == first
    assert _rows(tmp_path / "cache/history.sqlite3") == before
    assert len(before) == 40


def test_what_was_told_stays_beside_what_is_told_now(
    readiness: Program, shop: Git, tmp_path: Path
) -> None:
    file = tmp_path / "scores.sqlite3"
    url = f"sqlite:///{file}"
    points(readiness, "--database", url, shop.folder)
    with sqlite3.connect(file) as database:
        database.execute("UPDATE reported SET overall = 1.5, model_version = '2020.1'")
        database.execute("UPDATE scores SET code = 'other'")
    database.close()
    last = points(readiness, "--database", url, shop.folder)[-1]
    assert last["reported"]["overall"] == 1.5
    assert last["reported"]["model_version"] == "2020.1"
    assert last["overall"] != 1.5
    done = readiness("history", "--database", url, shop.folder)
    assert b"was reported as 1.5 under model 2020.1" in done.stdout


def _rows(file: Path) -> list[tuple[Any, ...]]:
    database = sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=30)
    try:
        return list(database.execute("SELECT id, commit_id, overall FROM scores ORDER BY id"))
    except sqlite3.OperationalError:  # the tables are not there yet
        return []
    finally:
        database.close()


def _start(readiness: Program, *arguments: str | Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [Path(sys.executable).with_name("readiness"), "history", "--format", "json", *arguments],
        env=readiness.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def test_a_killed_run_goes_on_where_it_stopped(
    readiness: Program, shop: Git, tmp_path: Path
) -> None:
    file = tmp_path / "scores.sqlite3"
    arguments = ("--every", "commit", "--jobs", "1", shop.folder)
    expected = points(readiness, "--database", f"sqlite:///{tmp_path}/other.sqlite3", *arguments)
    running = _start(readiness, "--database", f"sqlite:///{file}", *arguments)
    for _ in range(6000):
        if (file.exists() and len(_rows(file)) >= 3) or running.poll() is not None:
            break
        time.sleep(0.01)
    running.kill()
    running.communicate()
    kept = _rows(file)
    assert 3 <= len(kept) < len(expected)
    assert points(readiness, "--database", f"sqlite:///{file}", *arguments) == expected
    assert _rows(file)[: len(kept)] == kept
    assert len(_rows(file)) == len(expected)


def test_two_at_once_write_one_history(readiness: Program, shop: Git, tmp_path: Path) -> None:
    file = tmp_path / "scores.sqlite3"
    arguments = ("--every", "commit", "--database", f"sqlite:///{file}", shop.folder)
    both = [_start(readiness, *arguments) for _ in range(2)]
    outputs = [each.communicate() for each in both]
    assert [each.returncode for each in both] == [0, 0], outputs
    assert outputs[0] == outputs[1]
    assert len(json.loads(outputs[0][0])["points"]) == len(_rows(file)) == 40


def test_nothing_is_written_into_the_repository(readiness: Program, shop: Git) -> None:
    def files() -> Iterator[str]:
        return (str(path) for path in shop.folder.rglob("*"))

    before = sorted(files())
    points(readiness, shop.folder)
    done = readiness("history", shop.folder, READINESS_CACHE_DIR=str(shop.folder / "cache"))
    assert done.returncode == 0
    assert b"lies inside the audited repository" in done.stderr
    assert sorted(files()) == before


def test_a_shallow_clone_has_the_points_that_it_can_tell(
    readiness: Program, shop: Git, tmp_path: Path
) -> None:
    clone = tmp_path / "shallow"
    shop("clone", "-q", "--depth", "3", f"file://{shop.folder}", str(clone))
    assert len(points(readiness, "--every", "commit", clone)) == 3


def test_the_last_point_is_the_reports_own_and_is_remembered_if_clean(
    shop: Git, tmp_path: Path
) -> None:
    clone = git_clone(shop, tmp_path / "clone")
    world = engine.Surroundings(datetime.date(2026, 1, 1), cache=str(tmp_path / "cache"))
    clone.write("broken.py", "def (:\n")
    clone("add", "broken.py")
    dirty = engine.audit(str(clone.folder), Options(), world)
    told = history.trend(str(clone.folder), Options(), world, report=dirty)
    assert told.points[-1].overall == dirty.scorecard.overall
    assert told.points[-1].reported is None
    assert told.first_seen.keys() == {finding.fingerprint for finding in dirty.findings}
    clone("rm", "-q", "-f", "broken.py")
    clean = engine.audit(str(clone.folder), Options(), world)
    told = history.trend(str(clone.folder), Options(), world, report=clean)
    assert told.points[-1].overall == clean.scorecard.overall != dirty.scorecard.overall
    assert told.points[-1].reported is not None
    assert told.points[-1].reported.overall == clean.scorecard.overall
    assert [point.reported for point in told.points[:-1]] == [None] * (len(told.points) - 1)


def test_what_a_partial_clone_lacks_is_measured_again_when_it_is_there(
    shop: Git, tmp_path: Path
) -> None:
    clone = git_clone(shop, tmp_path / "clone")
    pack = next((clone.folder / ".git/objects/pack").glob("*.pack"), None)
    assert pack is None  # a local clone has loose objects, of which one can be taken away
    blob = clone("rev-parse", "HEAD:app/orders.py")
    loose = clone.folder / ".git/objects" / blob[:2] / blob[2:]
    away = loose.rename(tmp_path / "away")
    world = engine.Surroundings(datetime.date(2026, 1, 1), cache=str(tmp_path / "cache"))
    for _ in range(2):
        history.trend(str(clone.folder), Options(), world)
        assert len(_rows(tmp_path / "cache/history.sqlite3")) == 6
    away.rename(loose)
    history.trend(str(clone.folder), Options(), world)
    assert len(_rows(tmp_path / "cache/history.sqlite3")) == 12


def test_what_a_rule_cannot_say_is_not_kept(
    shop: Git, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rule = next(rule for rule in registry.rules() if rule.id == "HYG001")
    world = engine.Surroundings(datetime.date(2026, 1, 1), cache=str(tmp_path))
    with monkeypatch.context() as patch:
        patch.setattr(type(rule), "check", _fails)
        broken = history.trend(str(shop.folder), Options(), world)
    assert len(broken.points) == 6
    assert _rows(tmp_path / "history.sqlite3") == []
    assert len(history.trend(str(shop.folder), Options(), world).points) == 6
    assert len(_rows(tmp_path / "history.sqlite3")) == 6


def _fails(rule: Rule, index: RepoIndex) -> Iterator[Finding]:
    raise ValueError("no")


def test_a_fault_in_a_process_is_told(shop: Git, monkeypatch: pytest.MonkeyPatch) -> None:
    def judge(*arguments: object, **more: object) -> None:
        raise ZeroDivisionError("in the middle")

    monkeypatch.setattr("readiness.history.measure.assess", judge)
    world = engine.Surroundings(datetime.date(2026, 1, 1), workers=2)
    with pytest.raises(RuntimeError, match="ZeroDivisionError: in the middle"):
        history.trend(str(shop.folder), Options(), world)
    monkeypatch.setattr("readiness.history.measure.assess", lambda *a, **b: os._exit(7))
    with pytest.raises(RuntimeError, match="ended with 7"):
        history.trend(str(shop.folder), Options(), world)
