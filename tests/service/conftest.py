"""A bucket, a key to it, and a service of the usual settings."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.service_runner import InProcess
from validator.demo.emulators.s3 import S3Emulator, UserKey


@pytest.fixture
def s3() -> Iterator[S3Emulator]:
    with S3Emulator() as emulator:
        emulator.bucket("imagery-in")
        yield emulator


@pytest.fixture
def good(s3: S3Emulator) -> UserKey:
    return s3.user("planet")


@pytest.fixture(scope="module")
def plain() -> Iterator[InProcess]:
    with InProcess(hosts=frozenset({"localhost", "validator.example.org"})) as running:
        yield running
