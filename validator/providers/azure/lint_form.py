"""Whether a SAS token is whole: damage on the way, placeholders, and the fields that each kind must have."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from validator.core import catalog
from validator.core.model import Finding, PatchOperation
from validator.providers.azure.case import TOKEN
from validator.providers.azure.sas import DELEGATION_FIELDS, KNOWN, TABLE_FIELDS, Damage, RepairedToken, Sas, TokenKind
from validator.providers.azure.sas_findings import error, replacement, warning

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
    patch: tuple[PatchOperation, ...] = replacement(TOKEN, repaired.token, secret=True) if whole else ()
    for each in repaired.damages:
        name, detail = _DAMAGES[each]
        if each is Damage.URL and repaired.account:
            detail += f" It is of the account {repaired.account}" + (
                f", container {repaired.container}." if repaired.container else "."
            )
        yield catalog.finding(name, detail=detail, pointer=TOKEN, patch=patch)


def placeholders(repaired: RepairedToken, sas: Sas) -> Iterator[Finding]:
    """A token of the documentation, a masked one, or one that was never filled in."""
    signature = sas.get("sig")
    if signature == "LGqc" and sas.get("si") == "writer":
        yield catalog.finding(
            "placeholder-value",
            detail="sas_token is the sample token of Planet's documentation (with its & lost on the way); put your own in its place.",
            pointer=TOKEN,
        )
    elif re.search(r"\*{3,}|(?i:redacted|masked)|x{8,}", signature):
        yield catalog.finding(
            "redacted-secret",
            detail="The signature in sas_token is masked: some tool wrote this token without it. Copy the token from where it was made.",
            pointer=TOKEN,
        )
    elif re.search(r"\.{3}|\u2026|[<>{}]", repaired.token):
        yield catalog.finding("placeholder-value", detail="sas_token still holds a placeholder.", pointer=TOKEN)


def structure(sas: Sas) -> Iterator[Finding]:
    """Whether it is a whole token."""
    if not all(32 < ord(letter) < 127 for name, value in sas.fields for letter in name + value):
        yield error(
            "sas-malformed", "sas_token holds characters that no token has: it may have come through a word processor.", sas
        )
        return
    if sas.repeated:
        yield error("sas-malformed", f"sas_token has a field more than once: {', '.join(sas.repeated)}.", sas)
    if sas.stray:
        where = ", ".join(str(position) for position in sas.stray[:5])
        yield error("sas-malformed", f"sas_token has a part that is not name=value (number {where}).", sas)
    yield from _missing(sas)
    if sas.get("sig") and not sas.whole_signature:
        length = len(sas.get("sig"))
        hint = " It looks like another cloud's." if re.fullmatch(r"[0-9a-f]{64}", sas.get("sig")) else ""
        detail = f"The signature in sas_token is damaged: {length} characters, where 44 that end in = are due.{hint}"
        yield error("sas-malformed", detail, sas)
    unknown = sorted({name for name in sas.names if name not in KNOWN})
    if unknown:
        yield warning(
            "sas-malformed",
            "sas_token has fields that Azure's documentation does not know.",
            sas,
            fields=", ".join(unknown)[:200],
        )
    yield from _versions(sas)
    if sas.get("spr") not in ("", "https", "https,http"):
        yield error("sas-malformed", "spr in sas_token may only be https, or https,http.", sas)
    for name in ("st", "se", "skt", "ske"):
        if sas.get(name) and sas.time(name) is None:
            yield error("sas-malformed", f"{name} in sas_token is not a time such as 2027-01-31T00:00:00Z.", sas)


def _missing(sas: Sas) -> Iterator[Finding]:
    missing = [name for name in ("sv", "sig") if not sas.get(name)]
    if not sas.get("si") and sas.kind is not TokenKind.UNKNOWN:
        missing += [name for name in ("sp", "se") if not sas.get(name)]
    if sas.kind is TokenKind.UNKNOWN:
        missing.append("sr (or ss and srt)")
    elif sas.kind is TokenKind.ACCOUNT:
        missing += [name for name in ("ss", "srt") if not sas.get(name)]
    elif not sas.get("sr"):
        missing.append("sr")
    if sas.kind is TokenKind.DELEGATION:
        missing += [name for name in sorted(DELEGATION_FIELDS) if not sas.get(name)]
    if missing and not TABLE_FIELDS & set(sas.names):
        hint = " A shell cuts a token at its first & unless it stands in quotes." if len(sas.fields) < 3 else ""
        yield error("sas-malformed", f"sas_token is not whole: it lacks {', '.join(missing)}.{hint}", sas)


def _versions(sas: Sas) -> Iterator[Finding]:
    if not sas.get("sv"):
        return
    if sas.version is None:
        yield error("sas-malformed", "sv in sas_token is not a date such as 2023-11-03.", sas)
    elif sas.get("sv") < _FIRST_VERSION:
        yield error(
            "sas-version-unsupported",
            f"sas_token is of version {sas.get('sv')}. Before {_FIRST_VERSION} Azure answered refusals with 'not found'. Make a new one.",
            sas,
        )
