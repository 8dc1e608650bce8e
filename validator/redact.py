"""The one door for text that may hold a secret, in whatever encoding and however cut."""

from __future__ import annotations

import base64
import binascii
import json
import logging
import re
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar
from urllib.parse import quote, quote_plus, unquote

from validator.model import PatchOperation, Secret

T = TypeVar("T")

MASK = "***"
WINDOW = 10
"""Characters. So much of a secret in a row is treated as the secret."""
SHORTEST = 6
"""Characters. A shorter value is a word, not a secret: masking it would only garble the text."""
LONGEST = 65_536
"""Characters. No credential is longer, and nothing is sent that is: of such a value its two ends are enough."""

_SAS_SIGNATURE = re.compile(r"(?i)((?:[?&]|%26|u0026|&amp;|\b)sig(?:=|%3D))[^&\s\"'<>\\]+")
_SAS = re.compile(r"(?:^|[?&;]|u0026|&amp;)sig=")
_SAS_SEPARATOR = re.compile(r"\\?u0026|&amp;|[&?;\s\"']+")
_SAS_PUBLIC = re.compile(
    r"(?:sv|st|se|skt|ske)=\d{4}-\d\d-\d\d(?:T[\dA-F%:.]{5,30}Z?)?|s[rps]=[a-z]{1,16}|srt=[sco]{1,3}|spr=https?(?:(?:,|%2C)http)?"
    r"|sip=[\d.]{7,15}(?:-[\d.]{7,15})?|si=[\w.~%-]{1,64}|https?://[a-z0-9.:-]{1,120}(?:/[a-z0-9$-]{0,63}){0,2}"
)
_PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL)
_AUTHORIZATION = re.compile(r"(?i)(authorization['\"]?\s*[:=]\s*['\"]?|bearer\s+)(?!\*)[^\r\n'\"]{8,}")


class Redactor:
    """Masks a set of secrets, and the shapes that only a secret has, in text and in values."""

    def __init__(self, secrets: Iterable[Secret | str] = ()) -> None:
        self._pieces: set[str] = set()
        self._windows: set[str] = set()
        self._short: set[str] = set()
        for secret in secrets:
            self.add(secret)

    def add(self, secret: Secret | str) -> None:
        """Mask this secret from now on, in every form of :func:`forms`."""
        value = secret.reveal() if isinstance(secret, Secret) else secret
        if value in self._pieces or value in self._short:
            return
        for form in (form for part in _secret_parts(value) for form in forms(part)):
            if len(form) < SHORTEST:
                continue
            if len(form) < WINDOW:
                self._short.add(form)
            else:
                self._pieces.add(form)
                self._windows.update(form[i : i + WINDOW] for i in range(len(form) - WINDOW + 1))

    def text(self, text: str) -> str:
        """The text with every secret, and every part of one, masked."""
        if self._windows and len(text) >= WINDOW:
            text = self._mask_windows(text)
        for value in self._short:
            if value in text:
                text = re.sub(rf"(?<![A-Za-z0-9]){re.escape(value)}(?![A-Za-z0-9])", MASK, text)
        if "sig" in text or "SIG" in text:
            text = _SAS_SIGNATURE.sub(rf"\1{MASK}", text)
        if "PRIVATE KEY" in text:
            text = _PRIVATE_KEY.sub(MASK, text)
        lowered = text.lower()
        if "authorization" in lowered or "bearer" in lowered:
            text = _AUTHORIZATION.sub(rf"\1{MASK}", text)
        return text

    def _mask_windows(self, text: str) -> str:
        windows = self._windows
        parts: list[str] = []
        kept = position = 0
        last = len(text) - WINDOW
        while position <= last:
            if text[position : position + WINDOW] not in windows:
                position += 1
                continue
            end = position + WINDOW
            while end < len(text) and text[end - WINDOW + 1 : end + 1] in windows:
                end += 1
            parts += (text[kept:position], MASK)
            kept = position = end
        return "".join(parts) + text[kept:] if parts else text

    def value(self, value: T) -> T:
        """The same value with every string in it masked: dataclasses, mappings and sequences included."""
        return self._value(value)  # type: ignore[no-any-return]  # same shape as it came

    def _value(self, value: Any) -> Any:
        if isinstance(value, Secret):
            return MASK
        if type(value) is str:
            return self.text(value)
        if isinstance(value, Mapping):
            return {self._value(key): self._value(item) for key, item in value.items()}
        if isinstance(value, tuple | list):
            return type(value)(self._value(item) for item in value)
        if isinstance(value, PatchOperation) and value.secret:
            return replace(value, value=MASK)  # a mended secret is a secret in no form that was known before
        if is_dataclass(value) and not isinstance(value, type):
            changed = {}
            for each in fields(value):
                before = getattr(value, each.name)
                after = self._value(before)
                if after is not before:
                    changed[each.name] = after
            return replace(value, **changed) if changed else value
        return value


def _secret_parts(value: str) -> Iterable[str]:
    """All of a value; of a SAS token, all but what says what it may do, where and how long: a reader needs to see that."""
    if len(value) > LONGEST:
        return (value[: LONGEST // 2], value[-LONGEST // 2 :])
    if not _SAS.search(value):
        return (value,)
    return tuple(part for part in _SAS_SEPARATOR.split(value) if not _SAS_PUBLIC.fullmatch(part))


def forms(value: str) -> set[str]:
    """The encodings under which a secret may turn up: raw, URL, JSON, XML, base64, line by line, and what it wraps."""
    raw = {value, value.strip()}
    for line in value.splitlines():
        raw.add(line.strip())
    if "%" in value:
        raw.add(unquote(value))
    for wrapped in _wrapped(value):
        raw.add(wrapped)
    found: set[str] = set()
    for form in raw:
        if len(form) < SHORTEST:
            continue
        quoted = quote(form, safe="")
        found |= {form, quoted, quote(form), quote_plus(form), re.sub(r"%[0-9A-F]{2}", lambda m: m[0].lower(), quoted)}
        found |= {json.dumps(form)[1:-1], json.dumps(form, ensure_ascii=False)[1:-1]}
        found.add(form.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"))
        found.add(form.replace("&", "\\u0026"))
        data = form.encode("utf-8", "surrogatepass")
        # Base64 shows a text in three ways, by where in a triple it begins: keep the bytes that do not depend on neighbours.
        for shift in range(3):
            encoded = base64.b64encode(b"\0" * shift + data).decode()
            core = encoded[(0, 2, 3)[shift] :].rstrip("=")
            core = core[:-1] if len(data) % 3 else core
            found |= {core, core.replace("+", "-").replace("/", "_")}
    return {form for form in found if form}


def _wrapped(value: str) -> Iterable[str]:
    """The secret parts of a credential that is itself a container: a SAS token, a service-account key."""
    for match in re.finditer(r"(?i)(?:^|[?&]|u0026|&amp;|%26)sig(?:=|%3D)([^&\s]+)", value):
        yield match[1]
        yield unquote(match[1])
    for text in _decoded(value):
        for match in re.finditer(r"-----BEGIN [A-Z ]+-----(.*?)(?:-----END|\Z)", text, re.DOTALL):
            body = match[1].replace("\\n", "\n")
            yield body.strip()
            yield from (line.strip() for line in body.splitlines() if len(line.strip()) >= WINDOW)
        for match in re.finditer(r'"(?:refresh_token|client_secret|private_key_id)"\s*:\s*"([^"]+)"', text):
            yield match[1]


def _decoded(value: str) -> Iterable[str]:
    yield value
    text = value
    for _ in range(2):  # once, and once more for what was encoded twice
        compact = re.sub(r"[\s\"']", "", text)
        if len(compact) < 64 or not re.fullmatch(r"[A-Za-z0-9+/=_-]+", compact):
            return
        try:
            data = base64.b64decode(compact.replace("-", "+").replace("_", "/") + "===")
        except (binascii.Error, ValueError):
            return
        text = data.decode("utf-8", "replace")
        yield text


class RedactingFilter(logging.Filter):
    """Passes every log record, formatted arguments and traceback included, through the redactor."""

    def __init__(self, redactor: Redactor) -> None:
        super().__init__()
        self._redactor = redactor

    def filter(self, record: logging.LogRecord) -> bool:
        """Mask in place; nothing is dropped."""
        record.msg = self._redactor.text(record.getMessage())
        record.args = None
        if record.exc_info and record.exc_info[0] is not None:
            record.exc_text = self._redactor.text(logging.Formatter().formatException(record.exc_info))
            record.exc_info = None
        return True
