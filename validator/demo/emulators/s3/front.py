"""What stands between a client and moto: everything that S3 refuses, in S3's own words, before moto is asked at all."""

from __future__ import annotations

import base64
import binascii
import hashlib
import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final
from xml.sax.saxutils import escape

from validator.demo.emulators.http import Reply
from validator.demo.emulators.s3.access import (
    Asked,
    EmulatorState,
    Refusal,
    User,
    as_root,
    authenticated,
    region_of,
    signature_of,
)
from validator.demo.emulators.s3.iam import ALLOWED, AccessRequest, decide
from validator.demo.emulators.s3.store import Store


def respond(world: EmulatorState, asked: Asked) -> Reply:
    """The answer of S3, as far as it is documented; what that means is told in :mod:`validator.demo.emulators.s3`."""
    region = region_of(world, asked)
    try:
        answer = _granted(world, asked)
    except Refusal as refusal:
        answer = _xml(refusal)
    headers = {name.lower(): value for name, value in answer.headers.items() if name.lower() not in _DROPPED}
    if asked.method != "HEAD" or answer.status >= 300:
        headers["content-length"] = str(len(answer.body))
    if headers.get("content-type", "").startswith("text/html") and not answer.body:
        del headers["content-type"]  # moto's server says so of nothing
    headers.setdefault("x-amz-request-id", secrets.token_hex(8).upper())
    if region and asked.method == "HEAD" and not asked.key:
        headers["x-amz-bucket-region"] = region  # on every HeadBucket, whatever the permissions
    return Reply(answer.status, headers, b"" if asked.method == "HEAD" else answer.body)


_DROPPED: Final = ("server", "date", "connection", "access-control-allow-origin", "access-control-allow-methods")


def _granted(world: EmulatorState, asked: Asked) -> Reply:
    signature = signature_of(asked)
    user = authenticated(world, asked, signature)
    if not asked.bucket:
        raise Refusal(403, "AccessDenied", "Access Denied")  # an account's list of buckets is not emulated
    region = region_of(world, asked)
    if region is None:
        raise Refusal(404, "NoSuchBucket", "The specified bucket does not exist", BucketName=asked.bucket)
    context = _context(world, asked, user)
    judgeable = all(policy.plain for policy in user.policies) and asked.bucket not in world.policies
    for action, resource in _needed(asked):
        _authorise(world, asked, user, action, resource, context)
    if asked.key:
        _preconditions(world.store, asked)
        _intact(world.store, asked)
        _kept(world.store, asked)
    planted = _planted_marker(world.store, asked)
    if planted is not None:
        return planted
    if judgeable and not ({"if-match", "if-none-match"} & set(asked.headers)) and set(asked.query) <= _MOTO_KNOWS:
        answer = _moto(world.store, asked)  # a second judge: moto checks the signature and the identity policies again
    else:
        answer = _moto(world.store, as_root(world.store, asked, signature))
    if answer.status == 404 and asked.key and asked.method in ("GET", "HEAD"):
        # Who may not list may not learn that a key is absent.
        _authorise(world, asked, user, "s3:ListBucket", f"arn:aws:s3:::{asked.bucket}", context)
    return answer


_MOTO_KNOWS: Final = {"versionId", "versions", "uploads", "uploadId", "partNumber", "list-type", "prefix", "max-keys"}


# ---- may they --------------------------------------------------------------------------------------------------------

_BUCKET_ACTIONS: Final = {
    "versions": "ListBucketVersions",
    "uploads": "ListBucketMultipartUploads",
    "location": "GetBucketLocation",
    "versioning": "GetBucketVersioning",
    "object-lock": "GetBucketObjectLockConfiguration",
    "policy": "GetBucketPolicy",
    "encryption": "GetEncryptionConfiguration",
    "lifecycle": "GetLifecycleConfiguration",
    "requestPayment": "GetBucketRequestPayment",
    "publicAccessBlock": "GetBucketPublicAccessBlock",
    "acl": "GetBucketAcl",
    "tagging": "GetBucketTagging",
}
_OBJECT_ACTIONS: Final = {
    ("GET", "retention"): "GetObjectRetention",
    ("GET", "legal-hold"): "GetObjectLegalHold",
    ("GET", "tagging"): "GetObjectTagging",
    ("GET", "acl"): "GetObjectAcl",
    ("GET", "uploadId"): "ListMultipartUploadParts",
    ("GET", "versionId"): "GetObjectVersion",
    ("HEAD", "versionId"): "GetObjectVersion",
    ("PUT", "retention"): "PutObjectRetention",
    ("PUT", "legal-hold"): "PutObjectLegalHold",
    ("PUT", "tagging"): "PutObjectTagging",
    ("PUT", "acl"): "PutObjectAcl",
    ("DELETE", "uploadId"): "AbortMultipartUpload",
    ("DELETE", "versionId"): "DeleteObjectVersion",
}
_PLAIN: Final = {"GET": "GetObject", "HEAD": "GetObject", "PUT": "PutObject", "POST": "PutObject", "DELETE": "DeleteObject"}


def _needed(asked: Asked) -> Sequence[tuple[str, str]]:
    """Every action that the request needs, with its resource, as the S3 API reference names them."""
    arn = f"arn:aws:s3:::{asked.bucket}"
    if not asked.key:
        if asked.method not in ("GET", "HEAD"):
            # Buckets are made and changed through the emulator's own methods.
            raise Refusal(403, "AccessDenied", "Access Denied")
        name = next((_BUCKET_ACTIONS[each] for each in asked.query if each in _BUCKET_ACTIONS), "ListBucket")
        return ((f"s3:{name}", arn),)
    special = (_OBJECT_ACTIONS.get((asked.method, each)) for each in asked.query)
    name = next((each for each in special if each), _PLAIN.get(asked.method, "GetObject"))
    needed = [(f"s3:{name}", f"{arn}/{asked.key}")]
    if asked.method == "DELETE" and asked.headers.get("if-match", "*") != "*":
        needed.append(("s3:GetObject", f"{arn}/{asked.key}"))
    if _bypass(asked):
        needed.append(("s3:BypassGovernanceRetention", f"{arn}/{asked.key}"))
    return needed


def _authorise(world: EmulatorState, asked: Asked, user: User, action: str, resource: str, context: Mapping[str, str]) -> None:
    question = AccessRequest(user.principal, action, resource, context)
    reason = decide(question, user.policies, user.boundary, world.policies.get(asked.bucket))
    if reason != ALLOWED:
        raise Refusal(
            403,
            "AccessDenied",
            f'User: {user.principal.arn} is not authorized to perform: {action} on resource: "{resource}" {reason}',
        )


def _context(world: EmulatorState, asked: Asked, user: User) -> Mapping[str, str]:
    """The condition keys that this request has."""
    context = {
        "aws:currenttime": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "aws:principalaccount": user.principal.account,
        "aws:principalarn": user.principal.arn,
        "aws:securetransport": str(world.tls).lower(),
        "aws:sourceip": world.source_ip,
        "aws:username": user.principal.name,
        "s3:authtype": "REST-HEADER",
        "s3:resourceaccount": user.principal.account,
        "s3:signatureversion": "AWS4-HMAC-SHA256",
    }
    if asked.headers.get("user-agent"):
        context["aws:useragent"] = asked.headers["user-agent"]
    for name in _CONDITION_HEADERS:
        if name in asked.headers:
            context[f"s3:{name}"] = asked.headers[name]
    for name in ("prefix", "delimiter", "max-keys", "versionId"):
        if name in asked.query:
            context[f"s3:{name.lower()}"] = asked.query[name]
    return context


_CONDITION_HEADERS: Final = (
    "if-match",
    "if-none-match",
    "x-amz-acl",
    "x-amz-content-sha256",
    "x-amz-server-side-encryption",
    "x-amz-server-side-encryption-aws-kms-key-id",
    "x-amz-storage-class",
)


# ---- can it be done --------------------------------------------------------------------------------------------------


def _preconditions(store: Store, asked: Asked) -> None:
    """RFC 9110 conditions on PUT and DELETE, as the S3 guide's pages on conditional requests describe them."""
    if asked.method not in ("PUT", "DELETE") or asked.query.get("uploadId"):
        return
    wanted, unwanted = asked.headers.get("if-match"), asked.headers.get("if-none-match")
    etag = store.etag(asked.bucket, asked.key)
    failed = Refusal(412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold")
    if wanted is not None:
        failed.more = {"Condition": "If-Match"}
        if etag is None:
            if store.is_marker(asked.bucket, asked.key) and asked.method == "DELETE":
                raise failed
            raise Refusal(404, "NoSuchKey", "The specified key does not exist.", Key=asked.key)
        if wanted != "*" and wanted.strip('"') != etag.strip('"'):
            raise failed
    if unwanted is not None and asked.method == "PUT":
        if unwanted != "*":
            raise Refusal(
                501,
                "NotImplemented",
                "A header you provided implies functionality that is not implemented",
                Header="If-None-Match",
            )
        if etag is not None:
            failed.more = {"Condition": "If-None-Match"}
            raise failed


def _intact(store: Store, asked: Asked) -> None:
    if asked.method != "PUT":
        return
    stated = asked.headers.get("content-md5")
    if stated is None:
        bucket: Any = store.bucket(asked.bucket)
        if bucket.has_default_lock and not any(name.startswith("x-amz-checksum-") for name in asked.headers):
            raise Refusal(
                400,
                "InvalidRequest",
                "Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests with Object Lock parameters",
            )
        return
    try:
        wanted = base64.b64decode(stated, validate=True)
    except binascii.Error:
        wanted = b""
    if len(wanted) != 16:
        raise Refusal(400, "InvalidDigest", "The Content-MD5 you specified was invalid.")
    if wanted != hashlib.md5(asked.body, usedforsecurity=False).digest():
        raise Refusal(400, "BadDigest", "The Content-MD5 you specified did not match what we received.")


def _bypass(asked: Asked) -> bool:
    return asked.headers.get("x-amz-bypass-governance-retention", "").lower() == "true"


def _kept(store: Store, asked: Asked) -> None:
    version = asked.query.get("versionId")
    if asked.method == "DELETE" and version and store.locked(asked.bucket, asked.key, version, bypass=_bypass(asked)):
        raise Refusal(403, "AccessDenied", "Access Denied because object protected by object lock.")


def _planted_marker(store: Store, asked: Asked) -> Reply | None:
    """In a versioned bucket a plain DELETE leaves a marker, for a key that was never there as well: moto makes none."""
    bucket: Any = store.bucket(asked.bucket)
    if asked.method != "DELETE" or not asked.key or asked.query or not bucket.is_versioned or asked.key in bucket.keys:
        return None
    version = store.plant_marker(asked.bucket, asked.key)
    return Reply(204, {"x-amz-delete-marker": "true", "x-amz-version-id": version}, b"")


# ---- answers ---------------------------------------------------------------------------------------------------------


def _moto(store: Store, asked: Asked) -> Reply:
    return store.ask(asked.method, asked.target, asked.headers, asked.body)


def _xml(refusal: Refusal) -> Reply:
    elements = {"Code": refusal.code, "Message": refusal.message, **refusal.more}
    request = secrets.token_hex(8).upper()
    inner = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in {**elements, "RequestId": request}.items())
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error>{inner}</Error>'.encode()
    return Reply(refusal.status, {**refusal.headers, "x-amz-request-id": request, "content-type": "application/xml"}, body)
