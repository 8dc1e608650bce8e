"""Checks again what a retry may decide, within the time that each destination was given."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from validator.checking.assemble import Settings, check
from validator.core import catalog
from validator.core.deadline import CancelToken, Deadline
from validator.core.model import Destination, DestinationReport, Report, ResidueState, Severity, Verdict, worst
from validator.core.values import replace

FIRST_PAUSE: Final = 1.0
"""Seconds before the second try; doubled before each further one."""
SHORTEST: Final = 1.0
"""Seconds. With less left, another try could not finish."""


def tried_again(
    report: Report,
    destinations: Sequence[Destination],
    settings: Settings,
    retries: int,
    stop: CancelToken,
    say: Callable[[str], None],
) -> Report:
    """The report of these, with up to ``retries`` further tries of what stayed undecided for a reason that may pass."""
    reports = list(report.destinations)
    for attempt in range(retries):
        pause = FIRST_PAUSE * 2**attempt
        left = {
            index: settings.timeout - each.duration_ms / 1000 - pause
            for index, each in enumerate(reports)
            if worth_a_retry(each)
        }
        again = [index for index, seconds in left.items() if seconds >= SHORTEST]
        if not again or stop.level or not Deadline(2 * pause + 60, stop).pause(pause):
            break
        say(f"Trying {len(again)} again ({attempt + 1} of {retries}), after {pause:.0f} s.")
        seconds = min(left[index] for index in again)
        further = check([destinations[index] for index in again], replace(settings, timeout=seconds), stop=stop)
        report = checked_again(report, reports, again, further, pause)
    return replace(report, destinations=tuple(reports), verdict=worst([each.verdict for each in reports]))


def checked_again(
    report: Report, reports: list[DestinationReport], again: Sequence[int], further: Report, pause: float
) -> Report:
    """Takes over into ``reports`` what a further check of those at ``again`` came to, and into the report its time."""
    for index, new in zip(again, further.destinations, strict=True):
        reports[index] = joined(reports[index], new, pause)
    spent = report.duration_ms + pause * 1000 + further.duration_ms
    return replace(report, duration_ms=spent, interrupted=further.interrupted)


def worth_a_retry(report: DestinationReport) -> bool:
    """Whether another try may decide what this one did not."""
    return report.verdict is Verdict.INCONCLUSIVE and all(
        catalog.clears(each.name) == "soon" for each in report.findings if each.severity is Severity.UNKNOWN
    )


def joined(old: DestinationReport, new: DestinationReport, pause: float) -> DestinationReport:
    """The later report, and what the earlier try left in the bucket."""
    kept = [each for each in old.residue if each.state is not ResidueState.FOUND and each not in new.residue]
    names = {each.name for each in new.findings}
    about = [each for each in old.findings if kept and each.name in ("versions-remain", "residue-left", "retention-locked")]
    return replace(
        new,
        residue=(*kept, *new.residue),
        findings=(*new.findings, *(each for each in about if each.name not in names)),
        verdict=worst([new.verdict, Verdict.WARN]) if about else new.verdict,
        wrote=new.wrote or old.wrote,
        duration_ms=round(old.duration_ms + pause * 1000 + new.duration_ms, 1),
    )
