"""The proxies that the environment names."""

from __future__ import annotations

import os
from urllib.parse import urlsplit


def proxies_for(url: str) -> dict[str, str]:
    """By scheme of the address asked, the proxy as the environment writes it; empty without one, or where NO_PROXY leaves the host out.

    ``all`` is ALL_PROXY's, which requests heeds and botocore does not.
    """
    if "_proxy" not in " ".join(os.environ).lower():  # asked before each request
        return {}
    from urllib.request import getproxies, proxy_bypass

    if proxy_bypass(urlsplit(url).hostname or ""):
        return {}
    return {scheme: proxy for scheme, proxy in getproxies().items() if scheme in ("http", "https", "all")}
