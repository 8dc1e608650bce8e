"""AWS Signature Version 4, written down from its specification: the emulators do not share the mistakes of the signer that they judge."""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from validator.demo.emulators.http import Request


@dataclass(frozen=True, slots=True)
class Signature:
    """An Authorization header, taken apart."""

    access_key: str
    region: str
    service: str
    signed: str
    """Names of headers, joined by semicolons."""
    value: str
    """In hexadecimal digits."""

    def is_of(self, request: Request, secret: str) -> bool:
        """Whether the holder of this secret key has signed the request as it came."""
        return hmac.compare_digest(_made(request, self, secret), self.value)


def read(request: Request) -> Signature | None:
    """The signature that a request bears; None for what is none."""
    match = re.fullmatch(
        r"AWS4-HMAC-SHA256\s+Credential=([^,/]*)/\d{8}/([^,/]*)/([^,/]*)/aws4_request,\s*SignedHeaders=([^,]*),\s*Signature=([0-9a-f]+)",
        request.headers.get("authorization", "").strip(),
    )
    return None if match is None else Signature(*match.groups())


def _made(request: Request, signature: Signature, secret: str) -> str:
    headers, names = request.headers, signature.signed
    split = urlsplit("//host" + request.target)
    query = "&".join(
        f"{quote(name, safe='-._~')}={quote(value, safe='-._~')}"
        for name, value in sorted(parse_qsl(split.query, keep_blank_values=True))
    )
    canonical = "\n".join(
        (
            request.method,
            quote(unquote(split.path), safe="/-._~"),
            query,
            *(f"{name}:{' '.join(headers.get(name, '').split())}" for name in names.split(";")),
            "",
            names,
            headers.get("x-amz-content-sha256", ""),
        )
    )
    time = headers.get("x-amz-date", "")
    scope = (time[:8], signature.region, signature.service, "aws4_request")
    text = f"AWS4-HMAC-SHA256\n{time}\n{'/'.join(scope)}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    key = f"AWS4{secret}".encode()
    for part in scope:
        key = hmac.digest(key, part.encode(), "sha256")
    return hmac.new(key, text.encode(), "sha256").hexdigest()
