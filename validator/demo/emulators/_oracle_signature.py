"""SigV4 written down once more, from its specification, so that the stand-in does not share the signer's mistakes."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from urllib.parse import parse_qsl, quote, unquote, urlsplit


def signature_of(
    method: str, path: str, headers: Mapping[str, str], names: str, stated: str, date: str, region: str, secret: str
) -> str:
    """The signature that a request must carry, in hexadecimal digits.

    Args:
        method: The HTTP method.
        path: Path and query as sent.
        headers: Names in lower case.
        names: The signed headers, joined by semicolons.
        stated: The ``x-amz-content-sha256`` header.
        date: The scope's day, ``YYYYMMDD``.
        region: The scope's region.
        secret: The secret key.
    """
    split = urlsplit(path)
    query = "&".join(
        f"{quote(name, safe='-._~')}={quote(value, safe='-._~')}"
        for name, value in sorted(parse_qsl(split.query, keep_blank_values=True))
    )
    canonical = "\n".join(
        (
            method,
            quote(unquote(split.path), safe="/-._~"),
            query,
            *(f"{name}:{' '.join(headers.get(name, '').split())}" for name in names.split(";")),
            "",
            names,
            stated,
        )
    )
    scope = f"{date}/{region}/s3/aws4_request"
    text = f"AWS4-HMAC-SHA256\n{headers.get('x-amz-date', '')}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    key = f"AWS4{secret}".encode()
    for part in (date, region, "s3", "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return hmac.new(key, text.encode(), "sha256").hexdigest()
