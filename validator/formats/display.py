"""What a report looks like where it shows itself: in a notebook's cell, in rich, in ``print``, at a prompt."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from validator.core.model import DestinationReport, Report
from validator.core.terminal_text import visible
from validator.core.values import Dataclass
from validator.formats import phrases

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions
    from rich.text import Text

MOST: Final = 30
"""Destinations that a cell tells of in full; a notebook keeps what its cells show."""


def html(value: Report | DestinationReport) -> str:
    """A piece of a page."""
    from validator.formats.html import fragment

    return fragment(value, most=MOST)


def text(value: Report | DestinationReport, *, colour: bool = False, width: int = 80) -> str:
    """The text report, or one destination's part of it."""
    from validator.formats.style import Style
    from validator.formats.text import destination, render

    if isinstance(value, Report):
        return render(value, colour=colour, width=width).rstrip("\n")
    return destination(value, Style(colour=colour, width=width)).rstrip("\n")


def line(value: Report | DestinationReport) -> str:
    """A line: ``<Report FAIL: 2 destinations: 1 fails, 1 passes>``."""
    word = phrases.VERDICT_WORDS[value.verdict]
    if isinstance(value, Report):
        return f"<Report {word}: {phrases.tally(value)}{', interrupted' if value.interrupted else ''}>"
    names = phrases.names(value)
    return f"<DestinationReport {word}: {visible(value.name) or '(no name)'}{f': {names}' if names else ''}>"


class Coloured(Dataclass):
    """The text report for a rich console, in its width."""

    value: Report | DestinationReport

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Text]:
        """Lines of the console's width. Rich would cut what is longer: it is folded, and ``print`` keeps it in one line to paste."""
        from rich.text import Text

        shown = text(self.value, colour=console.color_system is not None, width=options.max_width)
        yield Text.from_ansi(shown, overflow="fold")
