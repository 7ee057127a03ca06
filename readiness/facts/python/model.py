"""What is known of one Python file."""

from __future__ import annotations

from msgspec import Struct


class Import(Struct, frozen=True, array_like=True, gc=False):
    """One imported module or name.

    `import a.b` is Import("a.b"); `from .c import d` is Import("c", level=1, name="d"), with
    name "*" for a star. A dynamic import of a literal (`import_module("a.b")`, `__import__`,
    `runpy`, `importorskip`) has `dynamic`. `optional`: its failure is caught (inside a try that
    catches ImportError or wider, or in such a handler); `typing`: under TYPE_CHECKING, or expected
    to fail (`raises(ImportError)`); `lazy`: inside a function.
    """

    module: str
    line: int
    name: str = ""
    alias: str = ""
    level: int = 0
    optional: bool = False
    typing: bool = False
    lazy: bool = False
    dynamic: bool = False


class Definition(Struct, frozen=True, array_like=True):
    """A top-level name, or a method (`Class.method`). `kind`: class, function, variable.

    `bases` of a class and `decorators` are dotted names without their arguments. `stub`: the body
    only passes, raises NotImplementedError or returns nothing. `takes` are the parameters of a
    function with commas between them, `=` after one with a default: "self,/,a,b=,*,c=,**more";
    before those of a coroutine stands "async ".
    """

    name: str
    kind: str
    line: int
    end_line: int
    bases: tuple[str, ...] = ()
    decorators: tuple[str, ...] = ()
    stub: bool = False
    takes: str = ""


class Call(Struct, frozen=True, array_like=True):
    """A call of interest. `name` is dotted as written (`uvicorn.run`, `self.app.include_router`,
    `create().run`).

    `arguments` are the literal positional strings, `names` the positional arguments that are
    dotted names; `keywords` the literal and dotted keyword arguments as text; `target` the name
    that the result is bound to. `where` is the enclosing definition (`main`, `App.start`,
    `create_app.lifespan`; "" at module level, "__main__" under the guard)."""

    name: str
    line: int
    arguments: tuple[str, ...] = ()
    keywords: dict[str, str] = {}
    where: str = ""
    names: tuple[str, ...] = ()
    target: str = ""


class Route(Struct, frozen=True, array_like=True):
    """A served path: `@router.get("/x")`, `add_api_route("/x", f)`, Django `path("x", view)`.

    `router` is the dotted name that it is registered on; `handler` the function; `methods` upper
    case, empty for any. A variable part of an f-string is `{}`. `checks`: the handler awaits,
    branches, or calls more than clocks, loggers and response makers (is not a constant). Not
    `whole`: a function is given the path and makes the served one of it (`scoped("/x")`)."""

    path: str
    line: int
    router: str = ""
    handler: str = ""
    methods: tuple[str, ...] = ()
    checks: bool = False
    whole: bool = True


class EnvironmentRead(Struct, frozen=True, array_like=True, gc=False):
    """`os.getenv("KEY", default)` and its kin; `key` is "" and `default` null where they are no
    literal strings. A literal credential is hidden as in every fact."""

    key: str
    line: int
    default: str | None = None
    where: str = ""


class Swallow(Struct, frozen=True, array_like=True):
    """A failure that is only logged: an except handler, or an `if not healthy` branch, that
    neither raises, exits nor returns a failure. `guards` are the dotted calls that may fail;
    `quote` is a comment or log text beside it that says so ("Don't fail startup")."""

    line: int
    where: str
    guards: tuple[str, ...] = ()
    quote: str = ""
    conditional: str = ""  # source of an enclosing test on the environment, e.g. env == "dev"


class PythonFacts(Struct, frozen=True, array_like=True):
    """`error` says why the file does not parse (`error_line` where). Then all else is empty, but
    for what its lines show without a grammar: `imports`, `literals` and `main_line`.

    `newer`: our interpreter is too old for it (the other facts are there where what is new could
    be set aside), or it could not be decided (nested too deeply, too large). `template`: the file
    is the template of a Python file, so it need not parse: no error and no facts.

    `calls` are those that start, serve, route or load something; in a file that starts something
    (an application object, a server, a lifespan or start-up hook) they are all calls but loggers'
    and builtins', in the order in which they run. `apps` are the module-level or factory-made
    application objects as calls (FastAPI, Flask, Celery, get_wsgi_application, ...).
    `path_roots` are literal `sys.path` inserts: relative to the file's folder ("../src"),
    absolute ("/app"), or relative to the working directory ("$PWD/src"). `literals` are string
    literals that look like a path or a dotted module, with their line. `effects` are module-level
    calls that end or block the import (sys.exit, input, network; `raise`); their `where` is ""
    where they always run, "if" or "except" where a branch or handler decides. `names` are all
    names bound at module level, `exports` those of `__all__`; `getattr_`: the module has
    `__getattr__` or binds names through `globals()`. `loaders` are the calls that load what is no
    literal; their `arguments` hold the literal strings that they are given, or parts of them; in
    such files the globs and the steps of paths (`rglob`, `folder / "x"` as a call of "/") stand
    among them, and what takes the module from a dotted name (`name.rsplit(".", 1)`). `scripts` are
    the names of scripts in running text: in a longer string, a docstring, beside a statement.
    """

    error: str = ""
    error_line: int = 0
    newer: bool = False
    docstring: str = ""
    imports: tuple[Import, ...] = ()
    definitions: tuple[Definition, ...] = ()
    names: tuple[str, ...] = ()
    exports: tuple[str, ...] = ()
    getattr_: bool = False
    main_line: int = 0  # of `if __name__ == "__main__"`; 0 without
    apps: tuple[Call, ...] = ()
    calls: tuple[Call, ...] = ()
    routes: tuple[Route, ...] = ()
    environment: tuple[EnvironmentRead, ...] = ()
    swallows: tuple[Swallow, ...] = ()
    effects: tuple[Call, ...] = ()
    path_roots: tuple[str, ...] = ()
    patches: tuple[tuple[str, int], ...] = ()  # mock.patch("a.b.c") of what must be there, line
    loaders: tuple[Call, ...] = ()  # dynamic loading of what is no literal: the loader's calls
    literals: tuple[tuple[str, int], ...] = ()
    template: bool = False
    unread_routes: tuple[tuple[str, int], ...] = ()  # routers that are given no literal path, line
    scripts: tuple[tuple[str, int], ...] = ()
    shebang: bool = False  # it begins with `#!`
