"""A clock of the test's own: it stands still until somebody sleeps."""

from __future__ import annotations

from collections.abc import Callable
from queue import SimpleQueue

from validator.core.deadline import Clock


class Moved(Clock):
    """A clock that goes on only when somebody sleeps; what is to happen at a time, happens."""

    def __init__(self) -> None:
        self.time = 0.0
        self.slept: list[float] = []
        self.at: dict[float, Callable[[], object]] = {}

    def now(self) -> float:
        return self.time

    def sleep(self, queue: SimpleQueue[object], seconds: float) -> None:
        self.slept.append(seconds)
        self.time += seconds
        for when in [each for each in self.at if each <= self.time]:
            self.at.pop(when)()
