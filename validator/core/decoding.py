"""Text as it is compared: decoded and folded, and what is found there mapped back to where it stood.

A secret that is repeated in another dress (percent-encoded, as an entity, with JSON escapes, in other case, cut over lines) has the same
folded form as the secret itself. Base64 and hexadecimal are undone stretch by stretch. Each step is linear, and their number is fixed.
"""

from __future__ import annotations

import binascii
import re
import sys
from array import array
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Final

from validator.core import lazy

Span = tuple[int, int]
"""Start and end of a stretch of text."""

PASSES: Final = 6
"""How often one text is decoded at most: what was encoded more often than that was not meant to be read."""

_ESCAPE: Final = lazy.compile(
    r"(?P<percent>(?:%[0-9A-Fa-f]{2})++)"
    r"|&(?:#(?P<decimal>[0-9]{1,8})|#[xX](?P<hexadecimal>[0-9A-Fa-f]{1,6})|(?P<entity>[A-Za-z][A-Za-z0-9]{1,30}));?"
    r"|\\(?:u\{(?P<braced>[0-9A-Fa-f]{1,6})\}|[uU](?P<code>[0-9A-Fa-f]{8}|[0-9A-Fa-f]{4})|x(?P<byte>[0-9A-Fa-f]{2})"
    r"|(?P<octal>[0-3][0-7]{2})|(?P<other>.))"
    r"|~(?P<pointer>[01])",  # of a JSON Pointer: a secret may stand where a name belongs
    re.DOTALL,
)
_MARKS: Final = "%&\\~"
_WHITE: Final = {"n": "\n", "r": "\r", "t": "\t", "f": "\f", "v": "\v", "b": "\b", "a": "\a", "0": "\0"}

_INVISIBLE: Final = (
    *range(0x21), *range(0x7F, 0xA1), 0xAD, 0x34F, 0x61C, 0x115F, 0x1160, 0x1680, 0x17B4, 0x17B5, *range(0x180B, 0x180F),
    *range(0x2000, 0x2010), *range(0x2028, 0x2030), *range(0x205F, 0x2070), 0x3000, 0x3164, *range(0xFE00, 0xFE10), 0xFEFF, 0xFFA0,
    *range(0xFFF9, 0xFFFC),
)  # fmt: skip
_GONE: Final = dict.fromkeys((*_INVISIBLE, *map(ord, "\"'`\\")))
"""Characters that stand between the parts of a wrapped or quoted value."""
_FOLD: Final = {**_GONE, **dict.fromkeys(map(ord, "+-=")), ord("_"): "/"}
"""The same, and what base64 is written with in several ways: ``+``, ``-`` or a space, ``/`` or ``_``, padded or not."""

_HEX_APART: Final = lazy.compile(r"(?:(?:0[xX])?[0-9A-Fa-f]{2}[:,;-]){3,}(?:0[xX])?[0-9A-Fa-f]{2}")
_PAIRS_APART: Final = {**dict.fromkeys(map(ord, "0123456789ABCDEFabcdef"), "h"), **dict.fromkeys(map(ord, ":,;-"), ":")}
_PAIR: Final = lazy.compile(r"(?:0[xX])?([0-9A-Fa-f]{2})(?:[:,;-]|$)?")
_STANDARD: Final = {ord("-"): "+", ord("_"): "/"}


class Mapped:
    """A text made of another one, and where each of its characters came from."""

    def __init__(self, text: str, starts: Sequence[int], ends: Sequence[int]) -> None:
        self.text = text
        self.starts = starts
        self.ends = ends

    def back(self, span: Span) -> Span:
        """The stretch of the original that a stretch of this text came from."""
        return self.starts[span[0]], self.ends[span[1] - 1]


def plain(text: str) -> str:
    """The text with percent-encoding, entities and escapes undone, as often as they were made."""
    for _ in range(PASSES):
        if not any(mark in text for mark in _MARKS):
            break
        before, text = text, _ESCAPE.sub(_character, text)
        if text == before:
            break
    return text


def folded(decoded: str) -> str:
    """What :func:`plain` gave, without case, white space, invisible characters, quotes and what base64 is padded with."""
    return decoded.translate(_FOLD).lower()


def plain_mapped(text: str) -> Mapped:
    """:func:`plain`, with the places."""
    made = Mapped(text, range(len(text)), range(1, len(text) + 1))
    for _ in range(PASSES):
        if not any(mark in made.text for mark in _MARKS):
            break
        after = _once(made)
        if after.text == made.text:
            break
        made = after
    return made


def folded_mapped(decoded: str) -> Mapped:
    """:func:`folded`, with the places in ``decoded``."""
    return _kept(decoded, _FOLD, lower=True)


def _kept(text: str, table: dict[int, str | None], *, lower: bool = False) -> Mapped:
    out: list[str] = []
    starts, ends = array("I"), array("I")
    for place, character in enumerate(text):
        became = table.get(ord(character), character)
        if became is not None:
            became = became.lower() if lower else became
            out.append(became)
            for _ in became:
                starts.append(place)
                ends.append(place + 1)
    return Mapped("".join(out), starts, ends)


def _once(before: Mapped) -> Mapped:
    out: list[str] = []
    starts, ends = array("I"), array("I")
    kept = 0

    def keep(first: int, last: int) -> None:
        out.append(before.text[first:last])
        starts.extend(before.starts[first:last])
        ends.extend(before.ends[first:last])

    def add(text: str, first: int, last: int) -> None:
        out.append(text)
        start, end = before.back((first, last))
        for _ in text:
            starts.append(start)
            ends.append(end)

    for match in _ESCAPE.finditer(before.text):
        keep(kept, match.start())
        kept = match.end()
        if match["percent"] is None:
            add(_character(match), match.start(), match.end())
            continue
        place = match.start()
        for character in _character(match):
            size = 3 * len(character.encode("utf-8", "surrogateescape"))
            add(character, place, place + size)
            place += size
    keep(kept, len(before.text))
    return Mapped("".join(out), starts, ends)


def _character(match: re.Match[str]) -> str:
    if (percent := match["percent"]) is not None:
        return bytes.fromhex(percent.replace("%", "")).decode("utf-8", "surrogateescape")
    if match["entity"] is not None:
        from html.entities import html5  # for few texts

        # Without its semicolon a name may be anything: "&signature=" is no entity. And a hyphen may stand for a minus sign.
        return html5.get(match[0][1:], match[0]).replace("\u2010", "-") if match[0].endswith(";") else match[0]
    if (other := match["other"]) is not None:
        return _WHITE.get(other, other)
    if (pointer := match["pointer"]) is not None:
        return "~/"[int(pointer)]
    if (decimal := match["decimal"]) is not None:
        number = int(decimal)
    elif (octal := match["octal"]) is not None:
        number = int(octal, 8)
    else:
        number = int(match["hexadecimal"] or match["braced"] or match["code"] or match["byte"], 16)
    return chr(number) if number <= sys.maxunicode else match[0]


@cache
def _patterns(least: int) -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[bytes]]:
    return (
        re.compile(f"[A-Za-z0-9+/_-]{{{least * 4 // 3},}}"),
        re.compile(f"[0-9A-Fa-f]{{{least * 2},}}"),
        re.compile(rf"[\t\r\n\x20-\x7e]{{{least},}}".encode()),
    )


Inner = tuple[str, "Callable[[Span], Span]"]
"""What a stretch of base64 or hexadecimal holds, and from a stretch of that to the one of the compact text that it came from."""


class Compact:
    """A decoded text without white space and quotes, in which base64 and hexadecimal are looked for."""

    def __init__(self, decoded: str) -> None:
        self._decoded = decoded
        self._mapped: Mapped | None = None
        self.text = decoded.translate(_GONE)

    def back(self, span: Span) -> Span:
        """A stretch of this text as one of the decoded text."""
        if self._mapped is None:
            self._mapped = _kept(self._decoded, _GONE)
        return self._mapped.back((span[0], min(span[1], len(self.text))))

    def inner(self, least: int) -> Iterator[Inner]:
        """What its stretches hold, in each alignment: those parts of it that are ASCII, ``least`` characters or more."""
        base64, hexadecimal, printable = _patterns(least)
        for match in base64.finditer(self.text):
            run = match[0].translate(_STANDARD).encode()
            for offset in range(4):
                # One character alone, after whole groups of four, holds no byte.
                size = len(run) - offset - ((len(run) - offset) % 4 == 1)
                data = binascii.a2b_base64(run[offset : offset + size] + b"==="[: -size % 4])
                if printable.search(data):
                    yield from _parts(data, printable, match.start() + offset, 4, 3)
        for match in hexadecimal.finditer(self.text):
            for offset in (0, 1):
                end = match.end() - (match.end() - match.start() - offset) % 2
                data = bytes.fromhex(self.text[match.start() + offset : end])
                yield from _parts(data, printable, match.start() + offset, 2, 1)
        # It cannot do without three pairs of digits with a sign after each; where there are none, nothing is compiled.
        apart = self.text.translate(_PAIRS_APART).count("hh:") >= 3
        for match in _HEX_APART.finditer(self.text) if apart else ():
            pairs = [pair.span(1) for pair in _PAIR.finditer(self.text, match.start(), match.end())]
            data = bytes.fromhex("".join(self.text[start:end] for start, end in pairs))
            for part in printable.finditer(data):
                own = pairs[part.start() : part.end()]
                yield (part[0].decode("ascii"), lambda span, own=own: (own[span[0]][0], own[span[1] - 1][1]))  # type: ignore[misc]  # mypy infers no type for a default of a lambda


def _parts(data: bytes, printable: re.Pattern[bytes], place: int, coded: int, clear: int) -> Iterator[Inner]:
    """The parts of ``data``, of which ``clear`` bytes are written as ``coded`` characters, from ``place`` on."""
    for part in printable.finditer(data):
        first = part.start()
        yield (
            part[0].decode("ascii"),
            lambda span, first=first: (  # type: ignore[misc]  # mypy infers no type for a default of a lambda
                place + (first + span[0]) * coded // clear,
                place - (-(first + span[1]) * coded // clear),
            ),
        )
