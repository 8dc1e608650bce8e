"""How lines for a terminal are made: colours, widths, and what a terminal can show."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from typing import Final

from validator.core.model import Outcome, Severity, Verdict
from validator.core.terminal_text import inert
from validator.core.values import Dataclass, field

BOLD, DIM, RED, GREEN, YELLOW, CYAN = "1", "2", "31", "32", "33", "36"
VERDICT_COLOUR: Final = {
    Verdict.PASS: GREEN,
    Verdict.WARN: YELLOW,
    Verdict.INCONCLUSIVE: CYAN,
    Verdict.FAIL: RED,
}
SEVERITY_COLOUR: Final = {
    Severity.INFO: DIM,
    Severity.WARNING: YELLOW,
    Severity.UNKNOWN: CYAN,
    Severity.ERROR: RED,
}
OUTCOME_COLOUR: Final = {
    Outcome.GRANTED: GREEN,
    Outcome.DENIED: RED,
    Outcome.UNPROVEN: CYAN,
    Outcome.SKIPPED: DIM,
}
_ASCII: Final = str.maketrans(
    {
        "\u2026": "...", "\u2013": "-", "\u2014": "-", "\u2192": "->", "\u2019": "'", "\u2018": "'", "\u201c": '"',
        "\u201d": '"', "\u00b7": "-", "\u00a0": " ", "\u2264": "<=", "\u2265": ">=", "\u00d7": "x",
    }
)  # fmt: skip


class Style(Dataclass):
    """How to print."""

    colour: bool = False
    ascii_only: bool = False
    """The terminal cannot show anything else."""
    width: int = 80
    """Columns."""
    verbosity: int = 0
    shown: set[str] = field(default_factory=set)
    """Commands, and what was said of whole files, that stand above already: nothing is printed twice."""

    def paint(self, text: str, code: str) -> str:
        """The text in a colour, if there are colours."""
        return f"\x1b[{code}m{text}\x1b[0m" if self.colour and text else text

    def finish(self, lines: Sequence[str]) -> str:
        """The lines as one text, each ended."""
        text = "".join(f"{inert(line.rstrip())}\n" for line in lines)
        if not self.ascii_only:
            return text
        return text.translate(_ASCII).encode("ascii", "backslashreplace").decode("ascii")


def wrap(text: str, indent: int, style: Style, *, first: str = "", first_width: int = 0, hang: int = 0) -> Iterator[str]:
    """Lines within the width. What has no space in it, an address or a token, is never cut: it could not be pasted."""
    width = max(40, style.width)
    start = " " * (first_width or indent)
    lines = textwrap.wrap(
        text, width, initial_indent=start, subsequent_indent=" " * (indent + hang),
        break_long_words=False, break_on_hyphens=False,
    ) or [start]  # fmt: skip
    yield first + lines[0][len(start) :] if first else lines[0]
    yield from lines[1:]
