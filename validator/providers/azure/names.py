"""The names of an Azure destination: account, container, endpoint suffix; what is wrong with them, seen without a network."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from typing import Final
from urllib.parse import urlsplit

from validator.core import catalog, lazy
from validator.core.model import Confidence, Finding, Fix, Severity
from validator.core.sentences import many
from validator.providers.azure.sas import RepairedToken, is_account_key
from validator.providers.common.azure_clouds import AZURE_SUFFIXES
from validator.providers.common.reachability import unreachable

ACCOUNT: Final = lazy.compile(r"[a-z0-9]{3,24}")
CONTAINER: Final = lazy.compile(r"(?=.{3,63}\Z)[a-z0-9]+(?:-[a-z0-9]+)*|\$root|\$web|\$logs")
_ADDRESS: Final = lazy.compile(
    r"(?i)(?:https?://)?(?P<account>[a-z0-9-]+)(?P<suffix>(?:\.[a-z0-9-]+)+)(?::\d+)?/(?P<name>[^/?#]+)"
)
_SPARK: Final = lazy.compile(
    r"(?i)(?:abfss?|wasbs?)://(?P<name>[^@/?#\s]+)@(?P<account>[a-z0-9-]+)(?P<suffix>(?:\.[a-z0-9-]+)+)(?:[/?#].*)?\Z"
)
"""How Hadoop and Spark address a container: CONTAINER@ACCOUNT.dfs.core.windows.net."""
_RESOURCE: Final = lazy.compile(
    r"(?i)/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft\.Storage/storageAccounts/(?P<account>[a-z0-9]{3,24})(?:/.*)?"
)
_SHOWN: Final = 80
"""Characters of a name that a sentence shows."""


def bare(account: str) -> str:
    """The account's name out of its address; empty where it is none."""
    host = re.match(r"(?:https?://)?([a-z0-9]{3,24})\.(?:blob|dfs|queue|file|table|web)\.", account)
    return host[1] if host else ""


def account(account: str, repaired: RepairedToken) -> Iterator[Finding]:
    """The account's name, and whether the URL that was given as a token is of another account."""
    pointer = "/parameters/account"
    finding = partial(catalog.finding, pointer=pointer)
    if ACCOUNT.fullmatch(account):
        if repaired.account and repaired.account != account:
            yield finding(
                "account-name-invalid",
                detail=f"The URL in sas_token is of the account {repaired.account[:_SHOWN]}, and account says {account}. Did you mean {repaired.account[:_SHOWN]}?",
            )
        return
    if ACCOUNT.fullmatch(account.lower()):
        yield finding(
            "account-name-invalid",
            detail=f"account has capital letters, and account names have none. Host names know no difference. Did you mean {account.lower()}?",
            confidence=Confidence.LIKELY,
            severity=Severity.WARNING,
        )
        return
    name = bare(account)
    if name:
        detail = f"account holds an address; the account's name alone is {name}."
    elif resource := _RESOURCE.fullmatch(account):
        name = resource["account"].lower()
        detail = f"account holds the id of the account's resource; the account's name alone is {name}."
    elif is_account_key(account):
        detail = "account holds an account key, not the account's name. Renew the key if others may have seen this file."
    else:
        detail = "account must be the storage account's name alone: 3 to 24 lower-case letters and digits."
    yield finding("account-name-invalid", detail=detail, patch=catalog.replacement(pointer, name) if name else ())


def container(container: str, account: str, repaired: RepairedToken) -> Iterator[Finding]:
    """The container's name. ``account`` may be empty: not known."""
    pointer = "/parameters/container"
    finding = partial(catalog.finding, pointer=pointer)
    if CONTAINER.fullmatch(container):
        if repaired.container and repaired.container != container:
            yield finding(
                "bucket-name-invalid",
                detail=f"The URL in sas_token is of the container {repaired.container[:_SHOWN]}, and container says {container}. Did you mean {repaired.container[:_SHOWN]}?",
            )
        return
    address = _ADDRESS.match(container) or _SPARK.match(container)
    if address or "://" in container:
        name = address["name"] if address and CONTAINER.fullmatch(address["name"]) else ""
        whose = address["account"].lower() if address and address["suffix"].lower().startswith((".blob.", ".dfs.")) else ""
        # Only in an address of this very account is it certain that this container is meant.
        sure = bool(name) and whose != "" and whose == account
        correction = f"; the container's name alone is {name}." if sure else f". Did you mean {name}?" if name else "."
        only_here = "sig=" in container.partition("?")[2] and "sig=" not in repaired.token
        if only_here:  # the name alone would lose it
            correction += " The SAS in the address belongs into sas_token: move it there first."
        if ACCOUNT.fullmatch(whose) and account and not sure:
            correction += f" It is an address of the account {whose}, and account says {account[:_SHOWN]}."
        yield finding(
            "bucket-is-url",
            detail=f"container holds an address{correction}",
            patch=catalog.replacement(pointer, name) if sure and not only_here else (),
        )
        return
    bare = container.strip("/")
    if CONTAINER.fullmatch(bare):
        why, patch = "it has a slash beside the name", catalog.replacement(pointer, bare)
    elif "/" in container:
        name, _, folder = bare.partition("/")
        sure = CONTAINER.fullmatch(name) is not None
        where = "folder goes into the path_prefix of the order's delivery"
        why = f"it holds a path; is {name} meant? The {where}: {folder[:_SHOWN]}" if sure else f"it holds a path; a {where}"
        patch = ()
    elif not 3 <= len(container) <= 63:
        why, patch = f"it has {many(len(container), 'character')}; 3 to 63 are allowed", ()
    elif container != container.lower():
        why, patch = "it has capital letters, and container names never do", ()
    else:
        why, patch = "only lower-case letters, digits and single dashes between them are allowed", ()
    yield finding("bucket-name-invalid", detail=f"container is no container's name: {why}.", patch=patch)


def endpoint(endpoint: str, account: str) -> Iterator[Finding]:
    """``--endpoint`` is the account's URL: anything deeper would be taken for the container, and another one be checked."""
    try:
        parts = urlsplit(endpoint)
        path = [each for each in parts.path.split("/") if each]
        host = parts.hostname or ""
    except ValueError:
        return
    named = bool(account) and host.lower().partition(".")[0] == account.lower()
    if len(path) > (0 if named else 1) or (path and not named and account and path[0] != account):
        deeper = "/".join(path[:1] if not named and path[0] == account else [])
        yield catalog.finding(
            "endpoint-contains-bucket",
            detail=f"--endpoint is the account's URL, and this one goes on to /{'/'.join(path)}: what stands behind the account would be "
            "taken for the container, and another container would be checked.",
            fix=Fix(f"Give the account's URL alone: {parts.scheme}://{parts.netloc.rpartition('@')[2]}/{deeper}".rstrip("/")),
        )


def suffix(suffix: str) -> Iterator[Finding]:
    """What follows the account in its address."""
    pointer = "/parameters/storage_endpoint_suffix"
    finding = partial(catalog.finding, pointer=pointer)
    if suffix.lower() in AZURE_SUFFIXES:
        return
    if len(suffix) > 253:
        yield finding("endpoint-invalid", detail="storage_endpoint_suffix is longer than any host name.")
        return
    bare = re.sub(r"(?i)^https?://", "", suffix).strip("/").lower().lstrip(".")
    for cloud in AZURE_SUFFIXES:
        if bare == cloud or bare.endswith(f".{cloud}"):
            reason = f"it holds more than the suffix: {cloud} alone"
            if ".dfs." in f".{bare}":
                reason = f"it is the Data Lake address; Planet needs the Blob service's, so {cloud} alone"
            yield finding(
                "endpoint-invalid",
                detail=f"storage_endpoint_suffix is what follows '<account>.blob.' in the account's address, and {reason}.",
                patch=catalog.replacement(pointer, cloud),
            )
            return
    if re.search(r"(?i)amazonaws\.com|googleapis\.com|oraclecloud\.com", bare):
        yield finding(
            "endpoint-of-another-type",
            detail="storage_endpoint_suffix is an address of another cloud, not of Azure Blob Storage.",
        )
        return
    if not re.fullmatch(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+(?::\d{1,5})?", suffix):
        yield finding(
            "endpoint-invalid",
            detail="storage_endpoint_suffix must be a host name without scheme, leading dot or path, such as core.windows.net.",
        )
    else:
        yield from unreachable(suffix.partition(":")[0], pointer)
