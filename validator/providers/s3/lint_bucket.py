"""Buckets, regions and endpoints of the S3 types, judged by themselves: no network, no SDK."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from validator.core import catalog
from validator.core.model import Confidence, Finding, Fix, PatchOperation, Severity
from validator.providers.common.reachability import unreachable
from validator.providers.s3 import regions
from validator.providers.s3.addresses import LONGEST, bucket_in, doubled, has_known_base, is_access_point, split
from validator.providers.s3.vendors import LONGEST_HOST, fits_host, is_address, signed_for, vendor_of

_NAME: Final = r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]"
_LOOSE_NAME: Final = r"[A-Za-z0-9._-]{1,255}"
_TENANT_NAME: Final = r"[A-Za-z0-9._$-]{0,128}:[A-Za-z0-9._-]{1,255}"
"""Ceph's ``TENANT:bucket``, and Swift's ``PROJECT:bucket``."""
_SPECIAL: Final = {
    "--x-s3": "a directory bucket (S3 Express), which speaks a protocol of its own that this check does not",
    "--ol-s3": "an Object Lambda alias, which only serves reads",
    ".mrap": "a multi-region access point, which is signed in a way of its own that this check does not speak",
    "--table-s3": "a table bucket, which holds no objects",
}
_SHOWN: Final = 200
"""Characters of a value that a sentence shows."""
_ENDPOINT: Final = "/parameters/endpoint"


def soften(finding: Finding, severity: Severity) -> Finding:
    """What is suspicious and not certain to be refused must not fail a destination by itself."""
    return replace(finding, severity=severity)


# ---- what a value looks like, to tell it from its neighbours' --------------------------------------------------------------


def looks_like_bucket(text: str) -> bool:
    """A bucket's name of Amazon's, and neither a region nor a key."""
    return re.fullmatch(_NAME, text) is not None and ".." not in text and not regions.well_formed(text)


def looks_like_any_bucket(text: str) -> bool:
    """A bucket's name of whatever store, and neither a region, a key nor an address."""
    loose = re.fullmatch(_LOOSE_NAME, text) or re.fullmatch(_TENANT_NAME, text)
    key = re.fullmatch(r"A[KS]IA[A-Z0-9]{12,28}", text)
    return loose is not None and key is None and not regions.well_formed(text) and vendor_of(text) is None


def looks_like_any_region(text: str) -> bool:
    """A region as stores usually write theirs; a store of one's own may have any word."""
    return (
        regions.well_formed(text)
        or text
        in ("auto", "default", "garage", "us", "eu", "eu-de", "eu-nl", "nl-ams", "fr-par", "pl-waw", "gra", "sbg", "rbx", "waw")
        or re.fullmatch(r"[a-z]{2,10}(?:-[a-z]{2,12})?-?\d{1,3}", text) is not None
    )


def looks_like_endpoint(text: str) -> bool:
    """An address of a store."""
    return re.match(r"(?i)https?://[^/]", text) is not None or vendor_of(text.partition("/")[0].partition(":")[0]) is not None


# ---- buckets ---------------------------------------------------------------------------------------------------------


def bucket(name: str, *, region: str = "", endpoint: str | None = None, strict: bool) -> Iterator[Finding]:
    """``strict``: Amazon's own naming rules; otherwise only what no store takes. ``endpoint``: the store's, unless it is Amazon's."""
    pointer = "/parameters/bucket"
    inside = bucket_in(name, endpoint)
    if inside is not None:
        good = re.fullmatch(_NAME if strict else _LOOSE_NAME, inside.bucket) is not None
        sure = good and inside.certain
        said = f", which is {inside.bucket}." if sure else f". Did you mean {inside.bucket}?" if good else "."
        finding = catalog.finding(
            "bucket-is-url",
            detail=f"The bucket is given as {inside.kind}; Planet wants its name alone{said}",
            pointer=pointer,
            patch=(PatchOperation("replace", pointer, inside.bucket),) if sure else (),
            evidence={"bucket": name[:_SHOWN]},
        )
        possible = not strict and not sure and re.fullmatch(_LOOSE_NAME, name) is not None
        yield soften(finding, Severity.WARNING) if possible else finding
        return
    if is_access_point(name):
        yield soften(
            catalog.finding(
                "bucket-name-invalid",
                detail="This is the ARN of an access point. Whether Planet takes one is not documented, and this check "
                "cannot speak to it: use the bucket's name, or the access point's alias, which ends in -s3alias.",
                pointer=pointer,
                confidence=Confidence.POSSIBLE,
                evidence={"bucket": name[:_SHOWN]},
            ),
            Severity.UNKNOWN,
        )
        return
    yield from _bucket_name(name, region, pointer) if strict else _any_bucket_name(name, pointer)


def _bucket_name(name: str, region: str, pointer: str) -> Iterator[Finding]:
    special = next((why for suffix, why in _SPECIAL.items() if name.endswith(suffix)), "")
    if special:
        yield soften(
            catalog.finding(
                "bucket-name-invalid",
                detail=f"{name} is the name of {special}. Planet documents ordinary buckets alone.",
                pointer=pointer,
                confidence=Confidence.POSSIBLE,
                evidence={"bucket": name},
            ),
            Severity.UNKNOWN,
        )
        return
    if re.fullmatch(_NAME, name) and ".." not in name and not re.fullmatch(r"\d+\.\d+\.\d+\.\d+", name):
        prefix = next((each for each in ("xn--", "sthree-", "amzn-s3-demo-") if name.startswith(each)), "")
        if prefix:
            # No new bucket may be called that; one that is older than the rule may.
            found = _invalid_name(name, pointer, f"names that begin with {prefix} are reserved by Amazon S3")
            yield soften(found, Severity.WARNING)
        return
    lower = name.lower()
    if region == "us-east-1" and re.fullmatch(r"[A-Za-z0-9._-]{3,255}", name):
        # Buckets made there before March 2018 may bear such names.
        yield soften(
            _invalid_name(name, pointer, "only old buckets in us-east-1 may bear capitals, underscores or long names"),
            Severity.WARNING,
        )
        return
    meant = lower if lower != name and re.fullmatch(_NAME, lower) else None
    yield _invalid_name(name, pointer, _name_fault(name), meant)


def _name_fault(name: str) -> str:
    if name != name.lower():
        return "bucket names hold no capital letters"
    if not 3 <= len(name) <= 63:
        return f"bucket names have 3 to 63 characters; this one has {len(name)}"
    if ".." in name:
        return "bucket names hold no two dots in a row"
    if re.fullmatch(r"\d+\.\d+\.\d+\.\d+", name):
        return "a bucket name must not look like an IP address"
    bad = sorted({each for each in name if not re.fullmatch(r"[a-z0-9.-]", each)})
    if bad:
        return "bucket names hold lower-case letters, digits, dots and hyphens; this one also has " + " ".join(
            "a space" if each == " " else each for each in bad[:5]
        )
    return "bucket names begin and end with a letter or a digit"


def _invalid_name(name: str, pointer: str, why: str, meant: str | None = None) -> Finding:
    """``meant`` is another bucket's name, and never more than a question."""
    return catalog.finding(
        "bucket-name-invalid",
        detail=f"{name[:_SHOWN]}: {why}." + (f" Did you mean {meant}?" if meant else ""),
        pointer=pointer,
        evidence={"bucket": name[:_SHOWN]},
    )


def _any_bucket_name(name: str, pointer: str) -> Iterator[Finding]:
    if re.fullmatch(_LOOSE_NAME, name) or re.fullmatch(_TENANT_NAME, name):
        return
    finding = _invalid_name(
        name, pointer, "most stores take letters, digits, dots, hyphens and underscores alone, and at most 255 of them"
    )
    # Whitespace, control characters and what parts an address cannot be in any name; for the rest, ask the store.
    impossible = len(name) > 1024 or re.search(r"[\s\x00-\x1f\x7f/?#%]", name)
    yield finding if impossible else soften(finding, Severity.WARNING)


# ---- regions ---------------------------------------------------------------------------------------------------------


def aws_region(region: str) -> Iterator[Finding]:
    """A region of Amazon's: known, possible, or none."""
    pointer = "/parameters/aws_region"
    if region in regions.REGIONS:
        return
    if regions.well_formed(region) or re.fullmatch(r"[a-z]{2,5}(?:-[a-z]{2,12}){1,3}-\d{1,2}", region):
        near = regions.closest(region)
        yield catalog.finding(
            "region-unknown",
            detail=f"{region} is not among the {len(regions.REGIONS)} regions that this version knows"
            + (f"; the nearest is {near} ({regions.REGIONS[near]})." if near else ".")
            + " It has the shape of a region, and may be newer.",
            pointer=pointer,
            confidence=Confidence.POSSIBLE,
            evidence={"region": region, **({"nearest": near} if near else {})},
        )
        return
    short = len(region) <= _SHOWN
    meant = regions.meant(region) if short else None
    near = meant or (regions.closest(region) if short else None)
    yield catalog.finding(
        "region-malformed",
        detail=f"{region[:_SHOWN]} is not a region's id, such as eu-central-1"
        + (f"; {meant} is meant." if meant else f". Did you mean {near}?" if near else "."),
        pointer=pointer,
        patch=(PatchOperation("replace", pointer, meant),) if meant else (),
        evidence={"region": region[:_SHOWN], **({"nearest": near} if near else {})},
    )


def other_region(region: str) -> Iterator[Finding]:
    """The region of another store: free text, as long as it can be signed for."""
    if re.fullmatch(r"[A-Za-z0-9._-]{1,64}", region):
        return
    finding = catalog.finding(
        "region-malformed",
        detail="The region becomes part of every signature, and holds letters, digits, dots, hyphens and underscores alone.",
        pointer="/parameters/region",
        evidence={"region": region[:_SHOWN]},
    )
    impossible = re.search(r"[^\x21-\x7e]|[/,]", region)
    yield finding if impossible else soften(finding, Severity.WARNING)


def region_of_host(region: str, endpoint: str) -> Iterator[Finding]:
    """Whether the region contradicts the host's own name."""
    pointer = "/parameters/region"
    parts = split(endpoint)
    wanted = signed_for(parts.hostname or "") if parts else ""
    if wanted and wanted != region and re.fullmatch(r"[A-Za-z0-9._-]{1,64}", region):
        yield catalog.finding(
            "region-unknown",
            detail=f"The endpoint is in {wanted}, and the region says {region}: this store takes only signatures for its own region.",
            pointer=pointer,
            confidence=Confidence.LIKELY,
            patch=(PatchOperation("replace", pointer, wanted),),
            evidence={"region": region, "endpoint_region": wanted},
        )


# ---- endpoints -------------------------------------------------------------------------------------------------------


def endpoint(text: str) -> Iterator[Finding]:
    """The address of a store: scheme and host, and nothing else."""
    fault, meant, sure = _endpoint_fault(text)
    if fault:
        question = f" Did you mean {meant}?" if meant and not sure else ""
        yield catalog.finding(
            "endpoint-invalid",
            detail=f"The endpoint is not the address of a store: {fault}.{question}",
            pointer=_ENDPOINT,
            patch=(PatchOperation("replace", _ENDPOINT, meant),) if meant and sure else (),
        )
        return
    parts = split(text)
    if parts is None:
        return
    yield from _endpoint_type(parts.hostname or "", _ENDPOINT)
    if parts.scheme.lower() == "http":
        secure = "https" + text[4:] if parts.port in (None, 443) else ""
        documented = bool(secure) and vendor_of(parts.hostname or "") is not None
        yield catalog.finding(
            "endpoint-insecure",
            detail="The endpoint is plain http: whoever is on the way can read and change what Planet delivers."
            + (f" Did you mean {secure}?" if secure and not documented else ""),
            pointer=_ENDPOINT,
            patch=(PatchOperation("replace", _ENDPOINT, secure),) if documented else (),
            evidence={"endpoint": text[:_SHOWN]},
        )
    yield from unreachable(parts.hostname or "", _ENDPOINT)


def _endpoint_fault(text: str) -> tuple[str, str, bool]:
    """Why no request can be sent to this; what may be meant, and whether that is certain."""
    if len(text) > LONGEST:
        return f"it has {len(text):,} characters", "", False
    if "://" not in text:
        host = re.fullmatch(r"([A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\])(:\d{1,5})?(?:/.*)?", text)
        fixed = f"https://{text}" if host and split(f"https://{text}") is not None else ""
        # Planet documents an https address; only where a port is named may the store be one that speaks http.
        return (
            "it has no scheme; it must begin with https://",
            fixed,
            bool(host) and host[2] in (None, ":443") if host else False,
        )
    parts = split(text)
    if parts is None:
        return "it is not a URL: its host or port cannot be read", "", False
    if parts.scheme.lower() not in ("http", "https"):
        return f"{parts.scheme[:_SHOWN]} is not a scheme that an S3 store speaks; it must be https", "", False
    if "@" in parts.netloc:
        return "it holds a user name or password; keys have parameters of their own", "", False
    name = _ascii(parts.hostname or "")
    if not re.fullmatch(r"[A-Za-z0-9._-]+|[0-9A-Fa-f:.]+(?:%[A-Za-z0-9]+)?", name) or parts.port == 0 or not _host_fits(name):
        return "it has no valid host", "", False
    if parts.query or parts.fragment:
        bare = f"{parts.scheme}://{parts.netloc}{parts.path}".rstrip("/")
        return "it has a query or a fragment behind it", bare, vendor_of(name) is not None and parts.path in ("", "/")
    return "", "", False


def _ascii(host: str) -> str:
    """A host's name as the DNS has it; as it is where it cannot be written so."""
    try:
        return host if host.isascii() else host.encode("idna").decode("ascii")
    except UnicodeError:
        return host


def _host_fits(name: str) -> bool:
    """Whether the DNS could hold this name: no empty label, and none too long."""
    return len(name) <= LONGEST_HOST and all(1 <= len(label) <= 63 for label in name.rstrip(".").split("."))


def endpoint_bucket(text: str, bucket: str) -> Iterator[Finding]:
    """Whether the endpoint names a bucket already, or has a path."""
    if _endpoint_fault(text)[0] or bucket_in(bucket, text) is not None:
        return
    parts = split(text)
    if parts is None:
        return
    twice = doubled(parts, bucket)
    if twice is not None:
        same = twice.bucket == bucket.lower() or twice.bucket == bucket
        finding = catalog.finding(
            "endpoint-contains-bucket",
            detail=(
                f"The endpoint holds the bucket's name as well: {bucket} would be named twice, and files would land in a folder "
                "of that name, or the host would not be found."
                if twice.certain
                else f"The endpoint seems to hold the bucket's name, {bucket}, as well. If it does not belong there, files land in a "
                f"folder of that name, or the host is not found. Did you mean {twice.root}?"
                if same
                else f"The endpoint is the address of the bucket {twice.bucket}, and the bucket says {bucket}. "
                f"Did you mean {twice.root}, and which bucket?"
            ),
            pointer=_ENDPOINT,
            confidence=Confidence.CONFIRMED if twice.certain else Confidence.POSSIBLE,
            patch=(PatchOperation("replace", _ENDPOINT, twice.root),) if twice.certain else (),
            evidence={"endpoint": text[:_SHOWN], "bucket": bucket[:_SHOWN]},
        )
        yield finding if twice.certain else soften(finding, Severity.WARNING)
    elif not has_known_base(parts):
        yield soften(
            catalog.finding(
                "endpoint-invalid",
                detail=f"The endpoint has a path, {parts.path[:_SHOWN]}. Few stores serve S3 below one: check that it belongs there.",
                pointer=_ENDPOINT,
                confidence=Confidence.POSSIBLE,
                evidence={"endpoint": text[:_SHOWN]},
            ),
            Severity.WARNING,
        )


def _endpoint_type(host: str, pointer: str) -> Iterator[Finding]:
    vendor = vendor_of(host)
    if vendor is None or not vendor.native:
        return
    native = vendor.native
    finding = catalog.finding(
        "endpoint-of-another-type",
        detail=f"{host} is {vendor.name}"
        + (
            f", for which Planet has the type {native}."
            if vendor.speaks_s3
            else f", which does not speak S3; its type is {native}."
        ),
        pointer=pointer,
        confidence=Confidence.CONFIRMED if not vendor.speaks_s3 else Confidence.POSSIBLE,
        evidence={"type": native, "endpoint_host": host},
        fix=Fix(f"Use the type {native}, whose parameters are its own; planet-validator schema shows them."),
    )
    if vendor.speaks_s3:
        # These speak S3 as well, and Planet documents Oracle this way: worth knowing, and no reason to refuse.
        severity = Severity.INFO if native == "oracle_cloud_storage" else Severity.WARNING
        finding = soften(finding, severity)
    yield finding


def addressing(endpoint: str, bucket: str, *, path_style: bool) -> Iterator[Finding]:
    """Whether this store is known to want the other way of naming a bucket."""
    pointer = "/parameters/use_path_style"
    parts = split(endpoint)
    host = (parts.hostname or "") if parts else ""
    if not host:
        return
    vendor = vendor_of(host)
    if vendor is not None and vendor.path_style is not None and vendor.path_style is not path_style:
        wanted = "true" if vendor.path_style else "false"
        yield catalog.finding(
            "addressing-style-suspect",
            detail=f"{vendor.name} needs use_path_style {wanted}: {vendor.because}.",
            pointer=pointer,
            confidence=Confidence.LIKELY,
            patch=(PatchOperation("add", pointer, vendor.path_style),),
            evidence={"use_path_style": str(path_style).lower(), "endpoint_host": host},
        )
    elif not path_style and (is_address(host) or not fits_host(bucket)):
        why = f"{host} is an address" if is_address(host) else f"{bucket} cannot stand in front of a host name"
        yield catalog.finding(
            "addressing-style-suspect",
            detail=f"use_path_style is false, but {why}: path-style addressing is used all the same. Say so with true.",
            pointer=pointer,
            confidence=Confidence.LIKELY,
            patch=(PatchOperation("add", pointer, value=True),),
            evidence={"use_path_style": "false", "endpoint_host": host},
        )
