"""An S3 bucket with versions, whose conditions, markers and answers are as each test wants them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote, urlsplit

from tests.support.s3_store import error
from tests.support.wire import Answer, Request


@dataclass
class Store:
    """A bucket that knows versions, markers and their null forms, and honours none, one or both conditions."""

    deletes: bool = True
    """Whether If-Match on a DELETE is looked at."""
    creates: bool = True
    """Whether If-None-Match and If-Match on a PUT are looked at."""
    absent_delete: int = 204
    """For a conditional delete of what is not there: Ceph 204, Amazon 404."""
    status: str = ""
    """``Enabled``, ``Suspended`` or never versioned."""
    silent: bool = False
    """A marker under a name that was not there is made without a word (OpenStack Swift)."""
    tells_markers: bool = True
    """A look at a marker is answered with x-amz-delete-marker."""
    refused: Callable[[Request, str], Answer | None] = lambda request, key: None
    stack: dict[str, list[tuple[str, bytes | None]]] = field(default_factory=dict)
    """Key to its versions, the current one last: id and bytes, None for a marker."""
    requests: list[Request] = field(default_factory=list)
    count: int = 0
    older: frozenset[str] = frozenset()
    """Ids of the versions that were there before."""

    def __post_init__(self) -> None:
        self.older = frozenset(version for versions in self.stack.values() for version, _ in versions)

    def handle(self, request: Request) -> Answer:
        self.requests.append(request)
        parts = urlsplit(request.path)
        key = unquote(parts.path).lstrip("/").partition("/")[2]
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        refused = self.refused(request, key)
        if refused is not None:
            return refused
        if "object-lock" in query:
            return error(404, "ObjectLockConfigurationNotFoundError")
        if "versions" in query:
            return self._list(query["prefix"])
        if "versioning" in query:
            return Answer(
                200, {}, f"<VersioningConfiguration><Status>{self.status}</Status></VersioningConfiguration>".encode()
            )
        if "versionId" in query:
            return self._version(request, key, query["versionId"])
        if "uploadId" in query:
            return error(404, "NoSuchUpload")
        return getattr(self, f"_{request.method.lower()}")(request, key)

    def current(self, key: str) -> bytes | None:
        return self.stack[key][-1][1] if self.stack.get(key) else None

    def _id(self) -> str:
        self.count += 1
        return "null" if self.status != "Enabled" else f"v{self.count}"

    def _push(self, key: str, body: bytes | None) -> str:
        version = self._id()
        left = [each for each in self.stack.get(key, []) if each[0] != version]
        self.stack[key] = [*left, (version, body)]
        return version

    def _get(self, request: Request, key: str) -> Answer:
        body = self.current(key)
        if body is None:
            marked = self.tells_markers and bool(self.stack.get(key))
            return error(404, "NoSuchKey", headers={"x-amz-delete-marker": "true"} if marked else None)
        return Answer(200, {"etag": etag(body)}, body)

    def _put(self, request: Request, key: str) -> Answer:
        body = self.current(key)
        match, none = request.headers.get("if-match"), request.headers.get("if-none-match")
        if self.creates and ((none and body is not None) or (match and body is not None and match != etag(body))):
            return error(412, "PreconditionFailed")
        if self.creates and match and body is None:
            return error(404, "NoSuchKey")
        version = self._push(key, request.body)
        return Answer(200, {"etag": etag(request.body), **({"x-amz-version-id": version} if self.status == "Enabled" else {})})

    def _delete(self, request: Request, key: str) -> Answer:
        body, match = self.current(key), request.headers.get("if-match")
        if match and self.deletes and body is not None and match != etag(body):
            return error(412, "PreconditionFailed")
        if match and self.deletes and body is None and self.absent_delete == 404:
            return error(404, "NoSuchKey")
        if not self.status:
            self.stack.pop(key, None)
            return Answer(204)
        said = not (self.silent and body is None)
        version = self._push(key, None)
        return Answer(204, {"x-amz-delete-marker": "true", "x-amz-version-id": version} if said else {})

    def _version(self, request: Request, key: str, version: str) -> Answer:
        found = next((each for each in self.stack.get(key, []) if each[0] == version), None)
        if request.method == "DELETE":
            self.stack[key] = [each for each in self.stack.get(key, []) if each[0] != version]
            if not self.stack[key]:
                del self.stack[key]
            return Answer(204, {"x-amz-version-id": version})
        if found is None or found[1] is None:
            return error(404, "NoSuchVersion")
        return Answer(200, {"etag": etag(found[1])}, found[1])

    def _list(self, prefix: str) -> Answer:
        rows = "".join(
            f"<{'DeleteMarker' if body is None else 'Version'}><Key>{key}</Key><VersionId>{version}</VersionId>"
            f"<LastModified>{2026 if version in self.older else 2126}-01-01T00:00:00Z</LastModified><ETag>{etag(body or b'')}</ETag></{'DeleteMarker' if body is None else 'Version'}>"
            for key, versions in self.stack.items() if key.startswith(prefix) for version, body in versions
        )  # fmt: skip
        return Answer(200, {}, f"<ListVersionsResult>{rows}</ListVersionsResult>".encode())


def etag(body: bytes) -> str:
    return f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"'
