"""The values that are taken from `.git/config`, read as Git reads them, and the remote's name."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from readiness.repo.settings import is_local, parse, public_url, repository_name

if TYPE_CHECKING:
    from conftest import Git


def test_the_usual_configuration() -> None:
    found = parse(
        b"[core]\n\trepositoryformatversion = 0\n\tfilemode = false\n\tbare = true\n"
        b'[remote "upstream"]\n\turl = https://example.org/a.git\n'
        b'[remote "origin"]\n\turl = git@example.org:team/b.git\n'
    )
    assert (found.bare, found.file_mode, found.symlinks) == (True, False, True)
    assert (found.remote, found.remote_url) == ("origin", "git@example.org:team/b.git")


def test_without_origin_the_first_remote_counts_and_of_urls_the_first() -> None:
    found = parse(b'[remote "b"]\nurl = /b\nurl = /c\n[remote "a"]\nurl = /a\n')
    assert (found.remote, found.remote_url) == ("b", "/b")


def test_nothing_is_included() -> None:
    found = parse(b'[include]\n\tpath = ../evil\n[includeIf "gitdir:/"]\n\tpath = /evil\n')
    assert found == parse(b"")


@pytest.mark.parametrize(
    "value",
    [
        "plain",
        "with spaces   ",
        '"quoted # not a comment" # a comment',
        "before ; a comment",
        r'"tab\tand \"quotes\" and \\"',
        "joined \\\n   lines",
        '"half" quoted',
        "a\\\\",
        "",
    ],
)
def test_values_are_read_as_git_reads_them(git: Git, value: str) -> None:
    text = f'[remote "origin"]\n\turl = {value}\n[core]\n\tbare\n'
    git.write("config", text)
    expected = git("config", "--file", "config", "remote.origin.url")
    found = parse(text.encode())
    assert (found.remote_url or "") == expected
    assert found.bare is True


@pytest.mark.parametrize(
    "value", ["true", "yes", "on", "1", "-2", "TRUE", "false", "no", "off", "0"]
)
def test_booleans_are_read_as_git_reads_them(git: Git, value: str) -> None:
    text = f"[core]\n\tsymlinks = {value}\n"
    git.write("config", text)
    expected = git("config", "--file", "config", "--type=bool", "core.symlinks")
    assert parse(text.encode()).symlinks is (expected == "true")


@given(st.binary(max_size=300) | st.text('[]"=\\#;\n cora.ul', max_size=80).map(str.encode))
def test_any_bytes_are_settings(content: bytes) -> None:
    parse(content)


@pytest.mark.parametrize(
    ("url", "public"),
    [
        ("https://example.org/team/app.git", "https://example.org/team/app.git"),
        ("https://user:" + "token@example.org:8443/a?access=1#x", "https://example.org:8443/a"),
        ("https://" + "token@example.org/a", "https://example.org/a"),
        ("ssh://git:" + "word@example.org/a.git", "ssh://git@example.org/a.git"),
        ("git@example.org:team/app.git", "git@example.org:team/app.git"),
        ("https://[::1]/a", "https://[::1]/a"),
        ("/srv/git/app.git", "/srv/git/app.git"),
        ("../app", "../app"),
        ("ext::sh -c date% >&2", None),
        ("transport::address", None),
        ("https://example.org/\x1b[31m", None),
        ("https://example.org:port/a", None),
        ("unknown://example.org/a", None),
        ("", None),
        (None, None),
    ],
)
def test_a_remote_is_shown_without_credentials(url: str | None, public: str | None) -> None:
    assert public_url(url) == public


@pytest.mark.parametrize(
    ("url", "folder", "name"),
    [
        ("https://example.org/team/app.git", "/x/clone/.git", "app"),
        ("git@example.org:app.git", "/x/clone/.git", "app"),
        ("/srv/app/.git", "/x/clone/.git", "app"),
        ("/srv/app/.", "/x/clone/.git", "app"),
        ("..", "/x/clone/.git", "clone"),
        (None, "/x/clone/.git", "clone"),
        (None, "/x/bare.git", "bare"),
        (None, "/.git", "repository"),
    ],
)
def test_a_repository_is_named_as_its_remote_else_as_its_folder(
    url: str | None, folder: str, name: str
) -> None:
    assert repository_name(url, folder) == name


def test_the_configurations_of_a_work_tree_add_up() -> None:
    assert parse(b"[core]\nbare = true\n", b"[core]\nbare = false\n").bare is False


def test_git_agrees_that_a_comment_ends_in_no_continuation() -> None:
    text = b"# a comment \\\n[core]\nfilemode = false\n"
    done = subprocess.run(
        ["git", "config", "--file", "-", "core.filemode"], input=text, capture_output=True
    )
    assert done.stdout == b"false\n"
    assert parse(text).file_mode is False


def test_a_remote_on_this_machine_is_local() -> None:
    assert all(map(is_local, ("/srv/git/shop.git", "../shop", "file:///srv/git/shop.git")))
    assert not any(map(is_local, ("https://example.org/a/b", "git@example.org:a/b")))
