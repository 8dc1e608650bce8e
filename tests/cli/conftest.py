"""The command in a folder of its own, and an S3 emulator with two users."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.command import Ran
from validator.cli import app as cli
from validator.cli import console
from validator.demo.emulators.s3 import S3Emulator, UserKey


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)

    def running(*arguments: str) -> Ran:
        code = cli.run([str(each) for each in arguments])
        return Ran(code, *capsys.readouterr())

    yield running
    console.forget()


@pytest.fixture
def at_s3(s3: S3Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every command asks the emulator, without an option."""
    monkeypatch.setenv("PLANET_VALIDATOR_ENDPOINT", f"s3={s3.url}")


@pytest.fixture(scope="module")
def s3() -> Iterator[S3Emulator]:
    with S3Emulator() as emulator:
        emulator.bucket("imagery-in")
        yield emulator


@pytest.fixture(scope="module")
def good(s3: S3Emulator) -> UserKey:
    return s3.user("planet-good")


@pytest.fixture(scope="module")
def no_delete(s3: S3Emulator) -> UserKey:
    return s3.user("planet-no-delete", actions=("s3:PutObject", "s3:GetObject"))
