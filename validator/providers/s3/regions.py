"""AWS regions, copied from botocore's data (1.25 MB of JSON there): a test compares the two."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from validator.core.values import dataclass


@dataclass(frozen=True, slots=True)
class Partition:
    """A part of AWS of its own: keys and buckets never cross from one to another."""

    name: str
    """As it stands in an ARN."""
    suffix: str
    """Of host names."""
    shape: str
    """Regular expression of its regions' ids."""
    regions: Mapping[str, str]
    """Id to where it is. Those in which S3 is offered."""


PARTITIONS: Final[Sequence[Partition]] = (
    Partition(
        "aws",
        "amazonaws.com",
        r"(us|eu|ap|sa|ca|me|af|il|mx)-\w+-\d+",
        {
            "af-south-1": "Africa (Cape Town)",
            "ap-east-1": "Asia Pacific (Hong Kong)",
            "ap-east-2": "Asia Pacific (Taipei)",
            "ap-northeast-1": "Asia Pacific (Tokyo)",
            "ap-northeast-2": "Asia Pacific (Seoul)",
            "ap-northeast-3": "Asia Pacific (Osaka)",
            "ap-south-1": "Asia Pacific (Mumbai)",
            "ap-south-2": "Asia Pacific (Hyderabad)",
            "ap-southeast-1": "Asia Pacific (Singapore)",
            "ap-southeast-2": "Asia Pacific (Sydney)",
            "ap-southeast-3": "Asia Pacific (Jakarta)",
            "ap-southeast-4": "Asia Pacific (Melbourne)",
            "ap-southeast-5": "Asia Pacific (Malaysia)",
            "ap-southeast-6": "Asia Pacific (New Zealand)",
            "ap-southeast-7": "Asia Pacific (Thailand)",
            "ca-central-1": "Canada (Central)",
            "ca-west-1": "Canada West (Calgary)",
            "eu-central-1": "Europe (Frankfurt)",
            "eu-central-2": "Europe (Zurich)",
            "eu-north-1": "Europe (Stockholm)",
            "eu-south-1": "Europe (Milan)",
            "eu-south-2": "Europe (Spain)",
            "eu-west-1": "Europe (Ireland)",
            "eu-west-2": "Europe (London)",
            "eu-west-3": "Europe (Paris)",
            "il-central-1": "Israel (Tel Aviv)",
            "me-central-1": "Middle East (UAE)",
            "me-south-1": "Middle East (Bahrain)",
            "me-west-1": "",
            "mx-central-1": "Mexico (Central)",
            "sa-east-1": "South America (Sao Paulo)",
            "sa-west-1": "",
            "us-east-1": "US East (N. Virginia)",
            "us-east-2": "US East (Ohio)",
            "us-west-1": "US West (N. California)",
            "us-west-2": "US West (Oregon)",
        },
    ),
    Partition(
        "aws-cn",
        "amazonaws.com.cn",
        r"cn-\w+-\d+",
        {
            "cn-north-1": "China (Beijing)",
            "cn-northwest-1": "China (Ningxia)",
        },
    ),
    Partition(
        "aws-us-gov",
        "amazonaws.com",
        r"us-gov-\w+-\d+",
        {
            "us-gov-east-1": "AWS GovCloud (US-East)",
            "us-gov-west-1": "AWS GovCloud (US-West)",
        },
    ),
    Partition(
        "aws-iso",
        "c2s.ic.gov",
        r"us-iso-\w+-\d+",
        {
            "us-iso-east-1": "US ISO East",
            "us-iso-west-1": "US ISO WEST",
        },
    ),
    Partition(
        "aws-iso-b",
        "sc2s.sgov.gov",
        r"us-isob-\w+-\d+",
        {
            "us-isob-east-1": "US ISOB East (Ohio)",
            "us-isob-west-1": "US ISOB West",
        },
    ),
    Partition(
        "aws-iso-e",
        "cloud.adc-e.uk",
        r"eu-isoe-\w+-\d+",
        {
            "eu-isoe-west-1": "EU ISOE West",
        },
    ),
    Partition(
        "aws-iso-f",
        "csp.hci.ic.gov",
        r"us-isof-\w+-\d+",
        {
            "us-isof-east-1": "US ISOF EAST",
            "us-isof-south-1": "US ISOF SOUTH",
        },
    ),
    Partition(
        "aws-eusc",
        "amazonaws.eu",
        r"eusc-(de)-\w+-\d+",
        {
            "eusc-de-east-1": "AWS European Sovereign Cloud (Germany)",
        },
    ),
)
"""The first is where a region of no known shape is taken to be."""

REGIONS: Final[Mapping[str, str]] = {region: place for each in PARTITIONS for region, place in each.regions.items()}
_ALIASES: Final = {"eu": "eu-west-1", "us": "us-east-1", "usstandard": "us-east-1"}
"""S3's own names of its first regions, as bucket locations still show them."""


def partition_of(region: str) -> Partition:
    """The partition that a region belongs to, known or by its shape; plain ``aws`` otherwise."""
    for each in PARTITIONS:
        if region in each.regions or re.fullmatch(each.shape, region):
            return each
    return PARTITIONS[0]


def well_formed(region: str) -> bool:
    """Whether this could be a region that is newer than this table."""
    return any(re.fullmatch(each.shape, region, re.ASCII) for each in PARTITIONS)


def meant(text: str) -> str | None:
    """The region that somebody surely meant: other letters, a zone, an old name, a host, a city. None if unsure."""
    bare = _bare(text)
    if bare in _ALIASES:
        return _ALIASES[bare]
    for region in REGIONS:
        if bare == _bare(region) or re.fullmatch(rf"{_bare(region)}[a-f]", bare):
            return region
    inside = {region for region in REGIONS if re.search(rf"(?<![a-z0-9-]){region}(?![0-9a-z-]|\.\d)", text.strip().lower())}
    if len(inside) == 1:
        return inside.pop()
    named = {region for region, place in REGIONS.items() if place and bare in (_bare(place), *map(_bare, _cities(place)))}
    return named.pop() if len(named) == 1 else None


def _bare(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())


def _cities(place: str) -> Sequence[str]:
    return re.findall(r"\(([^()]{1,60})\)", place)


def closest(region: str) -> str | None:
    """The known region whose id looks most like this one."""
    from difflib import get_close_matches

    found = get_close_matches(region.lower(), REGIONS, n=1, cutoff=0.7)
    return found[0] if found else None


def root(region: str) -> str:
    """The regional address of S3."""
    return f"https://s3.{region}.{partition_of(region).suffix}"
