"""What an error means that somebody already has: a traceback, a log line, a body, Planet's own refusal. Offline; nothing is kept.

The judgement is that of a check: the same provider reads the answer, the same rules name the finding.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import MISSING
from typing import Any, Final

from validator import providers
from validator.checking.diagnosis import DENIED_OF
from validator.checking.diagnosis import diagnose as judge
from validator.core import catalog
from validator.core.errors import ValidatorError
from validator.core.model import (
    VERIFICATION_FILE,
    Confidence,
    Finding,
    Fix,
    Kind,
    Mode,
    Observation,
    Operation,
    Secret,
    Severity,
)
from validator.core.redaction import Redactor
from validator.core.values import Dataclass, field, replace
from validator.diagnosing import looks
from validator.diagnosing.kept_answers import LONGEST, find, operation_in
from validator.providers.base import Failure, HttpAnswer, Options, Provider, declared
from validator.providers.base.in_text import KeptAnswer

__all__ = ["LONGEST", "Diagnosed", "Diagnosis", "diagnose"]

UNKNOWN: Final = frozenset({"unrecognised-answer", "unexplained-refusal"})
"""What is said of words that no row knows."""
_SUREST: Final = (Confidence.CONFIRMED, Confidence.LIKELY, Confidence.POSSIBLE)
_PLANET_NAME: Final = re.compile(
    r"(?i)\bname\b.{0,80}\b(?:already (?:exists|in use|taken)|must be unique|is taken)|already (?:exists|in use).{0,80}\bname\b"
)
_PLANET_QUOTA: Final = re.compile(
    r"(?i)\b(?:maximum|limit|quota)\b.{0,60}\bdestinations?\b|\bdestinations?\b.{0,60}\b(?:maximum|limit|quota)\b"
)


class Diagnosed(Dataclass):
    """One answer in the text, and what it means."""

    type: str
    """The destination type that it was judged for; empty for an answer of Planet's own."""
    finding: Finding
    operation: Operation | None
    """What was refused; None where the text does not tell."""
    where: str
    """In what it was found, such as ``a boto3 ClientError``."""
    status: int | None
    code: str
    message: str
    known: tuple[str, ...] = ()
    """What the text tells, one sentence each."""
    unknown: tuple[str, ...] = ()
    """What it does not tell."""
    alternatives: Mapping[str, str] = field(default_factory=dict)
    """Where the operation is not told: the finding for each operation it may have been."""


class Diagnosis(Dataclass):
    """What was found in a text. Everything in it is redacted."""

    answers: tuple[Diagnosed, ...]
    """In the order in which they stand in the text; empty if it holds none."""
    cut: bool = False
    """The text was longer than what is looked at: its end was judged."""

    @property
    def recognised(self) -> bool:
        """Whether at least one answer is of a kind that is known here."""
        return any(each.finding.name not in UNKNOWN for each in self.answers)


def diagnose(text: str, *, type: str | None = None) -> Diagnosis:  # noqa: A002 - the name of the option and of Planet's field
    """Find the answers of a store, or of Planet, in a text, and say what each means.

    Args:
        text: a traceback, log, tool's message or body. Of more than ``LONGEST`` characters, the last are judged.
        type: Planet's name of the destination type, or a short one (``s3``, ``gcs``, ``azure``, ``ocs``), where the text does not tell it.

    Raises ValidatorError for a type that nobody knows.
    """
    type_name = _settled(type)
    redactor = Redactor(_secrets(text[-LONGEST:]))
    answers = [_diagnosed(each, type_name) for each in find(text)]
    return redactor.value(Diagnosis(tuple(answers), cut=len(text) > LONGEST))


def _settled(type_name: str | None) -> str | None:
    if type_name is None:
        return None
    name = providers.full_name(type_name)
    if not providers.known(name):
        from validator.core.guarded import guarded  # before it is cut: a part of a credential does not look like one

        raise ValidatorError(
            f"there is no destination type {guarded(type_name)[:80]!r}: there are {', '.join((*providers.types(), *providers.SHORT_TYPES))}"
        )
    return name


_KEYS: Final = re.compile(
    r"(?i)(?:secret|password|token|credential|account_?key|signature|authorization)[\w-]{0,16}[\"']?\s{0,3}[:=]\s{0,3}[\"']?([^\s\"',&<>]{8,2000})"
)


def _secrets(text: str) -> list[str]:
    """Values that the text itself calls secret."""
    return [match[1] for match in list(_KEYS.finditer(text))[:200]]


# ---- one answer ------------------------------------------------------------------------------------------------------


def _diagnosed(kept: KeptAnswer, type_name: str | None) -> Diagnosed:
    if kept.form == "planet":
        return _planets(kept)
    if type_name:
        return _as(type_name, kept, sure=True)
    types, sure = _types(kept)
    # Nothing tells whose answer in a shared form it is: the table that knows it best, the first of equals.
    judged = [_as(each, kept, sure=sure) for each in types]
    known = [each for each in judged if each.finding.name not in UNKNOWN]
    return min(known, key=lambda each: _SUREST.index(each.finding.confidence)) if known else judged[0]


def _as(type_: str, kept: KeptAnswer, *, sure: bool) -> Diagnosed:
    """The answer, judged by the table of one type."""
    provider = providers.find(type_)
    assert provider is not None  # noqa: S101 - _settled and _type name known ones alone
    places = {"key": VERIFICATION_FILE} | looks.of(type_).places_in(f"{kept.url} {kept.around}")
    parameters = _stand_in(provider, places)
    observed = {each: _observed(provider, kept, each) for each in Operation}
    operation = kept.operation or _by_permission(type_, observed[Operation.WRITE])
    observation = observed[operation or Operation.WRITE]
    options = Options()
    findings = {each: _judged(provider, parameters, observed[each], each, places, options) for each in Operation}
    finding = findings[operation or Operation.WRITE]
    alternatives: dict[str, str] = {}
    if operation is None and len({each.name for each in findings.values()}) > 1:
        alternatives = {str(operation): each.name for operation, each in findings.items()}
        finding = replace(finding, confidence=_weaker(finding.confidence))
    known, unknown = _told(kept, observation, provider, operation, sure=sure, alternatives=alternatives, places=places)
    return Diagnosed(
        type_,
        finding,
        operation,
        kept.where,
        observation.status,
        observation.code,
        observation.message,
        known,
        unknown,
        alternatives,
    )


def _types(kept: KeptAnswer) -> tuple[list[str], bool]:
    """The type of an answer, or those that it may be of, and whether the text tells it."""
    speakers = looks.speakers(kept.form)
    own = [name for name, each in speakers.items() if each.alone and each.form == kept.form]
    if not own and kept.form in ("network", ""):
        own = [name for name, each in speakers.items() if each.words and each.words.search(kept.around)]
    own = own or [name for name, each in speakers.items() if each.signs and each.signs.search(kept.around)]
    return (own[:1], True) if own else ([name for name, each in speakers.items() if not each.alone], False)


_METHOD: Final = {Operation.WRITE: "PUT", Operation.DELETE: "DELETE", Operation.READ: "GET", Operation.LIST: "GET"}


def _observed(provider: Provider, kept: KeptAnswer, operation: Operation) -> Observation:
    """What the answer says, if it is the answer to ``asked``."""
    if kept.form == "network":
        return Observation(Kind.UNREACHABLE, code=kept.code, message=kept.message)
    status = kept.status or looks.of(provider.name).usual_status(kept.code)
    if provider.read_answer is None:
        return Observation(Kind.OTHER, status, kept.code, kept.message)
    method = kept.method if kept.operation is operation and kept.method else _METHOD[operation]
    answer = HttpAnswer(
        status, kept.headers, kept.body, method, kept.url, token=kept.token, operation=operation, partial=kept.form != ""
    )
    observation = provider.read_answer(answer)
    return replace(observation, server_date=None)  # its clock is compared with ours, and the text may be old


def _by_permission(type_: str, observation: Observation) -> Operation | None:
    permission = observation.evidence.get("permission", "")
    if permission in looks.of(type_).shared_permissions:
        return None
    return operation_in(f"{observation.evidence.get('action', '')} {permission}")


def _judged(
    provider: Provider,
    parameters: Any,
    observation: Observation,
    operation: Operation,
    places: Mapping[str, str],
    options: Options,
) -> Finding:
    failure = Failure(operation, places["key"], Mode.REHEARSED, observation)
    finding = judge(provider, parameters, failure, options)
    entry = catalog.FINDINGS[finding.name]
    # A check weighs a refusal of reading by what else it saw; alone, a finding weighs what it weighs.
    return replace(finding, severity=entry.severity if finding.severity is Severity.WARNING else finding.severity)


def _weaker(confidence: Confidence) -> Confidence:
    return Confidence.LIKELY if confidence is Confidence.CONFIRMED else Confidence.POSSIBLE


def _stand_in(provider: Provider, places: Mapping[str, str]) -> Any:
    """Parameters to speak about: names from the text, and no credentials."""
    known = {**looks.of(provider.name).stand_ins, **places}
    values: dict[str, Any] = {}
    for each in declared(provider.Parameters):
        if each.metadata["kind"] == "secret":
            values[each.name] = Secret("")
        elif each.name in known:
            values[each.name] = known[each.name]
        elif each.default is not MISSING:
            values[each.name] = each.default
        else:
            values[each.name] = each.name.upper()
    return provider.Parameters(**values)


# ---- in words --------------------------------------------------------------------------------------------------------


def _told(
    kept: KeptAnswer, observation: Observation, provider: Provider, operation: Operation | None, *, sure: bool,
    alternatives: Mapping[str, str], places: Mapping[str, str],
) -> tuple[tuple[str, ...], tuple[str, ...]]:  # fmt: skip
    known = [
        f"Found in {kept.where}: {' '.join(part for part in (str(kept.status or ''), observation.code) if part) or 'no status and no code'}."
    ]
    if operation is not None:
        known.append(f"It answers a {operation}.")
    unknown = []
    if not sure:
        unknown.append(f"Whose store it is: it was judged as {provider.name} (--type tells).")
    if kept.status is None and kept.form != "network":
        unknown.append("The HTTP status: the usual one of that code was taken.")
    if alternatives:
        names = ", ".join(f"{name} for a {operation}" for operation, name in alternatives.items() if name in DENIED_OF.values())
        unknown.append(f"Which operation was refused{f': it is {names}' if names else ''}.")
    fields = {each.name for each in declared(provider.Parameters)} - places.keys()
    missing = [each for each in ("bucket", "account", "container") if each in fields]
    if missing:
        unknown.append(
            f"The {' and the '.join(missing)}: put {'its name' if len(missing) == 1 else 'their names'} into the commands."
        )
    unknown.append("Whether it is still so: nothing was asked. planet-validator check asks.")
    return tuple(known), tuple(unknown)


def _planets(kept: KeptAnswer) -> Diagnosed:
    message = " ".join(kept.message.split())[:600]
    if _PLANET_NAME.search(message):
        name = "name-taken"
    elif _PLANET_QUOTA.search(message):
        name = "quota-reached"
    elif kept.status is not None and kept.status >= 500:
        name = "planet-unreachable"
    else:
        name = "planet-rejected"
    detail, sure, fix = f'Planet says: "{message}".' if message else "", Confidence.LIKELY, None
    if name == "planet-rejected":
        detail = f"{detail} It quotes no answer of the store, so the cause is not known from it.".strip()
        sure, fix = Confidence.POSSIBLE, Fix("Run planet-validator check on the destination: it asks the store itself.")
    finding = catalog.finding(name, detail=detail, confidence=sure, fix=fix)
    status = f" ({kept.status})" if kept.status else ""
    known = (f"Found in {kept.where}{status}: Planet's own words, not the store's.",)
    unknown = ("What the store answered to Planet.", "Whether it is still so: nothing was asked. planet-validator check asks.")
    return Diagnosed("", finding, None, kept.where, kept.status, "", message, known, unknown)


def documents(diagnosis: Diagnosis) -> Sequence[Mapping[str, Any]]:
    """The answers as plain values, for JSON."""
    from validator.formats.json import finding

    return [
        {
            "type": each.type or None,
            "operation": str(each.operation) if each.operation else None,
            "found_in": each.where,
            "provider": {"http_status": each.status, "code": each.code, "message": each.message},
            "finding": finding(each.finding),
            "alternatives": dict(each.alternatives),
            "known": list(each.known),
            "unknown": list(each.unknown),
        }
        for each in diagnosis.answers
    ]
