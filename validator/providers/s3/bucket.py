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

from validator.core.model import Confidence, Kind, Operation, Residue
from validator.core.strangers import is_page
from validator.providers.base import (
    NEVER_SENT,
    Experiment,
    Failure,
    Found,
    Gap,
    Obstacle,
    Receipt,
    Remnant,
    Unproven,
    is_own_name,
)
from validator.providers.common.conditions import Belief, Conditions, nobodys
from validator.providers.common.dates import http_date
from validator.providers.common.xml import read as read_xml
from validator.providers.s3.errors import NOT_THE_API, denial, observe
from validator.providers.s3.http import Answer, Client, S3Error
from validator.providers.s3.versions import NULL, Versions, must_be_done, versioning_of

if TYPE_CHECKING:
    from validator.providers.s3.leftovers import Sweeper

LOOK: Final = 4096
"""Bytes of an object that are read to see whose it is."""

_NO_CONDITIONS: Final = frozenset(
    {"NotImplemented", "InvalidArgument", "InvalidRequest", "UnsupportedHeader", "MalformedHeaderValue"}
)
"""Codes with which a store refuses a header that it does not know."""

_SSE: Final = {"x-amz-server-side-encryption": "AES256"}


@dataclass(frozen=True, slots=True)
class Ways:
    """What differs between the types that speak S3."""

    documented: bool
    """The vendor documents that this address honours conditions on deletes and writes."""
    removal: Callable[[str, str | None], str]
    """The owner's command that removes a key, or one version of it."""
    encrypt: bool = False
    """Send the SSE-S3 header, as Planet does with ``explicit_sse``."""
    experiments: Callable[[Failure], Iterator[Experiment]] = lambda failure: iter(())
    address_of: str = ""
    """What else the endpoint's host is known to be: a CDN, a website, a download host. Empty for the address of an API."""


class S3Bucket:
    """See :class:`validator.providers.base.Bucket`. Raises :class:`~validator.providers.s3.http.S3Error` and Unproven alone."""

    def __init__(self, client: Client, ways: Ways) -> None:
        self.client = client
        self.ways = ways
        self.conditions = Conditions.at(documented=ways.documented)
        self._versions = Versions(self._send, ways.removal)
        self._free: set[str] = set()
        """Names under which a look found no object."""
        self._readable: set[str] = set()
        """Names that were seen to be readable: a refusal of them is none of reading."""
        self._marked: set[str] = set()
        """Names of which the store said that a delete marker lies there."""
        self._refused: set[str] = set()
        """Names under which an object or a marker lies: a conditional delete of them was refused for that."""
        self._written: dict[str, str] = {}
        """Names under which our own object lies, with its ETag."""
        self._surveyed = False
        self._delete_refused = False
        self._granted = False
        """Whether any request was allowed."""
        self._unpinned = ""
        """Why a delete cannot be tied to our own object; empty while nothing says that it cannot."""

    @property
    def honours_conditions(self) -> bool:
        """See the seam."""
        return self.conditions.delete.holds

    @property
    def creates_only(self) -> bool:
        """See the seam."""
        return self.conditions.create.holds

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        """Connections belong to the process, not to a bucket."""

    # ---- asking ------------------------------------------------------------------------------------------------------

    def find(self, key: str) -> Found | None:
        """See the seam. A GET, since the answer to a HEAD cannot tell a missing object from a missing bucket."""
        try:
            return self._get(key)
        except S3Error as error:
            # Amazon names the permission that it takes to be told of an absence: only of what is absent.
            told = denial(error.message) if error.status == 403 else None
            if told is None or told.action != "s3:ListBucket":
                raise
            self._absent(key, error)
            return None

    def _absent(self, key: str, error: S3Error) -> None:
        if not self.conditions.documented:
            self._readable.add(key)  # Amazon's 404 takes the permission to list alone
        self._free.add(key)
        if error.headers.get("x-amz-delete-marker") == "true" or key in self._refused:
            self._marked.add(key)

    def _get(self, key: str) -> Found | None:
        self._free.discard(key)
        try:
            answer = self._send("GET", key, headers={"Range": f"bytes=0-{LOOK - 1}"})
        except S3Error as error:
            if observe(error).kind is Kind.ABSENT:
                self._absent(key, error)
                return None
            if error.code == "InvalidRange":  # there is no first byte
                return Found(key, 0, body=b"")
            raise
        self._must_be_an_object(answer)
        self._readable.add(key)
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
        answer = self._send("GET", key)
        self._must_be_an_object(answer)
        return answer.body

    def list(self, prefix: str) -> Sequence[str]:
        """See the seam; the first thousand."""
        answer = self._send("GET", query=(("list-type", "2"), ("prefix", prefix)))
        root = read_xml(answer.body)
        return [] if root is None else [each.text for each in root.every("Key")]

    def obstacles(self) -> Sequence[Obstacle]:
        """Default retention of the bucket: the version that Planet writes would stay for so long, whichever store says so."""
        try:
            answer = self._send("GET", query=(("object-lock", ""),))
        except S3Error:
            return ()
        root = read_xml(answer.body)
        told = {} if root is None else next((each.leaves() for each in root.every("DefaultRetention")), {})
        unit = "days" if "Days" in told else "years"
        mode, count = told.get("Mode", "").strip() or "unnamed", (told.get("Days") or told.get("Years", "")).strip()
        if not count.isdigit():
            return ()
        period = f"{count} {unit if count != '1' else unit.removesuffix('s')}"
        return (
            Obstacle(
                "retention-locked",
                f"The bucket keeps every new version for {period} ({mode.lower()} mode). Planet's own check would pass (a delete "
                "puts a marker) and leave such a version.",
                {"mode": mode, "retention": period},
                passes=True,
            ),
        )

    def risk(self, key: str) -> str:
        """See the seam: versions that a marker hides, and deletes that cannot be pinned."""
        if self._unpinned and not is_own_name(key):
            return self._unpinned
        marked = key in self._marked
        if is_own_name(key):
            return ""
        if self.conditions.documented and not marked:
            return ""  # Amazon answers a conditional delete of a marker with 412
        if not self._surveyed and (marked or not self._versions.kept):
            self._survey(key, plainly=marked)
            self._surveyed = True
        if self._versions.suspended:
            return "" if not marked and self._no_null_version(key) else (
                f"versioning is suspended in this bucket, and an older version may lie hidden under {key}, which a write or a delete "
                "there would destroy"
            )  # fmt: skip
        if marked and not self._versions.kept:
            return f"a delete marker lies under {key}, and may hide a version that a write or a delete there would destroy"
        return ""

    def _survey(self, key: str, *, plainly: bool) -> None:
        """Delete a name that nobody has: does the bucket leave a marker, and of which kind?"""
        other = nobodys(key)
        try:
            self._delete(other, "" if plainly or not self.conditions.delete.sent else _made_up())
        except S3Error as error:
            if self._learns_refused_header(error):
                self._survey(key, plainly=True)
            elif error.status == 412:
                self.conditions.delete = Belief.SEEN
            elif _denied(error):
                self._ask_versioning()
            elif observe(error).kind is not Kind.ABSENT:
                raise
            else:
                # A plain delete would tell more, and leave a marker in every bucket that keeps versions.
                self._ask_versioning()

    def _ask_versioning(self) -> bool:
        """Whether the bucket told it."""
        status = None
        with contextlib.suppress(S3Error):
            status = versioning_of(self._send("GET", query=(("versioning", ""),)))
            if status:
                self._versions.suspended = status == "Suspended"
                self._versions.kept = True
        return status is not None

    def _no_null_version(self, key: str) -> bool:
        try:
            self._send("GET", key, query=(("versionId", NULL),), headers={"Range": "bytes=0-0"})
        except S3Error as error:
            return observe(error).kind is Kind.ABSENT and error.headers.get("x-amz-delete-marker") != "true"
        return False

    # ---- rehearsing --------------------------------------------------------------------------------------------------

    def rehearse(self, operation: Operation, key: str) -> None:
        """See the seam."""
        if operation is Operation.WRITE:
            return self._rehearse_write(key)
        try:
            if key in self._written:
                self._test_delete(key)
            elif is_own_name(key):
                self._rehearse_delete_of_nobodys(key)
            else:
                self._rehearse_delete(key)
        except S3Error as error:
            self._delete_refused = self._delete_refused or _denied(error)
            raise
        return None

    def _rehearse_delete(self, key: str) -> None:
        if not (self.conditions.delete.holds or key in self._free):
            raise Unproven(
                f"whether {key} may be deleted could not be asked: this store was not seen to honour a condition on a delete, and may "
                "not be asked to delete what may be another's"
            )
        if self.conditions.delete is Belief.UNSUPPORTED:
            return self._delete(key)
        try:
            self._delete(key, _made_up())
        except S3Error as error:
            if error.status == 412 and key in self._free and not self.conditions.documented:
                self.conditions.delete = Belief.SEEN  # it was refused, of a name that nobody had a moment ago
            elif error.status == 412:
                self._refused.add(key)
            if self._learns_refused_header(error):
                return self._rehearse_delete(key)
            if not _may_be_about_reading(error, "s3:DeleteObject"):
                raise
            self._without_reading(key, error)
        return None

    def _without_reading(self, key: str, refusal: S3Error) -> None:
        """The condition wants to read as well: would the delete by itself be allowed? Asked on a name that nobody has."""
        other = nobodys(key)
        if key in self._readable:
            raise refusal
        told = denial(refusal.message)
        named = told is not None and told.action.startswith("s3:GetObject")
        try:
            self._delete(other, "*" if self.conditions.documented else "")
        except S3Error as error:
            if observe(error).kind not in (Kind.ABSENT, Kind.PRECONDITION):
                if named and not _may_be_about_reading(error, "s3:DeleteObject"):
                    raise self._untold(
                        key, refusal, f"a delete of {other}, a name that nobody has, was refused as well"
                    ) from None
                error.evidence["asked_on"] = other
                raise
        self._unpinned = (
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

    def _rehearse_delete_of_nobodys(self, key: str) -> None:
        """With a condition, and without one: where the one is refused and the other is not, the store looks at the condition."""
        refused: S3Error | None = None
        if self.conditions.delete.sent:
            try:
                return self._delete(key, _made_up())
            except S3Error as error:
                if error.status == 412:
                    self._believe_delete()
                    raise
                reading = _may_be_about_reading(error, "s3:DeleteObject")
                if not self._learns_refused_header(error):
                    if not (reading or observe(error).kind is Kind.ABSENT):
                        raise
                    if self.conditions.delete.holds and not reading:
                        raise
                    refused = error
        if refused is not None and self._versions.kept and observe(refused).kind is Kind.ABSENT:
            raise refused  # it was allowed; a delete without the condition would leave a marker
        self._delete(key)
        if refused is not None:
            self._believe_delete()
        return None

    def _test_delete(self, key: str) -> None:
        """Our own object lies there: a delete of another state of it must be refused."""
        try:
            self._delete(key, _made_up())
        except S3Error as error:
            if error.status == 412:
                self._believe_delete()
            else:
                self._learns_refused_header(error)
            raise
        if not self.conditions.documented:
            self.conditions.delete = Belief.IGNORED

    def _believe_delete(self) -> None:
        if not self.conditions.documented:
            self.conditions.delete = Belief.SEEN

    def _rehearse_write(self, key: str) -> None:
        """Two impossibilities at once: a state that the object does not have, and the Content-MD5 of other bytes."""
        if key in self._written and not self.conditions.documented:
            return self._test_writes(key)
        beliefs = self.conditions
        if not (beliefs.write.holds or beliefs.digest.holds):
            if self._delete_refused:
                return self._send_part_of_nothing(key)
            raise NotImplementedError(
                "this store was not seen to refuse a write whose conditions cannot hold, so whether these credentials may write is seen "
                "only by writing; and nothing is written that could not be removed"
            )
        if beliefs.write.holds and not (self._unpinned and beliefs.digest.holds):
            try:
                return self._impossible_write(key, {"If-Match": _made_up()})
            except S3Error as error:
                reading = _may_be_about_reading(error, "s3:PutObject", "kms:") and key not in self._readable
                if "all_refused" in error.evidence or not reading:
                    raise
        if not beliefs.digest.holds:
            raise NotImplementedError(
                "the store refuses the rehearsal of a write, for which it wants s3:GetObject as well; so whether these "
                "credentials may write is seen only by writing"
            )
        return self._impossible_write(key, {"If-None-Match": "*"} if beliefs.create.sent else {})

    def _send_part_of_nothing(self, key: str) -> None:
        """Nothing can be written that could not be removed, so no belief can be had: a part of an upload that nobody has started makes
        no object, takes the permission to write (s3:PutObject), and carries the two impossibilities besides.
        """
        sent = {"If-Match": _made_up(), "Content-MD5": _md5(os.urandom(16))}
        query = (("partNumber", "1"), ("uploadId", os.urandom(16).hex()))
        try:
            self._send("PUT", key, query=query, headers=sent, body=b"planet-validator rehearsal\n")
        except S3Error as error:
            if error.code == "BadDigest":
                return
            told = denial(error.message)
            named = (told is not None and told.action == "s3:PutObject") or "all_refused" in error.evidence
            if error.code == "NoSuchUpload" or (_denied(error) and named):
                raise
        raise NotImplementedError("the store's answer to a part of an upload that nobody has started says nothing of a write")

    def _impossible_write(self, key: str, headers: Mapping[str, str]) -> None:
        try:
            self._send_impossible(key, headers)
        except S3Error as error:
            if error.code != "BadDigest":
                raise

    def _send_impossible(self, key: str, headers: Mapping[str, str]) -> Answer:
        sent = {**headers, "Content-MD5": _md5(os.urandom(16)), **self._encryption()}
        return self._send("PUT", key, headers=sent, body=b"planet-validator rehearsal\n")

    def _test_writes(self, key: str) -> None:
        """Our own object lies there: a write that must not find it, or must find another, has to be refused."""
        tests: tuple[tuple[str, dict[str, str]], ...] = (
            ("create", {"If-None-Match": "*"}),
            ("write", {"If-Match": _made_up()}),
            ("digest", {}),
        )
        for name, headers in tests:
            needless = name == "digest" and self.conditions.write.holds and not self._unpinned
            if getattr(self.conditions, name).holds or needless:
                continue
            try:
                self._versions.writing(key, "")
                answer = self._send_impossible(key, headers)
            except S3Error as error:
                if _final(error):
                    self._versions.refused(key)
                if error.status == 412:
                    setattr(self.conditions, name, Belief.SEEN)
                elif error.code == "BadDigest":
                    self.conditions.digest = Belief.SEEN
                elif self._refuses_conditions(error):
                    setattr(self.conditions, name, Belief.UNSUPPORTED)
                elif not _final(error):
                    raise  # it may have been carried out
            else:
                setattr(self.conditions, name, Belief.IGNORED)
                if answer.etag:  # it was carried out: this is our object now
                    self._versions.written(key, answer)
                    self._written[key] = answer.etag

    # ---- performing --------------------------------------------------------------------------------------------------

    def write(self, key: str, body: bytes) -> Receipt:
        """See the seam: create-only, with Content-MD5 and a signed body, in one piece."""
        if self.conditions.create.sent:
            try:
                return self._put(key, body, {"If-None-Match": "*"})
            except S3Error as error:
                # Nobody has our own names: a store that meets an object there was sent it twice, or compares in a way of its own.
                untrue = (
                    error.status == 412 and not self.conditions.documented and is_own_name(key) and key not in self._written
                )
                if not (self._refuses_conditions(error) or untrue) or (untrue and self._came_before(key, body)):
                    raise
                self.conditions.create = Belief.UNSUPPORTED
        return self._put(key, body, {})

    def _came_before(self, key: str, body: bytes) -> bool:
        """A create-only write of a name that nobody has met an object there: is it this very write's?"""
        try:
            return self._is_own_name(key, body)
        except S3Error:
            self._versions.met(key)
            return False

    def _put(self, key: str, body: bytes, condition: Mapping[str, str]) -> Receipt:
        self._versions.writing(key, md5(body, usedforsecurity=False).hexdigest())
        headers = {"Content-MD5": _md5(body), **condition, **self._encryption()}
        try:
            answer = self._send("PUT", key, headers=headers, body=body)
        except S3Error as error:
            if _final(error):
                self._versions.refused(key)
            commands = [each.remove_command for each in self._versions.unsettled()]
            if commands:
                error.evidence["remains"] = "; ".join(commands)
            raise
        if not answer.etag:
            raise self._not_the_api(answer, "PUT", "the answer to the write holds no ETag, which every object store sends")
        self._versions.written(key, answer)
        self._written[key] = answer.etag
        self._free.discard(key)
        return Receipt(answer.etag, answer.version)

    def delete(self, key: str, receipt: Receipt | None, body: bytes) -> None:
        """See the seam."""
        pin = self._written.get(key) or (receipt.pin if receipt else "") or self._pin_of_ours(key, body)
        if self.conditions.delete.sent and pin:
            try:
                return self._delete(key, pin, pinned=True)
            except S3Error as error:
                if self._learns_refused_header(error):
                    pass
                elif error.status == 412:
                    # Our object as it is now may have another ETag, or the store a comparison of its own: the bytes decide.
                    if self.conditions.documented or not self._is_own_name(key, body):
                        raise
                elif not _may_be_about_reading(error, "s3:DeleteObject") or not self._may_go_unpinned(key, receipt):
                    raise
        return self._delete(key)

    def _may_go_unpinned(self, key: str, receipt: Receipt | None) -> bool:
        """Nobody has our own names; and of the real one, whoever asked to write there without a pin was told."""
        return is_own_name(key) or (bool(self._unpinned) and receipt is not None)

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
        self._versions.add(key, found.version)
        return found.pin

    def _is_own_name(self, key: str, body: bytes) -> bool:
        found = self.find(key)
        return found is not None and found.body == body

    # ---- what remains ------------------------------------------------------------------------------------------------

    def settle(self, key: str, receipt: Receipt | None) -> Sequence[Residue]:
        """See the seam. A version that stays keeps its marker: without it, the file would come back to light."""
        if receipt is not None:
            self._versions.add(key, receipt.version)
        if self.conditions.delete.holds:
            self._versions.refuses()
        return self._versions.settle()

    def unsettled(self) -> Sequence[Residue]:
        """See the seam."""
        return self._versions.unsettled()

    # ---- what was there before ---------------------------------------------------------------------------------------

    # A 412 is also what S3 says of a delete marker.
    presence = Confidence.LIKELY

    def remnants(self, key: str, *, everywhere: bool) -> Iterator[Sequence[Remnant | Gap]]:
        """See the seam."""
        return self._sweeper().remnants(key, everywhere=everywhere)

    def remove(self, remnant: Remnant) -> None:
        """See the seam."""
        self._sweeper().remove(remnant)

    def _sweeper(self) -> Sweeper:
        from validator.providers.s3.leftovers import Sweeper

        # Where the conditional delete may be asked, it tells more of an absence than the refusal of a look.
        find = self._get if self.conditions.documented else self.find
        return Sweeper(self._send, find, observe, self._versions, believed=lambda: self.honours_conditions)

    # ---- in parts ----------------------------------------------------------------------------------------------------

    def rehearse_abort(self, key: str) -> None:
        """See the seam: an upload that nobody has started."""
        self._send("DELETE", key, query=(("uploadId", os.urandom(16).hex()),))

    def start_multipart(self, key: str) -> str:
        """See the seam."""
        answer = self._send("POST", key, query=(("uploads", ""),), headers=self._encryption())
        found = re.search(rb"<UploadId>([^<]{1,1000})</UploadId>", answer.body)
        if found is None:
            raise S3Error(status=answer.status, code=NOT_THE_API, message="no upload id came back", asked="POST")
        return found[1].decode()

    def abort_multipart(self, key: str, upload: str) -> None:
        """See the seam."""
        must_be_done(self._send("DELETE", key, query=(("uploadId", upload),)))

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
                raise self._not_the_api(answer, method, "a web page came back where an object store answers")
        except S3Error as error:
            if self.ways.address_of:
                error.evidence["address_of"] = self.ways.address_of
            if not self._granted and observe(error).kind is Kind.DENIED:
                error.evidence["all_refused"] = "yes"
            self._granted |= observe(error).kind in (Kind.ABSENT, Kind.PRECONDITION, Kind.EXISTS, Kind.KEPT)
            raise
        self._granted = True
        return answer

    @staticmethod
    def _not_the_api(answer: Answer, method: str, message: str) -> S3Error:
        return S3Error(
            status=answer.status,
            code=NOT_THE_API,
            message=message,
            headers=answer.headers,
            asked=method,
            body=answer.body[:4096],
        )

    def _delete(self, key: str, if_match: str = "", *, pinned: bool = False) -> None:
        """``pinned``: the condition holds, unlike a made-up one."""
        # The ledger's own delete of our object is looked after there; of a name under which nothing is to go, here.
        nothing, conditional = is_own_name(key) or key in self._free, bool(if_match) and not pinned
        if nothing:
            self._versions.deleting(key, conditional=conditional)
        try:
            answer = self._send("DELETE", key, headers={"If-Match": if_match} if if_match else {})
            must_be_done(answer)
        except S3Error as error:
            if nothing and (_final(error) or error.fault in NEVER_SENT):
                self._versions.answered(key, conditional=conditional)
            elif nothing and error.status not in (None, 502, 504):
                self._versions.unclear(key, conditional=conditional)
            raise
        if nothing:
            self._versions.answered(key, conditional=conditional)
        self._versions.deleted(key, answer, absent=key not in self._written)
        self._written.pop(key, None)

    def _must_be_an_object(self, answer: Answer) -> None:
        if not answer.etag:
            raise self._not_the_api(answer, "GET", "what came back has no ETag, which every object store sends")

    def _learns_refused_header(self, error: S3Error) -> bool:
        if not self._refuses_conditions(error):
            return False
        self.conditions.delete = Belief.UNSUPPORTED
        return True

    def _refuses_conditions(self, error: S3Error) -> bool:
        return not self.conditions.documented and (error.status == 501 or error.code in _NO_CONDITIONS)

    def _encryption(self) -> Mapping[str, str]:
        return _SSE if self.ways.encrypt else {}


def _made_up() -> str:
    """An ETag that no object has."""
    return f'"{os.urandom(16).hex()}"'


def _final(error: S3Error) -> bool:
    """The API itself has refused it: it was not carried out, and will not be."""
    told = bool(error.code) and error.status not in (None, 502, 504)
    return told and observe(error).kind not in (Kind.TRANSIENT, Kind.FOREIGN)


def _denied(error: S3Error) -> bool:
    return observe(error).kind is Kind.DENIED


def _may_be_about_reading(error: S3Error, *actions: str) -> bool:
    """A refusal that does not name the action in question: conditions by ETag want s3:GetObject as well."""
    if not _denied(error):
        return False
    told = denial(error.message)
    return told is None or not told.action.startswith(actions)


def _md5(body: bytes) -> str:
    return b64encode(md5(body, usedforsecurity=False).digest()).decode()


def _date(text: str) -> datetime | None:
    return http_date(text)
