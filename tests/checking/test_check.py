"""The walk itself: what is asked, in which order, and what is made of it. The store is a dictionary."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from tests.support.memory import (
    ABSENT,
    BUSY,
    DENIED,
    EXISTS,
    LOST,
    PRECONDITION,
    MemoryBucket,
    destination,
    memory_provider,
    refusal,
)
from tests.support.moved_clock import Moved
from validator import providers
from validator.checking.assemble import Settings, check, lint
from validator.core import catalog
from validator.core.deadline import CancelToken
from validator.core.model import (
    Confidence,
    DestinationReport,
    Kind,
    Operation,
    Outcome,
    PatchOperation,
    Residue,
    ResidueState,
    Step,
    Verdict,
)
from validator.providers.base import Experiment, RetentionBlocker, Unproven

KEY = "planetverify.txt"


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Callable[..., DestinationReport]:
    def go(bucket: Any, *, stop: CancelToken | None = None, prefix: str = "", **settings: Any) -> DestinationReport:
        provider = memory_provider(bucket)
        find = providers.find
        monkeypatch.setattr(providers, "find", lambda name: provider if name == "memory" else find(name))
        settings.setdefault("timeout", 10.0)
        report = check([destination(path_prefix=prefix)], Settings(**settings), stop=stop)
        return report.destinations[0]

    return go


def outcomes(report: DestinationReport) -> list[tuple[str, str, str]]:
    return [(each.operation.value, each.mode.value, each.outcome.value) for each in report.steps]


def names(report: DestinationReport) -> list[str]:
    return [each.name for each in report.findings]


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
    mended = MemoryBucket()
    patch = (PatchOperation("add", "/parameters/fancy", value=True),)

    def connect(parameters: Any) -> MemoryBucket:
        return mended if parameters.fancy else broken

    from tests.support.memory import Parameters
    from validator.core.model import Secret

    changed = Parameters("imagery-in", "KEY1", Secret("EXAMPLE-password-0001"), fancy=True)
    broken.trials = [Experiment("encryption-header-required", changed, Operation.WRITE, patch, performed=True)]
    report = run(connect)
    assert names(report) == ["encryption-header-required"]
    assert report.findings[0].fix is not None
    assert report.findings[0].fix.patch == patch
    assert report.verdict is Verdict.FAIL
    assert mended.objects == {}
    assert ("delete", KEY) in mended.asked
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
    report = check(many, Settings(timeout=20), watch=lambda index, event: seen.append((index, event)))
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


def test_a_precondition_on_delete_after_a_lost_write_leaves_the_other_file(run: Any) -> None:
    bucket = MemoryBucket(on={"write": LOST, "delete": PRECONDITION})
    report = run(bucket)
    assert report.residue[0].state is ResidueState.LEFT
    assert "may" in report.residue[0].note


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
