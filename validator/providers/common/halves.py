"""What stands in the place of a key's id or of its secret, and holds both: loaded where a value is not one of them alone."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from validator.core import catalog, lazy
from validator.core.model import Confidence, Finding, Fix, Severity

LIMIT: Final = 65_536
"""Characters that are looked at."""

_NAMED: Final = lazy.compile(
    r"(?i)(?:^|[\s\"'{,;_.-])(?:aws[ _-]?)?(?:(?:secret|access)[ _-]?){1,2}key[ _-]?(?:id)?[\"']?\s{0,4}[:=]\s{0,4}\S"
)
"""The name of a half, as files, settings, answers and consoles have it, and something after it."""
_BOTH: Final = lazy.compile(r"([\x21-\x7e]{16,64}?)\s{0,4}([:,;|\s])\s{0,4}([A-Za-z0-9/+=-]{30,100})")
_SIGNS: Final = {":": "a colon", ",": "a comma", ";": "a semicolon", "|": "a bar"}


def described(text: str, pairs: Sequence[tuple[re.Pattern[str], re.Pattern[str]]], other: str = "") -> str:
    """What a value holds that is not one half alone; empty where it may be one.

    Args:
        text: the value.
        pairs: what the ids and the secrets of known stores look like.
        other: the key's id where the value is the secret, or empty.
    """
    bare = text[:LIMIT].strip()
    if _NAMED.search(bare):
        if bare[:1] == "{":
            return "what a command printed, with the names of the values in it"
        return "a piece of a file, of settings or of a page, with the name of the value in it"
    both = _BOTH.fullmatch(bare)
    if both and ((both[1] == other) or any(one.fullmatch(both[1]) and two.fullmatch(both[3]) for one, two in pairs)):
        return f"a key's id and its secret, with {_SIGNS.get(both[2], 'a blank')} between them"
    return ""


def finding(what: str, names: tuple[str, str], half: int, *, certain: bool) -> Finding:
    """The finding for one half, 0 for the id and 1 for the secret, of the two parameters ``names``."""
    return catalog.finding(
        ("access-key-malformed", "secret-malformed")[half],
        detail=f"{names[half]} holds {what}.",
        pointer=f"/parameters/{names[half]}",
        fix=Fix(f"Put the id alone into {names[0]}, and the secret alone into {names[1]}."),
        confidence=Confidence.CONFIRMED if certain else Confidence.LIKELY,
        severity=None if certain else Severity.WARNING,
    )
