"""Oracle Cloud Storage through its S3 Compatibility API: bodies as captured in the field where there are captures, inferred where the origin says so."""

from __future__ import annotations

import base64
import hashlib
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from tests.support.conformance.case import DELETE, READ, REHEARSE_DELETE, WRITE, Case, Row, Store
from tests.support.wire import Answer, Request, Wire
from validator.checking.assemble import Settings
from validator.demo.emulators.oracle import NO_BUCKET, UNKNOWN_KEY, WRONG_SECRET
from validator.providers.oracle.rehearsal import MADE_UP

BUCKET = "imagery-in"
KEY_ID = hashlib.sha256(b"EXAMPLE").hexdigest()[:40]
SECRET = base64.b64encode(hashlib.sha256(b"EXAMPLE of a secret").digest()).decode()
REQUEST_ID = {"x-amz-request-id": "iad-1:EXAMPLE0requestid"}

STAT, WITNESS, START, ABORT = "stat", "witness", "start", "abort"
STUBBORN = b"nobody may write over this"


def xml(status: int, code: str, message: str) -> Answer:
    """Message before Code, and the region's short code in the request id: as Oracle does."""
    body = f'<?xml version="1.0" encoding="UTF-8"?><Error><Message>{message}</Message><Code>{code}</Code></Error>'
    return Answer(status, {"content-type": "application/xml", **REQUEST_ID}, body.encode())


NO_SUCH_BUCKET = xml(404, "NoSuchBucket", NO_BUCKET)
NO_SUCH_KEY = xml(404, "NoSuchKey", "The specified key does not exist.")
NOT_FOUND_KEY = xml(403, "SignatureDoesNotMatch", UNKNOWN_KEY)
BAD_SIGNATURE = xml(403, "SignatureDoesNotMatch", WRONG_SECRET)
STRANGE = xml(400, "InvalidRequest", "The request is not valid.")


def etag(body: bytes) -> str:
    return f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"'


class OracleStore(Store):
    def handle(self, request: Request) -> Answer:
        split = urlsplit(request.path)
        _, bucket, key = [*unquote(split.path).split("/", 2), ""][:3]
        query = parse_qs(split.query, keep_blank_values=True)
        if bucket != BUCKET:
            return NO_SUCH_BUCKET
        if request.method == "GET" and not key:
            rows = "".join(f"<Contents><Key>{name}</Key></Contents>" for name in self.objects)
            return Answer(200, REQUEST_ID, f"<ListBucketResult>{rows}</ListBucketResult>".encode())
        if request.method == "GET":
            if key not in self.objects:
                return NO_SUCH_KEY
            body = self.objects[key]
            headers = {**REQUEST_ID, "etag": etag(body), "last-modified": "Sat, 21 Nov 2026 10:00:00 GMT"}
            if "range" in request.headers:
                part = body[:1024]
                return Answer(206, {**headers, "content-range": f"bytes 0-{len(part) - 1}/{len(body)}"}, part)
            return Answer(200, headers, body)
        if request.method == "PUT":
            if key in self.objects and STUBBORN in self.objects.values():
                return NO_SUCH_BUCKET
            self.objects[key] = request.body
            return Answer(200, {**REQUEST_ID, "etag": etag(request.body)})
        if request.method == "POST" and "uploads" in query:
            return Answer(
                200, REQUEST_ID, b"<InitiateMultipartUploadResult><UploadId>EXAMPLE</UploadId></InitiateMultipartUploadResult>"
            )
        if request.method == "DELETE":
            if "uploadId" not in query:
                self.objects.pop(key, None)  # whether conditions are looked at is not known: the worse for us
            return Answer(204, REQUEST_ID)
        return xml(501, "NotImplemented", "not played here")


def step(request: Request) -> str:
    query = urlsplit(request.path).query
    if request.method == "POST":
        return START
    if request.method == "PUT":
        return WRITE
    if request.method == "DELETE":
        if "uploadId" in query:
            return ABORT
        return REHEARSE_DELETE if request.headers.get("if-match") == MADE_UP else DELETE
    if query:
        return WITNESS
    return STAT if "range" in request.headers else READ


def source(wire: Wire, **changes: Any) -> dict[str, Any]:
    return {
        "name": "oracle destination",
        "type": "oracle_cloud_storage",
        "parameters": {
            "bucket": BUCKET,
            "region": "us-ashburn-1",
            "namespace": "axexample123",
            "customer_access_key_id": KEY_ID,
            "customer_secret_key": SECRET,
            **changes,
        },
    }


def everywhere(answer: Answer) -> dict[str, Answer]:
    return dict.fromkeys((STAT, WITNESS, REHEARSE_DELETE, WRITE, READ, DELETE), answer)


MID_RUN = ("key-accepted-then-refused", "inconclusive")
"""A key that worked a moment ago is a good key: what is wrong now is not known."""

case = Case(
    name="oracle_cloud_storage",
    source=source,
    settings=lambda wire: Settings(endpoints={"oracle_cloud_storage": wire.url}, ca_bundle=wire.ca),
    store=OracleStore,
    step=step,
    secrets=(SECRET,),
    healthy_requests=5,
    tls=True,
    faults={
        "denied": lambda step: NO_SUCH_BUCKET,
        "unknown-key": lambda step: NOT_FOUND_KEY,
        "wrong-secret": lambda step: BAD_SIGNATURE,
        "no-bucket": "Oracle says the same of a missing bucket as of a missing permission: only all steps together show it, in the rows",
        "throttled": lambda step: xml(429, "TooManyRequests", "Too many requests."),
        "server-error": lambda step: xml(500, "InternalError", "Internal error."),
    },
    expect={
        **{(each, fault): MID_RUN for each in (REHEARSE_DELETE, WRITE) for fault in ("unknown-key", "wrong-secret")},
        **{(READ, fault): MID_RUN for fault in ("unknown-key", "wrong-secret")},
        **{(DELETE, fault): ("residue-left", "fail") for fault in ("unknown-key", "wrong-secret")},
    },
    rows=(
        Row(
            REHEARSE_DELETE,
            NO_SUCH_BUCKET,
            "bucket-or-permission-missing",
            "fail",
            "oracle.md §1.5: field report 62480134970 for GET, inferred for DELETE",
            then=everywhere(NO_SUCH_BUCKET),
        ),
        Row(
            REHEARSE_DELETE,
            xml(403, "AccessDenied", "Access Denied"),
            "delete-denied",
            "fail",
            "oracle.md §1.5: treated like NoSuchBucket; unconfirmed",
        ),
        Row(REHEARSE_DELETE, NOT_FOUND_KEY, "unknown-access-key", "fail", "oracle.md §1.4", then=everywhere(NOT_FOUND_KEY)),
        Row(REHEARSE_DELETE, BAD_SIGNATURE, "wrong-secret", "fail", "oracle.md §1.4", then=everywhere(BAD_SIGNATURE)),
        Row(
            REHEARSE_DELETE,
            xml(403, "InvalidAccessKeyId", "The key does not exist."),
            "unknown-access-key",
            "fail",
            "oracle.md §1.4: never seen from Oracle",
            then=everywhere(xml(403, "InvalidAccessKeyId", "The key does not exist.")),
        ),
        Row(
            REHEARSE_DELETE,
            xml(
                401,
                "NotAuthenticated",
                "The required information to complete authentication was not provided or was incorrect.",
            ),
            "wrong-secret",
            "fail",
            "oracle.md §1.4: the native API's answer",
            then=everywhere(
                xml(
                    401,
                    "NotAuthenticated",
                    "The required information to complete authentication was not provided or was incorrect.",
                )
            ),
        ),
        Row(
            REHEARSE_DELETE,
            xml(403, "RequestTimeTooSkewed", "The clocks differ."),
            "clock-skew",
            "inconclusive",
            "oracle.md §1.4: unconfirmed",
            then=everywhere(xml(403, "RequestTimeTooSkewed", "The clocks differ.")),
        ),
        Row(
            REHEARSE_DELETE,
            NO_SUCH_BUCKET,
            "delete-unproven",
            "inconclusive",
            "design.md §3: no witness is to be had",
            then={STAT: STRANGE, WITNESS: STRANGE},
        ),
        Row(
            DELETE,
            xml(403, "RetentionRuleViolation", "The object is protected by a retention rule."),
            "retention-locked",
            "fail",
            "oracle.md §1.8: the native API's code",
            also=("residue-left",),
        ),
        Row(
            DELETE,
            xml(409, "Conflict", "An active retention rule protects the object."),
            "retention-locked",
            "fail",
            "oracle.md §1.8: should the code be another one",
            also=("residue-left",),
        ),
        Row(
            WRITE,
            xml(404, "NotAuthorizedOrFoundKmsKey", "Authorization failed or the requested KMS key was not found."),
            "encryption-key-denied",
            "fail",
            "oracle.md §1.8: terraform-provider-oci #1514, native",
        ),
        Row(
            WRITE,
            xml(
                400,
                "InsufficientServicePermissions",
                "Permissions granted to the Object Storage service principal are insufficient.",
            ),
            "encryption-key-denied",
            "fail",
            "oracle.md §1.8: oci-cli #507, native",
        ),
        Row(
            WRITE,
            xml(400, "BadRequest", "The Vault key is disabled."),
            "encryption-key-unavailable",
            "fail",
            "oracle.md §1.8: wording unconfirmed",
        ),
        Row(
            READ,
            xml(403, "InvalidObjectState", "The object is archived."),
            "object-archived",
            "warn",
            "oracle.md §1.8: code unconfirmed",
        ),
        Row(
            WRITE,
            xml(403, "AccessDenied", "The bucket is read-only: it is a replication destination."),
            "write-denied",
            "fail",
            "oracle.md §1.8: wording unconfirmed",
        ),
        Row(
            DELETE,
            xml(403, "AccessDenied", "The bucket is read-only: it is a replication destination."),
            "delete-denied",
            "fail",
            "oracle.md §1.8: wording unconfirmed",
            also=("residue-left",),
        ),
        Row(
            REHEARSE_DELETE,
            xml(400, "InvalidBucketName", "The bucket name is not valid."),
            "bucket-name-invalid",
            "fail",
            "oracle.md §5",
            then=everywhere(xml(400, "InvalidBucketName", "The bucket name is not valid.")),
        ),
        Row(
            WRITE,
            xml(501, "NotImplemented", "AWS chunked encoding not supported."),
            "request-unsupported",
            "inconclusive",
            "oracle.md §1.3: peerdb #4301; our own fault or a proxy's, never the user's",
        ),
        Row(
            "none",
            Answer(),
            "overwrite-denied",
            "fail",
            "oracle.md §1.7",
            objects={"planetverify.txt": STUBBORN},
            also=("lingering-file",),
        ),
        Row(
            START,
            NO_SUCH_BUCKET,
            "multipart-denied",
            "warn",
            "oracle.md §1.7: POL 2026-03",
            settings={"multipart": True},
        ),
        Row(
            WRITE,
            Answer(200, {"content-type": "text/html"}, b"<html>Welcome to the guest network</html>"),
            "not-object-storage",
            "inconclusive",
            "a proxy that says 200 to everything; without an ETag it was not Oracle",
        ),
    ),
)
