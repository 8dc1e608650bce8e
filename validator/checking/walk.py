"""The walk over one destination: rehearse, then perform, with nothing written that was not first seen to be removable."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from validator.checking.cleanup import Cleanup, End
from validator.checking.conversation import UNKNOWN, Attempt, Conversation
from validator.checking.ledger import Ledger
from validator.checking.perform import Performance, new_body, sibling_key
from validator.checking.real_name import NameState, RealName
from validator.checking.record import ProbeResult, Recorder
from validator.checking.rehearse import Rehearsal
from validator.core import catalog
from validator.core.deadline import Interrupted
from validator.core.model import VERIFICATION_FILE, Finding, Kind, Operation, Step
from validator.providers.base import Failure, StoredObject

ROUNDS: Final = 3
"""How often a name is tried again that another check had at the time."""


class Probe:
    """One destination's walk. Decides what is asked next; judges nothing."""

    def __init__(
        self,
        talk: Conversation,
        *,
        proceed: bool,
        watch: Callable[[Step], None],
        result: ProbeResult,
        folders: Sequence[str],
    ) -> None:
        self._conversation = talk
        self._record = Recorder(talk, watch=watch, result=result)
        self._rehearsal = Rehearsal(self._record)
        self._ledger = Ledger()
        self._cleanup = Cleanup(self._record, self._ledger)
        self._performance = Performance(self._record, self._ledger, self._cleanup)
        self._real = RealName(self._conversation, self._record, self._rehearsal, folders)
        self._proceed = proceed
        self._in_parts: set[str] = set()
        """Places where an upload in parts was tried."""
        self.result = result

    def walk(self, prefix: str = "") -> bool:
        """Check below ``prefix`` ("" for the root); True if write and delete were both carried out there."""
        self.result.places.append(prefix)
        try:
            self._walk(prefix + VERIFICATION_FILE, prefix)
        except Interrupted:
            self.result.interrupted = True
        finally:
            self._cleanup.work_off()
            self._cleanup.versions.cleanup_versions(self._conversation, prefix + VERIFICATION_FILE)
        return {(Operation.WRITE, prefix), (Operation.DELETE, prefix)} <= self.result.performed

    def experiment(self, failure: Failure) -> Finding | None:
        """The explanation that an experiment gives for ``failure``, if one does."""
        from validator.checking import experiments

        return experiments.explain(self._conversation, failure, self.result, self._ledger, self._record.watch)

    def _walk(self, key: str, place: str) -> None:
        real = self._real
        self._rehearsal.unsure = None  # of another place of this check
        state = real.survey(key)
        state = real.freed(state) or state
        answer, rehearsed = state.answer, state.delete is not None
        if rehearsed:
            real.report_lingering(state)
        else:
            self._rehearsal.lingering(state.there, key)
        if not answer.allowed and not (self._proceed and _unsure(answer) and (rehearsed or answer.unproven)):
            self.result.accepted |= answer.kind is Kind.UNAUTHENTICATED and state.there is not UNKNOWN
            if answer.kind is Kind.DENIED and not (
                rehearsed and isinstance(state.there, StoredObject)
            ):  # there it was asked already, as an overwrite
                self._rehearsal.write_instead(key)
            self._record.skip_rest(key, _reason(answer))
            return
        if self._rehearsal.retention_blockers(state.there, key, proceed=self._proceed):
            self._record.skip_rest(key, "nothing was written: it could not have been removed")
            return
        self._perform(real.name(state, proceed=self._proceed), place, state)
        self._once_more(state, place)

    def _once_more(self, state: NameState, place: str) -> None:
        """Where another's file kept the key from being asked, and has gone by now, the key itself decides."""
        for _ in range(ROUNDS):
            proven = state.both_allowed
            now = self._real.freed(state)
            if now is None:
                return
            state = now
            if proven or state.delete is None or not state.delete.allowed:
                continue
            if state.risk:
                self._real.leave_open(state, state.risk)
            else:
                self._perform(state.key, place, state)

    def _perform(self, name: str, place: str, state: NameState) -> None:
        if name != state.key:
            self._rehearsal.own_leftovers(state.key)
        if self._perform_once(name, place, state) != "gone":
            return
        # Another writer had the name at the same time: a name of our own decides.
        self.result.findings = [each for each in self.result.findings if each.name != "content-corrupted"]
        other = sibling_key(state.key)
        self.result.limits.append(
            f"another writer replaced or removed {name} while this check was looking at it; what lies there was left alone, and the "
            f"check was made once more on {other} beside it"
        )
        if self._perform_once(other, place, state) == "gone":
            self.result.findings.append(
                catalog.finding("file-replaced", detail=f"{other} was written by this check, and was not there any more.")
            )

    def _perform_once(self, name: str, place: str, state: NameState) -> End:
        perform, result, key = self._performance, self.result, state.key
        body = new_body()
        answer, entry = perform.write(name, body)
        if answer.kind is Kind.EXISTS and name == key:
            # It was there all the time, or has just come: leave it alone and use a name that nobody has.
            state.write, state.there = True, self._conversation.look(key)
            # What a look does not see is no file: a marker, or blocks that were never committed.
            self._rehearsal.lingering(state.there, key, exists=state.there is UNKNOWN)
            if isinstance(state.there, StoredObject):
                self._rehearsal.retention_blockers(state.there, key, proceed=self._proceed)
            self._rehearsal.own_leftovers(key)
            name = sibling_key(key)
            answer, entry = perform.write(name, body)
        if not answer.granted and entry not in self._ledger:
            self._record.skip(Operation.READ, name, "nothing was written")
            perform.list(name)
            self._record.skip(Operation.DELETE, name, "nothing was written")
            return "never"
        beside, gone = name != key, False
        if answer.granted:
            state.write |= not beside
            # Beside, the name stands for its place: it says that these credentials may write, and not that they may there.
            result.performed.add((Operation.WRITE, name if beside else place))
        try:
            if answer.granted:
                if isinstance(state.there, StoredObject):
                    perform.overwrite(entry)
                perform.read(entry)
                perform.list(name)
                gone = beside and not self._real.learn(state, entry, self._ledger)
        finally:
            end = self._cleanup.removed(entry) if gone else self._cleanup.remove(entry)
        if result.interrupted:
            raise Interrupted
        if answer.granted and end == "removed":
            self._count(state, name, place)
        if self._conversation.options.multipart and answer.granted and end != "gone" and place not in self._in_parts:
            self._in_parts.add(place)
            perform.multipart(sibling_key(key))
        return end

    def _count(self, state: NameState, name: str, place: str) -> None:
        """Both were carried out under ``name``. Beside the key, that counts only with what was seen of the key itself."""
        result = self.result
        if name == state.key:
            # What could not be proven beforehand has been seen now.
            result.findings = [
                each for each in result.findings if each.name != "delete-unproven" or each.evidence.get("key", name) != name
            ]
        else:
            result.performed.add((Operation.DELETE, name))
            if not self._real.conclude(state, name):
                return
        result.performed |= {(Operation.WRITE, place), (Operation.DELETE, place)}


def _unsure(answer: Attempt) -> bool:
    return answer.unproven is not None or answer.kind in (Kind.TRANSIENT, Kind.OTHER)


def _reason(answer: Attempt) -> str:
    if answer.kind is Kind.DENIED:
        return "nothing was written: it could not have been removed"
    if answer.unproven is not None:
        return "nothing was written: whether it could be removed is not proven (--proceed performs anyway)"
    return "nothing was written"
