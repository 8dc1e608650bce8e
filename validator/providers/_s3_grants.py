"""The least-privilege grants for a destination on S3, as JSON that can be pasted: one text for findings and for ``policy``."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from shlex import quote
from typing import Any, Final

from validator.model import VERIFICATION_FILE
from validator.providers._s3_regions import partition_of

NEEDED: Final = ("s3:GetObject", "s3:PutObject", "s3:DeleteObject")
"""What Planet documents for an S3 destination."""


def identity_policy(
    bucket: str,
    region: str,
    *,
    prefix: str = "",
    multipart: bool = False,
    versions: bool = False,
    key_arn: str = "",
) -> str:
    """The policy for the IAM user whose key Planet gets.

    ``prefix`` narrows it to a folder and the verification file; ``multipart`` adds the clean-up of unfinished uploads,
    ``versions`` that of the verification file's versions, ``key_arn`` the use of a KMS key.
    """
    objects = f"{bucket_arn(bucket, region)}/{prefix}*"
    resources = [objects, f"{bucket_arn(bucket, region)}/{VERIFICATION_FILE}"] if prefix else objects
    actions = [*NEEDED, "s3:AbortMultipartUpload"] if multipart else list(NEEDED)
    statements = [_statement("PlanetObjects", actions, resources)]
    if versions:
        file = f"{bucket_arn(bucket, region)}/{VERIFICATION_FILE}"
        statements.append(_statement("PlanetVerificationVersions", ["s3:DeleteObjectVersion"], file))
    if key_arn:
        statements.append(key_statement(key_arn, region))
    return _policy(statements)


def bucket_policy(bucket: str, region: str, principal: str) -> str:
    """The bucket's side, for a user of another account. It belongs into the existing policy, which it must not replace."""
    statement = _statement("PlanetUser", list(NEEDED), f"{bucket_arn(bucket, region)}/*")
    return _policy([{"Sid": statement.pop("Sid"), "Effect": "Allow", "Principal": {"AWS": principal}, **statement}])


def key_statement(key_arn: str, region: str) -> dict[str, Any]:
    """What writing to and reading from a bucket encrypted with a KMS key needs besides."""
    return {
        **_statement("PlanetBucketKey", ["kms:GenerateDataKey", "kms:Decrypt"], key_arn),
        "Condition": {"StringEquals": {"kms:ViaService": f"s3.{region}.{partition_of(region).suffix}"}},
    }


def key_policy(key_arn: str, region: str) -> str:
    """The KMS statement alone, as a policy."""
    return _policy([key_statement(key_arn, region)])


def exemption(principal: str) -> str:
    """What to add to the condition of a Deny, so that it spares this principal: a fragment, not a policy."""
    return json.dumps({"Condition": {"ArnNotEquals": {"aws:PrincipalArn": principal}}}, indent=2)


def lifecycle() -> str:
    """Lifecycle rules that clear away the verification file's versions and markers within days."""
    rules = [
        {
            "ID": "planetverify",
            "Status": "Enabled",
            "Filter": {"Prefix": VERIFICATION_FILE},
            "NoncurrentVersionExpiration": {"NoncurrentDays": 1},
        },
        {
            "ID": "planetverify-markers",
            "Status": "Enabled",
            "Filter": {"Prefix": VERIFICATION_FILE},
            "Expiration": {"ExpiredObjectDeleteMarker": True},
        },
    ]
    return json.dumps({"Rules": rules}, indent=2)


def put_user_policy(principal: str) -> str:
    """The command that attaches a policy, saved as grant.json, to the user or role of this ARN."""
    kind, name = named(principal)
    if kind == "role":
        who = f"put-role-policy --role-name {quote(name)}"
    else:
        who = f"put-user-policy --user-name {quote(name) if name else 'USER'}"
    return f"aws iam {who} --policy-name planet-destination --policy-document file://grant.json"


def named(principal: str) -> tuple[str, str]:
    """``user`` or ``role``, and its name, out of an ARN; empty strings if it is neither."""
    found = re.fullmatch(r"arn:[\w-]+:iam::\d+:user/(?:.*/)?([^/]+)", principal)
    if found:
        return "user", found[1]
    found = re.fullmatch(r"arn:[\w-]+:sts::\d+:assumed-role/([^/]+)/.*", principal)
    return ("role", found[1]) if found else ("", "")


def bucket_arn(bucket: str, region: str) -> str:
    """Of the bucket, in the partition of its region."""
    return f"arn:{partition_of(region).name}:s3:::{bucket}"


def _statement(sid: str, actions: Sequence[str], resource: Any) -> dict[str, Any]:
    return {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resource}


def _policy(statements: Sequence[Mapping[str, Any]]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)}, indent=2)
