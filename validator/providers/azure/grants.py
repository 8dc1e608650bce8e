"""The least grants for a destination on Azure, with the az commands that make them: one text for findings and for ``policy``."""

from __future__ import annotations

import json
import shlex
from datetime import timedelta
from typing import Any, Final

from validator.providers.base import Grant, Options, Wanted

LETTERS: Final = "rwdl"
"""Least privilege: what Planet documents. ``c`` adds nothing beside ``w``."""

GRANT: Final = f"service SAS of the container: sr=c, sp={LETTERS}, spr=https, no sip, no st"

POLICY: Final = "planet"
"""The stored access policy's name."""


def az(command: str, **options: str) -> str:
    """An az command; an option with an empty value is a switch."""
    words = [f"--{name.replace('_', '-')}" + (f" {shlex.quote(value)}" if value else "") for name, value in options.items()]
    return " ".join([f"az {command}", *words])


def next_year(options: Options) -> str:
    """A date in a year, as az and SAS write it."""
    return (options.clock() + timedelta(days=365)).strftime("%Y-%m-%dT00:00Z")


def document(options: Options) -> str:
    """The stored access policy, as ``az storage container policy list`` shows it."""
    policy = {POLICY: {"expiry": next_year(options), "permission": LETTERS, "start": None}}
    return json.dumps(policy, indent=2)


def sas_command(account: str, container: str, **options: str) -> str:
    """The command that makes a SAS of the container, printed as a source takes it."""
    return az("storage container generate-sas", account_name=account, name=container, **options, https_only="", output="tsv")


def policy_update(account: str, container: str, name: str, **options: str) -> str:
    """The command that changes what a stored access policy says."""
    return az("storage container policy update", account_name=account, container_name=container, name=name, **options)


def policy_commands(account: str, container: str, options: Options, *, name: str = POLICY) -> tuple[str, str]:
    """The stored access policy, then a SAS that names it."""
    policy = az(
        "storage container policy create",
        account_name=account, container_name=container, name=name, permissions=LETTERS, expiry=next_year(options),
    )  # fmt: skip
    return policy, sas_command(account, container, policy_name=name)


def token_command(account: str, container: str, options: Options, **more: str) -> str:
    """A SAS that holds everything itself, signed with the account key; ``more`` are further options of az, such as ``start``."""
    return sas_command(account, container, permissions=LETTERS, **{"expiry": next_year(options), **more})


def delegation_command(account: str, container: str, options: Options, **more: str) -> str:
    """A SAS that the operator's own login signs: six days, since its key lives for seven at most."""
    expiry = (options.clock() + timedelta(days=6)).strftime("%Y-%m-%dT%H:%MZ")
    return sas_command(account, container, permissions=LETTERS, **more, expiry=expiry, auth_mode="login", as_user="")


def grant(parameters: Any, wanted: Wanted, options: Options) -> Grant:
    """A stored access policy, and a SAS bound to it. Raises ValueError for what Azure has no such thing of."""
    account, container = parameters.account, parameters.container
    for value, name in (
        (wanted.bucket_side, "--bucket-policy"),
        (wanted.encryption_key, "--kms-key"),
        (wanted.versions, "--versions"),
        (wanted.principal, "--for"),
    ):
        if value:
            raise ValueError(
                f"{name} does not apply to azure_blob_storage: whoever holds the SAS may use it, on its one container"
            )
    notes = [
        "The policy is prolonged or revoked later while the token stays as it is. It takes up to 30 seconds to work.",
        "Put the token into sas_token as it is printed, without a question mark before it.",
        f"A SAS without a stored policy, which only a new account key revokes: {token_command(account, container, options)}",
    ]
    if wanted.prefix:
        notes.append("A SAS of a container cannot be narrowed to a folder: give Planet a container of its own.")
    return Grant(document(options), policy_commands(account, container, options), tuple(notes))
