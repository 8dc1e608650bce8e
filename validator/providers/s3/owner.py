"""Explains a refusal of S3's with the operator's own AWS login: the very statement that denies, or the one that is missing.

Every call reads. Own reading of policies names the statement; IAM's simulator, where the login may ask it, says whether that is
what decides. Organization, resource control, session and VPC endpoint policies are not read: the simulator tells of the first alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from validator.core import catalog
from validator.core.model import Confidence, Finding, Fix, Operation
from validator.providers.base import Explanation, Failure, Login, Options
from validator.providers.operator.login import AwsLogin, NoLogin, aws
from validator.providers.operator.notes import Notes
from validator.providers.s3 import advice, grants
from validator.providers.s3.errors import account_of
from validator.providers.s3.iam_policy import Policy, Question, Statement, nearest, read, speaking

_REFUSED: Final = {
    "write-denied": (Operation.WRITE, "s3:PutObject"),
    "read-denied": (Operation.READ, "s3:GetObject"),
    "delete-denied": (Operation.DELETE, "s3:DeleteObject"),
}
_QUARANTINE: Final = "AWSCompromisedKeyQuarantine"


def explain(
    subject: advice.Subject, findings: Sequence[Finding], failures: Sequence[Failure], login: Login, options: Options
) -> Explanation:
    """See :class:`validator.providers.base.SupportsOwner`. Raises NoLogin."""
    if not subject.amazon and not login.profile:
        raise NoLogin("a store that is not Amazon's has keys of its own: name their profile with --owner-profile NAME")
    own = login.ask(lambda: aws(login.profile, login.remember))
    look = _Look(subject, own, Notes(login, _say), options)
    identity = look.identity()
    world = look.world(failures)
    return Explanation(
        identity,
        tuple(_explained(each, subject, failures, world) for each in findings),
        tuple(look.notes.seen),
        tuple(look.notes.unread),
    )


# ---- looking ---------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _World:
    """What was read."""

    account: str = ""
    """Of the operator."""
    principal: str = ""
    key_status: str = ""
    key_user: str = ""
    identity: list[Policy] = field(default_factory=list)
    identity_whole: bool = False
    """Every identity policy was read."""
    boundary: Policy | None = None
    bucket: list[Policy] = field(default_factory=list)
    bucket_read: bool = False
    region: str = ""
    key_state: str = ""
    simulate: Callable[[Question], Mapping[str, Any] | None] = lambda question: None


@dataclass(slots=True)
class _Look:
    """One destination, looked at with one login."""

    subject: advice.Subject
    own: AwsLogin
    notes: Notes
    options: Options
    _clients: dict[str, Any] = field(default_factory=dict)
    _account: str = ""

    def client(self, service: str) -> Any:
        """Made once; making one reads files, so it is done within the request's time."""
        if service not in self._clients:
            endpoint = self.options.endpoint or self.subject.endpoint or None
            self._clients[service] = self.own.client(
                service,
                region=self.subject.region,
                endpoint=endpoint if service == "s3" else None,
                seconds=self.options.seconds(),
                ca_bundle=self.options.ca_bundle if service == "s3" and endpoint else None,
            )
        return self._clients[service]

    def identity(self) -> str:
        """Who looks."""
        named = f"the access key {self.own.access_key[:4]}...{self.own.access_key[-4:]}"
        named += f" of the profile {self.own.profile}" if self.own.profile else ""
        if not self.subject.amazon:
            return named
        said = self.notes.read("who the login is", "sts:GetCallerIdentity", lambda: self.client("sts").get_caller_identity())
        self._account = said["Account"] if said else ""
        return said["Arn"] if said else named

    def world(self, failures: Sequence[Failure]) -> _World:
        """Everything that explains."""
        world = _World(account=self._account)
        seen = [each.observation.evidence for each in failures]
        world.principal = next((each["principal"] for each in seen if each.get("principal")), "")
        self._bucket(world)
        if self.subject.amazon:
            self._key(world)
            self._identity(world)
            world.simulate = lambda question: self._simulate(world, question)
            key = next(
                (each["resource"] for each in seen if each.get("action", "").startswith("kms:") and each.get("resource")), ""
            )
            self._encryption_key(world, key)
        return world

    def _s3(self, what: str, permission: str, call: str, absent: tuple[str, ...] = (), default: Any = None) -> Any:
        return self.notes.read(
            what, permission, lambda: getattr(self.client("s3"), call)(Bucket=self.subject.bucket), absent, default
        )

    def _bucket(self, world: _World) -> None:
        say = self.notes.seen.append
        head = self._s3("whether the bucket is there", "s3:ListBucket", "head_bucket", ("404", "NoSuchBucket"), {})
        if head == {}:
            say(f"bucket {self.subject.bucket}: there is none")
            return
        if head:
            world.region = head.get("BucketRegion", "") or head["ResponseMetadata"]["HTTPHeaders"].get(
                "x-amz-bucket-region", ""
            )
            say(f"bucket {self.subject.bucket}: it is there" + (f", in {world.region}" if world.region else ""))
        none = {"Policy": ""}
        policy = self._s3("the bucket policy", "s3:GetBucketPolicy", "get_bucket_policy", ("NoSuchBucketPolicy",), none)
        if policy is not None:
            world.bucket_read = True
            parsed = read("the bucket policy", policy["Policy"]) if policy["Policy"] else None
            world.bucket = [parsed] if parsed else []
            count = len(parsed.document["Statement"]) if parsed and isinstance(parsed.document["Statement"], list) else 1
            say(f"bucket policy: {'none' if not parsed else f'{count} statement' + ('s' if count != 1 else '')}")
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

    def _iam(self, what: str, permission: str, call: str, **arguments: Any) -> Any:
        return self.notes.read(what, permission, lambda: getattr(self.client("iam"), call)(**arguments))

    def _key(self, world: _World) -> None:
        """Whose the destination's key is, and whether it is active."""
        account = account_of(self.subject.access_key)
        if account and world.account and account != world.account:
            self.notes.unread.append(
                f"could not read the user's policies: its key belongs to account {account}, this login to {world.account}"
            )
            return
        _, name = grants.named(world.principal)
        if not name:
            last = self._iam(
                "whose key it is", "iam:GetAccessKeyLastUsed", "get_access_key_last_used", AccessKeyId=self.subject.access_key
            )
            name = last.get("UserName", "") if last else ""
        world.key_user = name
        if not name or grants.named(world.principal)[0] == "role":
            return
        keys = self._iam("the key's state", "iam:ListAccessKeys", "list_access_keys", UserName=name)
        for each in keys["AccessKeyMetadata"] if keys else ():
            if each["AccessKeyId"] == self.subject.access_key:
                world.key_status = each["Status"]
                self.notes.seen.append(f"access key: {each['Status'].lower()}, of the user {name}")

    def _identity(self, world: _World) -> None:
        kind, name = grants.named(world.principal)
        kind, name = (kind, name) if name else ("user", world.key_user)
        if not name or not world.key_user:
            return
        missing = len(self.notes.unread)
        who = {"UserName" if kind == "user" else "RoleName": name}
        entity = self._iam(f"the {kind} {name}", f"iam:Get{kind.title()}", f"get_{kind}", **who)
        entity = entity[kind.title()] if entity else {}
        world.principal = entity.get("Arn") or world.principal
        world.identity += self._policies(kind, name, who)
        if kind == "user":
            groups = self._iam("the user's groups", "iam:ListGroupsForUser", "list_groups_for_user", UserName=name)
            for each in groups["Groups"] if groups else ():
                world.identity += self._policies("group", each["GroupName"], {"GroupName": each["GroupName"]})
        limit = entity.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn", "")
        if limit:
            world.boundary = self._managed(f"the permissions boundary {limit}", limit)
        world.identity_whole = len(self.notes.unread) == missing
        self.notes.seen.append(f"policies of the {kind} {name}: {len(world.identity)}, permissions boundary: {limit or 'none'}")

    def _policies(self, kind: str, name: str, who: Mapping[str, str]) -> list[Policy]:
        found: list[Policy | None] = []
        of = f" of the group {name}" if kind == "group" else ""
        title = kind.title()
        inline = self._iam(f"the {kind}'s own policies", f"iam:List{title}Policies", f"list_{kind}_policies", **who)
        for each in inline["PolicyNames"] if inline else ():
            said = self._iam(f"the policy {each}", f"iam:Get{title}Policy", f"get_{kind}_policy", **who, PolicyName=each)
            found.append(read(f"the inline policy {each}{of}", said["PolicyDocument"]) if said else None)
        attached = self._iam(
            f"the {kind}'s attached policies", f"iam:ListAttached{title}Policies", f"list_attached_{kind}_policies", **who
        )
        listed = attached["AttachedPolicies"] if attached else ()
        found += [self._managed(f"the policy {each['PolicyName']}{of}", each["PolicyArn"]) for each in listed]
        return [each for each in found if each]

    def _managed(self, name: str, arn: str) -> Policy | None:
        policy = self._iam(name, "iam:GetPolicy", "get_policy", PolicyArn=arn)
        if policy is None:
            return None
        version = policy["Policy"]["DefaultVersionId"]
        said = self._iam(name, "iam:GetPolicyVersion", "get_policy_version", PolicyArn=arn, VersionId=version)
        return read(name, said["PolicyVersion"]["Document"], arn) if said else None

    def _simulate(self, world: _World, question: Question) -> Mapping[str, Any] | None:
        policy = {"ResourcePolicy": _json(world.bucket[0].document)} if world.bucket else {}
        caller = {"CallerArn": world.principal} if world.bucket else {}
        said = self._iam(
            "what IAM's simulator says", "iam:SimulatePrincipalPolicy", "simulate_principal_policy",
            PolicySourceArn=world.principal, ActionNames=[question.action], ResourceArns=[question.resource],
            ContextEntries=[{"ContextKeyName": "aws:SecureTransport", "ContextKeyValues": ["true"], "ContextKeyType": "boolean"}],
            **policy, **caller,
        )  # fmt: skip
        if not said or not said.get("EvaluationResults"):
            return None
        result: Mapping[str, Any] = said["EvaluationResults"][0]
        self.notes.seen.append(f"IAM's simulator: {question.action} is {_DECISIONS.get(result['EvalDecision'], 'undecided')}")
        return result

    def _encryption_key(self, world: _World, key: str) -> None:
        if not key:
            return
        said = self.notes.read("the KMS key", "kms:DescribeKey", lambda: self.client("kms").describe_key(KeyId=key))
        if said:
            world.key_state = said["KeyMetadata"]["KeyState"]
            self.notes.seen.append(f"KMS key {key}: {world.key_state}")


_DECISIONS: Final = {
    "allowed": "allowed",
    "explicitDeny": "denied by a statement",
    "implicitDeny": "not allowed by any statement",
}


def _json(document: Mapping[str, Any]) -> str:
    import json

    return json.dumps(document)


def _say(error: Exception) -> str:
    response = getattr(error, "response", None)
    code = str(response.get("Error", {}).get("Code", "")) if isinstance(response, dict) else type(error).__name__
    return "" if code in ("AccessDenied", "AccessDeniedException", "403", "Forbidden", "UnauthorizedOperation") else code


# ---- deciding --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Cause:
    """Which policy decides."""

    layer: str
    decision: str
    sentence: str
    sure: bool
    statement: Statement | None = None
    policy: Policy | None = None


def _explained(finding: Finding, subject: advice.Subject, failures: Sequence[Failure], world: _World) -> Finding:
    if finding.name == "unknown-access-key" and world.key_status == "Inactive":
        return _inactive(finding, subject, world)
    if finding.name == "wrong-region" and world.region:
        return _elsewhere(finding, subject, failures, world)
    operation, needed = _REFUSED.get(finding.name, (None, ""))
    failure = next((each for each in failures if each.operation is operation and not each.form), None)
    if failure is None:
        return finding
    told = failure.observation.evidence
    action = told.get("action") or needed
    question = Question(
        told.get("principal") or world.principal, action, told.get("resource") or f"{subject.arn}/{failure.key}"
    )
    if not action.startswith("s3:") or (subject.amazon and not question.principal):
        return finding
    cause = _cause(question, world, told)
    if cause is None:
        return finding
    evidence = {
        "principal": question.principal, "action": action, "resource": question.resource,
        "layer": cause.layer, "decision": cause.decision,
    }  # fmt: skip
    of = cause.policy
    if of and of.arn and _QUARANTINE in of.arn and finding.name == "delete-denied":
        name = "key-quarantined"
    else:
        name = finding.name
    observation = replace(
        failure.observation, evidence={**told, **evidence, **({"policy_arn": of.arn or of.name} if of else {})}
    )
    told_now = advice.advise(name, subject, replace(failure, observation=observation))
    more = {"owner_statement": cause.statement.text} if cause.statement else {}
    more |= {"owner_policy": of.arn or of.name} if of else {}
    known = catalog.finding(name, detail=f"{told_now.detail} {cause.sentence}", fix=told_now.fix, pointer=finding.pointer)
    return replace(
        known,
        severity=finding.severity,
        confidence=Confidence.CONFIRMED if cause.sure else finding.confidence,
        evidence={**finding.evidence, **{key: value for key, value in evidence.items() if value}, **more},
    )


def _cause(question: Question, world: _World, told: Mapping[str, str]) -> _Cause | None:
    """In the order of IAM's own evaluation; None where nothing that was read explains the refusal."""
    simulated = world.simulate(question) if question.principal else None
    decision = simulated["EvalDecision"] if simulated else ""
    said = f"{told.get('decision', '')} {told.get('layer', '')}"
    for layer, policies in (("resource-based", world.bucket), ("identity-based", world.identity)):
        denying = speaking(policies, question, "Deny")
        for each in denying:
            # A condition may or may not hold: then somebody else must say that this layer denies.
            agreed = each.certain or decision == "explicitDeny" or said == f"explicit {layer}"
            if agreed and decision not in ("allowed", "implicitDeny"):
                sure = each.certain or len(denying) == 1
                sentence = f"It is {each.name}: {each.text}"
                return _Cause(layer, "explicit", sentence, sure=sure, statement=each, policy=each.policy)
    limit = _boundary(question, world, simulated, said)
    if limit is not None:
        return limit
    organization = (simulated or {}).get("OrganizationsDecisionDetail", {})
    if organization.get("AllowedByOrganizations") is False:
        return _Cause("service control", "implicit", "IAM's simulator says so.", sure=True)
    granted = [*speaking(world.identity, question, "Allow"), *speaking(world.bucket, question, "Allow")]
    if not granted and (world.identity_whole or decision == "implicitDeny"):
        return _missing(question, world, sure=decision in ("", "implicitDeny") and world.bucket_read)
    return None


def _boundary(question: Question, world: _World, simulated: Mapping[str, Any] | None, said: str) -> _Cause | None:
    limit = world.boundary
    judged = (simulated or {}).get("PermissionsBoundaryDecisionDetail", {}).get("AllowedByPermissionsBoundary")
    layer = "permissions boundary"
    if limit is None:
        return _Cause(layer, "implicit", "IAM's simulator says so.", sure=True) if judged is False else None
    denied = speaking([limit], question, "Deny")
    if denied and (denied[0].certain or judged is False):
        each = denied[0]
        return _Cause(layer, "explicit", f"It is {each.name}: {each.text}", sure=True, statement=each, policy=limit)
    if speaking([limit], question, "Allow") and judged is not False:
        return None
    if judged is True or not (speaking(world.identity, question, "Allow") or judged is False or layer in said):
        return None
    near = nearest([limit], question)
    sentence = f"The boundary is {limit.arn}"
    sentence += f"; its {near.name.partition(' of ')[0]} does not hold {question.action}: {near.text}" if near else ""
    return _Cause(layer, "implicit", sentence, sure=True, statement=near, policy=limit)


def _missing(question: Question, world: _World, *, sure: bool) -> _Cause:
    near = nearest(world.identity, question)
    count = len(world.identity)
    sentence = (
        f"All {count} of its policies were read."
        if count > 1
        else "It has one policy."
        if count
        else "It has no policy at all."
    )
    if near:
        sentence += f" {near.name[:1].upper()}{near.name[1:]} allows other actions there, and not this one: {near.text}"
    return _Cause("identity-based", "implicit", sentence, sure=sure, statement=near)


def _inactive(finding: Finding, subject: advice.Subject, world: _World) -> Finding:
    return catalog.finding(
        "key-disabled",
        detail=f"The key {subject.access_key} of the user {world.key_user} is inactive: AWS answers as if it did not exist, to us and to Planet.",
        pointer=finding.pointer,
        evidence={**finding.evidence, "key_status": world.key_status, "user": world.key_user},
        fix=Fix("Make the key active again, or give Planet another.", (grants.activate(world.key_user, subject.access_key),)),
    )


def _elsewhere(finding: Finding, subject: advice.Subject, failures: Sequence[Failure], world: _World) -> Finding:
    failure = next(iter(failures), None)
    if failure is None or world.region == subject.region or (finding.fix and finding.fix.patch):
        return finding
    evidence = {**failure.observation.evidence, "region_expected": world.region}
    told = advice.advise("wrong-region", subject, replace(failure, observation=replace(failure.observation, evidence=evidence)))
    return replace(
        finding, detail=told.detail or finding.detail, fix=told.fix, pointer=told.pointer, confidence=Confidence.CONFIRMED,
        evidence={**finding.evidence, "region_expected": world.region},
    )  # fmt: skip
