"""Whatever ends a run: what was written is removed or told, nobody who watches can change that, and signals are heard to the last byte."""

from __future__ import annotations

import errno
import json
import signal
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.support.memory import DENIED, MemoryBucket, by_bucket, destination, memory_provider, named, refusal
from tests.support.whole import whole
from tests.support.wire import wait_until
from validator.checking import waiting
from validator.checking.assemble import Settings, check
from validator.checking.batch import in_turns
from validator.cli import app as cli
from validator.cli import console, fixes, outputs
from validator.core.deadline import CancelToken
from validator.core.errors import MissingExtra
from validator.core.model import DestinationReport, Kind, ResidueState, Step, Verdict

KEY = "planetverify.txt"


# ---- watchers --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("error", [RuntimeError("EXAMPLE"), KeyboardInterrupt(), SystemExit(1), BrokenPipeError()])
def test_a_watcher_that_raises_changes_nothing(known: Any, error: BaseException, caplog: pytest.LogCaptureFixture) -> None:
    bucket = MemoryBucket()
    known(memory_provider(bucket))
    told = []

    def watch(index: int, event: object) -> None:
        told.append(event)
        raise error

    report = check([destination()], Settings(timeout=60), watch=watch)
    assert bucket.objects == {}
    assert report.verdict is Verdict.PASS
    assert len(told) == 1
    assert type(error).__name__ in caplog.text
    assert "EXAMPLE" not in caplog.text


def test_no_check_waits_for_a_watcher(known: Any) -> None:
    """A terminal that is not read, a pipe that is full: the file goes all the same."""
    bucket, go_on = MemoryBucket(), threading.Event()
    known(memory_provider(bucket))
    seen: list[object] = []

    def watch(index: int, event: object) -> None:
        go_on.wait(60)
        seen.append(event)

    reports = []
    running = threading.Thread(target=lambda: reports.append(check([destination()], Settings(timeout=60), watch=watch)))
    running.start()
    wait_until(lambda: ("after-delete", KEY) in bucket.asked)
    assert bucket.objects == {}
    assert not seen
    go_on.set()
    running.join(60)
    assert [type(each) for each in seen] == [Step] * (len(seen) - 1) + [DestinationReport]
    assert reports[0].verdict is Verdict.PASS


def test_a_watcher_that_never_comes_back_is_left_after_two_signals(known: Any) -> None:
    stop, for_ever = CancelToken(), threading.Event()
    known(memory_provider(MemoryBucket()))

    def watch(index: int, event: object) -> None:
        if isinstance(event, DestinationReport):
            stop.request()
            stop.request()
            for_ever.wait(60)

    check([destination()], Settings(timeout=60), stop=stop, watch=watch)
    for_ever.set()


# ---- one destination's end is not the others' -----------------------------------------------------------------------


def test_an_error_of_one_destination_lets_the_others_clean_up(known: Any) -> None:
    written, good = threading.Event(), MemoryBucket()

    def wait_for_the_other() -> None:
        written.wait(60)
        raise MissingExtra("the extra [example] is not installed")

    bad = MemoryBucket(on={"rehearse-delete": wait_for_the_other})
    good.on["after-write"] = written.set

    def connect(parameters: Any, options: Any) -> MemoryBucket:
        if parameters.bucket == "bad":
            wait_for_the_other()
        return good

    known(memory_provider(bad, connect=connect))
    with pytest.raises(MissingExtra):
        check([named("bad"), named("good")], Settings(timeout=60))
    assert ("delete", KEY) in good.asked
    assert good.objects == {}


def test_a_lint_of_a_providers_own_that_raises_is_that_destinations_alone(known: Any) -> None:
    def lint(parameters: Any, options: Any) -> Any:
        if parameters.bucket == "bad":
            raise ZeroDivisionError("EXAMPLE-secret")
        return []

    good = MemoryBucket()
    known(memory_provider(good, lint=lint))
    report = check([named("bad"), named("good")], Settings(timeout=60))
    assert [each.verdict for each in report.destinations] == [Verdict.INCONCLUSIVE, Verdict.PASS]
    assert [each.name for each in report.destinations[0].findings] == ["internal-error"]
    assert "EXAMPLE-secret" not in whole(report)
    assert good.objects == {}


def test_those_under_way_end_before_the_error_is_raised_and_no_others_begin() -> None:
    began: list[int] = []
    both, failed, ended = threading.Barrier(2), threading.Event(), []

    def one(index: int) -> None:
        began.append(index)
        both.wait(60)
        if index == 0:
            failed.set()
            raise ValueError
        failed.wait(60)
        threading.Event().wait(0.2)
        ended.append(index)

    with pytest.raises(ValueError):
        in_turns([named(f"b{index}") for index in range(9)], 2, CancelToken(), one)
    assert ended == [1]
    assert sorted(began) == [0, 1]


# ---- the report cannot be written ------------------------------------------------------------------------------------


class Broken:
    """A standard output that cannot be written: a full disk, a closed stream, a reader that has gone away."""

    encoding = "utf-8"

    def __init__(self, error: Exception) -> None:
        self.error = error

    def write(self, text: str) -> int:
        raise self.error

    def flush(self) -> None:
        """Nothing is kept back."""

    def isatty(self) -> bool:
        return False


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., str]]:
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)

    def save(*names: str) -> str:
        given = {"bucket": "imagery-in", "key": "KEY1", "password": "EXAMPLE-password-0001"}
        requests = [{"name": each, "type": "memory", "parameters": {**given, "bucket": each}} for each in names]
        Path("dest.json").write_text(json.dumps(requests))
        return "dest.json"

    yield save
    console.forget()


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left on device"), ValueError("closed"), BrokenPipeError()])
@pytest.mark.parametrize("names", [("one",), ("one", "two")])
def test_what_was_left_is_told_on_standard_error(
    known: Any, source: Any, capsys: Any, monkeypatch: Any, error: Exception, names: tuple[str, ...]
) -> None:
    known(by_bucket(one=MemoryBucket(on={"delete": DENIED}), two=MemoryBucket()))
    monkeypatch.setattr("sys.stdout", Broken(error))
    code = cli.run(["check", source(*names), "--ignore", "plaintext-secret"])
    told = capsys.readouterr().err
    assert f"left behind: {KEY} of one: remove one/{KEY}" in told
    assert code != 0
    if not isinstance(error, BrokenPipeError):
        assert "standard output cannot be written" in told


def test_every_other_output_is_written_where_one_cannot_be(
    known: Any, source: Any, capsys: Any, monkeypatch: Any, tmp_path: Path
) -> None:
    known(by_bucket(one=MemoryBucket()))
    monkeypatch.setattr("sys.stdout", Broken(OSError(errno.ENOSPC, "No space left on device")))
    code = cli.run(["check", source("one"), "-o", "json:report.json"])
    assert code == 2
    assert json.loads((tmp_path / "report.json").read_text())["destinations"][0]["residue"] == []
    assert "left behind" not in capsys.readouterr().err


def test_an_error_that_ends_the_whole_run_tells_what_others_left(known: Any, source: Any, capsys: Any) -> None:
    told = threading.Event()
    one = MemoryBucket(on={"delete": DENIED})

    def connect(parameters: Any, options: Any) -> MemoryBucket:
        if parameters.bucket == "two":
            wait_until(lambda: ("delete", KEY) in one.asked)
            raise MissingExtra("the extra [example] is not installed")
        return one

    known(memory_provider(one, connect=connect))
    assert cli.run(["check", source("one", "two")]) == 2
    err = capsys.readouterr().err
    assert "the extra [example] is not installed" in err
    assert f"left behind: {KEY} of one" in err
    told.set()


def test_a_file_that_cannot_be_read_again_after_its_fix_hides_nothing(
    known: Any, source: Any, capsys: Any, monkeypatch: Any
) -> None:
    known(by_bucket(one=MemoryBucket(on={"delete": DENIED})))
    monkeypatch.setattr(fixes, "make", lambda *_, **__: bool(Path("dest.json").write_text("{")))
    assert cli.run(["check", source("one"), "--fix"]) == 2
    assert capsys.readouterr().err.count(f"left behind: {KEY} of one: remove one/{KEY}") == 1


@pytest.mark.parametrize("again", [False, True], ids=["before it", "by it"])
def test_a_wait_that_breaks_off_hides_nothing(known: Any, source: Any, capsys: Any, monkeypatch: Any, again: bool) -> None:
    denied, refused = {"delete": DENIED}, MemoryBucket(on={"rehearse-delete": DENIED})
    known(by_bucket(one=MemoryBucket(on=denied), two=refused, three=MemoryBucket(on=denied)))
    left = check([named("three")], Settings(timeout=60)).destinations[0]

    def broken(destinations: Any, settings: Any, *, stop: Any, watch: Any) -> Any:
        assert [each.name for each in destinations] == ["two"]
        if again:
            watch(0, replace(left, name="two"))
        raise MissingExtra("the extra [example] is not installed")

    monkeypatch.setattr(waiting, "check", broken)
    monkeypatch.setattr(waiting, "FIRST_PAUSE", 0.01)
    assert cli.run(["check", source("one", "two"), "--wait", "5m"]) == 2
    told = capsys.readouterr().err
    assert told.count("left behind") == 1 + again
    assert f"left behind: {KEY} of one" in told


# ---- signals ---------------------------------------------------------------------------------------------------------


def test_before_anything_is_sent_a_signal_ends_the_command() -> None:
    with console.endings(), pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGTERM)


def test_while_the_report_is_written_the_first_signal_waits_for_its_end(capsys: Any) -> None:
    with console.endings():
        with console.signals(CancelToken()):
            pass
        signal.raise_signal(signal.SIGINT)
        assert "The report is being written" in capsys.readouterr().err
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@pytest.mark.parametrize("times", [1, 2])
def test_a_signal_while_the_report_is_written(known: Any, source: Any, capsys: Any, monkeypatch: Any, times: int) -> None:
    known(by_bucket(one=MemoryBucket(on={"delete": DENIED})))
    render = outputs.render

    def slow(*args: Any, **more: Any) -> str:
        for _ in range(times):
            signal.raise_signal(signal.SIGTERM)
        return render(*args, **more)

    monkeypatch.setattr(outputs, "render", slow)
    assert cli.run(["check", source("one")]) == 130
    out, err = capsys.readouterr()
    assert "before anything was sent" not in err
    if times == 1:
        assert KEY in out
    else:
        assert "interrupted while its report was being written" in err
        assert f"left behind: {KEY} of one" in err


def test_an_interrupted_check_reports_what_it_may_have_left(known: Any) -> None:
    stop = CancelToken()

    def twice() -> None:
        stop.request()
        stop.request()

    bucket = MemoryBucket(on={"write": twice})
    bucket.on["after-write"] = refusal(Kind.UNREACHABLE, None, "reset")
    known(memory_provider(bucket))
    report = check([destination()], Settings(timeout=60), stop=stop)
    assert set(bucket.objects) <= {each.key for each in report.destinations[0].residue if each.state is ResidueState.LEFT}
    assert report.interrupted
