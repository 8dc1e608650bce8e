"""Planet's destination type ``azure_blob_storage``: a container of Azure Blob Storage, reached with a shared access signature."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from validator.providers.azure.parameters import LETTER, AzureParameters
from validator.providers.azure.rules import CONCERN_WHOLE, RULES
from validator.providers.base import Options, Provider, later

if TYPE_CHECKING:
    from validator.providers.azure import advice, bucket, case, errors, grants, in_text, lint, owner
else:
    advice, bucket, case, errors, grants, in_text, lint, owner = later(
        __package__, "advice", "bucket", "case", "errors", "grants", "in_text", "lint", "owner"
    )


def connect(parameters: Any, options: Options) -> bucket.Bucket:
    """See the seam."""
    from validator.providers.common.early import Early
    from validator.providers.common.trust import bundle_of

    # At Azure's own address two requests go out at the same time.
    hosts = [case.base_url(parameters, options)] * (2 if case.conditions(parameters, options).documented else 1)
    with Early.beside("azure.storage.blob", hosts, bundle_of(options), options.seconds) as early:
        return bucket.Bucket(parameters, options, early)


provider = Provider(
    name="azure_blob_storage",
    title="Azure Blob Storage",
    Parameters=AzureParameters,
    permissions={operation: f"SAS {letter}" for operation, letter in LETTER.items()},
    rules=RULES,
    concern_whole=CONCERN_WHOLE,
    confirmed_by_rehearsal=frozenset({"sas-permission-missing"}),
    read_through=frozenset({"sas-leading-question-mark"}),
    lint=lint.lint,
    connect=connect,
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
