"""What Planet has already, and what an update would make of it: looked at before any bucket is asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from validator import providers
from validator.checking.lint import examine
from validator.core import catalog
from validator.core.errors import ValidatorError
from validator.core.model import Confidence, Destination, Finding, Secret, Severity
from validator.core.redaction import Redactor
from validator.core.values import Dataclass, field, replace
from validator.planet.answers import REFERENCE, is_id
from validator.planet.api import Planet, PlanetRefused
from validator.providers.base import Options, credentials, declared, flags, required
from validator.sources import mistakes

QUOTA: Final = 50
"""Destinations that Planet documents for one organisation."""


class Existing(Dataclass):
    """A destination that Planet has."""

    id: str
    name: str
    type: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    """Secrets are masked in it: Planet never gives them back."""
    updated: str = ""

    @property
    def reference(self) -> str:
        """What orders and subscriptions use."""
        return REFERENCE + self.id


class Outlook(Dataclass):
    """What the organisation has, and what follows from it."""

    findings: tuple[Finding, ...]
    known: frozenset[str]
    """Ids of what there was before."""


def outlook(planet: Planet, name: str, *, own: str = "", given: bool = True, room: bool = True) -> Outlook:
    """What Planet would refuse, whatever the bucket says: the name is taken, the organisation is full.

    Args:
        planet: to ask; nothing is changed.
        name: that the destination will have, given or by default.
        own: id of the destination that is being renamed; its own name is no clash.
        given: the name is not the bucket's, by default.
        room: whether a new one needs room.

    Raises NotLoggedIn, PlanetRefused, Undecided, Interrupted.
    """
    listed = [each for each in planet.destinations() if each.get("id") != own]
    problems = taken(listed, name)
    if given and (problem := mistakes.unfit_name(name)):
        problems.append(problem)
    if room and len(listed) == QUOTA:  # with more, this organisation has another limit
        problems.append(
            catalog.finding(
                "quota-reached",
                detail=f"The organisation has {len(listed)} destinations, and {QUOTA} is what Planet documents as the limit. "
                "If yours is higher, go on with --ignore quota-reached.",
                evidence={"destinations": str(len(listed))},
            )
        )
    archived: list[Mapping[str, Any]] = []
    if not problems:
        # Whether an archived one keeps its name is not documented: worth a word, no verdict.
        archived = [each for each in planet.destinations(archived=True) if each.get("archived") and each.get("id") != own]
        problems += [
            replace(
                each,
                severity=Severity.INFO,
                confidence=Confidence.POSSIBLE,
                detail=f"{each.detail} It is archived; whether Planet still counts its name is not documented.",
            )
            for each in taken(archived, name)
        ]
    return Outlook(tuple(problems), frozenset(str(each.get("id")) for each in (*listed, *archived)))


def taken(listed: Iterable[Mapping[str, Any]], name: str) -> list[Finding]:
    """The finding that one of these has the name, if one has."""
    return [
        catalog.finding(
            "name-taken",
            detail=f"Planet has a destination {each.get('name')} already: {each.get('id')}.",
            pointer="/name",
            evidence={"id": str(each.get("id")), "created": str(each.get("created"))},
        )
        for each in listed
        if each.get("name") == name
    ][:1]


def stored(planet: Planet, id_or_reference: str) -> Mapping[str, Any]:
    """What Planet shows of a destination, by its id or reference. Raises ValidatorError where it shows none; NotLoggedIn, Undecided, Interrupted."""
    id_ = id_or_reference.strip().removeprefix(REFERENCE)
    if not is_id(id_):
        raise ValidatorError(
            f"{id_or_reference.strip()[:80]!r} is neither the id of a destination nor its reference ({REFERENCE}...): planet destinations list shows both"
        )
    try:
        return {"id": id_, **planet.destination(id_)}
    except PlanetRefused as refusal:
        message = Redactor(planet.secrets).text(refusal.message)
        if refusal.status == 404 and id_ == "default":
            raise ValidatorError(
                "the organisation has no default destination: planet destinations list shows what it has"
            ) from None
        if refusal.status == 404:
            raise ValidatorError(
                f"your organisation has no destination {id_}: planet destinations list shows their ids (a rename changes them). Planet says: {message}"
            ) from None
        if refusal.status == 403:
            raise ValidatorError(f"this login may not see the destination {id_}. Planet says: {message}") from None
        raise ValidatorError(f"Planet refuses to show the destination {id_} ({refusal.status}): {message}") from None


def existing(planet: Planet, id_or_reference: str) -> Existing:
    """The destination that is to be updated, by its id or reference.

    Raises ValidatorError where it is unknown, archived or not this user's to change; NotLoggedIn, Undecided, Interrupted.
    """
    answer = stored(planet, id_or_reference)
    known = known_of(answer, str(answer["id"]))
    if answer.get("archived"):
        raise ValidatorError(
            f"the destination {known.id} is archived (since {answer['archived']}): planet destinations unarchive {known.id}, then update it"
        )
    permissions, ownership = answer.get("permissions") or {}, answer.get("ownership") or {}
    if permissions.get("can_write") is False:
        whose = "yours" if ownership.get("is_owner") else "another member's"
        raise ValidatorError(
            f"the destination {known.id} is {whose}, and this login may not change it: its owner or an organisation administrator may"
        )
    if not providers.known(known.type):
        raise ValidatorError(
            f"the destination {known.id} is of the type {known.type or '(none)'}, which cannot be updated here"
        )
    return known


def known_of(answer: Mapping[str, Any], id_: str) -> Existing:
    """A destination out of Planet's answer; ``id_`` where the answer holds none."""
    parameters = answer.get("parameters")
    return Existing(
        str(answer.get("id") or id_), str(answer.get("name") or ""), str(answer.get("type") or ""),
        dict(parameters) if isinstance(parameters, Mapping) else {}, str(answer.get("updated") or ""),
    )  # fmt: skip


def merge(known: Existing, source: Destination, *, rename: bool = False) -> Destination:
    """What Planet would have after the update: the place of ``known``, the credentials of ``source``, and its name with ``rename``.

    Raises ValidatorError, naming it, where the source wants what cannot be changed.
    """
    if source.type and source.type != known.type:
        raise ValidatorError(
            f"{known.id} is of the type {known.type}, the source of the type {source.type}: the type cannot be changed"
        )
    provider = providers.find(known.type)
    fields = declared(provider.Parameters) if provider else ()
    changeable = changed_by_update(known.type)
    parameters = dict(source.parameters)
    fixed = [each for each in fields if each.name not in changeable]
    for each in fixed:
        planets = known.parameters.get(each.name) or (None if required(each) else each.default)
        if each.name in parameters and planets is not None and bare(parameters[each.name]) != bare(planets):
            raise ValidatorError(
                f"{each.name} cannot be changed: Planet's {known.id} has {planets}, and the source says otherwise. "
                f"Create a new destination instead, or correct the source"
            )
        if planets is not None:
            parameters[each.name] = planets
    for each in fields:
        if each.metadata["kind"] == "boolean" and parameters.get(each.name) is None:
            parameters[each.name] = known.parameters.get(each.name) in (True, "true")
    problems = tuple(
        each for each in source.problems if (source.type or each.name != "unknown-type") and (rename or each.pointer != "/name")
    )
    name = source.name if rename else known.name
    return replace(source, name=name, type=known.type, parameters=parameters, problems=problems)


def changed_by_update(type_: str) -> tuple[str, ...]:
    """What an update sends: the whole credential, which Planet's PATCH wants, and the flags, which its schema defaults to false."""
    provider = providers.find(type_)
    return (*credentials(provider.Parameters), *flags(provider.Parameters)) if provider else ()


def bare(value: Any) -> str:
    """A parameter as it is compared: a slash or a space at its end says nothing."""
    return str(value.reveal() if isinstance(value, Secret) else value).strip().rstrip("/")


def default_name(destination: Destination) -> str:
    """The name that Planet gives a destination without one."""
    return str(destination.parameters.get("bucket") or destination.parameters.get("container") or "")


def given_name(destination: Destination) -> str:
    """The name that the source gives, if it gives one."""
    bucket = default_name(destination)
    stand_in = not bucket and (destination.name == "destination" or destination.name.startswith("destination at /"))
    return "" if stand_in or destination.name == bucket else destination.name


def as_checked(destination: Destination, options: Options) -> tuple[Destination, tuple[str, ...]]:
    """The destination as its check reads it, and the findings that are no longer true of it.

    The check sees through line breaks in credentials and a leading question mark; whether Planet does is not known, so what was
    checked is what is sent.
    """
    examined = examine(destination, options)
    read_through = examined.provider.read_through if examined.provider else ()
    names = []
    for each in examined.findings:
        patch = each.fix.patch if each.fix else ()
        if each.name not in read_through or not patch:
            continue
        names.append(each.name)
        for change in patch:
            name = change.path.rpartition("/")[2]
            if change.op == "replace" and name in destination.parameters:
                value = Secret(change.value) if change.secret else change.value
                destination = replace(
                    destination,
                    parameters={**destination.parameters, name: value},
                    secrets=(*destination.secrets, *([value] if isinstance(value, Secret) else [])),
                )
    return destination, tuple(names)
