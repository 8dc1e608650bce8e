"""What a check left is taken back or told: after a failed delete, a lost answer, another try, an interruption. The store is a dictionary."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.findings import names
from tests.support.memory import (
    ABSENT,
    BUSY,
    DENIED,
    EXISTS,
    LOST,
    PRECONDITION,
    MemoryBucket,
    checking,
)
from tests.support.moved_clock import Moved
from validator.core import catalog
from validator.core.deadline import CancelToken
from validator.core.model import (
    DestinationReport,
    ResidueState,
    Verdict,
)

KEY = "planetverify.txt"


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Callable[..., DestinationReport]:
    return checking(monkeypatch)


def test_a_delete_that_fails_after_all_is_told_with_its_command(run: Any) -> None:
    bucket = MemoryBucket(on={"delete": DENIED})
    report = run(bucket)
    assert report.verdict is Verdict.FAIL
    assert names(report) == ["delete-denied", "residue-left"]
    assert [(each.key, each.state, each.remove_command) for each in report.residue] == [
        (KEY, ResidueState.LEFT, f"remove imagery-in/{KEY}")
    ]
    assert KEY in bucket.objects


def test_a_busy_delete_is_tried_again_because_our_file_would_stay(run: Any) -> None:
    bucket = MemoryBucket(on={"delete": [BUSY, BUSY]})
    assert run(bucket).verdict is Verdict.PASS
    assert bucket.objects == {}


@pytest.mark.parametrize(
    ("on", "certain", "says_of_planet"),
    [
        ({"delete": DENIED}, True, False),  # the catalog's own words say that Planet could not delete it either
        ({"delete": BUSY}, True, True),
        ({"delete": LOST, "stat": LOST}, False, True),
    ],
)
def test_only_a_refusal_of_the_delete_speaks_of_planets(run: Any, on: Any, certain: bool, says_of_planet: bool) -> None:
    left = next(each for each in run(MemoryBucket(on=on), clock=Moved()).findings if each.name == "residue-left")
    assert ("This does not say whether Planet's own delete would pass." in left.detail) is says_of_planet
    assert (left.title == catalog.FINDINGS["residue-left"].title) is certain


@pytest.mark.parametrize("arrived", [True, False])
def test_a_lost_answer_to_the_write_still_leads_to_the_delete(run: Any, arrived: bool) -> None:
    bucket = MemoryBucket(on={"after-write" if arrived else "write": LOST})
    report = run(bucket)
    assert bucket.objects == {}
    assert report.verdict is Verdict.INCONCLUSIVE
    assert ("delete", KEY) in bucket.asked
    assert report.wrote


def test_a_write_that_arrives_after_its_delete_is_taken_back(run: Any) -> None:
    """The answer was lost, the first delete found nothing, and only then did the write arrive."""
    bucket = MemoryBucket()
    late: list[bytes] = []

    class Late(MemoryBucket):
        def write(self, key: str, body: bytes) -> Any:
            late.append(body)
            raise LOST

        def delete(self, key: str, receipt: Any, body: bytes) -> None:
            self.asked.append(("delete", key))
            if len([each for each in self.asked if each[0] == "delete"]) == 1:
                self.objects[key] = late[0]
                raise ABSENT
            super().delete(key, receipt, body)

    bucket = Late()
    report = run(bucket)
    assert bucket.objects == {}
    assert report.residue == ()


def test_a_retried_write_that_meets_its_own_first_try_is_not_a_conflict(run: Any) -> None:
    class Twice(MemoryBucket):
        def write(self, key: str, body: bytes) -> Any:
            if key not in self.objects:
                self.objects[key] = body
                raise BUSY
            raise EXISTS

    bucket = Twice()
    report = run(bucket)
    assert report.verdict is Verdict.PASS, names(report)
    assert bucket.objects == {}


def test_a_retried_write_that_may_not_look_takes_its_own_first_try_back(run: Any) -> None:
    class Blind(MemoryBucket):
        def write(self, key: str, body: bytes) -> Any:
            self._first("write", key)
            if key in self.objects:
                raise EXISTS
            self.objects[key] = body
            if len([each for each in self.asked if each[0] == "write"]) == 1:
                raise BUSY
            return super().write(f"{key}.other", body)

        def stat(self, key: str) -> Any:
            raise DENIED

    bucket = Blind()
    run(bucket)
    assert KEY not in bucket.objects
    assert ("delete", KEY) in bucket.asked
    theirs = Blind({KEY: b"theirs"})
    theirs.on["write"] = [BUSY]
    report = run(theirs)
    assert theirs.objects[KEY] == b"theirs"
    assert "lingering-file" in names(report)


def test_an_interruption_between_write_and_delete_leaves_nothing(run: Any) -> None:
    stop = CancelToken()
    bucket = MemoryBucket(on={"read": stop.request})
    report = run(bucket, stop=stop)
    assert bucket.objects == {}
    assert "interrupted" in names(report)
    assert report.verdict is Verdict.INCONCLUSIVE


def test_an_interruption_while_the_write_is_on_its_way(run: Any) -> None:
    stop = CancelToken()
    go_on = threading.Event()
    bucket = MemoryBucket()

    def slow() -> None:
        stop.request()
        go_on.wait(0.2)

    bucket.on["write"] = slow
    report = run(bucket, stop=stop)
    assert bucket.objects == {}
    assert "interrupted" in names(report)


def test_a_second_interruption_ends_clean_up_and_says_what_stays(run: Any) -> None:
    stop = CancelToken()

    def twice() -> None:
        stop.request()
        stop.request()

    bucket = MemoryBucket(on={"read": twice})
    report = run(bucket, stop=stop)
    assert [each.state for each in report.residue] == [ResidueState.LEFT]
    assert report.verdict is Verdict.FAIL


def test_a_precondition_on_delete_after_a_lost_write_leaves_the_other_file(run: Any) -> None:
    bucket = MemoryBucket(on={"write": LOST, "delete": PRECONDITION})
    report = run(bucket)
    assert report.residue[0].state is ResidueState.LEFT
    assert "may" in report.residue[0].note
