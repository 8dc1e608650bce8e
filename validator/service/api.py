"""The routes of the service's interface: each reads its request, has the work done in a thread, and writes the answer."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from validator.checking.assemble import Settings, lint
from validator.core import catalog
from validator.core.errors import BadSource, ValidatorError
from validator.core.model import Report
from validator.core.version import __version__
from validator.fixing.repair import repairs
from validator.formats import render, view
from validator.formats.json import document as json_document
from validator.providers import find
from validator.providers import types as known_types
from validator.providers.base import declared, required
from validator.service.middleware import Problem, ServiceSettings, client_of
from validator.service.openapi import ROUTES
from validator.service.streaming import begin
from validator.sources.loader import Loaded, References, load_text

if TYPE_CHECKING:
    from starlette.requests import Request

    from validator.service.executor import CheckExecutor, Metrics

FORMAT_OF: Final = {
    "application/json": ".json",
    "application/yaml": ".yaml",
    "application/x-yaml": ".yaml",
    "text/yaml": ".yaml",
    "application/toml": ".toml",
}


LONGEST_PROGRAM: Final = 64 * 1024
"""Characters of a program, or of all code in a notebook: Python's own parser is one call, which no other thread comes between."""
LONGEST_VALUE: Final = 4096
"""Characters of what a grant is asked for."""


class Api:
    """One method for each route of ``openapi.ROUTES``, of the same name."""

    def __init__(self, settings: ServiceSettings, executor: CheckExecutor, metrics: Metrics) -> None:
        self.settings = settings
        self.executor = executor
        self.metrics = metrics

    def routes(self) -> list[Route]:
        """The routes, in the order of the OpenAPI document."""
        return [Route(each.path, getattr(self, each.name), methods=[each.method]) for each in ROUTES]

    async def checks(self, request: Request) -> Response:
        """``POST /v1/checks``."""
        loaded = await self._submitted(request)
        request.scope["validator.leave"]()
        client = client_of(request.scope)
        if "text/event-stream" in request.headers.get("accept", ""):
            # Begun here, not when the first byte is sent: a client that has gone by then has still asked for it.
            events = begin(self.executor, client, loaded, words=_for_page(request))
            return StreamingResponse(events, media_type="text/event-stream", headers={"x-accel-buffering": "no"})
        text = await self.executor.run(client, loaded, lambda report: render("json", report))
        return Response(text, media_type="application/json")

    async def lint(self, request: Request) -> Response:
        """``POST /v1/lint``."""
        loaded = await self._submitted(request)
        if _for_page(request):
            return JSONResponse(await self.executor.read(lambda: _shown(loaded, self.settings.check)))
        text = await self.executor.read(lambda: render("json", lint(loaded, self.settings.check)))
        return Response(text, media_type="application/json")

    async def sweep(self, request: Request) -> Response:
        """``POST /v1/sweep``: looks, and removes nothing."""
        loaded = await self._submitted(request)
        request.scope["validator.leave"]()
        rendering = _for_the_page if _for_page(request) else (lambda report: render("json", report))
        text = await self.executor.run(client_of(request.scope), loaded, rendering, looking=True)
        return Response(text, media_type="application/json")

    async def policy(self, request: Request) -> Response:
        """``POST /v1/policy``."""
        body = await request.body()
        return JSONResponse(await self.executor.read(lambda: _policy(body)))

    async def diagnose(self, request: Request) -> Response:
        """``POST /v1/diagnose``."""
        kind = _media_type(request, "text/plain")
        body = await request.body()
        return JSONResponse(await self.executor.read(lambda: _diagnose(body, kind)))

    async def findings(self, _: Request) -> Response:
        """``GET /v1/findings``."""
        return JSONResponse({"findings": [each.document() for each in catalog.by_area()]})

    async def finding(self, request: Request) -> Response:
        """``GET /v1/findings/{name}``."""
        name = request.path_params["name"]
        if name not in catalog.FINDINGS:
            raise Problem(404, "There is no finding of that name.")
        return JSONResponse(catalog.FINDINGS[name].document())

    async def types(self, _: Request) -> Response:
        """``GET /v1/types``."""
        return JSONResponse({"types": [_type(name) for name in known_types()]})

    async def healthz(self, _: Request) -> Response:
        """``GET /healthz``."""
        return JSONResponse({"status": "ok", "version": __version__})

    async def exposition(self, _: Request) -> Response:
        """``GET /metrics``."""
        return Response(self.metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")

    async def _submitted(self, request: Request) -> Loaded:
        suffix = FORMAT_OF.get(_media_type(request, "application/json"))
        if suffix is None:
            raise Problem(415, f"Send one of {', '.join(sorted(FORMAT_OF))}.")
        body = await request.body()
        return await self.executor.read(lambda: _read(body, suffix, self.settings))


def _for_page(request: Request) -> bool:
    """Whether the words of the page are asked for beside the report."""
    return request.query_params.get("view") == "page"


def _for_the_page(report: Report) -> str:
    return json.dumps({"report": json_document(report), "view": view.document(report), **view.handed_on(report)})


def _shown(loaded: Loaded, settings: Settings) -> dict[str, Any]:
    """What lint says, and how each secret that can be repaired is repaired by whoever has it."""
    report = lint(loaded, settings)
    repaired = [repairs(each, settings.options(each.type)) for each in loaded.destinations]
    shown = [[asdict(repair) for repair in each] for each in repaired]
    return {"report": json_document(report), "view": view.document(report), "repairs": shown}


def _policy(body: bytes) -> dict[str, Any]:
    """The least grant for a place that need not have a key yet. Raises Problem."""
    from validator.checking.batch import redactor_of
    from validator.checking.policy import Wanted, grant
    from validator.core.model import Destination
    from validator.core.values import replace

    document = _json(body)
    if (
        not isinstance(document, dict)
        or not isinstance(document.get("type"), str)
        or not isinstance(document.get("parameters"), dict)
    ):
        raise Problem(400, 'Send {"type": "...", "parameters": {...}}, and for whom and what the grant is.')
    texts = [document.get(name, "") for name in ("principal", "prefix", "encryption_key")]
    values = document["parameters"].values()
    if not all(isinstance(each, str) and len(each) <= LONGEST_VALUE for each in (*texts, *document["parameters"], *values)):
        raise Problem(400, f"Names and values are strings of at most {LONGEST_VALUE:,} characters.")
    provider = find(document["type"])
    destination = Destination(document["type"], document["type"], document["parameters"])
    redactor = redactor_of(destination, provider, texts)  # a secret may stand in a name's place
    wanted = Wanted(
        prefix=texts[1], principal=texts[0], encryption_key=texts[2], bucket_side=document.get("bucket_policy") is True
    )
    hidden = {each.name for each in declared(provider.Parameters) if each.metadata["kind"] == "secret"} if provider else set()
    # A grant needs no secret.
    parameters = {name: value for name, value in document["parameters"].items() if name not in hidden}
    try:
        made = grant(replace(destination, parameters=parameters), wanted)
    except ValidatorError as error:
        raise Problem(400, redactor.source(str(error))) from None
    return {
        "document": redactor.source(made.document),
        "commands": [redactor.source(each) for each in made.commands],
        "notes": [redactor.source(each) for each in made.notes],
    }


def _json(body: bytes) -> Any:
    """The value of a JSON body that can be written again. Raises Problem."""
    try:
        document = json.loads(body)
        json.dumps(document, ensure_ascii=False).encode()  # half a character could not be answered with
    except UnicodeEncodeError:
        raise Problem(400, "The body holds half a character (an unpaired surrogate).") from None
    except (ValueError, RecursionError):
        raise Problem(400, "The body is not JSON.") from None
    return document


def _media_type(request: Request, default: str) -> str:
    return request.headers.get("content-type", default).partition(";")[0].strip().lower()


def _read(body: bytes, suffix: str, settings: ServiceSettings) -> Loaded:
    """The destinations of a body; nothing that it refers to is resolved. Raises Problem."""
    try:
        loaded = load_text(body.decode("utf-8"), suffix, references=References.none(), longest_program=LONGEST_PROGRAM)
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

    request: object = {"text": body.decode("utf-8", "replace")}
    if kind == "application/json":
        request = _json(body)
    elif kind != "text/plain":
        raise Problem(415, "Send text/plain, or application/json with text and type.")
    text, type_ = (request.get("text"), request.get("type")) if isinstance(request, dict) else (None, None)
    if not isinstance(text, str) or not (type_ is None or isinstance(type_, str)):
        raise Problem(400, 'Send {"text": "...", "type": "..."}; the type may be left out.')
    diagnosis = diagnose(text, type=type_ or None)
    words = [view.finding(each.finding) for each in diagnosis.answers]
    return {
        "answers": [{**each, "words": described} for each, described in zip(documents(diagnosis), words, strict=True)],
        "cut": diagnosis.cut,
    }


def _type(name: str) -> dict[str, Any]:
    """What a form needs to know of a type, from the declaration that also makes the schema and the parser."""
    provider = find(name)
    if provider is None:
        raise LookupError(name)
    return {
        "type": name,
        "title": provider.title or name.replace("_", " ").title(),
        "grant_needs": list(provider.grant_needs),
        "parameters": [
            {
                "name": each.name,
                "help": each.metadata["help"],
                # A third party's declaration may be older than these.
                "label": each.metadata.get("label") or each.name,
                "where": each.metadata.get("where", ""),
                "file": each.metadata.get("file", ""),
                "suggestions": [list(pair) for pair in (each.metadata.get("suggest") or tuple)()],
                "kind": each.metadata["kind"],
                "example": each.metadata["example"],
                "required": required(each),
                "default": None if required(each) else each.default,
            }
            for each in declared(provider.Parameters)
        ],
    }
