"""The JSON API of Cloud Storage before a ModelStore, and the token endpoint."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from tests.support.model.store import REAL, ModelStore, Refused, Version
from tests.support.wire import Answer, Request
from validator.demo.emulators.gcs import answers
from validator.demo.emulators.http import Reply

BUCKET = "imagery-in"
EMAIL = "planet@example-project.iam.gserviceaccount.com"
JSON = {"content-type": "application/json; charset=UTF-8"}
HELD = {
    "write": "storage.objects.create",
    "read": "storage.objects.get",
    "list": "storage.objects.list",
    "delete": "storage.objects.delete",
}
SOFT_DELETED = {"softDeleteTime": "2026-01-01T00:00:00.000Z", "hardDeleteTime": "2026-01-08T00:00:00.000Z"}
BUSY = Answer(503, JSON, json.dumps({"error": {"code": 503, "message": "Backend Error"}}).encode())


def answer(store: ModelStore, request: Request) -> Answer:
    """What the store says to one request."""
    split = urlsplit(request.path)
    query = {name: values[0] for name, values in parse_qs(split.query, keep_blank_values=True).items()}
    if split.path.endswith("/token"):
        return Answer(
            200, JSON, json.dumps({"access_token": "EXAMPLE-access-token", "expires_in": 3599, "token_type": "Bearer"}).encode()
        )
    key = unquote(split.path.partition("/o/")[2]) or query.get("name", "")
    if split.path.startswith("/upload/"):
        key = key or _named(request)
    try:
        return _answer(store, request, split.path, query, key)
    except Refused as refused:
        # An upload under a generation that is not there is a condition that does not hold, not a missing object.
        why = "condition" if refused.why == "absent" and request.method == "POST" else refused.why
        return _refusal(why, key, request.method)


def _refusal(why: str, key: str, method: str) -> Answer:
    permission = {"POST": HELD["write"], "DELETE": HELD["delete"]}.get(method, HELD["read"])
    reply = {
        "denied": answers.missing(EMAIL, permission, "object"),
        "absent": answers.no_object(BUCKET, key),
        "locked": answers.retained(BUCKET, key, "2027-01-01T00:00:00.000Z"),
        "held": answers.held(BUCKET, key, "temporary"),
        "full": answers.error(403, "quotaExceeded", "The quota of this bucket is exceeded."),
    }.get(why) or answers.error(
        412,
        "conditionNotMet",
        "At least one of the pre-conditions you specified did not hold.",
        locationType="header",
        location="If-Match",
    )
    return _of(reply)


def _of(reply: Reply) -> Answer:
    return Answer(reply.status, reply.headers, reply.body)


def _answer(store: ModelStore, request: Request, path: str, query: dict[str, str], key: str) -> Answer:
    if path.endswith("/iam/testPermissions"):
        held = [name for permission, name in HELD.items() if permission not in store.denied]
        held += ["storage.buckets.get"] * _tells_settings(store)
        return _json({"kind": "storage#testIamPermissionsResponse", "permissions": held})
    wanted = query.get("ifGenerationMatch")
    if path.startswith("/upload/"):
        made = store.put(
            key,
            _body(request),
            only_new=wanted == "0",
            if_match=_etag(store, key, wanted) if wanted not in (None, "0") else None,
        )
        return _json(_object(key, made))
    if request.method == "DELETE":
        store.delete(key, if_match=_etag(store, key, wanted) if wanted is not None else None)
        return Answer(204)
    if not key and "/o" in path and query.get("softDeleted", "").lower() == "true":
        store.permit("list", "")
        if not store.soft_delete:
            return _of(answers.error(400, "invalid", "Soft delete policy is required."))
        prefix = query.get("prefix", "")
        copies = [_object(each, found) | SOFT_DELETED for each, found in store.copies if each.startswith(prefix)]
        return _json({"kind": "storage#objects", "items": copies})
    if not key and "/o" in path:
        items = [_object(each, found) for each in store.keys(query.get("prefix", "")) if (found := store.current(each))]
        return _json({"kind": "storage#objects", "items": items})
    if not key and _tells_settings(store):
        return _json({"kind": "storage#bucket", "name": BUCKET, "softDeletePolicy": {"retentionDurationSeconds": "604800"}})
    if not key:
        return _of(answers.missing(EMAIL, "storage.buckets.get", "bucket"))
    found = store.read(key)
    if query.get("alt") == "media" or path.startswith("/download/"):
        return Answer(200, {"content-type": "text/plain", "x-goog-generation": _generation(found)}, found.body or b"")
    return _json(_object(key, found) | ({"temporaryHold": True} if store.held and key == REAL else {}))


def _tells_settings(store: ModelStore) -> bool:
    return store.soft_delete and not store.settings_denied


def _etag(store: ModelStore, key: str, generation: str | None) -> str:
    there = store.current(key)
    return there.etag if there is not None and _generation(there) == generation else "another generation"


def _generation(version: Version) -> str:
    return str(1_700_000_000_000_000 + version.number)


def _object(key: str, version: Version) -> dict[str, Any]:
    body = version.body or b""
    return {
        "kind": "storage#object",
        "name": key,
        "bucket": BUCKET,
        "generation": _generation(version),
        "metageneration": "1",
        "size": str(len(body)),
        "md5Hash": base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode(),
        "updated": "2026-01-01T00:00:00.000Z",
        "timeCreated": "2026-01-01T00:00:00.000Z",
    }


def _json(document: Any) -> Answer:
    return Answer(200, JSON, json.dumps(document).encode())


def _named(request: Request) -> str:
    found = re.search(rb'"name": ?"([^"]+)"', request.body)
    return found[1].decode() if found else ""


def _body(request: Request) -> bytes:
    boundary = re.search(r"boundary=\"?([^\";]+)", request.headers.get("content-type", ""))
    if boundary is None:
        return request.body
    return request.body.split(b"--" + boundary[1].strip("'").encode())[2].partition(b"\r\n\r\n")[2].removesuffix(b"\r\n")
