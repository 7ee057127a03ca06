"""Compose services whose authentication is switched off, or was never switched on."""

from __future__ import annotations

import re
from collections.abc import Iterator

from readiness.facts.compose import Service, interpolate

_ON = re.compile(r"1|true|yes|on|enabled?", re.IGNORECASE)
_OFF = re.compile(r"0|false|no|off|disabled?", re.IGNORECASE)
# Variables that open a service when they are on, when they are off, or at one value.
_OPENS = re.compile(
    r"ARANGO_NO_AUTH|ALLOW_EMPTY_PASSWORD|ALLOW_NONE_AUTHENTICATION|DISABLE_SECURITY_PLUGIN"
    r"|M(?:YSQL|ARIADB)_ALLOW_EMPTY(?:_ROOT)?_PASSWORD|plugins\.security\.disabled"
    r"|AUTHENTICATION_ANONYMOUS_ACCESS_ENABLED|ALLOW_ANONYMOUS_LOGIN"
)
_CLOSES = re.compile(r"CONSUL_ACL_ENABLED|xpack\.security\.enabled|ME_CONFIG_BASICAUTH")
_AT = {
    "POSTGRES_HOST_AUTH_METHOD": "trust",
    "NEO4J_AUTH": "none",
    "MEILI_ENV": "development",
}
_SWITCHES = re.compile(
    r"--no-?auth|--auth[= ]none|--without-authentication|--auth-enabled[= ]false"
    r"|--api\.insecure(?:=true)?(?= |$)|-E ?xpack\.security\.enabled=false"
    r"|--(?:NotebookApp|ServerApp|IdentityProvider)\.token=(?:''|\"\")?(?= |$)"
)
_REDIS = re.compile(r"(?:.*/)?(?:redis|valkey|redis-stack|redis-stack-server|redisgraph|keydb)")
_REDIS_SET = re.compile(r"requirepass|\S+\.conf\b|aclfile|masterauth|--tls-port")
_MONGO = re.compile(r"(?:.*/)?mongo")
_LOOPBACK = re.compile(r"^(?:127\.\d+\.\d+\.\d+|localhost|\[?::1\]?):")


def published(service: Service) -> bool:
    """Can others than the machine itself reach a port of the service?"""
    return any(not _LOOPBACK.match(interpolate(port) or port) for port in service.ports)


def openings(service: Service) -> Iterator[tuple[str, int]]:
    """(what leaves the service open, line) as the file is, where nothing else is set."""
    values = {v.key: (interpolate(v.value) or "", v.line) for v in service.environment if v.value}
    for key, (value, line) in values.items():
        on = _OPENS.fullmatch(key) and _ON.fullmatch(value)
        off = _CLOSES.fullmatch(key) and _OFF.fullmatch(value)
        at = _AT.get(key) == value and not (key == "MEILI_ENV" and "MEILI_MASTER_KEY" in values)
        if on or off or at:
            yield f"`{key}` is {value}", line
    anonymous, line = values.get("GF_AUTH_ANONYMOUS_ENABLED", ("", 0))
    role = values.get("GF_AUTH_ANONYMOUS_ORG_ROLE", ("", 0))[0]
    if _ON.fullmatch(anonymous) and role == "Admin":
        yield "anonymous visitors are administrators", line
    run = " ".join(word for c in service.entrypoint + service.command for word in c.words)[:4000]
    switch = _SWITCHES.search(run)
    if switch is not None:
        what = "opens its dashboard" if "api" in switch[0] else "switches authentication off"
        yield f"`{switch[0]}` {what}", service.command_line or service.line
    if published(service):
        yield from _never_closed(service, run)


def _never_closed(service: Service, run: str) -> Iterator[tuple[str, int]]:
    """Servers that ask for no password unless they are told to."""
    image = service.image.lower().partition(":")[0]
    mounts = " ".join(service.volumes)
    if _REDIS.fullmatch(image) and not image.startswith("bitnami/"):
        arguments = " ".join(v.value or v.key for v in service.environment if "ARGS" in v.key)
        if not (_REDIS_SET.search(f"{run} {arguments}") or ".conf" in mounts):
            yield "its command sets no `requirepass`, and its port is published", service.line
    elif _MONGO.fullmatch(image) and not (
        "--auth" in run
        or "--config" in run
        or service.env_files
        or any(variable.key.startswith("MONGO_INITDB_ROOT") for variable in service.environment)
    ):
        yield "it has no root user, and its port is published", service.line
