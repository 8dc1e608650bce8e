"""The use case for leftovers: find every planetverify.txt, say why each stayed, and remove what was listed where that is asked for."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from validator.checking.batch import Announcer, in_turns, report_of
from validator.checking.batch import destinations as destinations_of
from validator.core.deadline import CancelToken
from validator.core.model import DestinationReport, Report, Step
from validator.core.sentences import many
from validator.core.values import replace
from validator.sweeping.destination import DestinationSweep
from validator.sweeping.options import Confirm, Sweeping

if TYPE_CHECKING:
    from validator.checking.assemble import Settings, Watch
    from validator.sources.loader import Source


def sweep(
    source: Source,
    settings: Settings | None = None,
    sweeping: Sweeping | None = None,
    *,
    delete: bool | Confirm = False,
    stop: CancelToken | None = None,
    watch: Watch | None = None,
) -> Report:
    """Find leftovers of verifications, explain them, and remove them if asked to.

    Args:
        source: a path, ``-``, a request as a mapping or a model, a list of these, or what :func:`validator.load` returned.
        settings: of ``check``, as far as they apply: timeout, jobs, prefixes, endpoints, ca_bundle, ignore.
        sweeping: where to look, and with whose credentials.
        delete: True removes exactly what was listed; a function is asked first.
        stop: ends the run cleanly.
        watch: told of steps and reports as they happen, from any thread.

    Raises:
        BadSource: for a source that cannot be read.
        ValidatorError: if an owner's source holds nothing for one of the buckets. Nothing was asked then.
    """
    from validator.checking.assemble import Settings

    settings, sweeping, stop = settings or Settings(), sweeping or Sweeping(), stop or CancelToken()
    started, clock = datetime.now(UTC), time.monotonic()
    destinations = destinations_of(source)
    announcer: Announcer[Step | DestinationReport] = Announcer(watch)
    runs = [
        DestinationSweep(each, settings, sweeping, stop, _step_of(announcer, index)) for index, each in enumerate(destinations)
    ]

    def each(work: Callable[[DestinationSweep], None]) -> None:
        in_turns(destinations, settings.jobs, stop, lambda index: work(runs[index]), settings.endpoint_of)

    try:
        for run in runs:
            run.prepare()
        each(DestinationSweep.look)
        plans = [plan for run in runs if (plan := run.plan()).leftovers]
        if delete and plans and not stop.level and (delete is True or delete(plans)):
            each(DestinationSweep.remove)
        reports = []
        for index, run in enumerate(runs):
            reports.append(run.summary.report())
            announcer.tell(index, reports[-1])
    except BaseException:
        # An error of our own, or of a provider's: whoever watches hears all the same what the questions have left.
        for index, run in enumerate(runs):
            with contextlib.suppress(Exception):  # the first error is what is to be told
                announcer.tell(index, run.summary.report())
        raise
    finally:
        announcer.close(stop)
    report = report_of(tuple(reports), started, clock)
    return replace(report, interrupted=stop.level > 0, closing=_closing(runs))


def _step_of(announcer: Announcer[Step | DestinationReport], index: int) -> Callable[[Step], None]:
    return lambda step: announcer.tell(index, step)


def _closing(runs: Sequence[DestinationSweep]) -> str:
    files, gone = sum(run.summary.count for run in runs), sum(len(run.subject.gone) for run in runs)
    remain = sum(run.summary.remain for run in runs)
    unsure = sum(run.summary.unsure for run in runs)
    parts = [f"{many(len(runs), 'destination')}: {many(files, 'leftover')} found"]
    if gone:
        parts.append(f"{gone:,} removed")
    if files:
        parts.append(f"{remain:,} remain{'s' if remain == 1 else ''}")
    if unsure:
        parts.append(f"{many(unsure, 'destination')} could not be looked at in full")
    more = ""
    if any(run.summary.goes_on for run in runs):
        more = " Run the same command again for the rest."
    elif remain and not gone and not any(run.subject.traces for run in runs):
        more = " Nothing was changed."
    return ", ".join(parts) + "." + more
