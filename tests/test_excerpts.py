"""The lines that findings point at, as a report shows them: never a secret, never too much."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from readiness import excerpts
from readiness.cli import main
from readiness.model import (
    SYMLINK,
    Confidence,
    Evidence,
    Excerpts,
    Finding,
    Location,
    Severity,
    Snapshot,
    TrackedFile,
)
from readiness.secrets.quoting import quoted

if TYPE_CHECKING:
    from conftest import Git

TOKEN = "sk_" + "live_" + "9aQ7xZ2mLr4TzKd8WnY0Bv6C"
PASSWORD = "Vq8" + "#kTz2LmW9xR"
WEAK = "hunt" + "er42"
BODY = [
    "MIIEowIBAAKCAQEA7bq98nGsZ2LxTzKd8WnY0Bv6C9aQ7xZ2mLr4",
    "Q3EXN5ZRT7LP2WKDq7XvB2mLr9TzVq8kTz2LmW9xRhJ4sPdF6gA1",
    "Zk0pYt5uWc3nRb8vEx7mLq2jHd9sGfTa6iOyPwKrJ1lCeNzXoUBM",
    "uQ==",
]
KEY = "\n".join(["-----BEGIN RSA " + "PRIVATE KEY-----", *BODY, "-----END RSA PRIVATE KEY-----"])


class Files:
    """A repository of these files: path -> content."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self.files = files
        tracked = tuple(TrackedFile(path, path) for path in sorted(files))
        self.snapshot = Snapshot(tracked, "app")

    def read(self, blob_ids: Iterable[str], limit: int, /) -> Iterator[tuple[str, bytes | str]]:
        for name in blob_ids:
            content = self.files[name]
            yield name, content if len(content) <= limit else "larger than that"


def at(path: str, line: int | None, end: int | None = None, **more: object) -> Finding:
    return Finding(
        "HYG001",
        Location(path, line, end),
        "something is wrong",
        Severity.HIGH,
        Confidence.HIGH,
        **more,  # type: ignore[arg-type]
    )


def shown(files: dict[str, str | bytes], *findings: Finding) -> Excerpts:
    raw = {path: text if isinstance(text, bytes) else text.encode() for path, text in files.items()}
    made = Files(raw)
    return excerpts.excerpts(made, made.snapshot, findings)


def text_at(path: str, content: str | bytes, line: int, end: int | None = None) -> str:
    """What is shown of one file for a finding at one line; empty where nothing is."""
    return "\n".join(
        line
        for excerpt in shown({path: content}, at(path, line, end)).shown
        for line in excerpt.lines
    )


def test_the_lines_are_shown_with_two_before_and_after() -> None:
    (excerpt,) = shown({"a.py": "\n".join("abcdefgh")}, at("a.py", 4, 5)).shown
    assert (excerpt.first, excerpt.lines) == (2, ("b", "c", "d", "e", "f", "g"))


def test_a_finding_of_a_whole_file_shows_what_its_evidence_names() -> None:
    evidence = (
        Evidence("nothing runs it"),
        Evidence("a document mentions it", Location("b.md", 1)),
    )
    files: dict[str, str | bytes] = {"a.py": "1\n2\n", "b.md": "run a.py\n"}
    made = shown(files, at("a.py", None, evidence=evidence), at("a.py", None))
    assert [(excerpt.location, excerpt.lines) for excerpt in made.shown] == [
        (Location("b.md", 1), ("run a.py",))
    ]


def test_many_lines_and_long_ones_are_cut() -> None:
    long = "x = '" + "a" * 300 + "'"
    (excerpt,) = shown({"a.py": "\n".join([long] * 90)}, at("a.py", 1, 90)).shown
    assert len(excerpt.lines) == excerpts.LINES + excerpts.CONTEXT
    assert {len(line) for line in excerpt.lines} == {excerpts.WIDTH}
    assert excerpt.lines[0].endswith("…")


def test_the_worst_places_are_shown_and_the_others_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(excerpts, "MOST", 2)
    made = shown({"a.py": "1\n2\n3\n4\n"}, *(at("a.py", line) for line in (3, 3, 1, 2, 4)))
    assert [excerpt.location.line for excerpt in made.shown] == [3, 1]
    assert made.left_out == 2


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("logo.png", b"text\n" * 9),
        ("data.bin", b"\0\1\2\n" * 9),
        ("large.py", b"x = 1\n" * 200_000),
        ("dump.sql", b"password = 'abc'\n" * 2_000),
    ],
)
def test_nothing_is_shown_of_what_is_no_text_or_too_much(path: str, content: bytes) -> None:
    assert text_at(path, content, 3) == ""


def test_nothing_is_shown_of_a_link_or_beyond_the_end_of_a_file() -> None:
    assert text_at("a.py", "x = 1\n", 99) == ""
    made = Files({"a.py": b"/etc/passwd"})
    link = Snapshot((TrackedFile("a.py", "a.py", SYMLINK),), "app")
    assert excerpts.excerpts(made, link, [at("a.py", 1)]).shown == ()


HIDDEN = {
    "a token": ("a.py", f'x = 1\nclient(key="{TOKEN}")\n', 1),
    "a password that is too simple to be a finding": ("a.yml", f"db_password: {WEAK}\n", 1),
    "one that a variable falls back to": ("a.yml", f"SECRET_KEY: ${{SECRET_KEY:-{WEAK}}}\n", 1),
    "one that a call falls back to": ("a.py", f'KEY = getenv("SECRET_KEY", "{WEAK}")\n', 1),
    "one on the line after its name": ("a.py", f'SECRET_KEY = (\n    "{WEAK}"\n)\n', 2),
    "one in a block of YAML": ("a.yml", f"password: |\n  {WEAK}\n  two\nuser: ada\n", 2),
    "one of an option": ("a.sh", f"mysql --password {WEAK}\n", 1),
    "one of an image": ("Dockerfile", f"FROM a\nENV DB_PASSWORD {WEAK}\n", 2),
    "one in an address": ("a.py", f'url = "postgres://ada:{WEAK}@db.corp.net/x"\n', 1),
    "one that a comment allows": ("a.py", f'k = "{TOKEN}"  # pragma: allowlist secret\n', 1),
    "one of words": ("a.py", f'password = "correct horse {WEAK} staple"\n', 1),
    "one between bytes that are not UTF-8": ("a.py", b'k = "\xff"; key = "' + TOKEN.encode(), 1),
    "one in UTF-16": ("a.ps1", f'$key = "{TOKEN}"\r\n'.encode("utf-16"), 1),
    "one where lines end with returns": ("a.py", f'x = 1\rkey = "{TOKEN}"\r', 1),
    "one in a table of data": ("a.csv", f"name,password={WEAK}\n", 1),
    "one on a line too long to be searched": ("a.js", "x" * 2_000 + f'password="{WEAK}"\n', 1),
    "one that the cut goes through": ("a.py", "#" + " " * 150 + f'key = "{TOKEN}"\n', 1),
    "one among direction marks": ("a.py", f'\u202e key = "{TOKEN}" \u202c\n', 1),
}


@pytest.mark.parametrize(("path", "content", "line"), HIDDEN.values(), ids=HIDDEN)
def test_a_secret_is_hidden(path: str, content: str | bytes, line: int) -> None:
    text = text_at(path, content, line)
    assert text
    assert not any(part in text for part in (TOKEN[:12], TOKEN[8:], WEAK))


@pytest.mark.parametrize("line", range(1, 18))
@pytest.mark.parametrize("indent", ["", "    "])
def test_no_part_of_a_private_key_is_shown_wherever_the_text_is_cut(line: int, indent: str) -> None:
    content = "\n".join(["x: 1"] * 4 + ["key: |"] + [indent + own for own in KEY.split("\n")])
    text = text_at("a.yml", content + "\nend: 1" * 6, line)
    assert text and not any(own in text for own in BODY)


def test_a_private_key_written_in_one_line_is_hidden() -> None:
    written = KEY.replace("\n", "\\n")
    text = text_at("a.json", f'{{"private_key": "{written}"}}\n', 1)
    assert not any(own in text for own in BODY)


def test_a_key_larger_than_any_window_is_hidden_to_its_end() -> None:
    many = KEY.replace(BODY[1], "\n".join([BODY[1]] * 400))
    assert BODY[1] not in text_at("id_rsa", many + "\n", 390)


def test_a_secret_of_one_file_is_hidden_in_another_that_does_not_name_it() -> None:
    value = "q7XvB2mLr9TzKd8WnY0Bv6C4hJsP"
    files: dict[str, str | bytes] = {
        "a.env": f"SERVICE_TOKEN={value}\n",
        "b.txt": f"what you need is {value} and patience\n",
    }
    made = shown(files, at("a.env", 1), at("b.txt", 1))
    assert not any(value in line for excerpt in made.shown for line in excerpt.lines)


SHOWN = {
    "code that only names secrets": ("a.py", "password = self.validate_password(password)"),
    "a reference": ("a.yml", "token: ${{ secrets.GITHUB_TOKEN }}"),
    "a reference to a variable": ("a.sh", "export DB_PASSWORD=$OTHER_PASSWORD"),
    "the name of a variable": ("a.py", 'token = os.environ["API_TOKEN"]'),
    "a sentence": ("a.py", 'raise ValueError("the password is not set")'),
    "an ordinary line": ("a.py", 'app = FastAPI(title="shop")'),
    "markup": ("a.html", "<script>alert(1)</script>"),
}


@pytest.mark.parametrize(("path", "line"), SHOWN.values(), ids=SHOWN)
def test_what_is_no_secret_stays_readable(path: str, line: str) -> None:
    assert text_at(path, line + "\n", 1) == line


AROUND = st.text(max_size=40)
FORMS = (
    '{name} = "{value}"',
    "{name}: {value}",
    "export {name}={value}",
    "{name}='{value}' {name}=\"{value}\"",
    'f({name}="{value}", x=1)',
    '{{"{name}": "{value}"}}',
    "{name}=${{{name}:-{value}}}",
)


@settings(max_examples=150, deadline=None)
@given(
    name=st.sampled_from(["DB_PASSWORD", "api_token", "clientSecret", "STRIPE_API_KEY"]),
    value=st.sampled_from([TOKEN, WEAK, PASSWORD, "q7XvB2mLr9TzKd8WnY0Bv6C4hJsP"]),
    form=st.sampled_from(FORMS),
    before=st.lists(st.text("ab \t", max_size=9), max_size=5),
    behind=AROUND,
    path=st.sampled_from(["a.py", "a.yml", ".env", "Dockerfile", "a.md", "a.toml", "a.js"]),
)
def test_a_named_secret_is_hidden_in_any_form_and_surrounding(
    name: str, value: str, form: str, before: list[str], behind: str, path: str
) -> None:
    if path in ("a.py", "a.js") and form in (FORMS[1], FORMS[2], FORMS[6]):
        form = FORMS[0]  # no value stands there without quotes
    content = "\n".join([*before, form.format(name=name, value=value), behind])
    for line in range(1, len(before) + 2):
        assert value not in text_at(path, content, line)


@settings(max_examples=150, deadline=None)
@given(data=st.binary(max_size=400), path=st.sampled_from(["a.py", "a.yml", "a.txt", ".env"]))
def test_any_bytes_give_lines_as_long_as_they_are(data: bytes, path: str) -> None:
    made = quoted(path, data)
    if made is not None:
        plain = data.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        if not data.startswith((b"\xff\xfe", b"\xfe\xff")):
            expected = plain.decode("utf-8", "backslashreplace").split("\n")
            assert [len(line or "") for line in made.lines] == [len(line) for line in expected]


@pytest.mark.parametrize(
    ("arguments", "has"),
    [
        (["report", "--weeks", "0"], True),
        (["audit", "--format", "html"], True),
        (["report", "--weeks", "0", "--markdown"], False),
        (["audit", "--format", "json"], False),
        (["audit", "--format", "full"], False),
    ],
)
def test_the_page_alone_shows_them_also_of_a_bare_clone(
    arguments: list[str],
    has: bool,
    git: Git,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    git.write("main.py", f'print("marked")\nAPI_KEY = "{TOKEN}"\n')
    git.commit("start")
    clone = tmp_path / "clone.git"
    git("clone", "--quiet", "--bare", str(git.folder), str(clone))
    monkeypatch.setenv("READINESS_CACHE_DIR", str(tmp_path / "cache"))
    file = tmp_path / "out"
    assert main([*arguments, str(clone), "--output", str(file)]) == 0
    page = file.read_text()
    assert "SEC001" in page or not has
    assert ("marked" in page) is has
    assert TOKEN not in page and TOKEN[8:] not in page
