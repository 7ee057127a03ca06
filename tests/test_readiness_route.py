"""How surely an application is said to have no readiness route."""

import pytest

from readiness.model import Confidence, Finding, Severity
from readiness.registry import rules
from readiness.testing import build_index

APP = """-- Dockerfile --
FROM python
COPY . .
CMD gunicorn main:app
-- main.py --
app = Flask()
@app.get("/ping")
def ping():
    return "pong"
"""


def found(tree: str) -> Finding:
    rule = next(rule for rule in rules() if rule.id == "OBS001")
    (finding,) = rule.check(build_index(tree))
    return finding


def test_it_is_sure_where_every_path_is_known() -> None:
    finding = found(APP)
    assert (finding.severity, finding.confidence) == (Severity.HIGH, Confidence.HIGH)


@pytest.mark.parametrize("path", ['scoped("/login")', 'PATHS["login"]', "path"])
def test_it_is_less_sure_where_paths_are_put_together_at_run_time(path: str) -> None:
    finding = found(f"{APP}@app.route({path})\ndef login(): ...\n")
    assert (finding.severity, finding.confidence) == (Severity.HIGH, Confidence.MEDIUM)
    told = finding.evidence[-1]
    assert told.summary == "the paths of routes are put together at run time in 1 place"
    assert (told.location.path, told.location.line) == ("main.py", 5)


def test_routes_of_another_service_cast_no_doubt() -> None:
    other = "-- other/x.py --\nx = Blueprint()\n@x.route(path)\ndef y(): ...\n"
    apart = APP.replace("-- Dockerfile", "-- shop/Dockerfile").replace("-- main", "-- shop/main")
    assert found(apart + other).confidence is Confidence.HIGH


def test_a_status_page_in_json_that_checks_something_is_a_health_route() -> None:
    status = '@app.get("/status.json")\ndef status():\n    return get_status()\n'
    finding = found(APP + status)
    assert finding.message == (
        "no readiness route: only /status.json, which liveness shares, checks something"
    )
    assert finding.severity is Severity.MEDIUM
