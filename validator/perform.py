"""Perform: Planet's own check, with the documented read and list between the write and the delete."""

from __future__ import annotations

import hashlib
import os
from dataclasses import replace

from validator import catalog
from validator.bounds import Interrupted
from validator.cleanup import Cleanup
from validator.conversation import Answer, Conversation
from validator.model import VERIFICATION_FILE, Kind, Mode, Operation, Outcome
from validator.providers.base import Found, Receipt, SupportsMultipart, SupportsOverwrite
from validator.record import Recorder


def new_body() -> bytes:
    """Random, so that two checks on one bucket, and Planet's own, are told from each other."""
    return f"planet-validator {os.urandom(24).hex()}\n".encode()


class Performance:
    """The operations that change the bucket, and those that show what became of it."""

    def __init__(self, talk: Conversation, record: Recorder, cleanup: Cleanup) -> None:
        self._talk = talk
        self._record = record
        self._cleanup = cleanup

    def write(self, key: str, body: bytes) -> tuple[Answer, Receipt | None]:
        """Write as Planet would. Raises Interrupted, what may have been written removed."""
        talk, record, seen = self._talk, self._record, self._record.seen
        before = seen.wrote
        seen.wrote = True
        try:
            answer = talk.ask(lambda: talk.bucket.write(key, body), retry=talk.bucket.creates_only)
        except Interrupted:
            record.step(Operation.WRITE, key, Mode.PERFORMED, Outcome.UNPROVEN, Answer(0.0), "interrupted")
            # The request is on its way: give it a moment to arrive, then take back what it may have made.
            talk.bounds.pause(min(1.0, talk.bounds.seconds / 10), cleaning=True)
            self._cleanup.delete(key, None, body, "", written=False)
            raise
        receipt: Receipt | None = answer.value if answer.granted else None
        if answer.kind is Kind.EXISTS and answer.tries > 1:
            receipt = self._ours(key, body)
            if receipt is not None:  # a first try arrived although its answer did not
                answer = replace(answer, observation=None, value=receipt)
            elif self._cleanup.took_back(key, body):
                return self.write(key, body)
        if answer.granted:
            record.step(Operation.WRITE, key, Mode.PERFORMED, Outcome.GRANTED, answer)
            return answer, receipt
        if not answer.may_have_written:
            seen.wrote = before
        if answer.kind is Kind.EXISTS and key.endswith(VERIFICATION_FILE):
            return answer, None
        record.refused(Operation.WRITE, key, Mode.PERFORMED, answer)
        return answer, None

    def overwrite(self, key: str, body: bytes) -> Receipt | None:
        """Planet would write over the file that lies there. Where that takes a permission of its own, our own file shows it."""
        bucket = self._talk.bucket
        if not isinstance(bucket, SupportsOverwrite):
            return None
        answer = self._talk.ask(lambda: bucket.overwrite(key, body))
        outcome = Outcome.GRANTED
        if not answer.granted:
            self._record.fail(Operation.WRITE, key, Mode.PERFORMED, answer)
            outcome = self._record.outcome(answer, Operation.WRITE, key, Mode.PERFORMED)
        self._record.step(
            Operation.WRITE, key, Mode.PERFORMED, outcome, answer, "over an existing file, as Planet would",
            permission=bucket.overwrite_permission,
        )  # fmt: skip
        receipt: Receipt | None = answer.value if answer.granted else None
        return receipt

    def read(self, key: str, body: bytes) -> None:
        """Read back, and compare."""
        answer = self._talk.ask(lambda: self._talk.bucket.read(key))
        if not answer.granted:
            self._record.refused(Operation.READ, key, Mode.PERFORMED, answer)
            return
        self._record.step(Operation.READ, key, Mode.PERFORMED, Outcome.GRANTED, answer)
        if answer.value != body:
            self._record.seen.findings.append(
                catalog.finding(
                    "content-corrupted",
                    detail=f"{len(body)} bytes were written to {key}, and {len(answer.value)} other bytes were read back.",
                    evidence={
                        "written_md5": hashlib.md5(body, usedforsecurity=False).hexdigest(),
                        "read_md5": hashlib.md5(answer.value, usedforsecurity=False).hexdigest(),
                    },
                )
            )

    def list(self, key: str) -> None:
        """List, where Planet documents that permission."""
        if Operation.LIST not in self._talk.provider.permissions:
            return
        answer = self._talk.ask(lambda: self._talk.bucket.list(key))
        if answer.granted:
            self._record.step(Operation.LIST, key, Mode.PERFORMED, Outcome.GRANTED, answer)
        else:
            self._record.refused(Operation.LIST, key, Mode.PERFORMED, answer)

    def multipart(self, key: str) -> None:
        """Start and abort an upload in parts: only ever a warning."""
        bucket = self._talk.bucket
        if not isinstance(bucket, SupportsMultipart):
            return
        start = self._talk.ask(lambda: bucket.start_multipart(key))
        self._record.form(Operation.WRITE, key, start)
        if start.granted:
            self._record.form(Operation.DELETE, key, self._cleanup.abort(key, start.value))

    def _ours(self, key: str, body: bytes) -> Receipt | None:
        found = self._talk.look(key)
        if isinstance(found, Found) and found.body == body:
            return Receipt(found.pin, found.version)
        return None
