"""Explains a refusal of Google's with the operator's application default credentials. Every request reads."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote, urlsplit

from validator.core.model import Finding, Fix
from validator.core.values import Dataclass, field, replace
from validator.providers.base import Explanation, Failure, Login, Options
from validator.providers.gcs import grants
from validator.providers.gcs.encoding import key_of
from validator.providers.gcs.parameters import GoogleParameters
from validator.providers.operator.login import GoogleLogin, google
from validator.providers.operator.notes import Notes, added, confirmed

_HOSTS: Final = {
    "storage": "https://storage.googleapis.com/storage/v1",
    "iam": "https://iam.googleapis.com/v1",
    "projects": "https://cloudresourcemanager.googleapis.com/v1",
    "who": "https://openidconnect.googleapis.com/v1",
}

_OBJECTS: Final = "storage.objects."
_ALL: Final = "create get delete list update"
HELD_BY: Final[Mapping[str, frozenset[str]]] = {
    f"roles/storage.{role}": frozenset(held.split())
    for role, held in {
        "objectCreator": "create",
        "objectViewer": "get list",
        "objectUser": _ALL,
        "objectAdmin": _ALL,
        "admin": _ALL,
        "legacyBucketOwner": "create delete list",
        "legacyBucketWriter": "create delete list",
        "legacyBucketReader": "list",
        "legacyObjectOwner": "get update",
        "legacyObjectReader": "get",
    }.items()
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
    own = login.ask(lambda: google(login.remember, ca_bundle=options.ca_bundle, seconds=options.seconds))
    key = key_of(parameters.credentials)
    look = _Look(own, Notes(login, _say), options, parameters.bucket, key.email if key else "", key.key_id if key else "")
    identity = look.identity()
    look.read()
    return look.notes.explanation(identity, findings, _EXPLAIN, look)


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


class _Look(Dataclass, frozen=False):
    """One destination, looked at with one login, and what was read."""

    own: GoogleLogin
    notes: Notes
    options: Options
    name: str
    """Of the bucket."""
    email: str
    """Of the destination's account; empty where the credentials hold no key."""
    key_id: str
    bucket: Mapping[str, Any] = field(default_factory=dict)
    roles: list[_Role] | None = None
    """Of the destination's account; None where the bucket's policy could not be read."""
    account: Mapping[str, Any] | None = None
    """The service account; empty if there is none of that name."""
    key: Mapping[str, Any] | None = None

    def ask(self, service: str, path: str, *, post: bool = False) -> Any:
        """One answer, as JSON. With ``--endpoint`` everything is asked there: it stands for the whole cloud."""
        url = _HOSTS[service]
        if self.options.endpoint:
            url = self.options.endpoint.rstrip("/") + urlsplit(url).path
        answer = self.own.session.request(
            "POST" if post else "GET", url + path, timeout=self.options.seconds(), allow_redirects=False, json={} if post else None
        )  # fmt: skip
        if answer.status_code != 200:
            raise BadStatus(answer.status_code)
        return answer.json()

    def _read(self, what: str, permission: str, service: str, path: str, *, post: bool = False, absent: Any = None) -> Any:
        """The answer; None and a line where it may not be read. ``absent`` is returned of what is not there, if it may be."""
        gone = () if absent is None else ("404",)
        return self.notes.read(what, permission, lambda: self.ask(service, path, post=post), gone, absent)

    def identity(self) -> str:
        """Who looks."""
        if self.own.email:
            return self.own.email
        user = self._read("who the login is", "the scope userinfo.email", "who", "/userinfo")
        return str(user["email"]) if user and user.get("email") else "the application default credentials"

    def read(self) -> None:
        """Everything that explains."""
        place = f"/b/{quote(self.name, safe='')}"
        settings = self._read("the bucket's settings", "storage.buckets.get", "storage", place, absent={})
        if settings == {}:
            self.notes.seen.append(f"bucket {self.name}: there is none")
        elif settings:
            self.bucket = settings
            self.notes.seen += _settings(settings)
        if re.fullmatch(r"[\w.+-]+@[\w.-]+", self.email):
            if settings != {}:
                self._roles(place)
            self._account()

    def _roles(self, place: str) -> None:
        path = f"{place}/iam?optionsRequestedPolicyVersion=3"
        policy = self._read("the bucket's IAM policy", "storage.buckets.getIamPolicy", "storage", path)
        if policy is None:
            return
        self.roles = [*self._granted(policy, "the bucket")]
        project = str(self.bucket.get("projectNumber", ""))
        if project.isdigit():
            path, permission = f"/projects/{project}:getIamPolicy", "resourcemanager.projects.getIamPolicy"
            above = self._read("the project's IAM policy", permission, "projects", path, post=True)
            self.roles += self._granted(above or {}, f"the project {project}")
        self.notes.seen.append(f"roles of {self.email}: {self.granted or 'none on the bucket or its project'}")

    @property
    def granted(self) -> str:
        """The roles in words; empty without one."""
        return "; ".join(map(str, self.roles or ()))

    def _granted(self, policy: Mapping[str, Any], where: str) -> Iterator[_Role]:
        members = {f"serviceAccount:{self.email}", "allUsers", "allAuthenticatedUsers"}
        for each in policy.get("bindings", ()):
            for member in sorted(members & set(each.get("members", ()))):
                condition = str(each.get("condition", {}).get("expression", ""))
                yield _Role(each["role"], where, member, condition, self._holds(each["role"]))

    def _holds(self, role: str) -> frozenset[str] | None:
        if role in HELD_BY:
            return HELD_BY[role]
        if not re.fullmatch(r"(projects|organizations)/[\w.:-]+/roles/[\w.]+|roles/[\w.]+", role):
            return None
        definition = self._read(f"the role {role}", "iam.roles.get", "iam", f"/{role}")
        if definition is None:
            return None
        return frozenset(
            each.removeprefix(_OBJECTS) for each in definition.get("includedPermissions", ()) if each.startswith(_OBJECTS)
        )

    def _account(self) -> None:
        place = f"/projects/-/serviceAccounts/{quote(self.email, safe='@')}"
        self.account = self._read("the service account", "iam.serviceAccounts.get", "iam", place, absent={})
        if self.account is not None:
            state = "there is none" if not self.account else "disabled" if self.account.get("disabled") else "enabled"
            self.notes.seen.append(f"service account {self.email}: {state}")
        if not re.fullmatch(r"[0-9a-f]{20,64}", self.key_id) or not self.account:
            return
        path = f"{place}/keys/{self.key_id}"
        self.key = self._read("the key's state", "iam.serviceAccountKeys.get", "iam", path, absent={})
        if self.key is not None:
            self.notes.seen.append(f"key {self.key_id[:8]}: {_key_state(self.key)}")


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


def _roles(finding: Finding, look: _Look) -> Finding:
    if look.roles is None:
        return finding
    needed = _NEEDED[finding.name]
    permission = f"{_OBJECTS}{needed}"
    fix = finding.fix or Fix("")
    fix = replace(fix, commands=(*fix.commands, grants.troubleshoot(look.name, look.email, permission)))
    roles = look.granted
    holding = [each for each in look.roles if each.holds is not None and needed in each.holds]
    # A folder, an organization or a group may still grant it: what was only doubtful stays so.
    doubtful = finding.name == "delete-unproven" or any(each.holds is None for each in look.roles)
    if any(not each.condition for each in holding):
        doubtful = True
        sentence = f"Yet {holding[0]} holds {permission}: a deny policy, a principal access boundary or a grant of the last minutes is left to explain it."
    elif holding:
        sentence = (
            f"Its only grant of {permission} has a condition that does not hold here, or not for every name: {holding[0]}."
        )
    elif roles:
        sentence = f"What it was granted there lacks {permission}: {roles}."
    else:
        sentence = "Neither the bucket nor, as far as it could be read, its project grants this account anything."
    explained = (added if doubtful else confirmed)(finding, sentence, owner_roles=roles or "none", permission=permission)
    return replace(explained, fix=fix)


def _dead_key(finding: Finding, look: _Look) -> Finding:
    if look.key is None:
        return finding
    state = _key_state(look.key)
    listed = f"The account's own list says of key {look.key_id[:8]}: {state}."
    if look.key and not look.key.get("disabled"):
        listed += " So the key itself is alive, and the private key in the file is not the one that belongs to this id."
        return confirmed(finding, listed, owner_key_state=state)
    fix = finding.fix or Fix("")
    if look.key.get("disabled") and not look.key.get("disableReason"):
        who = f"--iam-account={shlex.quote(look.email)}"
        enable = f"gcloud iam service-accounts keys enable KEY_ID {who}"  # a key's id is kept out of reports
        summary = f"{fix.summary} KEY_ID is the private_key_id of the key file."
        fix = Fix(summary, (enable, *fix.commands))
    return replace(confirmed(finding, listed, owner_key_state=state), fix=Fix(fix.summary, fix.commands))


def _dead_account(finding: Finding, look: _Look) -> Finding:
    if look.account is None or finding.evidence.get("code") not in (None, "invalid_grant"):
        return finding
    if not look.account:
        return confirmed(finding, f"There is no service account {look.email}.", owner_account_state="absent")
    if look.account.get("disabled"):
        return confirmed(finding, f"{look.email} is there, and disabled.", owner_account_state="disabled")
    return finding


def _held(finding: Finding, look: _Look) -> Finding:
    on = look.bucket.get("defaultEventBasedHold")
    return confirmed(finding, "The bucket gives every new object an event-based hold.") if on else finding


def _retained(finding: Finding, look: _Look) -> Finding:
    kept = look.bucket.get("retentionPolicy", {})
    if not kept:
        return finding
    locked = "is locked: it can be prolonged and never removed" if kept.get("isLocked") else "is not locked: it can be removed"
    return confirmed(finding, f"The bucket's retention period is {kept.get('retentionPeriod')} seconds, and {locked}.")


_EXPLAIN: Final[Mapping[str, Callable[[Finding, _Look], Finding]]] = {
    **dict.fromkeys(_NEEDED, _roles),
    "key-disabled": _dead_key,
    "account-disabled": _dead_account,
    "object-held": _held,
    "retention-locked": _retained,
}
