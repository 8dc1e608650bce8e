"""Reads JSON, and what people write instead where only one thing can be meant."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NoReturn

from validator.core import lazy
from validator.core.model import Place
from validator.sources.document import (
    DEEPEST,
    LONGEST_NUMBER,
    Document,
    JsonRepair,
    ParseError,
    Span,
    escape,
    line_starts,
    place_of,
    shown_key,
)

COMMENT: Final = "there is a comment"
"""What a repair of JSON says that leaves a comment out."""

_STRING = lazy.compile(r'"((?:[^"\\\x00-\x1f]++|\\.)*+)"')
_CHARACTER = lazy.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\.|[^\\]", re.DOTALL)
"""One character of a JSON string, as it is written there."""
_SINGLE = lazy.compile(r"'((?:[^'\\\x00-\x1f]++|\\.)*+)'")
_SMART = lazy.compile(
    '[\u201c\u201d\u201e\u201f\u00ab\u00bb]([^\u201c\u201d\u201e\u201f\u00ab\u00bb"\\\\\x00-\x1f]*)[\u201c\u201d\u201e\u201f\u00ab\u00bb"]'
)
_SMART_SINGLE = lazy.compile('[\u2018\u2019\u201a]([^\u2018\u2019\u201a"\\\\\x00-\x1f]*)[\u2018\u2019\u201a]')
_QUOTES: Final = "\"'\u201c\u201d\u201e\u201f\u00ab\u00bb\u2018\u2019\u201a"
_NUMBER = lazy.compile(r"-?(?:0|[1-9]\d*+)(\.\d++)?([eE][+-]?\d++)?")
_WORD = lazy.compile(r"[A-Za-z_]\w*+")
_BLANK = lazy.compile(r"[ \t\r\n]*+")
_COMMENT = lazy.compile(r"#[^\n]*|//[^\n]*|/\*.*?\*/", re.DOTALL)
_ODD_BLANK = lazy.compile("[\u00a0\u2007\u202f\u200b\ufeff]+")
_WORDS: Final[Mapping[str, Any]] = {"true": True, "false": False, "null": None, "True": True, "False": False, "None": None}


class NotJson(ParseError):
    """A text that does not even mean JSON."""

    def __init__(self, what: str, place: Place) -> None:
        super().__init__((place.line, f"it is not JSON: {what} (column {place.column})"))
        self.what = what


class _Scanner:
    """A JSON reader that notes where each value stands, and reads on where only one thing can be meant."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.end = len(text)
        self.spans: dict[str, Span] = {}
        self.repairs: list[JsonRepair] = []
        self.twice: list[tuple[str, int, str]] = []

    def document(self) -> Any:
        bare = self.text.strip()
        if len(bare) > 2 and bare[0] == bare[-1] == "'" and bare[1:].lstrip()[:1] in ("{", "["):
            first, last = self.text.index("'"), self.text.rindex("'")
            self.repairs += [
                JsonRepair(first, first + 1, "", "the whole stands in a shell's quotes"),
                JsonRepair(last, last + 1, "", ""),
            ]
            self.at, self.end = first + 1, last
        value = self.value("", 0)
        self.blank()
        if self.at < self.end:
            self.stop("there is something after the end of the value")
        return value

    def stop(self, what: str) -> NoReturn:
        raise NotJson(what, place_of(line_starts(self.text), self.at))

    def note(self, end: int, text: str, what: str) -> None:
        self.repairs.append(JsonRepair(self.at, end, text, what))

    def blank(self) -> None:
        while True:
            self.at = _BLANK.match(self.text, self.at, self.end).end()  # type: ignore[union-attr]  # matches nothing as well
            sign = self.text[self.at : min(self.at + 1, self.end)]
            if not sign or (sign not in "#/" and sign.isascii()):
                return
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
        elif sign and sign in _QUOTES:
            value = self.string()
        elif sign.isdigit() or sign == "-":
            value = self.number()
        else:
            value = self.word()
        self.spans[pointer] = Span(start, self.at, *key)
        return value

    def mapping(self, pointer: str, depth: int) -> dict[str, Any]:
        members: dict[str, Any] = {}
        places: dict[str, int] = {}
        for _ in self.parts("{}", "members"):
            start = self.at
            if self.text[start] not in _QUOTES:
                self.stop("a key in double quotes is expected")
            name = self.string()
            key = (start, self.at)
            self.blank()
            if not self.text.startswith(":", self.at, self.end):
                self.stop("a colon is expected after a key")
            self.at += 1
            value = self.value(f"{pointer}/{escape(name)}", depth + 1, key)
            if name in members:
                # Counting lines is a pass over the text: for the first few alone.
                first = f", first in line {self.text.count(chr(10), 0, places[name]) + 1}" if len(self.twice) < 20 else ""
                self.twice.append((pointer, start, f"the key {shown_key(name)} is there twice{first}"))
            members[name] = value
            places.setdefault(name, start)
        return members

    def sequence(self, pointer: str, depth: int) -> list[Any]:
        items: list[Any] = []
        for _ in self.parts("[]", "items"):
            items.append(self.value(f"{pointer}/{len(items)}", depth + 1))
        return items

    def parts(self, signs: str, what: str) -> Iterator[None]:
        """Stops where each part begins of what stands between these signs; goes on after it."""
        self.at += 1
        first, comma = True, -1
        while True:
            self.blank()
            if self.text.startswith(signs[1], self.at, self.end):
                break
            if self.at >= self.end:
                self.stop(f"a {signs[0]} is never closed")
            if not first and comma < 0:
                self.stop(f"a comma is missing between two {what}")
            yield
            self.blank()
            first, comma = False, -1
            if self.text.startswith(",", self.at, self.end):
                comma = self.at
                self.at += 1
        if comma >= 0:
            self.repairs.append(JsonRepair(comma, comma + 1, "", "there is a comma after the last member"))
        self.at += 1

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
        if not match or match[0] not in _WORDS:
            self.stop("a value is expected" if self.at < self.end else "it ends before it is complete")
        value = _WORDS[match[0]]
        if (written := json.dumps(value)) != match[0]:
            self.note(match.end(), written, "there are Python's True, False or None")
        self.at = match.end()
        return value


def read_json(text: str) -> Document:
    """A JSON text, or one that means JSON: ``repairs`` says what had to be read otherwise. Raises :class:`ParseError`, of a text that means none :class:`NotJson`."""
    lines = line_starts(text)
    scanner = _Scanner(text)
    value = scanner.document()
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
    except NotJson as stop:
        raise ParseError((1, f"it is a string that holds JSON, and that is broken: {stop.what}")) from None
    if scanner.twice:
        raise ParseError(*((1, what) for _, _, what in scanner.twice))
    whole = JsonRepair(0, len(text), repaired(inner, scanner.repairs) + "\n", "the whole is a string that holds JSON")
    return Document(value, "wrapped", text, {"": Span(0, len(text))}, (whole,), line_starts(text))


def wrapped(text: str) -> tuple[str, list[int]] | None:
    """The JSON within a JSON string, and where each of its characters, and its end, stands in the text; None for any other text."""
    match = _STRING.fullmatch(text.strip())
    if match is None:
        return None
    start = text.index('"') + 1
    places = [*(start + each.start() for each in _CHARACTER.finditer(match[1])), start + len(match[1])]
    inner = json.loads(match[0])
    return (inner, places) if len(inner) + 1 == len(places) else None


def read_lines(text: str) -> Document:
    """JSON values one below the other, each in a line of its own (NDJSON). Raises :class:`NotJson`."""
    values: list[Any] = []
    spans: dict[str, Span] = {}
    doubtful: list[tuple[str, int | None, str]] = []
    starts = line_starts(text)
    for number, start in enumerate(starts, 1):
        end = starts[number] if number < len(starts) else len(text)
        line = text[start:end]
        if not line.strip():
            continue
        scanner = _Scanner(line)
        value = scanner.document()
        if scanner.repairs or not isinstance(value, dict):
            raise NotJson("it is not one JSON object in each line", Place(number, 1))
        here = f"/{len(values)}"
        spans |= {here + pointer: _moved(span, start) for pointer, span in scanner.spans.items()}
        doubtful += [(here + pointer, number, what) for pointer, _, what in scanner.twice]
        values.append(value)
    if len(values) < 2:
        raise NotJson("it is not several JSON values", Place(1, 1))
    return Document(values, "lines", text, spans, (), starts, doubtful=tuple(doubtful))


def _moved(span: Span, by: int) -> Span:
    key = (span.key_start + by, span.key_end + by) if span.key_start >= 0 else (-1, -1)
    return Span(span.start + by, span.end + by, *key)


def repaired(text: str, repairs: Sequence[JsonRepair]) -> str:
    """The text with every repair made; the rest of it stays as it is."""
    for each in sorted(repairs, key=lambda each: each.start, reverse=True):
        text = text[: each.start] + each.text + text[each.end :]
    return text
