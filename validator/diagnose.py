"""Evidence and rules make findings. Pure: no network, and the same evidence always gives the same finding."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from validator import catalog
from validator.model import Confidence, Finding, Kind, Observation, Operation, Severity
from validator.providers.base import Failure, Options, Provider, Rule

if TYPE_CHECKING:
    from collections.abc import Sequence

SKEW_LIMIT: Final = 300.0
"""Seconds between our clock and the store's Date header from which a refusal may be the clock's doing."""

DECIDING: Final = frozenset({Operation.WRITE, Operation.DELETE})
"""What Planet's check does. A refusal of anything else only warns."""

GENERAL: Final[Sequence[Rule]] = (
    Rule("endpoint-forbidden", kind=Kind.UNREACHABLE, code="forbidden-address"),
    Rule("host-not-found", kind=Kind.UNREACHABLE, code="dns"),
    Rule("connection-refused", kind=Kind.UNREACHABLE, code="refused"),
    Rule("tls-failed", kind=Kind.UNREACHABLE, code="tls"),
    Rule("timed-out", kind=Kind.UNREACHABLE, code="timeout"),
    Rule("interrupted", kind=Kind.UNREACHABLE, code="interrupted"),
    Rule("connection-lost", kind=Kind.UNREACHABLE),
    Rule("throttled", status=429),
    Rule("throttled", kind=Kind.TRANSIENT, code=("SlowDown", "ServerBusy", "RequestRateLimitExceeded", "TooManyRequests")),
    Rule("provider-error", kind=Kind.TRANSIENT),
    Rule("provider-error", status=(500, 502, 503, 504)),
    Rule("unrecognised-answer"),
)
"""After a provider's own rows: what every store's answers have in common. The last row matches anything."""

DENIED_OF: Final = {
    Operation.WRITE: "write-denied",
    Operation.READ: "read-denied",
    Operation.LIST: "list-denied",
    Operation.DELETE: "delete-denied",
}


def rule_for(provider: Provider, failure: Failure) -> Rule:
    """The first row that speaks of ``failure``: the provider's own rows first, then the general ones."""
    for rule in (*provider.rules, *GENERAL):
        if rule.matches(failure):
            return rule
    raise AssertionError("the last general row matches anything")


def diagnose(provider: Provider, parameters: Any, failure: Failure, options: Options) -> Finding:
    """The finding that explains one failure."""
    rule = rule_for(provider, failure)
    name, confidence = rule.finding, rule.confidence
    seen = failure.observation
    skew = clock_skew(seen, options)
    if skew is not None and seen.kind is Kind.UNAUTHENTICATED:
        name, confidence = "clock-skew", Confidence.LIKELY
    advice = provider.advise(name, parameters, failure, options)
    evidence = {**_answer(seen), **seen.evidence, **advice.evidence}
    if skew is not None:
        evidence["clock_skew_seconds"] = f"{skew:+.0f}"
    finding = catalog.finding(
        name,
        detail=advice.detail or _detail(name, failure),
        confidence=advice.confidence or confidence,
        evidence=evidence,
        fix=advice.fix,
        pointer=advice.pointer,
    )
    if name == "host-not-found" and seen.evidence.get("name_exists") == "no":
        finding = replace(finding, severity=Severity.ERROR)
    if (failure.operation not in DECIDING or failure.form) and finding.severity is not Severity.INFO:
        # Planet's check does neither read nor list, nor send a file this small in parts.
        finding = replace(finding, severity=Severity.WARNING)
    return finding


def clock_skew(seen: Observation, options: Options) -> float | None:
    """Seconds that our clock is ahead of the store's, if that is enough to spoil a signature."""
    if seen.server_date is None:
        return None
    server = seen.server_date if seen.server_date.tzinfo else seen.server_date.replace(tzinfo=UTC)
    skew = ((options.now or datetime.now(UTC)) - server).total_seconds()
    return skew if abs(skew) > SKEW_LIMIT else None


def _answer(seen: Observation) -> dict[str, str]:
    known = {
        "http_status": "" if seen.status is None else str(seen.status),
        "code": seen.code,
        "message": seen.message,
        "request_id": seen.request_id,
    }
    return {key: value for key, value in known.items() if value}


def _detail(name: str, failure: Failure) -> str:
    seen = failure.observation
    said = " ".join(part for part in (str(seen.status or ""), seen.code) if part) or "no answer"
    return f"{catalog.entry(name).title[:1].upper()}{catalog.entry(name).title[1:]}: the {failure.operation} of {failure.key} got {said}."
