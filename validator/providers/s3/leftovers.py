"""What lies under a name in a bucket behind the S3 API, versions, markers and unfinished uploads included."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterator, Sequence
from typing import Final

from validator.core.model import VERIFICATION_FILE
from validator.core.values import Dataclass, replace
from validator.providers.base import Leftover, LeftoverKind, UnseenPart, is_swept
from validator.providers.common.dates import iso_date
from validator.providers.common.xml import Element
from validator.providers.common.xml import read as read_xml
from validator.providers.s3.bucket_requests import BucketRequests, is_denied
from validator.providers.s3.http import S3Error
from validator.providers.s3.listing import Fields, entries_of, lock_of, page_of
from validator.providers.s3.removal import UNKNOWN_REQUEST, Query
from validator.providers.s3.version_record import NULL

Page = Sequence[Leftover | UnseenPart]
Pages = Iterator[Page]

PAGE: Final = 400
"""Entries of a list that are asked for at a time: a page of the longest names still fits into what is read of an answer."""
LOOKS: Final = 20
"""Versions of one name whose locks are looked at, with one request each."""

RULE: Final = (
    "Let rules like these clear the name away by itself (add them to the rules that are there: what is set replaces them all)."
)


def lifecycle() -> str:
    """The owner's rules that clear the verification file, its versions, markers and unfinished uploads away after a day."""
    rule = {"Status": "Enabled", "Filter": {"Prefix": VERIFICATION_FILE}}
    rules = [
        {
            "ID": "planetverify",
            **rule,
            "Expiration": {"Days": 1},
            "NoncurrentVersionExpiration": {"NoncurrentDays": 1},
            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1},
        },
        {"ID": "planetverify-markers", **rule, "Expiration": {"ExpiredObjectDeleteMarker": True}},
    ]
    return json.dumps({"Rules": rules}, indent=2)


class BucketLeftovers(Dataclass):
    """Lists what lies in one bucket under a name."""

    requests: BucketRequests
    key: str
    everywhere: bool
    """See :func:`is_swept`."""

    def leftovers(self) -> Pages:
        """See the seam."""
        if not (yield from self._seen(self._versions(), "old versions and delete markers (s3:ListBucketVersions)")):
            yield from self._plainly()
        uploads = (
            [self._upload(fields) for name, fields in entries if name == "Upload"]
            for entries in self._pages("uploads", "ListMultipartUploadsResult")
        )
        yield from self._seen(uploads, "unfinished uploads (s3:ListBucketMultipartUploads)")

    def _seen(self, pages: Pages, what: str, *, itself: bool = False) -> Generator[Page, None, bool]:
        """The pages, and whether they were seen: the credentials may not ask this, or the store has no such question. Anything else is no
        answer at all, and raised.
        """
        try:
            yield from pages
        except S3Error as error:
            if not (is_denied(error) or error.status in (405, 501) or error.code in UNKNOWN_REQUEST):
                raise
            yield (UnseenPart(what, error, itself=itself),)
            return False
        return True

    def _versions(self) -> Pages:
        looks = LOOKS
        for entries in self._pages("versions", "ListVersionsResult"):
            versions = [_version(name, fields) for name, fields in entries]
            for index, each in enumerate(versions):
                if each.kind is not LeftoverKind.MARKER and looks > 0:
                    looks -= 1
                    versions[index] = self._with_lock(each)
            yield versions

    def _with_lock(self, leftover: Leftover) -> Leftover:
        """The same, with what the answer to a HEAD says of locks. What may not be asked stays unknown."""
        query: Query = (("versionId", leftover.version),) if leftover.version else ()
        try:
            headers = self.requests.send("HEAD", leftover.key, query=query).headers
        except S3Error:
            return leftover
        return replace(
            leftover, lock=lock_of(headers), storage_class=headers.get("x-amz-storage-class") or leftover.storage_class
        )

    def _plainly(self) -> Pages:
        """Without the list of versions: the current objects alone, read or listed."""
        if not self.everywhere:
            try:
                yield self._read()
            except S3Error as error:
                if not is_denied(error):
                    raise
            else:
                return
        what = "the rest of the bucket (s3:ListBucket)" if self.everywhere else "the file itself (s3:GetObject, s3:ListBucket)"
        listed = self._pages("list-type=2", "ListBucketResult")
        objects = ([_version(name, fields) for name, fields in entries] for entries in listed)
        yield from self._seen(objects, what, itself=True)

    def _read(self) -> Sequence[Leftover]:
        try:
            answer = self.requests.send("HEAD", self.key)
        except S3Error as error:
            if error.status == 404 and error.headers.get("x-amz-delete-marker") == "true":
                version = error.headers.get("x-amz-version-id", NULL)
                return (Leftover(self.key, LeftoverKind.MARKER, version=version, versioned=True, lock=_unpinned(version)),)
            answer = None  # the answer to a HEAD has no words: what it means is told by that to a GET
        stored = self.requests.look(self.key)
        if stored is None:
            return ()
        version = stored.version or ""
        return (
            Leftover(
                self.key,
                LeftoverKind.CURRENT,
                stored.size,
                stored.modified,
                stored.version,
                stored.pin,
                answer.headers.get("x-amz-storage-class", "STANDARD") if answer else "",
                lock_of(answer.headers) if answer else "",
                versioned=version not in ("", NULL),
                body=stored.body,
            ),
        )

    def _upload(self, fields: Fields) -> Leftover:
        """An unfinished upload; its parts are counted, since somebody's own upload may be under way."""
        upload = Leftover(
            fields.get("Key", ""),
            LeftoverKind.UPLOAD,
            modified=iso_date(fields.get("Initiated", "")),
            version=fields.get("UploadId"),
            storage_class=fields.get("StorageClass", ""),
        )
        try:
            parts = read_xml(self.requests.send("GET", upload.key, query=(("uploadId", upload.version or ""),)).body)
        except S3Error:
            return upload
        sizes = [] if parts is None else [each.text for each in parts.every("Size")]
        return replace(upload, size=sum(int(each) for each in sizes if each.isdigit() and len(each) < 16))

    def _pages(self, what: str, root: str) -> Iterator[Sequence[tuple[str, Fields]]]:
        """The entries of a list that are wanted, one request at a time."""
        name, _, value = what.partition("=")
        query: Query = ((name, value), ("max-uploads" if what == "uploads" else "max-keys", str(PAGE)))
        if not self.everywhere:
            query += (("prefix", self.key),)
        more: Query = ()
        while True:
            page = page_of(self.requests.send("GET", query=query + more), root)
            entries = entries_of(page)
            if any(fields.get("VersionId", NULL) != NULL for _, fields in entries):
                self.requests.versions.kept = True
            yield [each for each in entries if is_swept(each[1].get("Key", ""), self.key, everywhere=self.everywhere)]
            following = _next(page)
            if following is None or following == more:
                return
            more = following


def _unpinned(version: str) -> str:
    if version != NULL:
        return ""
    return "versioning is suspended: this marker has no id of its own, so a removal could not be pinned to it"


def _version(name: str, fields: Fields) -> Leftover:
    version = fields.get("VersionId")
    marker = name == "DeleteMarker"
    latest = fields.get("IsLatest", "true") == "true"
    size = fields.get("Size", "")
    return Leftover(
        fields.get("Key", ""),
        LeftoverKind.MARKER if marker else LeftoverKind.CURRENT if latest else LeftoverKind.NONCURRENT,
        int(size) if size.isdigit() else None,
        iso_date(fields.get("LastModified", "")),
        None if version == NULL and latest and not marker else version,
        fields.get("ETag", ""),
        fields.get("StorageClass", ""),
        _unpinned(version or NULL) if marker else "",
        versioned=marker or not latest or version not in (None, NULL),
    )


def _next(page: Element) -> Query | None:
    """The query of the page that follows; None where there is none."""
    names = {
        "NextContinuationToken": "continuation-token",
        "NextKeyMarker": "key-marker",
        "NextVersionIdMarker": "version-id-marker",
        "NextUploadIdMarker": "upload-id-marker",
    }
    elements = {each.name: each.text for each in page.children}
    if elements.get("IsTruncated") != "true":
        return None
    return tuple((names[name], value) for name, value in elements.items() if name in names) or None
