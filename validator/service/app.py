"""HTTP over check(): built as something that will be attacked, because it takes other people's credentials."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

from validator.core import home
from validator.core.errors import MissingExtra, ValidatorError
from validator.core.guarded import look_for_paths
from validator.service.executor import CheckExecutor, Metrics
from validator.service.middleware import Problem, RequestGuard, ServiceSettings

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response

__all__ = ["Problem", "ServiceSettings", "create_app", "new_token"]


def create_app(settings: ServiceSettings) -> Starlette:
    """The ASGI application. Raises MissingExtra without the extra ``[service]``."""
    try:
        from starlette.applications import Starlette
        from starlette.exceptions import HTTPException
        from starlette.middleware import Middleware
        from starlette.responses import JSONResponse
        from starlette.routing import Route
    except ModuleNotFoundError as error:
        raise MissingExtra(f"the HTTP service needs an extra: {home.install('service')}") from error
    from validator.service import pages
    from validator.service.api import Api
    from validator.service.openapi import document

    look_for_paths(wanted=False)
    metrics = Metrics()
    executor = CheckExecutor(settings, metrics)
    api = Api(settings, executor, metrics)
    described = cache(document)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        await asyncio.get_running_loop().run_in_executor(None, executor.close)

    async def openapi(_: Request) -> Response:
        return JSONResponse(described())

    async def refused(request: Request, error: Exception) -> Response:
        """What is no answer: a refusal of ours, wrong use, or what Starlette refuses by itself."""
        wrong = Problem(400, str(error)) if isinstance(error, ValidatorError) else error
        problem = wrong if isinstance(wrong, Problem) else _told(error)
        if problem.status == 404 and not request.url.path.startswith("/v1/") and pages.wanted(request):
            return pages.signpost(404)
        return JSONResponse(problem.document, problem.status, problem.headers, media_type="application/problem+json")

    app = Starlette(
        routes=[*api.routes(), Route("/openapi.json", openapi, methods=["GET"]), *pages.routes()],
        middleware=[Middleware(RequestGuard, settings=settings, refused=metrics.refused, known=pages.parts())],
        exception_handlers=dict.fromkeys((Problem, ValidatorError, HTTPException), refused),
        lifespan=lifespan,
    )
    app.router.redirect_slashes = False
    app.state.executor = executor
    return app


def _told(error: Any) -> Problem:
    """What Starlette refuses by itself: a path that is not there, a method that is not allowed."""
    if error.status_code == 404:
        return Problem(
            404, "There is nothing here. The page is at /, the interface is told in /openapi.json, the findings at /findings."
        )
    return Problem(error.status_code, str(error.detail), headers=error.headers)


def new_token() -> str:
    """A token for one run of the service: 256 bits."""
    return secrets.token_urlsafe(32)
