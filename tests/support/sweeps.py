"""Sweeps of buckets on moto, with permissions enforced."""

from __future__ import annotations

from typing import Any

from validator.core.model import Report
from validator.demo.emulators.s3 import Exchange, S3Emulator, UserKey

FILE = "planetverify.txt"
EVERYTHING = ("s3:*",)
LISTING = ("s3:ListBucket", "s3:ListBucketVersions", "s3:ListBucketMultipartUploads")


def request(key: UserKey, bucket: str = "imagery-in", **more: Any) -> dict[str, Any]:
    parameters = {
        "bucket": bucket,
        "aws_region": "eu-central-1",
        "aws_access_key_id": key.access_key_id,
        "aws_secret_access_key": key.secret_access_key,
        **more,
    }
    return {"name": "my imagery", "type": "amazon_s3", "parameters": parameters}


def finding(report: Report, name: str) -> Any:
    return next(each for each in report.destinations[0].findings if each.name == name)


def changes(s3: S3Emulator) -> list[Exchange]:
    return [each for each in s3.requests if each.method in ("PUT", "POST", "DELETE") and each.status < 300]
