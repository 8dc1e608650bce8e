"""What to do about a finding on Google Cloud Storage: sentences about this bucket, and commands for it that can be pasted."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping
from typing import Final

from validator.core.model import Confidence, Fix, Kind, Operation
from validator.providers.base import Advice, Failure, Options
from validator.providers.gcs import grants
from validator.providers.gcs.case import Case
from validator.providers.gcs.encoding import key_of
from validator.providers.gcs.parameters import PERMISSIONS, GoogleParameters

_ENCODE: Final = ("base64 -w0 key.json  # on macOS: base64 -i key.json",)


def grant(case: Case) -> tuple[str, ...]:
    """The least predefined role, on the bucket alone."""
    return (grants.binding(case.bucket, case.email),)


def explain_finding(finding: str, parameters: GoogleParameters, failure: Failure | None, options: Options) -> Advice:
    """Sentences and gcloud commands for this bucket and this account."""
    del options
    return said_of(finding, Case(failure, parameters.bucket, key_of(parameters.credentials)))


def said_of(finding: str, case: Case) -> Advice:
    """The advice for a finding; an empty one where the catalog's own words say it all."""
    make = _TEXTS.get(finding)
    return make(case) if make else Advice()


def _denied(permission: str, sentence: str) -> Callable[[Case], Advice]:
    def make(case: Case) -> Advice:
        named = case.seen("permission")
        if named and not named.startswith("storage.objects."):
            # None of the bucket's objects: a grant on the bucket would change nothing.
            return Advice(
                f"Google refused {case.object} in gs://{case.bucket} because {case.principal} lacks {named}.",
                Fix("Grant the permission that Google names, where Google names it."),
                confidence=Confidence.LIKELY,
            )
        lacks = f"it lacks {named or permission} there" if named or case.failure is None else "Google names no permission"
        detail = sentence.format(who=case.principal, bucket=case.bucket, object=case.object, lacks=lacks)
        if case.key and case.principal != case.email:
            detail += f" Note that Google sees {case.principal} here, not the {case.email} of the key file."
        summary = f"Grant {grants.PREDEFINED} on the bucket to {case.email}. It takes effect within minutes."
        return Advice(detail, Fix(summary, grant(case), grants.custom_role()))

    return make


def _overwrite(case: Case) -> Advice:
    return Advice(
        f"{case.object} lies in gs://{case.bucket}, and {case.principal} may not write over it: on Google an overwrite needs "
        "storage.objects.delete. Planet's own write of its verification file would be refused in the same way.",
        Fix(
            "Grant delete as well, then have somebody who may delete remove the file that lies there.",
            (*grant(case), f"gcloud storage rm {case.address}"),
            grants.custom_role(),
        ),
    )


def _key_disabled(case: Case) -> Advice:
    identifier = case.key.key_id if case.key else ""
    which = f" The key's id begins with {identifier[:8]}." if re.fullmatch(r"[0-9a-f]{40}", identifier) else ""
    return Advice(
        f"Google does not accept what this key signs for {case.email}: the key was deleted or disabled, has expired, or is not a key of this account.{which} "
        "A key that was made in the last minute may need a moment.",
        Fix(
            "List the account's keys; enable this one, or make a new one and give Planet that.",
            (case.keys("list"), case.keys("create key.json")),
        ),
        "/parameters/credentials",
    )


def _account_disabled(case: Case) -> Advice:
    code = case.code
    of_account = code == "ACCOUNT_STATE_INVALID" or re.match(r"(?i)(?:the )?service account\b", case.message)
    if case.failure and not of_account and code not in ("invalid_grant", "deleted_client", "disabled_client", "access_denied"):
        return _billing(case)
    gone = {"deleted_client": "it was deleted", "disabled_client": "it was disabled"}.get(
        code, "it was deleted or disabled, or its address was changed in the key file"
    )
    return Advice(
        f"Google knows no active service account {case.email}: {gone}.",
        Fix(
            "Look the account up and enable it; a deleted one can be restored for 30 days by its unique id.",
            (f"gcloud iam service-accounts describe {case.who}", f"gcloud iam service-accounts enable {case.who}"),
        ),
        "/parameters/credentials",
    )


def _clock(case: Case) -> Advice:  # noqa: ARG001 - one signature for all
    return Advice(
        "Google refuses the signature because of its time: the clock of this machine is wrong. That says nothing about Planet, whose clock is its own.",
        Fix("Set this machine's clock (NTP), then check again.", ("timedatectl status",)),
    )


def _bucket_missing(case: Case) -> Advice:
    return Advice(
        f"Google knows no bucket {case.bucket}. Bucket names are the same for all of Google Cloud, so a slip in the name or a deleted bucket is the cause, never the project.",
        Fix("Correct the name, or create the bucket.", (case.describe,)),
        "/parameters/bucket",
    )


def _held(case: Case) -> Advice:
    return Advice(
        f"A hold keeps {case.object} in gs://{case.bucket}: nobody can delete it or write over it until the hold is removed.",
        Fix(
            "Remove the hold from the file, and the bucket's default of holding new objects if it has one.",
            (
                f"gcloud storage objects update {case.address} --no-event-based-hold --no-temporary-hold",
                case.update("--no-default-event-based-hold"),
            ),
        ),
        "/parameters/bucket",
    )


def _retained(case: Case) -> Advice:
    until = case.seen("until")
    return Advice(
        f"A retention rule keeps {case.object} in gs://{case.bucket}{f' until {until}' if until else ''}: "
        "Planet deletes its verification file at once, and could not. The permissions are not the cause.",
        Fix(
            "Remove the bucket's retention period if it is not locked; otherwise give Planet another bucket.",
            (case.update("--clear-retention-period"),),
        ),
        "/parameters/bucket",
    )


def _network(case: Case) -> Advice:
    identifier = case.seen("perimeter_refusal")
    named = f" (the refusal has the identifier {identifier})" if identifier else ""
    blocked = case.code == "countryBlocked"
    if "IP filtering" in case.message or blocked:
        rule = "a rule about this machine's country" if blocked else "an IP filter of the bucket"
        return Advice(
            f"gs://{case.bucket} does not let this machine in: {rule} refuses it. Planet calls from its own network, so this says nothing yet about Planet.",
            Fix("Check again from a network that is let in, and let Planet's delivery network in as well.", (case.describe,)),
        )
    return Advice(
        f"gs://{case.bucket} lies inside a VPC Service Controls perimeter, and this request came from outside{named}. The same account asked, so no rule "
        "of the perimeter admits the account itself. Planet calls from outside as well: it is refused too, unless an access level admits its network.",
        Fix(
            "Ask whoever administers the perimeter for an ingress rule that admits this service account for the bucket; a grant on the bucket changes nothing. "
            "POLICY is the organisation's access policy: gcloud access-context-manager policies list.",
            ("gcloud access-context-manager perimeters list --policy=POLICY", case.describe),
        ),
    )


def _kms_denied(case: Case) -> Advice:
    shown = f"{case.describe} --format='value(default_kms_key)'"
    return Advice(
        f"gs://{case.bucket} encrypts with a key of Cloud KMS that its project's own storage service agent may not use. The service account of these credentials is not the cause.",
        Fix(
            "Grant the Cloud Storage service agent of the bucket's project roles/cloudkms.cryptoKeyEncrypterDecrypter on the key."
            f"{case.of_project}",
            (f'gcloud storage service-agent --project={case.project} --authorize-cmek="$({shown})"',),
        ),
        "/parameters/bucket",
    )


def _kms_unavailable(case: Case) -> Advice:
    if "CustomerEncryptionKey" in case.code or "customer-supplied" in case.message:
        return Advice(
            f"{case.object} in gs://{case.bucket} is encrypted with a key that its writer supplied. Planet supplies none.",
            Fix("Remove that file.", (f"gcloud storage rm {case.address}",)),
            "/parameters/bucket",
        )
    return Advice(
        f"gs://{case.bucket} encrypts with a key of Cloud KMS that is disabled, destroyed, in another location, or gone.{case.said}",
        Fix(
            "Enable the key's version again, or give the bucket another key.",
            (f"{case.describe} --format='value(default_kms_key)'",),
        ),
        "/parameters/bucket",
    )


def _billing(case: Case) -> Advice:
    if "suspended" in case.message or case.code in ("CONSUMER_SUSPENDED", "CONSUMER_INVALID"):
        return Advice(
            f"Google has suspended or removed the project that owns gs://{case.bucket}, or the one of the service account: {case.message}",
            Fix(
                f"Look at the project's state in the console, and appeal or restore it there.{case.of_project}",
                (f"gcloud projects describe {case.project}",),
            ),
            "/parameters/bucket",
        )
    return Advice(
        f"The project that pays for gs://{case.bucket} has no active billing account, so Google refuses every request.{case.said}",
        Fix(
            f"Link an open billing account to the project. BILLING_ACCOUNT is one that gcloud billing accounts list shows.{case.of_project}",
            (f"gcloud billing projects link {case.project} --billing-account=BILLING_ACCOUNT",),
        ),
        "/parameters/bucket",
    )


def _requester_pays(case: Case) -> Advice:
    turn_off = case.update("--no-requester-pays")
    if named := case.seen("permission"):
        return Advice(
            f"Google refused {case.object} in gs://{case.bucket} because {case.principal} lacks {named} on the project that the "
            "request is billed to. The permissions on the bucket were not the question.",
            Fix(
                f"Grant that permission on the project that is billed, or turn requester pays off for the bucket.{case.of_project}",
                (
                    f"gcloud projects add-iam-policy-binding {case.project} --member=serviceAccount:{case.who} --role=roles/serviceusage.serviceUsageConsumer",
                    turn_off,
                ),
            ),
        )
    return Advice(
        f"gs://{case.bucket} bills whoever asks, and a Planet destination cannot name a project to be billed.",
        Fix("Turn requester pays off for this bucket.", (turn_off,)),
        "/parameters/bucket",
    )


def _api(case: Case) -> Advice:
    service = re.search(r"/api/([a-z]{1,40}\.googleapis\.com)\b", case.message)
    named = re.search(r"^(.{1,80}?) has not been used in project ([\w-]{1,40})", case.message)
    api = named[1] if named else "The Cloud Storage JSON API"
    project = named[2] if named else case.project
    enable = service[1] if service else "storage.googleapis.com" if "storage" in api.lower() else "SERVICE.googleapis.com"
    unnamed = " SERVICE is the one that Google names." if enable.startswith("SERVICE") else ""
    return Advice(
        f"{api} is switched off in {f'the project {project}' if named else 'the project of the service account or of the bucket'}.",
        Fix(
            f"Switch it on; it takes a few minutes.{case.of_project}{unnamed}",
            (f"gcloud services enable {enable} --project={shlex.quote(project)}",),
        ),
    )


def _policy(case: Case) -> Advice:
    constraint = case.seen("constraint")
    named = f" ({constraint})" if constraint else ""
    return Advice(
        f"A policy of the organisation that owns gs://{case.bucket} refuses this{named}.",
        Fix("Ask the organisation's administrators for an exception, or use a bucket to which the policy does not apply."),
        "/parameters/bucket",
    )


def _altered(case: Case) -> Advice:
    if case.failure is None or case.failure.observation.kind is not Kind.UNAUTHENTICATED:
        return Advice()
    return Advice(
        f"Google saw no credentials in the request to gs://{case.bucket}, although a token was sent: a proxy or gateway on the way took the Authorization "
        "header out. A caller that signed in nowhere gets the same answer."
    )


def _universe(case: Case) -> Advice:
    universe = case.key.universe if case.key else "another one"
    return Advice(
        f"The key belongs to the Google cloud {universe}. Planet's destination has no parameter that could name it, and {case.bucket} was not contacted.",
        Fix("Use a bucket and a service account of googleapis.com, or ask Planet whether it can deliver there."),
        "/parameters/credentials",
    )


def _encode(case: Case) -> Advice:  # noqa: ARG001 - one signature for all
    return Advice(fix=Fix("Encode the original key file again, in one line, and give Planet that.", _ENCODE))


def _lingering(case: Case) -> Advice:
    from validator.providers.gcs.leftovers import lifecycle

    return Advice(fix=lifecycle(case.bucket))


def _new_key(summary: str) -> Callable[[Case], Advice]:
    def make(case: Case) -> Advice:
        return Advice(fix=Fix(summary + case.of_account, (case.keys("create key.json"), *_ENCODE)))

    return make


_DENIED: Final = {
    Operation.WRITE: "{who} may not create {object} in gs://{bucket}: {lacks}. Planet's check begins with that write.",
    Operation.READ: "{who} may not read {object} in gs://{bucket}: {lacks}. Planet asks for it, though its check does not use it.",
    Operation.LIST: "{who} may not list gs://{bucket}: {lacks}. Planet does not need it.",
    Operation.DELETE: "{who} may not delete {object} in gs://{bucket}: {lacks}. Planet would refuse this destination, and leave its file behind.",
}

_TEXTS: Final[Mapping[str, Callable[[Case], Advice]]] = {
    **{
        f"{operation}-denied": _denied(PERMISSIONS.get(operation, "storage.objects.list"), sentence)
        for operation, sentence in _DENIED.items()
    },
    "request-altered": _altered,
    "overwrite-denied": _overwrite,
    "key-disabled": _key_disabled,
    "account-disabled": _account_disabled,
    "clock-skew": _clock,
    "bucket-not-found": _bucket_missing,
    "object-held": _held,
    "retention-locked": _retained,
    "network-restricted": _network,
    "encryption-key-denied": _kms_denied,
    "encryption-key-unavailable": _kms_unavailable,
    "requester-pays": _requester_pays,
    "api-disabled": _api,
    "organization-policy": _policy,
    "universe-unsupported": _universe,
    "lingering-file": _lingering,
    **dict.fromkeys(("credentials-not-base64", "credentials-wrapped", "credentials-double-encoded", "credentials-not-json"), _encode),
    "credentials-wrong-kind": _new_key("Make a JSON key of a service account, and encode its file in one line."),
    **dict.fromkeys(
        ("credentials-truncated", "credentials-incomplete", "private-key-damaged", "token-uri-unexpected"),
        _new_key("Take the original JSON key file of the service account and encode it in one line; if it is lost, make a new key."),
    ),
}  # fmt: skip
