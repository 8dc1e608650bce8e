"""The table of what was asked and what came of it, for a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from validator.core.model import VERIFICATION_FILE, DestinationReport, Mode, Outcome, Step
from validator.core.terminal_text import visible
from validator.core.values import Dataclass
from validator.formats import phrases
from validator.formats.style import DIM, OUTCOME_COLOUR, Style, wrap

ASKED_ONLY: Final = "asked only: in a form that the store must refuse after it has authorised it, so nothing can have changed; done: carried out."


def steps(report: DestinationReport, style: Style) -> Iterator[str]:
    """The lines of one destination's."""
    permission = max((len(visible(step.permission)) for step in report.steps), default=0)
    asked = [step for step in report.steps if step.outcome is not Outcome.SKIPPED]
    mode = max((len(phrases.mode(step)) for step in asked), default=0)
    outcome = max((len(phrases.outcome(step)) for step in report.steps), default=0)
    columns = Columns(max(8, outcome), permission, mode)
    shown = VERIFICATION_FILE
    for step in report.steps:
        if step.key != shown:
            shown = step.key
            yield style.paint(f"  {visible(step.key)}", DIM)
        yield from _step(step, columns, style)
    if any(step.mode is Mode.REHEARSED for step in asked) and style.verbosity > 0:
        yield from wrap(ASKED_ONLY, 2, style)


class Columns(Dataclass):
    """Widths of the columns of the table of steps."""

    outcome: int
    permission: int
    mode: int


def _step(step: Step, columns: Columns, style: Style) -> Iterator[str]:
    word = f"{phrases.outcome(step):<{columns.outcome}}"
    painted = style.paint(word, OUTCOME_COLOUR[step.outcome])
    under = columns.outcome + 14
    if step.outcome is Outcome.SKIPPED:
        first = f"  {step.operation:<7}  {painted}   "
        yield from wrap(visible(step.note) or "not asked", under, style, first=first, first_width=under)
        return
    head, tail = (
        f"  {step.operation:<7}  ",
        f"   {visible(step.permission):<{columns.permission}}   {phrases.mode(step):<{columns.mode}}",
    )
    plain, row = f"{head}{word}{tail}", f"{head}{painted}{tail}"
    # What a store says to a request that it allows and must not carry out (404, 412) would only puzzle.
    plainly = step.outcome is Outcome.GRANTED and style.verbosity <= 0
    said = "" if plainly else visible(phrases.answer(step))
    took = f"{step.duration_ms:,.0f} ms" if step.duration_ms else ""  # nothing was sent, or nobody timed it
    space = style.width - len(plain) - 3 - len(took) - 1
    if space < 0:  # a narrow terminal would break the row anywhere
        yield f"{head}{painted}   {visible(step.permission)}".rstrip()
        yield from wrap("   ".join(filter(None, (phrases.mode(step), said, took))), under, style)
        yield from _beside(step, said, under, style)
        return
    if len(said) <= space:
        yield f"{row}   {said:<{space}} {style.paint(took, DIM)}"
    else:
        yield f"{row}   {' ' * max(0, space)} {style.paint(took, DIM)}"
        yield from wrap(said, under, style)
    yield from _beside(step, said, under, style)


def _beside(step: Step, said: str, under: int, style: Style) -> Iterator[str]:
    if said and phrases.beside(step):
        yield from wrap(phrases.beside(step), under, style)
    if step.note:
        yield from wrap(visible(step.note), under, style)
    if style.verbosity > 0 and step.request_id:
        yield from wrap(f"request {visible(step.request_id)}", under, style)
