"""What a credential guards, told from its name, and how well known its value is."""

from __future__ import annotations

import re
from enum import StrEnum

from readiness.facts.credentials import WEAK, is_credential
from readiness.facts.secret_names import words


class Guards(StrEnum):
    """`SIGNING` keys forge sessions and tokens, an `ADMIN` password opens all, a `BACKING` one a
    database or another service behind the application. `OTHERS`: the account is one elsewhere, and
    a made-up value there opens nothing."""

    SIGNING = "signing"
    ADMIN = "admin"
    BACKING = "backing"
    OTHERS = "others"


_OTHERS = frozenset(
    "smtp mail email imap pop3 aws s3 openai anthropic azure gcp google facebook twitter github "
    "gitlab bitbucket stripe paypal twilio sendgrid mailgun slack discord telegram sentry oauth "
    "oauth2 oidc sso client ldap proxy registry dockerhub pypi npm huggingface hf supabase auth0 "
    "recaptcha captcha turnstile webpush vapid apple microsoft linkedin test tests dummy mock "
    "fake example percy aliyun baidu wechat api token bearer access".split()
)
_LAST = frozenset(
    "password passwd pass pwd passphrase secret secretkey requirepass masterkey jwtsecret".split()
)
_KEYS = frozenset(
    "secret master jwt signing session encryption app django flask cookie private auth".split()
)
_ADMIN = frozenset("admin administrator superuser root initial master".split())
BACKENDS = frozenset(
    "postgres postgresql pg pgsql mysql mariadb mongo mongodb redis valkey rabbitmq amqp db "
    "database sql mssql oracle arango arangodb neo4j cassandra clickhouse elastic elasticsearch "
    "opensearch influxdb couchdb minio meili meilisearch memcached kafka celery broker".split()
)
_DEFAULT = re.compile(r"\$\{(\w+):?-(.+)\}")


def guards(name: str) -> Guards | None:
    """What the credential of that name guards; null where it is none, or its name is vague."""
    if not is_credential(name):
        return None
    parts = words(name)
    is_key = parts[-1:] == ["key"] and not _KEYS.isdisjoint(parts[:-1])
    if not parts or not (parts[-1] in _LAST or is_key):
        return None
    if not _OTHERS.isdisjoint(parts):
        return Guards.OTHERS
    if is_key or parts[-1] in ("secret", "secretkey", "masterkey", "jwtsecret"):
        return Guards.SIGNING
    if not BACKENDS.isdisjoint(parts):
        return Guards.BACKING
    return Guards.ADMIN if not _ADMIN.isdisjoint(parts) else Guards.BACKING


def default_of(value: str) -> tuple[str, str]:
    """(variable, value) of `${VARIABLE:-value}`, ("", value) of a literal; the value is empty
    where there is none, or a reference."""
    variable = ""
    for _ in range(4):
        match = _DEFAULT.fullmatch(value)
        if match is None:
            break
        variable, value = variable or match[1], match[2]
    return variable, "" if "$" in value or value.startswith(("{{", "/run/", "vault:")) else value


def fame(value: str) -> str:
    """ "well-known", "placeholder" or "fixed", of a value as it stands in the facts."""
    if value.lower() in WEAK:
        return "well-known"
    return "placeholder" if value.startswith("<placeholder") else "fixed"


def echoes(name: str, value: str) -> bool:
    """Is the value perhaps the name again, as of a constant that holds a key's name
    (`SECRET_KEY = "secret_key"`)? Of a hidden value only the length is known."""
    flat = name.lower().strip("_")
    return value.lower() == flat or f" of {len(flat)} " in value
