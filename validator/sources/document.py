"""What a text says, as plain values, and where in the text each of them stands."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, TypeAlias

from validator.core import lazy
from validator.core.model import Place
from validator.core.values import Dataclass, field, replace

DEEPEST: Final = 64
"""Levels of nesting. A destination needs three, an order's geometry some ten."""
MOST_NODES: Final = 200_000
"""Values in one document, aliases counted as often as they are used: what an exploding YAML file is stopped by."""
LONGEST_NUMBER: Final = 300
"""Characters of one number."""

NAMED_ALREADY: Final = object()
"""Stands in a list for what could not be read, where that has been said."""
MOST_PROBLEMS: Final = 20
"""Refusals of one document that are told."""

_UNPRINTABLE: Final = lazy.compile("[\x00\ud800-\udfff]")


class ParseError(Exception):
    """A text that cannot be read. The message never quotes the text: it may hold a secret."""

    def __init__(self, *problems: tuple[int | None, str]) -> None:
        super().__init__("; ".join(what for _, what in problems))
        self.problems = problems
        """1-based line, or None, and what is wrong there."""

    @classmethod
    def of(cls, faults: Iterable[Unreadable]) -> ParseError:
        """One for these faults."""
        return cls(*((place.line if place else None, what) for place, what in faults))


Unreadable: TypeAlias = tuple[Place | None, str]
"""A part of a text that could not be read: where it stands, and why."""


class Span(Dataclass):
    """Where a value, and the key before it, stand in the text: offsets in characters."""

    start: int
    end: int
    key_start: int = -1
    """-1 for the root and for items of a list."""
    key_end: int = -1


class JsonRepair(Dataclass):
    """One departure from JSON that has only one meaning, and the text that says the same in JSON."""

    start: int
    end: int
    text: str
    what: str


Found: TypeAlias = tuple[Any, Mapping[str, Place]]
"""A destination that a program makes, as a plain value, and the places of its parts by JSON pointer."""


class Document(Dataclass):
    """A text and what it says."""

    value: Any
    form: str
    """``json``, ``lines`` (of JSON), ``wrapped`` (JSON in a string), ``yaml``, ``toml``; or what is read and never written: ``python``, ``notebook``, ``shell``, ``env``."""
    text: str
    spans: Mapping[str, Span] = field(default_factory=dict)
    """By JSON pointer. For TOML only the starts are meant."""
    repairs: tuple[JsonRepair, ...] = ()
    """For JSON: what had to be read otherwise than it is written."""
    lines: Sequence[int] = ()
    """Offset of each line's first character."""
    places: Mapping[str, Place] = field(default_factory=dict)
    """By JSON pointer, where the places are known and no spans are."""
    faults: tuple[Unreadable, ...] = ()
    """Parts of the text that could not be read, and why; the others were."""
    doubtful: tuple[tuple[str, int | None, str], ...] = ()
    """What was read and cannot be taken as it is: JSON pointer, 1-based line and why."""

    def place(self, pointer: str) -> Place | None:
        """Line and column of a value, both counted from 1."""
        if pointer in self.places:
            return self.places[pointer]
        span = self.spans.get(pointer)
        return None if span is None else place_of(self.lines, span.start)


def of_program(found: Sequence[Found], faults: Iterable[Unreadable], form: str, text: str, *, listed: bool = False) -> Document:
    """What a program makes: one destination as it is, several as a list. ``listed``: one as well."""
    listed = listed or len(found) != 1
    starts = [f"/{index}" if listed else "" for index in range(len(found))]
    places = {start + pointer: place for start, (_, own) in zip(starts, found, strict=True) for pointer, place in own.items()}
    lines = line_starts(text)
    spans = {}
    for pointer, place in places.items():
        # Where a place begins in the file; in a notebook, whose lines are written in another way, its line.
        start = lines[min(place.line or 1, len(lines)) - 1] + (0 if place.within else (place.column or 1) - 1)
        spans[pointer] = Span(start, start)
    values = [value for value, _ in found]
    return Document(values if listed else values[0], form, text, spans, (), lines, places, tuple(faults))


def check_value(document: Document) -> Document:
    """Refuse what no parameter can hold: half characters, NUL, and nesting without end. Raises :class:`ParseError`.

    In a list, what is refused in one destination is a fault of its own, and costs the others nothing.
    """
    waiting: list[tuple[Any, str, int]] = [(document.value, "", 0)]
    problems: list[tuple[str, int | None, str]] = [*document.doubtful]
    count = 0
    while waiting:
        value, pointer, depth = waiting.pop()
        count += 1
        if count > MOST_NODES:
            raise ParseError((None, f"it holds more than {MOST_NODES:,} values"))
        if depth > DEEPEST:
            raise ParseError((None, f"it is nested deeper than {DEEPEST} levels"))
        if isinstance(value, str):
            if _holds_unprintable(value):
                problems.append((pointer, _line(document, pointer), "a string holds a NUL or half of a character"))
        elif isinstance(value, dict):
            if any(map(_holds_unprintable, value)):
                problems.append((pointer, _line(document, pointer), "a key holds a NUL or half of a character"))
            waiting += [(item, f"{pointer}/{escape(key)}", depth + 1) for key, item in value.items()]
        elif isinstance(value, list):
            waiting += [(item, f"{pointer}/{index}", depth + 1) for index, item in enumerate(value)]
    return _without(document, problems) if problems else document


def _holds_unprintable(text: str) -> bool:
    return "\0" in text if text.isascii() else _UNPRINTABLE.search(text) is not None


def _line(document: Document, pointer: str) -> int | None:
    place = document.place(pointer)
    return place.line if place else None


def _without(document: Document, problems: list[tuple[str, int | None, str]]) -> Document:
    """The document without the destinations in which something is refused. Raises :class:`ParseError` where none is left."""
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
        raise ParseError(*((line, what) for _, line, what in problems[:MOST_PROBLEMS]))
    rest = [NAMED_ALREADY if index in bad else item for index, item in enumerate(listed)]
    faults = [(Place(line), what) for _, line, what in problems[:MOST_PROBLEMS]]
    return replace(
        document, value={**value, "destinations": rest} if inside else rest, faults=(*document.faults, *faults), doubtful=()
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
