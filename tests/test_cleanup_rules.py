"""How heavily the rules on file cleanup weigh what they find."""

from readiness.model import Confidence, Finding, Severity
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
