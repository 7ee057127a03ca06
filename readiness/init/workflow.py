"""The gate in CI: which system, and its file from our templates."""

from __future__ import annotations

import re
from collections.abc import Mapping

from readiness.facts.yaml_nodes import Walk, YamlError, documents
from readiness.init.values import Offer, Piece, Seen, Source, Wish

ACTION, PIP, GITLAB = "gate.github.yml", "gate-pip.github.yml", "gate.gitlab-ci.yml"
TEMPLATES = (ACTION, PIP, GITLAB)
GITLAB_ROOT = ".gitlab-ci.yml"
GITHUB_PATH = ".github/workflows/readiness-gate.yml"
GITLAB_PATH = ".gitlab/readiness-gate.gitlab-ci.yml"
_INCLUDE = f"include:\n  - local: {GITLAB_PATH}\n"
_CALLS = re.compile(rb"(?m)^[^#\n]*(?:\breadiness audit\b|\buses:[^#\n]*/readiness@)")
_HOST = re.compile(r"(?:[\w+.-]+://)?(?:[^@/]*@)?([\w.-]+)")  # of a URL or of user@host:path
_WORKFLOW = re.compile(r"\.github/workflows/[^/]+\.ya?ml")
_HEAD = """\
# Written by readiness init. Fails {what} by what it brings; old findings do not count.
"""
_USES = re.compile(r"OWNER/readiness@0{40} # v\S+")
_PACKAGE = "${{ vars.READINESS_PACKAGE }}"
_BRANCHES = "branches: [main, master]"
_STAGE = "stage: test\n"
_FITTING = ("test", "tests", "lint", "check", "checks", "quality", "verify", "validate")
_VARIABLE = "set the variable READINESS_PACKAGE of the {what} to what pip installs readiness by"


def reads(path: str) -> bool:
    """May the file call the gate?"""
    return path == GITLAB_ROOT or path.startswith(".gitlab/") or bool(_WORKFLOW.fullmatch(path))


def system(seen: Seen, wish: Wish) -> tuple[str, str]:
    """("github", "gitlab" or "", why)."""
    if wish.ci:
        return ("" if wish.ci == "none" else wish.ci), "as asked"
    found = _HOST.match(seen.remote or "")
    host = found[1].lower() if found else ""
    for name in ("github", "gitlab"):
        if name in host:
            return name, f"the remote is at {host}"
    workflows = any(_WORKFLOW.fullmatch(path) for path in seen.paths)
    if workflows and GITLAB_ROOT not in seen.paths:
        return "github", "there are workflows in .github"
    if GITLAB_ROOT in seen.paths and not workflows:
        return "gitlab", f"there is a {GITLAB_ROOT}"
    return "", "neither the remote nor the files tell whether this is GitHub or GitLab"


def offer(seen: Seen, wish: Wish, source: Source, templates: Mapping[str, str]) -> Offer:
    """The file with the gate, where no file calls it yet."""
    name, why = system(seen, wish)
    if not name:
        return Offer(kept=(f"no gate in CI: {why}; --ci github or --ci gitlab decides",))
    calls = [path for path, data in seen.files.items() if reads(path) and _CALLS.search(data)]
    if calls:
        return Offer(kept=(f"{min(calls)} runs the gate",))
    path = GITHUB_PATH if name == "github" else GITLAB_PATH
    if path in seen.files:
        todo = _included(seen) if name == "gitlab" else ()
        return Offer(kept=(f"{path} is there",), todo=todo)
    if name == "gitlab":
        return _of_gitlab(seen, source, templates, why)
    content, todo = _of_github(seen, source, templates)
    piece = Piece(path, f"the gate of pull requests (GitHub: {why})", content.encode())
    return Offer((piece,), todo=(*todo, "make the check Readiness gate a required one"))


def _of_github(
    seen: Seen, source: Source, templates: Mapping[str, str]
) -> tuple[str, tuple[str, ...]]:
    head = _HEAD.format(what="a pull request")
    if source.action and source.commit:
        body = _body(templates[ACTION])
        release = f" # {source.release}" if source.release else ""
        body = _swapped(body, _USES, f"{source.action}@{source.commit}{release}")
        branch = seen.default_branch or ""
        if re.fullmatch(r"[\w./-]+", branch) and branch not in ("main", "master"):
            body = body.replace(_BRANCHES, f'branches: ["{branch}"]')
        return head + body, ()
    body = _body(templates[PIP])
    if source.package:
        return head + body.replace(_PACKAGE, f'"{source.package}"'), ()
    return head + body, (_VARIABLE.format(what="repository"),)


def _of_gitlab(seen: Seen, source: Source, templates: Mapping[str, str], why: str) -> Offer:
    body = _body(templates[GITLAB])
    stage = _stage(seen.files.get(GITLAB_ROOT, b""))
    if stage:
        body = body.replace(_STAGE, f'stage: "{stage}"\n', 1)
    todo: tuple[str, ...] = ()
    if source.package:
        variable = f'  variables:\n    READINESS_PACKAGE: "{source.package}"\n'
        body = body.replace("  variables:\n", variable, 1)
    else:
        todo = (_VARIABLE.format(what="project"),)
    content = _HEAD.format(what="a merge request") + body
    pieces = [Piece(GITLAB_PATH, f"the gate of merge requests (GitLab: {why})", content.encode())]
    if GITLAB_ROOT not in seen.files:
        pieces.append(Piece(GITLAB_ROOT, "what GitLab runs", _INCLUDE.encode()))
    return Offer(tuple(pieces), todo=(*_included(seen), *todo))


def _included(seen: Seen) -> tuple[str, ...]:
    """What is left to do where the pipeline does not include the gate."""
    root = seen.files.get(GITLAB_ROOT)
    if root is None or GITLAB_PATH.encode() in root:
        return ()
    return (f"include the gate in {GITLAB_ROOT}, or it does not run:\n{_INCLUDE.rstrip()}",)


def _body(template: str) -> str:
    """A template without the comment at its top, which tells how to copy it by hand."""
    lines = template.splitlines(keepends=True)
    start = next(number for number, line in enumerate(lines) if not line.startswith("#"))
    return "".join(lines[start:])


def _swapped(text: str, pattern: re.Pattern[str], value: str) -> str:
    swapped, count = pattern.subn(lambda _: value, text)
    assert count, pattern.pattern  # a template of our own
    return swapped


def _stage(root: bytes) -> str:
    """A stage of a pipeline that has no stage `test`; empty where it has one, as by default."""
    walk = Walk()
    try:
        roots = list(documents(root.decode("utf-8", "replace")))
        stages = [name for node in roots for name in walk.texts(walk.mapping(node).get("stages"))]
    except (YamlError, RecursionError):
        return ""
    stages = [name for name in stages if re.fullmatch(r"[\w .:/-]{1,60}", name)]
    if not stages or "test" in stages:
        return ""
    return next((name for name in _FITTING if name in stages), stages[0])
