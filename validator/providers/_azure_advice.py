"""What to tell the owner of an Azure container: the sentence about this container, and the az commands that mend it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
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
DELEGATED: Final = f"user delegation SAS of the container: sr=c, sp={LETTERS}, spr=https, no sip; its signer holds Storage Blob Data Contributor there"


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


def renewed(sas: Sas, parameters: Any, options: Options) -> Fix:
    """How to make a token of the kind that this one is: another kind may be what the account does not allow."""
    account, container = parameters.account, parameters.container
    if sas.kind is Kind.DELEGATION:
        return Fix(
            "Make a new user delegation SAS, and put it into sas_token as it is printed. It lives for 7 days at most, so it has to be renewed every week.",
            (grants.delegation_command(account, container, options),),
            DELEGATED,
        )
    if sas.kind is Kind.POLICY:
        name = sas.get("si")[:64]
        command = _az(
            "storage container generate-sas",
            account_name=account,
            name=container,
            policy_name=name,
            https_only="",
            output="tsv",
        )
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
        """A token of the same kind."""
        return renewed(self.sas, self.parameters, self.options)

    def seen(self, name: str) -> str:
        """A piece of evidence, or nothing."""
        return self.failure.observation.evidence.get(name, "") if self.failure else ""

    @property
    def message(self) -> str:
        """What Azure said."""
        return self.failure.observation.message if self.failure else ""


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
    elif not sas.fields:
        detail += f": it does not grant {letter}, or whoever signed it has no data role on the container."
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
    if not case.seen("field") and "did not match" not in case.message and case.code == "AuthenticationFailed" and case.failure:
        detail = (
            "Azure does not accept the SAS, and does not say why: its signature, its dates or one of its fields is wrong for "
            f"{case.container} in {case.account}."
        )
        return Advice(detail, case.new_token, _TOKEN)
    key = (
        "the user delegation key that signed it was revoked"
        if case.sas.kind is Kind.DELEGATION
        else "its account key was renewed since"
    )
    detail = (
        f"Azure computed another signature for {case.container} in {case.account}. The SAS was made for another container or account, "
        f"{key}, its version (sv) is not the one it was signed for, or a character of it was changed on the way."
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


def _ended(case: _Case) -> Advice:
    when = f" on {case.seen('expiry')}" if case.seen("expiry") else ""
    if case.seen("frame"):
        detail = f"The user delegation key that signed the SAS ended{when} (ske), whatever the SAS itself says (se)."
    elif case.sas.kind is Kind.POLICY and not case.sas.get("se"):
        name = case.sas.get("si")[:64]
        update = _az(
            "storage container policy update",
            account_name=case.account, container_name=case.container, name=name, expiry=grants.next_year(case.options),
        )  # fmt: skip
        detail = f"Azure says that the stored access policy {name}, which sets the end of this SAS, ended{when}."
        return Advice(detail, Fix(f"Prolong the policy; the token stays as it is. {_SOON}", (update,), GRANT), _TOKEN)
    else:
        detail = f"Azure says that the SAS ended{when}."
    return Advice(detail, case.new_token, _TOKEN)


def _early(case: _Case) -> Advice:
    start, current = case.seen("start"), case.seen("current")
    when = f": it begins on {start}, and the request came on {current}" if start and current else ""
    what = (
        "The user delegation key that signed the SAS is not valid yet (skt)"
        if case.seen("frame")
        else "The SAS is not valid yet"
    )
    summary = (
        "Wait until it begins. If that is only seconds or minutes away, the clock of the machine that made it is ahead of Azure's: "
        "set it, and leave st out of the next token."
    )
    return Advice(f"{what}{when}.", Fix(summary, case.new_token.commands, case.new_token.grant), _TOKEN)


def _expiration_policy(case: _Case) -> Advice:
    show = _az("storage account show", name=case.account, query="sasPolicy")
    start = (case.options.clock() - timedelta(minutes=15)).strftime("%Y-%m-%dT%H:%MZ")
    if case.sas.kind is Kind.DELEGATION:
        make = grants.delegation_command(case.account, case.container, case.options, start=start)
    else:
        make = grants.token_command(case.account, case.container, case.options, start=start, expiry="END")
    missing = "it has no start (st)" if "no signed start" in case.message else "its start or its end is not within it"
    return Advice(
        f"The account {case.account} has a SAS expiration policy that blocks whatever does not keep it, and this SAS does not: {missing}. "
        "A new token without a start would be refused in the same way.",
        Fix(
            "Look up the longest time that the policy allows (sasExpirationPeriod), then make a SAS with a start, and an end no later than that "
            "after it. It has to be renewed as often; or let the account's owner lengthen the period.",
            (show, make),
        ),
        _TOKEN,
    )


def _malformed(case: _Case) -> Advice:
    field = case.seen("field") or case.seen("queryparametername")
    if "must be specified in signature or SAS identifier" in case.message:
        name = case.sas.get("si")[:64] or grants.POLICY
        update = _az(
            "storage container policy update",
            account_name=case.account, container_name=case.container, name=name, permissions=LETTERS, expiry=grants.next_year(case.options),
        )  # fmt: skip
        detail = f"Neither the SAS nor its stored access policy {name} says what Azure misses: {case.message.rpartition('signature. ')[2]}"
        return Advice(detail, Fix(f"Set both in the policy; the token stays as it is. {_SOON}", (update,), GRANT), _TOKEN)
    if case.code in ("NoAuthenticationInformation", "PublicAccessNotPermitted", "ResourceNotFound"):
        detail = "No signature arrived: Azure took the request for an anonymous one. The token is empty or was cut, as a shell does at the first &."
    elif field:
        detail = f"Azure could not make sense of the SAS: its field {field} is missing, empty, damaged or out of order."
    else:
        detail = "Azure could not make sense of the SAS: a field is missing or damaged."
    return Advice(detail, case.new_token, _TOKEN)


def _wrong_resource(case: _Case) -> Advice:
    if case.code == "AuthorizationResourceTypeMismatch":
        asks = "c (containers)" if case.failure and case.failure.operation is Operation.LIST else "o (objects)"
        held = f" srt is {case.sas.get('srt')}." if case.sas.get("srt") else ""
        detail = f"The account SAS does not cover this kind of resource: srt lacks {asks}.{held}"
    else:
        held = f" (sr={case.sas.get('sr')})" if case.sas.get("sr") else ""
        detail = f"The SAS is made for a single blob or a folder{held}, and Planet works on the whole container."
    return Advice(detail, case.new_token, _TOKEN)


def _account(case: _Case) -> Advice:
    show = _az("storage account show", name=case.account, query="{state:statusOfPrimary,kind:kind,location:primaryLocation}")
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


def _encryption_key(case: _Case) -> Advice:
    if case.code.startswith("Blob"):
        return Advice(
            f"{case.key} in {case.container} is encrypted with a key or scope that whoever wrote it named in the request. Planet names none, so it can "
            "neither read nor replace that file.",
            Fix(
                "Remove the file, and have nobody write that name with a key of their own.",
                (removal(case.parameters, case.key, None),),
            ),
        )
    show = _az("storage account show", name=case.account, query="encryption.keyVaultProperties")
    return Advice(
        f"The account {case.account} encrypts with a key in Azure Key Vault, and cannot get at it ({case.code or 'Key Vault'}): the key or the vault is "
        "disabled, deleted or behind a firewall, or the account's identity may no longer use it. The SAS is not the cause.",
        Fix("Restore the key, or the account's access to it.", (show,)),
    )


def _no_blob_api(case: _Case) -> Advice:
    show = _az("storage account show", name=case.account, query="{kind:kind,sku:sku.name,hierarchicalNamespace:isHnsEnabled}")
    if case.code in (
        "InvalidBlobType",
        "ResourceTypeMismatch",
        "PathConflict",
        "OperationNotSupportedOnDirectory",
        "DirectoryIsNotEmpty",
    ):
        return Advice(
            f"{case.key} in {case.container} is a folder, or a blob of another type (append, page): Planet could neither write over it nor delete it ({case.code}).",
            Fix("Remove what lies under that name.", (removal(case.parameters, case.key, None),)),
        )
    return Advice(
        f"The account {case.account} does not offer this operation of the Blob API ({case.code or 'it says'}): its kind, its tier or its hierarchical namespace does not allow it.",
        Fix("Look at the account's kind; give Planet a general-purpose v2 account.", (show,)),
        "/parameters/account",
    )


def _altered(case: _Case) -> Advice:  # noqa: ARG001 - one signature for all
    return Advice(
        "Azure judged an Authorization header. A request with a SAS carries none: a proxy, a gateway or a login of this machine added it on the way."
    )


def _policy_conflict(case: _Case) -> Advice:
    name = case.sas.get("si")[:64] or grants.POLICY
    command = _az(
        "storage container generate-sas",
        account_name=case.account,
        name=case.container,
        policy_name=name,
        https_only="",
        output="tsv",
    )
    return Advice(
        f"The SAS and its stored access policy {name} set the same field, and Azure refuses that.",
        Fix("Make the token with the policy's name alone.", (command,), GRANT),
        _TOKEN,
    )


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
    if "network security perimeter" in case.message:
        return Advice(
            f"The account {case.account} lies in a network security perimeter, and this machine is outside of it. Planet connects from other addresses, "
            "which the perimeter has to admit by an inbound access rule.",
            Fix("Ask whoever administers the perimeter for an inbound access rule."),
        )
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
    if case.code == "AuthenticationFailed":
        return Advice(
            "Azure knows no such user delegation key as signed this SAS: it was revoked, or skoid, sktid, skt, ske or skv of the token were changed.",
            Fix(
                "Make a new user delegation SAS, which a new key signs.",
                (grants.delegation_command(case.account, case.container, case.options),),
                DELEGATED,
            ),
            _TOKEN,
        )
    update = _az("storage account update", name=case.account, allow_shared_key_access="true")
    return Advice(
        f"The account {case.account} does not allow access by account keys, and this SAS is signed with one.",
        Fix(
            "Allow key access for the account; or make a user delegation SAS, which no account key signs, but which lives for at most 7 days.",
            (update, grants.delegation_command(case.account, case.container, case.options)),
        ),
    )


def _held(case: _Case) -> Advice:
    lease = _az("storage blob lease break", account_name=case.account, container_name=case.container, blob_name=case.key)
    hold = _az("storage container legal-hold show", account_name=case.account, container_name=case.container)
    commands: tuple[str, ...]
    if case.code == "PendingCopyOperation":
        return Advice(
            f"Somebody is copying onto {case.key} in {case.container}: until that ends, or is aborted, nobody can write or delete it.",
            Fix("Wait for the copy, or abort it."),
        )
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
    "sas-policy-conflict": _policy_conflict,
    "sas-expired": _ended,
    "sas-not-yet-valid": _early,
    "sas-expiration-policy": _expiration_policy,
    "sas-malformed": _malformed,
    "sas-not-a-sas": _token(
        "Azure checked an account key's signature: the value was used as an account key, or something on the way added a signature of its own."
    ),
    "sas-version-unsupported": _token("This cloud does not know the version of the SAS (sv)."),
    "sas-wrong-resource": _wrong_resource,
    "sas-wrong-service": _token("The SAS is not for the Blob service."),
    "sas-ip-restricted": _token(
        "The SAS only works from certain addresses. Planet delivers from addresses of its own, so it would be refused as well."
    ),
    "bucket-not-found": _container,
    "host-not-found": _host,
    "network-restricted": _network,
    "key-disabled": _key_disabled,
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
    "unrecognised-answer": _unrecognised,
}
