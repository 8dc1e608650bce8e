"""What Planet takes for a Google destination."""

from __future__ import annotations

from validator.core.model import Secret
from validator.core.values import Dataclass
from validator.providers.base import secret, text


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
    )
