"""What lies unseen under a name in a bucket behind the S3 API: versions that a delete marker hides."""

from __future__ import annotations

from validator.core.model import Kind
from validator.providers.base import is_own_name
from validator.providers.common.conditions import Belief, nobodys
from validator.providers.s3.bucket_requests import BucketRequests, made_up_etag
from validator.providers.s3.errors import kind_of
from validator.providers.s3.http import S3Error
from validator.providers.s3.settings import BucketSettings


class HiddenVersions:
    """Tells whether a write and a delete under a name would touch what no look sees there."""

    def __init__(self, requests: BucketRequests, settings: BucketSettings) -> None:
        self.requests = requests
        self._settings = settings
        self._surveyed = False
        self._shown: dict[str, bool] = {}

    def risk(self, key: str) -> str:
        """Why a write or a delete there may touch it, or a delete cannot be pinned; empty if nothing speaks for that."""
        if is_own_name(key):
            return ""
        if self.requests.unpinned:
            return self.requests.unpinned
        marked = key in self.requests.marked
        # Amazon answers a conditional delete of a marker with 412, as of an object; and who may not read sees neither.
        occupied = self.requests.conditions.documented and key in self.requests.occupied
        if self.requests.conditions.documented and not (marked or occupied):
            return ""
        if not self._surveyed and (marked or not self.requests.versions.kept):
            self._survey(key, plainly=marked)
            self._surveyed = True
        if self.requests.versions.suspended:
            return "" if not marked and self._settings.hides_nothing(key) else (
                f"versioning is suspended in this bucket, and an older version may lie hidden under {key}, which a write or a delete "
                "there would destroy"
            )  # fmt: skip
        if occupied and not marked and self._settings.versioning is None:
            return f"what lies under {key} may not be read: it may be a delete marker, and hide a version that a write there would destroy"
        if marked and not self.requests.versions.kept:
            return f"a delete marker lies under {key}, and may hide a version that a write or a delete there would destroy"
        if not marked and not self.requests.versions.kept and self._shows_one(key):
            return f"an older version lies hidden under {key}, which a write or a delete there might destroy"
        return ""

    def _shows_one(self, key: str) -> bool:
        if key not in self._shown:
            self._shown[key] = self._settings.hides_version(key)
        return self._shown[key]

    def _survey(self, key: str, *, plainly: bool) -> None:
        """Delete a name that nobody has: does the bucket leave a marker, and of which kind?"""
        other = nobodys(key)
        try:
            self.requests.delete(other, "" if plainly or not self.requests.conditions.delete.sent else made_up_etag())
        except S3Error as error:
            if self.requests.learns_refused_header(error):
                self._survey(key, plainly=True)
            elif error.status == 412:
                self.requests.conditions.delete = Belief.SEEN
            elif kind_of(error) not in (Kind.DENIED, Kind.ABSENT):
                raise
            # Of what is absent, a plain delete would tell more, and leave a marker in every bucket that keeps versions.
            elif status := self._settings.ask_versioning():
                self.requests.versions.suspended = status == "Suspended"
                self.requests.versions.kept = True
