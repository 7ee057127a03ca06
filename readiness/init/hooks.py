"""The hook: an entry of pre-commit's configuration, or a script that Git runs."""

from __future__ import annotations

import re
import shlex
from typing import Any

from readiness.facts.hooks import NAMES, extract
from readiness.init.values import Offer, Piece, Seen, Source

HOOK = "readiness-staged"
CHAIN = f"{HOOK} || exit 1"  # what calls us from a hook of somebody else
_OTHERS = {  # files of other managers of hooks -> what to write into them
    "lefthook.yml": "under pre-commit: commands: a command with run: readiness-staged",
    "lefthook.yaml": "under pre-commit: commands: a command with run: readiness-staged",
    ".lefthook.yml": "under pre-commit: commands: a command with run: readiness-staged",
    ".husky/pre-commit": f"a line: {CHAIN}",
}
READ = (*NAMES, *_OTHERS)
_LINE = re.compile(
    r"[^\n\r\x85\u2028\u2029]*(?:\r\n|[\n\r\x85\u2028\u2029])|[^\n\r\x85\u2028\u2029]+"
)  # as YAML has them
_LOCAL = """\
- repo: local
  hooks:
    - id: readiness-staged
      name: readiness (what is staged)
      entry: readiness-staged
      language: python
      additional_dependencies: ["{package}"]
      pass_filenames: false
      require_serial: true
      stages: [pre-commit, pre-merge-commit]
"""
_SCRIPT = """\
#!/bin/sh
# Written by readiness init. Judges what is staged before it becomes a commit, and says nothing
# where all is well. No commit is held up because readiness is missing.
program={program}
command -v "$program" >/dev/null 2>&1 || program=readiness-staged
if ! command -v "$program" >/dev/null 2>&1; then
	echo "readiness: readiness-staged is not installed here; the commit goes on unjudged" >&2
	exit 0
fi
exec "$program"
"""


def script(program: str = "") -> str:
    """What Git runs before a commit. `program` is where this machine has it; empty in a hook that
    others get as well."""
    return _SCRIPT.format(program=shlex.quote(program or HOOK))


def entry(source: Source) -> str:
    """The entry of pre-commit's configuration, not indented."""
    if source.repository and source.commit:
        release = f"  # frozen: {source.release}" if source.release else ""
        return (
            f"- repo: {source.repository}\n"
            f'  rev: "{source.commit}"{release}\n'
            f"  hooks:\n    - id: {HOOK}\n"
        )
    return _LOCAL.format(package=source.package)


def offer(seen: Seen, source: Source) -> Offer:
    """The entry in pre-commit's configuration, where pre-commit is used."""
    path = next((name for name in NAMES if name in seen.files), "")
    if not path:
        return _of_others(seen)
    before = seen.files[path]
    if any(hook.id == HOOK for hook in extract("pre-commit", before).hooks):
        return Offer(kept=(f"{path} has the hook",))
    if not source.package:
        return Offer(todo=(f"for the hook in {path}, run this again with --from SOURCE",))
    after = None if path in seen.links else with_entry(before, entry(source))
    if after is None:
        told = "cannot be added to by this program; put under its repos:"
        return Offer(todo=(f"{path} {told}\n{entry(source).rstrip()}",))
    piece = Piece(path, "the hook, run by pre-commit", after, before)
    return Offer((piece,), todo=("pre-commit install, in each clone without it",))


def _of_others(seen: Seen) -> Offer:
    found = next((name for name in _OTHERS if name in seen.files), "")
    if found and HOOK.encode() in seen.files[found]:
        return Offer(kept=(f"{found} has the hook",))
    if found:
        return Offer(todo=(f"for the hook, in {found}: {_OTHERS[found]}",))
    return Offer(kept=("no hook: pre-commit is not used here; --hook installs a plain one",))


def with_entry(before: bytes, wanted: str) -> bytes | None:
    """The configuration with one more entry behind the last of its repositories, every other byte
    as it was; null where that cannot be done, or shown to be right."""
    import yaml

    try:
        lines = _LINE.findall(before.decode("utf-8"))
        old = _loaded(before)
        place = _place(yaml.compose(before, yaml.SafeLoader))
    except (UnicodeDecodeError, yaml.YAMLError, ValueError, RecursionError):
        return None
    if place is None:
        return None
    last, column = place
    newline = "\r\n" if lines[0].endswith("\r\n") else "\n"
    added = [f"{' ' * column}{line}{newline}" for line in wanted.splitlines()]
    if not lines[last].endswith("\n"):
        lines[last] += newline
    after = "".join([*lines[: last + 1], *added, *lines[last + 1 :]]).encode()
    try:
        new = _loaded(after)
    except (yaml.YAMLError, ValueError, RecursionError):
        return None
    expected = {**old, "repos": [*old["repos"], *yaml.safe_load(wanted)]}
    return after if new == expected else None


def _loaded(data: bytes) -> dict[str, Any]:
    """The mapping in a YAML file without aliases, which could stand for more than fits anywhere."""
    import yaml

    if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(data, yaml.SafeLoader)):
        raise ValueError("it has aliases")
    loaded = yaml.safe_load(data)
    if not isinstance(loaded, dict) or not isinstance(loaded.get("repos"), list):
        raise ValueError("it has no list of repositories")
    return loaded


def _place(root: Any) -> tuple[int, int] | None:
    """(the last line of the last repository, the column of its dash), both from 0."""
    for key, value in root.value:
        if key.value == "repos" and value.value and not value.flow_style:
            return _last_line(value), value.start_mark.column
    return None


def _last_line(node: Any) -> int:
    """The last line on which a YAML node has content."""
    if isinstance(node.value, list) and node.value and not node.flow_style:
        last = node.value[-1]
        return max(map(_last_line, last)) if isinstance(last, tuple) else _last_line(last)
    end = node.end_mark
    return int(end.line if end.column else end.line - 1)
