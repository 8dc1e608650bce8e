"""What may be done with a bucket's objects, and the deed itself: read, list, write, delete."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Mapping
from email.utils import formatdate
from xml.sax.saxutils import escape

from validator.demo.emulators.http import Reply, Request
from validator.demo.emulators.oracle.tenancy import Bucket, Habits, OracleRefused, no_bucket, not_implemented


def serve(request: Request, bucket: Bucket, key: str, granted: frozenset[str], habits: Habits) -> Reply:
    """Carry it out for somebody who is known. Raises OracleRefused."""
    query = request.query
    if request.method == "GET" and not key:
        return _list(bucket, query, granted)
    if request.method == "GET":
        return _get(bucket, key, request.headers.get("range", ""), granted)
    if request.method == "PUT" and key and not query:
        return _put(bucket, key, request.body, granted)
    if request.method == "DELETE" and "uploadId" in query:
        _need(granted, "OBJECT_DELETE")
        if bucket.uploads.pop(query["uploadId"], None) is None:
            raise OracleRefused(404, "NoSuchUpload", "The specified upload does not exist.")
        return Reply(204)
    if request.method == "DELETE" and key and not query:
        return _delete(bucket, key, request.headers.get("if-match"), granted, habits)
    if request.method == "POST" and "uploads" in query:
        _need(granted, "OBJECT_CREATE", "OBJECT_OVERWRITE")
        upload = secrets.token_hex(16)
        bucket.uploads[upload] = key
        return Reply.xml(
            f"<InitiateMultipartUploadResult><Key>{escape(key)}</Key><UploadId>{upload}</UploadId></InitiateMultipartUploadResult>"
        )
    raise not_implemented()


def _get(bucket: Bucket, key: str, byte_range: str, granted: frozenset[str]) -> Reply:
    _need(granted, "OBJECT_READ")
    if key not in bucket.objects:
        raise OracleRefused(404, "NoSuchKey", "The specified key does not exist.")
    _need_vault(bucket)
    body = bucket.objects[key]
    headers = {"etag": _etag(body), "last-modified": formatdate(usegmt=True), "content-type": "text/plain"}
    match = re.fullmatch(r"bytes=0-(\d+)", byte_range)
    if match is None:
        return Reply(200, headers, body)
    if not body:
        raise OracleRefused(416, "InvalidRange", "The requested range is not satisfiable.")
    part = body[: int(match[1]) + 1]
    return Reply(206, {**headers, "content-range": f"bytes 0-{len(part) - 1}/{len(body)}"}, part)


def _list(bucket: Bucket, query: Mapping[str, str], granted: frozenset[str]) -> Reply:
    _need(granted, "OBJECT_INSPECT")
    rows = "".join(
        f"<Contents><Key>{escape(key)}</Key><Size>{len(body)}</Size><ETag>{escape(_etag(body))}</ETag></Contents>"
        for key, body in sorted(bucket.objects.items())
        if key.startswith(query.get("prefix", ""))
    )
    return Reply.xml(f"<ListBucketResult><Prefix>{escape(query.get('prefix', ''))}</Prefix>{rows}</ListBucketResult>")


def _put(bucket: Bucket, key: str, body: bytes, granted: frozenset[str]) -> Reply:
    there = key in bucket.objects
    _need(granted, "OBJECT_OVERWRITE" if there else "OBJECT_CREATE")
    if there:
        _need_no_retention(bucket)
    _need_vault(bucket)
    if there and bucket.versioned:
        bucket.versions.append(key)
    bucket.objects[key] = body
    return Reply(200, {"etag": _etag(body)})


def _delete(bucket: Bucket, key: str, condition: str | None, granted: frozenset[str], habits: Habits) -> Reply:
    if condition is not None and habits.conditions == "refused":
        raise not_implemented()
    _need(granted, "OBJECT_DELETE")
    if key not in bucket.objects:
        if habits.absent_delete == 404:
            raise OracleRefused(404, "NoSuchKey", "The specified key does not exist.")
        return Reply(204)
    if condition is not None and habits.conditions == "honoured" and condition != _etag(bucket.objects[key]):
        raise OracleRefused(412, "PreconditionFailed", "At least one of the preconditions you specified did not hold.")
    _need_no_retention(bucket)
    del bucket.objects[key]
    if bucket.versioned:
        bucket.versions += [key, key]
    return Reply(204)


def _need(granted: frozenset[str], *permissions: str) -> None:
    if not granted.issuperset(permissions):
        raise no_bucket()


def _need_no_retention(bucket: Bucket) -> None:
    if bucket.retention:
        raise OracleRefused(
            403, "RetentionRuleViolation", "The object cannot be changed or deleted: a retention rule of the bucket is active."
        )


def _need_vault(bucket: Bucket) -> None:
    if not bucket.vault_key:
        raise OracleRefused(404, "NotAuthorizedOrFoundKmsKey", "Authorization failed or the requested KMS key was not found.")


def _etag(body: bytes) -> str:
    return f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"'
