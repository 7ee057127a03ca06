"""The configuration of one audit: the audited snapshot's own, under the options of the caller."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator, Sequence

import msgspec
from msgspec import Struct

from readiness import selection
from readiness.baseline import Baseline, parse
from readiness.config import (
    PYPROJECT,
    STANDALONE,
    Config,
    Drop,
    Profile,
    Threshold,
    extend,
    read,
    read_policy,
)
from readiness.errors import ConfigError, UsageError, one_line
from readiness.model import SUBMODULE, SYMLINK, Plan, Snapshot, TrackedFile, decode_path
from readiness.repo import Repository
from readiness.rule import Rule

LARGEST = 1_000_000  # bytes
LARGEST_BASELINE = 20_000_000
_DEEPEST = 5  # policies that extend one another
_SECTION = rb"(?m)^[ \t]*\[{1,2}[ \t]*tool[ \t]*\.[ \t]*readiness\b"


class Options(Struct, frozen=True):
    """What one audit is asked for. Where it is null or empty, the configuration decides; `ignore`
    adds to the configuration's. `isolated` leaves the configuration out altogether. With `plan`
    the report has one, for `target`, in which what `previous` keeps stays kept; `handmade` is the
    text of one that people wrote, and `handmade_source` its name: it is held against the
    repository, or with `take_over` the plan keeps what it keeps and has its target.

    With `since` the audit is one of a change: only what is new since that commit counts ("": since
    the merge base with the default branch). `baseline` is the path of a file of old findings."""

    rev: str | None = None
    staged: bool = False
    untracked: bool = False
    isolated: bool = False
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    profile: Profile | None = None
    fail_under: float | None = None
    fail_on: Threshold | None = None
    max_drop: Drop | None = None
    since: str | None = None
    baseline: str = ""
    plan: bool = False
    target: float | None = None
    previous: Plan | None = None
    handmade: str = ""
    handmade_source: str = ""
    take_over: bool = False


def configure(
    repository: Repository, snapshot: Snapshot, options: Options, rules: Sequence[Rule]
) -> Config:
    """The configuration that the snapshot itself holds, under the options.

    Raises:
        ConfigError: every mistake in the configuration, one a line.
        UsageError: the options name what is no rule, dimension or area.
    """
    config = Config() if options.isolated else _read_configuration(repository, snapshot)
    errors = [*_unknown_names(config, rules), *_bad_patterns(config)]
    if errors:
        raise ConfigError("\n".join(f"{config.source}: {error}" for error in errors))
    wrong = [f"--select: {error}" for error in selection.unknown_names(options.select, rules)]
    wrong += [f"--ignore: {error}" for error in selection.unknown_names(options.ignore, rules)]
    if wrong:
        raise UsageError("\n".join(wrong))
    return msgspec.structs.replace(
        config,
        select=options.select or config.select,
        ignore=config.ignore + options.ignore,
        profile=options.profile or config.profile,
        fail_under=config.fail_under if options.fail_under is None else options.fail_under,
        fail_on=options.fail_on or config.fail_on,
        max_drop=config.max_drop if options.max_drop is None else options.max_drop,
    )


def same_policy(one: Snapshot, other: Snapshot, config: Config) -> bool:
    """Do two snapshots hold the same configuration, which is that of `one`?"""
    if config.extends:  # its files lie anywhere
        return False
    first, second = (
        {file.path: file.blob_id for file in snapshot.files if file.path in (PYPROJECT, STANDALONE)}
        for snapshot in (one, other)
    )
    return first == second


def overlooked(repository: Repository, snapshot: Snapshot, options: Options) -> list[str]:
    """A note on each configuration that lies in the audited work tree untracked, and so unused."""
    if options.isolated or options.staged or options.rev is not None or repository.bare:
        return []
    known = {file.path for file in snapshot.files}
    return [
        f"{name} is not tracked, so it is not used; git add {name}"
        for name, settings in ((STANDALONE, b""), (PYPROJECT, _SECTION))
        if name not in known
        and (content := _untracked(repository.root, name)) is not None
        and re.search(settings, content)
    ]


def visible(files: tuple[TrackedFile, ...], exclude: Sequence[str]) -> tuple[TrackedFile, ...]:
    """The files that no gitignore pattern of `exclude` keeps out of sight."""
    if not exclude:
        return files

    from pathspec import GitIgnoreSpec

    spec = GitIgnoreSpec.from_lines(exclude)
    return tuple(file for file in files if not spec.match_file(file.path))


def _untracked(folder: str, name: str) -> bytes | None:
    """The beginning of a plain file of the work tree; null where there is none to read."""
    try:
        handle = os.open(os.path.join(folder, name), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return None
    try:
        plain = stat.S_ISREG(os.fstat(handle).st_mode)
        return os.read(handle, LARGEST) if plain else None
    finally:
        os.close(handle)


def _read_configuration(repository: Repository, snapshot: Snapshot) -> Config:
    found = {file.path: file for file in snapshot.files if file.path in (PYPROJECT, STANDALONE)}
    own = read(*(_content(repository, found.get(name)) for name in (PYPROJECT, STANDALONE)))
    return _extended(repository, snapshot, own, ())


def _extended(
    repository: Repository, snapshot: Snapshot, own: Config, below: tuple[str, ...]
) -> Config:
    """`own` on top of the policy that it extends, if any; `below` are those that extend it."""
    if not own.extends:
        return own
    name = own.extends
    if name in below or len(below) == _DEEPEST:
        chain = " -> ".join(map(one_line, (*below, name)))
        raise ConfigError(f"{own.source}: policies extend one another without an end: {chain}")
    if "/" in name or name.endswith(".toml"):
        path = name.removeprefix("./")
        text = content_of(repository, snapshot, path, f"{own.source}: extends")
        policy = read_policy(text.encode(), path)
    else:
        from readiness.packaged import POLICY, policy_of

        data, folder = policy_of(name, repository.root, LARGEST)
        policy = read_policy(data, f"{name}/{POLICY}")
        policy = msgspec.structs.replace(policy, packages=(folder,))
    return extend(_extended(repository, snapshot, policy, (*below, name)), own)


def content_of(
    repository: Repository, snapshot: Snapshot, path: str, source: str, limit: int = LARGEST
) -> str:
    """The text of a tracked file, of at most `limit` bytes, that the configuration in `source`
    names.

    Raises:
        ConfigError: there is no such file to read.
    """
    found = next((file for file in snapshot.files if file.path == path), None)
    content = _content(repository, found, limit)
    if content is None:
        raise ConfigError(f"{source}: {one_line(path)} is not a tracked file")
    return content.decode(errors="replace")


def baseline_of(
    repository: Repository, snapshot: Snapshot, config: Config, options: Options
) -> Baseline:
    """The baseline that the options name, else that of the configuration; an empty one where
    neither does. A file of the repository is read as the snapshot holds it.

    Raises:
        ReadinessError: it cannot be read.
    """
    tracked = config.baseline if not options.baseline else ""
    if options.baseline:
        path = os.path.realpath(options.baseline)
        inside = os.path.relpath(path, os.path.realpath(repository.root))
        tracked = decode_path(os.fsencode(inside))
        if not any(file.path == tracked for file in snapshot.files):
            if options.since is not None and not inside.startswith(os.pardir + os.sep):
                return Baseline(source=tracked)  # it came, or goes, with the change
            return parse(_of_caller(options.baseline), one_line(options.baseline))
    if not tracked:
        return Baseline()
    source = config.source or "--baseline"
    text = content_of(repository, snapshot, tracked, source, LARGEST_BASELINE)
    return parse(text.encode(), tracked)


def _of_caller(path: str) -> bytes:
    """A file that whoever calls has named."""
    try:
        with open(path, "rb") as file:
            return file.read(LARGEST_BASELINE)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise UsageError(
            f"--baseline {one_line(path)}: {reason}; readiness baseline --update --accept makes one"
        ) from error


def _content(
    repository: Repository, file: TrackedFile | None, limit: int = LARGEST
) -> bytes | None:
    if file is None or file.mode == SUBMODULE:
        return None
    if file.mode == SYMLINK:
        if file.path == PYPROJECT:  # which need not speak of us
            return None
        raise ConfigError(f"{file.path} is a symbolic link, which is never followed; track a file")
    ((_, content),) = repository.read([file.blob_id], limit)
    if isinstance(content, str):
        raise ConfigError(f"{file.path} cannot be read: {content}; --isolated audits without it")
    return content


def _unknown_names(config: Config, rules: Sequence[Rule]) -> Iterator[str]:
    """What is wrong with the names of rules in a configuration."""
    for error in selection.unknown_names(config.select, rules):
        yield f"select: {error}"
    for error in selection.unknown_names(config.ignore, rules):
        yield f"ignore: {error}"
    for pattern, names in config.per_path_ignores.items():
        for error in selection.unknown_rules(names, rules):
            yield f"per_path_ignores of {one_line(pattern)}: {error}"
    for waiver in config.waivers:
        for error in selection.unknown_rules([waiver.rule], rules):
            place = f" of {waiver.source}" if waiver.source else ""
            yield f"waiver in line {waiver.line}{place}: {error}"


def _bad_patterns(config: Config) -> Iterator[str]:
    """What is wrong with the patterns of a configuration."""
    patterns = [
        *(("exclude", pattern) for pattern in config.exclude),
        *(("per_path_ignores", pattern) for pattern in config.per_path_ignores),
        *((f"waiver in line {waiver.line}", waiver.path) for waiver in config.waivers),
    ]
    if not patterns:
        return

    from pathspec import GitIgnoreSpec

    for where, pattern in patterns:
        try:
            GitIgnoreSpec.from_lines([pattern])
        except ValueError:
            yield f"{where}: {one_line(repr(pattern))} is no gitignore pattern"
