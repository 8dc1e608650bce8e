"""What Planet takes for a Google destination."""

from __future__ import annotations

from typing import Final

from validator.core.model import Operation, Secret
from validator.core.values import Dataclass
from validator.providers.base import secret, text

PERMISSIONS: Final = {
    Operation.WRITE: "storage.objects.create",
    Operation.READ: "storage.objects.get",
    Operation.DELETE: "storage.objects.delete",
}
"""What Planet documents for a Google destination, by operation."""


class GoogleParameters(Dataclass):
    """What Planet takes for a Google destination."""

    bucket: str = text(
        "The name of the bucket, without gs:// and without a folder.",
        example="imagery-in",
        placeholders=("bucket name",),
        shape=r"(?i)[a-z0-9._:/?=&%-]{1,222}",
        label="Bucket",
        where="Cloud Storage > Buckets",
    )
    credentials: Secret = secret(
        "The JSON key file of a service account, encoded as base64 in one line.",
        example="ewogICJ0eXBlIjogInNlcnZpY2VfYWNjb3VudCIs...",
        verbatim=True,
        label="Service account key",
        where="IAM & Admin > Service Accounts > the account > Keys > Add key > Create new key > JSON",
        file=".json",
        instead={
            "access_key access_key_id secret_access_key secret_key secret access_id hmac_key hmac_secret hmac_access_id hmac_access_key": (
                "That is one half of an HMAC key, which is for Google's S3-compatible interface: with it the type is s3_compatible, and the "
                "endpoint https://storage.googleapis.com, a way that Planet does not document. This type takes the JSON key of a service account."
            ),
            "credentials_file key_file keyfile json_key service_account_file google_application_credentials": (
                "Planet takes no file, but what is in it, in base64: ${base64file:PATH} stands for that in a source."
            ),
        },
    )
