"""What all emulators are: a server on a free port of 127.0.0.1, HTTP/1.1, TLS where it is wanted; requests and replies are values."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final, Self
from urllib.parse import parse_qsl, unquote, urlsplit

from validator.demo.emulators.certificates import authority

SILENCE: Final = 60
"""Seconds after which a connection on which nothing is asked is closed."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request, as it came in."""

    method: str
    target: str
    """Path and query, as sent."""
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes

    @property
    def escaped_path(self) -> str:
        """Without its query, as sent."""
        return urlsplit("//host" + self.target).path

    @property
    def path(self) -> str:
        """Without its query, its escapes undone; below the leading slash."""
        return unquote(self.escaped_path).removeprefix("/")

    @property
    def query(self) -> dict[str, str]:
        """By name; a sub-resource such as ``?versions`` has an empty value."""
        return dict(parse_qsl(urlsplit("//host" + self.target).query, keep_blank_values=True))

    def number(self, name: str) -> int | None:
        """A number of the query."""
        value = self.query.get(name, "")
        return int(value) if value.isdigit() else None


@dataclass(frozen=True, slots=True)
class Reply:
    """What is answered. A length is said for it, unless it says one itself."""

    status: int = 200
    """0 closes the connection without an answer."""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @classmethod
    def json(cls, document: Any, status: int = 200) -> Reply:
        """A JSON document."""
        return cls(status, {"content-type": "application/json; charset=UTF-8"}, json.dumps(document).encode())

    @classmethod
    def xml(cls, text: str, status: int = 200, **headers: str) -> Reply:
        """An XML document."""
        body = f'<?xml version="1.0" encoding="UTF-8"?>\n{text}'
        return cls(status, {"content-type": "application/xml", **headers}, body.encode())


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request that came in, and how it was answered."""

    method: str
    path: str
    """With its query, as sent."""
    status: int
    """0 where the connection was closed without an answer."""
    sent: bytes = field(repr=False)
    """The request's body, secrets included."""


class Refused(Exception):
    """A request that is not granted, with the answer to give."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(str(reply.status))
        self.reply = reply


class Emulator:
    """Answers at ``url`` while the ``with`` lasts.

    Args:
        tls: speak https, with a certificate that ``ca_bundle`` vouches for. Entering raises MissingExtra where ``trustme`` is missing.
        address: where to listen; port 0 is a free one.
    """

    url: str
    """Its root, for those on this machine."""
    ca_bundle: str | None = None
    """A file of CA certificates, with TLS."""

    def __init__(self, *, tls: bool = False, address: tuple[str, int] = ("127.0.0.1", 0)) -> None:
        self.requests: list[Exchange] = []
        """Everything that was asked, in the order in which it was answered."""
        self.before_answer: Callable[[Exchange], None] = lambda exchange: None
        """Called when a request has been carried out and its answer has not left yet: a test may wait in it, or kill somebody."""
        self._tls, self._address = tls, address
        self._turn = threading.Lock()
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            context = None
            if self._tls:
                self.ca_bundle, context = stack.enter_context(authority())
            server = stack.enter_context(_Server(self, context, self._address))
            self._begin(f"{'https' if context else 'http'}://127.0.0.1:{server.server_address[1]}", stack)
            threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
            stack.callback(server.shutdown)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *exc: object) -> None:
        self._stack.close()

    def now(self) -> datetime:
        """The time here: what the Date header tells."""
        return datetime.now(UTC)

    def answer(self, request: Request) -> Reply:
        """One request after the other: what is stored never changes between a condition and what it guards."""
        with self._turn:
            try:
                reply = self._carry_out(request)
            except Refused as refused:
                reply = refused.reply
            exchange = Exchange(request.method, request.target, reply.status, request.body)
            self.requests.append(exchange)
        self.before_answer(exchange)
        return reply

    def _begin(self, url: str, stack: ExitStack) -> None:  # noqa: ARG002 - for what ends with the server
        """Make ready for the first request."""
        self.url = url

    def _carry_out(self, request: Request) -> Reply:
        """The answer to a request. Raises Refused."""
        raise NotImplementedError


class _Server(ThreadingHTTPServer):
    """A thread for each connection."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, emulator: Emulator, tls: ssl.SSLContext | None, address: tuple[str, int]) -> None:
        self.emulator = emulator
        self.tls = tls
        super().__init__(address, _Handler)

    def get_request(self) -> tuple[Any, Any]:
        """The next connection. Its TLS handshake is left to its own thread: a client that never speaks must not hold up the others."""
        connection, address = super().get_request()
        if self.tls is not None:
            connection = self.tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        return connection, address

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away in the middle, or does not trust the certificate, is nothing to report."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "Emulator"
    disable_nagle_algorithm = True  # headers and body are two writes: 40 ms each otherwise
    timeout = SILENCE
    server: _Server

    def log_message(self, *args: object) -> None:
        """Silent: the emulators keep what was asked."""

    def date_time_string(self, timestamp: float | None = None) -> str:
        """The Date header, by the emulator's clock."""
        return super().date_time_string(timestamp or self.server.emulator.now().timestamp())

    def _serve(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        reply = self.server.emulator.answer(Request(self.command, self.path, headers, self._body(headers)))
        if reply.status == 0:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        self.send_response(reply.status)
        bare = reply.status == 204 or self.command == "HEAD"
        if not bare and "content-length" not in reply.headers:
            self.send_header("content-length", str(len(reply.body)))
        for name, value in reply.headers.items():
            if name != "content-length" or reply.status != 204:
                self.send_header(name, value)
        self.end_headers()
        if not bare:
            self.wfile.write(reply.body)

    def _body(self, headers: Mapping[str, str]) -> bytes:
        if "chunked" not in headers.get("transfer-encoding", "").lower():
            return self.rfile.read(int(headers.get("content-length") or 0))
        parts = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = do_PATCH = _serve
