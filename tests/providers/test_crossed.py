"""Crossed: a lost answer, versions, no read, a second writer, an interrupt and another destination's exception, all at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest

from tests.support.model.play import FRONTS, Outcome, faults, run
from tests.support.model.s3 import answer as s3_answer
from tests.support.model.store import ModelStore
from tests.support.model.wire import Event

pytestmark = [
    pytest.mark.no_cover,  # thousands of cases through the same lines: tracing them triples their time
    pytest.mark.long,
]

REQUESTS = 9
"""Of the longest healthy check."""
LOST = (None, *range(REQUESTS))
"""Of which request the answer is lost."""
YES_OR_NO = (False, True)


def stores(kind: str) -> Iterator[tuple[str, str]]:
    """Versioning, and whether conditions are honoured. Google names the version in each delete, and Azure's markers are none."""
    yield from product(("off", "on", "suspended") if FRONTS[kind].answer is s3_answer else ("off",), ("honoured", "ignored"))


def cells() -> Iterator[tuple[int | None, bool, bool, bool, bool]]:
    """What is lost, whether nothing may be read, whether others write, whether it is interrupted, and whether another destination raises."""
    yield from product(LOST, YES_OR_NO, YES_OR_NO, YES_OR_NO, YES_OR_NO)


def script(lost: int | None, *, others: bool, stopped: bool, raises: bool) -> dict[int, Event]:
    """After the loss, where there is one: each event at a request of its own."""
    events = {lost: Event("lose-answer")} if lost is not None else {}
    at = lost or 2
    for happens, what, number in (
        (others, "others-write", at + 1),
        (raises, "other-raises", at + 2),
        (stopped, "stop-after", at + 3),
    ):
        if happens:
            events[number] = Event(what)  # type: ignore[arg-type]  # each is a What
    return events


def happened(events: dict[int, Event], outcome: Outcome) -> bool:
    """Whether a check under these events is the one that was seen: none of them that it did not meet comes before its last request.

    Who meets the same answers asks the same, on a clock of the tests' own: such a cell is judged, and not played once more.
    """
    met = {number: event.what for number, event in events.items() if number < len(outcome.played)}
    return met == {number: what for number, _, what in outcome.played if what}


TESTS = [(kind, *store) for kind in sorted(FRONTS) for store in stores(kind)]


def test_there_are_three_thousand_cells() -> None:
    assert len(TESTS) * len(list(cells())) >= 3000


@pytest.mark.parametrize(("kind", "versioning", "conditions"), TESTS)
def test_no_promise_is_broken(kind: str, versioning: Any, conditions: Any) -> None:
    broken = []
    played: defaultdict[tuple[bool, bool], list[Outcome]] = defaultdict(list)
    for lost, blind, others, stopped, raises in cells():
        events = script(lost, others=others, stopped=stopped, raises=raises)
        outcome = next((each for each in played[blind, raises] if happened(events, each)), None)
        if outcome is None:
            store = ModelStore(
                versioning=versioning,
                write_conditions=conditions,
                delete_conditions=conditions,
                denied={"read"} if blind else set(),
            )
            outcome = run(kind, store, events, beside=raises)
            played[blind, raises].append(outcome)
        clean = lost is None and not (others or stopped or raises)
        broken += [(each, outcome.played, outcome.before.denied) for each in faults(outcome, clean=clean)]
    assert not broken, f"{len(broken)} broken, the first: {broken[0]}"
