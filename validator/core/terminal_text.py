r"""Text for people, made so that neither a terminal nor a CI system takes it for a command: the one place for it.

Names, sources and answers come from anywhere, and what is printed is read by more than people: terminals obey control characters,
and each CI system looks for commands of its own in the log. What they would obey is spelled out instead (``\x1b``, ``\u2028``).
"""

from __future__ import annotations

import re
from typing import Final

from validator.core import lazy

_CONTROL: Final = (
    "\x00-\x08\x0b-\x1f\x7f-\x9f"  # C0 without tab and line feed, DEL, C1 (NEL is one)
    "\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff\ud800-\udfff"
)
"""Control characters, line separators, and those that are not seen or that reorder what is read."""
UNSEEN: Final = lazy.compile(f"[{_CONTROL}]")
_UNSEEN_IN_A_LINE: Final = lazy.compile(f"[{_CONTROL}\n\t]")

_ANYWHERE: Final = lazy.compile(r"#(?=#(?:[A-Za-z]{0,32}\[|\|))")
"""``##[``, ``##vso[`` (GitHub, Azure Pipelines), ``##teamcity[``, ``##octopus[``: obeyed wherever in a line they stand."""
_FIRST: Final = r"(?m)^(?P<before>[^\S\n]*)(?P<first>:(?=:[A-Za-z])|s(?=ection_(?:start|end):)|t(?=ravis_(?:fold|time):)"
"""``::name`` (GitHub) and section markers (GitLab, Travis), where a line begins."""
_AT_START: Final = lazy.compile(rf"{_FIRST}|[-+~^](?=(?:--|\+\+|~~|\^\^)(?:\s|$)))")
"""The same, and the headings of groups (Buildkite)."""
_AT_START_OF_DIFF: Final = lazy.compile(f"{_FIRST})")


_IN_COMMANDS: Final = ("::", "section_", "travis_", *(first + pair for first in "-+~^" for pair in ("--", "++", "~~", "^^")))
"""What no command at the beginning of a line can do without."""


def visible(text: str, *, newlines: bool = False, diff: bool = False) -> str:
    """The text with what a terminal or a CI system would obey spelled out.

    Args:
        text: of any origin.
        newlines: line feeds and tabs stay; otherwise they become blanks, so that the text is one line.
        diff: as for :func:`inert`.
    """
    if not newlines:
        text = text.replace("\n", " ").replace("\t", " ")
    return inert(text if _is_plain(text) else UNSEEN.sub(_spelled, text), diff=diff)


def _is_plain(text: str) -> bool:
    """Whether it is printable ASCII, line feeds and tabs: most texts are, and nothing in them is unseen."""
    return text.isascii() and text.replace("\n", "").replace("\t", "").isprintable()


def one_line(text: str) -> str:
    """A name, such as a file's, in one line: a line feed in it is spelled out as well, not lost."""
    return inert(text if text.isascii() and text.isprintable() else _UNSEEN_IN_A_LINE.sub(_spelled, text))


def inert(text: str, *, diff: bool = False) -> str:
    """Lines that hold no command of any CI system; nothing else changes.

    Args:
        text: one or more lines, in which nothing is unseen any more.
        diff: a unified diff, whose own headings look like Buildkite's groups.
    """
    if "##" in text:
        text = _ANYWHERE.sub(r"\\x23", text)
    if not any(each in text for each in _IN_COMMANDS):
        return text  # nearly every text: the patterns are not even compiled
    return (_AT_START_OF_DIFF if diff else _AT_START).sub(lambda match: match["before"] + _spelled_text(match["first"]), text)


def inert_json(text: str) -> str:
    """A JSON document, of the same value, that holds no such command: its lines begin with blanks, quotes and brackets."""
    return text.replace("##", "#\\u0023")


def inert_xml(text: str) -> str:
    """An XML document without comments and CDATA sections, of the same value, that holds no such command."""
    text = text.replace("##", "#&#35;")
    return _AT_START.sub(lambda match: f"{match['before']}&#{ord(match['first'])};", text)


def _spelled(match: re.Match[str]) -> str:
    return _spelled_text(match[0])


def _spelled_text(character: str) -> str:
    number = ord(character)
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"
