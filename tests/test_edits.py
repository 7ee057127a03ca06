"""Edits: what a machine may change in one file, and what it leaves to a person."""

from __future__ import annotations

import os
import re
import subprocess
import tokenize
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from readiness.apply.edits import Edited, edited, patch
from readiness.model import Edit, EditKind, encode_path


def add(*lines: str, path: str = ".gitignore") -> Edit:
    return Edit(EditKind.ADD_LINES, path, lines)


# -- lines


def test_a_new_file_is_made_of_its_lines() -> None:
    assert edited(b"", [add(".env*", "!.env.example")]).content == b".env*\n!.env.example\n"


def test_lines_that_are_there_are_not_added_again() -> None:
    assert edited(b"*.log\r\n__pycache__/", [add("*.log", "__pycache__/")]) == Edited(
        b"*.log\r\n__pycache__/"
    )


def test_what_is_added_ends_as_the_other_lines_do() -> None:
    assert edited(b"a\r\nb", [add("c", "d")]).content == b"a\r\nb\r\nc\r\nd\r\n"


def test_an_exception_is_written_again_after_what_it_makes_an_exception_from() -> None:
    content = b"!.env.example\n"
    assert edited(content, [add(".env*", "!.env.example")]).content.endswith(
        b".env*\n!.env.example\n"
    )
    assert (
        edited(b".env*\n!.env.example\n", [add(".env*", "!.env.example")]).content.count(b"!") == 1
    )


def test_no_line_is_added_to_what_is_no_text() -> None:
    for content in (b"\0\1", "x".encode("utf-16")):
        refused = edited(content, [add("*.log")])
        assert refused.content == content
        assert refused.refused == "it is no text in UTF-8"


def test_two_lines_are_no_line() -> None:
    assert edited(b"", [add("a\nb")]).refused == "what is to be added is not one line"


# -- cut


def cut(source: str, *names: str) -> Edited:
    return edited(source.encode(), [Edit(EditKind.CUT, "tests/test_shop.py", names)])


SHOP = """\
import json  # noqa
import pytest
import os, time

# ours
from shop.cart import (
    Basket,  # stays
    Cart,  # goes
)
from shop.mail import send

# --- carts ---


@pytest.fixture
def cart():
    return Cart()


@pytest.fixture
def basket():
    return Basket()


# What a cart does.
@pytest.mark.slow
def test_cart(cart, basket):
    time.sleep(1)
    send(cart)
    # the end


# --- baskets ---

def test_basket(basket):
    assert   basket  # as it was
    os.stat(".")


class TestMail(Base):
    '''All about mail.'''

    def test_send(self):
        json.dumps(1)
"""


def test_a_stale_test_goes_with_its_imports_fixtures_and_comment_and_with_nothing_else() -> None:
    assert (
        cut(SHOP, "test_cart").content.decode()
        == """\
import json  # noqa
import pytest
import os

# ours
from shop.cart import (
    Basket,  # stays
)

# --- carts ---


@pytest.fixture
def basket():
    return Basket()


# --- baskets ---

def test_basket(basket):
    assert   basket  # as it was
    os.stat(".")


class TestMail(Base):
    '''All about mail.'''

    def test_send(self):
        json.dumps(1)
"""
    )


def test_a_class_goes_with_its_last_test() -> None:
    left = cut(SHOP, "TestMail.test_send").content.decode()
    assert "TestMail" not in left
    assert left.endswith('    os.stat(".")\n')
    assert "import json  # noqa" in left, "it was called unused on purpose"


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ("\ntest_cart()\n", "something else in it names test_cart"),
        ("\nsuite = ['test_cart']\n", "something else in it names test_cart"),
        ("\n@depends(on=['TestShop::test_cart'])\ndef test_x(): ...\n", "something else"),
        ("\ndef test_cart(): ...\n", "it defines test_cart 2 times"),
        ("\nprint(\n", "it does not parse"),
    ],
)
def test_nothing_is_cut_that_something_else_needs(more: str, why: str) -> None:
    refused = cut(SHOP + more, "test_cart")
    assert refused.refused.startswith(why)
    assert refused.content == (SHOP + more).encode()


def test_a_method_stays_that_another_one_calls() -> None:
    source = "class TestA:\n    def test_a(self): ...\n    def test_b(self): self.test_a()\n"
    assert cut(source, "TestA.test_a").refused == "something else in it names test_a"
    same = "class TestA:\n    def test_a(self): ...\nclass TestB:\n    def test_a(self): ...\n"
    assert cut(same, "TestA.test_a").content == b"class TestB:\n    def test_a(self): ...\n"


def test_a_class_stays_that_another_one_extends() -> None:
    source = "class TestA:\n    def test_a(self): ...\nclass TestB(TestA):\n    x = 1\n"
    assert cut(source, "TestA.test_a").refused == "something else in it names TestA"


def test_what_is_not_there_cannot_be_cut() -> None:
    assert cut(SHOP, "test_gone").refused == "it has no test_gone"
    assert cut("def test_a(): ...\n", "test_a").refused == "nothing of it would be left"


def test_a_fixture_stays_that_a_conftest_may_ask_for() -> None:
    fixture = "@pytest.fixture\ndef settings(): ...\n"
    stale = "def test_a(settings): ...\n"
    assert b"settings" in cut(f"{fixture}{stale}def test_b(client): ...\n", "test_a").content
    assert b"settings" not in cut(f"{fixture}{stale}def test_b(tmp_path): ...\n", "test_a").content


# -- point at


def point(source: str, old: str, new: str) -> Edited:
    return edited(source.encode(), [Edit(EditKind.POINT_AT, "shop/main.py", (old, new))])


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("from shop.old.mail import send  # x", "from shop.mail import send  # x"),
        ("import shop.old.mail as m", "import shop.mail as m"),
        ("from shop.old import mail", "from shop import mail"),
        ("from shop.old import mail as m", "from shop import mail as m"),
        (
            "from shop.old import mail, cart  # x",
            "from shop.old import cart  # x\nfrom shop import mail",
        ),
        ("import shop.old.mail\nshop.old.mail.send()", "import shop.mail\nshop.mail.send()"),
        (
            "x = importlib.import_module('shop.old.mail')",
            "x = importlib.import_module('shop.mail')",
        ),
        (
            "try:\n    from shop.old.mail import send\nexcept ImportError:\n    send = None",
            "try:\n    from shop.mail import send\nexcept ImportError:\n    send = None",
        ),
    ],
)
def test_an_import_is_pointed_at_the_current_module(before: str, after: str) -> None:
    assert point(f"{before}\n", "shop.old.mail", "shop.mail") == Edited(f"{after}\n".encode())


def test_relative_imports_and_modules_at_the_top_are_pointed_too() -> None:
    assert point("from .old.mail import a\n", ".old.mail", ".mail").content == (
        b"from .mail import a\n"
    )
    assert point("from . import mail_old\n", ".mail_old", ".mail").content == (
        b"from . import mail as mail_old\n"
    )
    assert point("import mail_old\nmail_old.f()\n", "mail_old", "mail").content == (
        b"import mail as mail_old\nmail_old.f()\n"
    )


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("from shop.old.mail import *\n", "it imports all names of shop.old.mail"),
        ("import shop.old.mail as m; m.send()\n", "it imports shop.old.mail among other"),
        (
            "from shop.old.mail import send\npatch('shop.old.mail.send')\n",
            "it names shop.old.mail in a string",
        ),
        (
            "import shop.old.mail\nshop.old.mail.f(shop.old.cart)\n",
            "it uses shop.old.cart, which another import brought along",
        ),
        ("import shop.old.mail\ndef f(shop): ...\n", "it uses shop.old.mail by its full name"),
        ("import shop.old.cart\n", "it does not import shop.old.mail"),
    ],
)
def test_an_import_is_left_alone_where_it_is_not_safe(source: str, why: str) -> None:
    refused = point(source, "shop.old.mail", "shop.mail")
    assert refused.refused.startswith(why)
    assert refused.content == source.encode()


# -- from the environment

VALUE = "b7f3" + "K9x2LmQ84v"


def read(source: str, line: int = 1, variable: str = "API_KEY") -> Edited:
    what = (variable, str(len(VALUE)))
    edit = Edit(EditKind.FROM_ENVIRONMENT, "shop/settings.py", what, line)
    return edited(source.replace("VALUE", VALUE).encode(), [edit])


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('KEY = "VALUE"  # x', 'import os\n\nKEY = os.environ["API_KEY"]  # x'),
        ("f(user='ada', key='VALUE')", "import os\n\nf(user='ada', key=os.environ[\"API_KEY\"])"),
        ('x = {"key": ("VALUE")}', 'import os\n\nx = {"key": (os.environ["API_KEY"])}'),
        ("self.key: str = r'VALUE'", 'import os\n\nself.key: str = os.environ["API_KEY"]'),
        ("x['a'] = y = 'VALUE'", "import os\n\nx['a'] = y = os.environ[\"API_KEY\"]"),
    ],
)
def test_a_literal_is_read_from_the_environment(before: str, after: str) -> None:
    assert read(f"{before}\n") == Edited(f"{after}\n".encode())


def test_os_is_imported_below_the_docstring_and_only_once() -> None:
    head = '#!/usr/bin/python\n"""Settings."""\n\nfrom __future__ import annotations\n\n'
    assert read(f'{head}import json\n\nKEY = "VALUE"\n', 8).content.decode() == (
        f'{head}import json\nimport os\n\nKEY = os.environ["API_KEY"]\n'
    )
    assert read('import os\nKEY = "VALUE"\n', 2).content == (
        b'import os\nKEY = os.environ["API_KEY"]\n'
    )


@pytest.mark.parametrize(
    "source",
    [
        'f("VALUE")',
        'KEY = f"VALUE"',
        'KEY = b"VALUE"',
        'KEY = "VAL" "UE"',
        'KEY = "VALUE" + x',
        "def f(key='VALUE'): ...",
        "x = dict(a='VALUE', b='VALUE')",
        'os.environ["KEY"] = "VALUE"',
        'KEY = """VALUE\n"""',
        "if key == 'VALUE': ...",
        'KEY = "VALUE"\nos = 1',
        'KEY = "VALUE"\ndef f(os): ...',
        'KEY = "VALUE"\ndef f():\n    import os',
        'KEY = "VALUE"\nimport posix as os',
    ],
)
def test_a_literal_is_left_alone_where_it_is_not_safe_and_is_never_told(source: str) -> None:
    refused = read(source)
    assert refused.refused
    assert VALUE not in refused.refused
    assert refused.content == source.replace("VALUE", VALUE).encode()


def test_a_variable_has_the_name_of_one() -> None:
    assert read('KEY = "VALUE"\n', variable='X"]; print(1)').refused


# -- all kinds

CHUNKS = (
    "import json",
    "from shop.old import (\n    cart,  # c\n    mail,\n)",
    "import shop.old.mail as m",
    "# a remark",
    "@pytest.fixture\ndef stock():\n    return  cart()",
    'def test_a(stock):\n    """Text."""\n    json.dumps( 1 )',
    "class TestB:\n    x = 1\n    def test_c(self): return m . send()",
    "KEY=\t'abcdef' # kept",
    "for i in range( 3 ): print(i)  ;  i+=1",
    "x = '''\n  several\n lines'''",
)
EDITS = (
    Edit(EditKind.CUT, "a.py", ("test_a",)),
    Edit(EditKind.CUT, "a.py", ("TestB.test_c",)),
    Edit(EditKind.POINT_AT, "a.py", ("shop.old.mail", "shop.mail")),
    Edit(EditKind.FROM_ENVIRONMENT, "a.py", ("KEY", "6"), 1),
)


@given(
    chunks=st.lists(st.sampled_from(CHUNKS), max_size=8),
    gaps=st.lists(st.sampled_from(("\n", "\n\n", "\n\n\n", "\n# r\n\n")), min_size=8, max_size=8),
    newline=st.sampled_from(("\n", "\r\n")),
    end=st.sampled_from(("", "\n", "\n\n# end")),
    edit=st.sampled_from(EDITS),
)
def test_what_is_edited_parses_and_every_other_token_is_as_it_was(
    chunks: list[str], gaps: list[str], newline: str, end: str, edit: Edit
) -> None:
    text = "".join(chunk + gap for chunk, gap in zip(chunks, gaps, strict=False)) + end
    content = text.replace("\n", newline).encode()
    result = edited(content, [edit])
    if result.refused:
        assert result.content == content
        return
    compile(result.content, "a.py", "exec", dont_inherit=True)
    left = iter(tokens(content))
    if edit.kind is EditKind.CUT:
        assert all(token in left for token in tokens(result.content)), "it stood there, so ordered"
    else:
        other = [line for line in content.split(b"\n") if not EDITED.search(line)]
        lines = iter(result.content.split(b"\n"))
        assert all(line in lines for line in other)


EDITED = re.compile(rb"import|cart,|mail,|^\)|KEY")


def tokens(content: bytes) -> list[str]:
    layout = (tokenize.NEWLINE, tokenize.NL, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER)
    found = tokenize.tokenize(BytesIO(content).readline)
    return [token.string for token in found if token.type not in layout]


@given(content=st.binary(max_size=60), kind=st.sampled_from(EditKind))
def test_any_bytes_are_edited_or_left_alone(content: bytes, kind: EditKind) -> None:
    result = edited(content, [Edit(kind, "a.py", ("a", "1"), 1)])
    assert not result.refused or result.content == content


def test_one_edit_that_is_not_safe_leaves_the_file_as_it_is() -> None:
    content = SHOP.encode()
    both = [Edit(EditKind.CUT, "a.py", ("test_cart",)), Edit(EditKind.CUT, "a.py", ("gone",))]
    assert edited(content, both) == Edited(content, "it has no gone")


@pytest.mark.parametrize("size", [150, 900, 20_000])
@pytest.mark.parametrize("deep", ["x = 1{}", "x = f{}", "if a: ...{}"])
def test_what_is_nested_too_deeply_is_left_alone_at_once(size: int, deep: str) -> None:
    more = {"x = 1{}": "+1", "x = f{}": "()", "if a: ...{}": "\nelif a: ..."}[deep]
    source = f"{deep.format(more * size)}\ndef test_a(): ...\ndef test_b(): ...\n"
    assert cut(source, "test_a").refused


# -- patches

TEXTS = st.lists(st.sampled_from(("a\n", "b\n", "\r\n", "\f\n", "é\n", "x")), max_size=12).map(
    lambda parts: "".join(parts).encode()
)


@settings(max_examples=30)
@given(before=TEXTS, after=TEXTS)
def test_git_takes_a_patch(
    before: bytes, after: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    applied(tmp_path_factory.mktemp("patch"), "shop/a b.txt", before, after)


@pytest.mark.parametrize(
    "path", ["a.txt", 'q"uote', "é/ü.txt", "tab\there", "back\\\\slash", "a\\xff"]
)
def test_git_takes_a_patch_of_any_name(path: str, tmp_path: Path) -> None:
    applied(tmp_path, path, b"one\n", b"two\xff")


def applied(folder: Path, path: str, before: bytes, after: bytes) -> None:
    text = patch(path, before, after)
    file = os.path.join(os.fsencode(folder), encode_path(path))
    os.makedirs(os.path.dirname(file), exist_ok=True)
    if before:
        with open(file, "wb") as handle:
            handle.write(before)
    if text:
        subprocess.run(
            ["git", "apply", "--whitespace=nowarn", "-"],
            input=text.encode("utf-8", "surrogateescape"),
            cwd=folder,
            check=True,
        )
    found = b""
    if os.path.exists(file):
        with open(file, "rb") as handle:
            found = handle.read()
    assert found == after
