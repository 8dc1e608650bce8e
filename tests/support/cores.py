"""Which core each worker of a parallel run keeps to.

A check and the store that answers it, in one process, take turns. Over two cores each turn wakes the other one, which then waits for Python's
lock; on one, it is a tenth of the whole run's processor time less. Nothing is lost where each core has a worker that works.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress

EVERY = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
"""Those that this process was given; none where the system does not say."""


def keep_to_one() -> None:
    """This worker's own, from now on; also for the threads and the processes that it starts."""
    number = os.environ.get("PYTEST_XDIST_WORKER", "").removeprefix("gw")
    if number.isdecimal() and 0 < len(EVERY) <= int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "0")):
        _keep_to({EVERY[int(number) % len(EVERY)]})


@contextmanager
def every_one() -> Iterator[None]:
    """What is started in here may use all of them: a browser is many processes that work at a time."""
    if not EVERY:
        yield
        return
    before = os.sched_getaffinity(0)
    _keep_to(set(EVERY))
    try:
        yield
    finally:
        _keep_to(before)


def _keep_to(cores: set[int]) -> None:
    with suppress(OSError):  # where it is not allowed, it is slower
        os.sched_setaffinity(0, cores)
