"""What tests ask of the emulators, and nobody else does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from validator.demo.emulators.azurite import Azurite

VERSION = "2023-11-03"


def account_sas(azurite: Azurite) -> str:
    """An account SAS, of a year, for all that a delivery needs."""
    end = f"{datetime.now(UTC) + timedelta(days=365):%Y-%m-%dT%H:%M:%SZ}"
    fields = {"sv": VERSION, "ss": "b", "srt": "co", "sp": "rwdlc", "se": end}
    signed = [fields[name] for name in ("sp", "ss", "srt")]
    return azurite.sign(fields, "\n".join([azurite.account, *signed, "", end, "", "", VERSION, "", ""]))
