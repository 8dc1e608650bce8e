"""Asks one bucket for sweep: what lies there, and whether it could be deleted now."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence

from validator.checking.conversation import ALLOWED, Attempt, Conversation
from validator.checking.diagnosis import DENIED_OF
from validator.checking.perform import sibling_key
from validator.checking.record import Recorder
from validator.checking.rehearse import Rehearsal
from validator.checking.versions import Versions
from validator.core.model import Confidence, Finding, Kind, Mode, Observation, Operation, Outcome, Residue, Severity, Step
from validator.core.values import replace
from validator.providers.base import Failure, Leftover, LeftoverKind, SupportsSweep, UnseenPart, is_own_name
from validator.sweeping import wording
from validator.sweeping.listing import KeysListed, Reading
from validator.sweeping.wording import KeyContents, KeyOutlook


class LeftoverScanner:
    """One set of credentials in one bucket."""

    def __init__(self, talk: Conversation, watch: Callable[[Step], None]) -> None:
        self.talk = talk
        self.bucket = talk.bucket
        self.record = Recorder(talk, watch=watch)
        self._rehearsal = Rehearsal(self.record)
        self.result = self.record.result

    # ---- looking -----------------------------------------------------------------------------------------------------

    def look(self, keys: Sequence[str], name: str, *, everywhere: bool) -> KeysListed:
        """What lies under ``keys``, or under every key whose last part is ``name``. Raises Interrupted."""
        looked = KeysListed()
        rest = list(keys)
        if everywhere and isinstance(self.bucket, SupportsSweep) and self._look_at(name, looked, everywhere=True):
            rest = [each for each in keys if each.rpartition("/")[2] != name]
        for key in rest:
            if not self._look_at(key, looked, everywhere=False):
                looked.unseen.append(key)
        return looked

    def _look_at(self, key: str, looked: KeysListed, *, everywhere: bool) -> bool:
        """Whether it is known afterwards what objects there are."""
        bucket = self.bucket
        reading = Reading(
            lambda: bucket.leftovers(key, everywhere=everywhere) if isinstance(bucket, SupportsSweep) else self._plainly(key)
        )
        started = time.monotonic()
        begun = 0
        while not reading.cut():
            answer = self.talk.ask(reading.page)
            page, times = answer.value if answer.granted else (None, begun)
            if page is None:
                break
            reading.take(page, anew=times != begun)
            begun = times
        for each in reading.seen.values():
            looked.files.setdefault(each.key, KeyContents(each.key)).leftovers.append(each)
        looked.unseen_parts += reading.unseen_parts
        hidden = [each for each in reading.unseen_parts if each.itself]
        blind = bool(hidden)
        self._tell(key, answer, list(reading.seen.values()), time.monotonic() - started, hidden, everywhere=everywhere)
        if answer.granted:
            return not blind or any(each.kind is LeftoverKind.CURRENT and each.key == key for each in reading.seen.values())
        if answer.observation is not None:
            finding = self.record.finding(answer.observation, Operation.READ, key, Mode.PERFORMED)
            looked.trouble.append(replace(finding, severity=Severity.UNKNOWN))
        return False

    def _plainly(self, key: str) -> Iterator[Sequence[Leftover | UnseenPart]]:
        """For a bucket that knows no sweeping: the object alone."""
        try:
            stored = self.bucket.stat(key)
        except Exception as error:
            if self.talk.classify(error).kind is not Kind.DENIED:
                raise
            yield (UnseenPart("the file itself", error, itself=True),)
            return
        if stored is not None:
            yield (
                Leftover(
                    key, LeftoverKind.CURRENT, stored.size, stored.modified, stored.version, stored.pin,
                    lock="this type cannot remove it: use the owner's command",
                ),
            )  # fmt: skip
        yield (UnseenPart("old versions and unfinished uploads (this type does not list them)"),)

    def _tell(
        self, key: str, answer: Attempt, leftovers: Sequence[Leftover], seconds: float, hidden: Sequence[UnseenPart], *,
        everywhere: bool,
    ) -> None:  # fmt: skip
        outcome = Outcome.GRANTED
        if not answer.granted:
            outcome = Outcome.UNPROVEN
        elif hidden:
            refused = all(each.error is not None and self.talk.classify(each.error).kind is Kind.DENIED for each in hidden)
            outcome = Outcome.DENIED if refused else Outcome.UNPROVEN
        where = f"everything called {key}: " if everywhere else ""
        attempt = Attempt(seconds, observation=answer.observation)
        note = f"{where}{wording.count(leftovers)} found"
        self.record.step(Operation.LIST, key, Mode.PERFORMED, attempt, note, outcome=outcome)

    def witness(self, key: str) -> tuple[Confidence | None, Attempt | None]:
        """Where nothing can be read or listed: a delete that cannot remove anything tells present from absent.

        Returns how sure it is that there is a file (None: it was answered as for no file), and the answer; the answer is None where
        such a delete may not be asked on a name under which an object may lie, or says nothing.
        """
        if not self.bucket.enforces_preconditions:
            return None, None
        answer = self._rehearsal.ask(Operation.DELETE, key)
        if answer.kind is Kind.ABSENT:
            return None, answer
        if answer.kind in ALLOWED:
            presence: Confidence = getattr(self.bucket, "presence", Confidence.POSSIBLE)
            return (Confidence.CONFIRMED if answer.kind is Kind.KEPT else presence), answer
        return None, None

    # ---- why it stayed, and what Planet would meet ----------------------------------------------------------------------

    def explain(self, under: KeyContents, before: Attempt | None = None) -> list[Finding]:
        """The causes, asked on the very file; sets its outlook. Nothing changes. Raises Interrupted."""
        key, bucket = under.key, self.bucket
        causes: list[Finding] = []
        versioned = any(each.versioned for each in under.leftovers)
        beside = None
        if (
            not before and not bucket.enforces_preconditions
        ):  # a name that nobody has may show that the store looks at conditions
            beside = self._rehearsal.ask(Operation.DELETE, sibling_key(key))
            beside = None if bucket.enforces_preconditions else beside
        answer = before or beside or self._rehearsal.ask(Operation.DELETE, key)
        allowed = answer.allowed
        if answer.observation is not None and (not allowed or answer.kind is Kind.KEPT):
            causes.append(self.record.finding(answer.observation, Operation.DELETE, key, Mode.REHEARSED))
        causes += self.result.findings  # that nothing could be proven
        self.result.findings = []
        causes += self._locked(under)
        causes += self._settings()
        over = self._may_overwrite(key) if allowed and bucket.enforces_preconditions else None
        if over is not None and over.observation is not None and not over.allowed:
            causes.append(self.record.finding(over.observation, Operation.WRITE, key, Mode.REHEARSED))
        why, planet = "", "Planet does not mind it."
        if not is_own_name(key):
            why = _why(causes, allowed=allowed, beside=beside is not None)
            planet = _planet(over, causes, allowed=allowed, versioned=versioned)
        under.outlook = KeyOutlook(why, planet, wording.beginning(causes))
        return causes

    def below(self, key: str) -> bool:
        """Whether a delete is allowed under this other key, nothing being changed. Raises Interrupted."""
        return self.bucket.enforces_preconditions and self._rehearsal.ask(Operation.DELETE, key).allowed

    def _may_overwrite(self, key: str) -> Attempt | None:
        try:
            return self._rehearsal.ask(Operation.WRITE, key)
        except NotImplementedError:
            return None

    def _locked(self, under: KeyContents) -> Iterator[Finding]:
        """What the listing itself said of locks."""
        for each in under.leftovers:
            if each.kind is LeftoverKind.CURRENT and each.lock:
                name = "object-held" if "hold" in each.lock or "lease" in each.lock else "retention-locked"
                detail = f"{under.key}: {each.lock}. While that lasts nobody can remove it, Planet neither."
                yield self._cause(name, under.key, detail, {"lock": each.lock})
                return
        snapshots = sum(each.kind is LeftoverKind.SNAPSHOT for each in under.leftovers)
        if snapshots and any(each.kind is LeftoverKind.CURRENT for each in under.leftovers):
            detail = f"{under.key} has {wording.count(under.leftovers)}: a plain delete is refused while it has snapshots."
            yield self._cause("snapshots-present", under.key, detail, {})

    def _cause(self, name: str, key: str, detail: str, evidence: Mapping[str, str]) -> Finding:
        failure = Failure(Operation.DELETE, key, Mode.REHEARSED, Observation(Kind.KEPT, evidence=evidence))
        return self.record.advised(name, detail, evidence, failure=failure)

    def _settings(self) -> Iterator[Finding]:
        """Settings of the bucket that would keep the next file as well."""
        answer = self.talk.ask(self.bucket.retention_blockers)
        for each in answer.value if answer.granted else ():
            yield self.record.advised(each.finding, each.detail, each.evidence)

    def cleanup_versions(self, key: str) -> Sequence[Residue]:
        """Take back what the rehearsals made; what could not be, or was not seen to be. Raises nothing."""
        Versions(self.record).cleanup_versions(self.talk, key)
        return self.result.residue


def _why(causes: Sequence[Finding], *, allowed: bool, beside: bool) -> str:
    names = ", ".join(dict.fromkeys(each.name for each in causes if each.severity is Severity.ERROR))
    if names:
        return f"Why it stayed: {names}."
    if not allowed:
        return "Why it stayed could not be told: the delete got no clear answer."
    where = "" if not beside else " (asked on a name beside it, since this store may ignore conditions)"
    return f"These credentials may delete it now{where}: whatever stopped the delete is over, was another key's, " + (
        "or is a rule that this store's API does not show." if beside else "or the check was interrupted."
    )


def _planet(over: Attempt | None, causes: Sequence[Finding], *, allowed: bool, versioned: bool) -> str:
    """Whether Planet's next verification would pass."""
    if any(each.severity is Severity.ERROR for each in causes):
        if any(each.name == DENIED_OF[Operation.DELETE] for each in causes):
            return "Planet's next verification would write over it, fail to delete it, and leave it again."
        return "Planet's next verification would fail as well."
    if not allowed or any(each.severity is Severity.UNKNOWN for each in causes):
        return "Whether Planet's next verification would pass could not be told."
    pile = ", and leave one more version and a delete marker behind" if versioned else ""
    if over is not None and over.allowed:
        return f"Planet's next verification would pass: it would write over the file and delete it{pile}."
    return f"Planet's next verification would probably pass{pile}; planet-validator check tells."
