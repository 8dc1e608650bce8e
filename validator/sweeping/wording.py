"""What sweep makes of the things that lie in a bucket: whose they are, whether they may go, and how they are told. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from validator.checking.diagnosis import DENIED_OF
from validator.checking.rehearse import age
from validator.core import catalog
from validator.core.model import (
    VERIFICATION_FILE,
    VERIFICATION_FILE_LIMIT,
    Confidence,
    Finding,
    Fix,
    Operation,
    Residue,
    ResidueState,
    Severity,
)
from validator.core.sentences import many
from validator.core.values import Dataclass, field, replace
from validator.providers.base import Leftover, LeftoverKind, Options, Provider, is_own_name
from validator.providers.common.dates import stamp

ROWS: Final = 100
"""Leftovers that a report lists one by one; of the rest it tells the number."""

YOUNG: Final = 120.0
"""Seconds within which a file may be that of a check under way."""

NAMES: Final[Mapping[LeftoverKind, tuple[str, str]]] = {
    LeftoverKind.CURRENT: ("file", "files"),
    LeftoverKind.NONCURRENT: ("old version", "old versions"),
    LeftoverKind.MARKER: ("delete marker", "delete markers"),
    LeftoverKind.SNAPSHOT: ("snapshot", "snapshots"),
    LeftoverKind.SOFT_DELETED: ("soft-deleted copy", "soft-deleted copies"),
    LeftoverKind.UPLOAD: ("unfinished upload", "unfinished uploads"),
}
_ORDER: Final = (
    LeftoverKind.UPLOAD,
    LeftoverKind.SNAPSHOT,
    LeftoverKind.NONCURRENT,
    LeftoverKind.CURRENT,
    LeftoverKind.MARKER,
    LeftoverKind.SOFT_DELETED,
)
"""In which order things go: what hides an older version goes after it, or that version would come back to light."""

Identity = tuple[str, LeftoverKind, str | None, str]


def identity(leftover: Leftover) -> Identity:
    """What makes it this one and no other."""
    return leftover.key, leftover.kind, leftover.version, leftover.pin


def in_order(leftovers: Iterable[Leftover]) -> list[Leftover]:
    """As they are to be removed: by key, and within a key so that nothing comes back to light on the way."""
    early = datetime.min.replace(tzinfo=UTC)
    return sorted(leftovers, key=lambda each: (each.key, _ORDER.index(each.kind), each.modified or early))


def goes_by_itself(leftover: Leftover) -> bool:
    """Whether the store removes it in some days, and nobody can do more: it weighs nothing."""
    return leftover.kind is LeftoverKind.SOFT_DELETED or (leftover.kind is LeftoverKind.UPLOAD and bool(leftover.lock))


def looks_like_ours(leftover: Leftover, forced: Collection[str]) -> bool | None:
    """Whether it looks like a verification file, Planet's or one of ours: the name, and at most 1 KiB; None if its size could not be
    seen.
    """
    if leftover.kind is LeftoverKind.MARKER or leftover.key in forced:
        return True
    if is_own_name(leftover.key):
        if leftover.body is not None and not leftover.body.startswith(b"planet-validator "):
            return False
    elif leftover.key.rpartition("/")[2] != VERIFICATION_FILE:
        return False
    return None if leftover.size is None else leftover.size <= VERIFICATION_FILE_LIMIT


def blocked(leftover: Leftover, forced: Collection[str]) -> str:
    """Why it may not be removed; empty if it may."""
    if goes_by_itself(leftover):
        return leftover.lock or "the store removes it by itself"
    ours = looks_like_ours(leftover, forced)
    if ours is None:
        return "its size could not be seen, so it may be somebody's own file (--force-key names it)"
    if not ours:
        return f"not the verification file: it holds {leftover.size:,} bytes (--force-key names it)"
    return leftover.lock


def count(leftovers: Iterable[Leftover]) -> str:
    """``1 file, 12 old versions and 1 delete marker``."""
    kinds = [each.kind for each in leftovers]
    counts = [f"{kinds.count(kind):,} {NAMES[kind][kinds.count(kind) != 1]}" for kind in LeftoverKind if kinds.count(kind)]
    return " and ".join(part for part in (", ".join(counts[:-1]), *counts[-1:]) if part) or "nothing"


def _written(times: Iterable[datetime | None], now: datetime) -> str:
    """``written 3 days ago (2026-01-01T00:00:00Z)``, of the oldest; empty where no time is known."""
    oldest = min((each for each in times if each is not None), default=None)
    return f"written {age(oldest, now)} ago ({stamp(oldest)})" if oldest else ""


def described(leftover: Leftover, now: datetime) -> str:
    """``old version, 42 bytes, STANDARD, written 3 days ago (2026-01-01T00:00:00Z)``."""
    parts = [NAMES[leftover.kind][0]]
    if leftover.size is not None and leftover.kind is not LeftoverKind.MARKER:
        parts.append(many(leftover.size, "byte"))
    if leftover.storage_class and leftover.kind is not LeftoverKind.MARKER:
        parts.append(leftover.storage_class)
    parts.append(_written([leftover.modified], now))
    return ", ".join(filter(None, parts))


REMOVE: Final = "Remove it with planet-validator sweep SOURCE --delete, or as the owner."
AS_OWNER: Final = (
    "These credentials cannot remove it: allow the delete first, or remove it as the owner, with the command below or with "
    "planet-validator sweep SOURCE --with OWNER_SOURCE --delete."
)
CORRECT_FIRST: Final = (
    "Correct first what keeps it; then remove it with planet-validator sweep SOURCE --delete, or as the owner."
)


def beginning(causes: Sequence[Finding], *, owner: bool = False) -> str:
    """What the removal begins with, after what keeps the file. ``owner``: it was not the destination's own credentials that were refused."""
    names = [each.name for each in causes if each.severity is Severity.ERROR]
    if DENIED_OF[Operation.DELETE] in names and not owner:
        return AS_OWNER
    return CORRECT_FIRST if names else REMOVE


class KeyOutlook(Dataclass):
    """Why a file stayed, and what Planet's next verification would come to."""

    why: str = ""
    planet: str = ""
    first: str = REMOVE
    """What the removal begins with."""


class KeyContents(Dataclass, frozen=False):
    """Everything that lies under one key."""

    key: str
    leftovers: list[Leftover] = field(default_factory=list)
    presumed: Confidence | None = None
    """How sure it is that there is a file that nobody could see; None where that is not the question."""
    outlook: KeyOutlook = field(default_factory=KeyOutlook)


class LeftoverReporter:
    """Makes findings and residue of what remains."""

    def __init__(
        self, provider: Provider, parameters: Any, options: Options, forced: Collection[str], reasons: Mapping[Identity, str]
    ) -> None:
        self._provider = provider
        self._parameters = parameters
        self._options = options
        self._forced = forced
        self._reasons = reasons
        self._now = options.clock()

    def findings(self, under: KeyContents) -> Iterable[Finding]:
        """What is to be said of one key."""
        theirs = [each for each in under.leftovers if not goes_by_itself(each) and looks_like_ours(each, self._forced) is False]
        ours = [each for each in under.leftovers if not goes_by_itself(each) and each not in theirs]
        if not [each for each in ours if each.kind is not LeftoverKind.MARKER] and theirs:
            ours = []  # a marker that only hides somebody's own file is theirs as well
        current = [each for each in ours if each.kind is LeftoverKind.CURRENT]
        if current or under.presumed is not None:
            yield self._lingering(under, current[0] if current else None)
        further = [each for each in ours if each not in current]
        if further:
            yield self._versions(under, further)
        if theirs:
            yield self._not_ours(under, theirs)
        hidden = [each for each in under.leftovers if goes_by_itself(each)]
        if hidden:
            yield self._fading(under, hidden)

    def removed(self, under: KeyContents, gone: Sequence[Leftover]) -> Finding:
        """What was there and went: the time of the failed verification is still worth knowing."""
        oldest = _written((each.modified for each in gone), self._now)
        since = f" The oldest was {oldest}." if oldest else ""
        return catalog.finding(
            "lingering-file",
            detail=f"{under.key}: {count(gone)} found and removed.{since} {under.outlook.why} {under.outlook.planet}".strip(),
            evidence={"key": under.key, "removed": str(len(gone))},
            fix=Fix("Nothing is left to remove."),
            severity=Severity.INFO,
            title="leftovers of an earlier check were found and removed",
        )

    def residue(self, under: KeyContents) -> Iterable[Residue]:
        """A row for each thing that is still there."""
        for each in under.leftovers:
            reason = self._reasons.get(identity(each), "") or each.lock
            note = described(each, self._now) + (f"; {reason}" if reason else "")
            yield Residue(each.key, self._state(each), self.command(each), each.version, note)
        if under.presumed is not None:
            note = f"it could not be seen: a delete that cannot remove anything was answered as for a file that is there ({under.presumed})"
            yield Residue(under.key, ResidueState.FOUND, self._provider.removal(self._parameters, under.key, None), None, note)

    def command(self, leftover: Leftover) -> str:
        """The owner's command for one of them; empty for what nobody can remove."""
        if goes_by_itself(leftover):
            return ""
        prefix = {LeftoverKind.UPLOAD: "upload:", LeftoverKind.SNAPSHOT: "snapshot:"}.get(leftover.kind, "")
        version = f"{prefix}{leftover.version}" if leftover.version else None
        return self._provider.removal(self._parameters, leftover.key, version)

    # ---- small things ------------------------------------------------------------------------------------------------

    def _lingering(self, under: KeyContents, current: Leftover | None) -> Finding:
        evidence = {"key": under.key}
        if current is None:
            sure = under.presumed or Confidence.POSSIBLE
            detail = (
                f"{under.key} seems to lie in the bucket: these credentials may neither read nor list it, and a delete that cannot "
                "remove anything was answered as for a file (or a delete marker) that is there. What nobody saw is not removed: sweep with "
                "credentials that may read or list (--with OWNER_SOURCE, --owner)."
            )
            commands = [self._provider.removal(self._parameters, under.key, None)]
        else:
            sure = Confidence.CONFIRMED
            detail = f"{under.key} lies in the bucket: {described(current, self._now)}."
            if current.modified is not None:
                detail += (
                    " That is when a check of this tool wrote it, and was killed before it could remove it."
                    if is_own_name(under.key)
                    else " That is when a verification wrote it and did not delete it."
                )
                if (self._now - current.modified).total_seconds() < YOUNG:
                    detail += " It is so young that a check may be under way: look again in some minutes before removing it."
            commands = [self.command(current)]
            evidence |= _evidence(current, self._forced)
        detail = " ".join(part for part in (detail, under.outlook.why, under.outlook.planet) if part)
        severity = Severity.UNKNOWN if sure is Confidence.POSSIBLE else Severity.ERROR
        return self._finding("lingering-file", under, detail, evidence, commands, confidence=sure, severity=severity)

    def _versions(self, under: KeyContents, further: Sequence[Leftover]) -> Finding:
        oldest = _written((each.modified for each in further), self._now)
        since = f", the oldest {oldest}" if oldest else ""
        kept = sorted({self._reasons.get(identity(each), "") or each.lock for each in further} - {""})
        detail = f"{under.key}: {count(further)}{since}." + (f" Kept: {'; '.join(kept)}." if kept else "")
        evidence = {
            "key": under.key,
            "count": str(len(further)),
            "versions": ", ".join(each.version or "null" for each in further[:20]),
        }
        commands = [self.command(each) for each in further[:3]]
        title = f"{_things(further)} of the verification file remain in the bucket"
        return self._finding("versions-remain", under, detail, evidence, commands, severity=Severity.ERROR, title=title)

    def _not_ours(self, under: KeyContents, theirs: Sequence[Leftover]) -> Finding:
        largest = max(each.size or 0 for each in theirs)
        return catalog.finding(
            "not-the-verification-file",
            detail=f"{under.key}: {count(theirs)} of up to {largest:,} bytes; the verification file has at most "
            f"{VERIFICATION_FILE_LIMIT:,}, so this is somebody's own and was left alone.",
            evidence={"key": under.key, "size_bytes": str(largest)},
        )

    def _fading(self, under: KeyContents, hidden: Sequence[Leftover]) -> Finding:
        kept = "; ".join(sorted({each.lock for each in hidden} - {""})[:5])
        return catalog.finding(
            "versions-remain",
            detail=f"{under.key}: {count(hidden)}. The store removes them by itself, nobody can make it go faster, and Planet does not mind them"
            + (f": {kept}." if kept else "."),
            evidence={"key": under.key, "count": str(len(hidden))},
            fix=Fix("Nothing needs to be done."),
            severity=Severity.INFO,
            title=f"{_things(hidden)} that the store removes by itself",
        )

    def _finding(
        self, name: str, under: KeyContents, detail: str, evidence: Mapping[str, str], commands: Sequence[str], **weight: Any
    ) -> Finding:
        advice = self._provider.explain_finding("lingering-file", self._parameters, None, self._options)
        fix = advice.fix or Fix("")
        summary = f"{under.outlook.first} {fix.summary}".strip()
        fix = replace(fix, summary=summary, commands=(*(each for each in commands if each), *fix.commands))
        return catalog.finding(name, detail=detail, evidence={**evidence, **advice.evidence}, fix=fix, **weight)

    def _state(self, leftover: Leftover) -> ResidueState:
        if leftover.lock and not goes_by_itself(leftover) and leftover.kind is not LeftoverKind.MARKER:
            return ResidueState.LOCKED
        if leftover.kind is LeftoverKind.MARKER:
            return ResidueState.MARKER
        current = leftover.kind in (LeftoverKind.CURRENT, LeftoverKind.UPLOAD)
        return ResidueState.FOUND if current else ResidueState.VERSION


def _things(leftovers: Sequence[Leftover]) -> str:
    return " and ".join(dict.fromkeys(NAMES[each.kind][1] for each in leftovers))


def _evidence(leftover: Leftover, forced: Collection[str]) -> dict[str, str]:
    ours = looks_like_ours(leftover, forced)
    known = {
        "size_bytes": "" if leftover.size is None else str(leftover.size),
        "modified": "" if leftover.modified is None else stamp(leftover.modified),
        "version": leftover.version or "",
        "storage_class": leftover.storage_class,
        "lock": leftover.lock,
        "looks_like_the_verification_file": "unknown" if ours is None else "yes" if ours else "no",
    }
    return {name: value for name, value in known.items() if value}
