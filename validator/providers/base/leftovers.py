"""What a sweep asks of a bucket: leftovers of every kind, not the object alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final, Protocol, runtime_checkable

from validator.core.model import VERIFICATION_FILE, Confidence
from validator.core.values import Dataclass, field
from validator.providers.base.bucket import is_own_name

RULE: Final = "Let a rule like this one clear the name away by itself (add it to the rules that are there: what is set replaces them all)."
"""What is said of a lifecycle rule for the verification file."""


class LeftoverKind(StrEnum):
    """What a leftover is."""

    CURRENT = "current"
    """The object itself."""
    NONCURRENT = "noncurrent"
    """An older version, or one that a delete marker hides."""
    MARKER = "marker"
    """A delete marker."""
    SNAPSHOT = "snapshot"
    SOFT_DELETED = "soft-deleted"
    """Deleted, and kept by the store for some days: it goes by itself, and nobody can make it go sooner."""
    UPLOAD = "upload"
    """An upload in parts that was never finished."""


class Leftover(Dataclass):
    """One thing that lies in a bucket under a name that was asked for."""

    key: str
    kind: LeftoverKind
    size: int | None = None
    """Bytes; None if the store does not say."""
    modified: datetime | None = None
    version: str | None = None
    """Version id, generation, snapshot time or upload id."""
    pin: str = ""
    """ETag or generation: what the removal of exactly this is pinned to."""
    storage_class: str = ""
    lock: str = ""
    """What keeps it, in words and with the date if there is one: retention, hold, lease. Empty if nothing is known to."""
    versioned: bool = False
    """A plain delete would only hide it: the bucket keeps versions."""
    body: bytes | None = field(default=None, repr=False)
    """Its content when it is small and was read."""


def is_swept(name: str, key: str, *, everywhere: bool) -> bool:
    """Whether a sweep for ``key`` wants the object called ``name``: everywhere also what a killed check of ours left beside the file."""
    if not everywhere:
        return name == key
    return name.rpartition("/")[2] == key or (key == VERIFICATION_FILE and is_own_name(name))


class UnseenPart(Dataclass):
    """A part of the bucket that could not be looked at."""

    what: str
    """In words that go after "not seen:", such as ``old versions (s3:ListBucketVersions)``."""
    error: Exception | None = None
    """The refusal; None where the store has no way to ask."""
    itself: bool = False
    """Whether the object itself may be there unseen."""


@runtime_checkable
class SupportsSweep(Protocol):
    """A bucket in which ``sweep`` finds leftovers of every kind, not the object alone."""

    presence: Confidence
    """How far a "precondition failed" to the rehearsed delete shows that there is a file, where it can be neither read nor listed."""

    def leftovers(self, key: str, *, everywhere: bool) -> Iterator[Sequence[Leftover | UnseenPart]]:
        """What lies under ``key``; with ``everywhere`` under every key that :func:`is_swept` wants. One page for each request, also
        where it holds none, so that the core can bound each. A refusal becomes an :class:`UnseenPart`; any other exception is raised.
        """

    def remove(self, leftover: Leftover) -> None:
        """Remove exactly this, pinned to its version, generation or ETag. Another object under that name is left alone: the
        PRECONDITION of the store is raised.
        """
