"""What of a credential is secret, whoever's it is: any may stand where another belongs, so this asks for no type."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from validator.core import lazy

_LONGEST: Final = 8192
"""Characters that are searched for what tells a SAS token."""
_SAS: Final = lazy.compile(r"(?:^|[?&;]|u0026|&amp;)sig=")
_SAS_SEPARATOR: Final = lazy.compile(r"\\?u0026|&amp;|[&?;\s\"']+")
_SAS_PUBLIC: Final = lazy.compile(
    r"(?:sv|st|se|skt|ske)=\d{4}-\d\d-\d\d(?:T[\dA-F%:.]{5,30}Z?)?|s[rps]=[a-z]{1,16}|srt=[sco]{1,3}|spr=https?(?:(?:,|%2C)http)?"
    r"|sip=[\d.]{7,15}(?:-[\d.]{7,15})?|si=[\w.~%-]{1,64}|https?://[a-z0-9.:-]{1,120}(?:/[a-z0-9$-]{0,63}){0,2}"
)
_MEMBER: Final = lazy.compile(
    r"\"(?:private_key|private_key_id|refresh_token|client_secret|access_token)\"\s{0,8}:\s{0,8}\"((?:[^\"\\]|\\.)*)\""
)


def secret_parts(value: str) -> Iterator[str]:
    """What of a secret value is secret: of a SAS token all but what it may do, where and how long; of a key file its keys.

    A reader needs to see the rest: an account's e-mail address, an expiry.
    """
    if "sig=" in value and _SAS.search(value[:_LONGEST]):
        yield from (part for part in _SAS_SEPARATOR.split(value) if not _SAS_PUBLIC.fullmatch(part))
        for match in re.finditer(r"(?i)(?:^|[?&]|u0026|&amp;|%26)sig(?:=|%3D)([^&\s]+)", value):
            yield match[1]
        return
    text = value
    for _ in range(3):  # itself, what it holds in base64, and once more for what was encoded twice
        if '"private_key"' in text or '"refresh_token"' in text:
            yield from (match[1] for match in _MEMBER.finditer(text))
            if text is value:
                return
        elif text is value or not any(character < " " and character not in "\t\r\n" for character in text[:4096]):
            yield text
        inner = _decoded(text)
        if inner is None:
            return
        text = inner


def _decoded(value: str) -> str | None:
    if len(value) < 64:
        return None
    import base64
    import binascii

    compact = re.sub(r"[\s\"']", "", value)
    if len(compact) < 64 or not re.fullmatch(r"[A-Za-z0-9+/=_-]+", compact):
        return None
    try:
        data = base64.b64decode(compact.replace("-", "+").replace("_", "/") + "===")
    except (binascii.Error, ValueError):
        return None
    return data.decode("utf-8", "replace")
