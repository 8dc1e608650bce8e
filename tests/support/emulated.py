"""What tests ask of the emulators, and nobody else does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from validator.demo.emulators.azurite import Azurite


def account_sas(azurite: Azurite) -> str:
    """An account SAS, of a year, for all that a delivery needs."""
    from azure.storage.blob import AccountSasPermissions, ResourceTypes, generate_account_sas

    end = datetime.now(UTC) + timedelta(days=365)
    allowed = AccountSasPermissions.from_string("rwdlc")
    return generate_account_sas(azurite.account, azurite.key, ResourceTypes.from_string("co"), allowed, end)
