"""The decision table of Amazon S3, and the rows that S3-compatible stores share. The first row that matches decides.

Texts are searched in the store's fixed words: every name has been taken out of them. A row for a refusal by permission names the codes and
the whole sentences that are known; a refusal in other words is nobody's row here, and the core quotes it.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Final

from validator.core.model import Confidence, Kind, Mode, Operation, Severity
from validator.core.values import replace
from validator.providers.base import Rule

likely: Final = partial(Rule, confidence=Confidence.LIKELY)
POSSIBLE = Confidence.POSSIBLE
FACTS = "facts/s3.md"
DENIED_CODES: Final = (
    "AccessDenied", "AccessForbidden", "Forbidden", "UnauthorizedAccess", "AccessDeniedException", "UnauthorizedOperation", "PermissionDenied",
    "InsufficientPermissions", "BucketNotBelongTo", "BucketNotOwnedByYou", "NoProcessAuthority",
)  # fmt: skip
MINIO = "MinIO, cmd/api-errors.go"
MALFORMED: Final = ("AuthorizationHeaderMalformed", "AuthorizationQueryParametersError", "AuthorizationParametersError")

_SENTENCES: Final = (
    r"(?:forbidden: )?(?:|access ?denied|access forbidden|forbidden|403 forbidden|access denied\. authentication or authorization failed for "
    r"the request|you are not authorized to perform this operation|you are not allowed to access this resource|not entitled|cannot access bucket|"
    r"operation is not allowed for this key|(?:the |this )?(?:access )?key is not allowed for this bucket|access denied by (?:bucket|object|ram|authorizer's|user) policy|you have no right to access this "
    r"(?:object|bucket)(?: because of (?:bucket|object) acl)?|you do not have (?:read|write)(?: acl)? permission on this (?:object|bucket)|"
    r"the bucket you (?:access(?:ed)? does not belong|visit is not belong) to you|the bucket is not owned by you|you are not the owner of this bucket|"
    r"access (?:is |was )?denied(?: (?:for|to))?(?: (?:this|the))? (?:bucket|object|resource|operation)|access ?denied: access ?denied|access is denied|"
    r"access to (?:this |the )?(?:bucket|object|resource) (?:is |was )?denied|(?:write|read|delete|list) access (?:is |was )?denied|insufficient access|"
    r"access ?denied[.,:;]? (?:please )?(?:contact|check) your (?:administrator|permissions)|unauthorized(?: access)?|authorization failed|"
    r"(?:the )?(?:operation|action|request) (?:is |was )?not (?:permitted|allowed)(?: by (?:the )?(?:bucket )?policy)?|no permissions?|"
    r"(?:request |explicit(?:ly)? )?den(?:ied|y) (?:by|in) (?:the |a )?(?:bucket )?policy|the bucket policy denies this (?:action|operation)|"
    r"(?:the |this )?(?:user|key|access key) is not authorized(?: for this bucket)?)"
)
_OTHER_REASONS: Final = (
    r"from|ips?|address|network|vpc|because|since|until|unless|quota|cap|limit|accounts?|billing|payment|subscription|region|endpoint|host|"
    r"signature|signed|date|time|expired?|lock(?:ed)?|retention|hold|worm|suspended|disabled|encrypt\w*|kms|public|anonymous|s3[- ]enabled|version\w*|"
    r"read[- ]only|replica\w*|mfa|multi-?factor|style|class|gateway|archiv\w*|verif\w*|of this type|more files|plan|feature"
)
_SPOKEN: Final = (
    rf"(?!.{{0,400}}\b(?:{_OTHER_REASONS})\b)(?:access ?denied[.:] )?[\w ,:'\u2026-]{{0,60}}\b(?:permission denied|insufficient (?:permissions?|privileges?|rights)|"
    r"not (?:authorized|allowed|permitted) to (?:perform|access|put|get|delete|write|read|upload|list|use)|"
    r"(?:lacks?|(?:do|does)(?:n't| not) have|has no|have no) (?:the |any )?(?:required |necessary |sufficient |enough )?"
    r"(?:permissions?|privileges?|rights?|access))\b[\w ,:*'\u2026-]{0,80}"
)
"""A sentence that is about nothing but a permission: another reason in it, and it is not one."""
PLAIN: Final = rf"^(?:{_SENTENCES}|{_SPOKEN})[.!]?$"
"""Whole sentences with which stores refuse an operation by permission, and nothing else."""

NEEDS_SIGNATURE: Final = (
    r"headers present in the request which were not signed|^anonymous (?:access|users?|callers?|requests?)\b|does not support anonymous (?:access|requests?)\b|"
    r"^no awsaccesskey was presented|requires a valid date or x-amz-date header|^signature header missing|"
    r"^missing (?:authentication token|fields in request|credential field|required header for this request(?!: content-md5))|^authorization header is invalid|"
    r"authentication information is not given|^authorization$"
)
FULL: Final = (
    r"\bcap exceeded\b|^(?:forbidden: )?(?:bucket size|object) quota is reached|quota has been exceeded|^bucket quota exceeded|"
    r"\bexceeds (?:the |its |your )?(?:\w{1,20} )?quota\b|\b(?:hard|storage|size|capacity|space|user|account|tenant|project|namespace|vault) quota (?:has been |is |was )?(?:exceeded|reached)|storage (?:limit|quota) (?:has been )?(?:exceeded|reached)|free (?:disk|drive) threshold|"
    r"^(?!.{0,400}\b(?:requests?|rate|bandwidth|traffic|transactions?|calls?|egress|downloads?)\b).{0,200}?(?:"
    r"\b(?:quota|storage limit|(?<!object )(?<!file )(?<!upload )(?<!metadata )(?<!body )(?<!part )size limit|capacity)\b.{0,40}?\b(?:exceed(?:ed|s)?|reached|used up|exhausted|full)\b|\bquota ?= ?0\b|\bover (?:its |the |your )?(?:\w{1,20} )?quota\b|"
    r"\bexceed(?:ed|s|ing)?\b.{0,40}?\b(?:storage|bucket|disk|space|user|tenant|project)\b.{0,20}?\b(?:quota|limit|capacity)\b|"
    r"\b(?:not enough|insufficient|out of|no(?! quota| space (?!left|on\b|available|remaining|to\b))) (?:\w{1,12} )?(?:space|quota|capacity)\b|\b(?:storage|disk|bucket) (?:is )?full\b(?! (?:access|control|permissions?|rights?)\b))"
)
"""A store, a bucket or an account that takes no more bytes. A limit on requests or traffic is another thing."""
CALLS_CAP: Final = r"\b(?:transactions?|bandwidth)\b[^.\u2026]{0,40}\bcap exceeded\b"
"""A cap that the account's owner has put on calls or downloads, a day at a time."""
SUSPENDED: Final = (
    r"(?:account|tenancy|tenant|project|subscription) (?:has been |is |was )?(?:suspended|deactivated|disabled|closed|frozen|locked|not active|inactive)|^(?:the )?user (?:is|has been) (?:suspended|disabled)|"
    r"(?:account|user|subscriber) (?:(?:is )?in (?:arrears|debt)|owes fees)|\bbalance (?:is )?(?:insufficient|not enough|negative|too low)\b|\b(?:blocked|stopped) by billing\b|\be-?mail (?:address )?(?:is |was |has )?not (?:been )?verified\b|\b(?:overdue|non-?payment)\b|\btrial (?:period )?(?:has )?(?:ended|expired)|^payment required|^(?:your|the|this) account is (?:currently )?(?:(?:being )?blocked|being verified|not signed up)\b|"
    r"^all access to this (?:\w{1,12} ){0,2}(?:object|bucket|resource) has been disabled"
)
NETWORK: Final = (
    r"^(?:(?:your|this|the|source|client|requester) ){0,2}(?:ip|ip address|network)\b.{0,60}\bnot (?:allowed|permitted|authorized|in the)\b|"
    r"\b(?:denied|blocked|rejected|restricted|forbidden) by (?:the |an? )?(?:vpc|ip|network|firewall)\b|\bip(?: address)? (?:is )?(?:in|on) (?:the |a )?(?:\w{1,20} )?(?:black|block|deny) ?list\b"
)
"""A refusal by where the request comes from."""
KEY_GONE: Final = (
    r"^failed to retrieve the actual key|^the object was stored using a form of server[- ]side encryption|^invalid kms key\b|because the key state is|"
    r"\b(?:kms|root|master) key (?:id )?(?:is |was |has been )?(?:invalid|not found|disabled|deleted|pending deletion)\b"
)
KEY_DENIED: Final = (
    r"^the ciphertext refers to a customer master key that does not exist|^this request is forbidden by kms|"
    r"\b(?:permission|access|authori[sz]ed|allowed|forbidden)\b.{0,40}\b(?:use|by|on|to|for) (?:the |this )?(?:specified )?kms\b"
)

IDENTITY: Final[Sequence[Rule]] = (
    Rule(
        "clock-skew",
        code=("RequestTimeTooSkewed", "RequestExpired", "ExpiredRequest"),
        source=f"{FACTS} §1.2; R2's error codes",
    ),
    likely(
        "clock-skew",
        code=(
            "AccessDenied",
            "SignatureDoesNotMatch",
            "InvalidRequest",
            "AuthorizationHeaderMalformed",
            "InvalidSignatureException",
        ),
        text=r"^request (?:has expired|is not (?:yet valid|valid yet))|^signature (?:expired|not yet current)|\bdate is too old\b|invalid credential date",
        source=f"{MINIO}: ErrExpiredPresignRequest, ErrRequestNotReadyYet; AWS's signature version 4 errors",
    ),
    Rule(
        "temporary-credentials",
        code=("InvalidTokenId", "TokenRefreshRequired"),
        source=f"{FACTS} §1.2; {MINIO}: ErrInvalidToken",
    ),
    Rule(
        "access-key-malformed",
        code=MALFORMED,
        text="credential is mal-?formed|non-empty access key|authorization component",
        source=f"{FACTS} §6; s3fs-fuse/s3fs-fuse#2612; backblaze-b2-samples/b2-browser-upload#3",
    ),
    Rule(
        "temporary-credentials",
        evidence={"code_says": "token"},
        source="AWS's common error codes, ExpiredToken, InvalidToken; Alibaba's OSS: AccessKeyIdAndSecurityTokenNotMatch",
    ),
    Rule("request-altered", code=("XAmzContentSHA256Mismatch", "MissingContentLength"), source=f"{FACTS} §6"),
    likely(
        "request-altered",
        code=(
            "MissingAuthenticationToken",
            "MissingAuthenticationTokenException",
            "IncompleteSignature",
            "IncompleteSignatureException",
        ),
        source="AWS's error codes: the request was not signed, or not wholly",
    ),
    likely(
        "request-altered",
        code=("BadDigest", "InvalidDigest", "IncompleteBody", "CrcMismatch", "XAmzContentChecksumMismatch"),
        severity=Severity.UNKNOWN,
        source=f"{MINIO}; Google's XML API, error codes; other bytes arrived than were sent: a middlebox on the way from here need not be on Planet's",
    ),
    likely(
        "request-altered",
        code=("AccessDenied", "InvalidArgument", "InvalidRequest", "MissingFields", "MissingSecurityHeader"),
        text=NEEDS_SIGNATURE,
        source=f"suitenumerique/docs#501; aliyun/ossfs#81; {MINIO}",
    ),
    likely(
        "request-altered",
        operation=Operation.WRITE,
        mode=Mode.PERFORMED,
        code="SignatureDoesNotMatch",
        source=f"{FACTS} §4.3: on the write alone, after a delete was signed and accepted",
    ),
    likely(
        "request-altered",
        Operation.DELETE,
        code="SignatureDoesNotMatch",
        granted=Operation.READ,
        source="durch/rust-s3#382: on the delete alone, after a read was signed and accepted",
    ),
    Rule("wrong-secret", code="SignatureDoesNotMatch", source=f"{FACTS} §1.2"),
    likely(
        "wrong-secret",
        evidence={"code_says": "signature"},
        source="AWS's error codes: InvalidSignature; Huawei's OBS: TooManyWrongSignature",
    ),
    Rule(
        "unknown-access-key",
        code=(
            "InvalidAccessKeyId",
            "InvalidClientTokenId",
            "UnrecognizedClientException",
            "InvalidAccessKey",
            "NoSuchAccessKey",
        ),
        source=f"{FACTS} §1.2; AWS's common error codes, which stores of Scality's give as well",
    ),
    likely(
        "unknown-access-key",
        code=("InvalidSecurity", "AuthFailure"),
        source="AWS's error codes: the credentials are not valid",
    ),
    Rule(
        "account-disabled",
        code=(
            "AccountProblem",
            "AllAccessDisabled",
            "NotSignedUp",
            "InvalidPayer",
            "OptInRequired",
            "PendingVerification",
            "Blocked",
        ),
        source=f"{FACTS} §1.2; AWS's error codes",
    ),
)
"""Who asks, whose key it is, and in what state its account is: before any other row, since nothing else was looked at. A request that was
altered is the destination's fault only where it chose the host."""

SETTINGS: Final[Sequence[Rule]] = (
    Rule(
        "wrong-region",
        code=(
            "PermanentRedirect",
            "PermanentRedirectControlError",
            "IllegalLocationConstraintException",
            "IncorrectEndpoint",
            "EndpointNotFound",
        ),
        source=f"{FACTS} §1.4",
    ),
    Rule("wrong-region", code=MALFORMED, evidence={"region_expected": ".+"}, source=f"{FACTS} §1.4"),
    likely("wrong-region", code=MALFORMED, text=r"\bregion\b|\bscope\b", source=f"{FACTS} §6"),
    Rule("bucket-not-found", kind=Kind.NO_BUCKET, source=f"{FACTS} §1.4"),
    Rule("bucket-name-invalid", code=("InvalidBucketName", "BucketNameTooLong"), source="AWS's and R2's error codes"),
    likely(
        "bucket-name-invalid",
        code=("InvalidAccessPoint", "InvalidAccessPointAliasError", "InvalidURI", "InvalidUri"),
        source="AWS's error codes: of the address, only the bucket's name is not this tool's own",
    ),
    Rule(
        "checksum-required",
        code="InvalidRequest",
        text=r"object lock parameters|content-md5.*required|required header for this request: content-md5",
        source=f"{FACTS} §0.7",
    ),
    Rule(
        "encryption-key-unavailable",
        code=(
            "KMS.DisabledException", "KMS.KMSInvalidStateException", "KMS.NotFoundException", "KMS.KeyUnavailableException",
            "KMS.InvalidKeyUsageException",
        ),
        source=f"{FACTS} §1.4; AWS's error codes",
    ),
    Rule("retention-locked", kind=Kind.KEPT, source=f"{FACTS} §1.4"),
    Rule("throttled", kind=Kind.TRANSIENT, evidence={"code_says": "busy"}, source="codes that say it themselves, also of the key's service"),
    Rule("request-too-large", code=("EntityTooLarge", "MaxMessageLengthExceeded", "RequestEntityTooLarge"), source="AWS's error codes"),
    likely(
        "request-unsupported",
        status=(400, 401),
        text=r"\bplease use (?:aws4-hmac-sha256|sigv4)|\baws signature version 4\b|\bsigv[24] (?:authorization )?is not supported",
        source="vastsa/FileCodeBox#148; MinIO, cmd/api-errors.go: the old signature, which this tool does not make",
    ),
    Rule(
        "request-unsupported",
        status=400,
        text=r"x-amz-content-sha256 must be|^unsupported header|^the value of x-amz-content-sha256 header is invalid",
        source="OVH and Backblaze B2 to a body in a form that they do not take; versity/versitygw#1601",
    ),
    Rule("request-unsupported", evidence={"code_says": "unsupported"}, source="AWS's error codes; soto-project/soto#643"),
    Rule(
        "object-archived",
        Operation.READ,
        code="InvalidObjectState",
        source="AWS's error codes: GetObject of an archived object",
    ),
    likely(
        "encryption-key-denied",
        code=DENIED_CODES,
        text=KEY_DENIED,
        source="AWS's text of a KMS refusal without the key's account; Alibaba's OSS: EC 0003-00000803; Yandex",
    ),
    likely("encryption-key-denied", evidence={"code_says": "key-denied"}, source="SeaweedFS: KMSAccessDeniedException; AWS, of KMS itself"),
    likely(
        "encryption-key-unavailable",
        evidence={"code_says": "key"},
        source="AWS's error codes: what else KMS says is about a key's state; OSS, COS, SeaweedFS, Google's XML API",
    ),
    likely(
        "encryption-key-unavailable",
        status=(400, 403, 404, 409, 424),
        text=KEY_GONE,
        source="Ceph, src/rgw/rgw_crypt.cc; AWS's error codes: the file there is encrypted with a key that its writer sent",
    ),
    likely("network-restricted", evidence={"code_says": "network"}, source="AWS's error codes: UnexpectedIPError"),
)  # fmt: skip

BY_PERMISSION: Final = {"write-denied": Operation.WRITE, "read-denied": Operation.READ, "delete-denied": Operation.DELETE}
DENIED: Final[Sequence[Rule]] = (
    likely("multipart-denied", code=DENIED_CODES, text=PLAIN, form="multipart", source=f"{FACTS} §1.1"),
    Rule("multipart-denied", code=DENIED_CODES, evidence={"action": "s3:.*"}, form="multipart", source=f"{FACTS} §1.1"),
    *(
        Rule(finding, operation, code=DENIED_CODES, evidence={"action": "s3:.*"}, source=f"{FACTS} §1.3")
        for finding, operation in BY_PERMISSION.items()
    ),
    *(
        likely(finding, operation, code=DENIED_CODES, text=PLAIN, source=f"{FACTS} §6: a plain refusal")
        for finding, operation in BY_PERMISSION.items()
    ),
)
"""Last: a refusal by permission. Without an action in its text it is never certain."""

AMAZON: Final[Sequence[Rule]] = (
    likely(
        "request-altered",
        code=DENIED_CODES,
        evidence={"principal": "(?i)anonymous"},
        severity=Severity.UNKNOWN,
        source="AWS names the caller: a key was sent, and none arrived",
    ),
    *(replace(each, severity=Severity.UNKNOWN) if each.finding == "request-altered" else each for each in IDENTITY),
    Rule(
        "key-quarantined", code=DENIED_CODES, evidence={"policy_arn": r".*/AWSCompromisedKeyQuarantine.*"}, source=f"{FACTS} §0.4"
    ),
    Rule("encryption-key-denied", code=DENIED_CODES, evidence={"action": "kms:.*"}, source=f"{FACTS} §1.4"),
    *SETTINGS,
    likely("encryption-key-unavailable", code=("InvalidKeyId", "InvalidKeyId.NotFound"), source="KMS's own code, without its prefix"),
    Rule("organization-policy", code=DENIED_CODES, evidence={"layer": "(?:service|resource) control"}, source=f"{FACTS} §1.3"),
    Rule("network-restricted", code=DENIED_CODES, evidence={"layer": "VPC endpoint"}, source=f"{FACTS} §1.3"),
    Rule(
        "network-restricted",
        code=DENIED_CODES,
        text=r"^vpc endpoints do not support cross-region requests",
        source="AWS's gateway endpoints: the way from here, not from Planet",
    ),
    likely("requester-pays", code=DENIED_CODES, text=r"requester.?pay|request-payer", source=f"{FACTS} §1.4"),
    Rule("storage-full", code="QuotaExceeded", source="a real Ceph gateway behind --endpoint"),
    Rule(
        "bucket-or-permission-missing",
        Operation.WRITE,
        mode=Mode.REHEARSED,
        code=DENIED_CODES,
        text=PLAIN,
        evidence={"all_refused": "yes"},
        confidence=POSSIBLE,
        source="subsquid/squid-sdk#576: another account's bucket, or one whose requester pays, refuses everything without a word",
    ),
    *DENIED,
)  # fmt: skip
