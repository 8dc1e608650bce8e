"""Azure Blob Storage: bodies as the real service sends them, for all that Azurite does not enforce.

Origins: OBS = an error body that the real service sent, found in public reports; REF = Azure's own reference of error codes.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

from tests.support.conformance.case import DELETE, LIST, READ, REHEARSE_DELETE, REHEARSE_WRITE, WRITE, Case, Row, Store
from tests.support.wire import Answer, Request, Wire
from validator.checking.assemble import Settings

SIGNATURE = base64.b64encode(hashlib.sha256(b"EXAMPLE, made up").digest()).decode()
QUOTED = SIGNATURE.replace("+", "%2B").replace("/", "%2F").replace("=", "%3D")
TOKEN = f"sv=2023-11-03&sr=c&sp=rwdl&spr=https&se=2126-01-31T00%3A00%3A00Z&sig={QUOTED}"
ACCOUNT_TOKEN = f"sv=2023-11-03&ss=b&srt=co&sp=rwdlc&se=2126-01-31T00%3A00%3A00Z&sig={QUOTED}"
POLICY_TOKEN = f"sv=2023-11-03&sr=c&si=planet&sig={QUOTED}"
CREATE_TOKEN = TOKEN.replace("sp=rwdl", "sp=rcdl")
DATE = "Sun, 22 Nov 2026 22:38:00 GMT"
HEADERS = {
    "x-ms-request-id": "5a1c2f00-001e-0042-7b1d-000000000000",
    "x-ms-version": "2023-11-03",
}
MESSAGES = {
    "AuthenticationFailed": "Server failed to authenticate the request. Make sure the value of Authorization header is formed correctly "
    "including the signature.",
    "AuthorizationPermissionMismatch": "This request is not authorized to perform this operation using this permission.",
    "AuthorizationFailure": "This request is not authorized to perform this operation.",
}


def error(status: int, code: str, detail: str = "", message: str = "", **headers: str) -> Answer:
    """Azure's XML error, byte order mark included."""
    said = f"{message or MESSAGES.get(code, code)}\nRequestId:{HEADERS['x-ms-request-id']}\nTime:2026-11-22T22:38:00.0000000Z"
    more = f"<AuthenticationErrorDetail>{escape(detail)}</AuthenticationErrorDetail>" if detail else ""
    body = (
        f'\ufeff<?xml version="1.0" encoding="utf-8"?><Error><Code>{code}</Code><Message>{escape(said)}</Message>{more}</Error>'
    )
    return Answer(status, {**HEADERS, "x-ms-error-code": code, "content-type": "application/xml", **headers}, body.encode())


class AzureStore(Store):
    """One container of a healthy account."""

    @staticmethod
    def etag(key: str) -> str:
        # By the name alone, so that a row can foretell it.
        return '"0x8D' + hashlib.md5(key.encode(), usedforsecurity=False).hexdigest()[:11].upper() + '"'

    def handle(self, request: Request) -> Answer:
        split = urlsplit(request.path)
        query = parse_qs(split.query)
        _, _, key = unquote(split.path).lstrip("/").partition("/")
        if request.method == "GET" and query.get("restype") == ["container"] and "comp" not in query:
            return Answer(200, {**HEADERS, "etag": '"0x8D1"', **CONTAINER_SETTINGS})
        if query.get("comp") == ["list"]:
            return self.listing(query.get("prefix", [""])[0])
        if query.get("comp") == ["block"]:
            return Answer(201, HEADERS)
        if request.method == "PUT":
            return self.put(request, key)
        if request.method == "DELETE":
            if key not in self.objects:
                return error(404, "BlobNotFound", message="The specified blob does not exist.")
            if request.headers.get("if-match", self.etag(key)).strip('"') != self.etag(key).strip('"'):
                return condition_not_met()
            del self.objects[key]
            return Answer(202, HEADERS)
        return self.get(key)

    def put(self, request: Request, key: str) -> Answer:
        if request.headers.get("if-none-match") == "*" and key in self.objects:
            return error(409, "BlobAlreadyExists", message="The specified blob already exists.")
        if "if-match" in request.headers and (key not in self.objects or self.etag(key) != request.headers["if-match"]):
            return condition_not_met()
        self.objects[key] = request.body
        md5 = base64.b64encode(hashlib.md5(request.body, usedforsecurity=False).digest()).decode()
        return Answer(201, {**HEADERS, "etag": self.etag(key), "content-md5": md5, "last-modified": DATE})

    def get(self, key: str) -> Answer:
        if key not in self.objects:
            return error(404, "BlobNotFound", message="The specified blob does not exist.")
        body = self.objects[key]
        part = body[:1024] if len(body) > 1024 else body
        headers = {"etag": self.etag(key), "last-modified": DATE, "content-type": "application/octet-stream"}
        headers |= {"content-range": f"bytes 0-{len(part) - 1}/{len(body)}", "x-ms-blob-type": "BlockBlob"}
        headers |= {"x-ms-lease-status": "unlocked", "x-ms-lease-state": "available"}
        return Answer(206, {**HEADERS, **headers}, part)

    def listing(self, prefix: str) -> Answer:
        blobs = ""
        for key, body in self.objects.items():
            if key.startswith(prefix):
                md5 = base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()
                blobs += (
                    f"<Blob><Name>{escape(key)}</Name><Properties><Last-Modified>{DATE}</Last-Modified>"
                    f"<Etag>{self.etag(key).strip(chr(34))}</Etag><Content-Length>{len(body)}</Content-Length>"
                    f"<Content-MD5>{md5}</Content-MD5><BlobType>BlockBlob</BlobType><LeaseStatus>unlocked</LeaseStatus></Properties></Blob>"
                )
        body = (
            '<?xml version="1.0" encoding="utf-8"?><EnumerationResults ServiceEndpoint="https://EXAMPLE/" ContainerName="imagery">'
            f"<Prefix>{escape(prefix)}</Prefix><Blobs>{blobs}</Blobs><NextMarker /></EnumerationResults>"
        )
        return Answer(200, {**HEADERS, "content-type": "application/xml"}, body.encode())


CONTAINER_SETTINGS = {"x-ms-has-immutability-policy": "false", "x-ms-has-legal-hold": "false"}


def condition_not_met() -> Answer:
    return error(412, "ConditionNotMet", message="The condition specified using HTTP conditional header(s) is not met.")


def step(request: Request) -> str:
    split = urlsplit(request.path)
    query = parse_qs(split.query)
    made_up = request.headers.get("if-match", "").strip('"') == "0x0"
    if query.get("comp") == ["list"]:
        return LIST
    if query.get("comp") == ["block"]:
        return "block"
    if query.get("restype") == ["container"]:
        return "retention-blockers"
    if request.method == "DELETE":
        return "cleanup-versions" if "versionid" in query else REHEARSE_DELETE if made_up else DELETE
    if request.method == "PUT":
        return REHEARSE_WRITE if made_up else WRITE
    return "stat" if request.headers.get("x-ms-range", "").endswith("-1023") else READ


def source(wire: Wire, **changes: Any) -> dict[str, Any]:
    parameters: Mapping[str, Any] = {"account": "imageryaccount", "container": "imagery", "sas_token": TOKEN, **changes}
    return {"name": "azure", "type": "azure_blob_storage", "parameters": dict(parameters)}


def settings(wire: Wire) -> Settings:
    return Settings(endpoints={"azure_blob_storage": wire.url})


def refused(detail: str, finding: str, origin: str = "OBS", **changes: Any) -> Row:
    return Row(REHEARSE_DELETE, error(403, "AuthenticationFailed", detail), finding, "fail", origin, changes=changes)


def answered(status: int, code: str, finding: str, verdict: str = "fail", *, at: str = REHEARSE_DELETE, **more: Any) -> Row:
    return Row(at, error(status, code), finding, verdict, "REF", **more)


STRING_TO_SIGN = "rwdl\n\n2126-01-31T00:00:00Z\n/blob/imageryaccount/imagery\n\n\nhttps\n2023-11-03\nc\n\n\n\n\n\n\n"
AZURITE = "Server failed to authenticate the request. Make sure the value of the Authorization header is formed correctly including the signature."
ARCHIVED = error(409, "BlobArchived", message="This operation is not permitted on an archived blob.")
THERE = {"planetverify.txt": b"somebody's"}

ROWS = (
    # ---- AuthenticationErrorDetail, every family of it
    refused(f"Signature did not match. String to sign used was {STRING_TO_SIGN}", "wrong-secret"),
    refused(
        "Signature not valid in the specified time frame: Start [Sat, 01 Jan 2000 00:00:00 GMT] - Expiry [Sun, 01 Nov 2026 00:00:00 GMT] "
        "- Current [Sun, 22 Nov 2026 22:38:00 GMT]",
        "sas-expired",
    ),
    refused(
        "Signature not valid in the specified time frame: Start [Tue, 01 Dec 2026 00:00:00 GMT] - Expiry [Fri, 01 Jan 2027 00:00:00 GMT] "
        "- Current [Sun, 22 Nov 2026 22:38:00 GMT]",
        "sas-not-yet-valid",
    ),
    refused(
        "Signed expiry time [Sun, 01 Nov 2026 00:00:00 GMT] must be after signed start time [Sun, 22 Nov 2026 22:38:00 GMT]", "sas-expired"
    ),
    refused(
        "Signed expiry time [Sun, 01 Nov 2026 00:00:00 GMT] has to be after signed start time [Sun, 22 Nov 2026 22:38:00 GMT]", "sas-expired"
    ),
    refused("sr is mandatory. Cannot be empty", "sas-malformed"),
    refused("SAS field 'sv' is not well formed", "sas-version-unsupported", "azure.md 1.4 O30"),
    refused("SAS field 'sp' is not well formed", "sas-malformed"),
    refused("Signature fields not well formed.", "sas-malformed"),
    refused("SAS identifier cannot be found for specified signed identifier", "sas-policy-missing", sas_token=POLICY_TOKEN),
    refused("Access policy fields can be associated with signature or SAS identifier but not both", "sas-policy-conflict"),
    refused("The specified signed resource is not allowed for the this resource level", "sas-wrong-resource"),
    refused("", "wrong-secret", "no detail: possible, and no more"),
    refused("Something that nobody has seen yet", "unexplained-refusal", "made up: an unknown detail is still a refusal"),
    refused(f"The MAC signature found in the HTTP request '{SIGNATURE}' is not the same as any computed signature.", "sas-not-a-sas"),
    # ---- Azurite's one word for all of them, and Azure's own meaning of that word
    Row(REHEARSE_DELETE, error(403, "AuthorizationFailure", message=AZURITE), "wrong-secret", "fail", "Azurite 3.35.0"),
    Row(
        REHEARSE_DELETE, error(403, "AuthorizationFailure", message=AZURITE), "sas-policy-missing", "fail", "Azurite 3.35.0",
        changes={"sas_token": POLICY_TOKEN},
    ),
    answered(403, "AuthorizationFailure", "network-restricted", "inconclusive"),
    # ---- the token's reach
    answered(403, "AuthorizationProtocolMismatch", "https-required", "inconclusive"),
    answered(400, "AccountRequiresHttps", "https-required", "inconclusive"),
    answered(403, "AuthorizationSourceIPMismatch", "sas-ip-restricted"),
    answered(403, "AuthorizationServiceMismatch", "sas-wrong-service"),
    answered(403, "AuthorizationResourceTypeMismatch", "sas-wrong-resource"),
    answered(403, "AuthorizationResourceTypeMismatch", "sas-wrong-resource", "warn", at=LIST),
    answered(401, "NoAuthenticationInformation", "sas-malformed"),
    answered(409, "PublicAccessNotPermitted", "sas-malformed"),
    # ---- the account and the container
    answered(403, "KeyBasedAuthenticationNotPermitted", "key-disabled"),
    answered(403, "AccountIsDisabled", "account-disabled"),
    answered(403, "InsufficientAccountPermissions", "account-disabled"),
    answered(403, "KeyVaultEncryptionKeyNotFound", "encryption-key-unavailable", at=WRITE),
    answered(403, "KeyVaultVaultNotFound", "encryption-key-unavailable", at=WRITE),
    answered(403, "RequestForbiddenByContainerEncryptionPolicy", "encryption-header-required", at=WRITE),
    answered(404, "ContainerNotFound", "bucket-not-found"),
    answered(409, "ContainerBeingDeleted", "bucket-being-deleted", at=WRITE),
    answered(400, "InvalidResourceName", "bucket-name-invalid"),
    answered(400, "OutOfRangeInput", "bucket-name-invalid"),
    answered(400, "InvalidHeaderValue", "unrecognised-answer", "inconclusive"),
    answered(409, "BlobOperationNotSupported", "blob-api-unavailable", at=WRITE),
    # ---- permissions, one letter at a time
    answered(403, "AuthorizationPermissionMismatch", "delete-denied", changes={"sas_token": POLICY_TOKEN}),
    answered(403, "AuthorizationPermissionMismatch", "sas-permission-missing", changes={"sas_token": TOKEN.replace("rwdl", "rwl")}, also=("delete-denied",)),
    answered(403, "AuthorizationPermissionMismatch", "write-denied", at=WRITE, changes={"sas_token": POLICY_TOKEN}),
    answered(403, "AuthorizationPermissionMismatch", "overwrite-denied", at=REHEARSE_WRITE, objects=THERE, changes={"sas_token": CREATE_TOKEN}),
    answered(403, "UnauthorizedBlobOverwrite", "overwrite-denied", at=REHEARSE_WRITE, objects=THERE, changes={"sas_token": CREATE_TOKEN}),
    # A create-only write that c alone may not make may mean that a file is there: the check looks, and goes on beside it.
    replace(
        answered(403, "UnauthorizedBlobOverwrite", "sas-permission-missing", "warn", at=WRITE, changes={"sas_token": CREATE_TOKEN}), nth=1,
    ),
    answered(403, "AuthorizationPermissionMismatch", "multipart-denied", "warn", at="block", settings={"multipart": True}),
    # ---- what keeps a file
    answered(409, "BlobImmutableDueToPolicy", "retention-locked", at=DELETE, also=("residue-left",)),
    answered(409, "BlobImmutableDueToLegalHold", "object-held", at=DELETE, also=("residue-left",)),
    answered(412, "LeaseIdMissing", "object-held", at=DELETE, also=("residue-left",)),
    answered(412, "LeaseIdMissing", "object-held", objects=THERE, also=("lingering-file",)),
    answered(409, "SnapshotsPresent", "snapshots-present", at=DELETE, also=("residue-left",)),
    Row(REHEARSE_WRITE, ARCHIVED, "object-archived", "fail", "OBS", objects=THERE, also=("lingering-file",)),
    Row(READ, ARCHIVED, "object-archived", "warn", "OBS"),
    Row(
        DELETE, Answer(202, {**HEADERS, "x-ms-delete-type-permanent": "false"}, carried_out=True), "versions-remain", "warn",
        "REF: soft delete keeps a hidden copy",
    ),
    Row(
        WRITE,
        Answer(
            201, {**HEADERS, "etag": AzureStore.etag("planetverify.txt"), "x-ms-version-id": "2026-11-22T22:38:00.0000000Z"},
            carried_out=True,
        ),
        "versions-remain", "warn", "REF: versioning, and the SAS has no x",
        then={"cleanup-versions": error(403, "AuthorizationPermissionMismatch")},
    ),
    # ---- settings that an account SAS may read
    Row(
        "retention-blockers", Answer(200, {**HEADERS, **CONTAINER_SETTINGS, "x-ms-has-immutability-policy": "true"}), "retention-locked", "fail",
        "REF", changes={"sas_token": ACCOUNT_TOKEN},
    ),
    Row(
        "retention-blockers", Answer(200, {**HEADERS, **CONTAINER_SETTINGS, "x-ms-has-legal-hold": "true"}), "object-held", "fail", "REF",
        changes={"sas_token": ACCOUNT_TOKEN},
    ),
)  # fmt: skip


case = Case(
    name="azure_blob_storage",
    source=source,
    settings=settings,
    store=AzureStore,
    step=step,
    secrets=(SIGNATURE, QUOTED, TOKEN),
    healthy_requests=6,
    documented=True,
    faults={
        "denied": lambda at: error(403, "AuthorizationPermissionMismatch"),
        "unknown-key": "a SAS names no key: a renewed or foreign account key shows as a signature that does not match",
        "wrong-secret": lambda at: error(
            403, "AuthenticationFailed", f"Signature did not match. String to sign used was {STRING_TO_SIGN}"
        ),
        "no-bucket": lambda at: error(404, "ContainerNotFound", message="The specified container does not exist."),
        "throttled": lambda at: error(503, "ServerBusy", message="The server is busy."),
        "server-error": lambda at: error(500, "InternalError", message="Server encountered an internal error."),
    },
    rows=ROWS,
)
