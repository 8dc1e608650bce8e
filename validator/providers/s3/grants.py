"""The least-privilege grants for a destination on S3, as JSON that can be pasted: one text for findings and for ``policy``."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from shlex import quote
from typing import Any, Final

from validator.core.model import VERIFICATION_FILE
from validator.providers.base import Grant, Wanted
from validator.providers.s3.regions import partition_of

NEEDED: Final = ("s3:GetObject", "s3:PutObject", "s3:DeleteObject")
"""What Planet documents for an S3 destination."""


MAKE: Final = "planet-validator policy SOURCE"
"""The command that prints the grant; the source's own name is put in its place."""


def identity_policy(bucket: str, region: str, wanted: Wanted = Wanted()) -> str:  # noqa: B008 - frozen
    """The policy for the IAM user whose key Planet gets."""
    statements = _objects("PlanetObjects", bucket, region, wanted)
    if wanted.encryption_key:
        statements.append(_key_statement(wanted.encryption_key, region))
    return _policy(statements)


def bucket_policy(bucket: str, region: str, principal: str, wanted: Wanted = Wanted()) -> str:  # noqa: B008 - frozen
    """The bucket's side, for a user of another account. It belongs into the existing policy, which it must not replace."""
    return _policy(_objects("PlanetUser", bucket, region, wanted, Principal={"AWS": principal}))


def _objects(sid: str, bucket: str, region: str, wanted: Wanted, **principal: Any) -> list[dict[str, Any]]:
    folder = wanted.prefix.strip("/")
    folder = f"{folder}/" if folder else ""
    every = f"{bucket_arn(bucket, region)}/{folder}*"
    file = f"{bucket_arn(bucket, region)}/{VERIFICATION_FILE}"
    actions = [*NEEDED, "s3:AbortMultipartUpload"] if wanted.multipart else list(NEEDED)
    statements = [_statement(sid, actions, [every, file] if folder else every, **principal)]
    if wanted.versions:
        inside = [f"{bucket_arn(bucket, region)}/{folder}{VERIFICATION_FILE}", file] if folder else file
        statements.append(_statement("PlanetVerificationVersions", ["s3:DeleteObjectVersion"], inside, **principal))
    return statements


def _key_statement(key_arn: str, region: str) -> dict[str, Any]:
    """What writing to and reading from a bucket encrypted with a KMS key needs besides."""
    # Without a region, the key's own: S3 uses a key of the bucket's region alone.
    region = region or (*key_arn.split(":"), "", "", "", "")[3]
    service = {"kms:ViaService": f"s3.{region}.{partition_of(region).suffix}"}
    actions = ["kms:GenerateDataKey", "kms:Decrypt"]
    return {**_statement("PlanetBucketKey", actions, key_arn), "Condition": {"StringEquals": service}}


def exemption(principal: str) -> str:
    """What to add to the condition of a Deny, so that it spares this principal: a fragment, not a policy."""
    return json.dumps({"Condition": {"ArnNotEquals": {"aws:PrincipalArn": principal}}}, indent=2)


def amazon(bucket: str, region: str, wanted: Wanted) -> Grant:
    """What ``policy`` prints for a bucket of Amazon's own. Raises ValueError for a principal that a bucket policy cannot name."""
    who = wanted.principal
    notes = ["IAM takes some seconds until a change holds everywhere."]
    if wanted.prefix:
        notes.append(
            "The check of a destination writes at the root: the verification file there is granted besides the folder."
        )
    if not wanted.bucket_side:
        return Grant(identity_policy(bucket, region, wanted), (put_user_policy(who, bucket),), tuple(notes))
    if not re.fullmatch(r"arn:[\w-]+:iam::\d{12}:(user|role)/\S+", who):
        raise ValueError("a bucket policy names its user by ARN: --for arn:aws:iam::111122223333:user/planet")
    notes.append("put-bucket-policy replaces the whole policy: if the first command prints one, add the statement to it.")
    notes.append("A user of another account needs the same in its own account: run this again without --bucket-policy there.")
    return Grant(bucket_policy(bucket, region, who, wanted), bucket_commands(bucket), tuple(notes))


def compatible(bucket: str, endpoint: str, access_key: str, wanted: Wanted) -> Grant:
    """What ``policy`` prints for another store: the policy that MinIO takes, and Ceph with a user named in it."""
    wanted.refuse(encryption_key="--kms-key is of amazon_s3 alone: other stores look after their keys themselves")
    if wanted.bucket_side:
        if not wanted.principal:
            raise ValueError("a bucket policy names its user: --for arn:aws:iam:::user/planet, as the store calls it")
        document = bucket_policy(bucket, ANY_REGION, wanted.principal, wanted)
        note = "put-bucket-policy replaces the whole policy: merge what the first command prints."
        return Grant(document, bucket_commands(bucket, endpoint), (note,))
    user = quote(wanted.principal or access_key or "USER")
    commands = (
        f"mc admin policy create ALIAS {policy_name(bucket)} grant.json",
        f"mc admin policy attach ALIAS {policy_name(bucket)} --user {user}",
    )
    notes = (
        *(() if wanted.principal or access_key else ("USER is the access key whose secret Planet gets.",)),
        "The commands are MinIO's; ALIAS is what mc alias set calls the store. Ceph takes the grant as a bucket policy: --bucket-policy.",
        "Stores without policies have roles in their console instead: choose the one that may read, write and delete objects of this bucket.",
    )
    return Grant(identity_policy(bucket, ANY_REGION, wanted), commands, notes)


ANY_REGION: Final = "us-east-1"
"""Stores that are not Amazon's write their ARNs as the first partition does."""


def bucket_commands(bucket: str, endpoint: str = "") -> tuple[str, str]:
    """The command that shows a bucket's policy, and the one that puts grant.json in its place."""
    where = f"--bucket {quote(bucket)}" + (f" --endpoint-url {quote(endpoint)}" if endpoint else "")
    return (
        f"aws s3api get-bucket-policy {where} --query Policy --output text",
        f"aws s3api put-bucket-policy {where} --policy file://grant.json",
    )


def activate(user: str, access_key: str) -> str:
    """The command that makes an inactive access key active."""
    return f"aws iam update-access-key --user-name {quote(user)} --status Active --access-key-id {quote(access_key)}"


def whose(access_key: str) -> str:
    """The command that names the user of an access key, for whoever looks after its account."""
    return f"aws iam get-access-key-last-used --access-key-id {quote(access_key)} --query UserName --output text"


WHOSE: Final = "USER is the user that the first command names."
"""What to say beside commands after :func:`whose`."""


def new_user(bucket: str) -> tuple[str, ...]:
    """The commands that make a user for Planet alone, allow it what it needs, and make its key."""
    return ("aws iam create-user --user-name planet", *attach("planet", bucket), "aws iam create-access-key --user-name planet")


def policy_name(bucket: str) -> str:
    """What the policy for a bucket is called: each its own, since a second one of the same name would take the first one's place."""
    # A finding about a bucket that is given as an address has commands as well: IAM takes no other characters, and 128 of them.
    return quote(re.sub(r"[^\w+=,.@-]+", "-", f"planet-{bucket}", flags=re.ASCII)[:128])


def attach(principal: str, bucket: str, options: str = "") -> tuple[str, str]:
    """The command that writes grant.json, with these further options of ``policy``, and the one that attaches it."""
    return f"{MAKE}{f' {options}' if options else ''} > grant.json", put_user_policy(principal, bucket)


def put_user_policy(principal: str, bucket: str) -> str:
    """The command that attaches a policy, saved as grant.json, to the user or role of this ARN, or the user of this name."""
    kind, name = named(principal) if ":" in principal else ("user", principal)
    if kind == "role":
        who = f"put-role-policy --role-name {quote(name)}"
    else:
        who = f"put-user-policy --user-name {quote(name) if name else 'USER'}"
    return f"aws iam {who} --policy-name {policy_name(bucket)} --policy-document file://grant.json"


def named(principal: str) -> tuple[str, str]:
    """``user`` or ``role``, and its name, out of an ARN; empty strings if it is neither."""
    match = re.fullmatch(r"arn:[\w-]+:iam::\d+:user/(?:.*/)?([^/]+)", principal)
    if match:
        return "user", match[1]
    match = re.fullmatch(r"arn:[\w-]+:sts::\d+:assumed-role/([^/]+)/.*", principal)
    return ("role", match[1]) if match else ("", "")


def bucket_arn(bucket: str, region: str) -> str:
    """Of the bucket, in the partition of its region."""
    return f"arn:{partition_of(region).name}:s3:::{bucket}"


def _statement(sid: str, actions: Sequence[str], resource: Any, **principal: Any) -> dict[str, Any]:
    return {"Sid": sid, "Effect": "Allow", **principal, "Action": actions, "Resource": resource}


def _policy(statements: Sequence[Mapping[str, Any]]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)}, indent=2)
