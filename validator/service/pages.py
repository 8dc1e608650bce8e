"""What a browser is given without a token: the page and its parts, the findings' own pages, and signposts where there is nothing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from functools import cache
from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from starlette.responses import Response
from starlette.routing import Route

from validator.core import catalog
from validator.formats.view import SEVERITY_WORDS

if TYPE_CHECKING:
    from markdown_it.token import Token
    from starlette.requests import Request

_MEDIA_TYPES: Final[Mapping[str, str]] = {
    "html": "text/html; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "css": "text/css; charset=utf-8",
}
_FRAME: Final = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title} · planet-validator</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/app.css">
</head>
<body>
<header><p><a href="/">planet-validator</a> · <a href="/findings">Findings</a> · <a href="/openapi.json">Interface (OpenAPI)</a></p></header>
<main><div class="panel text">
{body}
</div></main>
</body>
</html>
"""
_SIGNS: Final = """<ul>
<li><a href="/">The page</a>: check a destination, make a grant, look for leftovers, understand an error.</li>
<li><a href="/findings">The findings</a>: what each means and how it is fixed.</li>
<li><a href="/openapi.json">The interface</a>, as an OpenAPI document. Every request to <code>/v1/</code> takes the header
<code>Authorization: Bearer</code> with this service's token.</li>
</ul>"""


def routes() -> list[Route]:
    """The routes of what a browser is given."""
    return [
        *(Route(path, _part(path), methods=["GET"]) for path in sorted(parts())),
        Route("/docs", _docs, methods=["GET"]),
        Route("/findings", _findings, methods=["GET"]),
        Route("/findings/{name}", _finding, methods=["GET"]),
    ]


@cache
def parts() -> frozenset[str]:
    """The paths of the page and its parts: whatever lies in ``web/``."""
    names = {each.name for each in files("validator.service").joinpath("web").iterdir()}
    return frozenset("/" if name == "index.html" else f"/{name}" for name in names if name.rpartition(".")[2] in _MEDIA_TYPES)


def wanted(request: Request) -> bool:
    """Whether whoever asks is a browser, at a page."""
    return "text/html" in request.headers.get("accept", "")


def signpost(status: int) -> Response:
    """Where what there is is found."""
    title = "There is nothing here" if status == 404 else "What there is"
    return _page(title, f"<h1>{title}</h1>\n{_SIGNS}", status)


def _part(path: str) -> Callable[[Request], Awaitable[Response]]:
    name = path.removeprefix("/") or "index.html"
    body = files("validator.service").joinpath("web", name).read_bytes()
    media_type = _MEDIA_TYPES[name.rpartition(".")[2]]

    async def part(_: Request) -> Response:
        return Response(body, media_type=media_type)

    return part


async def _docs(_: Request) -> Response:
    return signpost(200)


async def _findings(_: Request) -> Response:
    return _page("Findings", _list())


async def _finding(request: Request) -> Response:
    name = request.path_params["name"]
    return _page(name, _text(name)) if name in catalog.FINDINGS else signpost(404)


def _page(title: str, body: str, status: int = 200) -> Response:
    return Response(_FRAME.format(title=escape(title), body=body), status, media_type=_MEDIA_TYPES["html"])


@cache
def _list() -> str:
    lines = ["<h1>Findings</h1>"]
    area = ""
    for entry in catalog.by_area():
        if entry.area != area:
            lines += ["</dl>"] if area else []
            area = entry.area
            lines += [f"<h2>{escape(area[0].upper() + area[1:])}</h2>", "<dl>"]
        lines.append(f'<dt><a href="/findings/{entry.name}">{entry.name}</a></dt><dd>{escape(entry.title)}</dd>')
    return "\n".join([*lines, "</dl>"])


@cache
def _text(name: str) -> str:
    from markdown_it import MarkdownIt

    entry = catalog.FINDINGS[name]
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = markdown.parse(entry.text)
    for token in tokens:
        token.children = list(_linked(token.children or (), name)) or None
    head = f'<h1>{name}</h1>\n<p><strong class="{entry.severity}">{SEVERITY_WORDS[entry.severity]}</strong>: {escape(entry.title)}</p>\n'
    return head + str(markdown.renderer.render(tokens, markdown.options, {}))


def _linked(tokens: Sequence[Token], own: str) -> Iterator[Token]:
    """Another finding that is named leads to its page; a link to a guide, which this service does not hold, is plain text."""
    from markdown_it.token import Token

    kept = True
    for each in tokens:
        if each.type == "link_open":
            kept = str(each.attrGet("href")).startswith("https://")
        if each.type == "code_inline" and each.content != own and each.content in catalog.FINDINGS:
            yield from (
                Token("link_open", "a", 1, attrs={"href": f"/findings/{each.content}"}),
                each,
                Token("link_close", "a", -1),
            )
        elif kept or each.type not in ("link_open", "link_close"):
            yield each
