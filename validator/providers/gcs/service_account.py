"""Judges a service-account key as its JSON file holds it: which kind of file it is, what it lacks, whether its private key is whole."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from validator.core import lazy
from validator.core.model import Severity
from validator.core.values import Dataclass, field

UNIVERSE: Final = "googleapis.com"
"""The universe that ``storage.googleapis.com`` belongs to; a sovereign cloud has another."""

OTHER_KINDS: Final = {
    "authorized_user": "a person's own login (gcloud auth application-default login)",
    "external_account": "a workload identity federation configuration: it works only where its own platform signs it in",
    "external_account_authorized_user": "a workforce identity federation login",
    "impersonated_service_account": "an impersonation configuration, which holds somebody's own login",
    "gdch_service_account": "a key of a Google Distributed Cloud, not of Google Cloud Storage",
}

_NEEDED: Final = ("client_email", "private_key", "token_uri")
_USUAL: Final = ("type", "project_id", "private_key_id", "client_id")
_PEM: Final = lazy.compile(r"-----BEGIN (RSA )?PRIVATE KEY-----(.{0,20000}?)-----END (?:RSA )?PRIVATE KEY-----", re.DOTALL)
_RSA_IDENTIFIER: Final = bytes.fromhex("2a864886f70d010101")


class ServiceAccountKey(Dataclass):
    """A service-account key, as far as it can be used."""

    email: str
    private_key: str = field(repr=False)
    token_uri: str
    key_id: str = field(repr=False, default="")
    universe: str = UNIVERSE


class Issue(Dataclass):
    """One thing that is wrong with the credential; the texts hold nothing of what is secret in it."""

    finding: str
    detail: str
    repairable: bool = False
    """The corrected credential is certain, so that it can be proposed."""
    severity: Severity | None = None
    """Overrides the catalog's, where other readers of such a key may be stricter than those that were tried."""
    evidence: Mapping[str, str] = field(default_factory=dict)


def judge_document(document: Any) -> tuple[ServiceAccountKey | None, tuple[Issue, ...], Mapping[str, Any] | None]:
    """The key in a parsed JSON document, what is wrong with it, and the repaired document if anything in it could be repaired."""
    if not isinstance(document, dict):
        kind = "a list" if isinstance(document, list) else "a single value"
        return None, (Issue("credentials-wrong-kind", f"The decoded credentials are {kind}, not a key file's object."),), None
    other = _other_kind(document)
    if other is not None:
        return None, (Issue("credentials-wrong-kind", other),), None
    missing = [name for name in _NEEDED if not (isinstance(document.get(name), str) and document[name].strip())]
    if missing:
        detail = f"The key file has no {' and no '.join(missing)}: the file that Google makes has all of {', '.join(_NEEDED)}."
        return None, (Issue("credentials-incomplete", detail, evidence={"missing": ", ".join(missing)}),), None
    issues = [*_fields(document)]
    issue, repaired = judge_private_key(document["private_key"])
    if issue is not None:
        issues.append(issue)
    key = ServiceAccountKey(
        email=document["client_email"],
        private_key=repaired or document["private_key"],
        token_uri=document["token_uri"],
        key_id=str(document.get("private_key_id") or ""),
        universe=str(document.get("universe_domain") or UNIVERSE),
    )
    return key, tuple(issues), {**document, "private_key": repaired} if repaired else None


def _other_kind(document: Mapping[str, Any]) -> str | None:
    kind = document.get("type")
    if isinstance(kind, str) and kind in OTHER_KINDS:
        return f"This file is {OTHER_KINDS[kind]}. Planet needs the JSON key of a service account."
    if "installed" in document or "web" in document:
        return "This file is an OAuth client, made for signing people in. Planet needs the JSON key of a service account."
    if "refresh_token" in document:
        return f"This file is {OTHER_KINDS['authorized_user']}. Planet needs the JSON key of a service account."
    if "privateKeyData" in document:
        return "This is the answer of Google's IAM API. The credentials that Planet needs are the value of its privateKeyData alone."
    return None


def _fields(document: Mapping[str, Any]) -> Iterator[Issue]:
    absent = [name for name in _USUAL if not document.get(name)]
    if absent:
        yield Issue(
            "credentials-incomplete",
            f"The key file has no {' and no '.join(absent)}. Google's own libraries for Python do without; others may not.",
            severity=Severity.WARNING,
            evidence={"missing": ", ".join(absent)},
        )
    kind = document.get("type")
    if kind and kind != "service_account":
        yield Issue(
            "credentials-wrong-kind",
            'The type in the key file is not "service_account", though everything else is there. Not every reader accepts that.',
            severity=Severity.WARNING,
        )
    email = document["client_email"]
    if re.search(r"\s", email) or "@" not in email:
        yield Issue(
            "credentials-incomplete", "client_email in the key file is not an address: Google would find no such account."
        )
    elif not email.endswith(".gserviceaccount.com"):
        yield Issue(
            "credentials-incomplete",
            f"client_email is {email[:120]}: the address of a service account ends in .gserviceaccount.com.",
            severity=Severity.WARNING,
        )


def judge_private_key(pem: str) -> tuple[Issue | None, str | None]:
    """What is wrong with the ``private_key`` of a key file, and the same key as Google writes it, where that is certain.

    The numbers are held against each other (n = pq, the exponents, the coefficient), so that one altered character is seen without an SDK.
    """
    escaped = "\\n" in pem
    text = pem.replace("\\r", "").replace("\\n", "\n") if escaped else pem
    match = _PEM.search(text)
    problem = _damage(text, match)
    if match is None or problem is not None:
        return Issue("private-key-damaged", f"private_key in the key file cannot be used: {problem}."), None
    body = re.sub(r"\s", "", match[2])
    label = f"{match[1] or ''}PRIVATE KEY"
    lines = "\n".join(body[i : i + 64] for i in range(0, len(body), 64))
    canonical = f"-----BEGIN {label}-----\n{lines}\n-----END {label}-----\n"
    if escaped:
        detail = (
            "private_key in the key file holds the two characters \\n where line breaks belong: it went through a shell or was escaped twice. "
            "With line breaks in their place the key is whole."
        )
        return Issue("private-key-damaged", detail, repairable=True), canonical
    if "\r" in text or " " in match[2] or "\n" not in match[2].strip():
        detail = "The line breaks in private_key are not as Google writes them. The key itself is whole, but not every reader accepts it so."
        return Issue("private-key-damaged", detail, repairable=True, severity=Severity.WARNING), canonical
    return None, None


def _damage(text: str, match: re.Match[str] | None) -> str | None:
    if re.fullmatch(r"[\s*x.<>\[\]A-Z_-]{0,40}", text):
        return "it holds a mask or a placeholder"
    if "ENCRYPTED" in text:
        return "it is locked with a passphrase, which Planet cannot be given"
    if "BEGIN PUBLIC KEY" in text or "BEGIN CERTIFICATE" in text:
        return "it is the public half, a public key or a certificate"
    if "BEGIN EC PRIVATE KEY" in text:
        return "it is an elliptic-curve key, and service accounts sign with RSA"
    if match is None:
        return "its BEGIN or END line is missing, so it was cut or never was whole"
    try:
        data = base64.b64decode(re.sub(r"\s", "", match[2]), validate=True)
    except (binascii.Error, ValueError):
        return "characters of it are lost or are not base64"
    return _numbers_damage(data, wrapped=match[1] is None)


def _numbers_damage(data: bytes, *, wrapped: bool) -> str | None:
    try:
        if wrapped:
            outer = _items(_content(data, 0x30))
            if _items(outer[1][1])[0] != (0x06, _RSA_IDENTIFIER):
                return "it is not an RSA key, and service accounts sign with RSA"
            if outer[2][0] != 0x04:
                raise ValueError("no octet string")
            data = outer[2][1]
        numbers = [int.from_bytes(content, "big") for tag, content in _items(_content(data, 0x30)) if tag == 0x02]
        _, n, e, d, p, q, dp, dq, inverse = numbers[:9]
        whole = (
            p > 1 and q > 1 and n == p * q
            and (d * e) % (p - 1) == 1 and (d * e) % (q - 1) == 1
            and dp == d % (p - 1) and dq == d % (q - 1) and (inverse * q) % p == 1
        )  # fmt: skip
    except (ValueError, IndexError):
        return "it is cut, or characters of it are altered"
    return None if whole else "characters of it are altered: its numbers do not belong together"


def _content(data: bytes, tag: int) -> bytes:
    items = _items(data)
    if len(items) != 1 or items[0][0] != tag:
        raise ValueError("not one item of this tag")
    return items[0][1]


def _items(data: bytes) -> list[tuple[int, bytes]]:
    """The (tag, content) pairs of a DER sequence. Raises ValueError or IndexError for anything else."""
    items = []
    position = 0
    while position < len(data):
        tag, length = data[position], data[position + 1]
        position += 2
        if length & 0x80:
            size = length & 0x7F
            length = int.from_bytes(data[position : position + size], "big")
            position += size
        if position + length > len(data):
            raise ValueError("cut")
        items.append((tag, data[position : position + length]))
        position += length
    return items
