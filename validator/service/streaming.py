"""Server-sent events: a check step by step, as it happens."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Final

from validator.core.model import DestinationReport, Report, Step
from validator.core.redaction import traced
from validator.formats import render, view
from validator.formats.json import step as step_document
from validator.service.middleware import Problem

if TYPE_CHECKING:
    from validator.service.executor import CheckExecutor
    from validator.sources.loader import Loaded

log = logging.getLogger("validator.service.app")

HEARTBEAT: Final = 15.0
"""Seconds after which a stream that has nothing to say says so: proxies close what is silent."""


def begin(executor: CheckExecutor, client: str, loaded: Loaded, *, words: bool = False) -> AsyncIterator[bytes]:
    """Start a check; the server-sent events that tell of it. Raises Problem 429 when there is no place.

    ``words``: with each step, and beside the report, the words that the page shows, and the forms in which a report is handed on.
    """
    loop = asyncio.get_running_loop()
    events: asyncio.Queue[tuple[int, Step] | None] = asyncio.Queue()

    def watch(index: int, event: Step | DestinationReport) -> None:
        if isinstance(event, Step):
            loop.call_soon_threadsafe(events.put_nowait, (index, event))

    def ending(report: Report) -> bytes:
        # The words first, so that whoever has the report has all.
        shown = _event("view", json.dumps({"view": view.document(report), **view.handed_on(report)})) if words else b""
        return shown + _event("report", json.dumps(json.loads(render("json", report))))

    running = executor.run(client, loaded, ending, watch=watch)
    running.add_done_callback(lambda _: events.put_nowait(None))
    return _events(running, events, words=words)


async def _events(
    running: asyncio.Future[bytes], events: asyncio.Queue[tuple[int, Step] | None], *, words: bool
) -> AsyncIterator[bytes]:
    """``step`` for each step as it happens, then ``report``, or ``problem``. A client that leaves changes nothing."""
    while True:
        try:
            event = await asyncio.wait_for(events.get(), HEARTBEAT)
        except TimeoutError:
            yield b": under way\n\n"
            continue
        if event is None:
            break
        index, step = event
        wording = {"words": view.step(step)} if words else {}
        yield _event("step", json.dumps({"destination": index, **step_document(step), **wording}))
    try:
        ending = running.result()
    except Exception as error:  # noqa: BLE001 - the answer has begun; its text may hold what was submitted
        log.error("unexpected: %s", traced(error))  # noqa: TRY400 - its kind and its places, for the same reason
        yield _event("problem", json.dumps(Problem(500, "An unexpected fault of this service.").document))
        return
    yield ending


def _event(name: str, data: str) -> bytes:
    return f"event: {name}\ndata: {data}\n\n".encode()
