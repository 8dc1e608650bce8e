"""What Planet takes for Oracle Cloud Storage."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from validator.core.model import Operation, Secret
from validator.core.values import Dataclass
from validator.providers.base import secret, text

PERMISSIONS: Final = {
    Operation.WRITE: "OBJECT_CREATE",
    Operation.READ: "OBJECT_READ",
    Operation.DELETE: "OBJECT_DELETE",
}
"""What each operation needs, by the names that Oracle's policies use."""


def _regions() -> Iterator[tuple[str, str]]:
    from validator.providers.oracle.regions import PUBLIC_REALM, REALM_OF

    return ((region, "") for region, realm in REALM_OF.items() if realm == PUBLIC_REALM)


class OracleParameters(Dataclass):
    """What Planet takes for this type."""

    bucket: str = text(
        "The bucket's name.", example="imagery-in", placeholders=("bucket name",), label="Bucket", where="Storage > Buckets"
    )
    region: str = text(
        "The identifier of the region in which the bucket lies.",
        example="us-ashburn-1",
        placeholders=("region", "region name"),
        place=False,
        label="Region identifier",
        where="the region menu > Manage regions",
        suggest=_regions,
    )
    namespace: str = text(
        "The tenancy's Object Storage namespace.",
        example="axaxnpcrorw5",
        placeholders=("namespace",),
        label="Namespace",
        where="Storage > Buckets > the bucket > Namespace",
    )
    customer_access_key_id: str = text(
        "The id of a Customer Secret Key.",
        example="0123456789abcdef0123456789abcdef01234567",
        shape=r"[0-9a-f]{40}",
        placeholders=("customer_access_key_id",),
        also=("access_key_id",),
        credential=True,
        label="Access key",
        where="Profile > User settings > Customer secret keys",
    )
    customer_secret_key: Secret = secret(
        "The secret of that key, shown once when it was made.",
        example="(44 characters of base64)",
        placeholders=("customer_secret_key",),
        also=("secret_access_key",),
        label="Secret key",
        where="shown once, by Generate secret key",
        instead={
            "user user_ocid fingerprint tenancy tenancy_ocid key_file private_key private_key_path api_key": (
                "It is part of an API signing key, with which Planet cannot sign; it takes a Customer Secret Key, which is a pair of its own."
            ),
        },
    )
