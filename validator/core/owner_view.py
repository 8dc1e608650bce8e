"""The owner's side of a bucket, as a report holds it."""

from __future__ import annotations

from validator.core.values import Dataclass


class OwnerView(Dataclass):
    """What the operator's own login saw (``--owner``). It only reads: nothing was changed."""

    identity: str
    """Who looked; empty if there was no login to look with."""
    seen: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    """What could not be read, with the permission that it takes: never a failure."""
