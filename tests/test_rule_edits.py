"""The edits that rules offer: only where the repository proves that they are safe."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from readiness import registry
from readiness.apply.edits import edited
from readiness.cli import main
from readiness.model import Edit, EditKind, Finding
from readiness.testing import build_index, parse_tree

if TYPE_CHECKING:
    from conftest import Git

LONG = "".join(
    f"\ndef step_{n}(order, *, stock=None):\n    return order, stock, {n}\n" for n in range(4)
)


def findings(rule_id: str, tree: str, history: str = "") -> list[Finding]:
    rule = next(rule for rule in registry.rules() if rule.id == rule_id)
    return list(rule.check(build_index(tree, history, rules=[rule])))


def edits(rule_id: str, tree: str, history: str = "") -> tuple[Edit, ...]:
    """The edits of the rule's one finding, all of whose files it speaks of as targets."""
    (finding,) = findings(rule_id, tree, history)
    assert {edit.path for edit in finding.edits} <= set(finding.targets)
    return finding.edits


def after(tree: str, made: tuple[Edit, ...], path: str) -> str:
    content = parse_tree(tree)[path][0] if f"-- {path} --" in tree else b""
    result = edited(content, [edit for edit in made if edit.path == path])
    assert not result.refused
    return result.content.decode()


# -- an archived copy

ARCHIVED = (
    "-- shop/__init__.py --\n-- shop/archive/__init__.py --\n"
    "-- shop/archive/mail.py --\nimport json\ndef send(to, *, body=''): ...\ndef _get(): ...\n"
)
USER = "-- main.py --\nfrom shop.archive.mail import send\nsend('ada')\n"


@pytest.mark.parametrize(
    "current",
    [
        "import json\ndef send(to, *, body=''): ...\ndef _get(): ...\n",
        "def send(to, cc=None, *, body='', html=''): ...\ndef _get(): ...\ndef more(): ...\n",
    ],
    ids=["the same", "grown"],
)
def test_who_imports_an_archived_copy_is_pointed_at_the_current_one(current: str) -> None:
    tree = f"{ARCHIVED}{USER}-- shop/mail.py --\n{current}"
    made = edits("HYG005", tree)
    assert after(tree, made, "main.py") == "from shop.mail import send\nsend('ada')\n"


@pytest.mark.parametrize(
    "current",
    [
        "def post(to): ...\n",
        "def send(to, cc, *, body=''): ...\ndef _get(): ...\n",
        "def send(to, *, body): ...\ndef _get(): ...\n",
        "async def send(to, *, body=''): ...\ndef _get(): ...\n",
        "@cached\ndef send(to, *, body=''): ...\ndef _get(): ...\n",
        "send = 1\ndef _get(): ...\n",
    ],
)
def test_nobody_is_pointed_at_what_cannot_be_called_alike(current: str) -> None:
    assert edits("HYG005", f"{ARCHIVED}{USER}-- shop/mail.py --\n{current}") == ()


def test_nobody_is_pointed_at_one_of_two_or_at_what_only_has_the_name() -> None:
    same = "import json\ndef send(to, *, body=''): ...\ndef _get(): ...\n"
    two = f"{ARCHIVED}{USER}-- shop/mail.py --\n{same}-- post/mail.py --\n{same}"
    assert edits("HYG005", two) == ()
    other = "def send(to, *, body=''): ...\ndef other(): ...\n"
    assert edits("HYG005", f"{ARCHIVED}{USER}-- shop/mail.py --\n{other}") == ()


def test_a_class_is_pointed_at_only_where_its_methods_tell_how_it_is_used() -> None:
    tree = (
        "-- a/__init__.py --\n-- a/old_archive/__init__.py --\n-- a/old_archive/m.py --\n{old}\n"
        "-- a/m.py --\n{new}\n-- main.py --\nfrom a.old_archive.m import C\n"
    )
    plain = "class C:\n    def __init__(self, x): ...\n    def run(self): ...\n"
    grown = "class C:\n    def __init__(self, x, y=1): ...\n    def run(self): ...\n"
    assert edits("HYG005", tree.format(old=plain, new=grown))
    record = "@dataclass\nclass C:\n    x: int\n    def run(self): ...\n"
    assert not edits("HYG005", tree.format(old=record, new=record + "    def more(self): ...\n"))


# -- a copy beside

COPIES = (
    f"-- shop/__init__.py --\n-- shop/orders.py --\n{LONG}-- shop/orders_old.py --\n{LONG}"
    "-- main.py --\nfrom shop import orders\nfrom shop.orders_old import step_1\n"
)


def test_who_uses_the_same_copy_is_pointed_at_the_plain_file() -> None:
    made = edits("HYG002", COPIES)
    assert after(COPIES, made, "main.py") == (
        "from shop import orders\nfrom shop.orders import step_1\n"
    )


def test_a_copy_that_is_run_by_its_name_keeps_its_users() -> None:
    assert edits("HYG002", f"{COPIES}-- run.sh --\npython shop/orders_old.py\n") == ()


# -- a stale test in a live file


def test_a_test_of_code_that_is_gone_is_cut_out_of_a_file_that_lives() -> None:
    tree = (
        "-- shop/__init__.py --\n-- shop/cart.py --\nclass Basket: ...\n-- tests/test_a.py --\n"
        "def test_a():\n    from shop.cart import Cart\n    Cart()\n\n\n"
        "class TestB:\n    def test_b(self):\n        from shop.cart import Cart\n\n\n"
        "def test_c():\n    from shop.cart import Basket\n"
    )
    made = edits("TST001", tree)
    assert made == (Edit(EditKind.CUT, "tests/test_a.py", ("test_a", "TestB")),)
    assert after(tree, made, "tests/test_a.py") == (
        "def test_c():\n    from shop.cart import Basket\n"
    )


@pytest.mark.parametrize(
    "tree",
    [
        "-- tests/test_a.py --\nfrom shop.cart import Cart\ndef test_a(): ...\ndef test_c(): ...\n",
        "-- tests/test_a.py --\ndef test_a():\n    from shop.cart import Cart\n",
        "-- tests/test_a.py --\ndef test_a():\n    from shop.cart import SpecialCart\n"
        "def test_c(): ...\n-- shop/special.py --\nclass SpecialCart: ...\n",
        "-- tests/test_a.py --\ndef test_a():\n    from shop.cart import Cart\ndef test_c(): ...\n"
        "-- tests/test_b.py --\nfrom test_a import test_c\n",
        "-- tests/test_a.py --\n@patch('shop.cart.Cart')\ndef test_a(cart): ...\n"
        "def test_c(): ...\n",
    ],
    ids=["all of it fails", "its only test", "the code moved", "others use it", "a patch"],
)
def test_a_test_is_not_cut_where(tree: str) -> None:
    for finding in findings("TST001", f"-- shop/__init__.py --\n-- shop/cart.py --\nx = 1\n{tree}"):
        assert finding.edits == ()


# -- .gitignore


def test_the_lines_that_a_gitignore_lacks_are_added() -> None:
    tree = "-- app/__init__.py --\nx = 1\n"
    assert after(tree, edits("HYG008", tree), ".gitignore") == "__pycache__/\n"
    tree += "-- .gitignore --\n*.log\n"
    assert after(tree, edits("HYG008", tree), ".gitignore") == "*.log\n__pycache__/\n"


# -- secrets

KEY = "b7f3" + "K9x2LmQ84vTzR1nW" + "6yHc5Pd0"


def test_a_secret_in_live_code_comes_from_the_environment() -> None:
    tree = f"-- app/settings.py --\nPAYMENT_SECRET = '{KEY}'\n"
    made = edits("SEC001", tree)
    assert after(tree, made, "app/settings.py") == (
        'import os\n\nPAYMENT_SECRET = os.environ["PAYMENT_SECRET"]\n'
    )
    assert after(tree, made, ".env.example") == "PAYMENT_SECRET=\n"
    assert KEY not in str(made)


def test_a_variable_that_is_in_use_already_gets_no_second_meaning() -> None:
    tree = (
        f"-- app/pay.py --\nPAYMENT_SECRET = '{KEY}'\n-- deploy/.env.sample --\nA=1\n"
        "-- app/main.py --\nimport os\nos.getenv('PAYMENT_SECRET')\n"
    )
    made = edits("SEC001", tree)
    assert [edit.what[0] for edit in made] == ["PAY_PAYMENT_SECRET", "PAY_PAYMENT_SECRET="]


def test_a_secret_in_a_document_or_test_is_left_to_people() -> None:
    token = "sb_" + "secret_" + "q7XvB2mLr9TzKd4WnY8s" + "Ch_Jp3Gt6Qe"
    for path in ("docs/setup.md", "tests/test_a.py", "app/settings.yaml"):
        for finding in findings("SEC001", f"-- {path} --\nKEY = '{token}'\n"):
            assert finding.edits == ()


# -- proposals


def test_a_test_of_a_module_that_moved_gets_a_patch_that_git_takes(
    git: Git, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    git.write("shop/__init__.py")
    git.write("shop/payment.py", "class InvoiceWriter: ...\n")
    git.write("shop/main.py", "import shop.payment\n")
    test = "from shop.payment import InvoiceWriter\n\n\ndef test_a(): InvoiceWriter()\n"
    git.write("tests/test_a.py", test)
    git.commit()
    git("mv", "shop/payment.py", "shop/billing.py")
    git.write("shop/main.py", "import shop.billing\n")
    git.commit()
    patches = tmp_path / "patches"
    assert main(["plan", str(git.folder), "--patches", str(patches), "--no-cache"]) == 0
    assert f"1 patch in {patches}" in capsys.readouterr().err
    (patch,) = patches.iterdir()
    git("apply", str(patch))
    changed = (git.folder / "tests/test_a.py").read_text()
    assert changed == test.replace("shop.payment", "shop.billing")


def test_an_archived_copy_that_went_its_own_way_is_only_proposed() -> None:
    other = "def send(to, body): ...\ndef _get(): ...\n"
    (finding,) = findings("HYG005", f"{ARCHIVED}{USER}-- shop/mail.py --\n{other}")
    assert finding.edits == ()
    assert [edit.what for edit in finding.proposals] == [("shop.archive.mail", "shop.mail")]
