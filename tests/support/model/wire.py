"""A wire between the check and a store that loses, delays, repeats and rewrites, while others write and somebody stops the check."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from tests.support.model.store import REAL, ModelStore, Refused
from tests.support.wire import RESET, Answer, Request

What = Literal[
    "lose-request", "lose-answer", "delay", "repeat", "cut", "page", "page-only", "bare-404", "moved", "empty-200", "busy", "busy-after",
    "stop", "stop-after", "watcher-raises", "other-raises", "others-write", "others-delete", "others-check",
]  # fmt: skip
"""What may happen at one request. ``-after``, ``cut``, ``page``, ``bare-404``, ``moved`` and ``empty-200``: the store has done what it was asked."""

PAGE = Answer(
    200, {"content-type": "text/html"}, b"<!DOCTYPE html><html><body>Please sign in to the guest network</body></html>"
)


@dataclass(frozen=True)
class Event:
    what: What
    later: int = 1
    """For a delayed request: after how many further ones it arrives; beyond the last of them it arrives when the check is over."""


class FaultyWire:
    """``handle`` for :class:`tests.support.wire.Wire`: plays ``script``, an event for a request's number, before ``answer``."""

    def __init__(
        self,
        store: ModelStore,
        answer: Callable[[ModelStore, Request], Answer],
        busy: Answer,
        script: Mapping[int, Event],
        *,
        stop: Callable[[], None] = lambda: None,
        watcher: Callable[[], None] = lambda: None,
        other: Callable[[], None] = lambda: None,
    ) -> None:
        self.store = store
        self.played: list[tuple[int, str, str]] = []
        self._answer = answer
        self._busy = busy
        self._script = script
        self._stop = stop
        self._watcher = watcher
        self._other = other
        self._under_way: list[tuple[int, Request]] = []
        self._lock = threading.Lock()
        self._count = 0

    def handle(self, request: Request) -> Answer:
        with self._lock:
            number = self._count
            self._count += 1
            self._arrive(number)
            event = self._script.get(number)
            self.played.append((number, f"{request.method} {request.path}", event.what if event else ""))
            if event is None:
                return self._do(request)
            return self._play(event, request, number)

    def over(self) -> None:
        """The check is over: what was still on its way arrives."""
        with self._lock:
            self._arrive(10**9)

    def _play(self, event: Event, request: Request, number: int) -> Answer:  # noqa: PLR0912 - one for each kind of event
        match event.what:
            case "lose-request":
                return RESET
            case "delay":
                self._under_way.append((number + event.later, request))
                return RESET
            case "page-only":
                return PAGE
            case "busy":
                return self._busy
            case "stop":
                self._stop()
            case "watcher-raises":
                self._watcher()
            case "other-raises":
                self._other()
            case "others-write":
                self._others(lambda: self.store.put(REAL, b"somebody else's", by_others=True))
            case "others-delete":
                self._others(lambda: self.store.delete(REAL, by_others=True))
            case "others-check":
                self._others(lambda: self.store.put(REAL, b"Planet's own check", by_others=True))
                self._others(lambda: self.store.delete(REAL, by_others=True))
        answer = self._do(request)
        match event.what:
            case "lose-answer":
                return RESET
            case "repeat":
                return self._do(request)
            case "cut":
                return replace(answer, fault="cut")
            case "page":
                return PAGE
            case "bare-404":
                return Answer(404)
            case "moved":
                return Answer(301)
            case "empty-200":
                return Answer(200)
            case "busy-after":
                return self._busy
            case "stop-after":
                self._stop()
        return answer

    def _do(self, request: Request) -> Answer:
        return self._answer(self.store, request)

    def _arrive(self, number: int) -> None:
        for due, request in [each for each in self._under_way if each[0] <= number]:
            self._under_way.remove((due, request))
            self._do(request)

    @staticmethod
    def _others(work: Callable[[], object]) -> None:
        try:
            work()
        except Refused:
            return


def untold(store: ModelStore, told: Sequence[tuple[str, str | None]]) -> list[str]:
    """What checks left in the store that no residue speaks of; ``told`` is key and version."""
    left = [
        f"{key} {each.id} ({'marker' if each.body is None else 'ours'})"
        for key, each in store.ours()
        # Google names a generation also where no versions are kept.
        if not any(key == name and (version in (None, "", each.id) or store.versioning == "off") for name, version in told)
    ]
    return left + [
        f"upload {upload} of {key}" for upload, key in store.uploads.items() if not any(key == name for name, _ in told)
    ]
