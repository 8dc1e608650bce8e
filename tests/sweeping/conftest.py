"""A store on moto, and sweeps of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from validator import Settings, Sweeping, sweep
from validator.core.model import Report
from validator.demo.emulators.s3 import S3Emulator


@pytest.fixture
def s3() -> Iterator[S3Emulator]:
    with S3Emulator() as emulator:
        emulator.bucket("imagery-in")
        yield emulator


@pytest.fixture
def run(s3: S3Emulator) -> Callable[..., Report]:
    def running(source: Any, sweeping: Sweeping | None = None, delete: Any = False, **settings: Any) -> Report:
        told = Settings(**{"timeout": 60.0, "endpoints": {"amazon_s3": s3.url, "s3_compatible": s3.url}, **settings})
        stop = settings.pop("stop", None)
        return sweep(source, told, sweeping, delete=delete, stop=stop)

    return running
