"""A delete behind the S3 API, asked in a form that cannot be carried out."""

from __future__ import annotations

from validator.core.model import Kind
from validator.providers.base import Unproven, is_own_name
from validator.providers.common.conditions import Belief, nobodys, not_asked
from validator.providers.s3.bucket_requests import BucketRequests, is_denied, made_up_etag, may_be_about_reading
from validator.providers.s3.errors import kind_of, refused_action
from validator.providers.s3.http import S3Error


def rehearse(requests: BucketRequests, key: str) -> None:
    """Ask for a delete of exactly ``key``. Raises S3Error, Unproven."""
    try:
        if key in requests.written:
            _of_our_own(requests, key)
        elif is_own_name(key):
            _of_nobodys(requests, key)
        else:
            _of_anothers(requests, key)
    except S3Error as error:
        requests.delete_refused = requests.delete_refused or is_denied(error)
        raise


def _of_anothers(requests: BucketRequests, key: str) -> None:
    if not (requests.conditions.delete.holds or key in requests.free):
        raise not_asked(key)
    if requests.conditions.delete is Belief.UNSUPPORTED:
        return requests.delete(key)
    try:
        requests.delete(key, made_up_etag())
    except S3Error as error:
        if error.status == 412 and key in requests.free and not requests.conditions.documented:
            requests.conditions.delete = Belief.SEEN  # it was refused, of a name that nobody had a moment ago
        elif error.status == 412:
            requests.occupied.add(key)
        if requests.learns_refused_header(error):
            return _of_anothers(requests, key)
        if not may_be_about_reading(error, "s3:DeleteObject"):
            raise
        _without_reading(requests, key, error)
    return None


def _without_reading(requests: BucketRequests, key: str, refusal: S3Error) -> None:
    """The condition wants to read as well: would the delete by itself be allowed? Asked on a name that nobody has."""
    other = nobodys(key)
    if key in requests.readable:
        raise refusal
    named = refused_action(refusal).startswith("s3:GetObject")
    try:
        requests.delete(other, "*" if requests.conditions.documented else "")
    except S3Error as error:
        if kind_of(error) not in (Kind.ABSENT, Kind.PRECONDITION):
            if named and not may_be_about_reading(error, "s3:DeleteObject"):
                raise _untold(key, refusal, f"a delete of {other}, a name that nobody has, was refused as well") from None
            error.evidence["asked_on"] = other
            raise
    requests.unpinned = (
        "its conditional delete wants s3:GetObject as well, which these credentials lack, so the delete could not be tied to our own "
        "file"
    )
    if not named:  # else: of the two permissions that were needed on this very name, the store misses the other one
        raise _untold(key, refusal, f"a delete of {other}, a name that nobody has, was allowed")


def _untold(key: str, refusal: S3Error, beside: str) -> Unproven:
    return Unproven(
        f"whether {key} may be deleted could not be told: the conditional delete of it was refused ({refusal.status} {refusal.code}), "
        f"and wants to read the file as well; {beside}",
        {"conditional_delete": f"{refusal.status} {refusal.code}"},
    )


def _of_nobodys(requests: BucketRequests, key: str) -> None:
    """With a condition, and without one: where the one is refused and the other is not, the store looks at the condition."""
    refused: S3Error | None = None
    if requests.conditions.delete.sent:
        try:
            return requests.delete(key, made_up_etag())
        except S3Error as error:
            if error.status == 412:
                requests.believe_delete()
                raise
            reading = may_be_about_reading(error, "s3:DeleteObject")
            if not requests.learns_refused_header(error):
                if not (reading or kind_of(error) is Kind.ABSENT):
                    raise
                if requests.conditions.delete.holds and not reading:
                    raise
                refused = error
    if refused is not None and requests.versions.kept and kind_of(refused) is Kind.ABSENT:
        raise refused  # it was allowed; a delete without the condition would leave a marker
    requests.delete(key)
    if refused is not None:
        requests.believe_delete()
    return None


def _of_our_own(requests: BucketRequests, key: str) -> None:
    """Our own object lies there: a delete of another state of it must be refused."""
    try:
        requests.delete(key, made_up_etag())
    except S3Error as error:
        if error.status == 412:
            requests.believe_delete()
        else:
            requests.learns_refused_header(error)
        raise
    if not requests.conditions.documented:
        requests.conditions.delete = Belief.IGNORED
