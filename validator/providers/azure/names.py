"""The names of an Azure destination: account, container, endpoint suffix; what is wrong with them, seen without a network."""

from __future__ import annotations

import re
from collections.abc import Iterator
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
_FOLDER: Final = "folder goes into the path_prefix of the order's delivery"
_SHOWN: Final = 80
"""Characters of a name that a sentence shows."""


def bare(account: str) -> str:
    """The account's name out of its address; empty where it is none."""
    host = re.match(r"(?:https?://)?([a-z0-9]{3,24})\.(?:blob|dfs|queue|file|table|web)\.", account)
    return host[1] if host else ""


def account(account: str, repaired: RepairedToken) -> Iterator[Finding]:
    """The account's name, and whether the URL that was given as a token is of another account."""
    pointer, meant, other = "/parameters/account", "", repaired.account[:_SHOWN]
    confidence, severity = Confidence.CONFIRMED, None
    if ACCOUNT.fullmatch(account):
        if repaired.account in ("", account):
            return
        detail = f"The URL in sas_token is of the account {other}, and account says {account}. Did you mean {other}?"
    elif ACCOUNT.fullmatch(account.lower()):
        confidence, severity = Confidence.LIKELY, Severity.WARNING
        detail = f"account has capital letters, and account names have none. Host names know no difference. Did you mean {account.lower()}?"
    elif meant := bare(account):
        detail = f"account holds an address; the account's name alone is {meant}."
    elif resource := _RESOURCE.fullmatch(account):
        meant = resource["account"].lower()
        detail = f"account holds the id of the account's resource; the account's name alone is {meant}."
    elif is_account_key(account):
        detail = "account holds an account key, not the account's name. Renew the key if others may have seen this file."
    else:
        detail = "account must be the storage account's name alone: 3 to 24 lower-case letters and digits."
    patch = catalog.replacement(pointer, meant)
    yield catalog.finding(
        "account-name-invalid", detail=detail, pointer=pointer, patch=patch, confidence=confidence, severity=severity
    )


def container(container: str, account: str, repaired: RepairedToken) -> Iterator[Finding]:
    """The container's name. ``account`` may be empty: not known."""
    pointer, name, meant, other = "/parameters/container", "bucket-name-invalid", "", repaired.container[:_SHOWN]
    address = _ADDRESS.match(container) or _SPARK.match(container)
    bare = container.strip("/")
    folder, slash, inside = bare.partition("/")
    why = ""
    if CONTAINER.fullmatch(container):
        if repaired.container in ("", container):
            return
        detail = f"The URL in sas_token is of the container {other}, and container says {container}. Did you mean {other}?"
    elif address or "://" in container:
        found = address["name"] if address and CONTAINER.fullmatch(address["name"]) else ""
        whose = address["account"].lower() if address and address["suffix"].lower().startswith((".blob.", ".dfs.")) else ""
        # Only in an address of this very account is it certain that this container is meant.
        sure = bool(found) and whose != "" and whose == account
        correction = f"; the container's name alone is {found}." if sure else f". Did you mean {found}?" if found else "."
        only_here = "sig=" in container.partition("?")[2] and "sig=" not in repaired.token
        if only_here:  # the name alone would lose it
            correction += " The SAS in the address belongs into sas_token: move it there first."
        if ACCOUNT.fullmatch(whose) and account and not sure:
            correction += f" It is an address of the account {whose}, and account says {account[:_SHOWN]}."
        name, detail = "bucket-is-url", f"container holds an address{correction}"
        meant = found if sure and not only_here else ""
    elif CONTAINER.fullmatch(bare):
        why, meant = "it has a slash beside the name", bare
    elif slash and CONTAINER.fullmatch(folder):
        why = f"it holds a path; is {folder} meant? The {_FOLDER}: {inside[:_SHOWN]}"
    elif "/" in container:
        why = f"it holds a path; a {_FOLDER}"
    elif not 3 <= len(container) <= 63:
        why = f"it has {many(len(container), 'character')}; 3 to 63 are allowed"
    elif container != container.lower():
        why = "it has capital letters, and container names never do"
    else:
        why = "only lower-case letters, digits and single dashes between them are allowed"
    if why:
        detail = f"container is no container's name: {why}."
    yield catalog.finding(name, detail=detail, pointer=pointer, patch=catalog.replacement(pointer, meant))


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
    pointer, name = "/parameters/storage_endpoint_suffix", "endpoint-invalid"
    if suffix.lower() in AZURE_SUFFIXES:
        return
    bare = re.sub(r"(?i)^https?://", "", suffix).strip("/").lower().lstrip(".")
    cloud = next((each for each in AZURE_SUFFIXES if f".{bare}".endswith(f".{each}")), "")
    if len(suffix) > 253:
        cloud, detail = "", "storage_endpoint_suffix is longer than any host name."
    elif cloud:
        reason = f"it holds more than the suffix: {cloud} alone"
        if ".dfs." in f".{bare}":
            reason = f"it is the Data Lake address; Planet needs the Blob service's, so {cloud} alone"
        detail = f"storage_endpoint_suffix is what follows '<account>.blob.' in the account's address, and {reason}."
    elif re.search(r"(?i)amazonaws\.com|googleapis\.com|oraclecloud\.com", bare):
        name = "endpoint-of-another-type"
        detail = "storage_endpoint_suffix is an address of another cloud, not of Azure Blob Storage."
    elif not re.fullmatch(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+(?::\d{1,5})?", suffix):
        detail = "storage_endpoint_suffix must be a host name without scheme, leading dot or path, such as core.windows.net."
    else:
        yield from unreachable(suffix.partition(":")[0], pointer)
        return
    yield catalog.finding(name, detail=detail, pointer=pointer, patch=catalog.replacement(pointer, cloud))
