"""What stands before every route of the HTTP service: who may come in, how much they may bring, and how many at a time."""

from __future__ import annotations

import asyncio
import hmac
import ipaddress
import json
import logging
import threading
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from http import HTTPStatus
from typing import Any, Final

from validator.checking.assemble import Settings
from validator.core.redaction import Redactor, traced
from validator.core.terminal_text import visible
from validator.core.values import Dataclass, field

log = logging.getLogger("validator.service.app")

HEADERS: Final = (
    (
        b"content-security-policy",
        (
            b"default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
            b"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        ),
    ),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
)
GUARDED: Final = ("/v1/checks", "/v1/lint", "/v1/diagnose", "/v1/policy", "/v1/sweep")
"""Routes that take a body."""
LOGGED: Final = frozenset(
    {*GUARDED, "/", "/docs", "/findings", "/healthz", "/metrics", "/openapi.json", "/v1/findings", "/v1/types"}
)
"""Paths that a log line may hold, beside the parts of the page: any other may hold anything."""

Scope = MutableMapping[str, Any]
Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]


class ServiceSettings(Dataclass):
    """How the service guards itself."""

    token: str = field(repr=False)
    """Bearer token asked for on ``/v1/*``."""
    hosts: frozenset[str] = frozenset({"localhost"})
    """Names by which the service may be addressed, besides IP addresses: any other is a rebinding name."""
    body_limit: int = 256 * 1024
    """Bytes: fifty destinations, or an order with a large geometry. Reading a hostile text takes seconds for each MiB."""
    body_seconds: float = 10.0
    """A body must have arrived whole within this time."""
    request_seconds: float = 180.0
    """All destinations of one request: what is not done by then is asked to stop and clean up."""
    in_flight: int = 32
    """Requests that are being checked at a time, all clients together."""
    in_flight_each: int = 8
    """The same for one client address."""
    reading: int = 32
    """Bodies that are being received, read or linted at a time, all clients together."""
    reading_each: int = 8
    """The same for one client address."""
    destinations: int = 50
    """Destinations in one request."""
    parameters: int = 100
    """Parameters, or problems, of one destination: far more than any type has."""
    check: Settings = field(default_factory=lambda: Settings(jobs=8))


class Problem(Exception):
    """An error as an RFC 9457 problem document."""

    def __init__(self, status: int, detail: str, *, headers: Mapping[str, str] | None = None, **more: Any) -> None:
        super().__init__(detail)
        self.status = status
        self.headers = dict(headers or {})
        document = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail, **more}
        # What is wrong with a body may quote a name in it, and a secret may stand in a name's place.
        redactor = Redactor()
        self.document = {key: _shown(redactor, value) for key, value in document.items()}


def _shown(redactor: Redactor, value: Any) -> Any:
    if isinstance(value, list):
        return [_shown(redactor, each) for each in value]
    return visible(redactor.source(value)) if isinstance(value, str) else value


class ConcurrencyLimiter:
    """So many at a time, all together and for each client."""

    def __init__(self, together: int, each: int, what: str) -> None:
        self._together = together
        self._each = each
        self._what = what
        self._lock = threading.Lock()
        self._inside: Counter[str] = Counter()

    def enter(self, client: str) -> Callable[[], None]:
        """Take a place; what is returned gives it back, once. Raises Problem 429 when there is none."""
        with self._lock:
            if self._inside[client] >= self._each or self._inside.total() >= self._together:
                raise Problem(429, f"Too many {self._what} at a time. Try again shortly.", headers={"retry-after": "5"})
            self._inside[client] += 1
        taken = [client]

        def leave() -> None:
            with self._lock:  # who has read and who has answered may be two threads
                while taken:
                    self._inside[taken.pop()] -= 1
                    if not self._inside[client]:
                        del self._inside[client]  # or every address that ever asked would be remembered

        return leave

    def inside(self) -> int:
        """How many there are."""
        with self._lock:
            return self._inside.total()


def client_of(scope: Scope) -> str:
    """Whom a request is counted for: its address; of IPv6 the network, which is one customer's."""
    return client_network((scope.get("client") or ("unknown", 0))[0])


def client_network(address: str) -> str:
    """Whom an address stands for: of IPv6, a client has a whole /64."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return str(address)
    return str(ipaddress.ip_network((ip, 64), strict=False)) if ip.version == 6 else str(ip)


class RequestGuard:
    """Before any route: Host, Origin, token, the body's size and its time. After it: the security headers, and no traceback."""

    def __init__(
        self, app: Application, settings: ServiceSettings, refused: Callable[[int], None], known: frozenset[str] = frozenset()
    ) -> None:
        self.app = app
        self.known = LOGGED | known
        self.settings = settings
        self.refused = refused
        self.limiter = ConcurrencyLimiter(settings.reading, settings.reading_each, "requests are being read")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = time.monotonic()
        status = 0

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message = {**message, "headers": [*message.get("headers", ()), *HEADERS]}
                if status >= 400:
                    self.refused(status)
            await send(message)

        leave: Callable[[], None] = lambda: None  # noqa: E731 - until there is a place to give back
        try:
            headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
            self._judge(scope, headers)
            if scope["path"] in GUARDED and scope["method"] == "POST":
                leave = self.limiter.enter(client_of(scope))
                body = await self._body(headers, receive)
                scope["validator.leave"] = leave  # the place is for reading: whoever has read may give it back
            else:
                body = b""
            await self.app(scope, _replay(body, receive), sending)
        except Problem as error:
            await _answer(error, sending)
        except Exception as error:  # noqa: BLE001 - its text may hold what was submitted: it ends here
            log.error("unexpected: %s", traced(error))  # noqa: TRY400 - its kind and its places, for the same reason
            if not status:
                await _answer(Problem(500, "An unexpected fault of this service."), sending)
        finally:
            leave()
        log.info(
            "%s %s %d %.0f ms",
            scope["method"] if scope["method"] in ("GET", "HEAD", "POST") else "other",
            scope["path"] if scope["path"] in self.known else "other",
            status,
            (time.monotonic() - started) * 1000,
        )

    def _judge(self, scope: Scope, headers: Mapping[str, str]) -> None:
        names = [name.lower() for name, _ in scope["headers"]]
        if names.count(b"content-length") + names.count(b"transfer-encoding") > 1:
            # Whoever stands before this service may have believed the other one: the rest may be another's request.
            raise Problem(400, "A request says once how long it is: by Content-Length, or by Transfer-Encoding.")
        host = headers.get("host", "")
        if not self._known(host):
            raise Problem(421, "This service is not known by that host name. --allowed-host adds one.")
        origin = headers.get("origin")
        if origin is not None and scope["method"] not in ("GET", "HEAD") and origin.partition("://")[2] != host:
            raise Problem(403, "Requests from other sites' pages are refused.")
        if scope["path"].startswith("/v1/"):
            scheme, _, token = headers.get("authorization", "").partition(" ")
            right = hmac.compare_digest(token.strip().encode(), self.settings.token.encode())
            if scheme.lower() != "bearer" or not right:
                raise Problem(401, "A bearer token is required.", headers={"www-authenticate": "Bearer"})

    def _known(self, host: str) -> bool:
        name = host.partition("]")[0] + "]" if host.startswith("[") else host.partition(":")[0]
        if name.lower() in self.settings.hosts:
            return True
        try:
            # A page of another site comes under that site's name, never under an address; health checks come under one.
            ipaddress.ip_address(name.strip("[]"))
        except ValueError:
            return False
        return True

    async def _body(self, headers: Mapping[str, str], receive: Receive) -> bytes:
        too_large = Problem(413, f"A body may hold {self.settings.body_limit:,} bytes.")
        length = headers.get("content-length", "0")
        if not length.isascii() or not length.isdigit() or len(length) > 18 or int(length) > self.settings.body_limit:
            raise too_large
        if headers.get("content-encoding", "identity") != "identity":
            raise Problem(415, "Send the body as it is, without a content encoding.")
        parts: list[bytes] = []
        size = 0
        try:
            async with asyncio.timeout(self.settings.body_seconds):
                while True:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        raise Problem(400, "The connection ended before the body.")
                    parts.append(message.get("body", b""))
                    size += len(parts[-1])
                    if size > self.settings.body_limit:
                        raise too_large
                    if not message.get("more_body"):
                        break
        except TimeoutError:
            raise Problem(408, "The body did not arrive in time.") from None
        return b"".join(parts)


def _replay(body: bytes, receive: Receive) -> Receive:
    begun = False

    async def replay() -> Message:
        nonlocal begun
        if not begun:
            begun = True
            return {"type": "http.request", "body": body, "more_body": False}
        return await receive()

    return replay


async def _answer(error: Problem, send: Send) -> None:
    body = json.dumps(error.document).encode()
    headers = [
        (b"content-type", b"application/problem+json"),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),  # what is left of a body is not read
    ]
    headers += [(name.encode(), value.encode()) for name, value in error.headers.items()]
    await send({"type": "http.response.start", "status": error.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
