"""What is read of compose files, well-formed and hostile."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from readiness.facts.compose import (
    SLICE,
    ComposeFacts,
    Dependency,
    Service,
    Variable,
    extract,
    interpolate,
)


def read(text: str) -> ComposeFacts:
    return extract("compose", text.encode())


def service(body: str) -> Service:
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    return read(f"services:\n  web:\n{lines}").services[0]


def test_a_service_holds_its_image_build_and_command_with_their_lines() -> None:
    found = service(
        "build:\n  context: ./api\n  dockerfile: Dockerfile.prod\n  target: app\n"
        "command: celery -A tasks worker\nrestart: always"
    )
    assert (found.name, found.line, found.build_line) == ("web", 2, 4)
    assert (found.context, found.dockerfile, found.target) == ("./api", "Dockerfile.prod", "app")
    assert [command.words for command in found.command] == [("celery", "-A", "tasks", "worker")]
    assert (found.command_line, found.restart) == (7, "always")


def test_lists_and_mappings_say_the_same() -> None:
    expected = (Variable("A", "1", 4), Variable("B", None, 5))
    assert service("environment:\n  A: 1\n  B:").environment == expected
    assert service("environment:\n  - A=1\n  - B").environment == expected
    assert service("build: .").context == service("build:\n  target: x").context == "."
    assert service("depends_on: [db]").depends_on == ("db",)
    assert service("depends_on:\n  db:\n    condition: service_healthy").dependencies == (
        Dependency("db", "service_healthy"),
    )
    assert service("ports: ['80:8080']").ports == ("80:8080",)
    assert service("ports:\n  - published: 80\n    target: 8080").ports == ("80:8080",)
    assert service("env_file: a.env").env_files == ("a.env",)
    assert service("env_file:\n  - path: a.env\n    required: false").env_files == ("a.env",)


@pytest.mark.parametrize(
    ("body", "commands"),
    [
        ("image: a", None),
        ("healthcheck:\n  disable: true", []),
        ("healthcheck:\n  test: [NONE]", []),
        ("healthcheck:\n  interval: 5s", None),
        ("healthcheck:\n  test: [CMD, redis-cli, ping]", [("redis-cli", "ping")]),
        ("healthcheck:\n  test: [CMD-SHELL, 'pg_isready -U $$U']", [("pg_isready", "-U", "$U")]),
        ("healthcheck:\n  test: curl -f localhost", [("curl", "-f", "localhost")]),
    ],
)
def test_a_health_check_in_all_its_forms(body: str, commands: list[tuple[str, ...]] | None) -> None:
    check = service(body).healthcheck
    assert (None if check is None else [command.words for command in check]) == commands


def test_merge_keys_are_resolved_and_the_own_entry_wins() -> None:
    facts = read(
        "x-base: &base\n  image: a\n  restart: always\n"
        "x-limits: &limits\n  mem_limit: 1g\n"
        "services:\n  web:\n    <<: [*base, *limits]\n    image: b\n"
    )
    found = facts.services[0]
    assert (found.image, found.restart, found.limits) == ("b", "always", True)


def test_tags_and_duplicate_keys_are_tolerated() -> None:
    found = service("image: a\nimage: b\nports: !override\n  - '80'\nvolumes: !reset []")
    assert (found.image, found.ports, found.volumes) == ("b", ("80",), ())


def test_includes_extends_and_limits() -> None:
    facts = read(
        "include:\n  - a.yml\n  - path: b.yml\n"
        "services:\n  web:\n    extends:\n      file: base.yml\n      service: app\n"
        "    deploy:\n      resources:\n        limits:\n          memory: 1g\n"
    )
    assert facts.includes == ("a.yml", "b.yml")
    found = facts.services[0]
    assert (found.extends, found.extends_file, found.limits) == ("app", "base.yml", True)


def test_a_file_of_another_name_counts_where_its_services_are_services() -> None:
    stack = b"services:\n  web:\n    image: nginx\n"
    beans = b"services:\n  App\\Mailer:\n    arguments: [1]\n  x:\n    image: 1\n"
    assert SLICE.kind("deploy/production.yml") == "yaml"
    assert [found.name for found in extract("yaml", stack).services] == ["web"]
    assert extract("yaml", beans).services == ()
    assert SLICE.kind(".github/workflows/ci.yml") is None


def test_the_first_form_of_compose_files_has_services_at_the_top() -> None:
    assert [found.name for found in read("web:\n  image: a\ndb:\n  build: .\n").services] == [
        "web",
        "db",
    ]


def test_what_is_no_yaml_is_an_error_with_its_line() -> None:
    assert read("services:\n  web: [\n").error.startswith("line 3: ")
    assert extract("compose", b"\xff\xfe\x00").error == "it is no text"


def test_a_credential_is_hidden_but_its_form_and_weak_words_are_not() -> None:
    value = "k3" + "Zq8vT1"
    found = service(
        f"environment:\n  A_PASSWORD: {value}\n  B_PASSWORD: ${{B:-{value}}}\n"
        f"  C_PASSWORD: ${{C:-admin}}\n  D_URL: postgres://u:{value}@db/x\n"
        "  E_PASSWORD: ${E:?set}"
    )
    assert value not in repr(found)
    assert [variable.value for variable in found.environment] == [
        "<literal of 8 characters>",
        "${B:-<literal of 8 characters>}",
        "${C:-admin}",
        "postgres://u:<literal of 8 characters>@db/x",
        "${E:?set}",
    ]
    command = service(f"command: redis-server --requirepass {value} --port 1").command[0]
    assert command.words[2:4] == ("<literal of 8 characters>", "--port")


@pytest.mark.parametrize(
    ("text", "value"),
    [("a", "a"), ("${X:-a}/b", "a/b"), ("${X:-${Y:-a}}", "a"), ("$X", None), ("${X:?no}", None)],
)
def test_a_value_is_known_where_its_variables_have_defaults(text: str, value: str | None) -> None:
    assert interpolate(text) == value


ALIASES = "a0: &a0 [x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 30)
)
MERGES = "a0: &a0 {image: x}\n" + "".join(
    f"a{n}: &a{n}\n  <<: [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 60)
)
SHARED = "e: &e\n" + "".join(f"  - A{n}=b\n" for n in range(3000)) + "services:\n"
HOSTILE = {
    "aliases of aliases": f"{ALIASES}services:\n  web:\n    command: *a29\n    environment: *a29\n",
    "merges of merges": f"{MERGES}services:\n  web: *a59\n",
    "one list in every service": SHARED
    + "".join(f"  s{n}:\n    image: x\n    environment: *e\n" for n in range(3000)),
    "nested flow": "services: " + "[" * 100_000,
    "nested blocks": "services:\n" + "- " * 100_000 + "x",
    "an alias of itself": "services: &s\n  web: *s\n",
    "many nodes": "services:\n" + "  - a\n" * 500_000,
    "a line of 20 MB": "services:\n  web:\n    image: " + "x" * 20_000_000,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_yaml_is_read_within_bounds(text: str) -> None:
    started = time.process_time()
    facts = read(text)
    assert time.process_time() - started < 5
    assert len(facts.services) < 100


@given(st.binary(max_size=300))
def test_any_bytes_have_facts(data: bytes) -> None:
    for kind in ("compose", "yaml"):
        extract(kind, data)
        extract(kind, b"services:\n  web:\n    image: a\n    " + data)
