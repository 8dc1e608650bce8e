"""The names of an Azure destination: account, container, endpoint suffix; what is wrong with them, seen without a network."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from validator import catalog
from validator.model import Finding, PatchOperation
from validator.providers._azure_sas import Mended, is_account_key

ACCOUNT: Final = re.compile(r"[a-z0-9]{3,24}")
CONTAINER: Final = re.compile(r"(?=.{3,63}\Z)[a-z0-9]+(?:-[a-z0-9]+)*|\$root|\$web|\$logs")
CLOUDS: Final = {
    "core.windows.net": "Azure",
    "core.chinacloudapi.cn": "Azure China",
    "core.usgovcloudapi.net": "Azure US Government",
    "core.cloudapi.de": "Azure Germany",
}


def lint(parameters: Any, mended: Mended) -> Iterator[Finding]:
    """What is wrong with the names, and where they differ from the URL that was given as a token."""
    yield from _account(parameters, mended)
    yield from _container(parameters, mended)
    yield from _suffix(parameters)


def _account(parameters: Any, mended: Mended) -> Iterator[Finding]:
    account = parameters.account
    pointer = "/parameters/account"
    if ACCOUNT.fullmatch(account):
        if mended.account and mended.account != account:
            yield catalog.finding(
                "account-name-invalid",
                detail=f"The URL in sas_token is of the account {mended.account}, and account says {account}.",
                pointer=pointer,
                patch=_replace(pointer, mended.account) if ACCOUNT.fullmatch(mended.account) else (),
            )
        return
    host = re.match(r"(?:https?://)?([a-z0-9]{3,24})\.(?:blob|dfs|queue|file|table|web)\.", account)
    if host:
        detail = f"account holds an address; the account's name alone is {host[1]}."
    elif is_account_key(account):
        detail = "account holds an account key, not the account's name. Renew the key if others may have seen this file."
    else:
        detail = "account must be the storage account's name alone: 3 to 24 lower-case letters and digits."
    yield catalog.finding(
        "account-name-invalid", detail=detail, pointer=pointer, patch=_replace(pointer, host[1]) if host else ()
    )


def _container(parameters: Any, mended: Mended) -> Iterator[Finding]:
    container = parameters.container
    pointer = "/parameters/container"
    if CONTAINER.fullmatch(container):
        if mended.container and mended.container != container:
            yield catalog.finding(
                "bucket-name-invalid",
                detail=f"The URL in sas_token is of the container {mended.container}, and container says {container}.",
                pointer=pointer,
                patch=_replace(pointer, mended.container) if CONTAINER.fullmatch(mended.container) else (),
            )
        return
    address = re.match(r"(?i)(?:https?://)?[a-z0-9-]+(?:\.[a-z0-9-]+)+(?::\d+)?/([^/?#]+)", container)
    if address or "://" in container:
        name = address[1] if address and CONTAINER.fullmatch(address[1]) else ""
        yield catalog.finding(
            "bucket-is-url",
            detail="container holds an address" + (f"; the container's name alone is {name}." if name else "."),
            pointer=pointer,
            patch=_replace(pointer, name) if name else (),
        )
        return
    bare = container.strip("/")
    if CONTAINER.fullmatch(bare):
        why, patch = "it has a slash beside the name", _replace(pointer, bare)
    elif "/" in container:
        why, patch = "it holds a path; a folder goes into path_prefix of the delivery", ()
    elif not 3 <= len(container) <= 63:
        why, patch = f"it has {len(container)} characters; 3 to 63 are allowed", ()
    elif container != container.lower():
        why, patch = "it has capital letters, and container names never do", ()
    else:
        why, patch = "only lower-case letters, digits and single dashes between them are allowed", ()
    yield catalog.finding(
        "bucket-name-invalid", detail=f"container is no container's name: {why}.", pointer=pointer, patch=patch
    )


def _suffix(parameters: Any) -> Iterator[Finding]:
    suffix = parameters.storage_endpoint_suffix
    pointer = "/parameters/storage_endpoint_suffix"
    if suffix in CLOUDS:
        return
    bare = re.sub(r"(?i)^https?://", "", suffix).strip("/").lower().lstrip(".")
    for cloud in CLOUDS:
        if bare == cloud or bare.endswith(f".{cloud}"):
            found = f"it holds more than the suffix: {cloud} alone" if bare != suffix or bare != cloud else ""
            if ".dfs." in f".{bare}":
                found = f"it is the Data Lake address; Planet needs the Blob service's, so {cloud} alone"
            yield catalog.finding(
                "endpoint-invalid",
                detail=f"storage_endpoint_suffix is what follows '<account>.blob.' in the account's address, and {found}.",
                pointer=pointer,
                patch=_replace(pointer, cloud),
            )
            return
    if re.search(r"(?i)amazonaws\.com|googleapis\.com|oraclecloud\.com", bare):
        yield catalog.finding(
            "endpoint-of-another-type",
            detail="storage_endpoint_suffix is an address of another cloud, not of Azure Blob Storage.",
            pointer=pointer,
        )
        return
    if not re.fullmatch(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+(?::\d{1,5})?", suffix):
        yield catalog.finding(
            "endpoint-invalid",
            detail="storage_endpoint_suffix must be a host name without scheme, leading dot or path, such as core.windows.net.",
            pointer=pointer,
        )


def _replace(pointer: str, value: str) -> tuple[PatchOperation, ...]:
    return (PatchOperation("replace", pointer, value),)
