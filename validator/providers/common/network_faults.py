"""Why no answer came: name, connection, TLS or time, told apart from what the transport raised."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import urlsplit

from validator.core.model import Kind, Observation

_LOST: Final = {
    "ProtocolError", "IncompleteRead", "IncompleteReadError", "ConnectionError", "ChunkedEncodingError", "ServiceRequestError", "ServiceResponseError",
}  # fmt: skip
"""What urllib3, http.client, requests and azure-core call a connection that ended early."""


def no_answer(error: BaseException, *, names: bool = False) -> Observation:
    """The observation of an exception without an answer. Total: never raises.

    Args:
        error: what the SDK raised, or what it is wrapped in.
        names: see :func:`explain`.
    """
    host = host_of(error)
    fault, message, evidence = explain(error, host or "the host", names=names)
    if kind_of(fault) is Kind.OTHER:
        return Observation(Kind.OTHER, code=type(error).__name__, message=message, evidence=evidence)
    return Observation(Kind.UNREACHABLE, code=fault, message=message, evidence={**evidence, "host": host} if host else evidence)


def kind_of(fault: str) -> Kind:
    """Whether the network or the other side failed, or nobody knows."""
    return Kind.OTHER if fault in ("unsendable", "other") else Kind.UNREACHABLE


def explain(error: BaseException, host: str, *, names: bool = True) -> tuple[str, str, dict[str, str]]:
    """The fault, a sentence that holds nothing of what was sent, and evidence.

    ``names``: a name that was not found does not exist. Without it, the machine may be unable to look up any.
    """
    behind = list(chain(error))
    kinds = {type(each).__name__ for each in behind}

    def among(*types: type[BaseException]) -> bool:
        return any(isinstance(each, types) for each in behind)

    for each in behind:
        if isinstance(each, socket.gaierror):
            missing = names and each.errno == socket.EAI_NONAME
            fault = "does not exist (DNS)" if missing else "could not be looked up (DNS)"
            return "dns", f"{host} {fault}", {"name_exists": "no" if missing else "unknown"}
    made = "NewConnectionError" not in kinds  # urllib3's own word for it
    if made and among(FileNotFoundError, IsADirectoryError, PermissionError):
        return "tls", "the file of CA certificates cannot be read", {"tls": "ca-bundle-unreadable"}
    for each in behind:
        if isinstance(each, ssl.SSLError) or type(each).__name__ in ("CertificateError", "SSLError"):
            return "tls", untrusted(error, host), {"tls": _tls_kind(each)}
    if "ForbiddenAddress" in kinds:  # the HTTP service's guard
        return "forbidden-address", f"connections to {host} are not allowed here", {}
    # Neither urllib3, nor requests, nor azure-core derives theirs from TimeoutError.
    if among(TimeoutError) or any("Timeout" in each for each in kinds):
        return "timeout", f"{host} did not answer in time", {}
    if why := _proxys(behind, kinds):
        return "proxy", why, {}
    if among(ConnectionRefusedError):
        return "refused", f"nothing listens at {host}", {}
    if not made:
        why = next((each.strerror for each in behind if isinstance(each, OSError) and each.strerror), "")
        return "unreachable", f"no connection to {host} could be made from here{f' ({why})' if why else ''}", {}
    if among(ValueError) and "ProtocolError" not in kinds:
        return "unsendable", "the request could not be sent: a parameter holds characters that no request may hold", {}
    # A plain OSError without a number is none of the system's: requests says so what it thinks of a file or an answer.
    if kinds & _LOST or any(isinstance(each, OSError) and (each.errno or isinstance(each, ConnectionError)) for each in behind):
        return "reset", f"{host} closed the connection before the answer was whole", {}
    return "other", f"the request to {host} failed ({type(error).__name__})", {}


def _proxys(behind: list[BaseException], kinds: set[str]) -> str:
    """What is wrong with the proxy; empty where it is not the proxy."""
    if "ProxySchemeUnknown" in kinds or any(
        "SOCKS" in str(each)[:200] for each in behind if type(each).__name__ == "InvalidSchema"
    ):
        return "the proxy that the environment names is not one for HTTP (SOCKS is not supported)"
    return "the proxy did not pass the request on" if kinds & {"ProxyConnectionError", "ProxyError"} else ""


def chain(error: BaseException | None) -> Iterator[BaseException]:
    """The exception and everything behind it, wherever the libraries put it."""
    visited: set[int] = set()
    waiting: list[Any] = [error]
    while waiting:
        each = waiting.pop(0)
        if not isinstance(each, BaseException) or id(each) in visited:
            continue
        visited.add(id(each))
        yield each
        # botocore, urllib3 and azure-core keep what happened in an attribute, an argument or the chain, by turns.
        waiting += [each.__cause__, each.__context__, getattr(each, "kwargs", {}).get("error"), getattr(each, "reason", None)]
        waiting += [getattr(each, "inner_exception", None), *each.args]


_TLS: Final = {
    "hostname-mismatch": ("doesn't match", "hostname mismatch", "not valid for", "certificateerror"),
    "not-tls": ("wrong_version_number", "wrong version number"),
    "certificate-expired": ("expired",),
    "certificate-untrusted": ("certificate_verify_failed", "certificate verify failed"),
}
"""What OpenSSL, Python and urllib3 say of each."""


def _tls_kind(error: BaseException) -> str:
    text = str(error).lower()
    return next((kind for kind, words in _TLS.items() if any(each in text for each in words)), "handshake")


def untrusted(error: BaseException, host: str) -> str:
    """Why no encrypted connection to this host came about, in a sentence."""
    behind = list(chain(error))
    verified = next((each for each in behind if isinstance(each, ssl.SSLCertVerificationError)), None)
    kind = next((kind for each in behind if (kind := _tls_kind(each)) != "handshake"), "handshake")
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
    for each in chain(error):
        url = getattr(getattr(each, "request", None), "url", None)
        if isinstance(url, str) and (host := urlsplit(url).netloc.rpartition("@")[2]):
            return host
    return ""
