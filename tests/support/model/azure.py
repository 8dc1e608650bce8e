"""The Blob service's REST API before a ModelStore; no versions."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

from tests.support.conformance.azure_blob_storage import DATE, HEADERS, error
from tests.support.model.store import REAL, ModelStore, Refused, Version
from tests.support.wire import Answer, Request

BUSY = error(503, "ServerBusy", message="The server is currently unable to receive requests. Please retry your request.")
REFUSALS = {
    "denied": error(403, "AuthorizationPermissionMismatch"),
    "absent": error(404, "BlobNotFound", message="The specified blob does not exist."),
    "condition": error(412, "ConditionNotMet", message="The condition specified using HTTP conditional header(s) is not met."),
    "exists": error(409, "BlobAlreadyExists", message="The specified blob already exists."),
    "not-implemented": error(
        400, "UnsupportedHeader", message="One of the HTTP headers specified in the request is not supported."
    ),
    "locked": error(
        409, "BlobImmutableDueToPolicy", message="This operation is not permitted as the blob is immutable due to a policy."
    ),
    "leased": error(
        412, "LeaseIdMissing", message="There is currently a lease on the blob and no lease ID was specified in the request."
    ),
    "held": error(
        409,
        "BlobImmutableDueToLegalHold",
        message="This operation is not permitted as the blob is immutable due to one or more legal holds.",
    ),
    "snapshots": error(409, "SnapshotsPresent", message="This operation is not permitted while the blob has snapshots."),
    "full": error(507, "InsufficientStorage", message="The account is full."),
}


def answer(store: ModelStore, request: Request) -> Answer:
    """What the store says to one request."""
    try:
        return _answer(store, request)
    except Refused as refused:
        return REFUSALS[refused.why]


def _answer(store: ModelStore, request: Request) -> Answer:
    split = urlsplit(request.path)
    query = {name: values[0] for name, values in parse_qs(split.query, keep_blank_values=True).items()}
    _, _, key = unquote(split.path).lstrip("/").partition("/")
    if query.get("comp") == "list":
        return _listing(store, query.get("prefix", ""), query.get("include", "").split(","))
    if query.get("restype") == "container":
        return error(403, "AuthorizationPermissionMismatch")
    match = request.headers.get("if-match")
    if request.method == "PUT":
        made = store.put(
            key, request.body, only_new=request.headers.get("if-none-match") == "*", if_match=_plain(match) if match else None
        )
        for upload in [each for each, name in store.others_uploads.items() if name == key]:
            del store.others_uploads[upload]  # a blob that is written takes the place of blocks that none was made of
        return Answer(201, {**HEADERS, "etag": _etag(made), "content-md5": _md5(made), "last-modified": DATE})
    if request.method == "DELETE":
        store.delete(key, if_match=_plain(match) if match else None)
        return Answer(202, {**HEADERS, "x-ms-delete-type-permanent": str(not store.soft_delete).lower()})
    found = store.read(key)
    body = found.body or b""
    headers = {
        "etag": _etag(found),
        "last-modified": DATE,
        "content-type": "application/octet-stream",
        "x-ms-blob-type": "BlockBlob",
    }
    headers |= {
        "content-range": f"bytes 0-{len(body) - 1}/{len(body)}",
        "x-ms-lease-status": "locked" if _leased(store, key) else "unlocked",
        "x-ms-legal-hold": str(store.held and key == REAL).lower(),
        "x-ms-lease-state": "leased" if _leased(store, key) else "available",
    }
    return Answer(206, {**HEADERS, **headers}, body)


def _leased(store: ModelStore, key: str) -> bool:
    return store.leased and key == REAL


def _plain(etag: str) -> str:
    return etag.strip('"').removeprefix("0x8D").lower()


def _etag(version: Version) -> str:
    return f'"0x8D{version.etag.upper()}"'


def _md5(version: Version) -> str:
    return base64.b64encode(hashlib.md5(version.body or b"", usedforsecurity=False).digest()).decode()


def _listing(store: ModelStore, prefix: str, include: Sequence[str]) -> Answer:
    blobs = "".join(
        f"<Blob><Name>{escape(key)}</Name><Deleted>true</Deleted><Properties><Last-Modified>{DATE}</Last-Modified>"
        f"<Etag>{_etag(each).strip(chr(34))}</Etag><Content-Length>{len(each.body or b'')}</Content-Length>"
        "<Content-Type>application/octet-stream</Content-Type><BlobType>BlockBlob</BlobType>"
        f"<DeletedTime>{DATE}</DeletedTime><RemainingRetentionDays>6</RemainingRetentionDays></Properties></Blob>"
        for key, each in store.copies
        if "deleted" in include and key.startswith(prefix)
    )
    if "uncommittedblobs" in include:
        blobs += "".join(
            f"<Blob><Name>{escape(key)}</Name><Properties><Content-Length>0</Content-Length><BlobType>BlockBlob</BlobType>"
            "</Properties></Blob>"
            for key in store.others_uploads.values()
            if key.startswith(prefix) and store.current(key) is None
        )
    for key in store.keys(prefix):
        taken = store.snapshots if "snapshots" in include and key == REAL else 0
        blobs += "".join(_row(store, key, f"<Snapshot>2026-01-01T00:00:0{i}.0000000Z</Snapshot>") for i in range(taken))
        blobs += _row(store, key)
    body = (
        '<?xml version="1.0" encoding="utf-8"?><EnumerationResults ServiceEndpoint="https://EXAMPLE/" ContainerName="imagery">'
        f"<Prefix>{escape(prefix)}</Prefix><Blobs>{blobs}</Blobs><NextMarker /></EnumerationResults>"
    )
    return Answer(200, {**HEADERS, "content-type": "application/xml"}, body.encode())


def _row(store: ModelStore, key: str, snapshot: str = "") -> str:
    found = store.versions[key][-1]
    lease = "locked" if _leased(store, key) else "unlocked"
    return (
        f"<Blob><Name>{escape(key)}</Name>{snapshot}<Properties><Last-Modified>{DATE}</Last-Modified>"
        f"<Etag>{_etag(found).strip(chr(34))}</Etag><Content-Length>{len(found.body or b'')}</Content-Length>"
        f"<Content-MD5>{_md5(found)}</Content-MD5><BlobType>BlockBlob</BlobType><LeaseStatus>{lease}</LeaseStatus></Properties></Blob>"
    )
