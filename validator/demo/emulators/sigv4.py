"""AWS Signature Version 4, written down from its specification: the emulators do not share the mistakes of the signer that they judge."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from urllib.parse import parse_qsl, quote, unquote, urlsplit


def signature_of(
    method: str, target: str, headers: Mapping[str, str], names: str, region: str, secret: str, *, service: str = "s3"
) -> str:
    """The signature that a request must carry, in hexadecimal digits.

    Args:
        method: The HTTP method.
        target: Path and query as sent.
        headers: Names in lower case.
        names: The signed headers, joined by semicolons.
        region: The scope's region.
        secret: The secret key.
        service: The scope's service.
    """
    split = urlsplit("//host" + target)
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
            headers.get("x-amz-content-sha256", ""),
        )
    )
    time = headers.get("x-amz-date", "")
    scope = f"{time[:8]}/{region}/{service}/aws4_request"
    text = f"AWS4-HMAC-SHA256\n{time}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    key = f"AWS4{secret}".encode()
    for part in (time[:8], region, service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return hmac.new(key, text.encode(), "sha256").hexdigest()
