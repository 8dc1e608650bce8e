"""Other stores that speak S3: answers of Wasabi, R2, OSS, MinIO and Ceph, as facts/s3.md §5 cites them."""

from __future__ import annotations

from typing import Any

from tests.support.conformance.case import REHEARSE_DELETE, WRITE, Case, Row
from tests.support.s3_store import EXPECT, FACTS, FAULTS, HTML, SHARED_ROWS, S3Store, error, step
from tests.support.wire import Answer, Wire
from validator.checking.assemble import Settings

SECRET = "EXAMPLE-planet-validator-COMPATIBLE-secret"


def source(wire: Wire, **changes: Any) -> dict[str, Any]:
    parameters = {
        "bucket": "imagery-in",
        "endpoint": wire.url,
        "region": "eu-central-1",
        "access_key_id": "EXAMPLEKEY0123456789",
        "secret_access_key": SECRET,
        "use_path_style": True,
    }
    return {"name": "planet imagery", "type": "s3_compatible", "parameters": {**parameters, **changes}}


case = Case(
    name="s3_compatible",
    source=source,
    # The stand-in is on this machine, and nothing else is wrong with its address.
    settings=lambda wire: Settings(ca_bundle=wire.ca, ignore=frozenset({"endpoint-unreachable-for-planet"})),
    store=S3Store,
    step=step,
    secrets=(SECRET,),
    healthy_requests=5,
    faults=FAULTS,
    tls=True,
    expect=EXPECT,
    rows=(
        *SHARED_ROWS,
        Row(
            WRITE,
            error(
                400, "XAmzContentSHA256Mismatch", "The provided 'x-amz-content-sha256' header does not match what was computed."
            ),
            "request-altered",
            "fail",
            f"{FACTS} §6; the endpoint is the destination's own",
        ),
        Row(WRITE, HTML, "not-object-storage", "fail", f"{FACTS} §0.9"),
        Row(REHEARSE_DELETE, HTML, "not-object-storage", "fail", f"{FACTS} §5.1"),
        Row(
            REHEARSE_DELETE,
            error(403, "InvalidAccessKeyId", "Your account is disabled; please contact your administrator."),
            "key-disabled",
            "fail",
            "MinIO, cmd/api-errors.go: ErrAccessKeyDisabled",
        ),
        Row(REHEARSE_DELETE, error(401, "Unauthorized", "Unauthorized"), "unknown-access-key", "fail", f"{FACTS} §5: R2"),
        Row(
            REHEARSE_DELETE,
            error(403, "AuthenticationLockout", "Too many failed authentication attempts"),
            "throttled",
            "inconclusive",
            f"{FACTS} §5: Wasabi",
        ),
        Row(
            REHEARSE_DELETE,
            error(403, "AccountNotActivated", "Account not activated"),
            "account-disabled",
            "fail",
            f"{FACTS} §5: Wasabi",
        ),
        Row(
            REHEARSE_DELETE,
            error(403, "AccessDenied", "Your account has been suspended."),
            "account-disabled",
            "fail",
            "the kind of sentence, not a capture",
        ),
        Row(
            REHEARSE_DELETE,
            error(
                403, "SecondLevelDomainForbidden", "Please use virtual hosted style to access.", {"x-oss-ec": "0003-00001401"}
            ),
            "wrong-addressing-style",
            "fail",
            f"{FACTS} §5: OSS (peak/s5cmd#518)",
        ),
        Row(
            REHEARSE_DELETE,
            error(404, "NoSuchBucket", "The specified bucket does not exist", BucketName="planetverify.txt"),
            "wrong-addressing-style",
            "fail",
            f"{FACTS} §5.1",
        ),
        Row(
            WRITE,
            error(400, "MalformedXML", "The XML you provided was not well-formed."),
            "wrong-addressing-style",
            "fail",
            f"{FACTS} §5.1",
        ),
        Row(
            WRITE,
            error(507, "XMinioStorageFull", "Storage backend has reached its minimum free drive threshold."),
            "storage-full",
            "fail",
            "MinIO, cmd/api-errors.go: ErrStorageFull",
        ),
        # A store that knows no conditions is checked all the same.
        Row(
            "cleanup-versions",
            Answer(204),
            "lingering-file",
            "inconclusive",
            "design.md §3",
            objects={"planetverify.txt": b"old"},
            changes={"bucket": "imagery-bare"},
        ),
    ),
)
