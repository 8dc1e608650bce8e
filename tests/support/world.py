"""A bucket, keys to it, and a local Planet that reaches it, for the tests of ``create`` and ``update``."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.command import Ran
from validator.cli import app as cli
from validator.demo.emulators.planet import PlanetEmulator
from validator.demo.emulators.s3 import S3Emulator, UserKey


@dataclass
class World:
    """A bucket, keys to it, and a Planet that reaches it."""

    s3: S3Emulator
    planet: PlanetEmulator
    good: UserKey
    no_delete: UserKey
    capsys: pytest.CaptureFixture[str]

    def request(self, key: UserKey, name: str | None = "my imagery", **changes: Any) -> dict[str, Any]:
        parameters = {
            "bucket": "imagery-in",
            "aws_region": "eu-central-1",
            "aws_access_key_id": key.access_key_id,
            "aws_secret_access_key": key.secret_access_key,
            **changes,
        }
        return {**({} if name is None else {"name": name}), "type": "amazon_s3", "parameters": parameters}

    def run(self, *arguments: str) -> Ran:
        self.capsys.readouterr()
        code = cli.run([*arguments])
        told = self.capsys.readouterr()
        return Ran(code, told.out, told.err)

    def create(self, request: Any, *options: str) -> Ran:
        return self.run("create", save(request), *self.places(), *options)

    def update(self, id_: str, request: Any, *options: str) -> Ran:
        return self.run("update", id_, save(request), *self.places(), *options)

    def places(self) -> tuple[str, ...]:
        return ("--planet-url", self.planet.url, "--endpoint", f"amazon_s3={self.s3.url}")


def save(request: Any) -> str:
    Path("dest.json").write_text(json.dumps(request))
    return "dest.json"


def changes(planet: PlanetEmulator) -> list[str]:
    return [each.method for each in planet.requests if each.method != "GET"]
