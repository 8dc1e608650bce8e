"""Answers as tools and SDKs print them: one pass of each provider's patterns over the text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import Final

from validator.diagnosing import looks
from validator.providers.base.in_text import ToolForm, ToolMessage

_MOST: Final = 20
"""Matches of one pattern that are looked at."""


_PLANET: Final = ToolForm(
    "a message of the planet command or SDK",
    r"(?:planet\.exceptions\.\w{1,40}|Failed to create destination|Failed to update destination): (?P<message>[^\n{]{1,1000})",
)

_FAULTS: Final = (
    ("dns", r"Name or service not known|nodename nor servname|getaddrinfo (?:failed|ENOTFOUND)|NameResolutionError|[Nn]o such host|Could not resolve host|Temporary failure in name resolution|No address associated with hostname|Failed to resolve"),
    ("tls", r"CERTIFICATE_VERIFY_FAILED|certificate verify failed|x509: |[Ss]elf[- ]signed certificate|SSL(?:CertVerification)?Error|UNABLE_TO_VERIFY_LEAF|SSL certificate problem|wrong version number|tls: (?:failed|handshake)"),
    ("refused", r"Connection refused|ECONNREFUSED|actively refused it|Could not connect to the endpoint URL"),
    ("timeout", r"(?:[Cc]onnect(?:ion)?|[Rr]ead) ?[Tt]ime(?:d )?out|timed out|ETIMEDOUT|i/o timeout|context deadline exceeded|ConnectTimeoutError"),
    ("reset", r"Connection (?:was )?(?:reset|aborted|closed)|ECONNRESET|RemoteDisconnected|broken pipe|unexpected EOF|IncompleteRead"),
)  # fmt: skip


def messages(text: str) -> Iterator[ToolMessage]:
    """Every answer that a tool's message in ``text`` tells."""
    forms = [(look.form, each) for look in looks.of_types().values() for each in look.tools]
    for name, form in (*forms, ("planet", _PLANET)):
        for match in islice(re.finditer(form.pattern, text), _MOST):
            made = _made(name, form, match, text)
            if made is not None:
                yield made
    for look in looks.of_types().values():
        yield from look.messages(text)


def _made(name: str, form: ToolForm, match: re.Match[str], text: str) -> ToolMessage | None:
    groups = {group: value for group, value in match.groupdict().items() if value}
    at = match.start()
    if form.before:
        window = text[max(0, at - 1500) : at]
        before = list(re.finditer(form.before, window))
        if not before:
            return None
        near = before[-1]
        for group, value in near.groupdict().items():
            groups.setdefault(group, value or "")
        at = at - len(window) + near.start()
    message = " ".join((groups.get("who", "") + (groups.get("message") or groups.get("message2") or "")).split()).strip("\"'")
    code, status = groups.get("code") or groups.get("code2") or form.code, groups.get("status")
    if not code:
        code = next((code for sentence, code in looks.sentences(name) if sentence in message), "")
    if code.isdigit():  # of a HEAD, which has no body
        status, code = status or code, ""
    return ToolMessage(
        name, form.tool, int(status) if status else form.status, code, message, at, match.end(),
        method=groups.get("method", ""), url=groups.get("url", ""), asked=groups.get("asked") or groups.get("method", ""),
        token=form.token,
    )  # fmt: skip


def network_faults(text: str) -> Iterator[ToolMessage]:
    """What the text says of a request that got no answer at all."""
    for code, pattern in _FAULTS:
        match = re.search(pattern, text)
        if match:
            start = max(text.rfind("\n", 0, match.start()) + 1, match.start() - 200)
            end = text.find("\n", match.end())
            end = min(end if end >= 0 else len(text), match.end() + 200)
            yield ToolMessage("network", "a connection that failed", None, code, text[start:end].strip(), start, end)
            return
