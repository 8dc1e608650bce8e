"""The requests of one run to one Oracle bucket, and what their answers have shown of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from validator.core.model import Kind, ResidueState
from validator.providers.base import Receipt, StoredObject
from validator.providers.common.conditions import Conditions
from validator.providers.common.xml import read as read_xml
from validator.providers.oracle.errors import ContradictoryAnswer, classify, native, not_authenticated, own, refused
from validator.providers.oracle.rules import ABSENT, BUCKET, NOT_SEEN, SEEN
from validator.providers.s3.http import Response, S3Client, S3Error

PEEK: Final = 1024
"""Bytes of an object that was already there which are read: a verification file is no longer."""


class BucketRequests:
    """Remembers whether any signed request found the bucket: only that tells a 404 from a 404. Raises S3Error and ContradictoryAnswer."""

    def __init__(self, client: S3Client) -> None:
        self._client = client
        self.conditions = Conditions()
        self.seen = False
        """Whether a signed request found the bucket."""
        self.refused_alike = False
        """Whether a look and a list were refused as if there were no bucket."""
        self._doubted: set[str] = set()
        self.free: set[str] = set()
        """Names under which a look found no object."""
        self.marked: set[str] = set()
        """Names of which the store said that a delete marker lies there."""
        self.written: dict[str, str] = {}
        """Names under which our own object lies, with its ETag."""
        self.made: list[tuple[str, str, ResidueState]] = []
        """Every version and marker that a request of ours made, in the store's own words."""
        self.lost: Counter[str] = Counter()
        """Deletes that were sent and not answered by the store itself: where versions are kept, each may make a marker."""
        self.unanswered: Counter[str] = Counter()
        """Writes of which the same is true: each may make a version."""

    def send(
        self,
        what: str,
        method: str,
        key: str = "",
        *,
        query: Sequence[tuple[str, str]] = (),
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
    ) -> Response:
        """One request. ``what`` names the step: an answer that contradicts what was seen is doubted once for each."""
        try:
            answer = self._client.send(method, key, query=query, headers=headers, body=body)
        except S3Error as error:
            native(error)
            if own(error) and (error.code in ABSENT or error.status == 412):
                self.seen = True
            error.evidence[BUCKET] = SEEN if self.seen else NOT_SEEN
            if self._doubts(what, error):
                raise ContradictoryAnswer(error) from None
            raise
        if not _plausible(method, query, answer):
            raise S3Error(
                status=answer.status,
                message="an answer came that Oracle does not give: something in between answered",
                headers=answer.headers,
                evidence={BUCKET: SEEN if self.seen else NOT_SEEN},
                method=method,
                body=answer.body[:4096],
            )
        self.seen = True
        return answer

    def _doubts(self, what: str, error: S3Error) -> bool:
        """Oracle was seen to deny a working key, or a bucket that is there, once in a while: ask again before believing it."""
        if not_authenticated(error):
            what = what if self.seen else "authentication"
        elif not (self.seen and refused(error)):
            return False
        if what in self._doubted:
            return False
        self._doubted.add(what)
        return True

    def stat(self, key: str) -> StoredObject | None:
        """Look with GET: its 404 says what is missing, that of HEAD does not. Without OBJECT_READ, the list may tell."""
        self.free.discard(key)
        try:
            answer = self.send("stat", "GET", key, headers={"Range": f"bytes=0-{PEEK - 1}"})
        except S3Error as error:
            if error.code in ABSENT:
                self.free.add(key)
                if error.headers.get("x-amz-delete-marker") == "true":
                    self.marked.add(key)
                return None
            if error.status == 416:  # no byte to give: an empty object
                self.seen = True
                return StoredObject(key, 0)
            if not refused(error):
                raise
            listed = self.listed(key)
            if listed is None:
                self.refused_alike = True
                raise
            stored = next((each for each in listed if each.key == key), None)
            if stored is None:
                self.free.add(key)
            return stored
        return answer.object_under(key)

    def delete(self, what: str, key: str, if_match: str = "") -> None:
        """Delete, on a condition if there is one; what it made is noted."""
        answer = self._noted(self.lost, what, "DELETE", key, headers={"If-Match": if_match} if if_match else None)
        version = answer.headers.get("x-amz-version-id")
        # A store that has suspended its versions leaves a marker without an id of its own.
        if answer.version is not None or (version and answer.headers.get("x-amz-delete-marker") == "true"):
            self.made.append((key, version or "", ResidueState.MARKER))
        self.written.pop(key, None)

    def put(self, what: str, key: str, body: bytes) -> Receipt:
        """Write; what it made is noted."""
        answer = self._noted(self.unanswered, what, "PUT", key, body=body)
        if answer.version is not None:
            self.made.append((key, answer.version, ResidueState.VERSION))
        self.written[key] = answer.etag
        self.free.discard(key)
        return Receipt(answer.etag, answer.version)

    def _noted(self, open_: Counter[str], what: str, method: str, key: str, **more: Any) -> Response:
        """A request of which is noted that it is open, until the store itself has answered it."""
        open_[key] += 1
        try:
            answer = self.send(what, method, key, **more)
        except (S3Error, ContradictoryAnswer) as error:
            open_[key] -= is_answered(error)
            raise
        open_[key] -= 1
        return answer

    def listed(self, prefix: str) -> Sequence[StoredObject] | None:
        """Objects that begin with ``prefix``; None if listing is refused too."""
        try:
            answer = self.send("list", "GET", query=(("max-keys", "20"), ("prefix", prefix)))
        except S3Error as error:
            if refused(error):
                return None
            raise
        return contents_of(answer.body)

    def pages(self) -> Iterator[Sequence[StoredObject]]:
        """Every object, in the older form of the list, which every store knows."""
        after: tuple[tuple[str, str], ...] = ()
        while True:
            body = self.send("list", "GET", query=(("max-keys", "400"), ("prefix", ""), *after)).body
            entries = contents_of(body)
            yield entries
            if not entries or b"<IsTruncated>true</IsTruncated>" not in body:
                return
            after = (("marker", entries[-1].key),)


def is_answered(error: S3Error | ContradictoryAnswer) -> bool:
    """Whether the API itself has refused it: then nothing comes of it any more."""
    return isinstance(error, ContradictoryAnswer) or classify(error).kind not in (
        Kind.TRANSIENT,
        Kind.UNREACHABLE,
        Kind.FOREIGN,
    )


def _plausible(method: str, query: Sequence[tuple[str, str]], answer: Response) -> bool:
    """Whether a success is one that the API gives: a proxy or a guest network says 200 to anything."""
    if method == "DELETE":
        return answer.status == 204 or bool(answer.headers.get("x-amz-request-id") or answer.headers.get("opc-request-id"))
    if method == "POST":
        return b"<UploadId>" in answer.body
    if query:
        return b"ListBucketResult" in answer.body
    return bool(answer.etag)


def contents_of(body: bytes) -> list[StoredObject]:
    """The objects of a list."""
    root = read_xml(body)
    return [] if root is None else [_listing(each.leaves()) for each in root.every("Contents")]


def _listing(fields: Mapping[str, str]) -> StoredObject:
    size = fields.get("Size", "").strip()
    return StoredObject(fields.get("Key", ""), int(size) if size.isdigit() else None, pin=fields.get("ETag", "").strip())
