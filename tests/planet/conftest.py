"""A bucket and a Planet for each test, and a destination that is there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.world import World
from validator.cli import app, console
from validator.demo.emulators.planet import PlanetEmulator
from validator.demo.emulators.s3 import S3Emulator, UserKey
from validator.planet import api


@pytest.fixture(scope="module")
def cloud() -> Iterator[tuple[S3Emulator, UserKey, UserKey]]:
    with S3Emulator() as s3:
        s3.bucket("imagery-in")
        yield s3, s3.user("good"), s3.user("no-delete", actions=("s3:PutObject", "s3:GetObject"))


@pytest.fixture
def world(
    cloud: tuple[S3Emulator, UserKey, UserKey],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[World]:
    s3, good, no_delete = cloud
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(api, "PACE", 0.0)
    monkeypatch.setattr(api, "PAUSE", 0.01)
    s3.requests.clear()
    with PlanetEmulator({"amazon_s3": s3.url}, per_second=1000) as planet:
        monkeypatch.setenv("PL_API_KEY", planet.key)
        yield World(s3, planet, good, no_delete, capsys)
    s3.before_answer = lambda exchange: None
    console.forget()


@pytest.fixture
def there(world: World) -> Any:
    """A destination at Planet with encryption asked for, under a key of its own."""
    old = UserKey("AKIAIOSFODNN7EXAMPLE", "an-old-secret-EXAMPLE", "")
    return world.planet.add(world.request(old, "in use", explicit_sse=True))


@pytest.fixture
def planet(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[PlanetEmulator]:
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(api, "PACE", 0.0)
    monkeypatch.setattr(api, "PAUSE", 0.01)
    with PlanetEmulator(per_second=1000) as emulator:
        monkeypatch.setenv("PL_API_KEY", emulator.key)
        monkeypatch.setenv("PLANET_VALIDATOR_PLANET_URL", emulator.url)
        yield emulator
    console.forget()


@pytest.fixture
def run(planet: PlanetEmulator, capsys: pytest.CaptureFixture[str]) -> Any:
    def running(*arguments: str) -> tuple[int, str, str]:
        code = app.run(arguments)
        told = capsys.readouterr()
        assert "x" * 40 not in told.out + told.err
        return code, told.out, told.err

    return running
