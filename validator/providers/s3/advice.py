"""What to say and what to do about each finding on an S3 store, with this bucket, user and key filled in."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from shlex import quote
from typing import Final

from validator.core.model import Confidence, Fix, Operation
from validator.core.quoting import quoted
from validator.providers.base import Advice, Failure
from validator.providers.s3 import address_advice as address
from validator.providers.s3 import encryption_advice as encryption
from validator.providers.s3 import grants
from validator.providers.s3.errors import account_of
from validator.providers.s3.regions import partition_of
from validator.providers.s3.rules import CALLS_CAP
from validator.providers.s3.subject import Subject
from validator.providers.s3.vendors import vendor_of

_ORGANISATIONS: Final = ("service control", "resource control")
"""Layers of policy that only the administrator of an AWS Organization changes."""
_NEEDS: Final = {
    Operation.WRITE: "s3:PutObject",
    Operation.READ: "s3:GetObject",
    Operation.DELETE: "s3:DeleteObject",
    Operation.LIST: "s3:ListBucket",
}


def removal(subject: Subject, key: str, version: str | None) -> str:
    """The owner's command for one object, one version, (``upload:<id>``) one unfinished upload, or (``list:``) the look at its versions."""
    where = f"--bucket {quote(subject.bucket)} --key {quote(key)}"
    if version == "list:":
        return subject.cli(f"list-object-versions --bucket {quote(subject.bucket)} --prefix {quote(key)}")
    if version and version.startswith("upload:"):
        return subject.cli(f"abort-multipart-upload {where} --upload-id {quote(version.removeprefix('upload:'))}")
    return subject.cli(f"delete-object {where}" + (f" --version-id {quote(version)}" if version else ""))


def explain_finding(finding: str, subject: Subject, failure: Failure | None) -> Advice:
    """The detail, the fix and the place in the request of one finding; empty for those that need nothing of ours."""
    if (
        finding in ("write-denied", "read-denied", "delete-denied", "multipart-denied", "organization-policy")
        and failure is not None
    ):
        return _denied(subject, failure)
    known = _ADVICE.get(finding)
    return known(subject, failure) if known else Advice()


# ---- refusals --------------------------------------------------------------------------------------------------------


def _denied(subject: Subject, failure: Failure) -> Advice:
    evidence = address.evidence_of(failure)
    action = evidence.get("action") or ("s3:AbortMultipartUpload" if failure.form else _NEEDS[failure.operation])
    resource = evidence.get("resource") or f"{subject.arn}/{failure.key}"
    detail = " ".join(filter(None, [_reason(subject, failure, action, resource), _consequence(failure)]))
    # AWS names the action, but a reason that is not known may be another one than a missing permission.
    # So may the lack of an action that is not this operation's own.
    other = action not in (_NEEDS[failure.operation], "s3:*") and not failure.form
    doubt = Confidence.LIKELY if other or (evidence.get("because") and not evidence.get("decision")) else None
    return Advice(detail, _grant(subject, evidence, action, failure), evidence=address.key_account(subject), confidence=doubt)


def _silence(failure: Failure) -> str:
    message = failure.observation.message.strip().rstrip(".!").lower()
    if message in ("", "access denied", "accessdenied", "forbidden", "access forbidden") and not address.evidence_of(
        failure
    ).get("details"):
        return "and does not say why."
    return f"and says only: {quoted(failure.observation)}"


def _reason(subject: Subject, failure: Failure, action: str, resource: str) -> str:
    evidence = address.evidence_of(failure)
    who, layer = address.who(evidence), evidence.get("layer", "")
    if not evidence.get("action"):
        return f"The store refuses {action} on {subject.bucket} {_silence(failure)}" + _plain(subject)
    if evidence.get("decision") == "explicit":
        by = f"a {layer} policy" if layer and "boundary" not in layer else (f"the {layer}" if layer else "a policy")
        by = by.replace("a identity", "an identity")
        named = f" ({evidence['policy_arn']})" if evidence.get("policy_arn") else ""
        more = ""
        if layer == "resource-based":
            more = " Look for conditions on addresses, TLS, encryption or organizations: they may also hold here and not at Planet."
        elif layer == "identity-based" and action == "s3:DeleteObject" and not named:
            more = " If AWS believes that the key has leaked, its quarantine policy does exactly this."
        return f"{who} is denied {action} on {resource}: {by}{named} says so.{more}"
    if evidence.get("decision") == "implicit":
        return f"{who} has no {layer}{'' if 'boundary' in layer else ' policy'} that allows {action} on {resource}."
    because = f": {evidence['because']}" if evidence.get("because") else ""
    return f"{who} may not use {action} on {resource}{because}."


def _plain(subject: Subject) -> str:
    if subject.amazon:
        account = account_of(subject.access_key)
        return (
            " AWS leaves the reason out where the key and the bucket belong to different organizations"
            + (f" (the key belongs to account {account})" if account else "")
            + ", and where the bucket asks the requester to pay."
        )
    vendor = vendor_of(subject.endpoint.partition("://")[2].partition("/")[0].partition(":")[0])
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


def _grant(subject: Subject, evidence: Mapping[str, str], action: str, failure: Failure) -> Fix:
    if evidence.get("decision") == "explicit":
        return _undeny(subject, evidence, action)
    layer, who = evidence.get("layer", ""), address.who(evidence)
    if not subject.amazon:
        fitting = evidence.get("action") or "minio" in evidence.get("server", "").lower()
        return Fix(
            f"Let this key {failure.operation} objects in {subject.bucket} ({action}), in the store's console or policy.",
            grant=grants.identity_policy(subject.bucket, "us-east-1") if fitting else "",
        )
    policy = grants.identity_policy(subject.bucket, subject.region, multipart=bool(failure.form))
    more = "--multipart" if failure.form else ""
    if layer == "identity-based":
        commands, user = grants.attach_to(evidence.get("principal", ""), subject.access_key, subject.bucket, more)
        return Fix(f"Allow {action} for this user.{user}", commands, policy)
    if layer == "resource-based":
        return Fix(
            "Add this statement to the bucket policy (put-bucket-policy replaces the whole: fetch, merge, put), and allow the same "
            "in the user's own account.",
            (
                _bucket_policy(subject),
                *((f"{grants.MAKE} --bucket-policy --for {quote(who)}",) if who.startswith("arn:") else ()),
            ),
            grants.bucket_policy(subject.bucket, subject.region, who),
        )
    if layer in _ORGANISATIONS:
        return Fix(f"Ask the administrator of the AWS Organization to allow {action} here: its {layer} policy decides.")
    kind, name = grants.named(evidence.get("principal", ""))
    if "boundary" in layer or layer == "session":
        command = (f"aws iam get-{kind} --{kind}-name {quote(name)}",) if name else ()
        return Fix(f"Allow {action} in the {layer}{'' if 'boundary' in layer else ' policy'} as well.", command, policy)
    commands, user = grants.attach_to(evidence.get("principal", ""), subject.access_key, subject.bucket, more)
    questions = commands[:-2]
    return Fix(
        f"As the bucket's owner, ask AWS which policy decides, and allow {action} there.{user}{_numbered(subject, evidence)}",
        (*questions, *_simulate(subject, evidence), *commands[-2:]),
        policy,
    )


def _undeny(subject: Subject, evidence: Mapping[str, str], action: str) -> Fix:
    """Where something denies, no further grant helps: only what changes the denial does."""
    layer, who = evidence.get("layer", ""), address.who(evidence)
    kind, name = grants.named(evidence.get("principal", ""))
    if not subject.amazon:
        return Fix(
            f"Find the policy of the store that denies {action}, and take the denial out of it or this key out of the denial."
        )
    if layer == "resource-based":
        return Fix(
            "Add this condition to the statement of the bucket policy that denies, so that it spares Planet's user.",
            (_bucket_policy(subject),),
            grants.exemption(who),
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
        command = (f"aws iam get-{kind} --{kind}-name {quote(name)}",) if name else ()
        return Fix(f"Take the denial of {action} out of the {layer}, or give this user another one.", command)
    if layer == "session":
        return Fix(f"Take the denial of {action} out of the session policy, or use a key that has none.")
    known = bool(evidence.get("principal"))
    return Fix(
        f"Find the policy that denies {action}: no further grant can outweigh it."
        f"{'' if known else f' {grants.WHOSE}'}{_numbered(subject, evidence)}",
        (*(() if known else (grants.whose(subject.access_key),)), *_simulate(subject, evidence)),
    )


def _numbered(subject: Subject, evidence: Mapping[str, str]) -> str:
    """What to say beside the commands of :func:`_simulate`."""
    whose = evidence.get("principal") or account_of(subject.access_key)
    return "" if whose else " ACCOUNT is the number that the second command prints."


def _simulate(subject: Subject, evidence: Mapping[str, str]) -> tuple[str, ...]:
    unnamed = f"arn:{partition_of(subject.region).name}:iam::{account_of(subject.access_key) or 'ACCOUNT'}:user/USER"
    number = f"aws sts get-access-key-info --access-key-id {quote(subject.access_key)} --query Account --output text"
    simulate = (
        f"aws iam simulate-principal-policy --policy-source-arn {quote(evidence.get('principal') or unnamed)} "
        f"--action-names {' '.join(grants.NEEDED)} --resource-arns {quote(f'{subject.arn}/planetverify.txt')}"
    )
    return (number, simulate) if _numbered(subject, evidence) else (simulate,)


def _bucket_policy(subject: Subject) -> str:
    return f"aws s3api get-bucket-policy --bucket {quote(subject.bucket)} --query Policy --output text"


# ---- everything else -------------------------------------------------------------------------------------------------


def _quarantined(subject: Subject, failure: Failure | None) -> Advice:
    evidence = address.evidence_of(failure)
    _, name = grants.named(evidence.get("principal", ""))
    user = quote(name) if name else "USER"
    questions = () if name else (grants.whose(subject.access_key),)
    policy = evidence.get("policy_arn", "")
    return Advice(
        f"AWS believes that this key has leaked, and has attached {policy.rpartition('/')[2]} to {address.who(evidence)}: it may still write, "
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
        address.key_account(subject),
    )


def _retention(subject: Subject, failure: Failure | None) -> Advice:
    bucket = quote(subject.bucket)
    return Advice(
        f"Object lock or retention keeps what is written: the verification file could not be removed before its time.{address.says(failure)}",
        Fix(
            "Deliver into a bucket without default retention, or lift it.",
            (subject.cli(f"get-object-lock-configuration --bucket {bucket}"),),
        ),
        subject.pointers["bucket"],
    )


def _network(subject: Subject, failure: Failure | None) -> Advice:
    del subject
    evidence = address.evidence_of(failure)
    where = Fix(
        "Run the check from a network that does not go through this VPC endpoint.", ("curl https://checkip.amazonaws.com",)
    )
    if evidence.get("layer") == "VPC endpoint" or "vpc" in ((failure.words if failure else "") or "").lower():
        return Advice(
            f"A VPC endpoint on the way from here refuses {evidence.get('action', 'the request')}.{'' if evidence.get('action') else address.says(failure)} That is the way from here, not from Planet.",
            where,
            confidence=Confidence.LIKELY,
        )
    return Advice(
        f"A network rule of the store refuses the request by where it comes from.{address.says(failure)} Planet's requests come from elsewhere: whether "
        "the rule lets them in was not seen.",
        Fix("Check from an address that the rule lets in, and make sure that it lets Planet's in as well.", where.commands),
        confidence=Confidence.LIKELY,
    )


def _requester(subject: Subject, failure: Failure | None) -> Advice:
    del failure
    return Advice(
        f"{subject.bucket} asks whoever requests to pay, and Planet has no parameter to agree to that.",
        Fix(
            "Let the bucket's owner pay, or deliver into another bucket.",
            (
                f"aws s3api put-bucket-request-payment --bucket {quote(subject.bucket)} --request-payment-configuration Payer=BucketOwner",
            ),
        ),
    )


def _versions(subject: Subject, failure: Failure | None) -> Advice:
    del failure
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


def _lingering(subject: Subject, failure: Failure | None) -> Advice:
    del failure
    from validator.providers.s3.leftovers import RULE, lifecycle

    command = subject.cli(f"get-bucket-lifecycle-configuration --bucket {quote(subject.bucket)}")
    return Advice(fix=Fix(RULE, (command,), lifecycle()))


def _kept_as_it_is(subject: Subject, failure: Failure | None) -> Advice:
    if "storage.objects.delete" in address.evidence_of(failure).get("details", ""):
        return Advice(
            f"A write over a file that is there already takes the permission to delete as well, which this key lacks.{address.says(failure)}",
            Fix(f"Grant the key's account storage.objects.delete on {subject.bucket}, and remove the file that lies there."),
        )
    return Advice(
        f"{subject.bucket} takes no write over a file that is there already.{address.says(failure)}",
        Fix("Lift the bucket's rule against overwriting, and remove the file that lies there."),
        subject.pointers["bucket"],
    )


def _full(subject: Subject, failure: Failure | None) -> Advice:
    del subject
    words = (failure.words or failure.observation.message) if failure else ""
    if re.search(CALLS_CAP, words, re.IGNORECASE) is None:
        return Advice()
    return Advice(
        f"A cap that the account's owner has set on calls or downloads is used up: space was not the question.{address.says(failure)}",
        Fix(
            "Raise that cap on the vendor's page, such as Backblaze's Caps & Alerts, or wait until its day is over and check again."
        ),
    )


_ADVICE: Final[Mapping[str, Callable[[Subject, Failure | None], Advice]]] = {
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
