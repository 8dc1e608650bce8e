"""What to sweep, and what a person is asked before anything is removed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from validator.core.model import Destination
from validator.core.shown import Guarded
from validator.core.values import Dataclass
from validator.providers.base import Leftover

MOST: Final = 1000
"""Removals of one destination in one run, unless another number is given."""


class Sweeping(Guarded, Dataclass):
    """What to sweep, and with whose credentials. The defaults are the command's."""

    everywhere: bool = False
    """Look for the name below every prefix: needs the permission to list."""
    force_keys: tuple[str, ...] = ()
    """Whole keys that are looked at as well, and removed whatever they hold."""
    owners: tuple[Destination, ...] = ()
    """Other destinations for the same buckets: they look and remove, instead of the ones under suspicion."""
    login: bool = False
    """Look and remove with the operator's own login."""
    profile: str | None = None
    """Its profile, where the cloud has profiles."""
    most: int = MOST
    """Removals of one destination in one run."""


class RemovalPlan(Dataclass):
    """What would be removed from one bucket: what a person is asked about."""

    name: str
    target: str
    leftovers: tuple[Leftover, ...]


Confirm = Callable[[Sequence[RemovalPlan]], bool]
"""Asked once, after everything was listed and before anything is removed."""
