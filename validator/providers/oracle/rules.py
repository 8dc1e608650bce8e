"""Oracle's rows of the decision table: from an answer to the finding that explains it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from validator.core.model import Confidence, Kind, Operation, Severity
from validator.providers.base import Rule

ABSENT: Final = ("NoSuchKey", "ObjectNotFound")
"""Only somebody who may act on the bucket is told that an object is missing."""

BUCKET: Final = "bucket"
"""Evidence: whether any signed request of this check found the bucket."""
SEEN: Final = "found by another request"
NOT_SEEN: Final = "not found by any request"
OVER: Final = "over_existing_object"
"""Evidence: the write was to go over an object."""

NO_KEY: Final = r"could not be found"
NO_SIGNATURE: Final = (
    r"required (?:authentication )?information (?:to complete authentication )?was not provided|^the request signature we calculated does not match"
    r"|^failed to verify the http\(?s?\)? signature"
)
VAULT: Final = r"\b(?:kms|vault|master encryption|encryption) key\b"
READ_ONLY: Final = r"^the bucket is read[- ]?only|\breplication destination\b|\bdestination of a replication\b"
MASKED: Final = (
    r"^(?:|access denied|(?:the specified )?bucket does not exist|either the bucket named .{1,300} does not exist in the namespace .{1,100} or you "
    r"are not authorized to access it|authorization failed or (?:the )?requested resource (?:was )?not found|you do not have authorization to "
    r"perform this request, or the requested resource could not be found|(?:the )?(?:requested )?(?:resource|bucket|object) (?:is )?not authori[sz]ed or (?:was )?not "
    r"found|(?:a |the )?(?:resource|bucket|object|namespace)\b[\w ()\u2026'-]{0,100} (?:was not found|(?:does|did) not exist|could not be found),? or you "
    r"(?:are not authori[sz]ed|do not have (?:the )?(?:authori[sz]ation|permissions?))\b[\w \u2026'-]{0,80})\.?$"
)
"""Whole sentences with which Oracle refuses by permission, as if the thing were not there."""
REFUSALS: Final = ("NoSuchBucket", "BucketNotFound", "AccessDenied", "NotAuthorizedOrNotFound", "NamespaceNotFound")
"""Codes that Oracle gives for a missing permission as well as for a missing bucket."""
_VAULT_CODES: Final = ("NotAuthorizedOrFoundKmsKey", "InsufficientServicePermissions")

_APIERRORS: Final = "docs.oracle.com/iaas/Content/API/References/apierrors.htm"

RULES: Final[Sequence[Rule]] = (
    Rule(
        "request-unsupported",
        code="InvalidArgument",
        text=r"x-amz-content-sha256",
        source="velero-io/velero#9089: a body in a form that Oracle does not take is a fault of the sender",
    ),
    Rule("storage-full", Operation.WRITE, code=("QuotaExceeded", "StorageLimitExceeded"), source=_APIERRORS),
    Rule(
        "storage-full",
        Operation.WRITE,
        code="LimitExceeded",
        confidence=Confidence.LIKELY,
        source=f"{_APIERRORS}: a limit of the tenancy, which need not be its storage",
    ),
    *(
        Rule(finding, evidence={"code_says": says}, confidence=Confidence.LIKELY, source="codes that say it themselves")
        for says, finding in (
            ("account", "account-disabled"),
            ("key-denied", "encryption-key-denied"),
            ("key", "encryption-key-unavailable"),
        )
    ),
    Rule(
        "provider-error", code=("ConcurrentObjectUpdate", "InvalidatedRetryToken"), source=f"{_APIERRORS}: worth a second try"
    ),
    Rule(
        "account-disabled",
        code=("AccountProblem", "AllAccessDisabled", "NotSignedUp"),
        confidence=Confidence.LIKELY,
        source="the S3 API's codes; unconfirmed of Oracle",
    ),
    Rule("account-disabled", status=(402, 403), code="SignUpRequired", confidence=Confidence.LIKELY, source=_APIERRORS),
    Rule("request-unsupported", status=501, source="oracle.md §1.3: aws-chunked uploads; peerdb #4301, capture of 2026-08-26"),
    Rule(
        "clock-skew",
        status=(400, 401, 403),
        text=r"\bclock skew\b",
        confidence=Confidence.LIKELY,
        source="OCI's native API: a Date that is not within the allowed clock skew",
    ),
    Rule("clock-skew", code="RequestTimeTooSkewed", confidence=Confidence.LIKELY, source="oracle.md §1.4, unconfirmed"),
    # A key that was accepted a moment ago is a good key: what is wrong now is not known.
    Rule(
        "key-accepted-then-refused",
        kind=Kind.UNAUTHENTICATED,
        evidence={BUCKET: re.escape(SEEN)},
        confidence=Confidence.POSSIBLE,
        source="oracle.md §1.4: the same 403 appeared once in mid-run on a working key",
    ),
    Rule("unknown-access-key", kind=Kind.UNAUTHENTICATED, text=NO_KEY, source="oracle.md §1.4: Couchbase, field captures"),
    Rule(
        "wrong-secret",
        kind=Kind.UNAUTHENTICATED,
        text=NO_SIGNATURE,
        confidence=Confidence.LIKELY,
        source="oracle.md §1.4: Couchbase alone; minio-js #866",
    ),
    Rule(
        "unknown-access-key",
        kind=Kind.UNAUTHENTICATED,
        code=("InvalidAccessKeyId", "InvalidSecurity"),
        confidence=Confidence.POSSIBLE,
        source="oracle.md §1.4: never seen from Oracle",
    ),
    Rule("retention-locked", kind=Kind.KEPT, confidence=Confidence.LIKELY, source="oracle.md §1.8: the native API's code"),
    Rule(
        "encryption-key-denied",
        code=_VAULT_CODES,
        confidence=Confidence.LIKELY,
        source="oracle.md §1.8: the native API's codes",
    ),
    Rule(
        "encryption-key-unavailable",
        status=(400, 404, 409),
        text=VAULT,
        confidence=Confidence.POSSIBLE,
        source="oracle.md §1.8: wording unconfirmed",
    ),
    Rule(
        "object-archived",
        Operation.READ,
        code=("InvalidObjectState", "NotRestored"),
        confidence=Confidence.LIKELY,
        source="oracle.md §1.8: the code through this API is unconfirmed",
    ),
    Rule(
        "write-denied",
        Operation.WRITE,
        status=(400, 403, 409),
        text=READ_ONLY,
        confidence=Confidence.POSSIBLE,
        source="oracle.md §1.8: a replication's destination is read-only, wording unconfirmed",
    ),
    Rule(
        "delete-denied",
        Operation.DELETE,
        status=(400, 403, 409),
        text=READ_ONLY,
        confidence=Confidence.POSSIBLE,
        source="oracle.md §1.8: the same",
    ),
    Rule("bucket-name-invalid", code="InvalidBucketName", source="oracle.md §5"),
    Rule(
        "access-key-malformed",
        code="AuthorizationHeaderMalformed",
        text=r"^unable to parse (?:the )?authorization header",
        confidence=Confidence.LIKELY,
        source="hashicorp/terraform#34053: a path with slashes given as the key",
    ),
    Rule("wrong-region", code="NotAllowed", text=r"\bhome region\b", source=_APIERRORS),
    Rule("request-too-large", status=413, source=_APIERRORS),
    Rule(
        "unexplained-refusal",
        code=("RelatedResourceNotAuthorizedOrNotFound", "NotAuthorizedOrResourceAlreadyExists"),
        confidence=Confidence.POSSIBLE,
        source=f"{_APIERRORS}: a refusal that leaves open of what",
    ),
    Rule(
        "request-altered",
        Operation.WRITE,
        code=(
            "BadDigest",
            "InvalidDigest",
            "UnmatchedContentMD5",
            "InvalidContentMD5",
            "XAmzContentSHA256Mismatch",
            "IncompleteBody",
            "MissingContentLength",
        ),
        confidence=Confidence.LIKELY,
        severity=Severity.UNKNOWN,
        source="OCI's native API; other bytes arrived than were sent: a middlebox on the way from here need not be on Planet's",
    ),
    Rule(
        "multipart-denied",
        kind=Kind.DENIED,
        code=REFUSALS,
        text=MASKED,
        form="multipart",
        confidence=Confidence.LIKELY,
        source="oracle.md §1.7",
    ),
    Rule(
        "overwrite-denied",
        Operation.WRITE,
        Kind.DENIED,
        code=REFUSALS,
        text=MASKED,
        evidence={OVER: "yes"},
        confidence=Confidence.LIKELY,
        source="oracle.md §1.7",
    ),
    *(
        Rule(finding, operation, Kind.DENIED, code=REFUSALS, text=MASKED, confidence=Confidence.LIKELY, source=source)
        for finding, operation, source in (
            ("write-denied", Operation.WRITE, "oracle.md §1.5, §1.7: inferred"),
            ("read-denied", Operation.READ, "oracle.md §1.5: captured for GET"),
            ("delete-denied", Operation.DELETE, "oracle.md §1.6: inferred"),
        )
    ),
    Rule(
        "bucket-or-permission-missing",
        kind=Kind.NO_BUCKET,
        code=REFUSALS,
        text=MASKED,
        confidence=Confidence.LIKELY,
        source="oracle.md §1.5",
    ),
    Rule(
        "unexplained-refusal",
        kind=Kind.NO_BUCKET,
        confidence=Confidence.POSSIBLE,
        source="a code or a sentence that is not known",
    ),
)
"""Oracle's own rows, before the general ones. Rows with a text come before those that know a refusal alone."""
