"""Look at Planet, check the bucket, and hand over only what passes both: the one way for the commands and for the library."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from validator.checking.assemble import Settings, lint
from validator.core import catalog
from validator.core.errors import ValidatorError
from validator.core.model import Destination, DestinationReport, Finding, Report, Severity, Verdict
from validator.core.sentences import sentence
from validator.core.values import Dataclass, replace
from validator.planet import handoff
from validator.planet.api import ROOT, Planet, PlanetRefused
from validator.planet.existing import Existing, Outlook, default_name, given_name, outlook

Keep = Callable[[Mapping[str, Any]], None]
"""Is told the destination as Planet answered it, not yet redacted."""


def nobody(answer: Mapping[str, Any]) -> None:
    """Keeps nothing of Planet's answer."""


class Preflight(Dataclass):
    """One destination on its way to Planet."""

    planet: Planet
    action: str
    """``create`` or ``update``."""
    destination: Destination
    """As it would be sent."""
    look: Callable[[], Sequence[Finding]]
    """What Planet would refuse, whatever the bucket says."""
    hand_over: Callable[[DestinationReport], DestinationReport]

    def run(
        self,
        check: Callable[[Destination], Report],
        until: Callable[[Report], Report] = lambda report: report,
        *,
        ignore: Collection[str] = (),
        strict: bool = False,
        dry_run: bool = False,
    ) -> Report:
        """The report of the one destination, with what became of it at Planet.

        ``until`` is given the check's report, and makes of it what waiting does. It is asked only where Planet has nothing against
        the destination: no grant would change that.

        Raises NotLoggedIn; and before any bucket was asked Undecided, PlanetRefused, Interrupted.
        """
        self.planet.log_in()
        findings = [each for each in self.look() if each.name not in ignore]
        report = check(self.destination)
        if not report.interrupted and not any(each.severity is Severity.ERROR for each in findings):
            report = until(report)
        one = handoff.added(report.destinations[0], findings, self._state(f"not-{self.action}d"))
        if not report.interrupted and handoff.ready(one, strict=strict):
            one = handoff.added(one, (), self._state("dry-run")) if dry_run else self.hand_over(one)
        return replace(report, destinations=(one,), verdict=one.verdict, interrupted=self.planet.stop.level > 0)

    def unreached(self, settings: Settings, why: str) -> Report:
        """The report where Planet did not answer before anything was asked of the bucket."""
        done = "created" if self.action == "create" else "changed"
        detail = f"{sentence(why)} Nothing was {done} at Planet, and no bucket was asked."
        return self._ended(settings, catalog.finding("planet-unreachable", detail=detail))

    def interrupted(self, settings: Settings) -> Report:
        """The report of a stop before anything was asked of the bucket."""
        return replace(self._ended(settings, catalog.finding("interrupted")), interrupted=True)

    def _ended(self, settings: Settings, finding: Finding) -> Report:
        report = lint([self.destination], settings)
        one = report.destinations[0]
        if self.action == "update":  # what the source leaves to Planet's record would look like an error
            one = replace(one, findings=(), verdict=Verdict.INCONCLUSIVE)
        one = handoff.added(one, [finding], self._state(f"not-{self.action}d"))
        return replace(report, destinations=(one,), verdict=one.verdict)

    def _state(self, state: str) -> Mapping[str, str]:
        return {"action": self.action, "state": state}


def creation(planet: Planet, destination: Destination, *, default: bool = False, keep: Keep = nobody) -> Preflight:
    """A new destination; ``default`` makes it the organisation's default."""
    outlooks: list[Outlook] = []

    def look() -> Sequence[Finding]:
        name = given_name(destination)
        outlooks.append(outlook(planet, name or default_name(destination), given=bool(name)))
        return outlooks[0].findings

    def hand_over(report: DestinationReport) -> DestinationReport:
        return handoff.create(planet, destination, report, outlooks[0].known, default=default, keep=keep)

    return Preflight(planet, "create", destination, look, hand_over)


def renewal(
    planet: Planet, known: Existing, destination: Destination, *, rename: bool = False, keep: Keep = nobody
) -> Preflight:
    """New credentials for ``known``; ``destination`` is what it and the source come to (``merge``)."""

    def look() -> Sequence[Finding]:
        return outlook(planet, destination.name, own=known.id, room=False).findings if rename else ()

    def hand_over(report: DestinationReport) -> DestinationReport:
        return handoff.update(planet, known, destination, report, rename=rename, keep=keep)

    return Preflight(planet, "update", destination, look, hand_over)


def only(destinations: Sequence[Destination], action: str) -> Destination:
    """The one destination of a source. Raises ValidatorError."""
    if len(destinations) != 1:
        raise ValidatorError(f"{action} takes one destination, and this holds {len(destinations)}: hand them over one by one")
    return destinations[0]


def no_look(planet: Planet, refusal: PlanetRefused) -> str:
    """Why Planet does not let us look, in a line."""
    if refusal.status == 404:
        return f"there is no Destinations API at {planet.root}: {planet.what} is the root alone. It says: {refusal.message}"
    return f"Planet does not let this login look at the organisation's destinations ({refusal.status}): {refusal.message}"


def refuse_endpoints(endpoints: Mapping[str, str], root: str) -> None:
    """Raises ValidatorError where another endpoint was to be checked than Planet would use."""
    if endpoints and root == ROOT:
        raise ValidatorError(
            "endpoints are refused with Planet's own API: a check against another endpoint proves nothing about the bucket that "
            "Planet would get"
        )
