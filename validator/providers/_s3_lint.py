"""Buckets, regions and endpoints of the S3 types, judged by themselves: no network, no SDK."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final
from urllib.parse import urlsplit

from validator import catalog
from validator.model import Confidence, Finding, Fix, PatchOperation, Severity
from validator.providers import _s3_regions as regions
from validator.providers._s3_vendors import fits_host, is_address, signed_for, vendor_of

_NAME: Final = r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]"
_LOOSE_NAME: Final = r"[A-Za-z0-9._-]{1,255}"
_SPECIAL: Final = {
    "--x-s3": "a directory bucket (S3 Express), which speaks a protocol of its own that this check does not",
    "--ol-s3": "an Object Lambda alias, which only serves reads",
    ".mrap": "a multi-region access point, which is signed in a way of its own that this check does not speak",
    "--table-s3": "a table bucket, which holds no objects",
}
_ACCESS_POINT: Final = r"arn:[\w-]+:s3(?:-[\w-]+)?:[\w-]*:\d*:(?:accesspoint|outpost)[:/].+"
_BUCKET_ARN: Final = r"arn:[\w-]+:s3:[\w-]*:\d*:([^/:*]+)(?:/.*)?"


def soften(finding: Finding, severity: Severity) -> Finding:
    """What is suspicious and not certain to be refused must not fail a destination by itself."""
    return replace(finding, severity=severity)


# ---- buckets ---------------------------------------------------------------------------------------------------------


def bucket(name: str, *, region: str = "", strict: bool) -> Iterator[Finding]:
    """``strict``: Amazon's own naming rules; otherwise only what no store takes."""
    pointer = "/parameters/bucket"
    inside = _bucket_inside(name)
    if inside is not None:
        good = re.fullmatch(_NAME if strict else _LOOSE_NAME, inside) is not None
        yield catalog.finding(
            "bucket-is-url",
            detail=f"The bucket is given as {_kind_of_address(name)}; Planet wants its name alone"
            + (f", which is {inside}." if good else "."),
            pointer=pointer,
            patch=(PatchOperation("replace", pointer, inside),) if good else (),
            evidence={"bucket": name},
        )
        return
    if ":" in name and re.fullmatch(_ACCESS_POINT, name):
        yield soften(
            catalog.finding(
                "bucket-name-invalid",
                detail="This is the ARN of an access point. Whether Planet takes one is not documented, and this check "
                "cannot speak to it: use the bucket's name, or the access point's alias, which ends in -s3alias.",
                pointer=pointer,
                confidence=Confidence.POSSIBLE,
                evidence={"bucket": name},
            ),
            Severity.UNKNOWN,
        )
        return
    yield from _bucket_name(name, region, pointer) if strict else _any_bucket_name(name, pointer)


def _bucket_inside(text: str) -> str | None:
    """The name within a URL, an ARN or a path; None if it is a bare name (or an ARN of something else)."""
    if not {":", "/"} & set(text) and "amazonaws" not in text:
        return None
    if re.fullmatch(_ACCESS_POINT, text):
        return None
    found = re.fullmatch(_BUCKET_ARN, text)
    if found:
        return found[1]
    if "://" in text:
        parts = urlsplit(text)
        host = parts.netloc.rpartition("@")[2]
        if parts.scheme.lower() not in ("http", "https"):
            return host
        virtual = re.fullmatch(r"(.+)\.s3[.-](?:[\w-]+\.)*amazonaws\.(?:com(?:\.cn)?|eu)", host)
        return virtual[1] if virtual else parts.path.strip("/").partition("/")[0]
    virtual = re.fullmatch(r"(.+)\.s3[.-](?:[\w-]+\.)*amazonaws\.(?:com(?:\.cn)?|eu)(?:/.*)?", text)
    if virtual:
        return virtual[1]
    if "/" in text:
        return text.strip("/").partition("/")[0]
    return None


def _kind_of_address(text: str) -> str:
    if text.startswith("arn:"):
        return "an ARN"
    if "://" in text or "amazonaws." in text:
        return "a URL"
    return "a path"


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
            yield _invalid_name(name, pointer, f"names that begin with {prefix} are reserved by Amazon S3")
        return
    lower = name.lower()
    if region == "us-east-1" and re.fullmatch(r"[A-Za-z0-9._-]{3,255}", name):
        # Buckets made there before March 2018 may bear such names.
        yield soften(
            _invalid_name(name, pointer, "only old buckets in us-east-1 may bear capitals, underscores or long names"),
            Severity.WARNING,
        )
        return
    fixed = lower if lower != name and re.fullmatch(_NAME, lower) else None
    yield _invalid_name(name, pointer, _name_fault(name), fixed)


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


def _invalid_name(name: str, pointer: str, why: str, fixed: str | None = None) -> Finding:
    return catalog.finding(
        "bucket-name-invalid",
        detail=f"{name}: {why}.",
        pointer=pointer,
        patch=(PatchOperation("replace", pointer, fixed),) if fixed else (),
        evidence={"bucket": name},
    )


def _any_bucket_name(name: str, pointer: str) -> Iterator[Finding]:
    if not re.fullmatch(_LOOSE_NAME, name):
        yield _invalid_name(
            name, pointer, "no store takes other characters than letters, digits, dots, hyphens and underscores"
        )


# ---- regions ---------------------------------------------------------------------------------------------------------


def aws_region(region: str) -> Iterator[Finding]:
    """A region of Amazon's: known, possible, or none."""
    pointer = "/parameters/aws_region"
    if region in regions.REGIONS:
        return
    if regions.well_formed(region):
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
    meant = regions.meant(region)
    near = meant or regions.closest(region)
    yield catalog.finding(
        "region-malformed",
        detail=f"{region} is not a region's id, such as eu-central-1" + (f"; {near} is meant." if near else "."),
        pointer=pointer,
        patch=(PatchOperation("replace", pointer, meant),) if meant else (),
        evidence={"region": region, **({"nearest": near} if near else {})},
    )


def other_region(region: str, host: str) -> Iterator[Finding]:
    """The region of another store: free text, as long as it can be signed for and does not contradict the host."""
    pointer = "/parameters/region"
    if not re.fullmatch(r"[A-Za-z0-9._-]{1,64}", region):
        yield catalog.finding(
            "region-malformed",
            detail="The region becomes part of every signature, and holds letters, digits, dots, hyphens and underscores alone.",
            pointer=pointer,
            evidence={"region": region},
        )
        return
    wanted = signed_for(host)
    if wanted and wanted != region:
        yield catalog.finding(
            "region-unknown",
            detail=f"The endpoint is in {wanted}, and the region says {region}: this store takes only signatures for its own region.",
            pointer=pointer,
            confidence=Confidence.LIKELY,
            patch=(PatchOperation("replace", pointer, wanted),),
            evidence={"region": region, "endpoint_region": wanted},
        )


# ---- endpoints -------------------------------------------------------------------------------------------------------


def endpoint(text: str, bucket: str) -> Iterator[Finding]:
    """The address of a store: scheme and host, and nothing else."""
    pointer = "/parameters/endpoint"
    if "://" not in text:
        host = re.fullmatch(r"([A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\])(?::\d{1,5})?(?:/.*)?", text)
        fixed = f"https://{text}" if host else None
        yield _bad_endpoint("it has no scheme; it must begin with https://", fixed)
        return
    try:
        parts = urlsplit(text)
        port, host_name = parts.port, parts.hostname or ""
    except ValueError:
        yield _bad_endpoint("it is not a URL: its host or port cannot be read")
        return
    if parts.scheme.lower() not in ("http", "https"):
        yield _bad_endpoint(f"{parts.scheme} is not a scheme that an S3 store speaks; it must be https")
        return
    if "@" in parts.netloc:
        yield _bad_endpoint("it holds a user name or password; keys have parameters of their own")
        return
    if not host_name or not re.fullmatch(r"[A-Za-z0-9._-]+|[0-9A-Fa-f:.]+", host_name) or port == 0:
        yield _bad_endpoint("it has no valid host")
        return
    if parts.query or parts.fragment:
        bare = f"{parts.scheme}://{parts.netloc}{parts.path}".rstrip("/")
        yield _bad_endpoint("it has a query or a fragment behind it", bare)
        return
    yield from _endpoint_bucket(text, bucket, pointer)
    yield from _endpoint_type(host_name, pointer)
    if parts.scheme.lower() == "http":
        yield catalog.finding(
            "endpoint-insecure",
            detail="The endpoint is plain http: whoever is on the way can read and change what Planet delivers.",
            pointer=pointer,
            patch=(PatchOperation("replace", pointer, "https" + text[4:]),) if port in (None, 443) else (),
            evidence={"endpoint": text},
        )


def _bad_endpoint(why: str, fixed: str | None = None) -> Finding:
    pointer = "/parameters/endpoint"
    return catalog.finding(
        "endpoint-invalid",
        detail=f"The endpoint is not the address of a store: {why}.",
        pointer=pointer,
        patch=(PatchOperation("replace", pointer, fixed),) if fixed else (),
    )


def _endpoint_bucket(text: str, bucket: str, pointer: str) -> Iterator[Finding]:
    parts = urlsplit(text)
    path = parts.path.strip("/")
    host = parts.netloc
    in_host, in_path = (
        bool(bucket) and host.lower().startswith(f"{bucket.lower()}."),
        path.partition("/")[0] == bucket or (path.rpartition("/")[2] == bucket),
    )
    if bucket and (in_host or (path and in_path)):
        rest = host[len(bucket) + 1 :] if in_host else host
        base = "/".join(part for part in path.split("/") if part and part != bucket) if in_path else path
        fixed = f"{parts.scheme}://{rest}" + (f"/{base}" if base else "")
        yield catalog.finding(
            "endpoint-contains-bucket",
            detail=f"The endpoint holds the bucket's name as well: {bucket} would be named twice, and files would land in a folder "
            "of that name, or the host would not be found.",
            pointer=pointer,
            patch=(PatchOperation("replace", pointer, fixed),),
            evidence={"endpoint": text, "bucket": bucket},
        )
    elif path:
        yield soften(
            catalog.finding(
                "endpoint-invalid",
                detail=f"The endpoint has a path, /{path}. Few stores serve S3 below one: check that it belongs there.",
                pointer=pointer,
                confidence=Confidence.POSSIBLE,
                evidence={"endpoint": text},
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
    try:
        host = urlsplit(endpoint).hostname or ""
    except ValueError:
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
