"""What a browser is given: the page and its parts, as they lie in ``web/``."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from starlette.responses import Response
from starlette.routing import Route

if TYPE_CHECKING:
    from starlette.requests import Request

PAGE: Final[Mapping[str, tuple[str, str]]] = {
    "/": ("index.html", "text/html; charset=utf-8"),
    "/app.js": ("app.js", "text/javascript; charset=utf-8"),
    "/source.js": ("source.js", "text/javascript; charset=utf-8"),
    "/app.css": ("app.css", "text/css; charset=utf-8"),
}


def routes() -> list[Route]:
    """The routes of the page."""
    return [Route(path, _part(name, media_type), methods=["GET"]) for path, (name, media_type) in PAGE.items()]


def _part(name: str, media_type: str) -> Callable[[Request], Awaitable[Response]]:
    body = files("validator.service").joinpath("web", name).read_bytes()

    async def part(_: Request) -> Response:
        return Response(body, media_type=media_type)

    return part
