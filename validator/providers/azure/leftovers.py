"""What lies under a name in a container: blobs, snapshots, versions and soft-deleted copies; and the pinned removal of one."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Sequence
from typing import Any, Final

from validator.core.model import VERIFICATION_FILE, Fix
from validator.providers.azure.blobs import Blobs, kept_until, lease_of, only
from validator.providers.base import Leftover, LeftoverKind, UnseenPart, is_swept
from validator.providers.base.leftovers import RULE

EVERYTHING: Final[Sequence[Sequence[str]]] = (["snapshots", "versions", "deleted", "uncommittedblobs"], ["snapshots"], [])
"""What a list is asked to include; each next is for accounts and emulators that refuse the one before."""
PAGE: Final = 500


def leftovers(blobs: Blobs, key: str, *, everywhere: bool) -> Iterator[Sequence[Leftover | UnseenPart]]:
    """See the seam."""
    from azure.core.exceptions import HttpResponseError

    for index, include in enumerate(EVERYTHING):
        begun = False
        try:
            for page in blobs.pages(None if everywhere else key, include, PAGE):
                begun = True
                yield [_leftover(each) for each in page if is_swept(each.name, key, everywhere=everywhere)]
        except HttpResponseError as error:
            if error.status_code == 403:
                yield from _without_list(blobs, key, error, everywhere=everywhere)
                return
            if begun or error.status_code not in (400, 409, 501) or index == len(EVERYTHING) - 1:
                raise
        else:
            if index:
                yield (UnseenPart("soft-deleted blobs and versions (this account's list does not take the question)"),)
            return


def remove(blobs: Blobs, leftover: Leftover) -> None:
    """See the seam."""
    one = blobs.named(leftover.key)
    if leftover.kind is LeftoverKind.SNAPSHOT:
        blobs.request(blobs.client.get_blob_client(leftover.key, snapshot=leftover.version).delete_blob)
        return
    if leftover.kind is not LeftoverKind.NONCURRENT:
        blobs.request(one.delete_blob, **only(leftover.pin))
        if not leftover.versioned or not leftover.version:
            return
    # Of the blob itself, the first delete has only made it the older version.
    blobs.request(one.delete_blob, version_id=leftover.version)


def _without_list(blobs: Blobs, key: str, refusal: Exception, *, everywhere: bool) -> Iterator[Sequence[Leftover | UnseenPart]]:
    from azure.core.exceptions import HttpResponseError

    if everywhere:
        yield (UnseenPart("the rest of the container (SAS l)", refusal, itself=True),)
        return
    yield (UnseenPart("snapshots, versions and soft-deleted blobs (SAS l)", refusal),)
    try:
        stored = blobs.stat(key)
    except HttpResponseError as error:
        if error.status_code != 403:
            raise
        yield (UnseenPart("the file itself (SAS r, l)", error, itself=True),)
        return
    if stored is not None:
        yield (
            Leftover(
                key,
                LeftoverKind.CURRENT,
                stored.size,
                stored.modified,
                stored.version,
                stored.pin,
                lock=f"a lease keeps it ({blobs.lease})" if blobs.lease else "",
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
    if lease := lease_of(blob):
        reasons.append(f"a lease keeps it ({lease})")
    if blob.has_legal_hold:
        reasons.append("a legal hold keeps it")
    if until := kept_until(blob):
        reasons.append(f"an immutability policy keeps it until {until}")
    return " and ".join(reasons)
