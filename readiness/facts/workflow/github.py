"""GitHub Actions: workflows and composite actions, in the terms of `readiness.facts.workflow`."""

from __future__ import annotations

import re
from collections.abc import Mapping

from readiness.facts.workflow import (
    FOREIGN_SHELLS,
    Job,
    Reader,
    Step,
    Trigger,
    WorkflowFacts,
    hidden_script,
)
from readiness.facts.yaml_nodes import Node, scalar


def read(system: str, root: Node, reader: Reader) -> WorkflowFacts:
    """The facts of a workflow; Gitea and Forgejo read the same format."""
    keys = reader.mapping(root)
    jobs = reader.pairs(keys.get("jobs"))
    defaults = _run_defaults(keys, reader, {})
    environment = reader.strings(keys.get("env"))
    bodies = [reader.mapping(body) for _, body in jobs]
    return WorkflowFacts(
        system=system,
        name=scalar(keys.get("name")),
        triggers=_triggers(keys.get("on"), reader),
        jobs=tuple(
            _github_job(key, body, defaults, environment, reader)
            for (key, _), body in zip(jobs, bodies, strict=True)
        ),
        permissions="permissions" in keys
        or (bool(bodies) and all("permissions" in body for body in bodies)),
        disabled=_disabled(reader.source),
    )


def _triggers(node: Node | None, reader: Reader) -> tuple[Trigger, ...]:
    if node is None or node.null:
        return ()
    if node.pairs is None:
        return tuple(
            Trigger(item.text, line=item.line) for item in reader.sequence(node) if item.text
        )
    found = []
    for key, value in reader.pairs(node):
        filters = reader.mapping(value)
        found.append(
            Trigger(
                event=key.text or "",
                branches=reader.texts(filters.get("branches")),
                paths=reader.texts(filters.get("paths")),
                tags=reader.texts(filters.get("tags")),
                branches_ignore=reader.texts(filters.get("branches-ignore")),
                paths_ignore=reader.texts(filters.get("paths-ignore")),
                line=key.line,
            )
        )
    return tuple(found)


_COMMENTED = re.compile(
    r"[ \t]*#[ \t]*(on|push|pull_request(?:_target)?|merge_group|schedule)[ \t]*:"
)


def _disabled(source: list[str]) -> tuple[tuple[str, int], ...]:
    """The events that only a comment above the jobs names."""
    found = []
    for number, line in enumerate(source, 1):
        if line.startswith("jobs:"):
            break
        match = _COMMENTED.match(line)
        if match:
            found.append((match[1], number))
    return tuple(found[:20])


def _run_defaults(
    keys: Mapping[str, Node], reader: Reader, above: Mapping[str, str]
) -> dict[str, str]:
    run = reader.mapping(keys.get("defaults")).get("run")
    return {**above, **reader.strings(run)}


def _github_job(
    key: Node,
    body: dict[str, Node],
    defaults: dict[str, str],
    environment: dict[str, str],
    reader: Reader,
) -> Job:
    defaults = _run_defaults(body, reader, defaults)
    environment = {**environment, **reader.strings(body.get("env"))}
    deployment = body.get("environment")
    tolerance = body.get("continue-on-error")
    condition = body.get("if")
    return Job(
        id=key.text or "",
        line=key.line,
        steps=tuple(
            _github_step(step, defaults, environment, reader)
            for step in reader.sequence(body.get("steps"))
            if step.pairs
        ),
        needs=reader.texts(body.get("needs")),
        uses=scalar(body.get("uses")),
        condition=scalar(condition),
        tolerant=reader.true(tolerance),
        services=tuple(reader.mapping(body.get("services"))),
        environment=scalar(deployment) or scalar(reader.mapping(deployment).get("name")),
        directory=defaults.get("working-directory", ""),
        name=scalar(body.get("name")),
        tolerant_line=tolerance.line if tolerance else 0,
        condition_line=condition.line if condition else 0,
        matrix=_matrix(reader.mapping(body.get("strategy")).get("matrix"), reader),
        inputs=reader.strings(body.get("with")),
        runners=reader.texts(body.get("runs-on")),
    )


def _matrix(node: Node | None, reader: Reader) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for key, value in reader.mapping(node).items():
        if key == "include":
            for entry in reader.sequence(value):
                for name, text in reader.strings(entry).items():
                    found.setdefault(name, []).append(text)
        elif key != "exclude" and value.items is not None:
            found.setdefault(key, []).extend(reader.texts(value))
            for entry in reader.sequence(value):
                for name, text in reader.strings(entry).items():
                    found.setdefault(f"{key}.{name}", []).append(text)
    return {name: tuple(dict.fromkeys(values))[:40] for name, values in found.items() if values}


def _github_step(
    node: Node, defaults: dict[str, str], environment: dict[str, str], reader: Reader
) -> Step:
    pairs = reader.pairs(node)
    keys = {key.text or "": value for key, value in pairs}
    run = keys.get("run")
    given = reader.pairs(keys.get("with"))
    inputs = {key: hidden_script(value) for key, value in reader.strings(keys.get("with")).items()}
    uses = scalar(keys.get("uses"))
    reader.spend(sum(map(len, environment.values())))
    shell = scalar(keys.get("shell")) or defaults.get("shell", "")
    foreign = shell.startswith(FOREIGN_SHELLS)
    script = next((value for key, value in given if key.text == "script"), None)
    lines = {key.text or "": value.line for key, value in pairs}
    lines |= {f"with.{key.text}": value.line for key, value in given}
    return Step(
        line=node.line,
        name=scalar(keys.get("name")),
        uses=uses,
        inputs=inputs,
        run=hidden_script(scalar(run)),
        run_line=reader.first_line(run) if run else 0,
        commands=() if foreign else reader.commands(run, pipefail=shell == "bash"),
        directory=scalar(keys.get("working-directory")) or defaults.get("working-directory", ""),
        condition=scalar(keys.get("if")),
        tolerant=reader.true(keys.get("continue-on-error")),
        environment={**environment, **reader.strings(keys.get("env"))},
        shell=shell,
        remote=reader.commands(script) if "ssh" in uses else (),
        lines=lines,
        id=scalar(keys.get("id")),
    )


def read_action(root: Node, reader: Reader) -> WorkflowFacts:
    """The facts of an action.yml: its steps as one job where it is composite."""
    keys = reader.mapping(root)
    runs = reader.mapping(keys.get("runs"))
    steps = tuple(
        _github_step(step, {}, {}, reader)
        for step in reader.sequence(runs.get("steps"))
        if step.pairs
    )
    if scalar(runs.get("using")) != "composite":
        return WorkflowFacts("github", name=scalar(keys.get("name")))
    line = runs["using"].line
    return WorkflowFacts(
        system="github",
        name=scalar(keys.get("name")),
        jobs=(Job(id="runs", line=line, steps=steps),),
        composite=True,
    )
