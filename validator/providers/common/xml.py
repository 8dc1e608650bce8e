"""Reads the XML that stores answer with: no document types and no entities of their own, bounded in size, depth and elements."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final
from xml.parsers import expat

from validator.core import lazy
from validator.core.values import Dataclass, field

LARGEST: Final = 1024 * 1024
"""Bytes of a document."""
DEEPEST: Final = 24
MOST: Final = 50_000
"""Elements of a document: a page of a thousand objects has ten thousand."""

_REFERENCE: Final = lazy.compile(r"&(?:(?:lt|gt|amp|quot|apos);|#(?:[xX]([0-9A-Fa-f]{1,6})|([0-9]{1,7}));)?")
_CONTROLS: Final = lazy.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


class _Enough(Exception):
    pass


class Element(Dataclass, frozen=False):
    """One element, its name without a namespace."""

    name: str
    text: str = ""
    """Its own characters, white space included: names of objects may begin or end with it."""
    children: list[Element] = field(default_factory=list)
    whole: bool = True
    """Of the root: whether the document went on to its end."""

    def every(self, *names: str) -> Iterator[Element]:
        """This element and those below it of these names, in the document's order; those of any name if none is given."""
        waiting = [self]
        while waiting:
            each = waiting.pop()
            if not names or each.name in names:
                yield each
            waiting += reversed(each.children)

    def leaves(self) -> dict[str, str]:
        """The text of each element below that holds no other, by name; of several the last."""
        return {each.name: each.text for each in self.every() if not each.children and each is not self}

    def first(self, *names: str) -> str:
        """The text of the first of these; empty without one."""
        return next((each.text for each in self.every(*names)), "")


def read(body: bytes) -> Element | None:
    """The root of the document; None for what is none. Of one that is cut or broken, what stood before that. Total, and linear."""
    text = body[:LARGEST].decode("utf-8", "replace").lstrip("\ufeff \t\r\n")
    if not text.startswith("<"):
        return None
    if "&" in text:
        text = _REFERENCE.sub(_allowed, text)
    if not (text.isascii() and text.replace("\n", "").isprintable()):  # most answers are
        text = _CONTROLS.sub("\ufffd", text)
    builder = _Builder()
    parser = expat.ParserCreate("utf-8")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = builder.refuse
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.characters
    try:
        parser.Parse(text.encode("utf-8", "replace"), True)
    except (_Enough, expat.ExpatError):
        builder.broken()
    else:
        if builder.root is not None:
            builder.root.whole = len(body) <= LARGEST
    return builder.root


def error_details(content: bytes) -> dict[str, str]:
    """The children of an XML error document; empty if it is none, or one that another API wraps. Good for any body, however hostile."""
    root = read(content)
    return {name: text.strip() for name, text in root.leaves().items()} if root is not None and root.name == "Error" else {}


def _allowed(match: re.Match[str]) -> str:
    """A reference as XML takes it: stores name characters that XML has no form for, and some do not escape an ampersand."""
    number = match[1] or match[2]
    if number is None:
        return match[0] if len(match[0]) > 1 else "&amp;"
    code = int(number, 16 if match[1] else 10)
    if code > 0x10FFFF:
        return f"&amp;{match[0][1:]}"
    return "\ufffd" if _CONTROLS.match(chr(code)) else f"&#{code};"


class _Builder:
    def __init__(self) -> None:
        self.root: Element | None = None
        self.open: list[Element] = []
        self.texts: list[list[str]] = []
        self.count = 0

    def refuse(self, *_: object) -> None:
        raise _Enough

    def start(self, name: str, _: object) -> None:
        self.count += 1
        if self.count > MOST or len(self.open) >= DEEPEST:
            raise _Enough
        element = Element(name.rpartition(":")[2], whole=False)
        if self.open:
            self.open[-1].children.append(element)
        else:
            self.root = element
        self.open.append(element)
        self.texts.append([])

    def characters(self, text: str) -> None:
        if self.texts:
            self.texts[-1].append(text)

    def end(self, _: str) -> None:
        element = self.open.pop()
        element.text = "".join(self.texts.pop())
        element.whole = True

    def broken(self) -> None:
        while self.open:
            self.open.pop().text = "".join(self.texts.pop())
