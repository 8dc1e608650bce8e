"""The removal of one leftover in a bucket behind the S3 API, pinned to its version, upload or ETag."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from validator.providers.base import Leftover, LeftoverKind, StoredObject
from validator.providers.s3.errors import not_the_object
from validator.providers.s3.http import S3Error
from validator.providers.s3.version_record import NULL, VersionRecord
from validator.providers.s3.versions import Send, VersionCleanup, must_be_done, versioning_of

UNKNOWN_REQUEST: Final = frozenset(
    {"NotImplemented", "MethodNotAllowed", "InvalidArgument", "InvalidRequest", "UnsupportedOperation"}
)
"""Codes with which a store says that it has no such list, or condition."""

Query = tuple[tuple[str, str], ...]


class LeftoverRemover:
    """Removes in one bucket what was listed, and nothing else."""

    def __init__(
        self,
        send: Send,
        stat: Callable[[str], StoredObject | None],
        made: VersionRecord,
        cleanup: VersionCleanup,
        *,
        believed: Callable[[], bool],
    ) -> None:
        self._send = send
        self._stat = stat
        self._made = made
        self._cleanup = cleanup
        self._believed = believed

    def remove(self, leftover: Leftover) -> None:
        """See the seam."""
        version = leftover.version
        if leftover.kind is LeftoverKind.UPLOAD:
            self._delete(leftover.key, (("uploadId", version or ""),))
        elif version and version != NULL:
            self._delete(leftover.key, (("versionId", version),))
        elif leftover.kind is not LeftoverKind.CURRENT or self._keeps_versions():
            self._remove_null(leftover)  # a plain delete would leave a marker in its place
        else:
            self._remove_current(leftover)

    def _delete(self, key: str, query: Query) -> None:
        must_be_done(self._send("DELETE", key, query=query))

    def _keeps_versions(self) -> bool:
        """Whether the bucket keeps versions, or once did; taken for no where it may not be asked."""
        try:
            return bool(versioning_of(self._send("GET", query=(("versioning", ""),))))
        except S3Error:
            return False

    def _remove_current(self, leftover: Leftover) -> None:
        if not leftover.pin:
            self._must_be_it("", leftover)  # without a condition, anything could go
        if not self._believed():
            # A store that may ignore conditions is looked at first; the condition is sent all the same.
            stored = self._stat(leftover.key)
            self._must_be_it(stored.pin if stored else "", leftover)
        try:
            answer = self._send("DELETE", leftover.key, headers={"If-Match": leftover.pin})
        except S3Error as error:
            if self._believed() or not (error.status == 501 or error.code in UNKNOWN_REQUEST):
                raise
            answer = self._send("DELETE", leftover.key)
        must_be_done(answer)
        self._made.deleted(leftover.key, answer, absent=False)
        if answer.headers.get("x-amz-delete-marker") != "true":
            return
        if answer.headers.get("x-amz-version-id", NULL) != NULL:
            # The bucket keeps versions by now, and this one is from before: the delete has only hidden it.
            self._remove_null(leftover)
        self._cleanup.sweep()

    def _remove_null(self, leftover: Leftover) -> None:
        query: Query = (("versionId", NULL),)
        self._must_be_it(self._send("HEAD", leftover.key, query=query).etag, leftover)
        self._delete(leftover.key, query)

    def _must_be_it(self, etag: str, leftover: Leftover) -> None:
        if not leftover.pin or etag.strip('"') != leftover.pin.strip('"'):
            raise not_the_object("listed")
