"""Handing a checked destination over to Planet's Destinations API: ``create``, ``update``, and ``acreate``, ``aupdate`` for an event loop.

>>> import planet, validator
>>> pl = planet.Planet()                                     # doctest: +SKIP
>>> destination = validator.planet.create(pl, bucket_creds)  # doctest: +SKIP
>>> destination["pl:ref"]                                    # doctest: +SKIP
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from validator.core import lazy

if TYPE_CHECKING:
    from validator.planet.failed import CheckFailed
    from validator.planet.library import PlanetDestination, acreate, aupdate, create, update
else:  # on first use, as in the package above: the commands import single modules of this room
    __getattr__ = lazy.names(
        globals(), {"failed": ("CheckFailed",), "library": ("PlanetDestination", "acreate", "aupdate", "create", "update")}
    )

__all__ = ["CheckFailed", "PlanetDestination", "acreate", "aupdate", "create", "update"]
