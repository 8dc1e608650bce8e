"""The same for those who await: the work runs in a thread, and the event loop stays free."""

from __future__ import annotations

import asyncio
import contextvars
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, TypeVar

from validator.core.deadline import Call, CancelToken
from validator.core.model import Report

if TYPE_CHECKING:
    from validator.checking.assemble import Settings, Watch
    from validator.sources.loader import Source

T = TypeVar("T")

BEAT: Final = 0.2
"""Seconds after which the event loop looks whether it was asked to stop."""

_LOG: Final = logging.getLogger("validator")


async def acheck(
    source: Source,
    settings: Settings | None = None,
    *,
    stop: CancelToken | None = None,
    watch: Watch | None = None,
    progress: bool = False,
) -> Report:
    """:func:`validator.check` for a running event loop.

    A cancellation stops the check, waits until it has cleaned up, and is passed on; one more gives up the clean-up as well. What
    then stays in a bucket is logged as a warning, with the command that removes it. Raises as ``check`` does.
    """
    from validator.checking.assemble import check

    stopping = stop or CancelToken()

    def work() -> Report:
        return check(source, settings, stop=stopping, watch=watch, progress=progress)

    return await in_thread(work, stopping, lost=tell_left)


async def in_thread(work: Callable[[], T], stop: CancelToken, *, lost: Callable[[T], object]) -> T:
    """What ``work`` gives, from a thread of its own, which hears of a cancellation through ``stop`` and comes to its end first.

    Args:
        work: looks at ``stop``, and ends soon once it was requested.
        stop: requested once for each cancellation.
        lost: is told what a cancelled ``work`` gave all the same.
    """
    loop = asyncio.get_running_loop()
    done = asyncio.Event()
    context = contextvars.copy_context()

    def run() -> T:
        try:
            return context.run(work)
        finally:
            loop.call_soon_threadsafe(done.set)

    call = Call(run)
    cancelled: asyncio.CancelledError | None = None
    waiting = asyncio.ensure_future(done.wait())
    while not waiting.done():
        try:
            # A notebook's interrupt cancels from a signal handler, which wakes no loop that is asleep: this one wakes by itself.
            await asyncio.wait({waiting}, timeout=BEAT)
        except asyncio.CancelledError as error:
            cancelled = error
            stop.request()
    if cancelled is None:
        return call.result()
    text = "CancelledError: stopped, and cleaned up"
    try:
        gave = call.result()
        lost(gave)
        text += f"\n\n{gave}"
    except Exception as error:  # noqa: BLE001 - nobody waits for it any more; CheckFailed is one, and says what was seen
        text += f"\n\n{error}"
    # What IPython shows in place of a traceback, which may quote a cell's variables, secrets among them.
    vars(cancelled)["_render_traceback_"] = text.splitlines
    raise cancelled


def tell_left(report: Report) -> None:
    """Log what a run that nobody waits for any more left in buckets."""
    for one in report.destinations:
        for each in one.residue:
            if each.stays:
                _LOG.warning("still in the bucket: %s of %s; %s", each.key, one.target, each.remove_command)
