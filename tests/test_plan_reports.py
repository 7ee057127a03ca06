"""The formats of a plan: what they show, in which order, and that they print nothing raw."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from readiness import registry
from readiness.model import (
    Action,
    ActionKind,
    Area,
    Confidence,
    Coverage,
    Dimension,
    Effort,
    Evidence,
    Finding,
    Forecast,
    Location,
    Phase,
    Plan,
    Priority,
    Report,
    RuleSummary,
    Score,
    Scorecard,
    Severity,
    Speaks,
    Verdict,
    Where,
)
from readiness.plan import fields
from readiness.plan.document import read

GOLDEN = Path(__file__).parent / "golden"
COMMIT = "8c9565c" + "0" * 33
FORMATS = ("text", "markdown", "toml", "json")


def rule(id_: str, dimension: Dimension, fix: str) -> RuleSummary:
    return RuleSummary(
        id_, id_.lower(), dimension, Area.CLUTTER, Severity.HIGH, "stable", "0.1", "", "", fix
    )


RULES = (
    rule("CIC001", Dimension.OPERATIONS, "Add a workflow that runs the tests on every change."),
    rule("HYG001", Dimension.CLEANUP, "Tag the commit and remove the tree."),
    rule("HYG009", Dimension.CLEANUP, "Make the pattern narrower, or add exceptions below it."),
    rule("SEC001", Dimension.SECURITY, "First revoke the credential. Then read the new one."),
)


def finding(rule: str, path: str | None, line: int | None, message: str) -> Finding:
    return Finding(rule, Location(path, line), message, Severity.CRITICAL, Confidence.HIGH)


KEY = finding("SEC001", "docs/setup.md", 4, "Stripe secret key (32 characters) on line 4")
IGNORE = finding("HYG009", ".gitignore", 3, "`*.json` hides package.json, which 2 files need")
COPY = finding("HYG009", "web/Dockerfile", 2, "`COPY package.json .` matches nothing in web")
TREE = finding("HYG001", "old_shop", None, "old_shop keeps 30 archived files in the repository")
CI = finding("CIC001", None, None, "Nothing tests a change")
OLD = tuple(f"old_shop/{folder}/m{n}.py" for folder in ("api", "web") for n in range(15))
ACTIONS = (
    Action(
        ActionKind.KEEP,
        ("shop/main.py",),
        "the primary api of shop",
        (),
        (Evidence("Dockerfile starts it: uvicorn main:app", Location("Dockerfile", 9)),),
        id="K1",
    ),
    Action(ActionKind.KEEP, ("shop/legacy.py",), "", (), id="K2", reason="until the audit"),
    Action(
        ActionKind.ATTEST,
        (),
        f"{KEY.message} of docs/setup.md: revoke it",
        (KEY.fingerprint,),
        (Evidence(KEY.message, KEY.location),),
        id="A1",
        where=Where.OUTSIDE,
        priority=Priority.CRITICAL,
        effort_why="one credential",
        after=4.0333,
        needed=True,
        rules=("SEC001",),
    ),
    Action(
        ActionKind.MODIFY,
        (".gitignore", "web/Dockerfile"),
        ".gitignore:3 `*.json` hides files that the build needs",
        (IGNORE.fingerprint, COPY.fingerprint),
        (Evidence(IGNORE.message, IGNORE.location), Evidence(COPY.message, COPY.location)),
        id="A2",
        priority=Priority.CRITICAL,
        effort_why="2 places in 2 files",
        gain=1.25,
        after=5.2833,
        needed=True,
        verify="readiness audit --select HYG009",
        undo="git checkout 8c9565c00000 -- .gitignore web/Dockerfile",
        rules=("HYG009",),
    ),
    Action(
        ActionKind.ARCHIVE,
        OLD,
        TREE.message,
        (TREE.fingerprint,),
        (
            Evidence("nothing live imports it", Location("old_shop")),
            Evidence("docs/api.md names old_shop/api", Location("docs/api.md", 7), Speaks.AGAINST),
        ),
        id="A3",
        effort_why="readiness apply takes out 30 files, which nothing live uses",
        blobs=("a" * 40, *[""] * 29),
        gain=0.0,
        after=6.0,
        needed=True,
        verify="readiness apply PLAN --verify",
        undo="readiness restore old_shop/",
        rules=("HYG001",),
    ),
    Action(
        ActionKind.AUDIT,
        ("tools/run.py",),
        "tools/run.py: only documents name it",
        (),
        (Evidence("docs/run.md names it", Location("docs/run.md", 1), Speaks.AGAINST),),
        ("cron.sh runs tools/run.py",),
        id="A4",
        priority=Priority.NICE,
        effort_why="a person decides on 1 place",
        gain=0.004,
        after=6.0,
    ),
    Action(
        ActionKind.CREATE,
        (".github/workflows/ci.yml",),
        CI.message,
        (CI.fingerprint,),
        id="A5",
        phase=Phase.DELIVERY,
        priority=Priority.CRITICAL,
        effort=Effort.MEDIUM,
        effort_why="1 thing to make",
        gain=0.5,
        after=9.9999,
        needed=True,
        verify="readiness audit --select CIC001",
        undo="git revert COMMIT",
        rules=("CIC001",),
    ),
)
FORECAST = (
    Forecast(Dimension.CLEANUP, 3.9, 9.7, 6.6),
    Forecast(Dimension.STARTUP, None, None),
    Forecast(Dimension.SECURITY, 4.1666, 10.0, 4.1666),
)


def report(**changes: object) -> Report:
    card = Scorecard(
        overall=4.0333,
        with_waivers=4.0333,
        verdict=Verdict.NOT_READY,
        coverage=Coverage(1, 1),
        interval=None,
        dimensions=tuple(Score(each.dimension, each.now, each.now) for each in FORECAST),
        model_version="2026.1",
        target=9.0,
        profile="service",
    )
    plan = Plan(COMMIT, ACTIONS, "1a2b3c4d", 9.0, FORECAST, ("K9 keeps gone.py, which is gone",))
    whole = Report(
        schema_version=1,
        tool_version="0.1.0",
        repository="shop",
        remote=None,
        commit=COMMIT,
        dirty=False,
        config_digest="none",
        scorecard=card,
        rules=RULES,
        outcomes=(),
        findings=(KEY, IGNORE, COPY, TREE, CI),
        files=120,
        plan=plan,
    )
    return msgspec.structs.replace(whole, **changes)


def render(format: str, shown: Report) -> str:
    return registry.renderer(format, registry.PLANS)(shown)


@pytest.mark.parametrize("format", FORMATS)
def test_a_plan_reads_as_its_golden_file(format: str, update_golden: bool) -> None:
    path = GOLDEN / f"plan.{format}"
    shown = render(format, report())
    if update_golden:
        path.write_text(shown)
    assert shown == path.read_text()


def test_every_installed_format_has_a_golden_file() -> None:
    assert set(registry.formats(registry.PLANS)) == set(FORMATS)


def test_the_toml_is_the_plan() -> None:
    plan = read(render("toml", report()))
    assert [(each.id, each.kind, each.paths) for each in plan.actions] == [
        (each.id, each.kind, each.paths) for each in ACTIONS
    ]
    assert plan.actions[4].blobs[:2] == ("a" * 40, "")


def test_no_line_is_longer_than_a_terminal() -> None:
    assert max(map(len, render("text", report()).splitlines())) <= 100
    outside = Action(ActionKind.ATTEST, (), "x " * 60, (), where=Where.OUTSIDE)
    for phase in Phase:
        many = [msgspec.structs.replace(outside, phase=phase)] * 12
        assert max(map(len, shown_with("text", *many).splitlines())) <= 100


def test_the_json_holds_every_field_of_an_action() -> None:
    told = json.loads(render("json", report()))["actions"][0]
    assert set(told) - {"phase_name"} == {field.name for field in msgspec.structs.fields(Action)}


@pytest.mark.parametrize("format", FORMATS)
def test_a_plan_without_work_says_so(format: str) -> None:
    idle = report(plan=Plan(COMMIT, (), "1a2b3c4d", 9.0), findings=())
    shown = render(format, idle)
    if format in ("text", "markdown"):
        assert "othing to do" in shown
    assert "othing to do: no tracked files" in render(
        "text", msgspec.structs.replace(idle, files=0)
    )


def test_a_target_out_of_reach_is_said() -> None:
    low = (Forecast(Dimension.CLEANUP, 3.9, 8.2), *FORECAST[1:])
    plan = Plan(COMMIT, ACTIONS, "1a2b3c4d", 9.0, low)
    assert "with all done, File Cleanup stays below it" in " ".join(
        render("text", report(plan=plan)).split()
    )
    assert "with all done, File Cleanup stays below 9" in render("markdown", report(plan=plan))


def shown_with(format: str, *actions: Action, findings: tuple[Finding, ...] = ()) -> str:
    numbered = (
        msgspec.structs.replace(each, id=f"A{number}", after=5.0)
        for number, each in enumerate(actions, 1)
    )
    plan = Plan(COMMIT, tuple(numbered), "1a2b3c4d", 9.0, FORECAST)
    return render(format, report(plan=plan, findings=findings))


def test_only_what_is_urgent_outside_comes_before_the_work_of_a_phase() -> None:
    proof = Action(ActionKind.ATTEST, (), "The tests pass", (), phase=Phase.VALIDATION)
    staging = msgspec.structs.replace(proof, title="It starts in staging", where=Where.OUTSIDE)
    shown = shown_with("markdown", staging, proof)
    assert "First, outside" not in shown
    assert shown.index("### PROVE") < shown.index("### Outside the repository")


def test_a_long_title_in_a_terminal_keeps_the_name_of_its_file() -> None:
    path = f"{'tests/integration_tests/user_recipe_tests/' * 2}test_bulk_import.py"
    asked = Action(ActionKind.AUDIT, (path,), f"{path} holds no test", ())
    assert "/test_bulk_import.py holds no test  " in shown_with("text", asked)
    other = Action(ActionKind.ARCHIVE, ("archive/a.py",), f"archive keeps {'archived ' * 9}", ())
    assert "archive keeps archived archived" in shown_with("text", other)
    quoted = f"`**/some/pattern/` hides {path}, which main.py needs"
    asked = Action(ActionKind.MODIFY, (".gitignore",), quoted, ())
    assert "`**/some/pattern/` hides …/test_bulk_import.py, which main" in shown_with("text", asked)


def test_many_kept_files_are_told_by_their_folder() -> None:
    kept = Action(ActionKind.KEEP, ("app/a/x.py", "app/b/y.py"), "the loader finds them", ())
    spread = Action(ActionKind.KEEP, ("a.py", "b/c.py", "d/e.py"), "they are used", ())
    assert "KEEP  2 files in app/, 3 files\n" in shown_with("text", kept, spread, ACTIONS[2])


def test_many_files_are_told_by_the_deepest_folders_that_there_is_room_for() -> None:
    paths = [f"app/services/mail/v{n}.py" for n in range(20)] + ["app/tools/run.py"]
    keep = Action(ActionKind.KEEP, tuple(paths), "the loader finds them", ())
    shown = shown_with("markdown", keep, ACTIONS[2])
    assert "- `app/services/mail/` (20 files), `app/tools/run.py`: the loader" in shown


def test_each_of_several_questions_is_told_and_what_holds_a_file_first() -> None:
    findings = tuple(
        Finding("HYG001", Location(path), f"{path} looks old", Severity.HIGH, Confidence.HIGH)
        for path in ("a.py", "b.py")
    )
    told = tuple(Evidence(each.message, each.location) for each in findings)
    because = tuple(each.fingerprint for each in findings)
    asked = Action(ActionKind.AUDIT, ("a.py", "b.py"), "old: a.py and b.py", because, told)
    shown = shown_with("markdown", asked, findings=findings)
    assert "  - `a.py` looks old\n  - `b.py` looks old\n" in shown
    held = msgspec.structs.replace(asked, blockers=("main.py imports a.py (line 1)",))
    shown = shown_with("markdown", held, findings=findings)
    assert "  - Held: `main.py` imports `a.py` (line 1)\n  - `a.py`, `b.py`\n\n" in shown


nasty = st.text(st.sampled_from("a_*<>[]()|`~#@!\\/.:-\x1b\x07\n\u202e&; \u2028"), max_size=30)


@given(nasty)
def test_text_of_the_repository_is_shown_and_not_obeyed(text: str) -> None:
    kept = msgspec.structs.replace(ACTIONS[1], reason=text)
    bad = msgspec.structs.replace(
        ACTIONS[3], title=text, paths=(text or "a",), blockers=(text,), evidence=(Evidence(text),)
    )
    shown = report(plan=Plan(COMMIT, (kept, bad), "1a2b3c4d", 9.0, FORECAST), repository=text)
    for format in FORMATS:
        printed = render(format, shown)
        assert not {"\x1b", "\x07", "\u202e", "\u2028"}.intersection(printed)
        if format == "toml":
            tomllib.loads(printed)
        if format == "markdown":
            assert {"<", "@"}.isdisjoint(outside_code(printed))


def outside_code(text: str) -> str:
    """Markdown without its code spans and escaped characters."""
    out = []
    while text:
        run = re.match(r"`+", text)
        end = re.search(rf"(?<!`){run[0]}(?!`)", text[run.end() :]) if run else None
        if run:
            text = text[run.end() + (end.end() if end else 0) :]
        else:
            escaped = re.match(r"\\[!-/:-@\[-`{-~]", text)
            out.append("" if escaped else text[0])
            text = text[2 if escaped else 1 :]
    return "".join(out)


def test_the_page_on_plans_tells_every_key_of_the_file() -> None:
    page = (Path(__file__).parent.parent / "docs/plan.md").read_text()
    [example] = re.findall(r"(?ms)^```toml\n(.*?)^```$", page)
    document = tomllib.loads(example)
    told = set(document["action"][0]) | set(re.findall(r"\beffort_why\b", example))
    assert told == set(fields.OF_ACTION)
    assert set(document) - {"action"} == set(fields.OF_PLAN)
