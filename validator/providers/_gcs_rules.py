"""The decision table for Google's answers. Messages stand before reasons: a hold, a CMEK key and a missing permission share one reason."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from validator.model import Confidence, Kind, Operation
from validator.providers.base import Rule

_GRANT: Final = "invalid_grant"
_LIKELY: Final = Confidence.LIKELY

RULES: Final[Sequence[Rule]] = (
    # The token endpoint.
    Rule("account-disabled", code=_GRANT, text=r"account not found", source="googleapis/google-cloud-php#3622"),
    Rule("account-disabled", code=_GRANT, text=r"Robot is disabled", source="googleapis/google-api-ruby-client#720"),
    Rule("clock-skew", code=_GRANT, text=r"reasonable timeframe|short-lived token|clock with skew", source="facts/gcs.md 1.4"),
    Rule("key-disabled", code=_GRANT, text=r"Invalid JWT Signature", source="facts/gcs.md 1.4"),
    Rule("universe-unsupported", code="universe", confidence=_LIKELY, source="the SDK refuses such a key at this endpoint"),
    # Where the bucket, its network or its owner stand in the way of everything.
    Rule("bucket-not-found", kind=Kind.NO_BUCKET, source="measured: 404 notFound, the specified bucket does not exist"),
    Rule("object-held", kind=Kind.KEPT, text=r"under active .{0,60}hold", source="measured: 403 forbidden, told by its message alone"),
    Rule("object-held", code="objectUnderActiveHold", source="status-codes reference"),
    Rule("retention-locked", kind=Kind.KEPT, source="measured: 403 retentionPolicyNotMet"),
    Rule("network-restricted", code="vpcServiceControls", source="field reports of 403 vpcServiceControls"),
    Rule("network-restricted", text=r"vpcServiceControlsUniqueIdentifier|VPC Service Controls|SECURITY_POLICY_VIOLATED", source="field reports"),
    Rule("network-restricted", text=r"IP filtering condition", source="ip-filtering-overview"),
    Rule("network-restricted", code="countryBlocked", source="status-codes reference"),
    Rule("encryption-key-denied", text=r"Permission denied on Cloud KMS key", source="measured: 403 forbidden"),
    Rule(
        "encryption-key-unavailable",
        code=("cloudKmsDisabledKey", "cloudKmsKeyLocationNotAllowed", "cloudKmsEncryptionKeyNotFound", "cloudKmsDecryptionKeyNotFound"),
        source="status-codes reference",
    ),
    Rule("account-disabled", code="accountDisabled", source="status-codes reference"),
    Rule("account-disabled", text=r"billing account .{0,80}(?:disabled|closed|absent)", source="field reports"),
    Rule("requester-pays", code=("required", "userProjectMissing"), text=r"requester pays", source="measured: 400 required"),
    Rule("requester-pays", status=400, text=r"requester pays bucket but no user project", source="measured: plain text on a download"),
    Rule("api-disabled", code="accessNotConfigured", source="status-codes reference"),
    Rule("organization-policy", code="orgPolicyConstraintFailed", source="status-codes reference"),
    Rule("throttled", code=("rateLimitExceeded", "userRateLimitExceeded"), source="status-codes reference"),
    # Permissions, by the name that Google gives: an overwrite needs delete as well, and says so.
    Rule("overwrite-denied", Operation.WRITE, Kind.DENIED, evidence={"permission": r"storage\.objects\.delete"}, source="IAM reference, note 4"),
    Rule("write-denied", kind=Kind.DENIED, evidence={"permission": r"storage\.objects\.create"}),
    Rule("delete-denied", Operation.DELETE, Kind.DENIED, evidence={"permission": r"storage\.objects\.delete"}),
    Rule("read-denied", kind=Kind.DENIED, evidence={"permission": r"storage\.objects\.get"}),
    # A refusal that does not say of what.
    Rule("write-denied", Operation.WRITE, Kind.DENIED, confidence=_LIKELY),
    Rule("read-denied", Operation.READ, Kind.DENIED, confidence=_LIKELY),
    Rule("delete-denied", Operation.DELETE, Kind.DENIED, confidence=_LIKELY),
    Rule("key-disabled", kind=Kind.UNAUTHENTICATED, status=401, confidence=_LIKELY, source="status-codes reference: 401 authError"),
)  # fmt: skip
