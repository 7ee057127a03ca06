"""The architecture, held over the imports: layers, purity, and who may know whom."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LAYERS = (
    {"_version", "errors"},
    {"clean_room", "compiled", "model", "pdf_objects", "toml"},
    {"config", "facts"},
    {"secrets"},
    {"index"},
    {"rule"},
    {"baseline", "compare", "policy", "suppress", "gate", "plan", "score", "selection", "story"},
    {"repo", "cache", "extraction", "packaged", "registry"},
    {"collect", "configure", "init", "judging", "memo"},
    {"assess", "planning", "since"},
    {"engine", "hook"},
    {"apply", "history", "mail", "pdf"},
    {"testing"},
    {"cli"},
    {"__main__"},
)
RANK = {name: rank for rank, names in enumerate(LAYERS) for name in names}
PURE = (
    "model",
    "toml",
    "facts",
    "index",
    "rule",
    "baseline",
    "compare",
    "init",
    "policy",
    "suppress",
    "gate",
    "plan",
    "score",
    "selection",
    "story",
)
WORLD = {
    "git",
    "multiprocessing",
    "os",
    "pathlib",
    "random",
    "shutil",
    "socket",
    "subprocess",
    "tempfile",
    "time",
}
HEAVY = {
    "alembic",
    "click",
    "css_inline",
    "detect_secrets",
    "git",
    "hyperscan",
    "jinja2",
    "libcst",
    "numpy",
    "pathspec",
    "re2",
    "rich",
    "sqlalchemy",
    "tomlkit",
    "tree_sitter",
    "weasyprint",
    "yaml",
}


def modules(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


def imports(path: Path, *, top_level: bool = False) -> Iterator[str]:
    """The absolute names that a module imports, those under TYPE_CHECKING left out."""
    tree = ast.parse(path.read_text())
    nodes = tree.body if top_level else list(ast.walk(tree))
    typing = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    for node in nodes:
        if id(node) in typing:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def layer(path: Path) -> str:
    return path.relative_to(ROOT / "readiness").parts[0].removesuffix(".py")


@pytest.mark.parametrize("path", modules("readiness"), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_imports_only_from_lower_layers_or_its_own(path: Path) -> None:
    own = layer(path)
    if own == "__init__":
        return
    for name in imports(path):
        parts = name.split(".")
        if parts[0] == "readiness" and len(parts) > 1 and parts[1] in RANK:
            assert parts[1] == own or RANK[parts[1]] < RANK[own], name


def test_every_module_has_a_layer() -> None:
    names = {layer(path) for path in modules("readiness")} - {"__init__"}
    assert names <= RANK.keys()


@pytest.mark.parametrize(
    "path",
    [
        *(path for path in modules("readiness") if layer(path) in PURE),
        *modules("rules"),
        *modules("reports"),
    ],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_pure_code_knows_no_disk_clock_or_process(path: Path) -> None:
    assert WORLD.isdisjoint(name.split(".")[0] for name in imports(path))


@pytest.mark.parametrize(
    "path",
    [*modules("readiness"), *modules("rules"), *modules("reports")],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_a_heavy_library_is_imported_where_it_is_used(path: Path) -> None:
    heavy = HEAVY - {"click"} if layer_of_cli(path) else HEAVY
    assert heavy.isdisjoint(name.split(".")[0] for name in imports(path, top_level=True))


def layer_of_cli(path: Path) -> bool:
    return "cli" in path.parts


@pytest.mark.parametrize("folder", ["readiness", "tests", "benchmarks"])
def test_nothing_imports_a_rule_or_a_report_by_name(folder: str) -> None:
    for path in modules(folder):
        for name in imports(path):
            assert not name.startswith(("readiness.rules.", "readiness.reports.")), path


def test_rules_import_only_the_product_and_siblings() -> None:
    forbidden = {"registry", "engine", "repo", "cache", "collect", "cli"}
    for path in modules("rules"):
        for name in imports(path):
            parts = name.split(".")
            assert not (parts[0] == "readiness" and forbidden.intersection(parts[1:2])), path
