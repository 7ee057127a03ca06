"""What the plan does with findings: one action a path, and nothing that is in use goes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from readiness.cli import main
from readiness.model import ActionKind, Confidence, Finding, Location, Plan, Severity
from readiness.plan import propose
from readiness.testing import build_index

if TYPE_CHECKING:
    import pytest
    from conftest import Git


def finding(action: ActionKind, *targets: str, rule: str = "AAA001") -> Finding:
    return Finding(
        rule,
        Location(targets[0]),
        f"{targets[0]} can go",
        Severity.HIGH,
        Confidence.HIGH,
        subjects=targets,
        action=action,
        targets=targets,
    )


def actions(plan: Plan) -> dict[str, str]:
    return {path: action.kind for action in plan.actions for path in action.paths}


def test_the_strongest_action_wins_and_a_path_stands_once() -> None:
    index = build_index("-- old/a.py --\nx = 1\n-- old/b.py --\nx = 1\n")
    plan = propose(
        index,
        [
            finding(ActionKind.AUDIT, "old/a.py", rule="AAA002"),
            finding(ActionKind.ARCHIVE, "old/a.py", "old/b.py"),
        ],
    )
    assert [action.paths for action in plan.actions] == [("old/a.py", "old/b.py")]


def test_findings_that_ask_for_the_same_of_a_file_stand_in_one_action() -> None:
    folder = finding(ActionKind.ARCHIVE, "old/a.py", "old/b.py", rule="AAA001")
    file = finding(ActionKind.ARCHIVE, "old/a.py", rule="AAA002")
    plan = propose(build_index("-- old/a.py --\n-- old/b.py --\n"), [file, folder])
    assert [(action.paths, action.because) for action in plan.actions] == [
        (("old/a.py", "old/b.py"), (folder.fingerprint, file.fingerprint))
    ]


def test_what_live_code_imports_is_asked_about_with_the_line_that_imports_it() -> None:
    index = build_index(
        "-- main.py --\nimport old.a\n-- old/__init__.py --\n-- old/a.py --\nfrom old import b\n"
        "-- old/b.py --\nx = 1\n-- old/c.py --\nx = 1\n"
    )
    plan = propose(index, [finding(ActionKind.ARCHIVE, "old/a.py", "old/b.py", "old/c.py")])
    assert actions(plan) == {"old/c.py": "ARCHIVE", "old/a.py": "AUDIT", "old/b.py": "AUDIT"}
    audit = plan.actions[1]
    assert audit.blockers == ("main.py imports old/a.py", "old/a.py imports old/b.py")


def test_a_test_keeps_nothing_alive() -> None:
    index = build_index(
        "-- a.py --\nx = 1\n-- tests/test_a.py --\nimport a\ndef test_x(): assert a.x\n"
    )
    plan = propose(index, [finding(ActionKind.ARCHIVE, "a.py")])
    assert actions(plan) == {"a.py": "ARCHIVE"}


def test_what_is_absent_is_to_be_made() -> None:
    missing = Finding("AAA001", Location(), "There is no CI", Severity.HIGH, Confidence.HIGH)
    plan = propose(build_index("-- a.py --\nx = 1\n"), [missing])
    assert [(action.kind, action.paths) for action in plan.actions] == [("CREATE", ())]


def test_the_plan_of_a_repository_is_json_with_every_file_of_an_archive(
    git: Git, capsys: pytest.CaptureFixture[str]
) -> None:
    git.write("app/main.py", "import app.store\n")
    git.write("app/store.py", "x = 1\n")
    git.write("archived_services/old_main.py", "x = 1\n")
    git.write("archived_services/notes/old.py", "x = 1\n")
    commit = git.commit()
    assert main(["plan", str(git.folder), "--no-cache"]) == 0
    plan = json.loads(capsys.readouterr().out)
    assert plan["base_commit"] == commit
    archived = next(action for action in plan["actions"] if action["kind"] == "ARCHIVE")
    assert archived["paths"] == ["archived_services/notes/old.py", "archived_services/old_main.py"]
    assert archived["because"]
    assert "for" in {each["speaks"] for each in archived["evidence"]}


def test_an_unknown_format_of_a_plan_names_those_that_there_are(
    git: Git, capsys: pytest.CaptureFixture[str]
) -> None:
    git.commit()
    assert main(["plan", str(git.folder), "--format", "toml"]) == 2
    assert "no format toml: choose one of json" in capsys.readouterr().err


def test_what_a_framework_loads_by_its_place_is_asked_about() -> None:
    index = build_index(
        "-- manage.py --\nimport django\n-- shop/__init__.py --\n"
        "-- shop/management/__init__.py --\n"
        "-- shop/management/commands/__init__.py --\n"
        "-- shop/management/commands/sync.py --\nfrom django.core.management import BaseCommand\n"
        "class Command(BaseCommand): pass\n-- requirements.txt --\ndjango==5.1\n"
    )
    path = "shop/management/commands/sync.py"
    plan = propose(index, [finding(ActionKind.ARCHIVE, path)])
    assert actions(plan) == {path: "AUDIT"}
