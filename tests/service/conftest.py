"""A bucket, a key to it, and a service of the usual settings."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import pytest

from tests.support.service_runner import InProcess
from validator.checking.assemble import Settings
from validator.demo.emulators.s3 import S3Emulator, UserKey

NUMBERS = count(1)


@pytest.fixture
def s3() -> Iterator[S3Emulator]:
    with S3Emulator() as emulator:
        emulator.bucket("imagery-in")
        yield emulator


@pytest.fixture
def good(s3: S3Emulator) -> UserKey:
    return s3.user(f"planet-{next(NUMBERS)}")


@pytest.fixture(scope="module")
def plain() -> Iterator[InProcess]:
    with InProcess(hosts=frozenset({"localhost", "validator.example.org"})) as running:
        yield running


@pytest.fixture(scope="module")
def service(s3: S3Emulator) -> Iterator[InProcess]:
    """For modules whose tests share a bucket."""
    with InProcess(Settings(timeout=60, endpoints={"amazon_s3": s3.url})) as running:
        yield running
