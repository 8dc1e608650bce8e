"""The promises, held against a store that knows everything about itself."""

from __future__ import annotations

import pytest

from tests.model.play import FRONTS, faults, run
from tests.model.store import ModelStore


@pytest.mark.parametrize("kind", sorted(FRONTS))
def test_a_healthy_check_breaks_no_promise(kind: str) -> None:
    outcome = run(kind, ModelStore(), {})
    assert list(faults(outcome, clean=True)) == []
    assert outcome.report.verdict in ("pass", "warn")
    assert not outcome.after.versions


@pytest.mark.parametrize("kind", sorted(FRONTS))
@pytest.mark.parametrize("permission", ["write", "delete"])
def test_what_planet_needs_and_may_not_do_fails(kind: str, permission: str) -> None:
    outcome = run(kind, ModelStore(denied={permission}), {})  # type: ignore[arg-type]  # one of Permission
    assert list(faults(outcome, clean=True)) == []
    assert outcome.report.verdict == "fail"
    assert not outcome.after.versions
