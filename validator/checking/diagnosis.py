"""Evidence and rules make findings. Pure: no network, and the same evidence always gives the same finding.

An answer is judged in three steps. Is it this API's own answer at all (``Kind.FOREIGN`` says no)? Is it a refusal of this operation by
permission: a known code with a known, or an empty, message? Else it means what it says, and nothing where its words are not known.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from validator.core import catalog
from validator.core.fixed_words import fixed_words
from validator.core.model import Confidence, Finding, Fix, Kind, Mode, Observation, Operation, Severity
from validator.core.quoting import quoted
from validator.core.sentences import begun
from validator.core.values import names, replace
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
    Rule(
        "not-object-storage",
        kind=Kind.FOREIGN,
        evidence={"side": "ours"},
        confidence=Confidence.LIKELY,
        severity=Severity.UNKNOWN,
        source="a proxy or sign-in page on the way from here need not be on Planet's",
    ),
    Rule(
        "request-too-large",
        kind=Kind.FOREIGN,
        status=413,
        confidence=Confidence.LIKELY,
        source="RFC 9110: the limit of a gateway before the store",
    ),
    Rule("not-object-storage", kind=Kind.FOREIGN, confidence=Confidence.LIKELY),
    Rule("throttled", kind=Kind.TRANSIENT, code=("SlowDown", "ServerBusy", "RequestRateLimitExceeded", "TooManyRequests")),
    Rule("provider-error", kind=Kind.TRANSIENT),
    *(
        Rule(
            "file-replaced",
            Operation.WRITE,
            kind,
            mode=Mode.PERFORMED,
            confidence=Confidence.POSSIBLE,
            source="a write that only creates, or only over our own: met under the real name, a file is no failure",
        )
        for kind in (Kind.EXISTS, Kind.PRECONDITION)
    ),
    Rule("provider-error", status=(500, 502, 503, 504)),
    Rule("unexplained-refusal", kind=Kind.DENIED, confidence=Confidence.POSSIBLE),
    Rule(
        "unexplained-refusal",
        status=(401, 402, 403, 405, 451),
        confidence=Confidence.POSSIBLE,
        source="RFC 9110: what else, a refusal",
    ),
    Rule("unrecognised-answer", confidence=Confidence.POSSIBLE),
)
"""After a provider's own rows: what every store's answers have in common. The last row matches anything."""

DENIED_OF: Final = {
    Operation.WRITE: "write-denied",
    Operation.READ: "read-denied",
    Operation.LIST: "list-denied",
    Operation.DELETE: "delete-denied",
}


NAMING_EVIDENCE: Final = ("principal", "resource", "object", "policy_arn", "bucket_seen", "encryption_key")
"""Evidence that holds somebody's names: providers read them out of the answer."""

_TIMELESS: Final = frozenset({"unknown-access-key", "key-disabled", "account-disabled", "temporary-credentials"})
"""What no wrong clock explains."""


def rule_for(provider: Provider, failure: Failure) -> Rule:
    """The first row that speaks of ``failure``: the provider's own rows first, then the general ones."""
    for rule in (*provider.rules, *GENERAL):
        if rule.matches(failure):
            return rule
    raise AssertionError("the last general row matches anything")


def diagnose(provider: Provider, parameters: Any, failure: Failure, options: Options) -> Finding:
    """The finding that explains one failure."""
    observation = failure.observation
    failure = replace(failure, words=fixed_words(observation.message, names_of(parameters, failure)))
    rule = rule_for(provider, failure)
    name, confidence = rule.finding, rule.confidence
    skew = clock_skew(observation, options)
    if skew is not None and observation.kind is Kind.UNAUTHENTICATED and name not in _TIMELESS:
        name, confidence = "clock-skew", Confidence.LIKELY
    advice = provider.explain_finding(name, parameters, failure, options)
    fix = advice.fix
    if name == "not-object-storage" and observation.evidence.get("side") == "ours":
        fix = Fix("Check from a network that lets requests to the store through unchanged.")
    evidence = {**_answer(observation), **observation.evidence, **advice.evidence}
    if skew is not None:
        evidence["clock_skew_seconds"] = f"{skew:+.0f}"
    finding = catalog.finding(
        name,
        detail=advice.detail or _detail(name, failure),
        confidence=advice.confidence or confidence,
        evidence=evidence,
        fix=fix,
        pointer=advice.pointer,
    )
    if rule.severity is not None and name == rule.finding:
        return replace(finding, severity=rule.severity)
    if name == "host-not-found" and observation.evidence.get("name_exists") == "no":
        finding = replace(finding, severity=Severity.ERROR)
    return _weighed(finding, failure, provider)


def names_of(parameters: Any, failure: Failure) -> tuple[str, ...]:
    """Whatever somebody has named and an answer may repeat: of the destination, of the object, and of those that the answer tells."""
    own = [getattr(parameters, each, None) for each in names(parameters)]
    values = [failure.observation.evidence.get(name) for name in NAMING_EVIDENCE]
    texts = [each for each in (*own, *values, failure.key) if isinstance(each, str) and each]
    hosts = [each.partition("://")[2].partition("/")[0].partition(":")[0] for each in texts if "://" in each]
    return (*texts, *hosts)


def _weighed(finding: Finding, failure: Failure, provider: Provider) -> Finding:
    """Planet's check does neither read nor list, nor send a file this small in parts: what speaks of these alone only warns."""
    if failure.operation in DECIDING and not failure.form:
        return finding
    if finding.severity is not Severity.ERROR or concerns_whole(finding.name, provider):
        return finding
    return replace(finding, severity=Severity.WARNING)


def concerns_whole(name: str, provider: Provider) -> bool:
    """Whether no single operation causes this refusal: it fails the destination whichever request met it."""
    return name == "account-disabled" or name in provider.concern_whole


def clock_skew(observation: Observation, options: Options) -> float | None:
    """Seconds that our clock is ahead of the store's, if that is enough to spoil a signature."""
    if observation.server_date is None:
        return None
    server = observation.server_date if observation.server_date.tzinfo else observation.server_date.replace(tzinfo=UTC)
    skew = ((options.now or datetime.now(UTC)) - server).total_seconds()
    return skew if abs(skew) > SKEW_LIMIT else None


def _answer(observation: Observation) -> dict[str, str]:
    known = {
        "http_status": "" if observation.status is None else str(observation.status),
        "code": observation.code,
        "message": observation.message,
        "request_id": observation.request_id,
    }
    return {key: value for key, value in known.items() if value}


def _detail(name: str, failure: Failure) -> str:
    observation = failure.observation
    status = " ".join(part for part in (str(observation.status or ""), observation.code) if part) or "no answer"
    request = f"the {failure.operation} of {observation.evidence.get('asked_on') or failure.key}"
    if observation.evidence.get("asked_for") == "token":
        request = f"the request for a token, before {request}"
    if name in ("unexplained-refusal", "unrecognised-answer"):
        return f"{quoted(observation)} That is the answer to {request} ({status}). These words are not known here, so no cause is claimed."
    if name == "not-object-storage":
        who = observation.evidence.get("answered_by", "something else")
        page = f": {observation.evidence['page']!r}" if observation.evidence.get("page") else ""
        sends = f", which sends to {observation.evidence['location']}" if observation.evidence.get("location") else ""
        return f"T{request[1:]} ({status}) was answered not by the storage API but by {who}{sends}{page}."
    if name == "file-replaced":
        return (
            f"{quoted(observation)} That is the answer to {request} ({status}): another request wrote a file of that name, or this one was sent twice "
            "on its way."
        )
    if observation.kind is Kind.UNREACHABLE and observation.message:
        return f"{begun(observation.message)}. This came at {request}."
    # The heading names the cause: what is left to tell are the store's own words, which are often better.
    return (
        f"{quoted(observation)} That is the answer to {request} ({status})."
        if observation.message
        else f"T{request[1:]} got {status}."
    )
