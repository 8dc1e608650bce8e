"""What no check can know, whatever it sees."""

from __future__ import annotations

from typing import Final

LIMITS: Final = (
    "the network path from Planet was not tested",
    "conditions on Planet's addresses, if the bucket has any, were not tested",
)
