"""The least grants for a destination on Google Cloud Storage: one text for findings and for ``policy``."""

from __future__ import annotations

import json
import shlex
from typing import Final

from validator.core import lazy
from validator.core.model import VERIFICATION_FILE
from validator.providers.base import Grant, Options, Wanted
from validator.providers.gcs.encoding import key_of
from validator.providers.gcs.parameters import PERMISSIONS, GoogleParameters
from validator.providers.gcs.service_account import ServiceAccountKey

PREDEFINED: Final = "roles/storage.objectUser"
"""The least of Google's own roles that holds them."""


_ACCOUNT: Final = lazy.compile(
    r"[a-z0-9-]{1,64}@(?P<project>[a-z][a-z0-9-]{4,28}[a-z0-9])(?:\.(?P<domain>[a-z0-9.-]{1,64}))?\.iam\.gserviceaccount\.com"
)


def email_of(key: ServiceAccountKey | None) -> str:
    """The service account, or a word that stands for it."""
    return key.email if key else "SERVICE_ACCOUNT_EMAIL"


def project_of(email: str) -> str:
    """The project that a service account is of, by its address; the word that stands for it where it does not say."""
    match = _ACCOUNT.fullmatch(email)
    if match is None:
        return "PROJECT"
    return f"{match['domain']}:{match['project']}" if match["domain"] else match["project"]


def about_project(project: str, email: str) -> str:
    """What to say of a project in a command: where it is from, or where it is to be found."""
    if project == "PROJECT":
        return "PROJECT is the id of the bucket's project: gcloud projects list."
    if project == project_of(email):
        return f"{project} is the service account's project: if the bucket is of another, put that one's id in its place."
    return ""


def custom_role() -> str:
    """A role with nothing else in it: what ``gcloud iam roles create --file`` takes."""
    role = {
        "title": "Planet destination",
        "description": "What Planet asks for on a bucket that it delivers to",
        "stage": "GA",
        "includedPermissions": list(PERMISSIONS.values()),
    }
    return json.dumps(role, indent=2)


def binding(bucket: str, email: str, role: str = PREDEFINED, *, prefix: str = "") -> str:
    """The command that grants a role on the bucket alone; below a prefix and for the verification file, if one is given."""
    member = shlex.quote(f"serviceAccount:{email}")
    place = shlex.quote(f"gs://{bucket}")
    command = f"gcloud storage buckets add-iam-policy-binding {place} --member={member} --role={role}"
    return f"{command} --condition={shlex.quote(_condition(bucket, prefix))}" if prefix else command


def _condition(bucket: str, prefix: str) -> str:
    objects = f"projects/_/buckets/{bucket}/objects"
    folder = prefix.strip("/")
    # Between colons, since the expression holds commas: gcloud topic escaping.
    return (
        f'^:^title=planet-destination:expression=resource.name.startsWith("{objects}/{folder}/") || '
        f'resource.name == "{objects}/{VERIFICATION_FILE}"'
    )


def troubleshoot(bucket: str, email: str, permission: str) -> str:
    """The command with which an administrator asks Google why a permission is held or not."""
    resource = shlex.quote(f"//storage.googleapis.com/projects/_/buckets/{bucket}")
    return f"gcloud policy-troubleshoot iam {resource} --principal-email={shlex.quote(email)} --permission={permission}"


def grant(parameters: GoogleParameters, wanted: Wanted, options: Options) -> Grant:
    """A custom role of three permissions, and its binding on the bucket. Raises ValueError for what Google has no such thing of."""
    del options
    wanted.refuse(
        bucket_side="--bucket-policy is of S3: on Google a grant on the bucket serves accounts of every project",
        encryption_key="--kms-key is of amazon_s3: on Google the storage service agent uses the key, not this account",
        versions="--versions is of S3: on Google storage.objects.delete removes versions as well",
    )
    if any(each in wanted.prefix for each in '"\\\n'):
        raise ValueError("--prefix: a folder's name with quotes, backslashes or line ends cannot stand in a condition")
    bucket = parameters.bucket
    who = wanted.principal or email_of(key_of(parameters.credentials))
    project = project_of(who)
    prefix = wanted.prefix.strip("/")
    notes = [
        f"{about_project(project, who)} A change takes effect within minutes.",
        f"Instead of a role of your own, {PREDEFINED} is the least of Google's that holds the three: {binding(bucket, who, prefix=prefix)}",
    ]
    if prefix:
        notes.append(
            "A condition on names needs uniform bucket-level access. Google does not tell of it when it is asked what an account may "
            "do, so that check says delete-unproven: run it with --proceed."
        )
    if wanted.multipart:
        notes.append(
            "Uploads in parts need nothing more: an unfinished upload through the JSON API ends by itself after a week."
        )
    commands = (
        f"gcloud iam roles create planetDestination --project={project} --file=grant.json",
        binding(bucket, who, f"projects/{project}/roles/planetDestination", prefix=prefix),
    )
    return Grant(custom_role(), commands, tuple(notes))
