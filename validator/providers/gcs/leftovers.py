"""What lies under a name in a Google bucket: live and noncurrent generations, and soft-deleted copies; and the removal of one generation."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from validator.core.model import VERIFICATION_FILE, Fix, Kind
from validator.providers.base import Leftover, LeftoverKind, Options, UnseenPart, is_swept
from validator.providers.gcs.errors import classify

_FIELDS: Final = (
    "items(name,generation,size,updated,timeCreated,timeDeleted,softDeleteTime,hardDeleteTime,storageClass,temporaryHold,"
    "eventBasedHold,retentionExpirationTime),nextPageToken"
)


RULE: Final = "Let a rule like this one clear the name away by itself (add it to the rules that are there: what is set replaces them all)."


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


class BucketLeftovers:
    """Looks and removes for one bucket."""

    def __init__(self, client: Any, bucket: Any, options: Options, how: Callable[[], Mapping[str, Any]]) -> None:
        self._client = client
        self._bucket = bucket
        self._options = options
        self._how = how

    def leftovers(self, key: str, *, everywhere: bool) -> Iterator[Sequence[Leftover | UnseenPart]]:
        """See the seam."""
        try:
            yield from self._listed(key, everywhere=everywhere, versions=True)
        except Exception as error:
            if classify(error).kind is not Kind.DENIED:
                raise
            if everywhere:
                yield (UnseenPart("the rest of the bucket (storage.objects.list)", error, itself=True),)
            else:
                yield (UnseenPart("noncurrent generations and soft-deleted copies (storage.objects.list)", error),)
                yield self._read(key)
            return
        try:
            yield from self._listed(key, everywhere=everywhere, soft_deleted=True)
        except Exception as error:
            observation = classify(error)
            if observation.kind in (Kind.UNREACHABLE, Kind.TRANSIENT) or observation.status is None:
                raise
            if observation.status != 400:  # 400: the bucket has no soft delete
                yield (UnseenPart("soft-deleted copies (storage.objects.list, storage.objects.restore)", error),)

    def remove(self, leftover: Leftover) -> None:
        """See the seam. With its generation named, nothing else can go, and no noncurrent copy stays."""
        generation = int(leftover.pin)
        self._bucket.blob(leftover.key, generation=generation).delete(if_generation_match=generation, **self._how())

    def _read(self, key: str) -> Sequence[Leftover | UnseenPart]:
        blob = self._bucket.blob(key)
        try:
            blob.reload(**self._how())
        except Exception as error:
            kind = classify(error).kind
            if kind is Kind.DENIED:
                return (UnseenPart("the file itself (storage.objects.get)", error, itself=True),)
            if kind is Kind.ABSENT:
                return ()
            raise
        return (self._leftover(blob),)

    def _listed(self, key: str, *, everywhere: bool, **which: bool) -> Iterator[Sequence[Leftover]]:
        blobs = self._client.list_blobs(
            self._bucket, prefix=None if everywhere else key, fields=_FIELDS, **which, **self._how()
        )
        for page in blobs.pages:
            yield [
                self._leftover(blob, soft_deleted=which.get("soft_deleted", False))
                for blob in page
                if is_swept(blob.name, key, everywhere=everywhere)
            ]

    def _leftover(self, blob: Any, *, soft_deleted: bool = False) -> Leftover:
        kind = LeftoverKind.NONCURRENT if blob.time_deleted is not None else LeftoverKind.CURRENT
        generation = str(blob.generation or "")
        return Leftover(
            blob.name,
            LeftoverKind.SOFT_DELETED if soft_deleted else kind,
            blob.size,
            blob.updated or blob.time_created,
            generation or None,
            generation,
            blob.storage_class or "",
            _gone_on(blob) if soft_deleted else _lock(blob, self._options.clock()),
            versioned=kind is LeftoverKind.NONCURRENT and not soft_deleted,
        )


def _lock(blob: Any, now: datetime) -> str:
    reasons = [f"a {name} hold keeps it" for name, on in _holds(blob) if on]
    until = blob.retention_expiration_time
    if until is not None and until > now:
        reasons.append(f"retention keeps it until {_stamp(until)}")
    return " and ".join(reasons)


def _holds(blob: Any) -> tuple[tuple[str, bool], ...]:
    return (("temporary", bool(blob.temporary_hold)), ("event-based", bool(blob.event_based_hold)))


def _gone_on(blob: Any) -> str:
    until = blob.hard_delete_time
    return f"soft delete keeps it until {_stamp(until)}" if until is not None else "soft delete keeps it for the bucket's days"


def _stamp(time: datetime) -> str:
    return time.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
