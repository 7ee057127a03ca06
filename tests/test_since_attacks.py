"""Ways to slip something past the gate, and changes that only look like one."""

from __future__ import annotations

import datetime
import textwrap
from typing import TYPE_CHECKING, Any

import pytest

from readiness.configure import Options
from readiness.engine import Surroundings, audit
from readiness.errors import ConfigError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Git

    from readiness.model import Report

KEY = "sk_" + "live_" + "9fQ2mXv7LrT4zKd8WnYb3HsJ"
OTHER = "sk_" + "live_" + "Zt6Pq1Rw5Uc9Ne3Vb7Mk2XgD"
LINE = f"PAYMENT = '{KEY}'\n"
SECOND = f"OTHER = '{OTHER}'\n"
BROKEN = "def f(:\n"


def module(name: str, functions: int = 12) -> str:
    return "\n\n".join(
        f"def {name}_{n}(x):\n    total = load_{name}_{n}(x)\n    return total + {n}\n"
        for n in range(functions)
    )


@pytest.fixture
def shop(git: Git) -> Git:
    """A service with old findings on its default branch, and a branch for the change."""
    git.write("Dockerfile", "FROM python:3.12\nCOPY . .\nCMD python main.py\n")
    git.write("main.py", "import broken, orders, pay, users\n")
    git.write("broken.py", BROKEN)
    git.write("pay.py", f"{LINE}{module('pay')}")
    git.write("orders.py", module("orders"))
    git.write("orders_old.py", module("orders").replace("+ 3", "+ 4"))
    git.write("users.py", module("users"))
    git.write("readiness.toml", 'extends = "policy/company.toml"\n')
    git.write("policy/company.toml", "target = 9.0\n")
    git.commit(at=1_700_000_000)
    git("checkout", "-q", "-b", "change")
    return git


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Surroundings:
    return Surroundings(datetime.date(2026, 6, 1), str(tmp_path_factory.mktemp("cache")))


def judged(world: Surroundings, git: Git, since: str = "", **options: Any) -> Report:
    return audit(str(git.folder), Options(since=since, **options), world)


def new(world: Surroundings, git: Git, **options: Any) -> set[str]:
    """ "RULE path" of what is new and counts in a commit of all that lies there."""
    git.commit(at=1_700_000_100)
    report = judged(world, git, **options)
    assert report.comparison is not None
    told = {
        f"{news.finding.rule} {news.finding.location.path}"
        for news in report.comparison.new
        if news.counts
    }
    assert report.gate.passed is not bool(told), report.gate.why
    return told


# Attacks


def test_a_policy_that_is_extended_cannot_be_loosened_by_the_change(
    world: Surroundings, shop: Git
) -> None:
    shop.write("policy/company.toml", 'target = 9.0\nignore = ["SEC001"]\n')
    shop.write("users.py", SECOND + module("users"))
    assert new(world, shop) == {"GAT001 readiness.toml", "SEC001 users.py"}


def test_another_policy_to_extend_is_no_way_out(world: Surroundings, shop: Git) -> None:
    shop.write("mine.toml", 'exclude = ["users.py"]\n')
    shop.write("readiness.toml", 'extends = "mine.toml"\n')
    shop.write("users.py", SECOND + module("users"))
    assert new(world, shop) == {"GAT001 readiness.toml", "SEC001 users.py"}


def test_a_configuration_that_moves_is_read_where_it_counts_alone(
    world: Surroundings, shop: Git
) -> None:
    shop("checkout", "-q", "main")
    shop.write("readiness.toml", "fail_under = 0.5\n")
    shop.commit()
    shop("checkout", "-q", "-B", "change")
    shop("mv", "readiness.toml", "app.toml")
    shop.write("app/readiness.toml", "fail_under = 0.5\n")
    assert new(world, shop) == {"GAT001 readiness.toml"}
    shop("rm", "-q", "app/readiness.toml", "app.toml")
    shop.write("pyproject.toml", "[tool.readiness]\nfail_under = 0.5\n")
    assert new(world, shop) == set()


@pytest.mark.parametrize("name", ["readiness.toml", "policy/company.toml"])
def test_a_configuration_that_becomes_a_link_is_an_error(
    world: Surroundings, shop: Git, name: str
) -> None:
    (shop.folder / name).unlink()
    shop.write("elsewhere.toml", 'ignore = ["SEC001"]\n')
    (shop.folder / name).symlink_to("/elsewhere.toml")
    shop.commit()
    with pytest.raises(ConfigError, match="is a symbolic link"):
        judged(world, shop)


@pytest.mark.parametrize(
    "attributes",
    [
        "* linguist-generated linguist-vendored export-ignore\n",
        "* -text -diff binary\n",
        "*.py working-tree-encoding=UTF-16 filter=none eol=crlf\n",
    ],
)
def test_attributes_hide_nothing(world: Surroundings, shop: Git, attributes: str) -> None:
    shop.write("users.py", SECOND + module("users"))
    shop("add", "users.py")
    shop.write(".gitattributes", attributes)
    shop("add", ".gitattributes")
    shop("commit", "-q", "--no-verify", "-m", "x")
    found = judged(world, shop).comparison
    assert found is not None
    assert {n.finding.location.path for n in found.new if n.counts} == {"users.py"}


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("users.py", SECOND + module("users") + "#" * 5_000_001),
        ("fresh.py", SECOND + "#" * 5_000_001),
        ("deploy.yaml", f"a: 1\n#\0\nkey: {OTHER}\n"),
        ("users.py", module("users") + "#\0\n" + SECOND),
    ],
    ids=["too large", "new and too large", "new and binary", "binary"],
)
def test_what_is_made_unreadable_does_not_pass(
    world: Surroundings, shop: Git, path: str, content: str
) -> None:
    shop.write(path, content)
    shop.commit()
    gate = judged(world, shop).gate
    assert not gate.passed
    assert any(path in why for why in gate.why) or path == "users.py"


def test_data_may_be_large_or_no_text(world: Surroundings, shop: Git) -> None:
    shop.write("data.csv", "1,2,3\n" * 900_000)
    shop.write("logo.png", b"\x89PNG\0\0")
    assert new(world, shop) == set()


def test_a_file_that_cannot_be_parsed_any_more_hides_nothing(
    world: Surroundings, shop: Git
) -> None:
    shop.write("users.py", BROKEN + SECOND + module("users"))
    assert new(world, shop) == {"HYG016 users.py", "SEC001 users.py"}


def test_a_file_that_says_it_is_generated_is_told(world: Surroundings, shop: Git) -> None:
    head = "# Code generated by a tool. DO NOT EDIT.\n"
    shop.write("users.py", head + BROKEN)
    assert new(world, shop) == {"GAT001 users.py"}


def test_a_comment_that_ignores_one_thing_cannot_be_moved_to_another(
    world: Surroundings, shop: Git
) -> None:
    ignore = "  # readiness: " + "ignore[SEC004] for the demo"
    head = "services:\n  app:\n    build: .\n    environment:\n"
    admin, grafana = "      ADMIN_PASSWORD: admin", "      GRAFANA_PASSWORD: admin"
    shop("checkout", "-q", "main")
    shop.write("compose.yaml", f"{head}{admin}{ignore}\n")
    shop.commit()
    shop("checkout", "-q", "-B", "change")
    assert [each.inline for each in judged(world, shop).waived] == [True]
    shop.write("compose.yaml", f"{head}      X: 1\n{admin}{ignore}\n")
    assert new(world, shop) == set(), "it may move with its line"
    shop.write("compose.yaml", f"{head}{admin}\n{grafana}{ignore}\n")
    assert new(world, shop) == {"SEC004 compose.yaml"}, "but not to another one"
    shop.write("compose.yaml", f"{head}{grafana}{ignore}\n")
    assert new(world, shop) == set(), "unless the first one is gone"


def test_a_waiver_of_one_secret_is_none_of_another(world: Surroundings, shop: Git) -> None:
    known = next(f for f in judged(world, shop, since="HEAD").findings if f.rule == "SEC001")
    shop("checkout", "-q", "main")
    shop.write(
        "readiness.toml",
        f'[[waivers]]\nrule = "SEC001"\nfingerprint = "{known.fingerprint}"\nowner = "ann"\n'
        'reason = "a test key"\nuntil = 2026-07-01\n',
    )
    shop.commit()
    shop("checkout", "-q", "-B", "change")
    shop.write("pay.py", f"PAYMENT = '{OTHER}'\n{module('pay')}")
    assert new(world, shop) == {"SEC001 pay.py"}


def test_criss_cross_merges_do_not_hide_what_is_new(world: Surroundings, shop: Git) -> None:
    """Both branches hold the other's first commit: there are two merge bases."""
    shop.write("one.py", module("one"))
    change = shop.commit(at=1_700_000_100)
    shop("checkout", "-q", "main")
    shop.write("two.py", module("two") + BROKEN)
    main = shop.commit(at=1_700_000_200)
    shop("merge", "-q", "--no-edit", change)
    shop("checkout", "-q", "change")
    shop("merge", "-q", "--no-edit", main)
    assert len(shop("merge-base", "--all", "main", "change").split()) == 2
    assert new(world, shop) <= {"HYG016 two.py", "HYG006 two.py"}
    shop.write("users.py", SECOND + module("users"))
    assert "SEC001 users.py" in new(world, shop)


def test_a_branch_of_another_history_has_no_base(world: Surroundings, shop: Git) -> None:
    shop("checkout", "-q", "--orphan", "alone")
    shop.commit(at=1_700_000_100)
    with pytest.raises(UsageError, match="no commit in common"):
        judged(world, shop)


def test_a_finding_under_another_path_is_paid_for_once(world: Surroundings, shop: Git) -> None:
    """One broken file is deleted, and two come."""
    (shop.folder / "broken.py").unlink()
    shop.write("left.py", "class L(:\n" + module("left"))
    shop.write("right.py", "class R(:\n" + module("right"))
    shop.write("main.py", "import left, orders, pay, right, users\n")
    found = new(world, shop)
    assert {each for each in found if "main" not in each} == {"HYG016 left.py", "HYG016 right.py"}


# Changes that bring nothing new


def rename(shop: Git) -> None:
    shop("mv", "pay.py", "payments.py")
    text = module("pay").replace("+ 7", "+ 70").replace("load_pay_3", "fetch_pay_3")
    shop.write("payments.py", f"'''Payments.'''\n\n{LINE}{text}")
    shop.write("main.py", "import broken, orders, payments, users\n")


def change_case(shop: Git) -> None:
    shop("mv", "pay.py", "Pay.py")
    shop.write("main.py", "import Pay, broken, orders, users\n")


def split(shop: Git) -> None:
    """The secret stays in the smaller part."""
    first, second = module("pay").split("def pay_6")
    shop.write("pay.py", f"from pay_more import pay_6\n\n\n{first}pay_6\n")
    shop.write("pay_more.py", f"{LINE}def pay_6{second}")


def indent(shop: Git) -> None:
    body = textwrap.indent(f"{LINE}{module('pay')}", "    ")
    shop.write("pay.py", f"import os\n\nif os.name:\n{body}")


def reorder(shop: Git) -> None:
    functions = module("pay").split("\n\n\n")
    shop.write("pay.py", "\n\n\n".join(functions[::-1]) + f"\n\n{LINE}")


def carriage_returns(shop: Git) -> None:
    for path in shop("ls-files", "*.py", "Dockerfile").split("\n"):
        content = (shop.folder / path).read_bytes()
        shop.write(path, content.replace(b"\n", b"\r\n"))


def modes(shop: Git) -> None:
    for path in shop("ls-files").split("\n"):
        (shop.folder / path).chmod(0o755)


def byte_order_marks(shop: Git) -> None:
    for path in shop("ls-files", "*.py").split("\n"):
        shop.write(path, b"\xef\xbb\xbf" + (shop.folder / path).read_bytes())


def into_a_package(shop: Git) -> None:
    for name in ("broken", "orders", "orders_old", "pay", "users"):
        (shop.folder / "store").mkdir(exist_ok=True)
        shop("mv", f"{name}.py", f"store/{name}.py")
    shop.write("store/__init__.py", "")
    shop.write("main.py", "from store import broken, orders, pay, users\n")


def remarks(shop: Git) -> None:
    for path in shop("ls-files", "*.py").split("\n"):
        content = (shop.folder / path).read_text()
        shop.write(path, f"# A remark.\n\n{content}\n# And another one.\n")


def mend_all(shop: Git) -> None:
    shop.write("broken.py", module("broken"))
    shop.write("pay.py", "import os\n\nPAYMENT = os.environ['PAYMENT']\n" + module("pay"))
    shop("rm", "-q", "orders_old.py")


EDITS: tuple[Callable[[Git], None], ...] = (
    rename,
    change_case,
    split,
    indent,
    reorder,
    carriage_returns,
    modes,
    byte_order_marks,
    into_a_package,
    remarks,
    mend_all,
)


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.__name__)
def test_an_edit_that_adds_no_fault_brings_nothing_new(
    world: Surroundings, shop: Git, edit: Callable[[Git], None]
) -> None:
    edit(shop)
    assert new(world, shop) == set()
