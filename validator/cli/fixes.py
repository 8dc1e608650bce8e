"""``--fix`` of a command: the changes are shown, made or left, and what is said of each."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from validator.cli import console
from validator.core.terminal_text import visible

if TYPE_CHECKING:
    from validator.core.model import Report
    from validator.fixing.file_changes import Change
    from validator.providers.base import Options
    from validator.sources.loader import Loaded, References


def tidy(loaded: Loaded) -> None:
    """Remove what a killed ``--fix`` left beside the sources: it may hold whole secrets."""
    folders = {os.path.dirname(os.path.realpath(each)) for each in loaded.files if each != "-" and "\0" not in each}  # noqa: PTH120 - as text
    if not any(map(_may_hold_leftovers, folders)):
        return
    from validator.fixing import rewrite

    for path in rewrite.remove_leftovers(loaded.files):
        console.say(f"removed: {path} (left by a --fix that was killed)")


def _may_hold_leftovers(folder: str) -> bool:
    # Next to none does, and what removes them need not be loaded to see that.
    with contextlib.suppress(OSError, ValueError):
        return any(".planet-validator-" in each for each in os.listdir(folder))  # noqa: PTH208 - names alone
    return False


def make(
    loaded: Loaded,
    report: Report,
    options: Callable[[str], Options],
    references: References,
    checked: Mapping[tuple[str, str], str] | None = None,
    *,
    dry_run: bool,
) -> bool:
    """Make what changes can be made; whether a file was changed. With ``dry_run`` the diff goes to standard output instead."""
    from validator.fixing import proposals as fix

    edits = fix.propose(loaded.destinations, report, options=options, references=references, checked=checked)
    for edit in edits:
        if dry_run:
            console.put(visible(edit.diff, newlines=True, diff=True))
        elif edit.diff:
            console.say_lines(edit.diff, diff=True)
        for change in edit.made:
            if change.checked:
                console.say(f"checked with this change, it passes: {change.finding} in {edit.file}")
        # What concerns the whole file is told once, not once for each destination in it.
        for reason in dict.fromkeys(_left(change, edit.file) for change in edit.left):
            console.say(reason)
    if dry_run:
        if not any(edit.made for edit in edits):
            console.say("nothing to change")
        return False
    written = fix.apply(edits)
    for path in written:
        console.say(f"changed: {path}")
    if not written:
        console.say("nothing was changed" if edits else "nothing was changed: no finding here has a change that --fix makes")
    return bool(written)


def _left(change: Change, file: str) -> str:
    place = f", line {change.line}" if change.line is not None and change.pointer else ""
    return f"left as it is: {change.finding} in {'standard input' if file == '-' else file}{place}: {change.why}"
