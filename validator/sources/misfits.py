"""What is no destination of the user's own, and what Planet does not take as a name."""

from __future__ import annotations

import re

from validator.core import catalog
from validator.core.model import Finding
from validator.core.sentences import many
from validator.sources.payloads import NOT_BUCKETS, RawDestination


def reference(raw: RawDestination) -> Finding:
    """A reference to a destination that Planet already has."""
    inside = raw.parameters if isinstance(raw.parameters, dict) else {}
    ref = inside.get("ref", inside.get("destination"))
    id_ = ref.removeprefix("pl:destinations/") if isinstance(ref, str) else ""
    known = id_ if re.fullmatch(r"[A-Za-z0-9_-]{1,100}", id_) else ""
    commands = (f"planet-validator update {known} new-credentials.json",) if known and known != "default" else ()
    return catalog.finding(
        "destination-reference",
        detail=f"The delivery goes to {f'pl:destinations/{known}' if known else 'a stored destination'}, whose credentials Planet never gives back.",
        pointer="/parameters/ref" if raw.shape != "order" else "",
        evidence={"destination": known} if known else {},
        commands=commands,
    )


def not_a_bucket(kind: str) -> Finding:
    """The request delivers to another service."""
    service = NOT_BUCKETS.get(kind, "another service")
    return catalog.finding(
        "not-a-bucket",
        detail=f"This delivers to {service}, which is not a bucket: Planet's check of a bucket does not apply.",
        evidence={"service": service},
    )


def name(given: object) -> Finding | None:
    """A name that Planet does not take."""
    if isinstance(given, str) and 3 <= len(given) <= 63:
        return None
    said = "The name is not a string"
    if isinstance(given, str):
        said = f"The name has {many(len(given), 'character')}" if given else "The name is empty"
    return catalog.finding("name-invalid", detail=f"{said}; Planet takes 3 to 63.", pointer="/name")
