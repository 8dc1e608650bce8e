"""Planet's API: a client of it that waits for nothing, and a destination as it answers with one."""

from __future__ import annotations

from typing import Any

from validator.planet.api import Planet

GOOD: dict[str, Any] = {
    "id": "my-imagery-abc123",
    "pl:ref": "pl:destinations/my-imagery-abc123",
    "name": "my imagery",
    "type": "amazon_s3",
    "parameters": {"bucket": "imagery-in", "aws_region": "eu-central-1", "aws_access_key_id": "EXAMPLE", "explicit_sse": False},
    "created": "2026-01-01T00:00:00.123456Z",
    "updated": "2026-01-01T00:00:00Z",
    "archived": None,
    "default": False,
    "permissions": {"can_write": True},
    "ownership": {"is_owner": True},
}


def api(root: str, key: str = "PLAK-EXAMPLE", **options: Any) -> Planet:
    from planet import Auth

    return Planet(root, auth=Auth.from_key(key), **{"pace": 0.0, "pause": 0.01, "seconds": 5.0, **options})
