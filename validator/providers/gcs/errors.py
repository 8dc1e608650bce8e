"""Turns whatever Google's SDK raises into an observation: the only place that knows its exception classes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from validator.core import lazy
from validator.core.fixed_words import fixed_words
from validator.core.model import Kind, Mode, Observation, Operation
from validator.core.strangers import lowered, stranger
from validator.providers.base import Failure, HttpAnswer
from validator.providers.common.dates import http_date
from validator.providers.common.google_documents import ErrorAnswer, read
from validator.providers.common.network_faults import no_answer
from validator.providers.gcs.rules import BUSY, HELD, KEY, RETAINED, SAYS_NO_MORE, SETTINGS

PERMISSION: Final = lazy.compile(
    r"(?P<who>Anonymous (?:caller|users?)|(?:user-managed )?(?:service account )?\S{1,254}) does not have (?P<permission>[a-z]+(?:\.[A-Za-z]+)+) access"
)
"""How Google names what is missing. The permission names what was needed, which need not be the operation that was asked for."""
NAMED: Final = lazy.compile(r"Permission '(?P<permission>[a-z]+(?:\.[A-Za-z]+)+)' denied on resource\b")
"""The same in the words of IAM."""

_PASSING: Final = (408, 429, 500, 502, 503, 504)
_TOKEN_FAULTS: Final = frozenset({"internal_failure", "server_error", "temporarily_unavailable"})
"""RFC 6749, 4.1.2.1, and Google's own: the token endpoint's fault, whatever the status."""
_HELD: Final = lazy.compile(r"^Object\b.{0,1600}? is under active [\w -]{0,60}hold\b", re.IGNORECASE | re.DOTALL)
_RETAINED: Final = lazy.compile(
    r"^Object\b.{0,1600}?(?: is subject to (?:the )?(?:bucket|object)\b.{0,60}\bretention| cannot be (?:deleted|overwritten|replaced|archived)[\w, ]{0,60} until )",
    re.IGNORECASE | re.DOTALL,
)
_UNTIL: Final = lazy.compile(r" until (\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:?\d\d)?)")
_PERIMETER: Final = lazy.compile(r"vpcServiceControlsUniqueIdentifier:\s*([\w-]+)")
_CONSTRAINT: Final = lazy.compile(
    r"(?<![\w/.-])((?:constraints|customConstraints)/[A-Za-z]\w{0,60}(?:\.\w{1,100}){1,4})(?![\w/])"
)
"""An organisation's constraint has a name of its own form, wherever it stands in the sentence."""
_NO_BUCKET: Final = lazy.compile(
    r"^(?:The specified bucket does not exist|(?:The |No such )?bucket[ :].{0,300}?(?: (?:does not exist|(?:was )?not found)\b|$))",
    re.IGNORECASE,
)
_CONDITION: Final = lazy.compile(
    r"pre-?conditions? .{0,40}did not hold|^Precondition failed|validation failed\. Expected", re.IGNORECASE
)


class TokenRefused(Exception):
    """The token endpoint did not give a token. ``status``, ``headers`` and ``body`` are its answer."""

    def __init__(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        super().__init__(f"the token endpoint answered {status}")
        self.status, self.headers, self.body = status, headers, body


class ConditionIgnored(Exception):
    """A request that could not be carried out was answered with success: this is no Google Cloud Storage."""


class UnexpectedAnswer(Exception):
    """An answer of success that lacks what Google's always has."""


class OtherUniverse(Exception):
    """The key belongs to a Google cloud that is reached elsewhere."""


def classify(error: BaseException) -> Observation:
    """Classify. Total: what is not known is Kind.OTHER."""
    for _ in range(4):  # the SDK wraps: RetryError has the cause, TransportError the network's exception
        inner = getattr(error, "cause", None) or (error.args[0] if error.args else None)
        if type(error).__name__ in ("RetryError", "TransportError") and isinstance(inner, BaseException):
            error = inner
    if isinstance(error, TokenRefused):
        return token_answer(error.status, error.headers, error.body)
    if isinstance(error, OtherUniverse):
        return Observation(Kind.OTHER, code="universe", message=str(error))
    if isinstance(error, ConditionIgnored | UnexpectedAnswer):
        return Observation(Kind.OTHER, code=type(error).__name__, message=str(error))
    response = getattr(error, "response", None)
    if response is not None and hasattr(response, "status_code"):
        request = getattr(response, "request", None)
        method, url = (str(getattr(request, name, "") or "") for name in ("method", "url"))
        return judged(response.status_code, response.headers, response.content or b"", method, url)
    if type(error).__name__ == "PreconditionFailed":  # made by the bucket itself: the object there is not ours
        return Observation(Kind.PRECONDITION, 412, "conditionNotMet", _short(str(error)))
    observation = no_answer(error)
    if observation.kind is Kind.UNREACHABLE:
        return observation
    # Nobody can choose Google's host: of what no network says, the SDK's own words tell more.
    return Observation(Kind.OTHER, code=observation.code, message=_short(str(error)))


def read_answer(answer: HttpAnswer) -> Observation:
    """Classify an answer that another tool got."""
    if answer.token:
        return token_answer(answer.status, answer.headers, answer.body)
    url = answer.url
    if answer.operation and "/b/" not in url:  # what the address would have been
        url = f"/b/BUCKET/o{'/OBJECT' if answer.operation in (Operation.DELETE, Operation.READ) else ''}"
    return judged(answer.status, answer.headers, answer.body, answer.method, url)


def token_answer(status: int, headers: Mapping[str, str], body: bytes) -> Observation:
    """What the token endpoint answered."""
    headers = lowered(headers)
    answer = read(headers, body)
    code = answer.code if answer.token else ""
    if status in _PASSING or code in _TOKEN_FAULTS:
        kind, code = Kind.TRANSIENT, code or "token-endpoint"
    elif code == "invalid_grant":
        kind = Kind.UNAUTHENTICATED
    elif answer.token or answer.own:  # a perimeter answers here in the API's form
        kind, code = Kind.OTHER, answer.code
    else:
        kind = Kind.FOREIGN
    who = stranger(status, headers, body, fixed_host=True) if kind is Kind.FOREIGN else {}
    return Observation(
        kind,
        status,
        code,
        "" if kind is Kind.FOREIGN else _short(answer.message),
        evidence={**who, "asked_for": "token"},
        server_date=http_date(headers.get("date", "")),
    )


def judged(status: int, headers: Mapping[str, str], body: bytes, method: str = "", url: str = "") -> Observation:
    """What the JSON API answered to a request of this method and address; both may be unknown."""
    headers = lowered(headers)
    answer = read(headers, body)
    kind = _kind(status, answer, method, url)
    # A destination cannot choose Google's host: whoever answers in its place is on the way from this machine.
    foreign = kind is Kind.FOREIGN
    return Observation(
        kind=kind,
        status=status,
        code=answer.code,
        message=_short(answer.message),
        request_id=headers.get("x-guploader-uploadid", "")[:40],
        evidence=stranger(status, headers, body, fixed_host=True) if foreign else _evidence(answer.message),
        server_date=http_date(headers.get("date", "")),
    )


def _kind(status: int, answer: ErrorAnswer, method: str, url: str) -> Kind:
    code, message = answer.code, answer.message
    if status in _PASSING or (answer.own and status == 403 and code in BUSY):
        return Kind.TRANSIENT
    if not answer.own:
        return Kind.FOREIGN
    of_object = message[:6].lower() == "object"  # as both patterns begin
    if code in (*HELD, *RETAINED) or (of_object and (_HELD.search(message) or _RETAINED.search(message))):
        return Kind.KEPT
    if status == 401:
        return Kind.UNAUTHENTICATED
    if status == 404:
        known = code in ("NoSuchBucket", "NoSuchKey") or message.startswith(
            "No such object"
        )  # which no sentence about a key is
        if not known and re.search(KEY, fixed_words(message), re.IGNORECASE):
            return Kind.OTHER  # neither bucket nor object: what is not found is the key that the bucket encrypts with
        return Kind.NO_BUCKET if _is_bucket(code, message, url) else Kind.ABSENT
    if status == 412:
        return _condition(code, message, method, url)
    return Kind.DENIED if status == 403 and not _of_the_whole(status, code, message) else Kind.OTHER


def _of_the_whole(status: int, code: str, message: str) -> bool:
    """Whether a row speaks of it that is about the bucket, its network or its owner: no refusal of one operation."""
    observation = Observation(Kind.OTHER, status, code, message, evidence=_evidence(message))
    failure = Failure(Operation.WRITE, "", Mode.PERFORMED, observation, words=fixed_words(message))
    return any(rule.matches(failure) for rule in SETTINGS)


def by_permission(observation: Observation) -> bool:
    """Whether a refusal says that a permission is missing, by name or by saying no more than that it refuses."""
    return observation.kind is Kind.DENIED and (
        "permission" in observation.evidence
        or re.fullmatch(SAYS_NO_MORE, observation.message.strip(), re.IGNORECASE) is not None
    )


def _is_bucket(code: str, message: str, url: str) -> bool:
    """Whether a 404 speaks of the bucket. A sentence that quotes an object's name may hold any word: the request tells first."""
    if code in ("NoSuchBucket", "NoSuchKey"):
        return code == "NoSuchBucket"
    # An upload on condition of a generation speaks of the object as well.
    of_object = re.search(r"/b/[^/?]+/o/[^/?]|[?&]ifGenerationMatch=[1-9]", url) or message.startswith("No such object")
    return (url != "" and not of_object) or ("bucket" in message.lower() and _NO_BUCKET.search(message) is not None)


def _condition(code: str, message: str, method: str, url: str) -> Kind:
    """A 412 is our condition's only in words that say so: Google gives an organisation's constraint the same status and reason."""
    matched = _CONDITION.search(message) or (code == "conditionNotMet" and not message.strip())
    if not matched or _CONSTRAINT.search(message):
        return Kind.OTHER
    return Kind.EXISTS if method == "POST" and "ifGenerationMatch=0" in url else Kind.PRECONDITION


def _evidence(message: str) -> dict[str, str]:
    evidence: dict[str, str] = {}
    named = PERMISSION.match(message) if " does not have " in message else None
    if named:
        evidence["permission"] = named["permission"]
        if named["who"].startswith("Anonymous "):
            evidence["anonymous"] = "yes"
        elif named["who"] != "Caller":
            evidence["principal"] = named["who"].rpartition(" ")[2]
    if not named and message.startswith("Permission '") and (iam := NAMED.match(message)):
        evidence["permission"] = iam["permission"]
    for name, pattern, needed in (
        ("until", _UNTIL, " until "),
        ("perimeter_refusal", _PERIMETER, "vpcServiceControls"),
        ("constraint", _CONSTRAINT, "onstraints/"),
    ):
        match = pattern.search(message) if needed in message else None
        if match:
            evidence[name] = match[1]
    return evidence


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= 400 else text[:400] + "..."
