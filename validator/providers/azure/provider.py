"""Planet's destination type ``azure_blob_storage``: a container of Azure Blob Storage, reached with a shared access signature."""

from __future__ import annotations

from typing import TYPE_CHECKING

from validator.core.model import Operation
from validator.providers.azure.parameters import AzureParameters
from validator.providers.azure.rules import CONCERN_WHOLE, RULES
from validator.providers.base import Provider, later

if TYPE_CHECKING:
    from validator.providers.azure import advice, bucket, case, errors, grants, in_text, lint, owner
else:
    advice, bucket, case, errors, grants, in_text, lint, owner = later(
        __package__, "advice", "bucket", "case", "errors", "grants", "in_text", "lint", "owner"
    )

provider = Provider(
    name="azure_blob_storage",
    title="Azure Blob Storage",
    Parameters=AzureParameters,
    permissions={
        Operation.WRITE: "SAS w",
        Operation.READ: "SAS r",
        Operation.LIST: "SAS l",
        Operation.DELETE: "SAS d",
    },
    rules=RULES,
    concern_whole=CONCERN_WHOLE,
    confirmed_by_rehearsal=frozenset({"sas-permission-missing"}),
    read_through=frozenset({"sas-leading-question-mark"}),
    lint=lint.lint,
    connect=bucket.Bucket,
    classify=errors.classify,
    object_uri=case.object_uri,
    explain_finding=advice.explain_finding,
    removal=case.removal,
    read_answer=errors.read_answer,
    in_text=in_text.in_text,
    grant=grants.grant,
    login=bucket.login,
    explain=owner.explain,
    grant_needs=("account", "container"),
    credential_end=case.credential_end,
)
