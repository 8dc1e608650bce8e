"""Explains a refusal of Oracle's with a profile of the operator's ``~/.oci/config`` and the extra [oci]. Every request reads."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlsplit

from validator.core import catalog
from validator.core.model import Confidence, Finding, Fix, PatchOperation
from validator.core.values import Dataclass, field, replace
from validator.providers.base import Explanation, Failure, Login, Options
from validator.providers.operator.login import OracleLogin, oracle
from validator.providers.operator.notes import Notes, added, confirmed
from validator.providers.oracle import advice, grants
from validator.providers.oracle.lint import MAKE_KEY, USER, short

_DENIED: Final = ("write-denied", "read-denied", "delete-denied", "overwrite-denied", "multipart-denied")
_SHOWN: Final = 10
"""Statements of policies that are listed."""


def explain(
    parameters: Any, findings: Sequence[Finding], failures: Sequence[Failure], login: Login, options: Options
) -> Explanation:
    """See :attr:`validator.providers.base.Provider.explain`. Raises LoginFailed, and MissingExtra without [oci]."""
    del failures
    own: OracleLogin = login.ask(lambda: oracle(login.profile, login.remember))
    facts = _Inquiry(parameters, own, Notes(login, _say), options).facts()
    explained = tuple(_explained(each, parameters, facts) for each in findings)
    identity = f"the user {own.user} (profile {own.profile})"
    return Explanation(identity, explained, tuple(facts.notes.seen), tuple(facts.notes.unread))


# ---- looking ---------------------------------------------------------------------------------------------------------


class _Facts(Dataclass, frozen=False):
    """What was read."""

    notes: Notes
    namespace: str = ""
    """Of the operator's tenancy."""
    bucket: Any = None
    elsewhere: bool = False
    """The bucket is in the operator's namespace, not in the one that was given."""
    absent: bool = False
    """Neither in the one namespace nor in the other, as far as this login may see."""
    rules: Sequence[Any] = ()
    key: Any = None
    statements: Sequence[str] = ()


class _Inquiry(Dataclass, frozen=False):
    """One destination, looked at with one login."""

    parameters: Any
    own: OracleLogin
    notes: Notes
    options: Options
    _clients: dict[str, Any] = field(default_factory=dict)

    def client(self, kind: str) -> Any:
        """With ``--endpoint`` the native API is asked there as well: it stands for the whole cloud."""
        if kind not in self._clients:
            split = urlsplit(self.options.endpoint or "")
            endpoint = f"{split.scheme}://{split.netloc}" if split.netloc else None
            self._clients[kind] = self.own.client(
                kind, region=self.parameters.region, endpoint=endpoint, seconds=self.options.seconds(),
                ca_bundle=self.options.ca_bundle,
            )  # fmt: skip
        return self._clients[kind]

    def _storage(self, what: str, permission: str, call: str, *arguments: str, absent: tuple[str, ...] = ()) -> Any:
        return self.notes.read(
            what, permission, lambda: getattr(self.client("ObjectStorageClient"), call)(*arguments).data, absent, False
        )

    def facts(self) -> _Facts:
        """Everything that explains."""
        facts = _Facts(self.notes)
        facts.namespace = self._storage("the tenancy's namespace", "any valid login", "get_namespace") or ""
        if facts.namespace:
            self.notes.seen.append(f"namespace of this login's tenancy: {facts.namespace}")
        self._bucket(facts)
        self._key(facts)
        if facts.bucket:
            self._policies(facts, facts.bucket.compartment_id)
        return facts

    def _bucket(self, facts: _Facts) -> None:
        namespace, name = self.parameters.namespace, self.parameters.bucket
        missing = ("BucketNotFound", "NamespaceNotFound", "NotAuthorizedOrNotFound")
        bucket = self._storage("the bucket", "BUCKET_READ", "get_bucket", namespace, name, absent=missing)
        if bucket is False and facts.namespace and facts.namespace != namespace:
            bucket = self._storage("the bucket", "BUCKET_READ", "get_bucket", facts.namespace, name, absent=missing)
            facts.elsewhere = bool(bucket)
        if bucket is False:
            facts.absent = True
            self.notes.seen.append(f"bucket {name}: not there in {self.parameters.region}, or not for this login (BUCKET_READ)")
        if not bucket:
            return
        facts.bucket = bucket
        say = self.notes.seen.append
        say(f"bucket {name}: it is there, in the namespace {bucket.namespace} and the compartment {bucket.compartment_id}")
        say(f"versioning: {str(bucket.versioning or 'Disabled').lower()}")
        say(f"Vault key: {bucket.kms_key_id or 'none'}")
        if bucket.is_read_only:
            say("replication: the bucket is the destination of one, and read-only")
        rules = self._storage("the retention rules", "BUCKET_READ", "list_retention_rules", bucket.namespace, name)
        if rules is not None:
            facts.rules = rules.items or ()
            say(f"retention rules: {'; '.join(_rule(each) for each in facts.rules) or 'none'}")

    def _key(self, facts: _Facts) -> None:
        if not self.own.user:
            return
        keys = self.notes.read(
            "the login's own Customer Secret Keys", "the user's own, or inspect users",
            lambda: self.client("IdentityClient").list_customer_secret_keys(self.own.user).data,
        )  # fmt: skip
        if keys is None:
            return
        key_id = self.parameters.customer_access_key_id
        facts.key = next((each for each in keys if each.id == key_id), None)
        if facts.key is None:
            self.notes.unread.append(
                f"could not read the state of the key {short(key_id)}: it is not of this login's user, and Oracle finds no key by its id"
            )
            return
        state = facts.key.lifecycle_state
        self.notes.seen.append(f"Customer Secret Key {short(key_id)}: {state}, made {facts.key.time_created}")

    def _policies(self, facts: _Facts, compartment: str) -> None:
        policies = self.notes.read(
            "the policies of the bucket's compartment", "inspect policies",
            lambda: self.client("IdentityClient").list_policies(compartment).data,
        )  # fmt: skip
        if policies is None:
            return
        bucket = self.parameters.bucket.lower()
        facts.statements = [
            f"{each.name}: {statement}"
            for each in policies
            for statement in each.statements
            if re.search(r"\b(objects|object-family|all-resources|buckets)\b", statement.lower())
            and ("target.bucket.name" not in statement.lower() or bucket in statement.lower())
        ]
        self.notes.seen += [f"policy {each}" for each in facts.statements[:_SHOWN]]
        if not facts.statements:
            self.notes.seen.append("policies of the compartment: none that speaks of objects in this bucket")


def _rule(rule: Any) -> str:
    duration = rule.duration
    time = f"{duration.time_amount} {str(duration.time_unit).lower()}" if duration else "without end"
    locked = f", locked from {rule.time_rule_locked}" if rule.time_rule_locked else ", not locked"
    return f"{rule.display_name} ({time}{locked})"


def _say(error: Exception) -> str:
    code = str(getattr(error, "code", "") or type(error).__name__)
    return "" if code == "NotAuthorized" or getattr(error, "status", None) == 403 else code


# ---- deciding --------------------------------------------------------------------------------------------------------


def _explained(finding: Finding, parameters: Any, facts: _Facts) -> Finding:
    if finding.name in _DENIED and facts.bucket:
        return _denied(finding, parameters, facts)
    make = _EXPLAIN.get(finding.name)
    return make(finding, parameters, facts) if make else finding


def _grant(parameters: Any, facts: _Facts) -> Fix:
    """The statements, with the bucket's own compartment filled in."""
    compartment = facts.bucket.compartment_id if re.fullmatch(r"[\w.:-]+", facts.bucket.compartment_id) else "COMPARTMENT_OCID"
    return Fix(
        "Allow it with these statements: set GROUP_OCID to the id of a group that this key's user is in, which the first command lists, then run the other.",
        (advice.GROUPS, grants.policy_command(parameters.bucket, compartment=compartment)),
        grants.document(parameters.bucket, compartment=f"id {compartment}"),
    )


def _told(facts: _Facts) -> str:
    if not facts.statements:
        return "No policy of its own compartment speaks of objects in it."
    return (
        f"Its compartment's policies say: {' | '.join(facts.statements[:3])}. None of them, for this user's groups, allows it."
    )


def _denied(finding: Finding, parameters: Any, facts: _Facts) -> Finding:
    if facts.bucket.is_read_only and finding.name != "read-denied":
        return confirmed(finding, "The bucket is the destination of a replication, and read-only.", owner_read_only="true")
    evidence = {"compartment": facts.bucket.compartment_id, "owner_statements": " | ".join(facts.statements[:_SHOWN]) or "none"}
    return replace(confirmed(finding, _told(facts), **evidence), fix=_grant(parameters, facts))


def _all_alike(finding: Finding, parameters: Any, facts: _Facts) -> Finding:
    if facts.elsewhere:
        return catalog.finding(
            "namespace-invalid",
            detail=f"The namespace of {parameters.bucket} is {facts.bucket.namespace}, not {parameters.namespace}: the bucket was read there.",
            pointer="/parameters/namespace",
            evidence={**finding.evidence, "owner_namespace": facts.bucket.namespace},
            patch=(PatchOperation("replace", "/parameters/namespace", facts.bucket.namespace),),
        )
    if facts.bucket:
        detail = (
            f"The bucket {parameters.bucket} is there, in this namespace and region, and every request of this key was answered as if it "
            f"were missing: the key's user has no permission on its objects. Planet would be refused. {_told(facts)}"
        )
        evidence = {
            **finding.evidence,
            "compartment": facts.bucket.compartment_id,
            "owner_statements": " | ".join(facts.statements[:_SHOWN]) or "none",
        }
        return replace(
            finding, detail=detail, confidence=Confidence.CONFIRMED, evidence=evidence, fix=_grant(parameters, facts)
        )
    if facts.absent:
        return added(
            finding,
            f"This login does not see the bucket either: most likely there is none of that name in {parameters.region}.",
        )
    return finding


def _unknown_key(finding: Finding, parameters: Any, facts: _Facts) -> Finding:
    if facts.key is None:
        return finding
    state = str(facts.key.lifecycle_state)
    if state == "ACTIVE":
        return added(
            finding,
            f"The key is active, made {facts.key.time_created}: it is not known in {parameters.region} yet, or the tenancy does not use "
            "that region.",
            owner_key_state=state,
        )
    return catalog.finding(
        "key-disabled",
        detail=f"The Customer Secret Key {short(parameters.customer_access_key_id)} is {state.lower()}: Oracle answers as if it did not exist, "
        "to us and to Planet.",
        pointer=finding.pointer,
        evidence={**finding.evidence, "owner_key_state": state},
        fix=Fix(f"Make a new key and give Planet both its values. {USER}", (advice.KEY_LIST, MAKE_KEY)),
    )


def _kept(finding: Finding, parameters: Any, facts: _Facts) -> Finding:
    del parameters
    if not facts.rules:
        return finding
    rules = "; ".join(_rule(each) for each in facts.rules)
    return confirmed(finding, f"The rules are: {rules}.", owner_retention=rules)


def _vault(finding: Finding, parameters: Any, facts: _Facts) -> Finding:
    del parameters
    if not facts.bucket or not facts.bucket.kms_key_id:
        return finding
    fix = finding.fix and replace(finding.fix, grant=finding.fix.grant.replace("KEY_OCID", facts.bucket.kms_key_id))
    return replace(confirmed(finding, f"The key is {facts.bucket.kms_key_id}.", kms_key_id=facts.bucket.kms_key_id), fix=fix)


_EXPLAIN: Final[Mapping[str, Callable[[Finding, Any, _Facts], Finding]]] = {
    "bucket-or-permission-missing": _all_alike,
    "unknown-access-key": _unknown_key,
    "retention-locked": _kept,
    "encryption-key-denied": _vault,
    "encryption-key-unavailable": _vault,
}
