"""What the operator's own AWS login reads of a destination: bucket, policies, key and encryption key. Every call reads."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from validator.core.sentences import many
from validator.core.values import Dataclass, field
from validator.providers.base import Failure, Options
from validator.providers.operator.login import AwsLogin
from validator.providers.operator.notes import Notes
from validator.providers.s3 import grants
from validator.providers.s3.errors import account_of
from validator.providers.s3.http import bounded_sender
from validator.providers.s3.iam_policy import NamedPolicy, Question, read
from validator.providers.s3.subject import Subject


class Inquiry(Dataclass, frozen=False):
    """One destination, looked at with one login, and what was read."""

    subject: Subject
    own: AwsLogin
    notes: Notes
    options: Options
    principal: str = ""
    key_status: str = ""
    key_user: str = ""
    identity: list[NamedPolicy] = field(default_factory=list)
    identity_whole: bool = False
    """Every identity policy was read."""
    boundary: NamedPolicy | None = None
    bucket: list[NamedPolicy] = field(default_factory=list)
    bucket_read: bool = False
    region: str = ""
    _clients: dict[str, Any] = field(default_factory=dict)
    _account: str = ""
    """Of the operator."""

    def client(self, service: str) -> Any:
        """Made once; making one reads files, so it is done within the request's time."""
        if service not in self._clients:
            endpoint = self.options.endpoint or self.subject.endpoint or None
            bundle = self.options.ca_bundle if service == "s3" and endpoint else None
            made = self._clients[service] = self.own.client(
                service,
                region=self.subject.region,
                endpoint=endpoint if service == "s3" else None,
                seconds=self.options.seconds(),
                ca_bundle=bundle,
            )
            made.meta.events.register("before-send", bounded_sender(self.options.seconds, bundle))
        return self._clients[service]

    def who(self) -> str:
        """Who looks."""
        named = f"the access key {self.own.access_key[:4]}...{self.own.access_key[-4:]}"
        named += f" of the profile {self.own.profile}" if self.own.profile else ""
        if not self.subject.amazon:
            return named
        caller = self.notes.read("who the login is", "sts:GetCallerIdentity", lambda: self.client("sts").get_caller_identity())
        self._account = caller["Account"] if caller else ""
        return caller["Arn"] if caller else named

    def look(self, failures: Sequence[Failure]) -> None:
        """Read everything that explains."""
        cited = [each.observation.evidence for each in failures]
        self.principal = next((each["principal"] for each in cited if each.get("principal")), "")
        self._look_at_bucket()
        if self.subject.amazon:
            self._look_at_key()
            self._look_at_user()
            kms = (each["resource"] for each in cited if each.get("action", "").startswith("kms:") and each.get("resource"))
            self._look_at_encryption_key(next(kms, ""))

    def _s3(self, what: str, permission: str, call: str, absent: tuple[str, ...] = (), default: Any = None) -> Any:
        return self.notes.read(
            what, permission, lambda: getattr(self.client("s3"), call)(Bucket=self.subject.bucket), absent, default
        )

    def _look_at_bucket(self) -> None:
        say = self.notes.seen.append
        head = self._s3("whether the bucket is there", "s3:ListBucket", "head_bucket", ("404", "NoSuchBucket"), {})
        if head == {}:
            say(f"bucket {self.subject.bucket}: there is none")
            return
        if head:
            self.region = head.get("BucketRegion", "") or head["ResponseMetadata"]["HTTPHeaders"].get("x-amz-bucket-region", "")
            say(f"bucket {self.subject.bucket}: it is there" + (f", in {self.region}" if self.region else ""))
        none = {"Policy": ""}
        policy = self._s3("the bucket policy", "s3:GetBucketPolicy", "get_bucket_policy", ("NoSuchBucketPolicy",), none)
        if policy is not None:
            self.bucket_read = True
            parsed = read("the bucket policy", policy["Policy"]) if policy["Policy"] else None
            self.bucket = [parsed] if parsed else []
            say(f"bucket policy: {many(len(parsed.statements), 'statement') if parsed else 'none'}")
        for name, permission, call, absent, told in _SETTINGS:
            setting = self._s3(f"the bucket's {name}", permission, call, absent, {})
            if setting is not None:
                say(f"{name}: {told(setting)}")

    def _iam(self, what: str, call: str, **arguments: Any) -> Any:
        permission = f"iam:{call.title().replace('_', '')}"
        return self.notes.read(what, permission, lambda: getattr(self.client("iam"), call)(**arguments))

    def _look_at_key(self) -> None:
        """Whose the destination's key is, and whether it is active."""
        account = account_of(self.subject.access_key)
        if account and self._account and account != self._account:
            self.notes.unread.append(
                f"could not read the user's policies: its key belongs to account {account}, this login to {self._account}"
            )
            return
        kind, name = grants.named(self.principal)
        if not name:
            last = self._iam("whose key it is", "get_access_key_last_used", AccessKeyId=self.subject.access_key)
            name = last.get("UserName", "") if last else ""
        self.key_user = name
        if not name or kind == "role":
            return
        keys = self._iam("the key's state", "list_access_keys", UserName=name)
        for each in keys["AccessKeyMetadata"] if keys else ():
            if each["AccessKeyId"] == self.subject.access_key:
                self.key_status = each["Status"]
                self.notes.seen.append(f"access key: {each['Status'].lower()}, of the user {name}")

    def _look_at_user(self) -> None:
        kind, name = grants.named(self.principal)[0] or "user", self.key_user
        if not name:
            return
        missing = len(self.notes.unread)
        entity = self._iam(f"the {kind} {name}", f"get_{kind}", **_who(kind, name))
        entity = entity[kind.title()] if entity else {}
        self.principal = entity.get("Arn") or self.principal
        self.identity += self._policies(kind, name)
        if kind == "user":
            groups = self._iam("the user's groups", "list_groups_for_user", UserName=name)
            for each in groups["Groups"] if groups else ():
                self.identity += self._policies("group", each["GroupName"])
        limit = entity.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn", "")
        if limit:
            self.boundary = self._managed(f"the permissions boundary {limit}", limit)
        self.identity_whole = len(self.notes.unread) == missing
        self.notes.seen.append(f"policies of the {kind} {name}: {len(self.identity)}, permissions boundary: {limit or 'none'}")

    def _policies(self, kind: str, name: str) -> list[NamedPolicy]:
        who = _who(kind, name)
        policies: list[NamedPolicy | None] = []
        of = f" of the group {name}" if kind == "group" else ""
        inline = self._iam(f"the {kind}'s own policies", f"list_{kind}_policies", **who)
        for each in inline["PolicyNames"] if inline else ():
            answer = self._iam(f"the policy {each}", f"get_{kind}_policy", **who, PolicyName=each)
            policies.append(read(f"the inline policy {each}{of}", answer["PolicyDocument"]) if answer else None)
        attached = self._iam(f"the {kind}'s attached policies", f"list_attached_{kind}_policies", **who)
        listed = attached["AttachedPolicies"] if attached else ()
        policies += [self._managed(f"the policy {each['PolicyName']}{of}", each["PolicyArn"]) for each in listed]
        return [each for each in policies if each]

    def _managed(self, name: str, arn: str) -> NamedPolicy | None:
        policy = self._iam(name, "get_policy", PolicyArn=arn)
        if policy is None:
            return None
        version = policy["Policy"]["DefaultVersionId"]
        answer = self._iam(name, "get_policy_version", PolicyArn=arn, VersionId=version)
        return read(name, answer["PolicyVersion"]["Document"], arn) if answer else None

    def simulate(self, question: Question) -> Mapping[str, Any] | None:
        """What IAM's simulator answers; None where it may not be asked, or the destination is not Amazon's."""
        if not (self.subject.amazon and question.principal):
            return None
        policy = {"ResourcePolicy": json.dumps(self.bucket[0].document), "CallerArn": self.principal} if self.bucket else {}
        answer = self._iam(
            "what IAM's simulator says", "simulate_principal_policy",
            PolicySourceArn=self.principal, ActionNames=[question.action], ResourceArns=[question.resource],
            ContextEntries=[{"ContextKeyName": "aws:SecureTransport", "ContextKeyValues": ["true"], "ContextKeyType": "boolean"}],
            **policy,
        )  # fmt: skip
        if not answer or not answer.get("EvaluationResults"):
            return None
        result: Mapping[str, Any] = answer["EvaluationResults"][0]
        self.notes.seen.append(f"IAM's simulator: {question.action} is {_DECISIONS.get(result['EvalDecision'], 'undecided')}")
        return result

    def _look_at_encryption_key(self, key: str) -> None:
        if not key:
            return
        answer = self.notes.read("the KMS key", "kms:DescribeKey", lambda: self.client("kms").describe_key(KeyId=key))
        if answer:
            self.notes.seen.append(f"KMS key {key}: {answer['KeyMetadata']['KeyState']}")


def _encryption(answer: Mapping[str, Any]) -> str:
    rules = answer.get("ServerSideEncryptionConfiguration", {}).get("Rules", [])
    default = rules[0].get("ApplyServerSideEncryptionByDefault", {}) if rules else {}
    key = default.get("KMSMasterKeyID", "")
    return f"{default.get('SSEAlgorithm', 'the default')}{f' with {key}' if key else ''}"


def _versioning(answer: Mapping[str, Any]) -> str:
    mfa = ", with MFA delete" if answer.get("MFADelete") == "Enabled" else ""
    return f"{answer.get('Status', 'off').lower()}{mfa}"


def _lock(answer: Mapping[str, Any]) -> str:
    kept = answer.get("ObjectLockConfiguration", {}).get("Rule", {}).get("DefaultRetention", {})
    time = f"{kept['Days']} days" if kept.get("Days") else f"{kept.get('Years')} years"
    return f"{kept['Mode']}, {time}" if kept.get("Mode") else "no default retention"


def _public_access(answer: Mapping[str, Any]) -> str:
    return ", ".join(name for name, value in answer.get("PublicAccessBlockConfiguration", {}).items() if value) or "off"


_SETTINGS: Final = (
    ("encryption", "s3:GetEncryptionConfiguration", "get_bucket_encryption", ("ServerSideEncryptionConfigurationNotFoundError",), _encryption),
    ("versioning", "s3:GetBucketVersioning", "get_bucket_versioning", (), _versioning),
    ("object lock", "s3:GetBucketObjectLockConfiguration", "get_object_lock_configuration", ("ObjectLockConfigurationNotFoundError",), _lock),
    ("public access block", "s3:GetBucketPublicAccessBlock", "get_public_access_block", ("NoSuchPublicAccessBlockConfiguration",), _public_access),
)  # fmt: skip
"""What of a bucket's settings is read: its name, the permission, the call, the codes where there is none, and what is said of an answer."""
_DECISIONS: Final = {
    "allowed": "allowed",
    "explicitDeny": "denied by a statement",
    "implicitDeny": "not allowed by any statement",
}


def _who(kind: str, name: str) -> dict[str, str]:
    """The argument of IAM's calls that names a user, a role or a group."""
    return {f"{kind.title()}Name": name}


def say_refusal(error: Exception) -> str:
    """What a refusal is called in a report; empty for one of permissions."""
    response = getattr(error, "response", None)
    code = str(response.get("Error", {}).get("Code", "")) if isinstance(response, dict) else type(error).__name__
    return "" if code in ("AccessDenied", "AccessDeniedException", "403", "Forbidden", "UnauthorizedOperation") else code
