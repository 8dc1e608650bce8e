"""A list that cannot be read was not refused: nobody is told that a permission is missing."""

from __future__ import annotations

import tracemalloc
from collections import Counter
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.providers.test_endless_answers import SOURCES
from tests.support.wire import Answer, Request, Wire
from validator import Settings, Sweeping, load, sweep
from validator.core.model import Outcome, Report
from validator.sweeping.listing import LISTED

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


class Store:
    """Lists so many names, page by page, and refuses whatever else is asked."""

    def __init__(self, total: int, name: str) -> None:
        self.total = total
        self.name = name
        self.asked: Counter[str] = Counter()

    def __call__(self, request: Request) -> Answer:
        query = parse_qs(urlsplit(request.path).query, keep_blank_values=True)
        listing = next((each for each in ("versions", "uploads") if each in query), request.method)
        self.asked[listing] += 1
        if listing == "versions":
            if "prefix" in query:  # of the root, where nothing lies
                return Answer(200, HEADERS, b"<ListVersionsResult><IsTruncated>false</IsTruncated></ListVersionsResult>")
            return Answer(200, HEADERS, self.page(int(query.get("key-marker", ["0"])[0][:9]), int(query["max-keys"][0])))
        if listing == "uploads":
            nothing = b"<ListMultipartUploadsResult><IsTruncated>false</IsTruncated></ListMultipartUploadsResult>"
            return Answer(200, HEADERS, nothing)
        return Answer(403, HEADERS, b"<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>")

    def page(self, begin: int, most: int) -> bytes:
        end = min(begin + most, self.total)
        entries = "".join(
            f"<Version><Key>{each:09}/{self.name}</Key><VersionId>null</VersionId><IsLatest>true</IsLatest>"
            f"<ETag>&quot;{each:032x}&quot;</ETag><Size>9</Size></Version>"
            for each in range(begin, end)
        )
        more = str(end < self.total).lower()
        head = f"<IsTruncated>{more}</IsTruncated><NextKeyMarker>{end:09}</NextKeyMarker>"
        return f"<ListVersionsResult>{head}{entries}</ListVersionsResult>".encode()


def looked(store: Store) -> Report:
    with Wire(store) as wire:
        return sweep(load(SOURCES["s3_compatible"](wire)), Settings(timeout=600), sweeping=Sweeping(everywhere=True))


def test_a_list_of_60000_names_is_asked_for_page_by_page() -> None:
    store = Store(60_000, "scene.tif")
    assert looked(store).verdict == "pass"
    assert store.asked == {"versions": 150, "uploads": 1}


def test_of_a_list_one_page_is_kept() -> None:
    looked(Store(400, "scene.tif"))
    peaks = []
    for total in (800, 8_000):
        tracemalloc.start()
        try:
            looked(Store(total, "scene.tif"))
            peaks.append(tracemalloc.get_traced_memory()[1])
        finally:
            tracemalloc.stop()
    assert peaks[1] < peaks[0] + 1024 * 1024, peaks


def test_a_list_of_our_own_names_without_end_is_cut() -> None:
    """Each was told of, in minutes of processor time after the time was over."""
    asked = []
    for total in (4_000, 60_000):
        store = Store(total, "planetverify.txt")
        report = looked(store)
        [destination] = report.destinations
        asked.append(store.asked)
        assert report.verdict == "fail"
        assert sum(each.name == "lingering-file" for each in destination.findings) == LISTED
        assert any("after the first 2,000" in each for each in destination.limits), destination.limits
    assert asked[0] == asked[1]
