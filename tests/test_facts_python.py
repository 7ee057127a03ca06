"""Facts of Python files: what they say, and what no bytes can make them do."""

import textwrap
import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st

from readiness.facts.python import PythonFacts, extract


def facts(source: str | bytes) -> PythonFacts:
    data = source if isinstance(source, bytes) else textwrap.dedent(source).encode()
    return extract("py", data)


def imports(source: str) -> list[str]:
    """Each import as `module:name` with the flags that it has."""
    flags = ("optional", "typing", "lazy", "dynamic")
    return [
        " ".join(
            [
                "." * i.level + i.module + (f":{i.name}" if i.name else ""),
                *(flag for flag in flags if getattr(i, flag)),
            ]
        )
        for i in facts(source).imports
    ]


def test_imports_know_when_they_run_and_whether_their_failure_is_caught() -> None:
    assert imports(
        """
        import a.b
        from ..c import d
        from . import e
        from f import *
        try:
            import g
        except ImportError:
            import h
        else:
            import i
        if TYPE_CHECKING:
            import j
        def function():
            import k
        class Class:
            import l
        with suppress(ImportError):
            import m
        try:
            import n
        except ValueError:
            pass
        """
    ) == [
        "a.b",
        "..c:d",
        ".:e",
        "f:*",
        "g optional",
        "h optional",
        "i",
        "j typing",
        "k lazy",
        "l",
        "m optional",
        "n",
    ]


def test_a_dynamic_import_of_a_literal_is_an_import_and_any_other_a_loader() -> None:
    source = """
    import importlib, pkgutil
    importlib.import_module("a.b")
    x = [__import__("c")]
    pytest.importorskip("d")
    importlib.import_module(".e", package="pkg") if y else importlib.import_module(".f", "pkg.sub")
    importlib.import_module(f"plugins.{name}")
    importlib.import_module(name)
    for m in pkgutil.iter_modules(path): pass
    spec_from_file_location(name, folder / "modules" / "x.py")
    """
    dynamic = [i for i in imports(source) if "dynamic" in i]
    assert dynamic == [
        "a.b dynamic",
        "c dynamic",
        "d optional dynamic",
        ".e dynamic",
        "pkg.sub.f dynamic",
    ]
    loaders = [(call.name, call.arguments) for call in facts(source).loaders]
    assert loaders == [
        ("importlib.import_module", ("plugins.",)),
        ("importlib.import_module", ()),
        ("pkgutil.iter_modules", ()),
        ("spec_from_file_location", ("modules", "x.py")),
        ("/", ("x.py",)),
        ("/", ("modules",)),
    ]


def test_definitions_names_and_exports_are_those_of_the_module() -> None:
    found = facts(
        '''
        """Docstring."""
        import os.path as p, json.decoder
        A, (B, *C) = 1, (2, 3)
        __all__ = ["A"] + ["B"]
        __all__ += ["f"]
        @cached(size=1)
        def f(): return None
        class K(Base[int], m.Mixin):
            def g(self): return 1
            def h(self): raise NotImplementedError
        if x:
            def late(): ...
        for i in (): pass
        def __getattr__(name): return name
        def setter():
            global made
            made = 1
        '''
    )
    assert found.docstring == "Docstring."
    assert found.exports == ("A", "B", "f")
    assert found.getattr_
    assert set(found.names) == {
        *("p", "json", "A", "B", "C", "__all__", "f", "K", "late", "i", "__getattr__", "setter"),
        "made",
    }
    by_name = {d.name: d for d in found.definitions}
    assert (by_name["f"].decorators, by_name["f"].stub) == (("cached",), True)
    assert by_name["K"].bases == ("Base", "m.Mixin")
    assert [by_name[n].stub for n in ("K.g", "K.h", "late")] == [False, True, True]


def test_a_file_that_starts_something_shows_its_calls_in_the_order_in_which_they_run() -> None:
    found = facts(
        """
        import uvicorn
        from fastapi import FastAPI
        app = FastAPI(title="x", lifespan=lifespan, password="hunter2hunter2")
        app.include_router(users.router, prefix="/users")
        async def main():
            check_all()
            if not await self.ping(): pass
            uvicorn.run(create_app(), port=8000)
        if __name__ == "__main__":
            asyncio.run(main())
        """
    )
    assert [(call.where, call.name) for call in found.calls] == [
        ("", "FastAPI"),
        ("", "app.include_router"),
        ("main", "check_all"),
        ("main", "self.ping"),
        ("main", "create_app"),
        ("main", "uvicorn.run"),
        ("__main__", "main"),
        ("__main__", "asyncio.run"),
    ]
    assert found.calls[0].keywords == {
        "title": "x",
        "lifespan": "lifespan",
        "password": "<literal of 14 characters>",
    }
    assert found.calls[0].target == "app"
    assert found.calls[1].names == ("users.router",)
    assert found.calls[1].keywords == {"prefix": "/users"}
    assert [call.name for call in found.apps] == ["FastAPI"]
    assert found.main_line == 10


def test_routes_come_from_decorators_registrations_and_django_patterns() -> None:
    found = facts(
        """
        @router.get("/health")
        def health(): return {"status": "ok", "at": datetime.utcnow().isoformat()}
        @self.app.route("/x", methods=["GET", "POST"])
        async def x(): return await db.ping()
        app.add_api_route(f"{PREFIX}/ready", ready, methods=["get"])
        def ready(): return database.ping()
        @mock.patch("a.b")
        def test(): pass
        urlpatterns = [path("users/", views.users), path("api/", include("api.urls"))]
        """
    )
    assert [(r.path, r.router, r.handler, r.methods, r.checks) for r in found.routes] == [
        ("/health", "router", "health", ("GET",), False),
        ("/x", "self.app", "x", ("GET", "POST"), True),
        ("{}/ready", "app", "ready", ("GET",), True),
        ("users/", "", "views.users", (), False),
    ]
    assert [(c.name, c.arguments, c.keywords) for c in found.calls] == [
        ("include", ("api.urls",), {"prefix": "api/"})
    ]


def test_a_path_that_a_function_is_given_counts_and_one_that_no_literal_holds_is_told() -> None:
    found = facts(
        """
        @routes.route(scoped("/login"))
        def login(): ...
        @routes.route(rule=PATHS["ready"])
        def ready(): ...
        @routes.route()
        def anywhere(): ...
        app.add_url_rule(scoped("/x"), view_func=views.x)
        app.add_url_rule(where, view_func=views.y)
        """
    )
    assert [(r.path, r.handler, r.whole) for r in found.routes] == [
        ("/login", "login", False),
        ("/x", "views.x", False),
    ]
    assert found.unread_routes == (("routes", 4), ("app", 9))


def test_reads_of_the_environment_keep_no_secret() -> None:
    secret = "x9Kd72nQ" + "pL03vRtY"
    found = facts(
        f"""
        import os
        a = os.getenv("MODE", "dev")
        b = f(os.environ["HOST"], os.environ.get("PORT", default="80"))
        os.environ["SET"] = "1"
        def g(): return os.getenv("API_TOKEN", "{secret}") or os.getenv("JWT_SECRET", "changeme")
        url = os.getenv("DATABASE_URL", "postgres://me:{secret}@db/x")
        if "CI" in os.environ: pass
        """
    )
    assert [(read.key, read.default, read.where) for read in found.environment] == [
        ("MODE", "dev", ""),
        ("HOST", None, ""),
        ("PORT", "80", ""),
        ("API_TOKEN", "<literal of 16 characters>", "g"),
        ("JWT_SECRET", "changeme", "g"),
        ("DATABASE_URL", "postgres://me:<literal of 16 characters>@db/x", ""),
        ("CI", None, ""),
    ]
    assert secret not in repr(found)


@pytest.mark.parametrize(
    ("expression", "root"),
    [
        ("os.path.dirname(__file__)", "."),
        ("os.path.dirname(os.path.dirname(os.path.abspath(__file__)))", ".."),
        ("str(Path(__file__).resolve().parent.parent / 'src')", "../src"),
        ("str(pathlib.Path(__file__).parents[2])", "../.."),
        ("os.path.join(os.path.dirname(__file__), '..', 'lib')", "../lib"),
        ("os.path.abspath(os.path.join(HERE, os.pardir))", ".."),
        ("f'{HERE}/src'", "src"),
        ("HERE + '/../x'", "../x"),
        ("'/app/src'", "/app/src"),
        ("'.'", "$PWD"),
        ("os.getcwd()", "$PWD"),
        ("str(Path.cwd() / 'src')", "$PWD/src"),
        ("sys.argv[1]", None),
        ("os.environ['HOME']", None),
        ("loop", None),
    ],
)
def test_inserts_into_the_import_path_are_read_without_running_them(
    expression: str, root: str | None
) -> None:
    source = f"""
    import sys
    HERE = os.path.dirname(__file__)
    loop = pool
    pool = loop
    sys.path.insert(0, {expression})
    """
    assert facts(source).path_roots == ((root,) if root else ())


def test_a_failure_that_is_only_logged_is_a_swallow_and_one_that_ends_the_start_is_none() -> None:
    found = facts(
        """
        async def startup():
            try:
                await database.connect()
            except Exception as e:
                # Don't fail startup
                logger.error(e)
            try:
                cache.connect()
            except ConnectionError:
                raise
            try:
                queue.connect()
            except Exception:
                sys.exit(1)
            try:
                import optional
            except ImportError:
                pass
            if all_healthy:
                logger.info("fine")
            else:
                logger.warning("continuing in degraded mode")
            if env == "development":
                try:
                    seed()
                except Exception:
                    pass
        """
    )
    assert [(s.line, s.guards, s.quote, s.conditional) for s in found.swallows] == [
        (5, ("database.connect",), "Don't fail startup", ""),
        (23, ("all_healthy",), "continuing in degraded mode", ""),
        (27, ("seed",), "", "env == 'development'"),
    ]
    assert {s.where for s in found.swallows} == {"startup"}


def test_effects_are_what_ends_or_blocks_an_import() -> None:
    found = facts(
        """
        import sys
        response = requests.get("http://x")
        if len(sys.argv) < 2:
            sys.exit(1)
        try:
            import x
        except ImportError:
            sys.exit(2)
        def f(): sys.exit(3)
        if __name__ == "__main__":
            sys.exit(4)
        raise RuntimeError("no")
        """
    )
    assert [(e.name, e.where) for e in found.effects] == [
        ("requests.get", ""),
        ("sys.exit", "if"),
        ("sys.exit", "except"),
        ("raise RuntimeError", ""),
    ]


def test_patch_targets_are_dotted_strings() -> None:
    found = facts(
        """
        @patch("a.b.C")
        def test(monkeypatch, mocker):
            with mock.patch("d.e"): pass
            monkeypatch.setattr("f.g", 1)
            mocker.patch("h.i")
            setattr(x, "not.this", 1)
            dispatch("not.this")
            mock.patch("may.be.made", create=True)
            monkeypatch.setattr("may.be.missing", 1, raising=False)
        """
    )
    assert [target for target, _ in found.patches] == ["a.b.C", "d.e", "f.g", "h.i"]


@pytest.mark.parametrize(
    ("manager", "optional", "typing"),
    [
        ("pytest.raises(ImportError)", True, True),
        ("self.assertRaises((KeyError, ModuleNotFoundError))", True, True),
        ("self.assertRaisesRegex(ValueError, 'x')", True, False),
        ("suppress(ImportError)", True, False),
        ("suppress(OSError)", False, False),
        ("open('x')", False, False),
    ],
)
def test_an_import_that_is_expected_to_fail_needs_nothing(
    manager: str, optional: bool, typing: bool
) -> None:
    found = facts(f"""
        def test(self):
            with {manager}:
                import a.b
                import_module("c.d")
        """)
    assert [each.module for each in found.imports] == ["a.b", "c.d"]
    assert {(each.optional, each.typing) for each in found.imports} == {(optional, typing)}


def test_literals_are_paths_and_dotted_names_outside_comments_and_docstrings() -> None:
    found = facts(
        '''
        """
        Uses "docs/manual.md".
        """
        # see "comments/x.py"
        A = ["config/base.yaml", 'app.plugins.one', "/health", "main.py", "1.2.3", "http://x/y"]
        B = {"k": "plain", "j": "two words/x"}
        '''
    )
    assert found.literals == (
        ("config/base.yaml", 6),
        ("app.plugins.one", 6),
        ("/health", 6),
        ("main.py", 6),
    )


@pytest.mark.parametrize(
    ("source", "error", "line"),
    [
        ("def f(:\n", "invalid syntax", 1),
        ("x = 1\n  y = 2\n", "unexpected indent", 2),
        ("a = 1\nprint 'x'\n", "Python 2: a print statement", 2),
        ("try:\n  pass\nexcept E, e:\n  pass\n", "Python 2: `except X, name:`", 3),
        ("x = 0777\n", "Python 2: an octal number without 0o", 1),
        ("x = lambda (a, b): a\n", "Python 2: a tuple parameter", 1),
        ("if b.has_key(1):\n\tx()\n        c()\n", "Python 2: mixed tabs and spaces", 3),
        ("if b[1]:\n\tx()\n        c()\n", "inconsistent use of tabs", 3),
        ("a\x00b", "holds a NUL byte", 1),
        ("# coding: nonsense\n", "unknown encoding: nonsense", 1),
        (b"a = 1\nb = '\xff'\n", "(unicode error) 'utf-8' codec can't decode byte 0xff", 2),
        ("x = 'é'\n".encode("utf-16"), "encoded in UTF-16, which Python does not read", 1),
        ('PROMPT = "{{ name }}"\nx = = 1\n', "invalid syntax", 2),
    ],
)
def test_what_does_not_parse_is_a_fact(source: str | bytes, error: str, line: int) -> None:
    found = facts(source)
    assert (found.error.startswith(error), found.error_line, found.newer) == (True, line, False), (
        found.error
    )


def test_a_file_that_does_not_parse_still_says_what_it_imports() -> None:
    found = facts(
        '''"""import nothing"""
import os, app.store as store
from app.models import (User,  # the one
    Group)
def run():
    from . import tools
    print 'x'
if __name__ == "__main__":
    load("config/a.yml")
'''
    )
    assert found.error.startswith("Python 2")
    shown = [(i.module, i.name, i.alias, i.level, i.lazy) for i in found.imports]
    assert ("app.store", "", "store", 0, False) in shown
    assert ("app.models", "Group", "", 0, False) in shown
    assert ("", "tools", "", 1, True) in shown
    assert ("app.models", "User", "", 1, False) in shown, "Python 2 looks beside the file first"
    assert all("nothing" not in i.module for i in found.imports)
    assert (found.main_line, found.literals) == (8, (("config/a.yml", 9),))


@pytest.mark.parametrize(
    "source",
    [
        "type Pair[T] = tuple[T, T]\nimport a\n",
        "def first[T: (int, str)](items: list[T]) -> T: ...\nimport a\n",
        "class Box[\n    T,\n](Base): ...\nimport a\n",
        "x = f\"{d[\"k\"]} and {', '.join(y)}\" 'tail'\nimport a\n",
        "x = f'{chr(10).join(z) + \"\\n\"}'\nimport a\n",
        "try:\n    pass\nexcept ValueError, TypeError:\n    pass\nimport a\n",
        "try:\n    pass\nexcept zlib.error, redis.exceptions.X, OSError:\n    pass\nimport a\n",
        "x = t'hello {name}'\nimport a\n",
        "lazy import json\nimport a\n",
        "x = [*y for y in z]\nimport a\n",
        'x = f"{d["k"]}"\ndef f[T](x: T): ...\nimport a\n',
    ],
)
def test_syntax_newer_than_ours_is_set_aside_and_the_rest_is_read(source: str) -> None:
    found = facts(source)
    assert "a" in [i.module for i in found.imports]
    assert found.newer == bool(found.error)
    assert not found.error or found.error.startswith("needs Python 3.1")


def test_newer_syntax_does_not_excuse_another_error() -> None:
    found = facts("def f[T](x): ...\nx = f'{a b}'\ny = = 1\n")
    assert found.error
    assert not found.newer


@pytest.mark.parametrize(
    "source",
    [
        "from {{ cookiecutter.name }} import x\n",
        "import os\n{% if a %}\nx = 1\n{% endif %}\n",
        "x = 1\nclass {{name}}: pass\n",
    ],
)
def test_the_template_of_a_python_file_is_no_error(source: str) -> None:
    found = facts(source)
    assert found.template
    assert not found.error


@pytest.mark.parametrize(
    "source",
    [
        b"(" * 10_000 + b")" * 10_000,
        b"x = " + b"-" * 100_000 + b"1",
        b"a" + b".b" * 100_000,
        b"+".join([b"1"] * 100_000),
        b"if a: pass\n" + b"elif b: pass\n" * 20_000,
        b"f" + b"()" * 100_000,
        b"x = '" + b"a" * 20_000_000 + b"'",
        b"x = [" + b"1," * 10_000_000 + b"]",
    ],
    ids=["parentheses", "minuses", "attributes", "sum", "elif", "calls", "20 MB", "20 MB list"],
)
def test_what_nobody_writes_is_undecided_and_quick(source: bytes) -> None:
    found = facts(source)
    assert found.newer
    assert found.error


@pytest.mark.parametrize("depth", [60, 90, 400, 900])
def test_deep_but_parseable_code_never_raises(depth: int) -> None:
    chains = ["x = " + "f(" * min(depth, 90) + ")" * min(depth, 90), "a" + ".b" * depth]
    chains += ["x = " + "+".join("ab"[i % 2] for i in range(depth)), "y" + "()" * depth]
    chains += ["import uvicorn"]
    for chain in chains:
        assert not facts(chain + "\nimport uvicorn\n").newer or depth > 300


def test_a_mark_of_byte_order_and_an_encoding_cookie_are_read_as_python_reads_them() -> None:
    assert facts(b"\xef\xbb\xbfimport a\n").imports[0].module == "a"
    assert facts(b"# -*- coding: latin-1 -*-\nimport a # \xe9\n").imports[0].module == "a"


def test_warnings_of_the_parser_stay_inside() -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert not facts("x = '\\d'\nimport a\n").error
    assert caught == []


@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_any_bytes_have_facts(data: bytes) -> None:
    assert isinstance(extract("py", data), PythonFacts)


_WORDS = st.sampled_from(
    "import from a.b as try : except ImportError \n\t \n    def f ( ) [ ] { } class if else x = "
    "f' \" ''' async await os.environ getenv urlpatterns = [ path , __all__ += sys.path insert "
    "lambda yield match case FastAPI type T # {{ }} {% \\ @ 0777 print".split(" ")
)


@given(st.lists(_WORDS, max_size=60).map(" ".join))
def test_anything_that_looks_like_python_has_facts(source: str) -> None:
    assert isinstance(extract("py", source.encode()), PythonFacts)


@pytest.mark.parametrize(
    ("statement", "field"),
    [
        ("import a", "imports"),
        ("if x: import a", "imports"),
        ("x = 1; from a import b", "imports"),
        ("__import__('a')", "imports"),
        ("app = make(create_app (x))", "calls"),
        ("os.environ['A']", "environment"),
        ("mock.patch('a.b')", "patches"),
        ("global a", "names"),
        ("@router.get('/a')\n    def inner(): ...", "routes"),
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_the_bodies_that_are_walked_are_those_that_say_something(
    statement: str, field: str, newline: str
) -> None:
    source = f"def other(x):\n    pass\n\ndef quiet(x):\n    {statement}\n".replace("\n", newline)
    told = facts(source.encode())
    assert [name for name in ("other", "quiet") if name in told.names] == ["other", "quiet"]
    assert len(getattr(told, field)) == (3 if field == "names" else 1)


def test_texts_hold_no_literals_wherever_they_stand() -> None:
    source = '''
    def outer():
        """Writes
        'docs/a.md'."""
        class Inner:
            """Reads
            'docs/b.md'."""
        return 'docs/a.md', 'docs/c.md'
    '''
    assert facts(source).literals == (("docs/a.md", 8), ("docs/c.md", 8))


def test_scripts_are_those_that_running_text_names() -> None:
    source = '''
        """Run tools/fix_names.py first."""
        # or old.py
        print(f"then {who} starts ./load.sh")
        shape = rates.shape, "x.pyc", self.py_version
        '''
    assert facts(source).scripts == (("tools/fix_names.py", 2), ("./load.sh", 4))
    assert facts("print 'run me.py'").scripts == (("me.py", 1),)


def test_any_number_of_scripts_in_a_row_is_read_in_bounded_time() -> None:
    assert len(facts(b"x = '" + b"a.py." * 200_000 + b"'").scripts) <= 50
