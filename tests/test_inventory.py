"""What each file is for, and which folders are archives."""

import time

import pytest

from readiness.index import RepoIndex
from readiness.index.archives import Name, judge
from readiness.index.inventory import FileClass, named_as_test
from readiness.model import Snapshot, TrackedFile
from readiness.testing import build_index


def roots(tree: str) -> list[str]:
    return list(build_index(tree).inventory.archive_roots)


def class_of(path: str, tree: str = "") -> FileClass:
    if f"-- {path} --" not in tree:
        tree += f"-- {path} --\nx = 1\n"
    index = build_index(tree)
    class_ = index.inventory.classes[path]
    of_one = RepoIndex(index.snapshot, index._encoded, index.config, asked=[path])
    assert of_one.inventory.classes == {path: class_}, "whatever else is asked"
    return class_


@pytest.mark.parametrize(
    "name",
    [
        *("archived_services", "communication_foundation_archived", "archivedUtilities", "_old"),
        *("archive_20251025", "ARCHIVE_20251011", "cleanup_nov6_2025", "tests_old_archive"),
        *("platform_backup_20251025_005313", "_archive", "attic", "to_be_deleted", "12-5-archive"),
    ],
)
def test_a_plain_name_says_archive(name: str) -> None:
    assert judge(name) is Name.PLAIN


@pytest.mark.parametrize(
    "name", ["archive", "BACKUPS", "archive_v1", "old", "old_main_files", "root-archive"]
)
def test_a_noun_says_archive_unless_the_folder_is_a_feature(name: str) -> None:
    assert judge(name) is Name.NOUN


@pytest.mark.parametrize("name", ["legacy", "legacy_systems", "sdk_delete", "platform-duplicate"])
def test_a_weak_name_needs_a_copy_that_lives_on(name: str) -> None:
    assert judge(name) is Name.WEAK


@pytest.mark.parametrize(
    "name",
    [
        *("household", "threshold", "archive_file_service", "backup_service", "old_age_pension"),
        *(
            "archivebox",
            "backups_v2",
            "backup_v2_tests",
            "delete",
            "folder",
            "feedback",
            "cleanup",
            "goldfish",
        ),
    ],
)
def test_a_business_word_says_nothing(name: str) -> None:
    assert judge(name) is Name.NOTHING


def test_nested_archives_count_once() -> None:
    tree = (
        "-- archive/old/a.py --\nx = 1\n-- archive/b.py --\nx = 1\n-- docs/EXEC/ARCHIVE/n.md --\n"
    )
    assert roots(tree) == ["archive", "docs/EXEC/ARCHIVE"]
    inventory = build_index(tree).inventory
    assert inventory.archive_root("archive/old/a.py") == "archive"
    assert inventory.archive_root("docs/EXEC/plan.md") is None


def test_siblings_that_share_the_name_of_an_archive_stay_live() -> None:
    tree = "-- archive/a.py --\nx = 1\n-- archive_api/b.py --\nx = 1\n-- archive.py --\nx = 1\n"
    inventory = build_index(tree).inventory
    assert list(inventory.archive_roots) == ["archive"]
    assert inventory.is_("archive_api/b.py", FileClass.LIVE)
    assert inventory.is_("archive.py", FileClass.LIVE)


FEATURES = {
    "an application of Django": (
        "-- archive/__init__.py --\n-- archive/apps.py --\nclass A(AppConfig): pass\n"
    ),
    "a package that live code uses in two places": (
        "-- app/archive/__init__.py --\n-- app/archive/store.py --\nx = 1\n"
        "-- app/main.py --\nfrom app.archive import store\n-- app/jobs.py --\nimport app.archive\n"
    ),
    "a package most of which one import leads to": (
        "-- app/archive/router.py --\nfrom .service import save\n-- app/archive/service.py --\n"
        "-- app/main.py --\nfrom app.archive import router\n"
    ),
    "tests of what is deprecated": (
        "-- shop/tests/deprecated/test_a.py --\nfrom shop.api import a\ndef test_a(): a()\n"
        "-- shop/tests/test_a.py --\nfrom shop.api import b\ndef test_b(): b()\n"
        "-- shop/api.py --\ndef a(): pass\n"
    ),
    "a package named as its module": (
        "-- contrib/database_backup/__init__.py --\n"
        "-- contrib/database_backup/database_backup.py --\nx = 1\n"
    ),
    "a compound name that live code imports": (
        "-- mail/old_parser/core.py --\nx = 1\n-- mail/read.py --\nfrom .old_parser import core\n"
    ),
    "files named after the trade": (
        "-- src/archive/archive.module.ts --\nx\n-- src/archive/archive.service.ts --\nx\n"
    ),
    "scripts that back up and restore": (
        "-- backup/backup.sh --\nx\n-- backup/restore_db.sh --\nx\n-- backup/README.md --\nx\n"
    ),
    "an operation": "-- deploy/backup/values.sql --\nx\n",
    "pages": "-- templates/archive/list.html --\nx\n",
    "a route of a file-system router": "-- app/archive/page.tsx --\nx\n",
    "pages of such a router, however deep": (
        "-- app/[id]/archives/header.tsx --\nx\n-- app/[id]/archives/list/page.tsx --\nx\n"
        "-- app/[id]/archives/[archivedId]/page.tsx --\nx\n"
    ),
    "a state of things that JavaScript imports in two places": (
        "-- web/store/archived/issue.ts --\nx\n-- web/store/archived/index.ts --\nx\n"
        "-- web/store/root.ts --\nimport { Issues } from './archived'\n"
        "-- web/hooks/use.ts --\nimport { Issues } from '@/store/archived'\n"
    ),
    "data that a service keeps": "-- data/backups/.gitkeep --\n-- data/backups/a.zip --\nx\n",
    "a mirror of a live folder in the tests": (
        "-- tests/archive/test_a.py --\ndef test_a(): pass\n-- app/archive/__init__.py --\n"
        "-- app/archive/apps.py --\n"
    ),
    "samples of the tests": "-- tests/samples/archive/a.py --\nx\n",
    "migrations": "-- db/migrations/archive/0001.py --\nx\n",
    "what a vendored library calls old": "-- node_modules/left-pad/old/index.js --\nx\n",
    "a lone legacy": "-- app/legacy/api.py --\nx = 1\n-- app/api.py --\ny = 1\n",
    "a theme among others": (
        "-- shop/themes/legacy/cart.html --\nx\n-- shop/themes/default/cart.html --\ny\n"
    ),
    "a verb of an interface": "-- app/account/delete/form.py --\nx = 1\n",
}


@pytest.mark.parametrize("tree", FEATURES.values(), ids=FEATURES)
def test_a_feature_is_no_archive(tree: str) -> None:
    assert roots(tree) == []


ARCHIVES = {
    "a noun that nothing uses": (
        "-- services/archive/parser_rebuild.py --\nx = 1\n",
        "services/archive",
    ),
    "one leftover import": (
        "-- backend/archive/__init__.py --\n-- backend/archive/x.py --\ny = 1\n"
        "-- app.py --\nfrom backend.archive.x import y\n",
        "backend/archive",
    ),
    "a plain name even if live code imports from it": (
        "-- archived_services/a.py --\nx = 1\n-- archived_services/b.py --\nx = 1\n"
        "-- one.py --\nimport archived_services.a\n-- two.py --\nimport archived_services.b\n",
        "archived_services",
    ),
    "another archive that imports from it": (
        "-- old_parser/core.py --\nx = 1\n-- archive/read.py --\nimport old_parser.core\n",
        "old_parser",
    ),
    "a component that lives on under its own name": (
        "-- web/components/archive/FileTable.tsx --\nx\n-- web/components/FileTable.tsx --\ny\n",
        "web/components/archive",
    ),
    "a weak name beside what lives on": (
        "-- base/sdk_delete/__init__.py --\n-- base/sdk_delete/dil_sdk.py --\nx = 1\n"
        "-- city/sdk/dil_sdk.py --\ny = 1\n",
        "base/sdk_delete",
    ),
    "a weak name beside the bare one": (
        "-- sdk_delete/dil_sdk.py --\nx = 1\n-- sdk/dil_sdk.py --\ny = 1\n",
        "sdk_delete",
    ),
    "tests that were put away": (
        "-- tests/archive/test_a.py --\ndef test_a(): pass\n",
        "tests/archive",
    ),
    "documents": ("-- docs/archive/2024-plan.md --\nx\n", "docs/archive"),
}


@pytest.mark.parametrize(("tree", "root"), ARCHIVES.values(), ids=ARCHIVES)
def test_an_archive_is_found(tree: str, root: str) -> None:
    assert root in roots(tree)


def test_an_archive_says_why_it_is_one() -> None:
    tree = ARCHIVES["a weak name beside what lives on"][0]
    assert build_index(tree).inventory.archive_roots["base/sdk_delete"] == (
        'its name says "sdk_delete" and dil_sdk.py lives on as city/sdk/dil_sdk.py'
    )


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("app/main.py", FileClass.LIVE),
        ("tests/helpers.py", FileClass.TEST),
        ("app/tests.py", FileClass.TEST),
        ("web/src/Button.test.tsx", FileClass.TEST),
        ("src/test/java/PayTest.java", FileClass.TEST),
        ("load_tests/locustfile.py", FileClass.TEST),
        ("tests/data/answer.json", FileClass.FIXTURE),
        ("tests/fixtures/app.log", FileClass.FIXTURE),
        ("shop/fixtures/products.json", FileClass.FIXTURE),
        ("docs/conf.py", FileClass.DOCS),
        ("README.md", FileClass.DOCS),
        ("LICENSE", FileClass.DOCS),
        ("scripts/test_parse.py", FileClass.SCRIPT),
        ("start.sh", FileClass.SCRIPT),
        ("bin/run", FileClass.SCRIPT),
        ("app/tools/search.py", FileClass.LIVE),
        ("web/dist/app.js", FileClass.GENERATED),
        ("static/vendor/jquery.js", FileClass.GENERATED),
        ("api/user_pb2.py", FileClass.GENERATED),
        ("poetry.lock", FileClass.GENERATED),
        ("static/app.min.js", FileClass.GENERATED),
        ("requirements.txt", FileClass.LIVE),
        ("app/parser.archived.py", FileClass.ARCHIVE),
    ],
)
def test_a_path_tells_the_class(path: str, expected: FileClass) -> None:
    assert class_of(path) is expected


def test_a_package_that_ships_test_helpers_is_live() -> None:
    assert class_of("django/test/client.py") is FileClass.LIVE
    assert class_of("numpy/testing/_private/utils.py") is FileClass.LIVE
    helpers = "-- numpy/testing/tests/test_utils.py --\ndef test_a(): pass\n"
    assert class_of("numpy/testing/utils.py", helpers) is FileClass.LIVE
    with_tests = "-- app/test/test_main.py --\ndef test_a(): pass\n"
    assert class_of("app/test/common.py", with_tests) is FileClass.TEST


def test_a_package_named_vendor_or_build_is_live() -> None:
    tree = "-- shop/vendor/__init__.py --\n-- pip/build/__init__.py --\n"
    assert class_of("shop/vendor/models.py", tree) is FileClass.LIVE
    assert class_of("pip/build/wheel.py", tree) is FileClass.LIVE


def test_a_file_named_as_a_test_that_holds_none_is_none() -> None:
    assert class_of("app/speed_test.py") is FileClass.LIVE
    assert class_of("test_login_flow.py") is FileClass.SCRIPT
    real = "-- app/test_pay.py --\ndef test_pay(): assert True\n"
    assert class_of("app/test_pay.py", real) is FileClass.TEST
    cases = "-- app/test_pay.py --\nclass Paying(unittest.TestCase):\n    def runTest(self): pass\n"
    assert class_of("app/test_pay.py", cases) is FileClass.TEST


def test_a_module_about_tests_is_no_test() -> None:
    rule = "-- lint/test_naming.py --\nclass TestNaming(Rule):\n    def check(self): pass\n"
    assert class_of("lint/test_naming.py", rule) is FileClass.LIVE
    evidence = "-- index/tests.py --\nclass Suite: ...\ndef build(): ...\n"
    assert class_of("index/tests.py", evidence) is FileClass.LIVE
    django = "-- shop/tests.py --\nclass Paying(ShopTest):\n    pass\n"
    assert class_of("shop/tests.py", django) is FileClass.TEST


def test_scripts_named_as_tests_are_what_a_test_runner_would_take() -> None:
    tree = "-- scripts/test_a.py --\n-- tests/test_b.py --\n-- archive/test_c.py --\n-- d.py --\n"
    inventory = build_index(tree).inventory
    assert [path for path in inventory.classes if inventory.is_test(path)] == [
        "scripts/test_a.py",
        "tests/test_b.py",
    ]
    assert named_as_test("conftest.py")
    assert not named_as_test("contest.py")


def test_a_header_that_forbids_edits_makes_a_file_generated() -> None:
    tree = "-- api/client.py --\n# Code generated by a tool. DO NOT EDIT.\nx = 1\n"
    assert class_of("api/client.py", tree) is FileClass.GENERATED
    tool = '-- gen.py --\nimport sys\n\nHEAD = "# Code generated. DO NOT EDIT"\n'
    assert class_of("gen.py", tool) is FileClass.LIVE


def test_a_hundred_thousand_paths_take_a_second() -> None:
    files = [
        TrackedFile(
            f"pkg{n % 40}/module{n % 900}/{'archive' if n % 7 else 'core'}/f{n}.go", "0" * 40
        )
        for n in range(100_000)
    ]
    index = build_index("")
    index = type(index)(Snapshot(tuple(files), "big"), {}, index.config)
    assert index.folders
    started = time.process_time()
    assert index.inventory.classes
    assert time.process_time() - started < 3, "a second, and two for a busy machine"
