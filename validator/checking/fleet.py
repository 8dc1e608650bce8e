"""Takes the sources of a fleet apart for several machines, without resolving a reference: secrets stay where they are used."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from validator.checking.batch import place_of
from validator.core.errors import BadSource, ValidatorError

if TYPE_CHECKING:
    from validator.sources.loader import Source


def partition(source: Source, parts: int) -> list[list[dict[str, Any]]]:
    """The requests of a source in at most ``parts`` lists of about the same length, each a source of its own for :func:`validator.check`.

    Destinations that share a bucket stay together: they take turns, which they could not on two machines. References such as
    ``${NAME}`` stay as they are written; relative paths in them begin at the current folder of whoever resolves them. Two buckets
    that are named by different references are taken for two.

    Args:
        source: a path to JSON, YAML or TOML, a request as a mapping or a model, or a list of them.
        parts: how many lists, at most.

    Raises:
        BadSource: for a source that cannot be read, or that holds no destination.
        ValidatorError: for less than one part, and for what holds secrets resolved already.
    """
    if parts < 1:
        raise ValidatorError("a fleet is taken apart into one part or more")
    groups: dict[object, list[dict[str, Any]]] = {}
    for index, request in enumerate(_requests(source)):
        parameters = _parameters(request)
        groups.setdefault(place_of(parameters, index), []).append(request)
    made: list[list[dict[str, Any]]] = [[] for _ in range(min(parts, len(groups)))]
    for group in sorted(groups.values(), key=len, reverse=True):
        min(made, key=len).extend(group)
    return made


def _requests(source: Any) -> list[dict[str, Any]]:
    from validator.core.model import Destination
    from validator.sources import given
    from validator.sources.loader import Loaded, read_source

    if isinstance(source, Loaded | Destination):
        raise ValidatorError("what load() gave holds secrets, resolved already: hand over the source itself")
    if given.is_path(source):
        from validator.sources.document import ParseError

        try:
            return _found(read_source(given.path(source)).value)
        except ParseError as broken:
            raise BadSource(*(f"{given.path(source)}: {what}" for _, what in broken.problems)) from None
    if isinstance(source, Mapping) or given.is_model(source):
        return _found(given.plain(source))
    items = given.listed(source)
    if any(given.is_path(each) for each in items):
        return [request for each in items for request in _requests(each)]
    return _found(given.plain(items))


def _found(value: Any) -> list[dict[str, Any]]:
    from validator.sources.payloads import NoDestination, find

    try:
        return [_request(each) for each in find(value)]
    except NoDestination as none:
        raise BadSource(none.what) from None


def _request(raw: Any) -> dict[str, Any]:
    named = {} if raw.name is None else {"name": raw.name}
    request = {"type": raw.type, "parameters": raw.parameters}
    if raw.shape in ("order", "subscription"):
        return {**named, "delivery": request}
    return {**named, **request, **raw.fields}


def _parameters(request: Mapping[str, Any]) -> Mapping[str, Any]:
    parameters = request.get("delivery", request).get("parameters")
    return parameters if isinstance(parameters, Mapping) else {}
