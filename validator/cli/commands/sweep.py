"""``planet-validator sweep``: list, ask a person, remove, report."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from validator.cli import console, context
from validator.core.deadline import Call, Interrupted, TimedOut
from validator.core.model import DestinationReport, Report, Step, ValidatorError, Verdict
from validator.sweeping import wording

if TYPE_CHECKING:
    from validator.cli.context import Session
    from validator.sweeping.options import Plan

PATIENCE: Final = 3600.0
"""Seconds that a person may think about the question."""
SHOWN: Final = 20
"""Leftovers of one bucket that the question lists one by one."""


def run(session: Session, told: Any) -> int:
    """Sweep; the exit code: 0 none found or all removed, 1 some remain, 3 could not tell. Raises ValidatorError."""
    from validator.sweeping.options import Sweeping
    from validator.sweeping.run import sweep

    asks = told.delete and not told.yes
    if asks and ("-" in told.sources or not sys.stdin.isatty()):
        raise ValidatorError("--delete asks before it removes anything, and there is no terminal to ask on: add --yes")
    if told.yes and not told.delete:
        raise ValidatorError("--yes answers the question of --delete: add --delete")
    login = bool(told.owner or told.owner_profile)
    if told.owner_source and login:
        raise ValidatorError("--with and --owner name two different owners: use one")
    loaded = context.load(session, told.sources)
    owners = context.load(session, [told.owner_source]).destinations if told.owner_source else ()
    sweeping = Sweeping(
        everywhere=told.everywhere,
        force_keys=tuple(told.force_key or ()),
        owners=tuple(owners),
        login=login,
        profile=told.owner_profile,
        most=_most(told.at_most),
    )
    heard: dict[int, DestinationReport] = {}

    with console.signals(session.stop), _progress(session, len(loaded.destinations)) as progress:

        def watch(index: int, event: Step | DestinationReport) -> None:
            if isinstance(event, DestinationReport):
                heard[index] = event
            if progress is not None:
                progress.seen(index, event)

        def agreed(plans: Sequence[Plan]) -> bool:
            if progress is not None:
                progress.hold()
            return _ask(session, plans)

        try:
            report = sweep(
                loaded,
                session.settings,
                sweeping,
                delete=agreed if asks else bool(told.delete),
                stop=session.stop,
                watch=watch,
            )
        except BaseException:
            console.tell_left(Report(Verdict.INCONCLUSIVE, tuple(heard.values()), datetime.now(UTC), 0.0, ""))
            raise
    context.deliver(session, report)
    return context.exit_code(report, strict=session.values["strict"])


def _most(text: str | None) -> int:
    from validator.sweeping.options import MOST

    if text is None:
        return MOST
    if not text.isdecimal() or not 0 < int(text) <= 1_000_000:
        raise ValidatorError("--at-most must be a number from 1 to 1,000,000")
    return int(text)


def _progress(session: Session, total: int) -> Any:
    from validator.cli.progress import Progress

    if session.verbosity < 0:
        return contextlib.nullcontext()
    terminal = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
    return Progress(total, sys.stderr, terminal=terminal, width=console.width(sys.stderr, os.environ), done="swept")


def _ask(session: Session, plans: Sequence[Plan]) -> bool:
    """Show what would go, and wait for a yes; anything else, Ctrl-C too, is a no."""
    now = datetime.now(UTC)
    for plan in plans:
        console.say(console.masked(f"{plan.target}: {wording.count(plan.remnants)}"))
        for each in plan.remnants[:SHOWN]:
            version = f", {each.version}" if each.version else ""
            console.say(console.masked(f"  {each.key}{version}: {wording.described(each, now)}"))
        if len(plan.remnants) > SHOWN:
            console.say(f"  and {len(plan.remnants) - SHOWN:,} more")
    total = sum(len(plan.remnants) for plan in plans)
    console.say(f"Remove {'this' if total == 1 else f'these {total:,}'}, for good? Type yes to remove:")
    try:
        # Not through sys.stdin: a thread that waits in it would keep Python from ending.
        answer = Call(lambda: os.read(sys.stdin.fileno(), 1024)).wait(PATIENCE, session.stop)
    except (Interrupted, TimedOut):
        return False
    return answer.decode("utf-8", "replace").strip().lower() == "yes"
