"""Oracle's regions and realms, for strict look-ups that need no SDK and no network.

The tables are those of ``oci/regions_definitions.py`` of the package oci 2.189.0, Copyright (c) 2016, 2026, Oracle and/or
its affiliates, licensed under the Universal Permissive License 1.0 or the Apache License 2.0, at the user's choice; here
under the latter. Oracle's own look-ups fall back to the commercial realm for an id that they do not know: these do not.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

REALMS: Final[Mapping[str, str]] = {
    "oc1": "oraclecloud.com",
    "oc2": "oraclegovcloud.com",
    "oc3": "oraclegovcloud.com",
    "oc4": "oraclegovcloud.uk",
    "oc8": "oraclecloud8.com",
    "oc9": "oraclecloud9.com",
    "oc10": "oraclecloud10.com",
    "oc14": "oraclecloud14.com",
    "oc15": "oraclecloud15.com",
    "oc19": "oraclecloud.eu",
    "oc20": "oraclecloud20.com",
    "oc21": "oraclecloud21.com",
    "oc23": "oraclecloud23.com",
    "oc24": "oraclecloud24.com",
    "oc26": "oraclecloud26.com",
    "oc29": "oraclecloud29.com",
    "oc35": "oraclecloud35.com",
    "oc42": "oraclecloud42.com",
    "oc51": "oraclecloud51.com",
    "oc52": "oraclecloud52.com",
}
"""Realm to the domain that its hosts end with."""

PUBLIC_REALM: Final = "oc1"
"""Oracle's commercial cloud: the only realm that Planet is known to deliver to."""

_TABLE: Final[Mapping[str, Mapping[str, str]]] = {
    "oc1": {
        "yny": "ap-chuncheon-1",
        "hyd": "ap-hyderabad-1",
        "mel": "ap-melbourne-1",
        "bom": "ap-mumbai-1",
        "kix": "ap-osaka-1",
        "icn": "ap-seoul-1",
        "syd": "ap-sydney-1",
        "nrt": "ap-tokyo-1",
        "yul": "ca-montreal-1",
        "yyz": "ca-toronto-1",
        "ams": "eu-amsterdam-1",
        "fra": "eu-frankfurt-1",
        "zrh": "eu-zurich-1",
        "jed": "me-jeddah-1",
        "dxb": "me-dubai-1",
        "gru": "sa-saopaulo-1",
        "cwl": "uk-cardiff-1",
        "lhr": "uk-london-1",
        "iad": "us-ashburn-1",
        "phx": "us-phoenix-1",
        "sjc": "us-sanjose-1",
        "vcp": "sa-vinhedo-1",
        "scl": "sa-santiago-1",
        "mtz": "il-jerusalem-1",
        "mrs": "eu-marseille-1",
        "sin": "ap-singapore-1",
        "auh": "me-abudhabi-1",
        "lin": "eu-milan-1",
        "arn": "eu-stockholm-1",
        "jnb": "af-johannesburg-1",
        "cdg": "eu-paris-1",
        "qro": "mx-queretaro-1",
        "mad": "eu-madrid-1",
        "ord": "us-chicago-1",
        "mty": "mx-monterrey-1",
        "aga": "us-saltlake-2",
        "bog": "sa-bogota-1",
        "vap": "sa-valparaiso-1",
        "xsp": "ap-singapore-2",
        "ruh": "me-riyadh-1",
        "onm": "ap-delhi-1",
        "hsg": "ap-batam-1",
        "orf": "eu-madrid-3",
        "nrq": "eu-turin-1",
        "jbp": "ap-kulai-2",
        "lej": "af-casablanca-1",
    },
    "oc2": {
        "lfi": "us-langley-1",
        "luf": "us-luke-1",
    },
    "oc3": {
        "ric": "us-gov-ashburn-1",
        "pia": "us-gov-chicago-1",
        "tus": "us-gov-phoenix-1",
    },
    "oc4": {
        "ltn": "uk-gov-london-1",
        "brs": "uk-gov-cardiff-1",
    },
    "oc8": {
        "nja": "ap-chiyoda-1",
        "ukb": "ap-ibaraki-1",
    },
    "oc9": {
        "mct": "me-dcc-muscat-1",
        "ibr": "me-ibri-1",
    },
    "oc10": {
        "wga": "ap-dcc-canberra-1",
    },
    "oc14": {
        "bgy": "eu-dcc-milan-1",
        "mxp": "eu-dcc-milan-2",
        "snn": "eu-dcc-dublin-2",
        "dtm": "eu-dcc-rating-2",
        "dus": "eu-dcc-rating-1",
        "ork": "eu-dcc-dublin-1",
    },
    "oc15": {
        "dac": "ap-dcc-gazipur-1",
    },
    "oc19": {
        "vll": "eu-madrid-2",
        "str": "eu-frankfurt-2",
    },
    "oc20": {
        "beg": "eu-jovanovac-1",
    },
    "oc21": {
        "doh": "me-dcc-doha-1",
        "vve": "me-alrayyan-1",
    },
    "oc23": {
        "ebb": "us-somerset-1",
        "ebl": "us-thames-1",
    },
    "oc24": {
        "avz": "eu-dcc-zurich-1",
        "avf": "eu-crissier-1",
    },
    "oc26": {
        "ahu": "me-abudhabi-3",
        "rba": "me-alain-1",
    },
    "oc29": {
        "rkt": "me-abudhabi-2",
        "shj": "me-abudhabi-4",
    },
    "oc35": {
        "dtz": "ap-seoul-2",
        "dln": "ap-suwon-1",
        "bno": "ap-chuncheon-2",
    },
    "oc42": {
        "yxj": "us-ashburn-2",
        "pgc": "us-newark-1",
    },
    "oc51": {
        "jsk": "eu-budapest-1",
    },
    "oc52": {
        "hnw": "sa-riodejaneiro-1",
    },
}
"""Realm to its regions, each by its short code."""

REALM_OF: Final[Mapping[str, str]] = {region: realm for realm, regions in _TABLE.items() for region in regions.values()}
"""Region id to its realm."""

OF_SHORT_CODE: Final[Mapping[str, str]] = {code: region for regions in _TABLE.values() for code, region in regions.items()}
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
