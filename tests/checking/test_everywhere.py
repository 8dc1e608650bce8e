"""The check in an event loop, in threads, in other processes and under a notebook's progress: the same report, and nothing left."""

from __future__ import annotations

import asyncio
import io
import logging
import multiprocessing
import pickle
import sys
import threading
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import replace
from types import ModuleType
from typing import Any

import pytest

from tests.support import sample_reports as sample
from tests.support.memory import MemoryBucket, destination, memory_provider
from tests.support.wire import wait_until
from validator import Settings, Verdict, acheck, check, load
from validator.checking import progress as progresses
from validator.core.deadline import CancelToken
from validator.core.model import DestinationReport
from validator.providers.base import Provider


def several(count: int) -> list[Any]:
    given = destination()
    return [replace(given, name=f"d{n}", parameters={**given.parameters, "bucket": f"b{n}"}) for n in range(count)]


def buckets(count: int) -> tuple[dict[str, MemoryBucket], Provider]:
    made = {f"b{n}": MemoryBucket() for n in range(count)}
    return made, memory_provider(lambda parameters: made[parameters.bucket])


# ---- event loops -----------------------------------------------------------------------------------------------------


def test_await_gives_what_the_function_gives_and_keeps_the_loop_free(known: Any) -> None:
    made, provider = buckets(3)
    known(provider)
    seen: list[int] = []

    async def cell() -> Any:
        ticks = 0
        for each in made.values():  # none is read before the loop has gone on: it is free meanwhile
            each.on["read"] = lambda: wait_until(lambda: ticks > 3)

        async def tick() -> None:
            nonlocal ticks
            while True:
                ticks += 1
                await asyncio.sleep(0)

        ticking = asyncio.create_task(tick())
        awaited = await acheck(several(3), Settings(timeout=60), watch=lambda index, event: seen.append(index))
        ticking.cancel()
        return awaited, check(several(3), Settings(timeout=60))  # the plain one, in the loop's own thread

    awaited, plain = asyncio.run(cell())
    assert (
        [each.verdict for each in awaited.destinations] == [each.verdict for each in plain.destinations] == [Verdict.PASS] * 3
    )
    assert set(seen) == {0, 1, 2}


def test_await_raises_what_the_function_raises() -> None:
    from validator import BadSource

    with pytest.raises(BadSource):
        asyncio.run(acheck([]))


class Slow(MemoryBucket):
    """Holds its file until somebody lets it go."""

    def __init__(self) -> None:
        super().__init__()
        self.written, self.go = threading.Event(), threading.Event()

    def read(self, key: str) -> bytes:
        self.written.set()
        assert self.go.wait(60)
        return super().read(key)


def test_a_cancelled_check_cleans_up_before_it_is_over(known: Any) -> None:
    bucket = Slow()
    known(memory_provider(bucket))
    stop = CancelToken()

    async def cell() -> None:
        task = asyncio.create_task(acheck([destination()], Settings(timeout=60), stop=stop))
        assert await asyncio.to_thread(bucket.written.wait, 60)
        assert bucket.objects
        task.cancel()
        await asyncio.sleep(0)
        bucket.go.set()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cell())
    assert bucket.objects == {}
    assert stop.level == 1


def test_what_a_cancelled_check_could_not_remove_is_logged_with_its_command(caplog: pytest.LogCaptureFixture) -> None:
    from validator.checking.asynchronous import in_thread, tell_left

    began, go = threading.Event(), threading.Event()

    def work() -> Any:
        began.set()
        assert go.wait(60)
        return sample.report(sample.leaving())

    async def cell() -> None:
        task = asyncio.create_task(in_thread(work, CancelToken(), lost=tell_left))
        assert await asyncio.to_thread(began.wait, 60)
        task.cancel()
        await asyncio.sleep(0)
        go.set()
        with pytest.raises(asyncio.CancelledError):
            await task

    with caplog.at_level(logging.WARNING, logger="validator"):
        asyncio.run(cell())
    assert "aws s3api delete-object --bucket imagery-in" in caplog.text


# ---- threads and processes -------------------------------------------------------------------------------------------


def test_many_threads_check_at_once(known: Any) -> None:
    made, provider = buckets(8)
    known(provider)
    with ThreadPoolExecutor(4) as pool:
        reports = list(pool.map(lambda each: check([each], Settings(timeout=60)), several(8)))
    assert [each.verdict for each in reports] == [Verdict.PASS] * 8
    assert not any(bucket.objects for bucket in made.values())


def test_settings_sources_and_reports_travel_and_secrets_do_not() -> None:
    settings = Settings(timeout=5, endpoints={"amazon_s3": "http://127.0.0.1:1"}, ignore=frozenset({"sas-expiring"}))
    assert pickle.loads(pickle.dumps(settings)) == settings  # noqa: S301 - our own
    assert pickle.loads(pickle.dumps(check)) is check  # noqa: S301 - the same
    source = {"name": "mine", "type": "amazon_s3", "parameters": {"aws_secret_access_key": "${SECRET}"}}
    assert pickle.loads(pickle.dumps(source)) == source  # noqa: S301 - the same
    secret = {"type": "amazon_s3", "parameters": {"bucket": "b", "aws_secret_access_key": "EXAMPLE/" * 5}}
    with pytest.raises(TypeError, match="hand over the source, whose references"):
        pickle.dumps(load(secret))


def remote(source: Any, url: str) -> Any:
    """In another process: what it gives comes back pickled."""
    return check(source, Settings(endpoints={"amazon_s3": url}, timeout=60))


def test_in_other_processes() -> None:
    from validator.demo.emulators.s3 import S3Emulator

    with S3Emulator() as s3:
        s3.bucket("imagery-in")
        key = s3.user("planet")
        parameters = {"bucket": "imagery-in", "aws_region": "eu-central-1", "aws_access_key_id": key.access_key_id}
        source = {
            "name": "mine",
            "type": "amazon_s3",
            "parameters": {**parameters, "aws_secret_access_key": key.secret_access_key},
        }
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
            report = pool.submit(remote, source, s3.url).result(120)
        assert s3.objects("imagery-in") == {}
    assert report.verdict is Verdict.PASS, str(report)
    assert report._repr_html_().startswith("<style>")


# ---- progress --------------------------------------------------------------------------------------------------------


@pytest.fixture
def cell(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    looks: list[str] = []

    class Handle:
        def update(self, look: str) -> None:
            looks.append(look)

    def display(look: str, *, display_id: bool) -> Handle:
        assert display_id
        looks.append(look)
        return Handle()

    class Shell:
        kernel = object()

    ipython, shown = ModuleType("IPython"), ModuleType("IPython.display")
    ipython.get_ipython = Shell  # type: ignore[attr-defined]  # a stand-in for the module
    shown.HTML, shown.display = str, display  # type: ignore[attr-defined]  # the same
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    monkeypatch.setitem(sys.modules, "IPython.display", shown)
    return looks


def test_in_a_notebook_one_element_is_drawn_anew(known: Any, cell: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progresses, "CELL_BEAT", 0.01)
    bucket = Slow()
    known(memory_provider(bucket))
    done: list[Any] = []
    running = threading.Thread(target=lambda: done.append(check([destination()], Settings(timeout=60), progress=True)))
    running.start()
    assert bucket.written.wait(60)
    wait_until(lambda: len(cell) > 1)
    bucket.go.set()
    running.join(60)
    assert done[0].verdict is Verdict.PASS
    assert all('<progress value="0" max="1"></progress> 0 of 1 destination checked' in each for each in cell[:1])
    assert '<progress value="1" max="1"></progress> 1 of 1 destination checked' in cell[-1]


def test_a_short_check_shows_no_progress(
    known: Any, cell: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progresses, "CELL_BEAT", 60.0)
    known(memory_provider(MemoryBucket()))
    check([destination()], Settings(timeout=60), progress=True)
    assert cell == []
    assert capsys.readouterr() == ("", "")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("stream", "term", "kind"),
    [(Terminal(), "xterm", "RichProgress"), (Terminal(), "dumb", "Progress"), (io.StringIO(), "xterm", "Progress")],
    ids=["terminal", "dumb terminal", "file"],
)
def test_where_it_runs_decides_how_it_is_shown(
    stream: io.StringIO, term: str, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setenv("TERM", term)
    assert type(progresses.progress_of(3)).__name__ == kind


def test_on_a_terminal_rich_draws_and_takes_it_away(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = Terminal()
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setattr(progresses, "PATIENCE", 0.0)
    monkeypatch.setenv("TERM", "xterm-256color")
    with progresses.RichProgress(4) as shown:
        shown.seen(0, sample.failing())
        shown.seen(1, sample.GRANTED[0])
        wait_until(lambda: "1 of 4 destinations checked, 1 fails" in stream.getvalue())
    assert stream.getvalue().endswith("\x1b[2K")


def test_a_watcher_and_the_progress_are_both_told(known: Any, cell: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    known(memory_provider(MemoryBucket()))
    told: list[Any] = []
    check([destination()], Settings(timeout=60), watch=lambda index, event: told.append(event), progress=True)
    assert isinstance(told[-1], DestinationReport)
