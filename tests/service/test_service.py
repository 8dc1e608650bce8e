"""The HTTP service's answers: the same report as the command's, step by step where asked, and problem documents otherwise."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from importlib.resources import files
from typing import Any
from urllib.parse import urlsplit

import jsonschema
import pytest

from tests.support.command import request
from tests.support.service_runner import Client, InProcess
from validator.core import catalog
from validator.demo.emulators.s3 import S3Emulator, UserKey
from validator.providers import BUILT_IN
from validator.providers.s3.vendors import endpoints, vendor_of


@pytest.fixture(scope="module")
def s3() -> Iterator[S3Emulator]:
    with S3Emulator() as emulator:
        emulator.bucket("imagery-in")
        yield emulator


@pytest.fixture
def client(service: InProcess) -> Client:
    return service.client


def schema() -> Any:
    return json.loads(files("validator").joinpath("report.schema.json").read_text())


def test_a_check_answers_with_the_report_of_the_command(client: Client, good: UserKey, s3: S3Emulator) -> None:
    report = client.check(request(good))
    jsonschema.validate(report, schema())
    assert report["verdict"] == "pass"
    assert [each["operation"] for each in report["destinations"][0]["steps"]] == ["delete", "write", "read", "delete"]
    assert s3.objects("imagery-in") == {}


def test_a_failure_is_still_200_and_nothing_is_written(client: Client, s3: S3Emulator) -> None:
    key = s3.user("no-delete", actions=("s3:PutObject", "s3:GetObject"))
    before = len(s3.writes())
    report = client.check(request(key))
    assert report["verdict"] == "fail"
    assert report["destinations"][0]["findings"][0]["name"] == "delete-denied"
    assert len(s3.writes()) == before


def test_steps_come_one_by_one_and_then_the_report(client: Client, good: UserKey) -> None:
    events = client.stream([request(good), request(good, aws_region="us-west-2")])
    assert [name for name, _ in events][-1] == "report"
    assert {name for name, _ in events[:-1]} == {"step"}
    report = events[-1][1]
    for index, each in enumerate(report["destinations"]):
        told = [
            {k: v for k, v in data.items() if k != "destination"} for _, data in events[:-1] if data["destination"] == index
        ]
        assert told == each["steps"]
    assert report["destinations"][1]["findings"][0]["name"] == "wrong-region"


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/yaml", "type: amazon_s3\nparameters:\n  bucket: 'imagery-in '\n"),
        ("application/toml", 'type = "amazon_s3"\n[parameters]\nbucket = "imagery-in "\n'),
        ("application/json; charset=utf-8", '{"delivery": {"amazon_s3": {"bucket": "imagery-in "}}}'),
    ],
)
def test_lint_reads_every_form(client: Client, kind: str, body: str) -> None:
    answer = client.ask("POST", "/v1/lint", body, headers={"content-type": kind})
    assert answer.status == 200
    jsonschema.validate(answer.json, schema())
    assert "stray-whitespace" in {each["name"] for each in answer.json["destinations"][0]["findings"]}


def test_lint_asks_nobody(client: Client, good: UserKey, s3: S3Emulator) -> None:
    before = len(s3.requests)
    assert client.ask("POST", "/v1/lint", request(good)).json["verdict"] == "pass"
    assert len(s3.requests) == before


@pytest.mark.parametrize("reference", ["${HOME}", "${file:/etc/hostname}", "${base64file:/etc/hostname}", "${file:~/x}"])
@pytest.mark.parametrize("path", ["/v1/lint", "/v1/checks"])
def test_references_are_refused(client: Client, good: UserKey, path: str, reference: str, s3: S3Emulator) -> None:
    before = len(s3.requests)
    report = client.ask("POST", path, request(good, aws_secret_access_key=reference, bucket=reference)).json
    assert report["verdict"] == "fail"
    assert {each["name"] for each in report["destinations"][0]["findings"]} >= {"unresolved-reference"}
    assert len(s3.requests) == before
    with open("/etc/hostname") as file:  # noqa: PTH123 - a file that is on every machine
        assert file.read().strip() not in json.dumps(report)


def test_findings_and_types_are_told(client: Client) -> None:
    listed = client.ask("GET", "/v1/findings").json["findings"]
    assert {each["name"] for each in listed} == set(catalog.FINDINGS)
    one = client.ask("GET", "/v1/findings/delete-denied").json
    assert one["severity"] == "error"
    assert one["why"]
    assert client.ask("GET", "/v1/findings/no-such-thing").status == 404
    types = {each["type"]: each for each in client.ask("GET", "/v1/types").json["types"]}
    assert set(BUILT_IN) <= set(types)
    kinds = {each["name"]: each["kind"] for each in types["amazon_s3"]["parameters"]}
    assert kinds["aws_secret_access_key"] == "secret"
    assert kinds["explicit_sse"] == "boolean"


def test_health_and_metrics_need_no_token(client: Client, good: UserKey) -> None:
    assert client.ask("GET", "/healthz", token=False).json["status"] == "ok"
    client.check(request(good))
    client.check({"type": "made-up-type", "parameters": {"made_up_parameter": "made-up-value"}})
    text = client.ask("GET", "/metrics", token=False).body.decode()
    assert 'planet_validator_checks_total{type="amazon_s3",verdict="pass"}' in text
    assert 'planet_validator_checks_total{type="other",verdict="fail"}' in text
    assert 'planet_validator_findings_total{finding="unknown-type"}' in text
    assert "planet_validator_in_flight 0.0" in text
    assert "made" not in text.replace("planet_validator_", "")


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"", {}, 400),
        (b"{", {}, 400),
        (b"[]", {}, 400),
        (b"null", {}, 400),
        (b'"text"', {}, 400),
        (b"\xff\xfe\x00", {}, 400),
        (b"[" * 5000, {}, 400),
        (b'{"a":' * 5000, {}, 400),
        (b"&a [*a]", {"content-type": "application/yaml"}, 400),
        (b"a: &a [x,x]\nb: &b [*a,*a]\nc: &c [*b,*b]", {"content-type": "application/yaml"}, 400),
        (b"!!python/object/apply:os.system ['true']", {"content-type": "application/yaml"}, 400),
        (b"{}", {"content-type": "text/html"}, 415),
        (b"{}", {"content-type": "multipart/form-data"}, 415),
        (b"{}", {"content-encoding": "gzip"}, 415),
    ],
)
@pytest.mark.parametrize("path", ["/v1/lint", "/v1/checks"])
def test_bad_input_gets_a_problem_document(
    client: Client, path: str, body: bytes, headers: dict[str, str], status: int
) -> None:
    answer = client.ask("POST", path, body, headers={"content-type": "application/json", **headers})
    assert answer.status == status, answer.body
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json["status"] == status
    assert answer.json["title"]
    assert answer.json["detail"]


ERROR = "An error occurred (NoSuchBucket) when calling the PutObject operation: The specified bucket does not exist"


def test_an_error_is_explained_without_asking_anybody(client: Client) -> None:
    plain = client.ask("POST", "/v1/diagnose", ERROR.encode(), headers={"content-type": "text/plain"})
    asked = client.ask(
        "POST", "/v1/diagnose", json.dumps({"text": ERROR, "type": "s3"}), headers={"content-type": "application/json"}
    )
    for answer in (plain, asked):
        assert answer.status == 200
        assert [each["finding"]["name"] for each in answer.json["answers"]] == ["bucket-not-found"]
    nothing = client.ask("POST", "/v1/diagnose", b"hello", headers={"content-type": "text/plain"})
    assert nothing.json == {"answers": [], "cut": False}


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"[", "application/json", 400),
        (b"{}", "application/json", 400),
        (b'{"text": 1}', "application/json", 400),
        (b'{"text": "x", "type": 1}', "application/json", 400),
        (b'{"text": "x", "type": "none"}', "application/json", 400),
        (b"[" * 9000, "application/json", 400),
        (b"x", "text/html", 415),
    ],
)
def test_what_is_no_text_gets_a_problem_document(client: Client, body: bytes, kind: str, status: int) -> None:
    answer = client.ask("POST", "/v1/diagnose", body, headers={"content-type": kind})
    assert (answer.status, answer.headers["content-type"]) == (status, "application/problem+json")


def test_too_much_in_one_request(client: Client, good: UserKey) -> None:
    assert client.ask("POST", "/v1/lint", [request(good)] * 51).status == 400
    many = {f"parameter_{number}": "x" * 20 for number in range(4_000)}
    answer = client.ask("POST", "/v1/checks", {"type": "amazon_s3", "parameters": many})
    assert answer.status == 400
    assert "parameter_1" not in answer.body.decode()


def test_methods_and_paths_that_are_not_there(client: Client) -> None:
    assert client.ask("GET", "/v1/checks").status == 405
    assert client.ask("DELETE", "/healthz").status == 405
    for path in (
        "/nothing",
        "/v1/nothing",
        "/v1/checks/",
        "/findings/nothing/more",
        "/app.js/../../service.py",
        "/static/%2e%2e/service.py",
    ):
        answer = client.ask("GET", path)
        assert answer.status == 404, path
        assert answer.headers["content-type"] == "application/problem+json"
        assert all(each in answer.json["detail"] for each in ("/openapi.json", "/findings"))


def test_who_looks_with_a_browser_is_shown_the_way(client: Client) -> None:
    for path, status in (("/docs", 200), ("/nothing", 404), ("/findings/no-such-thing", 404)):
        answer = client.ask("GET", path, token=False, headers={"accept": "text/html"})
        assert answer.status == status, path
        for link in ("/", "/findings", "/openapi.json"):
            assert f'href="{link}"'.encode() in answer.body


def test_every_finding_has_its_page_without_a_token(client: Client) -> None:
    listed = client.ask("GET", "/findings", token=False).body.decode()
    for name, entry in catalog.FINDINGS.items():
        assert f'href="/findings/{name}"' in listed
        answer = client.ask("GET", f"/findings/{name}", token=False)
        assert answer.status == 200
        page = answer.body.decode()
        assert html.escape(entry.title) in page
        assert "<h2>Fix</h2>" in page
        assert not re.search(r"<script|\son\w+=|style=", page)
        links = set(re.findall(r'href="(/[^"]*)"', page)) - {"/", "/docs", "/findings", "/openapi.json", "/app.css"}
        assert all(link.removeprefix("/findings/") in catalog.FINDINGS for link in links), links


# ---- what the page asks for ------------------------------------------------------------------------------------------


def test_the_page_gets_its_words_beside_the_report(client: Client, s3: S3Emulator, good: UserKey) -> None:
    key = s3.user("page-no-delete", actions=("s3:PutObject", "s3:GetObject"))
    answer = client.ask("POST", "/v1/checks?view=page", request(key), headers={"accept": "text/event-stream"})
    events = [(m[1], json.loads(m[2])) for m in re.finditer(r"event: (\w+)\ndata: (.*)\n\n", answer.body.decode())]
    assert [name for name, _ in events][-2:] == ["view", "report"]
    assert events[0][1]["words"]["outcome"] == "denied"
    shown = events[-2][1]
    assert "s3:DeleteObject" in shown["note"]
    assert shown["html"].startswith("<!doctype html>")
    assert shown["markdown"].startswith("## planet-validator: FAIL")
    assert all(key.secret_access_key not in json.dumps(data) for _, data in events)
    assert {name for name, _ in client.stream(request(good))} == {"step", "report"}, "nobody else is troubled with it"


def test_lint_for_the_page_tells_how_a_secret_is_repaired_and_not_the_secret(client: Client, good: UserKey) -> None:
    broken = request(good, aws_secret_access_key=f" {good.secret_access_key}\n")
    answer = client.ask("POST", "/v1/lint?view=page", broken).json
    (repair,) = answer["repairs"][0]
    assert repair["pointer"] == "/parameters/aws_secret_access_key"
    assert repair["parts"] == [[1, 1 + len(good.secret_access_key)]]
    assert good.secret_access_key not in json.dumps(answer)
    assert [each["severity"] for each in answer["view"]["destinations"][0]["findings"]]


def test_sweep_looks_and_removes_nothing(client: Client, good: UserKey, s3: S3Emulator) -> None:
    bucket = "imagery-left"
    s3.bucket(bucket)
    s3.put(bucket, "planetverify.txt", b"left")
    before = len(s3.writes())
    report = client.ask("POST", "/v1/sweep", request(good, bucket=bucket)).json
    shown = client.ask("POST", "/v1/sweep?view=page", request(good, bucket=bucket)).json
    assert "planetverify.txt" in s3.objects(bucket)
    jsonschema.validate(report, schema())
    assert [each["state"] for each in report["destinations"][0]["residue"]] == ["found"]
    assert "1 leftover found" in shown["view"]["verdict"]
    assert len(s3.writes()) == before


def test_a_grant_is_made_before_there_is_a_key(client: Client) -> None:
    asked = {"type": "amazon_s3", "parameters": {"bucket": "imagery-in"}, "principal": "planet"}
    made = client.ask("POST", "/v1/policy", asked).json
    assert "s3:DeleteObject" in made["document"]
    assert any("put-user-policy" in each for each in made["commands"])
    assert client.ask("POST", "/v1/policy", {**asked, "parameters": {}}).status == 400


@pytest.mark.parametrize("body", ["[", "[]", "{}", '{"type": "amazon_s3", "parameters": {"bucket": 1}}', "[" * 9000])
def test_what_is_no_place_gets_a_problem_document(client: Client, body: str) -> None:
    answer = client.ask("POST", "/v1/policy", body, headers={"content-type": "application/json"})
    assert (answer.status, answer.headers["content-type"]) == (400, "application/problem+json")


def test_types_tell_what_the_console_calls_it(client: Client) -> None:
    types = {each["type"]: each for each in client.ask("GET", "/v1/types").json["types"]}
    for type_ in BUILT_IN:
        for each in types[type_]["parameters"]:
            assert each["label"] != each["name"], (type_, each["name"])
    regions = next(each for each in types["amazon_s3"]["parameters"] if each["name"] == "aws_region")["suggestions"]
    assert ["eu-central-1", "Europe (Frankfurt)"] in regions
    key = next(each for each in types["google_cloud_storage"]["parameters"] if each["name"] == "credentials")
    assert key["file"] == ".json"


def test_the_endpoints_that_are_suggested_are_their_vendors() -> None:
    for address, name in endpoints():
        host = urlsplit(address.lower()).hostname or ""
        vendor = vendor_of(host)
        assert vendor is not None, address
        assert vendor.name == name
        assert vendor.speaks_s3


def test_the_examples_of_the_openapi_document_work(client: Client) -> None:
    document = client.ask("GET", "/openapi.json", token=False).json
    tried = 0
    for path, methods in document["paths"].items():
        for operation in methods.values():
            for kind, content in operation.get("requestBody", {}).get("content", {}).items():
                if path == "/v1/lint" and "example" in content:
                    body = content["example"] if isinstance(content["example"], str) else json.dumps(content["example"])
                    answer = client.ask("POST", path, body, headers={"content-type": kind})
                    assert answer.status == 200
                    assert answer.json["destinations"][0]["type"] == "amazon_s3"
                    tried += 1
    assert tried == 3


def test_an_endpoint_that_was_given_is_told(client: Client, good: UserKey, s3: S3Emulator) -> None:
    assert client.check(request(good))["destinations"][0]["endpoint_override"] == s3.url
