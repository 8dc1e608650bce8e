"""Perform: Planet's own check, with the documented read and list between the write and the delete."""

from __future__ import annotations

import os
from typing import Final

from validator.checking.cleanup import Cleanup
from validator.checking.conversation import Attempt
from validator.checking.ledger import Ledger, LedgerEntry, md5
from validator.checking.record import Recorder
from validator.core import catalog
from validator.core.deadline import Interrupted
from validator.core.model import Kind, Mode, Operation, Outcome
from validator.core.values import replace
from validator.providers import base
from validator.providers.base import Receipt, StoredObject

_TAKEN_BACK: Final = object()
"""The value of an answer after which our own earlier try was removed again."""


OPENING: Final = b"planet-validator "
BODY_SIZE: Final = len(OPENING) + 48 + 1


def new_body() -> bytes:
    """Random, so that two checks on one bucket, and Planet's own, are told from each other."""
    return OPENING + f"{os.urandom(24).hex()}\n".encode()


def is_of_a_check(stored: StoredObject) -> bool:
    """Whether a check of ours seems to have written it; of an object that may not be read, its size says so."""
    return stored.body.startswith(OPENING) if stored.body is not None else stored.size == BODY_SIZE


def sibling_key(key: str) -> str:
    """A name that nobody has, in the same folder."""
    folder, slash, _ = key.rpartition("/")
    return f"{folder}{slash}planetverify-{os.urandom(4).hex()}.txt"


class Performance:
    """The operations that change the bucket, and those that show what became of it."""

    def __init__(self, record: Recorder, ledger: Ledger, cleanup: Cleanup) -> None:
        self._conversation = record.talk
        self._record = record
        self._ledger = ledger
        self._cleanup = cleanup

    def write(self, key: str, body: bytes, *, again: bool = True) -> tuple[Attempt, LedgerEntry]:
        """Write as Planet would. The entry is in the ledger for as long as the object may be there. Raises Interrupted."""
        talk, record, ledger = self._conversation, self._record, self._ledger
        before = record.result.wrote
        entry = ledger.enter(LedgerEntry(talk, key, body))
        record.result.wrote = True
        try:
            answer = talk.ask(lambda: talk.bucket.write(key, body), retry=talk.bucket.creates_exclusively)
        except Interrupted:
            record.step(Operation.WRITE, key, Mode.PERFORMED, Attempt(0.0), "interrupted", outcome=Outcome.UNPROVEN)
            raise
        entry.may_land = not answer.final
        if answer.kind is Kind.EXISTS:
            answer = self._met(entry, answer)
        if answer.granted:
            entry.receipt = answer.value
            entry.repeated = answer.in_doubt
            record.step(Operation.WRITE, key, Mode.PERFORMED, answer)
            return answer, entry
        if answer.kind is Kind.EXISTS and answer.value is _TAKEN_BACK and again:
            return self.write(key, body, again=False)
        if not answer.may_have_written:
            ledger.strike(entry)
            record.result.wrote = before
        if answer.kind is Kind.EXISTS and not entry.own_name:
            return answer, entry
        record.answered(Operation.WRITE, key, Mode.PERFORMED, answer)
        return answer, entry

    def _met(self, entry: LedgerEntry, answer: Attempt) -> Attempt:
        """A create-only write met an object. It may be our own: an earlier try arrived, or the wire sent it twice."""
        talk = self._conversation
        stored = talk.look(entry.key)
        if isinstance(stored, StoredObject) and stored.body is not None:
            ours = stored.body == entry.body
            return replace(answer, observation=None, value=Receipt(stored.pin, stored.version)) if ours else answer
        if isinstance(stored, StoredObject) and stored.size not in (None, len(entry.body)):
            return answer
        if answer.tries > 1 or talk.bucket.enforces_preconditions:
            # It may not be read: a delete pinned to our bytes takes only what is ours.
            taken = entry.delete()
            if taken.granted:
                self._ledger.strike(entry)
                return replace(answer, value=_TAKEN_BACK)
            if answer.tries > 1 and taken.kind not in (Kind.ABSENT, Kind.PRECONDITION):
                self._cleanup.tell(entry)
        return answer

    def overwrite(self, entry: LedgerEntry) -> None:
        """Planet would write over the file that lies there. Where that takes a permission of its own, our own file shows it."""
        talk, bucket, key = self._conversation, self._conversation.bucket, entry.key
        if not isinstance(bucket, base.SupportsOverwrite):
            return
        second = self._ledger.enter(LedgerEntry(talk, key, entry.body))
        answer = talk.ask(lambda: bucket.overwrite(key, entry.body))
        second.may_land = not answer.final
        if answer.granted or not answer.may_have_written:
            self._ledger.strike(second)
        note = "over an existing file, as Planet would"
        self._record.answered(Operation.WRITE, key, Mode.PERFORMED, answer, note, permission=bucket.overwrite_permission)
        if answer.granted:
            if entry.receipt is not None:
                entry.superseded.append(entry.receipt)
            entry.receipt = answer.value

    def read(self, entry: LedgerEntry) -> None:
        """Read back, and compare. Other bytes are the store's doing, or somebody else's file by now."""
        talk, record, key, body = self._conversation, self._record, entry.key, entry.body
        answer = talk.ask(lambda: talk.bucket.read(key))
        if answer.kind is Kind.ABSENT and not entry.own_name:
            entry.overtaken = True
            note = "it was gone already: another writer has removed it"
            record.step(Operation.READ, key, Mode.PERFORMED, answer, note, outcome=Outcome.UNPROVEN)
            return
        record.answered(Operation.READ, key, Mode.PERFORMED, answer)
        if not answer.granted or answer.value == body:
            return
        entry.overtaken = not entry.own_name  # whatever ends this before it is told
        stored = talk.look(key)
        again = talk.ask(lambda: talk.bucket.read(key))
        if again.granted and again.value == body:
            entry.overtaken = False
            return  # something in between had answered in the store's place
        pin = entry.receipt.pin if entry.receipt else ""
        if not entry.own_name and not (pin and isinstance(stored, StoredObject) and stored.pin == pin):
            return
        entry.overtaken = False
        detail = f"{len(body)} bytes were written to {key}, and {len(answer.value)} other bytes were read back."
        evidence = {"written_md5": md5(body), "read_md5": md5(answer.value)}
        record.result.findings.append(catalog.finding("content-corrupted", detail=detail, evidence=evidence))

    def list(self, key: str) -> None:
        """List, where Planet documents that permission."""
        talk = self._conversation
        if Operation.LIST in talk.provider.permissions:
            answer = talk.ask(lambda: talk.bucket.list(key))
            self._record.answered(Operation.LIST, key, Mode.PERFORMED, answer)

    def multipart(self, key: str) -> None:
        """Start and abort an upload in parts: only ever a warning."""
        talk, record, bucket = self._conversation, self._record, self._conversation.bucket
        if not isinstance(bucket, base.SupportsMultipart):
            return
        if isinstance(bucket, base.RehearsesAbort):
            abort = talk.ask(lambda: bucket.rehearse_abort(key))
            if not abort.allowed:
                record.answered(Operation.DELETE, key, Mode.REHEARSED, abort, form="multipart")
                return
        entry = self._ledger.enter(LedgerEntry(talk, key, upload=""))
        start = talk.ask(lambda: bucket.start_multipart(key))
        if start.granted:
            entry.upload = start.value
        elif not start.may_have_written:
            self._ledger.strike(entry)
        record.answered(Operation.WRITE, key, Mode.PERFORMED, start, form="multipart")
        if start.granted:
            record.answered(Operation.DELETE, key, Mode.PERFORMED, self._cleanup.abort(entry), form="multipart")
