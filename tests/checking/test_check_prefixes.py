"""What is checked beside the root: the delivery's folder, and experiments that explain a failure. The store is a dictionary."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from tests.support.findings import names
from tests.support.memory import (
    DENIED,
    MemoryBucket,
    checking,
    refusal,
)
from validator.core.model import (
    DestinationReport,
    Kind,
    Operation,
    Outcome,
    PatchOperation,
    Verdict,
)
from validator.providers.base import Experiment, RetentionBlocker

KEY = "planetverify.txt"


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Callable[..., DestinationReport]:
    return checking(monkeypatch)


def test_the_prefix_is_checked_as_well(run: Any) -> None:
    bucket = MemoryBucket()
    report = run(bucket, prefix="planet/orders")
    assert {each.key for each in report.steps} == {KEY, f"planet/orders/{KEY}"}
    assert report.verdict is Verdict.PASS


def test_what_was_not_seen_at_the_root_is_no_question_of_the_prefix(run: Any) -> None:
    """A file below the prefix that comes and goes takes no doubt about the root's with it."""

    class Passing(MemoryBucket):
        def stat(self, key: str) -> Any:
            found = super().stat(key)
            if key != KEY and found is not None:
                del self.objects[key]
            return found

    bucket = Passing(objects={KEY: b"old", f"planet/{KEY}": b"old"})
    asked: list[Sequence[RetentionBlocker]] = [
        (RetentionBlocker("snapshots-present", "Whether it has any could not be seen.", unsure=True),)
    ]
    bucket.retention_blockers = lambda: asked.pop() if asked else ()  # type: ignore[method-assign]  # this bucket says so once
    report = run(bucket, prefix="planet")
    assert "snapshots-present" in names(report)
    assert report.verdict is Verdict.INCONCLUSIVE


def test_credentials_limited_to_the_delivery_path(run: Any) -> None:
    class Below(MemoryBucket):
        def _first(self, name: str, key: str) -> None:
            super()._first(name, key)
            if "/" not in key and name.startswith(("rehearse", "write")):
                raise DENIED

    report = run(Below(), prefix="planet")
    assert "prefix-only" in names(report)
    assert report.verdict is Verdict.FAIL


def test_a_prefix_is_not_asked_when_the_root_failed_for_another_reason(run: Any) -> None:
    bucket = MemoryBucket(on={"rehearse-delete": refusal(Kind.UNAUTHENTICATED)})
    report = run(bucket, prefix="planet")
    assert {key for _, key in bucket.asked} == {KEY}
    assert names(report) == ["wrong-secret"]


def test_a_prefix_that_is_refused_where_the_root_is_not(run: Any) -> None:
    class Root(MemoryBucket):
        def _first(self, name: str, key: str) -> None:
            super()._first(name, key)
            if "/" in key and name == "rehearse-delete":
                raise DENIED

    report = run(Root(), prefix="planet")
    assert report.verdict is Verdict.FAIL
    assert names(report) == ["delete-denied"]


def test_an_experiment_explains_and_never_makes_a_pass(run: Any) -> None:
    broken = MemoryBucket(on={"write": DENIED})
    better = MemoryBucket()
    patch = (PatchOperation("add", "/parameters/fancy", value=True),)

    def connect(parameters: Any) -> MemoryBucket:
        return better if parameters.fancy else broken

    from tests.support.memory import Parameters
    from validator.core.model import Secret

    changed = Parameters("imagery-in", "KEY1", Secret("EXAMPLE-password-0001"), fancy=True)
    broken.trials = [Experiment("encryption-header-required", changed, Operation.WRITE, patch, performed=True)]
    report = run(connect)
    assert names(report) == ["encryption-header-required"]
    assert report.findings[0].fix is not None
    assert report.findings[0].fix.patch == patch
    assert report.verdict is Verdict.FAIL
    assert better.objects == {}
    assert ("delete", KEY) in better.asked
    trial = report.steps[-1]
    assert (trial.form, trial.operation, trial.outcome) == ("trial", Operation.WRITE, Outcome.GRANTED)
    assert "fancy" in trial.note


def test_an_experiment_that_is_refused_changes_nothing(run: Any) -> None:
    bucket = MemoryBucket(on={"rehearse-delete": refusal(Kind.NO_BUCKET, 404)})
    from tests.support.memory import Parameters
    from validator.core.model import Secret

    same = Parameters("imagery-in", "KEY1", Secret("EXAMPLE-password-0001"))
    bucket.trials = [Experiment("wrong-region", same, Operation.DELETE)]
    assert names(run(bucket)) == ["bucket-not-found"]


def test_no_experiment_is_made_for_what_planet_does_not_need(run: Any) -> None:
    from tests.support.memory import Parameters
    from validator.core.model import Secret

    bucket = MemoryBucket(on={"read": DENIED})
    changed = Parameters("imagery-in", "KEY1", Secret("EXAMPLE-password-0001"), fancy=True)
    bucket.trials = [Experiment("wrong-region", changed, Operation.READ)]
    report = run(bucket)
    assert (report.verdict, names(report)) == (Verdict.WARN, ["read-denied"])
