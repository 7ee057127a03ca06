"""Same blobs, duplicate trees, and which of two copies is current."""

import time

from readiness.config import Config
from readiness.index import RepoIndex, near_copies
from readiness.index.imports import Edge, ImportGraph
from readiness.index.reachability import Reachability
from readiness.index.references import Reference, References, Use
from readiness.index.twins import SHARED, TreePair, _trees, choose, overlap, similarity
from readiness.model import Snapshot
from readiness.testing import build_index

BODY = (
    "def work(first, second):\n    total = first + second\n    return total * work(total, second)\n"
)


def tree(folder: str, number: int, changed: int = 0) -> str:
    """`number` files that differ from each other, the first `changed` of them also from those of
    any other folder."""
    return "".join(
        f"-- {folder}/part{n // 5}/m{n}.py --\n# {n}{folder if n < changed else ''}\n{BODY}"
        for n in range(number)
    )


def given(index: RepoIndex, **evidence: object) -> RepoIndex:
    """The index with evidence put in place of what it would find."""
    index.__dict__.update(evidence)
    return index


def test_equal_files_that_say_something_are_the_same() -> None:
    index = build_index(
        f"-- a/x.py --\n{BODY}-- b/y.py --\n{BODY}-- a/__init__.py --\n-- b/__init__.py --\n"
        "-- a/v.py --\nVERSION = 1\n-- b/v.py --\nVERSION = 1\n"
    )
    assert list(index.twins.same.values()) == [("a/x.py", "b/y.py")]


def test_duplicate_trees_are_merged_upwards_to_the_largest_pair() -> None:
    index = build_index(tree("old/platform", 20) + tree("platform", 20) + "-- old/other.md --\nx\n")
    assert index.twins.trees == (TreePair("old/platform", "platform", 20, 20, 20),)


def test_a_tree_that_was_changed_since_is_a_duplicate_while_most_of_it_is_the_same() -> None:
    mostly = build_index(tree("platform_old", 20, changed=6) + tree("fabric/platform", 20))
    assert [pair.shared for pair in mostly.twins.trees] == [14]
    assert mostly.twins.trees[0].share == 0.7
    assert build_index(tree("one", 20, changed=12) + tree("two", 20)).twins.trees == ()


def test_few_equal_files_make_no_duplicate_tree() -> None:
    assert build_index(tree("one", SHARED - 1) + tree("two", SHARED - 1)).twins.trees == ()


def test_a_copy_of_the_whole_repository_inside_itself_is_found() -> None:
    run = f"run.py --\n{BODY}"
    index = build_index(f"-- {run}-- copy/{run}" + tree("app", 12) + tree("copy/app", 12))
    assert [(pair.left, pair.right) for pair in index.twins.trees] == [("", "copy")]


def test_generated_files_and_test_data_make_no_duplicate_tree() -> None:
    index = build_index(
        tree("web/node_modules/a", 12) + tree("node_modules/a", 12)
        + tree("tests/fixtures/a", 12) + tree("tests/fixtures/b", 12)
    )  # fmt: skip
    assert index.twins.trees == ()


def test_boilerplate_in_every_service_makes_no_duplicate_trees() -> None:
    index = build_index("".join(tree(f"services/s{n}", 12) for n in range(9)))
    assert index.twins.trees == ()


def test_the_search_for_trees_is_linear() -> None:
    copies = [(f"a/p{n % 99}/{n}.py", f"b/p{n % 99}/{n}.py") for n in range(50_000)]
    started = time.process_time()
    pairs = _trees(copies, [path for pair in copies for path in pair])
    assert time.process_time() - started < 5
    assert [pair.shared for pair in pairs] == [50_000]


def test_similarity_is_that_of_the_words() -> None:
    index = build_index(
        f"-- a.py --\n{BODY}-- b.py --\n# note\n{BODY}-- c.py --\n{BODY}-- d.md --\ntext\n"
        f"-- e.py --\n{BODY}{BODY.replace('total', 'amount')}"
    )
    assert similarity(index, "a.py", "c.py") == 1
    assert similarity(index, "a.py", "b.py") == 1
    assert similarity(index, "a.py", "d.md") == 0
    assert overlap(index, "a.py", "e.py")[1] == 1


TWO = f"-- app/core.py --\n{BODY}-- app/core_new.py --\n{BODY}# more\n"


def test_what_an_entrypoint_reaches_is_current() -> None:
    reached = Reachability(reached={"app/core_new.py": "app/main.py"})
    edge = Edge("app/x.py", "app/core.py", 1)
    imports = ImportGraph(importers={"app/core.py": (edge,)})
    index = given(build_index(TWO), reachability=reached, imports=imports)
    choice = choose(index, "app/core.py", "app/core_new.py")
    assert (choice.current, choice.by) == ("app/core_new.py", "reached")
    assert choice.evidence[0].summary == "app/core_new.py is reached from app/main.py"


def test_what_live_code_imports_is_current_and_archives_and_tests_do_not_count() -> None:
    sources = ("archive/a.py", "tests/test_a.py", "app/core_new.py")
    edges = tuple(Edge(source, "app/core.py", 3) for source in sources)
    live = Edge("app/main.py", "app/core_new.py", 7)
    imports = ImportGraph(importers={"app/core.py": edges, "app/core_new.py": (live,)})
    text = TWO + "-- archive/a.py --\n-- tests/test_a.py --\n-- app/main.py --\n"
    index = given(build_index(text), imports=imports, reachability=Reachability())
    choice = choose(index, "app/core.py", "app/core_new.py")
    assert (choice.current, choice.by) == ("app/core_new.py", "imported")
    assert choice.evidence[0].location.line == 7


def test_what_a_workflow_runs_is_current_before_what_a_document_names() -> None:
    runs = Reference("ci.yml", "app/core.py", 4, Use.RUNS)
    names = Reference("README.md", "app/core_new.py", 9, Use.MENTIONS)
    references = References(to={"app/core.py": (runs,), "app/core_new.py": (names,)})
    nothing = {"reachability": Reachability(), "imports": ImportGraph()}
    index = given(build_index(TWO), references=references, **nothing)
    assert choose(index, "app/core.py", "app/core_new.py").current == "app/core.py"
    only_named = References(to={"app/core_new.py": (names,)})
    index = given(build_index(TWO), references=only_named, **nothing)
    choice = choose(index, "app/core_new.py", "app/core.py")
    assert choice.current == "app/core_new.py"
    assert choice.evidence[0].summary == "README.md names app/core_new.py"


NOTHING = {"reachability": Reachability(), "imports": ImportGraph(), "references": References()}


def test_what_was_edited_on_is_current() -> None:
    history = "2026-01-01 ann | A app/core.py, A app/core_new.py\n2026-03-01 ann | M app/core.py\n"
    choice = choose(given(build_index(TWO, history), **NOTHING), "app/core_new.py", "app/core.py")
    assert (choice.current, choice.by) == ("app/core.py", "edited")
    assert "59 days after" in choice.evidence[0].summary


def test_days_apart_tell_nothing_and_no_evidence_is_no_choice() -> None:
    history = "2026-01-01 ann | A app/core.py, A app/core_new.py\n2026-01-05 ann | M app/core.py\n"
    index = given(build_index(TWO, history), **NOTHING)
    assert choose(index, "app/core_new.py", "app/core.py").current == ""


def test_what_lies_outside_an_archive_is_current_last_of_all() -> None:
    index = given(build_index(tree("archive/platform", 12) + tree("platform", 12)), **NOTHING)
    choice = choose(index, "archive/platform", "platform")
    assert (choice.current, choice.by) == ("platform", "marked")


def test_a_folder_is_imported_when_one_of_its_files_is() -> None:
    edge = Edge("main.py", "new/part0/m1.py", 2)
    index = given(
        build_index(tree("new", 12) + tree("prior", 12) + "-- main.py --\n"),
        imports=ImportGraph(importers={"new/part0/m1.py": (edge,)}),
        reachability=Reachability(),
    )
    assert choose(index, "new", "prior").current == "new"


def test_a_snapshot_without_files_has_no_twins() -> None:
    index = RepoIndex(Snapshot((), "empty"), {}, Config())
    assert index.twins.trees == ()


def functions(names: str, lines: int = 9) -> str:
    """One function of so many lines for each name."""
    body = "".join(f"    value{n} = first + {n}\n" for n in range(lines - 1))
    return "".join(f"def {name}(first):\n{body}" for name in names.split())


FIVE = functions("load store check merge clean")


def test_a_docstring_or_a_move_in_history_names_the_successor() -> None:
    said = f'"""Replaced by core_new."""\n{BODY}'
    index = given(build_index(f"-- app/core.py --\n{said}-- app/core_new.py --\n{BODY}"), **NOTHING)
    assert choose(index, "app/core.py", "app/core_new.py").by == "replaced"
    history = (
        "2026-01-01 ann | A app/core.py\n2026-01-02 ann | R app/core.py > app/core_new.py\n"
        "2026-01-03 ann | A app/core.py\n"
    )
    choice = choose(given(build_index(TWO, history), **NOTHING), "app/core.py", "app/core_new.py")
    assert (choice.current, choice.by) == ("app/core_new.py", "replaced")


def near(tree: str) -> list[tuple[str, str]]:
    return [(copy.left, copy.right) for copy in near_copies.build(build_index(tree))]


def test_near_copies_are_found_by_their_words_or_by_their_functions() -> None:
    changed = FIVE + functions("more")
    assert near(f"-- a/x.py --\n{FIVE}-- b/x.py --\n{changed}") == [("a/x.py", "b/x.py")]
    assert near(f"-- a/x.py --\n{FIVE}-- b/y.py --\n{changed}") == [("a/x.py", "b/y.py")]
    assert near(f"-- a/x.py --\n{FIVE}-- b/y.py --\n{FIVE}") == [("a/x.py", "b/y.py")]


def test_equal_functions_with_other_words_are_no_copy_where_the_words_are_known() -> None:
    other = FIVE.replace("first + ", "call(second, third) - ")
    assert near(f"-- a/x.py --\n{FIVE}-- b/x.py --\n{other}") == []


def test_a_module_that_does_not_parse_is_compared_by_its_words() -> None:
    broken = FIVE + "print 'done'\n"
    assert near(f"-- a/x.py --\n{broken}-- b/x.py --\n{broken}# again\n") == [("a/x.py", "b/x.py")]


def test_what_is_alike_on_purpose_is_no_near_copy() -> None:
    row = "".join(f"-- plugins/{name}/client.py --\n{FIVE}" for name in ("a", "b", "c"))
    assert near(row) == []
    kinds = "".join(f"-- parsers/{name}.py --\n{FIVE}# {name}\n" for name in ("csv", "xml", "xls"))
    assert near(kinds) == []
    assert near(f"-- a/x.py --\n{FIVE}-- a/y.py --\n{FIVE.replace('def ', 'def my_')}") == []
    assert near(f"-- a/x.py --\n{BODY}-- b/x.py --\n{BODY}# short\n") == []


def test_boilerplate_makes_no_near_copies_in_linear_time() -> None:
    tree = "".join(f"-- p{n}/m{n}.py --\n{FIVE}# {n}\n" for n in range(600))
    index = build_index(tree)
    started = time.process_time()
    assert near_copies.build(index) == ()
    assert time.process_time() - started < 5
