"""What a list of the S3 API, and the headers of an object, say of what lies there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from validator.providers.common.xml import Element, read
from validator.providers.s3.errors import not_the_api
from validator.providers.s3.http import Response, S3Error

Fields = Mapping[str, str]

_ENTRIES: Final = ("Version", "DeleteMarker", "Contents", "Upload")
_LISTS: Final = ("ListBucketResult", "ListVersionsResult", "ListMultipartUploadsResult")


def entries_of(page: Element) -> Sequence[tuple[str, Fields]]:
    """The entries of a page of any list: what each is, and its fields."""
    return [(each.name, each.leaves()) for each in page.every(*_ENTRIES)]


def lock_of(headers: Mapping[str, str]) -> str:
    """What the headers of an object say of object lock; empty if nothing."""
    reasons = []
    mode, until = headers.get("x-amz-object-lock-mode", ""), headers.get("x-amz-object-lock-retain-until-date", "")
    if mode:
        reasons.append(f"object lock keeps it until {until or 'a date that was not told'} ({mode.lower()} mode)")
    if headers.get("x-amz-object-lock-legal-hold", "").upper() == "ON":
        reasons.append("a legal hold keeps it")
    return " and ".join(reasons)


def page_of(answer: Response, root: str) -> Element:
    """The page of that list. Raises S3Error for an answer in which it is not: a store's that knows no such question and gives another list,
    one that breaks off, or nobody's that is known.
    """
    page = read(answer.body)
    if page is not None and page.name in _LISTS and f"</{page.name}".encode() not in answer.body:
        raise S3Error(fault="reset", message=f"the {page.name} broke off before it was whole", method="GET")
    if page is None or not page.whole or page.name not in _LISTS:
        raise not_the_api(answer, "GET", f"no {root} that can be read came back")
    if page.name != root:
        raise S3Error(status=501, code="NotImplemented", message=f"no {root} came back", method="GET")
    return page
