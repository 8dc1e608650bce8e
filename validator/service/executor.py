"""Where the HTTP service's checks are run and counted: in threads, and each to its end, whoever has gone meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final, TypeVar

from validator.checking.assemble import check
from validator.core import catalog
from validator.core.deadline import CancelToken
from validator.core.model import Report
from validator.providers import BUILT_IN
from validator.service.middleware import ConcurrencyLimiter, ServiceSettings
from validator.sweeping.run import sweep

if TYPE_CHECKING:
    from validator.checking.assemble import Watch
    from validator.sources.loader import Loaded

T = TypeVar("T")

STATUSES: Final = frozenset({400, 401, 403, 404, 405, 408, 413, 415, 421, 429, 500})


class Metrics:
    """Prometheus metrics of this process. Every label comes from a closed list, never from a request."""

    def __init__(self) -> None:
        from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, disable_created_metrics

        # A series beside each, with the time at which it began: nobody asks for it.
        disable_created_metrics()  # type: ignore[no-untyped-call]  # prometheus_client types it not
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)  # memory, descriptors, start: what an alert looks at
        self.checks = Counter("planet_validator_checks", "Destinations checked.", ["type", "verdict"], registry=self.registry)
        self.findings = Counter("planet_validator_findings", "Findings of checks.", ["finding"], registry=self.registry)
        self.seconds = Histogram(
            "planet_validator_check_seconds",
            "Time of one destination's check.",
            ["type"],
            buckets=(0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60),
            registry=self.registry,
        )
        self.in_flight = Gauge("planet_validator_in_flight", "Requests being checked now.", registry=self.registry)
        self.refusals = Counter(
            "planet_validator_refused", "Requests refused, by HTTP status.", ["status"], registry=self.registry
        )

    def count(self, report: Report) -> None:
        """Add one report."""
        for each in report.destinations:
            known = each.type if each.type in BUILT_IN else "other"
            self.checks.labels(known, each.verdict.value).inc()
            self.seconds.labels(known).observe(each.duration_ms / 1000)
            for finding in each.findings:
                self.findings.labels(finding.name if finding.name in catalog.FINDINGS else "other").inc()

    def refused(self, status: int) -> None:
        """Add one answer of 400 or more."""
        self.refusals.labels(str(status) if status in STATUSES else "other").inc()

    def text(self) -> bytes:
        """The exposition format."""
        from prometheus_client import generate_latest

        return generate_latest(self.registry)


class CheckExecutor:
    """Runs checks in threads, so many at a time; a check that was begun is always finished, its delete included."""

    def __init__(self, settings: ServiceSettings, metrics: Metrics) -> None:
        self.settings = settings
        self.metrics = metrics
        self.limiter = ConcurrencyLimiter(settings.in_flight, settings.in_flight_each, "checks are under way")
        metrics.in_flight.set_function(self.limiter.inside)
        # As many threads as there are places: no check that was let in waits for a slow one.
        self._checking = ThreadPoolExecutor(max_workers=settings.in_flight, thread_name_prefix="check")
        self._reading = ThreadPoolExecutor(max_workers=2, thread_name_prefix="read")
        self._lock = threading.Lock()
        self._stops: set[CancelToken] = set()
        self._level = 0

    def read(self, work: Callable[[], T]) -> asyncio.Future[T]:
        """Read or lint in a thread: the event loop stays free, and many large sources wait for one another."""
        return asyncio.get_running_loop().run_in_executor(self._reading, work)

    def run(
        self,
        client: str,
        loaded: Loaded,
        rendering: Callable[[Report], T],
        *,
        watch: Watch | None = None,
        looking: bool = False,
    ) -> asyncio.Future[T]:
        """Check, or with ``looking`` only look for leftovers, in a thread of its own. The place is given back when the check ends, not when its client leaves.

        ``rendering``: makes of the report what is answered, in that thread as well: a long one would keep the event loop from everybody.

        Raises Problem 429 when there is no place.
        """
        leave = self.limiter.enter(client)
        stop = CancelToken()
        with self._lock:
            self._stops.add(stop)
            level = self._level
        for _ in range(level):
            stop.request()

        def seen(index: int, event: object) -> None:
            # An event loop that is gone must not keep a check from cleaning up.
            with contextlib.suppress(RuntimeError):
                if watch is not None:
                    watch(index, event)  # type: ignore[arg-type]  # what check gives

        def work() -> T:
            late = threading.Timer(self.settings.request_seconds, stop.request)
            late.daemon = True
            late.start()
            try:
                if looking:
                    return rendering(sweep(loaded, self.settings.check, stop=stop))
                report = check(loaded, self.settings.check, stop=stop, watch=seen)
                self.metrics.count(report)
                return rendering(report)
            finally:
                late.cancel()
                with self._lock:
                    self._stops.discard(stop)
                leave()

        return asyncio.get_running_loop().run_in_executor(self._checking, work)

    def hurry(self) -> None:
        """Ask what is running to stop and clean up; asked again, to give up cleaning up."""
        with self._lock:
            self._level += 1
            stops = list(self._stops)
        for stop in stops:
            stop.request()

    def close(self) -> None:
        """Wait for what is running, after asking it to stop."""
        if not self._level:
            self.hurry()
        self._checking.shutdown(wait=True)
        self._reading.shutdown(wait=True, cancel_futures=True)
