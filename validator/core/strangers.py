"""Who answered, where it was not the API that was asked: a web server, a console, a CDN, a proxy, another API."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

_LIMIT: Final = 4096
"""Bytes of a body that are looked at."""

_OURS: Final = (
    (r"squid", "Squid, a proxy on the way from here"),
    (r"zscaler", "Zscaler, a security proxy on the way from here"),
    (r"blue ?coat|bluecoat|proxysg|symantec web", "a Symantec (Blue Coat) proxy on the way from here"),
    (r"fortigate|fortinet|fortiguard", "FortiGuard, a web filter on the way from here"),
    (r"palo ?alto|globalprotect|pan-?os", "a Palo Alto firewall on the way from here"),
    (r"mcafee web gateway|skyhigh", "McAfee Web Gateway on the way from here"),
    (r"websense|forcepoint", "Forcepoint, a web filter on the way from here"),
    (r"sophos", "Sophos, a web filter on the way from here"),
    (r"netskope", "Netskope, a security proxy on the way from here"),
    (r"cisco umbrella|opendns|ironport", "a Cisco web filter on the way from here"),
    (r"checkpoint|check point", "a Check Point firewall on the way from here"),
    (r"barracuda", "a Barracuda web filter on the way from here"),
    (r"tinyproxy|privoxy|mitmproxy|ccproxy", "a proxy on the way from here"),
    (r"captive portal|guest (?:network|wi-?fi)|hotspot", "the sign-in page of the network that this machine is in"),
)
"""What sits on the way from this machine, and need not be on Planet's."""

_PORTAL: Final = "the sign-in page of the network that this machine is in"
"""RFC 6585, section 6: status 511 is a network's own, never a store's."""

_SERVERS: Final = (
    (r"cloudfront", "CloudFront, a CDN"),
    (r"cloudflare", "Cloudflare's CDN"),
    (r"akamai", "Akamai's CDN"),
    (r"fastly|varnish", "a CDN or cache (Fastly, Varnish)"),
    (r"minio console", "MinIO's console"),
    (r"envoy|istio", "Envoy, a gateway"),
    (r"awselb", "a load balancer of AWS"),
    (r"traefik", "Traefik, a gateway"),
    (r"openresty", "a web server (OpenResty)"),
    (r"nginx", "a web server (nginx)"),
    (r"apache", "a web server (Apache)"),
    (r"caddy", "a web server (Caddy)"),
    (r"microsoft-iis", "a web server (IIS)"),
    (r"haproxy", "a load balancer (HAProxy)"),
    (r"litespeed", "a web server (LiteSpeed)"),
    (r"kestrel|jetty|tomcat|gunicorn|uvicorn|werkzeug|express", "an application's web server"),
    (r"azure-?blob|windows-azure", "Azure's storage"),
    (r"gws|gse|uploadserver|scaffolding", "a server of Google's"),
    (r"github|gitlab", "a code host"),
)

_TEXTS: Final = (
    (r"client sent an http request to an https server", "a server that wants https on this port"),
    (r"plain http request was sent to https port", "a server that wants https on this port"),
    (r"404 page not found", "an application or gateway that does not know this path"),
    (r"default backend - 404", "a Kubernetes ingress that knows no such host"),
    (r"no healthy upstream|upstream connect error", "a gateway with nothing behind it"),
    (r"unauthorized:? (?:invalid|missing) token|authentication required", "a server with a login of its own"),
)


def lowered(named: Any) -> dict[str, str]:
    """Headers, or what else has names, of any library's: the names in lower case."""
    return {str(name).lower(): str(value) for name, value in dict(named or {}).items()}


def stranger(status: int | None, headers: Mapping[str, str], body: bytes | str, *, fixed_host: bool = False) -> dict[str, str]:
    """What shows who answered: ``answered_by``, ``content_type``, ``page`` (title or first words), and ``side`` = ``ours`` for what sits on
    the way from this machine: by its own account, or because of ``fixed_host``, that the destination cannot choose the host. ``headers``
    have lower-case names. Total, and linear in the first 4 KiB.
    """
    text = body[:_LIMIT].decode("utf-8", "replace") if isinstance(body, bytes) else body[:_LIMIT]
    words = " ".join(text.split())
    lead = " ".join(
        headers.get(name, "") for name in ("server", "via", "x-cache", "x-squid-error", "proxy-agent", "x-powered-by")
    )
    page = title(words)
    known: dict[str, str] = {
        "content_type": headers.get("content-type", ""),
        "page": page,
        "location": headers.get("location", ""),
    }
    where = f"{lead} {words}"[:_LIMIT]
    by = _first(_TEXTS, words)
    portal = _PORTAL if status == 511 else ""
    ours = (
        _first(_OURS, where)
        or portal
        or ("a proxy that wants a login" if status == 407 or "proxy-authenticate" in headers else "")
    )
    if fixed_host or (not by and ours):
        known["side"] = "ours"
    known["answered_by"] = by or ours or _first(_SERVERS, lead) or _kind(headers, words)
    return {name: value[:300] for name, value in known.items() if value}


def is_page(headers: Mapping[str, str], body: bytes) -> bool:
    """Whether the body is a web page. An empty body is none, whatever its label; an XML document may be mislabelled."""
    start = body[:200].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return start.startswith((b"<!doctype html", b"<html", b"<head", b"<!doctype\thtml")) or (
        bool(start) and not start.startswith(b"<") and "html" in headers.get("content-type", "").lower()
    )


def title(text: str) -> str:
    """A page's title or heading, or the first words of plain text, for a reader."""
    match = re.search(r"<title>([^<]{1,200})</title>", text, re.IGNORECASE) or re.search(
        r"<h1>([^<]{1,200})</h1>", text, re.IGNORECASE
    )
    if match:
        return match[1].strip()
    return "" if text.startswith("<") else text[:120]


def _first(rows: tuple[tuple[str, str], ...], text: str) -> str:
    return next((name for pattern, name in rows if re.search(pattern, text, re.IGNORECASE)), "")


def _kind(headers: Mapping[str, str], text: str) -> str:
    if re.match(r"<(?:!doctype html|html|head)", text, re.IGNORECASE):
        return "a web page"
    if text.startswith(("{", "[")) or "json" in headers.get("content-type", ""):
        return "an API that speaks JSON"
    if text.startswith("<"):
        return "an API that speaks other XML"
    return "a server that sends plain text" if text else "a server that says nothing of what it is"
