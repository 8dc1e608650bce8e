"""What the rotation gate and the retries decide, from reports built by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.support import sample_reports as sample
from validator.checking import retry, rotation
from validator.cli.execution import exit_code
from validator.core.errors import BadSource
from validator.core.model import Destination, DestinationReport, Outcome, Residue, ResidueState, Severity, Verdict

GOOD = sample.destination()
WARNED = sample.destination(verdict=Verdict.WARN, findings=(sample.finding("sas-expiring"),))
BROKEN = sample.failing()
UNSURE = sample.undecided()


@pytest.mark.parametrize(
    ("old", "new", "verdict"),
    [
        (GOOD, GOOD, Verdict.PASS),
        (GOOD, BROKEN, Verdict.FAIL),
        (BROKEN, GOOD, Verdict.PASS),
        (BROKEN, BROKEN, Verdict.PASS),
        (WARNED, WARNED, Verdict.PASS),
        (GOOD, WARNED, Verdict.WARN),
        (GOOD, UNSURE, Verdict.INCONCLUSIVE),
        (UNSURE, UNSURE, Verdict.INCONCLUSIVE),
        (UNSURE, BROKEN, Verdict.FAIL),
        (UNSURE, GOOD, Verdict.PASS),
    ],
)
def test_the_gate_fails_only_for_what_was_lost(old: DestinationReport, new: DestinationReport, verdict: Verdict) -> None:
    assert rotation.compare(old, new).verdict is verdict


def test_the_same_finding_grown_heavier_is_a_loss() -> None:
    worse = replace(
        WARNED, verdict=Verdict.FAIL, findings=tuple(replace(each, severity=Severity.ERROR) for each in WARNED.findings)
    )
    assert rotation.compare(WARNED, worse).lost == ("sas-expiring",)


def test_an_operation_that_is_no_longer_granted_is_a_loss_even_without_a_finding() -> None:
    fewer = replace(GOOD, steps=tuple(replace(each, outcome=Outcome.UNPROVEN) for each in GOOD.steps))
    pair = rotation.compare(GOOD, fewer)
    assert "delete was granted and is no longer" in pair.lost
    assert pair.verdict is Verdict.INCONCLUSIVE


def test_what_was_there_before_only_informs_and_the_destinations_verdict_stays_the_truth() -> None:
    told = rotation.gate(sample.report(BROKEN, BROKEN), [rotation.compare(BROKEN, BROKEN)])
    (only,) = told.destinations
    assert only.verdict is Verdict.FAIL
    assert [each.severity for each in only.findings] == [Severity.INFO]
    assert "Planet would refuse this destination" in rotation.story([rotation.compare(BROKEN, BROKEN)])


def source(name: str, **parameters: str) -> Destination:
    return Destination(name, "amazon_s3", {"bucket": "b", **parameters}, source=f"{name}.json")


def test_pairs_are_made_by_name_then_by_order() -> None:
    a, b, c, d = (source(name) for name in "abcd")
    assert rotation.pair_up([a, b], [b, a]) == [(1, 0), (0, 1)]
    assert rotation.pair_up([a, b], [c, d]) == [(0, 0), (1, 1)]
    with pytest.raises(BadSource, match="2 old and 1 new"):
        rotation.pair_up([a, b], [a])


def test_values_that_differ_are_not_shown() -> None:
    old = Destination("a", "s3_compatible", {"bucket": "first-value", "endpoint": "one-value", "region": "x"}, source="a.json")
    new = replace(old, parameters={"bucket": "second-value", "endpoint": "other-value", "region": "corrected"})
    with pytest.raises(BadSource) as caught:
        rotation.pair_up([old], [new])
    assert "their bucket and endpoint differ" in str(caught.value)  # a region may be corrected on the way
    assert "value" not in str(caught.value)


@pytest.mark.parametrize(
    ("report", "wanted"),
    [
        (UNSURE, True),
        (GOOD, False),
        (BROKEN, False),
        (sample.undecided(findings=(sample.finding("clock-skew"),)), False),
        (sample.undecided(findings=(sample.finding("throttled"), sample.finding("delete-unproven"))), False),
        (sample.undecided(findings=(sample.finding("timed-out"), sample.finding("sas-expiring"))), True),
    ],
)
def test_only_what_may_pass_is_tried_again(report: DestinationReport, wanted: bool) -> None:
    assert retry.worth_a_retry(report) is wanted


def test_what_an_earlier_try_left_is_not_forgotten() -> None:
    left = Residue(sample.KEY, ResidueState.VERSION, "remove it", "v7")
    earlier = sample.undecided(residue=(left,), findings=(*UNSURE.findings, sample.finding("versions-remain")), wrote=True)
    joined = retry.joined(earlier, GOOD, 1.0)
    assert joined.residue == (left,)
    assert [each.name for each in joined.findings] == ["versions-remain"]
    assert joined.verdict is Verdict.WARN
    assert joined.wrote is True
    assert joined.duration_ms == 1200.0


@pytest.mark.parametrize(
    ("destinations", "strict", "code"),
    [
        ((GOOD,), False, 0),
        ((WARNED,), False, 0),
        ((WARNED,), True, 1),
        ((UNSURE,), False, 3),
        ((UNSURE, GOOD), True, 3),
        ((UNSURE, WARNED), True, 1),
        ((UNSURE, BROKEN), False, 1),
    ],
)
def test_exit_codes(destinations: tuple[DestinationReport, ...], strict: bool, code: int) -> None:
    assert exit_code(sample.report(*destinations), strict=strict) == code
    assert exit_code(sample.report(*destinations, interrupted=True), strict=strict) == 130
