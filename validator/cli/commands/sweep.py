"""``planet-validator sweep``: list, ask a person, remove, report."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Annotated, Final

import typer

from validator.cli import console, execution
from validator.cli.help import VERDICTS
from validator.cli.options import ASKING, Given, Sources, command
from validator.cli.settings import LOGIN
from validator.core.deadline import Call, Interrupted, TimedOut
from validator.core.errors import ValidatorError
from validator.core.model import DestinationReport, Step
from validator.sweeping import wording

if TYPE_CHECKING:
    from validator.cli.execution import CommandContext
    from validator.sweeping.options import RemovalPlan, Sweeping

PATIENCE: Final = 3600.0
"""Seconds that a person may think about the question."""
SHOWN: Final = 20
"""Leftovers of one bucket that the question lists one by one."""


_looking: Final = partial(typer.Option, rich_help_panel="Where is looked, and what is removed")
_login: Final = partial(typer.Option, rich_help_panel=LOGIN)
CODES: Final = {0: "none was found, or all were removed", 1: "some remain", **{code: VERDICTS[code] for code in (2, 3, 130)}}


@command(
    settings=("prefix", *ASKING),
    reports=True,
    examples=["planet-validator sweep dest.json", "planet-validator sweep destinations/ --everywhere --delete"],
    codes=CODES,
)
def sweep(
    given: Given,
    sources: Sources,
    *,
    delete: Annotated[
        bool,
        _looking("--delete", help="remove what was listed, after a question: only files that look like the verification file"),
    ] = False,
    yes: Annotated[bool, _looking("--yes", help="with --delete: do not ask")] = False,
    everywhere: Annotated[bool, _looking("--everywhere", help="look below every prefix: needs the permission to list")] = False,
    force_key: Annotated[
        list[str] | None, _looking(metavar="KEY", help="look at this key as well, and remove it whatever it holds. Repeatable")
    ] = None,
    at_most: Annotated[
        int | None, _looking(metavar="N", min=1, max=1_000_000, help="removals of one destination in one run (default 1000)")
    ] = None,
    owner_source: Annotated[
        str | None,
        _looking(
            "--with",
            metavar="OWNER_SOURCE",
            help="look and remove with the credentials of this other source for the same buckets",
        ),
    ] = None,
    owner: Annotated[bool, _login("--owner", help="look and remove with your own login (aws, gcloud, az)")] = False,
    owner_profile: Annotated[str | None, _login(metavar="NAME", help="that profile of aws; asks for --owner as well")] = None,
) -> int:
    """Find, ask and remove; the exit code. Raises ValidatorError."""
    from validator.sweeping.options import MOST, Sweeping

    asks = delete and not yes
    login = owner or bool(owner_profile)

    def work(context: CommandContext) -> int:
        if asks and ("-" in sources or not sys.stdin.isatty()):
            raise ValidatorError("--delete asks before it removes anything, and there is no terminal to ask on: add --yes")
        if yes and not delete:
            raise ValidatorError("--yes answers the question of --delete: add --delete")
        if owner_source and login:
            raise ValidatorError("--with and --owner name two different owners: use one")
        sweeping = Sweeping(
            everywhere=everywhere, force_keys=tuple(force_key or ()), login=login, profile=owner_profile, most=at_most or MOST
        )
        return _run(context, sources, owner_source, sweeping, delete=delete, asks=asks)

    return execution.run(given, [*sources, owner_source], work)


def _run(
    context: CommandContext, sources: Sequence[str], owner_source: str | None, sweeping: Sweeping, *, delete: bool, asks: bool
) -> int:
    from dataclasses import replace

    from validator.sweeping.run import sweep as look

    loaded = execution.load(context, sources)
    if owner_source:
        sweeping = replace(sweeping, owners=tuple(execution.load(context, [owner_source]).destinations))
    heard: dict[int, DestinationReport] = {}
    progress = execution.progress_of(len(loaded.destinations), "swept")

    def watch(index: int, event: Step | DestinationReport) -> None:
        if isinstance(event, DestinationReport):
            heard[index] = event
        progress.seen(index, event)

    def agreed(plans: Sequence[RemovalPlan]) -> bool:
        progress.hold()
        return _ask(context, plans)

    shown = progress if context.verbosity >= 0 else contextlib.nullcontext()
    with console.signals(context.stop), shown, console.left_told(heard.values()):
        report = look(loaded, context.settings, sweeping, delete=agreed if asks else delete, stop=context.stop, watch=watch)
    execution.deliver(context, report)
    return execution.exit_code(report, strict=context.values["strict"])


def _ask(context: CommandContext, plans: Sequence[RemovalPlan]) -> bool:
    """Show what would go, and wait for a yes; anything else, Ctrl-C too, is a no."""
    now = datetime.now(UTC)
    for plan in plans:
        console.say(console.masked(f"{plan.target}: {wording.count(plan.leftovers)}"))
        for each in plan.leftovers[:SHOWN]:
            version = f", {each.version}" if each.version else ""
            console.say(console.masked(f"  {each.key}{version}: {wording.described(each, now)}"))
        if len(plan.leftovers) > SHOWN:
            console.say(f"  and {len(plan.leftovers) - SHOWN:,} more")
    total = sum(len(plan.leftovers) for plan in plans)
    console.say(f"Remove {'this' if total == 1 else f'these {total:,}'}, for good? Type yes to remove:")
    try:
        # Not through sys.stdin: a thread that waits in it would keep Python from ending.
        answer = Call(lambda: os.read(sys.stdin.fileno(), 1024)).wait(PATIENCE, context.stop)
    except (Interrupted, TimedOut):
        return False
    return answer.decode("utf-8", "replace").strip().lower() == "yes"
