"""How words are put together for people: numbers with their nouns, and sentences."""

from __future__ import annotations


def many(count: int, noun: str, plural: str = "") -> str:
    """``1 destination``, ``3,000 destinations``."""
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"


def begun(text: str) -> str:
    """The text as a sentence begins: in upper case, unless its first word is a name that has its own (``objectViewer``, a host)."""
    first = text.partition(" ")[0].rstrip(".,:;!?")
    return text if any(each.isupper() or each == "." for each in first[1:]) else text[:1].upper() + text[1:]


def sentence(text: str) -> str:
    """The text as a sentence: begun, and ended by one full stop, unless it ends in a sign of its own."""
    said = begun(text)
    return said if said.endswith((".", "!", "?")) else f"{said}."
