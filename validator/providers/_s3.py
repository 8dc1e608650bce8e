"""One bucket behind the S3 API: rehearse, write, read, delete and settle, for every type that speaks it."""

from __future__ import annotations

import contextlib
import os
import re
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import md5
from typing import TYPE_CHECKING, Final, Self

from validator.foreign import is_page
from validator.model import Confidence, Kind, Operation, Residue, ResidueState
from validator.providers._s3_answers import NOT_THE_API, denial, observe
from validator.providers._s3_wire import Answer, Client, S3Error
from validator.providers._xml import read as read_xml
from validator.providers.base import Experiment, Failure, Found, Gap, Obstacle, Receipt, Remnant

if TYPE_CHECKING:
    from validator.providers._s3_sweep import Sweeper

LOOK: Final = 4096
"""Bytes of an object that are read to see whose it is."""

_OURS: Final = r"(?:.*/)?planetverify-[0-9a-f]{8,}\.txt"
"""A name of our own making: nobody else has one like it."""
_CHECKS_MD5: Final = ("minio", "ceph")
"""``Server`` of stores that are known to refuse a body whose Content-MD5 is another's."""
_NO_CONDITIONS: Final = frozenset(
    {"NotImplemented", "InvalidArgument", "InvalidRequest", "UnsupportedHeader", "MalformedHeaderValue"}
)
"""Codes with which a store refuses a header that it does not know."""

_SSE: Final = {"x-amz-server-side-encryption": "AES256"}


@dataclass(frozen=True, slots=True)
class Ways:
    """What differs between the types that speak S3."""

    trusted: bool
    """The store is known to honour conditions on deletes and writes."""
    removal: Callable[[str, str | None], str]
    """The owner's command that removes a key, or one version of it."""
    encrypt: bool = False
    """Send the SSE-S3 header, as Planet does with ``explicit_sse``."""
    object_lock: bool = False
    """The bucket's default retention can be asked for."""
    experiments: Callable[[Failure], Iterator[Experiment]] = lambda failure: iter(())
    address_of: str = ""
    """What else the endpoint's host is known to be: a CDN, a website, a download host. Empty for the address of an API."""


class S3Bucket:
    """See :class:`validator.providers.base.Bucket`. Raises :class:`~validator.providers._s3_wire.S3Error` alone."""

    def __init__(self, client: Client, ways: Ways) -> None:
        self.client = client
        self.ways = ways
        self.honours_conditions = ways.trusted
        self.creates_only = ways.trusted
        self._conditional = True
        self._checks_md5 = False
        self._granted = False
        self._pending: list[tuple[str, str, ResidueState]] = []
        self._remaining: list[Residue] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        """Connections belong to the process, not to a bucket."""

    # ---- asking ------------------------------------------------------------------------------------------------------

    def find(self, key: str) -> Found | None:
        """See the seam. A GET, since the answer to a HEAD cannot tell a missing object from a missing bucket."""
        try:
            answer = self._send("GET", key, headers={"Range": f"bytes=0-{LOOK - 1}"})
        except S3Error as error:
            if observe(error).kind is Kind.ABSENT:
                return None
            if error.code == "InvalidRange":  # there is no first byte
                return Found(key, 0, body=b"")
            raise
        total = answer.headers.get("content-range", "").rpartition("/")[2] or answer.headers.get("content-length", "")
        size = int(total) if total.isdigit() else None
        return Found(
            key,
            size,
            _date(answer.headers.get("last-modified", "")),
            answer.version,
            answer.etag,
            answer.body if size == len(answer.body) else None,
        )

    def read(self, key: str) -> bytes:
        """See the seam."""
        return self._send("GET", key).body

    def list(self, prefix: str) -> Sequence[str]:
        """See the seam; the first thousand."""
        answer = self._send("GET", query=(("list-type", "2"), ("prefix", prefix)))
        root = read_xml(answer.body)
        return [] if root is None else [each.text for each in root.every("Key")]

    def obstacles(self) -> Sequence[Obstacle]:
        """Default retention of the bucket: the version that Planet writes would stay for so long."""
        if not self.ways.object_lock:
            return ()
        try:
            answer = self._send("GET", query=(("object-lock", ""),))
        except S3Error:
            return ()
        root = read_xml(answer.body)
        told = {} if root is None else next((each.leaves() for each in root.every("DefaultRetention")), {})
        unit = "days" if "Days" in told else "years"
        mode, count = told.get("Mode", ""), told.get("Days") or told.get("Years", "")
        if not (mode and count):
            return ()
        return (
            Obstacle(
                "retention-locked",
                f"The bucket keeps every new object for {count} {unit} ({mode.lower()} mode). A plain delete of planetverify.txt "
                "would only hide it: its version could not be removed before that time. Nothing was written.",
                {"mode": mode, "retention": f"{count} {unit}"},
            ),
        )

    # ---- rehearsing --------------------------------------------------------------------------------------------------

    def rehearse(self, operation: Operation, key: str) -> None:
        """See the seam."""
        if operation is Operation.WRITE:
            self._rehearse_write(key)
        else:
            self._rehearse_delete(key)
        with contextlib.suppress(S3Error):
            self._sweep()

    def _rehearse_delete(self, key: str) -> None:
        if self._conditional:
            try:
                self._delete(key, f'"{os.urandom(16).hex()}"')
            except S3Error as error:
                if self._refuses_conditions(error):
                    self._conditional = False
                elif not _may_be_about_reading(error, "s3:DeleteObject"):
                    raise
            else:
                return
        # The condition by ETag needs s3:GetObject as well, and some stores know no conditions at all. What is left is a
        # name that nobody has: "*" cannot hold there, and where it is not understood there is nothing to be lost.
        other = f"{key.removesuffix('.txt')}-{os.urandom(8).hex()}.txt"
        try:
            self._delete(other, "*" if self._conditional and self.ways.trusted else "")
        except S3Error as error:
            if observe(error).kind in (Kind.ABSENT, Kind.PRECONDITION):
                return
            error.evidence["asked_on"] = other
            raise

    def _rehearse_write(self, key: str) -> None:
        if not (self.ways.trusted or self._checks_md5):
            raise NotImplementedError(
                "this store is not known to refuse a write whose conditions cannot hold, so whether these credentials may "
                "write is seen only by writing; and nothing is written that could not be removed"
            )
        headers = {"If-Match": f'"{os.urandom(16).hex()}"', "Content-MD5": _md5(os.urandom(16))}
        try:
            self._send("PUT", key, headers={**headers, **self._encryption()}, body=b"planet-validator rehearsal\n")
        except S3Error as error:
            if error.code == "BadDigest":
                return
            if "all_refused" not in error.evidence and _may_be_about_reading(error, "s3:PutObject", "kms:"):
                raise NotImplementedError(
                    "the store refuses the rehearsal of a write, for which it wants s3:GetObject as well; so whether these "
                    "credentials may write is seen only by writing"
                ) from None
            raise

    # ---- performing --------------------------------------------------------------------------------------------------

    def write(self, key: str, body: bytes) -> Receipt:
        """See the seam: create-only, with Content-MD5 and a signed body, in one piece."""
        if self._conditional:
            try:
                return self._put(key, body, {"If-None-Match": "*"})
            except S3Error as error:
                self._own_up(error)
                untrue = error.status == 412 and not self.ways.trusted and re.fullmatch(_OURS, key) is not None
                if not (self._refuses_conditions(error) or untrue):
                    raise
                self._conditional = False
        try:
            return self._put(key, body, {})
        except S3Error as error:
            self._own_up(error)
            raise

    def _own_up(self, error: S3Error) -> None:
        """Nothing was written, so nothing will be settled: say here what the rehearsal could not take back."""
        commands = [each.remove_command for each in self._remaining]
        commands += [self.ways.removal(key, version) for key, version, _ in self._pending]
        if commands:
            error.evidence["remains"] = "; ".join(commands)

    def _put(self, key: str, body: bytes, condition: Mapping[str, str]) -> Receipt:
        headers = {"Content-MD5": _md5(body), **condition, **self._encryption()}
        answer = self._send("PUT", key, headers=headers, body=body)
        if not answer.etag:
            raise S3Error(
                status=answer.status,
                code=NOT_THE_API,
                message="the answer to the write holds no ETag, which every object store sends",
                headers=answer.headers,
                asked="PUT",
            )
        return Receipt(answer.etag, answer.version)

    def delete(self, key: str, receipt: Receipt | None, body: bytes) -> None:
        """See the seam."""
        pin = receipt.pin if receipt else self._pin_of_ours(key, body)
        if self._conditional and pin:
            try:
                self._delete(key, pin)
            except S3Error as error:
                if self._refuses_conditions(error):
                    self._conditional = False
                elif error.status == 412:
                    # A store that is not known to compare well is asked for the bytes themselves.
                    if self.ways.trusted or not self._is_ours(key, body):
                        raise
                elif not _may_be_about_reading(error, "s3:DeleteObject") or not (receipt or re.fullmatch(_OURS, key)):
                    raise
            else:
                return
        self._delete(key)

    def _pin_of_ours(self, key: str, body: bytes) -> str:
        """The answer to the write was lost: is the object there, and is it ours?"""
        try:
            found = self.find(key)
        except S3Error as error:
            if observe(error).kind is not Kind.DENIED:
                raise
            return f'"{md5(body, usedforsecurity=False).hexdigest()}"'
        if found is None:
            raise S3Error(status=404, code="NoSuchKey", message="there is no such object", asked="DELETE")
        if found.body != body:
            raise S3Error(
                status=412,
                code="PreconditionFailed",
                message="the object under this name is not the one that was written",
                asked="DELETE",
                condition="If-Match",
            )
        return found.pin

    def _is_ours(self, key: str, body: bytes) -> bool:
        found = self.find(key)
        return found is not None and found.body == body

    # ---- what remains ------------------------------------------------------------------------------------------------

    def settle(self, key: str, receipt: Receipt) -> Sequence[Residue]:
        """See the seam. A version that stays keeps its marker: without it, the file would come back to light."""
        if receipt.version:
            self._pending.insert(0, (key, receipt.version, ResidueState.VERSION))
        self._sweep()
        remaining, self._remaining = self._remaining, []
        return remaining

    def _sweep(self) -> None:
        while self._pending:
            key, version, state = self._pending[0]
            hidden = state is ResidueState.MARKER and any(
                each.key == key and each.state is not ResidueState.MARKER for each in self._remaining
            )
            if version == "null":
                note = "versioning is suspended in this bucket: the delete left a marker in place of the file"
                self._remain(key, version, state, note)
            elif hidden:
                self._remain(key, version, state, "it hides the version that stays")
            else:
                try:
                    self._send("DELETE", key, query=(("versionId", version),))
                except S3Error as error:
                    self._not_swept(error, key, version, state)
            self._pending.pop(0)

    def _not_swept(self, error: S3Error, key: str, version: str, state: ResidueState) -> None:
        kind = observe(error).kind
        if kind is Kind.TRANSIENT:
            raise error
        if kind is Kind.ABSENT:
            return
        if kind is Kind.KEPT:
            self._remain(key, version, ResidueState.LOCKED, "object lock keeps it")
        elif "mfa" in error.message.lower():
            self._remain(key, version, state, "MFA delete is on: only the account's root user with its MFA device removes it")
        else:
            self._remain(key, version, state, "these credentials may not delete versions (s3:DeleteObjectVersion)")

    def _remain(self, key: str, version: str, state: ResidueState, note: str) -> None:
        self._remaining.append(Residue(key, state, self.ways.removal(key, version), version, note))

    # ---- what was there before ---------------------------------------------------------------------------------------

    # A 412 is also what S3 says of a delete marker.
    presence = Confidence.LIKELY

    def remnants(self, key: str, *, everywhere: bool) -> Iterator[Sequence[Remnant | Gap]]:
        """See the seam."""
        return self._sweeper().remnants(key, everywhere=everywhere)

    def remove(self, remnant: Remnant) -> None:
        """See the seam."""
        marker = self._sweeper().remove(remnant)
        if marker:
            self._pending.append((remnant.key, marker, ResidueState.MARKER))
            self._sweep()

    def _sweeper(self) -> Sweeper:
        from validator.providers._s3_sweep import Sweeper

        return Sweeper(self._send, self.find, observe, trusted=self.ways.trusted)

    # ---- in parts ----------------------------------------------------------------------------------------------------

    def start_multipart(self, key: str) -> str:
        """See the seam."""
        answer = self._send("POST", key, query=(("uploads", ""),), headers=self._encryption())
        found = re.search(rb"<UploadId>([^<]{1,1000})</UploadId>", answer.body)
        if found is None:
            raise S3Error(status=answer.status, code=NOT_THE_API, message="no upload id came back", asked="POST")
        return found[1].decode()

    def abort_multipart(self, key: str, upload: str) -> None:
        """See the seam."""
        self._send("DELETE", key, query=(("uploadId", upload),))

    def experiments(self, failure: Failure) -> Iterator[Experiment]:
        """See the seam."""
        return self.ways.experiments(failure)

    # ---- small things ------------------------------------------------------------------------------------------------

    def _send(
        self,
        method: str,
        key: str = "",
        *,
        query: Sequence[tuple[str, str]] = (),
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
    ) -> Answer:
        try:
            answer = self.client.send(method, key, query=query, headers=headers, body=body)
            if is_page(answer.headers, answer.body) and not answer.etag:
                raise S3Error(
                    status=answer.status,
                    code=NOT_THE_API,
                    message="a web page came back where an object store answers",
                    headers=answer.headers,
                    asked=method,
                    body=answer.body[:4096],
                )
        except S3Error as error:
            self._note(error.headers)
            if self.ways.address_of:
                error.evidence["address_of"] = self.ways.address_of
            if not self._granted and observe(error).kind is Kind.DENIED:
                error.evidence["all_refused"] = "yes"
            self._granted |= observe(error).kind in (Kind.ABSENT, Kind.PRECONDITION, Kind.EXISTS, Kind.KEPT)
            raise
        self._granted = True
        self._note(answer.headers)
        return answer

    def _note(self, headers: Mapping[str, str]) -> None:
        server = headers.get("server", "").lower()
        ceph = headers.get("x-amz-request-id", "").startswith("tx0")
        self._checks_md5 = self._checks_md5 or ceph or any(name in server for name in _CHECKS_MD5)

    def _delete(self, key: str, if_match: str = "") -> None:
        answer = self._send("DELETE", key, headers={"If-Match": if_match} if if_match else {})
        if answer.headers.get("x-amz-delete-marker") == "true":
            self._pending.append((key, answer.headers.get("x-amz-version-id", "null"), ResidueState.MARKER))

    def _refuses_conditions(self, error: S3Error) -> bool:
        return not self.ways.trusted and (error.status == 501 or error.code in _NO_CONDITIONS)

    def _encryption(self) -> Mapping[str, str]:
        return _SSE if self.ways.encrypt else {}


def _may_be_about_reading(error: S3Error, *actions: str) -> bool:
    """A refusal that does not name the action in question: conditions by ETag want s3:GetObject as well."""
    if observe(error).kind is not Kind.DENIED:
        return False
    told = denial(error.message)
    return told is None or not told.action.startswith(actions)


def _md5(body: bytes) -> str:
    return b64encode(md5(body, usedforsecurity=False).digest()).decode()


def _date(text: str) -> datetime | None:
    from email.utils import parsedate_to_datetime

    with contextlib.suppress(TypeError, ValueError, IndexError):
        return parsedate_to_datetime(text)
    return None
