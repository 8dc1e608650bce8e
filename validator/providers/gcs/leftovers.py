"""What lies under a name in a Google bucket: live and noncurrent generations, and soft-deleted copies; and the removal of one generation."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Final

from validator.core.model import VERIFICATION_FILE, Fix, Kind
from validator.core.values import replace
from validator.providers.base import Leftover, LeftoverKind, UnseenPart, is_swept
from validator.providers.base.leftovers import RULE
from validator.providers.common.dates import stamp
from validator.providers.gcs.client import Connection
from validator.providers.gcs.errors import classify
from validator.providers.gcs.retention import holds

_FIELDS: Final = (
    "items(name,generation,size,updated,timeCreated,timeDeleted,softDeleteTime,hardDeleteTime,storageClass,temporaryHold,"
    "eventBasedHold,retentionExpirationTime),nextPageToken"
)


def lifecycle(bucket: str) -> Fix:
    """The owner's rule that clears the verification file and its old generations away after a day."""
    prefix = [VERIFICATION_FILE]
    rules = [
        {"action": {"type": "Delete"}, "condition": {"age": 1, "matchesPrefix": prefix}},
        {"action": {"type": "Delete"}, "condition": {"daysSinceNoncurrentTime": 1, "matchesPrefix": prefix}},
    ]
    place = shlex.quote(f"gs://{bucket}")
    commands = (
        f"gcloud storage buckets describe {place} --format='default(lifecycle_config)'",
        f"gcloud storage buckets update {place} --lifecycle-file=lifecycle.json",
    )
    return Fix(RULE, commands, json.dumps({"rule": rules}, indent=2))


def leftovers(ours: Connection, key: str, *, everywhere: bool) -> Iterator[Sequence[Leftover | UnseenPart]]:
    """See the seam."""
    try:
        yield from _listed(ours, key, everywhere=everywhere, versions=True)
    except Exception as error:
        if classify(error).kind is not Kind.DENIED:
            raise
        if everywhere:
            yield (UnseenPart("the rest of the bucket (storage.objects.list)", error, itself=True),)
        else:
            yield (UnseenPart("noncurrent generations and soft-deleted copies (storage.objects.list)", error),)
            yield _read(ours, key)
        return
    try:
        yield from _listed(ours, key, everywhere=everywhere, soft_deleted=True)
    except Exception as error:
        observation = classify(error)
        if observation.kind in (Kind.UNREACHABLE, Kind.TRANSIENT) or observation.status is None:
            raise
        if observation.status != 400:  # 400: the bucket has no soft delete
            yield (UnseenPart("soft-deleted copies (storage.objects.list, storage.objects.restore)", error),)


def remove(ours: Connection, leftover: Leftover) -> None:
    """See the seam. With its generation named, nothing else can go, and no noncurrent copy stays."""
    generation = int(leftover.pin)
    ours.bucket.blob(leftover.key, generation=generation).delete(if_generation_match=generation, **ours.how())


def _read(ours: Connection, key: str) -> Sequence[Leftover | UnseenPart]:
    blob = ours.bucket.blob(key)
    try:
        blob.reload(**ours.how())
    except Exception as error:
        kind = classify(error).kind
        if kind is Kind.DENIED:
            return (UnseenPart("the file itself (storage.objects.get)", error, itself=True),)
        if kind is Kind.ABSENT:
            return ()
        raise
    return (_leftover(blob, ours.options.clock()),)


def _listed(ours: Connection, key: str, *, everywhere: bool, **which: bool) -> Iterator[Sequence[Leftover]]:
    blobs = ours.client.list_blobs(ours.bucket, prefix=None if everywhere else key, fields=_FIELDS, **which, **ours.how())
    make = _soft_deleted if "soft_deleted" in which else _leftover
    for page in blobs.pages:
        yield [make(blob, ours.options.clock()) for blob in page if is_swept(blob.name, key, everywhere=everywhere)]


def _leftover(blob: Any, now: datetime) -> Leftover:
    noncurrent = blob.time_deleted is not None
    generation = str(blob.generation or "")
    reasons = [f"a {name} hold keeps it" for name in holds(blob)]
    until = blob.retention_expiration_time
    if until is not None and until > now:
        reasons.append(f"retention keeps it until {stamp(until)}")
    return Leftover(
        blob.name,
        LeftoverKind.NONCURRENT if noncurrent else LeftoverKind.CURRENT,
        blob.size,
        blob.updated or blob.time_created,
        generation or None,
        generation,
        blob.storage_class or "",
        " and ".join(reasons),
        versioned=noncurrent,
    )


def _soft_deleted(blob: Any, now: datetime) -> Leftover:
    until = blob.hard_delete_time
    kept = f"until {stamp(until)}" if until is not None else "for the bucket's days"
    lock = f"soft delete keeps it {kept}"
    return replace(_leftover(blob, now), kind=LeftoverKind.SOFT_DELETED, lock=lock, versioned=False)
