"""Why no answer came: name, connection, TLS or time, told apart from what the transport raised."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import urlsplit

_TIMEOUTS: Final = {"ConnectTimeoutError", "ReadTimeoutError", "ConnectTimeout", "ReadTimeout"}
"""What urllib3 and requests call it; neither derives theirs from TimeoutError."""


def explain(error: BaseException, host: str) -> tuple[str, str, dict[str, str]]:
    """The fault, a sentence that holds nothing of what was sent, and evidence."""
    chain = list(_chain(error))
    for each in chain:
        if isinstance(each, socket.gaierror):
            missing = each.errno == socket.EAI_NONAME
            said = "does not exist (DNS)" if missing else "could not be looked up (DNS)"
            return "dns", f"{host} {said}", {"name_exists": "no" if missing else "unknown"}
    if any(isinstance(each, FileNotFoundError | IsADirectoryError | PermissionError) for each in chain):
        return "tls", "the file of CA certificates cannot be read", {"tls": "ca-bundle-unreadable"}
    for each in chain:
        if isinstance(each, ssl.SSLError) or type(each).__name__ in ("CertificateError", "SSLError"):
            return "tls", untrusted(error, host), {"tls": _tls_kind(each)}
    names = {type(each).__name__ for each in chain}
    if "ForbiddenAddress" in names:  # the HTTP service's guard
        return "forbidden-address", f"connections to {host} are not allowed here", {}
    if any(isinstance(each, TimeoutError) for each in chain) or names & _TIMEOUTS:
        return "timeout", f"{host} did not answer in time", {}
    if any(isinstance(each, ConnectionRefusedError) for each in chain):
        return "refused", f"nothing listens at {host}", {}
    if "ProxyConnectionError" in names or "ProxyError" in names:
        return "proxy", "the proxy did not pass the request on", {}
    if any(isinstance(each, UnicodeError | ValueError) for each in chain) and not names & {"ProtocolError"}:
        return "unsendable", "the request could not be sent: a parameter holds characters that no request may hold", {}
    if any(isinstance(each, OSError) for each in chain) or "ProtocolError" in names:
        return "reset", f"{host} closed the connection before it answered", {}
    return "other", f"the request to {host} failed ({type(error).__name__})", {}


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    waiting: list[Any] = [error]
    while waiting:
        each = waiting.pop(0)
        if not isinstance(each, BaseException) or id(each) in seen:
            continue
        seen.add(id(each))
        yield each
        # botocore and urllib3 keep what happened in an attribute, an argument or the chain, by turns.
        waiting += [each.__cause__, each.__context__, getattr(each, "kwargs", {}).get("error"), getattr(each, "reason", None)]
        waiting.append(getattr(each, "inner_exception", None))
        waiting += [part for part in each.args if isinstance(part, BaseException)]


def _tls_kind(error: BaseException) -> str:
    text = str(error).lower()
    if "doesn't match" in text or "hostname mismatch" in text or "not valid for" in text or "certificateerror" in text:
        return "hostname-mismatch"
    if "wrong_version_number" in text or "wrong version number" in text:
        return "not-tls"
    if "expired" in text:
        return "certificate-expired"
    if "certificate_verify_failed" in text or "certificate verify failed" in text:
        return "certificate-untrusted"
    return "handshake"


def untrusted(error: BaseException, host: str) -> str:
    """Why no encrypted connection to this host came about, in a sentence."""
    chain = list(_chain(error))
    verified = next((each for each in chain if isinstance(each, ssl.SSLCertVerificationError)), None)
    kind = next((kind for each in chain if (kind := _tls_kind(each)) != "handshake"), "handshake")
    who = host or "the host"
    if kind == "not-tls":
        return f"{who} does not speak TLS on this port"
    if kind == "handshake":
        return f"{who} and this machine could not agree on an encrypted connection"
    why = _WHY.get(getattr(verified, "verify_code", 0)) or {
        "hostname-mismatch": "it is for another host name",
        "certificate-expired": "it has expired",
    }.get(kind, "no authority that is trusted here has signed it")
    return f"{who} presented a certificate that is not trusted: {why}"


_WHY: Final = {
    9: "it is not valid yet",
    10: "it has expired",
    18: "it is self-signed",
    19: "an authority that is not trusted here has signed it, such as a company's proxy",
    20: "the authority that signed it is not known here",
    21: "the authority that signed it is not known here, and the server sent no certificate of it",
    23: "it was revoked",
    62: "it is for another host name",
}
"""OpenSSL's verify results (x509_vfy.h)."""


def host_of(error: BaseException) -> str:
    """The host, with its port if that is no usual one, that a request of requests' was for; empty where the exception does not know."""
    for each in _chain(error):
        url = getattr(getattr(each, "request", None), "url", None)
        if isinstance(url, str) and (host := urlsplit(url).netloc.rpartition("@")[2]):
            return host
    return ""
