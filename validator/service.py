"""HTTP over check(): built as something that will be attacked, because it takes other people's credentials."""

from __future__ import annotations

import asyncio
import hmac
import json
import logging
import secrets
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

from validator import __version__, catalog
from validator._service_schema import OPENAPI_RESPONSES, describe
from validator.bounds import Stop
from validator.check import Settings, check, lint
from validator.formats import render
from validator.load import Loaded, References, load_text
from validator.model import BadSource, DestinationReport, MissingExtra, Report, Step
from validator.providers import BUILT_IN, find
from validator.providers import types as known_types
from validator.providers.base import declared, required

if TYPE_CHECKING:
    from fastapi import FastAPI

log = logging.getLogger("validator.service")

MEBIBYTE: Final = 1024 * 1024
PAGE: Final[Mapping[str, tuple[str, str]]] = {
    "/": ("index.html", "text/html; charset=utf-8"),
    "/app.js": ("app.js", "text/javascript; charset=utf-8"),
    "/app.css": ("app.css", "text/css; charset=utf-8"),
}
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
FORMAT_OF: Final = {
    "application/json": ".json",
    "application/yaml": ".yaml",
    "application/x-yaml": ".yaml",
    "text/yaml": ".yaml",
    "application/toml": ".toml",
}

Scope = dict[str, Any]
Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class ServiceSettings:
    """How the service guards itself."""

    token: str
    """Bearer token asked for on ``/v1/*``."""
    hosts: frozenset[str] = frozenset({"127.0.0.1", "localhost", "[::1]"})
    """Names by which the service may be addressed: anything else is a rebinding name."""
    body_limit: int = MEBIBYTE
    """Bytes."""
    body_seconds: float = 10.0
    """A body must have arrived whole within this time."""
    in_flight: int = 32
    """Requests that are being checked at a time, all clients together."""
    in_flight_each: int = 8
    """The same for one client address."""
    destinations: int = 50
    """Destinations in one request."""
    check: Settings = field(default_factory=lambda: Settings(jobs=8))


class Problem(Exception):
    """An error as an RFC 9457 problem document."""

    def __init__(self, status: int, detail: str, *, headers: Mapping[str, str] | None = None, **more: Any) -> None:
        super().__init__(detail)
        self.status = status
        self.headers = dict(headers or {})
        self.document = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail, **more}


class Metrics:
    """Prometheus metrics of this process. Every label comes from a closed list, never from a request."""

    def __init__(self) -> None:
        from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

        self.registry = CollectorRegistry()
        self.checks = Counter("planet_validator_checks", "Destinations checked.", ["type", "verdict"], registry=self.registry)
        self.findings = Counter("planet_validator_findings", "Findings of checks.", ["finding"], registry=self.registry)
        self.seconds = Histogram(
            "planet_validator_check_seconds",
            "Time of one destination's check.",
            ["type"],
            buckets=(0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60),
            registry=self.registry,
        )
        self.in_flight = Gauge("planet_validator_in_flight", "Requests being checked now.", registry=self.registry)
        self.refused = Counter(
            "planet_validator_refused", "Requests refused, by HTTP status.", ["status"], registry=self.registry
        )

    def count(self, report: Report) -> None:
        """Add one report."""
        for each in report.destinations:
            known = each.type if each.type in BUILT_IN else "other"
            self.checks.labels(known, each.verdict.value).inc()
            self.seconds.labels(known).observe(each.duration_ms / 1000)
            for finding in each.findings:
                self.findings.labels(finding.name).inc()

    def text(self) -> bytes:
        """The exposition format."""
        from prometheus_client import generate_latest

        return generate_latest(self.registry)


class Desk:
    """Runs checks in threads, so many at a time; a check that was begun is always finished, its delete included."""

    def __init__(self, settings: ServiceSettings, metrics: Metrics) -> None:
        self.settings = settings
        self.metrics = metrics
        self.stop = Stop()
        self._pool = ThreadPoolExecutor(max_workers=settings.in_flight, thread_name_prefix="check")
        self._lock = threading.Lock()
        self._each: Counter[str] = Counter()

    def enter(self, client: str) -> None:
        """Take a place. Raises Problem 429 when there is none."""
        with self._lock:
            if self._each[client] >= self.settings.in_flight_each or self._each.total() >= self.settings.in_flight:
                raise Problem(429, "Too many checks are under way. Try again shortly.", headers={"retry-after": "5"})
            self._each[client] += 1
        self.metrics.in_flight.inc()

    def leave(self, client: str) -> None:
        """Give the place back."""
        with self._lock:
            self._each[client] -= 1
            if not self._each[client]:
                del self._each[client]
        self.metrics.in_flight.dec()

    def run(
        self, client: str, loaded: Loaded, watch: Callable[[int, Step | DestinationReport], None] | None = None
    ) -> asyncio.Future[Report]:
        """Check in a thread of its own. The place is given back when the check ends, not when its client leaves."""

        def work() -> Report:
            try:
                report = check(loaded, self.settings.check, stop=self.stop, watch=watch)
                self.metrics.count(report)
                return report
            finally:
                self.leave(client)

        return asyncio.get_running_loop().run_in_executor(self._pool, work)

    def close(self) -> None:
        """Ask what is running to stop and clean up, and wait for it."""
        self.stop.request()
        self._pool.shutdown(wait=True)


def create_app(settings: ServiceSettings) -> FastAPI:  # noqa: PLR0915 - a list of routes, each short
    """The ASGI application. Raises MissingExtra without the extra ``[service]``."""
    try:
        from fastapi import FastAPI, Request
        from fastapi.responses import JSONResponse, Response, StreamingResponse
        from starlette.exceptions import HTTPException
    except ModuleNotFoundError as error:
        raise MissingExtra("the HTTP service needs an extra: pip install 'planet-validator[service]'") from error

    metrics = Metrics()
    desk = Desk(settings, metrics)

    @asynccontextmanager
    async def lifespan(_: Any) -> AsyncIterator[None]:
        yield
        await asyncio.get_running_loop().run_in_executor(None, desk.close)

    app = FastAPI(
        title="planet-validator",
        version=__version__,
        summary="Checks the credentials of Planet destinations before they are submitted.",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
    )
    app.state.desk = desk

    def problem(status: int, document: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Response:
        metrics.refused.labels(str(status)).inc()
        return JSONResponse(dict(document), status, dict(headers or {}), media_type="application/problem+json")

    @app.exception_handler(Problem)
    async def _problem(_: Request, error: Problem) -> Response:
        return problem(error.status, error.document, error.headers)

    @app.exception_handler(HTTPException)
    async def _http(_: Request, error: HTTPException) -> Response:
        made = Problem(error.status_code, str(error.detail))
        return problem(made.status, made.document, error.headers)

    @app.exception_handler(Exception)
    async def _unexpected(_: Request, error: Exception) -> Response:
        # The text of an exception may hold what was submitted: only its kind is logged, nothing of it is answered.
        log.error("unexpected %s", type(error).__name__)
        return problem(500, Problem(500, "An unexpected fault of this service.").document)

    async def submitted(request: Request) -> Loaded:
        kind = request.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
        suffix = FORMAT_OF.get(kind)
        if suffix is None:
            raise Problem(415, f"Send one of {', '.join(sorted(FORMAT_OF))}.")
        try:
            text = (await request.body()).decode("utf-8")
            loaded = load_text(text, suffix, references=References.none())
        except UnicodeDecodeError:
            raise Problem(400, "The body is not UTF-8 text.") from None
        except BadSource as error:
            raise Problem(400, "The body holds no destination that can be read.", errors=list(error.problems)) from None
        if len(loaded.destinations) > settings.destinations:
            raise Problem(400, f"{len(loaded.destinations)} destinations; at most {settings.destinations} in one request.")
        return loaded

    def client(request: Request) -> str:
        return request.client.host if request.client else "unknown"

    @app.post("/v1/checks", **describe("checks"))
    async def checks(request: Request) -> Response:
        loaded = await submitted(request)
        who = client(request)
        desk.enter(who)
        if "text/event-stream" in request.headers.get("accept", ""):
            return StreamingResponse(_stream(desk, who, loaded), media_type="text/event-stream")
        report = await desk.run(who, loaded)
        return Response(render("json", report), media_type="application/json")

    @app.post("/v1/lint", **describe("lint"))
    async def lints(request: Request) -> Response:
        loaded = await submitted(request)
        report = await asyncio.get_running_loop().run_in_executor(None, lint, loaded, settings.check)
        return Response(render("json", report), media_type="application/json")

    @app.get("/v1/findings", **describe("findings"))
    async def findings() -> Response:
        return JSONResponse({"findings": [_entry(name) for name in catalog.FINDINGS]})

    @app.get("/v1/findings/{name}", **describe("finding"))
    async def finding(name: str) -> Response:
        if name not in catalog.FINDINGS:
            raise Problem(404, "There is no finding of that name.")
        return JSONResponse(_entry(name))

    @app.get("/v1/types", **describe("types"))
    async def types() -> Response:
        return JSONResponse({"types": [_type(name) for name in known_types()]})

    @app.get("/healthz", **describe("healthz"))
    async def healthz() -> Response:
        return JSONResponse({"status": "ok", "version": __version__})

    @app.get("/metrics", **describe("metrics"))
    async def exposition() -> Response:
        return Response(metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")

    for path, (name, media_type) in PAGE.items():
        app.add_api_route(path, _page(name, media_type), methods=["GET"], include_in_schema=False)
    app.router.responses = dict(OPENAPI_RESPONSES)
    app.add_middleware(_Door, settings=settings)
    return app


def _page(name: str, media_type: str) -> Callable[[], Awaitable[Any]]:
    from fastapi.responses import Response

    body = files("validator").joinpath("web", name).read_bytes()

    async def page() -> Response:
        return Response(body, media_type=media_type)

    return page


def _entry(name: str) -> dict[str, str]:
    entry = catalog.entry(name)
    return {
        "name": entry.name,
        "area": entry.area,
        "severity": entry.severity.value,
        "title": entry.title,
        "why": entry.why,
        "fix": entry.fix,
        "docs_url": f"{catalog.DOCS}{name}/",
    }


def _type(name: str) -> dict[str, Any]:
    """What a form needs to know of a type, from the declaration that also makes the schema and the parser."""
    provider = find(name)
    if provider is None:
        raise LookupError(name)
    return {
        "type": name,
        "title": name.replace("_", " "),
        "parameters": [
            {
                "name": each.name,
                "help": each.metadata["help"],
                "kind": each.metadata["kind"],
                "example": each.metadata["example"],
                "required": required(each),
                "default": None if required(each) else each.default,
            }
            for each in declared(provider.Parameters)
        ],
    }


async def _stream(desk: Desk, client: str, loaded: Loaded) -> AsyncIterator[bytes]:
    """Server-sent events: ``step`` for each step as it happens, then ``report``. A client that leaves changes nothing."""
    from validator.formats.json import step as step_document

    loop = asyncio.get_running_loop()
    events: asyncio.Queue[tuple[int, Step]] = asyncio.Queue()

    def watch(index: int, event: Step | DestinationReport) -> None:
        if isinstance(event, Step):
            loop.call_soon_threadsafe(events.put_nowait, (index, event))

    running = desk.run(client, loaded, watch)
    while not (running.done() and events.empty()):
        try:
            index, step = await asyncio.wait_for(events.get(), 0.05 if running.done() else 0.5)
        except TimeoutError:
            continue
        yield _event("step", json.dumps({"destination": index, **step_document(step)}))
    yield _event("report", json.dumps(json.loads(render("json", await running))))


def _event(name: str, data: str) -> bytes:
    return f"event: {name}\ndata: {data}\n\n".encode()


class _Door:
    """Before any route: Host, Origin, token, the body's size and its time. After it: the security headers."""

    def __init__(self, app: Application, settings: ServiceSettings) -> None:
        self.app = app
        self.settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
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
            await send(message)

        try:
            headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
            self._judge(scope, headers)
            body = await self._body(scope, headers, receive)
        except Problem as error:
            await _answer(error, sending)
        else:
            await self.app(scope, _replay(body, receive), sending)
        # Only what is known beforehand: a path may hold anything.
        path = (
            scope["path"]
            if scope["path"] in PAGE or scope["path"] in ("/v1/checks", "/v1/lint", "/healthz", "/metrics")
            else "other"
        )
        log.info(
            "%s %s %d %.0f ms",
            scope["method"] if scope["method"].isalpha() else "?",
            path,
            status,
            (time.monotonic() - started) * 1000,
        )

    def _judge(self, scope: Scope, headers: Mapping[str, str]) -> None:
        host = headers.get("host", "")
        if _hostname(host) not in self.settings.hosts:
            raise Problem(421, "This service is not known by that host name.")
        origin = headers.get("origin")
        if origin is not None and scope["method"] not in ("GET", "HEAD") and origin.partition("://")[2] != host:
            raise Problem(403, "Requests from other sites' pages are refused.")
        if scope["path"].startswith("/v1/"):
            given = headers.get("authorization", "")
            wanted = f"Bearer {self.settings.token}"
            if not hmac.compare_digest(given.encode(), wanted.encode()):
                raise Problem(401, "A bearer token is required.", headers={"www-authenticate": "Bearer"})

    async def _body(self, scope: Scope, headers: Mapping[str, str], receive: Receive) -> bytes:
        if scope["method"] in ("GET", "HEAD"):
            return b""
        too_large = Problem(413, f"A body may hold {self.settings.body_limit} bytes.")
        length = headers.get("content-length", "0")
        if not length.isdigit() or int(length) > self.settings.body_limit:
            raise too_large
        parts: list[bytes] = []
        size = 0
        try:
            async with asyncio.timeout(self.settings.body_seconds):
                while True:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        break
                    parts.append(message.get("body", b""))
                    size += len(parts[-1])
                    if size > self.settings.body_limit:
                        raise too_large
                    if not message.get("more_body"):
                        break
        except TimeoutError:
            raise Problem(408, "The body did not arrive in time.") from None
        return b"".join(parts)


def _hostname(host: str) -> str:
    if host.startswith("["):
        return host.partition("]")[0] + "]"
    return host.partition(":")[0].lower()


def _replay(body: bytes, receive: Receive) -> Receive:
    given = False

    async def replay() -> Message:
        nonlocal given
        if not given:
            given = True
            return {"type": "http.request", "body": body, "more_body": False}
        return await receive()

    return replay


async def _answer(error: Problem, send: Send) -> None:
    body = json.dumps(error.document).encode()
    headers = [
        (b"content-type", b"application/problem+json"),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
    ]
    headers += [(name.encode(), value.encode()) for name, value in error.headers.items()]
    await send({"type": "http.response.start", "status": error.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def new_token() -> str:
    """A token for one run of the service: 256 bits."""
    return secrets.token_urlsafe(32)
