"""The requests of one run to one bucket behind the S3 API, and what their answers have shown of it."""

from __future__ import annotations

import os
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from hashlib import md5
from typing import Final

from validator.core.model import Kind
from validator.core.strangers import is_page
from validator.core.values import Dataclass
from validator.providers.base import NEVER_SENT, Experiment, Failure, StoredObject, is_own_name
from validator.providers.common.ahead import Ahead
from validator.providers.common.conditions import Belief, Conditions
from validator.providers.s3.errors import kind_of, not_the_api, refused_action
from validator.providers.s3.http import Response, S3Client, S3Error
from validator.providers.s3.versions import VersionCleanup, must_be_done

LOOK: Final = 4096
"""Bytes of an object that are read to see whose it is."""

_NO_CONDITIONS: Final = frozenset(
    {"NotImplemented", "InvalidArgument", "InvalidRequest", "UnsupportedHeader", "MalformedHeaderValue"}
)
"""Codes with which a store refuses a header that it does not know."""

_SSE: Final = {"x-amz-server-side-encryption": "AES256"}


class StoreTraits(Dataclass):
    """What differs between the types that speak S3."""

    documented: bool
    """The vendor documents that this address honours conditions on deletes and writes."""
    removal: Callable[[str, str | None], str]
    """The owner's command that removes a key, or one version of it."""
    experiments: Callable[[Failure], Iterator[Experiment]]
    encrypt: bool = False
    """Send the SSE-S3 header, as Planet does with ``explicit_sse``."""
    address_of: str = ""
    """What else the endpoint's host is known to be: a CDN, a website, a download host. Empty for the address of an API."""


class BucketRequests:
    """Raises :class:`~validator.providers.s3.http.S3Error` alone, with what is known of the bucket in its evidence."""

    def __init__(self, client: S3Client, traits: StoreTraits) -> None:
        self.client = client
        self.traits = traits
        self.conditions = Conditions.at(documented=traits.documented)
        self.versions = VersionCleanup(self.send, traits.removal)
        self.free: set[str] = set()
        """Names under which a look found no object."""
        self.readable: set[str] = set()
        """Names that were seen to be readable: a refusal of them is none of reading."""
        self.marked: set[str] = set()
        """Names of which the store said that a delete marker lies there."""
        self.occupied: set[str] = set()
        """Names under which an object or a marker lies: a conditional delete of them was refused for that."""
        self.written: dict[str, str] = {}
        """Names under which our own object lies, with its ETag."""
        self.delete_refused = False
        """Whether a delete was denied."""
        self.unpinned = ""
        """Why a delete cannot be tied to our own object; empty while nothing says that it cannot."""
        self.ahead = Ahead()
        """What was asked before its turn."""
        self._granted = False
        """Whether any request was allowed."""

    def send(
        self,
        method: str,
        key: str = "",
        *,
        query: Sequence[tuple[str, str]] = (),
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
    ) -> Response:
        """Make one request. Raises S3Error, also for an answer that no object store gives."""

        def now() -> Response | S3Error:
            return self.client.send(method, key, query=query, headers=headers, body=body)

        try:
            answer = self.ahead.answer((method, key, tuple(query)), now)
            if isinstance(answer, S3Error):
                try:
                    raise answer
                finally:
                    del answer  # it would hold itself
            if is_page(answer.headers, answer.body) and not answer.etag:
                raise not_the_api(answer, method, "a web page came back where an object store answers")
        except S3Error as error:
            if self.traits.address_of:
                error.evidence["address_of"] = self.traits.address_of
            key_read = error.details.get("Key", "") if method == "PUT" and error.code == "NoSuchKey" else ""
            if key_read:
                error.evidence["key_read"] = "in a folder" if "/" in key_read and key_read != key else "as sent"
            kind = kind_of(error)
            if not self._granted and kind is Kind.DENIED:
                error.evidence["all_refused"] = "yes"
            self._granted |= kind in (Kind.ABSENT, Kind.PRECONDITION, Kind.EXISTS, Kind.KEPT)
            raise
        self._granted = True
        return answer

    def ask_ahead(self, query: Sequence[tuple[str, str]]) -> None:
        """Ask for a setting of the bucket, whose answer ``send`` is to give next."""
        self.ahead.ask(("GET", "", tuple(query)), lambda: self._settled(query))

    def _settled(self, query: Sequence[tuple[str, str]]) -> Response | S3Error:
        """The answer, a refusal too: raised in its turn. Raises S3Error where none came: it is asked again then."""
        try:
            return self.client.send("GET", query=query)
        except S3Error as error:
            if error.status is None:
                raise
            return error

    def delete(self, key: str, if_match: str = "", *, pinned: bool = False) -> None:
        """Delete, on a condition if there is one. ``pinned``: the condition holds, unlike a made-up one. Raises S3Error."""
        # The ledger looks after the versions of our own object; after markers without an id, and names under which nothing is to go, nobody else.
        nothing, conditional = is_own_name(key) or key in self.free or self.versions.nulls, bool(if_match) and not pinned
        if nothing:
            self.versions.deleting(key, conditional=conditional)
        try:
            answer = self.send("DELETE", key, headers={"If-Match": if_match} if if_match else {})
            must_be_done(answer)
        except S3Error as error:
            if nothing and (is_final(error) or error.fault in NEVER_SENT):
                self.versions.answered(key, conditional=conditional)
            elif nothing and error.status not in (None, 502, 504):
                self.versions.unclear(key, conditional=conditional)
            raise
        if nothing:
            self.versions.answered(key, conditional=conditional)
        self.versions.deleted(key, answer, absent=key not in self.written)
        self.written.pop(key, None)

    def stat(self, key: str) -> StoredObject | None:
        """The object under ``key``, or None. A GET, since the answer to a HEAD cannot tell a missing object from a missing bucket."""
        try:
            return self.get(key)
        except S3Error as error:
            # Amazon names the permission that it takes to be told of an absence: only of what is absent.
            if error.status != 403 or refused_action(error) != "s3:ListBucket":
                raise
            self._absent(key, error)
            return None

    def get(self, key: str) -> StoredObject | None:
        """As ``stat``, without believing a refusal that only an absence brings."""
        self.free.discard(key)
        try:
            answer = self.send("GET", key, headers={"Range": f"bytes=0-{LOOK - 1}"})
        except S3Error as error:
            if kind_of(error) is Kind.ABSENT:
                self._absent(key, error)
                return None
            if error.code == "InvalidRange":  # there is no first byte
                return StoredObject(key, 0, body=b"")
            raise
        self.must_be_an_object(answer)
        self.readable.add(key)
        return answer.object_under(key)

    def look(self, key: str) -> StoredObject | None:
        """As ``stat``, for a sweep: where the conditional delete may be asked, it tells more of an absence than the refusal of a look."""
        return self.get(key) if self.conditions.documented else self.stat(key)

    def _absent(self, key: str, error: S3Error) -> None:
        if not self.conditions.documented:
            self.readable.add(key)  # Amazon's 404 takes the permission to list alone
        self.free.add(key)
        if error.headers.get("x-amz-delete-marker") == "true" or key in self.occupied:
            self.marked.add(key)

    def must_be_an_object(self, answer: Response) -> None:
        """Raise S3Error if this is not what an object store answers to a read."""
        if not answer.etag:
            raise not_the_api(answer, "GET", "what came back has no ETag, which every object store sends")

    def learns_refused_header(self, error: S3Error) -> bool:
        """Whether the store refuses conditions on deletes as such; none is sent from then on."""
        if not self.refuses_conditions(error):
            return False
        self.conditions.delete = Belief.UNSUPPORTED
        return True

    def refuses_conditions(self, error: S3Error) -> bool:
        """Whether the store refuses the header as such, whatever it holds."""
        return not self.conditions.documented and (error.status == 501 or error.code in _NO_CONDITIONS)

    def encryption(self) -> Mapping[str, str]:
        """The header with which Planet writes, if it sends one."""
        return _SSE if self.traits.encrypt else {}

    def believe_delete(self) -> None:
        """The store has refused a delete whose condition does not hold."""
        if not self.conditions.documented:
            self.conditions.delete = Belief.SEEN


def made_up_etag() -> str:
    """An ETag that no object has."""
    return f'"{os.urandom(16).hex()}"'


def is_final(error: S3Error) -> bool:
    """The API itself has refused it: it was not carried out, and will not be."""
    coded = bool(error.code) and error.status not in (None, 502, 504)
    return coded and kind_of(error) not in (Kind.TRANSIENT, Kind.FOREIGN)


def is_denied(error: S3Error) -> bool:
    """The credentials may not."""
    return kind_of(error) is Kind.DENIED


def may_be_about_reading(error: S3Error, *actions: str) -> bool:
    """A refusal that does not name the action in question: conditions by ETag want s3:GetObject as well."""
    return is_denied(error) and not refused_action(error).startswith(actions)


def content_md5(body: bytes) -> str:
    """What the header Content-MD5 says of a body."""
    return b64encode(md5(body, usedforsecurity=False).digest()).decode()
