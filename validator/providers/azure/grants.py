"""The least grant for a destination on Azure, which the findings' fixes hold as well."""

from __future__ import annotations

from typing import Any, Final

from validator.providers.azure.case import SOON, Case
from validator.providers.base import Grant, Options, Wanted

_WHY: Final = "does not apply to azure_blob_storage: whoever holds the SAS may use it, on its one container"


def grant(parameters: Any, wanted: Wanted, options: Options) -> Grant:
    """A stored access policy, and a SAS bound to it. Raises ValueError for what Azure has no such thing of."""
    wanted.refuse(
        bucket_side=f"--bucket-policy {_WHY}",
        encryption_key=f"--kms-key {_WHY}",
        versions=f"--versions {_WHY}",
        principal=f"--for {_WHY}",
    )
    case = Case(None, parameters, options)
    notes = [
        f"The policy is prolonged or revoked later while the token stays as it is. {SOON}",
        "Put the token into sas_token as it is printed, without a question mark before it.",
        f"A SAS without a stored policy, which only a new account key revokes: {case.token_command()}",
    ]
    if wanted.prefix:
        notes.append("A SAS of a container cannot be narrowed to a folder: give Planet a container of its own.")
    return Grant(case.document, case.policy_commands(), tuple(notes))
