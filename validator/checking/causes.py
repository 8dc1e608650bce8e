"""What the failures of one check come to: one finding for each cause, of the weight that all that was seen gives it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from validator.checking.diagnosis import DECIDING, DENIED_OF, diagnose
from validator.checking.record import ProbeResult
from validator.core import catalog
from validator.core.deadline import Interrupted
from validator.core.model import VERDICT_OF, VERIFICATION_FILE, Finding, Kind, Observation, Operation, Outcome, Severity
from validator.core.values import replace
from validator.providers.base import Failure, Options, Provider

NOT_ACCEPTED: Final = frozenset({"wrong-secret", "unknown-access-key"})
"""What is contradicted by any request with the same key that was granted."""

REFUSED_BY_A_FRONT: Final = frozenset({200, 201, 403, 405, 413})
"""What a CDN or a web server in front says to every write, while it lets reads pass: it is Planet's way too. A page in place of an object store's
success (200, 201) keeps the file as surely as a refusal does.
"""


def causes(
    provider: Provider,
    parameters: Any,
    options: Options,
    result: ProbeResult,
    experiment: Callable[[Failure], Finding | None],
) -> list[Finding]:
    """One finding for each cause: the rules', or an experiment's where one explains more."""
    findings: list[Finding] = []
    granted = frozenset(operation for operation, _ in result.performed) | ({Operation.READ} if result.accepted else frozenset())
    accepted = any(each.outcome is Outcome.GRANTED for each in result.steps)
    for failure in tuple(result.failures):
        with_grants = replace(failure, granted=granted)
        finding = diagnose(provider, parameters, with_grants, options)
        if accepted and finding.name in NOT_ACCEPTED:
            finding = _accepted(failure, finding)
        elif accepted and failure.observation.kind is Kind.FOREIGN and not _front(failure.observation):
            # The API itself has answered other requests, and this does not say who it is: something in between, for once.
            finding = replace(finding, severity=Severity.UNKNOWN) if finding.severity is Severity.ERROR else finding
        # What Planet does not do needs no other parameter: an experiment would fail what only warns.
        decides = failure.operation in DECIDING and not failure.form
        if decides and not result.interrupted and not any(each.name == finding.name for each in findings):
            with contextlib.suppress(Interrupted):
                finding = experiment(with_grants) or finding
        _once(findings, finding)
    return findings


def _front(observation: Observation) -> bool:
    """Whether a web server answers writes in place of the store: it would answer Planet's as well."""
    return observation.status in REFUSED_BY_A_FRONT or "html" in observation.evidence.get("content_type", "")


def _once(findings: list[Finding], finding: Finding) -> None:
    """The same answer to two requests is one cause, of the heavier weight; only a refusal by permission is one for each operation."""
    if finding.name not in DENIED_OF.values():
        for i, each in enumerate(findings):
            if each.name == finding.name and all(
                each.evidence.get(name) == finding.evidence.get(name) for name in ("code", "message")
            ):
                heavier = VERDICT_OF[finding.severity].weight > VERDICT_OF[each.severity].weight
                findings[i] = finding if heavier else each
                return
    findings.append(finding)


def _accepted(failure: Failure, finding: Finding) -> Finding:
    return catalog.finding(
        "key-accepted-then-refused",
        detail=f"The {failure.operation} of {failure.key} was answered as for a key that is not valid, and in the same check other requests "
        "with it were granted.",
        evidence=finding.evidence,
        # It was a warning where Planet does not ask for this operation.
        severity=finding.severity if finding.severity is Severity.WARNING else None,
    )


def prefix_only(passed: Mapping[str, bool], findings: Sequence[Finding]) -> list[Finding]:
    """That only a prefix is open, where that is what was seen. ``passed``: by folder, the root among them."""
    below = [place for place, good in passed.items() if place and good]
    refused = [each for each in findings if each.name in DENIED_OF.values() and each.severity is Severity.ERROR]
    if passed[""] or not below or not refused:
        return []
    return [
        catalog.finding(
            "prefix-only",
            detail=f"Write and delete were granted below {below[0]} and refused at the root, where Planet's check writes {VERIFICATION_FILE}.",
            evidence={"prefix": below[0]},
        )
    ]
