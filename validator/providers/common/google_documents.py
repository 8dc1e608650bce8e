"""The forms in which Google answers: JSON, the XML of its older API, a bare sentence, and what is none of them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from validator.core import lazy
from validator.core.values import Dataclass

LONGEST: Final = 64 * 1024
"""Bytes of an answer that are looked at; Google's refusals are far shorter."""

_SENTENCE: Final = lazy.compile(
    r"(?:(?:user-managed )?(?:service account )?\S{1,254}|Anonymous (?:caller|users?)) does not have [a-z]{1,40}(?:\.[A-Za-z]{1,60}){1,4} access to |Bucket is a? ?requester pays bucket"
    r"|The billing account for the owning project |The project to be billed is |Object '|No such object: |The specified bucket does not exist"
    r"|Request (?:is prohibited by organization's policy|violates )|There is an IP filtering condition |Permission '|Permission denied on Cloud KMS key|"
    r"Cloud KMS |The account for |Request had insufficient authentication scopes|Invalid Credentials|Anonymous |(?:User |Daily )?(?:Rate )?Limit Exceeded"
)
"""How the bare sentences begin that Google gives in place of a document, to downloads above all; often labelled as HTML."""
_WORD: Final = re.compile(r"(?:Not Found|Forbidden|Unauthorized|Login Required)$")
"""What anybody may say: Google's only where it is not labelled as a page."""


class ErrorAnswer(Dataclass):
    """An error answer, taken apart."""

    own: bool
    """It has the form of Google's own answers."""
    code: str = ""
    """The ``reason`` of the JSON, the ``Code`` of the XML."""
    message: str = ""
    token: bool = False
    """It has the form of the token endpoint's answers."""


def read(headers: Mapping[str, str], body: bytes) -> ErrorAnswer:
    """Take an answer apart. Total, in linear time; ``headers`` may have any case."""
    text = body[:LONGEST].decode("utf-8", "replace").lstrip("\ufeff \t\r\n")
    kind = next((value for name, value in headers.items() if name.lower() == "content-type"), "").lower()
    if text.startswith("{"):
        return _json(text)
    if text.startswith("<") and re.match(r"(?:<\?xml[^>]{0,200}\?>\s{0,20})?<Error>", text):
        return _xml(body[:LONGEST])
    bare = text.strip()
    own = _SENTENCE.match(bare) is not None or ("html" not in kind and _WORD.match(bare) is not None)
    return ErrorAnswer(own, message=bare)


def _json(text: str) -> ErrorAnswer:
    document = _object(text)
    error = document.get("error")
    if isinstance(error, str):
        return ErrorAnswer(own=True, code=error, message=_text(document.get("error_description")), token=True)
    if not isinstance(error, dict):
        # Google's own testbench: the document is a string inside of another.
        inner = _object(_text(document.get("message"))) if isinstance(document.get("code"), int) else {}
        error = inner.get("error")
        if not isinstance(error, dict):
            return ErrorAnswer(own=False, message=text.strip())
    errors = [each for each in _list(error.get("errors")) if isinstance(each, dict)]
    first = errors[0] if errors else {}
    info = next((each for each in _list(error.get("details")) if isinstance(each, dict) and each.get("reason")), {})
    reason = _text(first.get("reason")) or _text(info.get("reason"))
    return ErrorAnswer(own=True, code=reason, message=_text(error.get("message")) or _text(first.get("message")))


def _xml(body: bytes) -> ErrorAnswer:
    from validator.providers.common.xml import error_details

    elements = error_details(body)
    message, details = elements.get("Message", ""), elements.get("Details", "")
    # What Message leaves unsaid stands in Details.
    words = "" if details and message.lower().rstrip(".") == "access denied" else message
    whole = b"</Code>" in body  # a code that breaks off is none, and nobody's
    return ErrorAnswer(own="Code" in elements and whole, code=elements.get("Code", ""), message=f"{words} {details}".strip())


def _object(text: str) -> Mapping[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
