"""CI systems other than GitHub's, in the terms of `readiness.facts.workflow`.

CircleCI, Azure Pipelines, Travis, Bitbucket, Drone, Woodpecker and Cloud Build are read
job by job as far as the file is literal; of the rest every command is read into one job.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from readiness.facts.shell import Command
from readiness.facts.workflow import (
    Job,
    Reader,
    Step,
    Trigger,
    WorkflowFacts,
    hidden_script,
    read_commands,
)
from readiness.facts.yaml_nodes import Node, scalar

ALWAYS = (Trigger("push"), Trigger("pull_request"))


def read(system: str, roots: list[Node], reader: Reader) -> WorkflowFacts:
    """The facts of a YAML definition of `system`."""
    return _READERS.get(system, _anything)(system, roots, reader)


def one_step(
    nodes: Iterable[Node],
    reader: Reader,
    *,
    name: str = "",
    directory: str = "",
    tolerant: Node | None = None,
    line: int = 0,
    condition: str = "",
    environment: dict[str, str] | None = None,
    uses: str = "",
    pipefail: bool = False,
) -> Step:
    """One step of several scalars of shell, which run one after the other in one shell."""
    scripts = [node for node in nodes if node.text]
    found: list[Command] = []
    for node in scripts:
        found.extend(reader.commands(node, pipefail))
    start = reader.first_line(scripts[0]) if scripts else line
    return Step(
        line=line or start,
        name=name,
        uses=uses,
        run=hidden_script("\n".join(node.text or "" for node in scripts)),
        run_line=start,
        commands=tuple(found),
        directory=directory,
        condition=condition,
        tolerant=reader.true(tolerant),
        environment=environment or {},
        lines={"continue-on-error": tolerant.line} if tolerant else {},
    )


def script_nodes(node: Node | None, reader: Reader, depth: int = 0) -> list[Node]:
    """The scalars of a script: a text, a list of texts, or (GitLab) lists within the list."""
    found = []
    for item in reader.sequence(node):
        if item.items is not None:
            found += script_nodes(item, reader, depth + 1) if depth < 10 else []
        elif item.text is not None:
            found.append(item)
    return found


def at(keys: dict[str, Node], first: str, second: str, reader: Reader) -> Node | None:
    return reader.mapping(keys.get(first)).get(second)


def _circleci(system: str, roots: list[Node], reader: Reader) -> WorkflowFacts:
    keys = reader.mapping(roots[0])
    bodies = dict(_named(keys.get("jobs"), reader))
    own = {name: body for name, (_, body) in _named(keys.get("commands"), reader)}
    used, scheduled = _circleci_used(keys.get("workflows"), reader)
    jobs = []
    for name, (key, body) in bodies.items():
        if used and name not in used:
            continue
        directory = scalar(body.get("working_directory"))
        steps: list[Step] = []
        for item in reader.sequence(body.get("steps")):
            steps += _circleci_steps(item, own, "" if "~" in directory else directory, reader)
        jobs.append(Job(id=name, line=key.line, steps=tuple(steps), needs=used.get(name, ())))
    return WorkflowFacts(
        system, jobs=tuple(jobs), triggers=(Trigger("schedule"),) if scheduled else ALWAYS
    )


def _named(node: Node | None, reader: Reader) -> Iterator[tuple[str, tuple[Node, dict[str, Node]]]]:
    for key, value in reader.pairs(node):
        yield key.text or "", (key, reader.mapping(value))


def _circleci_used(node: Node | None, reader: Reader) -> tuple[dict[str, tuple[str, ...]], bool]:
    """The jobs that a workflow runs with what they require; are all workflows only scheduled?"""
    used: dict[str, tuple[str, ...]] = {}
    scheduled = []
    for _, (_, flow) in _named(node, reader):
        if "jobs" not in flow:
            continue
        scheduled.append("triggers" in flow)
        for item in reader.sequence(flow.get("jobs")):
            if item.text is not None:
                used.setdefault(item.text, ())
            for name, (_, options) in _named(item, reader):
                used[name] = reader.texts(options.get("requires"))
    return used, bool(scheduled) and all(scheduled)


def _circleci_steps(
    item: Node, own: dict[str, dict[str, Node]], directory: str, reader: Reader, depth: int = 0
) -> Iterator[Step]:
    named = [(item.text, None)] if item.text else [(k.text, v) for k, v in reader.pairs(item)]
    for name, value in named:
        options = reader.mapping(value)
        if name == "run" and value is not None:
            command = value if value.text is not None else options.get("command")
            yield one_step(
                [command] if command else [],
                reader,
                name=scalar(options.get("name")),
                directory=scalar(options.get("working_directory")) or directory,
                line=item.line,
                condition="always()" if scalar(options.get("when")) == "always" else "",
                environment=reader.strings(options.get("environment")),
                pipefail=True,
            )
        elif name in ("when", "unless") or name in own:
            inner = options.get("steps") if name in ("when", "unless") else own[name].get("steps")
            for step in reader.sequence(inner) if depth < 5 else []:
                yield from _circleci_steps(step, own, directory, reader, depth + 1)
        elif name:
            yield Step(line=item.line, uses=name, inputs=reader.strings(value))


def _azure(system: str, roots: list[Node], reader: Reader) -> WorkflowFacts:
    keys = reader.mapping(roots[0])
    jobs: list[Job] = []
    stages = reader.sequence(keys.get("stages")) or [roots[0]]
    for stage in stages:
        body = reader.mapping(stage)
        for job in reader.sequence(body.get("jobs")) or [stage]:
            options = reader.mapping(job)
            runs = at(_deployment(options, reader), "deploy", "steps", reader)
            nodes = reader.sequence(options.get("steps") or runs)
            name = scalar(options.get("job")) or scalar(options.get("deployment")) or "job"
            tolerance = options.get("continueOnError")
            jobs.append(
                Job(
                    id=name,
                    line=job.line,
                    steps=tuple(_azure_step(node, reader) for node in nodes if node.pairs),
                    needs=reader.texts(options.get("dependsOn")),
                    condition=scalar(options.get("condition")),
                    tolerant=reader.true(tolerance),
                    tolerant_line=tolerance.line if tolerance else 0,
                    environment=scalar(options.get("environment")),
                )
            )
    return WorkflowFacts(system, triggers=tuple(_azure_triggers(keys, reader)), jobs=tuple(jobs))


def _deployment(options: dict[str, Node], reader: Reader) -> dict[str, Node]:
    strategy = reader.mapping(options.get("strategy"))
    return reader.mapping(strategy.get("runOnce") or strategy.get("rolling"))


def _azure_triggers(keys: dict[str, Node], reader: Reader) -> Iterator[Trigger]:
    for key, event in (("trigger", "push"), ("pr", "pull_request")):
        node = keys.get(key)
        if scalar(node) == "none":
            continue
        if node is None or node.pairs is None:
            yield Trigger(event, branches=reader.texts(node))
        else:
            branches = reader.mapping(node).get("branches")
            chosen = branches if branches is None or branches.pairs is None else None
            chosen = chosen or reader.mapping(branches).get("include")
            yield Trigger(event, branches=reader.texts(chosen), line=node.line)
    if "schedules" in keys:
        yield Trigger("schedule")


def _azure_step(node: Node, reader: Reader) -> Step:
    keys = reader.mapping(node)
    script = next((keys[k] for k in ("script", "bash", "pwsh", "powershell") if k in keys), None)
    return one_step(
        [script] if script else [],
        reader,
        name=scalar(keys.get("displayName")),
        uses=scalar(keys.get("task")) or scalar(keys.get("template")),
        directory=_variable_root(scalar(keys.get("workingDirectory"))),
        tolerant=keys.get("continueOnError"),
        line=node.line,
        condition=scalar(keys.get("condition")),
        environment=reader.strings(keys.get("env")),
    )


def _variable_root(directory: str) -> str:
    root = "$(System.DefaultWorkingDirectory)"
    return directory.removeprefix(root).lstrip("/") if directory.startswith(root) else directory


def _travis(system: str, roots: list[Node], reader: Reader) -> WorkflowFacts:
    keys = reader.mapping(roots[0])
    included = at(keys, "jobs", "include", reader) or at(keys, "matrix", "include", reader)
    phases = ("before_install", "install", "before_script", "script", "deploy")
    jobs = []
    for number, body in enumerate([keys, *map(reader.mapping, reader.sequence(included))]):
        steps = tuple(
            one_step(script_nodes(body[phase], reader), reader, name=phase, line=body[phase].line)
            for phase in phases
            if phase in body
        )
        if steps:
            jobs.append(Job(id=f"job {number}", line=steps[0].line, steps=steps))
    only = at(keys, "branches", "only", reader)
    triggers = tuple(Trigger(t.event, branches=reader.texts(only)) for t in ALWAYS)
    return WorkflowFacts(system, triggers=triggers, jobs=tuple(jobs))


def _bitbucket(system: str, roots: list[Node], reader: Reader) -> WorkflowFacts:
    pipelines = reader.mapping(reader.mapping(roots[0]).get("pipelines"))
    jobs: list[Job] = []
    triggers: list[Trigger] = []
    events = {"default": "push", "branches": "push", "pull-requests": "pull_request", "tags": "tag"}
    for name, node in pipelines.items():
        if name == "default":
            triggers.append(Trigger("push"))
            flows = [(name, node)]
        else:
            flows = [(f"{name} {key.text}", value) for key, value in reader.pairs(node)]
            branches = tuple(key.text or "" for key, _ in reader.pairs(node))
            event = events.get(name, "workflow_dispatch")
            triggers.append(Trigger(event, branches=branches if event == "push" else ()))
        for flow, steps in flows:
            for item in _bitbucket_steps(steps, reader):
                keys = reader.mapping(item)
                manual = scalar(keys.get("trigger")) == "manual" or name == "custom"
                scripts = script_nodes(keys.get("script"), reader)
                jobs.append(
                    Job(
                        id=flow,
                        line=item.line,
                        name=scalar(keys.get("name")),
                        steps=(one_step(scripts, reader, line=item.line),),
                        condition="manual" if manual else "",
                        environment=scalar(keys.get("deployment")),
                    )
                )
    return WorkflowFacts(system, triggers=tuple(triggers), jobs=tuple(jobs))


def _bitbucket_steps(node: Node, reader: Reader, depth: int = 0) -> Iterator[Node]:
    for item in [node] if node.pairs else reader.sequence(node):
        for name, value in reader.mapping(item).items():
            if name == "step":
                yield value
            elif name in ("parallel", "stage", "steps") and depth < 6:
                yield from _bitbucket_steps(value, reader, depth + 1)


def _drone(system: str, roots: list[Node], reader: Reader) -> WorkflowFacts:
    jobs = []
    for root in roots:
        keys = reader.mapping(root)
        node = keys.get("steps") or keys.get("pipeline")
        entries = [value for _, value in reader.pairs(node)] or reader.sequence(node)
        steps = []
        for entry in entries:
            options = reader.mapping(entry)
            ignored = scalar(options.get("failure")) == "ignore"
            step = one_step(
                script_nodes(options.get("commands"), reader),
                reader,
                name=scalar(options.get("name")),
                uses=scalar(options.get("image")),
                line=entry.line,
                tolerant=Node(options["failure"].line) if ignored else None,
                environment=reader.strings(options.get("environment")),
            )
            steps.append(step)
        name = scalar(keys.get("name")) or "default"
        jobs.append(Job(id=name, line=root.line, steps=tuple(steps)))
    return WorkflowFacts(system, triggers=ALWAYS, jobs=tuple(jobs))


def _cloudbuild(system: str, roots: list[Node], reader: Reader) -> WorkflowFacts:
    keys = reader.mapping(roots[0])
    steps = []
    for node in reader.sequence(keys.get("steps")):
        options = reader.mapping(node)
        words = reader.texts(options.get("entrypoint")) + reader.texts(options.get("args"))
        image = scalar(options.get("name"))
        program = image.rpartition("/")[2].partition(":")[0].partition("@")[0]
        script = options.get("script")
        found: tuple[Command, ...] = reader.commands(script)
        if len(words) > 2 and words[0].endswith("sh") and words[1].startswith("-"):
            found = read_commands(words[2], node.line)
        elif words:
            program_words = words if "entrypoint" in options else (program, *words)
            found = (Command(words=program_words, line=node.line),)
        steps.append(
            Step(
                line=node.line,
                name=scalar(options.get("id")),
                uses=image,
                run=hidden_script(scalar(script) or " ".join(words)),
                run_line=node.line,
                commands=found,
                directory=scalar(options.get("dir")),
                tolerant=reader.true(options.get("allowFailure")),
            )
        )
    job = Job(id="steps", line=roots[0].line, steps=tuple(steps))
    return WorkflowFacts(system, triggers=ALWAYS, jobs=(job,))


_SCRIPT_KEY = re.compile(r"(?:.*_)?(?:script|scripts|commands?|run|tasks|build|test)$")


def _anything(system: str, roots: list[Node], reader: Reader) -> WorkflowFacts:
    """Every scalar below a key that holds commands, in the order of the file."""
    steps: list[Step] = []
    waiting: list[tuple[str, Node]] = [("", root) for root in reversed(roots)]
    while waiting:
        name, node = waiting.pop()
        if node.pairs:
            pairs = [(key.text or "", value) for key, value in reader.pairs(node)]
            waiting += [
                (key if value.pairs or value.items or _SCRIPT_KEY.match(key) else "", value)
                for key, value in reversed(pairs)
            ]
        elif node.items is not None:
            waiting += [(name, item) for item in reversed(reader.sequence(node))]
        elif node.text and _SCRIPT_KEY.match(name):
            steps.append(one_step([node], reader))
    job = Job(id=system, line=roots[0].line, steps=tuple(steps))
    return WorkflowFacts(system, triggers=ALWAYS, jobs=(job,))


_SHELL_STEP = re.compile(
    r"""\b(?:sh|bat)[ \t]{0,20}\(?[ \t]{0,20}(?:script[ \t]{0,20}:[ \t]{0,20})?('{3}|"{3}|'|")"""
)


def jenkins(text: str) -> WorkflowFacts:
    """The facts of a Jenkinsfile: the commands of its `sh` steps, in order."""
    steps = []
    position, counted, line = 0, 0, 1
    while match := _SHELL_STEP.search(text, position):
        start = match.end()
        end = text.find(match[1], start)
        if end < 0:
            break
        position = end + len(match[1])
        line += text.count("\n", counted, start)
        counted = start
        script = text[start:end]
        steps.append(
            Step(
                line=line,
                run=hidden_script(script),
                run_line=line,
                commands=read_commands(script, line),
            )
        )
    job = Job(id="pipeline", line=1, steps=tuple(steps))
    return WorkflowFacts("jenkins", triggers=ALWAYS, jobs=(job,) if steps else ())


_READERS: dict[str, Callable[[str, list[Node], Reader], WorkflowFacts]] = {
    "circleci": _circleci,
    "azure": _azure,
    "travis": _travis,
    "bitbucket": _bitbucket,
    "drone": _drone,
    "woodpecker": _drone,
    "cloudbuild": _cloudbuild,
}
