"""What Azure's answers mean: an SDK exception becomes an Observation, and an ordered table names the finding.

Branches on the HTTP status and the service's own code alone: the SDK's exception classes say something else (every 409 is "exists already"),
and ``str()`` of its codes prints the name of an enum member.
"""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Iterator, Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from validator.model import Confidence, Kind, Mode, Observation, Operation
from validator.providers.base import Rule

LEASES: Final = (
    "LeaseIdMissing",
    "LeaseIdMismatchWithBlobOperation",
    "LeaseLost",
    "LeaseIdMismatchWithLeaseOperation",
)
_LOCKS: Final = ("BlobImmutableDueToPolicy", "BlobImmutableDueToLegalHold", "SnapshotsPresent", *LEASES)
_ARCHIVED: Final = ("BlobArchived", "BlobBeingRehydrated")
_KEY_VAULT: Final = (
    "KeyVaultEncryptionKeyNotFound",
    "KeyVaultVaultNotFound",
    "KeyVaultAccessTokenCannotBeAcquired",
)
_NO_CREDENTIAL: Final = ("NoAuthenticationInformation", "PublicAccessNotPermitted")
_BAD_NAME: Final = ("InvalidResourceName", "OutOfRangeInput", "InvalidUri")

_KINDS: Final[Mapping[str, Kind]] = {
    "BlobNotFound": Kind.ABSENT,
    "ContainerNotFound": Kind.NO_BUCKET,
    "ContainerBeingDeleted": Kind.NO_BUCKET,
    "ConditionNotMet": Kind.PRECONDITION,
    "BlobAlreadyExists": Kind.EXISTS,
    **dict.fromkeys(_LOCKS, Kind.KEPT),
    "AuthenticationFailed": Kind.UNAUTHENTICATED,
    "KeyBasedAuthenticationNotPermitted": Kind.UNAUTHENTICATED,
    **dict.fromkeys(_NO_CREDENTIAL, Kind.UNAUTHENTICATED),
    **dict.fromkeys(
        ("AuthorizationPermissionMismatch", "AuthorizationServiceMismatch", "AuthorizationResourceTypeMismatch"), Kind.DENIED
    ),
    "UnauthorizedBlobOverwrite": Kind.DENIED,
    "ServerBusy": Kind.TRANSIENT,
    "OperationTimedOut": Kind.TRANSIENT,
    "InternalError": Kind.TRANSIENT,
}

RULES: Final = (
    Rule("https-required", code=("AuthorizationProtocolMismatch", "AccountRequiresHttps"), source="azure.md 2.3"),
    Rule("sas-expired", code="AuthenticationFailed", evidence={"time": "over"}, source="azure.md 2.4"),
    Rule("sas-not-yet-valid", code="AuthenticationFailed", evidence={"time": "early"}, source="azure.md 2.4"),
    Rule("wrong-secret", code="AuthenticationFailed", text="Signature did not match", source="azure.md 2.4"),
    Rule("sas-malformed", code="AuthenticationFailed", text="is mandatory", source="azure.md 2.4"),
    Rule(
        "sas-version-unsupported",
        code="AuthenticationFailed",
        text=r"field '?sv'? is not well formed",
        source="azure.md 1.4 O30",
    ),
    Rule("sas-malformed", code="AuthenticationFailed", text="not well formed", source="azure.md 2.4"),
    Rule("sas-policy-missing", code="AuthenticationFailed", text="identifier cannot be found", source="azure.md 2.4"),
    Rule("sas-policy-conflict", code="AuthenticationFailed", text="but not both", source="azure.md 2.4"),
    Rule(
        "sas-wrong-resource", code="AuthenticationFailed", text="not allowed for th.{0,8} resource level", source="azure.md 2.4"
    ),
    Rule("wrong-secret", code="AuthenticationFailed", confidence=Confidence.LIKELY, source="azure.md 6: unclassified detail"),
    # Azurite alone: it says AuthorizationFailure, with the words of AuthenticationFailed and no detail, to everything that is wrong with a token.
    Rule(
        "sas-policy-missing",
        code="AuthorizationFailure",
        text="failed to authenticate",
        evidence={"names_policy": "yes"},
        confidence=Confidence.LIKELY,
        source="Azurite 3.35.0, seen",
    ),
    Rule(
        "wrong-secret",
        code="AuthorizationFailure",
        text="failed to authenticate",
        confidence=Confidence.LIKELY,
        source="Azurite 3.35.0, seen",
    ),
    Rule("network-restricted", code="AuthorizationFailure", confidence=Confidence.LIKELY, source="azure.md 2.3"),
    Rule("sas-ip-restricted", code="AuthorizationSourceIPMismatch", source="azure.md 2.3"),
    Rule("sas-wrong-service", code="AuthorizationServiceMismatch", source="azure.md 2.3"),
    Rule("sas-wrong-resource", code="AuthorizationResourceTypeMismatch", source="azure.md 2.3"),
    Rule("key-disabled", code="KeyBasedAuthenticationNotPermitted", source="azure.md 2.3"),
    Rule("account-disabled", code=("AccountIsDisabled", "InsufficientAccountPermissions"), source="azure.md 2.3"),
    Rule("encryption-key-unavailable", code=_KEY_VAULT, source="azure.md 2.3"),
    Rule("encryption-header-required", code="RequestForbiddenByContainerEncryptionPolicy", source="azure.md 2.3"),
    Rule("overwrite-denied", code="UnauthorizedBlobOverwrite", source="azure.md 2.3"),
    Rule(
        "overwrite-denied",
        operation=Operation.WRITE,
        mode=Mode.REHEARSED,
        code="AuthorizationPermissionMismatch",
        granted=Operation.WRITE,
        source="Azurite 3.35.0, seen: c without w, and the file exists",
    ),
    Rule("multipart-denied", form="multipart", code="AuthorizationPermissionMismatch", source="azure.md 1.3: blocks need w"),
    Rule("write-denied", operation=Operation.WRITE, code="AuthorizationPermissionMismatch", source="azure.md 6"),
    Rule("read-denied", operation=Operation.READ, code="AuthorizationPermissionMismatch", source="azure.md 6"),
    Rule("list-denied", operation=Operation.LIST, code="AuthorizationPermissionMismatch", source="azure.md 6"),
    Rule("delete-denied", operation=Operation.DELETE, code="AuthorizationPermissionMismatch", source="azure.md 6"),
    Rule("bucket-not-found", code="ContainerNotFound", source="azure.md 2.3"),
    Rule("bucket-being-deleted", code="ContainerBeingDeleted", source="azure.md 2.3"),
    Rule("sas-malformed", code=_NO_CREDENTIAL, source="azure.md 2.3: no sig arrived"),
    Rule("bucket-name-invalid", code=_BAD_NAME, source="azure.md 1.5"),
    Rule("retention-locked", code="BlobImmutableDueToPolicy", source="azure.md 2.3"),
    Rule("object-held", code=("BlobImmutableDueToLegalHold", *LEASES), source="azure.md 2.3"),
    Rule("snapshots-present", code="SnapshotsPresent", source="azure.md 2.3"),
    Rule("object-archived", code=_ARCHIVED, source="azure.md 2.3"),
    Rule("blob-api-unavailable", code="BlobOperationNotSupported", source="azure.md 2.3"),
)
"""First match wins. What stands in none of the rows is unknown, never a refusal."""


def observe(error: Exception) -> Observation:
    """Classify what the SDK raised. Total: never raises."""
    response = getattr(error, "response", None)
    status = getattr(response, "status_code", None)
    if response is None or not isinstance(status, int):
        return _no_answer(error)
    headers = {str(name).lower(): str(value) for name, value in dict(getattr(response, "headers", None) or {}).items()}
    code = _code(error) or headers.get("x-ms-error-code", "")
    extra = {str(name).lower(): str(value) for name, value in (getattr(error, "additional_info", None) or {}).items() if value}
    detail = extra.get("authenticationerrordetail", "")
    said = _first_line(str(getattr(error, "message", "") or "")) if code else ""
    kind = _kind(status, code, response)
    request_id = headers.get("x-ms-request-id", "")
    evidence = _facts(detail)
    if headers.get("date"):
        # Kept out of server_date on purpose: no clock of ours goes into a SAS, so a wrong one never spoils a request.
        evidence["server_time"] = headers["date"]
    if not request_id and status < 500:
        kind = Kind.OTHER
        evidence["answered_by"] = headers.get("server", "unknown") + ", not Azure: there is no x-ms-request-id"
    if "si" in _query(response):
        evidence["names_policy"] = "yes"
    for name in ("headername", "queryparametername"):
        if name in extra:
            evidence[name] = extra[name]
    return Observation(
        kind=kind,
        status=status,
        code=code,
        message=" ".join(part for part in (said, _shown(detail)) if part),
        request_id=request_id,
        evidence=evidence,
    )


def _code(error: Exception) -> str:
    code = getattr(error, "error_code", None)
    return str(getattr(code, "value", code) or "")


def _kind(status: int, code: str, response: Any) -> Kind:
    if code == "UnauthorizedBlobOverwrite" and _header(response, "If-None-Match") == "*":
        return Kind.EXISTS  # our create-only write met a file, and c alone may not touch it
    if code in _KINDS:
        return _KINDS[code]
    if status == 429 or (status >= 500 and status not in (501, 505)):
        return Kind.TRANSIENT
    return Kind.OTHER


def _header(response: Any, name: str) -> str:
    request = getattr(response, "request", None)
    return str((getattr(request, "headers", None) or {}).get(name, ""))


def _query(response: Any) -> Mapping[str, Any]:
    return parse_qs(urlsplit(str(getattr(getattr(response, "request", None), "url", "") or "")).query)


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
    frame = re.search(r"Start \[(.*?)\] - Expiry \[(.*?)\] - Current \[(.*?)\]", detail)
    if frame:
        start, expiry, current = frame.groups()
        facts |= {"start": start, "expiry": expiry, "current": current}
        now, first, last = _date(current), _date(start), _date(expiry)
        if now and last and now > last:
            facts["time"] = "over"
        elif now and first and now < first:
            facts["time"] = "early"
    ended = re.search(r"Signed expiry time \[(.*?)\].*after signed start time \[(.*?)\]", detail)
    if ended:
        facts |= {"expiry": ended[1], "current": ended[2], "time": "over"}
    resource = re.search(r"^/blob/\S+", detail, re.MULTILINE)
    if resource:
        facts["signed_for"] = resource[0][:200]
    field = re.search(r"'?(\w+)'? is (?:mandatory|not well formed)", detail)
    if field:
        facts["field"] = field[1]
    return facts


def _date(text: str) -> datetime | None:
    try:
        return parsedate_to_datetime(text)
    except ValueError:
        return None


# ---- no answer: why not ----------------------------------------------------------------------------------------------


def _no_answer(error: Exception) -> Observation:
    behind = list(chain(error))
    evidence = {
        name: value for each in behind for note in getattr(each, "__notes__", ()) for name, _, value in [note.partition("=")]
    }
    names = {type(each).__name__ for each in behind}
    known: str | None = None
    said = f"the request failed ({type(error).__name__})"
    for each in behind:
        if isinstance(each, socket.gaierror):
            missing = each.errno == socket.EAI_NONAME and evidence.get("other_names") == "found"
            evidence["name_exists"] = "no" if missing else "unknown"
            known, said = "dns", "the name does not exist" if missing else "the name could not be looked up"
            break
        if isinstance(each, ssl.SSLError) or type(each).__name__ in ("SSLError", "CertificateError"):
            known, said = "tls", "the TLS handshake failed: " + _reason(each)
            break
    if known is None:
        if any(isinstance(each, TimeoutError) for each in behind) or any("Timeout" in name for name in names):
            known, said = "timeout", "no answer in time"
        elif any(isinstance(each, ConnectionRefusedError) for each in behind):
            known, said = "refused", "the connection was refused"
        elif "ProxyError" in names:
            known, said = "proxy", "the proxy did not pass the request on"
        elif names & {"ServiceRequestError", "ServiceResponseError", "IncompleteReadError", "IncompleteRead", "ProtocolError"}:
            known, said = "reset", "the connection was closed before the answer was whole"
    if known is None:
        return Observation(Kind.OTHER, code=type(error).__name__, message=said, evidence=evidence)
    return Observation(Kind.UNREACHABLE, code=known, message=said, evidence=evidence)


def _reason(error: BaseException) -> str:
    text = str(getattr(error, "verify_message", "") or getattr(error, "reason", "") or type(error).__name__)
    return text[:120]


def chain(error: BaseException | None) -> Iterator[BaseException]:
    """The exception and everything behind it, wherever the libraries put it."""
    seen: set[int] = set()
    waiting: list[Any] = [error]
    while waiting:
        each = waiting.pop(0)
        if not isinstance(each, BaseException) or id(each) in seen:
            continue
        seen.add(id(each))
        yield each
        waiting += [
            each.__cause__,
            each.__context__,
            getattr(each, "inner_exception", None),
            getattr(each, "reason", None),
            *each.args,
        ]
