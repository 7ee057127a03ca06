"""Images: what a Dockerfile makes of its stages, and which file of the repository lies where."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from readiness.facts.dockerfile import Copy, Stage
from readiness.index.containers.build_context import BuildContext

if TYPE_CHECKING:
    from readiness.index import RepoIndex

_DEPTH = 20  # stages that copy from each other


class Image(Struct, frozen=True):
    """A Dockerfile with the context it is built in (a folder, "" for the root) and who says so.

    `stage` is the final (or targeted) stage, with what it inherits from the stages it stands on;
    `stages` are all of the Dockerfile with what they inherit, and `needed` the numbers of those
    that building this one takes. `certain`: a build command, compose file or action names the
    context; else it is assumed."""

    dockerfile: str
    context: str
    stage: Stage
    named_by: str = ""  # the compose file, workflow or script that builds it; "" if assumed
    named_line: int = 0
    stages: tuple[Stage, ...] = ()
    needed: tuple[int, ...] = ()
    certain: bool = False


class Place(Struct, frozen=True):
    """Where a path inside an image comes from.

    `path` is the file or folder of the repository ("" for its root), null where there is none.
    `line` is that of the COPY that brought it, or of the COPY of a folder of the build context that
    would have; 0 where nothing of the context lies there, so that the path may be the base image's
    or made by a RUN."""

    path: str | None = None
    line: int = 0


def inherit(stages: Sequence[Stage]) -> tuple[Stage, ...]:
    """Every stage with what it takes over from the earlier stage that it stands on."""
    merged: list[Stage] = []
    for stage in stages:
        number = find_stage(merged, stage.base)
        merged.append(stage if number is None else _on(merged[number], stage))
    return tuple(merged)


def find_stage(stages: Sequence[Stage], name: str) -> int | None:
    """The number of the last stage of that name, or the stage of that number."""
    for number in range(len(stages) - 1, -1, -1):
        if name and stages[number].name.lower() == name.lower():
            return number
    return int(name) if name.isdecimal() and int(name[:9]) < len(stages) else None


def _on(base: Stage, stage: Stage) -> Stage:
    home = base.workdir
    resets = bool(stage.entrypoint_line) and not stage.command_line  # a new ENTRYPOINT drops CMD
    inherited_command = () if resets else base.command
    return replace(
        stage,
        workdir=posixpath.join(home, stage.workdir),
        user=stage.user or base.user,
        user_line=stage.user_line or base.user_line,
        copies=base.copies
        + tuple(replace(copy, workdir=posixpath.join(home, copy.workdir)) for copy in stage.copies),
        environment=tuple({**dict(base.environment), **dict(stage.environment)}.items()),
        command=stage.command if stage.command_line else inherited_command,
        command_line=stage.command_line or (0 if resets else base.command_line),
        entrypoint=stage.entrypoint if stage.entrypoint_line else base.entrypoint,
        entrypoint_line=stage.entrypoint_line or base.entrypoint_line,
        healthcheck=stage.healthcheck if stage.healthcheck_line else base.healthcheck,
        healthcheck_line=stage.healthcheck_line or base.healthcheck_line,
        exposes=base.exposes + stage.exposes,
        runs=base.runs + stage.runs,
    )


def needed(stages: Sequence[Stage], number: int) -> tuple[int, ...]:
    """The numbers of the stages that building stage `number` takes, itself included."""
    found: set[int] = set()
    pending = [number]
    while pending:
        current = pending.pop()
        if current in found:
            continue
        found.add(current)
        before = stages[:current]
        names = [stages[current].base, *(copy.stage for copy in stages[current].copies)]
        pending += [n for name in names if (n := find_stage(before, name)) is not None]
    return tuple(sorted(found))


def base_image(image: Image) -> str:
    """The name of the image outside of the Dockerfile that the final stage stands on."""
    stage = image.stage
    for number in range(len(image.stages) - 1, -1, -1):
        if image.stages[number].name and image.stages[number].name.lower() == stage.base.lower():
            stage = image.stages[number]
    return stage.base


def locate(index: RepoIndex, image: Image, path: str, workdir: str = "") -> Place:
    """Where a path of a command inside the image comes from; relative to WORKDIR or `workdir`."""
    home = workdir or image.stage.workdir
    absolute = posixpath.normpath(posixpath.join("/", home, path))
    context = BuildContext(index, image.dockerfile, image.context)
    return _locate(index, context, image, image.stage, "/" + absolute.lstrip("/"), 0)


def _locate(
    index: RepoIndex, context: BuildContext, image: Image, stage: Stage, path: str, depth: int
) -> Place:
    line = 0
    for copy in reversed(stage.copies):
        if copy.mount:
            continue
        if copy.stage:
            number = find_stage(image.stages, copy.stage)
            inner = _within(copy, path)
            if number is None or depth == _DEPTH:
                if inner:
                    return Place()  # another image's file
                continue
            for source in inner:
                found = _locate(index, context, image, image.stages[number], source, depth + 1)
                if found.path is not None:
                    return found
                return Place()  # an earlier stage may have made it
            continue
        for candidate, folder in _candidates(index, context, copy, path):
            if index.exists(candidate) and context.exclusion(candidate) is None:
                return Place(candidate, copy.line)
            line = line or (copy.line if folder else 0)
    return Place(None, line)


def target_of(copy: Copy) -> str:
    """The absolute path that a COPY writes to."""
    return posixpath.normpath("/" + posixpath.join(copy.workdir, copy.target).lstrip("/"))


def _within(copy: Copy, path: str) -> list[str]:
    """The paths in the other stage that `path` may be a copy of."""
    target = target_of(copy)
    found = []
    for source in copy.sources:
        origin = posixpath.normpath("/" + source.lstrip("/"))
        if path == target or path.startswith(target.rstrip("/") + "/"):
            rest = path[len(target) :].lstrip("/")
            if rest and rest == posixpath.basename(origin):
                found.append(origin)  # a file that is copied into a folder
            else:
                found.append(posixpath.join(origin, rest) if rest else origin)
    return found


def _candidates(
    index: RepoIndex, context: BuildContext, copy: Copy, path: str
) -> Iterator[tuple[str, bool]]:
    """(path in the repository, is it inside a copied folder) that a COPY may put at `path`."""
    target = target_of(copy)
    below = path.startswith(target.rstrip("/") + "/")
    if path != target and not below:
        return
    rest = path[len(target) :].lstrip("/")
    for source in copy.sources:
        for origin in context.find(source).paths:
            if origin in index.folders:
                yield (f"{origin}/{rest}".strip("/") if rest else origin), bool(rest)
            elif not rest or rest == posixpath.basename(origin):
                yield origin, False
