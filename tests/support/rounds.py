"""Counts what goes out together, on the wire.

A round is what is under way at a time. The store answers nothing of a round before all of it has arrived, so what is not asked together never
comes to an end, on a machine however slow.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence

from tests.support.conformance.case import Case
from tests.support.wire import Answer, Request

PATIENCE = 60.0
"""Seconds after which a round is said not to come together."""


class Rounds:
    """Answers in rounds, and notes what came at another time."""

    def __init__(self, case: Case, rounds: Sequence[set[str]]) -> None:
        self.case = case
        self.store = case.store()
        self.rounds = rounds
        self.strays: list[str] = []
        self._arrived: list[set[str]] = [set() for _ in rounds]
        self._changed = threading.Condition()

    def handle(self, request: Request) -> Answer:
        step = self.case.step(request)
        with self._changed:
            number = next((each for each, wanted in enumerate(self.rounds) if self._arrived[each] != wanted), len(self.rounds))
            if number == len(self.rounds) or step not in self.rounds[number] - self._arrived[number]:
                self.strays.append(step)
            else:
                self._arrived[number].add(step)
                self._changed.notify_all()
                if not self._changed.wait_for(lambda: self._arrived[number] == self.rounds[number], PATIENCE):
                    self.strays.append(f"{step} alone")
            return self.store.handle(request)

    @property
    def whole(self) -> bool:
        return self._arrived == list(self.rounds) and not self.strays
