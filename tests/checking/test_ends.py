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

from tests.support.memory import DENIED, MemoryBucket, destination, memory_provider, refusal
from tests.support.whole import whole
from tests.support.wire import wait_until
from validator import providers
from validator.checking import batch, waiting
from validator.checking.assemble import Settings, check
from validator.checking.batch import in_turns
from validator.cli import app as cli
from validator.cli import console, fixes, outputs
from validator.core.deadline import CancelToken
from validator.core.errors import MissingExtra
from validator.core.model import DestinationReport, Kind, ResidueState, Step, Verdict
from validator.providers.base import Provider

KEY = "planetverify.txt"


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    def know(provider: Any) -> None:
        find = providers.find
        monkeypatch.setattr(providers, "find", lambda name: provider if name == "memory" else find(name))

    return know


def by_bucket(**buckets: MemoryBucket) -> Provider:
    return memory_provider(lambda parameters: buckets[parameters.bucket])


def named(name: str, **more: Any) -> Any:
    given = destination()
    return replace(given, name=name, parameters={**given.parameters, "bucket": name}, **more)


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


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"endpoint": "https://s3.example.com"}, {"endpoint": "https://s3.example.com/"}),
        ({"endpoint": "https://s3.example.com"}, {"endpoint": "s3.example.com"}),
        ({"endpoint": "https://s3.example.com"}, {"endpoint": "HTTPS://S3.Example.com:443"}),
        ({"endpoint": "http://s3.example.com:80/"}, {"endpoint": "http://s3.example.com"}),
        ({"bucket": "imagery-in"}, {"bucket": "s3://imagery-in/"}),
        ({"bucket": "imagery-in"}, {"bucket": " imagery-in"}),
        ({"account": "Example", "container": "c", "bucket": None}, {"account": "example", "container": "c", "bucket": None}),
    ],
)
def test_destinations_of_one_bucket_take_turns_however_it_is_spelled(first: Any, second: Any) -> None:
    def of(changes: dict[str, Any]) -> Any:
        return replace(destination(), parameters={"bucket": "imagery-in", **changes})

    inside, most, lock = [0], [0], threading.Lock()

    def one(index: int) -> None:
        with lock:
            inside[0] += 1
            most[0] = max(most[0], inside[0])
        threading.Event().wait(0.05)
        with lock:
            inside[0] -= 1

    in_turns([of(first), of(second)], 8, CancelToken(), one)
    assert most == [1]


def test_no_more_at_one_host_at_a_time_than_it_may_have_and_others_are_not_held_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch, "AT_ONE_HOST", 2)
    busy = [replace(destination(), parameters={"bucket": f"b{each}", "endpoint": "https://busy.example"}) for each in range(5)]
    idle = [replace(destination(), parameters={"bucket": "b", "endpoint": "https://idle.example"})]
    lock, inside, most, both, others = threading.Lock(), [0], [0], threading.Event(), threading.Event()

    def one(index: int) -> int:
        if index == 5:
            assert both.wait(60)
            others.set()
            return index
        with lock:
            inside[0] += 1
            most[0] = max(most[0], inside[0])
            if inside[0] == 2:
                both.set()
        assert others.wait(60)  # the other host's, last in the sources, does not wait for these
        with lock:
            inside[0] -= 1
        return index

    assert in_turns([*busy, *idle], 16, CancelToken(), one) == (0, 1, 2, 3, 4, 5)
    assert most == [2]


@pytest.mark.parametrize(("at", "hosts"), [(None, 3), ("https://mine.example", 1)])
def test_where_one_endpoint_is_asked_for_all_it_is_one_host(at: str | None, hosts: int) -> None:
    given = [{"bucket": f"b{each}", "endpoint": f"https://s{each}.example"} for each in range(3)]
    many = [replace(destination(), parameters=each) for each in given]
    assert len({batch.host_of(each, at) for each in many}) == hosts
    same = [{**each, "bucket": "imagery-in"} for each in given]
    assert len({batch.place_of(each, index, at) for index, each in enumerate(same)}) == hosts


def test_a_check_counts_the_endpoint_that_it_asks(known: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    known(by_bucket(one=MemoryBucket()))
    asked: list[Any] = []
    host_of = batch.host_of
    monkeypatch.setattr(batch, "host_of", lambda *given: asked.append(given[1]) or host_of(*given))
    check([named("one")], Settings(endpoints={"memory": "http://127.0.0.1:1"}))
    assert asked == ["http://127.0.0.1:1"]


def test_no_thread_waits_for_anothers_bucket() -> None:
    shared = [named("shared") for _ in range(3)]
    began, others = threading.Event(), threading.Event()
    left = [3]

    def one(index: int) -> int:
        if index < 3:
            began.set()
            assert others.wait(60)  # while the first of the shared bucket is under way, the second thread does all others
        else:
            assert began.wait(60)
            left[0] -= 1
            if not left[0]:
                others.set()
        return index

    assert in_turns([*shared, named("a"), named("b"), named("c")], 2, CancelToken(), one) == (0, 1, 2, 3, 4, 5)


def test_one_at_a_time_goes_by_the_sources_order() -> None:
    order: list[int] = []
    in_turns([named(each) for each in ("a", "b", "a", "c")], 1, CancelToken(), order.append)
    assert order == [0, 2, 1, 3]


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
