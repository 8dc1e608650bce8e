"""What Planet would ask for a memory store."""

from __future__ import annotations

from dataclasses import dataclass

from validator.core.model import Secret
from validator.providers.base import secret, text


@dataclass(frozen=True, slots=True)
class MemoryParameters:
    """What Planet would ask for."""

    bucket: str = text("The bucket's name.", example="imagery-in")
    endpoint: str = text("The address of the store.", example="https://memory.example.com")
    key: Secret = secret("The key that opens the bucket.", example="${MEMORY_KEY}")
