"""What the operator's own AWS login reads of a destination: bucket, policies, key and encryption key. Every call reads."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
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


class AccountFacts(Dataclass, frozen=False):
    """What was read."""

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
    simulate: Callable[[Question], Mapping[str, Any] | None] = lambda question: None


class Inquiry(Dataclass, frozen=False):
    """One destination, looked at with one login."""

    subject: Subject
    own: AwsLogin
    notes: Notes
    options: Options
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

    def identity(self) -> str:
        """Who looks."""
        named = f"the access key {self.own.access_key[:4]}...{self.own.access_key[-4:]}"
        named += f" of the profile {self.own.profile}" if self.own.profile else ""
        if not self.subject.amazon:
            return named
        caller = self.notes.read("who the login is", "sts:GetCallerIdentity", lambda: self.client("sts").get_caller_identity())
        self._account = caller["Account"] if caller else ""
        return caller["Arn"] if caller else named

    def facts(self, failures: Sequence[Failure]) -> AccountFacts:
        """Everything that explains."""
        facts = AccountFacts()
        cited = [each.observation.evidence for each in failures]
        facts.principal = next((each["principal"] for each in cited if each.get("principal")), "")
        self._bucket(facts)
        if self.subject.amazon:
            self._key(facts)
            self._identity(facts)
            facts.simulate = lambda question: self._simulate(facts, question)
            key = next(
                (each["resource"] for each in cited if each.get("action", "").startswith("kms:") and each.get("resource")), ""
            )
            self._encryption_key(key)
        return facts

    def _s3(self, what: str, permission: str, call: str, absent: tuple[str, ...] = (), default: Any = None) -> Any:
        return self.notes.read(
            what, permission, lambda: getattr(self.client("s3"), call)(Bucket=self.subject.bucket), absent, default
        )

    def _bucket(self, facts: AccountFacts) -> None:
        say = self.notes.seen.append
        head = self._s3("whether the bucket is there", "s3:ListBucket", "head_bucket", ("404", "NoSuchBucket"), {})
        if head == {}:
            say(f"bucket {self.subject.bucket}: there is none")
            return
        if head:
            facts.region = head.get("BucketRegion", "") or head["ResponseMetadata"]["HTTPHeaders"].get(
                "x-amz-bucket-region", ""
            )
            say(f"bucket {self.subject.bucket}: it is there" + (f", in {facts.region}" if facts.region else ""))
        none = {"Policy": ""}
        policy = self._s3("the bucket policy", "s3:GetBucketPolicy", "get_bucket_policy", ("NoSuchBucketPolicy",), none)
        if policy is not None:
            facts.bucket_read = True
            parsed = read("the bucket policy", policy["Policy"]) if policy["Policy"] else None
            facts.bucket = [parsed] if parsed else []
            say(f"bucket policy: {many(len(parsed.statements), 'statement') if parsed else 'none'}")
        self._settings(say)

    def _settings(self, say: Callable[[str], None]) -> None:
        encryption = self._s3(
            "the bucket's encryption", "s3:GetEncryptionConfiguration", "get_bucket_encryption",
            ("ServerSideEncryptionConfigurationNotFoundError",), {},
        )  # fmt: skip
        if encryption is not None:
            rules = encryption.get("ServerSideEncryptionConfiguration", {}).get("Rules", [])
            default = rules[0].get("ApplyServerSideEncryptionByDefault", {}) if rules else {}
            key = default.get("KMSMasterKeyID", "")
            say(f"encryption: {default.get('SSEAlgorithm', 'the default')}" + (f" with {key}" if key else ""))
        versioning = self._s3("the bucket's versioning", "s3:GetBucketVersioning", "get_bucket_versioning")
        if versioning is not None:
            mfa = ", with MFA delete" if versioning.get("MFADelete") == "Enabled" else ""
            say(f"versioning: {versioning.get('Status', 'off').lower()}{mfa}")
        lock = self._s3(
            "the bucket's object lock", "s3:GetBucketObjectLockConfiguration", "get_object_lock_configuration",
            ("ObjectLockConfigurationNotFoundError",), {},
        )  # fmt: skip
        if lock is not None:
            kept = lock.get("ObjectLockConfiguration", {}).get("Rule", {}).get("DefaultRetention", {})
            time = f"{kept['Days']} days" if kept.get("Days") else f"{kept.get('Years')} years"
            say(f"object lock: {kept['Mode']}, {time}" if kept.get("Mode") else "object lock: no default retention")
        block = self._s3(
            "the bucket's public access block", "s3:GetBucketPublicAccessBlock", "get_public_access_block",
            ("NoSuchPublicAccessBlockConfiguration",), {},
        )  # fmt: skip
        if block is not None:
            on = [name for name, value in block.get("PublicAccessBlockConfiguration", {}).items() if value]
            say(f"public access block: {', '.join(on) if on else 'off'}")

    def _iam(self, what: str, call: str, **arguments: Any) -> Any:
        permission = f"iam:{call.title().replace('_', '')}"
        return self.notes.read(what, permission, lambda: getattr(self.client("iam"), call)(**arguments))

    def _key(self, facts: AccountFacts) -> None:
        """Whose the destination's key is, and whether it is active."""
        account = account_of(self.subject.access_key)
        if account and self._account and account != self._account:
            self.notes.unread.append(
                f"could not read the user's policies: its key belongs to account {account}, this login to {self._account}"
            )
            return
        kind, name = grants.named(facts.principal)
        if not name:
            last = self._iam("whose key it is", "get_access_key_last_used", AccessKeyId=self.subject.access_key)
            name = last.get("UserName", "") if last else ""
        facts.key_user = name
        if not name or kind == "role":
            return
        keys = self._iam("the key's state", "list_access_keys", UserName=name)
        for each in keys["AccessKeyMetadata"] if keys else ():
            if each["AccessKeyId"] == self.subject.access_key:
                facts.key_status = each["Status"]
                self.notes.seen.append(f"access key: {each['Status'].lower()}, of the user {name}")

    def _identity(self, facts: AccountFacts) -> None:
        kind, name = grants.named(facts.principal)[0] or "user", facts.key_user
        if not name:
            return
        missing = len(self.notes.unread)
        entity = self._iam(f"the {kind} {name}", f"get_{kind}", **_who(kind, name))
        entity = entity[kind.title()] if entity else {}
        facts.principal = entity.get("Arn") or facts.principal
        facts.identity += self._policies(kind, name)
        if kind == "user":
            groups = self._iam("the user's groups", "list_groups_for_user", UserName=name)
            for each in groups["Groups"] if groups else ():
                facts.identity += self._policies("group", each["GroupName"])
        limit = entity.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn", "")
        if limit:
            facts.boundary = self._managed(f"the permissions boundary {limit}", limit)
        facts.identity_whole = len(self.notes.unread) == missing
        self.notes.seen.append(f"policies of the {kind} {name}: {len(facts.identity)}, permissions boundary: {limit or 'none'}")

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

    def _simulate(self, facts: AccountFacts, question: Question) -> Mapping[str, Any] | None:
        policy = {"ResourcePolicy": json.dumps(facts.bucket[0].document), "CallerArn": facts.principal} if facts.bucket else {}
        answer = self._iam(
            "what IAM's simulator says", "simulate_principal_policy",
            PolicySourceArn=facts.principal, ActionNames=[question.action], ResourceArns=[question.resource],
            ContextEntries=[{"ContextKeyName": "aws:SecureTransport", "ContextKeyValues": ["true"], "ContextKeyType": "boolean"}],
            **policy,
        )  # fmt: skip
        if not answer or not answer.get("EvaluationResults"):
            return None
        result: Mapping[str, Any] = answer["EvaluationResults"][0]
        self.notes.seen.append(f"IAM's simulator: {question.action} is {_DECISIONS.get(result['EvalDecision'], 'undecided')}")
        return result

    def _encryption_key(self, key: str) -> None:
        if not key:
            return
        answer = self.notes.read("the KMS key", "kms:DescribeKey", lambda: self.client("kms").describe_key(KeyId=key))
        if answer:
            self.notes.seen.append(f"KMS key {key}: {answer['KeyMetadata']['KeyState']}")


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
