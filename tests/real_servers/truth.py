"""The truth of a cell: Planet's own plain PUT and DELETE with the same key, and everything that a bucket holds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import boto3  # noqa: TID251 - the oracle is a plain client
from botocore.config import Config
from botocore.exceptions import ClientError

from validator import DestinationReport, Settings, Verdict, check

KEY = "planetverify.txt"
UNSURE = ("may or may not", "or by another")
"""Words of a residue that is told as a possibility."""
QUIET = frozenset({"plaintext-secret", "endpoint-insecure", "endpoint-unreachable-for-planet", "addressing-style-suspect"})
"""What is said of any source of these tests, and has nothing to do with the server."""


def client(endpoint: str, region: str, keys: tuple[str, str]) -> Any:
    config = Config(
        retries={"total_max_attempts": 3}, s3={"addressing_style": "path"}, request_checksum_calculation="when_required"
    )
    return boto3.client(
        "s3", endpoint_url=endpoint, region_name=region, aws_access_key_id=keys[0], aws_secret_access_key=keys[1], config=config
    )


@dataclass(frozen=True, slots=True, order=True)
class Entry:
    """One version, marker or upload."""

    key: str
    kind: str
    version: str
    etag: str = ""
    made: str = ""


def everything(owner: Any, bucket: str) -> frozenset[Entry]:
    """Every version, marker and unfinished upload of the bucket."""
    listed = owner.list_object_versions(Bucket=bucket)
    assert not listed["IsTruncated"]
    found = [
        Entry(each["Key"], "version", each["VersionId"], each["ETag"], str(each["LastModified"]))
        for each in listed.get("Versions", [])
    ]
    found += [
        Entry(each["Key"], "marker", each["VersionId"], "", str(each["LastModified"]))
        for each in listed.get("DeleteMarkers", [])
    ]
    uploads = owner.list_multipart_uploads(Bucket=bucket).get("Uploads", [])
    return frozenset(found + [Entry(each["Key"], "upload", each["UploadId"]) for each in uploads])


def visible(owner: Any, bucket: str) -> dict[str, str]:
    return {each["Key"]: each["ETag"] for each in owner.list_objects_v2(Bucket=bucket).get("Contents", [])}


def plainly(user: Any, bucket: str) -> str:
    """What Planet's check would meet: empty where both were allowed, else the refusals."""
    refusals = []
    operations: list[tuple[str, Callable[..., Any], dict[str, Any]]] = [
        ("PUT", user.put_object, {"Body": b"planet"}),
        ("DELETE", user.delete_object, {}),
    ]
    for name, ask, more in operations:
        try:
            ask(Bucket=bucket, Key=KEY, **more)
        except ClientError as error:
            refusals.append(f"{name} {error.response['ResponseMetadata']['HTTPStatusCode']} {error.response['Error']['Code']}")
    return ", ".join(refusals)


def source(kind: str, endpoint: str, region: str, bucket: str, keys: tuple[str, str]) -> dict[str, Any]:
    parameters: dict[str, Any] = {
        "amazon_s3": {"bucket": bucket, "aws_region": region, "aws_access_key_id": keys[0], "aws_secret_access_key": keys[1]},
        "s3_compatible": {
            "bucket": bucket,
            "endpoint": endpoint,
            "region": region,
            "access_key_id": keys[0],
            "secret_access_key": keys[1],
            "use_path_style": True,
        },
        "oracle_cloud_storage": {
            "bucket": bucket,
            "region": "us-ashburn-1",
            "namespace": "axexample123",
            "customer_access_key_id": keys[0],
            "customer_secret_key": keys[1],
        },
    }[kind]
    return {"name": "real", "type": kind, "parameters": parameters}


def checked(
    kind: str, endpoint: str, region: str, bucket: str, keys: tuple[str, str], *, proceed: bool = False
) -> DestinationReport:
    endpoints = {} if kind == "s3_compatible" else {kind: endpoint}
    settings = Settings(endpoints=endpoints, ignore=QUIET, proceed=proceed)
    return check(source(kind, endpoint, region, bucket, keys), settings).destinations[0]


def broken(report: DestinationReport, truth: str, before: frozenset[Entry], after: frozenset[Entry]) -> list[str]:
    """The promises that this report broke, in words."""
    faults = [f"loss: {each}" for each in sorted(before - after)]
    told = [each for each in report.residue if each.state.value != "found"]
    faults += [
        f"untold: {each}"
        for each in sorted(after - before)
        if not any(one.key == each.key and one.version_id in (None, each.version) for one in told)
    ]
    for one in told:
        there = any(one.key == each.key and one.version_id in (None, each.version) for each in after - before)
        if not there and not any(word in one.note for word in UNSURE):
            faults.append(f"told and not there: {one}")
    if truth and report.verdict in (Verdict.PASS, Verdict.WARN):
        faults.append(f"false pass: plainly, {truth}")
    if not truth and report.verdict is Verdict.FAIL:
        faults.append("false fail: plainly, both were allowed")
    return faults
