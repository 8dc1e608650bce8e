"""Oracle's rows of the decision table: from an answer to the finding that explains it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial
from typing import Final

from validator.core.model import Confidence, Kind, Operation, Severity
from validator.providers.base.rules import Rule, likely, possible

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

_masked: Final = partial(likely, code=REFUSALS, text=MASKED)

RULES: Final[Sequence[Rule]] = (
    Rule(
        "request-unsupported",
        code="InvalidArgument",
        text=r"x-amz-content-sha256",
        source="velero-io/velero#9089: a body in a form that Oracle does not take is a fault of the sender",
    ),
    Rule("storage-full", Operation.WRITE, code=("QuotaExceeded", "StorageLimitExceeded"), source=_APIERRORS),
    likely(
        "storage-full",
        Operation.WRITE,
        code="LimitExceeded",
        source=f"{_APIERRORS}: a limit of the tenancy, which need not be its storage",
    ),
    *(
        likely(finding, evidence={"code_says": says}, source="codes that say it themselves")
        for says, finding in (
            ("account", "account-disabled"),
            ("key-denied", "encryption-key-denied"),
            ("key", "encryption-key-unavailable"),
        )
    ),
    Rule(
        "provider-error", code=("ConcurrentObjectUpdate", "InvalidatedRetryToken"), source=f"{_APIERRORS}: worth a second try"
    ),
    likely(
        "account-disabled",
        code=("AccountProblem", "AllAccessDisabled", "NotSignedUp"),
        source="the S3 API's codes; unconfirmed of Oracle",
    ),
    likely("account-disabled", status=(402, 403), code="SignUpRequired", source=_APIERRORS),
    Rule("request-unsupported", status=501, source="oracle.md §1.3: aws-chunked uploads; peerdb #4301, capture of 2026-08-26"),
    likely(
        "clock-skew",
        status=(400, 401, 403),
        text=r"\bclock skew\b",
        source="OCI's native API: a Date that is not within the allowed clock skew",
    ),
    likely("clock-skew", code="RequestTimeTooSkewed", source="oracle.md §1.4, unconfirmed"),
    # A key that was accepted a moment ago is a good key: what is wrong now is not known.
    possible(
        "key-accepted-then-refused",
        kind=Kind.UNAUTHENTICATED,
        evidence={BUCKET: re.escape(SEEN)},
        source="oracle.md §1.4: the same 403 appeared once in mid-run on a working key",
    ),
    Rule("unknown-access-key", kind=Kind.UNAUTHENTICATED, text=NO_KEY, source="oracle.md §1.4: Couchbase, field captures"),
    likely(
        "wrong-secret",
        kind=Kind.UNAUTHENTICATED,
        text=NO_SIGNATURE,
        source="oracle.md §1.4: Couchbase alone; minio-js #866",
    ),
    possible(
        "unknown-access-key",
        kind=Kind.UNAUTHENTICATED,
        code=("InvalidAccessKeyId", "InvalidSecurity"),
        source="oracle.md §1.4: never seen from Oracle",
    ),
    likely("retention-locked", kind=Kind.KEPT, source="oracle.md §1.8: the native API's code"),
    likely(
        "encryption-key-denied",
        code=_VAULT_CODES,
        source="oracle.md §1.8: the native API's codes",
    ),
    possible(
        "encryption-key-unavailable",
        status=(400, 404, 409),
        text=VAULT,
        source="oracle.md §1.8: wording unconfirmed",
    ),
    likely(
        "object-archived",
        Operation.READ,
        code=("InvalidObjectState", "NotRestored"),
        source="oracle.md §1.8: the code through this API is unconfirmed",
    ),
    *(
        possible(
            f"{operation}-denied",
            operation,
            status=(400, 403, 409),
            text=READ_ONLY,
            source="oracle.md §1.8: a replication's destination is read-only, wording unconfirmed",
        )
        for operation in (Operation.WRITE, Operation.DELETE)
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
    possible(
        "unexplained-refusal",
        code=("RelatedResourceNotAuthorizedOrNotFound", "NotAuthorizedOrResourceAlreadyExists"),
        source=f"{_APIERRORS}: a refusal that leaves open of what",
    ),
    likely(
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
        severity=Severity.UNKNOWN,
        source="OCI's native API; other bytes arrived than were sent: a middlebox on the way from here need not be on Planet's",
    ),
    _masked("multipart-denied", kind=Kind.DENIED, form="multipart", source="oracle.md §1.7"),
    _masked("overwrite-denied", Operation.WRITE, Kind.DENIED, evidence={OVER: "yes"}, source="oracle.md §1.7"),
    *(
        _masked(
            f"{operation}-denied",
            operation,
            Kind.DENIED,
            source="oracle.md §1.5, captured for GET; §1.5 to §1.7, inferred of the others",
        )
        for operation in (Operation.WRITE, Operation.READ, Operation.DELETE)
    ),
    _masked("bucket-or-permission-missing", kind=Kind.NO_BUCKET, source="oracle.md §1.5"),
    possible(
        "unexplained-refusal",
        kind=Kind.NO_BUCKET,
        source="a code or a sentence that is not known",
    ),
)
"""Oracle's own rows, before the general ones. Rows with a text come before those that know a refusal alone."""
