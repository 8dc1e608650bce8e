"""The least policy for a destination on Oracle: one text for findings and for ``policy``."""

from __future__ import annotations

import json
import shlex
from typing import Final

from validator.providers.base import Grant, Options, Wanted
from validator.providers.oracle.parameters import OracleParameters

EVERY: Final = ("OBJECT_INSPECT", "OBJECT_READ", "OBJECT_CREATE", "OBJECT_OVERWRITE", "OBJECT_DELETE")
"""What deliveries need, large ones included: an upload in parts needs OVERWRITE, and to end one BUCKET_READ besides."""


def statements(bucket: str, *, group: str = "GROUP", compartment: str = "COMPARTMENT") -> tuple[str, ...]:
    """The least that Planet's deliveries need on one bucket, as policy statements.

    Args:
        bucket: The bucket's name.
        group: The group of the key's user; ``'Domain'/'Group'`` outside of the default identity domain.
        compartment: The compartment of the bucket, or one that encloses it: a name, or ``id`` and an OCID.
    """
    condition = ", ".join(f"request.permission='{each}'" for each in EVERY)
    where = f"where all {{target.bucket.name='{bucket}', any {{{condition}}}}}"
    return (
        f"Allow group {group} to read buckets in compartment {compartment} where target.bucket.name='{bucket}'",
        f"Allow group {group} to manage objects in compartment {compartment} {where}",
    )


def policy_command(bucket: str, *, group: str = "", compartment: str = "") -> str:
    """The command that makes a policy of these statements, once the shell's variables are set that it names."""
    place = compartment or "$COMPARTMENT_OCID"
    lines = statements(bucket, group=group or "id $GROUP_OCID", compartment=f"id {place}")
    listed = ", ".join(f'\\"{each}\\"' for each in lines)
    return (
        f'oci iam policy create --compartment-id "{place}" --name {shlex.quote(f"planet-{bucket}"[:100])} '
        f'--description "Planet delivers to {bucket}" --statements "[{listed}]"'
    )


def document(bucket: str, *, group: str = "GROUP", compartment: str = "COMPARTMENT") -> str:
    """The statements as ``oci iam policy create --statements file://`` takes them."""
    return json.dumps(list(statements(bucket, group=group, compartment=compartment)), indent=2)


def grant(parameters: OracleParameters, wanted: Wanted, options: Options) -> Grant:
    """Two policy statements. Raises ValueError for what Oracle has no such thing of."""
    del options
    bucket = parameters.bucket
    wanted.refuse(
        bucket_side="--bucket-policy is of S3: on Oracle every policy stands in a compartment",
        encryption_key="--kms-key is of amazon_s3: on Oracle the Object Storage service uses the key, not this user",
        versions="--versions is of S3: on Oracle add OBJECT_VERSION_DELETE to the statement, if old versions shall be removed",
    )
    if any(each in wanted.principal for each in '"`$\\\n'):
        raise ValueError("--for takes a group: its name, 'Domain'/'Group', or id and its OCID")
    notes = [
        "GROUP is the group of the key's user ('Domain'/'Group' outside of the default identity domain), COMPARTMENT the bucket's.",
        "The command takes their OCIDs from GROUP_OCID (oci iam group list shows it) and COMPARTMENT_OCID (oci os bucket get). A change takes some minutes.",
        "OBJECT_OVERWRITE, OBJECT_INSPECT and the first statement are for uploads in parts, which large deliveries are.",
    ]
    if wanted.prefix:
        notes.append("The grant is for the whole bucket: a bucket of its own for Planet is the way to keep it apart.")
    group = wanted.principal
    return Grant(document(bucket, group=group or "GROUP"), (policy_command(bucket, group=group),), tuple(notes))
