"""Explains a refusal of Google's with the operator's application default credentials. Every request reads."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote

from validator.core.model import Finding, Fix
from validator.core.values import Dataclass, field, replace
from validator.providers.base import Explanation, Failure, Login, Options
from validator.providers.gcs import grants
from validator.providers.gcs.encoding import key_of
from validator.providers.gcs.parameters import GoogleParameters
from validator.providers.gcs.service_account import ServiceAccountKey
from validator.providers.operator.login import GoogleLogin, google
from validator.providers.operator.notes import Notes, added, confirmed

_HOSTS: Final = {
    "storage": "https://storage.googleapis.com/storage/v1",
    "iam": "https://iam.googleapis.com/v1",
    "projects": "https://cloudresourcemanager.googleapis.com/v1",
    "who": "https://openidconnect.googleapis.com/v1",
}
_PATHS: Final = {"storage": "/storage/v1", "iam": "/v1", "projects": "/v1", "who": "/v1"}

_OBJECTS: Final = "storage.objects."
HELD_BY: Final[Mapping[str, frozenset[str]]] = {
    "roles/storage.objectCreator": frozenset({"create"}),
    "roles/storage.objectViewer": frozenset({"get", "list"}),
    "roles/storage.objectUser": frozenset({"create", "get", "delete", "list", "update"}),
    "roles/storage.objectAdmin": frozenset({"create", "get", "delete", "list", "update"}),
    "roles/storage.admin": frozenset({"create", "get", "delete", "list", "update"}),
    "roles/storage.legacyBucketOwner": frozenset({"create", "delete", "list"}),
    "roles/storage.legacyBucketWriter": frozenset({"create", "delete", "list"}),
    "roles/storage.legacyBucketReader": frozenset({"list"}),
    "roles/storage.legacyObjectOwner": frozenset({"get", "update"}),
    "roles/storage.legacyObjectReader": frozenset({"get"}),
}
"""Permissions on objects that Google's own roles hold (docs.cloud.google.com/iam/docs/roles-permissions/storage)."""

_NEEDED: Final = {"write-denied": "create", "read-denied": "get", "delete-denied": "delete", "delete-unproven": "delete", "overwrite-denied": "delete"}  # fmt: skip


class BadStatus(Exception):
    """An answer that is not what was asked for."""

    def __init__(self, status: int) -> None:
        super().__init__(str(status))
        self.status = status


def explain(
    parameters: GoogleParameters, findings: Sequence[Finding], failures: Sequence[Failure], login: Login, options: Options
) -> Explanation:
    """See :attr:`validator.providers.base.Provider.explain`. Raises LoginFailed."""
    del failures
    bucket, key = parameters.bucket, key_of(parameters.credentials)
    own = login.ask(lambda: google(login.remember, ca_bundle=options.ca_bundle, seconds=options.seconds))
    inquiry = _Inquiry(own, Notes(login, _say), options)
    identity = inquiry.identity()
    facts = inquiry.facts(bucket, key)
    explained = tuple(_explained(each, bucket, key, facts) for each in findings)
    return Explanation(identity, explained, tuple(inquiry.notes.seen), tuple(inquiry.notes.unread))


# ---- looking ---------------------------------------------------------------------------------------------------------


class _Role(Dataclass):
    """One grant to the destination's account."""

    name: str
    where: str
    """``the bucket`` or ``the project N``."""
    member: str
    condition: str
    holds: frozenset[str] | None
    """Of storage.objects; None where the role could not be read."""

    def __str__(self) -> str:
        condition = f", only where {self.condition}" if self.condition else ""
        to = f" (to {self.member})" if self.member in ("allUsers", "allAuthenticatedUsers") else ""
        return f"{self.name} on {self.where}{to}{condition}"


class _Facts(Dataclass, frozen=False):
    """What was read."""

    bucket: Mapping[str, Any] = field(default_factory=dict)
    roles: list[_Role] | None = None
    """Of the destination's account; None where the bucket's policy could not be read."""
    account: Mapping[str, Any] | None = None
    """The service account; empty if there is none of that name."""
    key: Mapping[str, Any] | None = None


class _Inquiry(Dataclass, frozen=False):
    """One destination, looked at with one login."""

    own: GoogleLogin
    notes: Notes
    options: Options

    def ask(self, service: str, path: str, *, post: bool = False) -> Any:
        """One answer, as JSON. With ``--endpoint`` everything is asked there: it stands for the whole cloud."""
        endpoint = self.options.endpoint
        url = (endpoint.rstrip("/") + _PATHS[service] if endpoint else _HOSTS[service]) + path
        answer = self.own.session.request(
            "POST" if post else "GET", url, timeout=self.options.seconds(), allow_redirects=False, json={} if post else None
        )
        if answer.status_code != 200:
            raise BadStatus(answer.status_code)
        return answer.json()

    def identity(self) -> str:
        """Who looks."""
        if self.own.email:
            return self.own.email
        user = self.notes.read("who the login is", "the scope userinfo.email", lambda: self.ask("who", "/userinfo"))
        return str(user["email"]) if user and user.get("email") else "the application default credentials"

    def facts(self, bucket: str, key: ServiceAccountKey | None) -> _Facts:
        """Everything that explains."""
        facts = _Facts()
        place = f"/b/{quote(bucket, safe='')}"
        settings = self.notes.read(
            "the bucket's settings", "storage.buckets.get", lambda: self.ask("storage", place), ("404",), {}
        )
        facts.bucket = settings or {}
        if settings == {}:
            self.notes.seen.append(f"bucket {bucket}: there is none")
        elif settings:
            self.notes.seen += _settings(settings)
        if key is not None and re.fullmatch(r"[\w.+-]+@[\w.-]+", key.email):
            if settings != {}:
                self._roles(facts, place, key.email)
            self._account(facts, key)
        return facts

    def _roles(self, facts: _Facts, place: str, email: str) -> None:
        policy = self.notes.read(
            "the bucket's IAM policy", "storage.buckets.getIamPolicy",
            lambda: self.ask("storage", f"{place}/iam?optionsRequestedPolicyVersion=3"),
        )  # fmt: skip
        if policy is None:
            return
        facts.roles = [*self._granted(policy, "the bucket", email)]
        project = str(facts.bucket.get("projectNumber", ""))
        if project.isdigit():
            above = self.notes.read(
                "the project's IAM policy", "resourcemanager.projects.getIamPolicy",
                lambda: self.ask("projects", f"/projects/{project}:getIamPolicy", post=True),
            )  # fmt: skip
            facts.roles += [*self._granted(above or {}, f"the project {project}", email)]
        names = "; ".join(str(each) for each in facts.roles)
        self.notes.seen.append(f"roles of {email}: {names or 'none on the bucket or its project'}")

    def _granted(self, policy: Mapping[str, Any], where: str, email: str) -> Iterator[_Role]:
        members = {f"serviceAccount:{email}", "allUsers", "allAuthenticatedUsers"}
        for each in policy.get("bindings", ()):
            for member in sorted(members & set(each.get("members", ()))):
                condition = str(each.get("condition", {}).get("expression", ""))
                yield _Role(each["role"], where, member, condition, self._holds(each["role"]))

    def _holds(self, role: str) -> frozenset[str] | None:
        if role in HELD_BY:
            return HELD_BY[role]
        if not re.fullmatch(r"(projects|organizations)/[\w.:-]+/roles/[\w.]+|roles/[\w.]+", role):
            return None
        definition = self.notes.read(f"the role {role}", "iam.roles.get", lambda: self.ask("iam", f"/{role}"))
        if definition is None:
            return None
        return frozenset(
            each.removeprefix(_OBJECTS) for each in definition.get("includedPermissions", ()) if each.startswith(_OBJECTS)
        )

    def _account(self, facts: _Facts, key: ServiceAccountKey) -> None:
        place = f"/projects/-/serviceAccounts/{quote(key.email, safe='@')}"
        facts.account = self.notes.read(
            "the service account", "iam.serviceAccounts.get", lambda: self.ask("iam", place), ("404",), {}
        )
        if facts.account is not None:
            state = "there is none" if not facts.account else "disabled" if facts.account.get("disabled") else "enabled"
            self.notes.seen.append(f"service account {key.email}: {state}")
        if not re.fullmatch(r"[0-9a-f]{20,64}", key.key_id) or not facts.account:
            return
        facts.key = self.notes.read(
            "the key's state", "iam.serviceAccountKeys.get", lambda: self.ask("iam", f"{place}/keys/{key.key_id}"), ("404",), {}
        )
        if facts.key is not None:
            self.notes.seen.append(f"key {key.key_id[:8]}: {_key_state(facts.key)}")


def _settings(bucket: Mapping[str, Any]) -> Iterator[str]:
    yield f"bucket {bucket.get('name')}: it is there, in {bucket.get('location', 'a location that is not told')}"
    yield f"versioning: {'on' if bucket.get('versioning', {}).get('enabled') else 'off'}"
    kept = bucket.get("retentionPolicy", {})
    if kept:
        locked = "locked" if kept.get("isLocked") else "not locked"
        yield f"retention: {kept.get('retentionPeriod')} seconds, {locked}"
    if bucket.get("defaultEventBasedHold"):
        yield "holds: every new object gets an event-based hold"
    if bucket.get("billing", {}).get("requesterPays"):
        yield "requester pays: on"
    if bucket.get("encryption", {}).get("defaultKmsKeyName"):
        yield f"encryption: with {bucket['encryption']['defaultKmsKeyName']}"
    if bucket.get("ipFilter", {}).get("mode") == "Enabled":
        yield "IP filter: on"


def _key_state(key: Mapping[str, Any]) -> str:
    if not key:
        return "there is none of that id"
    if key.get("disabled"):
        return f"disabled{' (' + str(key['disableReason']) + ')' if key.get('disableReason') else ''}"
    return f"enabled until {key['validBeforeTime']}" if key.get("validBeforeTime") else "enabled"


def _say(error: Exception) -> str:
    if isinstance(error, BadStatus):
        return "" if error.status == 403 else str(error.status)
    return type(error).__name__


# ---- deciding --------------------------------------------------------------------------------------------------------


def _explained(finding: Finding, bucket: str, key: ServiceAccountKey | None, facts: _Facts) -> Finding:
    make = _EXPLAIN.get(finding.name)
    return make(finding, bucket, key, facts) if make and key is not None else finding


def _roles(finding: Finding, bucket: str, key: ServiceAccountKey | None, facts: _Facts) -> Finding:
    if facts.roles is None or key is None:
        return finding
    needed = _NEEDED[finding.name]
    permission = f"{_OBJECTS}{needed}"
    fix = finding.fix or Fix("")
    fix = replace(fix, commands=(*fix.commands, grants.troubleshoot(bucket, key.email, permission)))
    roles = "; ".join(str(each) for each in facts.roles)
    holding = [each for each in facts.roles if each.holds is not None and needed in each.holds]
    evidence = {"owner_roles": roles or "none", "permission": permission}
    if any(not each.condition for each in holding):
        sentence = f"Yet {holding[0]} holds {permission}: a deny policy, a principal access boundary or a grant of the last minutes is left to explain it."
        return replace(added(finding, sentence, **evidence), fix=fix)
    if holding:
        sentence = (
            f"Its only grant of {permission} has a condition that does not hold here, or not for every name: {holding[0]}."
        )
    elif roles:
        sentence = f"What it was granted there lacks {permission}: {roles}."
    else:
        sentence = "Neither the bucket nor, as far as it could be read, its project grants this account anything."
    # A folder, an organization or a group may still grant it: what was only doubtful stays so.
    if finding.name == "delete-unproven" or any(each.holds is None for each in facts.roles):
        return replace(added(finding, sentence, **evidence), fix=fix)
    return replace(confirmed(finding, sentence, **evidence), fix=fix)


def _dead_key(finding: Finding, bucket: str, key: ServiceAccountKey | None, facts: _Facts) -> Finding:
    del bucket
    if key is None or facts.key is None:
        return finding
    state = _key_state(facts.key)
    if not facts.key or facts.key.get("disabled"):
        commands = finding.fix.commands if finding.fix else ()
        if facts.key.get("disabled") and not facts.key.get("disableReason"):
            who = f"--iam-account={shlex.quote(key.email)}"
            commands = (f"gcloud iam service-accounts keys enable KEY_ID {who}", *commands)  # a key's id is kept out of reports
        summary = finding.fix.summary if finding.fix else ""
        if any("KEY_ID" in each for each in commands):
            summary += " KEY_ID is the private_key_id of the key file."
        sure = confirmed(finding, f"The account's own list says of key {key.key_id[:8]}: {state}.", owner_key_state=state)
        return replace(sure, fix=Fix(summary, commands))
    return confirmed(
        finding,
        f"The account's own list says of key {key.key_id[:8]}: {state}. So the key itself is alive, and the private key in the file is "
        "not the one that belongs to this id.",
        owner_key_state=state,
    )


def _dead_account(finding: Finding, bucket: str, key: ServiceAccountKey | None, facts: _Facts) -> Finding:
    del bucket
    if key is None or facts.account is None or finding.evidence.get("code") not in (None, "invalid_grant"):
        return finding
    if not facts.account:
        return confirmed(finding, f"There is no service account {key.email}.", owner_account_state="absent")
    if facts.account.get("disabled"):
        return confirmed(finding, f"{key.email} is there, and disabled.", owner_account_state="disabled")
    return finding


def _kept(finding: Finding, bucket: str, key: ServiceAccountKey | None, facts: _Facts) -> Finding:
    del bucket, key
    kept = facts.bucket.get("retentionPolicy", {})
    if finding.name == "object-held":
        on = facts.bucket.get("defaultEventBasedHold")
        return confirmed(finding, "The bucket gives every new object an event-based hold.") if on else finding
    if not kept:
        return finding
    locked = "is locked: it can be prolonged and never removed" if kept.get("isLocked") else "is not locked: it can be removed"
    return confirmed(finding, f"The bucket's retention period is {kept.get('retentionPeriod')} seconds, and {locked}.")


_EXPLAIN: Final[Mapping[str, Callable[[Finding, str, ServiceAccountKey | None, _Facts], Finding]]] = {
    **dict.fromkeys(_NEEDED, _roles),
    "key-disabled": _dead_key,
    "account-disabled": _dead_account,
    "object-held": _kept,
    "retention-locked": _kept,
}
