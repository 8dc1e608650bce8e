"""One made-up destination that a local emulator offers to ``planet-validator demo``, and what its check should come to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Scenario:
    """A destination on a running emulator. Its emulator stays up until the context manager that made it is left."""

    title: str
    """What is the matter with this destination, in a few words: ``a key that cannot delete``."""
    lesson: str
    """What the check does about it, and why that matters; one or two sentences for somebody who sees the tool for the first time."""
    request: Mapping[str, Any]
    """The Destinations request, as it would be sent to Planet."""
    endpoints: Mapping[str, str]
    """The emulator's address, by destination type."""
    finding: str | None = None
    """The finding that must be among its findings; None where the destination has nothing wrong with it."""
    verdict: str = "fail"
    """The verdict that the check must come to."""
    ca_bundle: str | None = None
    """A file of CA certificates, when the emulator speaks TLS."""
    command: str = "check"
    """``check``, or ``sweep`` where the lesson is about what lies in the bucket."""
    repair: Callable[[str], None] | None = None
    """Puts the policy that the report proposes into effect, as the report's command would on the cloud."""
