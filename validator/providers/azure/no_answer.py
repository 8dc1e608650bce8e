"""Why no answer of Azure's came: what the SDK raises, and everything behind it."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from typing import Any

from validator.core.model import Kind, Observation
from validator.providers.common.network_faults import host_of, untrusted


def no_answer(error: Exception) -> Observation:
    """Classify an exception without an answer. Total: never raises."""
    behind = list(chain(error))
    evidence = {
        name: value for each in behind for note in getattr(each, "__notes__", ()) for name, _, value in [note.partition("=")]
    }
    names = {type(each).__name__ for each in behind}
    known: str | None = None
    host = host_of(error)
    who = host or "the host"
    if host:
        evidence["host"] = host
    said = f"the request failed ({type(error).__name__})"
    for each in behind:
        if isinstance(each, socket.gaierror):
            missing = each.errno == socket.EAI_NONAME and evidence.get("other_names") == "found"
            evidence["name_exists"] = "no" if missing else "unknown"
            known, said = "dns", f"{who} does not exist (DNS)" if missing else f"{who} could not be looked up (DNS)"
            break
        if isinstance(each, ssl.SSLError) or type(each).__name__ in ("SSLError", "CertificateError"):
            known, said = "tls", untrusted(error, host)
            break
    if known is None:
        if any(isinstance(each, TimeoutError) for each in behind) or any("Timeout" in name for name in names):
            known, said = "timeout", f"{who} did not answer in time"
        elif any(isinstance(each, ConnectionRefusedError) for each in behind):
            known, said = "refused", f"nothing listens at {who}"
        elif "ProxyError" in names:
            known, said = "proxy", "the proxy did not pass the request on"
        elif names & {"ServiceRequestError", "ServiceResponseError", "IncompleteReadError", "IncompleteRead", "ProtocolError"}:
            known, said = "reset", f"{who} closed the connection before the answer was whole"
    if known is None:
        return Observation(Kind.OTHER, code=type(error).__name__, message=said, evidence=evidence)
    return Observation(Kind.UNREACHABLE, code=known, message=said, evidence=evidence)


def chain(error: BaseException | None) -> Iterator[BaseException]:
    """The exception and everything behind it, wherever the libraries put it."""
    seen: set[int] = set()
    waiting: list[Any] = [error]
    while waiting:
        each = waiting.pop(0)
        if not isinstance(each, BaseException) or id(each) in seen:
            continue
        seen.add(id(each))
        yield each
        waiting += [
            each.__cause__,
            each.__context__,
            getattr(each, "inner_exception", None),
            getattr(each, "reason", None),
            *each.args,
        ]
