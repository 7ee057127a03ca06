"""Documents and other texts are searched for what they name: headings, links, commands, paths."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from readiness.facts import markdown, mentions
from readiness.facts.markdown import Heading, Link

README = """\
# Platform

See the [guide](docs/guide.md#start) and ![logo](assets/logo.png).
Run `./startup.sh` or `scripts/dev.sh --fast`, never `and`.

```bash
# not a heading
cd app && python main.py
```

```console
$ make test
3 passed
```

```python
x = "[no](link)"
```

## Next ##
[site]: https://example.org/x
"""


def test_a_document_tells_its_headings_links_commands_and_paths() -> None:
    facts = markdown.read(README)
    assert facts.headings == (Heading("Platform", 1, 1), Heading("Next", 20, 2))
    assert facts.links == (
        Link("guide", "docs/guide.md#start", 3),
        Link("logo", "assets/logo.png", 3),
        Link("site", "https://example.org/x", 21),
    )
    assert [(" ".join(c.words), c.line, c.directory) for c in facts.commands] == [
        ("cd app", 8, ""),
        ("python main.py", 8, "app"),
        ("make test", 12, ""),
    ]
    assert facts.paths == (("./startup.sh", 4), ("scripts/dev.sh", 4))


def test_a_block_without_a_language_shows_the_commands_that_start_like_one() -> None:
    text = "```\n# go\nQUEUE=a python3 -m app.work \\\n  --fast\nstarted at 10:00\n./run.sh\n```\n"
    assert [(" ".join(c.words), c.line) for c in markdown.read(text).commands] == [
        ("python3 -m app.work --fast", 3),
        ("./run.sh", 6),
    ]
    assert markdown.read("```\npythonic code\nshell of an egg\n```\n").commands == ()


def test_a_fence_that_never_ends_hides_the_rest() -> None:
    assert markdown.read("# a\n```\n# b\n").headings == (Heading("a", 1, 1),)


def test_windows_line_ends_change_nothing() -> None:
    assert markdown.read(README.replace("\n", "\r\n")) == markdown.read(README)


def config(text: str) -> list[tuple[str, int]]:
    return list(mentions.extract("config", text.encode()).words)


def test_a_configuration_names_paths_and_modules() -> None:
    text = "logging:\n  file: conf/log.yaml\n  class: app.log.Handler\n  other: word\n"
    assert config(text) == [("conf/log.yaml", 2), ("app.log.Handler", 3)]


@pytest.mark.parametrize(
    "text",
    [
        "exclude = ['old/a.py',\n  'old/b.py']\n",
        "omit =\n    old/a.py\n    old/b.py\n",
        "paths-ignore:\n  - old/a.py\n  - old/b.py\n",
        "  - exclude: old/a.py\n",
        "[flake8]\nper-file-ignores = old/a.py:E501\n",
    ],
)
def test_what_a_tool_is_told_to_leave_out_is_no_mention(text: str) -> None:
    assert config(text + "keep: new/c.py\n") == [("new/c.py", text.count("\n") + 1)]


@pytest.mark.parametrize("path", [".gitignore", "CODEOWNERS", "poetry.lock", "package-lock.json"])
def test_ignore_lists_owners_and_locks_mention_nothing(path: str) -> None:
    assert mentions.SLICE.kind(path) is None


def test_a_secret_is_no_path() -> None:
    opaque = "aB3" * 8
    text = f"url: postgres://me:{opaque}@db/x\nkey: {opaque}/{opaque}\npassword: open/sesame.py\n"
    assert config(text) == []


def test_a_script_tells_what_it_imports_and_what_it_names() -> None:
    text = "import x from './api'\nconst y = require(\"@/lib/z\")\nfetch('data/list.json')\n"
    facts = mentions.extract("script", text.encode())
    assert facts.imports == (("./api", 1), ("@/lib/z", 2))
    assert facts.words == (("data/list.json", 3),)


HOSTILE = ["a/", "](", "[", "`", "```\n", "# ", "\n> ", "'a/b' ", "import '", "exclude: [\n", "*/"]


@pytest.mark.parametrize("piece", HOSTILE)
def test_hostile_text_is_answered_in_time(piece: str) -> None:
    data = (piece * (8_000_000 // len(piece))).encode()
    start = time.process_time()
    markdown.extract("md", data)
    for kind in ("script", "config", "text"):
        mentions.extract(kind, data)
    assert time.process_time() - start < 5


@given(st.binary(max_size=300))
def test_any_bytes_are_answered(data: bytes) -> None:
    assert isinstance(markdown.extract("md", data), markdown.MarkdownFacts)
    assert mentions.extract("script", data).imports is not None
