"""GitLab CI, job by job as far as the file is literal, in the terms of a workflow."""

from __future__ import annotations

from collections.abc import Iterator

from readiness.facts.workflow import Job, Reader, WorkflowFacts
from readiness.facts.workflow.others import ALWAYS, at, one_step, script_nodes
from readiness.facts.yaml_nodes import Node, scalar

_GITLAB_GLOBAL = {
    "default",
    "include",
    "stages",
    "variables",
    "workflow",
    "image",
    "services",
    "before_script",
    "after_script",
    "cache",
    "spec",
}


def read(root: Node, reader: Reader) -> WorkflowFacts:
    """The facts of one .gitlab-ci.yml."""
    keys = reader.mapping(root)
    bodies = {
        key.text or "": (key, reader.mapping(value))
        for key, value in reader.pairs(root)
        if key.text not in _GITLAB_GLOBAL and value.pairs
    }
    default = {**keys, **reader.mapping(keys.get("default"))}
    jobs = []
    for name, (key, body) in bodies.items():
        whole = _extended(name, bodies, reader)
        if name.startswith(".") or not ({"script", "run", "trigger", "extends"} & whole.keys()):
            continue
        jobs.append(_gitlab_job(name, key, {**body, **whole}, default, reader))
    rules = [
        reader.mapping(rule) for rule in reader.sequence(at(keys, "workflow", "rules", reader))
    ]
    never = bool(rules) and all(scalar(rule.get("when")) == "never" for rule in rules)
    return WorkflowFacts(
        system="gitlab",
        triggers=() if never else ALWAYS,
        jobs=tuple(jobs),
        includes=tuple(_includes(keys.get("include"), reader)),
    )


def _extended(
    name: str, bodies: dict[str, tuple[Node, dict[str, Node]]], reader: Reader
) -> dict[str, Node]:
    """A job's keys with those of the jobs that it extends, nearest first; cycles are cut."""
    merged: dict[str, Node] = {}
    waiting = [name]
    seen: set[str] = set()
    while waiting and len(seen) < 30:
        current = waiting.pop(0)
        if current in seen or current not in bodies:
            continue
        seen.add(current)
        body = bodies[current][1]
        merged = {**body, **merged}
        waiting += reversed(reader.texts(body.get("extends")))
    return merged


def _gitlab_job(
    name: str, key: Node, body: dict[str, Node], default: dict[str, Node], reader: Reader
) -> Job:
    tolerance = body.get("allow_failure")
    conditions = {scalar(body.get("when"))}
    rules = [reader.mapping(rule) for rule in reader.sequence(body.get("rules"))]
    if rules and all(scalar(rule.get("when")) == "never" for rule in rules):
        conditions = {"false"}
    elif rules and all(scalar(rule.get("when")) == "manual" for rule in rules):
        conditions = {"manual"}
    before = body.get("before_script") or default.get("before_script")
    scripts = script_nodes(before, reader) + script_nodes(body.get("script"), reader)
    deployment = body.get("environment")
    trigger = body.get("trigger")
    needs = [
        scalar(need) or scalar(reader.mapping(need).get("job"))
        for need in reader.sequence(body.get("needs"))
    ]
    return Job(
        id=name,
        line=key.line,
        steps=(
            one_step(
                scripts,
                reader,
                line=key.line,
                environment=reader.strings(body.get("variables")),
                pipefail=True,  # the runner starts bash with it
            ),
        ),
        needs=tuple(filter(None, needs)),
        uses=scalar(trigger) or scalar(reader.mapping(trigger).get("include")),
        condition=next((c for c in conditions if c in ("false", "manual")), ""),
        tolerant=reader.true(tolerance),
        tolerant_line=tolerance.line if tolerance else 0,
        services=tuple(
            scalar(service) or scalar(reader.mapping(service).get("name"))
            for service in reader.sequence(body.get("services") or default.get("services"))
        ),
        environment=scalar(deployment) or scalar(reader.mapping(deployment).get("name")),
    )


def _includes(node: Node | None, reader: Reader) -> Iterator[str]:
    entries = [node] if node is not None and node.pairs else reader.sequence(node)
    for entry in entries:
        if entry.text is not None:
            yield entry.text
            continue
        keys = reader.mapping(entry)
        for kind in ("local", "template", "remote", "component"):
            if kind in keys:
                yield scalar(keys[kind]) if kind == "local" else f"{kind}:{scalar(keys[kind])}"
        if "project" in keys:
            yield f"project:{scalar(keys['project'])}"
