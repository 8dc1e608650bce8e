"""The pinned removal of what a sweep has listed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from typing import Final

from validator.checking.conversation import Attempt
from validator.checking.record import Recorder
from validator.checking.versions import INTERRUPTED
from validator.core.deadline import Interrupted
from validator.core.model import Finding, Kind, Mode, Observation, Operation
from validator.providers.base import Leftover, LeftoverKind, SupportsSweep
from validator.sweeping import wording
from validator.sweeping.wording import Identity, identity

IN_A_ROW: Final = 3
"""Refusals of the same kind after which the rest is not asked for any more."""

AGAIN: Final = "run the same command again"
"""What is said of everything that another run would remove."""


def remove(
    record: Recorder, listed: Sequence[Leftover], forced: Collection[str], planned: Collection[Identity]
) -> tuple[list[Leftover], dict[Identity, str], list[Finding]]:
    """Remove what was planned, in the order given: what went, why the rest did not, and the findings that explain refusals.

    ``record`` is of the bucket, and of whose credentials remove.
    """
    gone: list[Leftover] = []
    reasons: dict[Identity, str] = {}
    refusals: dict[str, Finding] = {}
    in_a_row: Counter[tuple[str, LeftoverKind]] = Counter()
    for each in listed:
        alike = (each.key, each.kind)
        if reason := wording.blocked(each, forced):
            pass
        elif each.kind is LeftoverKind.MARKER and _hides(each, listed, gone):
            reason = "it hides a version that stays"
        elif in_a_row[alike] >= IN_A_ROW:
            reason = "not asked for any more, after others of its kind were refused"
        elif identity(each) not in planned:
            reason = f"more than {len(planned):,} in one run: {AGAIN}"
        elif record.result.interrupted:
            reason = "interrupted"
        elif record.talk.deadline.left() <= 0:
            reason = f"the time was over: {AGAIN}"
        else:
            answer = _taken(record, each)
            if answer.granted or answer.kind is Kind.ABSENT:
                gone.append(each)
                in_a_row[alike] = 0
                continue
            reason, finding = _refused(record, each, answer)
            in_a_row[alike] += answer.kind is Kind.DENIED
            if finding is not None:
                refusals.setdefault(finding.name, finding)
        reasons[identity(each)] = reason
    for key in dict.fromkeys(each.key for each in gone):
        note = f"removed: {wording.count(each for each in gone if each.key == key)}"
        record.step(Operation.DELETE, key, Mode.PERFORMED, Attempt(0.0), note)
    return gone, reasons, list(refusals.values())


def _taken(record: Recorder, leftover: Leftover) -> Attempt:
    bucket = record.talk.bucket
    if not isinstance(bucket, SupportsSweep):
        return Attempt(0.0, observation=Observation(Kind.OTHER, code="unsupported"))
    try:
        return record.talk.ask(lambda: bucket.remove(leftover))
    except Interrupted:
        record.result.interrupted = True
        return INTERRUPTED


def _refused(record: Recorder, leftover: Leftover, answer: Attempt) -> tuple[str, Finding | None]:
    if answer.observation is None:
        return "nothing could be said", None
    if answer.kind is Kind.PRECONDITION:
        return "another object lies under that name since it was listed: it was left alone", None
    if answer.observation.code == "interrupted":
        return "interrupted", None
    record.step(Operation.DELETE, leftover.key, Mode.PERFORMED, answer, f"the {wording.NAMES[leftover.kind][0]}")
    finding = record.finding(answer.observation, Operation.DELETE, leftover.key, Mode.PERFORMED)
    status, evidence = str(answer.observation.status or ""), answer.observation.evidence
    said = " ".join(filter(None, (status, answer.observation.code)))
    action = evidence.get("action") or evidence.get("permission", "")
    return f"{finding.name} ({', '.join(filter(None, (said, action)))})", finding


def _hides(marker: Leftover, listed: Sequence[Leftover], gone: Sequence[Leftover]) -> bool:
    """Whether a version of that name stays: without the marker it would come back to light."""
    went = {identity(each) for each in gone}
    return any(
        each.key == marker.key and each.kind in (LeftoverKind.CURRENT, LeftoverKind.NONCURRENT) and identity(each) not in went
        for each in listed
    )
