"""Backing services: the databases, brokers and stores that an application needs, with proof."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from readiness.facts import manifest, python
from readiness.facts.compose import interpolate
from readiness.facts.python import PythonFacts
from readiness.index.configuration import service_of
from readiness.index.inventory import FileClass
from readiness.model import Evidence, Location

if TYPE_CHECKING:
    from readiness.index import RepoIndex


class Backing(Struct, frozen=True):
    """One backing service. `evidence` says how it is known that the application needs it, and
    `proven` that its code loads a client and something runs or names the server."""

    name: str
    evidence: tuple[Evidence, ...]
    proven: bool = False


class _Kind(Struct, frozen=True):
    images: str
    modules: frozenset[str]
    packages: frozenset[str]
    keys: str


def _kind(images: str, modules: str, keys: str, packages: str = "") -> _Kind:
    names = frozenset(modules.split())
    more = {name.replace("_", "-").lower() for name in names} | set(packages.split())
    return _Kind(images, names, frozenset(more), keys)


_KINDS: dict[str, _Kind] = {
    "PostgreSQL": _kind(
        r"postgres|postgis|pgvector|timescale|cockroach", "psycopg psycopg2 asyncpg pg8000 aiopg",
        r"POSTGRES|(?:^|_)PG_?(?:HOST|DATABASE|USER)|DATABASE_UR[IL]|DB_HOST|DB_UR[IL]|SQLALCHEMY_DA",
        "psycopg2-binary psycopg-binary psycopg-c",
    ),
    "MySQL": _kind(
        r"mysql|mariadb|percona", "pymysql MySQLdb aiomysql asyncmy mysql",
        r"MYSQL|MARIADB", "mysqlclient mysql-connector-python",
    ),
    "MongoDB": _kind("mongo", "pymongo motor mongoengine beanie odmantic", r"MONGO"),
    "Redis": _kind(
        r"redis|valkey|keydb|dragonfly", "redis aioredis valkey redis_om rq arq",
        r"REDIS|BROKER_URL|VALKEY", "django-redis flask-redis rq arq",
    ),
    "ArangoDB": _kind("arango", "arango arangoasync", r"ARANGO", "python-arango"),
    "Neo4j": _kind("neo4j", "neo4j neomodel", r"NEO4J"),
    "Elasticsearch": _kind(
        r"elasticsearch|opensearch", "elasticsearch opensearchpy elasticsearch_dsl",
        r"ELASTIC|OPENSEARCH", "opensearch-py",
    ),
    "Meilisearch": _kind("meilisearch", "meilisearch meilisearch_python_sdk", r"MEILI"),
    "RabbitMQ": _kind("rabbitmq", "pika aio_pika kombu", r"RABBIT|AMQP|BROKER_URL"),
    "Kafka": _kind("kafka|redpanda", "kafka confluent_kafka aiokafka faust", r"KAFKA"),
    "Consul": _kind("consul", "consul", r"CONSUL", "python-consul py-consul"),
    "Vault": _kind(r"(?:^|/)vault", "hvac", r"VAULT"),
    "Cassandra": _kind("cassandra|scylla", "cassandra", r"CASSANDRA", "cassandra-driver"),
    "ClickHouse": _kind("clickhouse", "clickhouse_driver clickhouse_connect", r"CLICKHOUSE"),
}  # fmt: skip
_MODULES = frozenset(("sqlalchemy", "django")).union(*(kind.modules for kind in _KINDS.values()))
_KEYS = re.compile("|".join(f"(?:{kind.keys})" for kind in _KINDS.values()))
_ELSEWHERE = ("test",)
_ASIDE = re.compile(r"(?:^|[-_./])(?:dev\w*|tests?|testing|docs?|lint|ci)(?:[-_.]|$)[^/]*$")


class Backings:
    """The backing services of any application of the repository."""

    def __init__(self, index: RepoIndex) -> None:
        self._index = index
        self._servers = {
            name: list(_containers(index, name, kind)) for name, kind in _KINDS.items()
        }

    def of(self, path: str) -> tuple[Backing, ...]:
        """Those of the application at `path`, sorted by name."""
        reader = _Reader(self._index, path)
        found = []
        for name, kind in _KINDS.items():
            clients = [*reader.imports(name, kind), *reader.packages(name, kind)]
            servers = [*self._servers[name], *reader.keys(name, kind)]
            if clients and servers:
                evidence = (clients[0], *servers[:2])
                found.append(Backing(name, evidence, proven=reader.imported(kind)))
        return tuple(sorted(found, key=lambda each: each.name))


def build(index: RepoIndex) -> Backings:
    return Backings(index)


def _containers(index: RepoIndex, name: str, kind: _Kind) -> Iterator[Evidence]:
    pattern = re.compile(kind.images)
    for container in index.containers.containers:
        image = interpolate(container.service.image) or container.service.image
        aside = container.environment in _ELSEWHERE or index.inventory.is_(
            container.file, FileClass.ARCHIVE, FileClass.TEST, FileClass.FIXTURE, FileClass.DOCS
        )
        if image and not aside and pattern.search(image.lower()) and _is_server(image):
            text = f"{container.file} runs {image} beside it"
            yield Evidence(text, Location(container.file, container.service.line))


class _Reader:
    def __init__(self, index: RepoIndex, path: str) -> None:
        self._index = index
        service = service_of(index, path)
        self._manifests = [
            file
            for file in index.folders[service]
            if file in index.files and not _ASIDE.search(file)
        ]
        self._modules: dict[str, tuple[str, int]] = {}
        self._keys: dict[str, tuple[str, int]] = {}
        telling = index.of_each(python.SLICE, _telling)
        for file in _code_of(index, service):
            modules, keys = telling[file]
            for top, line in modules:
                self._modules.setdefault(top, (file, line))
            for key, line in keys:
                self._keys.setdefault(key, (file, line))

    def imported(self, kind: _Kind) -> bool:
        own = {top for top in kind.modules if top in self._modules}
        return bool(own) or "sqlalchemy" in self._modules or "django" in self._modules

    def imports(self, name: str, kind: _Kind) -> Iterator[Evidence]:
        for top in sorted(kind.modules):
            if top in self._modules:
                file, line = self._modules[top]
                yield Evidence(f"{file} imports {top}, a client of {name}", Location(file, line))

    def packages(self, name: str, kind: _Kind) -> Iterator[Evidence]:
        for file in self._manifests:
            facts = self._index.facts(manifest.SLICE, file)
            for each in facts.dependencies if facts is not None else ():
                if each.name in kind.packages and not each.group:
                    text = f"{file} asks for {each.name}, a client of {name}"
                    yield Evidence(text, Location(file, each.line))

    def keys(self, name: str, kind: _Kind) -> Iterator[Evidence]:
        for key, (file, line) in sorted(self._keys.items()):
            if re.search(kind.keys, key):
                yield Evidence(f"{file} reads {key}", Location(file, line))


def _code_of(index: RepoIndex, service: str) -> Iterator[str]:
    """The live Python files of a service, sorted by path."""
    own: dict[str, bool] = {}  # folder -> is it of the service
    above = f"{service}/" if service else ""
    for file in index.paths(python.SLICE):
        if file.startswith(above) and index.inventory.is_(file, FileClass.LIVE):
            folder = file.rpartition("/")[0]
            if folder not in own:
                own[folder] = service_of(index, file) == service
            if own[folder]:
                yield file


_Lines = tuple[tuple[str, int], ...]


def _telling(path: str, facts: PythonFacts) -> tuple[_Lines, _Lines]:
    """What may tell of a backing service in a file, with the lines: the top-level modules that it
    imports, and the keys that it reads."""
    tops = (
        (each.module.partition(".")[0], each.line)
        for each in facts.imports
        if not (each.level or each.typing)
    )
    modules = tuple((top, line) for top, line in tops if top in _MODULES)
    read = ((each.key, each.line) for each in facts.environment)
    return modules, tuple((key, line) for key, line in read if _KEYS.search(key))


def _is_server(image: str) -> bool:
    return not re.search(r"exporter|admin|commander|insight|backup|express|ui\b", image)
