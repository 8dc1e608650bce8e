"""What tests ask of the demo's emulators, and the demo does not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from validator.demo.emulators.azurite import Azurite
from validator.demo.emulators.s3 import Exchange, S3Emulator

VERSION = "2023-11-03"


def writes(s3: S3Emulator) -> list[Exchange]:
    """The requests that made an object: what must be empty where delete is refused."""
    return [each for each in s3.requests if each.method in ("PUT", "POST") and each.status < 300]


def account_sas(azurite: Azurite) -> str:
    """An account SAS, of a year, for all that a delivery needs."""
    end = f"{datetime.now(UTC) + timedelta(days=365):%Y-%m-%dT%H:%M:%SZ}"
    fields = {"sv": VERSION, "ss": "b", "srt": "co", "sp": "rwdlc", "se": end}
    signed = [fields[name] for name in ("sp", "ss", "srt")]
    return azurite.sign(fields, "\n".join([azurite.account, *signed, "", end, "", "", VERSION, "", ""]))
