"""A store that repeats a secret in every dress, asked through the HTTP service: no answer, stream, page, log or measure shows it."""

from __future__ import annotations

import base64
import json
import logging
import secrets
from collections.abc import Iterator
from typing import Any
from xml.sax.saxutils import escape

import pytest

from tests.support.secret_forms import dressed, repeats
from tests.support.service_runner import InProcess
from tests.support.wire import Answer, Request, Wire
from validator.checking.assemble import Settings

DRESSES = tuple(dressed("EXAMPLE"))
ASKED = (
    ("/v1/checks", "application/json"), ("/v1/checks", "text/event-stream"), ("/v1/checks?view=page", "text/event-stream"),
    ("/v1/sweep", "application/json"), ("/v1/sweep?view=page", "application/json"),
    ("/v1/lint", "application/json"), ("/v1/lint?view=page", "application/json"), ("/v1/policy", "application/json"),
)  # fmt: skip


@pytest.fixture(scope="module")
def service() -> Iterator[InProcess]:
    with InProcess(Settings(timeout=20, jobs=8)) as running:
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
    secret = base64.b64encode(secrets.token_bytes(30)).decode()
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


@pytest.mark.parametrize("path", ["/v1/checks", "/v1/policy", "/v1/diagnose"])
@pytest.mark.parametrize("dress", DRESSES)
def test_what_is_wrong_with_a_body(service: InProcess, path: str, dress: str, caplog: pytest.LogCaptureFixture) -> None:
    """Where it stands is told, not what: also where it cannot be known for a secret."""
    caplog.set_level(logging.DEBUG)
    secret = base64.b64encode(secrets.token_bytes(30)).decode()
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
@pytest.mark.parametrize(
    "broken", ["", "null", "[]", "1e999", "NaN", "[" * 90_000, '{"a":' * 40_000, "9" * 5000, "half", "half key"]
)
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
