"""The hand-off to Planet, held against a Planet and a store that know everything about themselves."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.model.drawn import LIES, fit, scripts, sparing, stores
from tests.support.model.handoff import Action, hand_over, handoff_faults
from tests.support.model.play import inhabit
from tests.support.model.store import ModelStore
from tests.support.model.wire import Event, What

AT_PLANET: tuple[What, ...] = (
    "lose-request", "lose-answer", "delay", "repeat", "page", "page-only", "bare-404", "moved", "empty-200", "busy", "busy-after", "stop", "stop-after",
)  # fmt: skip
at_planet = st.dictionaries(st.integers(0, 6), st.builds(Event, st.sampled_from(AT_PLANET), st.integers(1, 4)), max_size=2)


@pytest.mark.parametrize("action", get_args(Action))
@pytest.mark.parametrize("kind", ["s3_compatible", "google_cloud_storage"])
def test_a_healthy_hand_over(kind: str, action: Action) -> None:
    handed = hand_over(kind, ModelStore(), {}, {}, action)
    assert list(handoff_faults(handed, clean=True)) == []
    assert handed.state == action + "d"


@pytest.mark.parametrize("what", AT_PLANET)
@pytest.mark.parametrize("action", get_args(Action))
def test_whatever_becomes_of_the_one_request_is_told_as_it_is(action: Action, what: What) -> None:
    handed = hand_over("s3_compatible", ModelStore(), {}, {2 if action == "create" else 1: Event(what)}, action)
    assert list(handoff_faults(handed, clean=False)) == [], (handed.state, handed.played)


@pytest.mark.parametrize(("kind", "action"), [("s3_compatible", "create"), ("google_cloud_storage", "update")])
@sparing(18)
@given(store=stores, lies=st.sampled_from(LIES), script=scripts, planets=at_planet)
def test_the_promises_of_a_hand_over_hold(
    kind: str, action: Action, store: ModelStore, lies: str, script: dict[int, Event], planets: dict[int, Event]
) -> None:
    fit(kind, store)
    inhabit(store, lies)
    script = {number: each for number, each in script.items() if not each.what.endswith("raises")}
    handed = hand_over(kind, store, script, planets, action)
    assert list(handoff_faults(handed, clean=not (script or planets))) == [], (handed.state, handed.text, handed.played)
