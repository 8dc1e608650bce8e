"""``--fix``: makes the changes that findings propose, in the source files themselves.

For a command::

    edits = fix.propose(loaded.destinations, report, options=settings.options, references=references)
    for edit in edits:
        print(edit.diff)                 # a unified diff, secrets masked
        for each in edit.left: ...       # what is not changed, and why
    if not dry_run:
        changed = fix.apply(edits)       # the files that were written; load and check again if there are any
"""

from __future__ import annotations

import contextlib
import difflib
import os
import re
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from validator._documents import Broken, Document, read, repaired
from validator._edits import Refused, at, changed, same
from validator._references import References, environment
from validator._shapes import NoDestination, Raw, find
from validator.lint import examine
from validator.load import read_source
from validator.model import (
    Confidence,
    Destination,
    Finding,
    MissingExtra,
    PatchOperation,
    Report,
    Secret,
    ValidatorError,
)
from validator.providers.base import Options
from validator.redact import MASK, Redactor

_BOM: Final = "\ufeff"
_WHOLE: Final = "not-json"
"""The finding whose patch is the whole text, written as JSON."""


@dataclass(frozen=True, slots=True)
class Change:
    """One finding's patch, made or left. Holds no value of the file."""

    finding: str
    destination: str
    pointer: str
    """Into the destination."""
    line: int | None = None
    """In the file as it was."""
    why: str = ""
    """Why it was left; empty for what is made."""


@dataclass(frozen=True, slots=True)
class Edit:
    """What is proposed for one file. ``before`` and ``after`` hold secrets; ``diff`` holds none."""

    file: str
    before: Secret
    after: Secret
    diff: str
    """Unified; secrets masked. Empty when nothing changes."""
    made: tuple[Change, ...]
    left: tuple[Change, ...]


def propose(
    destinations: Sequence[Destination],
    report: Report | None = None,
    *,
    options: Options | Callable[[str], Options] | None = None,
    references: References | None = None,
) -> tuple[Edit, ...]:
    """The edits that would make every confirmed finding's patch; one for each file with something to change or to leave.

    ``report`` adds what a check found out (its patches are redacted; lint's are made anew, since they may hold secrets).
    ``options`` is what the check was told, or a function from a type to it, such as ``Settings.options``.
    """
    options_for = options if callable(options) else lambda type_: options or Options()
    reported: dict[tuple[str, str], list[Finding]] = {}
    for each in report.destinations if report else ():
        reported.setdefault((each.source, each.pointer), []).extend(each.findings)
    by_file: dict[str, list[tuple[Destination, list[Finding]]]] = {}
    for destination in destinations:
        findings = _findings(
            destination, options_for(destination.type), reported.get((destination.source, destination.pointer), [])
        )
        if findings:
            by_file.setdefault(destination.source, []).append((destination, findings))
    secrets = [secret for destination in destinations for secret in destination.secrets]
    edits = [_File(file, asked, secrets, references or References()).edit() for file, asked in by_file.items()]
    return tuple(each for each in edits if each.made or each.left)


def apply(edits: Sequence[Edit]) -> tuple[str, ...]:
    """Write the files, each in one step: a file is the old one or the new one, never a part. Returns those that changed.

    Raises :class:`~validator.model.ValidatorError` for a file that cannot be written, or that has changed since it was read.
    """
    written: list[str] = []
    for edit in edits:
        if edit.made:
            _write(Path(os.path.realpath(edit.file)), edit)
            written.append(edit.file)
    return tuple(written)


def _findings(destination: Destination, options: Options, reported: Sequence[Finding]) -> list[Finding]:
    """Findings with a patch, their values unredacted where that is possible."""
    try:
        own = list(examine(destination, options).findings)
    except MissingExtra:
        own = list(destination.problems)
    known = {(each.name, each.pointer) for each in own}
    for each in reported:
        values = (
            [operation for operation in each.fix.patch if operation.secret or MASK in str(operation.value)] if each.fix else []
        )
        if (each.name, each.pointer) not in known and not values:
            own.append(each)
    return [each for each in own if each.fix and each.fix.patch and each.confidence is Confidence.CONFIRMED]


class _File:
    """The changes of one file."""

    def __init__(
        self,
        file: str,
        asked: Sequence[tuple[Destination, list[Finding]]],
        secrets: Sequence[Secret],
        references: References,
    ) -> None:
        self.file = file
        self.asked = asked
        self.redactor = Redactor(secrets)
        self.references = references
        self.made: list[Change] = []
        self.left: list[Change] = []

    def edit(self) -> Edit:
        if self.file == "-":
            return self.nothing("it came from standard input")
        try:
            document = read_source(self.file)
            before = self.bom() + document.text
        except (Broken, UnicodeDecodeError):
            return self.nothing("the file cannot be read any more, or is not UTF-8")
        if document.repairs:
            document = self.as_json(document)
        document = self.all(document)
        bom = _BOM if before.startswith(_BOM) else ""
        after = bom + document.text if self.made else before
        for destination, _ in self.asked:
            for key, value in destination.parameters.items():
                if isinstance(value, Secret):
                    self.redactor.add(value)
                    self.hide(document, destination, f"/parameters/{key}")
        return Edit(self.file, Secret(before), Secret(after), self.diff(before, after), tuple(self.made), tuple(self.left))

    def bom(self) -> str:
        with open(self.file, "rb") as file:  # noqa: PTH123 - as the user wrote the path
            start = file.read(3)
        if start[:2] in (b"\xff\xfe", b"\xfe\xff"):
            raise UnicodeDecodeError("utf-8", start, 0, 1, "UTF-16")
        return _BOM if start == b"\xef\xbb\xbf" else ""

    def nothing(self, why: str) -> Edit:
        for destination, findings in self.asked:
            for finding in findings:
                self.left.append(_change(destination, finding, why))
        return Edit(self.file, Secret(""), Secret(""), "", (), tuple(self.left))

    def as_json(self, document: Document) -> Document:
        """The same, written as JSON; as it is where that is not certain."""
        found = [(destination, each) for destination, findings in self.asked for each in findings if each.name == _WHOLE]
        if not found:
            return document
        try:
            done = read(repaired(document.text, document.repairs), "json")
        except Broken:
            done = document
        destination, finding = found[0]
        if done.repairs or not same(done.value, document.value):
            self.left.append(_change(destination, finding, "what is meant is not certain"))
            return document
        self.made.append(_change(destination, finding))
        return done

    def all(self, document: Document) -> Document:
        waiting = [(destination, each) for destination, findings in self.asked for each in findings if each.name != _WHOLE]
        if document.repairs and waiting:
            self.left += [_change(destination, each, "the file must be JSON first") for destination, each in waiting]
            return document
        while waiting:
            # A rename makes a place that another change needs: what fails is tried again as long as something succeeds.
            refused: list[tuple[Destination, Finding, str]] = []
            for destination, finding in waiting:
                try:
                    document = self.one(document, destination, finding)
                except Refused as why:
                    refused.append((destination, finding, str(why)))
                else:
                    self.made.append(_change(destination, finding))
            if len(refused) == len(waiting):
                self.left += [_change(destination, finding, why) for destination, finding, why in refused]
                break
            waiting = [(destination, finding) for destination, finding, _ in refused]
        return document

    def one(self, document: Document, destination: Destination, finding: Finding) -> Document:
        raw = _raws(document).get(destination.pointer)
        if raw is None or finding.fix is None:
            raise Refused("the destination is not at its place any more")
        for operation in finding.fix.patch:
            if operation.secret and isinstance(operation.value, str):
                self.redactor.add(operation.value)
            document = self.operation(document, raw, destination, finding, operation)
        return document

    def operation(
        self, document: Document, raw: Raw, destination: Destination, finding: Finding, operation: PatchOperation
    ) -> Document:
        pointer = raw.in_document(operation.path)
        if raw.shape == "order" and operation.path in ("/type", "/name"):
            if operation.path == "/name" or operation.op != "replace":
                raise Refused("an order's delivery has no such member")
            parent = raw.pointer.rpartition("/")[0]
            return changed(document, "move", f"{parent}/{operation.value}", raw.pointer)
        if operation.op == "move":
            return changed(document, "move", pointer, raw.in_document(str(operation.value)))
        value = operation.value
        if operation.op in ("replace", "remove"):
            old = at(document.value, pointer)
            if operation.path in destination.resolved or (isinstance(old, str) and re.search(r"(?<!\$)\$\{", old)):
                raise Refused("its value comes through a reference: change it where it comes from")
            if finding.name == "plaintext-secret":
                self.reference_holds(str(value), old)
            elif isinstance(old, str):
                self.redactor.add(old) if operation.secret else None
        if isinstance(value, str) and finding.name != "plaintext-secret":
            value = value.replace("${", "$${")
        return changed(document, operation.op, pointer, value)

    def reference_holds(self, reference: str, old: Any) -> None:
        """A secret leaves the file only when the reference already gives it: the file may be its only copy."""
        name = reference[2:-1]
        if environment(self.references).get(name) != old:
            raise Refused(f"first put the value into the environment variable {name}: this file may hold its only copy")

    def hide(self, document: Document, destination: Destination, pointer: str) -> None:
        raw = _raws(document).get(destination.pointer)
        with contextlib.suppress(Refused):
            if raw is not None and isinstance(value := at(document.value, raw.in_document(pointer)), str):
                self.redactor.add(value)

    def diff(self, before: str, after: str) -> str:
        if before == after:
            return ""
        # Masked before they are compared line by line: a value over several lines is masked as a whole.
        old, new = self.redactor.text(before), self.redactor.text(after)
        lines = list(difflib.unified_diff(old.splitlines(), new.splitlines(), self.file, self.file, lineterm=""))
        if not lines:
            lines = [f"--- {self.file}", f"+++ {self.file}", "(only masked values change)"]
        return "\n".join(lines) + "\n"


def _raws(document: Document) -> Mapping[str, Raw]:
    try:
        return {raw.pointer: raw for raw in find(document.value)}
    except NoDestination:
        return {}


def _change(destination: Destination, finding: Finding, why: str = "") -> Change:
    return Change(finding.name, destination.name, finding.pointer, destination.line_of(finding.pointer), why)


def _write(path: Path, edit: Edit) -> None:
    data = edit.after.reveal().encode()
    try:
        if path.read_bytes() != edit.before.reveal().encode():
            raise ValidatorError(f"{edit.file}: it has changed since it was read; nothing was written")
        about = path.stat()
        descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    except OSError as error:
        raise ValidatorError(f"{edit.file}: it cannot be changed: {error.strerror}") from None
    try:
        with open(descriptor, "wb") as file:  # noqa: PTH123 - a descriptor
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(OSError):
            os.chown(name, about.st_uid, about.st_gid)
        Path(name).chmod(about.st_mode & 0o7777)
        Path(name).replace(path)
    except OSError as error:
        raise ValidatorError(f"{edit.file}: it cannot be changed: {error.strerror}") from None
    finally:
        Path(name).unlink(missing_ok=True)  # still there only when it did not take the old one's place
    with contextlib.suppress(OSError):
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
