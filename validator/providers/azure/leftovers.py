"""What lies under a name in a container: blobs, snapshots, versions and soft-deleted copies; and the pinned removal of one."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from validator.core.model import VERIFICATION_FILE, Fix
from validator.providers.base import Leftover, LeftoverKind, StoredObject, UnseenPart, is_swept

EVERYTHING: Final[Sequence[Sequence[str]]] = (["snapshots", "versions", "deleted", "uncommittedblobs"], ["snapshots"], [])
"""What a list is asked to include; each next is for accounts and emulators that refuse the one before."""
PAGE: Final = 500

RULE: Final = "Let a rule like this one clear the name away by itself (add it to the rules that are there: what is set replaces them all)."
"""What every cloud's fix says."""

Ask = Callable[[Callable[[], Any]], Any]


class BucketLeftovers:
    """Looks and removes for one container."""

    def __init__(
        self,
        client: Any,
        ask: Ask,
        stat: Callable[[str], StoredObject | None],
        held: Callable[[], str],
        times: Callable[[], Mapping[str, Any]],
    ) -> None:
        self._client = client
        self._ask = ask
        self._stat = stat
        self._held = held
        self._times = times

    def leftovers(self, key: str, *, everywhere: bool) -> Iterator[Sequence[Leftover | UnseenPart]]:
        """See the seam."""
        from azure.core.exceptions import HttpResponseError

        for index, include in enumerate(EVERYTHING):
            begun = False
            try:
                for page in self._pages(key, include, everywhere=everywhere):
                    begun = True
                    yield page
            except HttpResponseError as error:
                if error.status_code == 403:
                    yield from self._without_list(key, error, everywhere=everywhere)
                    return
                if begun or error.status_code not in (400, 409, 501) or index == len(EVERYTHING) - 1:
                    raise
            else:
                if index:
                    yield (UnseenPart("soft-deleted blobs and versions (this account's list does not take the question)"),)
                return

    def remove(self, leftover: Leftover) -> None:
        """See the seam."""
        from azure.core import MatchConditions

        if leftover.kind is LeftoverKind.SNAPSHOT:
            one = self._client.get_blob_client(leftover.key, snapshot=leftover.version)
            self._ask(lambda: one.delete_blob(**self._times()))
        elif leftover.kind is LeftoverKind.NONCURRENT:
            self._ask(lambda: self._client.delete_blob(leftover.key, version_id=leftover.version, **self._times()))
        else:
            pinned = {"etag": leftover.pin, "match_condition": MatchConditions.IfNotModified}
            self._ask(lambda: self._client.delete_blob(leftover.key, **pinned, **self._times()))
            if leftover.versioned and leftover.version:
                # The delete has only made it the older version.
                self._ask(lambda: self._client.delete_blob(leftover.key, version_id=leftover.version, **self._times()))

    def _pages(self, key: str, include: Sequence[str], *, everywhere: bool) -> Iterator[Sequence[Leftover]]:
        listed = self._client.list_blobs(
            name_starts_with=None if everywhere else key, include=include, results_per_page=PAGE, **self._times()
        ).by_page()
        while True:
            try:
                page = tuple(self._ask(lambda: next(listed)))
            except StopIteration:
                return
            yield [_leftover(each) for each in page if is_swept(each.name, key, everywhere=everywhere)]

    def _without_list(self, key: str, refusal: Exception, *, everywhere: bool) -> Iterator[Sequence[Leftover | UnseenPart]]:
        from azure.core.exceptions import HttpResponseError

        if everywhere:
            yield (UnseenPart("the rest of the container (SAS l)", refusal, itself=True),)
            return
        yield (UnseenPart("snapshots, versions and soft-deleted blobs (SAS l)", refusal),)
        try:
            stored = self._stat(key)
        except HttpResponseError as error:
            if error.status_code != 403:
                raise
            yield (UnseenPart("the file itself (SAS r, l)", error, itself=True),)
            return
        if stored is not None:
            lease = self._held()
            yield (
                Leftover(
                    key,
                    LeftoverKind.CURRENT,
                    stored.size,
                    stored.modified,
                    stored.version,
                    stored.pin,
                    lock=f"a lease keeps it ({lease})" if lease else "",
                    versioned=bool(stored.version),
                    body=stored.body,
                ),
            )


def lifecycle(account: str, container: str) -> Fix:
    """The owner's rule that clears the verification file, its snapshots and versions away after a day."""
    rule = {
        "enabled": True,
        "name": "planetverify",
        "type": "Lifecycle",
        "definition": {
            "filters": {"blobTypes": ["blockBlob"], "prefixMatch": [f"{container}/{VERIFICATION_FILE}"]},
            "actions": {
                "baseBlob": {"delete": {"daysAfterModificationGreaterThan": 1}},
                "snapshot": {"delete": {"daysAfterCreationGreaterThan": 1}},
                "version": {"delete": {"daysAfterCreationGreaterThan": 1}},
            },
        },
    }
    group = f'"$(az storage account show --name {shlex.quote(account)} --query resourceGroup --output tsv)"'
    command = f"az storage account management-policy show --account-name {shlex.quote(account)} --resource-group {group}"
    return Fix(RULE, (command,), json.dumps({"rules": [rule]}, indent=2))


def _leftover(blob: Any) -> Leftover:
    """From an entry of a list."""
    version = blob.version_id
    pin = str(blob.etag or "")
    if blob.deleted:
        kind, version = LeftoverKind.SOFT_DELETED, blob.snapshot or version
    elif blob.snapshot:
        kind, version = LeftoverKind.SNAPSHOT, blob.snapshot
    elif version and not blob.is_current_version:
        kind = LeftoverKind.NONCURRENT
    elif not pin or (not blob.size and blob.content_settings.content_type is None):
        kind = LeftoverKind.UPLOAD  # blocks that were never made a blob: a blob has a type
    else:
        kind = LeftoverKind.CURRENT
    return Leftover(
        blob.name,
        kind,
        blob.size,
        blob.last_modified,
        version,
        pin,
        str(blob.blob_tier or ""),
        _lock(blob, kind),
        versioned=bool(version) and kind in (LeftoverKind.CURRENT, LeftoverKind.NONCURRENT),
    )


def _lock(blob: Any, kind: LeftoverKind) -> str:
    if kind is LeftoverKind.SOFT_DELETED:
        days = blob.remaining_retention_days
        return f"soft delete keeps it for {days} more days" if days is not None else "soft delete keeps it for some days"
    if kind is LeftoverKind.UPLOAD:
        return "Azure discards blocks that were never committed by itself, after a week"
    reasons = []
    if blob.lease is not None and blob.lease.status == "locked":
        reasons.append(f"a lease keeps it ({blob.lease.state}, {blob.lease.duration or 'of unknown length'})")
    if blob.has_legal_hold:
        reasons.append("a legal hold keeps it")
    until = getattr(blob.immutability_policy, "expiry_time", None)
    if isinstance(until, datetime) and until > datetime.now(UTC):
        moment = until.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        reasons.append(f"an immutability policy keeps it until {moment}")
    return " and ".join(reasons)
