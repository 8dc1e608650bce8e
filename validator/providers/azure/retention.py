"""What keeps a file in a container: a lease, snapshots, retention and holds of the file that lies there, and of the container."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from validator.core.sentences import many
from validator.providers.azure.blobs import Blobs, kept_until
from validator.providers.base import RetentionBlocker


def of_files(blobs: Blobs) -> Iterator[RetentionBlocker]:
    """What keeps the files of others that were found under the names of this check."""
    for key, properties in blobs.others.items():
        if blobs.lease:
            yield RetentionBlocker(
                "object-held",
                f"A lease is held on the {key} that lies there: nobody without its id can overwrite or delete it, Planet neither.",
                {"lease": blobs.lease},
            )
        if getattr(properties, "has_legal_hold", None):
            yield RetentionBlocker(
                "object-held", f"A legal hold keeps the {key} that lies there: Planet could neither overwrite nor delete it."
            )
        if until := kept_until(properties):
            yield RetentionBlocker(
                "retention-locked",
                f"An immutability policy keeps the {key} that lies there until {until}: Planet could neither overwrite nor delete it.",
                {"until": until},
            )
        count = _snapshots(blobs, key)
        if count is None:
            yield RetentionBlocker(
                "snapshots-present",
                f"Whether the {key} that lies there has snapshots could not be seen: the SAS may not list (l). With one, Azure would refuse "
                "Planet's delete.",
                unsure=True,
            )
        elif count:
            yield RetentionBlocker(
                "snapshots-present",
                f"The {key} that lies there has {many(count, 'snapshot')}: Azure deletes it only together with them, "
                "which Planet does not ask for.",
                {"snapshots": str(count)},
            )


def _snapshots(blobs: Blobs, key: str) -> int | None:
    """How many; None where it may not be seen."""
    from azure.core.exceptions import HttpResponseError

    try:
        return sum(bool(each.name == key and each.snapshot) for each in blobs.page(key, ("snapshots",)))
    except HttpResponseError as error:
        if error.status_code != 403:
            raise
        return None


def of_container(blobs: Blobs, name: str) -> Sequence[RetentionBlocker]:
    """What keeps every file of the container ``name``. Empty where it cannot be read."""
    from azure.core.exceptions import AzureError

    try:
        properties = blobs.request(blobs.client.get_container_properties)
    except AzureError:
        return []  # a setting that cannot be read decides nothing
    if getattr(properties, "immutable_storage_with_versioning_enabled", None):
        return []  # retention of versions: the delete itself succeeds
    blockers = []
    if properties.has_immutability_policy:
        detail = f"The container {name} has an immutability policy: no file in it could be deleted."
        blockers.append(RetentionBlocker("retention-locked", detail))
    if properties.has_legal_hold:
        detail = f"The container {name} is under a legal hold: no file in it could be deleted."
        blockers.append(RetentionBlocker("object-held", detail))
    return blockers
