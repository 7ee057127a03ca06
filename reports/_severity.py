"""Our severities in the words of the systems that read reports."""

from __future__ import annotations

from readiness.model import Severity

LEVEL = {  # SARIF; GitHub's annotations call a note a notice
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "note",
    Severity.INFO: "note",
}
PROBLEM = {"error": "error", "warning": "warning", "note": "recommendation"}  # GitHub's alerts
SECURITY = {  # on CVSS's scale, as GitHub's alerts want it
    Severity.CRITICAL: "9.5",
    Severity.HIGH: "8.0",
    Severity.MEDIUM: "5.5",
    Severity.LOW: "3.0",
    Severity.INFO: "0.1",
}
CODE_QUALITY = {  # GitLab
    Severity.CRITICAL: "blocker",
    Severity.HIGH: "critical",
    Severity.MEDIUM: "major",
    Severity.LOW: "minor",
    Severity.INFO: "info",
}
