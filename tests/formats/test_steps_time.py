"""A row that nobody timed shows no time: a trial, and what was not sent."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.support import sample_reports as sample
from validator.formats import render


@pytest.mark.parametrize(("took", "shown"), [(0.0, False), (0.2, True), (41.0, True)])
def test_only_what_was_timed_shows_a_time(took: float, shown: bool) -> None:
    report = sample.failing()
    steps = tuple(replace(each, duration_ms=took) for each in report.steps)
    told = render("text", sample.report(replace(report, steps=steps)))
    assert (f" {took:.0f} ms" in told) is shown
