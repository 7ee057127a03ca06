"""The facts of a Python file from its parts: the same as when it is read whole, and sooner."""

import ast
import textwrap
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from readiness.facts.python import extract, source
from readiness.facts.python import parts as parts_module
from readiness.facts.python.parts import Parts

MODULE = '''
"""What the module says of itself."""
import os
from a.b import c as d

__all__ = ["first", "Second"]
LIMIT = 3


@decorated(
    "x",
)
@again
def first(given, *, more=None):
    """A text
    of several lines."""
    if os.getenv("A_KEY"):
        import late
    return importlib.import_module(given)


class Second(Base, metaclass=Meta):
    """Of this class."""

    field = "some/path.txt"

    @property
    def third(self):
        global CHANGED
        try:
            import maybe
        except ImportError:
            pass

    async def start(self):
        try:
            connect()
        except Exception:
            log.warning("going on without it")  # not fatal
    # a comment after the last method

    @patch("package.module.name")
    def test_it(self): ...


LIMIT = 4
first("views")
if __name__ == "__main__":
    first(__file__)
'''


SERVICE = """
from fastapi import FastAPI

app = FastAPI()


def live():
    return {"status": "ok"}


class Health:
    async def ready(self):
        await database.ping()


app.add_api_route("/live", live)
app.add_api_route("/ready", Health().ready)


@app.on_event("startup")
def start():
    try:
        connect()
    except Exception:
        log.warning("going on without it")
"""


def whole(data: bytes) -> object:
    return extract("py", data)


@pytest.mark.parametrize("text", [MODULE, SERVICE])
def test_the_parts_of_a_file_say_what_the_file_says(text: str) -> None:
    assert Parts().facts(text.encode()) == whole(text.encode())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x = 1",
        "class A: pass\nclass B:\n    x = 1\n",
        "class A:\n    def f(self): pass\nx = 1\n",
        "class A:\n    def f(self): pass",
        "class A:\n\n    def f(self):\n        pass\n\n    b = 2\n\n\n# end\n",
        "class A:\n  if x:\n    def f(self): pass\n",  # the method belongs to the block
        "class A:\n    if x:\n        def f(self): pass\n    def g(self): pass\n",
        'class A:\n    TEXT = """\n    def not_a_method(self):\n    """\n    def f(self): pass\n',
        'class A:\n    """\n    @not a decorator\n    """\n    x = 1\n',
        'TEXT = """\ndef not_a_function():\n    pass\n"""\ndef f(): pass\n',
        "class A:\n    x = 1 + \\\n        2\n    def f(self): pass\n",
        "if x:\n    y = 1\nelse:\n    def f(): pass\ndef g(): pass\n",
        "try:\n    import a\nexcept ImportError:\n    a = None\ndef f(): return a\n",
        "@a\n@b(\n    1\n)\nclass A:\n    @c\n    @d(\n        2)\n    async def f(self): pass\n",
        "@a\n",
        "def f(:\n",
        "# -*- coding: latin-1 -*-\nx = '\xe9'\n",
        "def f():\n    # coding: latin-1\n    return '\xe9'\n",
        "def f():\r\n    pass\r\n",
        "print 'old'\n",
        "a = 1\ndef f(): pass\na = 2\na: int = 3\nclass a: pass\n",
        "def f(): pass\nf = 1\n",
        "class A:\n    def f(self): pass\n'a text'\n",
        "class A:\n    def f(self): pass\n\f\nclass B:\n    def f(self): pass\n",
        "from fastapi import FastAPI\napp = FastAPI()\n@app.get('/x')\ndef x(): return 1\n",
        "import sys\nHERE = 'src'\ndef f():\n    sys.path.insert(0, HERE)\n",
        "urlpatterns = [path('x', view)]\ndef view(request): pass\n",
        "app = FastAPI()\ndef f(path):\n    path.append('users')\n",
        "from sys import path\nos.environ['a']\ndef f(): pass\npath.append('src')\n",
        "app = FastAPI()\nclass A:\n    try:\n        x = f()\n    except Exception:\n"
        "        print('x')\n    def g(self):  # continue anyway\n        pass\n",
        "class A\xf1:\n    def f(self): pass\n",
        "class A: \\\n    def f(self): pass\n",
        "class A:\n    x = 1; \\\n    def f(self): pass\n",
        "class A:\n    def check(self):\n        try:\n            a()\n        except E: b()\n"
        "# this is optional\nclass B:\n    def f(self): pass\n",
    ],
)
def test_whatever_it_looks_like_a_file_is_read_as_one(text: str) -> None:
    for data in (text.encode("latin-1"), text.encode()):
        found = Parts().facts(data)
        assert found is None or found == whole(data)


def test_what_is_cut_wrongly_or_depends_on_another_part_is_read_whole() -> None:
    for text in (
        "class A:\n  if x:\n    def f(self): pass\n",
        'TEXT = """\ndef not_a_function():\n    pass\n"""\n',
        "import sys\nHERE = 'src'\ndef f():\n    sys.path.insert(0, HERE)\n",
        "def f(): pass\r\n",
        "# coding: latin-1\n",
        "def f(:\n",
    ):
        assert Parts().facts(text.encode()) is None


def test_every_file_of_this_project_is_read_alike() -> None:
    parts, by_parts = Parts(), 0
    root = Path(__file__).parent.parent
    files = [
        file
        for folder in ("readiness", "rules", "tests")
        for file in root.glob(f"{folder}/**/*.py")
    ]
    for file in files:
        data = file.read_bytes()
        found = parts.facts(data)
        assert found is None or found == whole(data), file
        by_parts += found is not None
    assert by_parts > len(files) / 2


def test_what_is_remembered_has_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts_module, "_MOST", 1_000)
    parts = Parts()
    for number in range(50):
        parts.facts(f"TABLE = '{number:0100}'\n".encode())
    assert 0 < len(parts._known) <= 10


def test_of_another_version_only_what_changed_is_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    parts = Parts()
    parts.facts(MODULE.encode())
    parsed: list[str] = []
    real = source.tree_of

    def noted(text: str) -> ast.Module:
        parsed.append(text)
        return real(text)

    monkeypatch.setattr(source, "tree_of", noted)
    changed = MODULE.replace("import maybe", "import surely").encode()
    assert parts.facts(b"\n" + changed) is not None
    assert [text.strip().splitlines()[0] for text in parsed] == [
        '"""What the module says of itself."""',  # it begins a line later
        "class _:",
    ]
    assert "surely" in parsed[1]
    monkeypatch.undo()
    assert parts.facts(b"\n" + changed) == whole(b"\n" + changed)


LINES = st.sampled_from(
    [
        "def f(a, b=1):", "    return 1", "class A:", "    def m(self):", "        import a.b",
        "    @dec", "@dec(", ")", "@dec", '    """', '"""', "    x = 1", "x = 1", "        pass",
        "    pass", "if x:", "else:", "  y = 2", "# optional", "    # continue anyway", "\\", "",
        "        except Exception:", "        try:", "            log.info('x')",
        "async def start():", "    async def start(self):", "import os",
        "app = FastAPI()", "path.append('src')", "    except Exception: print(1)", "    try: f()",
        "    def g(self):  # continue anyway", "x = 1; \\", "class \xd1:", "class A: \\",
        "os.getenv('A_B')", "x = 2", "\f", "'a/b.py'",
    ]
)  # fmt: skip


@given(st.lists(st.lists(LINES, max_size=8).map("\n".join), max_size=6))
def test_however_its_lines_change_a_file_is_read_as_one(blocks: list[str]) -> None:
    parts = Parts()
    method = textwrap.indent(
        "def ready(self):\n    try:\n        f()\n    except E:\n        g()", "    "
    )
    for version in range(len(blocks) + 1):
        text = "\n".join([*blocks[:version], "class Z:", method, *blocks[version:]])
        found = parts.facts(text.encode())
        assert found is None or found == whole(text.encode())
