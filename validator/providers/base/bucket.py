"""An open connection to one bucket, and what it hands back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Protocol, Self, runtime_checkable

from validator.core.model import Operation, PatchOperation, Residue
from validator.core.values import Dataclass, field
from validator.providers.base.asked import Failure


class StoredObject(Dataclass):
    """An object that is in the bucket."""

    key: str
    size: int | None = None
    """Bytes; None if the store does not say."""
    modified: datetime | None = None
    version: str | None = None
    pin: str = ""
    """ETag or generation: what a delete of exactly this object is pinned to."""
    body: bytes | None = None
    """Its content when it is small and was read: tells our own write from another's."""


class Receipt(Dataclass):
    """What the store said of our own write: a delete pinned to it can remove nothing else."""

    pin: str = ""
    version: str | None = None


class RetentionBlocker(Dataclass):
    """A bucket setting, read before anything is written, that would keep the file: nothing is written then."""

    finding: str
    detail: str
    evidence: Mapping[str, str] = field(default_factory=dict)
    passes: bool = False
    """Planet's own check would pass all the same, and leave something behind."""
    unsure: bool = False
    """Whether there is one could not be seen: the verdict stays open, and the check is made all the same."""


class Experiment(Dataclass):
    """After a failure: the same operation, asked with one thing changed. Granted, it explains the failure.

    It never turns a refusal into a pass: it proposes the change that would.
    """

    finding: str
    parameters: Any
    """A changed copy of the provider's Parameters."""
    operation: Operation
    patch: tuple[PatchOperation, ...] = ()
    performed: bool = False
    """Really write (and delete again) instead of rehearsing. Only asked when delete was seen to be granted."""
    detail: str = ""
    evidence: Mapping[str, str] = field(default_factory=dict)


NEVER_SENT: Final = frozenset({"dns", "refused", "unreachable", "tls", "forbidden-address", "unsendable"})
"""Codes of :attr:`Kind.UNREACHABLE` that say that no connection came about."""


def is_own_name(key: str) -> bool:
    """Whether a check of ours made the name, in part of random: nobody else has one like it."""
    name = key.rpartition("/")[2]
    word, _, random = name.removesuffix(".txt").partition("-")
    first, apart, second = random.partition("-")
    made = 8 <= len(first) <= 32 and len(second) == (16 if apart else 0) and set(first + second).issubset("0123456789abcdef")
    return made and word == "planetverify" and name.endswith(".txt")


class Unproven(Exception):
    """A rehearsal whose witnesses disagree, or that has none. Nothing is written without ``--proceed``."""

    def __init__(self, message: str, evidence: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.evidence = dict(evidence or {})


class Bucket(Protocol):
    """An open connection to one bucket. Every method but the last three makes the request and raises the SDK's own
    exception untouched; the core bounds the time, retries, and classifies through ``Provider.classify``. SDK retries
    are off. A method may be called from another thread than the one that made the bucket, never from two at once.
    """

    @property
    def enforces_preconditions(self) -> bool:
        """The store is known to refuse a delete whose condition cannot hold: by its vendor's documentation for this very address, or
        because it was seen to, in this run, on an object of ours or on a name that nobody has. It may become true on the way. Where it
        is not, nothing is asked of a name under which another's object, version or marker may lie.
        """

    @property
    def creates_exclusively(self) -> bool:
        """The same of ``write``'s create-only condition, and of that alone: such a write can never overwrite."""

    def __enter__(self) -> Self: ...
    def __exit__(self, *exc: object) -> None: ...

    def stat(self, key: str) -> StoredObject | None:
        """The object under ``key``, or None if the store says that there is none. Raises where it may not be asked."""

    def rehearse(self, operation: Operation, key: str) -> None:
        """Ask for DELETE or WRITE of exactly ``key``, in a form that cannot be carried out. Returning, or raising what ``classify``
        calls PRECONDITION, ABSENT, EXISTS or KEPT, proves the permission. Raises :class:`Unproven` where nothing can be
        proved, NotImplementedError where this operation has no safe form on this store.

        On a name of our own making under which our object lies, this shows whether the store honours the condition: it refuses, or
        the object is gone, or overwritten.
        """

    def write(self, key: str, body: bytes) -> Receipt:
        """Write as Planet would, create-only where the store can."""

    def read(self, key: str) -> bytes:
        """The object's bytes."""

    def list(self, prefix: str) -> Sequence[str]:
        """Keys that begin with ``prefix``. Called only if LIST is among the provider's permissions."""

    def delete(self, key: str, receipt: Receipt | None, body: bytes) -> None:
        """Remove our own object only: pinned to ``receipt``, or, where the answer to the write was lost, to what
        ``body`` determines (its MD5, or a look at the object's bytes). An object that is not ours is left alone: the
        PRECONDITION of the store is raised.
        """

    def retention_blockers(self) -> Sequence[RetentionBlocker]:
        """Settings that can be read and that would keep a file. Empty where they cannot be read; raises nothing that
        only says so.
        """

    def cleanup_versions(self, key: str, receipt: Receipt | None) -> Sequence[Residue]:
        """In the end: remove the versions and markers that the requests of this run made, rehearsals and lost answers included, where
        the credentials may; return what remains. ``receipt`` is that of the write to ``key``, if it was answered.
        """

    def experiments(self, failure: Failure) -> Iterator[Experiment]:
        """What is worth trying after ``failure``. May ask harmless questions of its own on the way."""


@runtime_checkable
class KnowsRisks(Protocol):
    """A bucket that can tell when a write and a delete under a name would touch what is not ours, although no object is seen there."""

    def risk(self, key: str) -> str:
        """Why, in words that can stand after a colon; empty if there is none. May make a request on a name that nobody has."""
