"""Text that may quote what somebody gave, made safe to log: for representations and messages of errors, which no redactor meets."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import Final

SHORTEST: Final = 8
"""Characters. A shorter value that is known to be secret stays: it may be a part of anything."""
_looks = [True]
"""Whether it is looked which paths are there."""
_BEFORE_PATH: Final = " \t\n\"'=:"
"""What may stand before a path in an argument or in a message of ours."""
_AFTER_NAME: Final = " \t\n\"'/:,;"
"""What may stand after a part of it."""
_LONGEST_PATH: Final = 4096
"""Characters, as systems have it: no further is looked for its beginning or its end."""


def guarded(text: str, secrets: Iterable[str] = ()) -> str:
    """The text without what looks like a credential, nor one of these secrets; ordinary words among them stay.

    What it says of a file or folder that is there, or of Planet's ids, is shown, whatever it looks like.
    """
    from validator.core.secret_shapes import MASK, is_wordlike, masked

    known = {each for each in secrets if len(each) >= SHORTEST and not is_wordlike(each)}
    for value in sorted(known, key=len, reverse=True):
        text = text.replace(value, MASK).replace(repr(value)[1:-1], MASK)
    return masked(text, strange(text))


def look_for_paths(*, wanted: bool) -> None:
    """Whether the path of a file that is there is shown, from now on. Not where the texts are a stranger's, who would learn which are there."""
    _looks[:] = [wanted]


def strange(text: str) -> Iterator[tuple[int, int]]:
    """What looks like a credential, and is no part of the path of a file or a folder that is there: start and end of each, in order."""
    from validator.core.secret_shapes import credentials_in

    looked, there, whole = -1, "", False
    for start, end in credentials_in(text):
        begin = max(text.rfind(each, max(0, start - _LONGEST_PATH), start) for each in _BEFORE_PATH) + 1
        stop = min((at for each in _AFTER_NAME if (at := text.find(each, end, end + _LONGEST_PATH)) >= 0), default=len(text))
        path = text[begin:stop] if stop - begin <= _LONGEST_PATH else ""
        if _is_planets(path):
            continue
        if begin != looked or whole or not path:  # below what is not there is nothing
            there = path if _looks[0] and not path.startswith("//") else ""  # which some systems look for on other machines
            while there and not os.path.lexists(there):
                there = there.rpartition("/")[0]
            looked, whole = begin, there == path
        after = begin + len(there)
        if after <= start:
            yield start, end
        else:  # what is not there may stand below a folder that is
            yield from ((after + one, after + other) for one, other in credentials_in(text[after:end]))


def _is_planets(text: str) -> bool:
    """Whether a text is the id of a stored destination: its name and 21 or 22 random letters, which its organisation sees."""
    name, _, random = text.rpartition("-")
    return len(random) in (21, 22) and random.isalnum() and name == name.lower() and name.replace("-", "").isalnum()
