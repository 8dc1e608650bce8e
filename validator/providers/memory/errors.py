"""What a memory store's answers mean: an exception becomes an Observation, and a table names the finding."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from validator.core.model import Confidence, Kind, Observation, Operation
from validator.core.strangers import stranger
from validator.providers.base import HttpAnswer, Rule
from validator.providers.common.dates import http_date
from validator.providers.common.network_faults import no_answer
from validator.providers.memory.client import SIGN, StoreError, error_of

if TYPE_CHECKING:
    from validator.providers.base.in_text import InText

_KINDS: Final[Mapping[str, Kind]] = {
    "not-allowed": Kind.DENIED,
    "unknown-key": Kind.UNAUTHENTICATED,
    "no-bucket": Kind.NO_BUCKET,
    "no-object": Kind.ABSENT,
    "changed": Kind.PRECONDITION,
    "exists": Kind.EXISTS,
    "held": Kind.KEPT,
    "busy": Kind.TRANSIENT,
    "fault": Kind.TRANSIENT,
}

# --8<-- [start:rules]
RULES: Final = (
    Rule("unknown-access-key", code="unknown-key", source="the store's own codes"),
    Rule("bucket-not-found", code="no-bucket", source="the store's own codes"),
    Rule("object-held", code="held", source="the store's own codes"),
    Rule("storage-full", code="full", confidence=Confidence.LIKELY, source="the store's own codes"),
    Rule("write-denied", Operation.WRITE, code="not-allowed", source="the store's own codes"),
    Rule("read-denied", Operation.READ, code="not-allowed", source="the store's own codes"),
    Rule("delete-denied", Operation.DELETE, code="not-allowed", source="the store's own codes"),
)
"""First match wins. What stands in none of the rows is left to the rows that every store shares, and unknown at last."""
# --8<-- [end:rules]


def classify(error: Exception) -> Observation:
    """Classify what the bucket raised. Total: never raises."""
    if isinstance(error, StoreError):
        own = SIGN in error.headers
        return Observation(
            _KINDS.get(error.code, Kind.OTHER) if own else Kind.FOREIGN,
            error.status,
            error.code,
            error.message,
            evidence={} if own else stranger(error.status, error.headers, error.body),
            server_date=http_date(error.headers.get("date", "")),
        )
    return no_answer(error, names=True)


def read_answer(answer: HttpAnswer) -> Observation:
    """The same of an answer as text."""
    return classify(error_of(answer.status, answer.headers, answer.body))


def in_text() -> InText:
    """How an answer looks in a log: JSON with one of the store's own codes."""
    from validator.providers.base.in_text import InText, KeptAnswer

    def document(value: Mapping[str, Any]) -> KeptAnswer | None:
        code = value.get("code")
        if not isinstance(code, str) or code not in _KINDS:
            return None
        return KeptAnswer(
            "memory", "a JSON body", body=json.dumps(value).encode(), code=code, message=str(value.get("message"))
        )

    return InText(form="memory", document=document, assumed_headers={SIGN: "not in the text"})
