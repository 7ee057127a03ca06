"""What is read of Kubernetes and Cloud Run manifests."""

from hypothesis import given
from hypothesis import strategies as st

from readiness.facts.k8s import SLICE, Workload, extract

DEPLOYMENT = """
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  strategy: {type: RollingUpdate}
  template:
    spec:
      initContainers:
        - name: migrate
          image: app:1
          args: [migrate]
      containers:
        - name: web
          image: app:1
          command: [sh, -c, uvicorn main:app]
          ports: [{name: http, containerPort: 8000}]
          env: [{name: MODE, value: "1"}, {name: KEY, valueFrom: {}}]
          livenessProbe:
            httpGet: {path: /health, port: http}
          readinessProbe:
            exec: {command: [python, check.py]}
          resources: {limits: {memory: 1Gi}}
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: nightly}
spec: {jobTemplate: {spec: {template: {spec: {containers: [{name: job, image: app:1}]}}}}}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {ports: [{port: 80}]}
"""


def read(text: str) -> tuple[Workload, ...]:
    return extract("yaml", text.encode()).workloads


def test_a_workload_holds_its_containers_with_commands_ports_and_probes() -> None:
    web, nightly = read(DEPLOYMENT)
    assert (web.kind, web.name, web.strategy, web.line) == ("Deployment", "web", True, 2)
    migrate, main = web.containers
    assert migrate.init
    assert [command.words for command in migrate.arguments] == [("migrate",)]
    assert [command.words for command in main.command] == [("uvicorn", "main:app")]
    assert (main.ports, main.limits) == ((("http", "8000"),), True)
    assert [(v.key, v.value) for v in main.environment] == [("MODE", "1"), ("KEY", None)]
    assert (nightly.kind, nightly.containers[0].name) == ("CronJob", "job")


def test_a_probe_asks_a_path_or_runs_a_command_and_has_its_line() -> None:
    liveness, readiness = read(DEPLOYMENT)[0].containers[1].probes
    assert (liveness.kind, liveness.path, liveness.port) == ("liveness", "/health", "http")
    assert DEPLOYMENT.splitlines()[liveness.line - 1].strip() == "livenessProbe:"
    assert [command.words for command in readiness.command] == [("python", "check.py")]


def test_a_cloud_run_service_and_a_list_are_workloads_too() -> None:
    service = "apiVersion: serving.knative.dev/v1\nkind: Service\nspec: {template: {spec: "
    service += "{containers: [{image: app}]}}}\n"
    assert [found.kind for found in read(service)] == ["Service"]
    listed = "apiVersion: v1\nkind: List\nitems:\n- kind: Pod\n  apiVersion: v1\n  spec:\n"
    assert [found.kind for found in read(f"{listed}    containers: [{{image: a}}]\n")] == ["Pod"]


def test_a_patch_without_an_image_is_partial() -> None:
    patch = (
        "apiVersion: apps/v1\nkind: Deployment\nspec: {template: {spec: {containers: [{name: a}]}}}"
    )
    assert read(patch)[0].partial


def test_a_chart_template_and_other_yaml_say_nothing() -> None:
    chart = "apiVersion: apps/v1\nkind: Deployment\nspec:\n  containers: {{ .Values.x }}\n"
    assert extract("yaml", chart.encode()).templated
    assert read("containers:\n  kind: Deployment\n") == ()
    assert SLICE.kind("docker-compose.yml") is None


def test_broken_yaml_is_an_error() -> None:
    broken = "apiVersion: v1\nkind: Pod\nspec:\n  containers: [\n"
    assert extract("yaml", broken.encode()).error


@given(st.binary(max_size=300))
def test_any_bytes_have_facts(data: bytes) -> None:
    extract("yaml", data)
    extract("yaml", b"apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - " + data)
