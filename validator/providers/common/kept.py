"""What answers of several clouds have in common in text that somebody kept."""

from __future__ import annotations

import json
from collections.abc import Mapping
from html import escape
from typing import Any, Final

from validator.providers.base.in_text import KeptAnswer

STATUSES: Final = (
    (r"PreconditionFailed", 412),
    (r"NoSuch\w+|\w*NotFound", 404),
    (r"\w*Exists|OperationAborted|Concurrent\w+|InvalidObjectState", 409),
    (r"NotAuthenticated|Unauthorized", 401),
    (r"SlowDown\w*|ServiceUnavailable", 503),
    (r"Internal(?:Server)?Error|OperationTimedOut", 500),
    (r"X?NotImplemented", 501),
    (r"PermanentRedirect|MovedPermanently", 301),
    (
        r"Bad(?:DomainName|Request|Digest)|Invalid\w*(?:Name|Value|Argument|Request|Uri)|AuthorizationHeaderMalformed|EntityTooLarge|MissingContentLength",
        400,
    ),
    (r"MethodNotAllowed", 405),
)
"""The status of codes in the S3 API's manner, which more than Amazon's stores send."""


def xml(elements: Mapping[str, str]) -> bytes:
    """An error document of these elements, in the form of Amazon's and Azure's."""
    return f"<Error>{''.join(f'<{name}>{escape(value, quote=False)}</{name}>' for name, value in elements.items())}</Error>".encode()


def flat(value: Mapping[str, Any], form: str) -> KeptAnswer | None:
    """The answer that a document with a code and a message of its own is; None where it has none."""
    code, message, status = value.get("code"), value.get("message"), value.get("status")
    if not isinstance(code, str) or not isinstance(message, str) or not code:
        return None
    body = json.dumps(value).encode()
    return KeptAnswer(form, "a JSON body", status if isinstance(status, int) else None, body=body, code=code, message=message)
