"""How the answers of a type look in text that somebody kept: what ``diagnose`` finds them by, and names around them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from validator.core.model import Operation
from validator.core.values import Dataclass, field

REST: Final = r"(?P<message>[^\n]{0,2000})"
"""For a :class:`ToolForm`: what is left of the line is the message."""


class KeptAnswer(Dataclass):
    """One answer, as far as the text has it."""

    form: str
    """Whose form it has: that of an :class:`InText`, ``planet``, ``network`` (no answer came), or empty for a web page."""
    where: str
    """In what it was found, in words: ``an XML body``."""
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    code: str = ""
    message: str = ""
    operation: Operation | None = None
    method: str = ""
    url: str = ""
    token: bool = False
    """It is the answer of an endpoint that gives out tokens."""
    at: int = 0
    end: int = 0
    around: str = ""
    """The text around it: what it may say of names and hosts."""


class ToolMessage(Dataclass):
    """An answer as a tool prints it."""

    form: str
    tool: str
    status: int | None
    code: str
    message: str
    at: int
    end: int
    detail: str = ""
    method: str = ""
    url: str = ""
    asked: str = ""
    """What the tool says that it asked for."""
    token: bool = False


class ToolForm(NamedTuple):
    """How one tool or SDK prints an answer."""

    tool: str
    """In words, such as ``a message of gsutil``."""
    pattern: str
    """Groups: status, code, message, who (goes before the message), method, url, asked. Linear on any text."""
    status: int | None = None
    """Where the pattern has none."""
    token: bool = False
    before: str = ""
    """What stands before the pattern; looked for in the little text there."""
    code: str = ""
    """Where the pattern has none."""


class InText(Dataclass, kw_only=True):
    """How answers of a type look in other people's text. Every pattern meets hostile text: linear on any."""

    form: str
    """The form of its error documents, such as ``s3``: types may share one."""
    alone: bool = True
    """No other type answers in this form."""
    also: tuple[str, ...] = ()
    """Forms of other types that its store answers in as well: told by :attr:`signs` alone."""
    signs: re.Pattern[str] | None = None
    """What stands around answers of this type and of no other: hosts, headers."""
    words: re.Pattern[str] | None = None
    """Weaker words of it, believed where no answer came, and of a web page."""
    owns_xml: Callable[[Mapping[str, str], str], bool] = lambda elements, text: False
    """Whether an XML error document, by its elements and the text around it, can be this type's alone."""
    document: Callable[[Mapping[str, Any]], KeptAnswer | None] = lambda value: None
    """The answer that a decoded JSON document is, or None."""
    tools: Sequence[ToolForm] = ()
    """How tools print such an answer."""
    sentences: Mapping[str, str] = field(default_factory=dict)
    """The store's sentences, and the code of each, where a tool leaves the code out."""
    messages: Callable[[str], Sequence[ToolMessage]] = lambda text: ()
    """Answers in the text that no row of :attr:`tools` can tell."""
    body: Callable[[ToolMessage], bytes] | None = None
    """The error document that the store must have sent, from what a tool tells of it."""
    code_header: str = ""
    """The header that names the code, where an answer has no body. Lower case."""
    assumed_headers: Mapping[str, str] = field(default_factory=dict)
    """Headers that every answer of the store has, and a text may leave out."""
    asks: Mapping[Operation, str] = field(default_factory=dict)
    """What tools call each operation: alternatives of a pattern."""
    shared_permissions: frozenset[str] = frozenset()
    """Permissions that more than one operation needs: they do not tell which was refused."""
    statuses: Sequence[tuple[str, int]] = ()
    """The status that codes come with: a pattern for the whole code, the first that fits."""
    places: Sequence[re.Pattern[str]] = ()
    """References to a bucket: named groups are parameters' names, or ``key``."""
    stand_ins: Mapping[str, str] = field(default_factory=dict)
    """What to write for a parameter that the text does not name, where its name in capitals will not do."""

    def usual_status(self, code: str) -> int:
        """The status that a code comes with, where the text leaves it out."""
        return next((status for pattern, status in self.statuses if re.fullmatch(pattern, code)), 403)

    def places_in(self, text: str) -> dict[str, str]:
        """The names that the first reference in the text gives, and what other patterns add to it."""
        known: dict[str, str] = {}
        for pattern in self.places:
            match = None if known.keys() & pattern.groupindex.keys() else pattern.search(text)
            if match is not None:
                known |= {name: value.rstrip(".,:;)") for name, value in match.groupdict().items() if value}
        return known
