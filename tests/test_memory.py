"""Memory: what is kept of the index before never changes what is said of the next one."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from readiness import judging, registry
from readiness.config import Config
from readiness.facts import Slice, core_slices, python
from readiness.index import RepoIndex
from readiness.index.commands.tasks import Task
from readiness.index.memory import Memory
from readiness.model import Snapshot, TrackedFile
from readiness.testing import NOW

CODE = (
    "from app.models import *\nfrom app.models import User, Gone\nimport lib.models\n",
    "from . import models\nfrom .models import User\nfrom ..lib import models as other\n",
    "import models\nfrom models import User\nif __name__ == '__main__':\n    models.run()\n",
    "class User:\n    pass\n\n\nclass _Hidden:\n    pass\n",
    "from lib.models import *\n__all__ = ['User']\n",
    "import os\nfrom settings import Base\n\n\nclass Mine(Base):\n    key = os.environ['KEY']\n",
    "from pydantic_settings import BaseSettings\n\n\nclass Base(BaseSettings):\n    pass\n",
    "import importlib\nimport sys\nsys.path.insert(0, 'lib')\nimportlib.import_module('app.' + x)",
    "NAMES = ['app/main.py', '../lib/models.py', 'app.models:User', 'models.User', './run.sh']\n",
    "import os\nMAILER = os.environ.get('MAILER', 'app.models.User')\nimport uvicorn\n"
    "uvicorn.run('app.main:app')\n",
    "import fastapi\nimport redis\napp = fastapi.FastAPI()\nREDIS = os.environ['REDIS_URL']\n",
    "def broken(:\n",
)
SCRIPTS = (
    "#!/bin/sh\ncd app && python main.py\npython -m lib.models\n",
    "PYTHONPATH=lib python tests/test_main.py\n./run.sh\nuvicorn app.main:app\n",
)
TEXTS = (
    "# Start\n\nSee [main](app/main.py), `lib/models.py`, `models.py` and [up](../run.sh).\n",
    "# Start\n\n```sh\npython app/main.py\nsh run.sh\n```\n",
)
PAGES = (
    "import {a} from './util'\nimport b from '@/util'\nimport c from '..'\n",
    "export const a = 'util.ts'\nimport d from './util.js'\n",
)
WORKFLOWS = (
    "on: push\njobs:\n  test:\n    runs-on: ubuntu-latest\n    steps:\n"
    "      - uses: actions/checkout@v4\n      - uses: ./.github/actions/check\n"
    "      - run: make check\n      - run: npm run check\n        working-directory: web\n"
    "      - run: python app/main.py && ./run.sh && docker compose up -d worker\n",
    "on: push\njobs:\n  test:\n    runs-on: ubuntu-latest\n    steps:\n"
    "      - uses: actions/checkout@v4\n      - run: ./run.sh && docker build -t shop .\n",
)
ACTIONS = (
    "runs:\n  using: composite\n  steps:\n    - run: ./run.sh\n      shell: bash\n",
    "runs:\n  using: composite\n  steps:\n    - run: ruff check lib\n      shell: bash\n",
)
CONTENTS = {
    **dict.fromkeys(
        (
            *("app/__init__.py", "app/main.py", "app/models.py", "app/models/__init__.py"),
            *("lib/models.py", "lib/__init__.py", "models.py", "settings.py", "conftest.py"),
            *("tests/test_main.py", "archive/app/models.py", "app/config/settings.py"),
            *("plugins/one/load.py", "plugins/two/load.py", "plugins/three/load.py"),
        ),
        CODE,
    ),
    **dict.fromkeys(("run.sh", "app/start_dev.sh"), SCRIPTS),
    **dict.fromkeys(("README.md", "docs/guide.md"), TEXTS),
    **dict.fromkeys(("web/index.ts", "web/util.ts", "web/util/index.ts", "web/src/util.js"), PAGES),
    ".github/workflows/check.yml": WORKFLOWS,
    ".github/actions/check/action.yml": ACTIONS,
    "Makefile": ("check:\n\tpytest tests\n", "check:\n\truff check app\nrun:\n\t./run.sh\n"),
    "web/package.json": ('{"scripts": {"check": "vitest"}}', '{"scripts": {"start": "vite"}}'),
    ".gitignore": ("lib/\n*.log\n", "models.py\n"),
    "requirements.txt": ("fastapi\n", "lib\nmodels\n"),
    "pyproject.toml": ("[project]\nname = 'app'\n", "[tool.pytest.ini_options]\npythonpath='lib'"),
    "Dockerfile": ("FROM python:3.12\nCOPY app app\nENV PYTHONPATH=lib\nCMD python app/main.py\n",),
    "compose.yml": ("services:\n  web:\n    build: .\n  redis:\n    image: redis:7\n",),
}  # fmt: skip
BEFORE = st.fixed_dictionaries(
    {}, optional={path: st.sampled_from(texts) for path, texts in CONTENTS.items()}
)
EDITS = st.lists(
    st.sampled_from(sorted(CONTENTS)).flatmap(
        lambda path: st.tuples(st.just(path), st.sampled_from((*CONTENTS[path], None)))
    ),
    min_size=3,
    max_size=8,
)
RULES = registry.rules()


@lru_cache(None)
def slices() -> tuple[Slice[Any], ...]:
    read = {slice_ for rule in RULES for slice_ in rule.reads(list(CONTENTS))}
    return (*core_slices(), *read)


@lru_cache(None)
def decoded(path: str, content: str) -> dict[str, Any]:
    """Slice -> facts of a file: the same objects for the same content, as in a history."""
    found = {}
    for slice_ in slices():
        kind = slice_.kind(path)
        if kind is not None:
            facts = slice_.extract(kind, content.encode())
            encoded = msgspec.msgpack.encode(facts)
            found[slice_.name] = msgspec.msgpack.decode(encoded, type=slice_.type)
    return found


def index_of(tree: dict[str, str], memory: Memory | None = None) -> RepoIndex:
    facts: dict[str, dict[str, Any]] = {}
    files = []
    for path, content in sorted(tree.items()):
        blob = hashlib.sha1(content.encode(), usedforsecurity=False).hexdigest()
        files.append(TrackedFile(path, blob, 0o100644))
        for name, of_file in decoded(path, content).items():
            facts.setdefault(name, {})[path] = of_file
    snapshot = Snapshot(tuple(files), "example", commit="0" * 40, committed_at=NOW)
    return RepoIndex(snapshot, facts, Config(), memory=memory)


@given(BEFORE, EDITS)
def test_each_commit_is_judged_as_if_it_were_the_only_one(
    tree: dict[str, str], edits: list[tuple[str, str | None]]
) -> None:
    memory = Memory()
    index_of(tree, memory).reachability  # noqa: B018  # it builds what comes before it too
    for path, content in edits:
        tree = {other: text for other, text in tree.items() if other != path}
        if content is not None:
            tree[path] = content
        after, alone = index_of(tree, memory), index_of(tree)
        assert after.imports == alone.imports
        assert after.references == alone.references
        assert after.reachability == alone.reachability
        assert after.configuration == alone.configuration
        assert after.workflows == alone.workflows
        assert judging.judge(after, RULES) == judging.judge(alone, RULES)


def test_what_follows_from_a_file_alone_is_made_once_for_all_commits() -> None:
    made = []

    def lines(path: str, facts: python.PythonFacts) -> int:
        made.append(path)
        return len(facts.imports)

    memory = Memory()
    tree = {"app/main.py": CODE[0], "app/models.py": CODE[3]}
    for changed in (tree, tree, tree | {"app/models.py": CODE[4]}):
        index = index_of(changed, memory)
        found = index.of_each(python.SLICE, lines)
        assert [found[path] for path in (*tree, *tree)] == [
            len(facts.imports) for _, facts in (*index.each(python.SLICE),) * 2
        ]
    assert made == ["app/main.py", "app/models.py", "app/models.py"]


def test_a_module_that_comes_is_found_by_files_that_did_not_change() -> None:
    memory = Memory()
    tree = {"app/__init__.py": "", "app/main.py": "from app import late\n", "app/x.py": ""}
    assert not index_of(tree, memory).imports.importers.get("app/late.py")
    grown = tree | {"app/late.py": "", "README.md": TEXTS[0]}
    assert [e.source for e in index_of(grown, memory).imports.importers["app/late.py"]] == [
        "app/main.py"
    ]


def test_an_import_path_that_changes_is_followed_by_files_that_did_not() -> None:
    memory = Memory()
    tree = {"main.py": "import models\n", "lib/models.py": CODE[3], "setup.cfg": "[metadata]\n"}
    assert not index_of(tree, memory).imports.imports
    tree["setup.cfg"] = "[tool:pytest]\npythonpath = lib\n"
    assert [e.target for e in index_of(tree, memory).imports.imports["main.py"]] == [
        "lib/models.py"
    ]


def test_a_dependency_that_comes_may_bring_what_was_missing() -> None:
    memory = Memory()
    tree = {"app/__init__.py": "", "main.py": "from app import gone\n"}
    assert index_of(tree, memory).imports.missing
    tree["requirements.txt"] = "app\n"
    assert not index_of(tree, memory).imports.missing


def test_a_step_is_told_anew_when_what_it_calls_has_changed() -> None:
    memory = Memory()
    tree = {".github/workflows/check.yml": WORKFLOWS[0], "Makefile": "check:\n\tpytest tests\n"}
    before, again = index_of(tree, memory).workflows, index_of(tree, memory).workflows
    assert [step.task for step in before.steps if step.via == "Makefile"] == [Task.TEST]
    assert all(one is other for one, other in zip(before.steps, again.steps, strict=True))
    tree["Makefile"] = "check:\n\truff check app\n"
    after = index_of(tree, memory).workflows
    assert [step.task for step in after.steps if step.via == "Makefile"] == [Task.LINT]
