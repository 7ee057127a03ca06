"""HYG006: the conditions under which a module goes that nothing seems to use, or is asked about."""

import pytest

from readiness import registry
from readiness.model import ActionKind, Confidence, Finding
from readiness.rule import Example
from readiness.testing import run_example

RULE = next(rule for rule in registry.rules() if rule.id == "HYG006")
PARTS = ", ".join(f"app.part{number}" for number in range(19))
APP = (
    "-- Dockerfile --\nFROM python:3.12\nCOPY . /app\nCMD uvicorn app.main:app\n"
    "-- app/__init__.py --\n-- app/main.py --\nfrom fastapi import FastAPI\n"
    f"import {PARTS}\napp = FastAPI()\n"
) + "".join(f"-- app/part{number}.py --\nx = 1\n" for number in range(19))
LONG_AGO, NOW = "2025-01-10 ann | A app/main.py", "2026-09-20 bob | M app/main.py"


def found(files: str, history: str) -> dict[str, Finding]:
    """Condition -> finding, in an application to which `files` are added, made as `history` says
    between the first commit and the last one."""
    lines = "\n".join((LONG_AGO, history, NOW))
    findings = run_example(RULE, Example("", APP + files, (), lines))
    return {finding.key: finding for finding in findings}


def condition(files: str, history: str) -> str:
    (name,) = found(files, history)
    return name


def test_what_nothing_uses_and_nobody_works_on_can_go() -> None:
    files = "-- app/rates.py --\ndef rate(): ...\n"
    for day in ("2025-01-11", "2026-09-05"):  # nobody followed up in the two weeks since
        finding = found(files, f"{day} ann | A app/rates.py")["unused"]
        assert (finding.action, finding.confidence) == (ActionKind.ARCHIVE, Confidence.HIGH)


@pytest.mark.parametrize(
    ("name", "files", "history"),
    [
        ("unused, but new", "-- app/rates.py --\n", "2026-09-15 ann | A app/rates.py"),
        (
            "unused, but new",
            "-- app/rates.py --\n",
            "2026-09-01 ann | A app/rates.py\n2026-09-03 ann | M app/rates.py",
        ),
        (
            "unused, but worked on",
            "-- app/rates.py --\n",
            "2026-05-15 ann | A app/rates.py\n2026-09-10 ann | M app/rates.py\n"
            "2026-09-11 ann | M app/rates.py",
        ),
        (
            "unused, but made for others",
            "-- app/other.py --\nfrom flask import Flask\napp = Flask(__name__)\n",
            "2025-01-11 ann | A app/other.py",
        ),
        (
            "unused, but made for others",
            "-- app/mail_hook.py --\ndef hook(mail): print(mail)\n",
            "2025-01-11 ann | A app/mail_hook.py",
        ),
        (
            "unused, but made for others",
            "-- app/timing.py --\nfrom functools import wraps\ndef timed(f): return wraps(f)\n",
            "2025-01-11 ann | A app/timing.py",
        ),
        (
            "unused, but made for others",
            "-- app/base_view.py --\nclass View:\n    def show(self): ...\n",
            "2025-01-11 ann | A app/base_view.py",
        ),
    ],
)
def test_what_may_be_wanted_although_nothing_uses_it_is_asked_about_quietly(
    name: str, files: str, history: str
) -> None:
    finding = found(files, history)[name]
    assert (finding.action, finding.confidence) == (ActionKind.AUDIT, Confidence.LOW)


def test_one_of_a_family_is_asked_about_where_most_of_the_others_are_in_use() -> None:
    family = ", ".join(f"app.pay_{name}" for name in ("card", "cash", "bank"))
    files = f"-- app/part0.py --\nimport {family}\n" + "".join(
        f"-- app/pay_{name}.py --\nx = 1\n" for name in ("card", "cash", "bank", "gold")
    )
    assert condition(files, "2025-01-11 ann | A app/pay_gold.py") == "unused, but one of a family"
    others = files.replace("app/pay_", "app/pay/pay_").replace("app.pay_", "app.pay.pay_")
    assert condition(others, "2025-01-11 ann | A app/pay/pay_gold.py") == "unused"


def test_what_was_put_away_goes_although_it_came_lately() -> None:
    files = "-- app/rates_legacy/rates.py --\nx = 1\n"
    history = "2026-09-01 ann | A app/rates_legacy/rates.py"
    assert condition(files, history) == "unused, and put away"


def test_what_only_a_doubtful_module_imports_is_doubtful_too() -> None:
    files = (
        "-- app/site.py --\nimport app.pages\nfrom flask import Flask\napp = Flask(__name__)\n"
        "-- app/pages.py --\nx = 1\n"
        "-- app/alone.py --\nx = 1\n"
    )
    history = "2025-01-11 ann | A app/site.py, A app/pages.py, A app/alone.py"
    assert {name: each.location.path for name, each in found(files, history).items()} == {
        "unused, but made for others": "app/site.py",
        "unused, but imported": "app/pages.py",
        "unused": "app/alone.py",
    }


def test_a_script_that_another_program_tells_people_to_run_stays() -> None:
    scratch = "-- fix_rates.py --\nprint('fixed')\n"
    teller = "-- status.py --\nprint('now run fix_rates.py once more')\n"
    history = "2026-09-19 ann | A fix_rates.py"
    assert condition(scratch, history) == "scratch"
    assert "scratch" not in found(scratch + teller, f"{history}, A status.py")
    hushed = teller.replace("print", "# print")
    assert "scratch" in found(scratch + hushed, f"{history}, A status.py")


def test_a_module_among_modules_in_use_that_can_only_be_run_goes_after_a_year() -> None:
    files = "-- app/dump.py --\nif __name__ == '__main__':\n    print(1)\n"
    assert condition(files, "2025-01-11 ann | A app/dump.py") == (
        "a module run by hand, long at rest"
    )
    assert condition(files, "2026-05-11 ann | A app/dump.py") == "run by hand, at rest"
    aside = files.replace("app/dump.py", "load/dump.py")
    assert "long at rest" not in condition(aside, "2025-01-11 ann | A load/dump.py")


def test_urls_that_nothing_includes_may_be_unfinished() -> None:
    files = "-- app/urls.py --\nfrom django.urls import path\nurlpatterns = [path('', print)]\n"
    assert condition(files, "2025-01-11 ann | A app/urls.py") == "unused, but made for others"


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("scripts/test_rates.py", "trial"),
        ("lib/whois/scripts/test_rates.py", "run by hand, at rest"),
    ],
)
def test_a_script_that_came_with_a_package_is_no_trial(path: str, expected: str) -> None:
    files = f"-- {path} --\nif __name__ == '__main__': print(1)\n-- scripts/__init__.py --\n"
    files += "-- lib/whois/__init__.py --\n"
    assert condition(files, f"2025-01-11 ann | A {path}") == expected
