"""What a SAS token grants, to whom and until when, against what Planet asks for."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from validator.core.model import Finding, Fix
from validator.core.sentences import many
from validator.providers.azure.case import LETTERS, Case
from validator.providers.azure.sas import BINDING_FIELDS, TABLE_FIELDS, Sas, TokenKind
from validator.providers.azure.sas_findings import error, warning

_WHAT: Final = {
    "a": "append blocks", "c": "create new files", "d": "delete", "e": "run files", "f": "find by tags", "i": "set retention and holds",
    "l": "list", "m": "move", "o": "change owners", "p": "change permissions", "r": "read", "t": "change tags", "u": "update queues and tables",
    "w": "write", "x": "delete old versions", "y": "delete for good what soft delete keeps",
}  # fmt: skip
_ORDER: Final = "racwdxylt"
"""The order on which Azure's pages and SDKs agree; the letters after these are ordered differently from page to page."""
_SHORTLY: Final = timedelta(minutes=15)


def other_service(sas: Sas) -> Iterator[Finding]:
    """A token for tables, files or queues."""
    table = [name for name in sas.names if name in TABLE_FIELDS]
    resource = sas.get("sr")
    if table:
        yield error("sas-wrong-service", "sas_token is for tables, not for blobs.", sas, evidence={"fields": ", ".join(table)})
    elif resource in ("f", "s"):
        yield error("sas-wrong-service", f"sas_token is for Azure Files (sr={resource}), not for blobs.", sas)
    elif "ss" in sas and "b" not in sas.get("ss"):
        named = {"f": "files", "q": "queues", "t": "tables"}
        others = " and ".join(named.get(letter, letter) for letter in sas.get("ss")[:4])
        yield error("sas-wrong-service", f"sas_token is for {others or 'no service'}, not for blobs (ss has no b).", sas)
    elif sas.get("sks") not in ("", "b"):
        yield error("sas-wrong-service", "The key that signs sas_token is not for blobs (sks is not b).", sas)


def binding(sas: Sas) -> Iterator[Finding]:
    """What ties it to a user, or to addresses."""
    bound = [name for name in BINDING_FIELDS if name in sas]
    if bound:
        yield error(
            "sas-bound-to-user",
            "sas_token only works together with a signed-in user, or with headers or parameters that Planet does not send.",
            sas,
            evidence={"fields": ", ".join(bound)},
        )
    if "sip" in sas and not _whole_internet(sas.get("sip")):
        yield error(
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


def times(case: Case, sas: Sas, fix: Fix) -> Iterator[Finding]:
    """When it begins and ends. ``fix``, here and below: how to make a token of the same kind."""
    now, start, end = case.options.clock(), sas.start, sas.end
    first, last = sas.time("st"), sas.time("se")
    if first and last and first >= last:
        yield error("sas-malformed", f"sas_token ends ({_when(last)}) before it begins ({_when(first)}).", sas)
        return
    pinned = " The key that signs it ends before the token does." if sas.time("ske") and end != last else ""
    if end and end <= now:
        yield error("sas-expired", f"sas_token ended on {_when(end)}, {_days(now - end)} ago.{pinned}", sas, fix=fix)
    elif end and end - now < timedelta(days=case.options.expires_within):
        detail = f"sas_token ends on {_when(end)}, in {_days(end - now)}. Every delivery after that fails.{pinned}"
        yield warning("sas-expiring", detail, sas, fix=fix)
    if start and start > now:
        soon = start - now <= _SHORTLY
        why = " If that is now, a clock is wrong by minutes." if soon else ""
        detail = f"sas_token is not valid before {_when(start)}.{why} A token without st is valid at once."
        yield (warning if soon else error)("sas-not-yet-valid", detail, sas, fix=fix)
    if sas.kind is TokenKind.DELEGATION:
        detail = (
            "sas_token is signed with a user's delegation key, which lives for at most 7 days: Planet's deliveries would fail after that. "
            "A container SAS with a stored access policy lives as long as you let it."
        )
        yield warning("sas-short-lived", detail + pinned, sas, fix=case.policy_token)


def scope(sas: Sas, fix: Fix) -> Iterator[Finding]:
    """What of the account it opens."""
    wrong = partial(error, "sas-wrong-resource", sas=sas, fix=fix)
    resource, types = sas.get("sr"), sas.get("srt")
    named = {"b": "a single blob", "bs": "a single snapshot", "bv": "a single version"}
    if resource in named:
        yield wrong(f"sas_token is for {named[resource]} (sr={resource}). Planet needs one for the container (sr=c).")
    elif resource == "d" and sas.get("sdd") != "0":
        yield wrong(
            "sas_token is for one directory (sr=d). Planet's check writes planetverify.txt at the container's root, which is outside."
        )
    elif resource not in ("", "c", "d", "f", "s"):
        yield wrong(f"sas_token is for an unknown kind of resource (sr={resource[:8]}).")
    if sas.kind is not TokenKind.ACCOUNT:
        return
    if types and "o" not in types:
        yield wrong("sas_token is not for objects (srt has no o), so it can neither write nor delete a file.")
    elif types and "c" not in types:
        detail = "sas_token cannot list files (srt has no c), which Planet's documentation asks for."
        yield warning("sas-wrong-resource", detail, sas, fix=fix)
    yield warning("sas-broader-than-needed", "sas_token opens every container of the account. Planet needs one container.", sas)


def letters(sas: Sas, fix: Fix) -> Iterator[Finding]:
    """What it may do."""
    letters = sas.get("sp")
    if sas.get("si") and (letters or sas.get("se")):
        yield warning(
            "sas-policy-conflict",
            "sas_token names a stored access policy and has permissions or an expiry of its own. Azure refuses it if the policy sets the same.",
            sas,
        )
    if not letters:
        return  # what a policy grants cannot be seen from here: the rehearsal asks
    account = sas.kind is TokenKind.ACCOUNT
    if any(letter not in _WHAT for letter in letters) or len(set(letters)) < len(letters):
        yield error("sas-malformed", "sp in sas_token holds a letter twice, or one that is no permission.", sas)
        return
    held = [letter for letter in letters if letter in _ORDER]
    ordered = sorted(held, key=_ORDER.index)
    if not account and held != ordered:
        # The letters are signed in their order: a token cannot be put right, only made anew.
        yield error("sas-malformed", f"The letters of sp in sas_token are out of order; Azure wants {''.join(ordered)}.", sas)
    allowed = f"sas_token allows {', '.join(_WHAT[letter] for letter in letters)} (sp={letters})"
    lacking = [letter for letter in "wd" if letter not in letters and not (letter == "w" and "c" in letters)]
    if lacking:
        yield error("sas-permission-missing", f"{allowed}; Planet's check also needs {_may(lacking)}.", sas, fix=fix)
    wanting = [letter for letter in LETTERS if letter not in letters and letter not in lacking]
    if wanting:
        detail = f"{allowed}; Planet's documentation also asks for {_may(wanting)}."
        if "w" in wanting:
            detail += " With c and without w a file can be created, but never overwritten nor uploaded in blocks: large or repeated deliveries fail."
        yield warning("sas-permission-missing", detail, sas, fix=fix)
    more = [letter for letter in letters if letter not in LETTERS + "c"]
    if more and not account:
        yield warning("sas-broader-than-needed", f"sas_token may also {_may(more)}. Planet needs only {LETTERS}.", sas)


def _may(letters: list[str]) -> str:
    return ", ".join(f"{_WHAT[letter]} ({letter})" for letter in letters)


def _when(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M UTC")


def _days(span: timedelta) -> str:
    days = span // timedelta(days=1)
    if days:
        return many(days, "day")
    hours = span // timedelta(hours=1)
    return many(hours, "hour") if hours else "less than an hour"
