"""Holds the audit of the reference platform against what two expert reviewers saw there.

usage: make acceptance REPO=/path/to/reference-platform

The platform's code is not part of this project, so continuous integration cannot run this; the
facts are those of its commit 8c9565c. Prints one line a fact and exits with 1 if any fails.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

Report = dict[str, Any]
Check = tuple[str, Callable[[Report], object]]

P = "symphainy-platform/"
SCORES = {
    "cleanup": 1.5,
    "startup": 3.5,
    "tests": 3.0,
    "configuration": 2.5,
    "security": 1.5,
    "operations": 3.0,
}
ARCHIVES = (
    "tests_old_archive",
    P + "archive",
    "archive",
    P + "backend/archive",
    "docs/12-5-doc-archive",
    "docs/12.5-root-archive",
    "symphainy-frontend/archive",
    P + "foundations/communication_foundation_archived",
    P + "docs/111125_archive",
    P + "backend/smart_city/archived_services",
    "symphainy-frontend/docs/archived_plans",
    P + "utilities/archived_utilities",
)
UNPARSEABLE = (
    P + "backend/content/orchestrators/content_orchestrator/content_orchestrator.py:1912",
    P + "backend/journey/orchestrators/content_journey_orchestrator/"
    "content_analysis_orchestrator.py:540",
    P + "foundations/public_works_foundation/abstraction_contracts/security_protocol.py:139",
    P + "foundations/public_works_foundation/infrastructure_abstractions/"
    "workflow_visualization_abstraction.py:242",
    "tests/unit/content/test_file_parser_structured.py:189",
)
SECRETS = (
    "docs/11-11/SUPABASE_AUTH_SETUP.md:24",
    "docs/11-11/SUPABASE_AUTH_SETUP.md:219",
    "docs/11-11/SUPABASE_AUTH_SETUP.md:220",
    "docs/11-11/SUPABASE_AUTH_SIMPLE_SETUP.md:26",
    "docs/11-11/SUPABASE_AUTH_SIMPLE_SETUP.md:56",
    "docs/11-11/SUPABASE_AUTH_SIMPLE_SETUP.md:57",
    "docs/11-11/SUPABASE_DASHBOARD_CHECKLIST.md:30",
    "tests_old_archive/MANUAL_MIGRATION_GUIDE.md:79",
    "tests_old_archive/integration/layer_8_business_enablement/CREDENTIALS_CLARIFICATION.md:101",
    "tests_old_archive/integration/layer_8_business_enablement/ENV_SECRETS_UPDATE_GUIDE.md:71",
    "tests_old_archive/integration/layer_8_business_enablement/ENV_SECRETS_UPDATE_GUIDE.md:85",
)
NO_SECRETS = (
    ".github/IDIOT_PROOF_SECRETS_SETUP.md",
    "THREE_TIER_SETUP.md",
    "scripts/load-secrets.sh",
    "fix-missing-config.sh",
    "config/secrets.example",
)
RIVAL_SCRIPTS = tuple(
    f"{P}scripts/{name}-startup.sh" for name in ("working", "proper", "enhanced", "production")
)
COPIES = (
    P + "foundations/di_container/di_container_service.archived.py",
    P + "utilities/logging/logging_service_backup.py",
    "page-updated.tsx",
    "operations-service-updated.ts",
)
CONDEMNING = {"HYG001", "HYG002", "HYG003", "STA001", "STA003"}
LIVE = (
    P + "main.py",
    P + "main_cloud_ready.py",
    P + "celery_app.py",
    P + "startup.sh",
    "services/cobrix-parser/app/server.py",
)
LIVE_PATTERNS = (
    r"(csv|excel|json|text)_processing_abstraction\.py$",
    r"^symphainy-platform/backend/(?!archive).*(content|insights|operations|outcomes)_mcp_server\.py$",
    r"^symphainy-platform/backend/smart_city/services/(?!.*archiv)[^/]+/modules/[^/]+\.py$",
    r"_context_utility_(bootstrap|integrated)\.py$",
    r"^tests/.*_comprehensive\.py$",
)


def of(report: Report, rule: str) -> list[dict[str, Any]]:
    return [finding for finding in report["findings"] if finding["rule"] == rule]


def places(report: Report, rule: str, severities: str = "critical high medium low") -> set[str]:
    """path and path:line of every finding, and of the evidence that it gives."""
    found = set()
    for finding in of(report, rule):
        if finding["severity"] in severities.split():
            found |= {finding["path"], f"{finding['path']}:{finding['line']}"}
            found |= {f"{e['path']}:{e['line']}" for e in finding["evidence"]}
    return found


def condemned(report: Report) -> set[str]:
    """Every file that a finding asks to archive or remove."""
    return {
        subject
        for finding in report["findings"]
        if finding["rule"] in CONDEMNING
        for subject in ([finding["path"]] if finding["rule"] != "HYG001" else finding["subjects"])
        if subject
    }


def says(report: Report, rule: str, path: str) -> bool:
    """Does a finding of `rule` name `path`, in its message or its evidence?"""
    return any(
        path in finding["message"]
        or any(path in f"{e['summary']} {e['path']}" for e in finding["evidence"])
        for finding in of(report, rule)
    )


def story_of(report: Report, *rules: str) -> bool:
    by_print = {finding["fingerprint"]: finding["rule"] for finding in report["findings"]}
    return any(
        ".gitignore:234" in story["cause"]
        and set(rules) <= {by_print.get(print_) for print_ in story["fingerprints"]}
        for story in report["stories"]
    )


def checks(report: Report) -> Iterator[Check]:
    card = report["scorecard"]
    yield "the commit", lambda r: (r["commit"] or "").startswith("8c9565c")
    yield "overall within 1.0 of 2.5", lambda r: abs(card["overall"] - 2.5) <= 1.0
    for entry in card["dimensions"]:
        expected = SCORES[entry["dimension"]]
        near = entry["value"] is not None and abs(entry["value"] - expected) <= 1.5
        text = f"{entry['dimension']} {entry['value']} within 1.5 of {expected}"
        yield text, lambda r, near=near: near
    for root in ARCHIVES:
        yield f"archive {root}", lambda r, root=root: root in places(r, "HYG001")
    yield "story of .gitignore:234", lambda r: story_of(r, "HYG009", "CTR008", "CIC004")
    for place in UNPARSEABLE:
        yield f"does not parse: {place}", lambda r, place=place: place in places(r, "HYG016")
    yield "five that do not parse", lambda r: len(of(r, "HYG016")) == 5
    yield "primary API entrypoint", lambda r: says(r, "STA001", P + "main.py")
    yield "primary worker", lambda r: says(r, "STA001", P + "celery_app.py")
    for rival in ("scripts/application-factory.py", "main/celery.py"):
        yield f"rival {rival}", lambda r, rival=rival: P + rival in places(r, "STA001")
    yield "canonical start script", lambda r: says(r, "STA003", P + "startup.sh")
    for script in RIVAL_SCRIPTS:
        yield f"start script {script}", lambda r, script=script: script in places(r, "STA003")
    for copy in COPIES:
        named = lambda r, copy=copy: any(p and p.endswith(copy) for p in places(r, "HYG002"))  # noqa: E731
        yield f"copy {copy}", named
    for place in SECRETS:
        yield (
            f"secret {place}",
            lambda r, place=place: place in places(r, "SEC001", "critical high"),
        )
    yield (
        "12 nested workflows",
        lambda r: (
            len({s for f in of(r, "CIC002") for s in f["subjects"] if "/.github/" in s}) == 12
        ),
    )
    yield "broken reference tests/tests/unit", lambda r: says(r, "CIC004", "tests/tests/unit")
    yield "broken reference api_contracts", lambda r: says(r, "CIC004", "api_contracts")
    yield (
        "services that docker-compose.test.yml lacks",
        lambda r: says(r, "CIC004", "docker-compose.test.yml"),
    )
    yield (
        "neutralised gates",
        lambda r: ".github/workflows/deploy-production.yml" in places(r, "CIC003"),
    )
    yield "no rollback", lambda r: bool(of(r, "CIC009"))
    yield "no readiness route", lambda r: bool(of(r, "OBS001"))
    yield (
        "57 stale live test files, within a quarter",
        lambda r: 43 <= len({f["path"] for f in of(r, "TST001")}) <= 71,
    )
    for path in LIVE:
        yield f"kept: {path}", lambda r, path=path: path not in condemned(r)
    for pattern in LIVE_PATTERNS:
        yield (
            f"kept: {pattern}",
            lambda r, pattern=pattern: [p for p in condemned(r) if re.search(pattern, p)] == [],
        )
    for path in NO_SECRETS:
        yield (
            f"no secret: {path}",
            lambda r, path=path: (
                not any(p and path in p for p in places(r, "SEC001", "critical high"))
            ),
        )
    yield (
        "no secret: PASSWORD_* policy numbers",
        lambda r: (
            not any(
                f["severity"] in ("critical", "high")
                and (f["path"] or "").startswith(P + "config/")
                for f in of(r, "SEC002")
            )
        ),
    )
    yield "/health is served", lambda r: not of(r, "CTR002")
    yield (
        "tests that pythonpath resolves",
        lambda r: (
            {
                f["path"]: " patches " in f["message"]
                for f in of(r, "TST001")
                if f["path"].startswith("tests/")
            }
            == {
                "tests/unit/insights/test_insights_query.py": False,
                "tests/unit/content/test_file_parser_hybrid.py": True,  # names that no module binds
            }
        ),
    )


def main(repository: str) -> int:
    readiness = str(Path(sys.executable).with_name("readiness"))
    command = [readiness, "audit", repository, "--rev", "8c9565c", "--format", "json"]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=False)
    if done.returncode != 0:
        return done.returncode
    report = json.loads(done.stdout)
    failures = 0
    for name, holds in checks(report):
        passed = bool(holds(report))
        failures += not passed
        print(f"{'ok  ' if passed else 'FAIL'}  {name}")
    print(f"{failures} of {len(list(checks(report)))} facts do not hold")
    return 1 if failures else 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: make acceptance REPO=/path/to/reference-platform")
    sys.exit(main(sys.argv[1]))
