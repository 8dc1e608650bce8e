"""The encodings under which a secret may turn up in what is printed: what tests search output for."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qs, quote, quote_plus, unquote

from tests.support.conformance.case import Case

SHORTEST = 6
WINDOW = 10


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


def dressed(secret: str) -> dict[str, str]:
    """A secret in every dress in which an answer may repeat it, by the dress's name."""
    data = secret.encode()
    once = quote(secret, safe="")
    return {
        "raw": secret,
        "url": once,
        "url, lower case": re.sub("%..", lambda match: match[0].lower(), once),
        "url twice": quote(once, safe=""),
        "url, every byte": "".join(f"%{byte:02X}" for byte in data),
        "form": quote_plus(secret),
        "json": json.dumps(secret)[1:-1],
        "json in json": json.dumps(json.dumps(secret))[1:-1],
        "json, every character": "".join(f"\\u{ord(each):04x}" for each in secret),
        "json pointer": secret.replace("~", "~0").replace("/", "~1"),
        "python bytes": "".join(f"\\x{byte:02x}" for byte in data),
        "xml": "".join(
            {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;", "+": "&#43;"}.get(each, each)
            for each in secret
        ),
        "xml, decimal": "".join(f"&#{ord(each)};" for each in secret),
        "xml, hexadecimal": "".join(f"&#x{ord(each):X};" for each in secret),
        "upper case": secret.upper(),
        "lower case": secret.lower(),
        "blanks": " ".join(secret),
        "lines": "\r\n".join(secret[place : place + 4] for place in range(0, len(secret), 4)),
        "zero-width": "\u200b".join(secret),
        "base64": base64.b64encode(data).decode(),
        "base64, second alignment": base64.b64encode(b"u:" + data + b":").decode(),
        "base64, third alignment": base64.b64encode(b"me@host:" + data + b"\n").decode(),
        "base64 for addresses": base64.urlsafe_b64encode(data).decode().rstrip("="),
        "base64 in lines": "\n".join(re.findall(".{1,8}", base64.b64encode(data).decode())),
        "base64 twice": base64.b64encode(base64.b64encode(data)).decode(),
        "base64 of url": base64.b64encode(once.encode()).decode(),
        "url of base64": quote(base64.b64encode(data).decode(), safe=""),
        "hexadecimal": data.hex(),
        "hexadecimal, upper case": data.hex().upper(),
        "hexadecimal with colons": data.hex(":"),
        "hexadecimal with blanks": data.hex(" "),
        "hexadecimal bytes": ", ".join(f"0x{byte:02x}" for byte in data),
        "hexadecimal of base64": base64.b64encode(data).hex(),
    }


@lru_cache(maxsize=64)
def stretches(secret: str) -> tuple[tuple[str, str, int, tuple[str, ...]], ...]:
    """Of each dress: its name, what it looks like without blanks, how long a stretch of it tells, and parts of which a stretch holds one.

    Kept for the secrets of a test, each of which is searched for in many texts.
    """
    made = []
    for name, dress in dressed(secret).items():
        form = re.sub(r"[\s\u200b]", "", dress).lower()
        least = {"hexadecimal": 2, "base64 ": 1}.get(name.partition(",")[0], 1) * WINDOW
        if name.startswith(("url, every", "json, every", "python", "xml, d", "xml, h", "hexadecimal")):
            least = 6 * WINDOW if "every character" in name or "xml" in name else 4 * WINDOW
        elif "base64" in name:
            least = 2 * WINDOW
        size = min(least, len(form) - 4 if "alignment" in name else len(form))
        # The alignments hold what stands around the secret as well: their middle is the secret's.
        skipped = 4 if "alignment" in name else 0
        form = form[skipped : len(form) - skipped] if skipped else form
        size = min(size, len(form))
        # Whatever is as long as a stretch holds a whole one of these parts: a text that has none of them has no stretch.
        part = max(1, (size + 1) // 2)
        parts = tuple(form[place : place + part] for place in range(0, len(form) - part + 1, part)) if size > 1 else ("",)
        made.append((name, form, size, parts))
    return tuple(made)


def repeats(text: str, secret: str) -> str:
    """The name of the dress in which a text still repeats a secret, or ten characters in a row of it; empty if in none."""
    plain = "".join(text.split()).replace("\u200b", "").lower()
    for name, form, size, parts in stretches(secret):
        if not any(each in plain for each in parts):
            continue
        if any(form[place : place + size] in plain for place in range(max(1, len(form) - size + 1))):
            return name
    return ""


def secrets_of(case: Case, source: Mapping[str, Any]) -> Iterator[str]:
    """The secrets of the case's source that can be repeated: of a key file its key."""
    for each in case.secrets:
        if "sig=" in each:
            yield parse_qs(each)["sig"][0]
    if "credentials" in source["parameters"]:
        key = json.loads(base64.b64decode(source["parameters"]["credentials"]))["private_key"]
        yield key.splitlines()[3]
