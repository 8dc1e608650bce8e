"""The Dockerfile, the compose playground and the Kubernetes manifest, as far as they can be tried without Docker and without a cluster."""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from tests.conftest import ROOT
from tests.support import sample_reports
from tests.support.wire import wait_until
from validator.checking.assemble import Settings, check
from validator.cli import app
from validator.demo.emulators.azurite import Azurite, free_port
from validator.service import server as serve

pytestmark = pytest.mark.no_cover  # measured: other tests go through these lines

DOCKERFILE = (ROOT / "Dockerfile").read_text()
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
MANIFEST = {each["kind"]: each for each in yaml.safe_load_all((ROOT / "docs/examples/deployment/kubernetes.yaml").read_text())}
GUIDES = {name: (ROOT / "docs/guides" / f"{name}.md").read_text() for name in ("service", "deployment")}


def parsed(command: str, arguments: list[str]) -> Any:
    return SimpleNamespace(**app.load(command).make_context(command, arguments).params)


# ---- the Dockerfile --------------------------------------------------------------------------------------------------


def stages() -> dict[str, str]:
    parts = re.split(r"^FROM (\S+) AS (\S+)\n", DOCKERFILE, flags=re.MULTILINE)
    return {name: f"{image}\n{body}" for image, name, body in zip(parts[1::3], parts[2::3], parts[3::3], strict=True)}


def test_the_image_is_slim_and_without_privileges() -> None:
    service = stages()["service"]
    assert service.startswith("python:3.11-slim@sha256:")
    assert "USER 10001:10001" in service
    assert "RUN" not in service
    assert 'ENTRYPOINT ["planet-validator"]' in service
    for line in re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE, flags=re.MULTILINE):
        for source in line.split()[:-1]:
            assert (ROOT / source).exists(), source


def test_what_the_image_runs_is_understood_and_refuses_to_start_without_a_token() -> None:
    command = json.loads(re.search(r"^CMD (\[.*\])$", stages()["service"], flags=re.MULTILINE)[1])
    told = parsed(command[0], command[1:])
    assert (told.host, told.port) == ("0.0.0.0", 8080)  # noqa: S104 - inside the container
    assert f"EXPOSE {told.port}" in stages()["service"]
    done = subprocess.run([sys.executable, "-m", "validator", *command], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 2
    assert serve.TOKEN_VARIABLE in done.stderr


def test_nothing_else_goes_into_the_image() -> None:
    lines = (ROOT / ".dockerignore").read_text().split()
    assert lines[0] == "*"
    assert "validator/demo/emulators/azurite/node_modules" in lines
    copied = {
        source for line in re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE, flags=re.MULTILINE) for source in line.split()[:-1]
    }
    for source in copied:
        assert any(source == each[1:] or source.startswith(each[1:] + "/") for each in lines if each.startswith("!")), source


# ---- the playground --------------------------------------------------------------------------------------------------


def test_the_playgrounds_parts_fit_together() -> None:
    services = COMPOSE["services"]
    assert set(services) == {"validator", "s3", "azurite", "gcs", "seed"}
    told = parsed("serve", services["validator"]["command"][1:])
    assert told.allow_private_endpoints
    places = dict(each.split("=", 1) for each in told.endpoint)
    address = {
        name: each["networks"]["clouds"]["ipv4_address"]
        for name, each in services.items()
        if isinstance(each["networks"], dict)
    }
    assert places == {
        "amazon_s3": f"http://{address['s3']}:5000",
        "azure_blob_storage": f"http://{address['azurite']}:10000/planetdemo",
        "google_cloud_storage": f"http://{address['gcs']}:4443",
    }
    assert f"--azurite={places['azure_blob_storage']}" in services["seed"]["command"]
    assert f"--url={places['google_cloud_storage']}" in services["gcs"]["command"]
    assert (
        services["azurite"]["environment"]["AZURITE_ACCOUNTS"] == f"planetdemo:{services['seed']['environment']['AZURITE_KEY']}"
    )
    assert base64.b64decode(services["seed"]["environment"]["AZURITE_KEY"]).startswith(b"EXAMPLE")
    assert services["validator"]["ports"] == ["127.0.0.1:8080:8080"]  # nobody else's machine
    for name in services:
        assert services[name]["read_only"] is True
        assert services[name]["cap_drop"] == ["ALL"]
        assert services[name]["build"]["target"] in stages()
    assert services["s3"]["command"] == ["s3", "--host=0.0.0.0", "--port=5000"]


@contextmanager
def running(*command: str, **environment: str) -> Iterator[list[str]]:
    """A process of ours; what it has printed so far."""
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=ROOT, env={**os.environ, **environment}
    )
    said: list[str] = []
    assert process.stdout
    import threading

    def listen() -> None:
        assert process.stdout
        said.extend(iter(process.stdout.readline, ""))

    reader = threading.Thread(target=listen, daemon=True)
    reader.start()
    try:
        yield said
    finally:
        process.terminate()
        process.wait(120)
        reader.join(60)
        process.stdout.close()


def sources(said: list[str]) -> dict[str, Any]:
    return {each["name"]: each for each in (json.loads(line) for line in said if line.startswith("{"))}


def judged(source: Any, type_: str, url: str) -> tuple[str, list[str]]:
    report = check(source, Settings(timeout=60, endpoints={type_: url})).destinations[0]
    return report.verdict.value, [each.name for each in report.findings if each.severity == "error"]


@pytest.mark.parametrize(("cloud", "type_", "name"), [("gcs", "google_cloud_storage", "google"), ("s3", "amazon_s3", "s3")])
def test_a_stand_in_as_a_server(cloud: str, type_: str, name: str) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    known_as = [f"--url={url}"] if cloud == "gcs" else []
    with running(sys.executable, "-m", "validator.demo.emulators.playground", cloud, "--port", str(port), *known_as) as said:
        wait_until(lambda: len(sources(said)) == 2)
        assert judged(sources(said)[f"{name}: good"], type_, url) == ("pass", [])
        assert judged(sources(said)[f"{name}: cannot delete"], type_, url) == ("fail", ["delete-denied"])


@pytest.mark.long
def test_azurite_is_filled_however_often() -> None:
    with Azurite() as azurite:
        for _ in range(2):
            done = subprocess.run(
                [sys.executable, "-m", "validator.demo.emulators.playground", "seed", f"--azurite={azurite.url}"],
                capture_output=True, text=True, cwd=ROOT, check=True, timeout=240, env={**os.environ, "AZURITE_KEY": azurite.key},
            )  # fmt: skip
        made = sources(done.stdout.splitlines())
        assert judged(made["azure: good"], "azure_blob_storage", azurite.url) == ("pass", [])
        assert judged(made["azure: cannot delete"], "azure_blob_storage", azurite.url)[0] == "fail"


# ---- Kubernetes ------------------------------------------------------------------------------------------------------


def pods() -> dict[str, Any]:
    return {
        "Deployment": MANIFEST["Deployment"]["spec"]["template"],
        "CronJob": MANIFEST["CronJob"]["spec"]["jobTemplate"]["spec"]["template"],
    }


@pytest.mark.parametrize("kind", ["Deployment", "CronJob"])
def test_pods_have_no_privileges_and_time_to_clean_up(kind: str) -> None:
    spec = pods()[kind]["spec"]
    container = spec["containers"][0]
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["automountServiceAccountToken"] is False
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert spec["terminationGracePeriodSeconds"] > Settings().timeout + 5
    assert container["resources"]["limits"]["memory"]
    told = parsed(container["args"][0], container["args"][1:])
    if kind == "Deployment":
        assert told.port == container["ports"][0]["containerPort"]
        assert not told.allow_private_endpoints
        assert container["env"][0]["name"] == serve.TOKEN_VARIABLE
        assert container["readinessProbe"]["httpGet"]["path"] == "/healthz"
    else:
        assert list(told.sources) == [f"{container['volumeMounts'][0]['mountPath']}/destinations.yaml"]
        assert told.expires_within == "30"


def test_the_manifests_parts_name_one_another() -> None:
    label = {"app": "planet-validator"}
    assert MANIFEST["Service"]["spec"]["selector"] == label
    assert MANIFEST["Deployment"]["spec"]["selector"]["matchLabels"] == label
    assert pods()["Deployment"]["metadata"]["labels"] == label
    assert MANIFEST["NetworkPolicy"]["spec"]["podSelector"]["matchLabels"] == label
    blocks = [
        each["ipBlock"] for rule in MANIFEST["NetworkPolicy"]["spec"]["egress"] for each in rule["to"] if "ipBlock" in each
    ]
    assert "169.254.0.0/16" in blocks[0]["except"]


# ---- what the guides say ---------------------------------------------------------------------------------------------


def test_the_guides_say_what_was_not_run() -> None:
    assert "was not run" in GUIDES["deployment"] or "were not run" in GUIDES["deployment"]
    for image in ("python:3.11-slim", "node:22-slim"):
        assert image in GUIDES["deployment"], image
    for port in ("8080", "5000", "10000", "4443"):
        assert port in GUIDES["deployment"], port
    assert COMPOSE["services"]["validator"]["environment"]["PLANET_VALIDATOR_TOKEN"] in GUIDES["deployment"]


def test_every_option_of_serve_is_in_the_guide() -> None:
    options = [option for each in app.load("serve").params for option in each.opts]
    assert len(options) >= 9
    for option in options:
        assert f"`{option}" in GUIDES["service"], option


def test_the_limits_are_those_of_the_code() -> None:
    from validator.service.app import ServiceSettings

    settings = ServiceSettings(token="EXAMPLE")
    for said in (f"{settings.in_flight} checks", f"{settings.in_flight_each} for one", f"{settings.destinations} destinations", f"{settings.body_limit // 1024} KiB", f"{serve.CONNECTIONS:,} connections", f"{int(settings.body_seconds)} seconds"):  # fmt: skip
        assert said in GUIDES["service"], said


# ---- what is watched -------------------------------------------------------------------------------------------------

DASHBOARD = json.loads((ROOT / "docs/examples/deployment/grafana-dashboard.json").read_text())
RULES = yaml.safe_load((ROOT / "docs/examples/deployment/prometheus-rules.yaml").read_text())
OF_PROMETHEUS = {"up": {"job", "instance"}}
"""What Prometheus itself adds."""


@pytest.fixture(scope="module")
def exposed() -> dict[str, set[str]]:
    """Every series that a service exposes once it has checked, with its labels."""
    from prometheus_client.parser import text_string_to_metric_families

    from validator.core.model import Verdict
    from validator.service.executor import Metrics

    metrics = Metrics()
    sample = sample_reports.report(sample_reports.failing())
    metrics.count(sample)
    metrics.refused(429)
    assert sample.verdict is Verdict.FAIL
    found: dict[str, set[str]] = {}
    for family in text_string_to_metric_families(metrics.text().decode()):
        for each in family.samples:
            found.setdefault(each.name, {"job", "instance"}).update(each.labels)
    return found


def expressions() -> list[str]:
    panels = [target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]]
    variables = [each["query"]["query"] for each in DASHBOARD["templating"]["list"] if each["type"] == "query"]
    return [*panels, *variables, *(rule["expr"] for group in RULES["groups"] for rule in group["rules"])]


def test_dashboard_and_rules_name_only_what_the_service_exposes(exposed: dict[str, set[str]]) -> None:
    named: set[str] = set()
    known = {**exposed, **OF_PROMETHEUS}
    for expression in expressions():
        bare = re.sub(r"\{[^}]*\}|\[\w+\]", "", expression)
        used = set(re.findall(r"\b(?:planet_validator|process)_\w+|\bup\b", bare))
        assert used, expression
        assert used <= set(known), expression
        labels = set(re.findall(r"(\w+)\s*(?:=~|!=|!~|=)\s*\"", expression))
        labels |= {label.strip() for group in re.findall(r"by \(([^)]*)\)", expression) for label in group.split(",")}
        for name in used:
            assert labels <= known[name], f"{expression}: {name} has the labels {known[name]}"
        named |= used
    ours = {name for name in exposed if name.startswith("planet_validator_")}
    assert {name.removesuffix("_bucket").removesuffix("_sum").removesuffix("_count") for name in ours} == {
        name.removesuffix("_bucket") for name in named if name.startswith("planet_validator_")
    }, "each metric of ours is on the dashboard or in a rule"
    for name in (each.removesuffix("_bucket") for each in named - {"up"}):
        assert f"`{name}`" in GUIDES["deployment"], f"{name} is not in the guide"


def test_values_of_labels_that_are_asked_for_exist() -> None:
    from validator.core.model import Verdict
    from validator.service.executor import STATUSES

    text = " ".join(expressions())
    assert {int(each) for each in re.findall(r'status="(\d+)"', text)} <= STATUSES
    assert set(re.findall(r'verdict="(\w+)"', text)) <= {str(each) for each in Verdict}


def test_no_series_tells_when_another_began(exposed: dict[str, set[str]]) -> None:
    assert not [name for name in exposed if name.endswith("_created")]


def test_panels_do_not_overlap_and_have_names_of_their_own() -> None:
    places = [
        (x, y)
        for panel in DASHBOARD["panels"]
        for x in range(panel["gridPos"]["x"], panel["gridPos"]["x"] + panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["y"], panel["gridPos"]["y"] + panel["gridPos"]["h"])
    ]
    assert len(places) == len(set(places))
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])
    assert all(x < 24 for x, _ in places)


def test_alerts_say_what_is_wrong_in_a_sentence() -> None:
    rules = [rule for group in RULES["groups"] for rule in group["rules"]]
    assert len({rule["alert"] for rule in rules}) == len(rules)
    for rule in rules:
        assert rule["annotations"]["summary"].rstrip().endswith((".", "?"))
        assert rule["labels"]["severity"] in ("warning", "critical")


def test_the_limits_of_three_replicas_are_three_times_those_of_the_code() -> None:
    from validator.service.app import ServiceSettings

    one = ServiceSettings(token="x" * 20)
    replicas = MANIFEST["Deployment"]["spec"]["replicas"]
    assert replicas == 3
    guide = GUIDES["deployment"]
    assert f"| checks and looks under way | {one.in_flight} | {one.in_flight * replicas} |" in guide
    assert f"| of one client | {one.in_flight_each} | up to {one.in_flight_each * replicas}," in guide
    assert f"| {one.reading}, of one client {one.reading_each} | {one.reading * replicas}," in guide
    assert f"| {serve.CONNECTIONS:,}, of one client {serve.CONNECTIONS // 2:,};" in guide
    assert f"| {serve.CONNECTIONS * replicas:,} |" in guide
