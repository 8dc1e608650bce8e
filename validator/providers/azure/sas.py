"""Shared access signatures as text: taken apart without a network, and put right where that is certain.

A token is split on ``&`` and the first ``=``, never form-decoded: that would turn a ``+`` of the signature into a space.
"""

from __future__ import annotations

import contextlib
import re
from datetime import UTC, date, datetime
from enum import StrEnum
from functools import lru_cache
from typing import Final
from urllib.parse import unquote, urlsplit

from validator.core import lazy
from validator.core.values import Dataclass

LONGEST: Final = 8192
"""Characters. Azure refuses longer URLs; whatever is longer is no token, and is not looked at any further."""

KNOWN: Final = frozenset(
    [
        "sv", "ss", "srt", "sr", "sp", "st", "se", "spr", "sip", "si", "ses", "sig", "skoid", "sktid", "skt", "ske", "sks",
        "skv", "saoid", "suoid", "scid", "sdd", "skdutid", "sduoid", "srh", "srq", "rscc", "rscd", "rsce", "rscl", "rsct",
        "snapshot", "spk", "srk", "epk", "erk", "tn",
    ]
)  # fmt: skip
"""Every field that a SAS of any kind may hold."""

TABLE_FIELDS: Final = frozenset(("spk", "srk", "epk", "erk", "tn"))
DELEGATION_FIELDS: Final = frozenset(("skoid", "sktid", "ske", "sks", "skv"))
BINDING_FIELDS: Final = ("sduoid", "skdutid", "srh", "srq")
"""They tie a token to a signed-in user, or to headers and query parameters that Planet does not send."""

SHOWN: Final = ("sp", "se", "st", "sr", "si", "spr", "sip", "sv", "ss", "srt")
"""Fields that a reader may see. Never ``sig``."""

_NAMES: Final = "|".join(sorted(KNOWN, key=len, reverse=True))
_SEPARATOR: Final = lazy.compile(rf"(?:\\{{0,8}}u0026|&(?:amp|#38|#x26);)(?=(?:{_NAMES})(?:=|%3D))", re.IGNORECASE)
_LOST_SEPARATOR: Final = lazy.compile(rf"(?<=[^&])(?=(?:{_NAMES})=)")
_SIGNATURE: Final = lazy.compile(r"[A-Za-z0-9+/]{43}=")
_WRAPPING: Final = "\ufeff\"'`\u2018\u2019\u201c\u201d"
_TIMES: Final = ("%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%MZ", "%Y-%m-%d", "%Y-%m-%dT%H:%M:%S.%fZ")


class TokenKind(StrEnum):
    """What a token is, by the fields that it has."""

    ACCOUNT = "account SAS"
    SERVICE = "service SAS"
    POLICY = "service SAS with a stored access policy"
    DELEGATION = "user delegation SAS"
    UNKNOWN = "unknown"


class Damage(StrEnum):
    """What was done to a token on its way, and undone here."""

    WRAPPED = "wrapped"
    """Whitespace, quotes or a byte order mark."""
    CONNECTION_STRING = "connection string"
    URL = "url"
    QUESTION_MARK = "question mark"
    SEPARATORS = "separators"
    """``&`` came through JSON, HTML or a URL, or was lost."""
    PLUS = "plus"
    """The signature was form-decoded: its ``+`` is literal, or a space."""
    DOUBLE = "double"
    """Percent-encoded twice."""


class RepairedToken(Dataclass):
    """A value, with every damage undone whose repair is certain."""

    token: str
    damages: tuple[Damage, ...]
    account: str = ""
    """Account of the URL that was given; empty if it was none."""
    container: str = ""


class Sas(Dataclass):
    """A token, taken apart. Values are as they stand in it, still percent-encoded."""

    fields: tuple[tuple[str, str], ...]
    """Names and raw values in order, repeats included."""
    stray: tuple[int, ...]
    """Positions, counted from 1, of parts that have no name or no ``=``."""

    def __repr__(self) -> str:
        return f"Sas({', '.join(name for name, _ in self.fields)})"

    def __contains__(self, name: str) -> bool:
        return name in self.names

    def raw(self, name: str) -> str:
        """The first value of a field as it stands; empty if there is none."""
        return next((value for each, value in self.fields if each == name), "")

    def get(self, name: str) -> str:
        """The first value of a field, percent-decoded (a ``+`` stays a ``+``)."""
        return unquote(self.raw(name))

    def time(self, name: str) -> datetime | None:
        """A field as a time in UTC; None if it is absent or not one of the forms that Azure takes."""
        return _time(self.get(name))

    @property
    def policy(self) -> str:
        """The name of its stored access policy, as far as it is shown; empty if there is none."""
        return self.get("si")[:64]

    @property
    def names(self) -> tuple[str, ...]:
        """Names in order, repeats included."""
        return tuple(name for name, _ in self.fields)

    @property
    def repeated(self) -> tuple[str, ...]:
        """Names that stand more than once."""
        return tuple(sorted({name for name in self.names if self.names.count(name) > 1}))

    @property
    def kind(self) -> TokenKind:
        """What the token is."""
        if "skoid" in self or "sktid" in self or "ske" in self:
            return TokenKind.DELEGATION
        if "ss" in self or "srt" in self:
            return TokenKind.ACCOUNT
        if "si" in self:
            return TokenKind.POLICY
        return TokenKind.SERVICE if "sr" in self else TokenKind.UNKNOWN

    @property
    def whole_signature(self) -> bool:
        """Whether ``sig`` has the shape of an HMAC-SHA256: 43 base64 characters and one ``=``."""
        return _SIGNATURE.fullmatch(self.get("sig")) is not None

    @property
    def version(self) -> date | None:
        """``sv`` as a date; None if it is none."""
        try:
            return date.fromisoformat(self.get("sv")) if len(self.get("sv")) == 10 else None
        except ValueError:
            return None

    @property
    def start(self) -> datetime | None:
        """When the token, and the key that signs it, have begun to be valid."""
        return max(self._times("st", "skt"), default=None)

    @property
    def end(self) -> datetime | None:
        """When the token, or the key that signs it, ends."""
        return min(self._times("se", "ske"), default=None)

    def _times(self, *names: str) -> list[datetime]:
        return [time for name in names if (time := self.time(name))]

    def summary(self) -> dict[str, str]:
        """What may be shown of the token: its kind and the harmless fields."""
        return {"sas_kind": str(self.kind), **{name: self.get(name)[:64] for name in SHOWN if name in self}}


@lru_cache(maxsize=64)  # asked again and again, of a few
def _time(text: str) -> datetime | None:
    # As nearly all are written: without the patterns that strptime would make.
    if len(text) == 20 and text.isascii() and text[4::3] == "--T::Z":
        with contextlib.suppress(ValueError):
            return datetime.fromisoformat(text)
    for form in _TIMES if text else ():
        try:
            return datetime.strptime(text[:26] + "Z" if "." in text and len(text) > 27 else text, form).replace(tzinfo=UTC)
        except ValueError:
            continue
    return None


def parse(token: str) -> Sas:
    """Take a token apart, whatever it is: nothing is judged here."""
    fields: list[tuple[str, str]] = []
    stray: list[int] = []
    for position, part in enumerate(token.split("&"), start=1):
        name, equals, value = part.partition("=")
        if not equals or not re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]{0,31}", name):
            stray.append(position)
        else:
            fields.append((name, value))
    return Sas(tuple(fields), tuple(stray))


def is_account_key(value: str) -> bool:
    """Whether this is a storage account's own key: 64 bytes in base64."""
    return re.fullmatch(r"[A-Za-z0-9+/]{86}==", _unwrap(value)) is not None


def repair(value: str) -> RepairedToken:
    """Undo what copying, shells, JSON and spreadsheets do to a token; only what can be undone with certainty."""
    damages: list[Damage] = []
    text = _unwrap(value)
    if "signature=" in text.lower() and re.search(r"(?i)(?:^|;)\s*SharedAccessSignature=", text):
        damages.append(Damage.CONNECTION_STRING)
        text = _unwrap(re.split(r"(?i)SharedAccessSignature=", text, maxsplit=1)[1].split(";")[0])
    account = container = ""
    before = text.partition("?")[0]
    if re.match(r"(?i)https?://", text) or (before != text and ".blob." in before and not re.search(r"[&=]", before)):
        damages.append(Damage.URL)
        account, container, text = _split_url(text)
    if text.startswith("?"):
        damages.append(Damage.QUESTION_MARK)
        text = text.lstrip("?")
    whole = _separators(text)
    if whole != text:
        damages.append(Damage.SEPARATORS)
    text = whole
    signature = re.search(r"(?:^|&)sig=([^&]*)", text)
    if signature:
        start, end = signature.span(1)
        written = signature[1].replace("\n", "").replace("\r", "")
        if re.search(r"%25(?:2[BbFf]|3[Dd])", written):
            damages.append(Damage.DOUBLE)
            text = re.sub(r"%25(?=[0-9A-Fa-f]{2})", "%", text)
        elif "+" in written or " " in written:
            damages.append(Damage.PLUS)
            text = text[:start] + written.replace("+", "%2B").replace(" ", "%2B") + text[end:]
    bare = re.sub(r"\s+", "", text)
    # Compared with the value that came, less what was already named: whitespace anywhere else is damage of its own.
    if bare != text or _unwrap(value) != value:
        damages.insert(0, Damage.WRAPPED)
    return RepairedToken(bare, tuple(damages), account, container)


def _unwrap(text: str) -> str:
    while (bare := text.strip().strip(_WRAPPING)) != text:
        text = bare
    return text


def _split_url(text: str) -> tuple[str, str, str]:
    base, _, query = text.partition("?")
    try:
        split = urlsplit(base if "://" in base else f"https://{base}")
        host = split.hostname or ""
    except ValueError:
        return "", "", query
    account = host.split(".")[0] if ".blob." in host else ""
    container = split.path.strip("/").split("/")[0] if account else ""
    return account, container, query


def _separators(text: str) -> str:
    lower = text.lower()
    if any(each in lower for each in ("u0026", "&amp;", "&#38;", "&#x26;")):
        text = _SEPARATOR.sub("&", text)
    if "&" not in text and re.search(r"%26", text) and re.search(r"(?i)%3d", text):
        text = unquote(text)
    parts = []
    for part in text.split("&"):
        name, equals, value = part.partition("=")
        # Apart from the signature's own padding, a value never holds a bare equals sign: here an ampersand was lost.
        parts.append(part if name == "sig" or "=" not in value else name + equals + _LOST_SEPARATOR.sub("&", value))
    return "&".join(parts)
