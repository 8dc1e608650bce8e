"""Sweep's own judgement: what may go, in which order, what a third party's bucket gives; and that it ends in time."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.support.findings import severities
from tests.support.memory import BUSY, DENIED, LOST, PRECONDITION, MemoryBucket, destination, memory_provider, refusal
from tests.support.moved_clock import Moved
from tests.support.wire import TIMEOUT, Wire
from validator import Settings, Sweeping, providers, sweep
from validator.cli import app as cli
from validator.core.deadline import Interrupted
from validator.core.errors import ValidatorError
from validator.core.model import Confidence, DestinationReport, Kind, Report, Residue, ResidueState, Verdict
from validator.providers.base import Leftover, LeftoverKind, UnseenPart
from validator.sweeping import wording
from validator.sweeping.scanner import LeftoverScanner

FILE = "planetverify.txt"
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass
class Swept(MemoryBucket):
    """A bucket that lists what it is told to, and removes by dropping it from the list."""

    lying: list[Leftover] | None = None
    gaps: Sequence[UnseenPart] = ()
    presence: Confidence = Confidence.LIKELY

    def leftovers(self, key: str, *, everywhere: bool) -> Iterator[Sequence[Leftover | UnseenPart]]:
        self._first("leftovers", key)
        yield self.gaps
        for each in self.lying or ():
            self._first("page", each.key)
            yield [each] if everywhere or each.key == key else []

    def remove(self, leftover: Leftover) -> None:
        self._first("remove", str(leftover.version))
        assert self.lying is not None
        self.lying = [each for each in self.lying if each != leftover]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Report]:
    def go(bucket: Any, sweeping: Sweeping | None = None, *, delete: Any = False, **settings: Any) -> Report:
        provider = memory_provider(bucket)
        monkeypatch.setattr(providers, "find", lambda name: provider)
        return sweep([destination()], Settings(**{"timeout": 60.0, **settings}), sweeping, delete=delete)

    return go


def leftover(kind: LeftoverKind = LeftoverKind.CURRENT, **more: Any) -> Leftover:
    return Leftover(**{"key": FILE, "kind": kind, "size": 12, "modified": LONG_AGO, "version": "v1", "pin": "p1", **more})


@pytest.mark.parametrize(
    ("lying", "forced", "may"),
    [
        (leftover(), (), True),
        (leftover(size=1024), (), True),
        (leftover(size=1025), (), False),
        (leftover(size=None), (), False),
        (leftover(size=1025), (FILE,), True),
        (leftover(key="a/" + FILE), (), True),
        (leftover(key="other.txt"), (), False),
        (leftover(key="a/planetverify-0123abcd.txt"), (), True),
        (leftover(key="planetverify-0123abcd.txt", body=b"planet-validator 00\n"), (), True),
        (leftover(key="planetverify-0123abcd.txt", body=b"my own notes"), (), False),
        (leftover(key="planetverify-0123abcd.txt", size=1025), (), False),
        (leftover(key="planetverify-notes.txt"), (), False),
        (leftover(key="other.txt"), ("other.txt",), True),
        (leftover(key="a/" + FILE, size=1025), (FILE,), False),
        (leftover(LeftoverKind.MARKER, size=None), (), True),
        (leftover(lock="a hold keeps it"), (FILE,), False),
        (leftover(LeftoverKind.SOFT_DELETED), (FILE,), False),
        (leftover(LeftoverKind.UPLOAD, size=None), (), False),
    ],
)
def test_what_may_be_removed(lying: Leftover, forced: tuple[str, ...], may: bool) -> None:
    assert (not wording.blocked(lying, forced)) is may


def test_in_order_nothing_comes_back_to_light() -> None:
    kinds = [LeftoverKind.MARKER, LeftoverKind.CURRENT, LeftoverKind.NONCURRENT, LeftoverKind.SNAPSHOT, LeftoverKind.UPLOAD]
    ordered = wording.in_order(leftover(each, version=each.value) for each in kinds)
    assert [each.kind for each in ordered] == list(reversed(kinds))
    older, newer = leftover(version="old"), leftover(version="new", modified=LONG_AGO + timedelta(days=1))
    assert wording.in_order([newer, older]) == [older, newer]


def test_a_bucket_that_knows_no_sweeping_is_looked_at_and_nothing_is_removed(run: Any) -> None:
    bucket = MemoryBucket({FILE: b"older"})
    report = run(bucket, delete=True)
    assert (report.verdict, severities(report)["lingering-file"]) == ("fail", "error")
    assert bucket.objects == {FILE: b"older"}
    assert {name for name, _ in bucket.asked} <= {
        "stat",
        "rehearse-delete",
        "rehearse-write",
        "retention-blockers",
        "cleanup-versions",
    }
    assert run(MemoryBucket()).verdict == "pass"


def test_a_refused_look_is_told_by_the_delete_that_removes_nothing(run: Any) -> None:
    blind = [UnseenPart("the file itself", DENIED, itself=True)]
    present = run(Swept({FILE: b"older"}, gaps=blind))
    assert (present.verdict, severities(present)) == ("fail", {"lingering-file": "error"})
    possible = run(Swept({FILE: b"older"}, gaps=blind, presence=Confidence.POSSIBLE))
    assert (possible.verdict, severities(possible)) == ("inconclusive", {"lingering-file": "unknown"})
    absent = run(Swept(gaps=blind))
    assert absent.verdict == "pass"
    assert any("likely" in each for each in absent.destinations[0].limits)
    ignoring = run(Swept({FILE: b"older"}, gaps=blind, enforces_preconditions=False))
    assert (ignoring.verdict, severities(ignoring)) == ("inconclusive", {"list-denied": "unknown"})
    refused = run(Swept(gaps=blind, on={"rehearse-delete": DENIED}))
    assert refused.verdict == "inconclusive"


def test_the_real_name_is_never_rehearsed_where_conditions_may_be_ignored(run: Any) -> None:
    bucket = Swept(lying=[leftover()], enforces_preconditions=False)
    run(bucket)
    asked = [key for name, key in bucket.asked if name.startswith("rehearse")]
    assert asked
    assert FILE not in asked


def test_a_list_that_was_refused_in_the_middle_begins_again(run: Any) -> None:
    many = [leftover(version=f"v{number}", pin=f"p{number}") for number in range(5)]
    bucket = Swept(lying=many, on={"page": [None, None, BUSY]})
    report = run(bucket)
    assert len(report.destinations[0].residue) == 5
    assert [name for name, _ in bucket.asked].count("leftovers") == 2


@pytest.mark.parametrize("trouble", [LOST, refusal(Kind.UNAUTHENTICATED), refusal(Kind.NO_BUCKET, 404), refusal(Kind.OTHER)])
def test_a_list_that_failed_decides_nothing(run: Any, trouble: Exception) -> None:
    report = run(Swept(lying=[], on={"leftovers": trouble}), delete=True)
    assert report.verdict == "inconclusive"
    assert set(severities(report).values()) == {"unknown"}


def test_a_list_that_stays_busy_ends(run: Any) -> None:
    report = run(
        Swept(lying=[leftover(), leftover(version="v2")], on={"page": [None, *[BUSY] * 50]}), timeout=60.0, clock=Moved()
    )
    # What was seen is there, whatever else there is.
    assert report.verdict == "fail"
    assert "unknown" in severities(report).values()


def test_what_was_replaced_or_refused_is_told_and_the_rest_goes(run: Any) -> None:
    lying = [leftover(LeftoverKind.NONCURRENT, version=f"v{number}", pin=f"p{number}") for number in range(4)]
    bucket = Swept(lying=lying, on={"remove": [None, PRECONDITION, refusal(Kind.KEPT, 409), None]})
    report = run(bucket, delete=True)
    assert report.verdict == "fail"
    notes = [each.note for each in report.destinations[0].residue]
    assert len(notes) == 2
    assert "another object lies under that name" in notes[0]
    assert "object-held" in notes[1]


def test_a_new_leftover_that_appears_meanwhile_is_told_and_not_removed(run: Any) -> None:
    bucket = Swept(lying=[leftover()])

    def meanwhile(plans: Any) -> bool:
        assert bucket.lying is not None
        bucket.lying.append(leftover(version="v2", pin="p2"))
        return True

    report = run(bucket, delete=meanwhile)
    assert report.verdict == "fail"
    assert [each.version_id for each in report.destinations[0].residue] == ["v2"]


def test_gone_by_itself_meanwhile_counts_as_removed(run: Any) -> None:
    bucket = Swept(lying=[leftover()])

    def vanish(plans: Any) -> bool:
        bucket.lying = []
        bucket.on["remove"] = refusal(Kind.ABSENT, 404)
        return True

    assert run(bucket, delete=vanish).verdict == "pass"


def test_what_the_questions_themselves_left_is_told(run: Any) -> None:
    trace = Residue("planetverify-0123.txt", ResidueState.MARKER, "remove it", "m1")
    report = run(Swept(lying=[leftover()], residue=[trace]))
    assert trace in report.destinations[0].residue
    assert severities(report)["versions-remain"] == "warning"
    assert "Nothing was changed" not in report.closing


@pytest.mark.parametrize("ending", [None, BUSY, LOST])
def test_what_the_questions_left_is_told_whatever_ends_them(run: Any, monkeypatch: pytest.MonkeyPatch, ending: Any) -> None:
    trace = Residue("planetverify-0123.txt", ResidueState.MARKER, "remove it", "m1")

    @dataclass
    class Knowing(Swept):
        def unsettled(self) -> Sequence[Residue]:
            return [trace]

    def interrupted(*_: Any) -> None:
        raise Interrupted

    monkeypatch.setattr(LeftoverScanner, "explain", interrupted)
    report = run(Knowing(lying=[leftover()], residue=[trace], on={"cleanup-versions": ending}), timeout=60.0, clock=Moved())
    assert trace in report.destinations[0].residue
    assert "interrupted" in severities(report)


def test_an_error_of_our_own_tells_on_standard_error_what_the_questions_left(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trace = Residue("planetverify-0123.txt", ResidueState.MARKER, "remove it", "m1")
    provider = memory_provider(Swept(lying=[leftover()], residue=[trace]))
    find = providers.find
    monkeypatch.setattr(providers, "find", lambda name: provider if name == "memory" else find(name))

    def raising(*_: Any) -> None:
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr(LeftoverScanner, "explain", raising)
    parameters = {key: getattr(each, "reveal", lambda each=each: each)() for key, each in destination().parameters.items()}
    request = {"name": "one", "type": "memory", "parameters": parameters}
    (tmp_path / "dest.json").write_text(json.dumps(request))
    assert cli.run(["sweep", str(tmp_path / "dest.json")]) == 3
    assert "left behind: planetverify-0123.txt of one, version m1: remove it" in capsys.readouterr().err


def test_what_is_told_of_destinations_that_nobody_judged_holds_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    provider = memory_provider(Swept())
    monkeypatch.setattr(providers, "find", lambda name: provider)
    key = "AKIAIOSFODNN7EXAMPLE"
    told: list[Any] = []
    with pytest.raises(ValidatorError, match="no usable destination"):
        sweep(
            [destination(), replace(destination(), name=f"of {key}")],
            Settings(timeout=60.0),
            Sweeping(owners=(replace(destination(), type="another"),)),
            watch=lambda index, event: told.append(event),
        )
    assert [each.name for each in told] == [destination().name, "of ***"]


def test_ignored_findings_weigh_nothing(run: Any) -> None:
    report = run(Swept(lying=[leftover(LeftoverKind.NONCURRENT)]), ignore=frozenset({"versions-remain"}))
    assert report.verdict == "pass"


def test_a_server_that_never_answers_is_given_up_in_time() -> None:
    parameters = {
        "bucket": "imagery-in",
        "aws_region": "eu-central-1",
        "aws_access_key_id": "AKIAEXAMPLEEXAMPLE00",
        "aws_secret_access_key": "EXAMPLE/" + "k9" * 16,
    }
    request = {"name": "my imagery", "type": "amazon_s3", "parameters": parameters}
    with Wire(lambda asked: TIMEOUT) as wire:
        started = time.monotonic()
        report = sweep(request, Settings(timeout=2.0, endpoints={"amazon_s3": wire.url}), delete=True)
        took = time.monotonic() - started
    assert report.verdict == "inconclusive"
    assert took < 60, "the server would be silent for two minutes"


def test_a_report_for_a_thousand_is_short(run: Any) -> None:
    many = [leftover(LeftoverKind.NONCURRENT, version=f"v{number}", pin=f"p{number}") for number in range(300)]
    one: DestinationReport = run(Swept(lying=many)).destinations[0]
    assert len(one.residue) == wording.ROWS
    assert any("200 more" in each for each in one.limits)
    assert "300" in json.dumps([each.detail for each in one.findings])


def test_a_page_that_arrives_after_the_time_changes_nothing(run: Any) -> None:
    """The reader of the list was given up: what it reads later is in no report, and the report is whole."""
    go_on, late = threading.Event(), threading.Event()

    class Slow(Swept):
        def leftovers(self, key: str, *, everywhere: bool) -> Iterator[Sequence[Leftover | UnseenPart]]:
            yield [leftover(key=f"{number}/{FILE}") for number in range(50)]
            go_on.wait(60)
            yield [leftover(key=f"late/{number}/{FILE}") for number in range(50)]
            late.set()

    report = run(Slow(lying=[]), Sweeping(everywhere=True), timeout=4.0)
    told = [each.key for each in report.destinations[0].residue]
    go_on.set()
    assert len(told) == 50
    assert not any(each.startswith("late/") for each in told)
    assert report.verdict is not Verdict.PASS
    assert [each.key for each in report.destinations[0].residue] == told


def test_pages_that_keep_arriving_while_the_report_is_made(run: Any) -> None:
    """Before, the given-up reader changed what was being counted: "dictionary changed size during iteration"."""

    class Endless(Swept):
        def leftovers(self, key: str, *, everywhere: bool) -> Iterator[Sequence[Leftover | UnseenPart]]:
            for number in range(500):
                yield [leftover(key=f"{number}/{FILE}", version=f"v{number}")]

    report = run(Endless(lying=[]), Sweeping(everywhere=True), timeout=1.0)
    assert report.destinations[0].findings
