"""One finding about an Azure container: the parameters, the token and the answer that its advice speaks of; and the az commands for both."""

from __future__ import annotations

import shlex
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from validator.core.model import Fix
from validator.providers.azure.sas import Sas, TokenKind, parse, repair
from validator.providers.common import case

if TYPE_CHECKING:
    from datetime import datetime

    from validator.providers.base import Options
    from validator.providers.common.conditions import Conditions

TOKEN: Final = "/parameters/sas_token"  # noqa: S105 - a JSON pointer
SOON: Final = "It takes up to 30 seconds to work."
LETTERS: Final = "rwdl"
"""Least privilege: what Planet documents. ``c`` adds nothing beside ``w``. Its own check needs ``w`` (or ``c``) and ``d``."""
GRANT: Final = f"service SAS of the container: sr=c, sp={LETTERS}, spr=https, no sip, no st"
DELEGATED: Final = f"user delegation SAS of the container: sr=c, sp={LETTERS}, spr=https, no sip; its signer holds Storage Blob Data Contributor there"
POLICY: Final = "planet"
"""The stored access policy's name."""


def base_url(parameters: Any, options: Options) -> str:
    """The account's URL, without a slash at its end."""
    return (options.endpoint or f"https://{parameters.account}.blob.{parameters.storage_endpoint_suffix}").rstrip("/")


def conditions(parameters: Any, options: Options) -> Conditions:
    """What is known of the account's conditions before anything was seen."""
    from validator.providers.common.azure_clouds import AZURE_SUFFIXES
    from validator.providers.common.conditions import Conditions

    return Conditions.at(documented=options.endpoint is None and parameters.storage_endpoint_suffix in AZURE_SUFFIXES)


def object_uri(parameters: Any, key: str, options: Options) -> str:
    """The blob's URL, without the token."""
    return f"{base_url(parameters, options)}/{parameters.container}/{key}"


def credential_end(parameters: Any) -> datetime | None:
    """When the token ends."""
    return parse(parameters.sas_token.reveal()).end


def removal(parameters: Any, key: str, version: str | None, *, snapshots: bool = False) -> str:
    """The command that removes one blob, or one of its versions."""
    if version and version.startswith("upload:"):
        key, version = version.removeprefix("upload:"), None  # staged blocks have a name of their own
    if version and version.startswith("snapshot:"):
        more = {"snapshot": version.removeprefix("snapshot:")}
    else:
        more = {"version_id": version} if version else {}
    more |= {"delete_snapshots": "include"} if snapshots else {}
    return az("storage blob delete", account_name=parameters.account, container_name=parameters.container, name=key, **more)


def az(command: str, **options: str) -> str:
    """An az command; an option with an empty value is a switch."""
    words = [f"--{name.replace('_', '-')}" + (f" {shlex.quote(value)}" if value else "") for name, value in options.items()]
    return " ".join([f"az {command}", *words])


class Case(case.Case):
    """One finding to speak about."""

    parameters: Any
    options: Options

    @property
    def account(self) -> str:
        """The name of the storage account."""
        return str(self.parameters.account)

    @property
    def container(self) -> str:
        """The name of the container."""
        return str(self.parameters.container)

    @property
    def sas(self) -> Sas:
        """The token, taken apart."""
        return parse(repair(self.parameters.sas_token.reveal()).token)

    # ---- commands ----------------------------------------------------------------------------------------------------

    def show(self, query: str, **more: str) -> str:
        """The command that shows a setting of the account."""
        return az("storage account show", name=self.account, query=query, **more)

    def az(self, command: str, **options: str) -> str:
        """A command about the container itself."""
        return az(f"storage container {command}", account_name=self.account, name=self.container, **options)

    def az_in(self, command: str, **options: str) -> str:
        """A command about something in the container, or of its."""
        return az(f"storage {command}", account_name=self.account, container_name=self.container, **options)

    @property
    def removal(self) -> str:
        """The command that removes the blob that was asked for."""
        return removal(self.parameters, self.object, None)

    @property
    def next_year(self) -> str:
        """A date in a year, as az and SAS write it."""
        return (self.options.clock() + timedelta(days=365)).strftime("%Y-%m-%dT00:00Z")

    @property
    def document(self) -> str:
        """The stored access policy, as ``az storage container policy list`` shows it."""
        import json

        return json.dumps({POLICY: {"expiry": self.next_year, "permission": LETTERS, "start": None}}, indent=2)

    def sas_command(self, **options: str) -> str:
        """The command that makes a SAS of the container, printed as a source takes it."""
        return self.az("generate-sas", **options, https_only="", output="tsv")

    def policy_commands(self, name: str = POLICY) -> tuple[str, str]:
        """The stored access policy, then a SAS that names it."""
        policy = self.az_in("container policy create", name=name, permissions=LETTERS, expiry=self.next_year)
        return policy, self.sas_command(policy_name=name)

    def token_command(self, **more: str) -> str:
        """A SAS that holds everything itself, signed with the account key; ``more`` are further options of az, such as ``start``."""
        return self.sas_command(permissions=LETTERS, **{"expiry": self.next_year, **more})

    def delegation_command(self, **more: str) -> str:
        """A SAS that the operator's own login signs: six days, since its key lives for seven at most."""
        expiry = (self.options.clock() + timedelta(days=6)).strftime("%Y-%m-%dT%H:%MZ")
        return self.sas_command(permissions=LETTERS, **more, expiry=expiry, auth_mode="login", as_user="")

    # ---- fixes -------------------------------------------------------------------------------------------------------

    @property
    def new_token(self) -> Fix:
        """How to make the SAS that Planet needs."""
        return Fix(
            "Make a new SAS for the container, and put it into sas_token as it is printed.", (self.token_command(),), GRANT
        )

    def renewed(self, sas: Sas) -> Fix:
        """How to make a token of the kind that this one is: another kind may be what the account does not allow."""
        if sas.kind is TokenKind.DELEGATION:
            return Fix(
                "Make a new user delegation SAS, and put it into sas_token as it is printed. It lives for 7 days at most, so it has to be renewed every week.",
                (self.delegation_command(),),
                DELEGATED,
            )
        if sas.kind is TokenKind.POLICY:
            return Fix(
                f"Make a new SAS that names the stored access policy {sas.policy} and sets nothing that the policy sets.",
                (self.sas_command(policy_name=sas.policy),),
                GRANT,
            )
        return self.new_token

    def policy_fix(self, summary: str, name: str, verb: str = "update", **options: str) -> Fix:
        """How to change what a stored access policy says."""
        command = self.az_in(f"container policy {verb}", name=name, **options)
        return Fix(f"{summary}; the token stays as it is. {SOON}", (command,), GRANT)

    @property
    def policy_token(self) -> Fix:
        """How to make a SAS that can be revoked and prolonged without changing the token."""
        summary = (
            "Make a stored access policy and a SAS that names it. It can be prolonged or revoked later while the token stays as it is. "
            f"A new policy takes a moment. {SOON}"
        )
        return Fix(summary, self.policy_commands(), self.document)
