"""What is known of a store's conditions, each of its own: documented for this address, seen in this run, or neither."""

from __future__ import annotations

import os
from enum import StrEnum
from typing import Self

from validator.core.values import Dataclass
from validator.providers.base import Unproven


class Belief(StrEnum):
    """Whether the store refuses a request whose condition does not hold."""

    UNKNOWN = "unknown"
    DOCUMENTED = "documented"
    """The vendor says so of this address."""
    SEEN = "seen"
    """It has refused one in this run, on an object of ours or on a name that nobody has."""
    IGNORED = "ignored"
    """It carried one out."""
    UNSUPPORTED = "unsupported"
    """It refuses every request that has the header."""

    @property
    def holds(self) -> bool:
        """A condition may be relied on."""
        return self in (Belief.DOCUMENTED, Belief.SEEN)

    @property
    def sent(self) -> bool:
        """The header may be sent: it does no harm."""
        return self is not Belief.UNSUPPORTED


class Conditions(Dataclass, frozen=False):
    """One belief for each condition."""

    delete: Belief = Belief.UNKNOWN
    """A delete of one state of an object alone: ``If-Match``, a generation."""
    create: Belief = Belief.UNKNOWN
    """A write that must not find an object: ``If-None-Match: *``, generation 0."""
    write: Belief = Belief.UNKNOWN
    """A write over one state of an object alone."""
    digest: Belief = Belief.UNKNOWN
    """A write whose ``Content-MD5`` is that of other bytes."""

    @classmethod
    def at(cls, *, documented: bool) -> Conditions:
        """At a vendor's own address, whose documentation is believed; or anywhere else, where nothing is."""
        return cls(*[Belief.DOCUMENTED if documented else Belief.UNKNOWN] * 4)

    @property
    def documented(self) -> bool:
        """Whether all of it rests on the vendor's documentation."""
        return self.delete is Belief.DOCUMENTED


class Conditioned:
    """What a bucket says to the seam of the conditions that it keeps."""

    conditions: Conditions

    @property
    def enforces_preconditions(self) -> bool:
        """See the seam."""
        return self.conditions.delete.holds

    @property
    def creates_exclusively(self) -> bool:
        """See the seam."""
        return self.conditions.create.holds

    def __enter__(self) -> Self:
        return self


def nobodys(key: str) -> str:
    """A name in the folder of ``key`` that nobody has."""
    folder, slash, _ = key.rpartition("/")
    return f"{folder}{slash}planetverify-{os.urandom(8).hex()}.txt"


def not_asked(key: str, where: str = "store") -> Unproven:
    """Why a delete of what may be another's is not rehearsed. ``where``: what it would be asked of."""
    return Unproven(
        f"whether {key} may be deleted could not be asked: this {where} was not seen to honour a condition on a delete, and may not be "
        "asked to delete what may be another's"
    )
