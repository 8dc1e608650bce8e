"""Reads JSON, YAML and TOML texts into plain values, and remembers where in the text each value stands."""

from __future__ import annotations

import contextlib
import json
import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, NoReturn

from validator.core.model import Place

DEEPEST: Final = 64
"""Levels of nesting. A destination needs three, an order's geometry some ten."""
MOST_NODES: Final = 200_000
"""Values in one document, aliases counted as often as they are used: what an exploding YAML file is stopped by."""
LONGEST_NUMBER: Final = 300
"""Characters of one number."""

SUFFIXES: Final[Mapping[str, str]] = {".json": "json", ".yaml": "yaml", ".yml": "yaml", ".toml": "toml"}
"""Format by file name."""

COMMENT: Final = "there is a comment"
"""What a repair of JSON says that leaves a comment out."""

NAMED_ALREADY: Final = object()
"""Stands in a list for what could not be read, where that has been said."""
MOST_PROBLEMS: Final = 20
"""Refusals of one document that are told."""

_UNPRINTABLE: Final = re.compile("[\x00\ud800-\udfff]")


class Broken(Exception):
    """A text that cannot be read. The message never quotes the text: it may hold a secret."""

    def __init__(self, *problems: tuple[int | None, str]) -> None:
        super().__init__("; ".join(what for _, what in problems))
        self.problems = problems
        """1-based line, or None, and what is wrong there."""


@dataclass(frozen=True, slots=True)
class Span:
    """Where a value, and the key before it, stand in the text: offsets in characters."""

    start: int
    end: int
    key_start: int = -1
    """-1 for the root and for items of a list."""
    key_end: int = -1


@dataclass(frozen=True, slots=True)
class Repair:
    """One departure from JSON that has only one meaning, and the text that says the same in JSON."""

    start: int
    end: int
    text: str
    what: str


@dataclass(frozen=True, slots=True)
class Document:
    """A text and what it says."""

    value: Any
    form: str
    """``json``, ``yaml``, ``toml``; or what is read and never written: ``python``, ``notebook``, ``shell``, ``env``."""
    text: str
    spans: Mapping[str, Span] = field(default_factory=dict)
    """By JSON pointer. For TOML only the starts are meant."""
    repairs: tuple[Repair, ...] = ()
    """For JSON: what had to be read otherwise than it is written."""
    lines: Sequence[int] = ()
    """Offset of each line's first character."""
    places: Mapping[str, Place] = field(default_factory=dict)
    """By JSON pointer, where the places are known and no spans are."""
    faults: tuple[tuple[Place | None, str], ...] = ()
    """Parts of the text that could not be read, and why; the others were."""
    doubtful: tuple[tuple[str, int | None, str], ...] = ()
    """What was read and cannot be taken as it is: JSON pointer, 1-based line and why."""

    def place(self, pointer: str) -> Place | None:
        """Line and column of a value, both counted from 1."""
        if pointer in self.places:
            return self.places[pointer]
        span = self.spans.get(pointer)
        return None if span is None else place_of(self.lines, span.start)


def read(text: str, form: str) -> Document:
    """The document in ``text``. Raises :class:`Broken`, and nothing else, for whatever cannot be read."""
    from validator.sources.foreign import read_toml, read_yaml

    text = text.removeprefix("\ufeff")
    if not text.strip():
        raise Broken((None, "it is empty"))
    try:
        document = {"json": read_json, "yaml": read_yaml, "toml": read_toml}[form](text)
    except RecursionError:
        raise Broken((None, f"it is nested deeper than {DEEPEST} levels")) from None
    return check_value(document)


def check_value(document: Document) -> Document:
    """Refuse what no parameter can hold: half characters, NUL, and nesting without end. Raises :class:`Broken`.

    In a list, what is refused in one destination is a fault of its own, and costs the others nothing.
    """
    waiting: list[tuple[Any, str, int]] = [(document.value, "", 0)]
    problems: list[tuple[str, int | None, str]] = [*document.doubtful]
    seen = 0
    while waiting:
        value, pointer, depth = waiting.pop()
        seen += 1
        if seen > MOST_NODES:
            raise Broken((None, f"it holds more than {MOST_NODES:,} values"))
        if depth > DEEPEST:
            raise Broken((None, f"it is nested deeper than {DEEPEST} levels"))
        if isinstance(value, str):
            if _UNPRINTABLE.search(value):
                problems.append((pointer, _line(document, pointer), "a string holds a NUL or half of a character"))
        elif isinstance(value, dict):
            if any(_UNPRINTABLE.search(key) for key in value):
                problems.append((pointer, _line(document, pointer), "a key holds a NUL or half of a character"))
            waiting += [(item, f"{pointer}/{escape(key)}", depth + 1) for key, item in value.items()]
        elif isinstance(value, list):
            waiting += [(item, f"{pointer}/{index}", depth + 1) for index, item in enumerate(value)]
    return _without(document, problems) if problems else document


def _line(document: Document, pointer: str) -> int | None:
    place = document.place(pointer)
    return place.line if place else None


def _without(document: Document, problems: list[tuple[str, int | None, str]]) -> Document:
    """The document without the destinations in which something is refused. Raises :class:`Broken` where none is left."""
    value = document.value
    inside = isinstance(value, dict) and isinstance(value.get("destinations"), list) and "parameters" not in value
    listed = value["destinations"] if inside else value
    start = "/destinations/" if inside else "/"
    bad: set[int] = set()
    for pointer, _, _ in problems:
        index = pointer.removeprefix(start).partition("/")[0] if pointer.startswith(start) else ""
        if not isinstance(listed, list) or not index.isdecimal():
            bad.clear()
            break
        bad.add(int(index))
    if not bad or len(bad) == len(listed):
        raise Broken(*((line, what) for _, line, what in problems[:MOST_PROBLEMS]))
    rest = [NAMED_ALREADY if index in bad else item for index, item in enumerate(listed)]
    faults = [(Place(line), what) for _, line, what in problems[:MOST_PROBLEMS]]
    return replace(
        document,
        value={**value, "destinations": rest} if inside else rest,
        faults=(*document.faults, *faults),
        doubtful=(),
    )


def escape(key: str) -> str:
    """A key as a part of a JSON pointer."""
    return key.replace("~", "~0").replace("/", "~1")


def unescape(part: str) -> str:
    """A part of a JSON pointer as a key."""
    return part.replace("~1", "/").replace("~0", "~")


def line_starts(text: str) -> list[int]:
    """Offset of each line's first character."""
    return [0, *(match.end() for match in re.finditer("\n", text))]


def place_of(lines: Sequence[int], offset: int) -> Place:
    """Line and column of an offset, both counted from 1."""
    line = bisect_right(lines, offset)
    return Place(line, offset - lines[line - 1] + 1)


def shown_key(key: str) -> str:
    """A key as a message may show it: what does not look like a name may be a secret in the wrong place."""
    return key if re.fullmatch(r"[A-Za-z_$][A-Za-z_.:-]{0,39}", key) else "a key"


# ---- JSON, and what people write instead -------------------------------------------------------------------------------

_STRING = re.compile(r'"((?:[^"\\\x00-\x1f]++|\\.)*+)"')
_SINGLE = re.compile(r"'((?:[^'\\\x00-\x1f]++|\\.)*+)'")
_SMART = re.compile(
    '[\u201c\u201d\u201e\u201f\u00ab\u00bb]([^\u201c\u201d\u201e\u201f\u00ab\u00bb"\\\\\x00-\x1f]*)[\u201c\u201d\u201e\u201f\u00ab\u00bb"]'
)
_SMART_SINGLE = re.compile('[\u2018\u2019\u201a]([^\u2018\u2019\u201a"\\\\\x00-\x1f]*)[\u2018\u2019\u201a]')
_NUMBER = re.compile(r"-?(?:0|[1-9]\d*+)(\.\d++)?([eE][+-]?\d++)?")
_WORD = re.compile(r"[A-Za-z_]\w*+")
_BLANK = re.compile(r"[ \t\r\n]*+")
_COMMENT = re.compile(r"#[^\n]*|//[^\n]*|/\*.*?\*/", re.DOTALL)
_ODD_BLANK = re.compile("[\u00a0\u2007\u202f\u200b\ufeff]+")
_WORDS: Final[Mapping[str, Any]] = {"true": True, "false": False, "null": None}
_PYTHON_WORDS: Final[Mapping[str, Any]] = {"True": True, "False": False, "None": None}


class _Stop(Exception):
    def __init__(self, offset: int, what: str) -> None:
        super().__init__(what)
        self.offset = offset
        self.what = what


class _Scanner:
    """A JSON reader that notes where each value stands, and reads on where only one thing can be meant."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.end = len(text)
        self.spans: dict[str, Span] = {}
        self.repairs: list[Repair] = []
        self.twice: list[tuple[str, int, str]] = []

    def document(self) -> Any:
        bare = self.text.strip()
        if len(bare) > 2 and bare[0] == bare[-1] == "'" and bare[1:].lstrip()[:1] in ("{", "["):
            first, last = self.text.index("'"), self.text.rindex("'")
            self.repairs += [
                Repair(first, first + 1, "", "the whole stands in a shell's quotes"),
                Repair(last, last + 1, "", ""),
            ]
            self.at, self.end = first + 1, last
        value = self.value("", 0)
        self.blank()
        if self.at < self.end:
            self.stop("there is something after the end of the value")
        return value

    def stop(self, what: str) -> NoReturn:
        raise _Stop(self.at, what)

    def note(self, end: int, text: str, what: str) -> None:
        self.repairs.append(Repair(self.at, end, text, what))

    def blank(self) -> None:
        while True:
            self.at = _BLANK.match(self.text, self.at, self.end).end()  # type: ignore[union-attr]  # matches nothing as well
            if match := _COMMENT.match(self.text, self.at, self.end):
                self.note(match.end(), "", COMMENT)
            elif match := _ODD_BLANK.match(self.text, self.at, self.end):
                self.note(match.end(), " ", "there is an invisible character that is no blank")
            else:
                return
            self.at = match.end()

    def value(self, pointer: str, depth: int, key: tuple[int, int] = (-1, -1)) -> Any:
        if depth > DEEPEST:
            self.stop(f"it is nested deeper than {DEEPEST} levels")
        self.blank()
        start = self.at
        sign = self.text[start : start + 1] if start < self.end else ""
        value: Any
        if sign == "{":
            value = self.mapping(pointer, depth)
        elif sign == "[":
            value = self.sequence(pointer, depth)
        elif sign and sign in "\"'\u201c\u201d\u201e\u201f\u00ab\u00bb\u2018\u2019\u201a":
            value = self.string()
        elif sign and (sign.isdigit() or sign == "-"):
            value = self.number()
        else:
            value = self.word()
        self.spans[pointer] = Span(start, self.at, *key)
        return value

    def mapping(self, pointer: str, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        self.at += 1
        comma = -1
        while True:
            self.blank()
            if self.text.startswith("}", self.at, self.end):
                self.trailing(comma)
                self.at += 1
                return found
            if self.at >= self.end:
                self.stop("a { is never closed")
            if found and comma < 0:
                self.stop("a comma is missing between two members")
            start = self.at
            if self.text[start] not in "\"'\u201c\u201d\u201e\u201f\u00ab\u00bb\u2018\u2019\u201a":
                self.stop("a key in double quotes is expected")
            name = self.string()
            key = (start, self.at)
            self.blank()
            if not self.text.startswith(":", self.at, self.end):
                self.stop("a colon is expected after a key")
            self.at += 1
            value = self.value(f"{pointer}/{escape(name)}", depth + 1, key)
            if name in found:
                self.twice.append((pointer, start, f"{shown_key(name)} is there twice"))
            found[name] = value
            comma = self.comma()

    def sequence(self, pointer: str, depth: int) -> list[Any]:
        found: list[Any] = []
        self.at += 1
        comma = -1
        while True:
            self.blank()
            if self.text.startswith("]", self.at, self.end):
                self.trailing(comma)
                self.at += 1
                return found
            if self.at >= self.end:
                self.stop("a [ is never closed")
            if found and comma < 0:
                self.stop("a comma is missing between two items")
            found.append(self.value(f"{pointer}/{len(found)}", depth + 1))
            comma = self.comma()

    def comma(self) -> int:
        self.blank()
        if not self.text.startswith(",", self.at, self.end):
            return -1
        self.at += 1
        return self.at - 1

    def trailing(self, comma: int) -> None:
        if comma >= 0:
            self.repairs.append(Repair(comma, comma + 1, "", "there is a comma after the last member"))

    def string(self) -> str:
        match = _STRING.match(self.text, self.at, self.end)
        if match:
            raw: str = match[1]
            if "\\" in raw:
                try:
                    raw = json.loads(match[0])
                except ValueError:
                    self.stop("a string holds a backslash that means nothing in JSON")
            self.at = match.end()
            return raw
        what = "there are single quotes"
        match = _SINGLE.match(self.text, self.at, self.end)
        if not match:
            what = "there are typographic quotes"
            match = _SMART.match(self.text, self.at, self.end) or _SMART_SINGLE.match(self.text, self.at, self.end)
        if not match or "\\" in match[1]:
            self.stop("a string is not closed before its line ends")
        self.note(match.end(), json.dumps(match[1], ensure_ascii=False), what)
        self.at = match.end()
        return match[1]

    def number(self) -> int | float:
        match = _NUMBER.match(self.text, self.at, self.end)
        if not match:
            self.stop("a number is not written as JSON writes one")
        if len(match[0]) > LONGEST_NUMBER:
            self.stop(f"a number has more than {LONGEST_NUMBER} digits")
        self.at = match.end()
        return float(match[0]) if match[1] or match[2] else int(match[0])

    def word(self) -> Any:
        match = _WORD.match(self.text, self.at, self.end)
        if match and match[0] in _PYTHON_WORDS:
            value = _PYTHON_WORDS[match[0]]
            self.note(match.end(), json.dumps(value), "there are Python's True, False or None")
        elif match and match[0] in _WORDS:
            value = _WORDS[match[0]]
        else:
            self.stop("a value is expected" if self.at < self.end else "it ends before it is complete")
        self.at = match.end()
        return value


def read_json(text: str) -> Document:
    """A JSON text, or one that means JSON: ``repairs`` says what had to be read otherwise. Raises :class:`Broken`."""
    lines = line_starts(text)
    scanner = _Scanner(text)
    try:
        value = scanner.document()
    except _Stop as stop:
        from validator.sources.parsers.python import read_python
        from validator.sources.payloads import NoDestination

        with contextlib.suppress(Broken, NoDestination):
            return read_python(text, expected=False)
        place = place_of(lines, stop.offset)
        raise Broken((place.line, f"it is not JSON: {stop.what} (column {place.column})")) from None
    repairs = tuple(sorted(scanner.repairs, key=lambda each: each.start))
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
        return _unwrapped(text, value)
    doubtful = tuple((pointer, place_of(lines, at).line, what) for pointer, at, what in scanner.twice)
    return Document(value, "json", text, scanner.spans, repairs, lines, doubtful=doubtful)


def _unwrapped(text: str, inner: str) -> Document:
    """JSON within a JSON string, as a shell's or a log's quoting leaves it."""
    scanner = _Scanner(inner)
    try:
        value = scanner.document()
    except _Stop as stop:
        raise Broken((1, f"it is a string that holds JSON, and that is broken: {stop.what}")) from None
    if scanner.twice:
        raise Broken(*((1, what) for _, _, what in scanner.twice))
    whole = Repair(0, len(text), repaired(inner, scanner.repairs) + "\n", "the whole is a string that holds JSON")
    return Document(value, "json", text, {"": Span(0, len(text))}, (whole,), line_starts(text))


def repaired(text: str, repairs: Sequence[Repair]) -> str:
    """The text with every repair made; the rest of it stays as it is."""
    for each in sorted(repairs, key=lambda each: each.start, reverse=True):
        text = text[: each.start] + each.text + text[each.end :]
    return text
