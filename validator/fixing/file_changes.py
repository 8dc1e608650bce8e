"""The changes of one file: made in its text, shown, or left, each with why."""

from __future__ import annotations

import codecs
import contextlib
import difflib
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from validator.checking.batch import EDITED
from validator.core.model import Destination, DestinationReport, Finding, PatchOperation, Secret
from validator.core.redaction import Redactor
from validator.core.terminal_text import one_line
from validator.core.values import Dataclass, replace
from validator.fixing.editing import CannotEdit, at, beside, changed, same
from validator.sources.document import Document, ParseError
from validator.sources.forms import read
from validator.sources.loader import read_source
from validator.sources.parsers.json import repaired
from validator.sources.payloads import NoDestination, RawDestination, find
from validator.sources.surroundings import References, environment

_BOM: Final = "\ufeff"
Key = tuple[str, str]
"""Which destination: its source, and its pointer into that."""
UNCHECKED: Final = "no check with this change was seen to pass"
KINDS: Final[Mapping[str, str]] = {
    "python": "a Python file",
    "notebook": "a notebook",
    "shell": "a command line",
    "env": "an .env file",
}
"""What is read and never rewritten, by :attr:`validator.sources.document.Document.form`."""
_WHOLE: Final = "not-json"
"""The finding whose patch is the whole text, written as JSON."""


class Change(Dataclass):
    """One finding's patch, made or left. Holds no value of the file."""

    finding: str
    destination: str
    pointer: str
    """Into the destination."""
    line: int | None = None
    """In the file as it was."""
    why: str = ""
    """Why it was left; empty for what is made."""
    checked: bool = False
    """A check passed with this change before it was made."""


class Edit(Dataclass):
    """What is proposed for one file. ``before`` and ``after`` hold secrets; ``diff`` holds none."""

    file: str
    before: Secret
    after: Secret
    diff: str
    """Unified; secrets masked. Empty when nothing changes. Where nothing is ``made``, it is for a person to follow."""
    made: tuple[Change, ...]
    left: tuple[Change, ...]
    encoding: str = "utf-8"


def key_of(each: Destination | DestinationReport) -> Key:
    """Which destination it is, or speaks of."""
    return each.source, each.pointer


class FileChanges:
    """The changes of one file."""

    def __init__(
        self,
        file: str,
        asked: Sequence[tuple[Destination, list[Finding]]],
        secrets: Sequence[Secret],
        references: References,
        from_check: Sequence[Finding] = (),
        checked: Mapping[Key, str] | None = None,
    ) -> None:
        self.file = file
        self.asked = asked
        self.redactor = Redactor(secrets)
        self.references = references
        self.from_check = from_check
        self.checked = checked or {}
        self.made: list[Change] = []
        self.left: list[Change] = []

    def edit(self) -> Edit:
        """What is proposed for the file."""
        if self.file == "-":
            return self.nothing("it was piped in; give the file's name")
        try:
            document, before, encoding = _read(self.file)
        except (ParseError, OSError, UnicodeDecodeError):
            return self.nothing("the file cannot be read any more")
        if document.form not in EDITED:
            return self.shown(document)
        if document.repairs:
            document = self.as_json(document)
        document = self.all(document)
        bom = _BOM if before.startswith(_BOM) else ""
        after = bom + document.text if self.made else before
        self.hide_all(document)
        diff = self.diff(before, after)
        return Edit(self.file, Secret(before), Secret(after), diff, tuple(self.made), tuple(self.left), encoding)

    def shown(self, document: Document) -> Edit:
        """A kind of file that is never rewritten: the change is shown, for a person to make."""
        kind = KINDS.get(document.form, "a file of this kind")
        spans: list[tuple[int, int, str]] = []
        for destination, findings in self.asked:
            raw = _raws(document).get(destination.pointer)
            for finding in findings:
                places = [self.beside(document, raw, operation) for operation in (finding.fix.patch if finding.fix else ())]
                spans += [place for place in places if place is not None]
                how = "make the change shown by hand" if places and None not in places else "change it by hand"
                self.left.append(_change(destination, finding, f"{kind} is never rewritten: {how}"))
        text = document.text
        for start, end, new in sorted(set(spans), reverse=True):
            text = text[:start] + new + text[end:]
        self.hide_all(document)
        return self.unchanged(self.diff(document.text, text))

    def beside(self, document: Document, raw: RawDestination | None, operation: PatchOperation) -> tuple[int, int, str] | None:
        """Where the old value stands in a text that is only shown, and what would stand there."""
        if raw is None or operation.op not in ("replace", "add") or operation.path in ("/type", "/name"):
            return None
        pointer = raw.in_document(operation.path)
        try:
            old = at(document.value, pointer)
        except CannotEdit:
            return None
        self.hide(operation)
        return beside(document, pointer, old, operation.value)

    def hide_all(self, document: Document) -> None:
        """Mask every secret of the file, as it is written there too."""
        raws = _raws(document)
        for destination, _ in self.asked:
            raw = raws.get(destination.pointer)
            for key, value in destination.parameters.items():
                if isinstance(value, Secret):
                    self.redactor.add(value)
                    with contextlib.suppress(CannotEdit):
                        if raw is not None and isinstance(
                            written := at(document.value, raw.in_document(f"/parameters/{key}")), str
                        ):
                            self.redactor.add(written)

    def hide(self, operation: PatchOperation) -> None:
        """Mask what an operation writes, if it is a secret."""
        if operation.secret and isinstance(operation.value, str):
            self.redactor.add(operation.value)

    def nothing(self, why: str) -> Edit:
        """Everything is left, for one reason."""
        for destination, findings in self.asked:
            for finding in findings:
                self.left.append(_change(destination, finding, why))
        return self.unchanged()

    def unchanged(self, diff: str = "") -> Edit:
        """Nothing is made. ``diff``: what a person may make."""
        return Edit(self.file, Secret(""), Secret(""), diff, (), tuple(self.left))

    def as_json(self, document: Document) -> Document:
        """The same, written as JSON; as it is where that is not certain."""
        whole = [(destination, each) for destination, findings in self.asked for each in findings if each.name == _WHOLE]
        if not whole:
            return document
        try:
            done = read(repaired(document.text, document.repairs), "json")
        except ParseError:
            done = document
        destination, finding = whole[0]
        if done.repairs or not same(done.value, document.value):
            self.left.append(_change(destination, finding, "what is meant is not certain"))
            return document
        self.made.append(_change(destination, finding))
        return done

    def all(self, document: Document) -> Document:
        """With every change made that can be; what cannot, and what is doubted, is left."""
        asked = [(destination, each) for destination, findings in self.asked for each in findings if each.name != _WHOLE]
        waiting = [each for each in asked if not self.doubt(*each)]
        while waiting:
            # A rename makes a place that another change needs: what fails is tried again as long as something succeeds.
            refused: list[tuple[Destination, Finding, str]] = []
            for destination, finding in waiting:
                try:
                    document = self.one(document, destination, finding)
                except CannotEdit as error:
                    refused.append((destination, finding, str(error)))
                else:
                    self.made.append(replace(_change(destination, finding), checked=self.proposed_by_check(finding)))
            if len(refused) == len(waiting):
                self.left += [_change(destination, finding, why) for destination, finding, why in refused]
                break
            waiting = [(destination, finding) for destination, finding, _ in refused]
        for destination, finding in asked:
            if why := self.doubt(destination, finding):
                try:
                    self.one(document, destination, finding)
                except CannotEdit as error:  # it could not be made anyway
                    why = str(error)
                self.left.append(_change(destination, finding, why))
        return document

    def proposed_by_check(self, finding: Finding) -> bool:
        """Whether lint alone does not propose it."""
        return any(each is finding for each in self.from_check)

    def doubt(self, destination: Destination, finding: Finding) -> str:
        """Why a change is not made although it could be: only a check proposes it, and none passed with it."""
        return self.checked.get(key_of(destination), UNCHECKED) if self.proposed_by_check(finding) else ""

    def one(self, document: Document, destination: Destination, finding: Finding) -> Document:
        """With one finding's change made. Raises CannotEdit."""
        raw = _raws(document).get(destination.pointer)
        if raw is None or finding.fix is None:
            raise CannotEdit("the destination is not at its place any more")
        for operation in finding.fix.patch:
            self.hide(operation)
            document = self.operation(document, raw, destination, finding, operation)
        return document

    def operation(
        self, document: Document, raw: RawDestination, destination: Destination, finding: Finding, operation: PatchOperation
    ) -> Document:
        """With one operation of a patch carried out. Raises CannotEdit."""
        pointer = raw.in_document(operation.path)
        if raw.shape == "order" and operation.path in ("/type", "/name"):
            if operation.path == "/name" or operation.op != "replace":
                raise CannotEdit("an order's delivery has no such member")
            parent = raw.pointer.rpartition("/")[0]
            return changed(document, "move", f"{parent}/{operation.value}", raw.pointer)
        if operation.op == "move":
            return changed(document, "move", pointer, raw.in_document(str(operation.value)))
        value = operation.value
        if operation.op in ("replace", "remove"):
            old = at(document.value, pointer)
            if operation.path in destination.resolved or (isinstance(old, str) and re.search(r"(?<!\$)\$\{", old)):
                raise CannotEdit("its value comes through a reference: change it where it comes from")
            if finding.name == "plaintext-secret":
                _reference_holds(str(value), old, self.references)
            elif isinstance(old, str) and operation.secret:
                self.redactor.add(old)
        if isinstance(value, str) and finding.name != "plaintext-secret":
            value = value.replace("${", "$${")
        return changed(document, operation.op, pointer, value)

    def diff(self, before: str, after: str) -> str:
        """Unified, with secrets masked."""
        if before == after:
            return ""
        # Masked before they are compared line by line: a value over several lines is masked as a whole.
        old, new = self.redactor.source(before), self.redactor.source(after)
        file = one_line(self.file)
        lines = list(difflib.unified_diff(old.splitlines(), new.splitlines(), file, file, lineterm=""))
        if not lines:
            lines = [f"--- {file}", f"+++ {file}", "(only masked values change)"]
        return "\n".join(lines) + "\n"


def _reference_holds(reference: str, old: Any, references: References) -> None:
    """A secret leaves the file only when the reference already gives it: the file may be its only copy."""
    name = reference[2:-1]
    if environment(references).get(name) != old:
        raise CannotEdit(f"first put the value into the environment variable {name}: this file may hold its only copy")


def _read(file: str) -> tuple[Document, str, str]:
    """The document, the whole text with its byte order mark, and how it is encoded."""
    if not Path(file).is_file():
        raise ParseError((None, "it is no regular file"))
    document = read_source(file)
    data = Path(file).read_bytes()
    encoding = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}.get(data[:2], "utf-8")
    text = data.decode(encoding)
    if document.form in EDITED and text.removeprefix(_BOM) != document.text:
        raise ParseError((None, "it has changed"))
    return document, text, encoding


def _raws(document: Document) -> Mapping[str, RawDestination]:
    try:
        return {raw.pointer: raw for raw in find(document.value)}
    except NoDestination:
        return {}


def _change(destination: Destination, finding: Finding, why: str = "") -> Change:
    return Change(finding.name, destination.name, finding.pointer, destination.line_of(finding.pointer), why)
