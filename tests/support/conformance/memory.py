"""The worked example's store: objects in memory, its answers in JSON. The example's own package is made and installed in the tests."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from tests.support.conformance.case import DELETE, LIST, READ, REHEARSE_DELETE, REHEARSE_WRITE, WRITE, Case, Row, Store
from tests.support.wire import Answer, Request, Wire
from validator.checking.assemble import Settings

KEY = "EXAMPLE-planet-validator-MEMORY-key"
OWN: Mapping[str, str] = {"memory-store": "1"}
MOMENT = "2026-01-01T00:00:00+00:00"


def error(status: int, code: str, message: str = "") -> Answer:
    return Answer(status, OWN, json.dumps({"code": code, "message": message}).encode())


def etag(body: bytes) -> str:
    return f"e-{sha256(body).hexdigest()[:20]}"


class MemoryStore(Store):
    bucket = "imagery-in"

    def __init__(self) -> None:
        super().__init__()
        self.lock = threading.Lock()

    def handle(self, request: Request) -> Answer:
        with self.lock:
            return self._handle(request)

    def _handle(self, request: Request) -> Answer:
        parts = urlsplit(request.path)
        _, bucket, *rest = unquote(parts.path).split("/", 2)
        if request.headers.get("authorization") != f"Bearer {KEY}":
            return error(401, "unknown-key", "nobody has this key")
        if bucket != self.bucket:
            return error(404, "no-bucket", "there is no such bucket")
        if not rest:
            prefix = dict(parse_qsl(parts.query)).get("prefix", "")
            listed = [
                {"name": name, "size": len(body), "modified": MOMENT, "etag": etag(body)}
                for name, body in sorted(self.objects.items())
                if name.startswith(prefix)
            ]
            return Answer(200, OWN, json.dumps({"objects": listed}).encode())
        return self._object(rest[0], request)

    def _object(self, name: str, request: Request) -> Answer:
        body = self.objects.get(name)
        wanted = request.headers.get("if-match")
        if request.method == "PUT":
            if request.headers.get("if-none-match") and body is not None:
                return error(412, "exists", "an object lies there")
            if wanted is not None and (body is None or wanted != etag(body)):
                return error(412, "changed", "the object is another")
            self.objects[name] = request.body
            return Answer(201, {**OWN, "etag": etag(request.body)})
        if body is None:
            return error(404, "no-object", "there is no such object")
        if request.method == "DELETE":
            if wanted is not None and wanted != etag(body):
                return error(412, "changed", "the object is another")
            del self.objects[name]
            return Answer(204, OWN)
        more: dict[str, Any] = {"etag": etag(body), "modified": MOMENT, "size": str(len(body))}
        return Answer(200, {**OWN, **more}, body[:1024] if "range" in request.headers else body)


def step(request: Request) -> str:
    """The store's own ETags begin with ``e-``, so that a made-up one is known; only rehearsals write nothing."""
    if request.method == "PUT":
        return WRITE if request.body else REHEARSE_WRITE
    if request.method == "DELETE":
        return DELETE if request.headers.get("if-match", "").startswith("e-") else REHEARSE_DELETE
    if "?prefix=" in request.path:
        return LIST
    return "stat" if "range" in request.headers else READ


def source(wire: Wire, **changes: Any) -> dict[str, Any]:
    parameters = {"bucket": "imagery-in", "endpoint": wire.url, "key": KEY}
    return {"name": "planet imagery", "type": "memory", "parameters": {**parameters, **changes}}


case = Case(
    name="memory",
    source=source,
    settings=lambda wire: Settings(ca_bundle=wire.ca or None),
    store=MemoryStore,
    step=step,
    secrets=(KEY,),
    healthy_requests=8,
    faults={
        "denied": lambda step: error(403, "not-allowed", "the key may not do this"),
        "unknown-key": lambda step: error(401, "unknown-key", "nobody has this key"),
        "wrong-secret": "the key is one value: a wrong one is unknown",
        "no-bucket": lambda step: error(404, "no-bucket", "there is no such bucket"),
        "throttled": lambda step: error(429, "busy", "come again"),
        "server-error": lambda step: error(500, "fault", "something broke"),
    },
    rows=(
        Row(WRITE, error(507, "full", "no room is left"), "storage-full", "fail", "the store's own codes"),
        Row(DELETE, error(409, "held", "somebody holds it"), "object-held", "fail", "the store's own codes"),
    ),
)
