"""``--wait``: what was changed at the cloud arrives later. On a clock of the test's own; the check is the real one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.support.moved_clock import Moved
from validator.checking import waiting
from validator.checking.assemble import Settings, check
from validator.checking.waiting import Waiting, check_until, not_awaited, waits
from validator.cli import app, console
from validator.cli.settings import KEYS
from validator.core import catalog
from validator.core.deadline import CancelToken
from validator.core.model import Destination, Report, Residue, ResidueState, Secret, Verdict
from validator.demo.emulators.s3 import S3Emulator, UserKey, allow

NO_DELETE = ("s3:PutObject", "s3:GetObject")
ALL = ("s3:PutObject", "s3:GetObject", "s3:DeleteObject", "s3:ListBucket")


@pytest.fixture(scope="module")
def s3() -> Iterator[S3Emulator]:
    with S3Emulator() as emulator:
        emulator.bucket("imagery-in")
        yield emulator


@pytest.fixture
def clock() -> Moved:
    return Moved()


def destination(key: UserKey, name: str = "north", **changes: Any) -> Destination:
    parameters = {
        "bucket": "imagery-in", "aws_region": "eu-central-1",
        "aws_access_key_id": key.access_key_id, "aws_secret_access_key": Secret(key.secret_access_key),
    }  # fmt: skip
    return Destination(name, "amazon_s3", {**parameters, **changes})


def waited(
    s3: S3Emulator,
    clock: Moved,
    *destinations: Destination,
    seconds: float = 300.0,
    stop: CancelToken | None = None,
    **options: Any,
) -> tuple[Report, list[str]]:
    settings = Settings(endpoints={"amazon_s3": s3.url}, clock=clock)
    said: list[str] = []
    first = check(destinations, settings)
    limits = Waiting(seconds, **options)
    return check_until(first, destinations, settings, limits, stop or CancelToken(), said.append), said


def test_a_grant_that_arrives_is_a_pass(s3: S3Emulator, clock: Moved) -> None:
    key = s3.user("late", actions=NO_DELETE)
    clock.at[20.0] = lambda: s3.put_user_policy(key, allow(*ALL))
    report, said = waited(s3, clock, destination(key))
    assert report.verdict is Verdict.PASS
    assert clock.slept == [5.0, 7.5, 10.0]
    assert said == [
        "Waiting for north, delete-denied, to pass: checked again in 5 s, for 5 min at most",
        "Waiting for north, delete-denied, to pass: checked again in 8 s, for 4 min 55 s at most",
        "Waiting for north, delete-denied, to pass: checked again in 10 s, for 4 min 48 s at most",
    ]
    assert s3.objects("imagery-in") == {}


def test_time_ends(s3: S3Emulator, clock: Moved) -> None:
    report, said = waited(s3, clock, destination(s3.user("never", actions=NO_DELETE)), seconds=60.0)
    assert report.verdict is Verdict.FAIL
    assert sum(clock.slept) == clock.time == 60.0
    assert len(said) == len(clock.slept)
    assert max(clock.slept) <= waiting.LONGEST_PAUSE


def test_only_what_does_not_pass_is_asked_again(s3: S3Emulator, clock: Moved) -> None:
    good, late = s3.user("good"), s3.user("late-too", actions=NO_DELETE)
    wrong = destination(good, "wrong", aws_secret_access_key=Secret("x" * 40))
    clock.at[5.0] = lambda: s3.put_user_policy(late, allow(*ALL))
    report, said = waited(s3, clock, destination(good, "good"), destination(late, "late"), wrong)
    assert [each.verdict for each in report.destinations] == [Verdict.PASS, Verdict.PASS, Verdict.FAIL]
    assert [each.name for each in report.destinations] == ["good", "late", "wrong"]
    assert said == ["Waiting for late, delete-denied, to pass: checked again in 5 s, for 5 min at most"]
    assert report.verdict is Verdict.FAIL


def test_several_are_counted(s3: S3Emulator, clock: Moved) -> None:
    key = s3.user("several", actions=NO_DELETE)
    _, said = waited(s3, clock, destination(key, "a"), destination(key, "b"), seconds=5.0)
    assert said == ["Waiting for 2 destinations to pass, delete-denied (2): checked again in 5 s, for 5 s at most"]


def test_what_passes_or_cannot_change_is_not_waited_for(s3: S3Emulator, clock: Moved) -> None:
    key = s3.user("fine")
    report, said = waited(s3, clock, destination(key), destination(key, "name", bucket="not a bucket"))
    assert [each.verdict for each in report.destinations] == [Verdict.PASS, Verdict.FAIL]
    assert (said, clock.slept) == ([], [])


def test_warnings_are_waited_for_when_they_fail(s3: S3Emulator, clock: Moved) -> None:
    key = s3.user("no-read", actions=("s3:PutObject", "s3:DeleteObject", "s3:ListBucket"))
    report, said = waited(s3, clock, destination(key), seconds=5.0)
    assert (report.verdict, said) == (Verdict.WARN, [])
    clock.at[clock.time + 5.0] = lambda: s3.put_user_policy(key, allow(*ALL))
    report, said = waited(s3, clock, destination(key), strict=True)
    assert (report.verdict, len(said)) == (Verdict.PASS, 1)


def test_an_interruption_ends_the_waiting(s3: S3Emulator, clock: Moved) -> None:
    stop = CancelToken()
    clock.at[5.0] = stop.request
    report, said = waited(s3, clock, destination(s3.user("stopped", actions=NO_DELETE)), stop=stop)
    assert (report.interrupted, report.verdict, len(said)) == (True, Verdict.FAIL, 1)


def test_a_check_that_left_something_is_not_made_again(s3: S3Emulator) -> None:
    s3.bucket("versions", versioned=True)
    key = s3.user("versions", actions=("s3:PutObject", "s3:GetObject", "s3:DeleteObject", "s3:ListBucket"))
    report = check([destination(key, bucket="versions")], Settings(endpoints={"amazon_s3": s3.url}))
    assert report.destinations[0].residue
    assert not waits(report.destinations[0], strict=True)


def test_what_soft_delete_keeps_is_no_reason_not_to_wait(s3: S3Emulator) -> None:
    refused = check([destination(s3.user("kept", actions=NO_DELETE))], Settings(endpoints={"amazon_s3": s3.url})).destinations[
        0
    ]
    kept = Residue(
        "planetverify.txt",
        ResidueState.VERSION,
        "",
        "1700000000000001",
        "soft delete keeps a hidden copy for 7 days",
        fades=True,
    )
    assert waits(replace(refused, residue=(kept,)))
    assert not waits(replace(refused, residue=(kept, replace(kept, fades=False))))


def test_a_trial_waits_for_nothing_that_was_waited_for_to_the_end(s3: S3Emulator, clock: Moved) -> None:
    first, _ = waited(s3, clock, destination(s3.user("never-again", actions=NO_DELETE)), seconds=5.0)
    assert not not_awaited(first, first)
    (one,) = first.destinations
    other = replace(one, findings=(*one.findings, catalog.finding("throttled")))
    further = replace(first, destinations=(one, replace(other, pointer="/1"), other))
    assert not_awaited(first, further) == {1, 2}, "a new finding, and a destination that was not there"
    with_fix = replace(first, destinations=(replace(one, findings=(*one.findings, catalog.finding("wrong-region"))),))
    assert not_awaited(with_fix, first) == {0}, "nothing was waited for where time alone could not help"
    clock.slept.clear()
    report, said = waited(s3, clock, destination(s3.user("nor-this", actions=NO_DELETE)), only=frozenset())
    assert (report.verdict, said, clock.slept) == (Verdict.FAIL, [], [])


def test_what_time_changes_is_in_the_catalog() -> None:
    assert {entry.clears for entry in catalog.FINDINGS.values()} == {"", "soon", "later"}
    for name in (
        "wrong-secret",
        "tls-failed",
        "clock-skew",
        "lingering-file",
        "residue-left",
        "placeholder-value",
        "of-another-package",
    ):
        assert not catalog.clears(name)
    assert (catalog.clears("throttled"), catalog.clears("delete-denied")) == ("soon", "later")


@pytest.mark.parametrize(("text", "seconds"), [("5m", 300.0), ("90s", 90.0), ("1h", 3600.0), ("45", 45.0), ("0.5m", 30.0)])
def test_times(text: str, seconds: float) -> None:
    assert KEYS["wait"].read(text) == seconds


@pytest.mark.parametrize("text", ["", "5 minutes", "-5m", "m", "5m5", "nan", "9999999", 5, True])
def test_what_is_no_time(text: Any) -> None:
    with pytest.raises(ValueError, match="such as 90s, 5m or 1h"):
        KEYS["wait"].read(text)


def test_the_command_waits(
    s3: S3Emulator, clock: Moved, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(waiting, "Clock", lambda: clock)
    key = s3.user("command", actions=NO_DELETE)
    clock.at[5.0] = lambda: s3.put_user_policy(key, allow(*ALL))
    parameters = {
        "bucket": "imagery-in", "aws_region": "eu-central-1",
        "aws_access_key_id": key.access_key_id, "aws_secret_access_key": key.secret_access_key,
    }  # fmt: skip
    Path("d.json").write_text(json.dumps({"name": "north", "type": "amazon_s3", "parameters": parameters}))
    code = app.run(["check", "d.json", "--endpoint", f"s3={s3.url}", "--wait", "5m"])
    told = capsys.readouterr()
    assert (code, told.out.startswith("PASS  north")) == (0, True)
    assert told.err == "Waiting for north, delete-denied, to pass: checked again in 5 s, for 5 min at most\n"
    assert app.run(["check", "d.json", "--wait", "5m", "--against", "d.json"]) == 2
    console.forget()
