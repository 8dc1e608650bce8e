"""Reads the ``credentials`` of a Google destination, and tells the ways apart in which their encoding goes wrong."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from string import ascii_letters, digits
from typing import Any, Final

from validator.core import lazy
from validator.core.model import Secret
from validator.core.sentences import many
from validator.core.values import Dataclass
from validator.providers.gcs.service_account import Issue, ServiceAccountKey, judge_document

LIMIT: Final = 65_536
"""Characters. A key file encodes to some 3,200; what is longer than this is not looked at."""

_ALPHABET: Final = f"{ascii_letters}{digits}+/"
_DESCRIPTION: Final = lazy.compile(
    r"(?i)(?:(?:base64|encoded|json|service|account|credentials?|key|file|string|str|content|contents|the|of|your|in)(?:[\s_-]+|$)){1,12}"
)
"""What stands in examples in the place of a key."""
_QUOTES: Final = "\"'`"
_DATA_URL: Final = lazy.compile(r"(?i)data:[a-z0-9.+/;=-]{0,100};base64,")
_PATH: Final = lazy.compile(r"(?i)(?:file:|@)?[~./\\\w:-][^\s{}\"']{0,300}\.(?:json|p12|pfx|pem|txt|b64)")
_UTF_16: Final = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"{\0": "utf-16-le", b"\0{": "utf-16-be"}
"""By the first two bytes."""
_TOKENS: Final = {
    "-----BEGIN": "a PEM block. Planet needs the whole JSON key file, not only the private key in it",
    "GOOG1": "an HMAC key of Google's S3-compatible interface. Planet needs a JSON key",
    "AIza": "an API key. Planet needs the JSON key of a service account",
    "ya29.": "an access token, which lasts an hour. Planet needs the JSON key of a service account",
    "GOCSPX-": "the secret of an OAuth client. Planet needs the JSON key of a service account",
    "1//": "a person's refresh token. Planet needs the JSON key of a service account",
}
_OTHER_BYTES: Final = (
    (
        b"\x1f\x8b",
        "credentials-not-json",
        "The credentials decode to a gzip archive; Planet needs the key file itself, encoded.",
    ),
    (
        (b"\x30\x82", b"\x30\x83", b"\x30\x80"),
        "credentials-wrong-kind",
        "The credentials are a P12 or DER key. Planet needs a key of type JSON: create one.",
    ),
    (
        b"-----BEGIN",
        "credentials-wrong-kind",
        "The credentials decode to a PEM block. Planet needs the whole JSON key file, not only the private key in it.",
    ),
)
"""What else is encoded, by its first bytes."""


class Judged(Dataclass):
    """What was made of the credentials."""

    key: ServiceAccountKey | None
    """The key, if one could be read, repaired where needed."""
    issues: tuple[Issue, ...]
    corrected: str | None = None
    """The credentials as they should be, where that is certain. A secret."""


class _Unreadable(Exception):
    """What is wrong leaves nothing to go on with."""

    def __init__(self, finding: str, detail: str, evidence: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.issue = Issue(finding, detail, evidence=evidence or {})


def judge(text: str) -> Judged:
    """Read credentials as leniently as is safe, and say everything that a strict reader would mind."""
    issues: list[Issue] = []
    try:
        data = _bytes(text, issues)
        document, data = _document(data, issues, len(text.strip()))
    except _Unreadable as stop:
        return Judged(None, (*issues, stop.issue))
    key, findings, repaired = judge_document(document)
    issues += findings
    if repaired is not None or not data:
        data = json.dumps(repaired or document, indent=2).encode()
    # A correction is certain only if nothing else is wrong with the key.
    whole = key is not None and all(each.repairable or each.severity is not None for each in issues)
    corrected = base64.b64encode(data).decode() if whole and any(each.repairable for each in issues) else None
    return Judged(key, tuple(issues), corrected)


def _repaired(issues: list[Issue], finding: str, detail: str) -> None:
    """Note what is wrong and put right here."""
    issues.append(Issue(finding, detail, repairable=True))


def key_of(credentials: Secret) -> ServiceAccountKey | None:
    """The key that is in them, or None if none can be read."""
    return judge(credentials.reveal()).key


def _bytes(text: str, issues: list[Issue]) -> bytes:
    """What the text encodes. Appends what is wrong with the outside of it."""
    bare = text.strip()
    if len(bare) > LIMIT:
        raise _Unreadable(
            "credentials-wrong-kind",
            f"The credentials are {len(bare):,} characters long; an encoded service-account key has some 3,200.",
            {"length": str(len(bare))},
        )
    strange = [char for char in bare if not char.isascii()]
    if strange and not bare.lstrip("\ufeff").startswith("{"):
        places = ", ".join(sorted({f"U+{ord(char):04X}" for char in strange[:8]}))
        issues.append(
            Issue(
                "credentials-not-base64",
                f"The credentials hold {many(len(strange), 'character')} that base64 does not have ({places}), such as a byte-order mark or a typographic quote.",
                repairable=len(strange) <= 8,
            )
        )
        bare = "".join(char for char in bare if char.isascii()).strip()
    bare = bare.lstrip("\ufeff")
    if _DESCRIPTION.fullmatch(bare):
        raise _Unreadable("placeholder-value", "credentials still hold a placeholder, words that describe a key.")
    if bare.startswith(("{", "[")):
        _repaired(
            issues,
            "credentials-not-base64",
            "The credentials are the JSON itself; Planet takes it encoded as base64, in one line.",
        )
        return bare.encode()
    return _decode(_unwrap(bare, issues), issues)


def _unwrap(bare: str, issues: list[Issue]) -> str:
    """The bare base64 text, whatever was put around it and into it."""
    faults = []
    if len(bare) > 1 and bare[0] in _QUOTES and bare[-1] == bare[0]:
        bare = bare[1:-1].strip()
        faults.append("quotes around them")
    for start, meaning in _TOKENS.items():
        if bare.startswith(start):
            raise _Unreadable("credentials-wrong-kind", f"The credentials are {meaning}.")
    if len(bare) < 400 and _PATH.fullmatch(bare):
        raise _Unreadable(
            "credentials-not-base64",
            "The credentials are the path of a file, not its content. In a source file, ${base64file:PATH} stands for the encoded content.",
        )
    match = _DATA_URL.match(bare) if bare[:5].lower() == "data:" else None
    if match:
        bare = bare[match.end() :]
        faults.append("a data: prefix before them")
    compact = re.sub(r"\\r|\\n", "", bare) if "\\" in bare else bare
    if compact != bare:
        faults.append("the characters \\n in them")
    joined = "".join(compact.split())
    if joined != compact:
        breaks = compact.count("\n")
        faults.append(f"{many(breaks, 'line break')} in them" if breaks else "blanks in them")
    if faults:
        _repaired(
            issues,
            "credentials-wrapped",
            f"The credentials have {' and '.join(faults)}. Planet asks for one line of base64 and nothing else; whether it reads past the rest is not known.",
        )
    return joined


def _decode(compact: str, issues: list[Issue]) -> bytes:
    if ("-" in compact or "_" in compact) and "+" not in compact and "/" not in compact:
        standard = compact.replace("-", "+").replace("_", "/")
        if not standard.rstrip("=").lstrip(_ALPHABET):
            _repaired(
                issues,
                "credentials-not-base64",
                "The credentials are in the URL-safe alphabet of base64 (- and _); Planet needs the usual one (+ and /).",
            )
            compact = standard
    body = compact.rstrip("=")
    strange = body.lstrip(_ALPHABET)
    if strange:
        position = len(body) - len(strange) + 1
        raise _Unreadable(
            "credentials-not-base64",
            f"The credentials are not base64: character {position} of {len(compact)} is none that base64 has.",
            {"length": str(len(compact)), "position": str(position)},
        )
    if len(body) % 4 == 1:
        raise _Unreadable("credentials-truncated", _cut(len(compact)), {"length": str(len(compact))})
    data = base64.b64decode(body + "=" * (-len(body) % 4))
    if len(compact) - len(body) != -len(body) % 4 and not _unfinished(data):
        _repaired(
            issues,
            "credentials-wrapped",
            "The = signs at the end of the credentials are missing or too many: strict readers of base64 refuse that.",
        )
    return data


def _cut(length: int) -> str:
    return f"The credentials end in the middle: they were cut at {length:,} characters. A whole one has some 3,200; environment variables, forms and secret stores have limits."


def _unfinished(data: bytes) -> bool:
    return data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{") and not data.rstrip().endswith(b"}")


def _document(data: bytes, issues: list[Issue], length: int) -> tuple[Any, bytes]:
    """The JSON document in the decoded bytes, and the bytes that should have been encoded; none where it has to be written anew."""
    for _ in range(3):
        inner = _again(data)
        if inner is None:
            break
        if not any(each.finding == "credentials-double-encoded" for each in issues):
            _repaired(issues, "credentials-double-encoded", "The credentials were encoded as base64 more than once.")
        data = inner
    for begins, finding, detail in _OTHER_BYTES:
        if data.lstrip().startswith(begins):
            raise _Unreadable(finding, detail)
    text, data = _text(data, issues)
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        document = _salvage(text, error, issues, length)
        data = b""
    if isinstance(document, str) and document.lstrip().startswith("{"):
        try:
            document = json.loads(document)
        except (ValueError, RecursionError):
            raise _Unreadable(
                "credentials-not-json", "The credentials decode to a JSON string, not to a key file's object."
            ) from None
        _repaired(
            issues,
            "credentials-not-json",
            "The credentials decode to a JSON string that holds the key file: it was written as JSON twice.",
        )
        data = b""
    return document, data


def _again(data: bytes) -> bytes | None:
    """The bytes that ``data`` encodes once more, if that is what it does."""
    compact = b"".join(data.split())
    body = compact.rstrip(b"=")
    if len(compact) < 16 or not re.fullmatch(rb"[A-Za-z0-9+/]+={0,2}", compact) or len(body) % 4 == 1:
        return None
    return base64.b64decode(body + b"=" * (-len(body) % 4))


def _text(data: bytes, issues: list[Issue]) -> tuple[str, bytes]:
    mark = ""
    try:
        if encoding := _UTF_16.get(data[:2]):
            mark, text = "in UTF-16, as PowerShell's redirection writes it", data.decode(encoding)
        elif data[:3] == b"\xef\xbb\xbf":
            mark, text = "with a byte-order mark before it", data[3:].decode()
        else:
            return data.decode(), data
    except UnicodeDecodeError:
        raise _Unreadable("credentials-not-json", f"The credentials decode to {len(data):,} bytes that are not text.") from None
    _repaired(
        issues,
        "credentials-not-json",
        f"The key file was saved {mark}; JSON is plain UTF-8, and strict readers refuse anything else.",
    )
    return text, text.encode()


def _salvage(text: str, error: ValueError | RecursionError, issues: list[Issue], length: int) -> Any:
    stripped = text.rstrip()
    if isinstance(error, json.JSONDecodeError) and stripped.startswith("{"):
        try:
            document = json.loads(text, strict=False)
        except (ValueError, RecursionError):
            cut = not stripped.endswith("}") and (error.msg.startswith("Unterminated string") or error.pos >= len(stripped) - 6)
            if cut:
                raise _Unreadable("credentials-truncated", _cut(length), {"length": str(length)}) from None
        else:
            _repaired(
                issues,
                "credentials-not-json",
                "There are bare line breaks inside the strings of the key file, which JSON does not allow.",
            )
            return document
    place = f" (at character {error.pos + 1} of {len(text)})" if isinstance(error, json.JSONDecodeError) else ""
    raise _Unreadable("credentials-not-json", f"The credentials decode to something that is not JSON{place}.") from None
