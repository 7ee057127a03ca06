"""Policy: what a change does to how strictly it, and all that follows, is judged. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

from readiness import secrets
from readiness.config import LOOSER, Config, Looser, Waiver, plain
from readiness.errors import one_line
from readiness.facts import text
from readiness.model import Dimension, Severity
from readiness.policy import ci
from readiness.policy.loosening import Loosening
from readiness.rule import Change

__all__ = ["Loosening", "loosenings"]

_SHOWN = 5


def loosenings(change: Change) -> Iterator[Loosening]:
    """Everything that a change loosens, in any order."""
    yield from _settings(change)
    yield from _waivers(change)
    yield from _baseline(change)
    yield from _inline(change)
    yield from _allowed(change)
    yield from _generated(change)
    yield from ci.loosened(change)


# Where more names on a list judge less: what each stands for.
_LISTED = {
    "ignore": "leaves out the rules of {}, which counted before this change",
    "exclude": "leaves out the files of {}, which counted before this change",
    "per_path_ignores": "leaves out {}, which counted before this change",
    "preboot": "takes {} for a check of services; before this change that had to show",
    "readiness_routes": "takes {} for an answer on readiness; before this change that had to show",
}
_MINOR = ("target", "profile", "per_path_ignores", "preboot", "readiness_routes")


def _settings(change: Change) -> Iterator[Loosening]:
    """Every setting whose other value is the looser one, by the table beside their definition."""
    old, new = change.before.index.config, change.after.index.config
    path = new.source or old.source or None
    for name, looser in LOOSER.items():
        severity = Severity.MEDIUM if name in _MINOR else Severity.HIGH
        if looser is Looser.MORE:
            for added in sorted(_added(old, new, name)):
                what = _LISTED[name].format(one_line(added))
                message = f"{name} {what}"
                yield Loosening(path, f"{name} {added}", message, severity, after=one_line(added))
        elif _is_looser(looser, name, old, new):
            was, is_ = _told(getattr(old, name)), _told(getattr(new, name))
            message = f"{name} is {is_}; before this change it was {was}"
            yield Loosening(path, name, message, severity, None, was, is_)


def _is_looser(looser: Looser, name: str, old: Config, new: Config) -> bool:
    if looser is Looser.LOWER:
        return _strictness(new, name) < _strictness(old, name)
    if looser is Looser.HIGHER:
        return any(_drop(new, dimension) > _drop(old, dimension) for dimension in Dimension)
    if looser is Looser.FEWER:
        before, left = (_names(getattr(config, name)) for config in (old, new))
        return bool(left) and (not before or bool(before - left))
    if looser is Looser.OTHER:
        return new.profile not in (old.profile, "service")
    return False


def _added(old: Config, new: Config, name: str) -> set[str]:
    """What a list leaves out or takes in that it did not before."""
    if name == "ignore":
        return _names(new.ignore) - _names(old.ignore)
    if name == "per_path_ignores":
        return _per_path(new) - _per_path(old)
    if name == "exclude":
        before = _excluded(old)
        return {
            pattern
            for pattern, excepted in _excluded(new)
            if not any(pattern == known and there <= excepted for known, there in before)
        }
    return set(getattr(new, name)).difference(getattr(old, name))


def _per_path(config: Config) -> set[str]:
    return {
        f"{plain(rule).upper()} in {pattern}"
        for pattern, rules in config.per_path_ignores.items()
        for rule in rules
    }


def _excluded(config: Config) -> list[tuple[str, set[str]]]:
    """Each pattern of files that are not seen, with the exceptions that follow it."""
    patterns = config.exclude
    return [
        (pattern, {each for each in patterns[position + 1 :] if each.startswith("!")})
        for position, pattern in enumerate(patterns)
        if not pattern.startswith("!")
    ]


def _strictness(config: Config, name: str) -> float:
    """How much fails by a threshold: more where more findings, or higher scores, do; 0 for none."""
    value = getattr(config, name)
    if value is None:
        return 0.0
    return 1.0 + Severity(value).rank if name == "fail_on" else float(value)


def _drop(config: Config, dimension: Dimension) -> float:
    if isinstance(config.max_drop, dict):
        return config.max_drop.get(dimension.value, 10.0)
    return 10.0 if config.max_drop is None else config.max_drop


def _names(values: tuple[str, ...]) -> set[str]:
    return set(map(plain, values))


def _told(value: object) -> str:
    if value is None:
        return "not set"
    if isinstance(value, tuple):
        return ", ".join(map(one_line, value)) or "not set"
    if isinstance(value, dict):
        return ", ".join(f"{name} {number:g}" for name, number in sorted(value.items()))
    return f"{value:g}" if isinstance(value, float) else one_line(value)


def _waivers(change: Change) -> Iterator[Loosening]:
    old, new = change.before.index.config, change.after.index.config
    known = {_of_waiver(waiver, change.renamed): waiver for waiver in old.waivers}
    for waiver in new.waivers:
        before = known.get(_of_waiver(waiver))
        if before is not None and _end(waiver) <= _end(before):
            continue
        where = f" in {one_line(waiver.path)}" if waiver.path else ""
        what = f"{one_line(waiver.rule)}{where}"
        until = f"until {waiver.until}" if waiver.until else "without an end"
        owner = f"by {one_line(waiver.owner)}, " if waiver.owner else ""
        message = f"a new waiver of {what} ({owner}{until}): {one_line(waiver.reason)}"
        if before is not None:
            message = f"the waiver of {what} now lasts {until}; it was until {before.until}"
        yield Loosening(
            waiver.source or new.source or None,
            f"waiver {' '.join(_of_waiver(waiver))}",
            message,
            Severity.MEDIUM,
            waiver.line or None,
            after=what,
        )


def _of_waiver(
    waiver: Waiver, renamed: Callable[[str], str] = lambda path: path
) -> tuple[str, str, str]:
    path = renamed(waiver.path.removeprefix("/")) if waiver.path else ""
    return plain(waiver.rule), path, waiver.fingerprint


def _end(waiver: Waiver) -> str:
    return waiver.until or "9999-12-31"


def _baseline(change: Change) -> Iterator[Loosening]:
    known = {entry.fingerprint for entry in change.before.baseline}
    kept = {entry.fingerprint for entry in change.after.baseline}
    moved = Counter(
        (entry.rule, change.renamed(entry.path))
        for entry in change.before.baseline
        if entry.fingerprint not in kept
    )
    added = []
    for entry in change.after.baseline:
        if entry.fingerprint in known:
            continue
        if moved[entry.rule, entry.path]:
            moved[entry.rule, entry.path] -= 1
        else:
            added.append(entry)
    if not added or _adopts(change):
        return
    shown = ", ".join(one_line(entry.told) for entry in added[:_SHOWN])
    more = f" and {len(added) - _SHOWN:,} more" if len(added) > _SHOWN else ""
    entries = "1 entry" if len(added) == 1 else f"{len(added):,} entries"
    yield Loosening(
        change.after.baseline_path or None,
        f"baseline {' '.join(sorted(entry.fingerprint for entry in added))}",
        f"the baseline grows by {entries}: {shown}{more}",
        Severity.MEDIUM,
        added[0].line or None,
        after=shown,
    )


def _adopts(change: Change) -> bool:
    """Did nothing of ours judge this repository before? Its first baseline loosens nothing: what
    the change itself brings is new to the base all the same."""
    before = change.before.index
    return not (before.config.source or change.before.baseline_path or ci.holds_ours(before))


def _inline(change: Change) -> Iterator[Loosening]:
    """Inline ignores that came with the change, wherever in their file they stand."""
    old = Counter(
        (change.renamed(path), plain(rule))
        for path, facts in change.before.index.each(text.SLICE)
        for ignore in facts.ignores
        for rule in ignore.rules
    )
    for path, facts in change.after.index.each(text.SLICE):
        for ignore in reversed(facts.ignores):
            for rule in ignore.rules:
                if old[path, plain(rule)]:
                    old[path, plain(rule)] -= 1
                    continue
                named = one_line(rule)
                yield Loosening(
                    path,
                    f"ignore {named} {ignore.reason}",
                    f"a comment ignores {named} here: {one_line(ignore.reason) or 'no reason'}",
                    Severity.MEDIUM,
                    ignore.line,
                    after=named,
                )


def _allowed(change: Change) -> Iterator[Loosening]:
    """Comments `pragma: allowlist secret` that hide what only its name makes a secret."""
    old = {
        change.renamed(path): len(facts.allowed)
        for path, facts in change.before.index.each(secrets.SLICE)
    }
    for path, facts in change.after.index.each(secrets.SLICE):
        more = len(facts.allowed) - old.get(path, 0)
        if more > 0:
            lines = "a comment lets a value" if more == 1 else f"{more} comments let values"
            yield Loosening(
                path,
                f"allowlist {more}",
                f"{lines} pass that would be taken for a secret",
                Severity.MEDIUM,
                facts.allowed[-1],
                after="pragma: allowlist secret",
            )


def _generated(change: Change) -> Iterator[Loosening]:
    """Files that people wrote and that now say a program did: no rule asks for their repair."""
    old = {
        change.renamed(path): facts.generated
        for path, facts in change.before.index.each(text.SLICE)
    }
    for path, facts in change.after.index.each(text.SLICE):
        if facts.generated and old.get(path) is False:
            yield Loosening(
                path,
                "generated",
                f"{one_line(path)} now says that a program wrote it, so most rules leave it out",
                Severity.MEDIUM,
                after="a comment in the head of the file",
            )
