"""Buckets of the S3 types, judged by their names: no network, no SDK."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from typing import Final

from validator.core import catalog
from validator.core.model import Confidence, Finding, Fix, Severity
from validator.providers.s3 import regions
from validator.providers.s3.addresses import SHOWN, EmbeddedName, bucket_in, is_access_point
from validator.providers.s3.vendors import vendor_of

_SIGNS: Final = frozenset("abcdefghijklmnopqrstuvwxyz0123456789.-")
"""Of which names are made."""
_LOOSE_NAME: Final = r"[A-Za-z0-9._-]{1,255}"
_TENANT_NAME: Final = r"[A-Za-z0-9._$-]{0,128}:[A-Za-z0-9._-]{1,255}"
"""Ceph's ``TENANT:bucket``, and Swift's ``PROJECT:bucket``."""
SPECIAL: Final = {
    "--x-s3": "a directory bucket (S3 Express), which speaks a protocol of its own that this check does not",
    "--ol-s3": "an Object Lambda alias, which only serves reads",
    ".mrap": "a multi-region access point, which is signed in a way of its own that this check does not speak",
    "--table-s3": "a table bucket, which holds no objects",
}
"""Ends of names that are not ordinary buckets', and what each is."""
_POINTER: Final = "/parameters/bucket"
_finding: Final = partial(catalog.finding, pointer=_POINTER)


def _is_name(text: str) -> bool:
    return 3 <= len(text) <= 63 and _SIGNS.issuperset(text) and text[0] not in ".-" and text[-1] not in ".-"


def _is_ip(name: str) -> bool:
    parts = name.split(".")
    return len(parts) == 4 and all(map(str.isdecimal, parts))


def looks_like_bucket(text: str) -> bool:
    """A bucket's name of Amazon's, and neither a region nor a key."""
    return _is_name(text) and ".." not in text and not regions.well_formed(text)


def looks_like_any_bucket(text: str) -> bool:
    """A bucket's name of whatever store, and neither a region, a key nor an address."""
    loose = re.fullmatch(_LOOSE_NAME, text) or re.fullmatch(_TENANT_NAME, text)
    key = re.fullmatch(r"A[KS]IA[A-Z0-9]{12,28}", text)
    return loose is not None and key is None and not regions.well_formed(text) and vendor_of(text) is None


def bucket(name: str, *, region: str = "", endpoint: str | None = None, strict: bool) -> Iterator[Finding]:
    """``strict``: Amazon's own naming rules; otherwise only what no store takes. ``endpoint``: the store's, unless it is Amazon's."""
    inside = bucket_in(name, endpoint)
    if inside is not None:
        yield _more_than_a_name(name, inside, strict=strict)
    elif is_access_point(name):
        yield _unusual(
            name,
            "This is the ARN of an access point. Whether Planet takes one is not documented, and this check "
            "cannot speak to it: use the bucket's name, or the access point's alias, which ends in -s3alias.",
        )
    else:
        yield from _bucket_name(name, region) if strict else _any_bucket_name(name)


def _more_than_a_name(name: str, inside: EmbeddedName, *, strict: bool) -> Finding:
    good = _is_name(inside.bucket) if strict else re.fullmatch(_LOOSE_NAME, inside.bucket) is not None
    sure = good and inside.certain
    correction = f", which is {inside.bucket}." if sure else f". Did you mean {inside.bucket}?" if good else "."
    if good and inside.folder:
        correction += f" The folder goes into the path_prefix of the order's delivery: {inside.folder[:SHOWN]}"
    possible = not strict and not sure and re.fullmatch(_LOOSE_NAME, name) is not None
    return _finding(
        "bucket-is-url",
        detail=f"The bucket is given as {inside.kind}; Planet wants its name alone{correction}",
        fix=Fix(f"Set bucket to {inside.bucket}.") if sure else None,
        patch=catalog.replacement(_POINTER, inside.bucket) if sure else (),
        evidence={"bucket": name[:SHOWN]},
        severity=Severity.WARNING if possible else None,
    )


def _unusual(name: str, detail: str) -> Finding:
    return _finding(
        "bucket-name-invalid",
        detail=detail,
        confidence=Confidence.POSSIBLE,
        evidence={"bucket": name[:SHOWN]},
        severity=Severity.UNKNOWN,
    )


def _bucket_name(name: str, region: str) -> Iterator[Finding]:
    special = next((why for suffix, why in SPECIAL.items() if name.endswith(suffix)), "")
    if special:
        yield _unusual(name, f"{name} is the name of {special}. Planet documents ordinary buckets alone.")
    elif _is_name(name) and ".." not in name and not _is_ip(name):
        prefix = next((each for each in ("xn--", "sthree-", "amzn-s3-demo-") if name.startswith(each)), "")
        if prefix:
            # No new bucket may be called that; one that is older than the rule may.
            yield _invalid_name(name, f"names that begin with {prefix} are reserved by Amazon S3", severity=Severity.WARNING)
    elif region == "us-east-1" and re.fullmatch(r"[A-Za-z0-9._-]{3,255}", name):
        # Buckets made there before March 2018 may bear such names.
        why = "only old buckets in us-east-1 may bear capitals, underscores or long names"
        yield _invalid_name(name, why, severity=Severity.WARNING)
    else:
        lower = name.lower()
        yield _invalid_name(name, _name_fault(name), lower if lower != name and _is_name(lower) else None)


def _name_fault(name: str) -> str:
    if name != name.lower():
        return "bucket names hold no capital letters"
    if not 3 <= len(name) <= 63:
        return f"bucket names have 3 to 63 characters; this one has {len(name)}"
    if ".." in name:
        return "bucket names hold no two dots in a row"
    if _is_ip(name):
        return "a bucket name must not look like an IP address"
    bad = sorted(set(name) - _SIGNS)
    if bad:
        return "bucket names hold lower-case letters, digits, dots and hyphens; this one also has " + " ".join(
            "a space" if each == " " else each for each in bad[:5]
        )
    return "bucket names begin and end with a letter or a digit"


def _invalid_name(name: str, why: str, meant: str | None = None, severity: Severity | None = None) -> Finding:
    """``meant`` is another bucket's name, and never more than a question."""
    return _finding(
        "bucket-name-invalid",
        detail=f"{name[:SHOWN]}: {why}." + (f" Did you mean {meant}?" if meant else ""),
        evidence={"bucket": name[:SHOWN]},
        severity=severity,
    )


def _any_bucket_name(name: str) -> Iterator[Finding]:
    if re.fullmatch(_LOOSE_NAME, name) or re.fullmatch(_TENANT_NAME, name):
        return
    # Whitespace, control characters and what parts an address cannot be in any name; for the rest, ask the store.
    impossible = len(name) > 1024 or re.search(r"[\s\x00-\x1f\x7f/?#%]", name)
    why = "most stores take letters, digits, dots, hyphens and underscores alone, and at most 255 of them"
    yield _invalid_name(name, why, severity=None if impossible else Severity.WARNING)
