"""The ledger of experiments and of uploads: whatever they may have made is removed or told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.findings import names
from tests.support.memory import (
    DENIED,
    LOST,
    MemoryBucket,
    asked,
    checking,
    left,
)
from tests.support.moved_clock import Moved
from validator.core.deadline import CancelToken
from validator.core.model import DestinationReport, Operation
from validator.providers.base import Experiment

KEY = "planetverify.txt"


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Callable[..., DestinationReport]:
    go = checking(monkeypatch)
    return lambda bucket, **more: go(bucket, timeout=60.0, clock=Moved(), **more)


def _trial(bucket: MemoryBucket, other: MemoryBucket) -> Callable[[Any], MemoryBucket]:
    from tests.support.memory import Parameters
    from validator.core.model import Secret

    changed = Parameters("imagery-in", "KEY1", Secret("EXAMPLE-password-0001"), fancy=True)
    bucket.trials = [Experiment("encryption-header-required", changed, Operation.WRITE, performed=True)]
    return lambda parameters: other if parameters.fancy else bucket


def test_an_interrupted_experiment_is_worked_off(run: Any) -> None:
    stop = CancelToken()
    bucket, other = MemoryBucket(on={"write": DENIED}), MemoryBucket(on={"after-write": stop.request})
    report = run(_trial(bucket, other), stop=stop)
    assert other.objects == {}
    assert asked(other, "delete")
    assert left(report) == []


def test_an_experiment_that_cannot_remove_its_file_tells_of_it(run: Any) -> None:
    bucket, other = MemoryBucket(on={"write": DENIED}), MemoryBucket(on={"delete": DENIED})
    report = run(_trial(bucket, other))
    assert set(other.objects) == {each.key for each in report.residue}
    assert "residue-left" in names(report)


def test_an_experiment_that_meets_another_file_leaves_it(run: Any) -> None:
    bucket, other = MemoryBucket(on={"write": DENIED}), MemoryBucket({KEY: b"theirs"})
    report = run(_trial(bucket, other))
    assert other.objects == {KEY: b"theirs"}
    assert left(report) == []


def test_a_lost_start_of_an_upload_is_told(run: Any) -> None:
    report = run(MemoryBucket(on={"start": LOST}), multipart=True)
    assert [each.note.startswith("an unfinished multipart upload") for each in report.residue] == [True]
    assert report.residue[0].remove_command.startswith("planet-validator sweep")
