"""What to do about a finding on Google Cloud Storage: sentences about this bucket, and commands for it that can be pasted."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping
from typing import Final

from validator.core.model import Confidence, Fix, Kind
from validator.providers.base import Advice, Failure, Options
from validator.providers.gcs import grants
from validator.providers.gcs.about import About
from validator.providers.gcs.encoding import key_of
from validator.providers.gcs.parameters import GoogleParameters

_ENCODE: Final = ("base64 -w0 key.json  # on macOS: base64 -i key.json",)


def grant(about: About) -> tuple[str, ...]:
    """The least predefined role, on the bucket alone."""
    return (grants.binding(about.bucket, about.email),)


def explain_finding(finding: str, parameters: GoogleParameters, failure: Failure | None, options: Options) -> Advice:
    """Sentences and gcloud commands for this bucket and this account."""
    del options
    return said_of(finding, About(parameters.bucket, key_of(parameters.credentials), failure))


def said_of(finding: str, about: About) -> Advice:
    """The advice for a finding; an empty one where the catalog's own words say it all."""
    make = _TEXTS.get(finding)
    return make(about) if make else Advice()


def _denied(permission: str, sentence: str) -> Callable[[About], Advice]:
    def make(about: About) -> Advice:
        principal, named = about.seen("principal") or about.email, about.seen("permission")
        if named and not named.startswith("storage.objects."):
            return _elsewhere(about, principal, named)
        lacks = f"it lacks {named or permission} there" if named or about.failure is None else "Google names no permission"
        detail = sentence.format(who=principal, bucket=about.bucket, object=about.object(), lacks=lacks)
        if about.key and about.seen("principal") and about.seen("principal") != about.email:
            detail += f" Note that Google sees {principal} here, not the {about.email} of the key file."
        summary = f"Grant {grants.PREDEFINED} on the bucket to {about.email}. It takes effect within minutes."
        return Advice(detail, Fix(summary, grant(about), grants.custom_role()))

    return make


def _elsewhere(about: About, principal: str, named: str) -> Advice:
    """Google names a permission that is none of the bucket's objects: a grant on the bucket would change nothing."""
    return Advice(
        f"Google refused {about.object()} in gs://{about.bucket} because {principal} lacks {named}.",
        Fix("Grant the permission that Google names, where Google names it."),
        confidence=Confidence.LIKELY,
    )


def _overwrite(about: About) -> Advice:
    return Advice(
        f"{about.object()} lies in gs://{about.bucket}, and {about.seen('principal') or about.email} may not write over it: on Google an overwrite needs "
        "storage.objects.delete. Planet's own write of its verification file would be refused in the same way.",
        Fix(
            "Grant delete as well, then have somebody who may delete remove the file that lies there.",
            (*grant(about), f"gcloud storage rm {shlex.quote(f'gs://{about.bucket}/{about.object()}')}"),
            grants.custom_role(),
        ),
    )


def _key_disabled(about: About) -> Advice:
    which = (
        f" The key's id begins with {about.key.key_id[:8]}."
        if about.key and re.fullmatch(r"[0-9a-f]{40}", about.key.key_id)
        else ""
    )
    return Advice(
        f"Google does not accept what this key signs for {about.email}: the key was deleted or disabled, has expired, or is not a key of this account.{which} "
        "A key that was made in the last minute may need a moment.",
        Fix(
            "List the account's keys; enable this one, or make a new one and give Planet that.",
            (
                f"gcloud iam service-accounts keys list --iam-account={about.who}",
                f"gcloud iam service-accounts keys create key.json --iam-account={about.who}",
            ),
        ),
        "/parameters/credentials",
    )


def _account_disabled(about: About) -> Advice:
    code = about.code
    of_account = code == "ACCOUNT_STATE_INVALID" or re.match(r"(?i)(?:the )?service account\b", about.message)
    if (
        about.failure
        and not of_account
        and code not in ("invalid_grant", "deleted_client", "disabled_client", "access_denied", "")
    ):
        return _billing(about)
    if about.failure and not code and not of_account:
        return _billing(about)
    gone = {"deleted_client": "it was deleted", "disabled_client": "it was disabled"}.get(
        code, "it was deleted or disabled, or its address was changed in the key file"
    )
    return Advice(
        f"Google knows no active service account {about.email}: {gone}.",
        Fix(
            "Look the account up and enable it; a deleted one can be restored for 30 days by its unique id.",
            (f"gcloud iam service-accounts describe {about.who}", f"gcloud iam service-accounts enable {about.who}"),
        ),
        "/parameters/credentials",
    )


def _clock(about: About) -> Advice:  # noqa: ARG001 - one signature for all
    return Advice(
        "Google refuses the signature because of its time: the clock of this machine is wrong. That says nothing about Planet, whose clock is its own.",
        Fix("Set this machine's clock (NTP), then check again.", ("timedatectl status",)),
    )


def _bucket_missing(about: About) -> Advice:
    return Advice(
        f"Google knows no bucket {about.bucket}. Bucket names are the same for all of Google Cloud, so a slip in the name or a deleted bucket is the cause, never the project.",
        Fix("Correct the name, or create the bucket.", (f"gcloud storage buckets describe {about.place}",)),
        "/parameters/bucket",
    )


def _held(about: About) -> Advice:
    address = shlex.quote(f"gs://{about.bucket}/{about.object()}")
    return Advice(
        f"A hold keeps {about.object()} in gs://{about.bucket}: nobody can delete it or write over it until the hold is removed.",
        Fix(
            "Remove the hold from the file, and the bucket's default of holding new objects if it has one.",
            (
                f"gcloud storage objects update {address} --no-event-based-hold --no-temporary-hold",
                f"gcloud storage buckets update {about.place} --no-default-event-based-hold",
            ),
        ),
        "/parameters/bucket",
    )


def _retained(about: About) -> Advice:
    until = about.seen("until")
    return Advice(
        f"A retention rule keeps {about.object()} in gs://{about.bucket}{f' until {until}' if until else ''}: "
        "Planet deletes its verification file at once, and could not. The permissions are not the cause.",
        Fix(
            "Remove the bucket's retention period if it is not locked; otherwise give Planet another bucket.",
            (f"gcloud storage buckets update {about.place} --clear-retention-period",),
        ),
        "/parameters/bucket",
    )


def _network(about: About) -> Advice:
    identifier = about.seen("perimeter_refusal")
    named = f" (the refusal has the identifier {identifier})" if identifier else ""
    describe = f"gcloud storage buckets describe {about.place}"
    if "IP filtering" in about.message or about.code == "countryBlocked":
        rule = "an IP filter of the bucket" if about.code != "countryBlocked" else "a rule about this machine's country"
        return Advice(
            f"gs://{about.bucket} does not let this machine in: {rule} refuses it. Planet calls from its own network, so this says nothing yet about Planet.",
            Fix("Check again from a network that is let in, and let Planet's delivery network in as well.", (describe,)),
        )
    return Advice(
        f"gs://{about.bucket} lies inside a VPC Service Controls perimeter, and this request came from outside{named}. The same account asked, so no rule "
        "of the perimeter admits the account itself. Planet calls from outside as well: it is refused too, unless an access level admits its network.",
        Fix(
            "Ask whoever administers the perimeter for an ingress rule that admits this service account for the bucket; a grant on the bucket changes nothing. "
            "POLICY is the organisation's access policy: gcloud access-context-manager policies list.",
            ("gcloud access-context-manager perimeters list --policy=POLICY", describe),
        ),
    )


def _kms_denied(about: About) -> Advice:
    shown = f"gcloud storage buckets describe {about.place} --format='value(default_kms_key)'"
    return Advice(
        f"gs://{about.bucket} encrypts with a key of Cloud KMS that its project's own storage service agent may not use. The service account of these credentials is not the cause.",
        Fix(
            "Grant the Cloud Storage service agent of the bucket's project roles/cloudkms.cryptoKeyEncrypterDecrypter on the key."
            f"{about.of_project}",
            (f'gcloud storage service-agent --project={about.project} --authorize-cmek="$({shown})"',),
        ),
        "/parameters/bucket",
    )


def _kms_unavailable(about: About) -> Advice:
    if "CustomerEncryptionKey" in about.code or "customer-supplied" in about.message:
        return Advice(
            f"{about.object()} in gs://{about.bucket} is encrypted with a key that its writer supplied. Planet supplies none.",
            Fix("Remove that file.", (f"gcloud storage rm {shlex.quote(f'gs://{about.bucket}/{about.object()}')}",)),
            "/parameters/bucket",
        )
    quote = f" Google says: {about.message}" if about.message else ""
    return Advice(
        f"gs://{about.bucket} encrypts with a key of Cloud KMS that is disabled, destroyed, in another location, or gone.{quote}",
        Fix(
            "Enable the key's version again, or give the bucket another key.",
            (f"gcloud storage buckets describe {about.place} --format='value(default_kms_key)'",),
        ),
        "/parameters/bucket",
    )


def _billing(about: About) -> Advice:
    if "suspended" in about.message or about.code in ("CONSUMER_SUSPENDED", "CONSUMER_INVALID"):
        return Advice(
            f"Google has suspended or removed the project that owns gs://{about.bucket}, or the one of the service account: {about.message}",
            Fix(
                f"Look at the project's state in the console, and appeal or restore it there.{about.of_project}",
                (f"gcloud projects describe {about.project}",),
            ),
            "/parameters/bucket",
        )
    quote = f" Google says: {about.message}" if about.message else ""
    return Advice(
        f"The project that pays for gs://{about.bucket} has no active billing account, so Google refuses every request.{quote}",
        Fix(
            f"Link an open billing account to the project. BILLING_ACCOUNT is one that gcloud billing accounts list shows.{about.of_project}",
            (f"gcloud billing projects link {about.project} --billing-account=BILLING_ACCOUNT",),
        ),
        "/parameters/bucket",
    )


def _requester_pays(about: About) -> Advice:
    turn_off = f"gcloud storage buckets update {about.place} --no-requester-pays"
    if named := about.seen("permission"):
        return Advice(
            f"Google refused {about.object()} in gs://{about.bucket} because {about.seen('principal') or about.email} lacks {named} on the project that the "
            "request is billed to. The permissions on the bucket were not the question.",
            Fix(
                f"Grant that permission on the project that is billed, or turn requester pays off for the bucket.{about.of_project}",
                (
                    f"gcloud projects add-iam-policy-binding {about.project} --member=serviceAccount:{about.who} --role=roles/serviceusage.serviceUsageConsumer",
                    turn_off,
                ),
            ),
        )
    return Advice(
        f"gs://{about.bucket} bills whoever asks, and a Planet destination cannot name a project to be billed.",
        Fix("Turn requester pays off for this bucket.", (turn_off,)),
        "/parameters/bucket",
    )


def _api(about: About) -> Advice:
    service = re.search(r"/api/([a-z]{1,40}\.googleapis\.com)\b", about.message)
    named = re.search(r"^(.{1,80}?) has not been used in project ([\w-]{1,40})", about.message)
    api = named[1] if named else "The Cloud Storage JSON API"
    project = named[2] if named else about.project
    enable = service[1] if service else "storage.googleapis.com" if "storage" in api.lower() else "SERVICE.googleapis.com"
    unnamed = " SERVICE is the one that Google names." if enable.startswith("SERVICE") else ""
    return Advice(
        f"{api} is switched off in {f'the project {project}' if named else 'the project of the service account or of the bucket'}.",
        Fix(
            f"Switch it on; it takes a few minutes.{about.of_project}{unnamed}",
            (f"gcloud services enable {enable} --project={shlex.quote(project)}",),
        ),
    )


def _policy(about: About) -> Advice:
    constraint = about.seen("constraint")
    named = f" ({constraint})" if constraint else ""
    return Advice(
        f"A policy of the organisation that owns gs://{about.bucket} refuses this{named}.",
        Fix("Ask the organisation's administrators for an exception, or use a bucket to which the policy does not apply."),
        "/parameters/bucket",
    )


def _altered(about: About) -> Advice:
    if about.failure is None or about.failure.observation.kind is not Kind.UNAUTHENTICATED:
        return Advice()
    return Advice(
        f"Google saw no credentials in the request to gs://{about.bucket}, although a token was sent: a proxy or gateway on the way took the Authorization "
        "header out. A caller that signed in nowhere gets the same answer."
    )


def _universe(about: About) -> Advice:
    universe = about.key.universe if about.key else "another one"
    return Advice(
        f"The key belongs to the Google cloud {universe}. Planet's destination has no parameter that could name it, and {about.bucket} was not contacted.",
        Fix("Use a bucket and a service account of googleapis.com, or ask Planet whether it can deliver there."),
        "/parameters/credentials",
    )


def _encode(about: About) -> Advice:  # noqa: ARG001 - one signature for all
    return Advice(fix=Fix("Encode the original key file again, in one line, and give Planet that.", _ENCODE))


def _lingering(about: About) -> Advice:
    from validator.providers.gcs.leftovers import lifecycle

    return Advice(fix=lifecycle(about.bucket))


def _new_key(summary: str) -> Callable[[About], Advice]:
    def make(about: About) -> Advice:
        command = f"gcloud iam service-accounts keys create key.json --iam-account={about.who}"
        return Advice(fix=Fix(summary + about.of_account, (command, *_ENCODE)))

    return make


_DENIED: Final = {
    "write-denied": (
        "storage.objects.create",
        "{who} may not create {object} in gs://{bucket}: {lacks}. Planet's check begins with that write.",
    ),
    "read-denied": (
        "storage.objects.get",
        "{who} may not read {object} in gs://{bucket}: {lacks}. Planet asks for it, though its check does not use it.",
    ),
    "list-denied": ("storage.objects.list", "{who} may not list gs://{bucket}: {lacks}. Planet does not need it."),
    "delete-denied": (
        "storage.objects.delete",
        "{who} may not delete {object} in gs://{bucket}: {lacks}. Planet would refuse this destination, and leave its file behind.",
    ),
}

_TEXTS: Final[Mapping[str, Callable[[About], Advice]]] = {
    **{name: _denied(*texts) for name, texts in _DENIED.items()},
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
