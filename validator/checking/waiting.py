"""Checks again until what was changed at the cloud has arrived: a grant or a new key takes seconds to minutes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from functools import partial
from typing import Final

from validator.checking.assemble import Settings, Watch, check
from validator.checking.retry import checked_again
from validator.core import catalog
from validator.core.deadline import CancelToken, Clock, Deadline
from validator.core.model import Destination, DestinationReport, Report, Severity, Step, Verdict, worst
from validator.core.sentences import many
from validator.core.values import Dataclass, replace

FIRST_PAUSE: Final = 5.0
"""Seconds before the second check."""
LONGEST_PAUSE: Final = 10.0
"""Seconds between two checks at most; each pause is half as long again as the one before."""
SHORTEST_PAUSE: Final = 1.0
"""Seconds. With less left, nothing is checked again."""


class Waiting(Dataclass):
    """How long, and how it is told."""

    seconds: float
    """From the end of the first check."""
    strict: bool = False
    """Warnings are waited for as well."""
    only: Collection[int] | None = None
    """Which destinations are waited for; by default all."""


def check_until(
    report: Report,
    destinations: Sequence[Destination],
    settings: Settings,
    waiting: Waiting,
    stop: CancelToken,
    say: Callable[[str], None] = lambda line: None,
    watch: Watch | None = None,
) -> Report:
    """What became of a report's destinations that do not pass yet, when they are checked again until they do or time ends.

    ``report`` is the first check of ``destinations``. Only what :func:`waits` says is checked again. ``say`` is told what is waited for,
    ``watch`` what each destination comes to.
    """
    clock = settings.clock or Clock()
    end = clock.now() + waiting.seconds
    reports = list(report.destinations)
    indexes = range(len(reports)) if waiting.only is None else sorted(waiting.only)
    pause = FIRST_PAUSE
    while not report.interrupted:
        again = [index for index in indexes if waits(reports[index], strict=waiting.strict)]
        left = end - clock.now()
        if not again or left < SHORTEST_PAUSE:
            break
        pause = min(pause, left)
        say(
            f"Waiting for {_awaited([reports[index] for index in again])}: "
            f"checked again in {pause:.0f} s, for {_minutes(left)} at most"
        )
        if not Deadline(3 * pause + 60, stop, clock).pause(pause):
            report = replace(report, interrupted=True)  # no pause is so long that anything else could end it
            break
        tell = None if watch is None else partial(_tell, watch, again)
        further = check([destinations[index] for index in again], settings, stop=stop, watch=tell)
        report = checked_again(report, reports, again, further, pause)
        pause = min(pause * 1.5, LONGEST_PAUSE)
    return replace(report, destinations=tuple(reports), verdict=worst([each.verdict for each in reports]))


def waits(report: DestinationReport, *, strict: bool = False) -> bool:
    """Whether time alone may change what this comes to.

    A check that left something in the bucket is not made again: it might leave more.
    """
    if any(each.stays for each in report.residue):
        return False
    names = _deciding(report, strict=strict)
    open_ = report.verdict in (Verdict.FAIL, Verdict.INCONCLUSIVE) or (strict and report.verdict is Verdict.WARN)
    return open_ and bool(names) and all(catalog.clears(each) for each in names)


def not_awaited(before: Report, now: Report, *, strict: bool = False) -> frozenset[int]:
    """Which destinations of ``now`` came to what was not waited for in ``before``, whose time is over, and in which they are as well."""
    over = {
        (each.source, each.pointer): _deciding(each, strict=strict)
        for each in before.destinations
        if waits(each, strict=strict)
    }
    return frozenset(
        index
        for index, each in enumerate(now.destinations)
        if not _deciding(each, strict=strict) <= over.get((each.source, each.pointer), frozenset())
    )


def _deciding(report: DestinationReport, *, strict: bool) -> frozenset[str]:
    deciding = {Severity.ERROR, Severity.UNKNOWN, *((Severity.WARNING,) if strict else ())}
    return frozenset(each.name for each in report.findings if each.severity in deciding)


def _tell(watch: Watch, indexes: Sequence[int], index: int, event: Step | DestinationReport) -> None:
    watch(indexes[index], event)


def _awaited(reports: Sequence[DestinationReport]) -> str:
    """``delete-denied of north to pass``, or how many there are of each finding."""
    decides = [each.name for report in reports for each in report.findings if catalog.clears(each.name)]
    counted = Counter(decides)
    if len(reports) == 1:
        return f"{reports[0].name}, {' and '.join(counted)}, to pass"
    counts = ", ".join(f"{name} ({count})" for name, count in counted.most_common())
    return f"{many(len(reports), 'destination')} to pass, {counts}"


def _minutes(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes and rest else f"{minutes} min" if minutes else f"{rest} s"
