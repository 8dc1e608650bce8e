"""Which statement refuses, or which is missing, by what the operator's login has read; in the order of IAM's own evaluation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from validator.core import catalog
from validator.core.model import Confidence, Finding, Fix
from validator.core.values import Dataclass, replace
from validator.providers.base import Advice, Failure
from validator.providers.s3 import advice, grants
from validator.providers.s3.errors import PERMISSIONS
from validator.providers.s3.iam_policy import NamedPolicy, Question, Statement, nearest, speaking
from validator.providers.s3.owner_inquiry import Inquiry
from validator.providers.s3.rules import BY_PERMISSION
from validator.providers.s3.subject import Subject

_QUARANTINE: Final = "AWSCompromisedKeyQuarantine"


class Cause(Dataclass):
    """Which policy decides."""

    layer: str
    decision: str
    sentence: str
    sure: bool
    statement: Statement | None = None
    policy: NamedPolicy | None = None


def explained(finding: Finding, failures: Sequence[Failure], seen: Inquiry) -> Finding:
    """The finding with the statement that decides, or as it was."""
    subject = seen.subject
    if finding.name == "unknown-access-key" and seen.key_status == "Inactive":
        return _inactive(finding, seen)
    if finding.name == "wrong-region" and seen.region:
        return _elsewhere(finding, failures, seen)
    operation = BY_PERMISSION.get(finding.name)
    failure = next((each for each in failures if each.operation is operation and not each.form), None)
    if operation is None or failure is None:
        return finding
    refusal = failure.observation.evidence
    action = refusal.get("action") or PERMISSIONS[operation]
    question = Question(
        refusal.get("principal") or seen.principal, action, refusal.get("resource") or f"{subject.arn}/{failure.key}"
    )
    if not action.startswith("s3:") or (subject.amazon and not question.principal):
        return finding
    cause = _cause(question, seen, refusal)
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
    return catalog.finding(
        name,
        detail=f"{told_now.detail} {cause.sentence}",
        fix=told_now.fix,
        pointer=finding.pointer,
        severity=finding.severity,
        confidence=Confidence.CONFIRMED if cause.sure else finding.confidence,
        evidence={**finding.evidence, **{key: value for key, value in evidence.items() if value}, **more},
    )


def _with_evidence(name: str, subject: Subject, failure: Failure, evidence: Mapping[str, str]) -> Advice:
    """The advice that the failure would bring if its answer had held this evidence too."""
    observation = replace(failure.observation, evidence={**failure.observation.evidence, **evidence})
    return advice.explain_finding(name, replace(subject, failure=replace(failure, observation=observation)))


def _cause(question: Question, seen: Inquiry, evidence: Mapping[str, str]) -> Cause | None:
    """In the order of IAM's own evaluation; None where nothing that was read explains the refusal."""
    simulated = seen.simulate(question)
    decision = simulated["EvalDecision"] if simulated else ""
    denial = f"{evidence.get('decision', '')} {evidence.get('layer', '')}"
    for layer, policies in (("resource-based", seen.bucket), ("identity-based", seen.identity)):
        denying = speaking(policies, question, "Deny")
        for each in denying:
            # A condition may or may not hold: then somebody else must say that this layer denies.
            agreed = each.certain or decision == "explicitDeny" or denial == f"explicit {layer}"
            if agreed and decision not in ("allowed", "implicitDeny"):
                return _denied_by(each, layer, sure=each.certain or len(denying) == 1)
    limit = _boundary(question, seen, simulated, denial)
    if limit is not None:
        return limit
    organization = (simulated or {}).get("OrganizationsDecisionDetail", {})
    if organization.get("AllowedByOrganizations") is False:
        return Cause("service control", "implicit", "IAM's simulator says so.", sure=True)
    granted = [*speaking(seen.identity, question, "Allow"), *speaking(seen.bucket, question, "Allow")]
    if not granted and (seen.identity_whole or decision == "implicitDeny"):
        return _missing(question, seen, sure=decision in ("", "implicitDeny") and seen.bucket_read)
    return None


def _denied_by(statement: Statement, layer: str, *, sure: bool) -> Cause:
    sentence = f"It is {statement.name}: {statement.text}"
    return Cause(layer, "explicit", sentence, sure, statement, statement.policy)


def _boundary(question: Question, seen: Inquiry, simulated: Mapping[str, Any] | None, denial: str) -> Cause | None:
    limit = seen.boundary
    judged = (simulated or {}).get("PermissionsBoundaryDecisionDetail", {}).get("AllowedByPermissionsBoundary")
    layer = "permissions boundary"
    if limit is None:
        return Cause(layer, "implicit", "IAM's simulator says so.", sure=True) if judged is False else None
    denied = speaking([limit], question, "Deny")
    if denied and (denied[0].certain or judged is False):
        return _denied_by(denied[0], layer, sure=True)
    if speaking([limit], question, "Allow") and judged is not False:
        return None
    if judged is True or not (speaking(seen.identity, question, "Allow") or judged is False or layer in denial):
        return None
    near = nearest([limit], question)
    sentence = f"The boundary is {limit.arn}"
    sentence += f"; its {near.name.partition(' of ')[0]} does not hold {question.action}: {near.text}" if near else ""
    return Cause(layer, "implicit", sentence, sure=True, statement=near, policy=limit)


def _missing(question: Question, seen: Inquiry, *, sure: bool) -> Cause:
    near = nearest(seen.identity, question)
    count = len(seen.identity)
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


def _inactive(finding: Finding, seen: Inquiry) -> Finding:
    return catalog.finding(
        "key-disabled",
        detail=f"The key {seen.subject.access_key} of the user {seen.key_user} is inactive: AWS answers as if it did not exist, to us and to Planet.",
        pointer=finding.pointer,
        evidence={**finding.evidence, "key_status": seen.key_status, "user": seen.key_user},
        fix=Fix(
            "Make the key active again, or give Planet another.", (grants.activate(seen.key_user, seen.subject.access_key),)
        ),
    )


def _elsewhere(finding: Finding, failures: Sequence[Failure], seen: Inquiry) -> Finding:
    failure = next(iter(failures), None)
    if failure is None or seen.region == seen.subject.region or (finding.fix and finding.fix.patch):
        return finding
    text = _with_evidence("wrong-region", seen.subject, failure, {"region_expected": seen.region})
    return replace(
        finding, detail=text.detail or finding.detail, fix=text.fix, pointer=text.pointer, confidence=Confidence.CONFIRMED,
        evidence={**finding.evidence, "region_expected": seen.region},
    )  # fmt: skip
