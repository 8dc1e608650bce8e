"""Versions and markers that a check has made in a bucket that keeps them: removed, or told. Nothing here raises for what a store answers."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import Final

from validator.checking.conversation import Attempt, Conversation
from validator.checking.ledger import LedgerEntry, md5
from validator.checking.record import Recorder
from validator.core import catalog
from validator.core.deadline import Interrupted
from validator.core.model import VERIFICATION_FILE, Confidence, Kind, Observation, Residue, ResidueState, Severity
from validator.providers import base
from validator.providers.base import Receipt

INTERRUPTED: Final = Attempt(0.0, observation=Observation(Kind.UNREACHABLE, code="interrupted"))


def sweep_command(key: str) -> str:
    """The command that looks for one key, asks, and removes."""
    folder, slash, name = key.rpartition("/")
    command = "planet-validator sweep SOURCE --delete"
    if name != VERIFICATION_FILE:
        return f"{command} --force-key {shlex.quote(key)}"
    return f"{command} --prefix {shlex.quote(folder + slash)}" if folder else command


class Versions:
    """Of one destination's check, in whichever bucket."""

    def __init__(self, record: Recorder) -> None:
        self._record = record
        self._settled = 0
        """How often anything had been asked when versions were looked after last."""

    def cleanup_versions(self, talk: Conversation, key: str, receipts: Sequence[Receipt] = ()) -> None:
        """Versions and markers that this run made, rehearsals included: removed by the bucket, or told. Never raises."""
        result = self._record.result
        if talk.asked == self._settled:
            return
        receipt = receipts[-1] if receipts else None
        try:
            answer = talk.ask(lambda: talk.bucket.cleanup_versions(key, receipt), cleaning=True)
        except Interrupted:
            result.interrupted = True
            answer = INTERRUPTED
        self._settled = talk.asked
        if not answer.granted:
            for each in receipts:
                if each.version and not result.tells_of(key, each.version):
                    command = talk.provider.removal(talk.parameters, key, each.version)
                    result.residue.append(Residue(key, ResidueState.VERSION, command, each.version, "may remain"))
            if isinstance(talk.bucket, base.KnowsUnsettled):
                result.residue += [each for each in talk.bucket.unsettled() if not result.tells_of(each.key, each.version_id)]
            return
        remains: list[Residue] = [each for each in answer.value if each not in result.residue]
        result.residue += remains
        locked = [each for each in remains if each.state is ResidueState.LOCKED]
        if locked:  # the delete itself was granted, as Planet's would be
            self._remains("retention-locked", key, locked, Severity.WARNING)
        # What goes by itself, and nobody can make go sooner, is told among what remains, and is no finding.
        rest = [each for each in remains if each not in locked and not (each.fades and not each.remove_command)]
        # Where another answered in the store's place, what may lie there is told as possible residue, and is no second cause.
        another = any(each.observation.kind is Kind.FOREIGN for each in result.failures)
        if rest and not (another and all(each.possible for each in rest)):
            self._remains("versions-remain", key, rest)

    def take_back(self, entry: LedgerEntry) -> None:
        """What one entry of the ledger has made."""
        receipt = entry.receipt
        # A store that creates exclusively made it once at the most; elsewhere the wire may have sent it twice, and nobody was told.
        twice = entry.repeated or not entry.talk.bucket.creates_exclusively
        # Where the version is what a delete is pinned to, each delete names it, and makes no marker.
        keeps = receipt is not None and receipt.version not in (None, "", receipt.pin)
        lying: Sequence[base.Leftover | base.UnseenPart] = ()
        try:
            if twice and keeps:
                lying = self._lying(entry)
            self.cleanup_versions(entry.talk, entry.key, (*entry.superseded, *((receipt,) if receipt else ())))
            if twice and keeps:
                self._remove_traces(entry, lying)
        except Interrupted:
            self._record.result.interrupted = True

    def _lying(self, entry: LedgerEntry) -> Sequence[base.Leftover | base.UnseenPart]:
        """Versions and markers under the key, the newest first."""
        bucket, key = entry.talk.bucket, entry.key
        if not isinstance(bucket, base.SupportsSweep):
            return ()
        listed = entry.talk.ask(
            lambda: [each for page in bucket.leftovers(key, everywhere=False) for each in page], cleaning=True
        )
        parts: Sequence[base.Leftover | base.UnseenPart] = listed.value if listed.granted else (base.UnseenPart("versions"),)
        return parts

    def _remove_traces(self, entry: LedgerEntry, lying: Sequence[base.Leftover | base.UnseenPart]) -> None:
        """Versions and markers that no answer told of, since the answer was lost: removed or told."""
        talk, bucket, key, result = entry.talk, entry.talk.bucket, entry.key, self._record.result
        remains = []
        # What hides an older version goes after it.
        for each in sorted(_traces(lying, entry), key=lambda one: one.kind is base.LeftoverKind.MARKER):
            if result.tells_of(each.key, each.version) or not isinstance(bucket, base.SupportsSweep):
                continue
            answer = talk.ask(lambda one=each: bucket.remove(one), cleaning=True)  # type: ignore[misc]  # the loop's own
            if not answer.granted and answer.kind is not Kind.ABSENT:
                state = ResidueState.MARKER if each.kind is base.LeftoverKind.MARKER else ResidueState.VERSION
                command = talk.provider.removal(talk.parameters, key, each.version)
                remains.append(Residue(key, state, command, each.version, "made by this check; its answer was lost"))
        blind = any(isinstance(each, base.UnseenPart) and not each.what.startswith("unfinished") for each in lying)
        if entry.late or (entry.repeated and blind):
            note = "a request whose answer was lost may have made, or may yet make, one more"
            remains.append(Residue(key, ResidueState.MARKER, sweep_command(key), None, note))
        result.residue += remains
        if remains:
            self._remains("versions-remain", key, remains)

    def _remains(self, name: str, key: str, remains: list[Residue], severity: Severity | None = None) -> None:
        certain = [each for each in remains if not each.possible]
        ids = [each.version_id or "null" for each in remains if each.version_id is not None]
        what = " and ".join(
            sorted({"a delete marker" if each.state is ResidueState.MARKER else "a version" for each in certain or remains})
        )
        notes = "; ".join(sorted({each.note for each in remains if each.note}))
        detail = (
            f"What this check made under {key} was deleted, but {what} of it stays in the bucket"
            if certain
            else f"{what.capitalize()} of {key} may lie in the bucket"
        )
        self._record.result.findings.append(
            catalog.finding(
                name,
                detail=detail + (f": {notes}." if notes else "."),
                confidence=Confidence.CONFIRMED if certain else Confidence.POSSIBLE,
                evidence={"versions": ", ".join(ids)} if ids else {},
                commands=tuple(dict.fromkeys(each.remove_command for each in remains)),
                severity=severity,
            )
        )


def _traces(lying: Sequence[base.Leftover | base.UnseenPart], entry: LedgerEntry) -> Sequence[base.Leftover]:
    """What is of our making: versions that hold our bytes, and the markers directly above them, which only a delete of ours put there.

    A marker above another's version is another's: without it, that version would come to light.
    """
    traces: list[base.Leftover] = []
    above = entry.own_name
    for each in reversed([one for one in lying if isinstance(one, base.Leftover) and one.key == entry.key]):  # the oldest first
        above = entry.own_name or (above and each.kind is base.LeftoverKind.MARKER) or _holds_ours(each, entry)
        if above:
            traces.append(each)
    return traces


def _holds_ours(leftover: base.Leftover, entry: LedgerEntry) -> bool:
    if leftover.kind is base.LeftoverKind.MARKER:
        return False
    if leftover.version is not None and any(
        each and each.version == leftover.version for each in (entry.receipt, *entry.superseded)
    ):
        return True
    return leftover.pin.strip('"') == md5(entry.body) or (leftover.body is not None and leftover.body == entry.body)
