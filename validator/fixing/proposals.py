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

import codecs
import contextlib
import difflib
import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from validator import providers
from validator.checking.batch import EDITED, secrets_of
from validator.checking.lint import Examined, examine
from validator.core.errors import MissingExtra, ValidatorError
from validator.core.model import Confidence, Destination, DestinationReport, Finding, Outcome, PatchOperation, Report, Secret
from validator.core.redaction import MASK, Redactor
from validator.core.terminal_text import one_line
from validator.fixing.editing import Refused, at, beside, changed, same
from validator.providers.base import Options, Provider, declared
from validator.sources.document import Broken, Document
from validator.sources.loader import read_source
from validator.sources.parsers.json import repaired
from validator.sources.payloads import NoDestination, Raw, find
from validator.sources.reading import read
from validator.sources.surroundings import References, environment

_BOM: Final = "\ufeff"
KINDS: Final[Mapping[str, str]] = {
    "python": "a Python file",
    "notebook": "a notebook",
    "shell": "a command line",
    "env": "an .env file",
}
"""What is read and never rewritten, by :attr:`validator.sources.document.Document.form`."""
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
    """Unified; secrets masked. Empty when nothing changes. Where nothing is ``made``, it is for a person to follow."""
    made: tuple[Change, ...]
    left: tuple[Change, ...]
    encoding: str = "utf-8"


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
    seen = {(each.source, each.pointer): each for each in (report.destinations if report else ())}
    by_file: dict[str, list[tuple[Destination, list[Finding]]]] = {}
    for destination in destinations:
        findings = _findings(destination, options_for(destination.type), seen.get((destination.source, destination.pointer)))
        if findings:
            by_file.setdefault(destination.source, []).append((destination, findings))
    secrets = [secret for each in destinations for secret in secrets_of(each, _provider(each))]
    # A file that is named twice, by a link for instance, is changed once.
    once = {_identity(file): file for file in reversed(by_file)}
    edits = [
        _File(file, asked, secrets, references or References()).edit()
        for file, asked in by_file.items()
        if once[_identity(file)] == file
    ]
    return tuple(each for each in edits if each.made or each.left)


def _identity(file: str) -> object:
    try:
        about = os.stat(file)  # noqa: PTH116 - "-" is no file
    except (OSError, ValueError):
        return file
    return about.st_dev, about.st_ino


def apply(edits: Sequence[Edit]) -> tuple[str, ...]:
    """Write the files, each in one step: a file is the old one or the new one, never a part. Returns those that changed.

    The old content stays beside a file as FILE.orig, unless git holds it: see :mod:`validator.fixing.rewrite`. Raises
    :class:`~validator.core.errors.ValidatorError`, after all others were written, for files that cannot be, or that have changed since
    they were read.
    """
    from validator.fixing import rewrite as _rewrite
    from validator.sources.git_index import held

    written: list[str] = []
    problems: list[str] = []
    for edit in edits:
        if not edit.made:
            continue
        before, after = (each.reveal().encode(edit.encoding) for each in (edit.before, edit.after))
        try:
            _rewrite.rewrite(edit.file, before, after, copy=not held(Path(edit.file), before))
        except ValidatorError as error:
            problems.append(str(error))
        else:
            written.append(edit.file)
    if problems:
        more = f" ({', '.join(written)} {'was' if len(written) == 1 else 'were'} changed)" if written else ""
        raise ValidatorError("; ".join(problems) + more)
    return tuple(written)


def _findings(destination: Destination, options: Options, seen: DestinationReport | None) -> list[Finding]:
    """Findings whose patch is to be written, its values unredacted where that is possible."""
    examined: Examined | None = None
    with contextlib.suppress(MissingExtra):
        examined = examine(destination, options)
    own = list(examined.findings if examined else destination.problems)
    known = {(each.name, each.pointer) for each in own}
    if seen is not None and any(step.outcome is Outcome.GRANTED and step.form != "trial" for step in seen.steps):
        own = [each for each in own if not _unmakes(each, examined)]
    for each in seen.findings if seen is not None else ():
        values = (
            [operation for operation in each.fix.patch if operation.secret or MASK in str(operation.value)] if each.fix else []
        )
        if (each.name, each.pointer) not in known and not values:
            own.append(each)
    return [each for each in own if each.fix and each.fix.patch and each.confidence is Confidence.CONFIRMED]


def _unmakes(finding: Finding, examined: Examined | None) -> bool:
    """Whether a patch would change a value with which the store was seen to grant something."""
    if examined is None or examined.parameters is None or examined.provider is None or finding.fix is None:
        return False
    mended = {each.name for each in declared(examined.provider.Parameters) if each.metadata.get("verbatim")}
    for operation in finding.fix.patch:
        name = operation.path.removeprefix("/parameters/")
        if operation.op in ("replace", "add") and name not in mended and hasattr(examined.parameters, name):
            used = getattr(examined.parameters, name)
            if (used.reveal() if isinstance(used, Secret) else used) != operation.value and finding.name != "plaintext-secret":
                return True
    return False


def _provider(destination: Destination) -> Provider | None:
    with contextlib.suppress(MissingExtra):
        return providers.find(destination.type) if destination.type else None
    return None


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
            document, before, encoding = self.read()
        except (Broken, OSError, UnicodeDecodeError):
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

    def read(self) -> tuple[Document, str, str]:
        """The document, the whole text with its byte order mark, and how it is encoded."""
        if not Path(self.file).is_file():
            raise Broken((None, "it is no regular file"))
        document = read_source(self.file)
        data = Path(self.file).read_bytes()
        encoding = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}.get(data[:2], "utf-8")
        text = data.decode(encoding)
        if document.form in EDITED and text.removeprefix(_BOM) != document.text:
            raise Broken((None, "it has changed"))
        return document, text, encoding

    def shown(self, document: Document) -> Edit:
        """A kind of file that is never rewritten: the change is shown, for a person to make."""
        kind = KINDS.get(document.form, "a file of this kind")
        found: list[tuple[int, int, str]] = []
        for destination, findings in self.asked:
            raw = _raws(document).get(destination.pointer)
            for finding in findings:
                places = [self.beside(document, raw, operation) for operation in (finding.fix.patch if finding.fix else ())]
                found += [place for place in places if place is not None]
                how = "make the change shown by hand" if places and None not in places else "change it by hand"
                self.left.append(_change(destination, finding, f"{kind} is never rewritten: {how}"))
        text = document.text
        for start, end, new in sorted(set(found), reverse=True):
            text = text[:start] + new + text[end:]
        self.hide_all(document)
        return Edit(self.file, Secret(""), Secret(""), self.diff(document.text, text), (), tuple(self.left))

    def beside(self, document: Document, raw: Raw | None, operation: PatchOperation) -> tuple[int, int, str] | None:
        if raw is None or operation.op not in ("replace", "add") or operation.path in ("/type", "/name"):
            return None
        pointer = raw.in_document(operation.path)
        try:
            old = at(document.value, pointer)
        except Refused:
            return None
        if operation.secret and isinstance(operation.value, str):
            self.redactor.add(operation.value)
        return beside(document, pointer, old, operation.value)

    def hide_all(self, document: Document) -> None:
        for destination, _ in self.asked:
            for key, value in destination.parameters.items():
                if isinstance(value, Secret):
                    self.redactor.add(value)
                    self.hide(document, destination, f"/parameters/{key}")

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
        old, new = self.redactor.source(before), self.redactor.source(after)
        file = one_line(self.file)
        lines = list(difflib.unified_diff(old.splitlines(), new.splitlines(), file, file, lineterm=""))
        if not lines:
            lines = [f"--- {file}", f"+++ {file}", "(only masked values change)"]
        return "\n".join(lines) + "\n"


def _raws(document: Document) -> Mapping[str, Raw]:
    try:
        return {raw.pointer: raw for raw in find(document.value)}
    except NoDestination:
        return {}


def _change(destination: Destination, finding: Finding, why: str = "") -> Change:
    return Change(finding.name, destination.name, finding.pointer, destination.line_of(finding.pointer), why)
