"""The keys that live code reads, and the independent ways in which it loads its configuration."""

from readiness.index.configuration import Kind
from readiness.testing import build_index

SETTINGS = """\
-- pyproject.toml --
[project]
name = "app"
version = "1"
-- app/__init__.py --
-- app/config.py --
from pydantic_settings import BaseSettings
class Settings(BaseSettings):
    port: int = 80
class Production(Settings):
    port: int = 443
-- app/main.py --
from app.config import Settings
"""

MANAGER = """\
-- app/managers.py --
import os
class ConfigManager:
    def get(self, key):
        return os.getenv(key)
-- app/api.py --
from app.managers import ConfigManager
"""


def sources(tree: str) -> list[list[str]]:
    """The sources of the project at the root, each as the labels of its loaders."""
    found = build_index(tree).configuration.sources.get("", ())
    return [[loader.label for loader in source.loaders] for source in found]


def test_keys_are_those_that_live_code_reads() -> None:
    index = build_index(
        "-- app/main.py --\nimport os\nA = os.getenv('PORT', '80')\nB = os.environ['PORT']\n"
        "-- tests/test_main.py --\nimport os\nC = os.getenv('ONLY_IN_TESTS')\n"
    )
    (port,) = index.configuration.keys.items()
    assert port[0] == "PORT"
    assert [(read.path, read.line, read.default) for read in port[1]] == [
        ("app/main.py", 2, "80"),
        ("app/main.py", 3, None),
    ]


def test_settings_classes_and_their_subclasses_are_one_source() -> None:
    assert sources(SETTINGS) == [["Settings", "Production"]]


def test_a_manager_that_reads_the_environment_itself_is_another_source() -> None:
    assert sources(SETTINGS + MANAGER) == [["Settings", "Production"], ["ConfigManager"]]


def test_a_loader_that_nobody_imports_is_no_source() -> None:
    assert sources(SETTINGS + MANAGER.partition("-- app/api.py --")[0]) == [
        ["Settings", "Production"]
    ]


def test_a_loader_that_only_wraps_another_belongs_to_its_source() -> None:
    tree = MANAGER + "-- app/layer.py --\nfrom app.managers import ConfigManager\n"
    tree += "class EnvironmentLoader:\n    manager = ConfigManager()\n"
    tree += "-- app/views.py --\nfrom app.layer import EnvironmentLoader\n"
    assert sources(tree) == [["ConfigManager", "EnvironmentLoader"]]


def test_modules_of_one_settings_package_are_one_source() -> None:
    read = "import os\nA = os.getenv('A')\nB = os.getenv('B')\nC = os.getenv('C')\n"
    tree = f"-- app/config/database.py --\n{read}-- app/config/settings.py --\n{read}"
    tree += "-- app/main.py --\nfrom app.config import database, settings\n"
    assert [len(source) for source in sources(tree)] == [2]


def test_django_settings_are_one_source_with_their_environments() -> None:
    tree = """\
-- site/settings/__init__.py --
-- site/settings/base.py --
import os
INSTALLED_APPS = []
SECRET = os.environ["SECRET"]
-- site/settings/production.py --
from .base import *
INSTALLED_APPS += ["x"]
-- manage.py --
from site.settings import base, production
"""
    (source,) = build_index(tree).configuration.sources[""]
    assert {loader.kind for loader in source.loaders} == {Kind.DJANGO}


def test_a_feature_about_the_configuration_of_customers_is_no_source() -> None:
    tree = MANAGER.replace("ConfigManager", "TenantConfigurationManager")
    assert sources(tree) == []


def test_an_importer_through_a_package_that_hands_it_on_counts() -> None:
    tree = MANAGER.partition("-- app/api.py --")[0]
    tree += "-- app/__init__.py --\nfrom app.managers import ConfigManager\n"
    tree += "-- app/web.py --\nfrom app import ConfigManager\n-- app/cli.py --\nimport app\n"
    (source,) = build_index(tree).configuration.sources[""]
    assert source.importers == ("app/web.py",)


def test_projects_of_one_repository_have_sources_of_their_own() -> None:
    one = MANAGER.replace("app/", "one/app/").replace("from app", "from app")
    two = MANAGER.replace("app/", "two/app/")
    tree = one + two + "-- one/requirements.txt --\n-- two/requirements.txt --\n"
    found = build_index(tree).configuration.sources
    assert {service: len(each) for service, each in found.items()} == {"one": 1, "two": 1}
