"""The hand-off over to a Planet that checks in the same ModelStore, behind a wire of its own; and which promises it broke."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from tests.support.model.play import FRONTS, GOOD, source
from tests.support.model.store import ModelStore
from tests.support.model.wire import Event, FaultyWire
from tests.support.moved_clock import Moved
from tests.support.wire import RESET, Answer, Request, Wire, lasting
from validator.checking import batch
from validator.checking.assemble import Settings, check
from validator.core.deadline import CancelToken, Interrupted
from validator.core.errors import ValidatorError
from validator.core.model import Destination, DestinationReport, Report, Secret, Verdict
from validator.demo.emulators.planet import destinations as rules
from validator.formats import render
from validator.planet import preflight
from validator.planet.api import Planet, PlanetRefused, Undecided
from validator.planet.existing import Existing, existing, merge

Action = Literal["create", "update"]
BUSY = Answer(429, {"retry-after": "999999999999"}, b'{"message": "come again"}')
HANDED = {"create": "POST", "update": "PATCH"}


@dataclass
class Handed:
    action: Action
    state: str
    id: str
    report: DestinationReport
    text: str
    checked: Verdict | None
    """What the bucket's check came to, where it was reached."""
    before: ModelStore
    at_planet: tuple[Mapping[str, str], Mapping[str, str]]
    """Each destination's secret by its id, before and when everything has arrived."""
    played: list[tuple[int, str, str]]


def hand_over(
    kind: str, store: ModelStore, at_store: Mapping[int, Event], at_planet: Mapping[int, Event], action: Action
) -> Handed:
    """Check, and create or update: with what happens at which request to the store, and to Planet."""
    from planet import Auth

    stop = CancelToken()
    organisation = rules.Destinations(lambda type_, parameters: None if store.planet_would_pass() else "access denied")
    bucket_wire, planet_wire, front = Wire(lambda request: RESET), lasting("planet"), FRONTS[kind]
    if kind == "google_cloud_storage":
        store.reading_for_conditions = False
    before = copy.deepcopy(store)

    def answer(_: ModelStore, request: Request) -> Answer:
        try:
            sent = json.loads(request.body) if request.body else None
            reply = organisation.answer(request.method, request.path, sent, 1)
        except rules.Refused as refusal:
            reply = refusal.reply
        return Answer(reply.status, reply.headers, reply.body)

    planets = FaultyWire(store, answer, BUSY, at_planet, stop=stop.request)
    with bucket_wire as wire:
        faulty = FaultyWire(store, front.answer, front.BUSY, at_store, stop=stop.request)
        wire.handle, planet_wire.handle = faulty.handle, planets.handle
        [wanted] = batch.destinations(source(kind, wire.url))
        if action == "update":
            organisation.add({"name": "model", "type": kind, "parameters": {**_plain(wanted), **_old(kind)}}, 1)
        had = _secrets(organisation)
        planet = Planet(planet_wire.url, auth=Auth.from_key("PLAK-EXAMPLE"), seconds=20.0, pace=0.0, pause=0.0, stop=stop)
        checked: list[Verdict] = []

        def look(destination: Destination) -> Report:
            settings = Settings(endpoints={} if kind == "s3_compatible" else {kind: wire.url}, clock=Moved())
            report = check([destination], settings, stop=stop)
            checked.append(report.verdict)
            return report

        report = _flight(planet, action, wanted, next(iter(had), ""), look)
        faulty.over()
        planets.over()
    one = report.destinations[0]
    return Handed(
        action, one.handoff.get("state", ""), one.handoff.get("id", ""), one, render("text", report, verbosity=2) + render("json", report),
        checked[0] if checked else None, before, (had, _secrets(organisation)), planets.played,
    )  # fmt: skip


def _flight(planet: Planet, action: Action, wanted: Destination, id_: str, look: Any) -> Report:
    """As the commands and the library go about it."""
    settings = Settings()
    early = (
        preflight.creation(planet, wanted)
        if action == "create"
        else preflight.renewal(planet, Existing(id_, "", wanted.type), wanted)
    )
    try:
        flight = early
        if action == "update":
            known = existing(planet, id_)
            flight = preflight.renewal(planet, known, merge(known, wanted))
        return flight.run(look)
    except Interrupted:
        return early.interrupted(settings)
    except (Undecided, PlanetRefused, ValidatorError) as error:
        return early.unreached(settings, str(error))


def _plain(destination: Destination) -> dict[str, Any]:
    return {name: each.reveal() if isinstance(each, Secret) else each for name, each in destination.parameters.items()}


def _old(kind: str) -> dict[str, str]:
    return dict.fromkeys(rules.TYPES[kind].secret, "EXAMPLE of an old secret")


def _secrets(organisation: rules.Destinations) -> dict[str, str]:
    return {
        id_: "".join(each.parameters[name] for name in rules.TYPES[each.type].secret)
        for id_, each in organisation.stored.items()
    }


def handoff_faults(handed: Handed, *, clean: bool) -> Iterator[str]:
    """Every promise of a hand-off that was broken."""
    had, has = handed.at_planet
    new, changed = has.keys() - had.keys(), [id_ for id_ in had if has.get(id_) != had[id_]]
    done = bool(new or changed)
    asked = [line for _, line, _ in handed.played if line.startswith(HANDED[handed.action])]
    yield from (f"destination {id_} is gone" for id_ in had.keys() - has.keys())
    if len(new) > 1:
        yield "two destinations were made"
    if asked and handed.checked not in GOOD:
        yield f"handed over after {handed.checked}"
    if len(asked) > 1 and not any(
        what.startswith(("busy", "lose-request")) for _, line, what in handed.played if line in asked
    ):
        yield "sent twice"
    good = handed.action + "d"
    if handed.state == good and not done:
        yield f"said to be {good}"
    if handed.state == "created" and handed.id not in new:
        yield f"another destination is told of: {handed.id}"
    if handed.state.startswith("not-") and done:
        yield f"said not to be {good}"
    if handed.state == good and handed.report.verdict not in GOOD and clean:
        yield "done, and not a pass"
    if handed.state != good and handed.report.verdict in GOOD:
        yield f"a pass, and {handed.state}"
    if clean and handed.state != good and handed.checked in GOOD and handed.before.planet_would_pass():
        yield f"nothing stood in the way, and it is {handed.state}"
    for secret in (*had.values(), *has.values(), "PLAK-EXAMPLE"):
        if secret in handed.text:
            yield "a secret is shown"
