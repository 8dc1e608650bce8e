"""Explains a refusal of Azure's with the operator's account key or az login. Every request reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from validator.core.model import Finding
from validator.core.values import Dataclass, field
from validator.providers.azure import case as advice
from validator.providers.azure.sas import Sas, parse, repair
from validator.providers.base import Explanation, Failure, Login, Options
from validator.providers.common.bounded import session
from validator.providers.operator.login import AzureLogin, az, azure
from validator.providers.operator.notes import Notes, added, confirmed

_LETTER: Final = {"write-denied": "w", "read-denied": "r", "list-denied": "l", "delete-denied": "d", "overwrite-denied": "w"}


def explain(
    parameters: Any, findings: Sequence[Finding], failures: Sequence[Failure], login: Login, options: Options
) -> Explanation:
    """See :class:`validator.providers.base.ExplainsWithLogin`. Raises LoginFailed."""
    del failures
    url = advice.base_url(parameters, options)
    own: AzureLogin = login.ask(lambda: azure(parameters.account, url, login.remember, options.seconds()))
    facts = _inquire(parameters, own, Notes(login, _say), options)
    sas = parse(repair(parameters.sas_token.reveal()).token)
    explained = tuple(_explained(each, parameters, sas, facts) for each in findings)
    return Explanation(own.identity, explained, tuple(facts.notes.seen), tuple(facts.notes.unread))


class _Facts(Dataclass, frozen=False):
    """What was read."""

    notes: Notes
    there: bool | None = None
    immutable: bool = False
    hold: bool = False
    policies: Mapping[str, Any] | None = None
    """Stored access policies by name; None where they could not be read."""
    account: Mapping[str, Any] = field(default_factory=dict)
    """As ``az storage account show`` prints it."""


def _inquire(parameters: Any, own: AzureLogin, notes: Notes, options: Options) -> _Facts:
    facts = _Facts(notes)
    client = notes.login.ask(lambda: _client(parameters.container, own, options))
    try:
        properties = notes.read(
            "the container's settings", "the account's key, or Storage Blob Data Reader", client.get_container_properties,
            ("ContainerNotFound",), False,
        )  # fmt: skip
        facts.there = None if properties is None else bool(properties)
        if properties is False:
            notes.seen.append(f"container {parameters.container}: there is none")
        elif properties:
            facts.immutable, facts.hold = bool(properties.has_immutability_policy), bool(properties.has_legal_hold)
            kept = [word for word, on in (("an immutability policy", facts.immutable), ("a legal hold", facts.hold)) if on]
            notes.seen.append(f"container {parameters.container}: it is there")
            notes.seen.append(f"immutability: {' and '.join(kept) or 'none'}")
            _policies(client, facts)
    finally:
        client.close()
    _account(parameters.account, facts, options)
    return facts


def _client(container: str, own: AzureLogin, options: Options) -> Any:
    from azure.core.credentials import AzureNamedKeyCredential
    from azure.core.pipeline.transport import RequestsTransport
    from azure.storage.blob import ContainerClient

    from validator.providers.azure.client import API_VERSION

    credential = own.credential
    if isinstance(credential, dict):
        credential = AzureNamedKeyCredential(credential["account_name"], credential["account_key"])
    transport = RequestsTransport(
        session=session(options.seconds), connection_verify=options.ca_bundle or True,
        connection_timeout=min(5.0, options.seconds()), read_timeout=options.seconds(),
    )  # fmt: skip
    return ContainerClient(
        own.url, container, credential=credential, api_version=API_VERSION, retry_total=0, retry_connect=0, retry_read=0,
        retry_status=0, transport=transport,
    )  # fmt: skip


def _policies(client: Any, facts: _Facts) -> None:
    policies = facts.notes.read("the stored access policies", "the account's key", client.get_container_access_policy)
    if policies is None:
        return
    facts.policies = {each.id: each.access_policy for each in policies["signed_identifiers"]}
    listed = "; ".join(f"{name}: {_policy(each)}" for name, each in facts.policies.items())
    facts.notes.seen.append(f"stored access policies: {listed or 'none'}")


def _policy(each: Any) -> str:
    permission = (each.permission or "no permissions of its own") if each else "empty"
    ends = getattr(each, "expiry", None)
    return f"{permission}{f', until {ends}' if ends else ''}"


def _account(account: str, facts: _Facts, options: Options) -> None:
    shown = facts.notes.login.ask(lambda: az(("storage", "account", "show", "--name", account), options.seconds()))
    if shown is None:
        facts.notes.unread.append(
            "could not read the account's network rules and key access: az login with Reader on the storage account"
        )
        return
    facts.account = shown
    rules = shown.get("networkRuleSet") or {}
    facts.notes.seen.append(f"public network access: {shown.get('publicNetworkAccess') or 'Enabled'}")
    facts.notes.seen.append(f"network rules: {_network(rules)}")
    facts.notes.seen.append(f"access by account keys: {'off' if shown.get('allowSharedKeyAccess') is False else 'on'}")


def _network(rules: Mapping[str, Any]) -> str:
    if rules.get("defaultAction") != "Deny":
        return "everybody is let in"
    allowed = [str(each.get("ipAddressOrRange") or each.get("value")) for each in rules.get("ipRules") or ()]
    return f"only {', '.join(allowed)}" if allowed else "no public address is let in"


def _say(error: Exception) -> str:
    code = getattr(error, "error_code", None) or ""
    code = str(getattr(code, "value", code))
    refused = code in ("AuthorizationPermissionMismatch", "AuthorizationFailure", "AuthenticationFailed")
    return "" if refused else code or type(error).__name__


# ---- deciding --------------------------------------------------------------------------------------------------------


def _explained(finding: Finding, parameters: Any, sas: Sas, facts: _Facts) -> Finding:
    if finding.name in _LETTER:
        return _denied(finding, sas, facts)
    make = _EXPLAIN.get(finding.name)
    return make(finding, parameters, sas, facts) if make else finding


def _denied(finding: Finding, sas: Sas, facts: _Facts) -> Finding:
    name, letter = sas.get("si"), _LETTER[finding.name]
    stored = (facts.policies or {}).get(name) if name else None
    if stored is None or letter in (stored.permission or ""):
        return finding
    return confirmed(
        finding, f"The container's own list says of the policy {name}: {_policy(stored)}.", owner_statement=f"{name}: {_policy(stored)}"
    )  # fmt: skip


def _missing_policy(finding: Finding, parameters: Any, sas: Sas, facts: _Facts) -> Finding:
    del parameters
    name = sas.get("si")
    if facts.policies is None or not name:
        return finding
    if name not in facts.policies:
        others = ", ".join(facts.policies) or "none at all"
        return confirmed(
            finding, f"The container's own list holds {others}.", owner_statement=f"stored access policies: {others}"
        )
    return confirmed(
        finding, f"The container's own list says of it: {_policy(facts.policies[name])}.",
        owner_statement=f"{name}: {_policy(facts.policies[name])}",
    )  # fmt: skip


def _container(finding: Finding, parameters: Any, sas: Sas, facts: _Facts) -> Finding:
    del sas
    return (
        confirmed(finding, f"The account's owner sees no {parameters.container} either.") if facts.there is False else finding
    )


def _signature(finding: Finding, parameters: Any, sas: Sas, facts: _Facts) -> Finding:
    del sas
    if facts.there is False:
        return added(finding, f"The account's owner sees no container {parameters.container} there.")
    return finding


def _closed(finding: Finding, parameters: Any, sas: Sas, facts: _Facts) -> Finding:
    del parameters, sas
    rules = facts.account.get("networkRuleSet") or {}
    if facts.account.get("publicNetworkAccess") == "Disabled":
        return confirmed(finding, "The account's public network access is disabled: Planet could not connect to it either.")
    if rules.get("defaultAction") == "Deny":
        return confirmed(
            finding, f"The account's rules say: {_network(rules)}.", owner_statement=f"network rules: {_network(rules)}"
        )
    return finding


def _keys_off(finding: Finding, parameters: Any, sas: Sas, facts: _Facts) -> Finding:
    del parameters, sas
    off = facts.account.get("allowSharedKeyAccess") is False
    return confirmed(finding, "The account's settings say so: allowSharedKeyAccess is false.") if off else finding


def _kept(finding: Finding, parameters: Any, sas: Sas, facts: _Facts) -> Finding:
    del sas
    if finding.name == "retention-locked" and facts.immutable:
        return confirmed(finding, f"{parameters.container} has an immutability policy.")
    if finding.name == "object-held" and facts.hold:
        return confirmed(finding, f"{parameters.container} has a legal hold.")
    return finding


_EXPLAIN: Final[Mapping[str, Callable[[Finding, Any, Sas, _Facts], Finding]]] = {
    "sas-policy-missing": _missing_policy,
    "bucket-not-found": _container,
    "wrong-secret": _signature,
    "network-restricted": _closed,
    "key-disabled": _keys_off,
    "retention-locked": _kept,
    "object-held": _kept,
}
