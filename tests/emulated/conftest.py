"""An S3 emulator for each test, and the shipped check on it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

import pytest

from validator import check
from validator.checking.assemble import Settings
from validator.core.model import Destination, DestinationReport
from validator.demo.emulators.s3 import S3Emulator, UserKey

REGION = "eu-central-1"


@pytest.fixture
def s3() -> Iterator[S3Emulator]:
    with S3Emulator() as emulator:
        emulator.bucket("imagery-in", region=REGION)
        yield emulator


class Run(Protocol):
    def __call__(
        self, key: UserKey, type_: str = "amazon_s3", /, settings: dict[str, Any] | None = None, **changes: Any
    ) -> DestinationReport: ...


@pytest.fixture
def run(s3: S3Emulator) -> Run:
    """Check a destination on ``s3``; ``changes`` replace parameters."""

    def run(
        key: UserKey, type_: str = "amazon_s3", /, settings: dict[str, Any] | None = None, **changes: Any
    ) -> DestinationReport:
        destination = Destination("emulated", type_, {**parameters(s3, key, type_), **changes})
        return check(
            [destination], Settings(**{"timeout": 60.0, "endpoints": {type_: s3.url}, **(settings or {})})
        ).destinations[0]

    return run


def parameters(s3: S3Emulator, key: UserKey, type_: str = "amazon_s3") -> dict[str, Any]:
    if type_ == "amazon_s3":
        return {
            "bucket": "imagery-in",
            "aws_region": REGION,
            "aws_access_key_id": key.access_key_id,
            "aws_secret_access_key": key.secret_access_key,
        }
    return {
        "bucket": "imagery-in",
        "endpoint": "https://objects.example.org",
        "region": REGION,
        "access_key_id": key.access_key_id,
        "secret_access_key": key.secret_access_key,
        "use_path_style": True,
    }


def names(report: DestinationReport) -> set[str]:
    return {each.name for each in report.findings}
