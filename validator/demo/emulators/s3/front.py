"""What stands between a client and moto: everything that S3 refuses, in S3's own words, before moto is asked at all."""

from __future__ import annotations

import base64
import binascii
import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from validator.demo.emulators.http import Reply
from validator.demo.emulators.s3.access import (
    EmulatorState,
    Refusal,
    S3Request,
    User,
    authenticated,
    region_of,
)
from validator.demo.emulators.s3.iam import ALLOWED, AccessRequest, decide
from validator.demo.emulators.s3.store import Store


def respond(world: EmulatorState, request: S3Request) -> Reply:
    """The answer of S3, as far as it is documented; what that means is told in :mod:`validator.demo.emulators.s3`."""
    region = region_of(world, request)
    try:
        answer = _granted(world, request)
    except Refusal as refusal:
        answer = refusal.reply
    headers = {name.lower(): value for name, value in answer.headers.items() if name.lower() not in _DROPPED}
    if headers.get("content-type", "").startswith("text/html") and not answer.body:
        del headers["content-type"]  # moto's server says so of nothing
    headers.setdefault("x-amz-request-id", secrets.token_hex(8).upper())
    if region and request.method == "HEAD" and not request.key:
        headers["x-amz-bucket-region"] = region  # on every HeadBucket, whatever the permissions
    return replace(answer, headers=headers)


_DROPPED: Final = ("server", "date", "connection", "access-control-allow-origin", "access-control-allow-methods")


def _granted(world: EmulatorState, request: S3Request) -> Reply:
    user = authenticated(world, request)
    if not request.bucket:
        raise Refusal(403, "AccessDenied", "Access Denied")  # an account's list of buckets is not emulated
    if region_of(world, request) is None:
        raise Refusal(404, "NoSuchBucket", "The specified bucket does not exist", BucketName=request.bucket)
    context = _context(request, user)

    def authorise(action: str, resource: str) -> None:
        question = AccessRequest(user.principal, action, resource, context)
        reason = decide(question, user.policies, user.boundary, world.policies.get(request.bucket))
        if reason != ALLOWED:
            who = f"User: {user.principal.arn} is not authorized to perform"
            raise Refusal(403, "AccessDenied", f'{who}: {action} on resource: "{resource}" {reason}')

    judgeable = all(policy.plain for policy in user.policies) and request.bucket not in world.policies
    for action, resource in _needed(request):
        authorise(action, resource)
    if request.key:
        _preconditions(world.store, request)
        _intact(world.store, request)
        _kept(world.store, request)
    planted = _planted_marker(world.store, request)
    if planted is not None:
        return planted
    conditions = {"if-match", "if-none-match"} & request.headers.keys()
    # A second judge: moto checks the signature and the identity policies again, as far as it understands them.
    judges = judgeable and not conditions and request.query.keys() <= _MOTO_KNOWS
    dropped = conditions if request.method in ("PUT", "DELETE") else ()  # they have been dealt with
    headers = {name: value for name, value in request.headers.items() if name not in dropped}
    answer = world.store.ask(replace(request, headers=headers), judges=judges)
    if answer.status == 404 and request.key and request.method in ("GET", "HEAD"):
        # Who may not list may not learn that a key is absent.
        authorise("s3:ListBucket", f"arn:aws:s3:::{request.bucket}")
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
_VERBS: Final = {"PUT": "Put", "POST": "Put", "DELETE": "Delete"}
"""By method; every other gets."""
_PARTS: Final = {
    "retention": "Retention",
    "legal-hold": "LegalHold",
    "tagging": "Tagging",
    "acl": "Acl",
    "versionId": "Version",
}
_UPLOADS: Final = {"GET": "ListMultipartUploadParts", "DELETE": "AbortMultipartUpload"}


def _needed(request: S3Request) -> Sequence[tuple[str, str]]:
    """Every action that the request needs, with its resource, as the S3 API reference names them."""
    arn = f"arn:aws:s3:::{request.bucket}"
    if not request.key:
        if request.method not in ("GET", "HEAD"):
            # Buckets are made and changed through the emulator's own methods.
            raise Refusal(403, "AccessDenied", "Access Denied")
        name = next((_BUCKET_ACTIONS[each] for each in request.query if each in _BUCKET_ACTIONS), "ListBucket")
        return ((f"s3:{name}", arn),)
    part = next((_PARTS[each] for each in request.query if each in _PARTS), "")
    name = f"{_VERBS.get(request.method, 'Get')}Object{part}"
    if "uploadId" in request.query:
        name = _UPLOADS.get(request.method, name)
    needed = [(f"s3:{name}", f"{arn}/{request.key}")]
    if request.method == "DELETE" and request.headers.get("if-match", "*") != "*":
        needed.append(("s3:GetObject", f"{arn}/{request.key}"))
    if _bypass(request):
        needed.append(("s3:BypassGovernanceRetention", f"{arn}/{request.key}"))
    return needed


def _context(request: S3Request, user: User) -> Mapping[str, str]:
    """The condition keys that this request has."""
    context = {
        "aws:currenttime": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "aws:principalaccount": user.principal.account,
        "aws:principalarn": user.principal.arn,
        "aws:securetransport": str(request.tls).lower(),
        "aws:sourceip": request.source_ip,
        "aws:username": user.principal.name,
        "s3:authtype": "REST-HEADER",
        "s3:resourceaccount": user.principal.account,
        "s3:signatureversion": "AWS4-HMAC-SHA256",
    }
    if request.headers.get("user-agent"):
        context["aws:useragent"] = request.headers["user-agent"]
    for name in _CONDITION_HEADERS:
        if name in request.headers:
            context[f"s3:{name}"] = request.headers[name]
    for name in ("prefix", "delimiter", "max-keys", "versionId"):
        if name in request.query:
            context[f"s3:{name.lower()}"] = request.query[name]
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


def _preconditions(store: Store, request: S3Request) -> None:
    """RFC 9110 conditions on PUT and DELETE, as the S3 guide's pages on conditional requests describe them."""
    if request.method not in ("PUT", "DELETE") or request.query.get("uploadId"):
        return
    if_match, if_none_match = request.headers.get("if-match"), request.headers.get("if-none-match")
    etag = store.etag(request.bucket, request.key)
    if if_match is not None:
        if etag is None and not (store.is_marker(request.bucket, request.key) and request.method == "DELETE"):
            raise Refusal(404, "NoSuchKey", "The specified key does not exist.", Key=request.key)
        if etag is None or if_match.strip('"') not in ("*", etag.strip('"')):
            raise _failed("If-Match")
    if if_none_match is not None and request.method == "PUT":
        if if_none_match != "*":
            raise Refusal(
                501,
                "NotImplemented",
                "A header you provided implies functionality that is not implemented",
                Header="If-None-Match",
            )
        if etag is not None:
            raise _failed("If-None-Match")


def _failed(condition: str) -> Refusal:
    return Refusal(
        412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold", Condition=condition
    )


def _intact(store: Store, request: S3Request) -> None:
    if request.method != "PUT":
        return
    stated = request.headers.get("content-md5")
    if stated is None:
        bucket: Any = store.bucket(request.bucket)
        if bucket.has_default_lock and not any(name.startswith("x-amz-checksum-") for name in request.headers):
            raise Refusal(
                400,
                "InvalidRequest",
                "Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests with Object Lock parameters",
            )
        return
    try:
        digest = base64.b64decode(stated, validate=True)
    except binascii.Error:
        digest = b""
    if len(digest) != 16:
        raise Refusal(400, "InvalidDigest", "The Content-MD5 you specified was invalid.")
    if digest != hashlib.md5(request.body, usedforsecurity=False).digest():
        raise Refusal(400, "BadDigest", "The Content-MD5 you specified did not match what we received.")


def _bypass(request: S3Request) -> bool:
    return request.headers.get("x-amz-bypass-governance-retention", "").lower() == "true"


def _kept(store: Store, request: S3Request) -> None:
    version = request.query.get("versionId")
    if request.method == "DELETE" and version and store.locked(request.bucket, request.key, version, bypass=_bypass(request)):
        raise Refusal(403, "AccessDenied", "Access Denied because object protected by object lock.")


def _planted_marker(store: Store, request: S3Request) -> Reply | None:
    """In a versioned bucket a plain DELETE leaves a marker, for a key that was never there as well: moto makes none."""
    bucket: Any = store.bucket(request.bucket)
    if request.method != "DELETE" or not request.key or request.query or not bucket.is_versioned or request.key in bucket.keys:
        return None
    version = store.plant_marker(request.bucket, request.key)
    return Reply(204, {"x-amz-delete-marker": "true", "x-amz-version-id": version}, b"")
