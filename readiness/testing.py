"""Small repositories written inline, for the tests of rules: ours and third parties'."""

from __future__ import annotations

import datetime
import hashlib
import re
from collections.abc import Iterable, Mapping

import msgspec

from readiness import baseline, compare, registry
from readiness.config import PYPROJECT, STANDALONE, Config, read
from readiness.facts import core_slices
from readiness.index import RepoIndex
from readiness.index import history as histories
from readiness.index.history import Commit, History, summarise
from readiness.model import SYMLINK, Finding, Snapshot, TrackedFile
from readiness.rule import Change, ChangeRule, Example, Rule, Side, slices_of

_HEADER = re.compile(r"^-- (.+?)(?: \[(\d{6})\])? --$", re.MULTILINE)
NOW = 1_790_000_000


def parse_tree(text: str) -> dict[str, tuple[bytes, int]]:
    """path -> (content, mode) of a tree written as `-- path --` or `-- path [100755] --` blocks."""
    headers = list(_HEADER.finditer(text))
    tree = {}
    ends = [*(header.start() for header in headers[1:]), len(text)]
    for header, end in zip(headers, ends, strict=False):
        content = text[header.end() + 1 : end].encode()
        tree[header[1]] = (content, int(header[2] or "100644", 8))
    return tree


def parse_history(text: str) -> History:
    """The history of lines `2026-01-31 author | A new.py, M old.py, R old.py > new.py`."""
    commits = []
    for number, line in enumerate(filter(None, map(str.strip, text.splitlines()))):
        head, _, changes = line.partition(" | ")
        day, _, author = head.partition(" ")
        moment = datetime.datetime.fromisoformat(day).replace(tzinfo=datetime.UTC)
        commits.append(
            Commit(
                id=hashlib.sha1(f"{number}{line}".encode(), usedforsecurity=False).hexdigest(),
                at=int(moment.timestamp()),
                author=author,
                changes=tuple(_step(part.strip()) for part in changes.split(",")),
            )
        )
    return summarise(commits)


def _step(text: str) -> histories.Change:
    status, _, path = text.partition(" ")
    old, arrow, new = path.partition(" > ")
    return histories.Change(status, new, old) if arrow else histories.Change(status, path)


def build_index(
    tree: str | Mapping[str, tuple[bytes, int]],
    history: str = "",
    config: Config | None = None,
    rules: Iterable[Rule] | None = None,
) -> RepoIndex:
    """The index of a small tree, as the engine would build it from a repository for `rules`; by
    default with all facts that any rule reads, of all files."""
    files = parse_tree(tree) if isinstance(tree, str) else tree
    if rules is None:
        read = {slice_ for rule in registry.rules() for slice_ in rule.reads(files)}
        slices = (*core_slices(), *read)
    else:
        slices = slices_of(rules, files)
    tracked = []
    facts: dict[str, dict[str, bytes]] = {}
    for path, (content, mode) in sorted(files.items()):
        blob_id = hashlib.sha1(content, usedforsecurity=False).hexdigest()
        tracked.append(TrackedFile(path, blob_id, mode))
        for slice_ in slices:
            kind = slice_.kind(path)
            if kind is not None and mode != SYMLINK:
                extracted = slice_.extract(kind, content)
                facts.setdefault(slice_.name, {})[path] = msgspec.msgpack.encode(extracted)
    snapshot = Snapshot(tuple(tracked), "example", commit="0" * 40, committed_at=NOW)
    return RepoIndex(snapshot, facts, config or Config(), lambda: parse_history(history))


def run_example(rule: Rule, example: Example) -> list[Finding]:
    """The findings of `rule` in an example; none where the rule does not apply."""
    if isinstance(rule, ChangeRule):
        return list(rule.check_change(_change(rule, example)))
    index = build_index(example.files, example.history, rules=[rule])
    if rule.applies(index) is not None:
        return []
    return list(rule.check(index))


def _change(rule: Rule, example: Example) -> Change:
    """The change from an example's base to its files; all of them are evidence."""
    before, after = (_side(rule, parse_tree(tree)) for tree in (example.base, example.files))
    old, new = (
        {path: file.blob_id for path, file in side.index.files.items()} for side in (before, after)
    )
    return Change(before, after, compare.find(old, new, lambda ids: {}).path)


def _side(rule: Rule, tree: Mapping[str, tuple[bytes, int]]) -> Side:
    """One end of a change, under the configuration that it holds."""
    contents = {path: content for path, (content, _) in tree.items()}
    config = read(contents.get(PYPROJECT), contents.get(STANDALONE))
    path = config.baseline
    entries = baseline.parse(contents.get(path, b""), path).entries
    return Side(build_index(tree, config=config, rules=[rule]), entries, path)


def places(findings: list[Finding], expects: tuple[str, ...]) -> list[str]:
    """Each finding as "path:line" or "path", as detailed as `expects` asks, sorted."""
    detailed = any(re.search(r":\d+$", expected) for expected in expects)
    return sorted(
        f"{finding.location.path or ''}:{finding.location.line}"
        if detailed and finding.location.line
        else finding.location.path or ""
        for finding in findings
    )
