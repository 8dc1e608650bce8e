"""Addresses that were given where a bucket's name or a store's root belongs, taken apart by each vendor's documented forms."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import SplitResult, urlsplit

from validator.core.values import Dataclass
from validator.providers.s3.vendors import BASES, Host, locate

LONGEST: Final = 2048
"""Characters of an address that is looked at."""
SHOWN: Final = 200
"""Characters of a value that a sentence shows."""


_CONSOLE: Final = r"(?:[^.]*\.)?console\.(?:aws\.amazon\.com|amazonaws\.cn|amazonaws-us-gov\.com)"


class EmbeddedName(Dataclass):
    """A bucket's name within something else."""

    bucket: str
    kind: str
    """What it was found in, with its article."""
    certain: bool
    """It follows from a documented form. Otherwise it is a guess, and only asked about."""
    host: Host | None = None
    folder: str = ""
    """What follows the bucket."""


def is_access_point(text: str) -> bool:
    """Whether this is the ARN of an access point."""
    return (
        text.startswith("arn:")
        and len(text) <= LONGEST
        and re.fullmatch(r"arn:[\w-]+:s3(?:-[\w-]+)?:[\w-]*:\d*:(?:accesspoint|outpost)[:/].+", text) is not None
    )


def split(text: str) -> SplitResult | None:
    """The parts of a URL with a readable host and port; None if they cannot be told."""
    if len(text) > LONGEST:
        return None
    try:
        parts = urlsplit(text)
        _ = parts.port, parts.hostname
    except ValueError:
        return None
    return parts


def bucket_in(text: str, endpoint: str | None) -> EmbeddedName | None:
    """The name within a URL, an ARN or a path; None for a bare name.

    ``endpoint`` is the store's address where the type has one: a URL of another store says nothing of a bucket in this one.
    None is Amazon's own.
    """
    if len(text) > LONGEST or is_access_point(text):
        return None
    match = re.fullmatch(r"arn:[\w-]+:s3:[\w-]*:\d*:([^/:*]+)(?:/(.*))?", text) if text.startswith("arn:") else None
    if match:
        return EmbeddedName(match[1], "an ARN", endpoint is None, folder=(match[2] or "").strip("/*"))
    scheme, mark, rest = text.partition("://")
    if mark:
        host = rest.partition("/")[0]
        if scheme.lower() in ("s3", "s3a", "s3n"):
            return EmbeddedName(host, "a URL", certain=True, folder=rest.partition("/")[2].strip("/"))
        if scheme.lower() not in ("http", "https"):
            return EmbeddedName(host, "a URL", certain=False)
        return _in_url(text, endpoint)
    known = _host(f"https://{text}") if "." in text else None
    if "/" not in text and not (known and known.bucket):
        return None
    if known is not None:
        return _in_url(f"https://{text}", endpoint)
    first, slash, more = text.strip("/").partition("/")
    # Amazon writes bucket/key itself; elsewhere, or where this may be a host or an account, it may be anything.
    plain = not slash or (endpoint is None and re.fullmatch(r"[a-z][a-z0-9-]{2,62}", first) is not None)
    return EmbeddedName(first, "a path", plain and not text.startswith("//") and "//" not in more, folder=more.strip("/"))


def _host(address: str) -> Host | None:
    parts = split(address)
    return locate(parts.hostname or "") if parts else None


def _in_url(address: str, endpoint: str | None) -> EmbeddedName:
    parts = split(address)
    path = parts.path if parts else ""
    host = locate(parts.hostname or "") if parts else None
    if parts is None or host is None:
        if parts is not None and re.fullmatch(_CONSOLE, parts.hostname or ""):
            named = re.match(r"/s3/(?:buckets|object)/([^/]+)", path)
            return EmbeddedName(named[1] if named else "", "a URL", certain=named is not None and endpoint is None)
        return EmbeddedName(path.strip("/").partition("/")[0], "a URL", certain=False)
    if host.vendor.base:
        path = path.removeprefix(host.vendor.base) if path.startswith(host.vendor.base) else ""
    first, _, rest = path.strip("/").partition("/")
    folder = path.strip("/") if host.bucket else rest
    return EmbeddedName(host.bucket or first, "a URL", _same_store(parts, host, endpoint), host, folder)


def _same_store(parts: SplitResult, host: Host, endpoint: str | None) -> bool:
    """Whether a URL is of the store that the destination names."""
    if "@" in parts.netloc or parts.port not in (None, 443, 80):
        return False
    if endpoint is None:
        return host.vendor.name == "Amazon S3" and "vpce" not in host.root
    own = _host(endpoint)
    return own is not None and own.root == host.root and not own.bucket


class RepeatedBucket(Dataclass):
    """A bucket that an endpoint seems to name already."""

    bucket: str
    root: str
    """The endpoint without it."""
    certain: bool


def doubled(parts: SplitResult, bucket: str) -> RepeatedBucket | None:
    """Whether the endpoint's host or path holds a bucket. Certain only in a documented form of a known vendor."""
    host, path = parts.hostname or "", parts.path.rstrip("/")
    port = f":{parts.port}" if parts.port is not None else ""
    known = locate(host)
    base = next((each for each in BASES if path == each or path.startswith(f"{each}/")), "")
    segments = [each for each in path[len(base) :].split("/") if each]
    if known is not None:
        root = f"{parts.scheme}://{known.root}{port}{base}"
        if known.bucket:
            certain = known.bucket == bucket.lower() and segments in ([], [bucket])
            return RepeatedBucket(known.bucket, root, certain)
        if segments and segments[0] == bucket:
            return RepeatedBucket(bucket, root, len(segments) == 1)
    elif host.startswith(f"{bucket.lower()}.") and "." in host[len(bucket) + 1 :]:
        return RepeatedBucket(bucket, f"{parts.scheme}://{host[len(bucket) + 1 :]}{port}{parts.path}", certain=False)
    if bucket in (segments[:1] + segments[-1:]):
        rest = "/".join(segments[1:] if segments[0] == bucket else segments[:-1])
        root = f"{parts.scheme}://{parts.netloc}{base}" + (f"/{rest}" if rest else "")
        return RepeatedBucket(bucket, root, certain=False)
    return None


def has_known_base(parts: SplitResult) -> bool:
    """Whether the path is one below which stores are documented to speak S3, or none."""
    return parts.path.rstrip("/") in ("", *BASES)
