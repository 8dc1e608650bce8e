"""Planet's destinations beside local sources: which source is of which destination, and which has none."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from validator import providers
from validator.core.model import Destination
from validator.core.sentences import many
from validator.core.values import Dataclass, replace
from validator.planet.api import Planet
from validator.planet.existing import Existing, bare, given_name, known_of
from validator.providers.base import declared, places, required


class InventoryRow(Dataclass):
    """A destination that Planet has, with the sources for it."""

    known: Existing
    archived: str = ""
    """Since when, as Planet writes it; empty where it is not."""
    default: bool = False
    sources: tuple[Destination, ...] = ()
    """Of the same type and place, as they were loaded."""
    other_key: tuple[str, ...] = ()
    """Sources of the same place whose key is another than Planet's."""

    @property
    def ends(self) -> datetime | None:
        """When the credential in its sources ends, as far as it says so itself: the first of them."""
        return min((end for each in self.sources if (end := credential_end(each))), default=None)


class Inventory(Dataclass):
    """All that Planet has, and the sources that belong to none of it."""

    entries: tuple[InventoryRow, ...]
    elsewhere: tuple[Destination, ...] = ()
    unnamed: int = 0
    """How many more Planet lists, without an id that could be one."""


def inventory(planet: Planet, sources: Sequence[Destination]) -> Inventory:
    """Ask Planet, twice, and compare. Raises NotLoggedIn, PlanetRefused, Undecided, Interrupted."""
    answers = planet.destinations(), planet.destinations(archived=True)
    listed = {each["id"]: each for answer in answers for each in answer if each.get("id")}
    unnamed = max(sum(not each.get("id") for each in answer) for answer in answers)  # the second holds the first as well
    states = [
        InventoryRow(known_of(each, id_), str(each.get("archived") or ""), default=each.get("default") is True)
        for id_, each in listed.items()
    ]
    held, other = defaultdict[int, list[Destination]](list), defaultdict[int, list[str]](list)
    elsewhere = []
    for source in sources:
        there = [index for index, each in enumerate(states) if same_place(each.known, source)]
        named = [index for index in there if states[index].known.name == given_name(source)]
        same_key = [index for index in named or there if _same_key(states[index].known, source)]
        for index in same_key:
            held[index].append(source)
        if not same_key:
            for index in named or there:
                other[index].append(source.source)
        if not there:
            elsewhere.append(source)
    entries = [
        replace(each, sources=tuple(held[index]), other_key=tuple(dict.fromkeys(other[index])))
        for index, each in enumerate(states)
    ]
    ordered = sorted(entries, key=lambda each: (bool(each.archived), each.known.name))
    return Inventory(tuple(ordered), tuple(elsewhere), unnamed)


def left_out(inventory: Inventory) -> str:
    """A sentence on what Planet lists and cannot be told of; empty where there is nothing."""
    if not inventory.unnamed:
        return ""
    return f"{many(inventory.unnamed, 'further entry', 'further entries')} of Planet's list {'has' if inventory.unnamed == 1 else 'have'} no usable id: left out."


def as_stored(entry: InventoryRow, source: Destination) -> Destination:
    """What Planet has, with the secrets of a source: what is not secret is taken from Planet."""
    provider = providers.find(entry.known.type)
    parameters = dict(source.parameters)
    for each in declared(provider.Parameters) if provider else ():
        planets = entry.known.parameters.get(each.name)
        if each.metadata["kind"] != "secret" and planets is not None:
            parameters[each.name] = planets
    problems = tuple(each for each in source.problems if each.pointer != "/name")
    return replace(source, name=entry.known.name, type=entry.known.type, parameters=parameters, problems=problems)


def same_place(known: Existing, source: Destination) -> bool:
    """Whether a source is for the same type and bucket as a destination of Planet's."""
    provider = providers.find(known.type)
    if provider is None or source.type != known.type:
        return False
    defaults = {each.name: each.default for each in declared(provider.Parameters) if not required(each)}
    pairs = [
        (known.parameters.get(name) or defaults.get(name), source.parameters.get(name) or defaults.get(name))
        for name in places(provider.Parameters)
    ]
    return all(ours is not None and planets is not None and bare(ours) == bare(planets) for planets, ours in pairs)


def credential_end(source: Destination) -> datetime | None:
    """When the credential of a source ends, where it says so itself: a SAS token does, a key does not."""
    provider = providers.find(source.type)
    if provider is None or provider.credential_end is None:
        return None
    values = {each.name: source.parameters.get(each.name) for each in declared(provider.Parameters)}
    given = {name: value for name, value in values.items() if value is not None}
    try:
        return provider.credential_end(provider.Parameters(**given))
    except (TypeError, AttributeError):  # something is missing, or is no text: lint says so
        return None


def place_of(parameters: Mapping[str, Any]) -> str:
    """The bucket in a word, such as ``imagery-in`` or ``account/container``."""
    names = ("account", "container") if "container" in parameters else ("bucket",)
    return "/".join(bare(parameters[name]) for name in names if parameters.get(name))


def _same_key(known: Existing, source: Destination) -> bool:
    """Whether a source has the key that Planet has, as far as Planet tells: of a secret it tells nothing."""
    provider = providers.find(known.type)
    for each in declared(provider.Parameters) if provider else ():
        if not each.metadata.get("credential") or each.metadata["kind"] == "secret":
            continue
        planets, ours = known.parameters.get(each.name), source.parameters.get(each.name)
        if planets and ours and bare(planets) != bare(ours):
            return False
    return True
