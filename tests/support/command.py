"""What a command said, and the requests that the tests of commands write."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

from validator.demo.emulators.s3 import UserKey


class Ran(NamedTuple):
    code: int
    out: str
    err: str


def request(key: UserKey, **changes: str) -> dict[str, Any]:
    parameters = {
        "bucket": "imagery-in",
        "aws_region": "eu-central-1",
        "aws_access_key_id": key.access_key_id,
        "aws_secret_access_key": key.secret_access_key,
        **changes,
    }
    return {"name": "my imagery", "type": "amazon_s3", "parameters": parameters}


def save(path: str, *requests: dict[str, Any]) -> str:
    Path(path).write_text(json.dumps(requests[0] if len(requests) == 1 else list(requests), indent=2))
    return path
