"""The pinned removal of what a sweep has listed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from typing import Final

from validator.checking.conversation import Attempt
from validator.checking.record import Recorder
from validator.core.deadline import Interrupted
from validator.core.model import Finding, Kind, Mode, Observation, Operation
from validator.providers.base import Bucket, Leftover, LeftoverKind, SupportsSweep
from validator.sweeping import wording
from validator.sweeping.wording import Identity, identity

IN_A_ROW: Final = 3
"""Refusals of the same kind after which the rest is not asked for any more."""

AGAIN: Final = "run the same command again"
"""What is said of everything that another run would remove."""


class Removal:
    """With one set of credentials, from one bucket."""

    def __init__(self, record: Recorder) -> None:
        self._conversation = record.talk
        self._record = record

    def remove(
        self, listed: Sequence[Leftover], forced: Collection[str], planned: Collection[Identity]
    ) -> tuple[list[Leftover], dict[Identity, str], list[Finding]]:
        """Remove what was planned, in the order given: what went, why the rest did not, and the findings that explain refusals."""
        gone: list[Leftover] = []
        reasons: dict[Identity, str] = {}
        refusals: dict[str, Finding] = {}
        in_a_row: Counter[tuple[str, LeftoverKind]] = Counter()
        bucket = self._conversation.bucket
        for each in listed:
            reason = wording.blocked(each, forced)
            refused_alike = in_a_row[each.key, each.kind] >= IN_A_ROW
            if not reason and each.kind is LeftoverKind.MARKER and _hides(each, listed, gone):
                reason = "it hides a version that stays"
            if not reason and refused_alike:
                reason = "not asked for any more, after others of its kind were refused"
            if not reason and identity(each) not in planned:
                reason = f"more than {len(planned):,} in one run: {AGAIN}"
            if not reason and (self._record.result.interrupted or self._conversation.deadline.left() <= 0):
                reason = "interrupted" if self._record.result.interrupted else f"the time was over: {AGAIN}"
            if not reason:
                answer = self._take(bucket, each)
                if answer.granted or answer.kind is Kind.ABSENT:
                    gone.append(each)
                    in_a_row[each.key, each.kind] = 0
                    continue
                reason, finding = self._not_taken(each, answer)
                in_a_row[each.key, each.kind] += answer.kind is Kind.DENIED
                if finding is not None:
                    refusals.setdefault(finding.name, finding)
            reasons[identity(each)] = reason
        self._tell_gone(gone)
        return gone, reasons, list(refusals.values())

    def _take(self, bucket: Bucket, leftover: Leftover) -> Attempt:
        if not isinstance(bucket, SupportsSweep):
            return Attempt(0.0, observation=Observation(Kind.OTHER, code="unsupported"))
        try:
            return self._conversation.ask(lambda: bucket.remove(leftover))
        except Interrupted:
            self._record.result.interrupted = True
            return Attempt(0.0, observation=Observation(Kind.UNREACHABLE, code="interrupted"))

    def _not_taken(self, leftover: Leftover, answer: Attempt) -> tuple[str, Finding | None]:
        if answer.observation is None:
            return "nothing could be said", None
        if answer.kind is Kind.PRECONDITION:
            return "another object lies under that name since it was listed: it was left alone", None
        if answer.observation.code == "interrupted":
            return "interrupted", None
        self._record.step(Operation.DELETE, leftover.key, Mode.PERFORMED, answer, f"the {wording.NAMES[leftover.kind][0]}")
        finding = self._record.finding(answer.observation, Operation.DELETE, leftover.key, Mode.PERFORMED)
        status = " ".join(part for part in (str(answer.observation.status or ""), answer.observation.code) if part)
        action = answer.observation.evidence.get("action") or answer.observation.evidence.get("permission", "")
        return f"{finding.name} ({', '.join(part for part in (status, action) if part)})", finding

    def _tell_gone(self, gone: Sequence[Leftover]) -> None:
        for key in dict.fromkeys(each.key for each in gone):
            mine = [each for each in gone if each.key == key]
            self._record.step(Operation.DELETE, key, Mode.PERFORMED, Attempt(0.0), f"removed: {wording.count(mine)}")


def _hides(marker: Leftover, listed: Sequence[Leftover], gone: Sequence[Leftover]) -> bool:
    """Whether a version of that name stays: without the marker it would come back to light."""
    went = {identity(each) for each in gone}
    return any(
        each.key == marker.key and each.kind in (LeftoverKind.CURRENT, LeftoverKind.NONCURRENT) and identity(each) not in went
        for each in listed
    )
