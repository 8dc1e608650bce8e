"""Whether a SAS token is whole: damage on the way, placeholders, and the fields that each kind must have."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from typing import Final

from validator.core import catalog
from validator.core.model import Finding
from validator.providers.azure.case import TOKEN
from validator.providers.azure.sas import DELEGATION_FIELDS, KNOWN, TABLE_FIELDS, Damage, RepairedToken, Sas, TokenKind
from validator.providers.azure.sas_findings import error, warning

_FIRST_VERSION: Final = "2015-04-05"

_DAMAGES: Final = {
    Damage.WRAPPED: ("stray-whitespace", "sas_token has whitespace, quotes or a byte order mark in or around it: the signature would not match."),
    Damage.URL: ("sas-is-url", "sas_token holds a whole URL; the token is only what follows its question mark."),
    Damage.QUESTION_MARK: (
        "sas-leading-question-mark",
        "sas_token begins with a question mark, and Planet's documentation asks for none. It was left out for this check.",
    ),
    Damage.SEPARATORS: (
        "sas-escaped",
        "The & between the fields of sas_token is lost or escaped (u0026, &amp; or %26): JSON, HTML or a URL got in between.",
    ),
    Damage.PLUS: ("sas-escaped", "The signature in sas_token holds a bare + or a space: a form was decoded. It must read %2B."),
    Damage.DOUBLE: ("sas-escaped", "sas_token was percent-encoded twice: its signature holds %25."),
}  # fmt: skip


def damage(repaired: RepairedToken, sas: Sas) -> Iterator[Finding]:
    """What happened to the token on the way here, and how it was read all the same."""
    # A patch only where the result is a token at all; whether its signature is right, nobody can see here.
    whole = "sig" in sas and not sas.stray and not sas.repeated
    patch = catalog.replacement(TOKEN, repaired.token if whole else "", secret=True)
    for each in repaired.damages:
        name, detail = _DAMAGES[each]
        if each is Damage.URL and repaired.account:
            inside = f", container {repaired.container}" if repaired.container else ""
            detail += f" It is of the account {repaired.account}{inside}."
        yield catalog.finding(name, detail=detail, pointer=TOKEN, patch=patch)


def placeholders(repaired: RepairedToken, sas: Sas) -> Iterator[Finding]:
    """A token of the documentation, a masked one, or one that was never filled in."""
    finding = partial(catalog.finding, pointer=TOKEN)
    signature = sas.get("sig")
    if signature == "LGqc" and sas.get("si") == "writer":
        yield finding(
            "placeholder-value",
            detail="sas_token is the sample token of Planet's documentation (with its & lost on the way); put your own in its place.",
        )
    elif re.search(r"\*{3,}|(?i:redacted|masked)|x{8,}", signature):
        yield finding(
            "redacted-secret",
            detail="The signature in sas_token is masked: some tool wrote this token without it. Copy the token from where it was made.",
        )
    elif re.search(r"\.{3}|\u2026|[<>{}]", repaired.token):
        yield finding("placeholder-value", detail="sas_token still holds a placeholder.")


def structure(sas: Sas) -> Iterator[Finding]:
    """Whether it is a whole token."""
    malformed = partial(error, "sas-malformed", sas=sas)
    signature, version = sas.get("sig"), sas.get("sv")
    if not all(32 < ord(letter) < 127 for name, value in sas.fields for letter in name + value):
        yield malformed("sas_token holds characters that no token has: it may have come through a word processor.")
        return
    if sas.repeated:
        yield malformed(f"sas_token has a field more than once: {', '.join(sas.repeated)}.")
    if sas.stray:
        where = ", ".join(str(position) for position in sas.stray[:5])
        yield malformed(f"sas_token has a part that is not name=value (number {where}).")
    missing = _missing(sas)
    if missing and not TABLE_FIELDS & set(sas.names):
        hint = " A shell cuts a token at its first & unless it stands in quotes." if len(sas.fields) < 3 else ""
        yield malformed(f"sas_token is not whole: it lacks {', '.join(missing)}.{hint}")
    if signature and not sas.whole_signature:
        hint = " It looks like another cloud's." if re.fullmatch(r"[0-9a-f]{64}", signature) else ""
        yield malformed(
            f"The signature in sas_token is damaged: {len(signature)} characters, where 44 that end in = are due.{hint}"
        )
    unknown = ", ".join(sorted(set(sas.names) - KNOWN))
    if unknown:
        detail = "sas_token has fields that Azure's documentation does not know."
        yield warning("sas-malformed", detail, sas, evidence={"fields": unknown[:200]})
    if version and sas.version is None:
        yield malformed("sv in sas_token is not a date such as 2023-11-03.")
    elif version and version < _FIRST_VERSION:
        detail = f"sas_token is of version {version}. Before {_FIRST_VERSION} Azure answered refusals with 'not found'. Make a new one."
        yield error("sas-version-unsupported", detail, sas)
    if sas.get("spr") not in ("", "https", "https,http"):
        yield malformed("spr in sas_token may only be https, or https,http.")
    for name in ("st", "se", "skt", "ske"):
        if sas.get(name) and sas.time(name) is None:
            yield malformed(f"{name} in sas_token is not a time such as 2027-01-31T00:00:00Z.")


def _missing(sas: Sas) -> list[str]:
    """Fields that a token of its kind must have, and this one has not."""
    needed = ["sv", "sig"]
    if not sas.get("si") and sas.kind is not TokenKind.UNKNOWN:
        needed += ["sp", "se"]
    if sas.kind is TokenKind.UNKNOWN:
        needed.append("sr (or ss and srt)")
    elif sas.kind is TokenKind.ACCOUNT:
        needed += ["ss", "srt"]
    else:
        needed.append("sr")
    if sas.kind is TokenKind.DELEGATION:
        needed += sorted(DELEGATION_FIELDS)
    return [name for name in needed if not sas.get(name)]
