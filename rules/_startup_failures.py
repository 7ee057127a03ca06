"""Failures that a start only reports: which of those in the facts concern what is required."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from msgspec import Struct

from readiness.facts import python, shell
from readiness.facts.programs import unwrap
from readiness.facts.python import Swallow
from readiness.facts.shell import Command, ShellFacts
from readiness.index import RepoIndex, boot
from readiness.index.commands.lines import compose_words, innermost, program_of
from readiness.index.start_scripts import Way
from readiness.model import Confidence, Severity


class Failure(Struct, frozen=True):
    """`what` may fail at `line`, and the start goes on; `quote` says so. `told` is how it is
    known that it runs at the start. `function` holds it."""

    path: str
    line: int
    function: str
    what: str
    told: str
    quote: str
    severity: Severity
    confidence: Confidence


_OPTIONAL = re.compile(
    r"(?i)telemetr|metric|sentry|otel|trac(?:e|ing)|instrument|analytic|statsd|prometheus|datadog"
    r"|newrelic|warm|prefetch|version_check|update_check|notif|slack|discover|seed|webhook|plugin"
    r"|download|nltk|model|favicon|browser|optional|non-?(?:critical|fatal|essential)|best effort"
    r"|banner|debug|example|demo|sample|grafana|tempo|jaeger|loki|opa\b|frontend|:3000|best-effort"
)
_ENDING = re.compile(r"(?i)shut_?down|stop|close|clean_?up|dispose|disconnect|teardown|cancel|drop")
_STORE = re.compile(
    r"(?i)(?:^|[._])(?:db|database|postgres\w*|mysql|mongo\w*|engine|sqlalchemy|arango\w*|schema)(?:$|[._])"
    r"|_db\b|db_|database|migrat|alembic|create_all|init_models|create_tables"
)
_BROKER = re.compile(
    r"(?i)redis|rabbit|kafka|broker|consul|vault|elastic|opensearch|meili|minio|qdrant|nats|etcd|bucket"
)
_ACTS = re.compile(
    r"(?i)connect|ping|health|check|init|create|migrat|upgrade|verify|validat|execute|start|open|setup|wait"
)
_HEALTH = re.compile(r"(?i)health|ready|critical|required|connected")
_AGGREGATE = re.compile(
    r"(?i)(?:all|everything|services?|dependenc\w+|checks?|health|critical|required)"
)
_BOOTS = re.compile(
    r"(?i)start|boot|init|main|lifespan|set_?up|launch|serve|connect|health|valid|check|orchestr|ready"
    r"|ensure|migrat|create_app"
)
_GOES_ON = re.compile(r"(?i)continu|proceed|minimal|anyway|degraded|without|\bskip|fall.?back|but ")
_PROBES = re.compile(
    r"(?i)pg_isready|redis-cli\b.*\bping|mysqladmin\b.*\bping|mongosh?\b.*ping|\bnc -\w*z"
    r"|wait[-_]for|wait-on|(?:curl|wget)\b.*(?:health|ready|livez|_api/version|status/leader|localhost:8\d\d\d)"
    r"|health_?check|wait_for|check_(?:db|database|redis|postgres)"
)
_MIGRATES = re.compile(
    r"alembic\b.* upgrade|manage\.py migrate\b|(?:flask db|aerich) upgrade|prisma migrate deploy"
)
_HARMLESS = re.compile(r"(?:true|:|echo|printf|log\w*|warn\w*|info|print_\w+)\b")
_DEVELOPMENT = ("development", "test")
LONGEST = 2_000  # characters of a command that are read


def of_python(index: RepoIndex) -> Iterator[Failure]:
    """The swallowed failures in the functions that run when an application or worker starts."""
    seen: set[tuple[str, str]] = set()
    for started in index.startups.values():
        for function in started.functions:
            facts = index.facts(python.SLICE, function.path)
            own = [s for s in facts.swallows if s.where == function.name] if facts else []
            if own and (function.path, function.name) not in seen:
                seen.add((function.path, function.name))
                told = f"{function.path}: {started.chain(function)}"
                yield from _worst(function.path, own, told)


def _worst(path: str, swallows: Sequence[Swallow], told: str) -> Iterator[Failure]:
    """The worst failure that one function swallows."""
    found = []
    for swallow in swallows:
        judged = _judge(swallow)
        if judged is not None:
            severity, confidence, what = judged
            place = (path, swallow.line, swallow.where)
            found.append(Failure(*place, what, told, swallow.quote, severity, confidence))
    found.sort(key=lambda each: (each.severity.rank, each.confidence.rank, not each.quote))
    yield from found[:1]


def _judge(swallow: Swallow) -> tuple[Severity, Confidence, str] | None:
    """How bad it is that this failure is only reported; null where it may well be."""
    guards = [guard for guard in swallow.guards if not _ENDING.search(guard)]
    texts = " ".join((swallow.where, swallow.quote, *guards))
    if swallow.conditional or not guards or _ENDING.search(swallow.where):
        return None
    if _OPTIONAL.search(texts):
        return None
    excused = bool(_GOES_ON.search(swallow.quote)) or "fail" in swallow.quote.lower()
    asked = "(" not in "".join(guards) and _HEALTH.search(guards[0]) is not None
    if asked and _AGGREGATE.search(guards[0]) and len(swallow.guards) < 3 and excused:
        return Severity.CRITICAL, Confidence.HIGH, f"{guards[0]} is false"
    stores = [guard for guard in guards if _STORE.search(guard) and _ACTS.search(guard)]
    brokers = [guard for guard in guards if _BROKER.search(guard) and _ACTS.search(guard)]
    if stores and _BOOTS.search(swallow.where):
        if excused:
            return Severity.CRITICAL, Confidence.HIGH, f"{stores[0]}() fails"
        return Severity.HIGH, Confidence.MEDIUM, f"{stores[0]}() fails"
    if brokers and _BOOTS.search(swallow.where):
        return Severity.MEDIUM, Confidence.MEDIUM, f"{brokers[0]}() fails"
    return None


def of_scripts(index: RepoIndex) -> Iterator[Failure]:
    """The swallowed failures in the scripts that start the software, one a script."""
    rivals = {rival.path for group in index.start_groups for rival in group.rivals}
    started = {each.path: each for each in index.start_scripts if each.path not in rivals}
    booted = boot.scripts(index)
    for path in sorted(started.keys() | booted):
        facts = index.facts(shell.SLICE, path)
        script = started.get(path)
        infrastructure = script is not None and script.way is Way.INFRASTRUCTURE
        if facts is None or infrastructure:
            continue
        if script is not None and script.environment in _DEVELOPMENT:
            continue
        in_image = path in booted
        told = "a container runs it" if in_image else f"it starts the software {Way.HOST}"
        if script is not None and not in_image:
            told = f"it starts the software {script.way}: `{script.launched[0].text}`"
        found = list(_of_script(path, facts, told, in_image))
        found.sort(key=lambda each: (each.severity.rank, each.confidence.rank, each.line))
        yield from found[:1]


def _of_script(path: str, facts: ShellFacts, told: str, in_image: bool) -> Iterator[Failure]:
    for each in facts.tolerated:
        command = Command(each.guard, each.line)
        words = shell.expand(command, facts)
        what = _required(Command(words, each.line))
        if what and not _OPTIONAL.search(f"{' '.join(words)} {each.quote}"):
            goes_on = bool(_GOES_ON.search(each.quote))
            severity = Severity.HIGH if goes_on else Severity.MEDIUM
            confidence = Confidence.HIGH if goes_on else Confidence.MEDIUM
            yield Failure(
                path, each.line, each.function, what, told, each.quote, severity, confidence
            )
    for command in facts.commands:
        parts = command.fallback.split("; ")
        if not command.fallback or not all(map(_HARMLESS.match, parts)):
            continue
        what = _required(command)
        if what and not _OPTIONAL.search(" ".join(command.words)):
            migrates = in_image and _MIGRATES.search(" ".join(command.words)[:LONGEST])
            severity = Severity.CRITICAL if migrates else Severity.HIGH
            quote = f"|| {command.fallback}"
            yield Failure(
                path, command.line, command.function, what, told, quote, severity, Confidence.HIGH
            )


def _required(command: Command) -> str:
    """What a command checks, prepares or starts that the software cannot do without; else ""."""
    for part in unwrap(command):
        text = " ".join(part.words)[:LONGEST]
        inner = innermost(part.words)
        if "up" in compose_words(part.words)[:6] or _MIGRATES.search(text):
            return f"`{text[:80]}` fails"
        if program_of(part.words) not in ("echo", "printf") and (
            _PROBES.search(text) or (inner and _PROBES.search(" ".join(inner)[:LONGEST]))
        ):
            return f"`{text[:80]}` fails"
    return ""
