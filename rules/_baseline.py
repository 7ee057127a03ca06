"""What a repository's tools make on every machine, so that its .gitignore must name it."""

from __future__ import annotations

from msgspec import Struct

from readiness.facts import dotenv, python
from readiness.index import RepoIndex
from readiness.index.inventory import MAINTAINED, FileClass
from readiness.index.modules import imported_tops
from readiness.model import Severity

_LOCKS = ("package-lock.json", "yarn.lock", "pnpm-lock.yaml", "bun.lock", "bun.lockb")
_ENVIRONMENTS = (".env", ".env.local", ".env.prod", ".env.production", ".env.secrets")
_READERS = {"dotenv", "decouple", "environs", "environ", "dynaconf", "pydantic_settings"}
_LEFTOVERS = ("server.log", "notes.tmp", "main.py.backup")


class Need(Struct, frozen=True):
    """A kind of files that must be ignored: `probes` are paths that such files would have."""

    what: str
    pattern: str  # the line that ignores them
    probes: tuple[str, ...]
    why: str
    severity: Severity = Severity.LOW

    @property
    def lines(self) -> tuple[str, ...]:
        """What a .gitignore lacks; examples of environment files stay visible."""
        patterns = self.pattern.split(", ")
        return (*patterns, *("!.env.example" for each in patterns if each == ".env*"))


def let_through(index: RepoIndex, need: Need) -> list[str]:
    """The probes that nothing ignores and nobody tracks."""
    return [
        probe
        for probe in need.probes
        if probe not in index.files and index.ignores.hides(probe) is None
    ]


def needs_of(index: RepoIndex) -> list[Need]:
    """What this repository's tools make, and must not be tracked."""
    needs = []
    tops: dict[str, str] = {}
    manifests: list[str] = []
    for path in index.files:
        if path.endswith(".py"):
            top = path.partition("/")[0] if "/" in path else ""
            if top not in tops and _imported(index, path):
                tops[top] = path
        elif path.endswith("package.json") and index.inventory.is_(path, *MAINTAINED):
            folder, _, name = path.rpartition("/")
            if name == "package.json":
                manifests.append(folder)
    if tops:
        probes = tuple(f"{top}/__pycache__/module.pyc".lstrip("/") for top in sorted(tops))
        why = f"{next(iter(tops.values()))} is compiled when it is imported"
        needs.append(Need("byte code", "__pycache__/", probes, why))
    manifests = [folder for folder in manifests if _installs(index, folder)]
    if manifests:
        probes = tuple(f"{folder}/node_modules/x.js".lstrip("/") for folder in manifests)
        why = f"packages are installed beside {manifests[0]}/package.json".replace(" /", " ")
        needs.append(Need("installed packages", "node_modules/", probes, why))
    if index.profile.service:
        why = index.profile.evidence.summary
        reader = _reads_environment(index)
        severity = Severity.INFO
        if reader:
            severity = Severity.MEDIUM if _open_environment(index) else Severity.LOW
        files = "environment files"
        needs.append(Need(files, ".env*", _ENVIRONMENTS, reader or why, severity))
        needs.append(Need("leftovers", "*.log, *.tmp, *.backup", _LEFTOVERS, why, Severity.INFO))
    return needs


def _reads_environment(index: RepoIndex) -> str:
    """What here reads environment files, to read; empty where nothing does."""
    for path, _ in index.each(dotenv.SLICE):
        named = path.rpartition("/")[2].startswith(".env")
        if named and index.inventory.is_(path, *MAINTAINED):
            return f"{path} shows that environment files are in use"
    for container in index.containers.containers:
        if index.inventory.is_(container.file, *MAINTAINED):
            return f"docker compose reads `.env` beside {container.file}"
    tops = index.of_each(python.SLICE, imported_tops)
    for path, facts in index.each(python.SLICE):
        if index.inventory.is_(path, FileClass.LIVE) and not tops[path].isdisjoint(_READERS):
            for each in facts.imports:
                if each.module.partition(".")[0] in _READERS:
                    return f"{path} imports {each.module}, which reads environment files"
    return ""


def _installs(index: RepoIndex, folder: str) -> bool:
    """Are packages installed beside this package.json, not beside that of its workspace?"""
    if any(f"{folder}/{lock}".lstrip("/") in index.files for lock in _LOCKS):
        return True
    while folder:
        folder = folder.rpartition("/")[0]
        if f"{folder}/package.json".lstrip("/") in index.files:
            return False
    return True


def _imported(index: RepoIndex, path: str) -> bool:
    """Is a file that is maintained imported, so that byte code appears beside it? Scripts that are
    run are not."""
    return index.inventory.is_(path, *MAINTAINED) and (
        path.endswith("/__init__.py")
        or path in index.imports.importers
        or index.inventory.is_(path, FileClass.TEST)
    )


def _open_environment(index: RepoIndex) -> bool:
    """Is `.env` itself let through, where environment files are in use?"""
    if ".env" in index.files or index.ignores.hides(".env") is not None:
        return False
    return any(path.rpartition("/")[2].startswith(".env") for path in index.files)
