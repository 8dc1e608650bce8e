"""Rehearse: ask in a form that the store must refuse after it has authorised it. Nothing is changed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from validator.checking.conversation import Attempt, Look
from validator.checking.record import Recorder
from validator.core import catalog
from validator.core.model import (
    VERIFICATION_FILE_LIMIT,
    Finding,
    Kind,
    Mode,
    Operation,
    Outcome,
    Residue,
    ResidueState,
    Severity,
)
from validator.core.sentences import many
from validator.providers.base import StoredObject, is_own_name

OWN: Final = 20
"""Leftovers of our own that are told one by one."""

KEPT_UNSEEN: Final = "nor was seen what would keep a file there from Planet's delete, such as a lock, a lease or snapshots"
"""Limit of a check that may neither read nor list."""


class Rehearsal:
    """What can be asked of a bucket before anything is written."""

    def __init__(self, record: Recorder) -> None:
        self._conversation = record.talk
        self._record = record
        self.unsure: Finding | None = None
        """What may keep the file that lies under the key, where that could not be seen."""

    def ask(self, operation: Operation, key: str) -> Attempt:
        """Rehearse DELETE or WRITE. Raises NotImplementedError where it has no safe form on this store, and Interrupted."""
        answer = self._conversation.ask(lambda: self._conversation.bucket.rehearse(operation, key))
        self._record.answered(operation, key, Mode.REHEARSED, answer)
        return answer

    def write_instead(self, key: str) -> None:
        """Delete is refused, so nothing is written; whether a write would be allowed is still worth knowing."""
        try:
            self.ask(Operation.WRITE, key)
        except NotImplementedError as error:
            note = str(error) or "cannot be rehearsed on this store"
            self._record.step(Operation.WRITE, key, Mode.REHEARSED, Attempt(0.0), note, outcome=Outcome.UNPROVEN)

    def retention_blockers(self, there: Look, key: str, *, proceed: bool = False) -> bool:
        """Whether a setting of the bucket, or what lies under the key, would keep the file, so that nothing is to be written; each is
        told.
        """
        self.unsure = None
        answer = self._conversation.ask(self._conversation.bucket.retention_blockers)
        if not answer.granted:
            # What keeps the file from Planet's delete was not seen.
            if isinstance(there, StoredObject) and answer.kind is not Kind.DENIED:
                self._record.fail(Operation.DELETE, key, Mode.REHEARSED, answer)
            return False  # settings that cannot be read decide nothing
        stop = False
        for blocker in answer.value:
            severity, detail = None, blocker.detail
            if blocker.unsure:
                severity = Severity.UNKNOWN
            elif blocker.passes:
                severity = Severity.WARNING if proceed else Severity.UNKNOWN
                detail += "" if proceed else " Nothing was written."
            finding = self._record.advised(blocker.finding, detail, blocker.evidence, severity=severity)
            self._record.result.findings.append(finding)
            if blocker.unsure:
                self.unsure = finding
            stop |= not (blocker.unsure or (blocker.passes and proceed))
        return stop

    def lingering(self, there: Look, key: str, *, exists: bool = False) -> None:
        """Tell of a file that was there before. ``exists``: it is there, although it could not be looked at."""
        if not isinstance(there, StoredObject) and not exists:
            return
        file = there if isinstance(there, StoredObject) else StoredObject(key)
        talk, result = self._conversation, self._record.result
        evidence = {"key": key}
        facts = [f"{key} is already in the bucket"]
        if file.size is not None:
            evidence["size_bytes"] = str(file.size)
            facts.append(f"{file.size:,} bytes")
        if file.modified is not None:
            evidence["modified"] = file.modified.astimezone(UTC).isoformat().replace("+00:00", "Z")
            facts.append(f"written {age(file.modified, talk.options.clock())} ago")
        if file.version:
            evidence["version"] = file.version
        if not isinstance(there, StoredObject):
            result.limits.append(f"the {key} that lies in the bucket could not be seen; {KEPT_UNSEEN}")
        command = talk.provider.removal(talk.parameters, key, None)
        detail = ", ".join(facts) + ". It was left alone."
        result.findings.append(catalog.finding("lingering-file", detail=detail, evidence=evidence, commands=(command,)))
        result.residue.append(Residue(key, ResidueState.FOUND, command, file.version, "older than this check"))
        if file.size is not None and file.size > VERIFICATION_FILE_LIMIT:
            detail = f"{key} holds {file.size:,} bytes; the verification file is at most {VERIFICATION_FILE_LIMIT:,}."
            result.findings.append(catalog.finding("not-the-verification-file", detail=detail, evidence=evidence))

    def gone(self, key: str) -> None:
        """What lay there was another check's, and has gone: what was told because of it does not stand."""
        result = self._record.result
        because = ("lingering-file", "not-the-verification-file", "delete-unproven")
        result.findings = [
            each
            for each in result.findings
            if each is not self.unsure and not (each.name in because and each.evidence.get("key") == key)
        ]
        result.residue = [each for each in result.residue if (each.key, each.state) != (key, ResidueState.FOUND)]
        # Planet's write would have been one over that file: a refusal to write over our own says nothing any more.
        over = {name for operation, name in result.performed if operation is Operation.WRITE and is_own_name(name)}
        result.failures = [
            each for each in result.failures if each.operation is not Operation.WRITE or each.form or each.key not in over
        ]
        result.limits.append(
            f"a {key} that was there at first had gone when this check looked again, as when another check runs at the same time"
        )

    def own_leftovers(self, key: str) -> None:
        """Tell of what an earlier check of ours left beside ``key``, where its credentials may list: nobody else would know the name."""
        talk, result = self._conversation, self._record.result
        prefix = key.removesuffix(".txt") + "-"
        answer = talk.ask(lambda: talk.bucket.list(prefix), retry=False)
        own = [each for each in answer.value if each.startswith(prefix) and is_own_name(each)] if answer.granted else []
        known = {each.key for each in result.residue}
        own = [each for each in own if each not in known and "/" not in each[len(prefix) :]][:OWN]
        if not own:
            return
        commands = tuple(talk.provider.removal(talk.parameters, each, None) for each in own)
        note = "of an earlier check of this tool that was killed, or of one that is under way"
        result.residue += [
            Residue(each, ResidueState.FOUND, command, None, note) for each, command in zip(own, commands, strict=True)
        ]
        detail = f"{', '.join(own)}: {note}. planet-validator sweep --everywhere finds and removes it as well."
        result.findings.append(
            catalog.finding("lingering-file", detail=detail, evidence={"keys": ", ".join(own)}, commands=commands)
        )


def age(then: datetime, now: datetime) -> str:
    """How long ago, in the largest unit that fits: ``3 days``."""
    if then.tzinfo is None:  # "-0000" is a time in UTC of which no zone is known
        then = then.replace(tzinfo=UTC)
    seconds = max(0, int((now - then).total_seconds()))
    for unit, size in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if seconds >= size:
            return many(seconds // size, unit)
    return many(seconds, "second")
