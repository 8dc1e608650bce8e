"""The connections that S3's transport keeps for the whole process."""

from __future__ import annotations

from validator.providers.s3 import transport


def close_connections() -> None:
    """Close them: what follows opens its own."""
    while transport.managers:
        pools = transport.managers.popitem()[1].pools
        for key in pools.keys():  # noqa: SIM118 - urllib3's container is not iterated: other threads may use it
            pools[key].close()  # now: left to itself, a pool closes its connections when the last answer has let go of it
        pools.clear()
