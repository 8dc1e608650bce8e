"""Buckets and objects of the stand-in, with the settings that decide what may be done to them."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from validator.demo.emulators.gcs.answers import CONDITION, busy, held, no_object, retained
from validator.demo.emulators.http import Refused


@dataclass(slots=True)
class Object:
    """One generation of an object."""

    name: str
    data: bytes
    generation: int
    created: datetime
    content_type: str = "application/octet-stream"
    temporary_hold: bool = False
    event_based_hold: bool = False
    retained_until: datetime | None = None
    gone: datetime | None = None
    """When it was deleted or replaced."""


@dataclass(slots=True)
class Bucket:
    """One bucket."""

    name: str
    versioning: bool = False
    soft_delete_seconds: int = 604800
    retention_seconds: int = 0
    default_event_based_hold: bool = False
    requester_pays: bool = False
    perimeter: bool = False
    """VPC Service Controls keep everybody out."""
    ip_filter: bool = False
    """A filter of addresses keeps everybody out."""
    billing: bool = True
    api: bool = True
    """The project's JSON API is switched on."""
    cmek: str = ""
    """What is wrong with the encryption key: a name of ``answers.CMEK``, or nothing."""
    organisation_policy: bool = False
    """A policy refuses every upload."""
    busy: int = 0
    """So many changes of objects get a 429 before one is carried out."""
    objects: dict[str, Object] = field(default_factory=dict)
    """The live generations."""
    noncurrent: list[Object] = field(default_factory=list)
    soft_deleted: list[Object] = field(default_factory=list)

    def put(self, name: str, data: bytes, now: datetime, content_type: str = "text/plain") -> Object:
        """Store, whatever the rules say: for tests that need something to be there."""
        if name in self.objects:
            self.remove(self.objects[name], now)
        newest = max((each.generation for each in self._everything()), default=0)
        generation = max(newest + 1, int(now.timestamp() * 1_000_000))
        made = Object(name, data, generation, now, content_type, event_based_hold=self.default_event_based_hold)
        if self.retention_seconds:
            made.retained_until = now + timedelta(seconds=self.retention_seconds)
        self.objects[name] = made
        return made

    def remove(self, stored: Object, now: datetime, *, for_good: bool = False) -> None:
        """Delete a generation; in a versioned bucket it stays as one that is not current, unless it goes ``for_good``."""
        if stored is self.objects.get(stored.name):
            del self.objects[stored.name]
        else:
            self.noncurrent.remove(stored)
        stored.gone = now
        if self.versioning and not for_good:
            self.noncurrent.append(stored)
        elif self.soft_delete_seconds:
            self.soft_deleted.append(stored)

    def require(self, name: str, generation: int | None) -> Object:
        """The live object, or the named generation. Raises Refused if there is none."""
        stored = self.objects.get(name)
        if generation is not None:
            stored = next((each for each in self._everything() if (each.name, each.generation) == (name, generation)), None)
        if stored is None:
            raise Refused(no_object(self.name, name))
        return stored

    def check_condition(self, name: str, generation: int | None) -> None:
        """Raise Refused unless the live generation is the wanted one; 0 stands for none."""
        live = self.objects.get(name)
        if generation is not None and (live.generation if live else 0) != generation:
            raise Refused(CONDITION)

    def check_kept(self, stored: Object | None, now: datetime) -> None:
        """Raise Refused if a hold or a retention rule keeps the object."""
        if stored is None:
            return
        if stored.temporary_hold or stored.event_based_hold:
            raise Refused(held(self.name, stored.name, "Temporary" if stored.temporary_hold else "Event-Based"))
        if stored.retained_until is not None and stored.retained_until > now:
            raise Refused(retained(self.name, stored.name, stamp(stored.retained_until)))

    def check_rate(self, name: str) -> None:
        """Raise Refused while there are 429 answers to give."""
        if self.busy > 0:
            self.busy -= 1
            raise Refused(busy(self.name, name))

    def resource(self) -> dict[str, Any]:
        """The bucket's metadata."""
        document: dict[str, Any] = {
            "kind": "storage#bucket",
            "id": self.name,
            "name": self.name,
            "location": "EU",
            "storageClass": "STANDARD",
            "versioning": {"enabled": self.versioning},
            "billing": {"requesterPays": self.requester_pays},
            "defaultEventBasedHold": self.default_event_based_hold,
            "softDeletePolicy": {"retentionDurationSeconds": str(self.soft_delete_seconds)},
            "iamConfiguration": {"uniformBucketLevelAccess": {"enabled": True}, "publicAccessPrevention": "enforced"},
        }
        if self.retention_seconds:
            document["retentionPolicy"] = {"retentionPeriod": str(self.retention_seconds), "isLocked": False}
        return document

    def object_resource(self, stored: Object) -> dict[str, Any]:
        """An object's metadata."""
        document: dict[str, Any] = {
            "kind": "storage#object",
            "id": f"{self.name}/{stored.name}/{stored.generation}",
            "name": stored.name,
            "bucket": self.name,
            "generation": str(stored.generation),
            "metageneration": "1",
            "contentType": stored.content_type,
            "storageClass": "STANDARD",
            "size": str(len(stored.data)),
            **checksums(stored.data),
            "timeCreated": stamp(stored.created),
            "updated": stamp(stored.created),
        }
        if stored.gone is not None:
            document["timeDeleted"] = stamp(stored.gone)
            if any(each is stored for each in self.soft_deleted):
                document["softDeleteTime"] = stamp(stored.gone)
                document["hardDeleteTime"] = stamp(stored.gone + timedelta(seconds=self.soft_delete_seconds))
        if stored.temporary_hold:
            document["temporaryHold"] = True
        if stored.event_based_hold:
            document["eventBasedHold"] = True
        if stored.retained_until is not None:
            document["retentionExpirationTime"] = stamp(stored.retained_until)
        return document

    def _everything(self) -> Iterator[Object]:
        yield from self.objects.values()
        yield from self.noncurrent


def checksums(data: bytes) -> dict[str, str]:
    """MD5 and CRC32C, as the API writes them."""
    import google_crc32c

    return {
        "md5Hash": base64.b64encode(hashlib.md5(data, usedforsecurity=False).digest()).decode(),
        "crc32c": base64.b64encode(google_crc32c.value(data).to_bytes(4, "big")).decode(),
    }


def stamp(time: datetime) -> str:
    """A time as the API writes it."""
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")
