"""The hand-off to Planet: create or update a destination that passed its check, once, and say what became of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from validator import providers
from validator.checking import batch
from validator.core import catalog
from validator.core.deadline import Interrupted
from validator.core.model import VERDICT_OF, Destination, DestinationReport, Finding, Secret, Verdict, worst
from validator.core.redaction import Redactor
from validator.core.sentences import sentence
from validator.core.values import replace
from validator.planet.answers import REFERENCE
from validator.planet.api import NotLoggedIn, Planet, PlanetRefused, Undecided
from validator.planet.existing import QUOTA, Existing, bare, changed_by_update, default_name, given_name, taken
from validator.providers.base import credentials

REASONS: Final[Mapping[str, str]] = {
    "network": "Planet comes to the bucket over another network path: an address condition, a firewall or a private endpoint may let "
    "this machine in and not Planet; and a new grant or key takes minutes to be known everywhere",
    "entitlement": "the organisation's contract may not cover this delivery, or this login may not manage destinations",
    "quota": f"the organisation may have its {QUOTA} destinations already, archived ones perhaps included",
    "name": "another destination, perhaps an archived one, may have this name or the bucket's",
}
LOOK_FIRST: Final = "Look before you try again: planet destinations list"
MADE_MEANWHILE: Final = (
    "It has this bucket as well and was not there before the check: somebody else made it, or this very request, sent twice on the way. "
    f"{LOOK_FIRST}"
)
"""What a 409 means whose destination has come since Planet was looked at."""
_ORDER: Final[Mapping[int, tuple[str, ...]]] = {
    403: ("entitlement", "network", "quota", "name"),
    409: ("name", "quota", "entitlement", "network"),
}
_USUAL: Final = ("network", "entitlement", "quota", "name")


def create(
    planet: Planet,
    destination: Destination,
    report: DestinationReport,
    known: frozenset[str],
    *,
    default: bool = False,
    attempts: int = 3,
    keep: Callable[[Mapping[str, Any]], None] = lambda answer: None,
) -> DestinationReport:
    """Create the destination whose check ``report`` is, once; the report with what became of it in ``handoff``.

    A lost answer is followed by a look at the names, up to ``attempts`` times, and never by a second request. ``known`` are the
    ids from before; ``keep`` is told the destination as Planet answered it. The caller has seen to it that the check passed.
    Raises NotLoggedIn.
    """
    request: dict[str, Any] = {"type": destination.type, "parameters": _revealed(destination.parameters)}
    if given_name(destination):
        request["name"] = destination.name
    outcome = {"action": "create", "state": "not-created"}

    def closed(state: str, *findings: Finding, **more: str) -> DestinationReport:
        return _closed(planet, report, destination, {**outcome, "state": state, **more}, findings)

    try:
        made = _created(planet, request, destination, known)
    except PlanetRefused as refusal:
        finding = _refusal(planet, refusal, destination, named=True, new=True)
        if refusal.status == 409 and _found_again(planet, destination, known, 1) is not None:
            return closed("unknown", replace(finding, detail=f"{finding.detail} {MADE_MEANWHILE}"))
        return closed("not-created", finding)
    except (Undecided, Interrupted) as lost:
        if isinstance(lost, Undecided) and not lost.sent:
            return closed("not-created", _unreachable(f"{_why(lost)} Nothing was created."))
        again = _found_again(planet, destination, known, attempts)
        if again is None:
            may = "The destination may have been created, or may still be."
            return closed("unknown", _unreachable(f"{_why(lost)} {may} {LOOK_FIRST}"))
        made = again
        outcome["note"] = "Planet's answer was lost; the destination was found by its name"
    outcome |= {"id": str(made.get("id") or ""), "ref": reference(made), "name": str(made.get("name") or "")}
    if not outcome["id"]:
        return closed("unknown", _unreachable(f"Planet's answer names no destination. {LOOK_FIRST}"))
    keep(made)
    if not default:
        return closed("created")
    is_default, findings = _defaulted(planet, outcome["id"])
    return closed("created", *findings, default=is_default)


def _why(lost: Undecided | Interrupted) -> str:
    return sentence(lost.why) if isinstance(lost, Undecided) else "The wait for Planet's answer was given up."


def _created(planet: Planet, request: Mapping[str, Any], destination: Destination, known: frozenset[str]) -> Mapping[str, Any]:
    """Send it; where Planet is busy, again, each time after a look whether it is there. Raises as ``Planet.create`` does."""
    pauses = iter((planet.pause, 2 * planet.pause))
    while True:
        try:
            return planet.create(request)
        except Undecided as lost:
            pause = next(pauses, None) if lost.busy else None
            if pause is None or not planet.rest(pause):
                raise
            there = _found_again(planet, destination, known, 1)
            if there is not None:
                return there


def _defaulted(planet: Planet, id_: str) -> tuple[str, Sequence[Finding]]:
    """Whether it is the default now (true, false or unknown), and why not."""
    again = f"Once you may: planet destinations default set {id_}"
    try:
        planet.make_default(id_)
    except PlanetRefused as refusal:
        detail = (
            f'The destination was created, and Planet did not make it the default ({refusal.status}): "{refusal.message}" '
            f"Only its owner and organisation administrators may. {again}"
        )
        return "false", [catalog.finding("planet-rejected", detail=detail, evidence=_answered(refusal))]
    except (Undecided, Interrupted, NotLoggedIn) as error:
        why = error.why if isinstance(error, Undecided) else str(error) or "the wait was given up"
        detail = f"The destination was created; whether it is the default is not known: {why}. {again}"
        return "unknown", [_unreachable(detail)]
    return "true", ()


def update(
    planet: Planet,
    known: Existing,
    destination: Destination,
    report: DestinationReport,
    *,
    rename: bool = False,
    keep: Callable[[Mapping[str, Any]], None] = lambda answer: None,
) -> DestinationReport:
    """Patch ``known`` with the credentials of the merged ``destination``, once; as :func:`create` otherwise."""
    changes = changed_by_update(known.type)
    request: dict[str, Any] = {
        "parameters": _revealed({name: destination.parameters[name] for name in changes if name in destination.parameters})
    }
    if rename:
        request["name"] = destination.name
    outcome = {"action": "update", "state": "not-updated", "id": known.id, "ref": known.reference, "name": known.name}

    def closed(state: str, *findings: Finding) -> DestinationReport:
        return _closed(planet, report, destination, {**outcome, "state": state}, findings)

    try:
        answer = planet.patch(known.id, request)
    except PlanetRefused as refusal:
        return closed("not-updated", _refusal(planet, refusal, destination, named=rename, new=False))
    except (Undecided, Interrupted) as lost:
        if isinstance(lost, Undecided) and not lost.sent:
            return closed("not-updated", _unreachable(f"{_why(lost)} Nothing was changed."))
        may = "Planet may have the new credentials or still the old ones; keep both valid, and run the update again: it can be repeated."
        return closed("unknown", _unreachable(f"{_why(lost)} {may}"))
    outcome |= {"id": str(answer.get("id") or known.id), "name": str(answer.get("name") or known.name)}
    outcome["ref"] = reference(answer) if answer.get("id") or answer.get("pl:ref") else known.reference
    if outcome["ref"] != known.reference:
        outcome["old_ref"] = known.reference
    keep(answer)
    return closed("updated")


def reference(answer: Mapping[str, Any]) -> str:
    """What orders and subscriptions use."""
    return str(answer.get("pl:ref") or f"{REFERENCE}{answer.get('id') or ''}")


def _found_again(planet: Planet, destination: Destination, known: frozenset[str], attempts: int) -> Mapping[str, Any] | None:
    """The destination that a create made although its answer was lost: new, of this name, this type and this place."""
    name = destination.name or default_name(destination)
    for attempt in range(attempts):
        if attempt and not planet.rest(planet.pause * 2**attempt):
            return None
        try:
            listed = planet.destinations(tries=1, cleaning=True)
        except (Undecided, PlanetRefused, Interrupted, NotLoggedIn):
            continue
        for each in listed:
            if each.get("name") == name and str(each.get("id")) not in known and _same_place(each, destination):
                return each
    return None


def _same_place(answer: Mapping[str, Any], destination: Destination) -> bool:
    parameters = answer.get("parameters") or {}
    provider = providers.find(destination.type)
    changeable = credentials(provider.Parameters) if provider else ()
    return answer.get("type") == destination.type and all(
        bare(value) == bare(parameters[name])
        for name, value in destination.parameters.items()
        if name in parameters and name not in changeable and not isinstance(value, Secret)
    )


def _refusal(planet: Planet, refusal: PlanetRefused, destination: Destination, *, named: bool, new: bool) -> Finding:
    if refusal.status == 409:
        try:
            listed = planet.destinations(tries=1, cleaning=True) if named else []
            clash = taken(listed, destination.name or default_name(destination))
        except (Undecided, PlanetRefused, Interrupted, NotLoggedIn):
            clash = []
        if clash:
            return replace(
                clash[0],
                detail=f'{clash[0].detail} Planet says: "{refusal.message}"',
                evidence={**clash[0].evidence, **_answered(refusal)},
            )
    reasons = _ORDER.get(refusal.status, _USUAL)
    if not new:
        reasons = tuple(each for each in reasons if each != "quota")
    ordered = "; ".join(f"({number}) {REASONS[each]}" for number, each in enumerate(reasons, 1))
    return catalog.finding(
        "planet-rejected",
        detail=f'Planet answered {refusal.status}: "{refusal.message}" The bucket passed here, so the cause lies elsewhere; in order of likelihood: {ordered}.',
        evidence=_answered(refusal),
    )


def _unreachable(detail: str) -> Finding:
    return catalog.finding("planet-unreachable", detail=detail)


def _answered(refusal: PlanetRefused) -> dict[str, str]:
    return {"planet_status": str(refusal.status), "message": refusal.message}


def added(
    report: DestinationReport, findings: Sequence[Finding], handoff: Mapping[str, str] | None = None
) -> DestinationReport:
    """The report with further findings, and the verdict that follows."""
    verdict = worst([report.verdict, *(VERDICT_OF[each.severity] for each in findings)])
    known = [each for each in report.findings if not any(each.name == new.name == "name-invalid" for new in findings)]
    every = sorted((*findings, *known), key=lambda each: VERDICT_OF[each.severity].weight, reverse=True)
    return replace(report, findings=tuple(every), verdict=verdict, handoff=dict(handoff or report.handoff))


def _closed(
    planet: Planet, report: DestinationReport, destination: Destination, outcome: Mapping[str, str], findings: Sequence[Finding]
) -> DestinationReport:
    """The end of a hand-off, redacted: Planet may repeat what was sent."""
    redactor = Redactor((*secrets_of(destination), *planet.secrets))
    return added(report, [redactor.value(each) for each in findings], redactor.value(dict(outcome)))


def secrets_of(destination: Destination) -> Sequence[Secret]:
    """Every secret of a destination."""
    provider = providers.find(destination.type) if providers.known(destination.type) else None
    return tuple(batch.secrets_of(destination, provider))


def ready(report: DestinationReport, *, strict: bool) -> bool:
    """Whether a destination may be handed to Planet."""
    return report.verdict is Verdict.PASS or (report.verdict is Verdict.WARN and not strict)


def _revealed(parameters: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value.reveal() if isinstance(value, Secret) else value for name, value in parameters.items() if value is not None
    }
