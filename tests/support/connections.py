"""The connections that S3's transport keeps for the whole process."""

from __future__ import annotations

from validator.providers.s3 import transport


def close_connections() -> None:
    """Close them: what follows opens its own."""
    while transport.managers:
        transport.managers.popitem()[1].clear()
