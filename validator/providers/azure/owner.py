"""Explains a refusal of Azure's with the operator's account key or az login. Every request reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final

from validator.core.model import Finding
from validator.core.values import Dataclass, field
from validator.providers.azure.case import base_url
from validator.providers.azure.client import make_client, times
from validator.providers.azure.errors import code_of
from validator.providers.azure.parameters import LETTER
from validator.providers.azure.sas import parse, repair
from validator.providers.base import Explanation, Failure, Login, Options
from validator.providers.operator.login import AzureLogin, az, azure
from validator.providers.operator.notes import Notes, added, confirmed

_LETTERS: Final = {**{f"{operation}-denied": letter for operation, letter in LETTER.items()}, "overwrite-denied": "w"}


def explain(
    parameters: Any, findings: Sequence[Finding], failures: Sequence[Failure], login: Login, options: Options
) -> Explanation:
    """See :attr:`validator.providers.base.Provider.explain`. Raises LoginFailed."""
    del failures
    url = base_url(parameters, options)
    own: AzureLogin = login.ask(lambda: azure(parameters.account, url, login.remember, options.seconds()))
    notes = Notes(login, _say)
    policy = parse(repair(parameters.sas_token.reveal()).token).get("si")
    facts = _Facts(parameters.container, policy)
    _inquire(parameters, own, notes, facts, options)
    return notes.explanation(own.identity, findings, _EXPLAIN, facts)


class _Facts(Dataclass, frozen=False):
    """What was read."""

    container: str
    policy: str
    """The stored access policy that the token names; empty if it names none."""
    there: bool | None = None
    immutable: bool = False
    hold: bool = False
    policies: Mapping[str, Any] | None = None
    """Stored access policies by name; None where they could not be read."""
    account: Mapping[str, Any] = field(default_factory=dict)
    """As ``az storage account show`` prints it."""

    @property
    def network(self) -> str:
        """Whom the account's rules let in."""
        rules = self.account.get("networkRuleSet") or {}
        if rules.get("defaultAction") != "Deny":
            return "everybody is let in"
        allowed = [str(each.get("ipAddressOrRange") or each.get("value")) for each in rules.get("ipRules") or ()]
        return f"only {', '.join(allowed)}" if allowed else "no public address is let in"


def _inquire(parameters: Any, own: AzureLogin, notes: Notes, facts: _Facts, options: Options) -> None:
    client = notes.login.ask(lambda: make_client(parameters, options, "", own))
    try:
        properties = notes.read(
            "the container's settings", "the account's key, or Storage Blob Data Reader",
            lambda: client.get_container_properties(**times(options)), ("ContainerNotFound",), False,
        )  # fmt: skip
        facts.there = None if properties is None else bool(properties)
        if properties is False:
            notes.seen.append(f"container {facts.container}: there is none")
        elif properties:
            facts.immutable, facts.hold = bool(properties.has_immutability_policy), bool(properties.has_legal_hold)
            kept = [word for word, on in (("an immutability policy", facts.immutable), ("a legal hold", facts.hold)) if on]
            notes.seen.append(f"container {facts.container}: it is there")
            notes.seen.append(f"immutability: {' and '.join(kept) or 'none'}")
            policies = notes.read(
                "the stored access policies", "the account's key", lambda: client.get_container_access_policy(**times(options))
            )
            if policies is not None:
                facts.policies = {each.id: each.access_policy for each in policies["signed_identifiers"]}
                listed = "; ".join(f"{name}: {_policy(each)}" for name, each in facts.policies.items())
                notes.seen.append(f"stored access policies: {listed or 'none'}")
    finally:
        client.close()
    shown = notes.login.ask(lambda: az(("storage", "account", "show", "--name", parameters.account), options.seconds()))
    if shown is None:
        notes.unread.append(
            "could not read the account's network rules and key access: az login with Reader on the storage account"
        )
        return
    facts.account = shown
    notes.seen.append(f"public network access: {shown.get('publicNetworkAccess') or 'Enabled'}")
    notes.seen.append(f"network rules: {facts.network}")
    notes.seen.append(f"access by account keys: {'off' if shown.get('allowSharedKeyAccess') is False else 'on'}")


def _policy(each: Any) -> str:
    permission = (each.permission or "no permissions of its own") if each else "empty"
    ends = getattr(each, "expiry", None)
    return f"{permission}{f', until {ends}' if ends else ''}"


def _say(error: Exception) -> str:
    code = code_of(error)
    refused = code in ("AuthorizationPermissionMismatch", "AuthorizationFailure", "AuthenticationFailed")
    return "" if refused else code or type(error).__name__


# ---- deciding --------------------------------------------------------------------------------------------------------


def _denied(letter: str, finding: Finding, facts: _Facts) -> Finding:
    stored = (facts.policies or {}).get(facts.policy)
    if stored is None or letter in (stored.permission or ""):
        return finding
    statement = f"{facts.policy}: {_policy(stored)}"
    return confirmed(finding, f"The container's own list says of the policy {statement}.", owner_statement=statement)


def _missing_policy(finding: Finding, facts: _Facts) -> Finding:
    if facts.policies is None or not facts.policy:
        return finding
    if facts.policy in facts.policies:
        stored = _policy(facts.policies[facts.policy])
        sentence, statement = f"The container's own list says of it: {stored}.", f"{facts.policy}: {stored}"
    else:
        others = ", ".join(facts.policies) or "none at all"
        sentence, statement = f"The container's own list holds {others}.", f"stored access policies: {others}"
    return confirmed(finding, sentence, owner_statement=statement)


def _container(finding: Finding, facts: _Facts) -> Finding:
    return confirmed(finding, f"The account's owner sees no {facts.container} either.") if facts.there is False else finding


def _signature(finding: Finding, facts: _Facts) -> Finding:
    absent = facts.there is False
    return added(finding, f"The account's owner sees no container {facts.container} there.") if absent else finding


def _closed(finding: Finding, facts: _Facts) -> Finding:
    if facts.account.get("publicNetworkAccess") == "Disabled":
        return confirmed(finding, "The account's public network access is disabled: Planet could not connect to it either.")
    if (facts.account.get("networkRuleSet") or {}).get("defaultAction") == "Deny":
        rules = facts.network
        return confirmed(finding, f"The account's rules say: {rules}.", owner_statement=f"network rules: {rules}")
    return finding


def _keys_off(finding: Finding, facts: _Facts) -> Finding:
    off = facts.account.get("allowSharedKeyAccess") is False
    return confirmed(finding, "The account's settings say so: allowSharedKeyAccess is false.") if off else finding


def _retained(finding: Finding, facts: _Facts) -> Finding:
    return confirmed(finding, f"{facts.container} has an immutability policy.") if facts.immutable else finding


def _held(finding: Finding, facts: _Facts) -> Finding:
    return confirmed(finding, f"{facts.container} has a legal hold.") if facts.hold else finding


_EXPLAIN: Final[Mapping[str, Callable[[Finding, _Facts], Finding]]] = {
    **{name: partial(_denied, letter) for name, letter in _LETTERS.items()},
    "sas-policy-missing": _missing_policy,
    "bucket-not-found": _container,
    "wrong-secret": _signature,
    "network-restricted": _closed,
    "key-disabled": _keys_off,
    "retention-locked": _retained,
    "object-held": _held,
}
