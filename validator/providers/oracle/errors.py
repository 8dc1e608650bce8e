"""What Oracle's answers mean: a missing permission looks like a missing bucket, and only the other answers tell them apart."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from validator.core import lazy
from validator.core.fixed_words import fixed_words
from validator.core.model import Kind, Observation
from validator.core.strangers import stranger
from validator.providers.base import HttpAnswer
from validator.providers.common.dates import http_date
from validator.providers.common.network_faults import kind_of
from validator.providers.oracle import regions
from validator.providers.oracle.rules import ABSENT, BUCKET, REFUSALS, SEEN
from validator.providers.s3.errors import code_says
from validator.providers.s3.http import S3Error, refusal

_UNAUTHENTICATED: Final = (
    "SignatureDoesNotMatch",
    "InvalidAccessKeyId",
    "NotAuthenticated",
    "InvalidSecurity",
    "RequestTimeTooSkewed",
)
_RETENTION: Final = lazy.compile(r"(?i)retention rule")
_CONDITION: Final = lazy.compile(r"(?i)if-match|precondition|header you provided|conditional")


class ContradictoryAnswer(Exception):
    """An answer that contradicts another of this check, for the first time: to be asked again before it is believed."""

    def __init__(self, error: S3Error) -> None:
        super().__init__(str(error))
        self.error = error


def not_authenticated(error: S3Error) -> bool:
    """The key or its signature was not accepted."""
    return error.status in (400, 401, 403) and error.code in _UNAUTHENTICATED


def refused(error: S3Error) -> bool:
    """Answered as if there were no such bucket, or as forbidden: Oracle says both for a missing permission."""
    if error.code in REFUSALS:
        return error.status in (401, 403, 404)
    # Without a code it is not Oracle that answered.
    return error.status == 403 and bool(error.code) and not not_authenticated(error) and not _kept(error)


def condition_refused(error: S3Error) -> bool:
    """The store does not take If-Match on a delete."""
    return error.status == 501 or (error.status == 400 and _CONDITION.search(fixed_words(error.message)) is not None)


def _kept(error: S3Error) -> bool:
    return (
        error.code == "RetentionRuleViolation"
        or code_says(error.code) == "kept"
        or (error.status in (403, 409) and _RETENTION.search(fixed_words(error.message)) is not None)
    )


def classify(error: Exception) -> Observation:
    """Total: never raises, and what it does not know is Kind.OTHER."""
    if isinstance(error, ContradictoryAnswer):
        return _observation(Kind.TRANSIENT, error.error)
    if isinstance(error, S3Error):
        return _observation(_kind(error), error)
    return Observation(Kind.OTHER, code=type(error).__name__)


def read_answer(answer: HttpAnswer) -> Observation:
    """Classify an answer that another tool got."""
    headers = dict(answer.headers)
    if answer.partial and answer.body.lstrip().startswith(b"{"):  # its native form
        headers.setdefault("opc-request-id", "not in the text")
    return classify(native(refusal(answer.method, answer.status, headers, answer.body)))


def native(error: S3Error) -> S3Error:
    """The same error with the code and message of Oracle's native form, which is JSON, where it answers in that."""
    if not error.code and error.body.lstrip().startswith(b"{") and own(error):
        import json

        try:
            document = json.loads(error.body)
        except ValueError:
            return error
        code, message = (document.get("code"), document.get("message")) if isinstance(document, dict) else (None, None)
        if isinstance(code, str) and isinstance(message, str):
            error.code, error.message, error.body = code[:100], message[:2000], b""
    return error


def own(error: S3Error) -> bool:
    """Whether Oracle answered, and not something on the way."""
    return bool(error.code) or "opc-request-id" in error.headers or bool(answered_by(error.headers))


def _kind(error: S3Error) -> Kind:
    if error.status is None:
        return kind_of(error.fault)
    if (
        error.status in (408, 429)
        or code_says(error.code) in ("busy", "fault")
        or (error.status >= 500 and error.status not in (501, 511))
    ):
        return Kind.TRANSIENT
    if not own(error):
        return Kind.OTHER if error.status == 418 else Kind.FOREIGN
    if not_authenticated(error):
        return Kind.UNAUTHENTICATED
    if _kept(error):
        return Kind.KEPT
    if error.status == 412:
        return Kind.PRECONDITION
    if error.status == 404 and error.code in (*ABSENT, "NoSuchUpload"):
        return Kind.ABSENT
    if refused(error):
        return Kind.DENIED if error.evidence.get(BUCKET) == SEEN else Kind.NO_BUCKET
    return Kind.OTHER


def _observation(kind: Kind, error: S3Error) -> Observation:
    evidence = dict(error.evidence)
    if region := answered_by(error.headers):
        evidence["answered_by"] = region
    if says := code_says(error.code):
        evidence["code_says"] = says
    if error.status is not None and not own(error):
        evidence |= {"api": "no", **stranger(error.status, error.headers, error.body, fixed_host=True)}
    return Observation(
        kind,
        status=error.status,
        code=error.code or (error.fault if error.status is None else ""),
        message=error.message or error.body.decode("utf-8", "replace"),
        request_id=error.request_id,
        evidence=evidence,
        server_date=http_date(error.headers.get("date", "")),
    )


def answered_by(headers: Mapping[str, str]) -> str:
    """The region whose short code the request id begins with: it proves that Oracle answered, and where. Empty otherwise."""
    for name in ("x-amz-request-id", "opc-request-id"):
        match = re.match(r"([a-z]{3})-\d:", headers.get(name, ""))
        if match is not None:
            return regions.OF_SHORT_CODE.get(match[1], "")
    return ""
