"""Oracle Cloud Storage: a Customer Secret Key against the S3 Compatibility API of one namespace and region."""

from __future__ import annotations

from typing import TYPE_CHECKING

from validator.providers.base import Provider, later
from validator.providers.oracle.parameters import PERMISSIONS, OracleParameters

if TYPE_CHECKING:
    from validator.providers.oracle import addresses, advice, bucket, errors, grants, in_text, lint, owner, rules
else:
    addresses, advice, bucket, errors, grants, in_text, lint, owner, rules = later(
        __package__, "addresses", "advice", "bucket", "errors", "grants", "in_text", "lint", "owner", "rules"
    )

provider = Provider(
    name="oracle_cloud_storage",
    title="Oracle Cloud Storage",
    Parameters=OracleParameters,
    permissions=PERMISSIONS,
    rules=rules.RULES,
    lint=lint.lint,
    connect=bucket.connect,
    classify=errors.classify,
    object_uri=addresses.object_uri,
    explain_finding=advice.explain_finding,
    removal=addresses.removal,
    read_answer=errors.read_answer,
    in_text=in_text.in_text,
    grant=grants.grant,
    explain=owner.explain,
    grant_needs=("bucket",),
)
