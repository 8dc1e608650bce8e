"""Remove what this check wrote, and tell what could not be removed."""

from __future__ import annotations

from validator import catalog
from validator.bounds import Interrupted
from validator.conversation import Answer, Conversation
from validator.model import Confidence, Kind, Mode, Observation, Operation, Outcome, Residue, ResidueState
from validator.providers.base import Receipt
from validator.record import Recorder


class Cleanup:
    """Everything that takes back what was made in one bucket."""

    def __init__(self, talk: Conversation, record: Recorder) -> None:
        self._talk = talk
        self._record = record

    def delete(self, key: str, receipt: Receipt | None, body: bytes, place: str, *, written: bool) -> None:
        """Delete our own file. Never raises: what remains is residue."""
        talk, record, seen = self._talk, self._record, self._record.seen
        try:
            answer = talk.ask(lambda: talk.bucket.delete(key, receipt, body), cleaning=True)
            if receipt is None and answer.kind in (Kind.ABSENT, Kind.PRECONDITION):
                # The write's answer was lost: it may arrive after this delete. Look again, twice.
                for seconds in (0.5, 1.5):
                    if not talk.bounds.pause(seconds, cleaning=True):
                        break
                    again = talk.ask(lambda: talk.bucket.delete(key, receipt, body), cleaning=True)
                    if again.kind is not Kind.ABSENT:
                        answer = again
        except Interrupted:
            seen.interrupted = True
            answer = Answer(0.0, observation=Observation(Kind.UNREACHABLE, code="interrupted"))
        if answer.granted or answer.kind is Kind.ABSENT:
            record.step(Operation.DELETE, key, Mode.PERFORMED, Outcome.GRANTED, answer)
            if answer.granted and written:
                seen.performed.add((Operation.DELETE, place))
                # What could not be proven beforehand has been seen now.
                seen.findings = [each for each in seen.findings if each.name != "delete-unproven"]
            elif written:
                self._replaced(key, "It was gone when this check came to delete it.")
            if receipt is not None:
                self._settle(key, receipt)
            return
        record.refused(Operation.DELETE, key, Mode.PERFORMED, answer)
        if answer.kind is Kind.PRECONDITION and written:
            seen.failures.pop()
            self._replaced(key, "Another object lies under that name now; it was left alone.")
            return
        self.left(key, receipt, certain=written)

    def took_back(self, key: str, body: bytes) -> bool:
        """What lies there may not be read, and may be our own first try: a delete pinned to our bytes takes only that."""
        answer = self._talk.ask(lambda: self._talk.bucket.delete(key, None, body), cleaning=True)
        if not answer.granted and answer.kind not in (Kind.ABSENT, Kind.PRECONDITION):
            self.left(key, None, certain=False)
        return answer.granted

    def left(self, key: str, receipt: Receipt | None, *, certain: bool) -> None:
        """Tell that our own file is, or may be, still there."""
        version = receipt.version if receipt else None
        command = self._talk.provider.removal(self._talk.parameters, key, version)
        note = "" if certain else "the answer to the write was lost: the file may or may not be there"
        self._record.seen.residue.append(Residue(key, ResidueState.LEFT, command, version, note))
        self._record.seen.findings.append(
            catalog.finding(
                "residue-left",
                detail=f"{key} {'was' if certain else 'may have been'} written by this check and could not be removed.",
                confidence=Confidence.CONFIRMED if certain else Confidence.POSSIBLE,
                evidence={"key": key, **({"version": version} if version else {})},
                commands=(command,),
            )
        )

    def abort(self, key: str, upload: str) -> Answer:
        """Abort an upload in parts. Never raises."""
        talk, seen = self._talk, self._record.seen
        bucket = talk.bucket
        try:
            answer = talk.ask(lambda: bucket.abort_multipart(key, upload), cleaning=True)  # type: ignore[attr-defined]  # who started it has looked
        except Interrupted:
            seen.interrupted = True
            answer = Answer(0.0, observation=Observation(Kind.UNREACHABLE, code="interrupted"))
        if not answer.granted and answer.kind is not Kind.ABSENT:
            command = talk.provider.removal(talk.parameters, key, f"upload:{upload}")
            seen.residue.append(Residue(key, ResidueState.LEFT, command, None, "an unfinished multipart upload"))
        return answer

    # ---- small things ------------------------------------------------------------------------------------------------

    def _replaced(self, key: str, detail: str) -> None:
        seen = self._record.seen
        seen.findings = [each for each in seen.findings if each.name != "content-corrupted"]
        seen.findings.append(catalog.finding("file-replaced", detail=f"{key} was written by this check. {detail}"))

    def _settle(self, key: str, receipt: Receipt) -> None:
        talk, seen = self._talk, self._record.seen
        try:
            answer = talk.ask(lambda: talk.bucket.settle(key, receipt), cleaning=True)
        except Interrupted:
            seen.interrupted = True
            return
        if not answer.granted:
            if receipt.version:
                command = talk.provider.removal(talk.parameters, key, receipt.version)
                seen.residue.append(Residue(key, ResidueState.VERSION, command, receipt.version, "may remain"))
            return
        remains: list[Residue] = list(answer.value)
        seen.residue += remains
        locked = [each for each in remains if each.state is ResidueState.LOCKED]
        if locked:
            self._remains("retention-locked", key, locked)
        if len(remains) > len(locked):
            self._remains("versions-remain", key, [each for each in remains if each not in locked])

    def _remains(self, name: str, key: str, remains: list[Residue]) -> None:
        what = " and ".join(
            sorted({"a delete marker" if each.state is ResidueState.MARKER else "a version" for each in remains})
        )
        notes = "; ".join(sorted({each.note for each in remains if each.note}))
        self._record.seen.findings.append(
            catalog.finding(
                name,
                detail=f"The delete of {key} succeeded, but {what} of it stays in the bucket"
                + (f": {notes}." if notes else "."),
                evidence={"versions": ", ".join(each.version_id or "null" for each in remains)},
                commands=tuple(each.remove_command for each in remains),
            )
        )
