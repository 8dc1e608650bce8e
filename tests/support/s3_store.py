"""An S3 store in memory, and the answers of the real ones, for the case files and tests of every type that speaks S3."""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from dataclasses import replace
from urllib.parse import parse_qsl, unquote, urlsplit
from xml.sax.saxutils import escape

from tests.support.conformance.case import DELETE, READ, REHEARSE_DELETE, REHEARSE_WRITE, WRITE, Row, Store
from tests.support.wire import Answer, Request

USER = "arn:aws:iam::111122223333:user/planet"
REGION = "eu-central-1"
ACTIONS = {REHEARSE_DELETE: "s3:DeleteObject", DELETE: "s3:DeleteObject", WRITE: "s3:PutObject", REHEARSE_WRITE: "s3:PutObject", READ: "s3:GetObject"}  # fmt: skip


def error(status: int, code: str, message: str = "", headers: dict[str, str] | None = None, **children: str) -> Answer:
    inner = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in children.items())
    text = f"<Code>{code}</Code><Message>{escape(message)}</Message>{inner}"
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error>{text}<RequestId>EXAMPLEREQUEST</RequestId></Error>'
    sent = {"content-type": "application/xml", "x-amz-request-id": "EXAMPLEREQUEST", **(headers or {})}
    return Answer(status, sent, body.encode())


def says(action: str, context: str, resource: str = "arn:aws:s3:::imagery-in/planetverify.txt") -> Answer:
    """A refusal in AWS's enriched wording."""
    return error(
        403, "AccessDenied", f'User: {USER} is not authorized to perform: {action} on resource: "{resource}" {context}'
    )


PLAIN = error(403, "AccessDenied", "Access Denied")


def denied(step: str) -> Answer:
    action = ACTIONS.get(step, "s3:ListBucket")
    return says(action, f"because no identity-based policy allows the {action} action")


def step(request: Request) -> str:
    """Which step of the walk a request belongs to. The store's own ETags end in -1, so that a made-up one is known."""
    parts = urlsplit(request.path)
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    match = request.headers.get("if-match", "")
    if request.method == "HEAD":
        return "region"
    if "object-lock" in query:
        return "retention-blockers"
    if "versioning" in query:
        return "versioning"
    if "versionId" in query:
        return "cleanup-versions"
    if "uploads" in query:
        return "start"
    if "uploadId" in query:
        return "abort"
    if "list-type" in query:
        return "list"
    if request.method == "PUT":
        return REHEARSE_WRITE if match else WRITE
    if request.method == "GET":
        return "stat" if "range" in request.headers else READ
    if match:
        return DELETE if match.endswith('-1"') else REHEARSE_DELETE
    return REHEARSE_DELETE if re.search(r"-[0-9a-f]{16}\.txt$", parts.path) else DELETE


class S3Store(Store):
    """Path style. A bucket whose name ends in ``-versioned`` keeps versions; one that ends in ``-bare`` knows no conditions."""

    def __init__(self) -> None:
        super().__init__()
        self.versions: list[tuple[str, str]] = []
        self.count = 0

    def handle(self, request: Request) -> Answer:
        parts = urlsplit(request.path)
        _, _, rest = unquote(parts.path).partition("/")
        bucket, _, key = rest.partition("/")
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        versioned, bare = bucket.endswith("-versioned"), bucket.endswith("-bare")
        if request.method == "HEAD":
            return Answer(200, {"x-amz-bucket-region": REGION})
        if "object-lock" in query:
            return error(
                404, "ObjectLockConfigurationNotFoundError", "Object Lock configuration does not exist for this bucket"
            )
        if "versioning" in query:
            status = "<Status>Enabled</Status>" if bucket.endswith("-versioned") else ""
            return Answer(200, {}, f"<VersioningConfiguration>{status}</VersioningConfiguration>".encode())
        if "uploads" in query:
            return Answer(
                200, {}, b"<InitiateMultipartUploadResult><UploadId>EXAMPLEUPLOAD</UploadId></InitiateMultipartUploadResult>"
            )
        if "uploadId" in query:
            return Answer(204)
        if "versionId" in query:
            self.versions = [each for each in self.versions if each != (key, query["versionId"])]
            return Answer(204)
        match, none_match = request.headers.get("if-match", ""), request.headers.get("if-none-match", "")
        if bare and (match or none_match):
            return error(501, "NotImplemented", "A header you provided implies functionality that is not implemented.")
        current = self.objects.get(key)
        absent = error(404, "NoSuchKey", "The specified key does not exist.", Key=key)
        if request.method == "GET":
            return absent if current is None else self._sent(current, request)
        failed = error(412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold")
        if match and current is None:
            return absent
        if (match not in ("", "*") and match != etag(current or b"")) or (none_match and current is not None):
            return failed
        if request.method == "PUT":
            digest = b64encode(hashlib.md5(request.body, usedforsecurity=False).digest()).decode()
            if request.headers.get("content-md5", digest) != digest:
                return error(400, "BadDigest", "The Content-MD5 you specified did not match what we received.")
            self.objects[key] = request.body
            return Answer(200, {"ETag": etag(request.body), **(self._made(key) if versioned else {})})
        self.objects.pop(key, None)
        return Answer(204, {"x-amz-delete-marker": "true", **self._made(key)} if versioned else {})

    def _made(self, key: str) -> dict[str, str]:
        self.count += 1
        self.versions.append((key, f"v{self.count}"))
        return {"x-amz-version-id": f"v{self.count}"}

    def _sent(self, body: bytes, request: Request) -> Answer:
        headers = {"ETag": etag(body), "Last-Modified": "Thu, 01 Jan 2026 00:00:00 GMT"}
        found = re.fullmatch(r"bytes=0-(\d+)", request.headers.get("range", ""))
        if not found:
            return Answer(200, headers, body)
        part = body[: int(found[1]) + 1]
        return Answer(206, {**headers, "Content-Range": f"bytes 0-{len(part) - 1}/{len(body)}"}, part)


def etag(body: bytes) -> str:
    return f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}-1"'


FACTS = "facts/s3.md"
FAULTS = {
    "denied": denied,
    "unknown-key": lambda _: error(
        403, "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records."
    ),
    "wrong-secret": lambda _: error(
        403,
        "SignatureDoesNotMatch",
        "The request signature we calculated does not match the signature you provided. Check your key and signing method.",
    ),
    "no-bucket": lambda _: error(404, "NoSuchBucket", "The specified bucket does not exist", BucketName="imagery-in"),
    "throttled": lambda _: error(503, "SlowDown", "Please reduce your request rate."),
    "server-error": lambda _: error(500, "InternalError", "We encountered an internal error. Please try again."),
}
HTML = Answer(200, {"content-type": "text/html"}, b"<!DOCTYPE html><html><body>Console</body></html>")
REDIRECT = error(
    301,
    "PermanentRedirect",
    "The bucket you are attempting to access must be addressed using the specified endpoint.",
    {"x-amz-bucket-region": "eu-west-1"},
    Endpoint="imagery-in.s3.eu-west-1.amazonaws.com",
    Bucket="imagery-in",
)
WANTS_REGION = error(
    400,
    "AuthorizationHeaderMalformed",
    "The authorization header is malformed; the region 'eu-central-1' is wrong; expecting 'eu-west-1'",
    Region="eu-west-1",
)

EXPECT = {
    (WRITE, "wrong-secret"): ("request-altered", "fail"),
    (READ, "wrong-secret"): ("key-accepted-then-refused", "warn"),
    (REHEARSE_DELETE, "unknown-key"): ("unknown-access-key", "fail"),
    (REHEARSE_DELETE, "wrong-secret"): ("request-altered", "fail"),
    (REHEARSE_DELETE, "no-bucket"): ("bucket-not-found", "fail"),
}
"""What a fault means at a step where it means something else than at the others."""

SHARED_ROWS = (
    Row(
        REHEARSE_DELETE,
        error(
            403,
            "RequestTimeTooSkewed",
            "The difference between the request time and the current time is too large.",
            ServerTime="2026-01-01T00:00:00Z",
        ),
        "clock-skew",
        "inconclusive",
        f"{FACTS} §1.2",
    ),
    Row(
        REHEARSE_DELETE,
        error(400, "ExpiredToken", "The provided token has expired."),
        "temporary-credentials",
        "fail",
        f"{FACTS} §1.2",
    ),
    Row(
        REHEARSE_DELETE,
        error(400, "AuthorizationHeaderMalformed", "The authorization header is malformed; the Credential is mal-formed"),
        "access-key-malformed",
        "fail",
        f"{FACTS} §6",
    ),
    Row(
        REHEARSE_DELETE,
        error(405, "MethodNotAllowed", "The specified method is not allowed against this resource."),
        "unexplained-refusal",
        "fail",
        "the API's own answer: which of its reasons it is, it does not say",
    ),
    Row(REHEARSE_DELETE, REDIRECT, "wrong-region", "fail", f"{FACTS} §1.4"),
    Row(REHEARSE_DELETE, REDIRECT, "wrong-region", "fail", f"{FACTS} §1.4: the experiment is let in", nth=1),
    Row(REHEARSE_DELETE, WANTS_REGION, "wrong-region", "fail", f"{FACTS} §1.4"),
    Row(
        REHEARSE_DELETE,
        error(400, "AuthorizationHeaderMalformed", "The authorization header is malformed; the region is wrong"),
        "wrong-region",
        "fail",
        f"{FACTS} §6",
    ),
    Row(
        WRITE,
        error(
            400,
            "InvalidRequest",
            "Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests with Object Lock parameters",
        ),
        "checksum-required",
        "fail",
        f"{FACTS} §0.7 (versity/versitygw#1740)",
    ),
    Row(
        DELETE,
        error(403, "AccessDenied", "Access Denied because object protected by object lock."),
        "retention-locked",
        "fail",
        f"{FACTS} §1.3",
        also=("residue-left",),
    ),
    Row("start", PLAIN, "multipart-denied", "warn", f"{FACTS} §1.1", settings={"multipart": True}),
    Row(
        "abort",
        says("s3:AbortMultipartUpload", "because no identity-based policy allows the s3:AbortMultipartUpload action"),
        "multipart-denied",
        "warn",
        f"{FACTS} §1.1",
        settings={"multipart": True},
    ),
    Row("abort", PLAIN, "multipart-denied", "warn", f"{FACTS} §1.1", settings={"multipart": True}),
    Row(
        REHEARSE_DELETE,
        says("s3:GetObject", "because no identity-based policy allows the s3:GetObject action"),
        "delete-denied",
        "fail",
        f"{FACTS} §1.5",
    ),
    Row(WRITE, PLAIN, "write-denied", "fail", f"{FACTS} §1.3"),
    Row(READ, PLAIN, "read-denied", "warn", f"{FACTS} §1.3"),
    Row(DELETE, PLAIN, "delete-denied", "fail", f"{FACTS} §1.3", also=("residue-left",)),
    Row(
        "cleanup-versions",
        PLAIN,
        "versions-remain",
        "warn",
        f"{FACTS} §1.4",
        changes={"bucket": "imagery-versioned"},
    ),
    Row(
        "cleanup-versions",
        error(403, "AccessDenied", "Access Denied because object protected by object lock."),
        "retention-locked",
        "warn",
        f"{FACTS} §1.4: the delete itself was granted, as Planet's would be",
        changes={"bucket": "imagery-versioned"},
        also=("versions-remain",),
    ),
)
"""What Amazon and the others have in common."""


def at(row: Row, **changes: object) -> Row:
    return replace(row, **changes)  # type: ignore[arg-type]  # fields of Row
