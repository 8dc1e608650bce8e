"""The helper calls of Planet's SDK in a piece of Python: what they give. Nothing is run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from validator.sources import sdk
from validator.sources.parsers.python_values import CALLED, Dictionary, KnownCall, Lost, Slot, Value, containers

if TYPE_CHECKING:
    from validator.sources.parsers.python_state import ProgramState


def arguments(state: ProgramState, names: tuple[str, ...], made: KnownCall) -> Dictionary:
    """The arguments by name, in a dictionary of the program's."""
    built = state.dictionary(made.at)
    built.rest = made.rest
    built.items = dict(zip(names, made.positional, strict=False))
    built.items.update({sdk.RENAMED.get(name, name): slot for name, slot in made.named.items()})
    return built


def dictionary(state: ProgramState, made: KnownCall) -> Dictionary:
    """The keyword arguments as a dictionary of the program's."""
    built = state.dictionary(made.at)
    built.rest = made.rest
    built.items = made.named
    return built


def helper(state: ProgramState, name: str, made: KnownCall) -> Value:
    """What one of :data:`validator.sources.sdk.HELPERS` gives."""
    module, _, type_ = name.rpartition(".")
    inner = arguments(state, sdk.HELPERS[name], made)
    for key, default in sdk.DEFAULTS.get(type_, {}).items():
        inner.items.setdefault(key, Slot(default, made.at))
    for key in ("path_prefix", "storage_endpoint_suffix"):
        if key in inner.items and inner.items[key].value in (None, ""):
            del inner.items[key]
    if type_ == "default_destination":
        inner.items["ref"] = Slot(sdk.DEFAULT_REF, made.at)
    if type_.endswith("destination"):
        type_ = "destination"
    outer = state.dictionary(made.at)
    if module == sdk.ORDER:
        outer.items = {type_: Slot(inner, made.at)}
    else:
        outer.items = {"type": Slot(type_, made.at), "parameters": Slot(inner, made.at)}
        outer.delivery = True
    return outer


def delivery(state: ProgramState, made: KnownCall) -> Value:
    """What ``delivery()`` gives."""
    built = arguments(state, sdk.DELIVERY_ARGUMENTS, made)
    config = built.items.pop("cloud_config", None)
    if config is not None and not isinstance(config.value, Dictionary):
        return Lost("delivery()", CALLED, containers(config.value))
    built.items = {key: slot for key, slot in built.items.items() if slot.value is not None}
    if config is not None and isinstance(config.value, Dictionary):
        built.items.update(config.value.items)
        built.lost, built.rest = config.value.lost, config.value.rest
        config.value.copied = True
    return built


def request(state: ProgramState, names: tuple[str, ...], made: KnownCall) -> Value:
    """What ``build_request()`` gives."""
    built = arguments(state, names, made)
    slot = built.items.get("delivery")
    built.items = {key: built.items[key] for key in ("name", "products", "source") if key in built.items}
    if slot is not None and slot.value is not None:
        built.items["delivery"] = slot
    return built
