"""A list that cannot be read was not refused: nobody is told that a permission is missing."""

from __future__ import annotations

import pytest

from tests.providers.test_endless_answers import SOURCES
from tests.support.wire import Answer, Request, Wire
from validator import Settings, Sweeping, load, sweep
from validator.core.model import Outcome

UNREADABLE = {
    "cut": b"<ListVersionsResult><Version><Key>planetverify.txt</Key>",
    "page": b"<html><body>Welcome to the guest network</body></html>",
    "json": b'{"versions": []}',
    "nothing": b"",
    "bytes": bytes(range(256)) * 8,
}
HEADERS = {"content-type": "application/xml", "x-amz-request-id": "EXAMPLE0000000001"}


@pytest.mark.parametrize("everywhere", [False, True])
@pytest.mark.parametrize("kind", UNREADABLE)
def test_a_list_that_cannot_be_read_is_no_refusal(kind: str, everywhere: bool) -> None:
    def answer(request: Request) -> Answer:
        listing = "?" in request.path and request.method == "GET"
        if listing:
            return Answer(200, HEADERS, UNREADABLE[kind])
        return Answer(
            404, HEADERS, b"<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message></Error>"
        )

    with Wire(answer) as wire:
        report = sweep(load(SOURCES["s3_compatible"](wire)), Settings(timeout=20), sweeping=Sweeping(everywhere=everywhere))
    [destination] = report.destinations
    assert not any(step.outcome is Outcome.DENIED for step in destination.steps), destination.steps
    names = {each.name for each in destination.findings}
    assert not names & {"list-denied", "read-denied"}
    assert names & {"not-object-storage", "unrecognised-answer"}, names
    assert report.verdict in ("inconclusive", "fail")
