"""What to tell the owner of an Azure container: the sentence about this container, and the az commands that mend it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from validator.model import VERIFICATION_FILE, Fix, Operation
from validator.providers import _azure_grants as grants
from validator.providers._azure_grants import GRANT, LETTERS
from validator.providers._azure_grants import az as _az
from validator.providers._azure_sas import Kind, Sas, mend, parse
from validator.providers.base import Advice

if TYPE_CHECKING:
    from validator.providers.base import Failure, Options

_TOKEN: Final = "/parameters/sas_token"  # noqa: S105 - a JSON pointer
_SOON: Final = "It takes up to 30 seconds to work."


def base_url(parameters: Any, options: Options) -> str:
    """The account's URL, without a slash at its end."""
    return (options.endpoint or f"https://{parameters.account}.blob.{parameters.storage_endpoint_suffix}").rstrip("/")


def removal(parameters: Any, key: str, version: str | None, *, snapshots: bool = False) -> str:
    """The command that removes one blob, or one of its versions."""
    if version and version.startswith("upload:"):
        key, version = version.removeprefix("upload:"), None  # staged blocks have a name of their own
    if version and version.startswith("snapshot:"):
        more = {"snapshot": version.removeprefix("snapshot:")}
    else:
        more = {"version_id": version} if version else {}
    more |= {"delete_snapshots": "include"} if snapshots else {}
    return _az("storage blob delete", account_name=parameters.account, container_name=parameters.container, name=key, **more)


def new_token(parameters: Any, options: Options) -> Fix:
    """How to make the SAS that Planet needs."""
    command = grants.token_command(parameters.account, parameters.container, options)
    return Fix("Make a new SAS for the container, and put it into sas_token as it is printed.", (command,), GRANT)


def policy_token(parameters: Any, options: Options) -> Fix:
    """How to make a SAS that can be revoked and prolonged without changing the token."""
    commands = grants.policy_commands(parameters.account, parameters.container, options)
    summary = (
        "Make a stored access policy and a SAS that names it. It can be prolonged or revoked later while the token stays as it is. "
        f"A new policy takes a moment. {_SOON}"
    )
    return Fix(summary, commands, grants.document(options))


def advise(finding: str, parameters: Any, failure: Failure | None, options: Options) -> Advice:
    """Detail, fix and pointer for a finding about this container."""
    make = _MAKERS.get(finding)
    return make(_Case(parameters, failure, options)) if make else Advice()


@dataclass(frozen=True, slots=True)
class _Case:
    """One finding to speak about."""

    parameters: Any
    failure: Failure | None
    options: Options

    @property
    def account(self) -> str:
        return str(self.parameters.account)

    @property
    def container(self) -> str:
        return str(self.parameters.container)

    @property
    def key(self) -> str:
        return self.failure.key if self.failure else VERIFICATION_FILE

    @property
    def code(self) -> str:
        return self.failure.observation.code if self.failure else ""

    @property
    def sas(self) -> Sas:
        return parse(mend(self.parameters.sas_token.reveal()).token)

    @property
    def new_token(self) -> Fix:
        return new_token(self.parameters, self.options)


_Maker = Callable[[_Case], Advice]


def _denied(case: _Case) -> Advice:
    if case.failure is None:
        return Advice(fix=case.new_token)
    sas, operation = case.sas, case.failure.operation
    letter = {Operation.WRITE: "w", Operation.READ: "r", Operation.LIST: "l", Operation.DELETE: "d"}[operation]
    detail = f"Azure recognised the SAS and refused to {operation} {case.key} in {case.container} of {case.account}"
    fix = case.new_token
    if sas.get("si"):
        detail += f": the stored access policy {sas.get('si')[:64]} does not grant {letter}."
        update = _az(
            "storage container policy update",
            account_name=case.account,
            container_name=case.container,
            name=sas.get("si"),
            permissions=LETTERS,
        )
        fix = Fix(f"Add {letter} to the policy; the token stays as it is. {_SOON}", (update,), GRANT)
    elif letter not in sas.get("sp"):
        detail += f": its permissions are {sas.get('sp')}, without {letter}."
    elif sas.kind is Kind.DELEGATION:
        detail += (
            f" although sp holds {letter}: whoever signed it lacks a data role on the container, or was given one minutes ago. "
            "Storage Blob Data Contributor is enough."
        )
    else:
        detail += f" although sp holds {letter}: an access rule of the container or of its folders is in the way."
    consequence = {
        Operation.DELETE: " Planet would refuse this destination, and would leave planetverify.txt behind.",
        Operation.WRITE: " Planet would refuse this destination.",
    }
    detail += consequence.get(operation, " Planet's own check does not need it, but its documentation asks for it.")
    return Advice(detail, fix, _TOKEN, evidence=sas.summary())


def _overwrite(case: _Case) -> Advice:
    detail = (
        "The SAS may create files and not overwrite them (c without w), and planetverify.txt is already there: "
        "Planet's check would be refused."
    )
    return Advice(detail, case.new_token, _TOKEN)


def _blocks(case: _Case) -> Advice:
    detail = "The SAS may not upload a file in blocks, which large deliveries need: that takes w, and c is not enough."
    return Advice(detail, case.new_token, _TOKEN)


def _signature(case: _Case) -> Advice:
    detail = (
        f"Azure computed another signature for {case.container} in {case.account}. The SAS was made for another container or account, "
        "its account key was renewed since, or a character of it was changed on the way."
    )
    return Advice(detail, case.new_token, _TOKEN)


def _policy(case: _Case) -> Advice:
    name = case.sas.get("si")[:64] or "planet"
    create, _ = grants.policy_commands(case.account, case.container, case.options, name=name)
    detail = (
        f"The SAS names the stored access policy {name}, and the container {case.container} has none of that name: it was revoked, "
        "it has ended, or it was made less than 30 seconds ago."
    )
    return Advice(
        detail, Fix(f"Make the policy again under its old name; the token stays as it is. {_SOON}", (create,), GRANT), _TOKEN
    )


def _token(sentence: str) -> _Maker:
    return lambda case: Advice(sentence, case.new_token, _TOKEN)


def _container(case: _Case) -> Advice:
    create = _az("storage container create", account_name=case.account, name=case.container)
    return Advice(
        f"The account {case.account} has no container {case.container}.",
        Fix("Correct the container's name, or make the container.", (create,)),
        "/parameters/container",
    )


def _host(case: _Case) -> Advice:
    from urllib.parse import urlsplit

    show = _az("storage account show", name=case.account, query="primaryEndpoints.blob", output="tsv")
    host = urlsplit(base_url(case.parameters, case.options)).hostname
    return Advice(
        f"{host} could not be found: the account does not exist, or its name or storage_endpoint_suffix is wrong.",
        Fix("Correct account or storage_endpoint_suffix; this prints the right address.", (show,)),
        "/parameters/account",
    )


def _network(case: _Case) -> Advice:
    detail = (
        f"The account {case.account} refuses this machine's address: its firewall is on, or its public access is off. Azure may say so "
        "before it looks at the SAS, so nothing is known of that. Planet connects from other addresses."
    )
    show = _az("storage account show", name=case.account, query="networkRuleSet")
    return Advice(
        detail,
        Fix("Look at the account's network rules. Planet must be able to reach the account from the public internet.", (show,)),
    )


def _key_disabled(case: _Case) -> Advice:
    update = _az("storage account update", name=case.account, allow_shared_key_access="true")
    return Advice(
        f"The account {case.account} does not allow access by account keys, and this SAS is signed with one.",
        Fix(
            "Allow key access for the account. A user delegation SAS would work as well, but lives for at most 7 days.",
            (update,),
        ),
    )


def _held(case: _Case) -> Advice:
    lease = _az("storage blob lease break", account_name=case.account, container_name=case.container, blob_name=case.key)
    hold = _az("storage container legal-hold show", account_name=case.account, container_name=case.container)
    commands: tuple[str, ...]
    if case.failure is None:
        detail, commands = f"A lease or a legal hold keeps {case.key} in {case.container}.", (lease, hold)
    elif case.code == "BlobImmutableDueToLegalHold":
        detail, commands = (
            f"A legal hold keeps every file in {case.container}: Planet's check could not delete its own.",
            (hold,),
        )
    else:
        detail = f"A lease is held on {case.key}: nobody without its id can overwrite or delete it, Planet neither."
        commands = (lease,)
    return Advice(detail, Fix("Break the lease or clear the hold, or give Planet another container.", commands))


def _immutable(case: _Case) -> Advice:
    show = _az("storage container immutability-policy show", account_name=case.account, container_name=case.container)
    return Advice(
        f"An immutability policy keeps every file in {case.container} for a time: Planet's check could not delete its own.",
        Fix("Give Planet a container without an immutability policy.", (show,)),
        "/parameters/container",
    )


def _scope_required(case: _Case) -> Advice:
    show = _az(
        "storage container show", account_name=case.account, name=case.container, query="properties.defaultEncryptionScope"
    )
    return Advice(
        f"The container {case.container} only takes files under its own encryption scope, and the SAS names another (ses) or none.",
        Fix("Make a SAS with the container's encryption scope, or let the container take other scopes.", (show,)),
        _TOKEN,
    )


def _snapshots(case: _Case) -> Advice:
    remove = removal(case.parameters, case.key, None, snapshots=True)
    return Advice(
        f"{case.key} has snapshots: Azure deletes it only together with them, which Planet does not ask for.",
        Fix("Delete the file with its snapshots, and stop whatever takes them in this container.", (remove,)),
    )


def _archived(case: _Case) -> Advice:
    return Advice(
        f"{case.key} lies in the archive tier, where it cannot be read, and the store would not overwrite it.",
        Fix("Delete it: that needs no rehydration.", (removal(case.parameters, case.key, None),)),
    )


def _lingering(case: _Case) -> Advice:
    from validator.providers._azure_sweep import lifecycle

    return Advice(fix=lifecycle(case.account, case.container))


def _unrecognised(case: _Case) -> Advice:
    if case.code != "InvalidHeaderValue":
        return Advice()
    return Advice(
        "This store does not know the version of Azure's API that was spoken (it may be an older Azure Stack, or an emulator). "
        "That says nothing about Planet."
    )


_MAKERS: Final[dict[str, _Maker]] = {
    "write-denied": _denied,
    "read-denied": _denied,
    "list-denied": _denied,
    "delete-denied": _denied,
    "multipart-denied": _blocks,
    "overwrite-denied": _overwrite,
    "wrong-secret": _signature,
    "sas-policy-missing": _policy,
    "sas-policy-conflict": _token(
        "The SAS and its stored access policy set the same field, and Azure refuses that. Make the token with the policy alone."
    ),
    "sas-expired": _token("Azure says that the SAS has ended."),
    "sas-not-yet-valid": _token("Azure says that the SAS is not valid yet. A SAS without st is valid at once."),
    "sas-malformed": _token("Azure could not make sense of the SAS: a field is missing or damaged."),
    "sas-version-unsupported": _token("This cloud does not know the version of the SAS (sv)."),
    "sas-wrong-resource": _token("The SAS is for another kind of resource than this operation needs."),
    "sas-wrong-service": _token("The SAS is not for the Blob service."),
    "sas-ip-restricted": _token(
        "The SAS only works from certain addresses. Planet delivers from addresses of its own, so it would be refused as well."
    ),
    "bucket-not-found": _container,
    "host-not-found": _host,
    "network-restricted": _network,
    "key-disabled": _key_disabled,
    "object-held": _held,
    "retention-locked": _immutable,
    "encryption-header-required": _scope_required,
    "snapshots-present": _snapshots,
    "object-archived": _archived,
    "lingering-file": _lingering,
    "unrecognised-answer": _unrecognised,
}
