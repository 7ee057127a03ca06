"""What the plan does with findings: one action a path, and nothing that is in use goes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from readiness import registry
from readiness.cli import main
from readiness.model import (
    Action,
    ActionKind,
    Confidence,
    Coverage,
    Dimension,
    Evidence,
    Finding,
    Location,
    Phase,
    Plan,
    Score,
    Scorecard,
    Severity,
    Speaks,
    Verdict,
    Where,
)
from readiness.plan import propose
from readiness.plan.previous import progress
from readiness.rule import summarise
from readiness.testing import build_index

if TYPE_CHECKING:
    from collections.abc import Set
    from pathlib import Path

    import pytest
    from conftest import Git

    from readiness.index import RepoIndex


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


RULES = [summarise(rule) for rule in registry.rules()]


def asked(plan: Plan) -> list[Action]:
    """The actions that findings ask for."""
    return [action for action in plan.actions if action.because]


def actions(plan: Plan) -> dict[str, str]:
    return {path: action.kind for action in asked(plan) for path in action.paths}


def test_the_strongest_action_wins_and_a_path_stands_once() -> None:
    index = build_index("-- old/a.py --\nx = 1\n-- old/b.py --\nx = 1\n")
    plan = propose(
        index,
        [
            finding(ActionKind.AUDIT, "old/a.py", rule="AAA002"),
            finding(ActionKind.ARCHIVE, "old/a.py", "old/b.py"),
        ],
    )
    assert [action.paths for action in asked(plan)] == [("old/a.py", "old/b.py")]


def test_findings_that_ask_for_the_same_of_a_file_stand_in_one_action() -> None:
    folder = finding(ActionKind.ARCHIVE, "old/a.py", "old/b.py", rule="AAA001")
    file = finding(ActionKind.ARCHIVE, "old/a.py", rule="AAA002")
    plan = propose(build_index("-- old/a.py --\n-- old/b.py --\n"), [file, folder])
    assert [(action.paths, action.because) for action in asked(plan)] == [
        (("old/a.py", "old/b.py"), (folder.fingerprint, file.fingerprint))
    ]


def test_what_live_code_imports_is_asked_about_with_the_line_that_imports_it() -> None:
    index = build_index(
        "-- main.py --\nimport old.a\n-- old/__init__.py --\n-- old/a.py --\nfrom old import b\n"
        "-- old/b.py --\nx = 1\n-- old/c.py --\nx = 1\n"
    )
    plan = propose(index, [finding(ActionKind.ARCHIVE, "old/a.py", "old/b.py", "old/c.py")])
    assert actions(plan) == {
        "main.py": "MODIFY",
        "old/c.py": "ARCHIVE",
        "old/a.py": "AUDIT",
        "old/b.py": "AUDIT",
    }
    change, _, audit = plan.actions[:3]
    assert (change.kind, change.paths) == ("MODIFY", ("main.py",))
    assert change.title == "main.py imports old/a.py, which should go"
    assert change.because == audit.because  # ends with both, so that a target needs both
    assert audit.blockers == (
        "main.py imports old/a.py (line 1): A1 comes first",
        "old/a.py imports old/b.py (line 1)",
    )


def test_a_file_that_is_changed_for_another_reason_makes_way_there() -> None:
    index = build_index("-- main.py --\nimport old.a\n-- old/a.py --\nx = 1\n")
    going = finding(ActionKind.ARCHIVE, "old/a.py")
    plan = propose(index, [going, finding(ActionKind.MODIFY, "main.py", rule="B")])
    assert [each.kind for each in plan.actions if each.paths] == ["MODIFY", "AUDIT"]
    assert plan.actions[1].blockers == ("main.py imports old/a.py (line 1): A1 comes first",)


def test_a_loader_is_not_changed_for_what_it_finds_by_its_place() -> None:
    plan = propose(build_index(SERVICE), [finding(ActionKind.ARCHIVE, "plugins/mail.py")])
    assert [each.kind for each in asked(plan)] == ["AUDIT"]
    assert "MODIFY" not in {each.kind for each in plan.actions}


def test_a_test_keeps_nothing_alive() -> None:
    index = build_index(
        "-- a.py --\nx = 1\n-- tests/test_a.py --\nimport a\ndef test_x(): assert a.x\n"
    )
    plan = propose(index, [finding(ActionKind.ARCHIVE, "a.py")])
    assert actions(plan) == {"a.py": "ARCHIVE"}


def test_what_is_absent_is_to_be_made() -> None:
    missing = Finding("AAA001", Location(), "There is no CI", Severity.HIGH, Confidence.HIGH)
    plan = propose(build_index("-- a.py --\nx = 1\n"), [missing])
    assert [(action.kind, action.paths) for action in asked(plan)] == [("CREATE", ())]


def test_the_plan_of_a_repository_is_json_with_every_file_of_an_archive(
    git: Git, capsys: pytest.CaptureFixture[str]
) -> None:
    git.write("app/main.py", "import app.store\n")
    git.write("app/store.py", "x = 1\n")
    git.write("archived_services/old_main.py", "x = 1\n")
    git.write("archived_services/notes/old.py", "x = 1\n")
    commit = git.commit()
    assert main(["plan", str(git.folder), "--no-cache", "--format", "json"]) == 0
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
    assert main(["plan", str(git.folder), "--format", "xml"]) == 2
    told = "no format xml: choose one of json, markdown, text, toml"
    assert told in capsys.readouterr().err


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


def test_findings_of_one_rule_are_one_task_and_urgent_ones_are_apart() -> None:
    tree = "".join(f"-- deploy/{name}.yml --\n" for name in "abc")
    found = [finding(ActionKind.MODIFY, f"deploy/{name}.yml", rule="SEC004") for name in "abc"]
    found[2] = replace(found[2], severity=Severity.LOW)
    plan = propose(build_index(tree), found, RULES)
    assert [(action.paths, action.priority) for action in asked(plan) if action.paths] == [
        (("deploy/a.yml", "deploy/b.yml"), "IMPORTANT"),
        (("deploy/c.yml",), "NICE"),
    ]
    assert asked(plan)[0].title == ("weak default credential: a.yml and b.yml in deploy")


def titles(plan: Plan) -> list[str]:
    return [each.title for each in asked(plan)]


def tree_of(*paths: str) -> RepoIndex:
    return build_index(dict.fromkeys(paths, (b"x = 1\n", 33188)))


def test_a_title_names_the_files_or_the_folders_that_hold_them() -> None:
    few = ("app/a/__init__.py", "app/b/__init__.py")
    many = ("app/a.py", "app/b.py", "app/c.py", "lib/d.py", "e.py")
    for paths, told in {
        few: "a/__init__.py and b/__init__.py in app",
        many[2:]: "app/c.py, e.py and lib/d.py",
        many: "5 files (3 in app, 1 at the root, 1 in lib)",
        (*many, "x/f.py", "y/g.py"): "7 files (3 in app, 1 at the root, 3 elsewhere)",
    }.items():
        found = [finding(ActionKind.AUDIT, path, rule="HYG006") for path in paths]
        assert titles(propose(tree_of(*paths), found, RULES)) == [f"unreferenced module: {told}"]
    places = [f"old{n}" for n in range(4)]
    found = [
        replace(finding(ActionKind.AUDIT, f"{place}/a.py", rule="HYG001"), location=Location(place))
        for place in places
    ]
    plan = propose(tree_of(*(f"{place}/a.py" for place in places)), found, RULES)
    assert titles(plan)[0].startswith("archive directory tracked: 4 folders")


def test_a_title_names_its_file_where_the_message_does_not() -> None:
    index = tree_of("deploy/key.pem")
    silent = replace(finding(ActionKind.MODIFY, "deploy/key.pem"), message="Private key on line 1")
    assert titles(propose(index, [silent])) == ["deploy/key.pem: Private key on line 1"]
    spoken = replace(silent, message="key.pem holds a private key")
    assert titles(propose(index, [spoken])) == ["key.pem holds a private key"]


def test_two_actions_for_one_rule_are_told_apart() -> None:
    paths = [f"{name}.yml" for name in "abcd"]
    found = [finding(ActionKind.MODIFY, path, rule="CTR001") for path in paths]
    found[2:] = [replace(each, severity=Severity.LOW) for each in found[2:]]
    assert titles(propose(tree_of(*paths), found, RULES)) == [
        "no healthcheck: a.yml and b.yml",
        "no healthcheck (minor): c.yml and d.yml",
    ]


def test_what_is_in_use_is_no_question_among_others() -> None:
    index = build_index("-- main.py --\nimport old.a\n-- old/a.py --\n-- old/b.py --\n")
    held = [finding(ActionKind.ARCHIVE, "old/a.py", rule="HYG002")]
    asking = [finding(ActionKind.AUDIT, "old/b.py", rule="HYG002")]
    plan = propose(index, [*held, *asking], RULES)
    assert [each.paths for each in asked(plan) if each.kind is ActionKind.AUDIT] == [
        ("old/a.py",),
        ("old/b.py",),
    ]


def test_what_is_needed_also_needs_what_comes_first() -> None:
    class Cleanup:
        """The archive costs points; what uses it costs none."""

        def __call__(
            self, solved: Set[str], gone: Set[str], judged: frozenset[str] = frozenset()
        ) -> Scorecard:
            value = 10.0 if going.fingerprint in solved else 5.0
            scores = (Score(Dimension.CLEANUP, value, None),)
            whole = Coverage(1, 1)
            return Scorecard(
                value, value, Verdict.NOT_READY, whole, None, scores, "1", 9, "service"
            )

    index = build_index("-- main.py --\nimport old.a\n-- old/a.py --\n-- b.py --\n")
    going = finding(ActionKind.ARCHIVE, "old/a.py")
    small = [finding(ActionKind.MODIFY, path, rule="B" + path) for path in ("main.py", "b.py")]
    plan = propose(index, [going, *small], evaluate=Cleanup(), target=9.0)
    assert {each.paths: each.needed for each in asked(plan)} == {
        ("main.py",): True,
        ("old/a.py",): True,
        ("b.py",): False,
    }


def test_what_one_change_of_one_place_mends_is_one_task() -> None:
    cause = ".gitignore:3 `*.json` hides files that the build needs"
    ignored = replace(finding(ActionKind.MODIFY, ".gitignore", rule="HYG009"), cause=cause)
    copied = replace(finding(ActionKind.MODIFY, "Dockerfile", rule="CTR008"), cause=cause)
    plan = propose(build_index("-- .gitignore --\n-- Dockerfile --\n"), [copied, ignored], RULES)
    [action] = asked(plan)
    assert (action.title, action.paths) == (cause, (".gitignore",))
    assert (action.effort, action.effort_why) == ("S", "1 file, which mends 2 places")
    assert action.phase is Phase.CLEANUP


def test_many_places_are_told_by_folder() -> None:
    paths = [f"{folder}/m{n}.py" for folder in ("app", "lib") for n in range(30)]
    index = build_index(dict.fromkeys(paths, (b"x = 1\n", 33188)))
    plan = propose(index, [finding(ActionKind.AUDIT, path) for path in paths], RULES)
    assert [len(action.paths) for action in asked(plan)] == [30, 30]


def test_what_goes_is_not_changed_before() -> None:
    index = build_index("-- old/a.py --\nx = 1\n-- b.py --\nx = 1\n")
    gone = finding(ActionKind.ARCHIVE, "old/a.py")
    plan = propose(index, [gone, finding(ActionKind.MODIFY, "old/a.py", "b.py", rule="B")])
    assert [(each.kind, each.paths) for each in asked(plan)] == [
        ("MODIFY", ("b.py",)),
        ("ARCHIVE", ("old/a.py",)),
    ]
    plan = propose(index, [gone, finding(ActionKind.MODIFY, "old/a.py", rule="B")])
    assert actions(plan) == {"old/a.py": "ARCHIVE"}


def test_a_secret_in_what_goes_is_revoked_first_and_said_to_stay_in_history() -> None:
    index = build_index("-- old/notes.md --\nkey\n")
    secret = replace(
        finding(ActionKind.MODIFY, "old/notes.md", rule="SEC001"),
        severity=Severity.CRITICAL,
        message="Stripe key (32 characters) on line 1",
        location=Location("old/notes.md", 1),
    )
    plan = propose(index, [secret, finding(ActionKind.ARCHIVE, "old/notes.md")], RULES)
    attest, archive = asked(plan)
    assert (attest.kind, attest.where, attest.paths) == ("ATTEST", Where.OUTSIDE, ())
    assert attest.title.startswith("Stripe key (32 characters) on line 1 of old/notes.md: revoke")
    assert [each.summary for each in archive.evidence if each.speaks is Speaks.AGAINST] == [
        "old/notes.md holds a secret, which Git's history keeps: revoke it"
    ]


def test_what_unblocks_comes_first_and_what_is_made_after_what_goes() -> None:
    tree = "".join(f"-- {name}.py --\n" for name in "abcd")
    kinds = (ActionKind.CREATE, ActionKind.AUDIT, ActionKind.REMOVE, ActionKind.ARCHIVE)
    found = [finding(kind, f"{name}.py") for kind, name in zip(kinds, "abcd", strict=True)]
    found.append(finding(ActionKind.MODIFY, "e.py"))
    plan = propose(build_index(tree), found)
    assert [each.kind for each in asked(plan)] == [
        "MODIFY",
        "ARCHIVE",
        "REMOVE",
        "CREATE",
        "AUDIT",
    ]
    assert [each.id for each in asked(plan)] == ["A1", "A2", "A3", "A4", "A5"]


def test_phases_follow_what_a_rule_speaks_of() -> None:
    index = build_index("-- a --\n")
    phases = {
        "HYG001": Phase.CLEANUP,
        "TST001": Phase.ARCHITECTURE,
        "SEC004": Phase.CONFIGURATION,
        "CIC003": Phase.DELIVERY,
    }
    for rule, phase in phases.items():
        [action] = [
            each
            for each in asked(propose(index, [finding(ActionKind.MODIFY, "a", rule=rule)], RULES))
            if each.where is Where.REPOSITORY
        ]
        assert action.phase is phase


SERVICE = (
    "-- Dockerfile --\nFROM python:3.12\nCOPY . .\nCMD uvicorn main:app\n"
    "-- main.py --\nfrom fastapi import FastAPI\nimport importlib, pathlib\n"
    "app = FastAPI()\nfor path in pathlib.Path('plugins').glob('*.py'):\n"
    "    importlib.import_module(f'plugins.{path.stem}')\n"
    "-- plugins/mail.py --\nx = 1\n-- plugins/print.py --\nx = 1\n"
)


def test_what_starts_the_software_and_what_is_loaded_by_name_is_kept() -> None:
    plan = propose(build_index(SERVICE), [])
    kept = {each.paths: each for each in plan.actions if each.kind is ActionKind.KEEP}
    assert set(kept) == {("main.py",), ("plugins/mail.py", "plugins/print.py")}
    assert kept[("main.py",)].title == "the primary api"
    trap = kept[("plugins/mail.py", "plugins/print.py")]
    assert trap.evidence[0].location == Location("main.py", 5)


def test_migrations_are_kept_and_what_a_page_of_a_framework_imports_is_no_trap() -> None:
    index = build_index(
        "-- alembic.ini --\n[alembic]\nscript_location = alembic\n-- alembic/env.py --\nx = 1\n"
        "-- alembic/versions/001_a.py --\nrevision = '1'\n"
        "-- alembic/versions/002_b.py --\nrevision = '2'\n"
        '-- web/package.json --\n{"dependencies": {"next": "15"}, "scripts": {"dev": "next dev"}}\n'
        "-- web/app/page.tsx --\nimport { a } from '../lib/a'\n"
        "-- web/lib/a.ts --\nexport const a = 1\n"
    )
    kept = {each.title: each.paths for each in propose(index, []).actions if each.kind == "KEEP"}
    assert kept["a migration that Alembic runs: 2 files in alembic/versions"] == (
        "alembic/versions/001_a.py",
        "alembic/versions/002_b.py",
    )
    assert ("web/lib/a.ts",) not in kept.values()


def test_what_a_person_kept_with_a_reason_stays_kept() -> None:
    index = build_index("-- old/a.py --\n-- old/b.py --\n-- c.yml --\n")
    archive = finding(ActionKind.ARCHIVE, "old/a.py", "old/b.py")
    change = finding(ActionKind.MODIFY, "c.yml")
    earlier = Plan(
        None,
        (
            Action(ActionKind.KEEP, ("old/a.py",), "", (), reason="ours", verify="x", undo="y"),
            Action(ActionKind.KEEP, (), "", (change.fingerprint,), reason="as it should be"),
            Action(ActionKind.KEEP, ("old/b.py",), "no reason, no effect", ()),
            Action(ActionKind.KEEP, ("gone.py",), "", (), id="K9", reason="ours"),
        ),
    )
    plan = propose(index, [archive, change], previous=earlier)
    assert actions(plan) == {"old/b.py": "ARCHIVE"}
    kept = [each for each in plan.actions if each.kind is ActionKind.KEEP]
    assert [(each.paths, each.reason) for each in kept] == [
        (("old/a.py",), "ours"),
        ((), "as it should be"),
    ]
    assert {(each.verify, each.undo) for each in kept} == {("", "")}
    assert plan.notes == ("K9 of the earlier plan keeps gone.py, which is gone",)


def test_a_folder_that_a_person_kept_stays_whole() -> None:
    index = build_index("-- old/a.py --\n-- old/b/c.py --\n")
    keep = Action(ActionKind.KEEP, ("old/",), "", (), reason="ours")
    asking = finding(ActionKind.ARCHIVE, "old/a.py", "old/b/c.py")
    assert actions(propose(index, [asking], previous=Plan(None, (keep,)))) == {}


def test_only_what_is_not_as_in_the_base_commit_names_its_content() -> None:
    index = build_index("-- old/a.py --\nx = 1\n-- old/b.py --\nx = 2\n")
    asking = finding(ActionKind.ARCHIVE, "old/a.py", "old/b.py")
    assert asked(propose(index, [asking]))[0].blobs == ()
    plan = propose(index, [asking], changed={"old/b.py"})
    assert asked(plan)[0].blobs == ("", index.files["old/b.py"].blob_id)


def test_each_action_says_how_it_is_proven_and_taken_back() -> None:
    index = build_index("-- old/a b.py --\n-- c.yml --\n")
    going = finding(ActionKind.ARCHIVE, "old/a b.py")
    change = finding(ActionKind.MODIFY, "c.yml", rule="CIC003")
    by_kind = {each.kind: each for each in asked(propose(index, [going, change]))}
    archive, modify = by_kind[ActionKind.ARCHIVE], by_kind[ActionKind.MODIFY]
    assert archive.undo == "readiness restore 'old/a b.py'"
    assert modify.verify == "readiness audit --select CIC003"
    assert modify.undo == f"git checkout {'0' * 12} -- c.yml"
    attested = [each for each in propose(index, [going, change]).actions if not each.paths]
    assert attested
    assert {each.undo for each in attested} == {""}


def test_the_ci_system_is_asked_for_the_secrets_that_workflows_read() -> None:
    index = build_index(
        "-- .github/workflows/ci.yml --\non: [push]\njobs:\n  a:\n    runs-on: x\n    steps:\n"
        "      - run: deploy ${{ secrets.HOST }}\n        env:\n"
        "          KEY: ${{ secrets.DEPLOY_KEY }}\n          T: ${{ secrets.GITHUB_TOKEN }}\n"
    )
    plan = propose(index, [finding(ActionKind.MODIFY, ".github/workflows/ci.yml")])
    [attest] = [each for each in plan.actions if "CI system" in each.title]
    assert attest.title == "The CI system holds the 2 secrets that workflows read: DEPLOY_KEY, HOST"
    assert attest.evidence[0] == Evidence(
        ".github/workflows/ci.yml reads DEPLOY_KEY", Location(".github/workflows/ci.yml", 6)
    )


def test_work_outside_for_several_services_names_no_single_one() -> None:
    found = [
        replace(finding(ActionKind.MODIFY, f"{name}.yml", rule="SEC004"), cause=f"{name} is open")
        for name in "abc"
    ]
    plan = propose(tree_of("a.yml", "b.yml", "c.yml"), found, RULES)
    [outside] = [each for each in asked(plan) if each.where is Where.OUTSIDE]
    assert outside.title.startswith("weak default credential at 3 places: give each")


def test_the_score_rises_as_the_plan_says(git: Git, capsys: pytest.CaptureFixture[str]) -> None:
    git.write("app/main.py", "from app import store\n\nprint(store.x)\n")
    git.write("app/store.py", "x = 1\n")
    git.write(
        "tests/test_store.py", "from app import store\n\n\ndef test_x():\n    assert store.x\n"
    )
    for name in ("main", "store", "mail", "orders"):
        git.write(f"app/archive/old_{name}.py", f"{name} = 1\n")
    git.commit()
    plan = printed(git, capsys, "plan")
    going = [action for action in plan["actions"] if action["kind"] in ("ARCHIVE", "REMOVE")]
    assert len({path for action in going for path in action["paths"]}) == 4
    for action in going:
        for path in action["paths"]:
            (git.folder / path).unlink()
    git.commit()
    card = printed(git, capsys, "audit")["scorecard"]
    assert plan["scores"]["now"] < going[-1]["after"] == card["overall"]


def printed(git: Git, capsys: pytest.CaptureFixture[str], command: str) -> Any:
    assert main([command, str(git.folder), "--no-cache", "--format", "json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_an_earlier_plan_is_given_or_named_by_the_configuration(
    git: Git, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    git.write("app/main.py", "x = 1\n")
    git.write("app/archive/a.py", "x = 1\n")
    git.write("app/archive/b.py", "x = 1\n")
    git.commit()
    keep = '[[action]]\naction = "KEEP"\nreason = "ours"\npaths = ["app/archive/a.py"]\n'
    (tmp_path / "earlier.toml").write_text(f"version = 1\n{keep}")
    arguments = ["plan", str(git.folder), "--no-cache", "--format", "json"]
    assert main([*arguments, "--previous", str(tmp_path / "earlier.toml")]) == 0
    told = json.loads(capsys.readouterr().out)["actions"]
    assert archived(told) == ["app/archive/b.py"]
    git.write("plan.toml", f"version = 1\n{keep}")
    git.write("readiness.toml", 'plan = "plan.toml"\n')
    git.commit()
    assert main(arguments) == 0
    assert archived(json.loads(capsys.readouterr().out)["actions"]) == ["app/archive/b.py"]
    git.write("readiness.toml", 'plan = "plans.toml"\n')
    git.commit()
    assert main(arguments) == 2
    assert "readiness.toml: plans.toml is not a tracked file" in capsys.readouterr().err


def archived(told: list[dict[str, Any]]) -> list[str]:
    return [path for each in told if each["kind"] == "ARCHIVE" for path in each["paths"]]


def test_a_target_of_ones_own_marks_fewer_actions(
    git: Git, capsys: pytest.CaptureFixture[str]
) -> None:
    git.write("app/main.py", "x = 1\n")
    git.write("app/archive/a.py", "x = 1\n")
    git.commit()
    arguments = ["plan", str(git.folder), "--no-cache"]
    assert main([*arguments, "--target", "1"]) == 0
    assert "each dimension is at target 1 already" in capsys.readouterr().out
    assert main([*arguments, "--target", "10"]) == 0
    assert "that are enough for target 10 in each" in capsys.readouterr().out
    assert main([*arguments, "--target", "nan"]) == 2
    assert "nan is no score" in capsys.readouterr().err


def test_an_earlier_plan_is_done_as_far_as_nothing_that_it_was_for_is_found() -> None:
    open_, fixed, unasked = (
        Finding("HYG001", Location(path), "m", Severity.HIGH, Confidence.HIGH)
        for path in ("old/", "gone/", "unasked/")
    )

    def action(name: str, because: Finding, **more: Any) -> Action:
        kind = more.pop("kind", ActionKind.MODIFY)
        rules = more.pop("rules", ("HYG001",))
        return Action(kind, ("old/",), "t", (because.fingerprint,), id=name, rules=rules, **more)

    plan = Plan(
        "abc",
        (
            action("A1", fixed),
            action("A2", open_),
            action("A3", fixed, kind=ActionKind.ARCHIVE),  # its folder is still there
            action("A4", fixed, kind=ActionKind.KEEP),
            action("A5", fixed, where=Where.OUTSIDE),
            action("A6", unasked, rules=("SEC001",)),
        ),
    )
    became = progress(plan, {"old/a.py": None}, [open_], {"HYG001"})
    assert [each.id for each in became.done] == ["A1"]
    assert [each.id for each in became.left] == ["A2", "A3"]
