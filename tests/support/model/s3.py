"""The S3 protocol before a ModelStore, path style, in the words of the real ones."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import parse_qsl, unquote, urlsplit
from xml.sax.saxutils import escape

from tests.support.model.store import ModelStore, Refused, Version
from tests.support.s3_store import error
from tests.support.wire import Answer, Request

BUCKET = "imagery-in"
DATE = "Thu, 01 Jan 2026 00:00:00 GMT"
"""The time of every answer, and of all that is made meanwhile; what was there before is of the day before."""
XML = {"content-type": "application/xml", "x-amz-request-id": "EXAMPLEREQUEST"}

LOCK = {"x-amz-object-lock-mode": "COMPLIANCE", "x-amz-object-lock-retain-until-date": "2027-01-01T00:00:00Z"}
BUSY = error(503, "SlowDown", "Please reduce your request rate.")
REFUSALS = {
    "denied": error(403, "AccessDenied", "Access Denied"),
    "absent": error(404, "NoSuchKey", "The specified key does not exist."),
    "condition": error(412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold"),
    "exists": error(412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold"),
    "not-implemented": error(501, "NotImplemented", "A header you provided implies functionality that is not implemented."),
    "locked": error(403, "AccessDenied", "Access Denied because object protected by object lock."),
    "marker": error(405, "MethodNotAllowed", "The specified method is not allowed against this resource."),
    "full": error(403, "QuotaExceeded", "The quota of this bucket is exceeded."),
}


def answer(store: ModelStore, request: Request) -> Answer:
    """What the store says to one request."""
    try:
        said = _answer(store, request)
    except Refused as refused:
        said = REFUSALS["denied" if store.mute and refused.why == "locked" else refused.why]
    return replace(said, headers={**said.headers, "Date": DATE})


def _answer(store: ModelStore, request: Request) -> Answer:
    parts = urlsplit(request.path)
    _, _, rest = unquote(parts.path).partition("/")
    bucket, _, key = rest.partition("/")
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    if bucket != BUCKET:
        return error(404, "NoSuchBucket", "The specified bucket does not exist", BucketName=bucket)
    if request.method == "HEAD" and not key:
        return Answer(200, {"x-amz-bucket-region": "eu-central-1"})
    if not key:
        return _of_bucket(store, query)
    if request.method == "POST" and "uploads" in query:
        upload = store.start_upload(key)
        return Answer(
            200, XML, f"<InitiateMultipartUploadResult><UploadId>{upload}</UploadId></InitiateMultipartUploadResult>".encode()
        )
    if "uploadId" in query and request.method == "GET":
        return Answer(
            200, XML, b"<ListPartsResult><IsTruncated>false</IsTruncated><Part><Size>9</Size></Part></ListPartsResult>"
        )
    if "uploadId" in query:
        try:
            store.abort_upload(query["uploadId"])
        except Refused:
            return error(404, "NoSuchUpload", "The specified upload does not exist.")
        return Answer(204)
    if "versionId" in query and request.method == "DELETE":
        store.delete_version(key, query["versionId"])
        return Answer(204, {"x-amz-version-id": query["versionId"]})
    if request.method in ("GET", "HEAD"):
        try:
            found = store.read(key, query.get("versionId"))
        except Refused as refused:
            marked = store.tells_markers and refused.why == "absent" and store.versions.get(key)
            if not marked or "versionId" in query:
                raise
            return replace(REFUSALS["absent"], headers={**REFUSALS["absent"].headers, "x-amz-delete-marker": "true"})
        sent = _sent(found, request)
        return replace(sent, headers={**sent.headers, **_version(store, found), **(LOCK if found.locked else {})})
    match = request.headers.get("if-match")
    if request.method == "PUT":
        made = store.put(
            key, request.body, only_new="if-none-match" in request.headers, if_match=match.strip('"') if match else None
        )
        return Answer(200, {"ETag": f'"{made.etag}"', **_version(store, made)})
    marker = store.delete(key, if_match=match.strip('"') if match else None)
    return Answer(204, {"x-amz-delete-marker": "true", **_version(store, marker)} if marker else {})


def _version(store: ModelStore, made: Version) -> dict[str, str]:
    return {} if store.versioning == "off" else {"x-amz-version-id": made.id}


def _sent(found: Version, request: Request) -> Answer:
    body = found.body or b""
    headers = {"ETag": f'"{found.etag}"', "Last-Modified": DATE}
    ranged = request.headers.get("range", "")
    if not ranged.startswith("bytes=0-"):
        return Answer(200, headers, body)
    if not body:
        return error(416, "InvalidRange", "The requested range is not satisfiable")
    part = body[: int(ranged[8:]) + 1]
    return Answer(206, {**headers, "Content-Range": f"bytes 0-{len(part) - 1}/{len(body)}"}, part)


def _of_bucket(store: ModelStore, query: dict[str, str]) -> Answer:
    if "object-lock" in query:
        if not store.retention:
            return error(
                404, "ObjectLockConfigurationNotFoundError", "Object Lock configuration does not exist for this bucket"
            )
        rule = "<Rule><DefaultRetention><Mode>COMPLIANCE</Mode><Years>1</Years></DefaultRetention></Rule>"
        return Answer(
            200,
            XML,
            f"<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled>{rule}</ObjectLockConfiguration>".encode(),
        )
    if "versioning" in query and store.settings_denied:
        return REFUSALS["denied"]
    if "versioning" in query:
        status = {"off": "", "on": "<Status>Enabled</Status>", "suspended": "<Status>Suspended</Status>"}[store.versioning]
        return Answer(200, XML, f"<VersioningConfiguration>{status}</VersioningConfiguration>".encode())
    prefix = query.get("prefix", "")
    if "versions" in query:
        store.permit("list", "")
        return Answer(
            200,
            XML,
            f"<ListVersionsResult>{''.join(_rows(store, prefix))}<IsTruncated>false</IsTruncated></ListVersionsResult>".encode(),
        )
    if "uploads" in query:
        store.permit("list", "")
        rows = "".join(
            f"<Upload><Key>{escape(key)}</Key><UploadId>{upload}</UploadId><Initiated>2026-01-01T00:00:00Z</Initiated></Upload>"
            for upload, key in (store.uploads | store.others_uploads).items()
            if key.startswith(prefix)
        )
        return Answer(
            200,
            XML,
            f"<ListMultipartUploadsResult>{rows}<IsTruncated>false</IsTruncated></ListMultipartUploadsResult>".encode(),
        )
    rows = "".join(
        f"<Contents><Key>{escape(key)}</Key><LastModified>2026-01-01T00:00:00Z</LastModified><Size>{len(store.versions[key][-1].body or b'')}</Size>"
        f"<ETag>&quot;{store.versions[key][-1].etag}&quot;</ETag></Contents>"
        for key in store.keys(prefix)
    )
    return Answer(200, XML, f"<ListBucketResult>{rows}<IsTruncated>false</IsTruncated></ListBucketResult>".encode())


def _rows(store: ModelStore, prefix: str) -> list[str]:
    rows = []
    for key in sorted(store.versions):
        if not key.startswith(prefix):
            continue
        for each in reversed(store.versions[key]):
            latest = str(each is store.versions[key][-1]).lower()
            what = "DeleteMarker" if each.body is None else "Version"
            size = "" if each.body is None else f"<Size>{len(each.body)}</Size><ETag>&quot;{each.etag}&quot;</ETag>"
            rows.append(
                f"<{what}><Key>{escape(key)}</Key><VersionId>{each.id}</VersionId><IsLatest>{latest}</IsLatest>"
                f"<LastModified>{'2026-01-01' if each.number else '2025-12-31'}T00:00:00Z</LastModified>{size}</{what}>"
            )
    return rows
