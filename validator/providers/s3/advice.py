"""What to say and what to do about each finding on an S3 store, with this bucket, user and key filled in."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from shlex import quote
from typing import Final

from validator.core.model import Confidence, Fix, Observation, Operation
from validator.core.quoting import quoted
from validator.providers.base import Advice, Failure, Wanted
from validator.providers.s3 import address_advice as address
from validator.providers.s3 import encryption_advice as encryption
from validator.providers.s3 import grants
from validator.providers.s3.errors import PERMISSIONS
from validator.providers.s3.regions import partition_of
from validator.providers.s3.rules import CALLS_CAP
from validator.providers.s3.subject import Subject
from validator.providers.s3.vendors import vendor_of

_ORGANISATIONS: Final = ("service control", "resource control")
"""Layers of policy that only the administrator of an AWS Organization changes."""
_NEEDS: Final = {**PERMISSIONS, Operation.LIST: "s3:ListBucket"}


def removal(subject: Subject, key: str, version: str | None) -> str:
    """The owner's command for one object, one version, (``upload:<id>``) one unfinished upload, or (``list:``) the look at its versions."""
    where = f"--bucket {quote(subject.bucket)} --key {quote(key)}"
    if version == "list:":
        return subject.cli(f"list-object-versions --bucket {quote(subject.bucket)} --prefix {quote(key)}")
    if version and version.startswith("upload:"):
        return subject.cli(f"abort-multipart-upload {where} --upload-id {quote(version.removeprefix('upload:'))}")
    return subject.cli(f"delete-object {where}" + (f" --version-id {quote(version)}" if version else ""))


def explain_finding(finding: str, subject: Subject) -> Advice:
    """The detail, the fix and the place in the request of one finding; empty for those that need nothing of ours."""
    known = _ADVICE.get(finding)
    return known(subject) if known else Advice()


# ---- refusals --------------------------------------------------------------------------------------------------------


def _denied(subject: Subject) -> Advice:
    failure = subject.failure
    if failure is None:
        return Advice()
    own = _NEEDS[failure.operation]
    action = subject.seen("action") or ("s3:AbortMultipartUpload" if failure.form else own)
    # AWS names the action, but a reason that is not known may be another one than a missing permission.
    # So may the lack of an action that is not this operation's own.
    other = action not in (own, "s3:*") and not failure.form
    doubt = Confidence.LIKELY if other or (subject.seen("because") and not subject.seen("decision")) else None
    fix = _undeny(subject, action) if subject.seen("decision") == "explicit" else _grant(subject, action, failure)
    detail = f"{_reason(subject, action, failure)} {_consequence(failure)}".rstrip()
    return Advice(detail, fix, evidence=subject.key_account, confidence=doubt)


def _silence(observation: Observation) -> str:
    message = observation.message.strip().rstrip(".!").lower()
    silent = message in ("", "access denied", "accessdenied", "forbidden", "access forbidden")
    if silent and not observation.evidence.get("details"):
        return "and does not say why."
    return f"and says only: {quoted(observation)}"


def _policy_of(layer: str) -> str:
    """The kind of policy, as a sentence calls it."""
    return layer if "boundary" in layer else f"{layer} policy".lstrip()


def _reason(subject: Subject, action: str, failure: Failure) -> str:
    layer, decision, because = subject.seen("layer"), subject.seen("decision"), subject.seen("because")
    resource = subject.seen("resource") or f"{subject.arn}/{failure.key}"
    if not subject.seen("action"):
        return f"The store refuses {action} on {subject.bucket} {_silence(failure.observation)}" + _plain(subject)
    if decision == "explicit":
        article = "the" if "boundary" in layer else "an" if layer == "identity-based" else "a"
        policy = subject.seen("policy_arn")
        more = ""
        if layer == "resource-based":
            more = " Look for conditions on addresses, TLS, encryption or organizations: they may also hold here and not at Planet."
        elif layer == "identity-based" and action == "s3:DeleteObject" and not policy:
            more = " If AWS believes that the key has leaked, its quarantine policy does exactly this."
        by = f"{article} {_policy_of(layer)}" + (f" ({policy})" if policy else "")
        return f"{subject.who} is denied {action} on {resource}: {by} says so.{more}"
    if decision == "implicit":
        return f"{subject.who} has no {_policy_of(layer)} that allows {action} on {resource}."
    return f"{subject.who} may not use {action} on {resource}{f': {because}' if because else ''}."


def _plain(subject: Subject) -> str:
    if subject.amazon:
        return (
            " AWS leaves the reason out where the key and the bucket belong to different organizations"
            + (f" (the key belongs to account {subject.account})" if subject.account else "")
            + ", and where the bucket asks the requester to pay."
        )
    vendor = vendor_of(subject.host.partition(":")[0])
    if vendor and vendor.name == "Cloudflare R2":
        return " R2 says the same of a bucket in another jurisdiction, whose endpoint has eu or fedramp in it."
    return ""


def _consequence(failure: Failure) -> str:
    if failure.form:
        return "Planet's check does not need it; large deliveries may, and their unfinished parts would stay and be billed."
    return {
        Operation.DELETE: "Planet would refuse this destination and leave planetverify.txt behind.",
        Operation.WRITE: "Planet could not write planetverify.txt, and would refuse this destination.",
        Operation.READ: "Planet's check does not read, but its documentation asks for this permission.",
    }.get(failure.operation, "")


def _grant(subject: Subject, action: str, failure: Failure) -> Fix:
    layer, who = subject.seen("layer"), subject.who
    if not subject.amazon:
        fitting = subject.seen("action") or "minio" in subject.seen("server").lower()
        return Fix(
            f"Let this key {failure.operation} objects in {subject.bucket} ({action}), in the store's console or policy.",
            grant=grants.identity_policy(subject.bucket, grants.ANY_REGION) if fitting else "",
        )
    policy = grants.identity_policy(subject.bucket, subject.region, Wanted(multipart=bool(failure.form)))
    if layer == "resource-based":
        return Fix(
            "Add this statement to the bucket policy (put-bucket-policy replaces the whole: fetch, merge, put), and allow the same "
            "in the user's own account.",
            (
                *grants.bucket_commands(subject.bucket)[:1],
                *((f"{grants.MAKE} --bucket-policy --for {quote(who)}",) if who.startswith("arn:") else ()),
            ),
            grants.bucket_policy(subject.bucket, subject.region, who),
        )
    if layer in _ORGANISATIONS:
        return Fix(f"Ask the administrator of the AWS Organization to allow {action} here: its {layer} policy decides.")
    if "boundary" in layer or layer == "session":
        return Fix(f"Allow {action} in the {_policy_of(layer)} as well.", _show(subject), policy)
    commands, user = subject.attach("--multipart" if failure.form else "")
    if layer == "identity-based":
        return Fix(f"Allow {action} for this user.{user}", commands, policy)
    return Fix(
        f"As the bucket's owner, ask AWS which policy decides, and allow {action} there.{user}{_numbered(subject)}",
        (*commands[:-2], *_simulate(subject), *commands[-2:]),
        policy,
    )


def _undeny(subject: Subject, action: str) -> Fix:
    """Where something denies, no further grant helps: only what changes the denial does."""
    layer = subject.seen("layer")
    kind, name = grants.named(subject.principal)
    if not subject.amazon:
        return Fix(
            f"Find the policy of the store that denies {action}, and take the denial out of it or this key out of the denial."
        )
    if layer == "resource-based":
        return Fix(
            "Add this condition to the statement of the bucket policy that denies, so that it spares Planet's user.",
            grants.bucket_commands(subject.bucket)[:1],
            grants.exemption(subject.who),
        )
    if layer in _ORGANISATIONS:
        return Fix(
            f"Ask the administrator of the AWS Organization for an exception from the {layer} policy that denies {action}."
        )
    if layer == "identity-based" and name:
        return Fix(
            "Find the policy that denies, and take the denial out or the key out of it.",
            (
                f"aws iam list-attached-{kind}-policies --{kind}-name {quote(name)}",
                f"aws iam list-{kind}-policies --{kind}-name {quote(name)}",
            ),
        )
    if "boundary" in layer:
        return Fix(f"Take the denial of {action} out of the {layer}, or give this user another one.", _show(subject))
    if layer == "session":
        return Fix(f"Take the denial of {action} out of the session policy, or use a key that has none.")
    question, user = ((), "") if subject.principal else ((grants.whose(subject.access_key),), f" {grants.WHOSE}")
    return Fix(
        f"Find the policy that denies {action}: no further grant can outweigh it.{user}{_numbered(subject)}",
        (*question, *_simulate(subject)),
    )


def _show(subject: Subject) -> tuple[str, ...]:
    """The command that shows the user or role that the refusal names."""
    kind, name = grants.named(subject.principal)
    return (f"aws iam get-{kind} --{kind}-name {quote(name)}",) if name else ()


def _numbered(subject: Subject) -> str:
    """What to say beside the commands of :func:`_simulate`."""
    return "" if subject.principal or subject.account else " ACCOUNT is the number that the second command prints."


def _simulate(subject: Subject) -> tuple[str, ...]:
    unnamed = f"arn:{partition_of(subject.region).name}:iam::{subject.account or 'ACCOUNT'}:user/USER"
    number = f"aws sts get-access-key-info --access-key-id {quote(subject.access_key)} --query Account --output text"
    simulate = (
        f"aws iam simulate-principal-policy --policy-source-arn {quote(subject.principal or unnamed)} "
        f"--action-names {' '.join(grants.NEEDED)} --resource-arns {quote(f'{subject.arn}/planetverify.txt')}"
    )
    return (number, simulate) if _numbered(subject) else (simulate,)


# ---- everything else -------------------------------------------------------------------------------------------------


def _quarantined(subject: Subject) -> Advice:
    _, name = grants.named(subject.principal)
    user = quote(name) if name else "USER"
    questions = () if name else (grants.whose(subject.access_key),)
    policy = subject.seen("policy_arn")
    return Advice(
        f"AWS believes that this key has leaked, and has attached {policy.rpartition('/')[2]} to {subject.who}: it may still write, "
        "and may no longer delete. Planet would leave planetverify.txt behind.",
        Fix(
            "Treat the key as public: make a new one, delete this one, look at what it did, and only then detach the policy."
            + (f" {grants.WHOSE}" if questions else ""),
            (
                *questions,
                f"aws iam create-access-key --user-name {user}",
                f"aws iam delete-access-key --user-name {user} --access-key-id {quote(subject.access_key)}",
                f"aws iam detach-user-policy --user-name {user} --policy-arn {quote(policy)}",
            ),
        ),
        subject.pointers["key"],
        subject.key_account,
    )


def _retention(subject: Subject) -> Advice:
    bucket = quote(subject.bucket)
    return Advice(
        f"Object lock or retention keeps what is written: the verification file could not be removed before its time.{subject.says}",
        Fix(
            "Deliver into a bucket without default retention, or lift it.",
            (subject.cli(f"get-object-lock-configuration --bucket {bucket}"),),
        ),
        subject.pointers["bucket"],
    )


def _network(subject: Subject) -> Advice:
    action, words = subject.seen("action"), (subject.failure.words if subject.failure else "") or ""
    where = Fix(
        "Run the check from a network that does not go through this VPC endpoint.", ("curl https://checkip.amazonaws.com",)
    )
    if subject.seen("layer") == "VPC endpoint" or "vpc" in words.lower():
        return Advice(
            f"A VPC endpoint on the way from here refuses {action or 'the request'}.{'' if action else subject.says} That is the way from here, not from Planet.",
            where,
            confidence=Confidence.LIKELY,
        )
    return Advice(
        f"A network rule of the store refuses the request by where it comes from.{subject.says} Planet's requests come from elsewhere: whether "
        "the rule lets them in was not seen.",
        Fix("Check from an address that the rule lets in, and make sure that it lets Planet's in as well.", where.commands),
        confidence=Confidence.LIKELY,
    )


def _requester(subject: Subject) -> Advice:
    return Advice(
        f"{subject.bucket} asks whoever requests to pay, and Planet has no parameter to agree to that.",
        Fix(
            "Let the bucket's owner pay, or deliver into another bucket.",
            (
                f"aws s3api put-bucket-request-payment --bucket {quote(subject.bucket)} --request-payment-configuration Payer=BucketOwner",
            ),
        ),
    )


def _versions(subject: Subject) -> Advice:
    if not subject.amazon:
        return Advice()
    from validator.providers.s3.leftovers import lifecycle

    return Advice(
        fix=Fix(
            "Allow the removal of this one file's versions, or let lifecycle rules like these clear them away "
            "(put-bucket-lifecycle-configuration replaces all rules: merge first).",
            (f"aws s3api list-object-versions --bucket {quote(subject.bucket)} --prefix planetverify.txt",),
            lifecycle(),
        )
    )


def _lingering(subject: Subject) -> Advice:
    from validator.providers.s3.leftovers import RULE, lifecycle

    command = subject.cli(f"get-bucket-lifecycle-configuration --bucket {quote(subject.bucket)}")
    return Advice(fix=Fix(RULE, (command,), lifecycle()))


def _kept_as_it_is(subject: Subject) -> Advice:
    if "storage.objects.delete" in subject.seen("details"):
        return Advice(
            f"A write over a file that is there already takes the permission to delete as well, which this key lacks.{subject.says}",
            Fix(f"Grant the key's account storage.objects.delete on {subject.bucket}, and remove the file that lies there."),
        )
    return Advice(
        f"{subject.bucket} takes no write over a file that is there already.{subject.says}",
        Fix("Lift the bucket's rule against overwriting, and remove the file that lies there."),
        subject.pointers["bucket"],
    )


def _full(subject: Subject) -> Advice:
    failure = subject.failure
    if failure is None or re.search(CALLS_CAP, failure.words or failure.observation.message, re.IGNORECASE) is None:
        return Advice()
    return Advice(
        f"A cap that the account's owner has set on calls or downloads is used up: space was not the question.{subject.says}",
        Fix(
            "Raise that cap on the vendor's page, such as Backblaze's Caps & Alerts, or wait until its day is over and check again."
        ),
    )


_ADVICE: Final[Mapping[str, Callable[[Subject], Advice]]] = {
    **dict.fromkeys(("write-denied", "read-denied", "delete-denied", "multipart-denied", "organization-policy"), _denied),
    "unknown-access-key": address.unknown_key,
    "wrong-secret": address.wrong_secret,
    "wrong-region": address.wrong_region,
    "wrong-addressing-style": address.wrong_style,
    "bucket-not-found": address.no_bucket,
    "bucket-name-invalid": address.bucket_name,
    "bucket-or-permission-missing": address.all_refused,
    "request-altered": address.altered,
    "endpoint-invalid": address.endpoint_invalid,
    "endpoint-contains-bucket": address.endpoint_contains_bucket,
    "key-quarantined": _quarantined,
    "encryption-key-denied": encryption.key_denied,
    "encryption-key-unavailable": encryption.key_unavailable,
    "encryption-header-required": encryption.header_required,
    "retention-locked": _retention,
    "network-restricted": _network,
    "requester-pays": _requester,
    "storage-full": _full,
    "versions-remain": _versions,
    "lingering-file": _lingering,
    "overwrite-denied": _kept_as_it_is,
    "not-object-storage": address.not_storage,
}
