"""The ledger where a bucket keeps versions: each version and marker of ours is removed or told, and no other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.support.memory import (
    BUSY,
    DENIED,
    LOST,
    MemoryBucket,
    checking,
    left,
)
from tests.support.moved_clock import Moved
from validator.core.model import Confidence, DestinationReport, ResidueState
from validator.providers.base import Leftover, LeftoverKind, StoredObject, UnseenPart

KEY = "planetverify.txt"


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Callable[..., DestinationReport]:
    go = checking(monkeypatch)
    return lambda bucket, **more: go(bucket, timeout=60.0, clock=Moved(), **more)


class Versions(MemoryBucket):
    """Keeps every version and marker that a request made, and lists them; ``hidden`` are those that no answer told of."""

    presence = Confidence.LIKELY
    hidden: list[Leftover] = []  # noqa: RUF012 - set by each test
    listed = True

    def write(self, key: str, body: bytes) -> Any:
        return replace(super().write(key, body), version="v1")

    def stat(self, key: str) -> StoredObject | None:
        found = super().stat(key)
        return found and replace(found, version="v1")

    def leftovers(self, key: str, *, everywhere: bool) -> Any:
        if not self.listed:
            yield (UnseenPart("old versions and delete markers", DENIED),)
            return
        yield [each for each in self.hidden if each.key == key]

    def remove(self, leftover: Leftover) -> None:
        self._first("remove", str(leftover.version))
        self.hidden = [each for each in self.hidden if each is not leftover]


def lying(key: str, kind: LeftoverKind, version: str, **more: Any) -> Leftover:
    return Leftover(key, kind, modified=datetime.now(UTC), version=version, versioned=True, **more)


def test_a_version_that_a_repeated_write_made_is_found_and_removed(run: Any) -> None:
    bucket = Versions(creates_exclusively=False)
    bucket.on["after-write"] = lambda: bucket.hidden.insert(
        0, lying(KEY, LeftoverKind.NONCURRENT, "v0", body=bucket.objects[KEY])
    )
    bucket.hidden = [lying(KEY, LeftoverKind.MARKER, "m-theirs"), lying(KEY, LeftoverKind.NONCURRENT, "theirs", body=b"theirs")]
    report = run(bucket)
    assert [each.version for each in bucket.hidden] == ["m-theirs", "theirs"]
    assert left(report) == []


def test_a_marker_that_a_busy_delete_made_is_removed_and_no_older_one(run: Any) -> None:
    bucket = Versions(on={"after-delete": [BUSY]})
    ours = lying(KEY, LeftoverKind.NONCURRENT, "v1")
    old = lying(KEY, LeftoverKind.MARKER, "old")
    bucket.hidden = [lying(KEY, LeftoverKind.MARKER, "new"), ours, old]
    report = run(bucket)
    assert [each.version for each in bucket.hidden] == ["old"]
    assert left(report) == []


def test_a_marker_above_another_version_is_anothers(run: Any) -> None:
    bucket = Versions(on={"after-delete": [BUSY]})
    bucket.hidden = [
        lying(KEY, LeftoverKind.MARKER, "theirs"),
        lying(KEY, LeftoverKind.NONCURRENT, "their file", body=b"theirs"),
        lying(KEY, LeftoverKind.NONCURRENT, "v1"),
    ]
    run(bucket)
    assert [each.version for each in bucket.hidden] == ["theirs", "their file"]


def test_a_delete_without_an_answer_may_make_a_marker_later(run: Any) -> None:
    bucket = Versions(on={"after-delete": [LOST]})
    report = run(bucket)
    assert [(each.version_id, each.state) for each in report.residue] == [(None, ResidueState.MARKER)]
    assert report.residue[0].remove_command.startswith("planet-validator sweep")


def test_where_versions_may_not_be_listed_only_a_lost_answer_is_told(run: Any) -> None:
    bucket = Versions(on={"after-delete": [BUSY]})
    bucket.listed = False
    assert [(each.version_id, each.state) for each in run(bucket).residue] == [(None, ResidueState.MARKER)]
    healthy = Versions(creates_exclusively=False)
    healthy.listed = False
    assert run(healthy).residue == ()
