"""Another check of ours in the same ModelStore, which gets on by some requests whenever the first one makes one of its own."""

from __future__ import annotations

import threading
from collections.abc import Mapping

from tests.support.model.play import FRONTS, source
from tests.support.model.store import ModelStore
from tests.support.moved_clock import Moved
from tests.support.wire import Answer, Request, lasting
from validator.checking.assemble import Settings, check
from validator.core.model import DestinationReport

LONG = 10**6


class Second:
    """``steps``: before which request of the first check it makes how many of its own; the rest when the first is over."""

    def __init__(self, kind: str, store: ModelStore, steps: Mapping[int, int]) -> None:
        self.report: DestinationReport | None = None
        self._kind, self._store, self._steps = kind, store, steps
        self._wire = lasting(f"{kind}, a second")
        self._turn = threading.Condition()
        self._allowed = 0
        self._idle = False
        self._asked = 0
        self._thread = threading.Thread(target=self._check, daemon=True)

    def before(self, request: int) -> None:
        """The first check is about to make this one."""
        if request in self._steps:
            self._go_on(self._steps[request])

    def end(self) -> DestinationReport | None:
        """Let it come to its end; None if it never began."""
        if self._thread.ident is not None:
            self._go_on(LONG)
            self._thread.join(60)
        return self.report

    def _go_on(self, requests: int) -> None:
        with self._turn:
            self._allowed += requests
            self._turn.notify_all()
            if self._thread.ident is None:
                self._wire.handle = self._handle
                self._thread.start()
            self._turn.wait_for(lambda: (self._idle and not self._allowed) or not self._thread.is_alive() or self.report, 60)

    def _handle(self, request: Request) -> Answer:
        with self._turn:
            self._idle = True
            self._turn.notify_all()
            self._turn.wait_for(lambda: self._allowed > 0, 60)
            self._allowed, self._idle = self._allowed - 1, False
        return FRONTS[self._kind].answer(self._store, request)

    def _check(self) -> None:
        url = self._wire.url
        settings = Settings(endpoints={} if self._kind == "s3_compatible" else {self._kind: url}, clock=Moved())
        report = check(source(self._kind, url), settings).destinations[0]
        with self._turn:
            self.report = report
            self._turn.notify_all()
