"""Values that stand in each other's fields: told by what each field's values look like, put back only where that is certain."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import combinations, permutations
from typing import Any

from validator.core import catalog
from validator.core.model import Confidence, Finding, PatchOperation, Secret
from validator.providers.common.partial import known

Shapes = Mapping[str, Callable[[str], bool]]
"""By parameter: whether a value looks like this one's and like no other's."""


def around(parameters: Any, shapes: Shapes, others: Iterable[Finding]) -> Iterator[Finding]:
    """The finding for values in each other's fields, then the others that do not speak of these fields."""
    values = {name: _text(known(parameters, name, None)) for name in shapes}
    places = _swapped({name: value for name, value in values.items() if value is not None}, shapes)
    if not places:
        yield from others
        return
    whole = all(value is not None and shapes[name](values[places.get(name, name)] or "") for name, value in values.items())
    yield _finding({name: values[source] or "" for name, source in places.items()}, certain=whole)
    hidden = {f"/parameters/{name}" for name in places}
    yield from (each for each in others if each.pointer not in hidden)


def _text(value: Any) -> str | None:
    return value.reveal() if isinstance(value, Secret) else value if isinstance(value, str) else None


def _swapped(values: Mapping[str, str], shapes: Shapes) -> dict[str, str]:
    """By field, the field in which its value stands; empty if nothing is swapped, or in more than one way."""
    wrong = [name for name, value in values.items() if not shapes[name](value)]
    fits = {(name, source) for name in wrong for source in wrong if name != source and shapes[name](values[source])}
    for fields in (tuple(wrong), *combinations(wrong, 2)):
        if len(fields) < 2:
            continue
        ways = [
            dict(zip(fields, order, strict=True))
            for order in permutations(fields)
            if all(pair in fits for pair in zip(fields, order, strict=True))
        ]
        if len(ways) == 1:
            return ways[0]
    return {}


def _finding(values: Mapping[str, str], *, certain: bool) -> Finding:
    *first, last = values
    return catalog.finding(
        "swapped-credentials",
        detail=f"The values of {', '.join(first)} and {last} stand in each other's place, by what they look like."
        + ("" if certain else " What is wrong beside that has to be put right first."),
        pointer=f"/parameters/{next(iter(values))}",
        confidence=Confidence.CONFIRMED if certain else Confidence.LIKELY,
        evidence={"parameters": ", ".join(values)},
        patch=[PatchOperation("replace", f"/parameters/{name}", value, secret=True) for name, value in values.items()]
        if certain
        else (),
    )
