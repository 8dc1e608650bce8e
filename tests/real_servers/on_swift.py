"""`make conformance-swift`: the shipped check on a real OpenStack Swift with its S3 API, held against a plain PUT and DELETE."""

from __future__ import annotations

from collections.abc import Iterator
from secrets import token_hex
from typing import Any

import pytest

from tests.real_servers.states import CONTENTS, Content, plain, versioned
from tests.real_servers.swift import Swift
from tests.real_servers.truth import broken, checked, client, everything, plainly
from validator import Verdict

READ, WRITE = "X-Container-Read", "X-Container-Write"
GRANTS: dict[str, dict[str, str] | None] = {
    "owner": None,
    "read and write": {READ: "test:guest,.rlistings", WRITE: "test:guest"},
    "write only": {WRITE: "test:guest"},
    "read only": {READ: "test:guest,.rlistings"},
    "nothing": {},
}


@pytest.fixture(scope="module")
def swift() -> Iterator[Swift]:
    with Swift() as server:
        yield server


def made(swift: Swift, content: Content, grant: str) -> tuple[Any, str, tuple[str, str]]:
    """The owner's client, a new bucket in that state, and the keys to check with."""
    owner, bucket = client(swift.endpoint, swift.region, swift.keys("owner")), f"imagery-{token_hex(6)}"
    owner.create_bucket(Bucket=bucket)
    content(owner, bucket)
    acl = GRANTS[grant]
    if acl:
        swift.container(bucket, **acl)
    return owner, bucket, swift.keys("owner" if acl is None else "guest")


@pytest.mark.parametrize("grant", GRANTS)
@pytest.mark.parametrize("content", CONTENTS, ids=lambda each: each.__name__)
def test_no_promise_is_broken(swift: Swift, content: Content, grant: str) -> None:
    _, bucket, keys = made(swift, content, grant)
    truth = plainly(client(swift.endpoint, swift.region, keys), bucket)
    owner, bucket, keys = made(swift, content, grant)
    before = everything(owner, bucket)
    report = checked("s3_compatible", swift.endpoint, swift.region, bucket, keys)
    after = everything(owner, bucket)
    said = (report.verdict.value, [(each.name, each.detail) for each in report.findings], report.residue)
    assert not broken(report, truth, before, after), (truth, said)
    if content in (plain, versioned) and grant == "owner":
        assert (report.verdict, after) == (Verdict.PASS, before), said


def test_a_quota_is_told_as_such(swift: Swift) -> None:
    owner, bucket, keys = made(swift, plain, "owner")
    swift.container(bucket, **{"X-Container-Meta-Quota-Bytes": "1"})
    truth = plainly(client(swift.endpoint, swift.region, keys), bucket)
    assert truth
    report = checked("s3_compatible", swift.endpoint, swift.region, bucket, keys)
    assert not broken(report, truth, frozenset(), everything(owner, bucket)), report
    assert [each.name for each in report.findings if each.severity.value == "error"] == ["storage-full"], report.findings
