"""The removal of one leftover in a bucket behind the S3 API, pinned to its version, upload or ETag."""

from __future__ import annotations

from typing import Final

from validator.providers.base import Leftover, LeftoverKind
from validator.providers.s3.bucket_requests import BucketRequests
from validator.providers.s3.errors import not_the_object
from validator.providers.s3.http import S3Error
from validator.providers.s3.version_record import NULL
from validator.providers.s3.versions import must_be_done, versioning_of

UNKNOWN_REQUEST: Final = frozenset(
    {"NotImplemented", "MethodNotAllowed", "InvalidArgument", "InvalidRequest", "UnsupportedOperation"}
)
"""Codes with which a store says that it has no such list, or condition."""

Query = tuple[tuple[str, str], ...]


def remove(requests: BucketRequests, leftover: Leftover) -> None:
    """See the seam: what was listed, and nothing else."""
    version = leftover.version
    if leftover.kind is LeftoverKind.UPLOAD:
        _delete(requests, leftover.key, (("uploadId", version or ""),))
    elif version and version != NULL:
        _delete(requests, leftover.key, (("versionId", version),))
    elif leftover.kind is not LeftoverKind.CURRENT or _keeps_versions(requests):
        _remove_null(requests, leftover)  # a plain delete would leave a marker in its place
    else:
        _remove_current(requests, leftover)


def _delete(requests: BucketRequests, key: str, query: Query) -> None:
    must_be_done(requests.send("DELETE", key, query=query))


def _keeps_versions(requests: BucketRequests) -> bool:
    """Whether the bucket keeps versions, or once did; taken for no where it may not be asked."""
    try:
        return bool(versioning_of(requests.send("GET", query=(("versioning", ""),))))
    except S3Error:
        return False


def _remove_current(requests: BucketRequests, leftover: Leftover) -> None:
    if not leftover.pin:
        _must_be_it("", leftover)  # without a condition, anything could go
    if not requests.conditions.delete.holds:
        # A store that may ignore conditions is looked at first; the condition is sent all the same.
        stored = requests.look(leftover.key)
        _must_be_it(stored.pin if stored else "", leftover)
    try:
        answer = requests.send("DELETE", leftover.key, headers={"If-Match": leftover.pin})
    except S3Error as error:
        if requests.conditions.delete.holds or not (error.status == 501 or error.code in UNKNOWN_REQUEST):
            raise
        answer = requests.send("DELETE", leftover.key)
    must_be_done(answer)
    requests.versions.deleted(leftover.key, answer, absent=False)
    if answer.headers.get("x-amz-delete-marker") != "true":
        return
    if answer.headers.get("x-amz-version-id", NULL) != NULL:
        # The bucket keeps versions by now, and this one is from before: the delete has only hidden it.
        _remove_null(requests, leftover)
    requests.versions.sweep()


def _remove_null(requests: BucketRequests, leftover: Leftover) -> None:
    query: Query = (("versionId", NULL),)
    _must_be_it(requests.send("HEAD", leftover.key, query=query).etag, leftover)
    _delete(requests, leftover.key, query)


def _must_be_it(etag: str, leftover: Leftover) -> None:
    if not leftover.pin or etag.strip('"') != leftover.pin.strip('"'):
        raise not_the_object("listed")
