"""A first look: good and broken destinations on local stand-ins for the clouds, each checked as ``check`` checks it."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from importlib import import_module
from typing import TYPE_CHECKING, Final, TextIO

from validator.core import home
from validator.core.errors import ValidatorError
from validator.core.model import Verdict
from validator.demo.page import FILE, CheckedScenario, Page

if TYPE_CHECKING:
    from validator.core.deadline import CancelToken
    from validator.demo.emulators.scenario import Scenario
    from validator.demo.planet import DemoStep

EMULATORS: Final = {
    "s3": ("Amazon S3 and S3-compatible stores", "validator.demo.emulators.s3"),
    "gcs": ("Google Cloud Storage", "validator.demo.emulators.gcs"),
    "ocs": ("Oracle Cloud Storage", "validator.demo.emulators.oracle"),
    "azure": ("Azure Blob Storage", "validator.demo.emulators.azurite"),
}
"""By short name: what each is called, and the module whose ``demo_scenarios`` starts it. The first tells the story."""
PLANET: Final = "planet"
"""Chooses the hand-off to a local Planet."""
TIMEOUT: Final = 30.0
"""Seconds for one destination: far more than a server on this machine needs."""

Scenarios = Callable[[], AbstractContextManager["Sequence[Scenario]"]]
Ending = tuple[str, Callable[[], "Generator[DemoStep]"]]
"""Its heading, and what is played."""


def run(
    *,
    verbosity: int = 0,
    colour: bool = False,
    ascii_only: bool = False,
    width: int = 80,
    out: TextIO | None = None,
    stop: CancelToken | None = None,
    emulators: Sequence[tuple[str, str]] = tuple(EMULATORS.values()),
    ending: Ending | None = None,
) -> int:
    """Tell the story, check every other scenario, print what was seen; the exit code.

    Args:
        verbosity: 1 prints every report in full, with its evidence; -1 the lines alone.
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
    playing = _DemoState(
        Page(out or sys.stdout, colour=colour, ascii_only=ascii_only, width=max(60, width), verbosity=verbosity), stop
    )
    for title, module in emulators:
        if playing.stopped:
            break
        try:
            with offered(module)() as scenarios:
                playing.cloud(title, scenarios)
        except (ValidatorError, OSError, RuntimeError) as error:
            playing.page.left_out(title, str(error))
    good = playing.ended(ending) if ending and playing.seen else True
    playing.page.summary(playing.seen, stopped=playing.stopped, told=playing.told)
    if playing.stopped:
        return 130
    if not playing.seen:
        return 2
    return 0 if good and all(each.expected for each in playing.seen) else 1


def offered(module: str) -> Scenarios:
    """What starts the emulator of this module. Raises ValidatorError where it cannot be started."""
    try:
        scenarios: Scenarios | None = getattr(import_module(module), "demo_scenarios", None)
    except ModuleNotFoundError as error:
        raise ValidatorError(f"this needs {error.name}, which is not installed: {home.install('demo')}") from error
    if scenarios is None:
        raise ValidatorError("this installation has no emulator for it")
    return scenarios


class _DemoState:
    """What has been seen so far."""

    def __init__(self, page: Page, stop: CancelToken | None) -> None:
        self.page = page
        self.stop = stop
        self.seen: list[CheckedScenario] = []
        self.told = False

    @property
    def stopped(self) -> bool:
        return self.stop is not None and self.stop.level > 0

    def cloud(self, title: str, scenarios: Sequence[Scenario]) -> None:
        """One cloud's scenarios; the first that can be repaired is the story."""
        story = next((each for each in scenarios if each.repair), None) if not self.told else None
        if story is not None and not self.page.quiet and not self.stopped:
            self.story(story)
        begun = False
        for each in scenarios:
            if self.stopped:
                return
            if each is story and self.told:
                continue
            checked = self.checked(each)
            if not begun:
                self.page.chapter(title)
                begun = True
            self.page.scenario(checked)

    def story(self, scenario: Scenario) -> None:
        """A destination that fails, the fix that its report proposes, and the same destination again."""
        self.page.welcome()
        checked = self.checked(scenario)
        self.page.broken(checked)
        self.told = True
        grant = next((each.fix.grant for each in checked.report.findings if each.fix and each.fix.grant), "")
        if self.stopped or not scenario.repair or not grant:
            return
        scenario.repair(grant)
        again = self.checked(replace(scenario, verdict=Verdict.PASS.value, finding=None))
        self.page.repaired(again.report)

    def checked(self, scenario: Scenario) -> CheckedScenario:
        """What the check, or the sweep, says of a scenario."""
        from validator.checking.assemble import Settings, check
        from validator.sources.loader import load
        from validator.sweeping.run import sweep

        # Told as if it lay in a file, so that places and commands read as they will on the reader's own.
        destinations = [replace(one, source=FILE) for one in load(scenario.request).destinations]
        settings = Settings(timeout=TIMEOUT, endpoints=scenario.endpoints, ca_bundle=scenario.ca_bundle)
        look = sweep if scenario.command == "sweep" else check
        checked = CheckedScenario(scenario, look(destinations, settings, stop=self.stop).destinations[0])
        self.seen.append(checked)
        return checked

    def ended(self, ending: Ending) -> bool:
        """Whether everything after the scenarios came as it should."""
        title, acts = ending
        good = True
        try:
            with contextlib.closing(acts()) as played:
                for number, each in enumerate(played if not self.stopped else ()):
                    if number == 0:
                        self.page.chapter(title)
                    self.page.act(each)
                    good = good and each.expected
                    if self.stopped:
                        break
        except (ValidatorError, OSError, RuntimeError) as error:
            self.page.left_out(title, str(error))
        return good


def chosen(names: Sequence[str]) -> Mapping[str, tuple[str, str]]:
    """The emulators of these short names, all for none. Raises ValidatorError for a name that is none."""
    strange = [each for each in names if each not in EMULATORS and each != PLANET]
    if strange:
        raise ValidatorError(f"demo: {strange[0]!r} is none of {', '.join((*EMULATORS, PLANET))}")
    return {name: each for name, each in EMULATORS.items() if not names or name in names}
