"""The requests of one run to one container, and what their answers have shown of it."""

from __future__ import annotations

import contextlib
import hashlib
import socket
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from validator.providers.azure.client import times
from validator.providers.azure.errors import OTHERS_FOUND, code_of
from validator.providers.base import Options, Receipt, StoredObject, is_own_name
from validator.providers.common.conditions import Conditions
from validator.providers.common.dates import stamp
from validator.providers.common.network_faults import chain

SMALL: Final = 1024
"""Bytes. Larger blobs under our names are not ours, and are not read."""

_CONTROL: Final = "login.microsoftonline.com"
"""A name that exists: where it is found and the account's is not, the account's does not exist."""


def only(etag: str) -> dict[str, Any]:
    """The condition of a request that this ETag alone meets, as the SDK takes it."""
    from azure.core import MatchConditions

    return {"etag": etag, "match_condition": MatchConditions.IfNotModified}


def lease_of(properties: Any) -> str:
    """The lease that is held on a blob, in words; empty if there is none."""
    lease = getattr(properties, "lease", None)
    return f"{lease.state}, {lease.duration or 'of unknown length'}" if lease and lease.status == "locked" else ""


def kept_until(properties: Any) -> str:
    """Until when an immutability policy keeps a blob; empty if none does."""
    until = getattr(getattr(properties, "immutability_policy", None), "expiry_time", None)
    return stamp(until) if isinstance(until, datetime) and until > datetime.now(UTC) else ""


class Blobs:
    """Raises the SDK's own exceptions."""

    def __init__(self, client: Any, options: Options, conditions: Conditions) -> None:
        self.client = client
        self.options = options
        self.conditions = conditions
        self.free: set[str] = set()
        """Names under which a look found no blob."""
        self.written: dict[str, str] = {}
        """Names under which our own blob lies, with its ETag."""
        self.bodies: dict[str, bytes] = {}
        """What was written under each name."""
        self.made: dict[tuple[str, str], None] = {}
        """Names and versions that our writes made, in their order."""
        self.gone_for_good: dict[str, bool] = {}
        """Of the names under which a delete was carried out, whether nothing is kept: as Azure's answer to it says."""
        self._named: dict[str, Any] = {}
        self.lease = ""
        """The lease on the blob that was last found, in words; empty if there is none."""
        self.others: dict[str, Any] = {}
        """Blobs that were found under names of which others may have one, as the SDK tells of them."""

    def named(self, key: str) -> Any:
        """The SDK's client for the blob of this name; the container's own would make one for each request."""
        if key not in self._named:
            self._named[key] = self.client.get_blob_client(key)
        return self._named[key]

    def stat(self, key: str) -> StoredObject | None:
        """The blob under ``key``; through its bytes, or, where reading is refused, through the list."""
        from azure.core.exceptions import HttpResponseError

        self.free.discard(key)
        self.others.pop(key, None)
        try:
            return self.get(key)
        except HttpResponseError as error:
            if error.status_code == 404 and code_of(error) == "BlobNotFound":
                self.free.add(key)
                return None
            if error.status_code not in (403, 409):
                raise
            # The exception belongs to the reader of the first answer: raised again if the list says no more.
            try:
                listed = self.listed(key)
            except HttpResponseError:
                raise error from None
            if listed is None:
                self.free.add(key)
            return listed

    def delete(self, key: str, pin: str) -> None:
        """Delete the blob that has this ETag."""

        def keep(response: Any) -> None:
            header = response.http_response.headers.get("x-ms-delete-type-permanent")
            if header is not None:
                self.gone_for_good[key] = str(header).lower() == "true"

        self.request(self.named(key).delete_blob, raw_response_hook=keep, **only(pin))

    def get(self, key: str) -> StoredObject:
        """The blob under ``key``, as its first bytes tell of it."""
        properties, data = self.download(key, offset=0, length=SMALL)
        self._notice(key, properties)
        # The SDK's own size is that of the part that was asked for.
        whole = str(getattr(properties, "content_range", "") or "").rpartition("/")[2]
        size = int(whole) if whole.isdecimal() else int(properties.size or 0)
        body = data if size <= SMALL else None
        return StoredObject(
            key, size, properties.last_modified, getattr(properties, "version_id", None), str(properties.etag or ""), body
        )

    def download(self, key: str, **part: int) -> tuple[Any, bytes]:
        """The blob's properties, and its bytes or a part of them."""
        answers = []

        def keep(response: Any) -> None:
            answers.append(response.http_response)

        try:
            stream = self.request(self.named(key).download_blob, raw_response_hook=keep, **part)
            data = stream.readall()
            if not answers[0].headers.get("x-ms-request-id"):
                from azure.core.exceptions import HttpResponseError

                raise HttpResponseError("an answer came that Azure does not give", response=answers[0])
            return stream.properties, data
        except Exception:
            # An answer that the SDK cannot make sense of stays open in its hands.
            for each in answers:
                with contextlib.suppress(Exception):
                    each.internal_response.close()
            raise

    def listed(self, key: str) -> StoredObject | None:
        """The same as the list tells of it; None if the list does not."""
        for each in self.page(key):
            if each.name == key:
                self._notice(key, each)
                ours = self.bodies.get(key)
                md5 = bytes(each.content_settings.content_md5 or b"")
                same = ours is not None and md5 == hashlib.md5(ours, usedforsecurity=False).digest()
                # The list leaves the quotes off an ETag; a condition takes it either way.
                return StoredObject(key, each.size, each.last_modified, None, str(each.etag or ""), ours if same else None)
        return None

    def _notice(self, key: str, properties: Any) -> None:
        self.lease = lease_of(properties) or self.lease
        if key not in self.written and not is_own_name(key):
            self.others[key] = properties

    def page(self, prefix: str, include: Sequence[str] = ()) -> Sequence[Any]:
        """One page of the list."""
        return next(self.pages(prefix, include, 50))

    def pages(self, prefix: str | None, include: Sequence[str], most: int) -> Iterator[Sequence[Any]]:
        """The list, ``most`` a page."""
        pages = self.client.list_blobs(
            name_starts_with=prefix, include=list(include) or None, results_per_page=most, **times(self.options)
        ).by_page()
        with contextlib.suppress(StopIteration):
            while True:
                yield tuple(self.ask(lambda: next(pages)))

    def put(self, key: str, body: bytes, *, overwrite: bool, **condition: Any) -> Receipt:
        """Write in one request; ``condition``: as :func:`only` makes one."""
        # The class of the client's answer differs between versions of the SDK; the raw response does not.
        answer: dict[str, str] = {}

        def keep(response: Any) -> None:
            answer.update({str(name).lower(): str(value) for name, value in response.http_response.headers.items()})

        self.request(self.named(key).upload_blob, body, overwrite=overwrite, raw_response_hook=keep, **condition)
        version = answer.get("x-ms-version-id") or None
        self.note(key, version)
        return Receipt(answer.get("etag", ""), version)

    def note(self, key: str, version: str | None) -> None:
        """A write of ours made this version, if it is one."""
        if version:
            self.made[key, version] = None

    def request(self, call: Callable[..., Any], *given: Any, **more: Any) -> Any:
        """Make a request through this method of the SDK's."""
        return self.ask(lambda: call(*given, **more, **times(self.options)))

    def ask(self, work: Callable[[], Any]) -> Any:
        """Make a request. Where the name is not found, a note says whether others are."""
        try:
            return work()
        except Exception as error:
            if any(isinstance(each, socket.gaierror) for each in chain(error)):
                # Asked here, where the time is bounded: is it this name alone, or does nothing resolve?
                with contextlib.suppress(OSError):
                    socket.getaddrinfo(_CONTROL, 443)
                    error.add_note(OTHERS_FOUND)
            raise
