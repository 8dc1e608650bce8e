"""Reads what an S3 store answered: refusals in AWS's enriched wording, regions, vendors; into neutral words."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from validator.core.model import Kind, Observation, Operation
from validator.core.strangers import stranger
from validator.providers.base import HttpAnswer
from validator.providers.common.dates import http_date
from validator.providers.s3.http import Response, S3Error, refusal

PERMISSIONS: Final = {
    Operation.WRITE: "s3:PutObject",
    Operation.READ: "s3:GetObject",
    Operation.DELETE: "s3:DeleteObject",
}
"""What each operation needs, as refusals name it."""
NOT_THE_API: Final = "NotTheObjectAPI"
"""Our own code for a status of success that no object store gives: a PUT without ETag, a page of HTML."""

NO_ANSWER: Final = (Kind.TRANSIENT, Kind.UNREACHABLE)
"""Kinds that decide nothing: to be asked again."""
_UNAUTHENTICATED: Final = frozenset({
    "InvalidAccessKeyId", "SignatureDoesNotMatch", "RequestTimeTooSkewed", "RequestExpired", "ExpiredRequest", "ExpiredToken",
    "InvalidToken", "InvalidSecurity", "TokenRefreshRequired", "AuthFailure", "AuthenticationLockout", "NotSignedUp",
})  # fmt: skip
_TRANSIENT: Final = frozenset({
    "InternalError", "ServiceUnavailable", "RequestTimeout", "OperationAborted", "ConditionalRequestConflict",
    "TemporaryRedirect", "Redirect", "XMinioServerNotInitialized", "KMS.KMSInternalException", "KMS.DependencyTimeoutException",
})  # fmt: skip
_ABSENT: Final = frozenset({"NoSuchKey", "NoSuchVersion", "NoSuchUpload", "ObjectNotFound"})
_NO_BUCKET: Final = frozenset(
    {"NoSuchBucket", "BucketNotFound", "BucketNotExisted", "NoSuchAccessPoint", "NoSuchMultiRegionAccessPoint"}
)
_KEPT_CODES: Final = frozenset({
    "ObjectLockedByBucketPolicy", "ObjectLocked", "ObjectUnderRetention", "FileImmutable", "RetentionPolicyNotMet", "ObjectUnderActiveHold",
})  # fmt: skip
"""Of R2, COS, ECS, OSS and Google's XML API: the file is kept, whoever asks."""
_KEPT: Final = (
    r"(?i)\b(?:protected by object lock|forbidden by object lock|worm[- ]protected|under (?:retention|legal hold)|object is (?:locked|immutable|protected|retained)|"
    r"retention period has not (?:yet )?(?:expired|ended|passed)|not (?:allowed|permitted) (?:during|before|until|while)\b.{0,60}\bretention|"
    r"(?:retention period|retention policy|object lock configuration|legal hold)\b.{0,80}\b(?:cannot|not be|prevents?|forbids?|object lock configuration)|"
    r"(?:cannot|not be)\b.{0,120}\b(?:retention period|retention policy|object lock|legal hold))\b"
)
"""What stores say of a kept object, to a delete or a write. Searched only in words that are no names."""
_OWNER: Final = r"(?:account|user|owner|subscriber|subscription|tenan(?:t|cy)|project|organi[sz]ation|cloud|folder(?!locked)|group|license|service_?instance)"
_STOPPED: Final = r"(?:disable(?:d|(?!d))|suspended|deactivated|frozen|blocked|closed|expired|abnormal|inactive|not_?active|locked|banned|restricted|overdue)"
MET_ON_A_PASS: Final = frozenset(
    {"", "NoSuchKey", "PreconditionFailed", "ObjectNotFound", "ObjectLockConfigurationNotFoundError"}
)
"""Codes that say none of what follows."""
_CODE_SAYS: Final = (
    ("fault", r"(?i)(?:^|\.|^xminio)kms\W?\w*(?:internal|timeout)|(?:backend|server|cluster|service)(?:is|temporarily)?(?:down|unavailable)$|connect(?:ion)?failed$"),
    ("busy", r"(?i)(?:^|\.|^xminio)kms\W?\w*(?:throttl|limitexceeded|freqcontrol)"),
    ("key-denied", r"(?i)(?:^|\.|^xminio|^cloud)kms\W?\w*(?:denied|(?:un|not_?)authori|forbidden|nopermission)"),
    ("key", r"(?i)(?:^|\.|^xminio|^cloud)kms(?!\W?\w*(?:unrecogni|in_?debt|expiredtoken|clienttoken))\w*|(?:root|encryption)key(?:notfound|not_?exist|disabled|deleted|unavailable)|encryptedwithcustomerencryptionkey"),
    ("kept", r"(?i)compliance(?:conflict|lock)|(?:under|by)(?:retention|legalhold|hold|worm)|(?<!not)immutable(?!\w*not)|worm(?:protected|locked)|(?<!no)(?<!such)(?<!invalid)(?<!missing)legalhold$|(?:object|file)locked"),
    ("endpoint", r"(?i)accelerat\w{0,8}not|accelerat\w{0,8}disabled|nonstandardhost|invalidhost(?!header)|(?:bad|invalid)(?:domainname|endpoint)"),
    ("region", r"(?i)(?:invalid|wrong|incorrect|not_?supported|unsupported)(?:signing)?region|region(?:not(?:supported|match|allowed)|mismatch)"),
    ("network", r"(?-i:(?<![A-Z])I[Pp])(?:Address)?(?i:error$|not_?(?:allowed|permitted|authorized)|denied|forbidden|blocked|restricted)|(?i:networkorigin|by_?firewall|^firewall)"),
    ("token", r"(?i)(?:expired|invalid)_?(?:security|session|sts|auth)?token(?:exception|error)?$|(?:^|security|session|sts|auth|access)_?token(?:has|is)?(?:expired|not_?match)|^invalidsession"),
    ("signature", r"(?i)^(?:invalid|bad|wrong|incorrect)_?(?:aws)?secret(?:_?access)?_?key$|(?:invalid|bad|wrong|incorrect)signature(?:exception|error)?$|signature(?:not_?match|mismatch|invalid)"),
    ("key-off", r"(?i)(?:access|application)_?key\w{0,4}\.?(?:is)?(?:disabled?|inactive|expired|revoked)$"),
    ("whose", r"(?i)^(?:invalid|unknown|no_?such|wrong)(?:access_?key\w{0,4}|secret_?id|credentials?)(?:\.notfound|exception)?$|access_?key\w{0,4}\.?(?:notfound|not_?exist)"),
    ("account", rf"(?i){_OWNER}(?:id)?(?:is|was)?{_STOPPED}(?!_?(?:mfa|multi|delete|version|object|public|feature))|^{_STOPPED}(?:bucket)?{_OWNER}|in_?(?:debt|arrears?)(?:overdue)?$|overdue|arrears?$|^arrearage|(?:insufficient|no|negative)_?balance$|balance_?insufficient$|^paymentrequired|trialexpired|unpaid"),
    ("expired", r"(?i)^(?:request|url|signature)(?:is|has|was)?expired"),
    ("busy", r"(?i)throttl|slow_?down|toomany(?:simultaneous)?requests?$|(?:request|rate)\w{0,8}toohigh|(?:request(?!body|size|length|header|entity|time|deadline|duration|payer)|(?-i:(?<![a-z])[Rr]ate|RATE)|bandwidth|traffic|q[op]s)\w{0,8}(?:limit)?exceed|(?:api|calls?|operations?|transactions?|iops)(?:quota|limit)exceed|exceed\w{0,12}q[op]s|serverbusy"),
    ("unsupported", r"(?i)not_?(?:implemented|supported)$|^unsupported|^not_?supported"),
    ("full", r"(?i)(?:storage(?!class)|(?<!egress)(?<!download)quota|(?<!object)(?<!file)(?<!part)(?<!entity)(?<!body)(?<!data)(?<!header)(?<!key)(?<!tag)(?<!policy)(?<!request)size|(?<!name)(?<!key)space|capacity|segments?|usage)\w{0,12}(?:exceed|limit$|reached|full)|exceed(?:ed)?\w{0,12}(?:quota|capacity|storage|space)|(?:insufficient|not_?enough)(?:storage|capacity|space|quota)"),
)  # fmt: skip
"""Codes whose own words say their kind, whoever coined them. Read only where nothing of the code is known otherwise."""
_OWN_HEADERS: Final = (
    "x-amz-request-id", "x-amz-id-2", "x-oss-request-id", "x-obs-request-id", "x-cos-request-id", "opc-request-id", "x-trans-id",
    "x-openstack-request-id", "x-guploader-uploadid", "x-ntap-sg-trace-id", "x-emc-previous-head-count",
)  # fmt: skip
"""Only a store's own front sends these."""
_OWN_SERVERS: Final = (
    r"(?i)amazons3|minio|ceph|aliyunoss|tencent-cos|\bobs\b|wasabis3|uploadserver|seaweedfs|storagegrid|viprdata|cloudian"
)

# Patterns are compiled when they are first used: a healthy check needs none of them, and its start-up is counted.
_DENIAL: Final = (
    r"^User: (?P<principal>\S+) is not authorized to perform: (?P<action>[\w-]+:[\w*]+)"
    r"(?: on (?:resource: \"?(?P<resource>[^\"\s]+)\"?|this resource))?"
    r"(?: (?P<context>.*))?$"
)
_LAYER: Final = (
    r"because no (?P<implicit>[\w -]{1,60}?)(?: policy)? allows the \S{1,100} action"
    r"|with an explicit deny(?: in an? (?P<explicit>[\w -]{1,60}?)(?: policy)?(?: transitively through an? [\w -]{1,60})?)?(?:, with policy ARN: (?P<arn>\S{1,500})|: (?P<arn2>arn:\S{1,500}))?$"
)


def denial(message: str) -> dict[str, str]:
    """What AWS tells about a refusal since August 2024, as evidence; empty for any other text (facts: docs.aws.amazon.com,
    troubleshoot-403-errors).

    ``decision`` is ``implicit`` where nothing allows it, and ``explicit`` where something denies it; ``layer`` the kind of policy that decided:
    ``identity-based``, ``resource-based``, ``service control`` ...; ``because`` the reason in AWS's words, where it is none of these.
    """
    if not message.lstrip().startswith("User:"):
        return {}
    match = re.match(_DENIAL, " ".join(message.split()).rstrip("."))
    if match is None:
        return {}
    known = match.groupdict("")
    context = known.pop("context")
    reason = re.search(_LAYER, context)
    if reason is None:
        known["because"] = context.removeprefix("because ")
    elif reason["implicit"]:
        known |= {"decision": "implicit", "layer": reason["implicit"]}
    else:
        policy = reason["arn"] or reason["arn2"] or ""
        known |= {"decision": "explicit", "layer": reason["explicit"] or "", "policy_arn": policy}
    parts = known["principal"].split(":")
    known["account"] = parts[4] if len(parts) > 5 else ""
    return known


def refused_action(error: S3Error) -> str:
    """The action that a refusal of AWS's names; empty for any other answer."""
    return denial(error.message).get("action", "")


def not_the_api(answer: Response, method: str, message: str) -> S3Error:
    """The error for an answer of success that no object store gives."""
    return S3Error(
        status=answer.status,
        code=NOT_THE_API,
        message=message,
        headers=answer.headers,
        method=method,
        body=answer.body[:4096],
    )


def not_the_object(was: str) -> S3Error:
    """The error that a delete pinned to an object would bring, where a look has shown another one than ``was``, such as ``written``."""
    return S3Error(
        status=412,
        code="PreconditionFailed",
        message=f"the object under this name is not the one that was {was}",
        method="DELETE",
        condition="If-Match",
    )


def classify(error: Exception) -> Observation:
    """An exception of ``http`` in neutral words. Total: anything else is Kind.OTHER."""
    if not isinstance(error, S3Error):
        return Observation(Kind.OTHER, code=type(error).__name__)
    if error.status is None:
        return Observation(kind_of(error), code=error.fault, message=error.message, evidence=error.evidence)
    return Observation(
        kind=kind_of(error),
        status=error.status,
        code=error.code,
        message=error.message,
        request_id=error.request_id,
        evidence={**_evidence(error), **error.evidence},
        server_date=http_date(error.headers.get("date", "")),
    )


def kind_of(error: S3Error) -> Kind:
    """The kind alone of what ``classify`` makes of it: a check asks for it twenty times, and for the rest once."""
    if error.status is None:
        from validator.providers.common import network_faults

        return network_faults.kind_of(error.fault)
    return _kind(error, error.status)


def read_answer(answer: HttpAnswer) -> Observation:
    """The same of an answer as text."""
    return classify(refused(answer))


def refused(answer: HttpAnswer) -> S3Error:
    """An answer as text, as the exception that it would have been."""
    return refusal(answer.method, answer.status, answer.headers, answer.body)


def _kind(error: S3Error, status: int) -> Kind:
    code = error.code
    if code == NOT_THE_API or "x-ms-request-id" in error.headers:
        return Kind.FOREIGN
    if status == 412 and (code == "PreconditionFailed" or (not code and _own(error))):
        return Kind.EXISTS if error.condition == "If-None-Match" else Kind.PRECONDITION
    # Beyond the registered ones, a CDN says by a status of 5xx that it could not get an answer from what is behind it.
    fault = status >= 500 and status not in (501, 505, 507, 511)
    if code in _TRANSIENT or code_says(code) in ("busy", "fault") or status in (408, 425, 429) or fault:
        return Kind.TRANSIENT
    if not code:
        if not _own(error):
            return Kind.OTHER if status == 418 else Kind.FOREIGN
        return Kind.DENIED if status in (401, 403, 405) else Kind.OTHER
    if code in _UNAUTHENTICATED or status == 401:
        return Kind.UNAUTHENTICATED
    if code in _NO_BUCKET:
        return Kind.NO_BUCKET
    if code in _ABSENT:
        # A write finds no object only where a condition asked for one; otherwise it was read as something else.
        return Kind.OTHER if error.method == "PUT" and error.condition != "If-Match" else Kind.ABSENT
    if error.method in ("DELETE", "PUT") and status in (400, 403, 409, 423, 451) and _kept(error):
        return Kind.KEPT
    # A refusal, for whatever reason: which of them is one by permission, the rules say.
    return Kind.DENIED if status in (402, 403, 405, 451, 507) else Kind.OTHER


def _own(error: S3Error) -> bool:
    """Whether a store's own front answered, though without a document: an empty body alone proves nothing."""
    headers = error.headers
    mark = any(name in headers for name in _OWN_HEADERS) or re.search(_OWN_SERVERS, headers.get("server", "")) is not None
    return mark and not error.body.strip()


def _kept(error: S3Error) -> bool:
    from validator.core.fixed_words import fixed_words

    return (
        error.code in _KEPT_CODES
        or (error.status != 400 and code_says(error.code) == "kept")
        or re.search(_KEPT, fixed_words(error.message[:500])) is not None
    )


def code_says(code: str) -> str:
    """What a code says by its own words, whoever coined it: one of the kinds of ``_CODE_SAYS``; else empty."""
    if code in MET_ON_A_PASS:  # a score of patterns are not compiled for these
        return ""
    return _code_says(code[:80].replace(" ", ""))


@lru_cache(maxsize=256)
def _code_says(words: str) -> str:
    return next((kind for kind, pattern in _CODE_SAYS if re.search(pattern, words)), "")


def _evidence(error: S3Error) -> dict[str, str]:
    headers, details = error.headers, error.details
    known = {
        **denial(error.message),
        "region_expected": region_expected(error),
        "endpoint_expected": details.get("Endpoint", ""),
        "bucket_named": details.get("BucketName") or details.get("Bucket", ""),
        "bucket_seen": details.get("BucketName")
        or details.get("Bucket")
        or details.get("Resource", "").strip("/").rpartition("/")[2],
        "key_seen": details.get("Key", ""),
        "code_says": code_says(error.code),
        "kept_by": "hold" if error.code == "ObjectUnderActiveHold" else "",
        "owner_account": details.get("BucketOwner", ""),
        "server": headers.get("server", ""),
        "via": headers.get("via", ""),
        "vendor_code": headers.get("x-oss-ec", "") or details.get("EC", ""),
        "server_time": details.get("ServerTime", ""),
        "details": details.get("Details", "")[:300],
    }
    if "x-ms-request-id" in headers:
        known |= {"api": "no", "answered_by": "Azure's storage"}
    elif not error.code or error.code == NOT_THE_API:
        known |= {"api": "no", **stranger(error.status, headers, error.body)}
    return {name: value for name, value in known.items() if value}


def region_expected(error: S3Error) -> str:
    """The region that the store names as the right one; empty if it names none."""
    told = error.headers.get("x-amz-bucket-region") or error.details.get("Region", "")
    if told or error.status == 404:
        return told
    for pattern in (
        r"[Mm]ust be one of: .{1,200}\b(auto)\b",
        r"expecting '([^']+)'",
        r"expected:? [`'\"]?(?:\d{8}/([\w-]+)/s3/aws4_request|([\w-]+)[`'\"]?$)",
    ):
        match = re.search(pattern, error.message[:2000])
        if match:
            return next(group for group in match.groups() if group)
    host = re.search(r"s3[.-](?:dualstack\.)?([a-z]{2}(?:-[a-z]+)+-\d+)\.amazonaws", error.details.get("Endpoint", ""))
    return host[1] if host else ""


def account_of(access_key: str) -> str:
    """The account that an AWS key id belongs to, decoded out of it; empty for older or other keys.

    Undocumented, and so evidence only: 40 bits after the prefix (awsteele.com/blog/2020/09/26/aws-access-key-format.html).
    """
    from base64 import b32decode

    # Keys made before 2019 decode to nonsense: the fifth letter tells them.
    if not re.fullmatch(r"A[KS]IA[Q-Z2-7][A-Z2-7]{15}", access_key):
        return ""
    number = int.from_bytes(b32decode(access_key[4:])[:6], "big")
    return f"{(number & 0x7FFFFFFFFF80) >> 7:012d}"
