"""Time: every wait on a network ends by a deadline, whatever a server or an SDK does."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Generic, TypeVar

T = TypeVar("T")

CALL_LIMIT = 15.0
"""Seconds that one request may take when the whole has more to give."""

_WOKEN = object()


class TimedOut(Exception):
    """The time for this call, or for the destination, is over."""


class Interrupted(Exception):
    """The user asked to stop."""


class Stop:
    """Ctrl-C and SIGTERM for any number of threads: the first asks work to stop, the second clean-up as well."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: set[SimpleQueue[object]] = set()
        self.level = 0

    def request(self) -> None:
        """Ask once more. Safe in a signal handler's thread."""
        with self._lock:
            self.level += 1
            waiting = list(self._waiting)
        for queue in waiting:
            queue.put(_WOKEN)

    def watch(self, queue: SimpleQueue[object]) -> None:
        """Wake ``queue`` when a stop is requested."""
        with self._lock:
            self._waiting.add(queue)

    def forget(self, queue: SimpleQueue[object]) -> None:
        """Undo ``watch``."""
        with self._lock:
            self._waiting.discard(queue)


class Call(Generic[T]):
    """One function running in a thread of its own, so that whoever waits for it can give up."""

    def __init__(self, work: Callable[[], T]) -> None:
        self._answers: SimpleQueue[object] = SimpleQueue()
        self._value: T | None = None
        self._error: BaseException | None = None
        self._done = threading.Event()
        # A daemon: a server that drips a byte a second must not keep the process alive.
        threading.Thread(target=self._run, args=(work,), daemon=True).start()

    def _run(self, work: Callable[[], T]) -> None:
        try:
            self._value = work()
        except BaseException as error:  # noqa: BLE001 - handed to whoever waits
            self._error = error
        self._done.set()
        self._answers.put(None)

    def result(self) -> T:
        """The function's value or exception, however long it takes."""
        self._done.wait()
        if self._error is not None:
            raise self._error
        return self._value  # type: ignore[return-value]  # set whenever there is no error

    def wait(self, seconds: float, stop: Stop, level: int = 1) -> T:
        """The function's value or exception; :class:`TimedOut` or :class:`Interrupted` if it is not there in time."""
        deadline = time.monotonic() + seconds
        stop.watch(self._answers)
        try:
            while not self._done.is_set():
                if stop.level >= level:
                    raise Interrupted
                try:
                    self._answers.get(timeout=max(0.0, deadline - time.monotonic()))
                except Empty:
                    raise TimedOut from None
        finally:
            stop.forget(self._answers)
        return self.result()


class Bounds:
    """The time of one destination: most of it for the work, the rest kept for cleaning up."""

    def __init__(self, seconds: float, stop: Stop | None = None) -> None:
        now = time.monotonic()
        self.stop = stop or Stop()
        self.seconds = seconds
        self._end = now + seconds
        self._work_end = self._end - min(15.0, seconds / 3)
        self._allowed = self.left()

    def allowed(self) -> float:
        """Seconds that the call under way was given, clean-up or not: for an SDK's own time-outs."""
        return max(0.1, self._allowed)

    def left(self, *, cleaning: bool = False) -> float:
        """Seconds that a call may take now; never negative."""
        end = self._end if cleaning else self._work_end
        return max(0.0, min(CALL_LIMIT, end - time.monotonic()))

    def run(self, work: Callable[[], T], *, cleaning: bool = False) -> T:
        """Run ``work`` within what is left. Raises TimedOut, Interrupted, or what ``work`` raises."""
        seconds = self.left(cleaning=cleaning)
        if seconds <= 0:
            raise TimedOut
        if self.stop.level >= (2 if cleaning else 1):
            raise Interrupted
        self._allowed = seconds
        return Call(work).wait(seconds, self.stop, 2 if cleaning else 1)

    def pause(self, seconds: float, *, cleaning: bool = False) -> bool:
        """Sleep, if the time allows it and nobody asks to stop; False if it does not."""
        level = 2 if cleaning else 1
        if self.stop.level >= level or seconds >= self.left(cleaning=cleaning):
            return False
        queue: SimpleQueue[object] = SimpleQueue()
        self.stop.watch(queue)
        deadline = time.monotonic() + seconds
        try:
            while (left := deadline - time.monotonic()) > 0:
                if self.stop.level >= level:
                    return False
                try:
                    queue.get(timeout=left)
                except Empty:
                    return True
        finally:
            self.stop.forget(queue)
        return True
