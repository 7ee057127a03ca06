"""What is needed, is not in the repository, and would be hidden from it by an ignore line."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from readiness.facts import python
from readiness.facts.python import Import, PythonFacts
from readiness.index import RepoIndex
from readiness.index.ignores import IgnoreLine
from readiness.index.inventory import MAINTAINED, FileClass
from readiness.index.workflows.missing import absent
from readiness.model import Evidence
from readiness.rule import against, for_

from ._build_inputs import is_manifest, lost_sources, made_elsewhere

_BUILT = {"jsx", "ts", "tsx", "vue", "svelte"}  # no browser runs them as they are
_GENERATED = {"gen", "build", "dist", "proto", "protos", "pb", "_version", "version", "_build"}
_FEW = 5  # of them, below which a folder is no project of its own


class Hidden(Struct, frozen=True):
    """`path` would be ignored by `line`. `evidence` says who needs it; `proven`: a build, a
    workflow or an import names it, so that the clone cannot work without it."""

    line: IgnoreLine
    path: str
    evidence: Evidence
    proven: bool = True


def hidden(index: RepoIndex) -> Iterator[Hidden]:
    """Every absent file that something needs and a .gitignore line keeps out."""
    yield from _of_images(index)
    yield from _of_workflows(index)
    yield from _of_imports(index)
    yield from _of_projects(index)


def _of_images(index: RepoIndex) -> Iterator[Hidden]:
    made = index.once(made_elsewhere)
    for image in index.containers.images:
        if not index.inventory.is_(image.dockerfile, *MAINTAINED):
            continue
        for lost in lost_sources(index, image, made):
            if lost.hidden is not None and lost.manifest:
                told = f"`{lost.instruction} {lost.source}` needs {lost.path}"
                yield Hidden(lost.hidden, lost.path, for_(told, image.dockerfile, lost.line))


def _of_workflows(index: RepoIndex) -> Iterator[Hidden]:
    for each in index.once(absent):
        line = None if each.service else index.ignores.hides(each.path)
        if line is not None and is_manifest(each.path):
            told = for_(f"`{each.text[:80]}` needs {each.path}", each.file, each.line)
            yield Hidden(line, each.path, told, each.certain)


def _of_imports(index: RepoIndex) -> Iterator[Hidden]:
    """Imports of one's own modules that resolve nowhere and would be hidden."""
    lines: dict[str, IgnoreLine | None] = {}
    known: dict[tuple[tuple[str, ...], bool, str], tuple[str, ...]] = {}
    of_files = index.of_each(python.SLICE, _within)
    for source in index.paths(python.SLICE):
        imports = of_files[source]
        if not imports or not index.inventory.is_(source, *MAINTAINED):
            continue
        resolved = {edge.line for edge in index.imports.imports.get(source, ())}
        for each in imports:
            if each.line in resolved:
                continue
            key = _roots(index, source, each), each.level > 0, each.module
            if key not in known:
                known[key] = _places(index, *key)
            for path in known[key]:
                if path not in lines:
                    lines[path] = _by_accident(index, path)
                line = lines[path]
                if line is not None:
                    told = f"{source} imports {'.' * each.level}{each.module}"
                    if each.optional:
                        evidence = against(f"{told}, and can do without", source, each.line)
                    else:
                        evidence = for_(told, source, each.line)
                    yield Hidden(line, path, evidence, not each.optional)
                    break


def _within(path: str, facts: PythonFacts) -> tuple[Import, ...]:
    """The imports of modules that lie in a package, or beside the file, when it runs."""
    return tuple(
        each
        for each in facts.imports
        if each.module and not each.typing and (each.level or "." in each.module)
    )


def _by_accident(index: RepoIndex, path: str) -> IgnoreLine | None:
    """The line that hides a module without meaning it: a name for folders of data or builds
    anywhere, not one that names this module or its place, nor one of generated code."""
    line = index.ignores.hides(path)
    if line is None or "generated" in path or not _GENERATED.isdisjoint(_stems(path)):
        return None
    pattern = line.pattern.strip().removeprefix("**/").rstrip("/")
    anchored = "/" in pattern
    return None if anchored or pattern == path.rpartition("/")[2] else line


def _stems(path: str) -> list[str]:
    return path.removesuffix(".py").split("/")


def _roots(index: RepoIndex, source: str, each: Import) -> tuple[str, ...]:
    """The folders in which an import looks."""
    if not each.level:
        return index.imports.roots.get(source, ("",))
    home = source
    for _ in range(each.level):
        home = home.rpartition("/")[0]
    return (home,)


def _places(
    index: RepoIndex, roots: tuple[str, ...], relative: bool, module: str
) -> tuple[str, ...]:
    """Where a module would lie that is not there: in the deepest of its packages that is, seen
    from a folder on the import path of the file. None where it is there, or not one's own."""
    parts = module.split(".")
    for root in roots:
        for depth in range(len(parts) - 1, -1 if relative else 0, -1):
            folder = "/".join(filter(None, (root, *parts[:depth])))
            if folder in index.folders:
                rest = "/".join(filter(None, (folder, *parts[depth:])))
                there = f"{rest}.py" in index.files or rest in index.folders
                return () if there else (f"{rest}.py", f"{rest}/__init__.py")
    return ()


def _of_projects(index: RepoIndex) -> Iterator[Hidden]:
    """Sources that must be built, without any package.json, where one would be hidden."""
    projects: dict[str, list[str]] = {}
    for path in index.files:
        if path.rpartition(".")[2] in _BUILT and index.inventory.is_(path, FileClass.LIVE):
            top = path.partition("/")[0] if "/" in path else ""
            projects.setdefault(top, []).append(path)
    for top, paths in projects.items():
        manifest = f"{top}/package.json".lstrip("/")
        line = index.ignores.hides(manifest)
        if line is None or len(paths) < _FEW or _has_manifest(index, paths):
            continue
        told = f"{top or 'the root'} holds {len(paths)} files that only a build makes JavaScript of"
        yield Hidden(line, manifest, for_(told, paths[0]), proven=False)


def _has_manifest(index: RepoIndex, paths: list[str]) -> bool:
    folders = {path.rpartition("/")[0] for path in paths}
    while folders:
        if any(f"{folder}/package.json".lstrip("/") in index.files for folder in folders):
            return True
        folders = {folder.rpartition("/")[0] for folder in folders if folder}
    return False
