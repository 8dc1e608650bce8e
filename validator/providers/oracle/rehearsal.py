"""A delete of Oracle's, asked where nothing lies, or on a condition that cannot hold."""

from __future__ import annotations

from typing import Final

from validator.core.model import Operation
from validator.providers.base import Unproven, is_own_name
from validator.providers.common.conditions import Belief, not_asked
from validator.providers.oracle.bucket_requests import BucketRequests
from validator.providers.oracle.errors import ContradictoryAnswer, condition_refused, refused
from validator.providers.oracle.rules import BUCKET, NOT_SEEN, SEEN
from validator.providers.s3.http import S3Error

MADE_UP: Final = f'"{"0" * 32}"'
"""An ETag that no object has. Whether Oracle looks at it on a delete is not known, so it is never all that protects an object."""


class BucketRehearsal:
    """The rehearsals of one run in one bucket. See :meth:`validator.providers.base.Bucket.rehearse`."""

    def __init__(self, requests: BucketRequests) -> None:
        self.requests = requests

    def rehearse(self, operation: Operation, key: str) -> None:
        """Delete what is not there, with a condition that cannot hold besides. The code, not the status, is the answer."""
        if operation is not Operation.DELETE:
            raise NotImplementedError("Oracle documents no condition on writes: a rehearsed write might be carried out")
        try:
            self._delete_nothing(key)
        except S3Error as error:
            if not refused(error) or self.requests.seen:
                raise
            self._witness(error)
            error.evidence[BUCKET] = SEEN if self.requests.seen else NOT_SEEN
            raise

    def _delete_nothing(self, key: str) -> None:
        mine, nobodys = key in self.requests.written, is_own_name(key)
        if not (mine or nobodys or self.requests.conditions.delete.holds or key in self.requests.free):
            raise not_asked(key)
        if self.requests.conditions.delete.sent:
            try:
                self.requests.delete("rehearsal", key, MADE_UP)
            except S3Error as error:
                if error.status == 412 and (mine or nobodys or key in self.requests.free):
                    self.requests.conditions.delete = Belief.SEEN
                if not condition_refused(error):
                    raise
                self.requests.conditions.delete = Belief.UNSUPPORTED
                if mine:
                    raise
            else:
                if mine:
                    self.requests.conditions.delete = Belief.IGNORED
                return
        # Nothing lies there: without its condition, the delete removes as little.
        self.requests.delete("rehearsal", key)

    def _witness(self, error: S3Error) -> None:
        """The delete was answered as if there were no bucket: is there one? Raises Unproven if nobody can say."""
        if self.requests.refused_alike:
            return
        try:
            self.requests.refused_alike = self.requests.listed("") is None
        except (S3Error, ContradictoryAnswer) as other:
            raise Unproven(
                "the delete was answered as if there were no such bucket, and no other answer shows whether there is",
                {"delete": f"{error.status} {error.code}", "witness": str(other)},
            ) from None
