"""Reads TOML in time that grows with the text: what would make the standard library's parser slow is refused before it."""

from __future__ import annotations

import re
from typing import Any, Final

DEEPEST: Final = 64
"""Parts of one dotted key."""

# Strings and comments are passed over as wholes, so that each character is looked at once.
# One that is not closed goes on to its end: it is not looked for again from its next quotation mark.
_TOKEN: Final = re.compile(
    r"""(?s)"{3}(?:[^"\\]|\\.|"(?!""))*+(?:"{3})?+|'{3}(?:[^']|'(?!''))*+(?:'{3})?+|"(?:[^"\\\n]|\\.)*+"?+|'[^'\n]*+'?+"""
    r"""|(?P<skip>\#[^\n]*+)|(?P<bare>[A-Za-z0-9_-]++)|(?P<dot>\.)|(?P<blank>[ \t]++)|(?P<other>.)"""
)
_FIRST: Final = re.compile(r"\[\[?[\w.\"' -]{1,200}\]\]?[ \t]{0,20}(?:#|$)|[\w.\"-]{1,200}[ \t]{0,20}=[ \t]{0,20}[\"'\d\[tf]")
"""What the first line that says anything looks like: a table's name, or a key and the beginning of its value."""


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
        said, _, place = str(error).partition(" (at ")
        said = re.sub(r"'[^']*+'|\"[^\"]*+\"", "...", said.partition(" (")[0])
        line = re.match(r"line (\d{1,9})", place)
        raise BadToml(said[:1].lower() + said[1:], int(line[1]) if line else None) from None
    except ValueError:  # numbers and dates beyond every limit
        raise BadToml("a number or a date is out of range") from None


def _refuse_long_keys(text: str) -> None:
    """The parser takes time that grows with the square of a key's parts, and more where such keys are many."""
    parts = 0
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup
        if kind == "dot":
            parts += 1
            if parts >= DEEPEST:
                raise BadToml(f"a key has more than {DEEPEST} parts", text.count("\n", 0, match.start()) + 1)
        elif kind in ("other", "skip"):
            parts = 0
