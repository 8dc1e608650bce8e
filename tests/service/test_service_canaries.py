"""A store that repeats a secret in every dress, asked through the HTTP service: no answer, stream, page, log or measure shows it."""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import quote
from xml.sax.saxutils import escape

import pytest

from tests.support import chance
from tests.support.canaries import LETTERS, drawn, kinds
from tests.support.cases import in_parts
from tests.support.conformance import amazon_s3, azure_blob_storage, google_cloud_storage, oracle_cloud_storage
from tests.support.conformance.case import Case
from tests.support.placed import OWN_FIELDS, parts, placed
from tests.support.secret_forms import dressed, repeats, secrets_of
from tests.support.service_runner import InProcess
from tests.support.wire import Answer, Request, Wire
from validator.checking.assemble import Settings
from validator.providers import BUILT_IN

pytestmark = pytest.mark.no_cover  # long, and through the same lines as shorter tests

DRESSES = tuple(dressed("EXAMPLE"))
ASKED = (
    ("/v1/checks", "application/json"), ("/v1/checks", "text/event-stream"), ("/v1/checks?view=page", "text/event-stream"),
    ("/v1/sweep", "application/json"), ("/v1/sweep?view=page", "application/json"),
    ("/v1/lint", "application/json"), ("/v1/lint?view=page", "application/json"), ("/v1/policy", "application/json"),
)  # fmt: skip


@pytest.fixture(scope="module")
def service() -> Iterator[InProcess]:
    with InProcess(Settings(timeout=60, jobs=8)) as running:
        yield running


def source(url: str, secret: str) -> dict[str, Any]:
    parameters = {
        "bucket": "imagery-in", "endpoint": url, "region": "eu-central-1", "access_key_id": "EXAMPLEKEY1234567890",
        "secret_access_key": secret, "use_path_style": True,
    }  # fmt: skip
    return {"name": "other imagery", "type": "s3_compatible", "parameters": parameters}


@pytest.mark.parametrize("dress", DRESSES)
def test_what_a_store_repeats(service: InProcess, dress: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    secret = base64.b64encode(chance.token_bytes(30)).decode()
    said = dressed(secret)[dress]

    def answer(_: Request) -> Answer:
        body = f"<Error><Code>AccessDenied</Code><Message>{escape(said)} may not</Message></Error>"
        return Answer(
            403, {"content-type": "application/xml", "x-amz-request-id": "EXAMPLE"}, body.encode("utf-8", "surrogatepass")
        )

    texts = []
    with Wire(answer) as wire:
        for path, accept in ASKED:
            told = service.client.ask("POST", path, source(wire.url, secret), headers={"accept": accept})
            assert told.status == 200 or path == "/v1/policy", told.body
            texts.append(told.body.decode())
        assert wire.requests
    texts += [service.client.ask("GET", "/metrics").body.decode(), caplog.text]
    for text in texts:
        assert not repeats(text, secret)


def logged(caplog: pytest.LogCaptureFixture) -> str:
    """What the service says. Others' loggers are off there; pytest gives them a handler."""
    return "\n".join(each.getMessage() for each in caplog.records if each.name.startswith(("validator", "uvicorn.error")))


CASES = (amazon_s3.case, oracle_cloud_storage.case, azure_blob_storage.case, google_cloud_storage.case)
"""Every type but the one above, each dress by one of the ways to ask."""


@pytest.fixture(scope="module", params=CASES, ids=lambda case: case.name)
def of_type(request: pytest.FixtureRequest) -> Iterator[tuple[Case, Wire, InProcess]]:
    case: Case = request.param
    with Wire(lambda _: Answer(403), tls=case.tls) as wire, InProcess(replace(case.settings(wire), timeout=60)) as running:
        yield case, wire, running


@pytest.mark.parametrize("dress", DRESSES)
def test_what_a_store_of_each_type_repeats(
    of_type: tuple[Case, Wire, InProcess], dress: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    case, wire, service = of_type
    asked = case.source(wire)
    given: list[str] = []
    for name in ("aws_secret_access_key", "customer_secret_key"):
        if name in asked["parameters"]:
            given.append(base64.b64encode(chance.token_bytes(30)).decode())
            asked["parameters"][name] = given[0]
    given += secrets_of(case, asked)
    store = case.store()

    def answer(asking: Request) -> Answer:
        if case.step(asking) == "token":
            made = store.handle(asking)
            given.append(json.loads(made.body)["access_token"])
            return made
        said = " and ".join(dressed(each)[dress] for each in given)
        if case.name == "google_cloud_storage":
            body = json.dumps({"error": {"code": 403, "message": said, "errors": [{"reason": "forbidden", "message": said}]}})
            return Answer(403, {"content-type": "application/json"}, body.encode())
        body = f"<Error><Code>AccessDenied</Code><Message>{escape(said)}</Message></Error>"
        return Answer(403, {"content-type": "application/xml"}, body.encode("utf-8", "surrogatepass"))

    wire.handle = answer
    path, accept = ASKED[DRESSES.index(dress) % 5]
    told = service.client.ask("POST", path, asked, headers={"accept": accept})
    assert told.status == 200
    assert wire.requests
    del wire.requests[:]
    for text in (told.body.decode(), service.client.ask("GET", "/metrics").body.decode(), logged(caplog)):
        for secret in given:
            assert not repeats(text, secret)


@pytest.mark.parametrize("type_", BUILT_IN)
def test_a_secret_in_every_place_of_a_body(service: InProcess, type_: str, caplog: pytest.LogCaptureFixture) -> None:
    """Each place with another kind of credential, so that each type meets each kind."""
    caplog.set_level(logging.DEBUG)
    own, ids = OWN_FIELDS.get(type_, ("", ()))
    texts = kinds()
    for number, kind in enumerate((*texts, *texts)):
        text, secret = texts[kind]
        secret = secret or text.partition("user:")[2].partition("@")[0]
        places = list(placed(type_, text))
        place, body = places[number % len(places)]
        if place == f"parameter {own}" and kind in ids:
            continue
        sent = json.dumps(body).encode()
        answers = [
            service.client.ask("POST", "/v1/lint?view=page", sent, headers={"content-type": "application/json"}),
            service.client.ask("POST", "/v1/lint", sent, headers={"content-type": "application/yaml"}),
            service.client.ask("POST", "/v1/policy", sent, headers={"content-type": "application/json"}),
            service.client.ask("POST", "/v1/sweep", sent[:-1], headers={"content-type": "application/json"}),
        ]
        assert {each.status for each in answers} <= {200, 400}
        said = " ".join([*(each.body.decode() for each in answers), logged(caplog)])
        compact = said.replace("\\", "").lower()
        found = [part for part in parts(secret) if part in said or part.lower() in compact]
        assert not found, f"{kind} in {place} of {type_}"
        caplog.clear()


@pytest.mark.parametrize("at", [10, 13, 15, 24])
def test_what_is_proposed_of_a_secret_that_reads_as_a_path(service: InProcess, at: int) -> None:
    """A grant's refusal said which part may be the bucket and which its folder: each was too short to look like a secret."""
    for _ in range(40):
        made = drawn(LETTERS, 40)
        secret = f"{made[:at]}/{made[at + 1 :]}"
        for body in (
            {"type": "s3_compatible", "parameters": {"bucket": secret, "endpoint": "https://s3.example.com"}},
            {"type": "amazon_s3", "parameters": {"bucket": secret}},
            {"type": "amazon_s3", "parameters": {"bucket": "imagery-in"}, "prefix": secret, "principal": secret},
        ):
            told = service.client.ask("POST", "/v1/policy", body).body.decode()
            assert not [part for part in parts(secret) if part.lower() in told.replace("\\", "").lower()]


@pytest.mark.parametrize("kind", sorted(kinds()))
def test_a_secret_around_the_body(service: InProcess, kind: str, caplog: pytest.LogCaptureFixture) -> None:
    """In the path, the query, a header, the method: what is refused is not repeated, nor logged."""
    caplog.set_level(logging.DEBUG)
    text, secret = kinds()[kind]
    secret = secret or text.partition("user:")[2].partition("@")[0]
    line, inside = " ".join(text.split()), quote(text, safe="")
    body: dict[str, Any] = {"type": "amazon_s3", "parameters": {}}
    asked = [
        ("GET", f"/{inside[:2000]}", {}),
        ("GET", f"/v1/findings/{inside[:2000]}", {}),
        ("GET", f"/findings/{inside[:2000]}", {}),
        ("POST", f"/v1/lint?view={inside[:2000]}", {}),
        ("POST", f"/v1/checks/{inside[:2000]}", {}),
        *(
            ("POST", "/v1/lint", {name: line[:3000]})
            for name in (
                "authorization", "host", "origin", "content-type", "content-encoding", "accept", "user-agent", "referer", "x-request-id", "x-forwarded-for",
                "cookie", "expect",
            )
        ),
    ]  # fmt: skip
    said = []
    for method, path, headers in asked:
        told = service.client.ask(method, path, body if method == "POST" else None, headers=headers)
        assert told.status < 500 or told.status == 501, (path, headers, told.body)
        said += [told.body.decode(), json.dumps(dict(told.headers))]
    said.append(service.client.ask("GET", "/metrics").body.decode())
    said.append(logged(caplog))
    both = " ".join(said)
    assert not [part for part in parts(secret) if part in both or part.lower() in both.lower()]
    assert not repeats(both, secret)


@pytest.mark.parametrize("path", ["/v1/checks", "/v1/policy", "/v1/diagnose"])
@in_parts("dress", DRESSES)
def test_what_is_wrong_with_a_body(service: InProcess, path: str, dress: str, caplog: pytest.LogCaptureFixture) -> None:
    """Where it stands is told, not what: also where it cannot be known for a secret."""
    caplog.set_level(logging.DEBUG)
    secret = base64.b64encode(chance.token_bytes(30)).decode()
    said = dressed(secret)[dress].encode("utf-8", "surrogatepass").decode("utf-8", "replace")
    bodies = (
        json.dumps({"secret_access_key": said}),
        f'{{"type": "amazon_s3", "parameters": {said}',
        json.dumps([said, {said: 1}]),
    )
    for body in bodies:
        told = service.client.ask("POST", path, body.encode(), headers={"content-type": "application/json"})
        if path != "/v1/diagnose":  # whose text is what somebody asks about
            assert told.status in (200, 400), told.body
        assert not repeats(told.body.decode(), secret)
    assert not repeats(caplog.text, secret)


@pytest.mark.parametrize("path", ["/v1/checks", "/v1/lint", "/v1/sweep", "/v1/policy", "/v1/diagnose"])
@in_parts("broken", ["", "null", "[]", "1e999", "NaN", "[" * 90_000, '{"a":' * 40_000, "9" * 5000, "half", "half key"])
def test_no_body_is_a_fault_of_the_service(service: InProcess, path: str, broken: str) -> None:
    """Half a character in a principal or in a text was an unexpected fault: it could not be answered with."""
    place: dict[str, Any] = {"bucket": "imagery-in", "aws_region": "eu-central-1"}
    half = {
        "type": "amazon_s3", "parameters": place, "principal": "\ud800",
        "text": "An error occurred (AccessDenied) when calling the PutObject operation: \ud800",
    }  # fmt: skip
    bodies = {
        "half": json.dumps(half),
        "half key": json.dumps(
            {"type": "amazon_s3", "parameters": {**place, "\udfff": ""}, "text": "AccessDenied", "\udfff": 1}
        ),
    }
    told = service.client.ask("POST", path, bodies.get(broken, broken).encode(), headers={"content-type": "application/json"})
    assert told.status == 400, told.body
    assert told.headers["content-type"] == "application/problem+json"
    told.body.decode()
