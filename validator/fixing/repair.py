"""How a secret is repaired by whoever holds it: which parts of the text that was given stay, and what stands between them.

A report holds no repaired secret, and so nobody who reads one can be shown it. The one who gave it can: what is said here are places in
their own text, and signs that are no part of anybody's secret.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Any, Final

from validator.checking.lint import examine
from validator.core.model import Confidence, Destination, PatchOperation, Secret
from validator.core.values import Dataclass
from validator.providers.base import Options

LONGEST: Final = 65_536
"""Characters of a value; what is longer is not a credential."""
_WIDEST: Final = 0xFFFF
"""Beyond this a browser counts a character twice."""
_PARTS: Final = re.compile(r"%2B|%2F|%3D|.", re.DOTALL)
_SIGNS: Final = frozenset(("%2B", "%2F", "%3D", "&", "=", "%", "?", "+", "/"))
"""What may be put between the parts: separators and padding, which damage to a token takes away."""


class Repair(Dataclass):
    """How the value at ``pointer`` is made from the one at ``origin``: decoded, cut, encoded, in this order."""

    finding: str
    pointer: str
    origin: str
    decode: bool
    """Whether the given text is base64, and its content is what the parts are of."""
    parts: tuple[tuple[int, int] | str, ...]
    """From and to, in characters, or a sign."""
    encode: bool
    """Whether the outcome is base64 of the parts."""


def repairs(destination: Destination, options: Options) -> list[Repair]:
    """The repairs that lint proposes of a destination's secrets, as far as they can be told without any of a secret's characters.

    Asks nobody. Raises MissingExtra.
    """
    values = {f"/parameters/{name}": _plain(value) for name, value in destination.parameters.items()}
    made = []
    for finding in examine(destination, options).findings:
        for operation in finding.fix.patch if finding.fix and finding.fix.automatic else ():
            if finding.confidence is Confidence.CONFIRMED and operation.secret and operation.op in ("replace", "add"):
                repair = _repair(finding.name, operation, values)
                if repair is not None:
                    made.append(repair)
    return made


def apply(repair: Repair, text: str) -> str:
    """What a repair makes of a text: the browser does the same. Raises ValueError for a text that is not the one it was made for."""
    if repair.decode:
        text = _decoded(text) or ""
    made = "".join(part if isinstance(part, str) else text[part[0] : part[1]] for part in repair.parts)
    return base64.b64encode(made.encode()).decode() if repair.encode else made


def _repair(name: str, operation: PatchOperation, values: Mapping[str, str]) -> Repair | None:
    after = _plain(operation.value)
    own = values.get(operation.path, "")
    if not after.isascii() or not 0 < len(after) <= LONGEST:
        return None
    # Where two credentials were exchanged, the one is the other's whole text.
    origins = [operation.path, *(pointer for pointer, value in values.items() if value == after)]
    for origin in origins:
        before = values.get(origin, own)
        if len(before) > LONGEST or any(ord(each) > _WIDEST for each in before):
            continue
        for decode, encode in ((False, False), (True, False), (False, True), (True, True)):
            source = _decoded(before) if decode else before
            target = _decoded(after) if encode else after
            parts = None if source is None or target is None else _parts(source, target)
            if parts is not None:
                repair = Repair(name, operation.path, origin, decode, tuple(parts), encode)
                if apply(repair, before) == after:
                    return repair
    return None


def _parts(before: str, after: str) -> list[tuple[int, int] | str] | None:
    """The parts of ``before`` that ``after`` is made of, in their order; None if it holds more than they and signs."""
    cut = _matched(before, after, frozenset())
    return _matched(before, after, _SIGNS) if cut is None else cut


def _matched(before: str, after: str, signs: frozenset[str]) -> list[tuple[int, int] | str] | None:
    parts: list[tuple[int, int] | str] = []
    place = 0
    for piece in _PARTS.findall(after):
        if before.startswith(piece, place):
            matched = place
        elif piece in signs:
            parts.append(piece)
            continue
        else:
            matched = before.find(piece, place)
            if matched < 0:
                return None
        place = matched + len(piece)
        last = parts[-1] if parts else None
        if isinstance(last, tuple) and last[1] == matched:
            parts[-1] = (last[0], place)
        else:
            parts.append((matched, place))
    return parts


def _decoded(text: str) -> str | None:
    try:
        decoded = base64.b64decode("".join(text.split()), validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        return None
    return decoded or None


def _plain(value: Any) -> str:
    if isinstance(value, Secret):
        return value.reveal()
    return value if isinstance(value, str) else ""
