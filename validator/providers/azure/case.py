"""One finding about an Azure container: the parameters, the token and the answer that its advice speaks of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from validator.core.model import VERIFICATION_FILE, Fix
from validator.core.values import Dataclass
from validator.providers.azure import grants
from validator.providers.azure.grants import GRANT, LETTERS, az
from validator.providers.azure.sas import Sas, TokenKind, parse, repair

if TYPE_CHECKING:
    from datetime import datetime

    from validator.providers.base import Failure, Options
    from validator.providers.common.conditions import Conditions

TOKEN: Final = "/parameters/sas_token"  # noqa: S105 - a JSON pointer
SOON: Final = "It takes up to 30 seconds to work."
DELEGATED: Final = f"user delegation SAS of the container: sr=c, sp={LETTERS}, spr=https, no sip; its signer holds Storage Blob Data Contributor there"


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


def new_token(parameters: Any, options: Options) -> Fix:
    """How to make the SAS that Planet needs."""
    command = grants.token_command(parameters.account, parameters.container, options)
    return Fix("Make a new SAS for the container, and put it into sas_token as it is printed.", (command,), GRANT)


def renewed(sas: Sas, parameters: Any, options: Options) -> Fix:
    """How to make a token of the kind that this one is: another kind may be what the account does not allow."""
    account, container = parameters.account, parameters.container
    if sas.kind is TokenKind.DELEGATION:
        return Fix(
            "Make a new user delegation SAS, and put it into sas_token as it is printed. It lives for 7 days at most, so it has to be renewed every week.",
            (grants.delegation_command(account, container, options),),
            DELEGATED,
        )
    if sas.kind is TokenKind.POLICY:
        name = sas.get("si")[:64]
        command = grants.sas_command(account, container, policy_name=name)
        return Fix(
            f"Make a new SAS that names the stored access policy {name} and sets nothing that the policy sets.",
            (command,),
            GRANT,
        )
    return new_token(parameters, options)


def policy_token(parameters: Any, options: Options) -> Fix:
    """How to make a SAS that can be revoked and prolonged without changing the token."""
    commands = grants.policy_commands(parameters.account, parameters.container, options)
    summary = (
        "Make a stored access policy and a SAS that names it. It can be prolonged or revoked later while the token stays as it is. "
        f"A new policy takes a moment. {SOON}"
    )
    return Fix(summary, commands, grants.document(options))


class Case(Dataclass):
    """One finding to speak about."""

    parameters: Any
    failure: Failure | None
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
    def key(self) -> str:
        """The key that was asked for."""
        return self.failure.key if self.failure else VERIFICATION_FILE

    @property
    def code(self) -> str:
        """Azure's code of the answer; empty where there is none."""
        return self.failure.observation.code if self.failure else ""

    @property
    def sas(self) -> Sas:
        """The token, taken apart."""
        return parse(repair(self.parameters.sas_token.reveal()).token)

    @property
    def new_token(self) -> Fix:
        """A token of the same kind."""
        return renewed(self.sas, self.parameters, self.options)

    def seen(self, name: str) -> str:
        """A piece of evidence, or nothing."""
        return self.failure.observation.evidence.get(name, "") if self.failure else ""

    @property
    def message(self) -> str:
        """What Azure said."""
        return self.failure.observation.message if self.failure else ""
