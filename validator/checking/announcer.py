"""Tells a watcher what happens, from a thread of its own: whatever it does, no check waits for it or ends because of it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from queue import SimpleQueue
from typing import Final, Generic, TypeVar

from validator.core.deadline import Call, CancelToken, Interrupted, TimedOut

Event = TypeVar("Event")

PATIENCE: Final = 86_400.0
"""Seconds to wait for a watcher that has yet to hear the rest; a second signal ends it sooner."""


class Announcer(Generic[Event]):
    """Hands events on in their order. A watcher that raises is told no more, and the error is logged."""

    def __init__(self, watch: Callable[[int, Event], None] | None) -> None:
        self._watch = watch
        self._events: SimpleQueue[tuple[int, Event] | None] = SimpleQueue()
        self._telling = Call(self._tell_all) if watch is not None else None

    def tell(self, index: int, event: Event) -> None:
        """Something happened at the destination of this index. Never waits, never raises."""
        if self._telling is not None:
            self._events.put((index, event))

    def close(self, stop: CancelToken) -> None:
        """Wait until everything was told; not for ever where somebody asks to stop once more."""
        if self._telling is None:
            return
        self._events.put(None)
        try:
            self._telling.wait(PATIENCE if stop.level < 2 else 1.0, stop, max(2, stop.level + 1))
        except (Interrupted, TimedOut):
            logging.getLogger(__name__).warning("the watcher did not hear everything in time")

    def _tell_all(self) -> None:
        watch = self._watch
        while (event := self._events.get()) is not None:
            if watch is None:
                continue
            try:
                watch(*event)
            except BaseException as error:  # noqa: BLE001 - it is the watcher's own, and nobody's here to put right
                # Its message may hold anything.
                logging.getLogger(__name__).warning("the watcher failed (%s) and is told no more", type(error).__name__)
                watch = None
