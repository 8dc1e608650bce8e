"""Handing a checked destination over to Planet's Destinations API: ``create``, ``update``, and ``acreate``, ``aupdate`` for an event loop.

>>> import planet, validator
>>> pl = planet.Planet()                                     # doctest: +SKIP
>>> destination = validator.planet.create(pl, bucket_creds)  # doctest: +SKIP
>>> destination["pl:ref"]                                    # doctest: +SKIP
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from validator.planet.failed import CheckFailed
    from validator.planet.library import PlanetDestination, acreate, aupdate, create, update

_HOME = {
    **dict.fromkeys(("PlanetDestination", "acreate", "aupdate", "create", "update"), "library"),
    "CheckFailed": "failed",
}

__all__ = ["CheckFailed", "PlanetDestination", "acreate", "aupdate", "create", "update"]


def __getattr__(name: str) -> Any:
    # Loaded on first use, as in the package above: the commands import single modules of this room.
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f"validator.planet.{_HOME[name]}"), name)
    globals()[name] = value
    return value
