"""The decision table for Google's answers. Messages stand before reasons: a hold, a CMEK key and a missing permission share one reason.

A text pattern begins where Google's sentence begins: names that the sentence quotes further on may be any word.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from validator.core.model import Kind, Operation, Severity
from validator.providers.base.rules import Rule, likely, possible

_GRANT: Final = "invalid_grant"


def _both(*reasons: str) -> tuple[str, ...]:
    """The JSON API's reasons, and the XML API's codes: the same words with a capital letter."""
    return (*reasons, *(each[0].upper() + each[1:] for each in reasons))


_CODES: Final = "status-codes reference"
_KMS: Final = _both(
    "cloudKmsBadKey",
    "cloudKmsCannotChangeKeyName",
    "cloudKmsDisabledKey",
    "cloudKmsKeyLocationNotAllowed",
    "cloudKmsEncryptionKeyNotFound",
    "cloudKmsDecryptionKeyNotFound",
)
_CUSTOMER_KEY: Final = _both("resourceIsEncryptedWithCustomerEncryptionKey")
HELD: Final = _both("objectUnderActiveHold")
RETAINED: Final = _both("retentionPolicyNotMet")
_SUSPENDED: Final = (
    "accountDisabled",
    "AccountProblem",
    "UserProjectAccountProblem",
    "BILLING_DISABLED",
    "CONSUMER_SUSPENDED",
    "CONSUMER_INVALID",
    "GCP_SUSPENDED",
    "ACCOUNT_STATE_INVALID",
)
BUSY: Final = (
    "rateLimitExceeded",
    "userRateLimitExceeded",
    "dailyLimitExceeded",
    "quotaExceeded",
    "RATE_LIMIT_EXCEEDED",
    "RESOURCE_QUOTA_EXCEEDED",
)
_POLICIES: Final = (
    *_both("orgPolicyConstraintFailed"),
    "ORG_POLICY_VIOLATION",
    "ORG_RESTRICTION_VIOLATION",
    "RESOURCE_USAGE_RESTRICTION_VIOLATED",
    "ENDPOINT_USAGE_RESTRICTION_VIOLATED",
    "LOCATION_ORG_POLICY_VIOLATED",
    "LOCATION_POLICY_VIOLATED",
    "TLS_ORG_POLICY_VIOLATED",
    "TLS_CIPHER_RESTRICTION_VIOLATED",
    "USER_BLOCKED_BY_ADMIN",
)
BILLING: Final = (
    r"^The (?:billing account for the owning project is disabled|project to be billed is associated with an? \w+ billing account"
    r"|account for (?:the specified project|bucket .{1,300}) has been disabled)"
    r"|^User project billing account not in good standing|^(?:Permission denied: )?(?!.{0,300}? (?:does not|doesn't) have )(?:Consumer\b|(?:The )?Project\b(?! (?:owners|editors|viewers|team)\b)|(?:The )?Service account\b).{0,300} (?:has been|is|was) (?:suspended|deleted|disabled|shut down)"
    r"|^This API method requires billing|^The project is not active"
)

KEY: Final = (
    r"^(?!\S{1,254} does not have storage\.|Object\b|No such object|(?:The specified |No such )?bucket )[^.]{0,200}?"
    r"(?:\b(?:KMS|CMEK|EKM|crypto ?keys?(?: ?versions?)?|key ?rings?)\b|customer[- ]managed (?:encryption )?keys?\b|/cryptoKeys/)"
)
"""A sentence about the key that the bucket encrypts with, in whichever words."""
_ABOUT_POLICY: Final = (
    r"\b(?:violates?|violated|denied by|disallowed by|prohibited by|not allowed by|restricted by|blocked by|not permitted by)\b.{0,80}?"
    r"\b(?:org(?:ani[sz]ation(?:'s|al)?)? (?:[\w-]{1,20} ){0,2}polic(?:y|ies)|constraints?|principal access boundary(?: polic(?:y|ies))?)\b|^Constraint\b"
)
"""What an organisation's policy forbids, where it names no constraint."""

CHECKSUM: Final = (
    r"\b(?:MD5|CRC32C|CRC64\w*|SHA-?256|checksum|digest)\b.{0,120}?\b(?:(?:doesn't|does not|did not|didn't|not) match|mismatch)"
)
"""Sentences about bytes that came otherwise than they were sent."""

SAYS_NO_MORE: Final = (
    r"(?:Forbidden|(?:Access|Permission) denied|The caller does not have permission|Insufficient permissions?)?[.!]?"
)
"""Refusals that give no reason: what is refused in these words alone lacks a permission. Compared without regard to case."""
_SAYS_NO_MORE: Final = rf"^{SAYS_NO_MORE}$"

TOKEN: Final[Sequence[Rule]] = (
    Rule("account-disabled", code=_GRANT, text=r"^(?:Invalid grant: )?account (?:not found|deleted|disabled)", source="googleapis/google-cloud-php#3622"),
    Rule("account-disabled", code=(_GRANT, "access_denied"), text=r"^(?:Robot|(?:The )?(?:service )?account) (?:is|was|has been) (?:disabled|deleted|suspended)", source="googleapis/google-api-ruby-client#720; GAM-team/GAM#1171"),
    Rule("clock-skew", code=_GRANT, text=r"reasonable timeframe|short-lived token|clock with skew", source="facts/gcs.md 1.4"),
    Rule("key-disabled", code=_GRANT, text=r"\bInvalid (?:JWT )?signature\b", source="facts/gcs.md 1.4"),
    likely("account-disabled", code=_GRANT, text=r"No valid verifier found for issuer", source="google-auth-library-python#301"),
    Rule("key-disabled", code=_GRANT, text=r"^(?:The )?(?:service account )?key (?:is|was|has|has been) (?:disabled|deleted|expired|revoked)", source="Cloud IAM: keys that are disabled or have an end"),
    Rule("key-disabled", code=_GRANT, text=r"^Token has been (?:expired or )?revoked", source="a refresh token, not a service account's key"),
    Rule("account-disabled", code=("deleted_client", "disabled_client"), source="websightgmbh/l5-google-cloud-storage#6"),
    likely("account-disabled", code="access_denied", text=r"^Account restricted", source="field reports"),
    Rule("unknown-access-key", code="invalid_client", text=r"client was not found", source="field reports"),
    likely("wrong-secret", code="invalid_client", source="RFC 6749 5.2"),
    Rule("organization-policy", code=("admin_policy_enforced", "org_internal"), source="developers.google.com/identity/protocols/oauth2"),
    Rule("throttled", code=("rate_limit_exceeded", "quota_exceeded"), source="field reports"),
    likely(
        "unknown-access-key", code=_GRANT, text=r"^(?:Not a valid email|Invalid email or User ID)",
        source="googleapis/google-api-php-client#783; developers.google.com/identity/protocols/oauth2/service-account",
    ),
    possible(
        "unrecognised-answer", code=_GRANT, text=r"^(?:Bad Request)?\.?$",
        source="no description: a clock, a key or an issuer, Google does not say which",
    ),
    possible(
        "unexplained-refusal", code=(_GRANT, "access_denied", "unauthorized_client"),
        source="RFC 6749 5.2: a refusal, in words that are not known here",
    ),
    likely("universe-unsupported", code="universe", source="the SDK refuses such a key at this endpoint"),
)  # fmt: skip
"""Answers of the token endpoint, and a key for which none was asked."""

SETTINGS: Final[Sequence[Rule]] = (
    Rule("bucket-not-found", kind=Kind.NO_BUCKET, source="measured: 404 notFound, the specified bucket does not exist"),
    Rule("object-held", kind=Kind.KEPT, text=r"^Object\b.*? is under active [\w -]{0,60}hold\b", source="measured: 403 forbidden, told by its message alone"),
    Rule("object-held", code=HELD, source=_CODES),
    Rule("retention-locked", kind=Kind.KEPT, source="measured: 403 retentionPolicyNotMet"),
    Rule("organization-policy", evidence={"constraint": ".+"}, source="turbot, simple-container-com/api#145: 412 conditionNotMet, told by its message alone"),
    Rule("organization-policy", code=_POLICIES, source=_CODES),
    # The same account asked, and no rule of the perimeter admits it: Planet, outside as well, is refused too.
    Rule("network-restricted", code=("vpcServiceControls", "SecurityPolicyViolated", "SECURITY_POLICY_VIOLATED"), severity=Severity.ERROR, source="kubeflow/kubeflow#3105"),
    Rule(
        "network-restricted",
        text=r"^(?:VPC Service Controls: )?Request (?:violates VPC Service Controls|is prohibited by organization's policy)",
        severity=Severity.ERROR,
        source="field reports",
    ),
    Rule("network-restricted", text=r"^There is an IP filtering condition", source="ip-filtering-overview"),
    Rule("network-restricted", code="countryBlocked", source=_CODES),
    Rule("api-disabled", code=("accessNotConfigured", "SERVICE_DISABLED"), source=_CODES),
    Rule("api-disabled", text=r"^(?:Access Not Configured\b|.{1,80} has not been used in project )", source="cloudyr/googleCloudStorageR#5"),
    Rule("encryption-key-denied", text=r"^Permission denied on (?:the )?Cloud KMS key|^Permission 'cloudkms\.", source="measured: 403 forbidden"),
    Rule("encryption-key-unavailable", code=_KMS, source=_CODES),
    Rule("encryption-key-unavailable", code=_CUSTOMER_KEY, source=f"{_CODES}: the file there has a key of its own"),
    likely("organization-policy", status=(400, 403, 412), text=_ABOUT_POLICY, source="GoogleCloudPlatform/compute-image-import#173; Cloud IAM, error messages"),
    likely("encryption-key-unavailable", status=(400, 404, 409, 412), text=KEY, source="googleapis/google-cloud-go#1787; googleapis/python-storage#806; Cloud KMS, key states"),
    likely("encryption-key-unavailable", status=403, text=rf"{KEY}.{{0,200}}?\b(?:disabled|destroyed|not enabled|does not exist|not found)\b", source="Cloud KMS, key states"),
    likely("encryption-key-denied", status=403, text=KEY, source="what else a refusal says of the key"),
    Rule("encryption-key-unavailable", text=r"^The target object is encrypted by a customer-supplied", source="field reports"),
    Rule("account-disabled", code=_SUSPENDED, source=_CODES),
    Rule("account-disabled", text=BILLING, source="field reports; 403, and 402 of Firebase"),
    likely("account-disabled", status=(400, 402, 403), text=r"^(?!.*\brequester pays\b).*\bbilling (?:account|is|has|must|to be|disabled|closed|not)\b|^(?!.*\brequester pays\b).*\b(?:has|enable) billing\b", source="it speaks of billing, in words that are not known"),
    Rule("requester-pays", code=("UserProjectMissing", "userProjectMissing", "AuthenticationRequiredRequesterPays"), source=_CODES),
    Rule("requester-pays", text=r"^Bucket is (?:a )?requester pays bucket", source="measured: 400 required; plain text on a download"),
    Rule("https-required", code="sslRequired", source=_CODES),
    Rule("bucket-name-invalid", status=400, text=r"^Invalid bucket name|^The specified bucket is not valid", source="field reports; the XML API's InvalidBucketName"),
    Rule("request-too-large", status=413, source=_CODES),
    likely(
        "request-altered", Operation.WRITE, status=400, text=CHECKSUM, severity=Severity.UNKNOWN,
        source="googleapis/storage-testbench; other bytes arrived than were sent: a middlebox on the way from here need not be on Planet's",
    ),
    likely("request-altered", status=411, severity=Severity.UNKNOWN, source=f"{_CODES}: a length was sent, and none arrived"),
    Rule("connection-lost", status=499, source=f"{_CODES}: clientClosedRequest"),
    Rule("throttled", code=BUSY, source=_CODES),
)  # fmt: skip
"""Where the bucket, its network or its owner stand in the way of everything."""

PERMISSIONS: Final[Sequence[Rule]] = (
    likely("request-altered", kind=Kind.UNAUTHENTICATED, evidence={"anonymous": "yes"}, severity=Severity.UNKNOWN, source="the token did not arrive"),
    likely("request-altered", kind=Kind.UNAUTHENTICATED, text=r"^(?:Login Required|Authentication required|Request is missing required authentication)", severity=Severity.UNKNOWN, source=f"{_CODES}: 401 Login Required; googleapis/google-api-php-client#2479"),
    # By the name that Google gives: an overwrite needs delete as well, and says so.
    Rule("overwrite-denied", Operation.WRITE, Kind.DENIED, evidence={"permission": r"storage\.objects\.delete"}, source="IAM reference, note 4"),
    Rule("write-denied", kind=Kind.DENIED, evidence={"permission": r"storage\.objects\.create"}),
    Rule("delete-denied", Operation.DELETE, Kind.DENIED, evidence={"permission": r"storage\.objects\.delete"}),
    Rule("read-denied", kind=Kind.DENIED, evidence={"permission": r"storage\.objects\.get"}),
    # Asked of the project that is billed: where the requester pays, or where a project was named to be billed.
    possible("requester-pays", kind=Kind.DENIED, evidence={"permission": r"serviceusage\.services\.use"}, source="requester pays; googleapis/google-cloud-ruby#6456"),
    # Another permission, which Google names.
    *(likely(f"{operation}-denied", operation, Kind.DENIED, evidence={"permission": ".+"}) for operation in Operation),
    # A refusal that does not say of what. Whatever else it says is not known here, and left to the core.
    *(likely(f"{operation}-denied", operation, Kind.DENIED, text=_SAYS_NO_MORE) for operation in Operation),
    likely("key-disabled", kind=Kind.UNAUTHENTICATED, status=401, code=("authError", "UNAUTHENTICATED", "AuthenticationRequired", "ACCESS_TOKEN_EXPIRED", ""), source=f"{_CODES}: 401 authError"),
)  # fmt: skip
"""Whether it is this operation that is refused: the permission that Google names need not be the one of the operation."""

RULES: Final[Sequence[Rule]] = (*TOKEN, *SETTINGS, *PERMISSIONS)
