"""The decision tables of the S3 types: from an answer to a finding. The first row that matches decides."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from validator.model import Confidence, Kind, Mode, Operation
from validator.providers._s3_answers import NOT_THE_API
from validator.providers.base import Rule

_LIKELY = Confidence.LIKELY
_FACTS = "facts/s3.md"
_DENIED = ("AccessDenied", "AccessForbidden", "Forbidden")

IDENTITY: Final[Sequence[Rule]] = (
    Rule("clock-skew", code=("RequestTimeTooSkewed", "RequestExpired"), source=f"{_FACTS} §1.2"),
    Rule("temporary-credentials", code=("ExpiredToken", "InvalidToken"), source=f"{_FACTS} §1.2"),
    Rule("access-key-malformed", code="AuthorizationHeaderMalformed", text="mal-formed", source=f"{_FACTS} §6"),
    Rule("request-altered", code=("XAmzContentSHA256Mismatch", "BadDigest", "MissingContentLength"), source=f"{_FACTS} §6"),
    Rule(
        "request-altered",
        operation=Operation.WRITE,
        mode=Mode.PERFORMED,
        code="SignatureDoesNotMatch",
        confidence=_LIKELY,
        source=f"{_FACTS} §4.3: on the write alone, after a delete was signed and accepted",
    ),
    Rule("wrong-secret", code="SignatureDoesNotMatch", source=f"{_FACTS} §1.2"),
)
"""Who asks: before any other row, since nothing else was looked at."""

REACH: Final[Sequence[Rule]] = (
    Rule("not-object-storage", code=NOT_THE_API, source=f"{_FACTS} §0.9, §5.1"),
    Rule("not-object-storage", code="MethodNotAllowed", confidence=_LIKELY, source=f"{_FACTS} §6: a website or CDN address"),
    Rule("wrong-region", code=("PermanentRedirect", "IllegalLocationConstraintException"), source=f"{_FACTS} §1.4"),
    Rule("wrong-region", code="AuthorizationHeaderMalformed", evidence={"region_expected": ".+"}, source=f"{_FACTS} §1.4"),
    Rule("wrong-region", code="AuthorizationHeaderMalformed", confidence=_LIKELY, source=f"{_FACTS} §6"),
    Rule("bucket-not-found", kind=Kind.NO_BUCKET, source=f"{_FACTS} §1.4"),
)

SETTINGS: Final[Sequence[Rule]] = (
    Rule(
        "checksum-required",
        code="InvalidRequest",
        text=r"object lock parameters|content-md5.*required",
        source=f"{_FACTS} §0.7",
    ),
    Rule("retention-locked", kind=Kind.KEPT, source=f"{_FACTS} §1.4"),
)

DENIED: Final[Sequence[Rule]] = (
    Rule("multipart-denied", kind=Kind.DENIED, form="multipart", source=f"{_FACTS} §1.1"),
    Rule(
        "delete-denied",
        operation=Operation.DELETE,
        code=_DENIED,
        evidence={"asked_on": ".+"},
        confidence=_LIKELY,
        source=f"{_FACTS} §1.5: seen on a name beside, since the condition wants s3:GetObject",
    ),
    Rule("write-denied", Operation.WRITE, code=_DENIED, evidence={"action": "s3:.*"}, source=f"{_FACTS} §1.3"),
    Rule("read-denied", Operation.READ, code=_DENIED, evidence={"action": "s3:.*"}, source=f"{_FACTS} §1.3"),
    Rule("delete-denied", Operation.DELETE, code=_DENIED, evidence={"action": "s3:.*"}, source=f"{_FACTS} §1.3"),
    Rule("write-denied", Operation.WRITE, Kind.DENIED, confidence=_LIKELY, source=f"{_FACTS} §6: a plain refusal"),
    Rule("read-denied", Operation.READ, Kind.DENIED, confidence=_LIKELY, source=f"{_FACTS} §6: a plain refusal"),
    Rule("delete-denied", Operation.DELETE, Kind.DENIED, confidence=_LIKELY, source=f"{_FACTS} §6: a plain refusal"),
)
"""Last: a refusal that no other row explains. Without an action in its text it is never certain."""

AMAZON: Final[Sequence[Rule]] = (
    *IDENTITY,
    Rule("unknown-access-key", code="InvalidAccessKeyId", source=f"{_FACTS} §1.2"),
    Rule("account-disabled", code=("AccountProblem", "AllAccessDisabled", "NotSignedUp"), source=f"{_FACTS} §1.2"),
    *REACH,
    Rule(
        "key-quarantined", code=_DENIED, evidence={"policy_arn": r".*/AWSCompromisedKeyQuarantine.*"}, source=f"{_FACTS} §0.4"
    ),
    Rule("encryption-key-denied", code=_DENIED, evidence={"action": "kms:.*"}, source=f"{_FACTS} §1.4"),
    Rule(
        "encryption-key-unavailable",
        code=("KMS.DisabledException", "KMS.KMSInvalidStateException", "KMS.NotFoundException"),
        source=f"{_FACTS} §1.4",
    ),
    *SETTINGS,
    Rule("network-restricted", code=_DENIED, evidence={"layer": "VPC endpoint"}, source=f"{_FACTS} §1.3"),
    Rule("requester-pays", code=_DENIED, text=r"requester.?pay|request-payer", confidence=_LIKELY, source=f"{_FACTS} §1.4"),
    *DENIED,
)

COMPATIBLE: Final[Sequence[Rule]] = (
    *IDENTITY,
    Rule(
        "key-disabled", code="InvalidAccessKeyId", text="is disabled", source="MinIO, cmd/api-errors.go: ErrAccessKeyDisabled"
    ),
    Rule("unknown-access-key", code="InvalidAccessKeyId", source=f"{_FACTS} §1.2"),
    Rule("unknown-access-key", status=401, code="Unauthorized", confidence=_LIKELY, source=f"{_FACTS} §5: Cloudflare R2"),
    Rule("throttled", code="AuthenticationLockout", source=f"{_FACTS} §5: Wasabi locks an account for five minutes"),
    Rule(
        "account-disabled", code=("AccountNotActivated", "AccountProblem", "UserSuspended"), source=f"{_FACTS} §5: Wasabi; Ceph"
    ),
    Rule("wrong-addressing-style", code=("SecondLevelDomainForbidden", "InvalidHostHeader"), source=f"{_FACTS} §5.1: OSS, AWS"),
    Rule(
        "wrong-addressing-style",
        kind=Kind.NO_BUCKET,
        evidence={"bucket_seen": r"planetverify.*\.txt"},
        source=f"{_FACTS} §5.1: the store took the key for the bucket",
    ),
    Rule("wrong-addressing-style", Operation.WRITE, code="MalformedXML", confidence=_LIKELY, source=f"{_FACTS} §5.1: MinIO"),
    *REACH,
    Rule(
        "storage-full", code=("QuotaExceeded", "XMinioStorageFull", "InsufficientStorage"), source="Ceph; MinIO, api-errors.go"
    ),
    *SETTINGS,
    *DENIED,
)
