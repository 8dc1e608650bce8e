"""The requests to a memory store: one host, one key, bounded in time and size."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from validator.providers.base import Options

if TYPE_CHECKING:
    from validator.providers.memory.parameters import MemoryParameters

SIGN: Final = "memory-store"
"""A header of every answer that is the store's own: without it, something else has answered."""


@dataclass(slots=True)
class StoreError(Exception):
    """An answer that grants nothing."""

    status: int
    code: str
    message: str
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes = b""


class MemoryClient:
    """Speaks to one bucket. Raises StoreError, and what requests raises where no answer came."""

    def __init__(self, parameters: MemoryParameters, options: Options) -> None:
        # As an SDK is: loaded when a bucket is asked, not when the type is known.
        from validator.providers.common.bounded import session

        root = (options.endpoint or parameters.endpoint).rstrip("/")
        self._url = f"{root}/{quote(parameters.bucket, safe='')}"
        self._key = parameters.key
        self._options = options
        self._session = session(options.seconds)
        # Without this, requests would look into ~/.netrc and send what it finds there instead of the key.
        self._session.auth = lambda request: request

    def send(
        self, method: str, name: str = "", *, headers: Mapping[str, str] | None = None, query: str = "", body: bytes = b""
    ) -> Any:
        """Make one request; the answer is requests'. ``query``: the prefix of a list."""
        url = self._url + (f"/{quote(name)}" if name else "") + (f"?prefix={quote(query, safe='')}" if not name else "")
        headers = {**(headers or {}), "authorization": f"Bearer {self._key.reveal()}"}
        seconds = max(0.1, self._options.seconds())
        answer = self._session.request(
            method, url, headers=headers, data=body, timeout=(seconds, seconds), allow_redirects=False, verify=self._options.ca_bundle or True
        )  # fmt: skip
        fields = {each.lower(): value for each, value in answer.headers.items()}
        if answer.status_code >= 300 or SIGN not in fields:
            raise error_of(answer.status_code, fields, answer.content)
        return answer

    def close(self) -> None:
        """Close the connections."""
        self._session.close()


def error_of(status: int, headers: Mapping[str, str], body: bytes) -> StoreError:
    """The error of an answer: its JSON where it is the store's own."""
    import json

    try:
        document = json.loads(body) if SIGN in headers else {}
    except ValueError:
        document = {}
    document = document if isinstance(document, dict) else {}
    return StoreError(status, str(document.get("code", ""))[:80], str(document.get("message", ""))[:300], headers, body[:4096])
