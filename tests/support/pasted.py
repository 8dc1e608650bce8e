"""What stands in a command that is to be pasted."""

from __future__ import annotations

import re
from collections.abc import Iterable

from validator.core.model import Finding

_WORD = re.compile(
    r"(?<![\w'\"./=:-])\$?\{?([A-Z]{2,}(?:_[A-Z]+)*)\b(?!=)|(?<==)\"?\$?([A-Z]{2,}(?:_[A-Z]+)*)\b|[:/]([A-Z]{3,}(?:_[A-Z]+)*)\b"
)
_OWN = frozenset({"SOURCE", "SSE", "AES", "NTP"})
"""Words of the commands themselves."""


def unexplained(findings: Iterable[Finding]) -> list[str]:
    """The words in commands that somebody has to replace, and of which the fix does not say by what."""
    wrong = []
    for each in findings:
        fix = each.fix
        for command in fix.commands if fix else ():
            for found in _WORD.findall(command):
                word = "".join(found)
                set_before = any(one.startswith(f"{word}=") for one in fix.commands) if fix else False
                if word not in _OWN and not set_before and fix and word not in fix.summary:
                    wrong.append(f"{each.name}: {word} in {command!r} is not explained")
    return wrong
