"""A list that cannot be read was not refused: nobody is told that a permission is missing."""

from __future__ import annotations

import gc
import json
import tracemalloc
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.support.conformance import azure_blob_storage, google_cloud_storage, oracle_cloud_storage
from tests.support.endless import SOURCES
from tests.support.wire import Answer, Request, Wire
from validator import Settings, Sweeping, load, sweep
from validator.core.model import Outcome, Report
from validator.sweeping.listing import LISTED

pytestmark = [
    pytest.mark.no_cover,  # long, and through the same lines as shorter tests
    pytest.mark.long,
]

UNREADABLE = {
    "cut": b"<ListVersionsResult><Version><Key>planetverify.txt</Key>",
    "page": b"<html><body>Welcome to the guest network</body></html>",
    "json": b'{"versions": []}',
    "nothing": b"",
    "bytes": bytes(range(256)) * 8,
}
JSON = {"content-type": "application/json; charset=UTF-8"}
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
        report = sweep(load(SOURCES["s3_compatible"](wire)), Settings(timeout=60), sweeping=Sweeping(everywhere=everywhere))
    [destination] = report.destinations
    assert not any(step.outcome is Outcome.DENIED for step in destination.steps), destination.steps
    names = {each.name for each in destination.findings}
    assert not names & {"list-denied", "read-denied"}
    assert names & ({"connection-lost"} if kind == "cut" else {"not-object-storage", "unrecognised-answer"}), names
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


def test_a_list_of_20000_names_is_asked_for_page_by_page() -> None:
    store = Store(20_000, "scene.tif")
    assert looked(store).verdict == "pass"
    assert store.asked == {"versions": 50, "uploads": 1}


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


# ---- the other clouds' lists -----------------------------------------------------------------------------------------


def of_google(path: str, query: dict[str, str], names: Callable[[int, int], list[str]]) -> Answer:
    if path.endswith("/token"):
        return Answer(200, JSON, b'{"access_token": "EXAMPLE of a token", "expires_in": 3599, "token_type": "Bearer"}')
    if query.get("softDeleted", "").lower() == "true":
        return Answer(400, JSON, b'{"error": {"code": 400, "message": "Soft delete policy is required."}}')
    begin = int(query.get("pageToken", "0"))
    page = names(begin, 1000)
    items = [{"name": each, "generation": str(begin + index + 1), "size": "9"} for index, each in enumerate(page)]
    more = {"nextPageToken": str(begin + 1000)} if len(page) == 1000 else {}
    return Answer(200, JSON, json.dumps({"kind": "storage#objects", "items": items, **more}).encode())


def of_azure(path: str, query: dict[str, str], names: Callable[[int, int], list[str]]) -> Answer:
    begin, most = int(query.get("marker", "0")), int(query["maxresults"])
    page = names(begin, most)
    blobs = "".join(
        f"<Blob><Name>{each}</Name><Properties><Etag>0x8D{index}</Etag><Content-Length>9</Content-Length>"
        "<Content-Type>text/plain</Content-Type><BlobType>BlockBlob</BlobType></Properties></Blob>"
        for index, each in enumerate(page)
    )
    more = str(begin + most) if len(page) == most else ""
    text = f"<EnumerationResults><MaxResults>{most}</MaxResults><Blobs>{blobs}</Blobs><NextMarker>{more}</NextMarker></EnumerationResults>"
    return Answer(200, azure_blob_storage.HEADERS | {"content-type": "application/xml"}, text.encode())


def of_oracle(path: str, query: dict[str, str], names: Callable[[int, int], list[str]]) -> Answer:
    last, most = query.get("marker", "").partition("/")[0], int(query["max-keys"])
    begin = int(last) + 1 if last else 0
    page = names(begin, most)
    entries = "".join(
        f"<Contents><Key>{each}</Key><ETag>&quot;{'0' * 32}&quot;</ETag><Size>9</Size></Contents>" for each in page
    )
    more = str(len(page) == most).lower()
    text = f"<ListBucketResult><IsTruncated>{more}</IsTruncated>{entries}</ListBucketResult>"
    return Answer(200, HEADERS, text.encode())


OTHERS = {
    "google_cloud_storage": (google_cloud_storage.case, of_google, 1000),
    "azure_blob_storage": (azure_blob_storage.case, of_azure, 500),
    "oracle_cloud_storage": (oracle_cloud_storage.case, of_oracle, 400),
}


class Listed:
    """A bucket of so many names, for one of the clouds; whatever is no list is refused."""

    def __init__(self, type_: str, total: int, name: str) -> None:
        self.case, self.answer, self.most = OTHERS[type_]
        self.total = total
        self.name = name
        self.pages = 0

    def names(self, begin: int, most: int) -> list[str]:
        gc.collect()  # what waits for it alone is not kept
        self.pages += 1
        return [f"{each:09}/{self.name}" for each in range(begin, min(begin + most, self.total))]

    def handle(self, request: Request) -> Answer:
        parts = urlsplit(request.path)
        query = {name: values[0] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
        listing = request.method == "GET" and ("maxresults" in query or "max-keys" in query or "fields" in query)
        root = query.get("prefix", "") or not listing  # nothing lies at the root
        if (listing and not root) or parts.path.endswith("/token"):
            return self.answer(parts.path, query, self.names)
        if listing:
            return self.answer(parts.path, query, lambda begin, most: [])
        return Answer(403, HEADERS, b"<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>")

    def looked(self) -> Report:
        with Wire(self.handle, tls=self.case.tls) as wire:
            settings = replace(self.case.settings(wire), timeout=600)
            return sweep(load(self.case.source(wire)), settings, sweeping=Sweeping(everywhere=True))


@pytest.mark.parametrize("type_", OTHERS)
def test_every_cloud_is_asked_page_by_page_and_one_page_is_kept(type_: str) -> None:
    Listed(type_, 300, "scene.tif").looked()
    peaks = []
    for pages in (2, 4):
        store = Listed(type_, pages * OTHERS[type_][2] - 1, "scene.tif")
        tracemalloc.start()
        try:
            report = store.looked()
            peaks.append(tracemalloc.get_traced_memory()[1])
        finally:
            tracemalloc.stop()
        assert report.verdict == "pass", report
        assert store.pages == pages
    assert peaks[1] < peaks[0] + 1024 * 1024, peaks


@pytest.mark.parametrize("type_", OTHERS)
def test_every_clouds_list_of_our_own_names_without_end_is_cut(type_: str) -> None:
    store = Listed(type_, 60_000, "planetverify.txt")
    [destination] = store.looked().destinations
    assert store.pages == -(-LISTED // store.most)
    assert destination.verdict == "fail"
    assert sum(each.name == "lingering-file" for each in destination.findings) == store.pages * store.most
    assert any("after the first 2," in each for each in destination.limits), destination.limits
