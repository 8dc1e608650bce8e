"""AWS regions, copied from botocore's data (1.25 MB of JSON there): a test compares the two."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from validator.core.values import Dataclass


class Partition(Dataclass):
    """A part of AWS of its own: keys and buckets never cross from one to another."""

    name: str
    """As it stands in an ARN."""
    suffix: str
    """Of host names."""
    shape: str
    """Regular expression of its regions' ids."""
    regions: Mapping[str, str]
    """Id to where it is. Those in which S3 is offered."""


PARTITIONS: Final[Sequence[Partition]] = tuple(
    Partition(**each) for each in json.loads(Path(__file__).with_name("regions.json").read_text(encoding="utf-8"))
)
"""The first is where a region of no known shape is taken to be."""

REGIONS: Final[Mapping[str, str]] = {region: place for each in PARTITIONS for region, place in each.regions.items()}
_ALIASES: Final = {"eu": "eu-west-1", "us": "us-east-1", "usstandard": "us-east-1"}
"""S3's own names of its first regions, as bucket locations still show them."""


def partition_of(region: str) -> Partition:
    """The partition that a region belongs to, known or by its shape; plain ``aws`` otherwise."""
    known = (each for each in PARTITIONS if region in each.regions or re.fullmatch(each.shape, region))
    return next(known, PARTITIONS[0])


def well_formed(region: str) -> bool:
    """Whether this is a region, or could be one that is newer than this table."""
    # Each shape has two hyphens and a number: of what has not, none is compiled.
    may_be = region.count("-") > 1 and region[-1].isdigit()
    return region in REGIONS or (may_be and any(re.fullmatch(each.shape, region, re.ASCII) for each in PARTITIONS))


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

    matches = get_close_matches(region.lower(), REGIONS, n=1, cutoff=0.7)
    return matches[0] if matches else None


def root(region: str) -> str:
    """The regional address of S3."""
    return f"https://s3.{region}.{partition_of(region).suffix}"
