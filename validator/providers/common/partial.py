"""Parameters of which some values are not known: what lint judges when a reference was not resolved."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from validator.core.model import Finding


class NotKnown(Exception):
    """A rule asked for a value that is not known; the message is the parameter's name."""


class Partial:
    """Stands for an instance of a provider's Parameters. Reading a value that is not known raises :class:`NotKnown`."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = dict(values)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        try:
            return self.__dict__["_values"][name]
        except KeyError:
            raise NotKnown(name) from None


def known(parameters: Any, name: str, default: Any) -> Any:
    """The value of a parameter, or the default where it is not known."""
    try:
        return getattr(parameters, name)
    except NotKnown:
        return default


def judged(*rules: Callable[[], Iterable[Finding]]) -> Iterator[Finding]:
    """What the rules find, in order; a rule that needs a value that is not known is left out from there on."""
    for rule in rules:
        try:
            yield from rule()
        except NotKnown:
            continue
