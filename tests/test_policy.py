"""What a change loosens, and policies that others extend."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from readiness import baseline, compare, policy, registry
from readiness.config import (
    LOOSER,
    PYPROJECT,
    STANDALONE,
    Config,
    Looser,
    Waiver,
    extend,
    read,
    read_policy,
    settings,
)
from readiness.configure import Options, configure
from readiness.errors import ConfigError
from readiness.packaged import policy_of
from readiness.policy import Loosening, loosenings
from readiness.repo import Repository
from readiness.rule import Change, Side
from readiness.testing import build_index, parse_tree

if TYPE_CHECKING:
    from conftest import Git, Program

RULE = next(rule for rule in registry.rules() if rule.id == "GAT001")


def side(tree: str) -> Side:
    files = parse_tree(tree)
    contents = {path: content for path, (content, _) in files.items()}
    config = read(contents.get(PYPROJECT), contents.get(STANDALONE))
    entries = baseline.parse(contents.get(config.baseline, b""), config.baseline).entries
    return Side(build_index(files, config=config, rules=[RULE]), entries, config.baseline)


def loosened(before: str, after: str) -> list[Loosening]:
    old, new = side(before), side(after)
    blobs = [{path: f.blob_id for path, f in each.index.files.items()} for each in (old, new)]
    return list(loosenings(Change(old, new, compare.find(blobs[0], blobs[1], lambda ids: {}).path)))


def messages(before: str, after: str) -> list[str]:
    return [each.message for each in loosened(before, after)]


def toml(*lines: str) -> str:
    return "-- readiness.toml --\n" + "".join(f"{line}\n" for line in lines)


_BASELINE = (
    '-- readiness.toml --\nbaseline = "old.toml"\n-- old.toml --\n[findings]\n'
    '"0123456789abcdef" = "HYG001 old"\n'
)


def test_the_first_baseline_of_a_repository_that_nothing_judged_loosens_nothing() -> None:
    assert messages("-- a.py --\nx = 1\n", _BASELINE) == []


@pytest.mark.parametrize(
    "before",
    [
        "-- readiness.toml --\ntarget = 9.0\n",
        "-- .pre-commit-config.yaml --\nrepos:\n  - repo: https://x/readiness\n    hooks:\n"
        "      - id: readiness-staged\n",
        "-- .github/workflows/ci.yml --\non: push\njobs:\n  a:\n    steps:\n"
        "      - run: readiness audit --fail-on high\n",
        "-- .github/workflows/ci.yml --\non: pull_request\njobs:\n  a:\n    steps:\n"
        f"      - uses: acme/readiness@{'ab' * 20}\n",
    ],
    ids=["configuration", "hook", "gate", "action"],
)
def test_a_baseline_that_comes_after_a_gate_is_told(before: str) -> None:
    after = _BASELINE + (before if "readiness.toml" not in before else "")
    (told,) = messages(before, after)
    assert told.startswith("the baseline grows by 1 entry: HYG001 old")


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ('fail_on = "low"', 'fail_on = "high"', "fail_on is high; before this change it was low"),
        ('fail_on = "low"', "", "fail_on is not set; before this change it was low"),
        ("fail_under = 8", "fail_under = 7.5", "fail_under is 7.5; before this change it was 8"),
        ("max_drop = 0.1", "", "max_drop is not set; before this change it was 0.1"),
        (
            "max_drop = 0.1",
            "max_drop = {security = 0.0}",
            "max_drop is security 0; before this change it was 0.1",
        ),
        ("", "target = 5", "target is 5; before this change it was 9"),
        ("", 'select = ["SEC001"]', "select is SEC001; before this change it was not set"),
        ("", 'profile = "library"', "profile is library; before this change it was auto"),
        ("", 'ignore = ["SEC001"]', "ignore leaves out the rules of sec001, which counted"),
        ("", 'exclude = ["old/"]', "exclude leaves out the files of old/, which counted"),
        (
            "",
            'per_path_ignores = {"old/" = ["HYG001"]}',
            "per_path_ignores leaves out HYG001 in old/",
        ),
        ('exclude = ["old_code/"]', 'exclude = ["old-code/"]', "the files of old-code/"),
        ('exclude = ["data/", "!data/app/"]', 'exclude = ["data/"]', "the files of data/"),
        (
            'exclude = ["data/", "!data/app/"]',
            'exclude = ["!data/app/", "data/"]',
            "the files of data/",
        ),
        ('preboot = ["a"]', 'preboot = ["a", "log"]', "takes log for a check of services"),
        ("", 'readiness_routes = ["/"]', "takes / for an answer on readiness"),
    ],
)
def test_each_setting_that_is_less_strict_is_told(before: str, after: str, message: str) -> None:
    (told,) = messages(toml(before), toml(after))
    assert message in told
    assert messages(toml(after), toml(after)) == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('fail_on = "high"', 'fail_on = "low"'),
        ("", "fail_under = 7"),
        ("max_drop = {security = 0.0}", "max_drop = 0.0"),
        ('select = ["SEC001"]', ""),
        ('select = ["SEC001"]', 'select = ["SEC001", "HYG001"]'),
        ('ignore = ["HYG001", "SEC001"]', 'ignore = ["sec001"]'),
        ("target = 5", "target = 9"),
        ('exclude = ["data/"]', 'exclude = ["data/", "!data/app/"]'),
        ('preboot = ["a", "b"]', 'preboot = ["b"]'),
        ("", 'plan = "plan.toml"'),
    ],
)
def test_what_is_stricter_or_written_otherwise_is_not(before: str, after: str) -> None:
    assert messages(toml(before), toml(after)) == []


def test_every_setting_says_which_change_of_it_loosens() -> None:
    assert list(LOOSER) == list(settings(Config))
    lists = {name for name, looser in LOOSER.items() if looser is Looser.MORE}
    assert lists == set(policy._LISTED)


# A looser value of every setting than that before it: one that is missing here was forgotten.
_LOOSENED = {
    "profile": ('profile = "service"', 'profile = "auto"'),
    "target": ("", "target = 8.9"),
    "select": ("", 'select = ["security"]'),
    "ignore": ("", 'ignore = ["security"]'),
    "exclude": ("", 'exclude = ["*"]'),
    "per_path_ignores": ("", 'per_path_ignores = {"*" = ["HYG006"]}'),
    "fail_under": ("fail_under = 0.1", "fail_under = 0"),
    "fail_on": ('fail_on = "info"', 'fail_on = "low"'),
    "max_drop": ("max_drop = {security = 0.0}", "max_drop = {tests = 0.0}"),
    "preboot": ("", 'preboot = ["main"]'),
    "readiness_routes": ("", 'readiness_routes = ["/"]'),
}


@pytest.mark.parametrize("name", [n for n, looser in LOOSER.items() if looser is not Looser.NEVER])
def test_a_looser_value_of_every_setting_is_told(name: str) -> None:
    if LOOSER[name] is Looser.APART:
        assert name in ("baseline", "waivers", "extends")  # each has tests of its own
        return
    before, after = _LOOSENED[name]
    (told,) = loosened(toml(before), toml(after))
    assert told.key.startswith(name)


def waiver(until: str = "2026-12-01", path: str = "a.py") -> str:
    return f'[[waivers]]\nrule = "HYG016"\npath = "{path}"\nreason = "r"\nuntil = {until}'


def test_a_waiver_may_end_sooner_and_follow_its_file_but_not_last_longer() -> None:
    files = "-- a.py --\nx = 1\n"
    moved = "-- lib/a.py --\nx = 1\n"
    assert messages(toml(waiver()) + files, toml(waiver("2026-11-01")) + files) == []
    assert messages(toml(waiver()) + files, toml(waiver(path="lib/a.py")) + moved) == []
    (told,) = messages(toml(waiver()) + files, toml(waiver("2027-01-01")) + files)
    assert "now lasts until 2027-01-01; it was until 2026-12-01" in told


PRECOMMIT = "-- .pre-commit-config.yaml --\nrepos:\n- repo: x\n  hooks:\n"


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("  - id: gitleaks\n  - id: ruff\n", "  - id: ruff\n", "gitleaks does not run any more"),
        ("  - id: ruff\n", "  - id: ruff\n    exclude: ^old/\n", "exclude is ^old/"),
        ("  - id: ruff\n", "  - id: ruff\n    stages: [manual]\n", "ruff does not run any more"),
        ("  - id: ruff\n", "  - id: ruff\nexclude: ^old/\n", "exclude is ^old/"),
        ("  - id: ruff\n", "  - id: ruff\n    types: [markdown]\n", "types is markdown"),
        ("  - id: gitleaks\n", "  - id: gitleaks\n    entry: 'true'\n", "otherwise: entry is true"),
        ("  - id: ruff\n", "  - id: ruff\nci: {skip: [ruff]}\n", "ci.skip is ruff"),
        (
            "  - id: readiness\n",
            "  - id: readiness\n    args: [--fail-on, critical]\n",
            "otherwise: args is --fail-on critical",
        ),
    ],
)
def test_a_hook_that_runs_no_more_or_on_less_is_told(before: str, after: str, message: str) -> None:
    (told,) = messages(PRECOMMIT + before, PRECOMMIT + after)
    assert message in told
    assert messages(PRECOMMIT + after, PRECOMMIT + before) == []


def workflow(*steps: str, on: str = "pull_request") -> str:
    lines = "".join(f"    - run: {step}\n" for step in steps)
    return f"-- .github/workflows/ci.yml --\non: {on}\njobs:\n  a:\n    steps:\n{lines}"


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (workflow("pytest"), workflow("echo"), "`pytest`"),
        (workflow("pytest"), workflow("pytest || true"), "`pytest`"),
        (workflow("pytest"), workflow("pytest", on="schedule"), "`pytest`"),
        (workflow("pytest"), "", "`pytest`"),
        (workflow("readiness audit --since"), workflow("readiness audit"), "--since"),
    ],
)
def test_a_gate_that_does_not_fail_any_more_is_told(before: str, after: str, told: str) -> None:
    (message,) = messages(before, after)
    assert told in message and "any more" in message


def test_what_a_hook_of_others_is_told_is_its_users_matter() -> None:
    ruff = PRECOMMIT + "  - id: ruff\n"
    assert messages(ruff, ruff + "    args: [--fix]\n") == []


OUR = workflow("readiness audit --since")
_STEP = "    - run: readiness audit --since\n"


def with_keys(*keys: str) -> str:
    """Our gate, with other keys on its step."""
    return OUR.replace(_STEP, _STEP + "".join(f"      {key}\n" for key in keys))


def as_script(*lines: str) -> str:
    return OUR.replace(_STEP, "    - run: |\n" + "".join(f"        {line}\n" for line in lines))


@pytest.mark.parametrize(
    ("after", "told"),
    [
        (with_keys("continue-on-error: true"), "does not fail"),
        (
            with_keys("id: gate", "continue-on-error: true")
            + "    - if: steps.gate.outcome == 'failure'\n      run: echo\n",
            "its continue-on-error is true",
        ),
        (workflow("readiness audit --since || true"), "does not fail"),
        (workflow("readiness audit --since || exit 0"), "does not fail"),
        (workflow("'true || readiness audit --since'"), "its run is true ||"),
        (as_script("exit 0", "readiness audit --since"), "its run is exit 0"),
        (as_script("set +e", "readiness audit --since", "true"), "does not fail"),
        (as_script("readiness() { true; }", "readiness audit --since"), ""),
        (as_script("if readiness audit --since; then :; fi"), "does not fail"),
        (workflow("readiness audit --since --fail-on critical"), "does not fail"),
        (workflow("readiness audit --since HEAD"), "does not fail"),
        (with_keys("if: github.actor != 'ada'"), "its if is github.actor != 'ada'"),
        (with_keys("if: false"), "does not fail"),
        (with_keys("shell: 'true {0}'"), "its shell is true {0}"),
        (with_keys("working-directory: elsewhere"), "its working-directory is elsewhere"),
        (with_keys("env: {PATH: ./bin}"), "its PATH is ./bin"),
        (OUR.replace("  a:\n", "  a:\n    if: ${{ !cancelled() && false }}\n"), "its if is"),
        (OUR.replace("  a:\n", "  a:\n    continue-on-error: true\n"), "does not fail"),
        (
            OUR.replace("on: pull_request", "on: {pull_request: {paths-ignore: ['app/**']}}"),
            "do not run any more where paths-ignore says app/**",
        ),
        (
            OUR.replace("on: pull_request", "on: {pull_request: {paths: [docs/**]}}"),
            "where paths says only docs/**",
        ),
        (
            OUR.replace("on: pull_request", "on: {pull_request: {paths: ['**', '!app/**']}}"),
            "where paths says !app/**",
        ),
        (
            OUR.replace("on: pull_request", "on: {pull_request: {branches-ignore: [release]}}"),
            "where branches-ignore says release",
        ),
        (OUR.replace("on: pull_request", "on: push"), "do not run any more on pull_request"),
    ],
)
def test_a_gate_that_is_made_harmless_is_told(after: str, told: str) -> None:
    assert any(told in each for each in messages(OUR, after))
    assert messages(after, after) == []


@pytest.mark.parametrize(
    "after",
    [
        OUR + "    - run: pytest\n",
        OUR.replace("on: pull_request", "on: [push, pull_request]"),
        with_keys("name: The gate", "timeout-minutes: 5", "env: {CI: '1'}"),
        workflow("readiness audit --since --jobs 2 --format=github"),
        OUR
        + OUR.replace("-- .github/workflows/ci.yml --", "-- .github/workflows/b.yml --").replace(
            "pull_request", "{pull_request: {paths: [docs/**]}}"
        ),
        "-- .github/workflows/b.yml --\n" + OUR.partition("\n")[2],
    ],
    ids=["a step", "an event", "keys", "shown", "another file", "renamed"],
)
def test_a_gate_that_stays_what_it_was_is_not(after: str) -> None:
    assert messages(OUR, after) == []
    assert messages(with_keys("if: github.actor != 'ada'"), OUR) == [], "runs on more"


def test_a_condition_on_a_tool_of_others_is_told_and_what_it_is_told_is_not() -> None:
    before = workflow("pytest")
    after = before.replace("- run: pytest\n", "- run: pytest -x\n      if: github.ref == 'x'\n")
    (told,) = messages(before, after)
    assert "its if is github.ref == 'x'" in told
    assert messages(before, before.replace("pytest\n", "pytest -x --cov\n")) == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (workflow("flake8"), workflow("ruff check")),
        (workflow("pytest"), workflow("pytest -q", "ruff check")),
        (workflow("readiness audit --since"), workflow("readiness audit --since --format sarif")),
        (workflow("pytest"), workflow("pytest").replace("ci.yml", "tests.yml")),
    ],
)
def test_a_gate_that_moved_or_was_replaced_is_not(before: str, after: str) -> None:
    assert messages(before, after) == []


def test_a_comment_that_allows_a_secret_is_told() -> None:
    secret = 'PASSWORD = "b7f3' + 'K9x2LmQ84vTzR1nW"'
    allowed = "-- a.py --\n" + secret + "  # pragma: " + "allowlist secret\n"
    (told,) = messages("-- a.py --\nx = 1\n", allowed)
    assert "lets a value pass" in told
    assert messages(allowed, allowed.replace("-- a.py", "-- b.py")) == []


# Policies that others extend


def test_what_is_set_counts_and_lists_add_up() -> None:
    base = read_policy(
        b'fail_on = "high"\ntarget = 8\nselect = ["SEC001"]\nignore = ["HYG001"]\n'
        b'per_path_ignores = {"a" = ["HYG002"]}\n[[waivers]]\nrule = "X"\nreason = "r"\n',
        "policy.toml",
    )
    own = read_policy(
        b'target = 9.0\nselect = ["HYG001"]\nignore = ["HYG006"]\nper_path_ignores = {"a" = '
        b'["HYG003"], "b" = ["HYG003"]}\n',
        STANDALONE,
    )
    both = extend(base, own)
    assert (both.fail_on, both.target, both.select) == ("high", 9.0, ("HYG001",))
    assert both.ignore == ("HYG001", "HYG006")
    assert both.per_path_ignores == {"a": ("HYG002", "HYG003"), "b": ("HYG003",)}
    assert both.waivers == (Waiver("X", reason="r", line=6, source="policy.toml"),)
    assert both.source == STANDALONE


def configured(git: Git) -> Config:
    with Repository.open(git.folder) as repository:
        return configure(repository, repository.snapshot(), Options(), registry.rules())


def test_a_policy_is_a_tracked_file_and_may_extend_another(git: Git) -> None:
    git.write("readiness.toml", 'extends = "./policy/team.toml"\n')
    git.write("policy/team.toml", 'extends = "policy/company.toml"\nfail_under = 5\n')
    git.write("policy/company.toml", 'fail_on = "high"\nfail_under = 4\n')
    git.commit()
    config = configured(git)
    assert (config.fail_on, config.fail_under) == ("high", 5.0)


@pytest.mark.parametrize(
    ("extends", "error"),
    [
        ("../outside.toml", "is not a tracked file"),
        ("/etc/passwd.toml", "is not a tracked file"),
        ("link.toml", "is a symbolic link"),
        ("again.toml", "extend one another without an end"),
        ("broken.toml", "broken.toml: fail_no is not a setting; did you mean fail_on?"),
        ("no such package", "is neither a path"),
        ("nosuchpackage", "no such package is installed"),
        ("__main__", "no such package is installed"),
        ("json", "holds no readiness.toml"),
    ],
)
def test_a_policy_that_is_not_to_be_had_is_an_error(git: Git, extends: str, error: str) -> None:
    git.folder.with_name("outside.toml").write_text('fail_on = "high"\n')
    git.write("readiness.toml", f'extends = "{extends}"\n')
    (git.folder / "link.toml").symlink_to("../outside.toml")
    git.write("again.toml", 'extends = "again.toml"\n')
    git.write("broken.toml", 'fail_no = "x"\n')
    git.commit()
    with pytest.raises(ConfigError, match=error):
        configured(git)


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An installed package that would leave a trace if a line of it were run."""
    folder = tmp_path / "site" / "acme_policy"
    folder.mkdir(parents=True)
    folder.joinpath("__init__.py").write_text(f"open({str(tmp_path / 'trace')!r}, 'w')\n")
    folder.joinpath("readiness.toml").write_text('fail_on = "medium"\n')
    monkeypatch.syspath_prepend(str(folder.parent))
    yield folder
    assert not (tmp_path / "trace").exists()
    assert "acme_policy" not in sys.modules


def test_a_policy_of_an_installed_package_is_read_and_not_run(git: Git, package: Path) -> None:
    git.write("readiness.toml", 'extends = "acme_policy"\n')
    git.commit()
    config = configured(git)
    assert (config.fail_on, config.packages) == ("medium", (str(package),))


def test_a_package_of_the_audited_repository_is_no_policy(package: Path) -> None:
    with pytest.raises(ConfigError, match="of the audited repository itself"):
        policy_of("acme_policy", str(package.parent), 1000)


def test_a_change_of_an_installed_policy_is_seen_at_once(
    readiness: Program, git: Git, package: Path
) -> None:
    git.write("readiness.toml", 'extends = "acme_policy"\n')
    git.write("Dockerfile", "FROM python:3.12\nCOPY . .\nCMD python main.py\n")
    git.write("main.py", "def f(:\n")
    git.commit()
    where = str(package.parent)
    assert readiness("audit", cwd=git.folder, PYTHONPATH=where).returncode == 1
    package.joinpath("readiness.toml").write_text("fail_under = 0\n")
    assert readiness("audit", cwd=git.folder, PYTHONPATH=where).returncode == 0
