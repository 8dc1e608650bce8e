"""What the demo prints: a story on one screen, and a line for everything else; with ``-v`` every report whole."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TextIO

from validator.core.model import DestinationReport, Verdict

if TYPE_CHECKING:
    from validator.demo.emulators.scenario import Scenario
    from validator.demo.planet import DemoStep

WELCOME: Final = (
    "Planet writes planetverify.txt into your bucket and deletes it again; this finds out beforehand whether both will work. "
    "Here all is on this machine."
)
FILE: Final = "destination.json"
"""What the reader's own file will be called."""
FINDING: Final = 28
"""Columns of a finding's name."""


@dataclass(frozen=True, slots=True)
class CheckedScenario:
    """One scenario, and what its check said."""

    scenario: Scenario
    report: DestinationReport

    @property
    def names(self) -> tuple[str, ...]:
        """Of the findings, the heaviest first."""
        return tuple(each.name for each in self.report.findings)

    @property
    def finding(self) -> str:
        """The one to show: what was to be found, else the heaviest; empty if there is none."""
        expected = self.scenario.finding
        return expected if expected in self.names else next(iter(self.names), "")

    @property
    def expected(self) -> bool:
        """Whether the check said what it should have said of this destination."""
        expected = self.scenario.finding
        return self.report.verdict == self.scenario.verdict and (expected is None or expected in self.names)


class Page:
    """Prints, and decides nothing."""

    def __init__(self, out: TextIO, *, colour: bool, ascii_only: bool, width: int, verbosity: int) -> None:
        from validator.formats.style import Style

        self.out = out
        self.style = Style(colour=colour, ascii_only=ascii_only, width=width, verbosity=max(0, verbosity))
        self.quiet = verbosity < 0
        self.all = verbosity > 0

    def welcome(self) -> None:
        """What is about to be seen."""
        self._say(*self._wrapped(WELCOME))

    def broken(self, scenario: CheckedScenario) -> None:
        """The story begins: one destination that Planet would refuse, whole."""
        self._say("", self._bold(f"1. {_sentence(scenario.scenario.title)}"), "", *self._whole(scenario.report))

    def repaired(self, report: DestinationReport) -> None:
        """The story ends: the same destination after the fix."""
        whole = self._whole(report)
        self._say(
            "", self._bold("2. The same key after the fix (applied in the local S3)."), *(whole if self.all else whole[:1])
        )

    def chapter(self, title: str) -> None:
        """The heading of one cloud's lines."""
        self._say("", self._bold(title))

    def scenario(self, scenario: CheckedScenario) -> None:
        """One line: what is the matter, and what the check said; with ``-v`` the lesson and the report."""
        self._row(scenario.scenario.title, scenario.report.verdict, scenario.finding)
        if self.all or not scenario.expected:
            self._say("", *self._wrapped(_sentence(scenario.scenario.lesson), 4), "", *self._whole(scenario.report), "")
        if not scenario.expected:
            self._say(f"  NOT AS EXPECTED: this should have been {_wanted(scenario.scenario)}.")

    def act(self, act: DemoStep) -> None:
        """What was done, and what came of it; with ``-v`` why."""
        room = self.style.width - 2 - FINDING
        self._say(f"  {textwrap.shorten(act.title, room - 1, placeholder=' ...'):<{room}}{act.came}")
        if self.all:
            self._say(*self._wrapped(act.text, 4))
        if not act.expected:
            self._say("  NOT AS EXPECTED.")

    def left_out(self, title: str, reason: str) -> None:
        """A cloud that could not be started."""
        self._say("", *self._wrapped(f"Left out: {title}: {reason}"))

    def summary(self, checked: Sequence[CheckedScenario], *, stopped: bool, told: bool) -> None:
        """How many came to what they should, and what to do next; ``told`` if the story was."""
        good = sum(each.expected for each in checked)
        ending = (
            f"{good} of {len(checked)} destinations came to the expected verdict." if checked else "Nothing could be checked."
        )
        self._say("", *self._wrapped("Stopped before the end." if stopped else ending))
        if stopped or self.quiet or not told or good < len(checked):
            return
        self._say("", self._bold("Now yours"), f"  planet-validator check {FILE}")
        if not self.all:
            self._say("", *self._wrapped("-v: each report whole. --keep: destinations to try commands on."))

    # ---- small things ------------------------------------------------------------------------------------------------

    def _say(self, *lines: str) -> None:
        self.out.write(self.style.finish(lines))
        self.out.flush()

    def _row(self, title: str, verdict: Verdict, finding: str) -> None:
        room = self.style.width - 2 - 8 - FINDING
        self._say(f"  {textwrap.shorten(title, room - 1, placeholder=' ...'):<{room}}{self._verdict(verdict)}  {finding}")

    def _whole(self, report: DestinationReport) -> list[str]:
        from validator.formats.text import destination

        # That the endpoint is this machine has been said.
        lines = destination(report, self.style).rstrip().splitlines()
        return [each for i, each in enumerate(lines) if not (_aside(each) or (i and not each and _aside(lines[i - 1])))]

    def _bold(self, text: str) -> str:
        return self.style.paint(text, "1")

    def _verdict(self, verdict: Verdict) -> str:
        from validator.formats.phrases import VERDICT_WORDS

        return self.style.paint(f"{VERDICT_WORDS[verdict]:<6}", _COLOURS[verdict])

    def _wrapped(self, text: str, indent: int = 0) -> list[str]:
        space = " " * indent
        return textwrap.wrap(
            text.strip(), self.style.width, initial_indent=space, subsequent_indent=space, break_long_words=False,
            break_on_hyphens=False,
        )  # fmt: skip


_COLOURS: Final = {Verdict.PASS: "1;32", Verdict.WARN: "1;33", Verdict.INCONCLUSIVE: "1;36", Verdict.FAIL: "1;31"}


def _aside(line: str) -> bool:
    return line.startswith("  Endpoint: ")


def _sentence(text: str) -> str:
    # A name such as objectViewer stays as it is.
    begun = text[:1].upper() + text[1:] if text.split(" ", maxsplit=1)[0].islower() else text
    return begun + ("" if text.endswith((".", "!", "?")) else ".")


def _wanted(scenario: Scenario) -> str:
    return scenario.verdict if scenario.finding is None else f"{scenario.verdict} with {scenario.finding}"
