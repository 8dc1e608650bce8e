"""Reads files of ``NAME=value`` lines, as python-dotenv, Docker and shells write them."""

from __future__ import annotations

import re
from typing import Final

from validator.core.values import Dataclass

MOST_LINES: Final = 10_000

_NAME: Final = re.compile(r"[ \t]*(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_]*+)[ \t]*=[ \t]*")
_PLAIN_END: Final = re.compile(r"[ \t]#")
_ESCAPES: Final = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\", "$": "$", "'": "'"}


class Assigned(Dataclass):
    """One line's value."""

    value: str
    line: int
    """1-based."""
    literal: bool
    """In single quotes, or with an escaped dollar: ``${NAME}`` in it is no reference."""


class NotAssignments(Exception):
    """A line that is no ``NAME=value``. Never quotes it."""

    def __init__(self, line: int, what: str = "this is not NAME=value") -> None:
        super().__init__(what)
        self.line = line
        self.what = what


def assignments(text: str) -> dict[str, Assigned]:
    """The values by name; the last of a name counts. Raises :class:`NotAssignments` for the first line that is none."""
    assigned: dict[str, Assigned] = {}
    lines = text.removeprefix("\ufeff").splitlines()
    if len(lines) > MOST_LINES:
        raise NotAssignments(MOST_LINES, f"it holds more than {MOST_LINES:,} lines")
    at = 0
    while at < len(lines):
        line, number = lines[at], at + 1
        at += 1
        bare = line.strip()
        if not bare or bare.startswith("#"):
            continue
        match = _NAME.match(line)
        if not match:
            raise NotAssignments(number)
        rest = line[match.end() :]
        if rest[:1] in ("'", '"'):
            value, at, escaped = _quoted(rest, lines, at, number)
            assigned[match[1]] = Assigned(value, number, rest[0] == "'" or escaped)
            continue
        comment = _PLAIN_END.search(f" {rest}")  # the blank before may have been eaten already
        value = rest[: max(0, comment.start() - 1)] if comment else rest
        assigned[match[1]] = Assigned(value.strip(), number, literal=False)
    return assigned


def _quoted(rest: str, lines: list[str], at: int, number: int) -> tuple[str, int, bool]:
    """A quoted value, over as many lines as it takes, the line after it, and whether a dollar in it is escaped."""
    quote = rest[0]
    out: list[str] = []
    chars = rest[1:]
    dollar = False
    while True:
        index = 0
        while index < len(chars):
            sign = chars[index]
            if sign == quote:
                after = chars[index + 1 :].strip()
                if after and not after.startswith("#"):
                    raise NotAssignments(number, "there is something after the closing quote")
                return "".join(out), at, dollar
            if sign == "\\" and quote == '"' and index + 1 < len(chars):
                index += 1
                dollar = dollar or chars[index] == "$"
                out.append(_ESCAPES.get(chars[index], "\\" + chars[index]))
            else:
                out.append(sign)
            index += 1
        if at >= len(lines):
            raise NotAssignments(number, "a quote is never closed")
        out.append("\n")
        chars = lines[at]
        at += 1
