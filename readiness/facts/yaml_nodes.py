"""YAML as nodes that keep their lines, read within bounds from bytes that anyone may have written.

PyYAML's C composer recurses and ends the process on deep nesting, so its events are composed here.
Aliases share nodes; a `Walk` counts what is visited, so that a bomb of aliases is an error.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

DEPTH = 100
NODES = 200_000
VISITS = 200_000
LENGTH = 8_000_000  # characters


class YamlError(Exception):
    """The text is no YAML, or exceeds the bounds; `line` says where, 0 if nowhere."""

    def __init__(self, message: str, line: int = 0) -> None:
        super().__init__(message)
        self.line = line


class Node:
    """A scalar (its `text`), a sequence (its `items`) or a mapping (its `pairs`).

    `plain`: a scalar without quotes, so that `true` and `~` are no text; `block`: one that stands
    below a `|` or `>`. Lines count from 1."""

    __slots__ = ("block", "end_line", "items", "line", "pairs", "plain", "tag", "text")

    def __init__(self, line: int, tag: str = "") -> None:
        self.line = line
        self.end_line = line
        self.tag = tag
        self.text: str | None = None
        self.plain = False
        self.block = False
        self.items: list[Node] | None = None
        self.pairs: list[tuple[Node, Node]] | None = None

    @property
    def null(self) -> bool:
        return self.plain and self.text in ("", "~", "null", "Null", "NULL")


def warm() -> None:
    """Loads the parser, so that forked processes share it."""
    import yaml  # noqa: F401


def documents(text: str) -> Iterator[Node]:
    """The root of each document of `text`.

    Raises:
        YamlError: the text is no YAML, nests deeper than 100 or holds more than 200,000 nodes.
    """
    import yaml

    if len(text) > LENGTH:
        raise YamlError(f"longer than {LENGTH} characters")
    try:
        yield from _compose(yaml.parse(text, Loader=yaml.CSafeLoader))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or str(error)
        raise YamlError(problem, mark.line + 1 if mark else 0) from None
    except (UnicodeError, ValueError) as error:
        raise YamlError(str(error)) from None


def _compose(events: Iterator[Any]) -> Iterator[Node]:
    from yaml import events as kinds

    anchors: dict[str, Node] = {}
    stack: list[tuple[Node, str | None, list[Node]]] = []  # a collection, its anchor, its children
    count = 0
    for event in events:
        kind = type(event)
        if kind is kinds.ScalarEvent:
            node = Node(event.start_mark.line + 1, event.tag or "")
            node.end_line = event.end_mark.line + 1
            node.text = event.value
            node.plain = not event.style
            node.block = event.style in ("|", ">")
            if event.anchor:
                anchors[event.anchor] = node
        elif kind is kinds.AliasEvent:
            known = anchors.get(event.anchor)
            node = known if known is not None else Node(event.start_mark.line + 1)
        elif kind in (kinds.SequenceStartEvent, kinds.MappingStartEvent):
            if len(stack) >= DEPTH:
                raise YamlError(f"nested deeper than {DEPTH}", event.start_mark.line + 1)
            opened = Node(event.start_mark.line + 1, event.tag or "")
            if kind is kinds.SequenceStartEvent:
                opened.items = []
            else:
                opened.pairs = []
            stack.append((opened, event.anchor, []))
            continue
        elif kind in (kinds.SequenceEndEvent, kinds.MappingEndEvent):
            node, anchor, children = stack.pop()
            node.end_line = event.end_mark.line + 1
            if node.items is not None:
                node.items = children
            else:
                node.pairs = list(zip(children[::2], children[1::2], strict=True))
            if anchor:
                anchors[anchor] = node
        else:
            if kind is kinds.DocumentStartEvent:
                anchors = {}
            continue
        count += 1
        if count > NODES:
            raise YamlError(f"more than {NODES} nodes", node.line)
        if stack:
            stack[-1][2].append(node)
        else:
            yield node


class Walk:
    """Reads nodes and counts what it visits.

    Raises:
        YamlError: (by its methods) more than 200,000 visits: aliases multiply the content.
    """

    def __init__(self) -> None:
        self.visits = 0

    def _visit(self, count: int) -> None:
        self.visits += count
        if self.visits > VISITS:
            raise YamlError("aliases multiply the content")

    def mapping(self, node: Node | None) -> dict[str, Node]:
        """The entries of a mapping by key, merge keys (`<<`) resolved; empty for anything else."""
        return {key.text or "": value for key, value in self.pairs(node)}

    def pairs(self, node: Node | None) -> list[tuple[Node, Node]]:
        """(key, value) of a mapping, what is merged in first and then overridden."""
        if node is None or not node.pairs:
            return []
        self._visit(len(node.pairs) + 1)
        own: dict[str, tuple[Node, Node]] = {}
        merged: dict[str, tuple[Node, Node]] = {}
        for key, value in node.pairs:
            if key.text == "<<" and key.plain:
                for source in reversed(value.items or [value]):
                    merged.update((k.text or "", (k, v)) for k, v in self.pairs(source))
            elif key.text is not None:
                own[key.text] = (key, value)
        return list((merged | own).values())

    def sequence(self, node: Node | None) -> list[Node]:
        """The items of a sequence; a scalar alone counts as one item, a null as none."""
        if node is None or node.pairs is not None or node.null:
            return []
        found = node.items if node.items is not None else [node]
        self._visit(len(found) + 1)
        return found

    def texts(self, node: Node | None) -> tuple[str, ...]:
        """The scalars of a sequence, or the one scalar."""
        return tuple(item.text for item in self.sequence(node) if item.text is not None)


def scalar(node: Node | None) -> str:
    """The text of a scalar; "" for null, for a collection and for what is absent."""
    return "" if node is None or node.text is None or node.null else node.text
