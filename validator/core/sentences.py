"""How words are put together for people: numbers with their nouns, and sentences; and what every report says no check can know."""

from __future__ import annotations

from typing import Final

LIMITS: Final = (
    "the network path from Planet was not tested",
    "conditions on Planet's addresses, if the bucket has any, were not tested",
)
"""What no check can know, whatever it sees."""


def many(count: int, noun: str, plural: str = "") -> str:
    """``1 destination``, ``3,000 destinations``."""
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"


def begun(text: str) -> str:
    """The text as a sentence begins: in upper case, unless its first word is a name that has its own (``objectViewer``, a host)."""
    first = text.partition(" ")[0].rstrip(".,:;!?")
    return text if any(each.isupper() or each == "." for each in first[1:]) else text[:1].upper() + text[1:]


def sentence(text: str) -> str:
    """The text as a sentence: begun, and ended by one full stop, unless it ends in a sign of its own."""
    capitalised = begun(text)
    return capitalised if capitalised.endswith((".", "!", "?")) else f"{capitalised}."
