"""One bucket of Google's: looks, writes, reads, deletes and sweeps through google-cloud-storage."""

from __future__ import annotations

import base64
import contextlib
import hashlib
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

from validator.core.model import Confidence, Kind, Operation, Residue, ResidueState, Secret
from validator.core.sentences import many
from validator.providers.base import Experiment, Failure, Options, Receipt, RetentionBlocker, StoredObject
from validator.providers.common.conditions import Conditioned
from validator.providers.gcs.client import Connection, Transport, client, client_of
from validator.providers.gcs.encoding import key_of
from validator.providers.gcs.errors import UnexpectedAnswer, classify
from validator.providers.gcs.lint import token_uri_admitted
from validator.providers.gcs.parameters import GoogleParameters
from validator.providers.gcs.rehearsal import BucketRehearsal
from validator.providers.gcs.retention import days_kept, of_bucket, of_object

if TYPE_CHECKING:
    from validator.providers.base import Leftover, UnseenPart

SMALL: Final = 1024
"""Bytes. An object of this size is read, to tell our own file from another's."""


class GoogleBucket(Connection, Conditioned):
    """The seam's Bucket over one Cloud Storage bucket."""

    def __init__(self, name: str, made: tuple[Any, Transport], options: Options) -> None:
        super().__init__(made, name, options)
        self._rehearsal = BucketRehearsal(self)
        self._gone: list[tuple[str, str]] = []
        """Names and generations that a delete of ours has removed."""
        self.lying: Any = None
        """The object that was last found under the real name."""

    def __exit__(self, *exc: object) -> None:
        self._rehearsal.ahead.close()
        self.transport.close()

    # ---- looking -----------------------------------------------------------------------------------------------------

    def stat(self, key: str) -> StoredObject | None:
        """The object under ``key``; needs storage.objects.get."""
        blob = self.bucket.blob(key)
        self.lying = None
        self.free.discard(key)
        try:
            blob.reload(**self.how())
        except Exception as error:
            if classify(error).kind is Kind.ABSENT:
                self.free.add(key)
                return None
            raise
        self.lying = blob
        body = None
        if blob.size is not None and blob.size <= SMALL:
            with contextlib.suppress(Exception):  # the object is there, whatever this says
                body = self.read(key)
        generation = str(blob.generation or "")
        return StoredObject(key, blob.size, blob.updated, generation or None, generation, body)

    def retention_blockers(self) -> Sequence[RetentionBlocker]:
        """What would keep a file: holds and retention of the file that lies there, then of the bucket, if it may be read."""
        blockers = list(of_object(self.lying, self.bucket.name, self.options)) if self.lying is not None else []
        if self._rehearsal.holds("storage.buckets.get"):
            try:
                self.bucket.reload(**self.how())
            except Exception as error:
                if classify(error).kind in (Kind.UNREACHABLE, Kind.TRANSIENT):
                    raise
            else:
                blockers += of_bucket(self.bucket, self.options)
        return blockers

    # ---- rehearsals --------------------------------------------------------------------------------------------------

    def rehearse(self, operation: Operation, key: str) -> None:
        """Ask under a generation that no object has. For DELETE there are two witnesses: where they disagree, Unproven."""
        if operation is Operation.DELETE and key in self.free:
            self.lying = None
        ours = self.written.get(key)
        self._rehearsal.rehearse(operation, key)
        if ours is not None and key not in self.written:  # it was carried out
            self._gone.append((key, str(ours)))

    # ---- operations --------------------------------------------------------------------------------------------------

    def write(self, key: str, body: bytes) -> Receipt:
        """Create only: an object of that name is never overwritten."""
        blob = self.bucket.blob(key)
        blob.upload_from_string(body, content_type="text/plain", if_generation_match=0, **self.how())
        if not blob.generation:
            raise UnexpectedAnswer("the answer to the upload names no generation")
        self.written[key] = int(blob.generation)
        self.free.discard(key)
        return Receipt(str(blob.generation), str(blob.generation))

    def read(self, key: str) -> bytes:
        """The object's bytes, in one request. The core compares them itself, whatever checksum comes with them."""
        data: bytes = self.bucket.blob(key).download_as_bytes(checksum=None, **self.how())
        return data

    def list(self, prefix: str) -> Sequence[str]:
        """Keys that begin with ``prefix``, a thousand at most. Planet does not ask for this permission."""
        pages = self.client.list_blobs(
            self.bucket, prefix=prefix, max_results=1000, fields="items(name),nextPageToken", **self.how()
        )
        return [blob.name for blob in pages]

    def delete(self, key: str, receipt: Receipt | None, body: bytes) -> None:
        """Remove one generation: ours. Without a receipt, the object whose checksum is that of our random bytes."""
        how = self.how(5.0)  # in the time kept for cleaning up, what is left for the work is nothing
        generation = self.written.get(key, 0)
        if not generation and receipt is not None:
            generation = int(receipt.pin)
        elif not generation:
            blob = self.bucket.blob(key)
            blob.reload(**how)
            if blob.md5_hash != base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode():
                from google.api_core.exceptions import PreconditionFailed

                raise PreconditionFailed("another object lies under that name")  # type: ignore[no-untyped-call]  # untyped upstream
            generation = int(blob.generation)
        # With its generation named, nothing stays behind in a bucket that keeps versions.
        self.bucket.blob(key, generation=generation).delete(if_generation_match=generation, **how)
        self.written.pop(key, None)
        self._gone.append((key, str(generation)))

    def cleanup_versions(self, key: str, receipt: Receipt | None) -> Sequence[Residue]:  # noqa: ARG002 - what went is noted as it goes
        """No version remains: the delete named its generation, which removes it from a versioned bucket as well. What soft delete keeps of
        it is told where the bucket's settings were read on the way.
        """
        gone, self._gone = self._gone, []
        days = days_kept(self.bucket)
        note = f"soft delete keeps a hidden copy for {many(days, 'day')}"
        kept = [Residue(name, ResidueState.VERSION, "", generation, note, fades=True) for name, generation in gone]
        return kept if days else ()

    presence = Confidence.LIKELY

    def leftovers(self, key: str, *, everywhere: bool) -> Iterator[Sequence[Leftover | UnseenPart]]:
        """Generations, old ones included, and soft-deleted copies."""
        from validator.providers.gcs.leftovers import leftovers

        return leftovers(self, key, everywhere=everywhere)

    def remove(self, leftover: Leftover) -> None:
        """Remove one generation."""
        from validator.providers.gcs.leftovers import remove

        remove(self, leftover)

    def experiments(self, failure: Failure) -> Iterator[Experiment]:  # noqa: ARG002 - the seam's signature
        """None: a Google destination has no parameter that could be tried another way."""
        return iter(())


def connect(parameters: GoogleParameters, options: Options) -> GoogleBucket:
    """A bucket to talk to; makes no request. Raises ValueError for credentials that no client can be made of."""
    key = key_of(parameters.credentials)
    if key is None:
        raise ValueError("the credentials hold no usable key")
    if not token_uri_admitted(key.token_uri, options):
        raise ValueError("the key file would send its signature to a host that is not Google's")
    return GoogleBucket(parameters.bucket, client(key, options), options)


def login(
    parameters: GoogleParameters, options: Options, profile: str | None, remember: Callable[[str | Secret], None]
) -> GoogleBucket:
    """A bucket that speaks for the application default credentials; Google has no profiles. Raises LoginFailed."""
    del profile
    from validator.providers.operator.login import google

    credentials = google(remember, ca_bundle=options.ca_bundle).credentials
    return GoogleBucket(parameters.bucket, client_of(credentials, options), options)
