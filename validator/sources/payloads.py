"""Finds the destinations in a document: a request, a list, a manifest, an order's or a subscription's delivery."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any, Final

from validator.core.values import Dataclass
from validator.providers import BUILT_IN, SHORT_TYPES
from validator.sources.document import NAMED_ALREADY, escape, shown_key

NOT_BUCKETS: Final[Mapping[str, str]] = {
    "google_earth_engine": "Google Earth Engine",
    "sentinel_hub": "Sentinel Hub",
}
"""Deliveries that go into another service: no bucket of the user's is written."""

RESPONSE_FIELDS: Final = (
    "_links", "id", "pl:ref", "created", "updated", "archived", "default", "ownership", "permissions",
)  # fmt: skip
"""What Planet's API adds to a destination when it gives one back."""

REQUEST_FIELDS: Final = ("name", "type", "parameters", "$schema")

_ARCHIVE_FIELDS: Final = ("archive_type", "single_archive", "archive_filename")
_TELLTALE: Final = frozenset({"parameters", "bucket", "container"})


class RawDestination(Dataclass):
    """One destination as it stands in a document; nothing is resolved or judged."""

    pointer: str
    """From the document's root."""
    shape: str
    """``request``, ``order``, ``subscription``, ``reference``, ``not-a-bucket``, or ``unreadable``."""
    name: Any
    type: Any
    parameters: Any
    fields: Mapping[str, Any]
    """A request's members beside name, type and parameters."""
    why: str = ""
    """What stands there instead of a destination, where it is ``unreadable``."""

    def in_document(self, pointer: str) -> str:
        """A pointer into the destination as one into the document. An order's type is the key itself."""
        if self.shape != "order":
            return self.pointer + pointer
        if pointer.startswith("/parameters"):
            return self.pointer + pointer.removeprefix("/parameters")
        return self.pointer


class NoDestination(Exception):
    """A document, or a part of one, that holds no destination. The message says what it holds instead."""

    def __init__(self, pointer: str, what: str) -> None:
        super().__init__(what)
        self.pointer = pointer
        self.what = what


def find(value: Any, pointer: str = "") -> Iterator[RawDestination]:
    """Every destination of a document, in order. Raises :class:`NoDestination`."""
    listed = value
    if isinstance(value, dict) and "destinations" in value and "parameters" not in value:
        pointer, listed = f"{pointer}/destinations", value["destinations"]
        if not isinstance(listed, list) and not _by_name(listed):
            raise NoDestination(pointer, "destinations is not a list")
    if _by_name(listed):
        for name, item in listed.items():
            yield from _one(item, f"{pointer}/{escape(name)}")
        return
    if not isinstance(listed, list):
        yield from _one(value, pointer)
        return
    if not listed:
        raise NoDestination(pointer, "the list is empty: there is no destination in it")
    if listed is value and not any(isinstance(item, dict) and _kind(item) for item in listed):
        raise NoDestination(pointer, f"there is no destination in this list{_inside(value)}")
    yield from _several(listed, pointer)


def is_source(value: Mapping[str, Any]) -> bool:
    """Whether a document is what holds destinations, or an order or a subscription that should, whatever else stands in it."""
    return bool(_kind(value) or _by_name(value) or {"products", "source", "item_types"} & value.keys())


def _by_name(value: Any) -> bool:
    """Whether these are requests under names of somebody's own, such as ``dev`` and ``prod``, and nothing else."""
    return (
        isinstance(value, dict)
        and bool(value)
        and not _kind(value)
        and all(isinstance(each, dict) and {"type", "parameters"} <= each.keys() for each in value.values())
    )


def _several(listed: list[Any], pointer: str) -> Iterator[RawDestination]:
    """One that is no destination costs no other its check."""
    destinations: list[RawDestination] = []
    first: NoDestination | None = None
    for index, item in enumerate(listed):
        if item is NAMED_ALREADY:
            continue
        try:
            destinations += _one(item, f"{pointer}/{index}")
        except NoDestination as none:
            first = first or none
            destinations.append(RawDestination(none.pointer, "unreadable", None, None, None, {}, none.what))
    if first is not None and all(each.shape == "unreadable" for each in destinations):
        raise first
    yield from destinations


def _kind(value: Mapping[str, Any]) -> str:
    """What an object looks like; empty for what has nothing to do with a bucket."""
    type_ = value.get("type")
    if "delivery" in value:
        return "delivery"
    if "hosting" in value:
        return "hosting"
    if type_ == "service_account" or "private_key" in value:
        return "key"
    if _TELLTALE & value.keys() or (isinstance(type_, str) and type_ in _known_types()):
        return "request"
    if any(key in _known_types() and isinstance(item, dict) for key, item in value.items()):
        return "bare delivery"
    return ""


def _one(value: Any, pointer: str) -> Iterator[RawDestination]:
    if not isinstance(value, dict):
        raise NoDestination(pointer, "this is not an object with name, type and parameters")
    kind = _kind(value)
    if kind == "delivery":
        yield from _delivery(value["delivery"], f"{pointer}/delivery", value.get("name"))
    elif kind == "hosting":
        yield RawDestination(f"{pointer}/hosting", "not-a-bucket", value.get("name"), "sentinel_hub", {}, {})
    elif kind == "request":
        others = {key: item for key, item in value.items() if key not in REQUEST_FIELDS}
        yield _raw(value, pointer, "request", value.get("name"), others)
    elif kind == "bare delivery":
        yield from _delivery(value, pointer, None)
    elif kind == "key":
        raise NoDestination(pointer, "this is a Google key file, not a destination; name it as ${base64file:PATH} in one")
    elif "products" in value or "source" in value or "item_types" in value:
        raise NoDestination(pointer, "this order or subscription has no delivery: Planet would write to no bucket")
    else:
        raise NoDestination(
            pointer,
            f"there is no destination in it: none of type, parameters, destinations or delivery is there{_inside(value)}",
        )


def _inside(value: Any) -> str:
    """Where a destination stands deeper in a document, as the rest of a sentence; otherwise how to begin one."""
    waiting: deque[tuple[Any, tuple[str, ...]]] = deque([(value, ())])
    while waiting:
        each, way = waiting.popleft()
        if isinstance(each, dict) and {"type", "parameters"} <= each.keys() and each["type"] in _known_types():
            return f"; one stands deeper, at /{'/'.join(way)}: give that part alone"
        inner = each.items() if isinstance(each, dict) else enumerate(each) if isinstance(each, list) else ()
        waiting += ((item, (*way, str(key) if isinstance(key, int) else shown_key(str(key)))) for key, item in inner)
    return "; planet-validator init writes a source to begin with"


def _known_types() -> tuple[str, ...]:
    return (*BUILT_IN, *SHORT_TYPES, *NOT_BUCKETS, "destination")


def _raw(value: Mapping[str, Any], pointer: str, shape: str, name: Any, fields: Mapping[str, Any]) -> RawDestination:
    """One with type and parameters."""
    type_ = value.get("type")
    return RawDestination(pointer, _shape(type_, shape), name, type_, value.get("parameters"), fields)


def _shape(type_: Any, of_bucket: str) -> str:
    """What stands there. ``of_bucket``: where the type is a bucket's."""
    if type_ == "destination":
        return "reference"
    return "not-a-bucket" if isinstance(type_, str) and type_ in NOT_BUCKETS else of_bucket


def _delivery(value: Any, pointer: str, name: Any) -> Iterator[RawDestination]:
    if isinstance(value, list) and value:
        for index, item in enumerate(value):
            yield from _delivery(item, f"{pointer}/{index}", name)
        return
    if not isinstance(value, dict):
        raise NoDestination(pointer, "delivery is not an object")
    if "type" in value or "parameters" in value:
        yield _raw(value, pointer, "subscription", name, {})
        return
    keys = [key for key in value if key not in _ARCHIVE_FIELDS]
    if not keys:
        raise NoDestination(pointer, "delivery names no destination: Planet would keep the files for download")
    for key in keys:
        yield RawDestination(f"{pointer}/{escape(key)}", _shape(key, "order"), name, key, value[key], {})
