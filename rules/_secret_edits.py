"""Hard-coded secrets that a machine can make the environment's: which variable each becomes."""

from __future__ import annotations

import re
from collections.abc import Iterable

from readiness.facts import dotenv, python
from readiness.index import RepoIndex
from readiness.index.inventory import FileClass
from readiness.model import Confidence, Edit, EditKind
from readiness.secrets import Secret

from ._secret_places import Case

_EXAMPLES = (".env.example", ".env.sample", ".env.template", "env.example")
_WORD_END = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_SEPARATORS = re.compile(r"[^A-Za-z0-9]+")


class Variables:
    """The names of variables that hard-coded values get: one name for one value, and none that
    the repository uses already for what may be something else."""

    def __init__(self, index: RepoIndex, cases: Iterable[Case]) -> None:
        self._index = index
        self._taken: dict[str, str] = {}  # variable -> what it holds
        for _, read in index.each(python.SLICE):
            self._taken.update((each.key, "") for each in read.environment)
        for _, given in index.each(dotenv.SLICE):
            self._taken.update((each.key, "") for each in given.entries)
        self._edits = {id(case): self._of(case) for case in cases}

    def edits(self, case: Case) -> tuple[Edit, ...]:
        """What makes the file read its value from the environment, and an example file name it;
        none where it is no live Python or nothing is sure."""
        return self._edits.get(id(case), ())

    def _of(self, case: Case) -> tuple[Edit, ...]:
        path, secret = case.path, case.secret
        live = path.endswith(".py") and self._index.inventory.is_(path, FileClass.LIVE)
        if not live or case.confidence is Confidence.LOW:
            return ()
        variable = self._variable(path, secret)
        if not variable:
            return ()
        what = (variable, str(secret.length))
        edits = [Edit(EditKind.FROM_ENVIRONMENT, path, what, line) for line in secret.lines]
        example = _example(self._index, path)
        if example in self._index.files or self._index.ignores.hides(example) is None:
            edits.append(Edit(EditKind.ADD_LINES, example, (f"{variable}=",)))
        return tuple(edits)

    def _variable(self, path: str, secret: Secret) -> str:
        value = secret.key or f"{path} {secret.lines}"
        plain = _upper(secret.named) or _upper(secret.provider)
        stem = _upper(path.removesuffix("/__init__.py").rpartition("/")[2].removesuffix(".py"))
        for name in (plain, f"{stem}_{plain}"):
            if name and not name[0].isdigit() and self._taken.setdefault(name, value) == value:
                return name
        return ""


def _upper(name: str) -> str:
    """`apiKey` and `stripe-api-key` as `API_KEY` and `STRIPE_API_KEY`."""
    own = name.rpartition(".")[2]
    return _SEPARATORS.sub("_", _WORD_END.sub("_", own)).strip("_").upper()


def _example(index: RepoIndex, path: str) -> str:
    """The example of an environment file that is nearest above `path`, else one at the root."""
    folder = path
    while folder:
        folder = folder.rpartition("/")[0]
        for name in _EXAMPLES:
            found = f"{folder}/{name}".lstrip("/")
            if found in index.files:
                return found
    return _EXAMPLES[0]
