"""A delete behind the S3 API, asked in a form that cannot be carried out."""

from __future__ import annotations

from validator.core.model import Kind
from validator.providers.base import Unproven, is_own_name
from validator.providers.common.conditions import Belief, nobodys
from validator.providers.s3.bucket_requests import BucketRequests, is_denied, made_up_etag, may_be_about_reading
from validator.providers.s3.errors import kind_of, refused_action
from validator.providers.s3.http import S3Error


class DeleteRehearsal:
    """See :meth:`validator.providers.base.Bucket.rehearse`."""

    def __init__(self, requests: BucketRequests) -> None:
        self.requests = requests

    def rehearse(self, key: str) -> None:
        """Ask for a delete of exactly ``key``. Raises S3Error, Unproven."""
        try:
            if key in self.requests.written:
                self._of_our_own(key)
            elif is_own_name(key):
                self._of_nobodys(key)
            else:
                self._of_anothers(key)
        except S3Error as error:
            self.requests.delete_refused = self.requests.delete_refused or is_denied(error)
            raise

    def _of_anothers(self, key: str) -> None:
        if not (self.requests.conditions.delete.holds or key in self.requests.free):
            raise Unproven(
                f"whether {key} may be deleted could not be asked: this store was not seen to honour a condition on a delete, and may "
                "not be asked to delete what may be another's"
            )
        if self.requests.conditions.delete is Belief.UNSUPPORTED:
            return self.requests.delete(key)
        try:
            self.requests.delete(key, made_up_etag())
        except S3Error as error:
            if error.status == 412 and key in self.requests.free and not self.requests.conditions.documented:
                self.requests.conditions.delete = Belief.SEEN  # it was refused, of a name that nobody had a moment ago
            elif error.status == 412:
                self.requests.occupied.add(key)
            if self.requests.learns_refused_header(error):
                return self._of_anothers(key)
            if not may_be_about_reading(error, "s3:DeleteObject"):
                raise
            self._without_reading(key, error)
        return None

    def _without_reading(self, key: str, refusal: S3Error) -> None:
        """The condition wants to read as well: would the delete by itself be allowed? Asked on a name that nobody has."""
        other = nobodys(key)
        if key in self.requests.readable:
            raise refusal
        named = refused_action(refusal).startswith("s3:GetObject")
        try:
            self.requests.delete(other, "*" if self.requests.conditions.documented else "")
        except S3Error as error:
            if kind_of(error) not in (Kind.ABSENT, Kind.PRECONDITION):
                if named and not may_be_about_reading(error, "s3:DeleteObject"):
                    raise self._untold(
                        key, refusal, f"a delete of {other}, a name that nobody has, was refused as well"
                    ) from None
                error.evidence["asked_on"] = other
                raise
        self.requests.unpinned = (
            "its conditional delete wants s3:GetObject as well, which these credentials lack, so the delete could not be tied to our own "
            "file"
        )
        if not named:  # else: of the two permissions that were needed on this very name, the store misses the other one
            raise self._untold(key, refusal, f"a delete of {other}, a name that nobody has, was allowed")

    def _untold(self, key: str, refusal: S3Error, beside: str) -> Unproven:
        return Unproven(
            f"whether {key} may be deleted could not be told: the conditional delete of it was refused ({refusal.status} {refusal.code}), "
            f"and wants to read the file as well; {beside}",
            {"conditional_delete": f"{refusal.status} {refusal.code}"},
        )

    def _of_nobodys(self, key: str) -> None:
        """With a condition, and without one: where the one is refused and the other is not, the store looks at the condition."""
        refused: S3Error | None = None
        if self.requests.conditions.delete.sent:
            try:
                return self.requests.delete(key, made_up_etag())
            except S3Error as error:
                if error.status == 412:
                    self.requests.believe_delete()
                    raise
                reading = may_be_about_reading(error, "s3:DeleteObject")
                if not self.requests.learns_refused_header(error):
                    if not (reading or kind_of(error) is Kind.ABSENT):
                        raise
                    if self.requests.conditions.delete.holds and not reading:
                        raise
                    refused = error
        if refused is not None and self.requests.versions.kept and kind_of(refused) is Kind.ABSENT:
            raise refused  # it was allowed; a delete without the condition would leave a marker
        self.requests.delete(key)
        if refused is not None:
            self.requests.believe_delete()
        return None

    def _of_our_own(self, key: str) -> None:
        """Our own object lies there: a delete of another state of it must be refused."""
        try:
            self.requests.delete(key, made_up_etag())
        except S3Error as error:
            if error.status == 412:
                self.requests.believe_delete()
            else:
                self.requests.learns_refused_header(error)
            raise
        if not self.requests.conditions.documented:
            self.requests.conditions.delete = Belief.IGNORED
