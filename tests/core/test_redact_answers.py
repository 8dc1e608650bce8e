"""A store, or Planet, that repeats what it was sent: nothing of it comes out, in whatever dress, format, log or answer."""

from __future__ import annotations

import base64
import json
import logging
from dataclasses import replace
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

import pytest

from tests.support import chance
from tests.support.conformance import amazon_s3, azure_blob_storage, google_cloud_storage, oracle_cloud_storage, s3_compatible
from tests.support.conformance.case import Case
from tests.support.secret_forms import dressed, repeats, secrets_of
from tests.support.whole import whole
from tests.support.wire import Answer, Request, Wire
from validator.checking.assemble import check
from validator.formats import FORMATS, render

pytestmark = pytest.mark.no_cover  # thousands of cases through the same lines: tracing them triples their time

CASES = (
    amazon_s3.case, s3_compatible.case, oracle_cloud_storage.case, azure_blob_storage.case, google_cloud_storage.case,
)  # fmt: skip
DRESSES = tuple(dressed("EXAMPLE"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
@pytest.mark.parametrize("dress", DRESSES)
def test_an_answer_that_repeats_secrets(case: Case, dress: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    store = case.store()
    made: list[str] = []
    given: list[str] = []

    def handle(request: Request) -> Answer:
        if case.step(request) == "token":
            assertion = parse_qs(request.body.decode())["assertion"][0]
            answer = store.handle(request)
            made.extend((assertion.rpartition(".")[2][:60], json.loads(answer.body)["access_token"]))
            return answer
        said = " and ".join(f"[{dressed(each)[dress]}]" for each in (*given, *made))
        if case.name == "google_cloud_storage":
            body = json.dumps(
                {"error": {"code": 403, "message": f"{said} may not", "errors": [{"reason": "forbidden", "message": said}]}}
            )
            return Answer(403, {"content-type": "application/json"}, body.encode())
        body = f"<Error><Code>AccessDenied</Code><Message>{escape(said)}</Message><Detail>{escape(said)}</Detail></Error>"
        return Answer(
            403, {"content-type": "application/xml", "x-amz-request-id": "EXAMPLE"}, body.encode("utf-8", "surrogatepass")
        )

    with Wire(handle, tls=case.tls) as wire:
        source = case.source(wire)
        for name in ("aws_secret_access_key", "secret_access_key", "customer_secret_key"):
            if name in source["parameters"]:
                given.append(base64.b64encode(chance.token_bytes(30)).decode())
                source["parameters"][name] = given[0]
        given.extend(secrets_of(case, source))
        report = check(source, replace(case.settings(wire), timeout=60))
    assert given
    assert report.destinations[0].steps, "the store was asked"
    assert len(made) >= 2 or case.name != "google_cloud_storage"
    said = "\n".join(
        [*(render(name, report) for name in FORMATS), render("text", report, verbosity=2), whole(report), caplog.text]
    )
    for secret in (*given, *made):
        assert not repeats(said, secret), dress
