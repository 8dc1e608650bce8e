"""What to tell the owner of an Azure container: the sentence about this container, and the az commands that put it right."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from validator.core.model import Fix
from validator.providers.azure import token_advice
from validator.providers.azure.case import TOKEN, Case, base_url, removal
from validator.providers.azure.rules import OTHER_TYPES
from validator.providers.azure.token_advice import Maker
from validator.providers.base import Advice

if TYPE_CHECKING:
    from collections.abc import Mapping

    from validator.providers.base import Failure, Options


def explain_finding(finding: str, parameters: Any, failure: Failure | None, options: Options) -> Advice:
    """Detail, fix and pointer for a finding about this container."""
    make = _MAKERS.get(finding)
    return make(Case(failure, parameters, options)) if make else Advice()


def _account(case: Case) -> Advice:
    show = case.show("{state:statusOfPrimary,kind:kind,location:primaryLocation}")
    if case.code == "InsufficientAccountPermissions":
        detail = (
            f"Azure says of the account {case.account}: {case.message or 'it may not do this'} The account is read-only or disabled, or the address "
            "is that of its secondary copy, which takes no writes."
        )
    elif case.code == "ContainerDisabled":
        detail = f"Azure's administrators have disabled the container {case.container}."
    else:
        detail = (
            f"The account {case.account} is disabled. Its subscription usually is: out of credit, cancelled, or over its limit."
        )
    return Advice(
        detail,
        Fix("Have the subscription's owner settle its state.", (show, "az account show --query state")),
        "/parameters/account",
    )


def _encryption_key(case: Case) -> Advice:
    if case.code.startswith("Blob"):
        return Advice(
            f"{case.object} in {case.container} is encrypted with a key or scope that whoever wrote it named in the request. Planet names none, so it can "
            "neither read nor replace that file.",
            Fix("Remove the file, and have nobody write that name with a key of their own.", (case.removal,)),
        )
    return Advice(
        f"The account {case.account} encrypts with a key in Azure Key Vault, and cannot get at it ({case.code or 'Key Vault'}): the key or the vault is "
        "disabled, deleted or behind a firewall, or the account's identity may no longer use it. The SAS is not the cause.",
        Fix("Restore the key, or the account's access to it.", (case.show("encryption.keyVaultProperties"),)),
    )


def _no_blob_api(case: Case) -> Advice:
    if case.code in OTHER_TYPES:
        return Advice(
            f"{case.object} in {case.container} is a folder, or a blob of another type (append, page): Planet could neither write over it nor delete it ({case.code}).",
            Fix("Remove what lies under that name.", (case.removal,)),
        )
    return Advice(
        f"The account {case.account} does not offer this operation of the Blob API ({case.code or 'it says'}): its kind, its tier or its hierarchical namespace does not allow it.",
        Fix(
            "Look at the account's kind; give Planet a general-purpose v2 account.",
            (case.show("{kind:kind,sku:sku.name,hierarchicalNamespace:isHnsEnabled}"),),
        ),
        "/parameters/account",
    )


def _altered(case: Case) -> Advice:
    if case.code != "InvalidAuthenticationInfo":
        return Advice()  # Azure's own words say which part of the request did not arrive
    return Advice(
        "Azure judged an Authorization header. A request with a SAS carries none: a proxy, a gateway or a login of this machine added it on the way."
    )


def _container(case: Case) -> Advice:
    return Advice(
        f"The account {case.account} has no container {case.container}.",
        Fix("Correct the container's name, or make the container.", (case.az("create"),)),
        "/parameters/container",
    )


def _host(case: Case) -> Advice:
    host = urlsplit(base_url(case.parameters, case.options)).hostname
    return Advice(
        f"{host} could not be found: the account does not exist, or its name or storage_endpoint_suffix is wrong.",
        Fix(
            "Correct account or storage_endpoint_suffix; this prints the right address.",
            (case.show("primaryEndpoints.blob", output="tsv"),),
        ),
        "/parameters/account",
    )


def _network(case: Case) -> Advice:
    if "network security perimeter" in case.message:
        return Advice(
            f"The account {case.account} lies in a network security perimeter, and this machine is outside of it. Planet connects from other addresses, "
            "which the perimeter has to admit by an inbound access rule.",
            Fix("Ask whoever administers the perimeter for an inbound access rule."),
        )
    return Advice(
        f"The account {case.account} refuses this machine's address: its firewall is on, or its public access is off. Azure may say so "
        "before it looks at the SAS, so nothing is known of that. Planet connects from other addresses.",
        Fix(
            "Look at the account's network rules. Planet must be able to connect to the account from the public internet.",
            (case.show("networkRuleSet"),),
        ),
    )


def _held(case: Case) -> Advice:
    lease = case.az_in("blob lease break", blob_name=case.object)
    hold = case.az_in("container legal-hold show")
    if case.code == "PendingCopyOperation":
        return Advice(
            f"Somebody is copying onto {case.object} in {case.container}: until that ends, or is aborted, nobody can write or delete it.",
            Fix("Wait for the copy, or abort it."),
        )
    commands: tuple[str, ...] = (lease,)
    if case.failure is None:
        detail, commands = f"A lease or a legal hold keeps {case.object} in {case.container}.", (lease, hold)
    elif case.code == "BlobImmutableDueToLegalHold":
        detail = f"A legal hold keeps every file in {case.container}: Planet's check could not delete its own."
        commands = (hold,)
    else:
        detail = f"A lease is held on {case.object}: nobody without its id can overwrite or delete it, Planet neither."
    return Advice(detail, Fix("Break the lease or clear the hold, or give Planet another container.", commands))


def _immutable(case: Case) -> Advice:
    return Advice(
        f"An immutability policy keeps every file in {case.container} for a time: Planet's check could not delete its own.",
        Fix("Give Planet a container without an immutability policy.", (case.az_in("container immutability-policy show"),)),
        "/parameters/container",
    )


def _scope_required(case: Case) -> Advice:
    return Advice(
        f"The container {case.container} only takes files under its own encryption scope, and the SAS names another (ses) or none.",
        Fix(
            "Make a SAS with the container's encryption scope, or let the container take other scopes.",
            (case.az("show", query="properties.defaultEncryptionScope"),),
        ),
        TOKEN,
    )


def _snapshots(case: Case) -> Advice:
    remove = removal(case.parameters, case.object, None, snapshots=True)
    return Advice(
        f"{case.object} has snapshots: Azure deletes it only together with them, which Planet does not ask for.",
        Fix("Delete the file with its snapshots, and stop whatever takes them in this container.", (remove,)),
    )


def _archived(case: Case) -> Advice:
    return Advice(
        f"{case.object} lies in the archive tier, where it cannot be read, and the store would not overwrite it.",
        Fix("Delete it: that needs no rehydration.", (case.removal,)),
    )


def _unexplained(case: Case) -> Advice:
    if case.code != "ResourceNotFound":
        return Advice()
    return Advice(
        f"Azure says: {case.message or 'there is no such resource.'} It does not say whether it means the container {case.container}, and says the same of a "
        "private container to a request whose token it does not see.",
        Fix(
            "Look whether the container is there. If it is, check from another network, and make the SAS anew.",
            (case.az("exists"),),
        ),
        "/parameters/container",
    )


def _lingering(case: Case) -> Advice:
    from validator.providers.azure.leftovers import lifecycle

    return Advice(fix=lifecycle(case.account, case.container))


def _unrecognised(case: Case) -> Advice:
    if case.code != "InvalidHeaderValue":
        return Advice()
    return Advice(
        "This store does not know the version of Azure's API that was spoken (it may be an older Azure Stack, or an emulator). "
        "That says nothing about Planet."
    )


_MAKERS: Final[Mapping[str, Maker]] = {
    **token_advice.MAKERS,
    "bucket-not-found": _container,
    "host-not-found": _host,
    "network-restricted": _network,
    "account-disabled": _account,
    "encryption-key-unavailable": _encryption_key,
    "blob-api-unavailable": _no_blob_api,
    "request-altered": _altered,
    "object-held": _held,
    "retention-locked": _immutable,
    "encryption-header-required": _scope_required,
    "snapshots-present": _snapshots,
    "object-archived": _archived,
    "lingering-file": _lingering,
    "unexplained-refusal": _unexplained,
    "unrecognised-answer": _unrecognised,
}
