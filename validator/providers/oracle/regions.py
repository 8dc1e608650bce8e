"""Oracle's regions and realms, for strict look-ups that need no SDK and no network.

The table, ``regions.json``, is that of ``oci/regions_definitions.py`` of the package oci 2.189.0, Copyright (c) 2016, 2026, Oracle and/or
its affiliates, licensed under the Universal Permissive License 1.0 or the Apache License 2.0, at the user's choice; here
under the latter. Oracle's own look-ups fall back to the commercial realm for an id that they do not know: these do not.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

_TABLE: Final[Mapping[str, Any]] = json.loads(Path(__file__).with_name("regions.json").read_text(encoding="utf-8"))
"""Of each realm: the domain that its hosts end with, and its regions, each by its short code."""

REALMS: Final[Mapping[str, str]] = {realm: each["domain"] for realm, each in _TABLE.items()}
"""Realm to the domain that its hosts end with."""

PUBLIC_REALM: Final = "oc1"
"""Oracle's commercial cloud: the only realm that Planet is known to deliver to."""

REALM_OF: Final[Mapping[str, str]] = {region: realm for realm, each in _TABLE.items() for region in each["regions"].values()}
"""Region id to its realm."""

OF_SHORT_CODE: Final[Mapping[str, str]] = {code: region for each in _TABLE.values() for code, region in each["regions"].items()}
"""Short code, such as ``iad``, to the region's id. Oracle's request ids begin with it."""


def domain(region: str) -> str:
    """What the hosts of a region end with; the commercial realm's for a region that is in no list."""
    return REALMS[REALM_OF.get(region, PUBLIC_REALM)]


def near(text: str) -> tuple[str, ...]:
    """The ids that ``text`` may have been meant to be, the likeliest first: by city, then by spelling. Empty if none is near."""
    from difflib import get_close_matches

    lowered = text.lower()
    words = "".join(each if each.isalpha() else " " for each in lowered).split()
    run_together = "".join(words)
    spelled = get_close_matches(lowered, REALM_OF, n=1, cutoff=0.85)
    of_city = [
        region for region in REALM_OF if (city := region.split("-")[-2]) in words or (len(city) > 4 and city in run_together)
    ]
    of_city.sort(key=lambda region: (REALM_OF[region] != PUBLIC_REALM, region))
    return tuple(dict.fromkeys((*spelled, *of_city)))
