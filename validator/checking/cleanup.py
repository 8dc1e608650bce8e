"""Work off the ledger: remove what this check wrote, see that it is gone, and tell what could not be removed.

Nothing here raises for what a store answers, nor for an interruption: what remains is residue.
"""

from __future__ import annotations

from typing import Final, Literal

from validator.checking.conversation import ALLOWED, UNKNOWN, Attempt, Look
from validator.checking.ledger import Ledger, LedgerEntry
from validator.checking.record import Recorder
from validator.checking.versions import INTERRUPTED, Versions, sweep_command
from validator.core import catalog
from validator.core.deadline import Interrupted
from validator.core.model import (
    VERIFICATION_FILE_LIMIT,
    Confidence,
    Kind,
    Mode,
    Operation,
    Outcome,
    Residue,
    ResidueState,
    Severity,
)
from validator.core.values import replace
from validator.providers.base import StoredObject

LATER: Final = (0.5, 1.5, 3.0)
"""Seconds between the looks for a write that got no answer: it may land after the first delete."""


End = Literal["removed", "vanished", "gone", "never", "told"]
"""How an entry left the ledger.

- ``removed``: the delete was seen to be carried out.
- ``vanished``: it got no clear answer, and the file was seen to be gone: nothing stays, and whether a delete is allowed stays open.
- ``gone``: it was not there any more, and not by our doing: another writer removed it, or wrote over it.
- ``never``: it was never seen. What may still come was told.
- ``told``: it is, or may be, still there: told as residue.
"""


class Cleanup:
    """Takes back what one destination's check made, in whichever bucket."""

    def __init__(self, record: Recorder, ledger: Ledger) -> None:
        self._record = record
        self._ledger = ledger
        self.versions = Versions(record)

    def work_off(self) -> None:
        """Remove everything that is still in the ledger."""
        for entry in self._ledger:
            self.remove(entry)

    def remove(self, entry: LedgerEntry) -> End:
        """Remove one entry and strike it. An error of our own, or of a provider's, ends as residue."""
        deadline = entry.talk.deadline
        sent = deadline.stop.level < 2 and deadline.left(cleaning=True) > 0
        try:
            if entry.upload is not None:
                self.abort(entry)
                return "told"
            return self._remove_made(entry, sent=sent) if entry.made else self._remove_unseen(entry, sent=sent)
        except Interrupted:
            self._record.result.interrupted = True
            self._record.step(Operation.DELETE, entry.key, Mode.PERFORMED, INTERRUPTED, "interrupted")
            self._left(entry, certain=entry.made and not sent)
        finally:
            if entry in self._ledger:
                self._left(entry, certain=False)
        return "told"

    def removed(self, entry: LedgerEntry) -> End:
        """A delete that the store was to refuse was carried out: the object is gone."""
        return self._removed(entry, Attempt(0.0), "carried out, although its condition did not hold")

    def abort(self, entry: LedgerEntry) -> Attempt:
        """Abort an upload in parts and strike it."""
        talk, upload = entry.talk, entry.upload or ""
        bucket = talk.bucket
        answer = INTERRUPTED
        try:
            if upload:
                answer = talk.ask(lambda: bucket.abort_multipart(entry.key, upload), cleaning=True)  # type: ignore[attr-defined]  # who started it has looked
        except Interrupted:
            self._record.result.interrupted = True
        gone = answer.granted or (answer.kind is Kind.ABSENT and answer.tries > 1)
        if not gone and answer.kind is not Kind.ABSENT:
            if upload:
                command, note = talk.provider.removal(talk.parameters, entry.key, f"upload:{upload}"), ""
            else:
                command, note = sweep_command(entry.key), ", which may or may not have been started: its answer was lost"
            residue = Residue(entry.key, ResidueState.LEFT, command, None, f"an unfinished multipart upload{note}")
            self._record.result.residue.append(residue)
        self._ledger.strike(entry)
        return replace(answer, observation=None) if gone else answer

    # ---- what was made -----------------------------------------------------------------------------------------------

    def _remove_made(self, entry: LedgerEntry, *, sent: bool) -> End:
        talk, record, key = entry.talk, self._record, entry.key
        if entry.overtaken and not talk.bucket.enforces_preconditions:
            # What lies there seemed to be another's, and no condition would keep a delete from taking it.
            there = entry.look()
            if there is UNKNOWN:
                self._left(entry, certain=False)
                return "told"
            if there is None:  # a store may be slow to show it
                entry.doubt(entry.delete())
            if not _is_ours(there, entry):
                return self._end(entry, "gone")
        answer = entry.delete()
        entry.doubt(answer)
        if answer.granted:
            return self._removed(entry, answer)
        there = None if answer.kind is Kind.ABSENT else entry.look()
        if answer.kind is Kind.PRECONDITION and there is UNKNOWN and talk.bucket.enforces_preconditions:
            there = StoredObject(key)  # the store itself says that it is not ours
        if isinstance(there, StoredObject) and not _is_ours(there, entry) and _on_own_name(there, entry):
            # A rehearsal of ours was carried out over it, and its answer was lost.
            entry.adopt(there)
            answer = entry.delete()
            if answer.granted:
                return self._removed(entry, answer)
        if _is_ours(there, entry):
            there, answer = self._once_more(entry, answer)
        if there is UNKNOWN or _is_ours(there, entry):
            record.answered(Operation.DELETE, key, Mode.PERFORMED, answer)
            refused = answer.kind in (Kind.DENIED, Kind.KEPT)
            self._left(entry, certain=refused or there is not UNKNOWN or not sent, refused=refused)
            return "told"
        if there is None and (answer.tries > 1 or answer.kind not in (Kind.ABSENT, Kind.PRECONDITION, Kind.DENIED, Kind.KEPT)):
            # Not our doing alone, perhaps; but it was asked for, and it is gone.
            lost = replace(answer, observation=answer.earlier) if answer.kind in ALLOWED and answer.earlier else answer
            record.answered(Operation.DELETE, key, Mode.PERFORMED, lost, "no clear answer came; the file was seen to be gone")
            return self._end(entry, "vanished")
        note = "it was gone already" if there is None else "another object lies under that name now; it was left alone"
        outcome = Outcome.GRANTED if answer.kind is Kind.ABSENT else Outcome.UNPROVEN
        record.step(Operation.DELETE, key, Mode.PERFORMED, answer, note, outcome=outcome)
        return self._end(entry, "gone")

    def _once_more(self, entry: LedgerEntry, first: Attempt) -> tuple[Look, Attempt]:
        """It was seen to be there, and to be ours, after a delete whose answer was lost or made no sense."""
        if first.kind in (Kind.DENIED, Kind.KEPT, Kind.PRECONDITION):
            return StoredObject(entry.key, body=entry.body), first
        answer = entry.delete()
        if answer.granted or answer.kind is Kind.ABSENT:
            return None, first
        return entry.look(), answer

    # ---- what got no answer ------------------------------------------------------------------------------------------

    def _remove_unseen(self, entry: LedgerEntry, *, sent: bool) -> End:
        """The write's answer was lost: it may have landed, it may land later, and another's file may lie there."""
        talk, record, key = entry.talk, self._record, entry.key
        there: Look = UNKNOWN
        answer = INTERRUPTED
        for seconds in (0.0, *LATER):
            if seconds and not talk.deadline.rest(seconds, cleaning=True):
                break
            there = entry.look()
            if isinstance(there, StoredObject) and (_is_ours(there, entry) or _on_own_name(there, entry)):
                entry.adopt(there)
                entry.repeated = True
                return self._remove_made(entry, sent=sent)
            # A delete pinned to our bytes takes only what is ours, also where nothing may be read, or it lands just now.
            answer = entry.delete()
            # A store that looks at no condition grants the delete of what has not come yet as well.
            if answer.granted and (there is not UNKNOWN or talk.bucket.enforces_preconditions or not entry.may_land):
                return self._removed(entry, answer)
            blind = there is UNKNOWN and not answer.granted and answer.kind not in (Kind.ABSENT, Kind.PRECONDITION)
            if blind or not entry.may_land:
                break
        settled = there is not UNKNOWN or answer.kind in (Kind.ABSENT, Kind.PRECONDITION)
        if settled:
            none = there is None or answer.kind is Kind.ABSENT
            note = "nothing was there yet" if none else "another object lies there; it was left alone"
            record.step(Operation.DELETE, key, Mode.PERFORMED, Attempt(0.0), note, outcome=Outcome.UNPROVEN)
        else:
            note = "whether anything lay there could not be seen" if answer.granted else ""
            record.answered(Operation.DELETE, key, Mode.PERFORMED, answer, note)
        if settled and not entry.may_land:
            return self._end(entry, "never")
        self._left(entry, certain=False)
        return "never" if settled else "told"

    # ---- telling -----------------------------------------------------------------------------------------------------

    def _removed(self, entry: LedgerEntry, answer: Attempt, note: str = "") -> End:
        self._record.step(Operation.DELETE, entry.key, Mode.PERFORMED, answer, note)
        return self._end(entry, "removed")

    def _end(self, entry: LedgerEntry, end: End) -> End:
        self.versions.take_back(entry)
        self._ledger.strike(entry)
        return end

    def _left(self, entry: LedgerEntry, *, certain: bool, refused: bool = False) -> None:
        """Tell that our file is, or may be, still there, and strike it; unless a look shows it is gone."""
        talk, key, result = entry.talk, entry.key, self._record.result
        version = entry.receipt.version if entry.receipt else None
        self.versions.take_back(entry)
        self._ledger.strike(entry)
        if certain and version and _is_gone(entry):
            return  # its version could be removed, although the delete by name was refused
        if certain:
            command, note = talk.provider.removal(talk.parameters, key, version), ""
            detail = f"{key} was written by this check and could not be removed."
        else:
            # What lies there may be another's by then: a command that looks first.
            command = sweep_command(key)
            what = "delete" if entry.made else "write"
            note = f"the answer to the {what} was lost: the file may or may not be there" + ("" if entry.made else " later")
            detail = f"{key} may have been left by this check: the answer to its {what} was lost. Look in some minutes."
        result.residue.append(Residue(key, ResidueState.LEFT, command, version, note))
        # Only a refusal says anything of Planet's delete.
        detail += "" if refused else " This does not say whether Planet's own delete would pass."
        evidence = {"key": key, **({"version": version} if version else {})}
        result.findings.append(
            catalog.finding(
                "residue-left",
                detail=detail,
                confidence=Confidence.CONFIRMED if certain else Confidence.POSSIBLE,
                evidence=evidence,
                commands=(command,),
                severity=None if certain else Severity.UNKNOWN,
                title="" if certain else "a file of this check may still be in the bucket",
            )
        )

    def tell(self, entry: LedgerEntry) -> None:
        """Whether it is there cannot be seen, nor can it be removed: strike it, and say so."""
        self._left(entry, certain=False)


def _is_gone(entry: LedgerEntry) -> bool:
    try:
        there = entry.look()
    except Interrupted:
        return False
    return there is not UNKNOWN and not _is_ours(there, entry)


def _on_own_name(there: StoredObject, entry: LedgerEntry) -> bool:
    """Nobody else has that name: whatever of our size lies there, a request of ours made."""
    return entry.own_name and (there.size or 0) <= VERIFICATION_FILE_LIMIT


def _is_ours(there: Look, entry: LedgerEntry) -> bool:
    """Whether what was seen is the entry's object. Its pin, where the store gave one, or its bytes."""
    if not isinstance(there, StoredObject):
        return False
    receipt = entry.receipt
    if receipt is not None and receipt.pin and there.pin == receipt.pin and there.version in (None, receipt.version):
        return True
    return there.body is not None and there.body == entry.body
