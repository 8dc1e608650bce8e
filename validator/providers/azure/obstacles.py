"""Retention and legal holds of a container, which only an account SAS may read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from validator.providers.base import Obstacle


def of_container(client: Any, name: str, **times: float) -> Sequence[Obstacle]:
    """What keeps every file of the container ``name``. Empty where it cannot be read."""
    from azure.core.exceptions import AzureError

    try:
        seen = client.get_container_properties(**times)
    except AzureError:
        return []  # a setting that cannot be read decides nothing
    if getattr(seen, "immutable_storage_with_versioning_enabled", None):
        return []  # retention of versions: the delete itself succeeds
    found = []
    if seen.has_immutability_policy:
        found.append(
            Obstacle("retention-locked", f"The container {name} has an immutability policy: no file in it could be deleted.")
        )
    if seen.has_legal_hold:
        found.append(Obstacle("object-held", f"The container {name} is under a legal hold: no file in it could be deleted."))
    return found
