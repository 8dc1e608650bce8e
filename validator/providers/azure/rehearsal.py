"""A delete or a write of Azure's, asked on condition of an ETag that no blob has."""

from __future__ import annotations

import contextlib
from typing import Any, Final

from validator.core.model import Operation
from validator.providers.azure.blobs import Blobs, only
from validator.providers.base import is_own_name
from validator.providers.common.conditions import Belief, not_asked

NO_ETAG: Final = "0x0"
"""An ETag that no blob has: a request that is conditional on it cannot be carried out."""


class BucketRehearsal:
    """The rehearsals of one run in one container. See :meth:`validator.providers.base.Bucket.rehearse`."""

    def __init__(self, blobs: Blobs) -> None:
        self.blobs = blobs

    def rehearse(self, operation: Operation, key: str) -> None:
        """Delete or write on condition of an ETag that no blob has. Azurite refuses with 412 whether or not there is a blob; Azure's
        reference says 404 where there is none.
        """
        own, beliefs = key in self.blobs.written and not self.blobs.conditions.documented, self.blobs.conditions
        if operation is Operation.DELETE:
            if not (beliefs.delete.holds or own or is_own_name(key) or key in self.blobs.free):
                raise not_asked(key, "endpoint")
            self._try("delete", lambda: self.blobs.delete(key, NO_ETAG), own=own)
            self.blobs.written.pop(key, None)
        elif operation is Operation.WRITE and own:
            self._test_writes(key)
        elif operation is Operation.WRITE:
            if not beliefs.write.holds:
                raise NotImplementedError("this endpoint was not seen to refuse a write whose condition cannot hold")
            self.blobs.put(key, b"", overwrite=True, **only(NO_ETAG))
        else:
            raise NotImplementedError

    def _test_writes(self, key: str) -> None:
        """Our own blob lies there: a write that must not find it, or must find another, has to be refused."""
        from azure.core.exceptions import HttpResponseError

        for name, more in (("create", {"overwrite": False}), ("write", {"overwrite": True, **only(NO_ETAG)})):
            if getattr(self.blobs.conditions, name).holds:
                continue
            with contextlib.suppress(HttpResponseError):
                receipt = self._try(name, lambda more=more: self.blobs.put(key, b"", **more), own=True)
                self.blobs.written[key] = receipt.pin

    def _try(self, name: str, work: Any, *, own: bool) -> Any:
        """Make a request whose condition cannot hold. On our own blob, or on a name that nobody has, its answer shows a belief."""
        from azure.core.exceptions import HttpResponseError

        try:
            value = work()
        except HttpResponseError as error:
            if not self.blobs.conditions.documented and error.status_code in (409, 412):
                setattr(self.blobs.conditions, name, Belief.SEEN)
            raise
        if own and not self.blobs.conditions.documented:
            setattr(self.blobs.conditions, name, Belief.IGNORED)
        return value
