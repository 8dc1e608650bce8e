"""Planet's destination type ``azure_blob_storage``: a container of Azure Blob Storage, reached with a shared access signature."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from validator.core.model import Finding, Observation, Operation, Secret
from validator.providers.azure.rules import CONCERN_WHOLE, RULES
from validator.providers.base import (
    Advice,
    Explanation,
    Failure,
    Grant,
    HttpAnswer,
    Login,
    LoginFailed,
    Options,
    Provider,
    Wanted,
    secret,
    text,
)

if TYPE_CHECKING:
    from validator.providers.base import Bucket

_HOST = r"(?:https?://)?[a-z0-9-]{3,24}(?:\.[a-z0-9-]{1,40}){1,5}(?::\d{1,5})?(?:/[a-z0-9$-]{0,63}){0,2}"
_ACCOUNT_SHAPE = rf"[A-Za-z0-9_-]{{1,24}}|{_HOST}"
_CONTAINER_SHAPE = rf"[A-Za-z0-9$_./ -]{{1,30}}|[a-z0-9$-]{{1,63}}|{_HOST}"
_SUFFIX_SHAPE = r"(?:https?://)?\.?[A-Za-z0-9-]{1,40}(?:\.[A-Za-z0-9-]{1,40}){0,6}(?::\d{1,5})?/?"


@dataclass(frozen=True, slots=True)
class Parameters:
    """What Planet asks for."""

    account: str = text(
        "The storage account's name.",
        example="imageryaccount",
        shape=_ACCOUNT_SHAPE,
        placeholders=("account name",),
        label="Storage account name",
        where="Storage accounts > the account > Overview",
    )
    container: str = text(
        "The container's name.",
        example="planet-deliveries",
        shape=_CONTAINER_SHAPE,
        placeholders=("container name",),
        label="Container",
        where="the storage account > Data storage > Containers",
    )
    sas_token: Secret = secret(
        "A shared access signature for the container: read, write, delete and list, without a leading question mark.",
        example="sv=2023-11-03&sr=c&sp=rwdl&se=2027-01-31T00%3A00%3A00Z&sig=EXAMPLE",
        verbatim=True,
        placeholders=("token",),
        label="Blob SAS token",
        where="Containers > the container > Shared access tokens > Generate SAS token and URL",
    )
    storage_endpoint_suffix: str = text(
        "What follows '<account>.blob.' in the account's address.",
        example="core.windows.net",
        default="core.windows.net",
        shape=_SUFFIX_SHAPE,
        place=False,
        label="Endpoint suffix",
        where="the storage account > Endpoints, after '.blob.'",
    )


def lint(parameters: Any, options: Options) -> Iterable[Finding]:
    """What can be seen of names and token without a network."""
    from validator.providers.azure.lint import lint

    return lint(parameters, options)


def credential_end(parameters: Any) -> datetime | None:
    """When the token ends."""
    from validator.providers.azure import sas

    return sas.parse(parameters.sas_token.reveal()).end


def connect(parameters: Any, options: Options) -> Bucket:
    """A client for the container; makes no request."""
    from validator.providers.azure.bucket import Bucket

    return Bucket(parameters, options)


def login(parameters: Any, options: Options, profile: str | None, remember: Callable[[str | Secret], None]) -> Bucket:
    """A client with the account's key from the environment, or the az command's login; there are no profiles. Raises LoginFailed."""
    del profile
    from validator.providers.azure.bucket import Bucket
    from validator.providers.azure.case import base_url
    from validator.providers.operator.login import NoLogin, azure

    try:
        login = azure(parameters.account, base_url(parameters, options), remember, options.seconds())
    except NoLogin as error:
        raise LoginFailed(str(error)) from None
    return Bucket(parameters, options, login)


def observe(error: Exception) -> Observation:
    """Classify an exception of azure-storage-blob's."""
    from validator.providers.azure.errors import observe

    return observe(error)


def read_answer(answer: HttpAnswer) -> Observation:
    """Classify an answer that another tool got."""
    from validator.providers.azure.errors import read_answer

    return read_answer(answer)


def target(parameters: Any, key: str, options: Options) -> str:
    """The blob's URL, without the token."""
    from validator.providers.azure.case import base_url

    return f"{base_url(parameters, options)}/{parameters.container}/{key}"


def advise(finding: str, parameters: Any, failure: Failure | None, options: Options) -> Advice:
    """Detail and az commands for this container."""
    from validator.providers.azure.advice import advise

    return advise(finding, parameters, failure, options)


def grant(parameters: Any, wanted: Wanted, options: Options) -> Grant:
    """A stored access policy, and a SAS bound to it."""
    from validator.providers.azure import grants

    return grants.grant(parameters.account, parameters.container, wanted, options)


def explain(
    parameters: Any, findings: Sequence[Finding], failures: Sequence[Failure], login: Login, options: Options
) -> Explanation:
    """Through the account's key, or the login of the az command."""
    from validator.providers.azure import owner

    del failures
    return owner.explain(parameters, findings, login, options)


def removal(parameters: Any, key: str, version: str | None) -> str:
    """The az command that removes one blob or version."""
    from validator.providers.azure.case import removal

    return removal(parameters, key, version)


provider = Provider(
    name="azure_blob_storage",
    title="Azure Blob Storage",
    Parameters=Parameters,
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
    lint=lint,
    connect=connect,
    observe=observe,
    target=target,
    advise=advise,
    removal=removal,
    read_answer=read_answer,
    grant=grant,
    login=login,
    explain=explain,
    grant_needs=("account", "container"),
    credential_end=credential_end,
)
