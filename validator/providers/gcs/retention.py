"""Holds and retention of Google's, of an object and of a bucket: what would keep the verification file."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from validator.providers.base import Options, RetentionBlocker
from validator.providers.common.dates import stamp


def holds(blob: Any) -> list[str]:
    """The kinds of hold that keep an object."""
    return [name for name, on in (("temporary", blob.temporary_hold), ("event-based", blob.event_based_hold)) if on]


def of_object(blob: Any, bucket: str, options: Options) -> Iterable[RetentionBlocker]:
    """What keeps the file that lies there, so that Planet could not write over it."""
    held = holds(blob)
    if held:
        yield RetentionBlocker(
            "object-held",
            f"{blob.name} is already in {bucket}, under {' and '.join(held)} hold: Planet could neither write over it nor delete it. Nothing was written.",
            {"hold": ", ".join(held), "generation": str(blob.generation)},
        )
    until = blob.retention_expiration_time
    if until is not None and until > options.clock():
        moment = until.isoformat().replace("+00:00", "Z")
        yield RetentionBlocker(
            "retention-locked",
            f"{blob.name} is already in {bucket}, and is kept until {moment}: until then Planet can neither write over it nor delete it. Nothing was written.",
            {"until": moment, "generation": str(blob.generation)},
        )


def days_kept(bucket: Any) -> int:
    """For how many days the bucket's soft delete keeps what is deleted; 0 without it, and where its settings were not read."""
    try:
        seconds = int(bucket.soft_delete_policy.retention_duration_seconds or 0)
    except (AttributeError, TypeError, ValueError):  # the answer holds something else there
        return 0
    return max(0, -(-seconds // 86_400))


def of_bucket(bucket: Any, options: Options) -> Iterable[RetentionBlocker]:
    """What keeps every new file of the bucket."""
    if bucket.default_event_based_hold:
        yield RetentionBlocker(
            "object-held",
            f"The bucket {bucket.name} puts an event-based hold on every new object: Planet could write planetverify.txt, and not delete it. Nothing was written.",
            {"default_event_based_hold": "true"},
        )
    period = bucket.retention_period
    if period:
        until = stamp(options.clock() + timedelta(seconds=int(period)))
        locked = bool(bucket.retention_policy_locked)
        yield RetentionBlocker(
            "retention-locked",
            f"The bucket {bucket.name} keeps every object for {int(period):,} seconds: what Planet writes now could not be deleted before {until}. Nothing was written.",
            {"retention_seconds": str(period), "until": until, "policy_locked": str(locked).lower()},
        )
