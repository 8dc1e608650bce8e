"""What a bucket's own settings say of what it keeps: versioning, default retention, and a version that nothing shows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from validator.core.model import Kind
from validator.core.strangers import is_page
from validator.providers.base import RetentionBlocker
from validator.providers.common.xml import read
from validator.providers.s3.errors import kind_of
from validator.providers.s3.http import Response, S3Error
from validator.providers.s3.version_record import NULL
from validator.providers.s3.versions import Send, versioning_of

OBJECT_LOCK: Final = (("object-lock", ""),)

_NO_ANSWER: Final = (Kind.TRANSIENT, Kind.UNREACHABLE)


class BucketSettings:
    """Settings of one bucket, each asked when it is needed. A refusal to tell decides nothing."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._strangers = 0
        self._asked = False
        self.refused = False
        """The store has the setting, and these credentials may not read it."""
        self._unknown_to_store = False
        """It answered as if there were no such question."""
        self.versioning: str | None = None
        """``Enabled``, ``Suspended``, empty for a bucket that never kept versions; None where nobody told."""

    def ask_versioning(self) -> str | None:
        """Whether the bucket keeps versions, asked once. Raises S3Error where no answer of the store's came."""
        if not self._asked:
            try:
                answer = self._send("GET", query=(("versioning", ""),))
                if not answer.body or is_page(answer.headers, answer.body):
                    raise _not_the_api(answer)
                self.versioning = versioning_of(answer)
                self._unknown_to_store = self.versioning is None
            except S3Error as error:
                kind = kind_of(error)
                self._strangers += kind is Kind.FOREIGN
                if kind in _NO_ANSWER or (kind is Kind.FOREIGN and self._strangers == 1):
                    raise  # to be asked again: what lies hidden depends on it
                self._unknown_to_store = error.status in (405, 501)
                self.refused = kind is Kind.DENIED and not self._unknown_to_store
            self._asked = True
        return self.versioning

    def hides_nothing(self, key: str) -> bool:
        """Whether the store says that there is no version without an id under ``key``, and no marker in its place."""
        return self._null_version(key) is False

    def hides_version(self, key: str) -> bool:
        """Whether the store shows a version without an id under ``key``, where it does not tell whether it keeps versions."""
        return self.refused and self._null_version(key) is True

    def _null_version(self, key: str) -> bool | None:
        """Whether there is one; None where the store does not say."""
        try:
            answer = self._send("GET", key, query=(("versionId", NULL),), headers={"Range": "bytes=0-0"})
        except S3Error as error:
            kind = kind_of(error)
            if kind in _NO_ANSWER:
                raise
            return False if kind is Kind.ABSENT and error.headers.get("x-amz-delete-marker") != "true" else None
        return True if answer.etag else None

    def retention(self) -> Sequence[RetentionBlocker]:
        """Default retention of the bucket: the version that Planet writes would stay for so long, whichever store says so."""
        if self.versioning in ("", "Suspended") or self._unknown_to_store:
            return ()  # object lock is to be had on buckets that keep versions alone
        try:
            answer = self._send("GET", query=OBJECT_LOCK)
        except S3Error:
            return ()
        root = read(answer.body)
        rule = {} if root is None else next((each.leaves() for each in root.every("DefaultRetention")), {})
        unit = "days" if "Days" in rule else "years"
        mode, count = rule.get("Mode", "").strip() or "unnamed", (rule.get("Days") or rule.get("Years", "")).strip()
        if not count.isdigit():
            return ()
        period = f"{count} {unit if count != '1' else unit.removesuffix('s')}"
        return (
            RetentionBlocker(
                "retention-locked",
                f"The bucket keeps every new version for {period} ({mode.lower()} mode). Planet's own check would pass (a delete "
                "puts a marker) and leave such a version.",
                {"mode": mode, "retention": period},
                passes=True,
            ),
        )


def _not_the_api(answer: Response) -> S3Error:
    return S3Error(
        status=answer.status,
        message="an answer came that no object store gives",
        headers=answer.headers,
        method="GET",
        body=answer.body[:4096],
    )
