"""What is to be done when a time is over: one thread for all of it, where a timer each would be a thread each."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable
from heapq import heappop, heappush
from itertools import count
from typing import Final

_count: Final = count()


class Alarm:
    """One time. Set by :func:`alarm`."""

    __slots__ = ("_ring",)

    def __init__(self, ring: Callable[[], None]) -> None:
        self._ring: Callable[[], None] | None = ring

    @property
    def pending(self) -> bool:
        """It was neither cancelled nor has it rung."""
        return self._ring is not None

    def cancel(self) -> None:
        """It is not to ring any more. One that rings at this moment rings."""
        self._ring = None

    def ring(self) -> None:
        """Do what was to be done, once; its errors are nobody's."""
        ring, self._ring = self._ring, None
        if ring is not None:
            with contextlib.suppress(Exception):
                ring()


class Alarms:
    """Rings alarms. Its thread is there while there is an alarm that has not come to its time."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._due: list[tuple[float, int, Alarm]] = []
        """A heap, in the order of their times. One that was cancelled stays until its turn: nobody is woken for it."""
        self._awake = False
        self._next = 0.0
        """When the thread looks again."""

    def set(self, seconds: float, ring: Callable[[], None]) -> Alarm:
        """An alarm that calls ``ring`` after so many seconds: in a thread that others wait for, so it has to be quick."""
        made = Alarm(ring)
        end = time.monotonic() + seconds
        with self._changed:
            heappush(self._due, (end, next(_count), made))
            if not self._awake:
                # A daemon: no request that hangs is to keep the process alive.
                threading.Thread(target=self._run, daemon=True, name="planet-validator-alarms").start()
                self._awake = True
            elif end < self._next:
                self._changed.notify()
        return made

    def pending(self) -> list[Alarm]:
        """Those that are still to ring."""
        with self._changed:
            return [each for _, _, each in self._due if each.pending]

    def _run(self) -> None:
        while (due := self._wait()) is not None:
            due.ring()

    def _wait(self) -> Alarm | None:
        """The alarm whose time has come; None where there is no other any more."""
        with self._changed:
            while self._due:
                end, _, first = self._due[0]
                left = end - time.monotonic()
                if first.pending and left > 0:
                    self._next = end
                    self._changed.wait(left)
                    self._next = 0.0
                    continue
                heappop(self._due)
                if first.pending:
                    return first
            self._awake = False
            return None


ALARMS: Final = Alarms()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=ALARMS.__init__)  # type: ignore[misc]  # a fork has no thread but its own


def alarm(seconds: float, ring: Callable[[], None]) -> Alarm:
    """Call ``ring`` after so many seconds, unless the alarm that this gives back is cancelled before."""
    return ALARMS.set(seconds, ring)
