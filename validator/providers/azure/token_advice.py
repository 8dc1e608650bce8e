"""What to tell whoever made a SAS: what is wrong with it, and how to make one of the same kind that is right."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Final

from validator.core.model import Fix, Operation
from validator.core.values import replace
from validator.providers.azure.case import DELEGATED, GRANT, LETTERS, POLICY, TOKEN, Case, az
from validator.providers.azure.parameters import LETTER
from validator.providers.azure.sas import TokenKind
from validator.providers.base import Advice

Maker = Callable[[Case], Advice]


def _new_token(sentence: str | Callable[[Case], str]) -> Maker:
    """What to say, where another token of the same kind is the way out."""
    return lambda case: Advice(sentence if isinstance(sentence, str) else sentence(case), case.renewed(case.sas), TOKEN)


def _signature(case: Case) -> str:
    if not case.seen("field") and "did not match" not in case.message and case.code == "AuthenticationFailed":
        return (
            "Azure does not accept the SAS, and does not say why: its signature, its dates or one of its fields is wrong for "
            f"{case.container} in {case.account}."
        )
    delegated = case.sas.kind is TokenKind.DELEGATION
    key = "the user delegation key that signed it was revoked" if delegated else "its account key was renewed since"
    return (
        f"Azure computed another signature for {case.container} in {case.account}. The SAS was made for another container or account, "
        f"{key}, its version (sv) is not the one it was signed for, or a character of it was changed on the way."
    )


def _policy(case: Case) -> Advice:
    name = case.sas.policy or POLICY
    fix = case.policy_fix(
        "Make the policy again under its old name", name, "create", permissions=LETTERS, expiry=case.next_year
    )
    return Advice(
        f"The SAS names the stored access policy {name}, and the container {case.container} has none of that name: it was revoked, "
        "it has ended, or it was made less than 30 seconds ago.",
        fix,
        TOKEN,
    )


def _ended(case: Case) -> Advice:
    when = f" on {case.seen('expiry')}" if case.seen("expiry") else ""
    if case.seen("frame"):
        detail = f"The user delegation key that signed the SAS ended{when} (ske), whatever the SAS itself says (se)."
    elif case.sas.kind is TokenKind.POLICY and not case.sas.get("se"):
        name = case.sas.policy
        detail = f"Azure says that the stored access policy {name}, which sets the end of this SAS, ended{when}."
        return Advice(detail, case.policy_fix("Prolong the policy", name, expiry=case.next_year), TOKEN)
    else:
        detail = f"Azure says that the SAS ended{when}."
    return _new_token(detail)(case)


def _early(case: Case) -> Advice:
    start, current = case.seen("start"), case.seen("current")
    when = f": it begins on {start}, and the request came on {current}" if start and current else ""
    framed = "The user delegation key that signed the SAS is not valid yet (skt)"
    summary = (
        "Wait until it begins. If that is only seconds or minutes away, the clock of the machine that made it is ahead of Azure's: "
        "set it, and leave st out of the next token."
    )
    what = framed if case.seen("frame") else "The SAS is not valid yet"
    return Advice(f"{what}{when}.", replace(case.renewed(case.sas), summary=summary), TOKEN)


def _expiration_policy(case: Case) -> Advice:
    start = (case.options.clock() - timedelta(minutes=15)).strftime("%Y-%m-%dT%H:%MZ")
    if case.sas.kind is TokenKind.DELEGATION:
        make = case.delegation_command(start=start)
    else:
        make = case.token_command(start=start, expiry="END")
    missing = "it has no start (st)" if "no signed start" in case.message else "its start or its end is not within it"
    return Advice(
        f"The account {case.account} has a SAS expiration policy that blocks whatever does not keep it, and this SAS does not: {missing}. "
        "A new token without a start would be refused in the same way.",
        Fix(
            "Look up the longest time that the policy allows (sasExpirationPeriod), then make a SAS with a start, and an END no later than that "
            "after it. It has to be renewed as often; or let the account's owner lengthen the period.",
            (case.show("sasPolicy"), make),
        ),
        TOKEN,
    )


def _malformed(case: Case) -> Advice:
    field = case.seen("field") or case.seen("queryparametername")
    if "must be specified in signature or SAS identifier" in case.message:
        name = case.sas.policy or POLICY
        fix = case.policy_fix("Set both in the policy", name, permissions=LETTERS, expiry=case.next_year)
        missed = case.message.rpartition("signature. ")[2]
        return Advice(f"Neither the SAS nor its stored access policy {name} says what Azure misses: {missed}", fix, TOKEN)
    if case.code in ("NoAuthenticationInformation", "PublicAccessNotPermitted", "ResourceNotFound"):
        detail = "No signature arrived: Azure took the request for an anonymous one. The token is empty or was cut, as a shell does at the first &."
    elif "did not match" in case.message:
        detail = (
            "Azure took the token for a delete and refuses its signature for the write: it reads the fields of this token in another way than "
            "whoever signed it, most often because sv was changed afterwards, or a proxy changes the write."
        )
    elif field:
        detail = f"Azure could not make sense of the SAS: its field {field} is missing, empty, damaged or out of order."
    else:
        detail = "Azure could not make sense of the SAS: a field is missing or damaged."
    return _new_token(detail)(case)


def _wrong_resource(case: Case) -> str:
    if case.code == "AuthorizationResourceTypeMismatch":
        asks = "c (containers)" if case.failure and case.failure.operation is Operation.LIST else "o (objects)"
        held = f" srt is {case.sas.get('srt')}." if case.sas.get("srt") else ""
        return f"The account SAS does not cover this kind of resource: srt lacks {asks}.{held}"
    held = f" (sr={case.sas.get('sr')})" if case.sas.get("sr") else ""
    return f"The SAS is made for a single blob or a folder{held}, and Planet works on the whole container."


def _policy_conflict(case: Case) -> Advice:
    name = case.sas.policy or POLICY
    return Advice(
        f"The SAS and its stored access policy {name} set the same field, and Azure refuses that.",
        Fix("Make the token with the policy's name alone.", (case.sas_command(policy_name=name),), GRANT),
        TOKEN,
    )


def _key_disabled(case: Case) -> Advice:
    delegation = case.delegation_command()
    if case.code == "AuthenticationFailed":
        return Advice(
            "Azure knows no such user delegation key as signed this SAS: it was revoked, or skoid, sktid, skt, ske or skv of the token were changed.",
            Fix("Make a new user delegation SAS, which a new key signs.", (delegation,), DELEGATED),
            TOKEN,
        )
    update = az("storage account update", name=case.account, allow_shared_key_access="true")
    return Advice(
        f"The account {case.account} does not allow access by account keys, and this SAS is signed with one.",
        Fix(
            "Allow key access for the account; or make a user delegation SAS, which no account key signs, but which lives for at most 7 days.",
            (update, delegation),
        ),
    )


def _denied(case: Case) -> Advice:
    sas, fix = case.sas, case.renewed(case.sas)
    if case.failure is None:
        return Advice(fix=fix)
    operation = case.failure.operation
    letter = LETTER[operation]
    detail = f"Azure recognised the SAS and refused to {operation} {case.object} in {case.container} of {case.account}"
    if sas.policy:
        detail += f": the stored access policy {sas.policy} does not grant {letter}."
        fix = case.policy_fix(f"Add {letter} to the policy", sas.get("si"), permissions=LETTERS)
    elif not sas.fields:
        detail += f": it does not grant {letter}, or whoever signed it has no data role on the container."
    elif letter not in sas.get("sp"):
        detail += f": its permissions are {sas.get('sp')}, without {letter}."
    elif sas.kind is TokenKind.DELEGATION:
        detail += (
            f" although sp holds {letter}: whoever signed it lacks a data role on the container, or was given one minutes ago. "
            "Storage Blob Data Contributor is enough."
        )
    else:
        detail += f" although sp holds {letter}: an access rule of the container or of its folders is in the way."
    consequence = {
        Operation.DELETE: " Planet would refuse this destination, and would leave planetverify.txt behind.",
        Operation.WRITE: " Planet would refuse this destination.",
    }
    detail += consequence.get(operation, " Planet's own check does not need it, but its documentation asks for it.")
    return Advice(detail, fix, TOKEN, evidence=sas.summary())


MAKERS: Final[Mapping[str, Maker]] = {
    **{f"{operation}-denied": _denied for operation in Operation},
    "multipart-denied": _new_token(
        "The SAS may not upload a file in blocks, which large deliveries need: that takes w, and c is not enough."
    ),
    "overwrite-denied": _new_token(
        "The SAS may create files and not overwrite them (c without w), and planetverify.txt is already there: Planet's check would be refused."
    ),
    "wrong-secret": _new_token(_signature),
    "sas-policy-missing": _policy,
    "sas-policy-conflict": _policy_conflict,
    "sas-expired": _ended,
    "sas-not-yet-valid": _early,
    "sas-expiration-policy": _expiration_policy,
    "sas-malformed": _malformed,
    "sas-not-a-sas": _new_token(
        "Azure checked an account key's signature: the value was used as an account key, or something on the way added a signature of its own."
    ),
    "sas-version-unsupported": _new_token("This cloud does not know the version of the SAS (sv)."),
    "sas-wrong-resource": _new_token(_wrong_resource),
    "sas-wrong-service": _new_token("The SAS is not for the Blob service."),
    "sas-ip-restricted": _new_token(
        "The SAS only works from certain addresses. Planet delivers from addresses of its own, so it would be refused as well."
    ),
    "key-disabled": _key_disabled,
}
