"""Every wait ends by its deadline, and a stop wakes whoever waits."""

from __future__ import annotations

import gc
import threading
import time
from contextvars import ContextVar

import pytest

from tests.support.moved_clock import Moved
from validator.core.deadline import Call, CancelToken, Deadline, Interrupted, TimedOut


def test_a_value_and_an_exception_come_through() -> None:
    deadline = Deadline(5)
    assert deadline.run(lambda: 7) == 7
    with pytest.raises(KeyError):
        deadline.run(lambda: {}["missing"])


def test_work_that_never_ends_is_given_up() -> None:
    release = threading.Event()
    deadline = Deadline(0.3)
    with pytest.raises(TimedOut):
        deadline.run(lambda: release.wait(60))
    release.set()


def test_time_is_kept_for_cleaning_up() -> None:
    clock = Moved()
    deadline = Deadline(45, clock=clock)
    clock.time = 29.9
    with pytest.raises(TimedOut):
        deadline.run(threading.Event().wait)
    clock.time = 30
    assert deadline.left() == 0
    assert deadline.left(cleaning=True) > 0
    assert deadline.run(lambda: "clean", cleaning=True) == "clean"


def test_a_stop_wakes_a_wait_and_the_second_one_ends_clean_up() -> None:
    stop = CancelToken()
    deadline = Deadline(30, stop)
    waiting = threading.Event()

    def work() -> None:
        waiting.set()
        threading.Event().wait()

    def stop_soon() -> None:
        waiting.wait()
        stop.request()

    threading.Thread(target=stop_soon).start()
    with pytest.raises(Interrupted):
        deadline.run(work)
    with pytest.raises(Interrupted):
        deadline.run(lambda: None)
    assert deadline.run(lambda: "clean", cleaning=True) == "clean"
    stop.request()
    with pytest.raises(Interrupted):
        deadline.run(lambda: None, cleaning=True)


def test_a_pause_is_cut_short_by_a_stop_and_refused_without_time() -> None:
    stop = CancelToken()
    deadline = Deadline(30, stop)
    assert deadline.pause(0.01)
    assert not Deadline(0.3).pause(5)
    deadline = Deadline(6000, stop)
    deadline.left = lambda **_: 6000.0  # type: ignore[method-assign]  # no call may take that long, and a pause is none
    threading.Timer(0.05, stop.request).start()
    started = time.monotonic()
    assert not deadline.pause(600)
    assert time.monotonic() - started < 300


def test_nothing_is_started_without_time() -> None:
    with pytest.raises(TimedOut):
        Deadline(0).run(lambda: pytest.fail("must not run"))


def test_a_finished_call_is_not_lost_to_a_late_stop() -> None:
    stop = CancelToken()
    call = Call(lambda: 3)
    while not call._ended:
        time.sleep(0.001)
    stop.request()
    assert call.wait(60, stop) == 3


def test_calls_of_one_deadline_share_a_thread_but_not_with_one_that_hangs() -> None:
    stop, going_on = CancelToken(), threading.Event()
    deadline = Deadline(600, stop)
    said: ContextVar[str] = ContextVar("said", default="")
    threads: list[threading.Thread] = []

    def work() -> str:
        threads.append(threading.current_thread())
        before = said.get()
        said.set("EXAMPLE")
        return before

    def hanging() -> None:
        threads.append(threading.current_thread())
        stop.request()
        going_on.wait(60)

    assert [deadline.run(work), deadline.run(work)] == ["", ""]
    with pytest.raises(Interrupted):
        deadline.run(hanging)
    deadline.run(work, cleaning=True)
    one, same, also, other = threads
    assert one is same is also is not other
    deadline.close()
    going_on.set()
    for each in threads:
        each.join(60)
        assert not each.is_alive()
    deadline.run(work, cleaning=True)
    threads[-1].join(60)
    assert not threads[-1].is_alive()


def test_a_deadline_that_is_let_go_of_keeps_no_thread() -> None:
    threads = [Deadline(600).run(threading.current_thread)]
    gc.collect()
    threads[0].join(60)
    assert not threads[0].is_alive()
