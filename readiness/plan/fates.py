"""Fates: which files go, which a person is asked about, and which stay to be changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from typing import TYPE_CHECKING

from msgspec import Struct

from readiness.model import ActionKind, Finding, Severity
from readiness.plan.blockers import Need, blocked_by

if TYPE_CHECKING:
    from readiness.index import RepoIndex

GOING = (ActionKind.ARCHIVE, ActionKind.REMOVE)
CHANGES = (ActionKind.MODIFY, ActionKind.CREATE)
_DECIDED = (*GOING, ActionKind.AUDIT)
_ORDER = tuple(ActionKind)  # of two removals of one path the earlier one wins


class Ask(Struct):
    """What one finding asks for: `kind` of `paths`. `because` are the fingerprints of the finding
    and of others that ask the same of the same files."""

    kind: ActionKind
    finding: Finding
    paths: tuple[str, ...]
    because: tuple[str, ...]


class Fates(Struct):
    """`going`: path -> how it goes. `asks`: what is asked for, each path that goes or is asked
    about in one of them. `settled`: fingerprint of each finding that ends when files go which
    other findings ask for -> those files. `blocked`: path that should go -> who needs it."""

    going: dict[str, ActionKind]
    asks: list[Ask]
    settled: dict[str, tuple[str, ...]]
    blocked: dict[str, Need]


def decide(
    index: RepoIndex, findings: Sequence[Finding], kept: Set[str], spared: Set[str] = frozenset()
) -> Fates:
    """The fate of each path that `findings`, worst first, speak of. What is in use never goes, it
    is asked about; what is in `kept` neither goes nor is it asked about, and what is `spared` is
    not asked about for a small reason."""
    wished = _wished(findings, kept)
    blocked = blocked_by(index, set(wished))
    going = {path: kind for path, kind in sorted(wished.items()) if path not in blocked}
    asks = [
        *_removals(findings, going),
        *_held(findings, wished, blocked),
        *_questions(findings, {*kept, *wished}, spared),
    ]
    settled = {}
    for finding in findings:
        stays = tuple(path for path in finding.targets if path not in going)
        if finding.targets and not stays:
            settled[finding.fingerprint] = finding.targets
        elif finding.action not in _DECIDED:
            asks.append(Ask(finding.action, finding, stays, (finding.fingerprint,)))
    return Fates(going, asks, settled, blocked)


def _wished(findings: Iterable[Finding], kept: Set[str]) -> dict[str, ActionKind]:
    """Path -> the strongest removal that a finding asks for."""
    wished: dict[str, ActionKind] = {}
    for finding in findings:
        if finding.action not in GOING:
            continue
        for path in finding.targets:
            known = wished.get(path)
            if path not in kept and (known is None or _rank(finding.action) < _rank(known)):
                wished[path] = finding.action
    return wished


def _rank(kind: ActionKind) -> int:
    return _ORDER.index(kind)


def _removals(findings: Sequence[Finding], going: dict[str, ActionKind]) -> Iterator[Ask]:
    """Each path that goes, with the finding that speaks of most: a folder goes as one."""
    return _owned(
        [finding for finding in findings if finding.action in GOING],
        lambda finding, path: going.get(path) is finding.action,
        lambda finding: (-len(finding.targets),),
    )


def _held(
    findings: Sequence[Finding], wished: dict[str, ActionKind], blocked: dict[str, Need]
) -> Iterator[Ask]:
    """What should go and is in use: a question."""
    for ask in _owned(
        [finding for finding in findings if finding.action in GOING and finding.targets],
        lambda finding, path: path in blocked and wished.get(path) is finding.action,
        lambda finding: (-len(finding.targets),),
    ):
        ask.kind = ActionKind.AUDIT
        yield ask


def _questions(findings: Sequence[Finding], decided: Set[str], spared: Set[str]) -> Iterator[Ask]:
    """What findings only ask about, each path with the worst of them, or of two that are as bad
    the one that speaks of it most closely."""
    return _owned(
        [finding for finding in findings if finding.action is ActionKind.AUDIT],
        lambda finding, path: (
            path not in decided and not (path in spared and finding.severity is Severity.LOW)
        ),
        lambda finding: (finding.severity.rank, finding.confidence.rank, len(finding.targets)),
    )


def _owned(
    findings: Sequence[Finding],
    wants: Callable[[Finding, str], bool],
    order: Callable[[Finding], tuple[int, ...]],
) -> Iterator[Ask]:
    """One ask for each finding that owns a path or speaks of none; a path belongs to the first by
    `order` of those that want it, and the others stand behind that one in `because`."""
    wanting: dict[str, list[Finding]] = {}
    for finding in sorted(findings, key=order):
        for path in finding.targets:
            if wants(finding, path):
                wanting.setdefault(path, []).append(finding)
    owned: dict[str, list[str]] = {}
    for path, own in sorted(wanting.items()):
        owned.setdefault(own[0].fingerprint, []).append(path)
    for finding in findings:
        paths = owned.pop(finding.fingerprint, None)
        if paths is not None or not finding.targets:
            same = [other for path in paths or () for other in wanting[path]]
            because = dict.fromkeys(other.fingerprint for other in (finding, *same))
            yield Ask(finding.action, finding, tuple(paths or ()), tuple(because))
