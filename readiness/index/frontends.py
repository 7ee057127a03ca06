"""Frontends: the pages that a browser loads, told from the packages that build them."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import TYPE_CHECKING

from readiness.facts import manifest
from readiness.facts.manifest import ManifestFacts
from readiness.index.inventory import FileClass
from readiness.index.starts import Role
from readiness.model import Evidence, Location

if TYPE_CHECKING:
    from readiness.index import RepoIndex
    from readiness.index.entrypoints import Entrypoint

_FRAMEWORKS = frozenset(
    "next nuxt gatsby react-scripts @angular/core @angular/cli vite @vue/cli-service astro "
    "@sveltejs/kit @remix-run/dev parcel webpack expo umi @rsbuild/core esbuild".split()
)
_PAGES = frozenset(("react", "vue", "svelte", "preact", "angular", "@angular/core", "solid-js"))
_SCRIPTS = ("start", "dev", "serve", "build")
_STEMS = (
    *("src/main", "src/index", "src/app/layout", "app/layout", "src/pages/_app", "pages/_app"),
    *("src/App", "src/app", "client/app/index", "index", "main"),
)
_ENDINGS = (".tsx", ".ts", ".jsx", ".js", ".vue", ".mjs")
_ASIDE = (FileClass.ARCHIVE, FileClass.TEST, FileClass.FIXTURE, FileClass.GENERATED)


def frontends(index: RepoIndex) -> Iterator[Entrypoint]:
    """One for each package.json that builds pages: its first file, else the package itself."""
    from readiness.index.entrypoints import Entrypoint

    for path, facts in index.each(manifest.SLICE):
        if facts.kind != "package.json" or index.inventory.is_(path, *_ASIDE):
            continue
        script = next((s for s in facts.scripts if s.name in _SCRIPTS), None)
        if script is None or not _builds_pages(facts):
            continue
        folder = posixpath.dirname(path)
        places = (posixpath.join(folder, stem + end) for stem in _STEMS for end in _ENDINGS)
        start = next((place for place in places if place in index.files), path)
        text = f"{path} builds pages: {script.name} = {script.target}"
        yield Entrypoint(
            start,
            Role.FRONTEND,
            folder,
            3.0,
            primary=True,
            line=1,
            evidence=(Evidence(text, Location(path, script.line or None)),),
        )


def _builds_pages(facts: ManifestFacts) -> bool:
    names = {dependency.name for dependency in facts.dependencies}
    return bool(names & _PAGES) and bool(names & _FRAMEWORKS)
