"""A first look: good and broken destinations on local stand-ins for the clouds, each checked as ``check`` checks it."""

from __future__ import annotations

import contextlib
import sys
import textwrap
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from importlib import import_module
from typing import TYPE_CHECKING, Final, TextIO

from validator.core import home
from validator.core.errors import ValidatorError
from validator.core.model import DestinationReport, Verdict
from validator.core.sentences import sentence

if TYPE_CHECKING:
    from validator.core.deadline import Stop
    from validator.demo.emulators.scenario import Scenario
    from validator.demo.planet import Act

EMULATORS: Final = (
    ("Amazon S3 and S3-compatible stores", "validator.demo.emulators.s3"),
    ("Azure Blob Storage", "validator.demo.emulators.azurite"),
    ("Google Cloud Storage", "validator.demo.emulators.gcs"),
    ("Oracle Cloud Storage", "validator.demo.emulators.oracle"),
)
"""What each is called, and the module whose ``demo_scenarios`` starts it."""

WELCOME: Final = (
    "Planet checks a destination by writing planetverify.txt into your bucket and deleting it again. This demo starts stand-ins "
    "for the clouds on this machine, makes good and broken destinations on them, and checks each one as `planet-validator check` "
    "would. Nothing leaves this machine, and nothing stays on it."
)
FILE: Final = "destination.json"
"""What the reader's own file will be called."""
TIMEOUT: Final = 30.0
"""Seconds for one destination: far more than a server on this machine needs."""

Scenarios = Callable[[], AbstractContextManager["Sequence[Scenario]"]]
Ending = tuple[str, Callable[[], "Generator[Act]"]]
"""Its heading, and what is played."""


@dataclass(frozen=True, slots=True)
class Seen:
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
        wanted = self.scenario.finding
        return wanted if wanted in self.names else next(iter(self.names), "")

    @property
    def expected(self) -> bool:
        """Whether the check said what it should have said of this destination."""
        wanted = self.scenario.finding
        return self.report.verdict == self.scenario.verdict and (wanted is None or wanted in self.names)


def run(
    *,
    verbosity: int = 0,
    colour: bool = False,
    ascii_only: bool = False,
    width: int = 80,
    out: TextIO | None = None,
    stop: Stop | None = None,
    emulators: Sequence[tuple[str, str]] = EMULATORS,
    ending: Ending | None = None,
) -> int:
    """Start the emulators, check every scenario, print what was seen; the exit code.

    Args:
        verbosity: 1 prints every report in full, with its evidence; -1 the summary alone.
        colour: for a terminal that has them.
        ascii_only: for a terminal that shows nothing else.
        width: in columns.
        out: where to; standard output by default.
        stop: ends the demo between two checks, and cleans up within one.
        emulators: title and module of each.
        ending: its heading, and what is done after the scenarios.

    Returns:
        0 if every destination came to what its scenario says, 1 if one did not, 2 if no emulator could be started, 130 if stopped.
    """
    page = Page(out or sys.stdout, colour=colour, ascii_only=ascii_only, width=max(60, width), verbosity=verbosity)
    page.welcome()
    seen: list[Seen] = []
    skipped: list[tuple[str, str]] = []
    for title, module in emulators:
        if _stopped(stop):
            break
        with contextlib.ExitStack() as stack:
            try:
                scenarios = stack.enter_context(_offered(module)())
            except (ValidatorError, OSError, RuntimeError) as error:
                skipped.append((title, str(error)))
                continue
            page.chapter(title)
            for each in _checked(scenarios, stop):
                page.scenario(each, len(seen) + 1, full=_worth_a_look(each, seen))
                seen.append(each)
    good = _ended(page, ending, skipped, stop) if ending and seen else True
    page.summary(seen, skipped, stopped=_stopped(stop))
    if _stopped(stop):
        return 130
    if not seen:
        return 2
    return 0 if good and all(each.expected for each in seen) else 1


def _ended(page: Page, ending: Ending, skipped: list[tuple[str, str]], stop: Stop | None) -> bool:
    """Whether everything after the scenarios came as it should."""
    title, acts = ending
    good = True
    try:
        with contextlib.closing(acts()) as played:
            for number, each in enumerate(played if not _stopped(stop) else (), 1):
                if number == 1:
                    page.chapter(title)
                page.act(each, number)
                good = good and each.expected
                if _stopped(stop):
                    break
    except (ValidatorError, OSError, RuntimeError) as error:
        skipped.append((title, str(error)))
    return good


def _offered(module: str) -> Scenarios:
    try:
        found: Scenarios | None = getattr(import_module(module), "demo_scenarios", None)
    except ModuleNotFoundError as error:
        raise ValidatorError(f"this needs {error.name}, which is not installed: {home.install('demo')}") from error
    if found is None:
        raise ValidatorError("this installation has no emulator for it")
    return found


def _checked(scenarios: Sequence[Scenario], stop: Stop | None) -> Iterator[Seen]:
    from validator.checking.assemble import Settings, check
    from validator.sources.loader import load
    from validator.sweeping.run import sweep

    for each in scenarios:
        if _stopped(stop):
            return
        # Told as if it lay in a file, so that places and commands read as they will on the reader's own.
        destinations = [replace(one, source=FILE) for one in load(each.request).destinations]
        settings = Settings(timeout=TIMEOUT, endpoints=each.endpoints, ca_bundle=each.ca_bundle)
        seen = sweep(destinations, settings, stop=stop) if each.command == "sweep" else check(destinations, settings, stop=stop)
        yield Seen(each, seen.destinations[0])


def _stopped(stop: Stop | None) -> bool:
    return stop is not None and stop.level > 0


def _worth_a_look(this: Seen, before: Sequence[Seen]) -> bool:
    """The first pass, the first failure, and whatever nobody expected are shown whole; the rest in a line."""
    verdict = this.report.verdict
    first = all(each.report.verdict is not verdict for each in before)
    return not this.expected or (first and verdict in (Verdict.PASS, Verdict.FAIL))


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
        self._say(self._bold("planet-validator demo"), "", *self._wrapped(WELCOME))

    def chapter(self, title: str) -> None:
        """The heading of one emulator."""
        self._say("", self._bold(title), "-" * len(title))

    def scenario(self, seen: Seen, number: int, *, full: bool) -> None:
        """A heading, its lesson, and the report, whole or in a line."""
        from validator.formats.text import destination

        heading = f"{number}. {sentence(seen.scenario.title).rstrip('.')}"
        self._say("", self._bold(heading), *self._wrapped(sentence(seen.scenario.lesson), 3))
        if full or self.all:
            self._say("", *destination(seen.report, self.style).rstrip().splitlines())
        else:
            self._say(f"   {self._verdict(seen.report.verdict)}  {_in_a_line(seen, self.style.width - 11)}")
        if not seen.expected:
            self._say(*self._wrapped(f"   NOT AS EXPECTED: this should have been {_wanted(seen.scenario)}.", 3))

    def act(self, act: Act, number: int) -> None:
        """What was done, and what came of it."""
        self._say("", self._bold(f"{number}. {sentence(act.title).rstrip('.')}"), *self._wrapped(act.said, 3))
        if not act.expected:
            self._say("   NOT AS EXPECTED.")

    def summary(self, seen: Sequence[Seen], skipped: Sequence[tuple[str, str]], *, stopped: bool) -> None:
        """The table of all scenarios, and what was left out."""
        quiet, self.quiet = self.quiet, False
        room = self.style.width - 2 - 8 - 30 - 4
        if not quiet:
            self._say("", self._bold("Summary"), "-------")
        if seen:
            self._say("", f"  {'destination':<{room}}{'verdict':<8}{'finding':<30}ok?")
        kind = ""
        for each in seen:
            if each.report.type != kind:
                kind = each.report.type
                self._say(self._bold(kind))
            title = textwrap.shorten(each.scenario.title, room - 1, placeholder=" ...")
            expected = "yes" if each.expected else "NO"
            self._say(f"  {title:<{room}}{self._verdict(each.report.verdict)}  {each.finding or '-':<30}{expected}")
        self._say("")
        for title, reason in skipped:
            self._say(*self._wrapped(f"Left out: {title}: {reason}"))
        good = sum(each.expected for each in seen)
        said = f"{good} of {len(seen)} destinations came to the expected verdict." if seen else "Nothing could be checked."
        self._say(*self._wrapped("Stopped before the end." if stopped else said))
        if seen and not stopped and good == len(seen) and not quiet:
            self._say("", *self._wrapped("Now yours, before Planet sees it:"), "", f"  planet-validator check {FILE}")
        if seen and not stopped and not quiet and not self.all:
            self._say("", *self._wrapped("`planet-validator demo -v` shows every report whole."))
        self.quiet = quiet

    # ---- small things ------------------------------------------------------------------------------------------------

    def _say(self, *lines: str) -> None:
        if not self.quiet:
            self.out.write(self.style.finish(lines))
            self.out.flush()

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


def _in_a_line(seen: Seen, room: int) -> str:
    if not seen.finding:
        return "write and delete were seen to succeed; nothing stayed"
    title = next(each.title for each in seen.report.findings if each.name == seen.finding)
    return textwrap.shorten(f"{seen.finding}: {title}", room, placeholder=" ...")


def _wanted(scenario: Scenario) -> str:
    return scenario.verdict if scenario.finding is None else f"{scenario.verdict} with {scenario.finding}"
