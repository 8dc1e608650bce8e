"""What Azure's answers say: an SDK exception, or the text of an answer, becomes an Observation.

Branches on the HTTP status and the service's own code alone: the SDK's exception classes say something else (every 409 is "exists already"),
and ``str()`` of its codes prints the name of an enum member.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from validator.core import lazy
from validator.core.model import Kind, Observation
from validator.core.strangers import lowered, stranger
from validator.core.values import Dataclass
from validator.providers.azure.rules import CODES, FIREWALL, KINDS
from validator.providers.base import HttpAnswer
from validator.providers.common.dates import http_date
from validator.providers.common.network_faults import chain, no_answer

_AZURES: Final = lazy.compile(
    r"\.(?:core\.(?:windows\.net|chinacloudapi\.cn|usgovcloudapi\.net|cloudapi\.de)|storage\.azure\.net)$"
)
"""Hosts that nobody but Azure has."""
OTHERS_FOUND: Final = "other names are found"
"""A note at an exception: the account's name was looked up in vain, and another was found."""


class _ErrorAnswer(Dataclass):
    """An answer, taken apart by the SDK or here."""

    status: int
    headers: Mapping[str, str]
    code: str
    message: str
    extra: Mapping[str, str]
    """The other elements of the error document, names in lower case."""
    url: str
    """Of the request; empty if it is not known."""
    body: bytes
    creates: bool = False
    """The request was to write only where there is no blob."""


def classify(error: Exception) -> Observation:
    """Classify what the SDK raised. Total: never raises."""
    response = getattr(error, "response", None)
    status = getattr(response, "status_code", None)
    if type(error).__name__ in (
        "DeserializationError",
        "DecodeError",
    ):  # azure-core's words for a body that it cannot take apart
        return Observation(Kind.OTHER, code=type(error).__name__, message="an answer came that cannot be read")
    if response is None or not isinstance(status, int):
        return no_answer(error, names=any(OTHERS_FOUND in getattr(each, "__notes__", ()) for each in chain(error)))
    request, body = getattr(response, "request", None), _body(response)
    headers = lowered(getattr(response, "headers", None))
    creates = str((getattr(request, "headers", None) or {}).get("If-None-Match", "")) == "*"
    return _judged(
        _ErrorAnswer(
            status,
            headers,
            code_of(error) or headers.get("x-ms-error-code", ""),
            _said(str(getattr(error, "message", "") or ""), body),
            {name: value for name, value in lowered(getattr(error, "additional_info", None)).items() if value},
            str(getattr(request, "url", "") or ""),
            body,
            creates,
        )
    )


def read_answer(answer: HttpAnswer) -> Observation:
    """The same of an answer as text: Azure's XML, or the JSON of its Data Lake endpoint."""
    from validator.providers.common.xml import error_details

    details = {name.lower(): value for name, value in error_details(answer.body).items()}
    if not details and answer.body.lstrip().startswith(b"{"):
        from validator.providers.common.google_documents import read

        parsed = read(answer.headers, answer.body)
        details = {"code": _json_code(answer.body), "message": parsed.message} if parsed.own else {}
    code = details.pop("code", "") or answer.headers.get("x-ms-error-code", "")
    headers = {"x-ms-request-id": "not in the text", **answer.headers} if answer.partial else answer.headers
    return _judged(_ErrorAnswer(answer.status, headers, code, details.pop("message", ""), details, answer.url, answer.body))


def _json_code(body: bytes) -> str:
    match = re.search(rb'"code"\s{0,9}:\s{0,9}"(\w{1,100})"', body)
    return match[1].decode() if match else ""


def _judged(answer: _ErrorAnswer) -> Observation:
    code, headers = answer.code, answer.headers
    url = urlsplit(answer.url)
    query = parse_qs(url.query)
    detail = answer.extra.get("authenticationerrordetail", "")
    request_id = headers.get("x-ms-request-id", "")
    if not request_id and (answer.status < 500 or answer.status == 511) and answer.status != 429:
        return Observation(Kind.FOREIGN, answer.status, evidence=_stranger(answer, url.hostname or ""))
    evidence = _facts(detail)
    if headers.get("date"):
        # Kept out of server_date on purpose: no clock of ours goes into a SAS, so a wrong one never spoils a request.
        evidence["server_time"] = headers["date"]
    if "si" in query:
        evidence["names_policy"] = "yes"
    if code == "ResourceNotFound" and query:
        # Without a signature, and to tokens of the first versions, a refusal reads as an absence.
        old = query.get("sv", [""])[0] < "2015-04-05"
        evidence["signed"] = "no" if "sig" not in query else "before 2015-04-05" if old else "yes"
    evidence |= {name: answer.extra[name] for name in ("headername", "queryparametername") if name in answer.extra}
    message = _first_line(answer.message) if code else ""
    return Observation(
        kind=_kind(answer),
        status=answer.status,
        code=code,
        message=" ".join(part for part in (message, _shown(detail)) if part),
        request_id=request_id,
        evidence=evidence,
    )


def _stranger(answer: _ErrorAnswer, host: str) -> dict[str, str]:
    """Who answered in Azure's place: only where the destination chose the host can it be at fault."""
    chosen = ".blob." in host and not _AZURES.search(host)
    known = stranger(answer.status, answer.headers, answer.body, fixed_host=not chosen)
    if answer.code:
        known["answered_by"] = f"{known['answered_by']} that speaks as Azure does, without Azure's x-ms-request-id"
    return known


def code_of(error: Any) -> str:
    """The service's own code in an exception of the SDK's."""
    code = getattr(error, "error_code", None)
    return str(getattr(code, "value", code) or "")


def _kind(answer: _ErrorAnswer) -> Kind:
    if answer.code == "UnauthorizedBlobOverwrite" and answer.creates:
        return Kind.EXISTS  # our create-only write met a file, and c alone may not touch it
    if answer.code in KINDS:
        return KINDS[answer.code]
    if answer.status == 429 or (answer.status >= 500 and answer.status not in (501, 505, 507, 511)):
        return Kind.TRANSIENT
    other_words = answer.code == "AuthorizationFailure" and not re.search(FIREWALL, _first_line(answer.message), re.IGNORECASE)
    if answer.status == 403 and (other_words or answer.code not in CODES):
        return Kind.DENIED  # refused, in words that no row knows
    return Kind.OTHER


def _said(message: str, body: bytes) -> str:
    """Azure's own sentence: the SDK puts one of its own where the answer has none, and the code before one that came as JSON."""
    text = body.decode("utf-8", "replace")
    bare = re.sub(r"^\(\w{1,100}\) ", "", message) if message.startswith("(") else message
    return bare if bare[:60].strip() and _first_line(bare)[:60] in text else "" if not text.strip() else message


def _body(response: Any) -> bytes:
    """What the SDK has read of the answer; nothing if it is still open."""
    try:
        body = response.body()
    except Exception:  # noqa: BLE001 - whatever a half-read or foreign response raises
        return b""
    return body if isinstance(body, bytes) else b""


def _first_line(message: str) -> str:
    return message.splitlines()[0].strip()[:300] if message.strip() else ""


def _shown(detail: str) -> str:
    """The detail without the signatures and the string to sign that some forms of it echo."""
    if re.search(r"MAC signature", detail, re.IGNORECASE):
        return "The MAC signature found in the request is not the same as any computed signature."
    return re.split(r"String to sign", detail)[0].strip()[:300]


def _facts(detail: str) -> dict[str, str]:
    """Dates and resource out of an AuthenticationErrorDetail."""
    facts: dict[str, str] = {}
    frame = re.search(
        r"(key )?start \[([^\[\]]{0,80})\] - (?:key )?expiry \[([^\[\]]{0,80})\] - current \[([^\[\]]{0,80})\]",
        detail,
        re.IGNORECASE,
    )
    if frame:
        start, expiry, current = frame.group(2, 3, 4)
        facts |= {"start": start, "expiry": expiry, "current": current}
        if frame[1]:
            facts["frame"] = "delegation key"
        now, first, last = http_date(current), http_date(start), http_date(expiry)
        if now and last and now > last:
            facts["time"] = "over"
        elif now and first and now < first:
            facts["time"] = "early"
    ended = re.search(r"Signed expiry time \[([^\[\]]{0,80})\][\w ]{0,60} after signed start time \[([^\[\]]{0,80})\]", detail)
    if ended:
        facts |= {"expiry": ended[1], "current": ended[2], "time": "over"}
    resource = re.search(r"^/blob/\S+", detail, re.MULTILINE)
    if resource:
        facts["signed_for"] = resource[0][:200]
    field = re.search(r"'?\b(\w{1,32})'? is (?:mandatory|optional but|not well formed|either not)", detail)
    if field:
        facts["field"] = field[1]
    return facts
