"""What Azure's answers mean: an SDK exception becomes an Observation, and an ordered table names the finding.

Branches on the HTTP status and the service's own code alone: the SDK's exception classes say something else (every 409 is "exists already"),
and ``str()`` of its codes prints the name of an enum member.
"""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from validator.core.model import Confidence, Kind, Mode, Observation, Operation, Severity
from validator.core.strangers import stranger
from validator.providers.azure.sas import KNOWN as FIELDS
from validator.providers.base import HttpAnswer, Rule
from validator.providers.common.dates import http_date

LEASES: Final = (
    "LeaseIdMissing",
    "LeaseIdMismatchWithBlobOperation",
    "LeaseLost",
    "LeaseIdMismatchWithLeaseOperation",
    "LeaseNotPresentWithBlobOperation",
)
_LOCKS: Final = ("BlobImmutableDueToPolicy", "BlobImmutableDueToLegalHold", "SnapshotsPresent", "PendingCopyOperation", *LEASES)
_ARCHIVED: Final = ("BlobArchived", "BlobBeingRehydrated")
_KEY_VAULT: Final = (
    "KeyVaultEncryptionKeyNotFound",
    "KeyVaultVaultNotFound",
    "KeyVaultAccessTokenCannotBeAcquired",
    "KeyVaultServiceUnavailable",
)
_CUSTOMER_KEY: Final = (
    "BlobUsesCustomerSpecifiedEncryption",
    "BlobCustomerSpecifiedEncryptionMismatch",
    "BlobDoesNotUseCustomerSpecifiedEncryption",
)
"""The file there is encrypted with a key, or a scope, that its writer named; the request named none."""
_NO_CREDENTIAL: Final = ("NoAuthenticationInformation", "PublicAccessNotPermitted")
_BAD_NAME: Final = ("InvalidResourceName", "OutOfRangeInput", "InvalidUri")
_NO_BLOB_API: Final = (
    "BlobOperationNotSupported",
    "BlobTypeNotSupported",
    "BlobApiNotYetSupportedForHierarchicalNamespaceAccounts",
    "FeatureNotYetSupportedForHierarchicalNamespaceAccounts",
    "UnsupportedForHierarchicalNamespaceAccounts",
    "BlobAccessTierNotSupportedForAccountType",
    "EndpointUnsupportedAccountFeatures",
    "HierarchicalNamespaceNotEnabled",
    "InvalidBlobType",
    "ResourceTypeMismatch",
    "PathConflict",
    "OperationNotSupportedOnDirectory",
    "DirectoryIsNotEmpty",
)
_PASSING: Final = ("ServerBusy", "OperationTimedOut", "InternalError", "AccountBeingCreated", "SystemInUse")

_KINDS: Final[Mapping[str, Kind]] = {
    "BlobNotFound": Kind.ABSENT,
    "ContainerNotFound": Kind.NO_BUCKET,
    "FilesystemNotFound": Kind.NO_BUCKET,
    "ContainerBeingDeleted": Kind.NO_BUCKET,
    "ConditionNotMet": Kind.PRECONDITION,
    "BlobAlreadyExists": Kind.EXISTS,
    **dict.fromkeys(_LOCKS, Kind.KEPT),
    "AuthenticationFailed": Kind.UNAUTHENTICATED,
    "InvalidAuthenticationInfo": Kind.UNAUTHENTICATED,
    "KeyBasedAuthenticationNotPermitted": Kind.UNAUTHENTICATED,
    **dict.fromkeys(_NO_CREDENTIAL, Kind.UNAUTHENTICATED),
    "AuthorizationPermissionMismatch": Kind.DENIED,
    "AuthorizationResourceTypeMismatch": Kind.DENIED,
    "UnauthorizedBlobOverwrite": Kind.DENIED,
    **dict.fromkeys(_PASSING, Kind.TRANSIENT),
}

_FAILED: Final = "AuthenticationFailed"
_AZURES: Final = re.compile(
    r"\.(?:core\.(?:windows\.net|chinacloudapi\.cn|usgovcloudapi\.net|cloudapi\.de)|storage\.azure\.net)$"
)
"""Hosts that nobody but Azure has."""
_MISMATCH: Final = "AuthorizationPermissionMismatch"
_LIKELY: Final = Confidence.LIKELY
_USUAL: Final = r"^(?:This request is not authorized to perform this operation(?: using this permission)?\.?)?$"
"""The one sentence of a missing permission and of a firewall. In other words the same code says something else."""
_SENTENCE: Final = r"^(?:Server failed to authenticate the request\.[^.]{0,200}signature\.? ?)?"
"""The sentence before every AuthenticationErrorDetail: a pattern begins after it, so that no name in the detail can match."""
_FIREWALL: Final = rf"{_USUAL}|^This request is not authorized by network security perimeter|failed to authenticate"
"""What AuthorizationFailure is known to say."""
_REFUSED: Final = r"(?:Server )?failed to authenticate"
_SERVER: Final = "the validation texts of Azure's own server, seen in its development storage"


def _detail(finding: str, text: str, source: str, **more: Any) -> Rule:
    return Rule(finding, code=_FAILED, text=_SENTENCE + text, source=source, **more)


RULES: Final = (
    Rule("https-required", code=("AuthorizationProtocolMismatch", "AccountRequiresHttps"), source="azure.md 2.3"),
    Rule("tls-failed", code="TlsVersionNotPermitted", source="learn.microsoft.com: minimum TLS version"),
    Rule("sas-expired", code=_FAILED, evidence={"time": "over"}, source="azure.md 2.4"),
    Rule("sas-not-yet-valid", code=_FAILED, evidence={"time": "early"}, source="azure.md 2.4"),
    _detail("sas-not-yet-valid", r"Start time is after the current time", _SERVER),
    _detail("sas-expired", r"Signature not valid in the specified (?:key )?time frame", "azure.md 2.4", confidence=_LIKELY),
    _detail("sas-expiration-policy", r"Policy violated by", "microsoft/AzureStorageExplorer#8845"),
    _detail(
        "sas-malformed", r"Signature did not match", "on the write alone, after another request was accepted: the token's fields, not its key",
        operation=Operation.WRITE, mode=Mode.PERFORMED, confidence=Confidence.POSSIBLE,
    ),
    _detail("wrong-secret", r"Signature did not match", "azure.md 2.4"),
    _detail("sas-malformed", r"Signature size is invalid", _SERVER),
    _detail("key-disabled", r"Signature validation failed\. Signature key not found", "Azure/azure-sdk-for-js#7600"),
    _detail("sas-not-a-sas", r"The MAC signature found in the", "the request came with an account key's signature"),
    _detail("sas-malformed", r"\w+ is (?:mandatory|optional but cannot be empty)", "azure.md 2.4"),
    _detail("sas-malformed", r"Signed (?:expiry|permissions?) must be specified in signature or SAS identifier", _SERVER),
    _detail("sas-malformed", r"Access without signed identifier cannot have time window", f"{_SERVER}: a token without sv"),
    _detail("sas-version-unsupported", r".{0,40} is (?:not well formed|either not in the correct format)", "azure.md 1.4 O30", evidence={"field": "sv"}),
    _detail("sas-malformed", r"(?:SAS field .{1,40} is|Signature fields) not well formed", "azure.md 2.4"),
    _detail("sas-policy-missing", r"SAS identifier cannot be found", "azure.md 2.4"),
    _detail("sas-policy-conflict", r"(?:Access policy )?fields can be associated with signature or SAS identifier but not both", "azure.md 2.4"),
    _detail("sas-wrong-resource", r"The specified signed resource is not allowed", "azure.md 2.4", severity=Severity.ERROR),
    Rule("wrong-secret", code=_FAILED, text=_SENTENCE + "$", confidence=Confidence.POSSIBLE, source="no detail: an answer to HEAD, an old cloud"),
    # Azurite alone: it says AuthorizationFailure, with the words of AuthenticationFailed and no detail, to everything that is wrong with a token.
    Rule(
        "sas-policy-missing", code="AuthorizationFailure", text=_REFUSED, evidence={"names_policy": "yes"}, confidence=_LIKELY,
        source="Azurite 3.35.0, seen",
    ),
    Rule("wrong-secret", code="AuthorizationFailure", text=_REFUSED, confidence=_LIKELY, source="Azurite 3.35.0, seen"),
    Rule(
        "network-restricted", code="AuthorizationFailure", text=r"^This request is not authorized by network security perimeter",
        source="a public log of 2026-08-21",
    ),
    Rule("network-restricted", code="AuthorizationFailure", text=_USUAL, confidence=_LIKELY, source="azure.md 2.3"),
    Rule("sas-ip-restricted", code="AuthorizationSourceIPMismatch", source="azure.md 2.3"),
    Rule("sas-wrong-service", code="AuthorizationServiceMismatch", source="azure.md 2.3"),
    Rule("sas-wrong-resource", code="AuthorizationResourceTypeMismatch", source="azure.md 2.3"),
    Rule("key-disabled", code="KeyBasedAuthenticationNotPermitted", source="azure.md 2.3"),
    Rule("request-altered", code="InvalidAuthenticationInfo", confidence=_LIKELY, source="an Authorization header came with it, which a SAS needs none of"),
    Rule("account-disabled", code=("AccountIsDisabled", "InsufficientAccountPermissions", "ContainerDisabled"), source="azure.md 2.3"),
    Rule("encryption-key-unavailable", code=(*_KEY_VAULT, *_CUSTOMER_KEY), source="azure.md 2.3"),
    Rule("encryption-header-required", code="RequestForbiddenByContainerEncryptionPolicy", source="azure.md 2.3"),
    Rule("overwrite-denied", code="UnauthorizedBlobOverwrite", source="azure.md 2.3"),
    Rule(
        "overwrite-denied", operation=Operation.WRITE, mode=Mode.REHEARSED, code=_MISMATCH, text=_USUAL, granted=Operation.WRITE,
        source="Azurite 3.35.0, seen: c without w, and the file exists",
    ),
    Rule("multipart-denied", form="multipart", code=_MISMATCH, text=_USUAL, source="azure.md 1.3: blocks need w"),
    Rule("write-denied", operation=Operation.WRITE, code=_MISMATCH, text=_USUAL, source="azure.md 6"),
    Rule("read-denied", operation=Operation.READ, code=_MISMATCH, text=_USUAL, source="azure.md 6"),
    Rule("list-denied", operation=Operation.LIST, code=_MISMATCH, text=_USUAL, source="azure.md 6"),
    Rule("delete-denied", operation=Operation.DELETE, code=_MISMATCH, text=_USUAL, source="azure.md 6"),
    Rule("bucket-not-found", code=("ContainerNotFound", "FilesystemNotFound"), source="azure.md 2.3"),
    Rule("bucket-being-deleted", code="ContainerBeingDeleted", source="azure.md 2.3"),
    Rule("sas-malformed", code=_NO_CREDENTIAL, source="azure.md 2.3: no sig arrived"),
    Rule("sas-malformed", code="ResourceNotFound", evidence={"signed": "no"}, source="azure.md 2.3: what an anonymous request gets"),
    Rule("sas-version-unsupported", code="ResourceNotFound", evidence={"signed": "before 2015-04-05"}, confidence=_LIKELY, source="azure.md O29: a refusal as 404"),
    Rule("sas-version-unsupported", code="InvalidQueryParameterValue", evidence={"queryparametername": "sv"}, source="azure.md 1.4 O30"),
    Rule("sas-malformed", code="InvalidQueryParameterValue", evidence={"queryparametername": "|".join(sorted(FIELDS))}, source="a field of the token"),
    Rule("bucket-name-invalid", code=_BAD_NAME, source="azure.md 1.5"),
    Rule("retention-locked", code="BlobImmutableDueToPolicy", source="azure.md 2.3"),
    Rule("object-held", code=("BlobImmutableDueToLegalHold", "PendingCopyOperation", *LEASES), source="azure.md 2.3"),
    Rule("snapshots-present", code="SnapshotsPresent", source="azure.md 2.3"),
    Rule("object-archived", code=_ARCHIVED, source="azure.md 2.3"),
    Rule("blob-api-unavailable", code=_NO_BLOB_API, source="azure.md 2.3; blob-service-error-codes; fabric accounts with a hierarchical namespace"),
    Rule("not-object-storage", code="UnsupportedHttpVerb", confidence=_LIKELY, source="another service of the account, such as its website"),
    Rule("request-too-large", code="RequestBodyTooLarge", source="common-rest-api-error-codes"),
    Rule("storage-full", status=507, source="RFC 4918"),
    Rule("provider-error", code=("AccountBeingCreated", "SystemInUse"), source="common-rest-api-error-codes"),
)  # fmt: skip
"""First match wins. What stands in none of the rows is unknown, never a permission that is missing."""


@dataclass(frozen=True, slots=True)
class _Said:
    """An answer, taken apart by the SDK or here."""

    status: int
    headers: Mapping[str, str]
    code: str
    message: str
    extra: Mapping[str, str]
    """The other elements of the error document, names in lower case."""
    query: Mapping[str, Sequence[str]]
    """Of the request."""
    host: str = ""
    """Of the request; empty if it is not known."""
    body: bytes = b""
    creates: bool = False
    """The request was to write only where there is no blob."""


_CODES: Final = frozenset(code for rule in RULES for code in ((rule.code,) if isinstance(rule.code, str) else rule.code or ()))
"""Codes that some row knows."""


def observe(error: Exception) -> Observation:
    """Classify what the SDK raised. Total: never raises."""
    response = getattr(error, "response", None)
    status = getattr(response, "status_code", None)
    if response is None or not isinstance(status, int):
        return _no_answer(error)
    headers = {str(name).lower(): str(value) for name, value in dict(getattr(response, "headers", None) or {}).items()}
    code = _code(error) or headers.get("x-ms-error-code", "")
    extra = {str(name).lower(): str(value) for name, value in (getattr(error, "additional_info", None) or {}).items() if value}
    message = _said(str(getattr(error, "message", "") or ""), _body(response))
    creates = _header(response, "If-None-Match") == "*"
    host = urlsplit(str(getattr(getattr(response, "request", None), "url", "") or "")).hostname or ""
    return _judged(_Said(status, headers, code, message, extra, _query(response), host, _body(response), creates))


def read_answer(answer: HttpAnswer) -> Observation:
    """The same of an answer as text: Azure's XML, or the JSON of its Data Lake endpoint."""
    from validator.providers.s3.http import error_details

    found = {name.lower(): value for name, value in error_details(answer.body).items()}
    if not found and answer.body.lstrip().startswith(b"{"):
        from validator.providers.common.google_documents import read

        said = read(answer.headers, answer.body)
        found = {"code": _json_code(answer.body), "message": said.message} if said.own else {}
    query = parse_qs(urlsplit(answer.url).query)
    code = found.pop("code", "") or answer.headers.get("x-ms-error-code", "")
    host = urlsplit(answer.url).hostname or ""
    return _judged(_Said(answer.status, answer.headers, code, found.pop("message", ""), found, query, host, answer.body))


def _json_code(body: bytes) -> str:
    found = re.search(rb'"code"\s{0,9}:\s{0,9}"(\w{1,100})"', body)
    return found[1].decode() if found else ""


def _judged(said: _Said) -> Observation:
    code, headers, query = said.code, said.headers, said.query
    detail = said.extra.get("authenticationerrordetail", "")
    request_id = headers.get("x-ms-request-id", "") or _signed(said)
    evidence = _facts(detail)
    kind = _kind(said)
    if headers.get("date"):
        # Kept out of server_date on purpose: no clock of ours goes into a SAS, so a wrong one never spoils a request.
        evidence["server_time"] = headers["date"]
    if not request_id and (said.status < 500 or said.status == 511) and said.status != 429:
        return Observation(Kind.FOREIGN, said.status, evidence=_stranger(said))
    if "si" in query:
        evidence["names_policy"] = "yes"
    if code == "ResourceNotFound" and query:
        # Without a signature, and to tokens of the first versions, a refusal reads as an absence.
        old = query.get("sv", [""])[0] < "2015-04-05"
        evidence["signed"] = "no" if "sig" not in query else "before 2015-04-05" if old else "yes"
    for name in ("headername", "queryparametername"):
        if name in said.extra:
            evidence[name] = said.extra[name]
    message = _first_line(said.message) if code else ""
    return Observation(
        kind=kind,
        status=said.status,
        code=code,
        message=" ".join(part for part in (message, _shown(detail)) if part),
        request_id=request_id,
        evidence=evidence,
    )


def _signed(said: _Said) -> str:
    """The request's number as Azure writes it under its sentence, where a gateway took the header away."""
    found = re.search(r"(?:^|\s)RequestId:([\da-f-]{30,40})\s{1,3}Time:\d{4}-", said.message) if said.code else None
    return found[1] if found else ""


def _stranger(said: _Said) -> dict[str, str]:
    """Who answered in Azure's place: only where the destination chose the host can it be at fault."""
    known = stranger(said.status, said.headers, said.body)
    if said.code:
        known["answered_by"] = f"{known['answered_by']} that speaks as Azure does, without Azure's x-ms-request-id"
    chosen = ".blob." in said.host and not _AZURES.search(said.host)
    return known if chosen else {**known, "side": "ours"}


def _code(error: Exception) -> str:
    code = getattr(error, "error_code", None)
    return str(getattr(code, "value", code) or "")


def _kind(said: _Said) -> Kind:
    if said.code == "UnauthorizedBlobOverwrite" and said.creates:
        return Kind.EXISTS  # our create-only write met a file, and c alone may not touch it
    if said.code in _KINDS:
        return _KINDS[said.code]
    if said.status == 429 or (said.status >= 500 and said.status not in (501, 505, 507, 511)):
        return Kind.TRANSIENT
    other_words = said.code == "AuthorizationFailure" and not re.search(_FIREWALL, _first_line(said.message), re.IGNORECASE)
    if said.status == 403 and (other_words or said.code not in _CODES):
        return Kind.DENIED  # refused, in words that no row knows
    return Kind.OTHER


def _said(message: str, body: bytes) -> str:
    """Azure's own sentence: the SDK puts one of its own where the answer has none, and the code before one that came as JSON."""
    text = body.decode("utf-8", "replace")
    bare = re.sub(r"^\(\w{1,100}\) ", "", message)
    return bare if bare[:60].strip() and _first_line(bare)[:60] in text else "" if not text.strip() else message


def _header(response: Any, name: str) -> str:
    request = getattr(response, "request", None)
    return str((getattr(request, "headers", None) or {}).get(name, ""))


def _body(response: Any) -> bytes:
    """What the SDK has read of the answer; nothing if it is still open."""
    try:
        body = response.body()
    except Exception:  # noqa: BLE001 - whatever a half-read or foreign response raises
        return b""
    return body if isinstance(body, bytes) else b""


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
        now, first, last = _date(current), _date(start), _date(expiry)
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


def _date(text: str) -> datetime | None:
    return http_date(text)


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
