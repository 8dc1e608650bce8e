"""The walk itself: what is asked, in which order, and what is made of it. The store is a dictionary."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.support.findings import names
from tests.support.memory import (
    BUSY,
    DENIED,
    LOST,
    MemoryBucket,
    checking,
    destination,
    memory_provider,
    refusal,
)
from tests.support.moved_clock import Moved
from validator import providers
from validator.checking.assemble import Settings, check, lint
from validator.core.model import (
    Confidence,
    DestinationReport,
    Kind,
    Operation,
    Residue,
    ResidueState,
    Step,
    Verdict,
)
from validator.providers.base import RetentionBlocker, Unproven

KEY = "planetverify.txt"


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Callable[..., DestinationReport]:
    return checking(monkeypatch)


def outcomes(report: DestinationReport) -> list[tuple[str, str, str]]:
    return [(each.operation.value, each.mode.value, each.outcome.value) for each in report.steps]


def test_a_healthy_bucket(run: Any) -> None:
    bucket = MemoryBucket()
    report = run(bucket)
    assert report.verdict is Verdict.PASS
    assert report.findings == ()
    assert bucket.objects == {}
    assert [name for name, _ in bucket.asked] == [
        "rehearse-delete",
        "retention-blockers",
        "write",
        "after-write",
        "read",
        "list",
        "delete",
        "after-delete",
        "cleanup-versions",
    ]
    assert {key for _, key in bucket.asked} == {KEY, ""}
    assert "network path" in report.limits[0]


def test_delete_denied_writes_nothing_and_tells_of_both_permissions(run: Any) -> None:
    bucket = MemoryBucket(on={"rehearse-delete": DENIED})
    report = run(bucket)
    assert report.verdict is Verdict.FAIL
    assert names(report) == ["delete-denied"]
    assert not report.wrote
    assert "write" not in [name for name, _ in bucket.asked]
    assert outcomes(report)[:2] == [("delete", "rehearsed", "denied"), ("write", "rehearsed", "granted")]
    assert ("read", "performed", "skipped") in outcomes(report)


def test_both_denied(run: Any) -> None:
    assert names(run(MemoryBucket(on={"rehearse-delete": DENIED, "rehearse-write": DENIED}))) == [
        "delete-denied",
        "write-denied",
    ]


def test_write_that_cannot_be_rehearsed_stays_unproven(run: Any) -> None:
    report = run(
        MemoryBucket(on={"rehearse-delete": DENIED, "rehearse-write": NotImplementedError("this store may ignore conditions")})
    )
    assert ("write", "rehearsed", "unproven") in outcomes(report)
    assert any("ignore conditions" in step.note for step in report.steps)


@pytest.mark.parametrize(
    ("answer", "finding"),
    [
        (BUSY, "throttled"),
        (LOST, "connection-lost"),
        (refusal(Kind.OTHER, 418), "unrecognised-answer"),
        (refusal(Kind.UNREACHABLE, None, "forbidden-address"), "endpoint-forbidden"),
    ],
)
def test_what_is_not_a_refusal_is_inconclusive(run: Any, answer: Exception, finding: str) -> None:
    bucket = MemoryBucket(on={"rehearse-delete": answer})
    report = run(bucket, timeout=60.0, clock=Moved())
    assert report.verdict is Verdict.INCONCLUSIVE
    assert names(report) == [finding]
    assert "write" not in [name for name, _ in bucket.asked]


def test_disagreeing_witnesses_stop_before_writing_unless_told_to_proceed(run: Any) -> None:
    report = run(MemoryBucket(on={"rehearse-delete": Unproven("the witnesses disagree", {"a": "held"})}))
    assert report.verdict is Verdict.INCONCLUSIVE
    assert names(report) == ["delete-unproven"]
    assert any("--proceed" in step.note for step in report.steps)
    bucket = MemoryBucket(on={"rehearse-delete": Unproven("the witnesses disagree")})
    report = run(bucket, proceed=True)
    assert {(Operation.WRITE, "granted"), (Operation.DELETE, "granted")} <= {
        (each.operation, each.outcome) for each in report.steps if each.mode == "performed"
    }
    assert bucket.objects == {}


def test_proceed_never_writes_where_delete_is_known_to_be_denied(run: Any) -> None:
    bucket = MemoryBucket(on={"rehearse-delete": DENIED})
    assert run(bucket, proceed=True).verdict is Verdict.FAIL
    assert "write" not in [name for name, _ in bucket.asked]


def test_a_blocker_that_can_be_read_keeps_us_from_writing(run: Any) -> None:
    bucket = MemoryBucket(in_the_way=[RetentionBlocker("retention-locked", "Every object is kept for 30 days.")])
    report = run(bucket, proceed=True)
    assert names(report) == ["retention-locked"]
    assert not report.wrote
    assert bucket.objects == {}


def test_settings_that_cannot_be_read_decide_nothing(run: Any) -> None:
    assert run(MemoryBucket(on={"retention-blockers": DENIED})).verdict is Verdict.PASS


def test_write_denied(run: Any) -> None:
    report = run(MemoryBucket(on={"write": DENIED}))
    assert report.verdict is Verdict.FAIL
    assert names(report) == ["write-denied"]
    assert not report.wrote
    assert report.residue == ()


@pytest.mark.parametrize("operation", ["read", "list"])
def test_what_planet_does_not_need_never_fails(run: Any, operation: str) -> None:
    """A refusal warns; an answer that tells nothing leaves the question open."""
    unclear = Verdict.INCONCLUSIVE
    for answer, verdict in ((DENIED, Verdict.WARN), (BUSY, unclear), (refusal(Kind.OTHER, 418), unclear)):
        bucket = MemoryBucket(on={operation: answer})
        report = run(bucket)
        assert report.verdict is verdict, names(report)
        assert bucket.objects == {}


def test_a_file_that_is_there_is_left_alone_and_the_check_made_beside_it(run: Any) -> None:
    bucket = MemoryBucket({KEY: b"Planet's"})
    report = run(bucket)
    assert bucket.objects == {KEY: b"Planet's"}
    assert names(report) == ["lingering-file"]
    assert report.verdict is Verdict.WARN
    assert "8 bytes" in report.findings[0].detail
    performed = {each.key for each in report.steps if each.mode == "performed"}
    assert len(performed) == 1
    assert performed.pop().startswith("planetverify-")
    assert ("write", "rehearsed", "granted") in outcomes(report)
    assert [each.state for each in report.residue] == [ResidueState.FOUND]


def test_a_large_file_of_that_name_is_somebodys_own(run: Any) -> None:
    assert "not-the-verification-file" in names(run(MemoryBucket({KEY: b"x" * 1025})))


def test_a_file_that_only_the_write_reveals(run: Any) -> None:
    """Neither read nor list is granted, and the rehearsal does not tell: the create-only write does."""
    bucket = MemoryBucket({KEY: b"theirs"}, on={"stat": DENIED})
    report = run(bucket)
    assert bucket.objects == {KEY: b"theirs"}
    assert "lingering-file" in names(report)
    assert report.verdict is Verdict.WARN


@pytest.mark.parametrize("creates_exclusively", [True, False])
def test_a_store_that_may_ignore_conditions_is_asked_about_names_that_nobody_has(run: Any, creates_exclusively: bool) -> None:
    bucket = MemoryBucket(
        {KEY: b"theirs"}, on={"stat": DENIED}, enforces_preconditions=False, creates_exclusively=creates_exclusively
    )
    report = run(bucket)
    assert bucket.objects == {KEY: b"theirs"}
    touched = {key for name, key in bucket.asked if name.startswith(("rehearse", "delete", "write"))}
    assert KEY not in touched
    assert report.verdict is Verdict.INCONCLUSIVE
    assert names(report) == ["delete-unproven"]
    assert any("could not be seen" in each for each in report.limits)


def test_somebody_elses_file_under_our_name_is_left_alone(run: Any) -> None:
    bucket = MemoryBucket()
    bucket.on["read"] = lambda: bucket.objects.update({KEY: b"Planet's own check"})
    report = run(bucket)
    assert bucket.objects == {KEY: b"Planet's own check"}
    assert names(report) == []
    assert report.verdict is Verdict.PASS
    assert any("made once more on planetverify-" in each for each in report.limits)


def test_a_file_that_somebody_else_removed(run: Any) -> None:
    bucket = MemoryBucket()
    bucket.on["list"] = bucket.objects.clear
    report = run(bucket)
    assert names(report) == ["file-replaced"]
    assert report.verdict is Verdict.INCONCLUSIVE


def test_bytes_that_come_back_changed(run: Any) -> None:
    class Framing(MemoryBucket):
        def read(self, key: str) -> bytes:
            return b"64;chunk-signature" + super().read(key)

    report = run(Framing())
    assert names(report) == ["content-corrupted"]
    assert report.verdict is Verdict.FAIL


def test_what_remains_of_a_version_is_told(run: Any) -> None:
    remains = [Residue(KEY, ResidueState.VERSION, "remove v1", "v1"), Residue(KEY, ResidueState.MARKER, "remove m1", "m1")]
    report = run(MemoryBucket(residue=remains))
    assert names(report) == ["versions-remain"]
    assert report.verdict is Verdict.WARN
    assert report.findings[0].fix is not None
    assert report.findings[0].fix.commands == ("remove v1", "remove m1")
    assert report.findings[0].confidence is Confidence.CONFIRMED
    unseen = [Residue(KEY, ResidueState.MARKER, "look", None, "the answer to a delete was lost: it may be there")]
    found = run(MemoryBucket(residue=unseen)).findings[0]
    assert (found.confidence, found.detail) == (
        Confidence.POSSIBLE,
        f"A delete marker of {KEY} may lie in the bucket: the answer to a delete was lost: it may be there.",
    )
    hidden = [Residue(KEY, ResidueState.VERSION, "look", None, "soft delete keeps a hidden copy", fades=True)]
    found = run(MemoryBucket(residue=hidden)).findings[0]
    assert (found.confidence, found.detail) == (
        Confidence.CONFIRMED,
        f"What this check made under {KEY} was deleted, but a version of it stays in the bucket: soft delete keeps a hidden copy.",
    )
    locked = [Residue(KEY, ResidueState.LOCKED, "", "v1")]
    assert names(run(MemoryBucket(residue=locked))) == ["retention-locked"]
    assert [each.state for each in run(MemoryBucket(residue=remains, on={"cleanup-versions": DENIED})).residue] == [
        ResidueState.VERSION
    ]


def test_a_held_file_under_that_name(run: Any) -> None:
    report = run(MemoryBucket({KEY: b"held"}, on={"rehearse-delete": refusal(Kind.KEPT)}))
    assert "object-held" in names(report)
    assert "lingering-file" in names(report)
    assert report.verdict is Verdict.FAIL


def test_multipart_is_started_and_aborted_and_only_warns(run: Any) -> None:
    bucket = MemoryBucket()
    assert run(bucket, multipart=True).verdict is Verdict.PASS
    assert bucket.uploads == 0
    report = run(MemoryBucket(on={"start": DENIED}), multipart=True)
    assert (report.verdict, names(report)) == (Verdict.WARN, ["multipart-denied"])
    report = run(MemoryBucket(on={"abort": DENIED}), multipart=True)
    assert report.verdict is Verdict.WARN
    assert report.residue[0].note == "an unfinished multipart upload"


def test_a_connection_that_cannot_be_opened(run: Any) -> None:
    def refuse(parameters: Any) -> MemoryBucket:
        raise refusal(Kind.UNREACHABLE, None, "dns", evidence={"name_exists": "no"})

    report = run(refuse)
    assert names(report) == ["host-not-found"]
    assert report.verdict is Verdict.FAIL


def test_a_wrong_clock_is_told_from_a_wrong_secret(run: Any) -> None:
    from datetime import UTC, datetime, timedelta

    now = datetime.now(UTC)
    report = run(MemoryBucket(on={"rehearse-delete": refusal(Kind.UNAUTHENTICATED, server_date=now - timedelta(hours=2))}))
    assert names(report) == ["clock-skew"]
    assert report.findings[0].evidence["clock_skew_seconds"].startswith("+7")
    report = run(MemoryBucket(on={"rehearse-delete": refusal(Kind.UNAUTHENTICATED, server_date=now)}))
    assert names(report) == ["wrong-secret"]


def test_ignored_findings_decide_nothing(run: Any) -> None:
    assert run(MemoryBucket(on={"read": DENIED}), ignore=frozenset({"read-denied"})).verdict is Verdict.PASS


def test_without_both_operations_seen_nothing_passes(run: Any) -> None:
    report = run(MemoryBucket(on={"write": DENIED}), ignore=frozenset({"write-denied"}))
    assert report.verdict is Verdict.INCONCLUSIVE


def test_a_pass_below_a_prefix_does_not_stand_for_the_root(run: Any) -> None:
    class Below(MemoryBucket):
        def _first(self, name: str, key: str) -> None:
            super()._first(name, key)
            if "/" not in key and name.startswith("rehearse"):
                raise DENIED

    report = run(Below(), prefix="planet", ignore=frozenset({"delete-denied", "write-denied", "prefix-only"}))
    assert report.verdict is Verdict.INCONCLUSIVE


def test_many_in_order_and_those_that_share_a_bucket_take_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    inside = 0
    most = 0
    lock = threading.Lock()

    def enter() -> None:
        nonlocal inside, most
        with lock:
            inside += 1
            most = max(most, inside)

    def leave() -> None:
        nonlocal inside
        with lock:
            inside -= 1

    bucket = MemoryBucket(on={"write": enter, "after-delete": leave})
    monkeypatch.setattr(providers, "find", lambda name: memory_provider(bucket))
    many = [replace(destination(), name=f"d{i}") for i in range(20)]
    seen: list[tuple[int, object]] = []
    report = check(many, Settings(timeout=60), watch=lambda index, event: seen.append((index, event)))
    assert [each.name for each in report.destinations] == [f"d{i}" for i in range(20)]
    assert report.verdict is Verdict.PASS
    assert most == 1
    assert len([event for _, event in seen if isinstance(event, DestinationReport)]) == 20
    assert any(isinstance(event, Step) for _, event in seen)


def test_lint_asks_nobody(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    bucket = MemoryBucket()
    monkeypatch.setattr(providers, "find", lambda name: memory_provider(bucket))
    report = lint([destination()])
    assert report.verdict is Verdict.PASS
    assert bucket.asked == []


@pytest.mark.parametrize(
    ("source", "pointer", "line"),
    [
        ("my dest.json", "", "planet-validator policy 'my dest.json' > grant.json"),
        ("all.yaml", "/1", "planet-validator policy all.yaml --name 'my imagery' > grant.json"),
        ("-", "", "planet-validator policy --type amazon_s3 --bucket imagery-in --region eu-central-1 > grant.json"),
    ],
)
def test_the_command_that_makes_the_grant_can_be_pasted(source: str, pointer: str, line: str) -> None:
    from validator.checking.batch import named
    from validator.core.model import Destination

    given = Destination("my imagery", "amazon_s3", {"bucket": "imagery-in", "aws_region": "eu-central-1"}, source, pointer)
    assert named("planet-validator policy SOURCE > grant.json", given) == line
