"""What is wrong with the parameters of an Azure destination, seen without a network."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from validator.core import catalog
from validator.core.model import Confidence, Finding, Fix, PatchOperation, Severity
from validator.providers.azure import case as advice
from validator.providers.azure import names
from validator.providers.azure.sas import (
    BINDING_FIELDS,
    DELEGATION_FIELDS,
    KNOWN,
    LONGEST,
    TABLE_FIELDS,
    Damage,
    Kind,
    Mended,
    Sas,
    is_account_key,
    mend,
    parse,
)
from validator.providers.common import swaps
from validator.providers.common.partial import Partial, judged, known

if TYPE_CHECKING:
    from validator.providers.base import Options

TOKEN: Final = "/parameters/sas_token"  # noqa: S105 - a JSON pointer
NEEDED: Final = "rwdl"
"""Letters that Planet asks for. Its own check needs ``w`` (or ``c``) and ``d``."""

_WHAT: Final = {
    "a": "append blocks", "c": "create new files", "d": "delete", "e": "run files", "f": "find by tags", "i": "set retention and holds",
    "l": "list", "m": "move", "o": "change owners", "p": "change permissions", "r": "read", "t": "change tags", "u": "update queues and tables",
    "w": "write", "x": "delete old versions", "y": "delete for good what soft delete keeps",
}  # fmt: skip
_ORDER: Final = "racwdxylt"
"""The order on which Azure's pages and SDKs agree; the letters after these are ordered differently from page to page."""
_FIRST_VERSION: Final = "2015-04-05"
_SHORTLY: Final = timedelta(minutes=15)


_WORDS: Final = {"account": "ACCOUNT", "container": "CONTAINER", "storage_endpoint_suffix": "core.windows.net"}
_SHAPES: Final[swaps.Shapes] = {
    "account": lambda text: names.ACCOUNT.fullmatch(text) is not None,
    "container": lambda text: names.CONTAINER.fullmatch(text) is not None,
    "sas_token": lambda text: "sig=" in text or "sig%3D" in text,
}


def lint(parameters: Any, options: Options) -> Iterator[Finding]:
    """Every finding about an instance of the provider's Parameters."""
    secret = known(parameters, "sas_token", None)
    value = secret.reveal() if secret is not None else ""
    mended = mend(value) if len(value) <= LONGEST else Mended(value, ())
    # Commands in the fixes name account and container: where these are not known, a word in their place does.
    shown = Partial({name: known(parameters, name, word) for name, word in _WORDS.items()})
    yield from swaps.around(
        parameters,
        _SHAPES,
        judged(
            lambda: names.account(parameters.account, mended),
            lambda: names.container(parameters.container, known(parameters, "account", ""), mended),
            lambda: names.suffix(parameters.storage_endpoint_suffix),
            lambda: names.endpoint(options.endpoint or "", known(parameters, "account", "")),
            lambda: _token(shown, value, mended, options) if secret is not None else (),
        ),
    )


# ---- the token -------------------------------------------------------------------------------------------------------


def _token(parameters: Any, value: str, mended: Mended, options: Options) -> Iterator[Finding]:
    if len(value) > LONGEST:
        yield _error("sas-malformed", f"sas_token has {len(value):,} characters; a token has a few hundred.")
        return
    if is_account_key(value):
        yield _not_a_sas(
            parameters,
            options,
            "sas_token holds an account key. It opens the whole account: if others may have seen this file, renew the key.",
        )
        return
    if re.search(
        r"(?i)\b(?:DefaultEndpointsProtocol|AccountKey|AccountName|SharedAccessSignature|EndpointSuffix|BlobEndpoint)=", value
    ):
        yield from _connection_string(parameters, value, mended, options)
        return
    sas = parse(mended.token)
    if mended.token[:1] in "{[" or "=" not in mended.token:
        what = "JSON" if mended.token[:1] in "{[" else "a value without a single field"
        yield _not_a_sas(parameters, options, f"sas_token holds {what}; a SAS looks like sv=...&sr=c&sp=rwdl&se=...&sig=...")
        return
    yield from _damage(mended, sas)
    yield from _placeholders(mended, sas)
    yield from _other_service(sas)
    yield from _structure(sas)
    yield from _binding(sas)
    yield from _times(parameters, sas, options)
    yield from _scope(sas)
    yield from _letters(parameters, sas, options)


def _connection_string(parameters: Any, value: str, mended: Mended, options: Options) -> Iterator[Finding]:
    key = re.search(r"(?i)AccountKey=", value) is not None
    inner = parse(mended.token)
    usable = Damage.CONNECTION_STRING in mended.damages and "sig" in inner
    detail = "sas_token holds a connection string" + (
        " with the account's key, which opens the whole account: if others may have seen this file, renew the key."
        if key
        else "; the token is only what follows SharedAccessSignature= in it."
        if usable
        else "."
    )
    found = _not_a_sas(parameters, options, detail)
    if usable and not key and found.fix:
        found = replace(found, fix=replace(found.fix, patch=_replace(TOKEN, mended.token, secret=True)))
    yield found


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


def _damage(mended: Mended, sas: Sas) -> Iterator[Finding]:
    # A patch only where the result is a token at all; whether its signature is right, nobody can see here.
    whole = "sig" in sas and not sas.stray and not sas.repeated
    patch: tuple[PatchOperation, ...] = _replace(TOKEN, mended.token, secret=True) if whole else ()
    for damage in mended.damages:
        name, detail = _DAMAGES[damage]
        if damage is Damage.URL and mended.account:
            detail += f" It is of the account {mended.account}" + (
                f", container {mended.container}." if mended.container else "."
            )
        yield catalog.finding(name, detail=detail, pointer=TOKEN, patch=patch)


def _placeholders(mended: Mended, sas: Sas) -> Iterator[Finding]:
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
    elif re.search(r"\.{3}|\u2026|[<>{}]", mended.token):
        yield catalog.finding("placeholder-value", detail="sas_token still holds a placeholder.", pointer=TOKEN)


def _other_service(sas: Sas) -> Iterator[Finding]:
    table = [name for name in sas.names if name in TABLE_FIELDS]
    resource = sas.get("sr")
    if table:
        yield _error("sas-wrong-service", "sas_token is for tables, not for blobs.", sas, fields=", ".join(table))
    elif resource in ("f", "s"):
        yield _error("sas-wrong-service", f"sas_token is for Azure Files (sr={resource}), not for blobs.", sas)
    elif "ss" in sas and "b" not in sas.get("ss"):
        named = {"f": "files", "q": "queues", "t": "tables"}
        others = " and ".join(named.get(letter, letter) for letter in sas.get("ss")[:4])
        yield _error("sas-wrong-service", f"sas_token is for {others or 'no service'}, not for blobs (ss has no b).", sas)
    elif sas.get("sks") not in ("", "b"):
        yield _error("sas-wrong-service", "The key that signs sas_token is not for blobs (sks is not b).", sas)


def _structure(sas: Sas) -> Iterator[Finding]:
    if not all(32 < ord(letter) < 127 for name, value in sas.fields for letter in name + value):
        yield _error(
            "sas-malformed", "sas_token holds characters that no token has: it may have come through a word processor.", sas
        )
        return
    if sas.repeated:
        yield _error("sas-malformed", f"sas_token has a field more than once: {', '.join(sas.repeated)}.", sas)
    if sas.stray:
        where = ", ".join(str(position) for position in sas.stray[:5])
        yield _error("sas-malformed", f"sas_token has a part that is not name=value (number {where}).", sas)
    yield from _missing(sas)
    if sas.get("sig") and not sas.whole_signature:
        length = len(sas.get("sig"))
        hint = " It looks like another cloud's." if re.fullmatch(r"[0-9a-f]{64}", sas.get("sig")) else ""
        detail = f"The signature in sas_token is damaged: {length} characters, where 44 that end in = are due.{hint}"
        yield _error("sas-malformed", detail, sas)
    unknown = sorted({name for name in sas.names if name not in KNOWN})
    if unknown:
        yield _warning(
            "sas-malformed",
            "sas_token has fields that Azure's documentation does not know.",
            sas,
            fields=", ".join(unknown)[:200],
        )
    yield from _versions(sas)
    if sas.get("spr") not in ("", "https", "https,http"):
        yield _error("sas-malformed", "spr in sas_token may only be https, or https,http.", sas)
    for name in ("st", "se", "skt", "ske"):
        if sas.get(name) and sas.time(name) is None:
            yield _error("sas-malformed", f"{name} in sas_token is not a time such as 2027-01-31T00:00:00Z.", sas)


def _missing(sas: Sas) -> Iterator[Finding]:
    missing = [name for name in ("sv", "sig") if not sas.get(name)]
    if not sas.get("si") and sas.kind is not Kind.UNKNOWN:
        missing += [name for name in ("sp", "se") if not sas.get(name)]
    if sas.kind is Kind.UNKNOWN:
        missing.append("sr (or ss and srt)")
    elif sas.kind is Kind.ACCOUNT:
        missing += [name for name in ("ss", "srt") if not sas.get(name)]
    elif not sas.get("sr"):
        missing.append("sr")
    if sas.kind is Kind.DELEGATION:
        missing += [name for name in sorted(DELEGATION_FIELDS) if not sas.get(name)]
    if missing and not TABLE_FIELDS & set(sas.names):
        hint = " A shell cuts a token at its first & unless it stands in quotes." if len(sas.fields) < 3 else ""
        yield _error("sas-malformed", f"sas_token is not whole: it lacks {', '.join(missing)}.{hint}", sas)


def _versions(sas: Sas) -> Iterator[Finding]:
    if not sas.get("sv"):
        return
    if sas.version is None:
        yield _error("sas-malformed", "sv in sas_token is not a date such as 2023-11-03.", sas)
    elif sas.get("sv") < _FIRST_VERSION:
        yield _error(
            "sas-version-unsupported",
            f"sas_token is of version {sas.get('sv')}. Before {_FIRST_VERSION} Azure answered refusals with 'not found'. Make a new one.",
            sas,
        )


def _binding(sas: Sas) -> Iterator[Finding]:
    bound = [name for name in BINDING_FIELDS if name in sas]
    if bound:
        yield _error(
            "sas-bound-to-user",
            "sas_token only works together with a signed-in user, or with headers or parameters that Planet does not send.",
            sas,
            fields=", ".join(bound),
        )
    if "sip" in sas and not _whole_internet(sas.get("sip")):
        yield _error(
            "sas-ip-restricted",
            f"sas_token only works from {sas.get('sip')[:40]}. Planet delivers from addresses of its own, so it would be refused.",
            sas,
        )


def _whole_internet(addresses: str) -> bool:
    """Whether a range leaves out no public address: 0.0.0.0/8 and what begins at 224.0.0.0 are none."""
    first, _, last = addresses.partition("-")
    try:
        start, end = (ipaddress.IPv4Address(each.strip()) for each in (first, last or first))
    except ValueError:
        return False
    return start <= ipaddress.IPv4Address("1.0.0.0") and end >= ipaddress.IPv4Address("223.255.255.255")


def _times(parameters: Any, sas: Sas, options: Options) -> Iterator[Finding]:
    now, start, end = options.clock(), sas.start, sas.end
    first, last = sas.time("st"), sas.time("se")
    if first and last and first >= last:
        yield _error("sas-malformed", f"sas_token ends ({_when(last)}) before it begins ({_when(first)}).", sas)
        return
    fix = advice.renewed(sas, parameters, options)
    pinned = " The key that signs it ends before the token does." if sas.time("ske") and end != last else ""
    if end and end <= now:
        yield _error("sas-expired", f"sas_token ended on {_when(end)}, {_days(now - end)} ago.{pinned}", sas, fix=fix)
    elif end and end - now < timedelta(days=options.expires_within):
        detail = f"sas_token ends on {_when(end)}, in {_days(end - now)}. Every delivery after that fails.{pinned}"
        yield _warning("sas-expiring", detail, sas, fix=fix)
    if start and start > now:
        soon = start - now <= _SHORTLY
        detail = f"sas_token is not valid before {_when(start)}." + (
            " If that is now, a clock is wrong by minutes." if soon else ""
        )
        yield (_warning if soon else _error)(
            "sas-not-yet-valid", detail + " A token without st is valid at once.", sas, fix=fix
        )
    if sas.kind is Kind.DELEGATION:
        detail = (
            "sas_token is signed with a user's delegation key, which lives for at most 7 days: Planet's deliveries would fail after that. "
            "A container SAS with a stored access policy lives as long as you let it."
        )
        yield _warning("sas-short-lived", detail + pinned, sas, fix=advice.policy_token(parameters, options))


def _scope(sas: Sas) -> Iterator[Finding]:
    resource = sas.get("sr")
    named = {"b": "a single blob", "bs": "a single snapshot", "bv": "a single version"}
    if resource in named:
        yield _error(
            "sas-wrong-resource",
            f"sas_token is for {named[resource]} (sr={resource}). Planet needs one for the container (sr=c).",
            sas,
        )
    elif resource == "d" and sas.get("sdd") != "0":
        yield _error(
            "sas-wrong-resource",
            "sas_token is for one directory (sr=d). Planet's check writes planetverify.txt at the container's root, which is outside.",
            sas,
        )
    elif resource not in ("", "c", "d", "f", "s"):
        yield _error("sas-wrong-resource", f"sas_token is for an unknown kind of resource (sr={resource[:8]}).", sas)
    if sas.kind is not Kind.ACCOUNT:
        return
    if sas.get("srt") and "o" not in sas.get("srt"):
        yield _error(
            "sas-wrong-resource", "sas_token is not for objects (srt has no o), so it can neither write nor delete a file.", sas
        )
    elif sas.get("srt") and "c" not in sas.get("srt"):
        yield _warning(
            "sas-wrong-resource", "sas_token cannot list files (srt has no c), which Planet's documentation asks for.", sas
        )
    yield _warning(
        "sas-broader-than-needed", "sas_token opens every container of the account. Planet needs one container.", sas
    )


def _letters(parameters: Any, sas: Sas, options: Options) -> Iterator[Finding]:
    letters = sas.get("sp")
    if sas.get("si"):
        if letters or sas.get("se"):
            yield _warning(
                "sas-policy-conflict",
                "sas_token names a stored access policy and has permissions or an expiry of its own. Azure refuses it if the policy sets the same.",
                sas,
            )
        else:
            return  # its permissions and expiry are in the policy, which cannot be seen from here: the rehearsal asks
    if not letters:
        return
    account = sas.kind is Kind.ACCOUNT
    if any(letter not in _WHAT for letter in letters) or len(set(letters)) < len(letters):
        yield _error("sas-malformed", "sp in sas_token holds a letter twice, or one that is no permission.", sas)
        return
    ordered = [letter for letter in letters if letter in _ORDER]
    if not account and ordered != sorted(ordered, key=_ORDER.index):
        # The letters are signed in their order: a token cannot be put right, only made anew.
        yield _error(
            "sas-malformed",
            f"The letters of sp in sas_token are out of order; Azure wants {''.join(sorted(ordered, key=_ORDER.index))}.",
            sas,
        )
    fix = advice.renewed(sas, parameters, options)
    lacking = [letter for letter in "wd" if letter not in letters and not (letter == "w" and "c" in letters)]
    if lacking:
        yield _error(
            "sas-permission-missing",
            f"sas_token may not {_may(lacking)}, which Planet's check does. sp is {letters}.",
            sas,
            fix=fix,
        )
    wanting = [letter for letter in NEEDED if letter not in letters and letter not in lacking]
    if wanting:
        detail = f"sas_token may not {_may(wanting)}, which Planet's documentation asks for. sp is {letters}."
        if "w" in wanting:
            detail += " With c and without w a file can be created, but never overwritten nor uploaded in blocks: large or repeated deliveries fail."
        yield _warning("sas-permission-missing", detail, sas, fix=fix)
    more = [letter for letter in letters if letter not in NEEDED + "c"]
    if more and not account:
        yield _warning("sas-broader-than-needed", f"sas_token may also {_may(more)}. Planet needs only {NEEDED}.", sas)


# ---- small things ----------------------------------------------------------------------------------------------------


def _replace(pointer: str, value: str, *, secret: bool = False) -> tuple[PatchOperation, ...]:
    return (PatchOperation("replace", pointer, value, secret=secret),)


def _error(name: str, detail: str, sas: Sas | None = None, *, fix: Fix | None = None, **evidence: str) -> Finding:
    shown = {**(sas.summary() if sas else {}), **evidence}
    return catalog.finding(name, detail=detail, pointer=TOKEN, evidence=shown, fix=fix)


def _warning(name: str, detail: str, sas: Sas, *, fix: Fix | None = None, **evidence: str) -> Finding:
    return replace(_error(name, detail, sas, fix=fix, **evidence), severity=Severity.WARNING, confidence=Confidence.CONFIRMED)


def _not_a_sas(parameters: Any, options: Options, detail: str) -> Finding:
    return _error("sas-not-a-sas", detail, fix=advice.new_token(parameters, options))


def _may(letters: list[str]) -> str:
    return ", ".join(f"{_WHAT[letter]} ({letter})" for letter in letters)


def _when(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M UTC")


def _days(span: timedelta) -> str:
    days = span // timedelta(days=1)
    if days:
        return f"{days} day{'s' if days != 1 else ''}"
    hours = span // timedelta(hours=1)
    return f"{hours} hour{'s' if hours != 1 else ''}" if hours else "less than an hour"
