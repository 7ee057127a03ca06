"""Gates: why a step cannot fail its job, where that is so."""

from __future__ import annotations

import re
from itertools import pairwise

from readiness.facts.shell import Command
from readiness.facts.workflow import Job, Step
from readiness.index.commands.lines import program_of

_HARMLESS = {"true", ":", "echo", "printf", "cat", "sleep", "tail", "head", "ls"}
_PIPE_ENDS = {"tee", "cat", "tail", "head", "sort", "jq", "sed", "awk", "less", "ts", "column"}
_OUTCOME = r"steps\.{}\.(?:outcome|conclusion|outputs)|steps\[.{}.\]"
_SOFT_INPUTS = {
    "soft_fail": "true",
    "soft-fail": "true",
    "exit-code": "0",
    "exit_code": "0",
    "fail-build": "false",
    "fail_on_error": "false",
    "fail-on-error": "false",
    "fail_on_findings": "false",
}


def neutralised(
    job: Job, step: Step, command: Command | None = None, outer: Command | None = None
) -> tuple[str, int]:
    """Why `command` of a step, or its action, cannot fail the job, and the line that says so.

    ("", 0) when it can. `outer` is the command as the step has it, where `command` is what that
    wraps or calls.
    """
    if _never(step.condition):
        return f"the step never runs (`if: {step.condition}`)", step.lines.get("if", step.line)
    if _never(job.condition):
        return f"the job never runs (`if: {job.condition}`)", job.condition_line or job.line
    found = _of_command(step, command, outer or command) if command else _of_inputs(step)
    if found[0]:
        return found
    if step.tolerant and not _judged_later(job, step):
        line = step.lines.get("continue-on-error", step.line)
        return "continue-on-error lets the job pass when it fails", line
    if job.tolerant:
        return "continue-on-error lets the whole job pass when it fails", job.tolerant_line
    return "", 0


def never(job: Job, step: Step) -> bool:
    """Is the step, or its job, switched off by a condition that is literally false?"""
    return _never(step.condition) or _never(job.condition)


def _never(condition: str) -> bool:
    return condition.strip("${} ").lower() in ("false", "0", "never()")


def _judged_later(job: Job, step: Step) -> bool:
    """Does a later step of the job ask for the outcome of this one?"""
    if not step.id:
        return False
    asks = re.compile(_OUTCOME.format(re.escape(step.id), re.escape(step.id)))
    texts = (
        text
        for other in job.steps
        if other is not step
        for text in (other.condition, other.run, *other.environment.values())
    )
    return any(asks.search(text) for text in texts)


def _of_inputs(step: Step) -> tuple[str, int]:
    for key, value in _SOFT_INPUTS.items():
        if step.inputs.get(key, "").lower() == value:
            return f"`{key}: {value}` reports without failing", step.lines.get(f"with.{key}", 0)
    return "", 0


def _of_command(step: Step, command: Command, outer: Command) -> tuple[str, int]:
    for each in dict.fromkeys((command, outer)):
        if each.fallback and _harmless(each.fallback):
            shown = _short(each.fallback)
            return f"`|| {shown}` swallows its failure", each.line
        for word, following in pairwise((*each.words, "")):
            if word in ("--exit-zero", "--exit-code=0", "--error-exitcode=0"):
                return f"`{word}` makes it succeed whatever it finds", each.line
            if (word, following) == ("--exit-code", "0"):
                return "`--exit-code 0` makes it succeed whatever it finds", each.line
    siblings = step.commands
    if outer not in siblings:
        return "", 0
    position = siblings.index(outer)
    after = siblings[position + 1 :]
    if outer.piped and after and "PIPESTATUS" not in step.run:
        end = program_of(after[0].words)
        if end in _PIPE_ENDS:
            return f"its exit status is lost in the pipe to {end}: no pipefail", outer.line
    if outer.tested and not _decides(after):
        return "only the branches of an `if` follow from it, and none fails", outer.line
    if _errexit_off(siblings[:position]) and after and "$?" not in step.run:
        return "`set +e` goes on after its failure", outer.line
    return "", 0


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= 40 else text[:37] + "..."


def _harmless(fallback: str) -> bool:
    """Does what stands after `||` always succeed?"""
    parts = [part.split() for part in re.split(r"[;\n&|]+", fallback)]
    return all(
        part[0].strip("({") in _HARMLESS or part[:2] in (["exit", "0"], ["return", "0"])
        for part in parts
        if part and part[0] not in ("{", "}")
    )


def _decides(after: tuple[Command, ...]) -> bool:
    """Can what follows a tested command still fail, or hand its outcome on?"""
    return any(
        command.words[0] in ("exit", "return", "false", "break")
        or any("GITHUB_" in target for target in command.writes)
        for command in after
    )


def _errexit_off(before: tuple[Command, ...]) -> bool:
    off = False
    for command in before:
        if command.words[0] == "set":
            off = "+e" in command.words[1:] or (
                off and not any(re.fullmatch(r"-[a-z]*e[a-z]*", word) for word in command.words)
            )
    return off
