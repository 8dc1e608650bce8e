"""Alarms: each rings once when its time is over, unless it was cancelled, whatever another one does."""

from __future__ import annotations

from queue import SimpleQueue

from validator.core.alarms import Alarms, alarm

PATIENCE = 60.0
"""Seconds to wait for what comes at once."""


def test_one_that_is_due_rings_before_another_that_was_set_earlier_and_the_cancelled_never() -> None:
    rung: SimpleQueue[str] = SimpleQueue()
    alarms = Alarms()
    late = alarms.set(3600, lambda: rung.put("late"))
    never = alarms.set(1800, lambda: rung.put("never"))
    alarms.set(0, lambda: rung.put("now"))
    assert rung.get(timeout=PATIENCE) == "now"
    assert set(alarms.pending()) == {late, never}
    never.cancel()
    assert alarms.pending() == [late]
    never.ring()
    assert rung.empty()


def test_one_that_fails_keeps_no_other_from_ringing_and_each_rings_once() -> None:
    rung: SimpleQueue[str] = SimpleQueue()

    def failing() -> None:
        rung.put("failing")
        raise RuntimeError("EXAMPLE")

    alarm(0, failing)
    made = alarm(0, lambda: rung.put("next"))
    assert [rung.get(timeout=PATIENCE), rung.get(timeout=PATIENCE)] == ["failing", "next"]
    assert not made.pending
    made.ring()
    assert rung.empty()
    alarm(0, lambda: rung.put("another"))  # its thread may have ended meanwhile
    assert rung.get(timeout=PATIENCE) == "another"
