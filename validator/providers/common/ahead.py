"""Questions whose answers are wanted next, asked while another request is still on its way: over a distance, each saves a round trip."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TypeVar, cast

from validator.core.deadline import Call, own_call

T = TypeVar("T")


class Ahead:
    """What was asked ahead in one bucket. Only what changes nothing there may be, and only at a vendor's own address (decision 0029)."""

    def __init__(self) -> None:
        self._asked: dict[Hashable, Call[object]] = {}

    def ask(self, name: Hashable, work: Callable[[], object]) -> None:
        """Ask now, in a thread of its own and within the time of the request that is about to be made; once, until it is answered."""
        if name not in self._asked:
            own = own_call()
            self._asked[name] = Call(work, own.deadline if own else None)

    def answer(self, name: Hashable, work: Callable[[], T]) -> T:
        """What came of it, once; the same asked now where nothing was asked ahead, or nothing came of it. Raises what ``work`` raises."""
        call = self._asked.pop(name, None)
        if call is not None:
            try:
                return cast("T", call.result())
            except Exception:  # noqa: BLE001, S110 - whatever it was: it is asked again in its own time, and judged then
                pass
        return work()

    def close(self) -> None:
        """Nobody wants the answers any more."""
        while self._asked:
            self._asked.popitem()[1].give_up()
