"""A bucket and an object in it, as Google's tools and pages write them."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING, Final

from validator.core import lazy

if TYPE_CHECKING:
    from validator.providers.base import Options
    from validator.providers.gcs.parameters import GoogleParameters

_ADDRESS: Final = lazy.compile(
    r"(?i)(?:gs://|s3://|(?:https?:)?//(?:storage\.(?:cloud\.google|googleapis)\.com/(?:projects/_/buckets/|storage/v1/b/|download/storage/v1/b/)?"
    r"|console\.cloud\.google\.com/storage/browser/(?:_details/)?)|projects/_/buckets/)(?P<bucket>[^/?#;]+)(?P<rest>.*)"
)
_HOST: Final = lazy.compile(
    r"(?i)(?:https?://)?(?P<bucket>[a-z0-9._-]+)\.storage\.(?:cloud\.google|googleapis)\.com(?P<rest>/.*)?"
)


def of_bucket(name: str) -> re.Match[str] | None:
    """The ``bucket`` and the ``rest`` of what is an address of Google's, and no bare name."""
    if name.isascii() and "/" not in name and ".storage." not in name.lower():
        return None  # most names: the patterns are not compiled
    return _ADDRESS.fullmatch(name) or _HOST.fullmatch(name)


def object_uri(parameters: GoogleParameters, key: str, options: Options) -> str:
    """``gs://bucket/key``, also where the bucket was given as an address."""
    del options
    match = of_bucket(parameters.bucket)
    return f"gs://{match['bucket'] if match else parameters.bucket}/{key}"


def removal(parameters: GoogleParameters, key: str, version: str | None) -> str:
    """``gcloud storage rm``, of one generation where it is known."""
    return f"gcloud storage rm {shlex.quote(f'gs://{parameters.bucket}/{key}' + (f'#{version}' if version else ''))}"
