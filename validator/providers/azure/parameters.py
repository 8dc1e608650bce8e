"""What Planet asks for of an Azure destination."""

from __future__ import annotations

from typing import Final

from validator.core.model import Operation, Secret
from validator.core.values import Dataclass
from validator.providers.base import secret, text

_HOST = r"(?:https?://)?[a-z0-9-]{3,24}(?:\.[a-z0-9-]{1,40}){1,5}(?::\d{1,5})?(?:/[a-z0-9$-]{0,63}){0,2}"
_ACCOUNT_SHAPE = rf"[A-Za-z0-9_-]{{1,24}}|{_HOST}"
_CONTAINER_SHAPE = rf"[A-Za-z0-9$_./ -]{{1,30}}|[a-z0-9$-]{{1,63}}|{_HOST}"
_SUFFIX_SHAPE = r"(?:https?://)?\.?[A-Za-z0-9-]{1,40}(?:\.[A-Za-z0-9-]{1,40}){0,6}(?::\d{1,5})?/?"

LETTER: Final = {Operation.WRITE: "w", Operation.READ: "r", Operation.LIST: "l", Operation.DELETE: "d"}
"""The permission that each operation needs, by its letter in ``sp``."""


class AzureParameters(Dataclass):
    """What Planet asks for."""

    account: str = text(
        "The storage account's name.",
        example="imageryaccount",
        shape=_ACCOUNT_SHAPE,
        placeholders=("account name",),
        label="Storage account name",
        where="Storage accounts > the account > Overview",
    )
    container: str = text(
        "The container's name.",
        example="planet-deliveries",
        shape=_CONTAINER_SHAPE,
        placeholders=("container name",),
        label="Container",
        where="the storage account > Data storage > Containers",
    )
    sas_token: Secret = secret(
        "A shared access signature for the container: read, write, delete and list, without a leading question mark.",
        example="sv=2023-11-03&sr=c&sp=rwdl&se=2027-01-31T00%3A00%3A00Z&sig=EXAMPLE",
        verbatim=True,
        placeholders=("token",),
        label="Blob SAS token",
        where="Containers > the container > Shared access tokens > Generate SAS token and URL",
        instead={
            "key access_key account_key storage_key storage_account_key connection_string storage_connection_string": (
                "An account's key, which a connection string holds as well, opens the whole account; Planet takes a SAS token alone."
            ),
            "client_id client_secret tenant_id": "Planet signs in as no application; it takes a SAS token alone.",
        },
    )
    storage_endpoint_suffix: str = text(
        "What follows '<account>.blob.' in the account's address.",
        example="core.windows.net",
        default="core.windows.net",
        shape=_SUFFIX_SHAPE,
        place=False,
        label="Endpoint suffix",
        where="the storage account > Endpoints, after '.blob.'",
    )
