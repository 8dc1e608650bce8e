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


@pytest.mark.parametrize("width", [40, 50, 60, 80])
def test_no_row_of_the_steps_is_left_to_the_terminal_to_break(width: int) -> None:
    text = render("text", sample.report(sample.failing()), width=width)
    rows = [line for line in text.split("error ")[0].splitlines() if line.startswith("  ")]
    assert max(map(len, rows)) <= width
    assert {"asked only", "403 AccessDenied", "41 ms"} == {
        each for each in ("asked only", "403 AccessDenied", "41 ms") if each in " ".join(text.split())
    }
