"""Finds a provider's answer in text that somebody has: a traceback, a log, a tool's message, a body, with whatever stands around it.

Nothing here judges. The text is hostile: each pattern passes over it once, and only so much of it is looked at.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from html import unescape
from typing import Final

from validator.core.model import Operation
from validator.core.values import replace
from validator.diagnosing import looks
from validator.diagnosing.answer_documents import documents, pages
from validator.diagnosing.tool_messages import messages, network_faults
from validator.providers.base.in_text import KeptAnswer, ToolMessage

__all__ = ["LONGEST", "KeptAnswer", "find", "operation_in"]

LONGEST: Final = 262_144
"""Characters that are looked at. Of a longer text its end is taken: that is where a log says what went wrong."""
MOST: Final = 5
"""Answers that are told of one text."""

_BEFORE, _AFTER = 4000, 1500
_ESCAPED: Final = re.compile(r"\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|([nrt\"'/\\]))")
_PLAIN: Final = {"n": "\n", "r": "\r", "t": "\t"}
_STATUS_LINE: Final = re.compile(r"HTTP/[\d.]{1,3}[\" ]{1,2}(\d{3})\b")
_STATUS: Final = (
    _STATUS_LINE,
    re.compile(r"(?i)\b(?:http ?)?status(?:[ _]?code)?[\"']?\s?[:=]?\s{0,2}\[?[\"']?(\d{3})\b"),
    re.compile(r"(?i)\b(?:RESPONSE(?: Status:)?|Error|HTTPError|error code) (\d{3})\b"),
    re.compile(
        r"\b([45]\d\d) (?:Forbidden|Unauthorized|Not Found|Conflict|Precondition Failed|Bad Request|GET |POST |PUT |DELETE )"
    ),
)
_HEADER: Final = re.compile(r"(?m)^[<\s*]{0,4}([A-Za-z][A-Za-z0-9-]{1,60}): {0,3}([^\r\n]{0,1000})")
_REQUEST: Final = re.compile(r"\b(GET|PUT|POST|DELETE|HEAD|PATCH) (https?://[^\s'\"<>]{3,1500})")
_URL: Final = re.compile(r"https?://[^\s'\"<>()]{3,1500}")


def find(text: str) -> list[KeptAnswer]:
    """The answers in ``text``, at most ``MOST``, in the order in which they stand; empty if there is none."""
    return _find(text, depth=0)


def _find(text: str, depth: int) -> list[KeptAnswer]:
    text = text[-LONGEST:].replace("\r\n", "\n").replace("\ufeff", "")
    answers: list[KeptAnswer] = []
    for variant in _variants(text):
        quoted = documents(variant, lambda inner: _find(inner, depth + 1) if depth < 2 else [])
        answers = _joined(
            [_around(each, variant) for each in quoted], [_of_message(each, variant) for each in messages(variant)]
        )
        if answers:
            break
    if not answers:
        strangers = pages(text) or _bare(text)
        answers = [*(_around(each, text) for each in strangers), *(_of_message(each, text) for each in network_faults(text))]
    keys: set[tuple[str, str, str]] = set()
    kept = []
    for each in sorted(answers, key=lambda each: each.at):
        key = (each.form, each.code, " ".join(each.message.split())[:200])
        if key not in keys:
            keys.add(key)
            kept.append(each)
    return kept[-MOST:]


def _bare(text: str) -> list[KeptAnswer]:
    """An answer whose body is no document, with its status line and headers, as curl -i prints it."""
    line = _last(_STATUS_LINE, text)
    if line is None or not 300 <= int(line[1]) <= 599:
        return []
    head, _, body = text[line.end() :].partition("\n\n")
    headers = _named(head[:8000])
    types = [each for each in looks.of_types().values() if headers.get(each.code_header)]
    form, code = (types[0].form, headers[types[0].code_header]) if types else ("", "")
    kept = KeptAnswer(form, "an HTTP answer", int(line[1]), headers, body[:4000].encode(), code, at=line.start())
    return [replace(kept, end=len(text))]


def _variants(text: str) -> Iterator[str]:
    """The text as it is, then as it was before somebody put it into a string, a log or a page."""
    yield text
    if "\\" in text:
        once = _unescaped(text)
        yield once
        if "\\" in once:
            yield _unescaped(once)
    if "&lt;" in text or "&quot;" in text:
        yield unescape(text)


def _unescaped(text: str) -> str:
    def one(match: re.Match[str]) -> str:
        code = match[1] or match[2]
        return chr(int(code, 16)) if code else _PLAIN.get(match[3], match[3])

    return _ESCAPED.sub(one, text)


# ---- what stands around it -------------------------------------------------------------------------------------------


def _around(kept: KeptAnswer, text: str) -> KeptAnswer:
    before, after = text[max(0, kept.at - _BEFORE) : kept.at], text[kept.end : kept.end + _AFTER]
    head, headers = _headers(before)
    status = kept.status or head or _status(before[-600:]) or _status(after[:300]) or _status(before)
    request, address = _last(_REQUEST, before), _last(_URL, before)
    assumed = [each.assumed_headers for each in looks.of_types().values() if each.form == kept.form]
    return replace(
        kept,
        status=status,
        headers={**(assumed[0] if assumed else {}), **headers, **kept.headers},
        method=kept.method or (request[1] if request else ""),
        url=kept.url or (request[2] if request else address[0] if address else ""),
        operation=kept.operation or operation_in(before[-1500:]),
        around=before + text[kept.at : kept.end][:2000] + after,
    )


def _headers(before: str) -> tuple[int | None, dict[str, str]]:
    """The status line and the headers just before a body, as curl and debug logs print them."""
    line = _last(_STATUS_LINE, before)
    if line is None:
        return None, {}
    return int(line[1]), _named(before[line.end() :])


def _named(head: str) -> dict[str, str]:
    return {name.lower(): value.strip() for name, value in _HEADER.findall(head)}


def _status(text: str) -> int | None:
    for pattern in _STATUS:
        match = _last(pattern, text)
        if match and 300 <= int(match[1]) <= 599:
            return int(match[1])
    return None


def _last(pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    last = None
    for each in pattern.finditer(text):
        last = each
    return last


_ASKS: Final = {
    Operation.DELETE: r"\bDELETE\b|\b[Dd]elete\b|\bremov(?:e|ing)\b|\brm\b",
    Operation.LIST: r"\bls\b",
    Operation.WRITE: r"\bPUT\b|\bPOST\b|upload_(?:blob|file|from)|\bupload|/upload/|\bcp\b|\bcopy\b",
    Operation.READ: r"\bGET\b|\bHEAD\b|download|\bcat\b",
}
"""What methods and commands of any tool ask for."""


@cache
def _asks() -> dict[Operation, re.Pattern[str]]:
    types = looks.of_types().values()
    return {
        each: re.compile("|".join([general, *(look.asks[each] for look in types if each in look.asks)]))
        for each, general in _ASKS.items()
    }


def operation_in(text: str) -> Operation | None:
    """Which operation a piece of text speaks of: the one that is named last; None if none is."""
    last = {each: match.start() for each, pattern in _asks().items() if (match := _last(pattern, text))}
    return max(last, key=last.__getitem__, default=None)


# ---- tools' messages -------------------------------------------------------------------------------------------------


def _of_message(message: ToolMessage, text: str) -> KeptAnswer:
    bodies = [each.body for each in looks.of_types().values() if each.form == message.form and each.body]
    kept = KeptAnswer(
        message.form, message.tool, message.status, body=bodies[0](message) if bodies else b"", code=message.code, message=message.message,
        at=message.at, end=message.end, token=message.token, method=message.method, url=message.url,
        operation=operation_in(message.asked) if message.asked else None,
    )  # fmt: skip
    return _around(kept, text)


def _joined(quoted: list[KeptAnswer], printed: list[KeptAnswer]) -> list[KeptAnswer]:
    """Where a tool quotes the document that it got, the document counts, and the tool lends what it knows."""
    kept = list(quoted)
    for each in printed:
        if any(one.at <= each.at < one.end for one in quoted if one.form not in ("", "planet")):
            continue  # a sentence of a document that was read whole
        near = [one for one in kept if one.form in (each.form, "") and abs(one.at - each.at) < _BEFORE]
        same = next((one for one in near if not each.code or not one.code or one.code == each.code), None)
        if same is None:
            kept.append(each)
            continue
        kept[kept.index(same)] = replace(
            same,
            status=same.status or each.status,
            operation=each.operation or same.operation,
            method=same.method or each.method,
            url=same.url or each.url,
        )
    return kept
