"""Islands: folders of code that nothing outside of them names, imports or starts."""

from readiness.index import islands
from readiness.testing import build_index

APP = "-- app/main.py --\nimport app.store\n-- app/store.py --\nx = 1\n" + "".join(
    f"-- app/part{number}.py --\nx = 1\n" for number in range(9)
)
SHEET = "-- views/a.py --\nimport views.b\n-- views/b.py --\nx = 1\n"


def folders(tree: str) -> list[str]:
    return list(islands.build(build_index(tree)))


def test_a_folder_whose_files_only_use_each_other_is_an_island() -> None:
    assert islands.build(build_index(APP + SHEET)) == {"views": ("views/a.py", "views/b.py")}


def test_an_import_a_command_or_a_document_is_a_bridge() -> None:
    assert folders(APP + SHEET + "-- web/all.py --\nimport views.b\n") == ["web"]
    assert folders(APP + SHEET + "-- Makefile --\nviews:\n\tpush views/a.py\n") == []
    assert folders(APP + SHEET + "-- README.md --\nThe pages lie in `views/a.py`.\n") == []


def test_a_list_of_ignored_files_and_a_document_of_its_own_are_none() -> None:
    assert folders(APP + SHEET + "-- .dockerignore --\nviews/a.py\n") == ["views"]
    assert folders(APP + SHEET + "-- views/README.md --\nSee `views/a.py`.\n") == ["views"]


def test_what_most_of_the_code_lies_in_is_no_island() -> None:
    assert folders("-- src/a.py --\nx = 1\n-- src/b.py --\nx = 1\n-- c.py --\nx = 1\n") == []
