"""Frameworks: which files each one loads by their name or place. One row, one framework."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from msgspec import Struct

from readiness.facts import manifest, python
from readiness.index.inventory import ASIDE, RUN, FileClass, files_of
from readiness.index.modules import imported_tops
from readiness.model import Evidence, Location

if TYPE_CHECKING:
    from readiness.index import RepoIndex


class Framework(Struct, frozen=True):
    """`packages`: the framework is used where one of them is imported or declared. `marker`: or
    where the end of a path matches. `loads`: the paths, with a leading slash, of what it loads;
    `why` completes "<framework> loads it: ..."."""

    name: str
    loads: str
    why: str
    packages: str = ""  # separated by spaces
    marker: str = ""


_PY = r"[^/]+\.py$"
FRAMEWORKS = (
    Framework(
        "Django",
        rf"/(?:management/commands|migrations|templatetags(?:/[^/]+)*)/{_PY}",
        "commands, migrations and template tags are found by their folder",
        "django",
    ),
    Framework(
        "Django",
        r"/[^/]+/(?:models|apps)(?:/__init__)?\.py$",
        "the models and the configuration of an installed application are imported by name",
        "django",
    ),
    Framework(
        "Django",
        r"/[a-z]{2,3}(?:_[A-Za-z]+)?/formats\.py$",
        "the formats of a language are imported by its code",
        "django",
    ),
    Framework(
        "Celery",
        r"/tasks(?:/__init__)?\.py$",
        "tasks are discovered in modules of this name",
        "celery huey dramatiq django-dramatiq django-rq procrastinate",
    ),
    Framework(
        "Haystack", r"/search_indexes\.py$", "indexes are discovered", "haystack django-haystack"
    ),
    Framework(
        "modeltranslation",
        r"/translation\.py$",
        "options are discovered by name",
        "modeltranslation",
    ),
    Framework(
        "imagekit",
        r"/imagegenerators\.py$",
        "generators are discovered",
        "imagekit django-imagekit",
    ),
    Framework(
        "django CMS",
        r"/cms_(?:plugins|menus|toolbars|apps|config|wizards)\.py$",
        "plugins, menus and toolbars are discovered",
        "cms django-cms",
    ),
    Framework(
        "Elasticsearch DSL",
        r"/documents\.py$",
        "documents are discovered",
        "django-elasticsearch-dsl django_elasticsearch_dsl",
    ),
    Framework("django-rules", r"/rules\.py$", "rules are discovered", "rules"),
    Framework("Wagtail", r"/wagtail_hooks\.py$", "hooks are discovered by name", "wagtail"),
    Framework(
        "allauth",
        r"/providers/[^/]+/(?:provider|urls|views|models)\.py$",
        "the modules of a provider are imported by name",
        "allauth django-allauth",
    ),
    Framework(
        "Semgrep",
        rf"/\.?semgrep[^/]*/(?:.+/)?{_PY}",
        "it is what a rule is tested on",
        "",
        r"/\.?semgrep[^/\n]*/[^\n]*\.ya?ml$",
    ),
    Framework(
        "devenv",
        r"/devenv/sync\.py$",
        "`devenv sync` runs it",
        "",
        r"/devenv/config\.ini$",
    ),
    Framework("Channels", r"/routing\.py$", "the settings name the routing", "channels"),
    Framework(
        "Airflow",
        r"/dags/.+\.py$",
        "every file of the DAG folder is parsed",
        "airflow apache-airflow",
    ),
    Framework(
        "Airflow",
        r"/airflow\w*/plugins/.+\.py$",
        "plugins are loaded from their folder",
        "airflow apache-airflow",
    ),
    Framework(
        "Scrapy",
        r"/spiders/.+\.py$",
        "spiders are found in their folder",
        "scrapy",
        r"/scrapy\.cfg$",
    ),
    Framework(
        "Home Assistant",
        rf"/(?:custom_components|homeassistant/components)/[^/]+/{_PY}",
        "integrations and their platforms are imported by name",
        "homeassistant",
        r"/custom_components/[^/\n]+/manifest\.json$",
    ),
    Framework("Streamlit", rf"/pages/{_PY}", "each file of the folder is a page", "streamlit"),
    Framework("Dash", r"/pages/.+\.py$", "each file of the folder is a page", "dash"),
    Framework(
        "discord.py",
        r"/(?:cogs|extensions)/.+\.py$",
        "extensions are loaded by name",
        "discord disnake nextcord discord-py py-cord",
    ),
    Framework(
        "Ansible",
        r"/(?:library|module_utils|plugins/(?:modules|module_utils|filter|lookup|inventory|callback"
        r"|action|connection|test|vars|strategy|become|cache|doc_fragments|cliconf|httpapi)"
        r"|(?:filter|lookup|callback|action|inventory|connection|test|vars|strategy)_plugins)"
        r"/.+\.py$",
        "modules and plugins are found by their folder",
        "ansible ansible-core",
        r"/(?:ansible\.cfg|galaxy\.yml|roles/[^/\n]+/tasks/main\.ya?ml|playbooks?/[^/\n]+\.ya?ml)$",
    ),
    Framework(
        "Salt",
        r"/_(?:modules|states|grains|runners|beacons|returners|pillar|utils)/[^/]+\.py$",
        "extensions are found by their folder",
        "salt",
        r"/top\.sls$",
    ),
    Framework(
        "Frappe",
        r"/(?:hooks|install|patches/.+|(?:doctype|report|page|web_form|dashboard_chart)/[^/]+/[^/]+"
        r"|www/.+)\.py$",
        "document types, reports and hooks are imported by name",
        "frappe",
    ),
    Framework(
        "Odoo",
        r"/(?:__manifest__|__openerp__|migrations/[^/]+/(?:pre|post|end)[^/]*)\.py$",
        "manifests and migrations are found by name",
        "odoo openerp",
        r"/__(?:manifest|openerp)__\.py$",
    ),
    Framework(
        "Kedro", r"/(?:pipeline_registry|settings|hooks)\.py$", "the project names them", "kedro"
    ),
    Framework(
        "behave", r"/(?:steps/.+|environment)\.py$", "steps are loaded from their folder", "behave"
    ),
    Framework("Locust", r"/locustfile[^/]*\.py$", "the file is found by name", "locust"),
    Framework(
        "PyInstaller", r"/hook-[^/]+\.py$", "hooks are found by name", "pyinstaller", r"\.spec$"
    ),
    Framework(
        "Vercel", r"/api/.+\.py$", "each file of the folder is a function", "", r"/vercel\.json$"
    ),
    Framework(
        "Sphinx",
        r"/(?:_exts?|_extensions?|sphinxext|docs?/(?:.+/)?ext(?:ension)?s?)/.+\.py$",
        "the documentation's extensions lie in this folder",
        "sphinx",
    ),
    Framework(
        "Pyramid", r"/(?:views|subscribers|tweens)(?:/.+)?\.py$", "a scan finds views", "pyramid"
    ),
    Framework(
        "Jupyter", r"/jupyter_\w+_config\.py$", "it is a configuration", "jupyterlab notebook"
    ),
    Framework(
        "cookiecutter",
        r"\{\{.*\}\}",
        "the files of a template are copied into a new project",
        "",
        r"/[^/\n]*\{\{[^/\n]*\}\}[^\n]*$",
    ),
    Framework("Cog", r"/predict\.py$", "cog.yaml names the predictor", "", r"/cog\.yaml$"),
    Framework("Pelican", r"/(?:pelicanconf|publishconf)\.py$", "it is a configuration", "pelican"),
)

TOOLS = re.compile(
    r"^/tasks\.py$|/(?:\w[\w.-]*\.config\.(?:js|ts|mjs|cjs|mts)|\.\w+rc\.(?:js|cjs)"
    r"|(?:noxfile|fabfile|manage|__main__|dodo|locustfile|conanfile|hatch_build|pdm_build|_?build_backend"
    r"|sitecustomize|usercustomize|hubconf|conftest)\.py|docs?/(?:.+/)?conf\.py"
    r"|gunicorn(?:\.conf|_conf|_config|\.config)?\.py|(?:jupyter\w*|ipython)_config\.py"
    r"|hooks/(?:pre|post)_\w+\.py|wscript|SConstruct|SConscript)$"
)
"""What tools read by its name alone, whatever else the repository shows; with a leading slash."""


def loaded(index: RepoIndex) -> Iterator[tuple[str, Evidence]]:
    """(file, why) of the files that the frameworks which the repository uses load by themselves.

    The line shown is the one that proves the framework's use."""
    shown = _shown(index)
    paths = "\n/".join(("", *index.files))
    rows: list[tuple[str, str, Location]] = []
    for row in FRAMEWORKS:
        place = next((shown[name] for name in row.packages.split() if name in shown), None)
        if place is None and row.marker:
            place = _marked(index, row.marker, paths)
        if place is not None:
            rows.append((row.loads, f"{row.name} loads it: {row.why}", place))
    if not rows:
        return
    for path in files_of(index, *RUN, FileClass.DOCS):
        if path.endswith(".py"):
            for pattern, why, place in rows:
                if _is_loaded(pattern, path):
                    yield path, Evidence(why, place)
                    break


@lru_cache(1 << 16)
def _is_loaded(pattern: str, path: str) -> bool:
    return re.search(pattern, f"/{path}") is not None


def _shown(index: RepoIndex) -> dict[str, Location]:
    """Each package of the table -> where it is first declared or imported."""
    wanted = {name for row in FRAMEWORKS for name in row.packages.split()}
    found: dict[str, Location] = {}
    for path, facts in index.each(manifest.SLICE):
        if not index.inventory.is_(path, *ASIDE):
            for dependency in facts.dependencies:
                if dependency.name in wanted:
                    found.setdefault(dependency.name, Location(path, dependency.line or None))
    tops = index.of_each(python.SLICE, imported_tops)
    for path, code in index.each(python.SLICE):
        if index.inventory.is_(path, *RUN) and not wanted.isdisjoint(tops[path]):
            for imported in code.imports:
                top = imported.module.partition(".")[0]
                if top in wanted and not imported.level and top not in found:
                    found[top] = Location(path, imported.line)
    return found


def _marked(index: RepoIndex, marker: str, paths: str) -> Location | None:
    """The first of `paths`, each on a line of its own, that the marker matches."""
    for match in re.finditer(marker, paths, re.MULTILINE):
        path = paths[paths.rfind("\n", 0, match.end()) + 2 : match.end()]
        if not index.inventory.is_(path, *ASIDE):
            return Location(path)
    return None


_PLUGINS = frozenset(
    "plugins plugin extensions addons integrations providers connectors drivers backends modules "
    "components commands skills recipes contrib".split()
)
_HELPERS = frozenset(
    "utils util helpers helper constants types common base exceptions errors schemas schema models "
    "admin apps urls tests".split()
)


def siblings(index: RepoIndex, least: int = 3) -> Iterator[tuple[str, Evidence]]:
    """(file, why) of files that bear one name in several folders side by side, as
    `plugins/*/code.py`: those that no import explains, where that are most of them or the folder
    is one of plugins. Helpers, and what people can run by hand, are none."""
    families: dict[tuple[str, str], list[str]] = {}
    for path in files_of(index, *RUN):
        if path.endswith(".py"):
            folder, _, name = path.rpartition("/")
            above, slash, _ = folder.rpartition("/")
            if slash and name != "__init__.py":
                families.setdefault((above, name), []).append(path)
    for (above, name), members in families.items():
        if len(members) < least or name.removesuffix(".py") in _HELPERS:
            continue
        unexplained = [path for path in members if not _is_explained(index, path)]
        most = 2 * len(unexplained) > len(members)
        if most or above.rpartition("/")[2].lower() in _PLUGINS:
            why = f"{name} lies in {len(members)} folders of {above}/ and is loaded by its name"
            for path in unexplained:
                other = members[0] if members[0] != path else members[1]
                yield path, Evidence(why, Location(other))


def _is_explained(index: RepoIndex, path: str) -> bool:
    """Is it imported by code that runs, or run by hand?"""
    facts = index.facts(python.SLICE, path)
    if facts is not None and facts.main_line:
        return True
    edges = index.imports.importers.get(path, ())
    return any(index.inventory.is_(edge.source, *RUN) for edge in edges)
