"""Rehearse, then perform: Planet's own check, with nothing written that was not first seen to be removable."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Final

from validator import catalog, guard
from validator.bounds import Bounds, Interrupted, TimedOut
from validator.model import (
    VERIFICATION_FILE,
    VERIFICATION_FILE_LIMIT,
    Confidence,
    Finding,
    Kind,
    Mode,
    Observation,
    Operation,
    Outcome,
    Residue,
    ResidueState,
    Severity,
    Step,
)
from validator.providers.base import (
    Bucket,
    Experiment,
    Failure,
    Found,
    Options,
    Provider,
    Receipt,
    SupportsMultipart,
    SupportsOverwrite,
    Unproven,
)

ALLOWED: Final = frozenset({Kind.ABSENT, Kind.PRECONDITION, Kind.EXISTS, Kind.KEPT})
"""Answers to a rehearsal that only an authorised request gets."""

BACK_OFF: Final = (0.3, 1.0)
"""Seconds before each further try of a request that the provider was too busy for."""
CLEANING_BACK_OFF: Final = (0.3, 1.0, 2.0, 4.0)
"""The same for a delete: our own file would stay."""


class _Unknown:
    """Whether an object is there could not be seen."""


UNKNOWN: Final = _Unknown()


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one request: a value, or an observation of why not."""

    seconds: float
    value: Any = None
    observation: Observation | None = None
    unproven: Unproven | None = None
    tries: int = 1

    @property
    def granted(self) -> bool:
        """The request was carried out."""
        return self.observation is None and self.unproven is None

    @property
    def kind(self) -> Kind | None:
        """The observation's kind; None if the request was carried out, or nothing can be said."""
        return self.observation.kind if self.observation else None

    @property
    def may_have_written(self) -> bool:
        """For a write: no answer excludes that the object is there now."""
        if self.observation is None:
            return self.unproven is None
        status = self.observation.status
        return status is None or status < 400 or status >= 500 or status == 408


@dataclass(slots=True)
class Seen:
    """Everything that was seen of one destination."""

    steps: list[Step] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    residue: list[Residue] = field(default_factory=list)
    performed: set[tuple[Operation, str]] = field(default_factory=set)
    """Operations carried out, with the place (the folder below which, "" is the root)."""
    places: list[str] = field(default_factory=list)
    """Where it was to be carried out: both write and delete have to be seen in each."""
    limits: list[str] = field(default_factory=list)
    wrote: bool = False
    interrupted: bool = False


class Probe:
    """One destination's walk through rehearse and perform. Collects; judges nothing."""

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
    ) -> None:
        self.provider = provider
        self.parameters = parameters
        self.bucket = bucket
        self.options = options
        self.bounds = bounds
        self.proceed = proceed
        self.watch = watch
        self.seen = Seen()

    # ---- the walk ----------------------------------------------------------------------------------------------------

    def walk(self, prefix: str = "") -> bool:
        """Check below ``prefix`` ("" for the root); True if write and delete were both carried out there."""
        key = prefix + VERIFICATION_FILE
        self.seen.places.append(prefix)
        try:
            self._walk(key, prefix)
        except Interrupted:
            self.seen.interrupted = True
        return {(Operation.WRITE, prefix), (Operation.DELETE, prefix)} <= self.seen.performed

    def _walk(self, key: str, place: str) -> None:
        bucket = self.bucket
        there: Found | _Unknown | None = UNKNOWN
        if not bucket.honours_conditions:
            there = self._look(key)
        # A store that may ignore conditions would carry the rehearsal out: ask for a name that nobody has.
        safe = key if bucket.honours_conditions or there is None else _beside(key)
        answer = self._rehearse(Operation.DELETE, safe)
        if answer.kind in (Kind.PRECONDITION, Kind.EXISTS, Kind.KEPT, Kind.DENIED) and safe == key:
            there = self._look(key)
        elif answer.kind is Kind.ABSENT and safe == key:
            there = None
        self._report_lingering(there, key)
        allowed = answer.granted or answer.kind in ALLOWED
        if isinstance(there, Found):
            self._rehearse_overwrite(key)
        if answer.kind is Kind.KEPT:
            self._fail(Operation.DELETE, key, Mode.REHEARSED, answer)
        if not allowed and not (self.proceed and self._unsure(answer)):
            if answer.kind is Kind.DENIED:
                self._rehearse_write_instead(key if bucket.honours_conditions else safe, there)
            self._skip_rest(key, self._reason(answer))
            return
        if self._blocked(key):
            return
        name = key
        if isinstance(there, Found) or (there is UNKNOWN and not bucket.creates_only):
            name = _beside(key) if safe == key else safe
        if there is UNKNOWN and name != key:
            self.seen.limits.append(
                f"whether {key} already exists could not be seen, so the check was made on {name} beside it"
            )
        self._perform(name, key, place, over=isinstance(there, Found))

    def _perform(self, name: str, key: str, place: str, *, over: bool) -> None:
        body = f"planet-validator {os.urandom(24).hex()}\n".encode()
        answer, receipt = self._write(name, body)
        if answer.kind is Kind.EXISTS and name == key:
            # It was there all the time, or has just come: leave it alone and use a name that nobody has.
            self._report_lingering(self._look(key), key, exists=True)
            name, over = _beside(key), True
            answer, receipt = self._write(name, body)
        if answer.granted:
            self.seen.performed.add((Operation.WRITE, place))
        elif not answer.may_have_written:
            self._skip(Operation.READ, name, "nothing was written")
            if Operation.LIST in self.provider.permissions:
                self._list(name)
            self._skip(Operation.DELETE, name, "nothing was written")
            return
        try:
            if answer.granted:
                if over:
                    receipt = self._overwrite(name, body) or receipt
                self._read(name, body)
                if Operation.LIST in self.provider.permissions:
                    self._list(name)
        except Interrupted:
            self.seen.interrupted = True
        finally:
            self._delete(name, receipt, body, place, written=answer.granted)
        if self.seen.interrupted:
            raise Interrupted
        if self.options.multipart and isinstance(self.bucket, SupportsMultipart) and answer.granted:
            self._multipart(name)

    # ---- rehearsals --------------------------------------------------------------------------------------------------

    def _rehearse(self, operation: Operation, key: str) -> Answer:
        answer = self._ask(lambda: self.bucket.rehearse(operation, key))
        if answer.granted or answer.kind in ALLOWED:
            outcome = Outcome.GRANTED
        else:
            self._fail(operation, key, Mode.REHEARSED, answer)
            outcome = self._outcome(answer, operation, key, Mode.REHEARSED)
        self._record(operation, key, Mode.REHEARSED, outcome, answer)
        return answer

    def _rehearse_write_instead(self, key: str, there: Found | _Unknown | None) -> None:
        """Delete is refused, so nothing is written; whether a write would be allowed is still worth knowing."""
        if isinstance(there, Found):
            return  # it was rehearsed already, as an overwrite
        try:
            self._rehearse(Operation.WRITE, key)
        except NotImplementedError as error:
            self._record(
                Operation.WRITE,
                key,
                Mode.REHEARSED,
                Outcome.UNPROVEN,
                Answer(0.0),
                str(error) or "cannot be rehearsed on this store",
            )

    def _rehearse_overwrite(self, key: str) -> None:
        """Planet would write over the file that lies there: would it be allowed to?"""
        if not self.bucket.honours_conditions:
            return
        try:
            self._rehearse(Operation.WRITE, key)
        except NotImplementedError:
            return

    def _blocked(self, key: str) -> bool:
        answer = self._ask(self.bucket.obstacles)
        if not answer.granted:
            return False  # settings that cannot be read decide nothing
        for obstacle in answer.value:
            advice = self.provider.advise(obstacle.finding, self.parameters, None, self.options)
            self.seen.findings.append(
                catalog.finding(
                    obstacle.finding,
                    detail=obstacle.detail,
                    evidence={**obstacle.evidence, **advice.evidence},
                    fix=advice.fix,
                    pointer=advice.pointer,
                )
            )
        if answer.value:
            self._skip_rest(key, "nothing was written: it could not have been removed")
        return bool(answer.value)

    # ---- operations --------------------------------------------------------------------------------------------------

    def _write(self, key: str, body: bytes) -> tuple[Answer, Receipt | None]:
        before = self.seen.wrote
        self.seen.wrote = True
        try:
            answer = self._ask(lambda: self.bucket.write(key, body), retry=self.bucket.creates_only)
        except Interrupted:
            self._record(Operation.WRITE, key, Mode.PERFORMED, Outcome.UNPROVEN, Answer(0.0), "interrupted")
            # The request is on its way: give it a moment to arrive, then take back what it may have made.
            self.bounds.pause(min(1.0, self.bounds.seconds / 10), cleaning=True)
            self._delete(key, None, body, "", written=False)
            raise
        receipt: Receipt | None = answer.value if answer.granted else None
        if answer.kind is Kind.EXISTS and answer.tries > 1:
            receipt = self._ours(key, body)
            if receipt is not None:  # a first try arrived although its answer did not
                answer = replace(answer, observation=None, value=receipt)
            elif self._took_back(key, body):
                return self._write(key, body)
        if answer.granted:
            self._record(Operation.WRITE, key, Mode.PERFORMED, Outcome.GRANTED, answer)
            return answer, receipt
        if not answer.may_have_written:
            self.seen.wrote = before
        if answer.kind is Kind.EXISTS and key.endswith(VERIFICATION_FILE):
            return answer, None
        self._fail(Operation.WRITE, key, Mode.PERFORMED, answer)
        self._record(Operation.WRITE, key, Mode.PERFORMED, self._outcome(answer, Operation.WRITE, key, Mode.PERFORMED), answer)
        return answer, None

    def _overwrite(self, key: str, body: bytes) -> Receipt | None:
        """Planet would write over the file that lies there. Where that takes a permission of its own, our own file shows it."""
        bucket = self.bucket
        if not isinstance(bucket, SupportsOverwrite):
            return None
        answer = self._ask(lambda: bucket.overwrite(key, body))
        outcome = Outcome.GRANTED
        if not answer.granted:
            self._fail(Operation.WRITE, key, Mode.PERFORMED, answer)
            outcome = self._outcome(answer, Operation.WRITE, key, Mode.PERFORMED)
        self._record(
            Operation.WRITE, key, Mode.PERFORMED, outcome, answer, "over an existing file, as Planet would",
            permission=bucket.overwrite_permission,
        )  # fmt: skip
        receipt: Receipt | None = answer.value if answer.granted else None
        return receipt

    def _ours(self, key: str, body: bytes) -> Receipt | None:
        found = self._look(key)
        if isinstance(found, Found) and found.body == body:
            return Receipt(found.pin, found.version)
        return None

    def _took_back(self, key: str, body: bytes) -> bool:
        """What lies there may not be read, and may be our own first try: a delete pinned to our bytes takes only that."""
        answer = self._ask(lambda: self.bucket.delete(key, None, body), cleaning=True)
        if not answer.granted and answer.kind not in (Kind.ABSENT, Kind.PRECONDITION):
            self._left(key, None, certain=False)
        return answer.granted

    def _read(self, key: str, body: bytes) -> None:
        answer = self._ask(lambda: self.bucket.read(key))
        if not answer.granted:
            self._fail(Operation.READ, key, Mode.PERFORMED, answer)
            self._record(
                Operation.READ, key, Mode.PERFORMED, self._outcome(answer, Operation.READ, key, Mode.PERFORMED), answer
            )
            return
        self._record(Operation.READ, key, Mode.PERFORMED, Outcome.GRANTED, answer)
        if answer.value != body:
            import hashlib

            self.seen.findings.append(
                catalog.finding(
                    "content-corrupted",
                    detail=f"{len(body)} bytes were written to {key}, and {len(answer.value)} other bytes were read back.",
                    evidence={
                        "written_md5": hashlib.md5(body, usedforsecurity=False).hexdigest(),
                        "read_md5": hashlib.md5(answer.value, usedforsecurity=False).hexdigest(),
                    },
                )
            )

    def _list(self, key: str) -> None:
        answer = self._ask(lambda: self.bucket.list(key))
        if not answer.granted:
            self._fail(Operation.LIST, key, Mode.PERFORMED, answer)
        outcome = Outcome.GRANTED if answer.granted else self._outcome(answer, Operation.LIST, key, Mode.PERFORMED)
        self._record(Operation.LIST, key, Mode.PERFORMED, outcome, answer)

    def _delete(self, key: str, receipt: Receipt | None, body: bytes, place: str, *, written: bool) -> None:
        try:
            answer = self._ask(lambda: self.bucket.delete(key, receipt, body), cleaning=True)
            if receipt is None and answer.kind in (Kind.ABSENT, Kind.PRECONDITION):
                # The write's answer was lost: it may arrive after this delete. Look again, twice.
                for seconds in (0.5, 1.5):
                    if not self.bounds.pause(seconds, cleaning=True):
                        break
                    again = self._ask(lambda: self.bucket.delete(key, receipt, body), cleaning=True)
                    if again.kind is not Kind.ABSENT:
                        answer = again
        except Interrupted:
            self.seen.interrupted = True
            answer = Answer(0.0, observation=Observation(Kind.UNREACHABLE, code="interrupted"))
        if answer.granted or answer.kind is Kind.ABSENT:
            self._record(Operation.DELETE, key, Mode.PERFORMED, Outcome.GRANTED, answer)
            if answer.granted and written:
                self.seen.performed.add((Operation.DELETE, place))
                # What could not be proven beforehand has been seen now.
                self.seen.findings = [each for each in self.seen.findings if each.name != "delete-unproven"]
            elif written:
                self._replaced(key, "It was gone when this check came to delete it.")
            if receipt is not None:
                self._settle(key, receipt)
            return
        self._fail(Operation.DELETE, key, Mode.PERFORMED, answer)
        self._record(
            Operation.DELETE, key, Mode.PERFORMED, self._outcome(answer, Operation.DELETE, key, Mode.PERFORMED), answer
        )
        if answer.kind is Kind.PRECONDITION and written:
            self.seen.failures.pop()
            self._replaced(key, "Another object lies under that name now; it was left alone.")
            return
        self._left(key, receipt, certain=written)

    def _replaced(self, key: str, detail: str) -> None:
        self.seen.findings = [each for each in self.seen.findings if each.name != "content-corrupted"]
        self.seen.findings.append(catalog.finding("file-replaced", detail=f"{key} was written by this check. {detail}"))

    def _left(self, key: str, receipt: Receipt | None, *, certain: bool) -> None:
        version = receipt.version if receipt else None
        command = self.provider.removal(self.parameters, key, version)
        note = "" if certain else "the answer to the write was lost: the file may or may not be there"
        self.seen.residue.append(Residue(key, ResidueState.LEFT, command, version, note))
        self.seen.findings.append(
            catalog.finding(
                "residue-left",
                detail=f"{key} {'was' if certain else 'may have been'} written by this check and could not be removed.",
                confidence=Confidence.CONFIRMED if certain else Confidence.POSSIBLE,
                evidence={"key": key, **({"version": version} if version else {})},
                commands=(command,),
            )
        )

    def _settle(self, key: str, receipt: Receipt) -> None:
        try:
            answer = self._ask(lambda: self.bucket.settle(key, receipt), cleaning=True)
        except Interrupted:
            self.seen.interrupted = True
            return
        if not answer.granted:
            if receipt.version:
                command = self.provider.removal(self.parameters, key, receipt.version)
                self.seen.residue.append(Residue(key, ResidueState.VERSION, command, receipt.version, "may remain"))
            return
        remains: list[Residue] = list(answer.value)
        self.seen.residue += remains
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
        self.seen.findings.append(
            catalog.finding(
                name,
                detail=f"The delete of {key} succeeded, but {what} of it stays in the bucket"
                + (f": {notes}." if notes else "."),
                evidence={"versions": ", ".join(each.version_id or "null" for each in remains)},
                commands=tuple(each.remove_command for each in remains),
            )
        )

    def _multipart(self, key: str) -> None:
        bucket = self.bucket
        assert isinstance(bucket, SupportsMultipart)  # noqa: S101 - the caller has looked
        start = self._ask(lambda: bucket.start_multipart(key))
        self._record_form(Operation.WRITE, key, start)
        if not start.granted:
            return
        try:
            abort = self._ask(lambda: bucket.abort_multipart(key, start.value), cleaning=True)
        except Interrupted:
            self.seen.interrupted = True
            abort = Answer(0.0, observation=Observation(Kind.UNREACHABLE, code="interrupted"))
        self._record_form(Operation.DELETE, key, abort)
        if not abort.granted and abort.kind is not Kind.ABSENT:
            command = self.provider.removal(self.parameters, key, f"upload:{start.value}")
            self.seen.residue.append(Residue(key, ResidueState.LEFT, command, None, "an unfinished multipart upload"))

    # ---- experiments -------------------------------------------------------------------------------------------------

    def experiment(self, failure: Failure) -> Finding | None:
        """Try what the provider proposes after ``failure``; the first that is granted is the explanation."""
        trials = self._ask(lambda: list(self.bucket.experiments(failure)), retry=False)
        if not trials.granted:
            return None
        for trial in trials.value:
            if self._try(trial, failure.key):
                advice = self.provider.advise(trial.finding, self.parameters, failure, self.options)
                return catalog.finding(
                    trial.finding,
                    detail=trial.detail or advice.detail,
                    evidence={**failure.observation.evidence, **advice.evidence, **trial.evidence},
                    fix=advice.fix,
                    patch=trial.patch,
                    pointer=advice.pointer or (trial.patch[0].path if trial.patch else ""),
                )
        return None

    def _try(self, trial: Experiment, key: str) -> bool:
        with self.provider.connect(trial.parameters, self.options) as bucket:
            other = Probe(self.provider, trial.parameters, bucket, self.options, self.bounds)
            if not trial.performed:
                answer = other._ask(lambda: bucket.rehearse(trial.operation, key), retry=False)
                return answer.granted or answer.kind in ALLOWED
            body = f"planet-validator {os.urandom(24).hex()}\n".encode()
            answer, receipt = other._write(key, body)
            if answer.may_have_written:
                other._delete(key, receipt, body, "", written=answer.granted)
                self.seen.wrote = True
                self.seen.residue += other.seen.residue
                self.seen.findings += [each for each in other.seen.findings if each.name in ("residue-left", "versions-remain")]
                self.seen.interrupted |= other.seen.interrupted
            return answer.granted

    # ---- small things ------------------------------------------------------------------------------------------------

    def _look(self, key: str) -> Found | _Unknown | None:
        answer = self._ask(lambda: self.bucket.find(key))
        if answer.granted:
            found: Found | None = answer.value
            return found
        return None if answer.kind is Kind.ABSENT else UNKNOWN

    def _report_lingering(self, there: Found | _Unknown | None, key: str, *, exists: bool = False) -> None:
        if not isinstance(there, Found) and not exists:
            return
        found = there if isinstance(there, Found) else Found(key)
        evidence = {"key": key}
        said = [f"{key} is already in the bucket"]
        if found.size is not None:
            evidence["size_bytes"] = str(found.size)
            said.append(f"{found.size:,} bytes")
        if found.modified is not None:
            evidence["modified"] = found.modified.astimezone(UTC).isoformat().replace("+00:00", "Z")
            said.append(f"written {age(found.modified, self.options.clock())} ago")
        if found.version:
            evidence["version"] = found.version
        detail = ", ".join(said) + ". It was left alone."
        self.seen.findings.append(
            catalog.finding(
                "lingering-file",
                detail=detail,
                evidence=evidence,
                commands=(self.provider.removal(self.parameters, key, None),),
            )
        )
        self.seen.residue.append(
            Residue(
                key,
                ResidueState.FOUND,
                self.provider.removal(self.parameters, key, None),
                found.version,
                "older than this check",
            )
        )
        if found.size is not None and found.size > VERIFICATION_FILE_LIMIT:
            self.seen.findings.append(
                catalog.finding(
                    "not-the-verification-file",
                    detail=f"{key} holds {found.size:,} bytes; the verification file is at most {VERIFICATION_FILE_LIMIT:,}.",
                    evidence=evidence,
                )
            )

    def _ask(self, work: Callable[[], Any], *, cleaning: bool = False, retry: bool = True) -> Answer:
        """Make one request, within the time, again where the provider was only busy."""
        back_off = CLEANING_BACK_OFF if cleaning else BACK_OFF
        tries = 0
        while True:
            tries += 1
            started = time.monotonic()
            try:
                value = self.bounds.run(work, cleaning=cleaning)
                return Answer(time.monotonic() - started, value, tries=tries)
            except TimedOut:
                seen = Observation(
                    Kind.UNREACHABLE, code="timeout", message=f"no answer within {time.monotonic() - started:.1f} s"
                )
            except Unproven as error:
                return Answer(time.monotonic() - started, unproven=error, tries=tries)
            except (Interrupted, NotImplementedError):
                raise
            except Exception as error:  # noqa: BLE001 - the one place where an SDK's exception becomes a value
                if guard.refused(error):
                    seen = Observation(Kind.UNREACHABLE, code="forbidden-address")
                else:
                    seen = self.provider.observe(error)
            answer = Answer(time.monotonic() - started, observation=seen, tries=tries)
            # A refused write was not carried out: it may be asked again even where a second one could overwrite.
            again = retry or not answer.may_have_written
            if seen.kind is not Kind.TRANSIENT or not again or tries > len(back_off):
                return answer
            # Less time in all, less between the tries.
            if not self.bounds.pause(back_off[tries - 1] * min(1.0, self.bounds.seconds / 10), cleaning=cleaning):
                return answer

    def _fail(self, operation: Operation, key: str, mode: Mode, answer: Answer, form: str = "") -> None:
        if answer.unproven is not None:
            self.seen.findings.append(
                catalog.finding("delete-unproven", detail=str(answer.unproven), evidence=answer.unproven.evidence)
            )
        elif answer.observation is not None:
            self.seen.failures.append(Failure(operation, key, mode, answer.observation, form=form))

    def _outcome(self, answer: Answer, operation: Operation, key: str, mode: Mode) -> Outcome:
        """A refusal is what a rule knows to be one; everything else leaves the question open."""
        from validator.diagnose import diagnose

        if answer.observation is None:
            return Outcome.UNPROVEN
        failure = Failure(operation, key, mode, answer.observation, frozenset(op for op, _ in self.seen.performed))
        finding = diagnose(self.provider, self.parameters, failure, self.options)
        return Outcome.UNPROVEN if finding.severity is Severity.UNKNOWN else Outcome.DENIED

    def _unsure(self, answer: Answer) -> bool:
        return answer.unproven is not None or answer.kind in (Kind.TRANSIENT, Kind.OTHER)

    def _reason(self, answer: Answer) -> str:
        if answer.kind is Kind.DENIED:
            return "nothing was written: it could not have been removed"
        if answer.unproven is not None:
            return "nothing was written: whether it could be removed is not proven (--proceed performs anyway)"
        return "nothing was written"

    def _skip_rest(self, key: str, note: str) -> None:
        done = {
            step.operation
            for step in self.seen.steps
            if step.key == key or step.key.rpartition("/")[0] == key.rpartition("/")[0]
        }
        for operation in (Operation.WRITE, Operation.READ, Operation.LIST, Operation.DELETE):
            if operation in self.provider.permissions and operation not in done:
                self._skip(operation, key, note)

    def _skip(self, operation: Operation, key: str, note: str) -> None:
        self._record(operation, key, Mode.PERFORMED, Outcome.SKIPPED, Answer(0.0), note)

    def _record_form(self, operation: Operation, key: str, answer: Answer) -> None:
        outcome = Outcome.GRANTED if answer.granted else self._outcome(answer, operation, key, Mode.PERFORMED)
        if not answer.granted:
            self._fail(operation, key, Mode.PERFORMED, answer, form="multipart")
        self._record(operation, key, Mode.PERFORMED, outcome, answer, form="multipart")

    def _record(
        self,
        operation: Operation,
        key: str,
        mode: Mode,
        outcome: Outcome,
        answer: Answer,
        note: str = "",
        form: str = "",
        permission: str = "",
    ) -> None:
        seen = answer.observation
        step = Step(
            operation=operation,
            key=key,
            mode=mode,
            permission=permission or (self.provider.permissions.get(operation, "") if not form else "multipart"),
            outcome=outcome,
            duration_ms=round(answer.seconds * 1000, 1),
            http_status=seen.status if seen else None,
            code=seen.code if seen else "",
            request_id=seen.request_id if seen else "",
            note=note or (str(answer.unproven) if answer.unproven else ""),
            form=form,
        )
        self.seen.steps.append(step)
        self.watch(step)


def _beside(key: str) -> str:
    """A name that nobody has, in the same folder."""
    return key[: -len(".txt")] + f"-{os.urandom(4).hex()}.txt"


def age(then: datetime, now: datetime) -> str:
    """How long ago, in the largest unit that fits: ``3 days``."""
    seconds = max(0, int((now - then).total_seconds()))
    for unit, size in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if seconds >= size:
            count = seconds // size
            return f"{count} {unit}{'s' if count != 1 else ''}"
    return f"{seconds} second{'s' if seconds != 1 else ''}"
