"""Endpoints of the S3 types and the way to name a bucket there, judged by themselves: no network, no SDK."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from typing import Final
from urllib.parse import SplitResult

from validator.core import catalog, lazy
from validator.core.model import Confidence, Finding, Fix, PatchOperation, Severity
from validator.core.values import Dataclass
from validator.providers.common.reachability import unreachable
from validator.providers.s3.addresses import LONGEST, SHOWN, bucket_in, doubled, has_known_base, split
from validator.providers.s3.vendors import LONGEST_HOST, fits_host, is_address, vendor_of

_ENDPOINT: Final = "/parameters/endpoint"
_finding: Final = partial(catalog.finding, pointer=_ENDPOINT)
_NO_S3: Final = (
    (
        lazy.compile(r"(?i)(?:.{1,200}\.)?cdn\.digitaloceanspaces\.com"),
        "DigitalOcean's CDN, which only reads; the endpoint is https://REGION.digitaloceanspaces.com",
    ),
    (
        lazy.compile(r"(?i).{1,200}\.r2\.dev"),
        "a bucket's public address, which only reads; the endpoint is https://ACCOUNT.r2.cloudflarestorage.com",
    ),
    (
        lazy.compile(r"(?i)f\d{3}\.backblazeb2\.com"),
        "Backblaze's address for downloads; the endpoint is https://s3.REGION.backblazeb2.com",
    ),
    (
        lazy.compile(
            r"(?i)cloud\.digitalocean\.com|dash\.cloudflare\.com|secure\.backblaze\.com|console\.wasabisys\.com|console\.scaleway\.com"
            r"|console\.hetzner\.com|cloud\.linode\.com|my\.vultr\.com|portal\.exoscale\.com|console\.yandex\.cloud|cloud\.ibm\.com"
            r"|(?:[\w.-]{1,60}\.)?console\.aws\.amazon\.com|console\.cloud\.google\.com|portal\.azure\.com|cloud\.oracle\.com"
        ),
        "a console's, for the browser; the bucket's page there shows the endpoint",
    ),
)
"""Hosts of vendors that do not speak S3, and what they are; what each says of the endpoint for S3."""


def looks_like_endpoint(text: str) -> bool:
    """An address of a store."""
    return re.match(r"(?i)https?://[^/]", text) is not None or vendor_of(text.partition("/")[0].partition(":")[0]) is not None


def endpoint(text: str) -> Iterator[Finding]:
    """The address of a store: scheme and host, and nothing else."""
    parts = _read(text)
    if isinstance(parts, _Fault):
        question = f" Did you mean {parts.meant}?" if parts.meant and not parts.sure else ""
        yield _finding(
            "endpoint-invalid",
            detail=f"The endpoint is not the address of a store: {parts.why}.{question}",
            patch=catalog.replacement(_ENDPOINT, parts.meant) if parts.meant and parts.sure else (),
        )
        return
    host = parts.hostname or ""
    description = _no_s3(host)
    if description:
        yield _finding(
            "endpoint-invalid",
            detail=f"The endpoint's host is not that of the S3 API, but {description}.",
            confidence=Confidence.LIKELY,
            severity=Severity.WARNING,
        )
        return
    yield from _endpoint_type(host)
    if parts.scheme.lower() == "http":
        secure = "https" + text[4:] if parts.port in (None, 443) else ""
        documented = bool(secure) and vendor_of(host) is not None
        yield _finding(
            "endpoint-insecure",
            detail="The endpoint is plain http: whoever is on the way can read and change what Planet delivers."
            + (f" Did you mean {secure}?" if secure and not documented else ""),
            patch=catalog.replacement(_ENDPOINT, secure) if documented else (),
            evidence={"endpoint": text[:SHOWN]},
        )
    yield from unreachable(host, _ENDPOINT)


class _Fault(Dataclass):
    why: str
    """No request can be sent to it."""
    meant: str = ""
    """What may be meant."""
    sure: bool = False


def _read(text: str) -> SplitResult | _Fault:
    """The parts of an address to which a request can be sent."""
    if len(text) > LONGEST:
        return _Fault(f"it has {len(text):,} characters")
    if "://" not in text:
        host = re.fullmatch(r"([A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\])(:\d{1,5})?(?:/.*)?", text)
        fixed = f"https://{text}" if host and split(f"https://{text}") is not None else ""
        # Planet documents an https address; only where a port is named may the store be one that speaks http.
        return _Fault("it has no scheme; it must begin with https://", fixed, host is not None and host[2] in (None, ":443"))
    parts = split(text)
    if parts is None:
        return _Fault("it is not a URL: its host or port cannot be read")
    if parts.scheme.lower() not in ("http", "https"):
        return _Fault(f"{parts.scheme[:SHOWN]} is not a scheme that an S3 store speaks; it must be https")
    if "@" in parts.netloc:
        return _Fault("it holds a user name or password; keys have parameters of their own")
    name = _ascii(parts.hostname or "")
    if not re.fullmatch(r"[A-Za-z0-9._-]+|[0-9A-Fa-f:.]+(?:%[A-Za-z0-9]+)?", name) or parts.port == 0 or not _host_fits(name):
        return _Fault("it has no valid host")
    if parts.query or parts.fragment:
        bare = f"{parts.scheme}://{parts.netloc}{parts.path}".rstrip("/")
        return _Fault("it has a query or a fragment behind it", bare, vendor_of(name) is not None and parts.path in ("", "/"))
    return parts


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
    parts = _read(text)
    if isinstance(parts, _Fault) or bucket_in(bucket, text) is not None or _no_s3(parts.hostname or ""):
        return
    twice = doubled(parts, bucket)
    if twice is not None:
        same = twice.bucket in (bucket, bucket.lower())
        yield _finding(
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
            confidence=Confidence.CONFIRMED if twice.certain else Confidence.POSSIBLE,
            patch=catalog.replacement(_ENDPOINT, twice.root) if twice.certain else (),
            evidence={"endpoint": text[:SHOWN], "bucket": bucket[:SHOWN]},
            severity=None if twice.certain else Severity.WARNING,
        )
    elif not has_known_base(parts):
        yield _finding(
            "endpoint-invalid",
            detail=f"The endpoint has a path, {parts.path[:SHOWN]}. Few stores serve S3 below one: check that it belongs there.",
            confidence=Confidence.POSSIBLE,
            evidence={"endpoint": text[:SHOWN]},
            severity=Severity.WARNING,
        )


def _no_s3(host: str) -> str:
    """What a vendor's host is that does not speak S3; empty for any other."""
    return next((description for pattern, description in _NO_S3 if pattern.fullmatch(host)), "")


def _endpoint_type(host: str) -> Iterator[Finding]:
    vendor = vendor_of(host)
    if vendor is None or not vendor.native:
        return
    native, severity, confidence = vendor.native, None, Confidence.CONFIRMED
    detail = f"which does not speak S3; its type is {native}."
    if vendor.speaks_s3:
        # Planet documents Oracle this way: worth knowing, and no reason to refuse.
        severity = Severity.INFO if native == "oracle_cloud_storage" else Severity.WARNING
        detail, confidence = f"for which Planet has the type {native}.", Confidence.POSSIBLE
    yield _finding(
        "endpoint-of-another-type",
        detail=f"{host} is {vendor.name}, {detail}",
        confidence=confidence,
        evidence={"type": native, "endpoint_host": host},
        fix=Fix(f"Use the type {native}, whose parameters are its own; planet-validator schema shows them."),
        severity=severity,
    )


def addressing(endpoint: str, bucket: str, *, path_style: bool) -> Iterator[Finding]:
    """Whether this store is known to want the other way of naming a bucket."""
    pointer = "/parameters/use_path_style"
    parts = split(endpoint)
    host = (parts.hostname or "") if parts else ""
    if not host:
        return
    vendor, wanted = vendor_of(host), True
    if vendor is not None and vendor.path_style is not None and vendor.path_style is not path_style:
        wanted = vendor.path_style
        detail = f"{vendor.name} needs use_path_style {str(wanted).lower()}: {vendor.because}."
    elif not path_style and (is_address(host) or not fits_host(bucket)):
        why = f"{host} is an address" if is_address(host) else f"{bucket} cannot stand in front of a host name"
        detail = f"use_path_style is false, but {why}: path-style addressing is used all the same. Say so with true."
    else:
        return
    yield catalog.finding(
        "addressing-style-suspect",
        detail=detail,
        pointer=pointer,
        confidence=Confidence.LIKELY,
        patch=(PatchOperation("add", pointer, wanted),),
        evidence={"use_path_style": str(path_style).lower(), "endpoint_host": host},
    )
