"""One bucket behind the S3 API: rehearse, write, read, delete and what becomes of versions, for every type that speaks it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from validator.core.model import Confidence, Operation, Residue
from validator.providers.base import Experiment, Failure, Receipt, RetentionBlocker, StoredObject, is_own_name
from validator.providers.common.conditions import Conditioned
from validator.providers.common.xml import read as read_xml
from validator.providers.s3 import own_objects, rehearse_delete
from validator.providers.s3.bucket_requests import BucketRequests, StoreTraits
from validator.providers.s3.errors import not_the_api
from validator.providers.s3.hidden import HiddenVersions
from validator.providers.s3.http import S3Client
from validator.providers.s3.settings import OBJECT_LOCK, BucketSettings
from validator.providers.s3.versions import must_be_done

if TYPE_CHECKING:
    from validator.providers.base import Leftover, UnseenPart
    from validator.providers.common.early import Early


class S3Bucket(Conditioned):
    """See :class:`validator.providers.base.Bucket`. Raises :class:`~validator.providers.s3.http.S3Error` and Unproven alone."""

    def __init__(self, client: S3Client, traits: StoreTraits, early: Early) -> None:
        self._early = early
        self.requests = BucketRequests(client, traits)
        self.conditions = self.requests.conditions
        self._settings = BucketSettings(self.requests.send)
        self._hidden = HiddenVersions(self.requests, self._settings)

    def __exit__(self, *exc: object) -> None:
        """Connections belong to the process, not to a bucket; those that were opened early, and that nobody has used, to nobody."""
        self.requests.ahead.close()
        self._early.close()

    # ---- asking --------------------------------------------------------------------------------------------------------

    def stat(self, key: str) -> StoredObject | None:
        """See the seam."""
        return self.requests.stat(key)

    def risk(self, key: str) -> str:
        """See the seam: versions that a marker hides, and deletes that cannot be pinned."""
        return self._hidden.risk(key)

    def rehearse(self, operation: Operation, key: str) -> None:
        """See the seam."""
        if operation is Operation.DELETE:
            if self.requests.conditions.documented and not is_own_name(key):
                self.requests.ask_ahead(OBJECT_LOCK)
            return rehearse_delete.rehearse(self.requests, key)
        from validator.providers.s3 import rehearse_write

        return rehearse_write.rehearse(self.requests, key)

    def read(self, key: str) -> bytes:
        """See the seam."""
        answer = self.requests.send("GET", key)
        self.requests.must_be_an_object(answer)
        return answer.body

    def list(self, prefix: str) -> Sequence[str]:
        """See the seam; the first thousand."""
        root = read_xml(self.requests.send("GET", query=(("list-type", "2"), ("prefix", prefix))).body)
        return [] if root is None else [each.text for each in root.every("Key")]

    def retention_blockers(self) -> Sequence[RetentionBlocker]:
        """Default retention of the bucket: the version that Planet writes would stay for so long, whichever store says so."""
        return self._settings.retention()

    # ---- performing --------------------------------------------------------------------------------------------------

    def write(self, key: str, body: bytes) -> Receipt:
        """See the seam: create-only, with Content-MD5 and a signed body, in one piece."""
        return own_objects.write(self.requests, key, body)

    def delete(self, key: str, receipt: Receipt | None, body: bytes) -> None:
        """See the seam."""
        own_objects.delete(self.requests, key, receipt, body)

    # ---- what remains --------------------------------------------------------------------------------------------------

    def cleanup_versions(self, key: str, receipt: Receipt | None) -> Sequence[Residue]:
        """See the seam. A version that stays keeps its marker: without it, the file would come back to light."""
        if receipt is not None:
            self.requests.versions.add(key, receipt.version)
        if self.requests.conditions.delete.holds:
            self.requests.versions.refuses()
        return self.requests.versions.cleanup_versions()

    def unsettled(self) -> Sequence[Residue]:
        """See the seam."""
        return self.requests.versions.unsettled()

    # ---- what was there before -----------------------------------------------------------------------------------------

    # A 412 is also what S3 says of a delete marker.
    presence = Confidence.LIKELY

    def leftovers(self, key: str, *, everywhere: bool) -> Iterator[Sequence[Leftover | UnseenPart]]:
        """See the seam."""
        from validator.providers.s3.leftovers import BucketLeftovers

        return BucketLeftovers(self.requests, key, everywhere).leftovers()

    def remove(self, leftover: Leftover) -> None:
        """See the seam."""
        from validator.providers.s3 import removal

        removal.remove(self.requests, leftover)

    # ---- in parts ------------------------------------------------------------------------------------------------------

    def rehearse_abort(self, key: str) -> None:
        """See the seam: an upload that nobody has started."""
        self.requests.send("DELETE", key, query=(("uploadId", os.urandom(16).hex()),))

    def start_multipart(self, key: str) -> str:
        """See the seam."""
        answer = self.requests.send("POST", key, query=(("uploads", ""),), headers=self.requests.encryption())
        match = re.search(rb"<UploadId>([^<]{1,1000})</UploadId>", answer.body)
        if match is None:
            raise not_the_api(answer, "POST", "no upload id came back")
        return match[1].decode()

    def abort_multipart(self, key: str, upload: str) -> None:
        """See the seam."""
        must_be_done(self.requests.send("DELETE", key, query=(("uploadId", upload),)))

    def experiments(self, failure: Failure) -> Iterator[Experiment]:
        """See the seam."""
        return self.requests.traits.experiments(failure)
