"""Our own objects in a bucket behind the S3 API: written so that nothing is overwritten, deleted so that nothing else goes."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import md5

from validator.core.model import Kind
from validator.providers.base import Receipt, is_own_name
from validator.providers.common.conditions import Belief
from validator.providers.s3.bucket_requests import BucketRequests, content_md5, is_final, may_be_about_reading
from validator.providers.s3.errors import kind_of, not_the_api, not_the_object
from validator.providers.s3.http import S3Error


def write(requests: BucketRequests, key: str, body: bytes) -> Receipt:
    """See the seam: create-only, with Content-MD5 and a signed body, in one piece."""
    if requests.conditions.create.sent:
        try:
            return _put(requests, key, body, {"If-None-Match": "*"})
        except S3Error as error:
            # Nobody has our own names: a store that meets an object there was sent it twice, or compares in a way of its own.
            untrue = (
                error.status == 412 and not requests.conditions.documented and is_own_name(key) and key not in requests.written
            )
            if not (requests.refuses_conditions(error) or untrue) or (untrue and _came_before(requests, key, body)):
                raise
            requests.conditions.create = Belief.UNSUPPORTED
    return _put(requests, key, body, {})


def _came_before(requests: BucketRequests, key: str, body: bytes) -> bool:
    """A create-only write of a name that nobody has met an object there: is it this very write's?"""
    try:
        return _holds(requests, key, body)
    except S3Error:
        requests.versions.met(key)
        return False


def _put(requests: BucketRequests, key: str, body: bytes, condition: Mapping[str, str]) -> Receipt:
    requests.versions.writing(key, md5(body, usedforsecurity=False).hexdigest())
    headers = {"Content-MD5": content_md5(body), **condition, **requests.encryption()}
    try:
        answer = requests.send("PUT", key, headers=headers, body=body)
    except S3Error as error:
        if is_final(error):
            requests.versions.refused(key)
        commands = [each.remove_command for each in requests.versions.unsettled()]
        if commands:
            error.evidence["remains"] = "; ".join(commands)
        raise
    if not answer.etag:
        raise not_the_api(answer, "PUT", "the answer to the write holds no ETag, which every object store sends")
    requests.versions.written(key, answer)
    requests.written[key] = answer.etag
    requests.free.discard(key)
    return Receipt(answer.etag, answer.version)


def delete(requests: BucketRequests, key: str, receipt: Receipt | None, body: bytes) -> None:
    """See the seam."""
    pin = requests.written.get(key) or (receipt.pin if receipt else "") or _pin_of_ours(requests, key, body)
    if requests.conditions.delete.sent and pin:
        try:
            return requests.delete(key, pin, pinned=True)
        except S3Error as error:
            if requests.learns_refused_header(error):
                pass
            elif error.status == 412:
                # Our object as it is now may have another ETag, or the store a comparison of its own: the bytes decide.
                if requests.conditions.documented or not _is_seen_to_hold(requests, key, body):
                    raise
            elif not may_be_about_reading(error, "s3:DeleteObject") or not _may_go_unpinned(requests, key, receipt):
                raise
    return requests.delete(key)


def _may_go_unpinned(requests: BucketRequests, key: str, receipt: Receipt | None) -> bool:
    """Nobody has our own names; and of the real one, whoever asked to write there without a pin was told."""
    return is_own_name(key) or (bool(requests.unpinned) and receipt is not None)


def _pin_of_ours(requests: BucketRequests, key: str, body: bytes) -> str:
    """The answer to the write was lost: is the object there, and is it ours?"""
    try:
        stored = requests.stat(key)
    except S3Error as error:
        if kind_of(error) is not Kind.DENIED:
            raise
        return f'"{md5(body, usedforsecurity=False).hexdigest()}"'
    if stored is None:
        raise S3Error(status=404, code="NoSuchKey", message="there is no such object", method="DELETE")
    if stored.body != body:
        raise not_the_object("written")
    requests.versions.add(key, stored.version)
    return stored.pin


def _is_seen_to_hold(requests: BucketRequests, key: str, body: bytes) -> bool:
    """``_holds``; False where it may not be seen: the refusal of the delete is what is to be told, not that of the look."""
    try:
        return _holds(requests, key, body)
    except S3Error as error:
        if kind_of(error) is not Kind.DENIED:
            raise
        return False


def _holds(requests: BucketRequests, key: str, body: bytes) -> bool:
    stored = requests.stat(key)
    return stored is not None and stored.body == body
