"""Error documents in text: XML, JSON, a web page; each becomes a :class:`KeptAnswer`, in the form in which a provider reads it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from html import escape, unescape
from typing import Any, Final

from validator.core.model import Operation
from validator.core.values import dataclass, field, replace

_DOCUMENT: Final = 32_768
"""Characters of one document."""
_TRIES: Final = 60
"""Documents that are tried in one text."""
_DEEP: Final = 4

_CHILD: Final = re.compile(r"<([A-Za-z][\w-]{0,60})>\s{0,200}(?:<!\[CDATA\[)?([^<]{0,8000})")
_HINT: Final = re.compile(r"\"(?:error|errors|code|Code|message|Error|general|last_message|error_hints)\"\s?:")
_PAGE: Final = re.compile(r"(?i)<!doctype html|<html[\s>]|<head>")


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """One answer, as far as the text has it."""

    family: str
    """Whose form it has: ``s3``, ``azure``, ``google``, ``oracle``, ``planet``, ``network`` (no answer came), or empty for a web page."""
    where: str
    """In what it was found, in words: ``an XML body``."""
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    code: str = ""
    message: str = ""
    operation: Operation | None = None
    method: str = ""
    url: str = ""
    token: bool = False
    """It is the answer of an endpoint that gives out tokens."""
    at: int = 0
    end: int = 0
    around: str = ""
    """The text around it: what it may say of names and hosts."""


def documents(text: str, quoted: Callable[[str], Sequence[KeptAnswer]]) -> list[KeptAnswer]:
    """The error documents in ``text``. ``quoted`` finds answers in a message of Planet's that quotes one."""
    found = list(_json(text, quoted))
    return [*(each for each in _xml(text) if not any(one.at <= each.at < one.end for one in found)), *found]


def pages(text: str) -> list[KeptAnswer]:
    """The web page in ``text``, if it holds one."""
    start = _PAGE.search(text)
    if start is None:
        return []
    body = text[start.start() : start.start() + _DOCUMENT]
    found = re.search(r"(?i)<(?:title|h1)>\s{0,20}(?:Error )?(\d{3})\b", body)
    status = int(found[1]) if found else None
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
        told: dict[str, str] = {}
        for name, value in _CHILD.findall(document):
            if name != "Error":
                told.setdefault(name, unescape(value.removesuffix("]]>")).strip())
        if told.get("Code"):
            kept = KeptAnswer(_family(told, text), "an XML body", body=xml(told), code=told["Code"])
            yield replace(kept, message=told.get("Message", ""), at=start, end=start + len(document))
        start += len(document) if told.get("Code") else 6


def xml(told: Mapping[str, str]) -> bytes:
    """An error document of these elements, in the form of Amazon's and Azure's."""
    return (
        f"<Error>{''.join(f'<{name}>{escape(value, quote=False)}</{name}>' for name, value in told.items())}</Error>".encode()
    )


def _family(told: Mapping[str, str], text: str) -> str:
    if "AuthenticationErrorDetail" in told or re.search(r"RequestId:[\w-]{8,60}(?:\s|\\n){1,20}Time:", told.get("Message", "")):
        return "azure"
    if "Details" in told and "HostId" not in told and re.search(r"googleapis|gs://|google|VPC Service|billing account", text):
        return "google"
    return hinted(text) or "s3"


def hinted(text: str) -> str:
    """Whose form an ambiguous document has, by the hosts in the text; empty if they do not tell."""
    if re.search(
        r"(?i)x-ms-(?:request-id|error-code|version)|\.(?:blob|dfs)\.(?:core|storage)\.|azure\.(?:core|storage)", text
    ):
        return "azure"
    if re.search(r"(?i)oraclecloud\.com|opc-request-id|oci\.exceptions", text):
        return "oracle"
    return ""


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
    found: list[int] = []
    at = last
    while len(found) < 6 and (at := text.rfind("{", first, at)) >= 0:
        found.insert(0, at)
    return found


def _documents(value: Any, quoted: Callable[[str], Sequence[KeptAnswer]], depth: int = 0) -> Iterator[KeptAnswer]:
    """The answers in a decoded document: itself, or what its values hold; a value may be such a document as text."""
    if isinstance(value, str) and value.lstrip().startswith("{") and len(value) <= _DOCUMENT:
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return
    if not isinstance(value, dict) or depth > _DEEP:
        return
    made = _google(value) or _amazon(value) or _other(value)
    if made is not None:
        yield made
        return
    said = _planets(value)
    if said is not None:
        inner = [replace(each, where=f"{each.where}, quoted in a message of Planet's") for each in quoted(said.message)]
        yield from inner or [said]
        return
    for each in list(value.values())[:40]:
        for item in each[:20] if isinstance(each, list) else (each,):
            yield from _documents(item, quoted, depth + 1)


def _google(value: Mapping[str, Any]) -> KeptAnswer | None:
    error, body = value.get("error"), json.dumps(value).encode()
    if isinstance(error, dict) and isinstance(error.get("message"), str):
        code = error.get("code")
        if isinstance(code, str) and not isinstance(error.get("errors"), list):
            return KeptAnswer("azure", "a JSON body", body=body, code=code, message=error["message"])
        return KeptAnswer("google", "a JSON body", code if isinstance(code, int) else None, body=body, message=error["message"])
    if isinstance(error, str) and re.fullmatch(r"[a-z_]{4,40}", error):
        said = str(value.get("error_description") or "")
        return KeptAnswer("google", "an answer of the token endpoint", 400, body=body, code=error, message=said, token=True)
    return None


def _amazon(value: Mapping[str, Any]) -> KeptAnswer | None:
    inner = value.get("Error")
    if isinstance(inner, dict) and isinstance(inner.get("Code"), str):
        made = amazon(inner["Code"], str(inner.get("Message") or ""), "the response of a boto3 ClientError")
        meta = value.get("ResponseMetadata")
        meta = meta if isinstance(meta, dict) else {}
        status, headers = meta.get("HTTPStatusCode"), meta.get("HTTPHeaders")
        known = {str(name).lower(): str(text) for name, text in headers.items()} if isinstance(headers, dict) else {}
        return replace(made, status=status if isinstance(status, int) else None, headers=known)
    if isinstance(value.get("Code"), str) and isinstance(value.get("Message"), str):
        return amazon(value["Code"], value["Message"], "a JSON body")
    return None


def amazon(code: str, message: str, where: str) -> KeptAnswer:
    """An answer in Amazon's form, of what a tool tells of it."""
    return KeptAnswer("s3", where, body=xml({"Code": code, "Message": message}), code=code, message=message)


def azure(told: Mapping[str, Any]) -> bytes:
    """An error document in Azure's form, of what a tool tells of it."""
    named = {"code": "Code", "message": "Message", "authenticationerrordetail": "AuthenticationErrorDetail"}
    fits = {name: text for name, text in told.items() if isinstance(text, str) and re.fullmatch(r"[A-Za-z]{1,60}", name)}
    return xml({named.get(name.lower(), name): text for name, text in fits.items()})


def _other(value: Mapping[str, Any]) -> KeptAnswer | None:
    code, message = value.get("code"), value.get("message")
    if not isinstance(code, str) or not isinstance(message, str) or not code:
        return None
    body = json.dumps(value)
    status = value.get("status") if isinstance(value.get("status"), int) else None
    if re.search(r"RequestId:[\w-]{8,}", message) or "authenticationerrordetail" in body.lower():
        return KeptAnswer("azure", "a JSON body", status, body=azure(value), code=code, message=message)
    return KeptAnswer("oracle", "a JSON body", status, body=body.encode(), code=code, message=message)


def _planets(value: Mapping[str, Any]) -> KeptAnswer | None:
    code, message, body = value.get("code"), value.get("message"), json.dumps(value).encode()
    if isinstance(code, int) and isinstance(message, str):
        return KeptAnswer("planet", "an answer of Planet's", code, body=body, message=message)
    if isinstance(value.get("general"), list) or isinstance(value.get("field"), dict):
        return KeptAnswer("planet", "an answer of Planet's", body=body, message="; ".join(_strings(value)))
    if value.get("last_message") or value.get("error_hints"):
        said = "; ".join([*_strings(value.get("last_message")), *_strings(value.get("error_hints"))])
        return KeptAnswer("planet", "a delivery's message", body=body, message=said)
    return None


def _strings(value: Any, depth: int = 0) -> Iterator[str]:
    if isinstance(value, str):
        yield value[:4000]
    elif isinstance(value, dict | list) and depth < _DEEP:
        for each in list(value.values() if isinstance(value, dict) else value)[:20]:
            yield from _strings(each, depth + 1)
