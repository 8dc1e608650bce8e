"""Reads TOML in time that grows with the text: what would make the standard library's parser slow is refused before it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, time
from typing import Any, Final

from validator.core import lazy
from validator.sources.document import DEEPEST, Document, ParseError, Span, escape, line_starts

MOST_PARTS: Final = 64
"""Of one dotted key."""

# Strings and comments are passed over as wholes, so that each character is looked at once.
# One that is not closed goes on to its end: it is not looked for again from its next quotation mark.
_TOKEN: Final = lazy.compile(
    r"""(?s)"{3}(?:[^"\\]|\\.|"(?!""))*+(?:"{3})?+|'{3}(?:[^']|'(?!''))*+(?:'{3})?+|"(?:[^"\\\n]|\\.)*+"?+|'[^'\n]*+'?+"""
    r"""|(?P<skip>\#[^\n]*+)|(?P<bare>[A-Za-z0-9_-]++)|(?P<dot>\.)|(?P<blank>[ \t]++)|(?P<other>.)"""
)
_FIRST: Final = lazy.compile(r"\[\[?[\w.\"' -]{1,200}\]\]?[ \t]{0,20}(?:#|$)|[\w.\"-]{1,200}[ \t]{0,20}=[ \t]{0,20}[\"'\d\[tf]")
"""What the first line that says anything looks like: a table's name, or a key and the beginning of its value."""


_KEY_PART = lazy.compile(r"""[ \t]*(?:([\w-]++)|"([^"\n\\]*+)"|'([^'\n]*+)')[ \t]*""")


class BadToml(ValueError):
    """A text that is no TOML. The message never quotes it."""

    def __init__(self, what: str, line: int | None = None) -> None:
        super().__init__(what)
        self.line = line
        """1-based, or None."""


def looks_like(text: str) -> bool:
    """Whether the first line that is neither blank nor a comment is one that TOML alone would begin with."""
    at = 0
    while at < len(text):
        end = text.find("\n", at)
        end = len(text) if end < 0 else end
        line = text[at : min(end, at + 500)].strip()
        if line and not line.startswith("#"):
            return _FIRST.match(line) is not None
        at = end + 1
    return False


def loads(text: str) -> dict[str, Any]:
    """The document. Raises :class:`BadToml`, and RecursionError for what is nested too deeply."""
    import tomllib

    _refuse_long_keys(text)
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        problem, _, place = str(error).partition(" (at ")
        problem = re.sub(r"'[^']*+'|\"[^\"]*+\"", "...", problem.partition(" (")[0])
        line = re.match(r"line (\d{1,9})", place)
        raise BadToml(problem[:1].lower() + problem[1:], int(line[1]) if line else None) from None
    except ValueError:  # numbers and dates beyond every limit
        raise BadToml("a number or a date is out of range") from None


def _refuse_long_keys(text: str) -> None:
    """The parser takes time that grows with the square of a key's parts, and more where such keys are many."""
    parts = 0
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup
        if kind == "dot":
            parts += 1
            if parts >= MOST_PARTS:
                raise BadToml(f"a key has more than {MOST_PARTS} parts", text.count("\n", 0, match.start()) + 1)
        elif kind in ("other", "skip"):
            parts = 0


def read_toml(text: str) -> Document:
    """A TOML text. Raises :class:`ParseError`."""
    try:
        value = loads(text)
    except BadToml as error:
        raise ParseError((error.line, f"it is not TOML: {error}")) from None
    return Document(_without_dates(value, 0), "toml", text, _toml_places(text), (), line_starts(text))


def _without_dates(value: Any, depth: int) -> Any:
    if depth > DEEPEST:
        raise ParseError((None, f"it is nested deeper than {DEEPEST} levels"))
    if isinstance(value, dict):
        return {key: _without_dates(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_dates(item, depth + 1) for item in value]
    if isinstance(value, date | time):
        return value.isoformat()
    return value


def _toml_places(text: str) -> Mapping[str, Span]:
    """Where keys stand. TOML's parsers tell no places, so the lines are looked at; what is nested in a line has its line."""
    spans: dict[str, Span] = {"": Span(0, 0)}
    table = ""
    counts: dict[str, int] = {}
    offset = 0
    closing = ""
    for line in text.splitlines(keepends=True):
        start, offset = offset, offset + len(line)
        if closing:
            closing = "" if closing in line else closing
            continue
        bare = line.rstrip("\r\n")
        if bare.lstrip().startswith("["):
            array = bare.lstrip().startswith("[[")
            parts, after = _key_parts(bare, len(bare) - len(bare.lstrip()) + 1 + array)
            if not parts or bare[after : after + 1] != "]":
                continue  # a line of an array's
            table = _table_pointer(parts, counts, array=array)
            spans.setdefault(table, Span(start, start))
            continue
        parts, after = _key_parts(bare)
        if parts and bare[after : after + 1] == "=":
            pointer = table + "".join("/" + escape(part) for part in parts)
            value = bare[after + 1 :].lstrip()
            at = start + len(bare) - len(value)
            spans[pointer] = Span(at, at, start, start + after)
            for quotes in ('"""', "'''"):
                if value.startswith(quotes) and quotes not in value[3:]:
                    closing = quotes
    return spans


def _table_pointer(parts: list[str], counts: dict[str, int], *, array: bool) -> str:
    pointer = ""
    for index, part in enumerate(parts):
        pointer += "/" + escape(part)
        if array and index == len(parts) - 1:
            counts[pointer] = counts.get(pointer, -1) + 1
        if pointer in counts:
            pointer += f"/{counts[pointer]}"
    return pointer


def _key_parts(text: str, at: int = 0) -> tuple[list[str], int]:
    parts: list[str] = []
    while match := _KEY_PART.match(text, at):
        parts.append(next(each for each in match.groups() if each is not None))
        at = match.end()
        if text[at : at + 1] != ".":
            break
        at += 1
    return parts, at
