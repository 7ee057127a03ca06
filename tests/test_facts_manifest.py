"""Facts of manifests: packages, dependencies, scripts, and pytest's configuration."""

import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from readiness.facts.manifest import (
    SLICE,
    Dependency,
    ManifestFacts,
    Package,
    PytestOptions,
    Script,
    extract,
)
from readiness.facts.manifest.parts import Lines
from readiness.facts.manifest.pyproject import project


def facts(path: str, source: str | bytes) -> ManifestFacts:
    kind = SLICE.kind(path)
    assert kind is not None
    data = source if isinstance(source, bytes) else textwrap.dedent(source).encode()
    return extract(kind, data)


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("a/pyproject.toml", "pyproject"),
        ("requirements.txt", "requirements"),
        ("requirements/dev.txt", "requirements"),
        ("requirements-dev.in", "requirements"),
        ("dev_requirements.txt", "requirements"),
        ("frontend/package.json", "package.json"),
        ("Pipfile", "pipfile"),
        ("tests/pytest.ini", "ini"),
        ("notes.txt", None),
        ("docs/requirements.md", None),
        ("package-lock.json", None),
    ],
)
def test_a_manifest_is_told_by_its_name(path: str, kind: str | None) -> None:
    assert SLICE.kind(path) == kind


def test_a_standard_pyproject_says_what_the_project_needs_offers_and_ships() -> None:
    found = facts(
        "pyproject.toml",
        """
        [build-system]
        requires = ["setuptools"]
        build-backend = "setuptools.build_meta"
        [project]
        name = "My_App"
        requires-python = ">=3.11"
        dependencies = ["FastAPI[all]>=0.100,<1", "uvicorn ; sys_platform != 'win32'"]
        [project.optional-dependencies]
        test = ["pytest"]
        [dependency-groups]
        dev = ["ruff", {include-group = "test"}]
        [project.scripts]
        app = "app.cli:main"
        [project.entry-points."app.plugins"]
        one = "app.plugins.one"
        [tool.setuptools.packages.find]
        where = ["src"]
        [tool.pytest.ini_options]
        testpaths = ["tests"]
        pythonpath = ". src"
        addopts = "-q --cov=app"
        [tool.poe.tasks]
        serve = "python -m app"
        """,
    )
    assert (found.name, found.python, found.project) == ("my-app", ">=3.11", True)
    assert found.dependencies == (
        Dependency("fastapi", 8, ">=0.100,<1", extras=("all",)),
        Dependency("uvicorn", 8, marker="sys_platform != 'win32'"),
        Dependency("pytest", 10, group="test"),
        Dependency("ruff", 12, group="dev"),
    )
    assert found.packages == (Package("*", "src", 17),)
    assert found.scripts[:2] == (
        Script("app", "app.cli:main", 14, "console"),
        Script("one", "app.plugins.one", 16, "plugin", "app.plugins"),
    )
    assert [c.words for c in found.scripts[2].commands] == [("python", "-m", "app")]
    assert found.pytest == PytestOptions(
        line=19, testpaths=("tests",), pythonpath=(".", "src"), addopts=("-q", "--cov=app")
    )


def test_a_poetry_pyproject_says_the_same_in_its_own_terms() -> None:
    found = facts(
        "pyproject.toml",
        """
        [tool.poetry]
        name = "app"
        packages = [{include = "backend"}, {include = "lib", from = "src"}]
        [tool.poetry.dependencies]
        python = "^3.10"
        uvicorn = {extras = ["standard"], version = "^0.31"}
        anything = "*"
        [tool.poetry.group.dev.dependencies]
        pytest = "^7"
        [tool.poetry.scripts]
        serve = "backend.main:run"
        """,
    )
    assert found.python == "^3.10"
    assert [(d.name, d.range, d.group, d.line) for d in found.dependencies] == [
        ("uvicorn", "^0.31", "", 7),
        ("anything", "", "", 8),
        ("pytest", "^7", "dev", 10),
    ]
    assert [(p.name, p.root) for p in found.packages] == [("backend", ""), ("lib", "src")]
    assert found.scripts == (Script("serve", "backend.main:run", 12, "console"),)


def test_pytest_ini_gives_paths_relative_to_itself() -> None:
    found = facts(
        "tests/pytest.ini",
        """
        [pytest]
        # comment
        pythonpath =
            ../app
            .
        testpaths = unit integration
        addopts =
            -v
            -m "not slow"
        """,
    )
    assert found.pytest == PytestOptions(
        line=2,
        testpaths=("unit", "integration"),
        pythonpath=("../app", "."),
        addopts=("-v", "-m", "not slow"),
    )
    assert not found.project


def test_setup_cfg_and_setup_py_say_the_same_things() -> None:
    cfg = facts(
        "setup.cfg",
        """
        [metadata]
        name = app
        [options]
        packages = find:
        package_dir =
            = src
        python_requires = >=3.8
        install_requires =
            requests>=2
        [options.packages.find]
        where = src
        [options.entry_points]
        console_scripts =
            app = app.cli:main
        [tool:pytest]
        testpaths = tests
        """,
    )
    setup = facts(
        "setup.py",
        """
        from setuptools import setup, find_packages
        NEEDS = ["requests>=2"]
        setup(
            name="app",
            package_dir={"": "src"},
            packages=find_packages(where="src"),
            python_requires=">=3.8",
            install_requires=NEEDS,
            entry_points={"console_scripts": ["app = app.cli:main"]},
            version=compute(),
        )
        """,
    )
    for found in (cfg, setup):
        assert (found.name, found.python) == ("app", ">=3.8")
        assert [(p.name, p.root) for p in found.packages] == [("*", "src")]
        assert [(d.name, d.range) for d in found.dependencies] == [("requests", ">=2")]
        assert [(s.name, s.target, s.kind) for s in found.scripts] == [
            ("app", "app.cli:main", "console")
        ]
    assert cfg.pytest is not None


@pytest.mark.parametrize(
    "options",
    ["dict(name='app', py_modules=['a'])", "{'name': 'app', 'py_modules': ['a']}"],
)
def test_a_setup_script_may_keep_its_options_in_a_dictionary(options: str) -> None:
    script = f"from setuptools import setup\noptions = {options}\nsetup(**options, version='1')\n"
    found = facts("setup.py", script)
    assert (found.name, [package.name for package in found.packages]) == ("app", ["a"])


def test_requirements_are_read_line_by_line() -> None:
    found = facts(
        "requirements.txt",
        """\
        # a comment
        -r base.txt
        --index-url https://user:password@host/simple
        Django==4.2  # why
        celery[redis]>=5 ; python_version > "3"
        requests==2.0 \\
            --hash=sha256:abc
        git+https://github.com/x/y.git@main#egg=Y_lib
        -e ./local
        pkg @ https://host/pkg.whl
        """,
    )
    assert found.includes == ("base.txt",)
    assert [(d.name, d.range, d.line) for d in found.dependencies] == [
        ("django", "==4.2", 4),
        ("celery", ">=5", 5),
        ("requests", "==2.0", 6),
        ("y-lib", "", 8),
        ("", "", 9),
        ("pkg", "", 10),
    ]
    assert found.generated
    assert "user:password" not in repr(found)


def test_package_json_gives_its_scripts_as_commands() -> None:
    found = facts(
        "package.json",
        """{"name": "web", "workspaces": ["packages/*"],
        "scripts": {"start": "next start", "build": "tsc && next build"},
        "dependencies": {"next": "^14"}, "devDependencies": {"jest": "29"}}""",
    )
    assert [(s.name, s.line, [c.words[0] for c in s.commands]) for s in found.scripts] == [
        ("start", 2, ["next"]),
        ("build", 2, ["tsc", "next"]),
    ]
    assert [(d.name, d.range, d.group) for d in found.dependencies] == [
        ("next", "^14", ""),
        ("jest", "29", "dev"),
    ]
    assert found.workspaces == ("packages/*",)


@pytest.mark.parametrize(
    ("path", "source", "line"),
    [
        ("pyproject.toml", "[project]\nname = \n", 2),
        ("package.json", '{"a": 1,\n}', 2),
        ("pytest.ini", "no section\n", 1),
        ("setup.py", "def f(:\n", 1),
        ("pyproject.toml", b"a = '\xff'", 1),
        ("package.json", "[" * 100_000, 0),
        ("package.json", '{"a": ' + "9" * 5000 + "}", 0),
        ("pyproject.toml", "a = " + "[" * 50_000, 0),
        ("pyproject.toml", "a = " + "9" * 5000, 0),
    ],
)
def test_what_cannot_be_read_is_a_fact(path: str, source: str | bytes, line: int) -> None:
    found = facts(path, source)
    assert found.error
    assert found.error_line == line


PATHS = [
    "pyproject.toml",
    "setup.cfg",
    "setup.py",
    "tox.ini",
    "package.json",
    "Pipfile",
    "requirements.txt",
]


@pytest.mark.parametrize("path", PATHS)
@given(
    st.binary(max_size=200)
    | st.lists(
        st.sampled_from(
            "[project] [tool.poetry] [options] [pytest] name = packages scripts dependencies [ ] "
            "{ } \" ' a b 1 = : , \n \n  find: where setup( ) entry_points console_scripts -r -e "
            "git+ @ ;".split(" ")
        ),
        max_size=40,
    ).map(lambda words: " ".join(words).encode())
)
def test_any_bytes_have_facts(path: str, data: bytes) -> None:
    assert isinstance(facts(path, data), ManifestFacts)


KEYS = st.sampled_from(
    "project tool poetry setuptools hatch uv pdm flit pytest ini_options packages find where "
    "include from scripts dependencies group dev optional-dependencies package-dir python name "
    "dependency-groups entry-points workspace members build targets wheel module".split()
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=20,
)


@given(st.dictionaries(KEYS, VALUES, max_size=4))
def test_tables_of_the_wrong_shape_are_empty(tables: dict[str, object]) -> None:
    for found in (tables, {"tool": tables}, {"project": tables}, {"tool": {"poetry": tables}}):
        assert isinstance(project(found, Lines(b"")), ManifestFacts)


def test_a_manifest_of_thousands_of_lines_is_read_at_once() -> None:
    many = "".join(f"package-{number}==1.0\n" for number in range(40_000))
    assert len(facts("requirements.txt", many).dependencies) == 40_000
    listed = ",".join(f'"p{number}": "1"' for number in range(40_000))
    assert len(facts("package.json", f'{{"dependencies": {{{listed}}}}}').dependencies) == 40_000
