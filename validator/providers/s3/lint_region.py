"""Regions of the S3 types, judged by themselves and by the endpoint's name: no network, no SDK."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial

from validator.core import catalog
from validator.core.model import Confidence, Finding, Fix, Severity
from validator.providers.s3 import regions
from validator.providers.s3.addresses import SHOWN, split
from validator.providers.s3.vendors import locate, signed_for


def looks_like_any_region(text: str) -> bool:
    """A region as stores usually write theirs; a store of one's own may have any word."""
    return (
        regions.well_formed(text)
        or text
        in ("auto", "default", "garage", "us", "eu", "eu-de", "eu-nl", "nl-ams", "fr-par", "pl-waw", "gra", "sbg", "rbx", "waw")
        or re.fullmatch(r"[a-z]{2,10}(?:-[a-z]{2,12})?-?\d{1,3}", text) is not None
    )


def aws_region(region: str) -> Iterator[Finding]:
    """A region of Amazon's: known, possible, or none."""
    if region in regions.REGIONS:
        return
    short = region if len(region) <= SHOWN else ""
    possible = regions.well_formed(region) or re.fullmatch(r"[a-z]{2,5}(?:-[a-z]{2,12}){1,3}-\d{1,2}", region)
    meant = None if possible else regions.meant(short)
    near = meant or regions.closest(short)
    finding = partial(
        catalog.finding,
        pointer="/parameters/aws_region",
        evidence={"region": region[:SHOWN], **({"nearest": near} if near else {})},
    )
    if possible:
        yield finding(
            "region-unknown",
            detail=f"{region} is not among the {len(regions.REGIONS)} regions that this version knows"
            + (f"; the nearest is {near} ({regions.REGIONS[near]})." if near else ".")
            + " It has the shape of a region, and may be newer.",
            confidence=Confidence.POSSIBLE,
        )
    elif meant:
        yield finding(
            "region-malformed",
            detail=f"{region[:SHOWN]} is not a region's identifier; {meant} is.",
            fix=Fix(f"Set aws_region to {meant}."),
            patch=catalog.replacement("/parameters/aws_region", meant),
        )
    else:
        question = f" Did you mean {near}?" if near else ""
        detail = f"{region[:SHOWN]} is not a region's identifier, such as eu-central-1.{question}"
        yield finding("region-malformed", detail=detail)


def other_region(region: str) -> Iterator[Finding]:
    """The region of another store: free text, as long as it can be signed for."""
    if re.fullmatch(r"[A-Za-z0-9._-]{1,64}", region):
        return
    impossible = re.search(r"[^\x21-\x7e]|[/,]", region)
    yield catalog.finding(
        "region-malformed",
        detail="The region becomes part of every signature, and holds letters, digits, dots, hyphens and underscores alone.",
        pointer="/parameters/region",
        evidence={"region": region[:SHOWN]},
        severity=None if impossible else Severity.WARNING,
    )


def told(endpoint: object) -> tuple[str, str] | None:
    """The region that a vendor's endpoint names, and how; None where it names none."""
    parts = split(endpoint if "://" in endpoint else f"https://{endpoint}") if isinstance(endpoint, str) else None
    host = locate((parts.hostname or "") if parts else "")
    if host is None or not host.named:
        return None
    how = "whose only region is" if host.vendor.only_region else "and names the region"
    return host.named, f"the endpoint is one of {host.vendor.name}, {how} {host.named}."


def region_of_host(region: str, endpoint: str) -> Iterator[Finding]:
    """Whether the region contradicts the host's own name."""
    pointer = "/parameters/region"
    parts = split(endpoint)
    signed_region = signed_for(parts.hostname or "") if parts else ""
    if signed_region and signed_region != region and re.fullmatch(r"[A-Za-z0-9._-]{1,64}", region):
        yield catalog.finding(
            "region-unknown",
            detail=f"The endpoint is in {signed_region}, and the region says {region}: this store takes only signatures for its own region.",
            pointer=pointer,
            confidence=Confidence.LIKELY,
            patch=catalog.replacement(pointer, signed_region),
            evidence={"region": region, "endpoint_region": signed_region},
        )
