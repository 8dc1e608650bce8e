"""What Planet's API answers about a destination, by its documented types: anything else in a field is left out."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

REFERENCE: Final = "pl:destinations/"
MOST_WORDS: Final = 8000
"""Characters of a refusal that are kept."""
LONGEST: Final = 64 * 1024
"""Characters of one value."""
DEEPEST: Final = 16
"""Levels of nesting in one field."""
_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~-]{0,199}")
_TIME: Final = re.compile(r"\d{4}-[0-9T:.Z+-]{4,40}")


def is_id(text: str) -> bool:
    """Whether it can stand in an address, in a reference and in a command."""
    return _ID.fullmatch(text) is not None


def destination(answer: Mapping[str, Any]) -> dict[str, Any]:
    """The answer, with every documented field of its type or absent; fields that nobody reads stay, unless they are nested deeply.

    ``archived`` that is set and is no time is ``unknown``: an archived destination is never taken for another.
    """
    fields = {name: value for name, value in answer.items() if _is_flat(value)}
    reference = fields.get("pl:ref")
    for name, is_right in _FIELDS.items():
        if name in fields and not is_right(fields[name]):
            del fields[name]
    if "id" not in fields and "pl:ref" in fields:
        fields["id"] = str(reference).removeprefix(REFERENCE)
    if fields.get("archived") and not _is_time(fields["archived"]):
        fields["archived"] = "unknown"
    parameters = fields.get("parameters")
    fields["parameters"] = {
        name: value
        for name, value in (parameters.items() if isinstance(parameters, dict) else ())
        if isinstance(value, bool) or (isinstance(value, str) and len(value) <= LONGEST)
    }
    return fields


def _is_flat(value: object, levels: int = DEEPEST) -> bool:
    """Whether whoever goes through it in a report comes to an end of it."""
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return levels > 0 and all(_is_flat(each, levels - 1) for each in inside)


def _is_text(value: object) -> bool:
    return isinstance(value, str) and len(value) <= LONGEST


def _is_time(value: object) -> bool:
    return isinstance(value, str) and _TIME.fullmatch(value) is not None


def _is_reference(value: object) -> bool:
    return isinstance(value, str) and value.startswith(REFERENCE) and is_id(value.removeprefix(REFERENCE))


_FIELDS: Final[Mapping[str, Callable[[object], bool]]] = {
    "id": lambda value: isinstance(value, str) and is_id(value),
    "pl:ref": _is_reference,
    "name": _is_text,
    "type": _is_text,
    "created": _is_time,
    "updated": _is_time,
    "default": lambda value: isinstance(value, bool),
    "permissions": lambda value: isinstance(value, dict),
    "ownership": lambda value: isinstance(value, dict),
}


def is_an_error(body: str) -> bool:
    """Whether it has the form of the API's errors."""
    try:
        return isinstance(json.loads(body), dict)
    except (ValueError, RecursionError):
        return False


def words(body: str) -> str:
    """The message in an error body, whole; what is not JSON in the documented form stays as it is."""
    with contextlib.suppress(ValueError, RecursionError):
        document = json.loads(body)
        if isinstance(document, dict) and isinstance(document.get("message"), str):
            rest = {key: value for key, value in document.items() if key not in ("message", "code")}
            body = document["message"] + (f" {json.dumps(rest)}" if rest else "")
    body = re.sub(r"\s+", " ", body).strip() or "no words"
    return body if len(body) <= MOST_WORDS else f"{cut(body, MOST_WORDS)} ... ({len(body):,} characters)"


def cut(text: str, longest: int) -> str:
    """At most so many characters, and no part of a word: half of a secret that was sent is not known for one."""
    return text if len(text) <= longest else text[: max(text.rfind(each, 0, longest) for each in " \"'") + 1]
