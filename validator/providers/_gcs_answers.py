"""Turns whatever Google's SDK raises into an observation: the only place that knows its exception classes."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from validator.model import Kind, Observation

PERMISSION: Final = re.compile(r"(?P<who>Anonymous caller|\S+) does not have (?P<permission>[a-z]+(?:\.[A-Za-z]+)+) access")
"""How Google names what is missing. The permission names what was needed, which need not be the operation that was asked for."""

_DENYING: Final = frozenset({"forbidden", "insufficientPermissions", "insufficientPermission", "accessDenied"})
_BUSY: Final = frozenset({"rateLimitExceeded", "userRateLimitExceeded"})
_ELSEWHERE: Final = re.compile(
    r"IP filtering|Cloud KMS|billing account|organization's policy|VPC Service Controls", re.IGNORECASE
)
"""Refusals that have the reason of a missing permission, and another cause."""
_HELD: Final = re.compile(r"is under active .{0,60}hold", re.IGNORECASE)
_RETAINED: Final = re.compile(r"retention policy or object retention|cannot be deleted or overwritten until", re.IGNORECASE)
_UNTIL: Final = re.compile(r"until (\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:?\d\d))")
_PERIMETER: Final = re.compile(r"vpcServiceControlsUniqueIdentifier:\s*([\w-]+)")


class TokenRefused(Exception):
    """The token endpoint did not give a token. ``status``, ``headers`` and ``body`` are its answer."""

    def __init__(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        super().__init__(f"the token endpoint answered {status}")
        self.status, self.headers, self.body = status, headers, body


class ConditionIgnored(Exception):
    """A request that could not be carried out was answered with success: this is no Google Cloud Storage."""


class UnexpectedAnswer(Exception):
    """An answer of success that lacks what Google's always has."""


class OtherUniverse(Exception):
    """The key belongs to a Google cloud that is reached elsewhere."""


def observe(error: BaseException) -> Observation:
    """Classify. Total: what is not known is Kind.OTHER."""
    for _ in range(4):  # the SDK wraps: RetryError has the cause, TransportError the network's exception
        inner = getattr(error, "cause", None) or (error.args[0] if error.args else None)
        if type(error).__name__ in ("RetryError", "TransportError") and isinstance(inner, BaseException):
            error = inner
    if isinstance(error, TokenRefused):
        return _token(error)
    if isinstance(error, OtherUniverse):
        return Observation(Kind.OTHER, code="universe", message=str(error))
    if isinstance(error, ConditionIgnored | UnexpectedAnswer):
        return Observation(Kind.OTHER, code=type(error).__name__, message=str(error))
    response = getattr(error, "response", None)
    if response is not None and hasattr(response, "status_code"):
        return _answer(response)
    if type(error).__name__ == "PreconditionFailed":  # made by the bucket itself: the object there is not ours
        return Observation(Kind.PRECONDITION, 412, "conditionNotMet", _short(str(error)))
    network = _network(error)
    return network or Observation(Kind.OTHER, code=type(error).__name__, message=_short(str(error)))


def _token(refused: TokenRefused) -> Observation:
    date = _date(refused.headers)
    said = _object(refused.body)
    code, message = said.get("error"), str(said.get("error_description") or "")
    if refused.status in (408, 429, 500, 502, 503, 504):
        return Observation(Kind.TRANSIENT, refused.status, "token-endpoint", message, server_date=date)
    if refused.status in (400, 401) and code == "invalid_grant":
        return Observation(Kind.UNAUTHENTICATED, refused.status, code, message, server_date=date)
    text = message or _short(refused.body.decode("utf-8", "replace"))
    return Observation(Kind.OTHER, refused.status, str(code or "token-endpoint"), text, server_date=date)


def _answer(response: Any) -> Observation:
    status: int = response.status_code
    headers: Mapping[str, str] = response.headers
    document = _object(response.content or b"").get("error")
    google = isinstance(document, dict)
    message, reason = "", ""
    if isinstance(document, dict):
        message = str(document.get("message") or "")
        errors = document.get("errors")
        if isinstance(errors, list) and errors and isinstance(errors[0], dict):
            reason = str(errors[0].get("reason") or "")
            message = message or str(errors[0].get("message") or "")
    else:
        message = (response.content or b"").decode("utf-8", "replace").strip()
        # Refusals of a media download come as the bare sentence.
        google = "html" not in headers.get("content-type", "").lower() and PERMISSION.search(message) is not None
    evidence = _evidence(message)
    return Observation(
        kind=_kind(status, reason, message, response, google=google),
        status=status,
        code=reason,
        message=_short(message),
        request_id=headers.get("x-guploader-uploadid", "")[:40],
        evidence=evidence,
        server_date=_date(headers),
    )


def _kind(status: int, reason: str, message: str, response: Any, *, google: bool) -> Kind:
    if status in (408, 429, 500, 502, 503, 504) or (status == 403 and reason in _BUSY):
        return Kind.TRANSIENT
    if reason in ("objectUnderActiveHold", "retentionPolicyNotMet") or _HELD.search(message) or _RETAINED.search(message):
        return Kind.KEPT
    if not google:
        return Kind.OTHER
    if status == 401:
        return Kind.UNAUTHENTICATED
    if status == 404:
        return Kind.NO_BUCKET if re.search(r"\bbucket\b", message) else Kind.ABSENT
    if status == 412 and reason == "conditionNotMet":
        request = response.request
        return Kind.EXISTS if request.method == "POST" and "ifGenerationMatch=0" in request.url else Kind.PRECONDITION
    if status == 403 and (PERMISSION.search(message) or (reason in _DENYING and not _ELSEWHERE.search(message))):
        return Kind.DENIED
    return Kind.OTHER


def _evidence(message: str) -> dict[str, str]:
    found: dict[str, str] = {}
    named = PERMISSION.search(message)
    if named:
        found["permission"] = named["permission"]
        if named["who"] not in ("Caller", "Anonymous caller"):
            found["principal"] = named["who"]
    for name, pattern in (("until", _UNTIL), ("perimeter_refusal", _PERIMETER)):
        match = pattern.search(message)
        if match:
            found[name] = match[1]
    return found


def _network(error: BaseException) -> Observation | None:
    """A request that got no answer. Looks at what lies behind: the outer classes of requests say too little."""
    names: set[str] = set()
    numbers: set[int] = set()
    pending: list[object] = [error]
    for _ in range(20):
        if not pending:
            break
        each = pending.pop()
        if isinstance(each, BaseException):
            names |= {base.__name__ for base in type(each).__mro__}
            numbers.add(getattr(each, "errno", None) or 0)
            pending += [each.__cause__, each.__context__, getattr(each, "reason", None), *each.args]
    if "InvalidJSONError" in names or not names & {"RequestException", "HTTPError", "OSError"}:
        return None
    import errno

    code = "lost"
    if names & {"NameResolutionError", "gaierror"}:
        code = "dns"
    elif names & {"SSLError", "SSLCertVerificationError"}:
        code = "tls"
    elif names & {"Timeout", "TimeoutError", "ReadTimeoutError", "ConnectTimeoutError"} and "NewConnectionError" not in names:
        code = "timeout"
    elif "ProxyError" in names:
        code = "proxy"
    elif "ConnectionRefusedError" in names or errno.ECONNREFUSED in numbers:
        code = "refused"
    elif not names & {"ConnectionError", "ProtocolError", "ChunkedEncodingError", "ConnectionResetError"}:
        return None
    return Observation(Kind.UNREACHABLE, code=code, message=_short(str(error)))


def _object(body: bytes) -> Mapping[str, Any]:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _date(headers: Mapping[str, str]) -> datetime | None:
    from email.utils import parsedate_to_datetime

    try:
        found = parsedate_to_datetime(headers.get("date") or headers.get("Date") or "")
    except (ValueError, TypeError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= 400 else text[:400] + "..."
