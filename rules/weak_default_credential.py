"""SEC004: credentials that everybody knows, and services that ask for none."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator

from readiness.facts import fallbacks
from readiness.index import RepoIndex
from readiness.model import Area, Confidence, Dimension, Finding, Severity
from readiness.rule import Example, Reads, for_

from ._secret_facts import SecretRule
from ._secret_places import cases_of
from ._weak_credentials import Weak, find

_WEB = "services:\n  web:\n    build: .\n    ports: ['80:80']\n"
_GRAFANA = (
    "  grafana:\n    image: grafana/grafana\n    ports: ['%s3000']\n    environment:\n"
    "      GF_SECURITY_ADMIN_PASSWORD: %s\n"
)
_APP = "-- app/main.py --\nfrom fastapi import FastAPI\napp = FastAPI()\n"
_SETTINGS = "-- app/settings.py --\n"
_SHOWN = 6


class WeakDefaultCredential(SecretRule):
    """A service starts with a credential that everybody knows, or without any.

    What it does
        Looks for passwords and signing keys that have a value where nobody sets one: defaults and
        literals in compose files, images and manifests, env files for production, defaults of
        environment variables and of settings classes in code. And for services whose
        authentication is off, or was never switched on while their port is published.

    Why it matters
        Defaults are what attackers try first, and a signing key from a public file lets anybody
        write a valid session. As all works without the right value, nobody notices it is missing.

    How to fix
        Let the start fail instead: `${GRAFANA_ADMIN_PASSWORD:?}` in compose files,
        `os.environ["SECRET_KEY"]` or a settings field without default in code. Bind ports that
        only neighbours need to 127.0.0.1, or publish none.

    Limits
        Files for development and tests weigh little; what only a service's neighbours reach weighs
        less than what is published. Accounts at other companies are left out: a made-up key opens
        nothing there. A default that the code refuses at its start is low. Values are not shown.
    """

    id = "SEC004"
    name = "weak-default-credential"
    dimension = Dimension.SECURITY
    area = Area.SECRETS
    severity = Severity.HIGH
    outside = "Give each of these services a credential of its own wherever it runs"
    examples = (
        Example(
            "the usual password where none is set, on a published port",
            "-- docker-compose.yml --\n"
            + _WEB
            + _GRAFANA % ("3000:", "${GRAFANA_PASSWORD:-admin}"),
            ("docker-compose.yml:9",),
        ),
        Example(
            "the start fails where none is set; the key of another company",
            "-- docker-compose.yml --\n"
            + _WEB
            + _GRAFANA % ("3000:", "${GRAFANA_PASSWORD:?}")
            + "      SMTP_PASSWORD: ${SMTP_PASSWORD:-test}\n      TOKEN_EXPIRE_DAYS: 1\n",
        ),
        Example(
            "authentication that is off, or never was on",
            "-- compose.prod.yml --\nservices:\n  db:\n    image: arangodb\n    ports: ['8529']\n"
            "    environment: ['ARANGO_NO_AUTH=${ARANGO_NO_AUTH:-1}']\n"
            "  cache:\n    image: redis:7\n    ports: ['6379:6379']\n",
            ("compose.prod.yml:5", "compose.prod.yml:6"),
        ),
        Example(
            "a password for redis, and one that only neighbours reach",
            "-- compose.prod.yml --\nservices:\n  cache:\n    image: redis:7\n"
            "    ports: ['6379:6379']\n    command: redis-server --requirepass ${REDIS:?}\n"
            "  queue: {image: redis}\n  local: {image: redis, ports: ['127.0.0.1:6379:6379']}\n",
        ),
        Example(
            "defaults in code",
            _APP + _SETTINGS + "import os\nSECRET_KEY = os.getenv('JWT_SECRET', 'dev-secret')\n"
            "-- app/config.py --\nclass Settings(BaseSettings):\n    secret_key = 'changeme'\n",
            ("app/settings.py:2", "app/config.py:2"),
        ),
        Example(
            "a default that the application refuses",
            _APP + _SETTINGS + "import os\nSECRET_KEY = os.getenv('SECRET_KEY', 'changeme')\n"
            "if SECRET_KEY == 'changeme' and not DEBUG:\n    raise SystemExit('no key')\n",
            ("app/settings.py:2",),
        ),
        Example(
            "constants, names of fields, tests, development, and none at all",
            _APP + _SETTINGS + "import os\nSECRET_KEY = os.environ.get('SECRET_KEY', '')\n"
            "PASSWORD = 'password'\nclass Grant(Enum):\n    PASSWORD = 'password'\n"
            "CLIENT_SECRET = 'client_secret'\nSECRET_KEY_CHARSET = 'abcdefghijklmnop'\n"
            "class TestSettings(BaseSettings):\n    secret_key: str = 'changeme'\n"
            "-- app/settings_dev.py --\nSECRET_KEY = 'insecure-dev'\n",
        ),
    )

    def reads(self, paths: Collection[str]) -> Reads:
        return {**super().reads(paths), fallbacks.SLICE: paths}

    def check(self, index: RepoIndex) -> Iterator[Finding]:
        reported = {(case.path, line) for case in cases_of(index) for line in case.secret.lines}
        groups: dict[tuple[str, str], list[Weak]] = defaultdict(list)
        for weak in find(index):
            if (weak.file, weak.line) not in reported:
                groups[weak.file, weak.name].append(weak)
        files: dict[str, set[str]] = defaultdict(set)
        for group in groups.values():
            files[group[0].group].add(group[0].file)
        for group in groups.values():
            group.sort(key=lambda weak: (weak.severity.rank, weak.line))
            yield self._finding(group, len(files[group[0].group]))

    def _finding(self, group: list[Weak], files: int) -> Finding:
        first = group[0]
        evidence = [*first.evidence]
        evidence += [
            for_(weak.evidence[0].summary, weak.file, weak.line) for weak in group[1:_SHOWN]
        ]
        return self.finding(
            first.file,
            first.message,
            line=first.line,
            key=first.name,
            severity=first.severity,
            confidence=Confidence.HIGH if first.sure else Confidence.MEDIUM,
            evidence=evidence,
            cause=f"{first.group} in {files} files" if first.group and files > 1 else "",
        )
