"""HTTP over check(): built as something that will be attacked, because it takes other people's credentials."""

# Annotations are evaluated here: FastAPI reads those of the routes, whose types are imported inside create_app.

import asyncio
import json
import logging
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

from validator.checking.assemble import lint
from validator.core import catalog
from validator.core.model import BadSource, DestinationReport, MissingExtra, Report, Step, ValidatorError
from validator.core.version import __version__
from validator.formats import render
from validator.providers import find
from validator.providers import types as known_types
from validator.providers.base import declared, required
from validator.service.executor import Desk, Metrics
from validator.service.middleware import Door, Problem, ServiceSettings, client_of
from validator.service.openapi import complete, describe
from validator.sources.loader import Loaded, References, load_text

if TYPE_CHECKING:
    from fastapi import FastAPI

__all__ = ["Problem", "ServiceSettings", "create_app", "new_token"]

log = logging.getLogger("validator.service.app")

PAGE: Final[Mapping[str, tuple[str, str]]] = {
    "/": ("index.html", "text/html; charset=utf-8"),
    "/app.js": ("app.js", "text/javascript; charset=utf-8"),
    "/source.js": ("source.js", "text/javascript; charset=utf-8"),
    "/app.css": ("app.css", "text/css; charset=utf-8"),
}
FORMAT_OF: Final = {
    "application/json": ".json",
    "application/yaml": ".yaml",
    "application/x-yaml": ".yaml",
    "text/yaml": ".yaml",
    "application/toml": ".toml",
}
HEARTBEAT: Final = 15.0
"""Seconds after which a stream that has nothing to say says so: proxies close what is silent."""


def create_app(settings: ServiceSettings) -> "FastAPI":
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
        redirect_slashes=False,
    )
    app.state.desk = desk
    bare = app.openapi
    app.openapi = cache(lambda: complete(bare()))  # type: ignore[method-assign]  # FastAPI's own way to add to it

    def problem(error: Problem) -> Response:
        return JSONResponse(error.document, error.status, error.headers, media_type="application/problem+json")

    @app.exception_handler(Problem)
    async def _problem(_: Request, error: Problem) -> Response:
        return problem(error)

    @app.exception_handler(HTTPException)
    async def _http(_: Request, error: HTTPException) -> Response:
        return problem(Problem(error.status_code, str(error.detail), headers=error.headers))

    async def submitted(request: Request) -> Loaded:
        kind = request.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
        suffix = FORMAT_OF.get(kind)
        if suffix is None:
            raise Problem(415, f"Send one of {', '.join(sorted(FORMAT_OF))}.")
        body = await request.body()
        return await desk.read(lambda: _read(body, suffix, settings))

    @app.post("/v1/checks", **describe("checks"))
    async def checks(request: Request) -> Response:
        loaded = await submitted(request)
        request.scope["validator.leave"]()
        if "text/event-stream" in request.headers.get("accept", ""):
            # Begun here, not when the first byte is sent: a client that has gone by then has still asked for it.
            events = _begin(desk, client_of(request.scope), loaded)
            return StreamingResponse(events, media_type="text/event-stream", headers={"x-accel-buffering": "no"})
        try:
            report = await desk.run(client_of(request.scope), loaded)
        except ValidatorError as error:
            raise Problem(400, str(error)) from None
        return Response(render("json", report), media_type="application/json")

    @app.post("/v1/lint", **describe("lint"))
    async def lints(request: Request) -> Response:
        loaded = await submitted(request)
        try:
            text = await desk.read(lambda: render("json", lint(loaded, settings.check)))
        except ValidatorError as error:
            raise Problem(400, str(error)) from None
        return Response(text, media_type="application/json")

    @app.get("/v1/findings", **describe("findings"))
    async def findings() -> Response:
        return JSONResponse({"findings": [_entry(each.name) for each in catalog.by_area()]})

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

    _add_diagnose(app, desk)
    _add_pages(app)
    app.add_middleware(Door, settings=settings, refused=metrics.refused)
    return app


def _read(body: bytes, suffix: str, settings: ServiceSettings) -> Loaded:
    """The destinations of a body; nothing that it refers to is resolved. Raises Problem."""
    try:
        loaded = load_text(body.decode("utf-8"), suffix, references=References.none())
    except UnicodeDecodeError:
        raise Problem(400, "The body is not UTF-8 text.") from None
    except BadSource as error:
        raise Problem(400, "The body holds no destination that can be read.", errors=list(error.problems)) from None
    if len(loaded.destinations) > settings.destinations:
        raise Problem(400, f"{len(loaded.destinations)} destinations; at most {settings.destinations} in one request.")
    if any(
        len(each.parameters) > settings.parameters or len(each.problems) > settings.parameters for each in loaded.destinations
    ):
        raise Problem(400, f"A destination has more than {settings.parameters} parameters; no type has nearly as many.")
    return loaded


def _diagnose(body: bytes, kind: str) -> dict[str, Any]:
    """What the answers in a text mean. Raises Problem."""
    from validator.diagnosing.diagnosis import diagnose, documents

    told: object = {"text": body.decode("utf-8", "replace")}
    if kind == "application/json":
        try:
            told = json.loads(body)
        except (ValueError, RecursionError):
            raise Problem(400, "The body is not JSON.") from None
    elif kind != "text/plain":
        raise Problem(415, "Send text/plain, or application/json with text and type.")
    text, type_ = (told.get("text"), told.get("type")) if isinstance(told, dict) else (None, None)
    if not isinstance(text, str) or not (type_ is None or isinstance(type_, str)):
        raise Problem(400, 'Send {"text": "...", "type": "..."}; the type may be left out.')
    try:
        found = diagnose(text, type=type_ or None)
    except ValidatorError as error:
        raise Problem(400, str(error)) from None
    return {"answers": list(documents(found)), "cut": found.cut}


def _add_diagnose(app: "FastAPI", desk: Desk) -> None:
    from fastapi import Request
    from fastapi.responses import JSONResponse, Response

    @app.post("/v1/diagnose", **describe("diagnose"))
    async def diagnoses(request: Request) -> Response:
        kind = request.headers.get("content-type", "text/plain").partition(";")[0].strip().lower()
        body = await request.body()
        return JSONResponse(await desk.read(lambda: _diagnose(body, kind)))


def _add_pages(app: "FastAPI") -> None:
    for path, (name, media_type) in PAGE.items():
        app.add_api_route(path, _page(name, media_type), methods=["GET", "HEAD"], include_in_schema=False)


def _page(name: str, media_type: str) -> Callable[[], Awaitable[Any]]:
    from fastapi.responses import Response

    body = files("validator.service").joinpath("web", name).read_bytes()

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
        "why": entry.cause,
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
        "title": name.replace("_", " ").title(),
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


def _begin(desk: Desk, client: str, loaded: Loaded) -> AsyncIterator[bytes]:
    """Start a check; the server-sent events that tell of it. Raises Problem 429 when there is no place."""
    loop = asyncio.get_running_loop()
    events: asyncio.Queue[tuple[int, Step] | None] = asyncio.Queue()

    def watch(index: int, event: Step | DestinationReport) -> None:
        if isinstance(event, Step):
            loop.call_soon_threadsafe(events.put_nowait, (index, event))

    running = desk.run(client, loaded, watch)
    running.add_done_callback(lambda _: events.put_nowait(None))
    return _events(running, events)


async def _events(running: asyncio.Future[Report], events: asyncio.Queue[tuple[int, Step] | None]) -> AsyncIterator[bytes]:
    """``step`` for each step as it happens, then ``report``, or ``problem``. A client that leaves changes nothing."""
    from validator.formats.json import step as step_document

    while True:
        try:
            event = await asyncio.wait_for(events.get(), HEARTBEAT)
        except TimeoutError:
            yield b": under way\n\n"
            continue
        if event is None:
            break
        index, step = event
        yield _event("step", json.dumps({"destination": index, **step_document(step)}))
    try:
        report = running.result()
    except Exception as error:  # noqa: BLE001 - the answer has begun; its text may hold what was submitted
        log.error("unexpected %s", type(error).__name__)  # noqa: TRY400 - no traceback, for the same reason
        yield _event("problem", json.dumps(Problem(500, "An unexpected fault of this service.").document))
        return
    yield _event("report", json.dumps(json.loads(render("json", report))))


def _event(name: str, data: str) -> bytes:
    return f"event: {name}\ndata: {data}\n\n".encode()


def new_token() -> str:
    """A token for one run of the service: 256 bits."""
    return secrets.token_urlsafe(32)
