"""Google Cloud Storage: a bucket, and the JSON key of a service account, encoded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from validator.providers.base import Provider, later
from validator.providers.gcs.parameters import PERMISSIONS, GoogleParameters

if TYPE_CHECKING:
    from validator.providers.gcs import addresses, advice, bucket, errors, grants, in_text, lint, owner, rules
else:
    addresses, advice, bucket, errors, grants, in_text, lint, owner, rules = later(
        __package__, "addresses", "advice", "bucket", "errors", "grants", "in_text", "lint", "owner", "rules"
    )

provider = Provider(
    name="google_cloud_storage",
    title="Google Cloud Storage",
    host="https://storage.googleapis.com",
    Parameters=GoogleParameters,
    permissions=PERMISSIONS,
    rules=rules.RULES,
    concern_whole=frozenset({"api-disabled"}),
    read_through=frozenset({"credentials-wrapped"}),
    lint=lint.lint,
    connect=bucket.connect,
    classify=errors.classify,
    object_uri=addresses.object_uri,
    explain_finding=advice.explain_finding,
    removal=addresses.removal,
    read_answer=errors.read_answer,
    in_text=in_text.in_text,
    grant=grants.grant,
    login=bucket.login,
    explain=owner.explain,
    grant_needs=("bucket",),
)
