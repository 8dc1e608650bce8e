"""The ledger: whatever this run may have made in a bucket, from before it is sent until it was seen to be gone."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from validator.checking.conversation import Attempt, Conversation, Look
from validator.core.model import VERIFICATION_FILE
from validator.core.values import Dataclass, field
from validator.providers.base import Receipt, StoredObject


class LedgerEntry(Dataclass, frozen=False, eq=False):
    """One object, or one upload in parts, that may be in a bucket because of us."""

    talk: Conversation
    """With whose parameters it was made, and is removed."""
    key: str
    body: bytes = b""
    """Random: what lies under the key and holds these bytes is ours."""
    receipt: Receipt | None = None
    """What the store said of it; None while no answer shows that it was made."""
    superseded: list[Receipt] = field(default_factory=list)
    """Of writes of ours that a later one of ours wrote over: a bucket that keeps versions has them still."""
    upload: str | None = None
    """The id of an upload in parts; empty while no answer named it."""
    may_land: bool = True
    """No answer excludes that it comes to be later."""
    repeated: bool = False
    """A request for it may have been carried out more often than was answered: a bucket that keeps versions may hold more of it."""
    late: bool = False
    """A delete got no answer at all: it may be carried out later, which makes a marker where versions are kept."""
    overtaken: bool = False
    """Other bytes were read under the key since: what lies there now is somebody else's, as far as was seen."""

    @property
    def made(self) -> bool:
        """The store said that it is there."""
        return self.receipt is not None or bool(self.upload)

    def doubt(self, delete: Attempt) -> None:
        """What the answer to a delete leaves open of it."""
        self.repeated |= delete.in_doubt
        self.late |= any(each is not None and each.status is None for each in (delete.observation, delete.earlier))

    def adopt(self, there: StoredObject) -> None:
        """What lies there is ours, although no answer said so."""
        self.receipt = Receipt(there.pin, there.version)
        if there.body is not None:
            self.body = there.body

    def look(self) -> Look:
        """What lies under its key, in the time that is kept for clean-up. Raises Interrupted."""
        return self.talk.look(self.key, cleaning=True)

    def delete(self) -> Attempt:
        """Ask for its removal, in the same time, pinned to what is known of it: only what is ours goes. Raises Interrupted."""
        return self.talk.ask(lambda: self.talk.bucket.delete(self.key, self.receipt, self.body), cleaning=True)

    @property
    def own_name(self) -> bool:
        """Nobody else has an object under this name: part of it is random."""
        return self.key.rpartition("/")[2] != VERIFICATION_FILE


def md5(data: bytes) -> str:
    """In hexadecimal, as stores tell it of what they hold."""
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


class Ledger:
    """Entries leave only when their removal, or that they never came to be, was seen, or when they were told as residue."""

    def __init__(self) -> None:
        self._entries: list[LedgerEntry] = []

    def enter(self, entry: LedgerEntry) -> LedgerEntry:
        """Before the request is sent."""
        self._entries.append(entry)
        return entry

    def strike(self, entry: LedgerEntry) -> None:
        """It was seen to be gone or never to have come to be, or it was told as residue."""
        self._entries = [each for each in self._entries if each is not entry]

    def __contains__(self, entry: object) -> bool:
        return any(each is entry for each in self._entries)

    def __iter__(self) -> Iterator[LedgerEntry]:
        """A copy: entries may be struck on the way."""
        return iter(tuple(self._entries))
