"""The ratchet: what a change brings is new, what it only moves or edits is not."""

from collections import Counter
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from readiness.compare import Trees, compare, find
from readiness.model import ActionKind, Confidence, Finding, Location, Severity

Tree = dict[str, str]


def trees(before: Tree, after: Tree) -> Trees:
    contents = {text: text.encode() for text in (*before.values(), *after.values())}
    return Trees(before, after, lambda ids: {name: contents[name] for name in ids})


def finding(
    path: str,
    key: str = "",
    *,
    rule: str = "AAA001",
    line: int | None = None,
    files: Iterable[str] = (),
    with_: Iterable[str] = (),
) -> Finding:
    return Finding(
        rule,
        Location(path, line),
        "",
        Severity.MEDIUM,
        Confidence.HIGH,
        key=key,
        subjects=(path, *with_, *files),
        targets=tuple(files),
        action=ActionKind.ARCHIVE if files else ActionKind.MODIFY,
    )


def names(found: Iterable[Finding]) -> list[str]:
    return sorted(f"{each.location.path} {each.key}".strip() for each in found)


CODE = "import os\n\ndef first():\n    return os.getcwd()\n\ndef second():\n    return 'b'\n"


def test_what_did_not_change_is_neither_new_nor_fixed() -> None:
    result = compare([finding("a.py")], [finding("a.py")], trees({"a.py": CODE}, {"a.py": CODE}))
    assert (result.new, result.fixed, len(result.pairs)) == ((), (), 1)


def test_a_moved_file_is_not_new_and_another_copy_is() -> None:
    before, after = {"a.py": CODE}, {"lib/b.py": CODE, "lib/c.py": CODE}
    result = compare(
        [finding("a.py")], [finding("lib/b.py"), finding("lib/c.py")], trees(before, after)
    )
    assert (len(result.new), result.fixed) == (1, ())
    assert result.pairs[0].moved


def test_a_file_that_is_moved_and_indented_at_once_is_still_the_same() -> None:
    indented = "if True:\n" + "".join(f"    {line}\n" for line in CODE.splitlines())
    result = compare(
        [finding("a.py")], [finding("lib/b.py")], trees({"a.py": CODE}, {"lib/b.py": indented})
    )
    assert not result.new


def test_mending_one_file_does_not_pay_for_breaking_another() -> None:
    other = CODE.replace("first", "third").replace("second", "fourth").replace("os", "sys")
    before = {"a.py": CODE, "b.py": other}
    after = {"a.py": CODE + "# mended\n", "b.py": other + "# broken\n"}
    result = compare([finding("a.py")], [finding("b.py")], trees(before, after))
    assert (names(result.new), names(result.fixed)) == (["b.py"], ["a.py"])


def test_neither_does_deleting_a_file_and_adding_another_one() -> None:
    result = compare(
        [finding("a.py")], [finding("b.py")], trees({"a.py": CODE}, {"b.py": "x = [\ny = (\n"})
    )
    assert names(result.new) == ["b.py"]


def test_a_function_that_moves_to_another_file_takes_its_finding_along() -> None:
    before = {"a.py": CODE, "b.py": "import re\n"}
    after = {"a.py": "import os\n", "b.py": "import re\n\n\ndef first():\n  return os.getcwd()\n"}
    old, new = finding("a.py", "first", line=4), finding("b.py", "first", line=5)
    assert not compare([old], [new], trees(before, after)).new
    other = {**after, "b.py": after["b.py"].replace("getcwd", "getpid")}
    assert names(compare([old], [new], trees(before, other)).new) == ["b.py first"]


def test_a_value_known_by_its_digest_is_the_same_wherever_it_lies() -> None:
    digest = "0123456789abcdef" * 2
    before, after = {"a.py": "a", "b.py": "b"}, {"a.py": "", "b.py": "b\nk = 1\n"}
    old = [finding("a.py", digest)]
    assert not compare(old, [finding("b.py", digest)], trees(before, after)).new
    both = [finding("a.py", digest), finding("b.py", digest)]
    assert names(compare(old, both, trees(before, after)).new) == [f"b.py {digest}"]
    another = [finding("a.py", digest), finding("a.py", "f" * 32)]
    assert names(compare(old, another, trees(before, after)).new) == ["a.py " + "f" * 32]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("old/orders.py", "new/orders.py"),
        ("COPY old/orders.py", "COPY new/orders.py"),
        ("orders.py", "orders.py"),
        ("old.orders:main", "new.orders:main"),
        ("old", "new"),
        ("old/", "new/"),
        ("old/never/there.sh", "new/never/there.sh"),
    ],
)
def test_paths_and_modules_in_keys_are_those_after_the_change(old: str, new: str) -> None:
    before = {"src/old/orders.py": CODE, "Dockerfile": "x"}
    after = {"src/new/orders.py": CODE, "Dockerfile": "y"}
    result = compare(
        [finding("Dockerfile", old)], [finding("Dockerfile", new)], trees(before, after)
    )
    assert not result.new


def test_a_folder_that_moved_keeps_the_finding_on_it() -> None:
    before = {f"old/{name}.py": CODE + name for name in "abc"}
    after = {f"attic/old2/{name}.py": CODE + name for name in "abc"}
    result = compare([finding("old/")], [finding("attic/old2/")], trees(before, after))
    assert not result.new


def test_it_does_not_matter_which_of_two_files_is_called_the_copy() -> None:
    tree = {"a.py": CODE, "b.py": CODE}
    result = compare(
        [finding("a.py", "b.py", with_=["b.py"])],
        [finding("b.py", "a.py", with_=["a.py"])],
        trees(tree, tree),
    )
    assert not result.new


def test_what_a_mended_finding_hid_is_not_new() -> None:
    before = {"main.py": CODE, "a.py": "x", "b.py": "y"}
    old = [finding("main.py", "a.py", with_=["a.py"])]
    new = [finding("main.py", "b.py", with_=["b.py"])]
    mended = {**before, "a.py": "mended"}
    assert not compare(old, new, trees(before, mended)).new
    broken = {**mended, "b.py": "broken"}
    assert names(compare(old, new, trees(before, broken)).new) == ["main.py b.py"]
    without = {path: text for path, text in mended.items() if path != "a.py"}
    assert names(compare(old, new, trees(before, without)).new) == ["main.py b.py"]


def test_two_things_wrong_between_the_same_two_files_are_two() -> None:
    result = compare(
        [finding("a.py", "first", with_=["b.py"])],
        [finding("a.py", "second", with_=["b.py"])],
        trees({"a.py": CODE, "b.py": CODE}, {"a.py": CODE, "b.py": CODE + "y = 1\n"}),
    )
    assert names(result.new) == ["a.py second"]


def test_files_that_should_go_are_old_however_they_are_grouped() -> None:
    tree = {f"x/{name}.py": CODE + name for name in "abc"}
    alone = [finding(path, files=[path]) for path in tree]
    together = finding("x/", "many", files=tree)
    assert not compare(alone, [together], trees(tree, tree)).new
    assert not compare([together], alone, trees(tree, tree)).new
    assert names(compare(alone[:2], [together], trees(tree, tree)).new) == ["x/ many"]


def test_a_file_added_to_what_should_go_is_told() -> None:
    before = {"x/a.py": CODE, "live.py": CODE + "live"}
    after = {"x/a.py": CODE, "x/b.py": CODE + "b", "x/live.py": CODE + "live"}
    result = compare(
        [finding("x/", files=["x/a.py"])], [finding("x/", files=after)], trees(before, after)
    )
    assert [pair.added for pair in result.pairs] == [("x/b.py",)]  # live.py has only moved


def test_of_findings_that_are_only_counted_the_one_with_the_new_line_is_new() -> None:
    before = {"a.env": "A=one-is-here\nB=two-is-here\n"}
    after = {"a.env": "N=new-is-here\nA=one-is-here\nB=two-is-here\n"}
    old = [finding("a.env", "word 1", line=1), finding("a.env", "word 2", line=2)]
    new = [finding("a.env", f"word {line}", line=line) for line in (1, 2, 3)]
    assert [each.location.line for each in compare(old, new, trees(before, after)).new] == [1]


def test_swapped_files_are_both_known() -> None:
    other = CODE.replace("first", "third")
    renames = find({"a.py": CODE, "b.py": other}, {"a.py": other, "b.py": CODE}, lambda ids: {})
    assert renames.files == {"a.py": "b.py", "b.py": "a.py"}


def test_of_many_files_of_one_content_those_of_one_name_belong_together() -> None:
    before = {f"old/{name}/__init__.py": "" for name in "abc"}
    after = {f"new/{name}/__init__.py": "" for name in "cab"}
    renames = find(before, after, lambda ids: {})
    assert renames.files == {path: path.replace("old", "new") for path in before}


# The ratchet as a property. A repository is files of lines; a line may hold a fault, of which the
# text is unlike that of all others but its copies'. A fault is new where there are more of its kind
# than there were.


Files = dict[str, list[str]]
FOLDERS = ("app", "lib/core", "tools")


class World:
    """A repository under random edits."""

    def __init__(self, files: int) -> None:
        self.next = 0
        self.files: Files = {}
        for number in range(files):
            body = [f"value_{number}_{line} = compute({line})" for line in range(6)]
            faults = [f"FAULT in_{number}()"] if number % 2 else []
            self.files[f"app/m{number}.py"] = [*body, *faults]

    def move(self, path: str, target: str) -> None:
        if target not in self.files:
            self.files[target] = self.files.pop(path)

    def insert(self, path: str, at: int, fault: bool) -> None:
        self.next += 1
        text = f"FAULT new_{self.next}()" if fault else f"inserted_{self.next} = {self.next}"
        lines = self.files[path]
        lines.insert(at % (len(lines) + 1), text)

    def indent(self, path: str) -> None:
        self.files[path] = ["    " + text for text in self.files[path]]

    def duplicate(self, path: str, target: str) -> None:
        self.files.setdefault(target, list(self.files[path]))

    def mend(self, path: str) -> None:
        self.files[path] = [text for text in self.files[path] if "FAULT" not in text]

    def tree(self) -> Tree:
        return {path: "".join(f"{text}\n" for text in lines) for path, lines in self.files.items()}

    def faults(self) -> Counter[str]:
        return Counter(
            text.strip() for lines in self.files.values() for text in lines if "FAULT" in text
        )

    def findings(self) -> list[Finding]:
        return [
            finding(path, text.strip(), line=number)
            for path, lines in self.files.items()
            for number, text in enumerate(lines, 1)
            if "FAULT" in text
        ]


paths = st.builds(
    lambda folder, name: f"{folder}/{name}.py",
    st.sampled_from(FOLDERS),
    st.sampled_from(["new", "orders", "users", "m1_v2"]),
)
edits = st.lists(
    st.one_of(
        st.tuples(st.just("move"), st.integers(0, 9), paths),
        st.tuples(st.just("indent"), st.integers(0, 9)),
        st.tuples(st.just("insert"), st.integers(0, 9), st.integers(0, 9), st.booleans()),
        st.tuples(st.just("duplicate"), st.integers(0, 9), paths),
        st.tuples(st.just("mend"), st.integers(0, 9)),
        st.tuples(st.just("revert"), st.integers(0, 9)),
    ),
    max_size=8,
)


def edited(world: World, made: Iterable[tuple[object, ...]]) -> None:
    states = [dict(world.files)]
    for name, which, *rest in made:
        if name == "revert":
            world.files = dict(states[int(str(which)) % len(states)])
        else:
            path = sorted(world.files)[int(str(which)) % len(world.files)]
            world.files[path] = list(world.files[path])
            getattr(world, str(name))(path, *rest)
        states.append(dict(world.files))


@given(st.integers(2, 6), edits)
def test_random_edits_bring_exactly_the_findings_that_they_add(
    files: int, made: list[tuple[object, ...]]
) -> None:
    world = World(files)
    old, tree, faults = world.findings(), world.tree(), world.faults()
    edited(world, made)
    result = compare(old, world.findings(), trees(tree, world.tree()))
    assert Counter(each.key for each in result.new) == world.faults() - faults
    assert Counter(each.key for each in result.fixed) == faults - world.faults()


@given(st.integers(2, 6), edits)
def test_edits_that_bring_no_fault_bring_no_finding(
    files: int, made: list[tuple[object, ...]]
) -> None:
    world = World(files)
    old, tree = world.findings(), world.tree()
    edited(world, [edit for edit in made if edit[0] != "duplicate" and edit[3:] != (True,)])
    assert compare(old, world.findings(), trees(tree, world.tree())).new == ()
