"""Documents: which files tell people what there is to use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from readiness.index.inventory import ASIDE

if TYPE_CHECKING:
    from readiness.index import RepoIndex

_DOCUMENTS = (".md", ".rst", ".adoc", ".mdx", ".ipynb")
_PERHAPS_DOCUMENTS = (".txt", ".html")  # where documents lie, and read-mes
_CHRONICLES = ("change", "history", "news", "release", "license", "authors", "contributors")


def is_document(index: RepoIndex, path: str) -> bool:
    """Is it written for people, and of the present? Changelogs and archives tell of the past."""
    name = path.rpartition("/")[2].lower()
    if name.startswith(_CHRONICLES) or index.inventory.is_(path, *ASIDE):
        return False
    placed = name.startswith(("readme", "install")) or "/doc" in f"/{path}"
    return name.endswith(_DOCUMENTS) or (name.endswith(_PERHAPS_DOCUMENTS) and placed)


def is_page_of(document: str, target: str) -> bool:
    """Is it a page of an API reference that is named after the module, or after its package?
    Tools write one for every module that there is, so it says nothing of a use."""
    if not document.endswith(".rst"):
        return False
    page = "/" + document.removesuffix(".rst").removesuffix("/index").replace(".", "/")
    parts = target.rpartition(".")[0].removesuffix("/__init__").split("/")
    return any(
        page.endswith("/" + "/".join(parts[start:end]))
        for end in (len(parts), len(parts) - 1)
        for start in range(end - 1)
    )
