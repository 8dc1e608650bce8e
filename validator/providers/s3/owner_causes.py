"""Which statement refuses, or which is missing, by what the operator's login has read; in the order of IAM's own evaluation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from validator.core import catalog
from validator.core.model import Confidence, Finding, Fix, Operation
from validator.core.values import Dataclass, replace
from validator.providers.base import Advice, Failure
from validator.providers.s3 import advice, grants
from validator.providers.s3.iam_policy import NamedPolicy, Question, Statement, nearest, speaking
from validator.providers.s3.owner_inquiry import AccountFacts
from validator.providers.s3.subject import Subject

_REFUSED: Final = {
    "write-denied": (Operation.WRITE, "s3:PutObject"),
    "read-denied": (Operation.READ, "s3:GetObject"),
    "delete-denied": (Operation.DELETE, "s3:DeleteObject"),
}
_QUARANTINE: Final = "AWSCompromisedKeyQuarantine"


class Cause(Dataclass):
    """Which policy decides."""

    layer: str
    decision: str
    sentence: str
    sure: bool
    statement: Statement | None = None
    policy: NamedPolicy | None = None


def explained(finding: Finding, subject: Subject, failures: Sequence[Failure], facts: AccountFacts) -> Finding:
    """The finding with the statement that decides, or as it was."""
    if finding.name == "unknown-access-key" and facts.key_status == "Inactive":
        return _inactive(finding, subject, facts)
    if finding.name == "wrong-region" and facts.region:
        return _elsewhere(finding, subject, failures, facts)
    operation, needed = _REFUSED.get(finding.name, (None, ""))
    failure = next((each for each in failures if each.operation is operation and not each.form), None)
    if failure is None:
        return finding
    refusal = failure.observation.evidence
    action = refusal.get("action") or needed
    question = Question(
        refusal.get("principal") or facts.principal, action, refusal.get("resource") or f"{subject.arn}/{failure.key}"
    )
    if not action.startswith("s3:") or (subject.amazon and not question.principal):
        return finding
    cause = _cause(question, facts, refusal)
    if cause is None:
        return finding
    evidence = {
        "principal": question.principal, "action": action, "resource": question.resource,
        "layer": cause.layer, "decision": cause.decision,
    }  # fmt: skip
    of = cause.policy
    quarantined = of is not None and _QUARANTINE in of.arn and finding.name == "delete-denied"
    name = "key-quarantined" if quarantined else finding.name
    more = {"owner_statement": cause.statement.text} if cause.statement else {}
    more |= {"owner_policy": of.arn or of.name} if of else {}
    told_now = _with_evidence(name, subject, failure, evidence | ({"policy_arn": more["owner_policy"]} if of else {}))
    known = catalog.finding(name, detail=f"{told_now.detail} {cause.sentence}", fix=told_now.fix, pointer=finding.pointer)
    return replace(
        known,
        severity=finding.severity,
        confidence=Confidence.CONFIRMED if cause.sure else finding.confidence,
        evidence={**finding.evidence, **{key: value for key, value in evidence.items() if value}, **more},
    )


def _with_evidence(name: str, subject: Subject, failure: Failure, evidence: Mapping[str, str]) -> Advice:
    """The advice that the failure would bring if its answer had held this evidence too."""
    observation = replace(failure.observation, evidence={**failure.observation.evidence, **evidence})
    return advice.explain_finding(name, replace(subject, failure=replace(failure, observation=observation)))


def _cause(question: Question, facts: AccountFacts, evidence: Mapping[str, str]) -> Cause | None:
    """In the order of IAM's own evaluation; None where nothing that was read explains the refusal."""
    simulated = facts.simulate(question) if question.principal else None
    decision = simulated["EvalDecision"] if simulated else ""
    denial = f"{evidence.get('decision', '')} {evidence.get('layer', '')}"
    for layer, policies in (("resource-based", facts.bucket), ("identity-based", facts.identity)):
        denying = speaking(policies, question, "Deny")
        for each in denying:
            # A condition may or may not hold: then somebody else must say that this layer denies.
            agreed = each.certain or decision == "explicitDeny" or denial == f"explicit {layer}"
            if agreed and decision not in ("allowed", "implicitDeny"):
                sure = each.certain or len(denying) == 1
                sentence = f"It is {each.name}: {each.text}"
                return Cause(layer, "explicit", sentence, sure=sure, statement=each, policy=each.policy)
    limit = _boundary(question, facts, simulated, denial)
    if limit is not None:
        return limit
    organization = (simulated or {}).get("OrganizationsDecisionDetail", {})
    if organization.get("AllowedByOrganizations") is False:
        return Cause("service control", "implicit", "IAM's simulator says so.", sure=True)
    granted = [*speaking(facts.identity, question, "Allow"), *speaking(facts.bucket, question, "Allow")]
    if not granted and (facts.identity_whole or decision == "implicitDeny"):
        return _missing(question, facts, sure=decision in ("", "implicitDeny") and facts.bucket_read)
    return None


def _boundary(question: Question, facts: AccountFacts, simulated: Mapping[str, Any] | None, denial: str) -> Cause | None:
    limit = facts.boundary
    judged = (simulated or {}).get("PermissionsBoundaryDecisionDetail", {}).get("AllowedByPermissionsBoundary")
    layer = "permissions boundary"
    if limit is None:
        return Cause(layer, "implicit", "IAM's simulator says so.", sure=True) if judged is False else None
    denied = speaking([limit], question, "Deny")
    if denied and (denied[0].certain or judged is False):
        each = denied[0]
        return Cause(layer, "explicit", f"It is {each.name}: {each.text}", sure=True, statement=each, policy=limit)
    if speaking([limit], question, "Allow") and judged is not False:
        return None
    if judged is True or not (speaking(facts.identity, question, "Allow") or judged is False or layer in denial):
        return None
    near = nearest([limit], question)
    sentence = f"The boundary is {limit.arn}"
    sentence += f"; its {near.name.partition(' of ')[0]} does not hold {question.action}: {near.text}" if near else ""
    return Cause(layer, "implicit", sentence, sure=True, statement=near, policy=limit)


def _missing(question: Question, facts: AccountFacts, *, sure: bool) -> Cause:
    near = nearest(facts.identity, question)
    count = len(facts.identity)
    sentence = (
        f"All {count} of its policies were read."
        if count > 1
        else "It has one policy."
        if count
        else "It has no policy at all."
    )
    if near:
        sentence += f" {near.name[:1].upper()}{near.name[1:]} allows other actions there, and not this one: {near.text}"
    return Cause("identity-based", "implicit", sentence, sure=sure, statement=near)


def _inactive(finding: Finding, subject: Subject, facts: AccountFacts) -> Finding:
    return catalog.finding(
        "key-disabled",
        detail=f"The key {subject.access_key} of the user {facts.key_user} is inactive: AWS answers as if it did not exist, to us and to Planet.",
        pointer=finding.pointer,
        evidence={**finding.evidence, "key_status": facts.key_status, "user": facts.key_user},
        fix=Fix("Make the key active again, or give Planet another.", (grants.activate(facts.key_user, subject.access_key),)),
    )


def _elsewhere(finding: Finding, subject: Subject, failures: Sequence[Failure], facts: AccountFacts) -> Finding:
    failure = next(iter(failures), None)
    if failure is None or facts.region == subject.region or (finding.fix and finding.fix.patch):
        return finding
    text = _with_evidence("wrong-region", subject, failure, {"region_expected": facts.region})
    return replace(
        finding, detail=text.detail or finding.detail, fix=text.fix, pointer=text.pointer, confidence=Confidence.CONFIRMED,
        evidence={**finding.evidence, "region_expected": facts.region},
    )  # fmt: skip
