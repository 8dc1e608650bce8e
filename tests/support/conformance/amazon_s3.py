"""Amazon S3: answers in the wording of docs.aws.amazon.com and of public reports, as facts/s3.md cites them."""

from __future__ import annotations

from typing import Any

from tests.support.conformance.case import DELETE, READ, REHEARSE_DELETE, WRITE, Case, Row
from tests.support.s3_store import EXPECT, FACTS, FAULTS, HTML, PLAIN, SHARED_ROWS, USER, S3Store, error, says, step
from tests.support.wire import Answer, Wire
from validator.checking.assemble import Settings

SECRET = "EXAMPLE/planet/validator/AMAZON+secret01"


def source(wire: Wire, **changes: Any) -> dict[str, Any]:
    parameters = {
        "bucket": "imagery-in",
        "aws_region": "eu-central-1",
        "aws_access_key_id": "AKIAQEXAMPLE2EXAMPLE",
        "aws_secret_access_key": SECRET,
    }
    return {"name": "planet imagery", "type": "amazon_s3", "parameters": {**parameters, **changes}}


LOCKED = Answer(
    200,
    {"content-type": "application/xml"},
    b'<ObjectLockConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><ObjectLockEnabled>Enabled</ObjectLockEnabled>'
    b"<Rule><DefaultRetention><Mode>GOVERNANCE</Mode><Days>30</Days></DefaultRetention></Rule></ObjectLockConfiguration>",
)
QUARANTINE = (
    "with an explicit deny in an identity-based policy, with policy ARN: arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV3"
)

case = Case(
    name="amazon_s3",
    source=source,
    settings=lambda wire: Settings(endpoints={"amazon_s3": wire.url}),
    store=S3Store,
    step=step,
    secrets=(SECRET,),
    healthy_requests=5,
    documented=True,
    faults=FAULTS,
    # Nobody chooses Amazon's host: what altered the request is on the way from here.
    expect={
        **EXPECT,
        (WRITE, "wrong-secret"): ("request-altered", "inconclusive"),
        (REHEARSE_DELETE, "wrong-secret"): ("request-altered", "inconclusive"),
    },
    rows=(
        *SHARED_ROWS,
        Row(
            WRITE,
            error(
                400, "XAmzContentSHA256Mismatch", "The provided 'x-amz-content-sha256' header does not match what was computed."
            ),
            "request-altered",
            "inconclusive",
            f"{FACTS} §6; on the way from here: nobody chooses Amazon's host",
        ),
        Row(
            WRITE,
            HTML,
            "not-object-storage",
            "inconclusive",
            f"{FACTS} §0.9; on the way from here: nobody chooses Amazon's host",
        ),
        Row(
            REHEARSE_DELETE,
            HTML,
            "not-object-storage",
            "inconclusive",
            f"{FACTS} §5.1; on the way from here: nobody chooses Amazon's host",
        ),
        Row(
            REHEARSE_DELETE,
            error(403, "AccountProblem", "There is a problem with your AWS account"),
            "account-disabled",
            "fail",
            f"{FACTS} §1.2",
        ),
        Row(REHEARSE_DELETE, says("s3:DeleteObject", QUARANTINE), "key-quarantined", "fail", f"{FACTS} §0.4"),
        Row(
            WRITE,
            error(
                403,
                "AccessDenied",
                f"User: {USER} is not authorized to perform: kms:GenerateDataKey on resource: "
                "arn:aws:kms:eu-central-1:111122223333:key/EXAMPLE because no resource-based policy allows the kms:GenerateDataKey action",
            ),
            "encryption-key-denied",
            "fail",
            f"{FACTS} §1.3 (aws/copilot-cli#5500)",
        ),
        Row(
            WRITE,
            error(400, "KMS.DisabledException", "The key is disabled."),
            "encryption-key-unavailable",
            "fail",
            f"{FACTS} §1.4",
        ),
        Row(
            REHEARSE_DELETE,
            says("s3:DeleteObject", "because no VPC endpoint policy allows the s3:DeleteObject action"),
            "network-restricted",
            "inconclusive",
            f"{FACTS} §1.3",
        ),
        Row(WRITE, error(403, "AccessDenied", "Bucket is a requester pays bucket"), "requester-pays", "fail", f"{FACTS} §1.4"),
        Row(
            WRITE,
            says("s3:PutObject", "with an explicit deny in a resource-based policy"),
            "encryption-header-required",
            "fail",
            f"{FACTS} §1.4",
            nth=1,
        ),
        Row(WRITE, error(403, "QuotaExceeded"), "storage-full", "fail", "a real Ceph gateway behind --endpoint"),
        Row("retention-blockers", LOCKED, "retention-locked", "inconclusive", f"{FACTS} §1.4"),
        Row("retention-blockers", LOCKED, "retention-locked", "warn", f"{FACTS} §1.4", settings={"proceed": True}),
        Row(REHEARSE_DELETE, PLAIN, "delete-denied", "fail", f"{FACTS} §1.3"),
        # The exact name is refused for want of s3:GetObject, the name beside is not: delete is granted, and all the rest follows.
        Row(
            READ,
            says("s3:GetObject", "because no identity-based policy allows the s3:GetObject action"),
            "read-denied",
            "warn",
            f"{FACTS} §1.1",
        ),
        Row(
            DELETE,
            error(409, "OperationAborted", "A conflicting operation is in progress."),
            "provider-error",
            "fail",
            f"{FACTS} §1.4",
        ),
    ),
)
