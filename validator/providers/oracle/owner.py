"""Explains a refusal of Oracle's with a profile of the operator's ``~/.oci/config`` and the extra [oci]. Every request reads."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlsplit

from validator.core import catalog
from validator.core.model import Confidence, Finding, Fix
from validator.core.values import Dataclass, field, replace
from validator.providers.base import Explanation, Failure, Login, Options
from validator.providers.operator.login import OracleLogin, oracle
from validator.providers.operator.notes import Notes, added, confirmed
from validator.providers.oracle import advice, grants
from validator.providers.oracle.lint import KEY_LIST, MAKE_KEY, USER, short

_DENIED: Final = ("write-denied", "read-denied", "delete-denied", "overwrite-denied", "multipart-denied")
_SHOWN: Final = 10
"""Statements of policies that are listed."""


def explain(
    parameters: Any, findings: Sequence[Finding], failures: Sequence[Failure], login: Login, options: Options
) -> Explanation:
    """See :attr:`validator.providers.base.Provider.explain`. Raises LoginFailed, and MissingExtra without [oci]."""
    del failures
    own: OracleLogin = login.ask(lambda: oracle(login.profile, login.remember))
    notes = Notes(login, _say)
    look = _Look(parameters, own, notes, options)
    look.read()
    return notes.explanation(f"the user {own.user} (profile {own.profile})", findings, _EXPLAIN, look)


# ---- looking ---------------------------------------------------------------------------------------------------------


class _Look(Dataclass, frozen=False):
    """One destination, looked at with one login, and what was read."""

    parameters: Any
    own: OracleLogin
    notes: Notes
    options: Options
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

    def read(self) -> None:
        """Everything that explains."""
        self.namespace = self._storage("the tenancy's namespace", "any valid login", "get_namespace") or ""
        if self.namespace:
            self.notes.seen.append(f"namespace of this login's tenancy: {self.namespace}")
        self._bucket()
        self._key()
        if self.bucket:
            self._policies()

    def _bucket(self) -> None:
        namespace, name = self.parameters.namespace, self.parameters.bucket
        missing = ("BucketNotFound", "NamespaceNotFound", "NotAuthorizedOrNotFound")
        bucket = self._storage("the bucket", "BUCKET_READ", "get_bucket", namespace, name, absent=missing)
        if bucket is False and self.namespace and self.namespace != namespace:
            bucket = self._storage("the bucket", "BUCKET_READ", "get_bucket", self.namespace, name, absent=missing)
            self.elsewhere = bool(bucket)
        say = self.notes.seen.append
        if bucket is False:
            self.absent = True
            say(f"bucket {name}: not there in {self.parameters.region}, or not for this login (BUCKET_READ)")
        if not bucket:
            return
        self.bucket = bucket
        say(f"bucket {name}: it is there, in the namespace {bucket.namespace} and the compartment {bucket.compartment_id}")
        say(f"versioning: {str(bucket.versioning or 'Disabled').lower()}")
        say(f"Vault key: {bucket.kms_key_id or 'none'}")
        if bucket.is_read_only:
            say("replication: the bucket is the destination of one, and read-only")
        rules = self._storage("the retention rules", "BUCKET_READ", "list_retention_rules", bucket.namespace, name)
        if rules is not None:
            self.rules = rules.items or ()
            say(f"retention rules: {self.retention or 'none'}")

    def _key(self) -> None:
        if not self.own.user:
            return
        keys = self.notes.read(
            "the login's own Customer Secret Keys", "the user's own, or inspect users",
            lambda: self.client("IdentityClient").list_customer_secret_keys(self.own.user).data,
        )  # fmt: skip
        if keys is None:
            return
        key_id = self.parameters.customer_access_key_id
        self.key = next((each for each in keys if each.id == key_id), None)
        if self.key is None:
            self.notes.unread.append(
                f"could not read the state of the key {short(key_id)}: it is not of this login's user, and Oracle finds no key by its id"
            )
            return
        state = self.key.lifecycle_state
        self.notes.seen.append(f"Customer Secret Key {short(key_id)}: {state}, made {self.key.time_created}")

    def _policies(self) -> None:
        policies = self.notes.read(
            "the policies of the bucket's compartment", "inspect policies",
            lambda: self.client("IdentityClient").list_policies(self.bucket.compartment_id).data,
        )  # fmt: skip
        if policies is None:
            return
        bucket = self.parameters.bucket.lower()
        self.statements = [
            f"{each.name}: {statement}"
            for each in policies
            for statement in each.statements
            if re.search(r"\b(objects|object-family|all-resources|buckets)\b", statement.lower())
            and ("target.bucket.name" not in statement.lower() or bucket in statement.lower())
        ]
        self.notes.seen += [f"policy {each}" for each in self.statements[:_SHOWN]]
        if not self.statements:
            self.notes.seen.append("policies of the compartment: none that speaks of objects in this bucket")

    # ---- what is told of it ------------------------------------------------------------------------------------------

    @property
    def retention(self) -> str:
        """The retention rules; empty if there are none."""
        return "; ".join(map(_rule, self.rules))

    @property
    def evidence(self) -> dict[str, str]:
        """Where the policies were read, and what they say."""
        statements = " | ".join(self.statements[:_SHOWN]) or "none"
        return {"compartment": self.bucket.compartment_id, "owner_statements": statements}

    @property
    def told(self) -> str:
        """The same in a sentence."""
        if not self.statements:
            return "No policy of its own compartment speaks of objects in it."
        return f"Its compartment's policies say: {' | '.join(self.statements[:3])}. None of them, for this user's groups, allows it."

    @property
    def grant(self) -> Fix:
        """The statements, with the bucket's own compartment filled in."""
        compartment = self.bucket.compartment_id
        if not re.fullmatch(r"[\w.:-]+", compartment):
            compartment = "COMPARTMENT_OCID"
        name = self.parameters.bucket
        return Fix(
            "Allow it with these statements: set GROUP_OCID to the id of a group that this key's user is in, which the first command lists, then run the other.",
            (advice.GROUPS, grants.policy_command(name, compartment=compartment)),
            grants.document(name, compartment=f"id {compartment}"),
        )


def _rule(rule: Any) -> str:
    duration = rule.duration
    time = f"{duration.time_amount} {str(duration.time_unit).lower()}" if duration else "without end"
    locked = f", locked from {rule.time_rule_locked}" if rule.time_rule_locked else ", not locked"
    return f"{rule.display_name} ({time}{locked})"


def _say(error: Exception) -> str:
    code = str(getattr(error, "code", "") or type(error).__name__)
    return "" if code == "NotAuthorized" or getattr(error, "status", None) == 403 else code


# ---- deciding --------------------------------------------------------------------------------------------------------


def _denied(finding: Finding, look: _Look) -> Finding:
    if not look.bucket:
        return finding
    if look.bucket.is_read_only and finding.name != "read-denied":
        return confirmed(finding, "The bucket is the destination of a replication, and read-only.", owner_read_only="true")
    return replace(confirmed(finding, look.told, **look.evidence), fix=look.grant)


def _all_alike(finding: Finding, look: _Look) -> Finding:
    name, region, namespace = look.parameters.bucket, look.parameters.region, look.parameters.namespace
    if look.elsewhere:
        return catalog.finding(
            "namespace-invalid",
            detail=f"The namespace of {name} is {look.bucket.namespace}, not {namespace}: the bucket was read there.",
            pointer="/parameters/namespace",
            evidence={**finding.evidence, "owner_namespace": look.bucket.namespace},
            patch=catalog.replacement("/parameters/namespace", look.bucket.namespace),
        )
    if look.bucket:
        detail = (
            f"The bucket {name} is there, in this namespace and region, and every request of this key was answered as if it "
            f"were missing: the key's user has no permission on its objects. Planet would be refused. {look.told}"
        )
        evidence = {**finding.evidence, **look.evidence}
        return replace(finding, detail=detail, confidence=Confidence.CONFIRMED, evidence=evidence, fix=look.grant)
    if look.absent:
        return added(finding, f"This login does not see the bucket either: most likely there is none of that name in {region}.")
    return finding


def _unknown_key(finding: Finding, look: _Look) -> Finding:
    if look.key is None:
        return finding
    state = str(look.key.lifecycle_state)
    if state == "ACTIVE":
        return added(
            finding,
            f"The key is active, made {look.key.time_created}: it is not known in {look.parameters.region} yet, or the tenancy does not use "
            "that region.",
            owner_key_state=state,
        )
    return catalog.finding(
        "key-disabled",
        detail=f"The Customer Secret Key {short(look.parameters.customer_access_key_id)} is {state.lower()}: Oracle answers as if it did not exist, "
        "to us and to Planet.",
        pointer=finding.pointer,
        evidence={**finding.evidence, "owner_key_state": state},
        fix=Fix(f"Make a new key and give Planet both its values. {USER}", (KEY_LIST, MAKE_KEY)),
    )


def _kept(finding: Finding, look: _Look) -> Finding:
    rules = look.retention
    return confirmed(finding, f"The rules are: {rules}.", owner_retention=rules) if rules else finding


def _vault(finding: Finding, look: _Look) -> Finding:
    key = look.bucket and look.bucket.kms_key_id
    if not key:
        return finding
    fix = finding.fix and replace(finding.fix, grant=finding.fix.grant.replace("KEY_OCID", key))
    return replace(confirmed(finding, f"The key is {key}.", kms_key_id=key), fix=fix)


_EXPLAIN: Final[Mapping[str, Callable[[Finding, _Look], Finding]]] = {
    **dict.fromkeys(_DENIED, _denied),
    "bucket-or-permission-missing": _all_alike,
    "unknown-access-key": _unknown_key,
    "retention-locked": _kept,
    "encryption-key-denied": _vault,
    "encryption-key-unavailable": _vault,
}
