"""The audit of a change: only what is new fails, under the policy of the base."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from readiness.configure import Options
from readiness.engine import Surroundings, audit

if TYPE_CHECKING:
    from conftest import Git, Program

BROKEN = "def f(:\n"
_KEY = "sk_" + "live_" + "9fQ2mXv7LrT4zKd8WnYb3HsJ"
CODE = "".join(f"def step_{n}(x):\n    return load_{n}(x) + {n}\n\n\n" for n in range(20))


@pytest.fixture
def shop(git: Git) -> Git:
    """A service with old findings on its default branch, and a branch for the change."""
    git.write("Dockerfile", "FROM python:3.12\nCOPY . .\nCMD python main.py\n")
    git.write("main.py", "import one, two, orders\n")
    git.write("one.py", BROKEN)
    git.write("two.py", f"{BROKEN}PAYMENT = '{_KEY}'\n")
    git.write("orders.py", CODE)
    git.commit(at=1_700_000_000)
    git("checkout", "-q", "-b", "change")
    return git


def run(readiness: Program, git: Git, *arguments: str) -> tuple[int, str]:
    done = readiness("audit", *arguments, cwd=git.folder)
    return done.returncode, (done.stdout + done.stderr).decode()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Surroundings:
    return Surroundings(datetime.date(2026, 6, 1), str(tmp_path_factory.mktemp("cache")))


def new(world: Surroundings, git: Git, since: str = "", **options: Any) -> list[str]:
    """ "RULE path" of what is new and counts."""
    report = audit(str(git.folder), Options(since=since, **options), world)
    assert report.comparison is not None
    found = [news.finding for news in report.comparison.new if news.counts]
    assert all(each in report.findings for each in found)
    assert report.gate.passed is not (bool(found) or bool(report.comparison.stale))
    return sorted(f"{each.rule} {each.location.path}" for each in found)


def test_an_untouched_repository_passes_whatever_it_holds(readiness: Program, shop: Git) -> None:
    code, told = run(readiness, shop, "--since")
    assert code == 0
    assert told.startswith("nothing new; ")
    assert "old ones are not yours and do not count." in told
    assert "Scores: unchanged." in told


def test_only_what_is_new_fails_and_is_told_in_words(readiness: Program, shop: Git) -> None:
    shop.write("orders_v2.py", CODE.replace("+ 3", "+ 4"))
    shop.commit(at=1_700_000_100)
    code, told = run(readiness, shop, "--since")
    assert code == 1
    assert told.startswith("1 new finding; ")  # that nothing uses it yet is too unsure to count
    assert "orders_v2.py is a copy of orders.py, which is the current one" in told
    assert "two.py" not in told and "one.py" not in told
    assert "readiness explain HYG002" in told
    assert "gate failed: 1 new finding" in told


def test_a_move_a_rebase_and_a_squash_bring_nothing_new(world: Surroundings, shop: Git) -> None:
    shop.write("shop/__init__.py")
    shop("mv", "two.py", "shop/two.py")
    shop.write("main.py", "import one, shop.two, orders\n")
    shop.commit(at=1_700_000_100)
    shop.write("shop/two.py", f"\n# a remark\n\n{BROKEN}PAYMENT = '{_KEY}'\n")
    shop.commit(at=1_700_000_200)
    assert new(world, shop) == []
    shop("checkout", "-q", "main")
    shop.write("README.md", "# Shop\n")
    shop.commit(at=1_700_000_300)
    shop("checkout", "-q", "change")
    shop("rebase", "-q", "main")
    assert new(world, shop) == []
    shop("reset", "-q", "--soft", "main")
    shop.commit(at=1_700_090_000)
    assert new(world, shop) == []


def test_work_that_is_not_committed_and_what_is_staged_count(
    world: Surroundings, shop: Git
) -> None:
    shop.write("orders.py", f"{CODE}KEY = '{_KEY[:-4]}WxYz'\n")
    assert new(world, shop) == ["SEC001 orders.py"]
    assert new(world, shop, staged=True) == []
    shop("add", "orders.py")
    assert new(world, shop, staged=True) == ["SEC001 orders.py"]


def test_the_same_secret_once_more_is_new_and_taken_away_it_is_not(
    world: Surroundings, shop: Git
) -> None:
    shop.write("orders.py", f"{CODE}PAYMENT = '{_KEY}'\n")
    shop.commit()
    assert new(world, shop) == ["SEC001 orders.py"]
    shop.write("two.py", BROKEN)
    shop.commit()
    assert new(world, shop) == []


def test_a_default_branch_that_moved_on_does_not_matter(
    readiness: Program, world: Surroundings, shop: Git
) -> None:
    shop.write("README.md", "# Change\n")
    shop.commit(at=1_700_000_100)
    shop("checkout", "-q", "main")
    shop.write("one.py", "x = 1\n")
    mended = shop.commit(at=1_700_000_200)
    shop("checkout", "-q", "change")
    assert new(world, shop) == []
    assert new(world, shop, "main...") == []
    code, told = run(readiness, shop, "--since", "main")
    assert code == 1 and "one.py" in told
    assert "main is not an ancestor of what is audited" in told
    assert new(world, shop, mended) != []


def test_it_compares_any_two_commits(world: Surroundings, shop: Git) -> None:
    base = shop("rev-parse", "HEAD")
    shop.write("three.py", BROKEN)
    shop.write("main.py", "import one, two, three, orders\n")
    shop.commit("first")
    shop.write("four.txt")
    shop.commit("second")
    assert new(world, shop, "HEAD~1", rev="HEAD") == []
    assert "HYG016 three.py" in new(world, shop, base, rev="HEAD~1")


def test_the_thresholds_decide_what_of_the_new_fails(world: Surroundings, shop: Git) -> None:
    shop.write("orders_v2.py", CODE.replace("+ 3", "+ 4"))
    shop.commit()
    assert new(world, shop, fail_on="critical") == []
    assert new(world, shop, fail_on="high") == ["HYG002 orders_v2.py"]


def test_a_score_that_was_low_before_fails_nobody_but_a_drop_does(
    readiness: Program, shop: Git
) -> None:
    assert run(readiness, shop, "--since", "--fail-under", "9.9")[0] == 0
    shop.write("orders.py", f"{CODE}KEY = '{_KEY[:-4]}WxYz'\n")
    shop.commit()
    quiet = ("--since", "--fail-on", "critical", "--select", "CFG,SEC001", "--ignore", "CFG001")
    shop.write("readiness.toml", "")
    code, told = run(readiness, shop, *quiet[:3], "--max-drop", "security=0")
    assert code == 1
    assert "Security drops from" in told
    code, told = run(readiness, shop, *quiet[:3], "--max-drop", "tests=0")
    assert "drops" not in told


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (("--max-drop", "1"), "--max-drop needs --since"),
        (("--since", "--max-drop", "colour=1"), "is no dimension"),
        (("--since", "."), "name the folder first: . --since"),
        (("--since", "nowhere"), "no commit is called 'nowhere'"),
    ],
)
def test_bad_usage_says_what_to_do(
    readiness: Program, shop: Git, arguments: tuple[str, ...], hint: str
) -> None:
    code, told = run(readiness, shop, *arguments)
    assert (code, hint in told) == (2, True)


def test_without_a_commit_or_a_default_branch_it_says_so(readiness: Program, git: Git) -> None:
    git.write("a.py")
    code, told = run(readiness, git, "--since")
    assert (code, "there is no commit yet" in told) == (2, True)
    git.commit()
    git("branch", "-q", "-m", "main", "work")
    code, told = run(readiness, git, "--since")
    assert (code, "no default branch is known" in told) == (2, True)


def test_unrelated_histories_have_no_merge_base(readiness: Program, shop: Git) -> None:
    shop("checkout", "-q", "--orphan", "alone")
    shop.commit("alone")
    code, told = run(readiness, shop, "--since")
    assert (code, "have no commit in common" in told) == (2, True)


def test_a_file_that_the_change_makes_unreadable_does_not_pass(
    readiness: Program, shop: Git
) -> None:
    shop.write("orders.py", f"{CODE}\0KEY = '{_KEY[:-4]}WxYz'\n")
    shop.commit()
    code, told = run(readiness, shop, "--since")
    assert code == 1
    assert "orders.py (it holds NUL bytes) could not be judged" in " ".join(told.split())


# Policy


def test_the_policy_of_the_base_judges_the_change(world: Surroundings, shop: Git) -> None:
    shop("checkout", "-q", "main")
    shop.write("readiness.toml", 'fail_on = "high"\n')
    shop.commit()
    shop("checkout", "-q", "-b", "loose")
    shop.write("orders_v2.py", CODE.replace("+ 3", "+ 4"))
    shop.write("readiness.toml", 'ignore = ["HYG002"]\nexclude = ["orders_v2.py"]\n')
    shop.commit()
    assert new(world, shop) == [
        "GAT001 readiness.toml",  # fail_on
        "GAT001 readiness.toml",  # ignore
        "GAT001 readiness.toml",  # exclude
        "HYG002 orders_v2.py",
    ]


@pytest.mark.parametrize("kind", ["waiver", "baseline", "inline", "per path"])
def test_a_change_does_not_pass_by_what_it_adds(
    readiness: Program, world: Surroundings, shop: Git, kind: str
) -> None:
    name = "README.md"
    shop.write(name, "# Shop\n\n```sh\n./start_all.sh\n```\n")
    shop.commit()
    expected = new(world, shop)
    assert expected
    rules = {each.split()[0] for each in expected}
    settings = {
        "waiver": "".join(
            f'[[waivers]]\nrule = "{rule}"\nowner = "me"\nreason = "r"\nuntil = 2099-01-01\n'
            for rule in rules
        ),
        "baseline": 'baseline = "old.toml"\n',
        "per path": f'[per_path_ignores]\n"{name}" = {sorted(rules)!r}\n',
        "inline": "",
    }[kind]
    if kind == "baseline":
        readiness("baseline", "--update", "--accept", "--file", "old.toml", cwd=shop.folder)
    if kind == "inline":
        comment = f"<!-- readiness: {'ignore'}[{','.join(sorted(rules))}] because -->"
        shop.write(name, f"# Shop\n\n```sh\n{comment}\n./start_all.sh\n```\n")
    shop.write("readiness.toml", settings)
    shop.commit()
    found = new(world, shop)
    assert set(expected) <= set(found)
    first = kind == "baseline"  # nothing judged here before
    assert any(each.startswith("GAT001") for each in found) != first


def test_the_base_may_let_its_owners_loosen_it(world: Surroundings, shop: Git) -> None:
    shop("checkout", "-q", "main")
    shop.write("readiness.toml", 'fail_on = "high"\n')
    shop.commit()
    shop("checkout", "-q", "-b", "waive")
    shop.write(
        "readiness.toml",
        'fail_on = "high"\n[[waivers]]\nrule = "CTR001"\nowner = "ann"\nreason = "r"\n'
        "until = 2026-12-31\n",
    )
    shop.commit()
    assert new(world, shop) == []  # a waiver is of medium severity


def test_the_removed_gate_is_a_finding(world: Surroundings, shop: Git) -> None:
    steps = "on: pull_request\njobs:\n  a:\n    runs-on: x\n    steps:\n      - run: pytest\n"
    gate = "      - run: readiness audit --since\n"
    shop("checkout", "-q", "main")
    shop.write(".github/workflows/ci.yml", steps + gate)
    shop.commit()
    shop("checkout", "-q", "-b", "ungated")
    for after in (
        steps,
        steps + gate.rstrip() + " || true\n",
        steps + gate + "        if: false\n",
    ):
        shop.write(".github/workflows/ci.yml", after)
        assert "GAT001 .github/workflows/ci.yml" in new(world, shop)


def test_a_configuration_that_the_change_breaks_is_an_error(readiness: Program, shop: Git) -> None:
    shop.write("readiness.toml", 'fail_no = "high"\n')
    shop.commit()
    code, told = run(readiness, shop, "--since")
    assert (code, "did you mean fail_on?" in told) == (2, True)


def test_an_entry_that_the_change_makes_stale_must_leave_the_baseline(
    readiness: Program, world: Surroundings, shop: Git
) -> None:
    shop("checkout", "-q", "main")
    readiness("baseline", "--update", "--accept", cwd=shop.folder)
    shop.write("readiness.toml", 'baseline = "readiness-baseline.toml"\n')
    shop.commit()
    shop("checkout", "-q", "-b", "mend")
    shop.write("one.py", "x = 1\n")
    shop.commit()
    code, told = run(readiness, shop, "--since")
    assert (code, "HYG016 one.py" in told, "delete line" in told) == (1, True, True)
    assert readiness("baseline", "--update", cwd=shop.folder).returncode == 0
    shop.commit()
    assert new(world, shop) == []


# Clones that do not hold all


def clone(shop: Git, make_git: Callable[..., Git], tmp_path: Path, *options: str) -> Git:
    other = make_git("clone")
    other("fetch", "-q", *options, shop.folder.as_uri(), "change:refs/heads/change")
    other("checkout", "-q", "change")
    return other


def test_a_shallow_clone_without_the_base_says_how_to_deepen(
    readiness: Program, shop: Git, make_git: Callable[..., Git], tmp_path: Path
) -> None:
    base = shop("rev-parse", "HEAD")
    for number in range(3):
        shop.write("README.md", f"# {number}\n")
        shop.commit(at=1_700_000_100 + number)
    other = clone(shop, make_git, tmp_path, "--depth=2")
    for arguments in (("--since",), ("--since", base), ("--since", "main")):
        code, told = run(readiness, other, *arguments)
        assert code == 2
        assert "this clone is shallow" in told and "git fetch --unshallow" in told
        assert "fetch-depth: 0" in told


def test_a_shallow_clone_that_holds_the_base_gives_the_same_answer(
    readiness: Program, world: Surroundings, shop: Git, make_git: Callable[..., Git], tmp_path: Path
) -> None:
    base = shop("rev-parse", "HEAD")
    shop.write("orders_v2.py", CODE.replace("+ 3", "+ 4"))
    shop.commit(at=1_700_000_100)
    other = clone(shop, make_git, tmp_path, "--depth=2")
    assert new(world, other, base) == ["HYG002 orders_v2.py"]
    _, told = run(readiness, other, "--since", base)
    assert "this clone is shallow: rules that read the history may find less" in told


def test_a_merge_base_that_may_not_be_the_latest_is_not_taken(
    readiness: Program, world: Surroundings, shop: Git, make_git: Callable[..., Git], tmp_path: Path
) -> None:
    """One of two ways from the change to the default branch is longer than what was fetched."""
    shop("checkout", "-q", "main")
    shop.write("two.py", "x = 1\n")
    shop.commit(at=1_700_000_050)
    shop("checkout", "-q", "-b", "long")
    for number in range(3):
        shop.write("b.txt", str(number))
        shop.commit(at=1_700_000_060 + number)
    shop("checkout", "-q", "change")
    shop.write("a.txt")
    shop.commit(at=1_700_000_070)
    shop("merge", "-q", "--no-edit", "long", at=1_700_000_080)
    assert new(world, shop) == []
    other = clone(shop, make_git, tmp_path, "--depth=3")
    other("fetch", "-q", "--depth=2", shop.folder.as_uri(), "main:refs/heads/main")
    assert other("merge-base", "main", "change") != shop("merge-base", "main", "change")
    code, told = run(readiness, other, "--since")
    assert (code, "this clone is shallow" in told) == (2, True)


def test_a_partial_clone_without_the_files_of_the_base_says_so(
    readiness: Program, shop: Git, make_git: Callable[..., Git], tmp_path: Path
) -> None:
    shop.write("two.py", f"{BROKEN}nobody_has_audited = 'this'\n")
    base = shop.commit(at=1_700_000_050)
    shop("config", "uploadpack.allowFilter", "true")
    shop.write("two.py", f"{BROKEN}x = 1\n")
    shop.commit(at=1_700_000_100)
    other = make_git("partial")
    other("remote", "add", "origin", shop.folder.as_uri())
    other("config", "remote.origin.promisor", "true")
    other("config", "remote.origin.partialclonefilter", "blob:none")
    other("fetch", "-q", "--filter=blob:none", "origin", "change:refs/heads/change")
    other("checkout", "-q", "change")
    code, told = run(readiness, other, "--since", base)
    assert (code, "two.py of the base cannot be read" in told) == (2, True)


# The page


def test_every_option_and_command_that_the_page_names_is_there(readiness: Program) -> None:
    page = (Path(__file__).parent.parent / "docs" / "gate.md").read_text()
    told = {
        command: readiness(command, "--help").stdout.decode() for command in ("audit", "baseline")
    }
    lines = re.findall(r"^readiness (audit|baseline)( [^#\n]*)?", page, re.MULTILINE)
    assert len(lines) > 5
    for command, arguments in lines:
        for option in re.findall(r"--[a-z-]+", arguments):
            assert option in told[command]
    for option in set(re.findall(r"`(--[a-z-]+)", page)):
        assert any(option in text for text in told.values()), option
