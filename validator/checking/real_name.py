"""What can be told of the very name that Planet will write and delete: seen there, or else only on a name beside it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Final

from validator.checking.cleanup import LATER
from validator.checking.conversation import UNKNOWN, Attempt, Conversation, Look
from validator.checking.ledger import Ledger, LedgerEntry
from validator.checking.perform import is_of_a_check, sibling_key
from validator.checking.record import Recorder
from validator.checking.rehearse import KEPT_UNSEEN, Rehearsal
from validator.core import catalog
from validator.core.model import Kind, Mode, Operation, Outcome
from validator.core.values import Dataclass
from validator.providers.base import KnowsRisks, StoredObject

BESIDE: Final = "on a name beside, which nobody has"
"""Note of a step that says nothing of the real name."""


class NameState(Dataclass, frozen=False):
    """What is known of one key."""

    key: str
    there: Look = UNKNOWN
    delete: Attempt | None = None
    """The rehearsed delete of the key itself; None while it could not be asked."""
    write: bool = False
    """Whether a write of the key itself was seen to be allowed."""
    beside: Attempt | None = None
    """The rehearsed delete of a name beside, where that of the key could not be asked."""
    risk: str = ""
    """Why nothing may be written under the key, although no object is seen there."""
    trouble: Attempt | None = None
    """Why the survey did not come to its end."""
    hidden: bool = False
    """Whether what lies there is why nothing can be told of the key: gone, it would be another matter."""

    @property
    def answer(self) -> Attempt:
        """The answer that decides whether anything is performed."""
        return self.trouble or self.delete or self.beside or Attempt(0.0)

    @property
    def both_allowed(self) -> bool:
        """Whether delete and write of the key itself were both seen to be allowed."""
        return self.delete is not None and self.delete.allowed and self.write


class RealName(Dataclass, frozen=False):
    """Asks about the key, in an order in which nothing of another's can be touched."""

    talk: Conversation
    record: Recorder
    rehearsal: Rehearsal
    folders: Sequence[str]
    """Where else in the bucket a name that nobody has may be asked about: the places of this check."""

    def survey(self, key: str) -> NameState:
        """Look and rehearse; nothing changes. Raises Interrupted."""
        state = NameState(key)
        if self._believed():
            self._ask(state)
            return state
        # Nothing may be asked of this name before it is seen to be nobody's, or the store is seen to honour the condition.
        state.there = self.talk.look(key)
        if state.there is None and not self._risky(state) and state.trouble is None:
            self._ask(state)
        elif state.trouble is None:
            state.beside = self._ask_beside(state)
            if self._believed() and not state.risk:
                self._ask(state)
        return state

    def name(self, state: NameState, *, proceed: bool) -> str:
        """Where to perform: under the key, or beside it where something of another's lies there, or may."""
        bucket, key = self.talk.bucket, state.key
        nobodys = state.there is None or (state.there is UNKNOWN and bucket.creates_exclusively)
        rehearsed = state.delete is not None and (state.delete.allowed or (proceed and state.delete.unproven is not None))
        if nobodys and rehearsed and (not state.risk or state.delete.unproven is not None):  # type: ignore[union-attr]  # rehearsed says so
            return key
        if state.risk:
            self.record.result.limits.append(f"the check was made on a name beside {key}: {state.risk}")
        elif state.there is UNKNOWN:
            self.record.result.limits.append(
                f"whether {key} already exists could not be seen, so the check was made on a name beside it; {KEPT_UNSEEN}"
            )
        return sibling_key(key)

    def learn(self, state: NameState, entry: LedgerEntry, ledger: Ledger) -> bool:
        """Our own object lies there, under a name that nobody has: does the store refuse what must not be carried out? False if it is
        gone by that.
        """
        bucket, name = self.talk.bucket, entry.key
        if not state.write:
            # A write that the store was to refuse may be carried out, and its answer lost: it would come after the delete.
            second = ledger.enter(LedgerEntry(self.talk, name))
            try:
                second.may_land = not self.talk.ask(lambda: bucket.rehearse(Operation.WRITE, name)).final
            except NotImplementedError:
                second.may_land = False
            if not second.may_land:
                ledger.strike(second)
        if self._believed():
            return True
        answer = self.talk.ask(lambda: bucket.rehearse(Operation.DELETE, name))
        if not self._believed():  # else it was refused, however often it arrived
            entry.doubt(answer)
        return not answer.granted

    def conclude(self, state: NameState, name: str) -> bool:
        """After the operations were performed under ``name``: were both seen to be allowed of the key itself? Raises Interrupted."""
        if name == state.key:
            return True
        refused, unseen = False, not isinstance(state.there, StoredObject)
        if state.delete is None and self._believed() and not state.risk:
            self._ask(state)
            refused = not state.answer.allowed or state.answer.kind is Kind.KEPT
            if state.answer.kind is Kind.KEPT:
                self.record.fail(Operation.DELETE, state.key, Mode.REHEARSED, state.answer)
        if unseen and isinstance(state.there, StoredObject):  # the first look did not show it, or it has just come
            self.rehearsal.lingering(state.there, state.key)
            refused |= self.rehearsal.retention_blockers(state.there, state.key)
        if not state.write and state.delete is not None and state.delete.allowed:
            refused |= self.ask_write(state)
        if not state.both_allowed and not refused:
            self._unproven(state, name)
        return state.both_allowed and not refused

    def freed(self, state: NameState) -> NameState | None:
        """What is known of the key once what lay there has gone; None if nothing lay there that left anything open, or it stays.

        Another check, or Planet's own, may have been under way: then a look decides what could not be asked before. Raises Interrupted.
        """
        if not isinstance(state.there, StoredObject) or not (state.hidden or self.rehearsal.unsure):
            return None
        for seconds in (0.0, *LATER):
            if seconds and not self.talk.deadline.rest(seconds):
                return None
            before, state.there = state.there, self.talk.look(state.key)
            if state.there is None:
                now = NameState(state.key, None)
                self._ask(now)
                if now.there is None:
                    self.rehearsal.gone(state.key)
                    return now
                state.there = now.there  # the next has just come
            if not _at_work(before, state.there):
                return None
        return None

    def ask_write(self, state: NameState) -> bool:
        """Rehearse a write of the key: Planet would write over what lies there. True if it was refused."""
        try:
            answer = self.rehearsal.ask(Operation.WRITE, state.key)
        except NotImplementedError:
            return False
        state.write = answer.allowed
        if answer.kind is Kind.EXISTS and state.there is UNKNOWN:
            self.rehearsal.lingering(state.there, state.key, exists=True)
            state.there = StoredObject(state.key)
        return not answer.allowed

    def report_lingering(self, state: NameState) -> None:
        """Tell of the file that lies there, and ask whether Planet could write over it."""
        self.rehearsal.lingering(state.there, state.key)
        if isinstance(state.there, StoredObject):
            self.ask_write(state)
        if state.delete is not None and state.delete.kind is Kind.KEPT:
            self.record.fail(Operation.DELETE, state.key, Mode.REHEARSED, state.delete)

    def _believed(self) -> bool:
        return self.talk.bucket.enforces_preconditions  # asked each time: it becomes true on the way

    def _ask(self, state: NameState) -> None:
        answer = self.rehearsal.ask(Operation.DELETE, state.key)
        state.delete = answer
        came = state.there is None and answer.kind is Kind.PRECONDITION  # or that is how the store says that there is none
        if came or (state.there is UNKNOWN and answer.kind in (Kind.PRECONDITION, Kind.EXISTS, Kind.KEPT, Kind.DENIED)):
            state.there = self.talk.look(state.key)
        elif state.there is UNKNOWN and answer.kind is Kind.ABSENT:
            state.there = None
        if answer.allowed or answer.unproven is not None:
            self._risky(state)
        if state.there is UNKNOWN and answer.granted and not state.risk:
            state.there = None  # carried out, on a condition that no object meets: there is none

    def _risky(self, state: NameState) -> bool:
        bucket = self.talk.bucket
        if isinstance(state.there, StoredObject) or not isinstance(bucket, KnowsRisks):
            return False
        answer = self.talk.ask(lambda: bucket.risk(state.key))
        if answer.granted:
            state.risk = answer.value
        else:
            self.record.fail(Operation.DELETE, state.key, Mode.REHEARSED, answer)
            # A look at what keeps a file proves no delete, whatever the answer.
            outcome = Outcome.UNPROVEN if answer.allowed else None
            self.record.step(Operation.DELETE, state.key, Mode.REHEARSED, answer, outcome=outcome)
            state.trouble = answer
        return bool(state.risk)

    def _ask_beside(self, state: NameState) -> Attempt:
        """A name that nobody has, here or in another place of this check, where a grant may be."""
        key, answer = state.key, Attempt(0.0)
        here = key.rpartition("/")[0]
        for folder in dict.fromkeys([here, *(each.rstrip("/") for each in self.folders)]):
            name = f"{folder}/" * bool(folder) + f"planetverify-{os.urandom(8).hex()}.txt"
            answer = self.talk.ask(lambda name=name: self.talk.bucket.rehearse(Operation.DELETE, name))  # type: ignore[misc]  # the same
            self.record.step(Operation.DELETE, name, Mode.REHEARSED, answer, BESIDE)
            if answer.kind is not Kind.DENIED:
                break
        if answer.kind is Kind.DENIED and self._speaks_of_the_name(state, answer):
            self.leave_open(state, "it may not be asked under that name, and a delete of a name beside it was refused")
        elif not answer.allowed:  # but for a refusal, whatever it is, it is not the name's
            self.record.fail(Operation.DELETE, key, Mode.REHEARSED, answer)
        return answer

    def _speaks_of_the_name(self, state: NameState, answer: Attempt) -> bool:
        """Whether the key itself may be allowed what a name beside it was not: a file is seen there, or the refusal names its resource."""
        observation = answer.observation
        if observation is None:
            return False
        finding = self.record.finding(observation, Operation.DELETE, state.key, Mode.REHEARSED)
        return finding.name == "delete-denied" and (isinstance(state.there, StoredObject) or "action" in observation.evidence)

    def _unproven(self, state: NameState, name: str) -> None:
        if state.risk:
            why = state.risk
        elif state.delete is None:
            why = "this store was not seen to honour a condition on a delete, so it may not be asked to delete what may be another's"
        else:
            why = "this store was not seen to refuse a write whose condition cannot hold, so it may not be asked to write over another's"
        self.leave_open(state, f"{why}. On {name} beside it, write and delete were seen to be allowed")

    def leave_open(self, state: NameState, why: str) -> None:
        """Tell that nothing is known of the key itself, and why."""
        state.hidden = isinstance(state.there, StoredObject) and not state.risk
        detail = f"Whether Planet may write and delete {state.key} itself could not be told: {why}."
        self.record.result.findings.append(catalog.finding("delete-unproven", detail=detail, evidence={"key": state.key}))


def _at_work(before: Look, there: Look) -> bool:
    """Whether somebody seems to be writing and deleting there just now."""
    if not isinstance(there, StoredObject):
        return False
    return is_of_a_check(there) or not isinstance(before, StoredObject) or before.pin != there.pin
