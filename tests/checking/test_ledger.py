"""The ledger: whatever may have been made is removed and seen to be gone, or told. The store is a dictionary, the time is moved by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.support.findings import names
from tests.support.memory import (
    ABSENT,
    BUSY,
    DENIED,
    EXISTS,
    LOST,
    MemoryBucket,
    asked,
    destination,
    left,
    memory_provider,
    refusal,
)
from tests.support.moved_clock import Moved
from validator import providers
from validator.checking.assemble import Settings, check
from validator.checking.conversation import Attempt
from validator.core.deadline import Call, CancelToken, Deadline, TimedOut
from validator.core.model import DestinationReport, Kind, Observation, Report, ResidueState, Verdict
from validator.formats import render
from validator.providers.base import StoredObject

KEY = "planetverify.txt"


@pytest.fixture
def clock() -> Moved:
    return Moved()


@pytest.fixture
def whole(monkeypatch: pytest.MonkeyPatch, clock: Moved) -> Callable[..., Report]:
    def go(bucket: Any, *, stop: CancelToken | None = None, explain_finding: Any = None, **settings: Any) -> Report:
        find, provider = (
            providers.find,
            memory_provider(bucket, **({"explain_finding": explain_finding} if explain_finding else {})),
        )
        monkeypatch.setattr(providers, "find", lambda name: provider if name == "memory" else find(name))
        return check([destination(source="a dest.json")], Settings(**{"timeout": 60.0, "clock": clock, **settings}), stop=stop)

    return go


@pytest.fixture
def run(whole: Callable[..., Report]) -> Callable[..., DestinationReport]:
    return lambda bucket, **more: whole(bucket, **more).destinations[0]


# ---- a write that got no answer ------------------------------------------------------------------------------------


class Late(MemoryBucket):
    """The write's answer is lost, and the write lands some seconds later."""

    clock: Moved
    after: float = 1.0

    def write(self, key: str, body: bytes) -> Any:
        self._first("write", key)
        if len(asked(self, "write")) == 1:
            self.clock.at[self.clock.time + self.after] = lambda: self.objects.update({key: body})
            raise LOST
        return super().write(key, body)


@pytest.mark.parametrize("after", [0.0, 0.4, 1.9, 4.5])
def test_a_write_that_lands_seconds_later_is_taken_back(run: Any, clock: Moved, after: float) -> None:
    bucket = Late()
    bucket.clock, bucket.after = clock, after
    report = run(bucket)
    assert bucket.objects == {}
    assert (report.verdict, left(report)) == (Verdict.INCONCLUSIVE, [])


def test_a_write_that_may_land_after_all_looks_is_told_with_a_command_that_looks(whole: Any, clock: Moved) -> None:
    bucket = Late()
    bucket.clock, bucket.after = clock, 50.0
    report = whole(bucket)
    one = report.destinations[0]
    assert (one.verdict, left(one)) == (Verdict.INCONCLUSIVE, [(KEY, "left", True)])
    assert one.residue[0].remove_command == "planet-validator sweep 'a dest.json' --delete"
    found = next(each for each in one.findings if each.name == "residue-left")
    assert (found.severity.value, found.confidence.value) == ("unknown", "possible")
    assert "nothing was left behind" not in render("text", report)


@pytest.mark.parametrize("code", ["dns", "refused", "tls"])
def test_a_write_that_was_never_sent_leaves_no_doubt(run: Any, code: str) -> None:
    bucket = MemoryBucket(on={"write": refusal(Kind.UNREACHABLE, None, code)})
    report = run(bucket)
    assert left(report) == []
    assert not report.wrote


@pytest.mark.parametrize(
    "answer",
    [
        refusal(Kind.OTHER, 301, " "),
        refusal(Kind.OTHER, 404, " "),
        refusal(Kind.OTHER, 418, " "),
        refusal(Kind.TRANSIENT, 504, " "),
        refusal(Kind.TRANSIENT, 500, "InternalError"),
    ],
)
def test_a_write_that_was_carried_out_and_answered_by_something_else(run: Any, answer: Any) -> None:
    """An answer without the API's own code says nothing of what became of the request."""
    plain = refusal(answer.observation.kind, answer.observation.status)
    plain.observation = Observation(answer.observation.kind, answer.observation.status, answer.observation.code.strip())
    bucket = MemoryBucket(on={"after-write": plain}, creates_exclusively=False)
    report = run(bucket)
    assert bucket.objects == {}
    assert left(report) == []
    assert report.verdict is Verdict.INCONCLUSIVE


def test_the_apis_own_refusal_is_the_end_of_a_write() -> None:
    def answer(kind: Kind, status: int | None, code: str) -> Attempt:
        return Attempt(0.0, observation=Observation(kind, status, code))

    assert not answer(Kind.DENIED, 403, "AccessDenied").may_have_written
    assert answer(Kind.DENIED, 403, "").may_have_written
    assert answer(Kind.OTHER, 408, "RequestTimeout").may_have_written
    assert answer(Kind.TRANSIENT, 503, "SlowDown").may_have_written
    assert answer(Kind.TRANSIENT, 503, "SlowDown").final
    assert not answer(Kind.TRANSIENT, 504, "GatewayTimeout").final
    assert not answer(Kind.UNREACHABLE, None, "reset").final


def test_another_file_found_after_a_lost_write_is_never_called_ours(run: Any) -> None:
    bucket = MemoryBucket()

    def other() -> None:
        bucket.objects[KEY] = b"somebody else's"
        raise LOST

    bucket.on["write"] = other
    report = run(bucket)
    assert bucket.objects == {KEY: b"somebody else's"}
    assert not any(each.remove_command.startswith("remove ") for each in report.residue if each.state is ResidueState.LEFT)
    assert report.verdict is Verdict.INCONCLUSIVE


def test_an_answer_that_the_wire_repeated_is_not_anothers_file(run: Any) -> None:
    """The first of two copies of the write created the file, and the answer of the second came back."""

    class Repeats(MemoryBucket):
        def write(self, key: str, body: bytes) -> Any:
            super().write(key, body)
            raise EXISTS

    bucket = Repeats()
    report = run(bucket)
    assert bucket.objects == {}
    assert (report.verdict, names(report)) == (Verdict.PASS, [])


# ---- the delete ----------------------------------------------------------------------------------------------------


def test_a_delete_is_tried_again_after_resets_while_there_is_time(run: Any) -> None:
    bucket = MemoryBucket(on={"delete": [LOST, LOST, LOST, LOST]})
    report = run(bucket)
    assert bucket.objects == {}
    assert report.verdict is Verdict.PASS


@pytest.mark.parametrize("answer", [LOST, BUSY, refusal(Kind.OTHER, 200, "page")])
def test_nothing_is_said_to_be_left_that_is_not_there(run: Any, answer: Exception) -> None:
    """Every answer to the delete is lost, or is no answer of the API's; the first one was carried out."""
    bucket = MemoryBucket(on={"after-delete": answer})
    report = run(bucket)
    assert bucket.objects == {}
    assert left(report) == []
    assert report.verdict is Verdict.INCONCLUSIVE


def test_a_delete_that_was_believed_and_not_carried_out_is_done_once_more(run: Any) -> None:
    bucket = MemoryBucket(on={"delete": [refusal(Kind.OTHER, 200, "page")]})
    report = run(bucket)
    assert bucket.objects == {}
    assert left(report) == []


def test_what_cannot_be_seen_after_a_lost_delete_is_possible_and_no_fail(run: Any) -> None:
    bucket = MemoryBucket(on={"after-delete": LOST, "stat": DENIED, "delete": [None]})

    def absent() -> None:
        if KEY not in bucket.objects:
            raise LOST

    bucket.on["delete"] = absent
    report = run(bucket)
    assert bucket.objects == {}
    assert left(report) == [(KEY, "left", True)]
    assert report.verdict is Verdict.INCONCLUSIVE


def test_a_refused_delete_is_certain(run: Any) -> None:
    bucket = MemoryBucket(on={"delete": DENIED, "stat": DENIED})
    report = run(bucket)
    assert left(report) == [(KEY, "left", False)]
    assert report.verdict is Verdict.FAIL


def test_a_version_that_could_be_removed_is_not_said_to_be_left(run: Any) -> None:
    """The delete by name is refused, that of our version is not."""

    class Versioned(MemoryBucket):
        def cleanup_versions(self, key: str, receipt: Any) -> Any:
            self._first("cleanup-versions", key)
            if receipt.version:
                self.objects.pop(key, None)
            return ()

        def write(self, key: str, body: bytes) -> Any:
            return replace(super().write(key, body), version="v1")

    bucket = Versioned(on={"delete": DENIED})
    report = run(bucket)
    assert bucket.objects == {}
    assert (names(report), left(report)) == (["delete-denied"], [])


@pytest.mark.parametrize("step", ["rehearse-delete", "read", "delete"])
def test_a_page_that_came_once_is_asked_again(run: Any, step: str) -> None:
    bucket = MemoryBucket(on={step: [refusal(Kind.FOREIGN, 200, "")]})
    assert run(bucket).verdict is Verdict.PASS


def test_a_page_after_the_api_itself_has_answered_fails_nothing(run: Any) -> None:
    report = run(MemoryBucket(on={"write": refusal(Kind.FOREIGN, 404, "")}))
    assert report.verdict is Verdict.INCONCLUSIVE
    report = run(MemoryBucket(on={"rehearse-delete": refusal(Kind.FOREIGN, 404, "")}))
    assert report.verdict is Verdict.FAIL


def test_other_bytes_under_a_name_of_our_own_are_ours(run: Any) -> None:
    """A rehearsal over our own file was carried out, and its answer was lost: nobody else has that name."""
    bucket = MemoryBucket({KEY: b"theirs"})

    def rewritten() -> None:
        bucket.objects.update({key: b"planet-validator rehearsal" for key in bucket.objects if key != KEY})

    bucket.on["list"] = [None, rewritten]
    report = run(bucket)
    assert bucket.objects == {KEY: b"theirs"}
    assert not [each for each in report.residue if each.state is ResidueState.LEFT]


def test_an_overwrite_that_got_no_answer_is_in_the_ledger(run: Any, clock: Moved) -> None:
    class Over(MemoryBucket):
        overwrite_permission = "memory:overwrite"

        def overwrite(self, key: str, body: bytes) -> Any:
            clock.at[clock.time + 1.0] = lambda: self.objects.update({key: body})
            raise LOST

    bucket = Over({KEY: b"theirs"})
    report = run(bucket)
    assert bucket.objects == {KEY: b"theirs"}
    assert not [each for each in report.residue if each.state is ResidueState.LEFT]


# ---- other writers -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("honours", [True, False])
def test_other_bytes_are_somebody_elses_and_stay(run: Any, honours: bool) -> None:
    class Unpinned(MemoryBucket):
        def delete(self, key: str, receipt: Any, body: bytes) -> None:
            self._first("delete", key)
            if self.objects.pop(key, None) is None:
                raise ABSENT

    bucket = (MemoryBucket if honours else Unpinned)(enforces_preconditions=honours, creates_exclusively=honours)
    bucket.on["read"] = [lambda: bucket.objects.update({KEY: b"theirs"})]
    report = run(bucket)
    assert bucket.objects == {KEY: b"theirs"}
    assert (report.verdict, names(report), left(report)) == (Verdict.PASS, [], [])


def test_a_store_that_alters_bytes_keeps_nothing(run: Any) -> None:
    class Framing(MemoryBucket):
        def read(self, key: str) -> bytes:
            return b"64;" + super().read(key)

        def stat(self, key: str) -> StoredObject | None:
            found = super().stat(key)
            return found and StoredObject(key, found.size, pin=found.pin, body=b"64;" + (found.body or b""))

    bucket = Framing()
    report = run(bucket)
    assert bucket.objects == {}
    assert names(report) == ["content-corrupted"]


def test_two_writers_in_a_row_are_told(run: Any) -> None:
    bucket = MemoryBucket()
    bucket.on["list"] = bucket.objects.clear
    assert names(run(bucket)) == ["file-replaced"]


# ---- whatever ends a destination -------------------------------------------------------------------------------------


@pytest.mark.parametrize("step", ["after-write", "stat", "read", "list"])
@pytest.mark.parametrize("times", [1, 2])
def test_an_interruption_anywhere_is_worked_off_or_told(run: Any, step: str, times: int) -> None:
    stop = CancelToken()

    def interrupt() -> None:
        for _ in range(times):
            stop.request()

    bucket = MemoryBucket(on={step: interrupt})
    if step == "stat":
        bucket.on["write"] = [EXISTS]
    report = run(bucket, stop=stop)
    ours = set(bucket.objects)
    assert ours <= {each.key for each in report.residue if each.state is ResidueState.LEFT}
    if times == 1:
        assert not ours
    # After the last request but the delete there is nothing more to interrupt.
    assert ("interrupted" in names(report)) == (step != "list" or times == 2)


@pytest.mark.parametrize("where", ["write", "read", "delete"])
def test_an_error_of_a_providers_own_leaves_nothing_untold(run: Any, where: str) -> None:
    """What advises on a failure raises: the file goes all the same, or is told."""
    bucket = MemoryBucket(on={"after-write" if where == "write" else where: refusal(Kind.OTHER, 500)})

    def broken(*args: Any) -> Any:
        raise ZeroDivisionError

    report = run(bucket, explain_finding=broken)
    assert set(bucket.objects) <= {each.key for each in report.residue}
    assert report.verdict is not Verdict.PASS
    if where == "read":
        assert bucket.objects == {}


# ---- nothing after giving up -----------------------------------------------------------------------------------------


def test_a_call_that_was_given_up_sends_nothing_more() -> None:
    import threading
    import time

    deadline, began, go_on, told = Deadline(30), threading.Event(), threading.Event(), threading.Event()
    seen: list[str] = []

    def two_requests() -> None:
        deadline.allowed()
        began.set()
        go_on.wait()
        try:
            deadline.allowed()
            seen.append("sent")
        except TimedOut:
            seen.append("not sent")
        told.set()

    call = Call(two_requests, time.monotonic() + 600)
    assert began.wait(60)
    with pytest.raises(TimedOut):
        call.wait(0, deadline.stop)
    go_on.set()
    assert told.wait(60)
    assert seen == ["not sent"]
    # Somebody who waits for as long as it takes is not given up.
    assert Call(deadline.allowed).result() > 0
