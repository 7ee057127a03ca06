"""Keeps one comment on a pull request: made where the gate fails, from then on changed in place.

What goes wrong with the comment is told and fails nothing: the gate has its own answer.
"""

from __future__ import annotations

import itertools
import json
import os
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PAGE = 100
SECONDS = 30


def main(file: str) -> None:
    body = Path(file).read_text(encoding="utf-8")
    number = json.loads(Path(os.environ["GITHUB_EVENT_PATH"]).read_bytes())["pull_request"][
        "number"
    ]
    issues = f"{os.environ['GITHUB_API_URL']}/repos/{os.environ['GITHUB_REPOSITORY']}/issues"
    try:
        mine = _mine(f"{issues}/{number}/comments", marker=body.partition("\n")[0])
        if mine is not None:
            _call("PATCH", f"{issues}/comments/{mine}", {"body": body})
        elif os.environ["RESULT"] != "passed":
            _call("POST", f"{issues}/{number}/comments", {"body": body})
    except urllib.error.HTTPError as error:
        if error.code not in (401, 403, 404):
            raise
        print(
            "::notice title=readiness::no comment: the token may not write one here, as in the pull"
            " request of a fork; the run's page has all of it"
        )


def _mine(comments: str, marker: str) -> int | None:
    """The number of our comment: a person who writes our marker is not taken for us."""
    me = None
    for comment in _pages(comments):
        if comment["body"].partition("\n")[0].rstrip("\r") != marker:
            continue
        if comment["user"]["type"] == "Bot":
            return int(comment["id"])
        me = me or _login()
        if comment["user"]["login"] == me:
            return int(comment["id"])
    return None


def _login() -> str:
    """Whose token it is; a workflow's own is nobody's."""
    try:
        return str(_call("GET", f"{os.environ['GITHUB_API_URL']}/user")["login"])
    except urllib.error.HTTPError:
        return "-"


def _pages(address: str) -> Iterator[dict[str, Any]]:
    for page in itertools.count(1):
        found = _call("GET", f"{address}?per_page={PAGE}&page={page}")
        yield from found
        if len(found) < PAGE:
            return


def _call(method: str, address: str, content: dict[str, str] | None = None) -> Any:
    request = urllib.request.Request(
        address,
        method=method,
        data=None if content is None else json.dumps(content).encode(),
        headers={
            "Accept": "application/vnd.github+json",
            "Authorization": f"Bearer {os.environ['TOKEN']}",
            "Content-Type": "application/json",
            "X-GitHub-Api-Version": "2022-11-28",
        },
    )
    with urllib.request.urlopen(request, timeout=SECONDS) as answer:
        return json.load(answer)


if __name__ == "__main__":
    try:
        main(sys.argv[1])
    except (OSError, ValueError) as error:
        print(f"::warning title=readiness::no comment: {error!r}")
