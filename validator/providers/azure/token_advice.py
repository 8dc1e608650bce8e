"""What to tell whoever made a SAS: what is wrong with it, and how to make one of the same kind that is right."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Final

from validator.core.model import Fix, Operation
from validator.providers.azure import grants
from validator.providers.azure.case import DELEGATED, SOON, TOKEN, Case
from validator.providers.azure.grants import GRANT, LETTERS, az
from validator.providers.azure.sas import TokenKind
from validator.providers.base import Advice

Maker = Callable[[Case], Advice]


def _signature(case: Case) -> Advice:
    if not case.seen("field") and "did not match" not in case.message and case.code == "AuthenticationFailed" and case.failure:
        detail = (
            "Azure does not accept the SAS, and does not say why: its signature, its dates or one of its fields is wrong for "
            f"{case.container} in {case.account}."
        )
        return Advice(detail, case.new_token, TOKEN)
    key = (
        "the user delegation key that signed it was revoked"
        if case.sas.kind is TokenKind.DELEGATION
        else "its account key was renewed since"
    )
    detail = (
        f"Azure computed another signature for {case.container} in {case.account}. The SAS was made for another container or account, "
        f"{key}, its version (sv) is not the one it was signed for, or a character of it was changed on the way."
    )
    return Advice(detail, case.new_token, TOKEN)


def _policy(case: Case) -> Advice:
    name = case.sas.get("si")[:64] or "planet"
    create, _ = grants.policy_commands(case.account, case.container, case.options, name=name)
    detail = (
        f"The SAS names the stored access policy {name}, and the container {case.container} has none of that name: it was revoked, "
        "it has ended, or it was made less than 30 seconds ago."
    )
    return Advice(
        detail, Fix(f"Make the policy again under its old name; the token stays as it is. {SOON}", (create,), GRANT), TOKEN
    )


def _token(sentence: str) -> Maker:
    return lambda case: Advice(sentence, case.new_token, TOKEN)


def _ended(case: Case) -> Advice:
    when = f" on {case.seen('expiry')}" if case.seen("expiry") else ""
    if case.seen("frame"):
        detail = f"The user delegation key that signed the SAS ended{when} (ske), whatever the SAS itself says (se)."
    elif case.sas.kind is TokenKind.POLICY and not case.sas.get("se"):
        name = case.sas.get("si")[:64]
        update = grants.policy_update(case.account, case.container, name, expiry=grants.next_year(case.options))
        detail = f"Azure says that the stored access policy {name}, which sets the end of this SAS, ended{when}."
        return Advice(detail, Fix(f"Prolong the policy; the token stays as it is. {SOON}", (update,), GRANT), TOKEN)
    else:
        detail = f"Azure says that the SAS ended{when}."
    return Advice(detail, case.new_token, TOKEN)


def _early(case: Case) -> Advice:
    start, current = case.seen("start"), case.seen("current")
    when = f": it begins on {start}, and the request came on {current}" if start and current else ""
    what = (
        "The user delegation key that signed the SAS is not valid yet (skt)"
        if case.seen("frame")
        else "The SAS is not valid yet"
    )
    summary = (
        "Wait until it begins. If that is only seconds or minutes away, the clock of the machine that made it is ahead of Azure's: "
        "set it, and leave st out of the next token."
    )
    return Advice(f"{what}{when}.", Fix(summary, case.new_token.commands, case.new_token.grant), TOKEN)


def _expiration_policy(case: Case) -> Advice:
    show = az("storage account show", name=case.account, query="sasPolicy")
    start = (case.options.clock() - timedelta(minutes=15)).strftime("%Y-%m-%dT%H:%MZ")
    if case.sas.kind is TokenKind.DELEGATION:
        make = grants.delegation_command(case.account, case.container, case.options, start=start)
    else:
        make = grants.token_command(case.account, case.container, case.options, start=start, expiry="END")
    missing = "it has no start (st)" if "no signed start" in case.message else "its start or its end is not within it"
    return Advice(
        f"The account {case.account} has a SAS expiration policy that blocks whatever does not keep it, and this SAS does not: {missing}. "
        "A new token without a start would be refused in the same way.",
        Fix(
            "Look up the longest time that the policy allows (sasExpirationPeriod), then make a SAS with a start, and an END no later than that "
            "after it. It has to be renewed as often; or let the account's owner lengthen the period.",
            (show, make),
        ),
        TOKEN,
    )


def _malformed(case: Case) -> Advice:
    field = case.seen("field") or case.seen("queryparametername")
    if "must be specified in signature or SAS identifier" in case.message:
        name = case.sas.get("si")[:64] or grants.POLICY
        both = {"permissions": LETTERS, "expiry": grants.next_year(case.options)}
        update = grants.policy_update(case.account, case.container, name, **both)
        detail = f"Neither the SAS nor its stored access policy {name} says what Azure misses: {case.message.rpartition('signature. ')[2]}"
        return Advice(detail, Fix(f"Set both in the policy; the token stays as it is. {SOON}", (update,), GRANT), TOKEN)
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
    return Advice(detail, case.new_token, TOKEN)


def _wrong_resource(case: Case) -> Advice:
    if case.code == "AuthorizationResourceTypeMismatch":
        asks = "c (containers)" if case.failure and case.failure.operation is Operation.LIST else "o (objects)"
        held = f" srt is {case.sas.get('srt')}." if case.sas.get("srt") else ""
        detail = f"The account SAS does not cover this kind of resource: srt lacks {asks}.{held}"
    else:
        held = f" (sr={case.sas.get('sr')})" if case.sas.get("sr") else ""
        detail = f"The SAS is made for a single blob or a folder{held}, and Planet works on the whole container."
    return Advice(detail, case.new_token, TOKEN)


def _policy_conflict(case: Case) -> Advice:
    name = case.sas.get("si")[:64] or grants.POLICY
    command = grants.sas_command(case.account, case.container, policy_name=name)
    return Advice(
        f"The SAS and its stored access policy {name} set the same field, and Azure refuses that.",
        Fix("Make the token with the policy's name alone.", (command,), GRANT),
        TOKEN,
    )


def _key_disabled(case: Case) -> Advice:
    if case.code == "AuthenticationFailed":
        return Advice(
            "Azure knows no such user delegation key as signed this SAS: it was revoked, or skoid, sktid, skt, ske or skv of the token were changed.",
            Fix(
                "Make a new user delegation SAS, which a new key signs.",
                (grants.delegation_command(case.account, case.container, case.options),),
                DELEGATED,
            ),
            TOKEN,
        )
    update = az("storage account update", name=case.account, allow_shared_key_access="true")
    return Advice(
        f"The account {case.account} does not allow access by account keys, and this SAS is signed with one.",
        Fix(
            "Allow key access for the account; or make a user delegation SAS, which no account key signs, but which lives for at most 7 days.",
            (update, grants.delegation_command(case.account, case.container, case.options)),
        ),
    )


def _overwrite(case: Case) -> Advice:
    detail = (
        "The SAS may create files and not overwrite them (c without w), and planetverify.txt is already there: "
        "Planet's check would be refused."
    )
    return Advice(detail, case.new_token, TOKEN)


def _blocks(case: Case) -> Advice:
    detail = "The SAS may not upload a file in blocks, which large deliveries need: that takes w, and c is not enough."
    return Advice(detail, case.new_token, TOKEN)


def _denied(case: Case) -> Advice:
    if case.failure is None:
        return Advice(fix=case.new_token)
    sas, operation = case.sas, case.failure.operation
    letter = {Operation.WRITE: "w", Operation.READ: "r", Operation.LIST: "l", Operation.DELETE: "d"}[operation]
    detail = f"Azure recognised the SAS and refused to {operation} {case.key} in {case.container} of {case.account}"
    fix = case.new_token
    if sas.get("si"):
        detail += f": the stored access policy {sas.get('si')[:64]} does not grant {letter}."
        update = grants.policy_update(case.account, case.container, sas.get("si"), permissions=LETTERS)
        fix = Fix(f"Add {letter} to the policy; the token stays as it is. {SOON}", (update,), GRANT)
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
    "write-denied": _denied,
    "read-denied": _denied,
    "list-denied": _denied,
    "delete-denied": _denied,
    "multipart-denied": _blocks,
    "overwrite-denied": _overwrite,
    "wrong-secret": _signature,
    "sas-policy-missing": _policy,
    "sas-policy-conflict": _policy_conflict,
    "sas-expired": _ended,
    "sas-not-yet-valid": _early,
    "sas-expiration-policy": _expiration_policy,
    "sas-malformed": _malformed,
    "sas-not-a-sas": _token(
        "Azure checked an account key's signature: the value was used as an account key, or something on the way added a signature of its own."
    ),
    "sas-version-unsupported": _token("This cloud does not know the version of the SAS (sv)."),
    "sas-wrong-resource": _wrong_resource,
    "sas-wrong-service": _token("The SAS is not for the Blob service."),
    "sas-ip-restricted": _token(
        "The SAS only works from certain addresses. Planet delivers from addresses of its own, so it would be refused as well."
    ),
    "key-disabled": _key_disabled,
}
