"""How heavily the rules on file cleanup weigh what they find."""

from readiness.model import ActionKind, Confidence, Finding, Severity
from readiness.registry import rules
from readiness.testing import build_index

FILES = "".join(
    f"-- {{0}}/m{n}.py --\ndef work{n}(first, second):\n    total = first + second\n"
    f"    return work{n}(total, first)\n"
    for n in range(12)
)
SERVICE = "-- .gitignore --\n__pycache__/\n*.log\n*.tmp\n*.backup\n"


def found(rule_id: str, tree: str, history: str = "") -> list[Finding]:
    """What one rule finds in a tree."""
    rule = next(rule for rule in rules() if rule.id == rule_id)
    return list(rule.check(build_index(tree, history=history)))


def test_environment_files_weigh_nothing_where_nothing_reads_them() -> None:
    app = "-- main.py --\nfrom fastapi import FastAPI\napp = FastAPI()\n"
    image = '-- Dockerfile --\nFROM python\nCOPY . .\nCMD ["uvicorn", "main:app"]\n'
    (unused,) = found("HYG008", SERVICE + app + image)
    assert unused.severity is Severity.INFO
    (used,) = found("HYG008", SERVICE + f"{app}import dotenv\n" + image)
    assert used.severity is Severity.LOW
    assert used.evidence[0].summary == "main.py imports dotenv, which reads environment files"


def test_an_archive_with_a_weak_name_is_less_sure_than_one_with_a_plain_name() -> None:
    live = FILES.format("base/sdk")
    (plain,) = found("HYG001", FILES.format("city/archived_sdk") + live)
    (weak,) = found("HYG001", FILES.format("city/sdk_delete") + live)
    assert (plain.severity, plain.confidence) == (Severity.HIGH, Confidence.HIGH)
    assert (weak.severity, weak.confidence) == (Severity.MEDIUM, Confidence.MEDIUM)


def test_the_last_edit_alone_does_not_make_a_duplicate_tree_high() -> None:
    trees = FILES.format("one") + FILES.format("two")
    added = ", ".join(f"A {folder}/m{n}.py" for folder in ("one", "two") for n in range(12))
    history = f"2026-01-01 ann | {added}\n2026-06-01 ann | M two/m1.py\n"
    (edited,) = found("HYG003", trees, history)
    assert (edited.location.path, edited.severity) == ("one", Severity.MEDIUM)
    (used,) = found("HYG003", trees + "-- main.py --\nimport two.m1\n")
    assert (used.location.path, used.severity) == ("one", Severity.HIGH)


def test_everyone_outside_an_archive_who_uses_it_is_named_once() -> None:
    tree = "-- archived_api/a.py --\nx = 1\n-- archived_api/b.py --\nx = 1\n" + "".join(
        f"-- app/use{n}.py --\nimport archived_api.a\nimport archived_api.b\n" for n in range(10)
    )
    (finding,) = found("HYG001", tree)
    users = [each.summary for each in finding.evidence if "use" in each.summary]
    assert users[0] == "app/use0.py imports archived_api/a.py (and 1 more of it)"
    assert (len(users), users[-1]) == (9, "2 more files use it")


def action(finding: Finding) -> tuple[str, tuple[str, ...]]:
    return finding.action, finding.targets


APP = "-- main.py --\nfrom fastapi import FastAPI\nimport shop.sync\napp = FastAPI()\n"
BODY = FILES.format("x").partition("--\n")[2].partition("--")[0]


def test_an_archive_goes_by_a_plain_name_or_by_a_noun_that_nothing_uses() -> None:
    (plain,) = found(
        "HYG001", FILES.format("archived_api") + "-- run.py --\nimport archived_api.m1"
    )
    assert (plain.action, len(plain.targets)) == (ActionKind.ARCHIVE, 12)
    (noun,) = found("HYG001", FILES.format("city/archive"))
    assert noun.action is ActionKind.ARCHIVE
    (used,) = found("HYG001", FILES.format("city/archive") + "-- run.py --\nimport city.archive.m1")
    assert used.action is ActionKind.AUDIT
    (documents,) = found("HYG001", "-- docs/archive/a.md --\n# A\n-- docs/archive/b.md --\n# B\n")
    assert documents.action is ActionKind.AUDIT
    (dated,) = found("HYG001", "-- docs/archive_2024-11/a.md --\n# A\n")
    assert dated.action is ActionKind.ARCHIVE
    (legacy,) = found("HYG001", "-- shop/legacy/marc.py --\ndef show(): pass\n")
    assert (legacy.action, legacy.severity) == (ActionKind.AUDIT, Severity.LOW)


def test_a_copy_goes_where_use_tells_which_one_it_is() -> None:
    pair = f"-- shop/sync.py --\n{BODY * 3}-- shop/sync_old.py --\n{BODY * 3}y = 1\n"
    (decided,) = found("HYG002", APP + pair)
    assert action(decided) == (ActionKind.ARCHIVE, ("shop/sync_old.py",))
    (undecided,) = found("HYG002", pair)
    assert undecided.action is ActionKind.AUDIT
    (both,) = found("HYG002", APP + pair + "-- jobs.py --\nimport shop.sync_old\n")
    assert both.action is ActionKind.AUDIT


def test_what_is_named_old_goes_though_it_was_rewritten_if_only_the_other_one_runs() -> None:
    main = "-- main.py --\nfrom fastapi import FastAPI\nimport timer\napp = FastAPI()\n"
    old = "-- timer.py --\ndef tick(): pass\n-- timer_old.py --\nclass Wheel: spokes = 12\n"
    (left,) = found("HYG002", main + old)
    assert action(left) == ("ARCHIVE", ("timer_old.py",))
    (named,) = found("HYG002", main + old + "-- README.md --\nSee `timer_old.py`.\n")
    assert named.action is ActionKind.AUDIT


def test_of_a_duplicate_tree_only_what_is_equal_goes() -> None:
    trees = FILES.format("one") + FILES.format("two") + "-- one/own.py --\nx = 1\n"
    equal, rest = found("HYG003", trees + "-- main.py --\nimport two.m1\n")
    assert equal.action is ActionKind.ARCHIVE
    assert (len(equal.targets), "one/own.py" in equal.targets) == (12, False)
    assert action(rest) == (ActionKind.AUDIT, ("one/own.py",))
    (undecided,) = found("HYG003", trees)
    assert undecided.action is ActionKind.AUDIT


def test_artifacts_go_unless_they_may_be_wanted() -> None:
    sure = "-- app/__pycache__/a.pyc --\nx\n-- run.log --\nx\n-- a.py --\n-- a.py.bak --\n"
    assert {each.action for each in found("HYG007", sure)} == {ActionKind.REMOVE}
    doubtful = (
        "-- .idea/misc.xml --\n<x/>\n-- web/node_modules/a/a.js --\nx\n-- dump.bak --\nx\n"
        "-- load.tmp --\nx\n-- load.sh --\n#!/bin/sh\npsql -f load.tmp\n"
    )
    assert [each.action for each in found("HYG007", doubtful)] == [ActionKind.AUDIT] * 4


def test_settings_of_an_editor_go_where_nobody_has_touched_them_since_they_were_added() -> None:
    tree = "-- .idea/misc.xml --\n<x/>\n-- app.py --\nx = 1\n"
    added = "2025-01-10 ann | A .idea/misc.xml, A app.py\n"
    left = f"{added}2025-09-01 ann | M app.py\n"
    kept_up = f"{left}2025-09-02 bob | M .idea/misc.xml\n2025-09-03 bob | M .idea/misc.xml\n"
    assert [each.action for each in found("HYG007", tree, left)] == [ActionKind.REMOVE]
    assert [each.action for each in found("HYG007", tree, kept_up)] == [ActionKind.AUDIT]


def test_a_legacy_folder_goes_only_where_it_has_been_at_rest_for_half_a_year() -> None:
    tree = "-- scripts/legacy/crawl.py --\nprint()\n-- app.py --\nx = 1\n"
    added = "2025-01-10 ann | A scripts/legacy/crawl.py, A app.py\n"
    resting = found("HYG001", tree, f"{added}2025-09-01 ann | M app.py\n")
    fresh = found("HYG001", tree, f"{added}2026-05-01 ann | M scripts/legacy/crawl.py\n")
    assert [each.action for each in (*resting, *fresh)] == [ActionKind.ARCHIVE, ActionKind.AUDIT]


def test_what_tests_and_samples_keep_is_no_artifact() -> None:
    golden = (
        "-- tests/cli/pkg.egg-info/PKG-INFO --\nx\n-- tests/data/coverage.xml --\n<x/>\n"
        "-- tests/fixtures/a/.DS_Store --\nx\n-- tests/fixtures/b/__pycache__/b.pyc --\nx\n"
        "-- tests/web/node_modules/a/a.js --\nx\n-- examples/a/venv/pyvenv.cfg --\nx\n"
    )
    assert found("HYG007", golden) == []


def test_a_near_copy_goes_only_where_nothing_uses_it_beside_one_that_runs() -> None:
    (rule,) = (rule for rule in rules() if rule.id == "HYG004")
    copied = next(each.files for each in rule.examples if each.title.startswith("a module and"))
    (alone,) = found("HYG004", copied)
    assert action(alone) == (ActionKind.ARCHIVE, ("billing/orders.py",))
    (named,) = found("HYG004", copied + "-- README.md --\nSee `billing/orders.py`.\n")
    assert named.action is ActionKind.AUDIT
    (used,) = found("HYG004", copied + "-- worker.py --\nimport billing.orders\n")
    assert used.action is ActionKind.AUDIT
    renamed = next(each.files for each in rule.examples if each.title.startswith("a copy under"))
    (by_shape,) = found("HYG004", renamed)
    assert by_shape.action is ActionKind.AUDIT


def test_files_of_an_old_format_that_tests_read_are_no_archive() -> None:
    data = "".join(f"-- app/tests/old_format/f{n}.dat --\nx\n" for n in range(9))
    read = "-- app/tests/test_old.py --\ndef test(): open('old_format/f1.dat')\n"
    assert found("HYG001", f"{data}-- app/tests/old_format/__init__.py --\n{read}") == []
    (tests,) = found("HYG001", "-- tests/archive/test_a.py --\ndef test(): pass\n")
    assert tests.action is ActionKind.AUDIT


def test_an_archive_in_a_language_whose_uses_are_not_followed_is_asked_about() -> None:
    (headers,) = found("HYG001", "-- lib/archive/a.h --\nint a;\n-- lib/archive/a.c --\nint b;\n")
    assert headers.action is ActionKind.AUDIT


def test_a_library_that_two_projects_bring_along_is_no_duplicate() -> None:
    licensed = "".join(
        FILES.format(f"{project}/lib/json") + f"-- {project}/lib/json/LICENSE --\nFree.\n"
        for project in ("one", "two")
    )
    assert found("HYG003", licensed) == []
    assert found("HYG003", licensed.replace("two/lib/json", "two/lib/json_copy")) != []


def test_pages_are_no_copies_that_can_go_because_nobody_names_them() -> None:
    page = FILES.replace(".py", ".html")
    named = "-- main.py --\nimport new.part\n-- new/part.py --\nx = 1\n"
    (finding,) = found("HYG003", page.format("new") + page.format("old_pages") + named)
    assert finding.action is ActionKind.AUDIT


def test_what_was_put_away_and_stayed_goes_unless_the_archive_is_a_snapshot() -> None:
    history = "2026-01-01 ann | A check.py, A m.py\n2026-02-01 ann | A {0}/check.py, A {0}/m.py\n"
    twice = "-- {0}/check.py --\n" + BODY * 3 + "-- check.py --\n" + BODY * 3
    tools = twice.format("archive/tools")
    (left,) = found("HYG004", tools, history.format("archive/tools"))
    assert action(left) == (ActionKind.ARCHIVE, ("check.py",))
    (named,) = found(
        "HYG004", f"{tools}-- README.md --\nRun `check.py`.\n", history.format("archive/tools")
    )
    assert named.action is ActionKind.AUDIT
    (test,) = found(
        "HYG004",
        tools.replace("check.py", "test_login.py"),
        history.format("archive/tools").replace("check.py", "test_login.py"),
    )
    assert test.action is ActionKind.ARCHIVE
    assert found("HYG004", tools, "2026-01-01 ann | A check.py, A archive/tools/check.py\n") == []
    dated = twice.format("archive/2026-02-01")
    assert found("HYG004", dated, history.format("archive/2026-02-01")) == []
    image = '-- Dockerfile --\nFROM python\nCOPY . .\nCMD ["python", "m.py"]\n'
    used = f"-- m.py --\nx = 1\n{BODY}-- archive/tools/m.py --\nx = 1\n{BODY}{image}"
    assert found("HYG004", tools + used, history.format("archive/tools")) == []


def test_folders_that_were_copied_are_decided_together() -> None:
    (rule,) = (rule for rule in rules() if rule.id == "HYG004")
    copied = next(each.files for each in rule.examples if each.title.startswith("a module and"))
    body = copied.partition("-- billing/orders.py --\n")[2]
    names = ("orders", "prices", "taxes", "probe")
    tree = (
        "".join(
            f"-- {folder}/{name}.py --\n{body.replace('def ', f'def {name}_')}"
            for folder in ("catalog", "import")
            for name in names
        )
        + "-- import/probe.sh --\n#!/bin/sh\npython import/probe.py\n"
    )
    use = "-- run.py --\nimport catalog.orders, catalog.prices\nif __name__ == '__main__': pass\n"
    losers = {each.location.path for each in found("HYG004", tree + use)}
    assert losers == {f"import/{name}.py" for name in names}


def test_a_copy_that_is_in_the_making_is_asked_about() -> None:
    (rule,) = (rule for rule in rules() if rule.id == "HYG004")
    copied = next(each.files for each in rule.examples if each.title.startswith("a module and"))
    history = "2025-01-01 ann | A shop/orders.py\n2026-09-01 ann | A billing/orders.py\n"
    (fresh,) = found("HYG004", copied, history)
    assert action(fresh) == (ActionKind.AUDIT, ("billing/orders.py",))


def test_one_of_a_family_of_servers_is_not_condemned() -> None:
    app = "from fastapi import FastAPI\napp = FastAPI()\n"
    start = "-- Dockerfile --\nFROM python\nCOPY . .\nCMD uvicorn model_worker:app\n"
    tree = start + "".join(
        f"-- {name}_worker.py --\n{app}" for name in ("model", "vllm", "sglang", "mlx")
    )
    assert {each.action for each in found("STA001", tree)} <= {ActionKind.AUDIT}
