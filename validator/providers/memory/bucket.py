"""One bucket of a memory store: looks, rehearses, writes, reads, deletes and sweeps."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from typing import Any

from validator.core.model import Confidence, Kind, Operation, Residue
from validator.providers.base import (
    Experiment,
    Failure,
    Leftover,
    LeftoverKind,
    Options,
    Receipt,
    RetentionBlocker,
    StoredObject,
    UnseenPart,
    is_own_name,
    is_swept,
)
from validator.providers.common.conditions import Belief, Conditioned, Conditions, not_asked
from validator.providers.common.dates import iso_date
from validator.providers.memory.client import MemoryClient, StoreError
from validator.providers.memory.errors import classify
from validator.providers.memory.parameters import MemoryParameters

SMALL = 1024
"""Bytes. A larger object under our name is not ours, and not read whole."""


class MemoryBucket(Conditioned):
    """See :class:`validator.providers.base.Bucket` for what each method owes."""

    presence = Confidence.LIKELY

    def __init__(self, parameters: MemoryParameters, options: Options) -> None:
        self._client = MemoryClient(parameters, options)
        # Nobody vouches for somebody's own store: it is believed when it was seen to refuse.
        self.conditions = Conditions.at(documented=False)
        self._free: set[str] = set()
        """Names under which a look found no object."""
        self._written: dict[str, str] = {}
        """Names under which our own object lies, with its ETag."""

    def __exit__(self, *exc: object) -> None:
        self._client.close()

    # ---- looking -----------------------------------------------------------------------------------------------------

    def stat(self, key: str) -> StoredObject | None:
        """See the seam."""
        self._free.discard(key)
        try:
            answer = self._client.send("GET", key, headers={"range": f"bytes=0-{SMALL - 1}"})
        except StoreError as error:
            if classify(error).kind is not Kind.ABSENT:
                raise
            self._free.add(key)
            return None
        size = int(answer.headers["size"])
        body = answer.content if size <= SMALL else None
        return StoredObject(key, size, iso_date(answer.headers["modified"]), None, answer.headers["etag"], body)

    def read(self, key: str) -> bytes:
        """See the seam."""
        body: bytes = self._client.send("GET", key).content
        return body

    def list(self, prefix: str) -> Sequence[str]:
        """See the seam."""
        return [each["name"] for each in self._listed(prefix)]

    def _listed(self, prefix: str) -> Sequence[dict[str, Any]]:
        listed: Sequence[dict[str, Any]] = self._client.send("GET", query=prefix).json()["objects"]
        return listed

    def retention_blockers(self) -> Sequence[RetentionBlocker]:
        """None: no setting of this store keeps a file."""
        return ()

    # ---- rehearsing --------------------------------------------------------------------------------------------------

    def rehearse(self, operation: Operation, key: str) -> None:
        """See the seam: on condition of an ETag that no object has."""
        if operation is Operation.WRITE:
            return self._rehearse_write(key)
        if not (self.conditions.delete.holds or key in self._written or is_own_name(key) or key in self._free):
            raise not_asked(key)
        try:
            self._client.send("DELETE", key, headers={"if-match": _made_up()})
        except StoreError as error:
            if classify(error).kind is Kind.PRECONDITION:
                self.conditions.delete = Belief.SEEN
            raise
        if self._written.pop(key, None):
            self.conditions.delete = Belief.IGNORED
        return None

    def _rehearse_write(self, key: str) -> None:
        if key not in self._written:
            if not self.conditions.write.holds:
                raise NotImplementedError("this store was not seen to refuse a write whose condition cannot hold")
            self._client.send("PUT", key, headers={"if-match": _made_up()})
            return
        # Our own object lies there: a write that must not find it, or must find another, has to be refused.
        tests: tuple[tuple[str, dict[str, str]], ...] = (
            ("create", {"if-none-match": "*"}),
            ("write", {"if-match": _made_up()}),
        )
        for name, condition in tests:
            try:
                answer = self._client.send("PUT", key, headers=condition)
            except StoreError as error:
                if classify(error).kind not in (Kind.PRECONDITION, Kind.EXISTS):
                    raise
                setattr(self.conditions, name, Belief.SEEN)
            else:
                setattr(self.conditions, name, Belief.IGNORED)
                self._written[key] = answer.headers["etag"]

    # ---- performing --------------------------------------------------------------------------------------------------

    def write(self, key: str, body: bytes) -> Receipt:
        """See the seam: create-only."""
        answer = self._client.send("PUT", key, body=body, headers={"if-none-match": "*"})
        self._written[key] = answer.headers["etag"]
        self._free.discard(key)
        return Receipt(answer.headers["etag"])

    def delete(self, key: str, receipt: Receipt | None, body: bytes) -> None:
        """See the seam: pinned to our ETag, or, where the answer to the write was lost, to that of an object that holds our bytes."""
        pin = self._written.get(key) or (receipt.pin if receipt else "")
        if not pin:
            stored = self.stat(key)
            if stored is None:
                raise StoreError(404, "no-object", "there is no such object", {"memory-store": "not asked"})
            if stored.body != body:
                raise StoreError(412, "changed", "the object is not the one that was written", {"memory-store": "not asked"})
            pin = stored.pin
        self._client.send("DELETE", key, headers={"if-match": pin})
        self._written.pop(key, None)

    def cleanup_versions(self, key: str, receipt: Receipt | None) -> Sequence[Residue]:
        """Nothing remains: the store keeps no versions."""
        del key, receipt
        return ()

    def experiments(self, failure: Failure) -> Iterator[Experiment]:
        """None: no parameter could be tried another way."""
        del failure
        return iter(())

    # ---- what was there before ---------------------------------------------------------------------------------------

    def leftovers(self, key: str, *, everywhere: bool) -> Iterator[Sequence[Leftover | UnseenPart]]:
        """See the seam: the objects, in one page."""
        try:
            listed = self._listed("" if everywhere else key)
        except StoreError as error:
            if classify(error).kind is not Kind.DENIED:
                raise
            yield (UnseenPart("the objects (list)", error, itself=True),)
            return
        yield [
            Leftover(each["name"], LeftoverKind.CURRENT, each["size"], iso_date(each["modified"]), pin=each["etag"])
            for each in listed
            if is_swept(each["name"], key, everywhere=everywhere)
        ]

    def remove(self, leftover: Leftover) -> None:
        """See the seam."""
        self._client.send("DELETE", leftover.key, headers={"if-match": leftover.pin})


def _made_up() -> str:
    """An ETag that no object has."""
    return secrets.token_hex(16)
