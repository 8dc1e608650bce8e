"""Error documents in text: XML, JSON, a web page; each becomes a :class:`KeptAnswer`, in the form in which a provider reads it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from html import unescape
from typing import Any, Final

from validator.core.values import replace
from validator.diagnosing import looks
from validator.providers.base.in_text import KeptAnswer
from validator.providers.common.kept import xml

_DOCUMENT: Final = 32_768
"""Characters of one document."""
_TRIES: Final = 60
"""Documents that are tried in one text."""
_DEEP: Final = 4

_CHILD: Final = re.compile(r"<([A-Za-z][\w-]{0,60})>\s{0,200}(?:<!\[CDATA\[)?([^<]{0,8000})")
_HINT: Final = re.compile(r"\"(?:error|errors|code|Code|message|Error|general|last_message|error_hints)\"\s?:")
_PAGE: Final = re.compile(r"(?i)<!doctype html|<html[\s>]|<head>")


def documents(text: str, quoted: Callable[[str], Sequence[KeptAnswer]]) -> list[KeptAnswer]:
    """The error documents in ``text``. ``quoted`` finds answers in a message of Planet's that quotes one."""
    answers = list(_json(text, quoted))
    return [*(each for each in _xml(text) if not any(one.at <= each.at < one.end for one in answers)), *answers]


def pages(text: str) -> list[KeptAnswer]:
    """The web page in ``text``, if it holds one."""
    start = _PAGE.search(text)
    if start is None:
        return []
    body = text[start.start() : start.start() + _DOCUMENT]
    heading = re.search(r"(?i)<(?:title|h1)>\s{0,20}(?:Error )?(\d{3})\b", body)
    status = int(heading[1]) if heading else None
    page = KeptAnswer("", "a web page", status, {"content-type": "text/html"}, body.encode(), at=start.start())
    return [replace(page, end=start.start() + len(body))]


# ---- XML -------------------------------------------------------------------------------------------------------------


def _xml(text: str) -> Iterator[KeptAnswer]:
    start = 0
    for _ in range(_TRIES):
        start = text.find("<Error", start)
        if start < 0:
            return
        end = text.find("</Error>", start, start + _DOCUMENT)
        document = text[start : end + 8 if end > 0 else start + 4000]
        elements: dict[str, str] = {}
        for name, value in _CHILD.findall(document):
            if name != "Error":
                elements.setdefault(name, unescape(value.removesuffix("]]>")).strip())
        if elements.get("Code"):
            kept = KeptAnswer(_form(elements, text), "an XML body", body=xml(elements), code=elements["Code"])
            yield replace(kept, message=elements.get("Message", ""), at=start, end=start + len(document))
        start += len(document) if elements.get("Code") else 6


def _form(elements: Mapping[str, str], text: str) -> str:
    types = looks.of_types().values()
    owners = [each for each in types if each.owns_xml(elements, text)]
    owners += [each for each in types if each.alone and each.signs and each.signs.search(text)]
    return next(iter([*owners, *(each for each in types if not each.alone)])).form


# ---- JSON ------------------------------------------------------------------------------------------------------------


def _json(text: str, quoted: Callable[[str], Sequence[KeptAnswer]]) -> Iterator[KeptAnswer]:
    decoder = json.JSONDecoder()
    done = tries = 0
    for hint in _HINT.finditer(text):
        if hint.start() < done:
            continue
        tries += 1
        if tries > _TRIES:
            return
        for brace in _braces(text, max(done, hint.start() - 2000), hint.start()):
            try:
                value, length = decoder.raw_decode(text[brace : brace + _DOCUMENT])
            except (ValueError, RecursionError):
                continue
            if brace + length > hint.start():
                done = brace + length
                for each in _documents(value, quoted):
                    yield replace(each, at=brace, end=done)
                break


def _braces(text: str, first: int, last: int) -> list[int]:
    """Where a document that holds the character at ``last`` may begin: the outermost places first."""
    places: list[int] = []
    at = last
    while len(places) < 6 and (at := text.rfind("{", first, at)) >= 0:
        places.insert(0, at)
    return places


def _documents(value: Any, quoted: Callable[[str], Sequence[KeptAnswer]], depth: int = 0) -> Iterator[KeptAnswer]:
    """The answers in a decoded document: itself, or what its values hold; a value may be such a document as text."""
    if isinstance(value, str) and value.lstrip().startswith("{") and len(value) <= _DOCUMENT:
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return
    if not isinstance(value, dict) or depth > _DEEP:
        return
    made = next(filter(None, (each.document(value) for each in looks.of_types().values())), None)
    if made is not None:
        yield made
        return
    answer = _planets(value)
    if answer is not None:
        inner = [replace(each, where=f"{each.where}, quoted in a message of Planet's") for each in quoted(answer.message)]
        yield from inner or [answer]
        return
    for each in list(value.values())[:40]:
        for item in each[:20] if isinstance(each, list) else (each,):
            yield from _documents(item, quoted, depth + 1)


def _planets(value: Mapping[str, Any]) -> KeptAnswer | None:
    code, message, body = value.get("code"), value.get("message"), json.dumps(value).encode()
    if isinstance(code, int) and isinstance(message, str):
        return KeptAnswer("planet", "an answer of Planet's", code, body=body, message=message)
    if isinstance(value.get("general"), list) or isinstance(value.get("field"), dict):
        return KeptAnswer("planet", "an answer of Planet's", body=body, message="; ".join(_strings(value)))
    if value.get("last_message") or value.get("error_hints"):
        texts = "; ".join([*_strings(value.get("last_message")), *_strings(value.get("error_hints"))])
        return KeptAnswer("planet", "a delivery's message", body=body, message=texts)
    return None


def _strings(value: Any, depth: int = 0) -> Iterator[str]:
    if isinstance(value, str):
        yield value[:4000]
    elif isinstance(value, dict | list) and depth < _DEEP:
        for each in list(value.values() if isinstance(value, dict) else value)[:20]:
            yield from _strings(each, depth + 1)
