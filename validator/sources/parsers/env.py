"""Reads files of ``NAME=value`` lines, as python-dotenv, Docker and shells write them."""

from __future__ import annotations

import re
from typing import Final

from validator.core.values import Dataclass

MOST_LINES: Final = 10_000

_NAME: Final = re.compile(r"[ \t]*(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_]*+)[ \t]*=[ \t]*")
_QUOTED: Final = re.compile(r"""'([^']*+)'|"((?:[^"\\]|\\.)*+)\"""", re.DOTALL)
_ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)
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

    def __init__(self, line: int, what: str) -> None:
        super().__init__(what)
        self.line = line
        self.what = what


def assignments(text: str) -> dict[str, Assigned]:
    """The values by name; the last of a name counts. Raises :class:`NotAssignments` for the first line that is none."""
    assigned: dict[str, Assigned] = {}
    lines = text.removeprefix("\ufeff").splitlines()
    if len(lines) > MOST_LINES:
        raise NotAssignments(MOST_LINES, f"it holds more than {MOST_LINES:,} lines")
    text = "\n".join((*lines, ""))
    at, number = 0, 1
    while at < len(text):
        name = _NAME.match(text, at)
        begin = name.end() if name else at
        quoted = _QUOTED.match(text, begin) if name else None
        begin = quoted.end() if quoted else begin
        end = text.index("\n", begin)  # a quoted value may stand over several lines
        rest = text[begin:end]
        if name and not quoted:
            if rest[:1] in ("'", '"'):
                raise NotAssignments(number, "a quote is never closed")
            comment = _PLAIN_END.search(f" {rest}")  # the blank before may have been eaten already
            value = rest[: max(0, comment.start() - 1)] if comment else rest
            assigned[name[1]] = Assigned(value.strip(), number, literal=False)
        elif rest.strip() and not rest.lstrip().startswith("#"):
            what = "there is something after the closing quote" if name else "this is not NAME=value"
            raise NotAssignments(number, what)
        elif name and quoted:
            single, double = quoted.groups()
            value = single if double is None else _ESCAPED.sub(lambda match: _ESCAPES.get(match[1], match[0]), double)
            literal = double is None or "$" in _ESCAPED.findall(double)
            assigned[name[1]] = Assigned(value, number, literal)
        number += text.count("\n", at, end + 1)
        at = end + 1
    return assigned
