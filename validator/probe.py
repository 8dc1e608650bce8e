"""The walk over one destination: rehearse, then perform, with nothing written that was not first seen to be removable."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from validator import catalog, experiments
from validator.bounds import Bounds, Interrupted
from validator.cleanup import Cleanup, End
from validator.conversation import UNKNOWN, Answer, Conversation, Look
from validator.ledger import Ledger
from validator.model import VERIFICATION_FILE, Finding, Kind, Mode, Operation, Step
from validator.perform import Performance, new_body, sibling_key
from validator.providers.base import Bucket, Failure, Found, Options, Provider
from validator.record import Recorder, Seen
from validator.rehearse import Rehearsal


class Probe:
    """One destination's walk. Decides what is asked next; judges nothing."""

    def __init__(
        self,
        provider: Provider,
        parameters: Any,
        bucket: Bucket,
        options: Options,
        bounds: Bounds,
        *,
        proceed: bool = False,
        watch: Callable[[Step], None] = lambda step: None,
        seen: Seen | None = None,
    ) -> None:
        self._talk = Conversation(provider, parameters, bucket, options, bounds)
        self._record = Recorder(provider, parameters, options, watch=watch, seen=seen)
        self._rehearsal = Rehearsal(self._talk, self._record)
        self._ledger = Ledger()
        self._cleanup = Cleanup(self._record, self._ledger)
        self._performance = Performance(self._talk, self._record, self._ledger, self._cleanup)
        self._proceed = proceed
        self.seen = self._record.seen

    def walk(self, prefix: str = "") -> bool:
        """Check below ``prefix`` ("" for the root); True if write and delete were both carried out there."""
        self.seen.places.append(prefix)
        try:
            self._walk(prefix + VERIFICATION_FILE, prefix)
        except Interrupted:
            self.seen.interrupted = True
        finally:
            self._cleanup.work_off()
            self._cleanup.settle(self._talk, prefix + VERIFICATION_FILE)
        return {(Operation.WRITE, prefix), (Operation.DELETE, prefix)} <= self.seen.performed

    def experiment(self, failure: Failure) -> Finding | None:
        """The explanation that an experiment gives for ``failure``, if one does."""
        return experiments.explain(self._talk, failure, self.seen, self._ledger)

    def _walk(self, key: str, place: str) -> None:
        bucket, rehearsal = self._talk.bucket, self._rehearsal
        there: Look = UNKNOWN
        if not bucket.honours_conditions:
            there = self._talk.look(key)
        # A store that may ignore conditions would carry the rehearsal out: ask for a name that nobody has.
        safe = key if bucket.honours_conditions or there is None else sibling_key(key)
        answer = rehearsal.ask(Operation.DELETE, safe)
        if answer.kind in (Kind.PRECONDITION, Kind.EXISTS, Kind.KEPT, Kind.DENIED) and safe == key:
            there = self._talk.look(key)
        elif answer.kind is Kind.ABSENT and safe == key:
            there = None
        rehearsal.lingering(there, key)
        if isinstance(there, Found):
            rehearsal.overwrite(key)
        if answer.kind is Kind.KEPT:
            self._record.fail(Operation.DELETE, key, Mode.REHEARSED, answer)
        if not answer.allowed and not (self._proceed and _unsure(answer)):
            if answer.kind is Kind.DENIED and not isinstance(there, Found):  # else it was rehearsed already, as an overwrite
                rehearsal.write_instead(key if bucket.honours_conditions else safe)
            self._record.skip_rest(key, _reason(answer))
            return
        if rehearsal.obstacles():
            self._record.skip_rest(key, "nothing was written: it could not have been removed")
            return
        name = key
        if isinstance(there, Found) or (there is UNKNOWN and not bucket.creates_only):
            name = sibling_key(key) if safe == key else safe
        if there is UNKNOWN and name != key:
            self.seen.limits.append(
                f"whether {key} already exists could not be seen, so the check was made on {name} beside it"
            )
        self._perform(name, key, place, over=isinstance(there, Found))

    def _perform(self, name: str, key: str, place: str, *, over: bool) -> None:
        if name != key:
            self._rehearsal.own_leftovers(key)
        if self._perform_once(name, key, place, over=over) is not End.GONE:
            return
        # Another writer had the name at the same time: a name of our own decides.
        self.seen.findings = [each for each in self.seen.findings if each.name != "content-corrupted"]
        other = sibling_key(key)
        self.seen.limits.append(
            f"another writer replaced or removed {name} while this check was looking at it; what lies there was left alone, and the "
            f"check was made once more on {other} beside it"
        )
        if self._perform_once(other, key, place, over=over) is End.GONE:
            self.seen.findings.append(
                catalog.finding("file-replaced", detail=f"{other} was written by this check, and was not there any more.")
            )

    def _perform_once(self, name: str, key: str, place: str, *, over: bool) -> End:
        perform = self._performance
        body = new_body()
        answer, entry = perform.write(name, body)
        if answer.kind is Kind.EXISTS and name == key:
            # It was there all the time, or has just come: leave it alone and use a name that nobody has.
            self._rehearsal.lingering(self._talk.look(key), key, exists=True)
            self._rehearsal.own_leftovers(key)
            name, over = sibling_key(key), True
            answer, entry = perform.write(name, body)
        if not answer.granted and entry not in self._ledger:
            self._record.skip(Operation.READ, name, "nothing was written")
            perform.list(name)
            self._record.skip(Operation.DELETE, name, "nothing was written")
            return End.NEVER
        if answer.granted:
            self.seen.performed.add((Operation.WRITE, place))
        try:
            if answer.granted:
                if over:
                    perform.overwrite(entry)
                perform.read(entry)
                perform.list(name)
        finally:
            end = self._cleanup.remove(entry)
        if answer.granted and end is End.REMOVED:
            self.seen.performed.add((Operation.DELETE, place))
            # What could not be proven beforehand has been seen now.
            self.seen.findings = [each for each in self.seen.findings if each.name != "delete-unproven"]
        if self.seen.interrupted:
            raise Interrupted
        if self._talk.options.multipart and answer.granted and end is not End.GONE:
            perform.multipart(name)
        return end


def _unsure(answer: Answer) -> bool:
    return answer.unproven is not None or answer.kind in (Kind.TRANSIENT, Kind.OTHER)


def _reason(answer: Answer) -> str:
    if answer.kind is Kind.DENIED:
        return "nothing was written: it could not have been removed"
    if answer.unproven is not None:
        return "nothing was written: whether it could be removed is not proven (--proceed performs anyway)"
    return "nothing was written"
