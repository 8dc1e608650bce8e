"""How tools and SDKs print the answer that they got: one row each. Data, and one pass of each pattern over the text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from validator.core.values import dataclass

_MOST: Final = 20
"""Matches of one pattern that are looked at."""


@dataclass(frozen=True, slots=True)
class Message:
    """An answer as a tool prints it."""

    family: str
    tool: str
    status: int | None
    code: str
    message: str
    at: int
    end: int
    detail: str = ""
    method: str = ""
    url: str = ""
    asked: str = ""
    """What the tool says that it asked for."""
    token: bool = False


class _Form(NamedTuple):
    family: str
    tool: str
    pattern: str
    status: int | None = None
    token: bool = False
    before: str = ""
    """What stands before the pattern; looked for in the little text there."""


_CODED: Final = r"(?:^|[\s\"'(])(?!Error\b|ERROR\b)(?P<code>[A-Z][A-Za-z.]{2,60}): ?(?P<message>[^\n]{0,800})"
_SAID: Final = r"(?:^|\n|: )(?P<message>[^\n:]{1,400})$"
_WHO: Final = r"(?P<who>Anonymous caller|\S{1,254})$"
_CODE: Final = r"(?P<code>[A-Za-z][\w.]{1,80})"
_REST: Final = r"(?P<message>[^\n]{0,2000})"
_WRAPPED: Final = r"(?P<message>[^\n]{0,2000}(?:\n\s{0,20}(?:User: |is not |on |with an? |because |action)[^\n]{0,600}){0,6})"
"""The same, where somebody broke the lines of AWS's long sentence."""

_FORMS: Final = (
    _Form("s3", "a boto3 ClientError, or a message of the aws command", rf"An error occurred \((?P<code>[\w.-]{{1,80}})\)(?: \([^)\n]{{1,80}}\))? when calling the (?P<asked>\w{{1,60}}) operation(?: \([^)\n]{{1,80}}\))?:?\s?{_WRAPPED}"),
    _Form("s3", "an error of the AWS SDK for Go", rf"operation error S3: (?P<asked>\w{{1,60}}),[^\n]{{0,120}}?StatusCode: (?P<status>\d{{3}}), RequestID: [^,\n]{{0,100}}, HostID: [^,\n]{{0,200}}, (?:api error )?{_CODE}: ?{_REST}"),
    _Form("s3", "a message of rclone, s5cmd or another tool on the AWS SDK for Go", r"\s{1,8}status code: (?P<status>\d{3}), request id:", before=_CODED),
    _Form("s3", "an error of the AWS SDK for Java", r" \(Service: (?:Amazon )?S3[;,] Status Code: (?P<status>\d{3})[;,](?: Error Code: (?P<code>[\w.]{1,80});)?", before=_SAID),
    _Form("s3", "a message of s3cmd", rf"S3 error: (?P<status>\d{{3}}) \((?P<code>\w{{1,80}})\):? ?{_REST}"),
    _Form("s3", "the response of a boto3 ClientError", r"'Error': \{'(?:Code': '(?P<code>[\w.-]{1,80})', 'Message': '(?P<message>[^'\n]{0,1000})|Message': '(?P<message2>[^'\n]{0,1000})', 'Code': '(?P<code2>[\w.-]{1,80}))'"),
    _Form("s3", "an error of the AWS SDK for JavaScript", r"\$(?:metadata|response)\b['\"]?:", before=_CODED),
    _Form("s3", "a message of mc", r"mc: <ERROR> [^\n]{0,300}?[`'.] (?P<message>(?:Access Denied|(?:The (?:specified|Access Key|request)|Storage backend has|Bucket quota )[^\n]{0,300})\.?)"),
    _Form("s3", "a sentence of AWS's", r"(?P<message>User: (?:arn:\S{1,300}|anonymous)\s{1,20}is\s{1,20}not authorized to perform: s3:\w{1,60}[^\n]{0,1000}(?:\n\s{0,20}(?:on |with an? |because |action)[^\n]{0,600}){0,4})", 403),
    _Form("google", "a google.api_core exception", rf"\b(?P<status>[45]\d\d) (?P<method>GET|POST|PUT|DELETE|PATCH|HEAD) (?P<url>https?://[^\s{{}}]{{1,1500}}?): {_REST}"),
    _Form("google", "an error of Google's library for Go (rclone, terraform)", r"googleapi: Error (?P<status>\d{3}): (?P<message>[^\n]{0,2000}?)(?:, (?P<code>[A-Za-z]{4,60}))?(?=\"?\s{0,3}(?:$|\n))"),
    _Form("google", "a message of gcloud", rf"HTTPError (?P<status>\d{{3}}): {_REST}"),
    _Form("google", "a message of gcloud", r"does not have permission to access \w{1,20} instance \[[^\]\n]{0,300}\] \(or it may not exist\): (?P<message>[^\n]{0,2000}?)(?: This command is authenticated as [^\n]{0,300})?(?:\n|$)", 403),
    _Form("google", "a message of gsutil", rf"(?:AccessDenied|BadRequest|NotFound|BucketNotFound|Precondition|Service|Arguments)Exception: (?P<status>\d{{3}}) {_REST}"),
    _Form("google", "a refusal of Google's token endpoint", r"\b(?P<code>invalid_grant|invalid_client|deleted_client|disabled_client|unauthorized_client|admin_policy_enforced|invalid_scope)\b(?:\W{1,8}(?:(?:error_)?[Dd]escription\W{1,6})?(?P<message>[A-Z][^'\"\n{}\\]{0,400}))?", 400, token=True),
    _Form("google", "a google.auth exception", r"RefreshError: \('(?P<code>[a-z_]{4,40}): (?P<message>[^'\n]{0,400})'", 400, token=True),
    _Form("google", "a sentence of Google's", r"(?P<message> does not have storage\.\w{1,40}\.\w{1,60} access to [^\n]{0,600})", 403, before=_WHO),
    _Form("azure", "a message of the az command", r"(?P<message>You do not have the required permissions needed to perform this operation)", 403),
    _Form("planet", "a message of the planet command or SDK", r"(?:planet\.exceptions\.\w{1,40}|Failed to create destination|Failed to update destination): (?P<message>[^\n{]{1,1000})"),
)  # fmt: skip

_AZURE_CODE: Final = re.compile(
    r"(?:ErrorCode|Error[ _]code|ERROR CODE|errorCode|[Xx]-[Mm]s-[Ee]rror-[Cc]ode|StorageErrorCode)[\"']?\s?[:=]\s?[\[\"']?(?P<code>[A-Z]\w{3,80})"
)
_AZURE_DETAIL: Final = re.compile(r"(?i)authentication ?error ?detail[\"']?\s?[:=]\s?[\"']?([^\n<\"]{1,1500})")
_AZURE_SENTENCE: Final = re.compile(r"(?:^|\n|[:(>\"] ?)([A-Z][^\n:]{5,300})\n\s{0,20}RequestId:")
_SENTENCES: Final[Mapping[str, str]] = {
    "This request is not authorized to perform this operation using this permission": "AuthorizationPermissionMismatch",
    "This request is not authorized to perform this operation using this resource type": "AuthorizationResourceTypeMismatch",
    "This request is not authorized to perform this operation using this service": "AuthorizationServiceMismatch",
    "This request is not authorized to perform this operation using this protocol": "AuthorizationProtocolMismatch",
    "This request is not authorized to perform this operation using this source IP": "AuthorizationSourceIPMismatch",
    "This request is not authorized to perform blob overwrites": "UnauthorizedBlobOverwrite",
    "This request is not authorized by network security perimeter": "AuthorizationFailure",
    "This request is not authorized to perform this operation": "AuthorizationFailure",
    "Key based authentication is not permitted on this storage account": "KeyBasedAuthenticationNotPermitted",
    "Public access is not permitted on this storage account": "PublicAccessNotPermitted",
    "Server failed to authenticate the request. Make sure the value of": "AuthenticationFailed",
    "Server failed to authenticate the request. Please refer to": "NoAuthenticationInformation",
    "The specified container does not exist": "ContainerNotFound",
    "The specified container is being deleted": "ContainerBeingDeleted",
    "The specified account is disabled": "AccountIsDisabled",
    "There is currently a lease on the blob": "LeaseIdMissing",
    "This operation is not permitted because the blob has snapshots": "SnapshotsPresent",
    "the blob is immutable due to a policy": "BlobImmutableDueToPolicy",
    "the blob is immutable due to one or more legal holds": "BlobImmutableDueToLegalHold",
    "The specified blob already exists": "BlobAlreadyExists",
}
"""Azure's sentences, where a tool leaves the code out."""

_S3_SENTENCES: Final[Mapping[str, str]] = {
    "Access Denied": "AccessDenied",
    "The specified bucket does not exist": "NoSuchBucket",
    "The Access Key Id you provided does not exist": "InvalidAccessKeyId",
    "The request signature we calculated does not match": "SignatureDoesNotMatch",
    "The specified key does not exist": "NoSuchKey",
    "is not authorized to perform: s3:": "AccessDenied",
    "minimum free d": "XMinioStorageFull",
    "Bucket quota exceeded": "XMinioAdminBucketQuotaExceeded",
}

_FAULTS: Final = (
    ("dns", r"Name or service not known|nodename nor servname|getaddrinfo (?:failed|ENOTFOUND)|NameResolutionError|[Nn]o such host|Could not resolve host|Temporary failure in name resolution|No address associated with hostname|Failed to resolve"),
    ("tls", r"CERTIFICATE_VERIFY_FAILED|certificate verify failed|x509: |[Ss]elf[- ]signed certificate|SSL(?:CertVerification)?Error|UNABLE_TO_VERIFY_LEAF|SSL certificate problem|wrong version number|tls: (?:failed|handshake)"),
    ("refused", r"Connection refused|ECONNREFUSED|actively refused it|Could not connect to the endpoint URL"),
    ("timeout", r"(?:[Cc]onnect(?:ion)?|[Rr]ead) ?[Tt]ime(?:d )?out|timed out|ETIMEDOUT|i/o timeout|context deadline exceeded|ConnectTimeoutError"),
    ("reset", r"Connection (?:was )?(?:reset|aborted|closed)|ECONNRESET|RemoteDisconnected|broken pipe|unexpected EOF|IncompleteRead"),
)  # fmt: skip


def messages(text: str) -> Iterator[Message]:
    """Every answer that a tool's message in ``text`` tells."""
    for form in _FORMS:
        for number, found in enumerate(re.finditer(form.pattern, text)):
            if number == _MOST:
                break
            made = _made(form, found, text)
            if made is not None:
                yield made
    yield from _azure(text)


def _made(form: _Form, found: re.Match[str], text: str) -> Message | None:
    told = {name: value for name, value in found.groupdict().items() if value}
    at = found.start()
    if form.before:
        window = text[max(0, at - 1500) : at]
        before = list(re.finditer(form.before, window))
        if not before:
            return None
        near = before[-1]
        for name, value in near.groupdict().items():
            told.setdefault(name, value or "")
        at = at - len(window) + near.start()
    message = " ".join((told.get("who", "") + (told.get("message") or told.get("message2") or "")).split()).strip("\"'")
    code, status = told.get("code") or told.get("code2") or "", told.get("status")
    if form.family == "s3" and not code:
        code = next((known for said, known in _S3_SENTENCES.items() if said in message), "")
    if form.family == "google" and not form.token:
        # The SDK says of a download what it expected instead.
        message = message.split(": ('Request failed with status code'")[0].strip()
    if form.family == "azure":
        code, message = "AuthorizationPermissionMismatch", ""
    if code.isdigit():  # of a HEAD, which has no body
        status, code = status or code, ""
    return Message(
        form.family, form.tool, int(status) if status else form.status, code, message, at, found.end(),
        method=told.get("method", ""), url=told.get("url", ""), asked=told.get("asked") or told.get("method", ""), token=form.token,
    )  # fmt: skip


def _azure(text: str) -> Iterator[Message]:
    found = [(each["code"], each.start(), each.end()) for each in list(_AZURE_CODE.finditer(text))[:_MOST]]
    if not found:
        for said, code in _SENTENCES.items():
            at = text.find(said)
            if at >= 0 and not any(start <= at < end for _, start, end in found):
                found.append((code, at, at + len(said)))
    for code, start, end in found:
        window = text[max(0, start - 1500) : end + 1500]
        sentence = _AZURE_SENTENCE.search(window)
        message = sentence[1] if sentence else next((said for said in _SENTENCES if said in window), "")
        detail = _AZURE_DETAIL.search(window)
        yield Message(
            "azure", "an error of an Azure SDK or tool", None, code, message, start, end, detail[1].strip() if detail else ""
        )


def network_faults(text: str) -> Iterator[Message]:
    """What the text says of a request that got no answer at all."""
    for code, pattern in _FAULTS:
        found = re.search(pattern, text)
        if found:
            start = max(text.rfind("\n", 0, found.start()) + 1, found.start() - 200)
            end = text.find("\n", found.end())
            end = min(end if end >= 0 else len(text), found.end() + 200)
            yield Message("network", "a connection that failed", None, code, text[start:end].strip(), start, end)
            return
