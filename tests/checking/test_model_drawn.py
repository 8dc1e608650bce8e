"""The promises, held against stores, scripts and second checks that are drawn at random."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.support.model.drawn import LIES, fit, scripts, sparing, stores
from tests.support.model.play import FRONTS, faults, inhabit, run, sweep_faults, sweep_run, told
from tests.support.model.second import Second
from tests.support.model.store import ModelStore
from tests.support.model.wire import Event

pytestmark = pytest.mark.no_cover  # thousands of cases through the same lines: tracing them triples their time


@pytest.mark.parametrize("kind", sorted(FRONTS))
@sparing(40)
@given(store=stores, lies=st.sampled_from(LIES), script=scripts, documented=st.booleans())
def test_the_promises_hold(kind: str, store: ModelStore, lies: str, script: dict[int, Event], documented: bool) -> None:
    fit(kind, store)
    inhabit(store, lies)
    whats = {each.what for each in script.values()}
    assume(not {"other-raises", "watcher-raises"} <= whats)  # then nobody hears of anything
    documented &= kind in ("amazon_s3", "google_cloud_storage", "azure_blob_storage")
    outcome = run(kind, store, script, documented=documented, beside="other-raises" in whats)
    assert list(faults(outcome, clean=not script)) == [], told(outcome)


@pytest.mark.parametrize("kind", sorted(FRONTS))
@sparing(12)
@given(
    store=stores,
    lies=st.sampled_from(LIES),
    script=scripts,
    steps=st.dictionaries(st.integers(0, 10), st.integers(1, 6), min_size=1, max_size=4),
)
def test_the_promises_hold_for_two_checks_at_once(
    kind: str, store: ModelStore, lies: str, script: dict[int, Event], steps: dict[int, int]
) -> None:
    fit(kind, store)
    inhabit(store, lies)
    assume(not {each.what for each in script.values()} & {"other-raises", "watcher-raises"})
    outcome = run(kind, store, script, second=Second(kind, store, steps))
    assert list(faults(outcome, clean=not script)) == [], told(outcome)


@pytest.mark.parametrize("kind", sorted(FRONTS))
@sparing(40)
@given(store=stores, lies=st.sampled_from(LIES), script=scripts, delete=st.booleans())
def test_the_promises_of_a_sweep_hold(kind: str, store: ModelStore, lies: str, script: dict[int, Event], delete: bool) -> None:
    fit(kind, store)
    inhabit(store, lies)
    outcome = sweep_run(kind, store, script, delete=delete)
    assert list(sweep_faults(outcome, delete=delete)) == [], told(outcome)
