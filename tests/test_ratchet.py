"""The ratchet with the real rules: edits that change nothing for the worse bring nothing new."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

import hypothesis
import pytest
from hypothesis import strategies as st

from readiness import judging, registry
from readiness.compare import Compared, Trees, compare
from readiness.model import Finding
from readiness.rule import Scope
from readiness.testing import build_index

Tree = dict[str, str]

_KEY = "sk_" + "live_" + "9fQ2mXv7LrT4zKd8WnYb3HsJ"
_OTHER_KEY = "sk_" + "live_" + "Zt6Pq1Rw5Uc9Ne3Vb7Mk2XgD"
_WORD = "b7f3" + "K9x2LmQ84vTzR1nW" + "6yHc5Pd0"


def _module(name: str, lines: int) -> str:
    """A module of its own words."""
    body = "".join(
        f"    {name}_{n} = load_{name}_{n}(source)\n    check_{name}_{n}({name}_{n}, limit={n})\n"
        for n in range(lines)
    )
    return f"import json\n\n\ndef run_{name}(source):\n{body}    return json.dumps(source)\n"


BASE: Tree = {
    "Dockerfile": "FROM python:3.12-slim\nWORKDIR /srv\nCOPY . .\nCMD python main.py\n",
    "main.py": "from shop import broken, mail, orders, payments, users\n\n\n"
    "if __name__ == '__main__':\n    orders.run_orders(users, payments, mail, broken)\n",
    "shop/__init__.py": "",
    "shop/orders.py": _module("orders", 12),
    "shop/orders_old.py": _module("orders", 12).replace("limit=3", "limit=4"),
    "shop/users.py": _module("users", 6) + f'\nPAYMENT_SECRET = "{_WORD}"\n',
    "shop/payments.py": f'KEY = "{_KEY}"\n\n' + _module("payments", 7),
    "shop/mail.py": _module("mail", 5),
    "shop/broken.py": "def f(:\n" + _module("broken", 4),
    "shop/unused.py": _module("unused", 5),
    "old_archive/a.py": _module("archived", 6),
    "old_archive/b.py": _module("stored", 6),
    "tests/test_orders.py": "from shop.gone import nothing\n\n\ndef test_it():\n    nothing()\n",
    ".env": f"SHOP_TOKEN={_WORD[::-1]}\n",
}


def findings(tree: Tree) -> list[Finding]:
    files = {path: (text.encode(), 0o100644) for path, text in tree.items()}
    rules = [rule for rule in registry.rules() if rule.scope is not Scope.CHANGE]
    judgement = judging.judge(build_index(files), rules)
    assert judgement.errors == ()
    return list(judgement.findings)


OLD = findings(BASE)


def against_base(tree: Tree) -> Compared:
    contents = {text: text.encode() for text in (*BASE.values(), *tree.values())}
    return compare(
        OLD, findings(tree), Trees(BASE, tree, lambda ids: {name: contents[name] for name in ids})
    )


def move(tree: Tree, which: int) -> None:
    """A module gets another name, and those that import it follow."""
    modules = sorted(path for path in tree if path.startswith("shop/") and "__init__" not in path)
    path = modules[which % len(modules)]
    old = path.rpartition("/")[2].removesuffix(".py")
    new = f"the_{old}" if "_old" in old else f"{old}_service"
    tree[f"shop/{new}.py"] = tree.pop(path)
    tree["main.py"] = re.sub(rf"\b{old}\b", new, tree["main.py"])


def move_folder(tree: Tree, which: int) -> None:
    for path in [path for path in tree if path.startswith("shop/")]:
        tree["store" + path.removeprefix("shop")] = tree.pop(path)
    for path in ("main.py", "tests/test_orders.py"):
        tree[path] = tree[path].replace("from shop", "from store")


def move_archive(tree: Tree, which: int) -> None:
    for path in [path for path in tree if path.startswith("old_archive/")]:
        tree["docs/" + path] = tree.pop(path)


def insert(tree: Tree, which: int) -> None:
    path = sorted(path for path in tree if path.endswith(".py"))[which % 9]
    tree[path] = "# A remark.\n\n" + tree[path] + "\n# Another one.\n"


def indent(tree: Tree, which: int) -> None:
    path = sorted(path for path in tree if path.endswith("payments.py"))
    for each in path:
        lines = tree[each].splitlines()
        tree[each] = "if True:\n" + "".join(f"    {line}\n" if line else "\n" for line in lines)


def mend(tree: Tree, which: int) -> None:
    for path in [path for path in tree if path.endswith("broken.py")]:
        tree[path] = _module("broken", 4)


HARMLESS: tuple[Callable[[Tree, int], None], ...] = (
    move,
    move_folder,
    move_archive,
    insert,
    indent,
    mend,
)


def apply(tree: Tree, edits: Iterable[tuple[int, int]]) -> None:
    for kind, which in edits:
        edit = HARMLESS[kind]
        if edit is move and not any(path.startswith("shop/") for path in tree):
            continue
        edit(tree, which)


EDITS = st.lists(
    st.tuples(st.integers(0, len(HARMLESS) - 1), st.integers(0, 20)), max_size=4, unique=True
)


def told(result: Compared) -> list[str]:
    return [f"{each.rule} {each.location.path} {each.key}" for each in result.new]


def test_the_base_has_findings_of_many_kinds() -> None:
    assert {"HYG001", "HYG002", "HYG016", "SEC001", "TST001"} <= {f.rule for f in OLD}


@hypothesis.settings(max_examples=100, deadline=None)
@hypothesis.given(EDITS)
def test_moves_lines_indentation_and_repairs_bring_nothing_new(
    edits: list[tuple[int, int]],
) -> None:
    tree = dict(BASE)
    apply(tree, edits)
    assert told(against_base(tree)) == []


def _secret(tree: Tree) -> str:
    path = next(path for path in tree if path.endswith("/mail.py") or "mail_service" in path)
    tree[path] += f'\nMAIL_KEY = "{_OTHER_KEY}"\n'
    return path


def _secret_beside(tree: Tree) -> str:
    path = next(path for path in tree if "payments" in path)
    tree[path] = tree[path].replace(f'"{_KEY}"', f'"{_KEY}", "{_OTHER_KEY}"', 1)
    return path


def _copy(tree: Tree) -> str:
    path = next(path for path in tree if re.search(r"/orders(?:_service)*\.py$", path))
    new = path.removesuffix(".py") + "_v2.py"
    tree[new] = tree[path].replace("limit=5", "limit=6")
    return new


def _broken(tree: Tree) -> str:
    path = next(path for path in tree if path.endswith("/users.py") or "users_service" in path)
    tree[path] = "def g(:\n" + tree[path]
    return path


def _archived(tree: Tree) -> str:
    folder = next(path for path in tree if path.endswith("old_archive/a.py")).removesuffix("a.py")
    tree[f"{folder}c.py"] = _module("third", 6)
    return f"{folder}c.py"


@pytest.mark.parametrize("plant", [_secret, _secret_beside, _copy, _broken, _archived])
@hypothesis.settings(max_examples=30, deadline=None)
@hypothesis.given(edits=EDITS)
def test_a_fault_among_them_is_found_and_nothing_else(
    plant: Callable[[Tree], str], edits: list[tuple[int, int]]
) -> None:
    tree = dict(BASE)
    apply(tree, edits)
    path = plant(tree)
    result = against_base(tree)
    grown = [pair for pair in result.pairs if path in pair.added]
    assert grown or any(path in each.subjects for each in result.new), told(result)
    assert all(path in each.subjects for each in result.new), told(result)


def test_taking_it_all_back_brings_nothing_new() -> None:
    tree = dict(BASE)
    apply(tree, [(1, 0), (3, 4)])
    there = findings(tree)
    contents = {text: text.encode() for text in (*BASE.values(), *tree.values())}
    back = compare(there, OLD, Trees(tree, BASE, lambda ids: {n: contents[n] for n in ids}))
    assert told(back) == []
