"""Time: every wait on a network ends by a deadline, whatever a server or an SDK does."""

from __future__ import annotations

import contextlib
import contextvars
import threading
import time
from collections.abc import Callable, Iterator
from queue import Empty, SimpleQueue
from typing import Any, Generic, TypeVar

T = TypeVar("T")

CALL_LIMIT = 15.0
"""Seconds that one request may take when the whole has more to give."""

_WOKEN = object()

_own = threading.local()
"""The call that a thread was made for."""


class TimedOut(Exception):
    """The time for this call, or for the destination, is over."""


class Interrupted(Exception):
    """The user asked to stop."""


class CancelToken:
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

    @contextlib.contextmanager
    def waking(self, queue: SimpleQueue[object]) -> Iterator[None]:
        """Wake ``queue`` when a stop is requested meanwhile."""
        with self._lock:
            self._waiting.add(queue)
        try:
            yield
        finally:
            with self._lock:
                self._waiting.discard(queue)


class Clock:
    """Time as it passes. A test hands over one that it moves itself."""

    def now(self) -> float:
        """Seconds, from any beginning; never less than before."""
        return time.monotonic()

    def sleep(self, queue: SimpleQueue[object], seconds: float) -> None:
        """Let the time pass, or less of it if something is put into ``queue``."""
        with contextlib.suppress(Empty):
            queue.get(timeout=seconds)


class Call(Generic[T]):
    """One function running in another thread, so that whoever waits for it can give up.

    ``workers`` lend the thread; without them it is one of the call's own.
    """

    def __init__(self, work: Callable[[], T], deadline: float | None = None, workers: Workers | None = None) -> None:
        self.deadline = deadline
        """When whoever waits will give up, by :func:`time.monotonic`."""
        self.given_up = False
        """Nobody waits any more: nothing more is to be sent."""
        self._lock = threading.Lock()
        self._abandon: Callable[[], None] | None = None
        self._answers: SimpleQueue[object] = SimpleQueue()
        self._value: T | None = None
        self._error: BaseException | None = None
        self._ended = False
        self.endings: list[Callable[[], None]] = []
        """What is given back when the function has ended, whoever still waits for it."""
        self._work: Callable[[], T] | None = work
        (workers or Workers(0)).begin(self)

    def perform(self) -> None:
        """Run the function, in the thread that was found for it."""
        work, self._work = self._work, None
        _own.call = self
        try:
            self._value = work() if work is not None else None
        except BaseException as error:  # noqa: BLE001 - handed to whoever waits
            self._error = error
        del work
        for each in self.endings:
            each()
        _own.call = None

    def end(self) -> None:
        """It was performed: tell whoever waits."""
        self._ended = True
        self._answers.put(None)

    def when_given_up(self, abandon: Callable[[], None]) -> None:
        """Call this once nobody waits any more, or now where that is so already; it takes the place of an earlier request's."""
        with self._lock:
            self._abandon = abandon
            given_up = self.given_up
        if given_up:
            abandon()

    def give_up(self) -> None:
        """Nobody waits any more: what is under way ends, and nothing more is sent."""
        with self._lock:
            self.given_up = True
            abandon = self._abandon
        if abandon is not None:
            abandon()

    def result(self) -> T:
        """The function's value or exception, however long it takes."""
        while not self._ended:
            self._answers.get()
        self._answers.put(None)  # for whoever else waits
        if self._error is not None:
            raise self._error
        return self._value  # type: ignore[return-value]  # set whenever there is no error

    def wait(self, seconds: float, stop: CancelToken, level: int = 1) -> T:
        """The function's value or exception; :class:`TimedOut` or :class:`Interrupted` if it is not there in time."""
        deadline = time.monotonic() + seconds
        try:
            with stop.waking(self._answers):
                while not self._ended:
                    if stop.level >= level:
                        raise Interrupted
                    try:
                        self._answers.get(timeout=max(0.0, deadline - time.monotonic()))
                    except Empty:
                        raise TimedOut from None
        finally:
            if not self._ended:
                self.give_up()
        return self.result()


class Workers:
    """Threads for calls. One that has come to the end of its call waits for the next: to start a thread takes longer than most calls do.

    Args:
        most: how many wait.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._waiting: list[SimpleQueue[Call[Any] | None]] = []

    def begin(self, call: Call[Any]) -> None:
        """Have the call performed: by a thread that waits, or by a new one."""
        try:
            inbox = self._waiting.pop()
        except IndexError:
            inbox = SimpleQueue()
            # A daemon: a server that drips a byte a second must not keep the process alive.
            threading.Thread(target=self._perform, args=(inbox,), daemon=True).start()
        inbox.put(call)

    def close(self) -> None:
        """None waits any more: those under way end with their calls."""
        self._most = 0
        with contextlib.suppress(IndexError):
            while True:
                self._waiting.pop().put(None)

    def _perform(self, inbox: SimpleQueue[Call[Any] | None]) -> None:
        while (call := inbox.get()) is not None:
            # As in a new thread: what a call sets in its context ends with it.
            contextvars.Context().run(call.perform)
            waits = len(self._waiting) < self._most
            if waits:  # before anybody hears of the end, and begins the next
                self._waiting.append(inbox)
            call.end()
            del call
            if not waits or self._left(inbox):
                return

    def _left(self, inbox: SimpleQueue[Call[Any] | None]) -> bool:
        """Whether all was closed just before this one began to wait, so that nothing is put into its box any more."""
        if self._most:
            return False
        try:
            self._waiting.remove(inbox)
        except ValueError:
            return False
        return True


def own_call() -> Call[object] | None:
    """The call that this thread was made for; None in any other thread."""
    return getattr(_own, "call", None)


class Deadline:
    """The time of one destination: most of it for the work, the rest kept for cleaning up."""

    def __init__(self, seconds: float, stop: CancelToken | None = None, clock: Clock | None = None) -> None:
        self.clock = clock or Clock()
        self.stop = stop or CancelToken()
        self.seconds = seconds
        self._end = self.clock.now() + seconds
        self._work_end = self._end - min(15.0, seconds / 3)
        self._workers = Workers(1)

    def close(self) -> None:
        """Keep no thread for what may come. Where nobody says so, it goes with this object."""
        self._workers.close()

    __del__ = close

    def allowed(self) -> float:
        """Seconds that the request about to be made may take; asked in the thread that makes it, just before.

        Raises TimedOut where nobody waits for its answer any more: nothing is sent once a check has given up.
        """
        call = own_call()
        if call is None or call.deadline is None:
            return max(0.1, self.left())
        left = call.deadline - time.monotonic()
        if call.given_up or left <= 0:
            raise TimedOut
        return max(0.1, left)

    def left(self, *, cleaning: bool = False) -> float:
        """Seconds that a call may take now; never negative."""
        end = self._end if cleaning else self._work_end
        return max(0.0, min(CALL_LIMIT, end - self.clock.now()))

    def run(self, work: Callable[[], T], *, cleaning: bool = False) -> T:
        """Run ``work`` within what is left. Raises TimedOut, Interrupted, or what ``work`` raises."""
        seconds = self.left(cleaning=cleaning)
        if seconds <= 0:
            raise TimedOut
        level = 2 if cleaning else 1
        if self.stop.level >= level:
            raise Interrupted
        return Call(work, time.monotonic() + seconds, self._workers).wait(seconds, self.stop, level)

    def rest(self, seconds: float, *, cleaning: bool = False) -> bool:
        """The pause between two tries, or looks: shorter where there is less time in all."""
        return self.pause(seconds * min(1.0, self.seconds / 10), cleaning=cleaning)

    def pause(self, seconds: float, *, cleaning: bool = False) -> bool:
        """Sleep, if the time allows it and nobody asks to stop; False if it does not."""
        level = 2 if cleaning else 1
        if self.stop.level >= level or seconds >= self.left(cleaning=cleaning):
            return False
        queue: SimpleQueue[object] = SimpleQueue()
        end = self.clock.now() + seconds
        with self.stop.waking(queue):
            while (left := end - self.clock.now()) > 0:
                if self.stop.level >= level:
                    return False
                self.clock.sleep(queue, left)
        return self.stop.level < level
