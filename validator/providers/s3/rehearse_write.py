"""A write behind the S3 API, asked in a form that cannot be carried out; and on our own object, whether the store refuses such forms."""

from __future__ import annotations

import os
from collections.abc import Mapping

from validator.providers.common.conditions import Belief
from validator.providers.s3.bucket_requests import (
    BucketRequests,
    content_md5,
    is_denied,
    is_final,
    made_up_etag,
    may_be_about_reading,
)
from validator.providers.s3.errors import refused_action
from validator.providers.s3.http import Response, S3Error


def rehearse(requests: BucketRequests, key: str) -> None:
    """Two impossibilities at once: a state that the object does not have, and the Content-MD5 of other bytes."""
    if key in requests.written and not requests.conditions.documented:
        return _test_writes(requests, key)
    beliefs = requests.conditions
    if not (beliefs.write.holds or beliefs.digest.holds):
        if requests.delete_refused:
            return _send_part_of_nothing(requests, key)
        raise NotImplementedError(
            "this store was not seen to refuse a write whose conditions cannot hold, so whether these credentials may write is seen "
            "only by writing; and nothing is written that could not be removed"
        )
    if beliefs.write.holds and not (requests.unpinned and beliefs.digest.holds):
        try:
            return _impossible_write(requests, key, {"If-Match": made_up_etag()})
        except S3Error as error:
            reading = may_be_about_reading(error, "s3:PutObject", "kms:") and key not in requests.readable
            if "all_refused" in error.evidence or not reading:
                raise
    if not beliefs.digest.holds:
        raise NotImplementedError(
            "the store refuses the rehearsal of a write, for which it wants s3:GetObject as well; so whether these "
            "credentials may write is seen only by writing"
        )
    return _impossible_write(requests, key, {"If-None-Match": "*"} if beliefs.create.sent else {})


def _send_part_of_nothing(requests: BucketRequests, key: str) -> None:
    """Nothing can be written that could not be removed, so no belief can be had: a part of an upload that nobody has started makes
    no object, takes the permission to write (s3:PutObject), and carries the two impossibilities besides.
    """
    sent = {"If-Match": made_up_etag(), "Content-MD5": content_md5(os.urandom(16))}
    query = (("partNumber", "1"), ("uploadId", os.urandom(16).hex()))
    try:
        requests.send("PUT", key, query=query, headers=sent, body=b"planet-validator rehearsal\n")
    except S3Error as error:
        if error.code == "BadDigest":
            return
        named = refused_action(error) == "s3:PutObject" or "all_refused" in error.evidence
        if error.code == "NoSuchUpload" or (is_denied(error) and named):
            raise
    raise NotImplementedError("the store's answer to a part of an upload that nobody has started says nothing of a write")


def _impossible_write(requests: BucketRequests, key: str, headers: Mapping[str, str]) -> None:
    try:
        _send_impossible(requests, key, headers)
    except S3Error as error:
        if error.code != "BadDigest":
            raise


def _send_impossible(requests: BucketRequests, key: str, headers: Mapping[str, str]) -> Response:
    sent = {**headers, "Content-MD5": content_md5(os.urandom(16)), **requests.encryption()}
    return requests.send("PUT", key, headers=sent, body=b"planet-validator rehearsal\n")


def _test_writes(requests: BucketRequests, key: str) -> None:
    """Our own object lies there: a write that must not find it, or must find another, has to be refused."""
    tests: tuple[tuple[str, dict[str, str]], ...] = (
        ("create", {"If-None-Match": "*"}),
        ("write", {"If-Match": made_up_etag()}),
        ("digest", {}),
    )
    for name, headers in tests:
        needless = name == "digest" and requests.conditions.write.holds and not requests.unpinned
        if getattr(requests.conditions, name).holds or needless:
            continue
        try:
            requests.versions.writing(key, "")
            answer = _send_impossible(requests, key, headers)
        except S3Error as error:
            if is_final(error):
                requests.versions.refused(key)
            if error.status == 412:
                setattr(requests.conditions, name, Belief.SEEN)
            elif error.code == "BadDigest":
                requests.conditions.digest = Belief.SEEN
            elif requests.refuses_conditions(error):
                setattr(requests.conditions, name, Belief.UNSUPPORTED)
            elif not is_final(error):
                raise  # it may have been carried out
        else:
            setattr(requests.conditions, name, Belief.IGNORED)
            if answer.etag:  # it was carried out: this is our object now
                requests.versions.written(key, answer)
                requests.written[key] = answer.etag
