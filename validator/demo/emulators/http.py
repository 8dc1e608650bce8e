"""The one HTTP server of all emulators: a free port of 127.0.0.1, HTTP/1.1, TLS where it is wanted; requests and replies are values."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final, Self
from urllib.parse import parse_qsl, unquote, urlsplit

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
    def path(self) -> str:
        """Without its query, its escapes undone; below the leading slash."""
        return unquote(urlsplit("//host" + self.target).path).removeprefix("/")

    @property
    def query(self) -> dict[str, str]:
        """By name; a sub-resource such as ``?versions`` has an empty value."""
        return dict(parse_qsl(urlsplit("//host" + self.target).query, keep_blank_values=True))


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


class Refused(Exception):
    """A request that is not granted, with the answer to give."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(str(reply.status))
        self.reply = reply


class Server(ThreadingHTTPServer):
    """Serves from :meth:`start` to :meth:`stop`, a thread for each connection.

    Args:
        answer: to each request; called from several threads at once.
        tls: speak it; None is plain HTTP.
        address: where to listen; port 0 is a free one.
        now: the time that the Date header tells; None is this machine's.
    """

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(
        self,
        answer: Callable[[Request], Reply],
        *,
        tls: ssl.SSLContext | None = None,
        address: tuple[str, int] = ("127.0.0.1", 0),
        now: Callable[[], datetime] | None = None,
    ) -> None:
        self.answer = answer
        self.tls = tls
        self.now = now
        super().__init__(address, _Handler)

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return int(self.server_address[1])

    @property
    def url(self) -> str:
        """Its root, for those on this machine."""
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Serve, in a thread of its own."""
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def stop(self) -> None:
        """Serve no longer, and give the port back."""
        self.shutdown()
        self.server_close()

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
    server: Server

    def log_message(self, *args: object) -> None:
        """Silent: the emulators keep what was asked."""

    def date_time_string(self, timestamp: float | None = None) -> str:
        """The Date header, by the emulator's clock."""
        if self.server.now is None or timestamp is not None:
            return super().date_time_string(timestamp)
        return format_datetime(self.server.now().astimezone(UTC), usegmt=True)

    def _serve(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        reply = self.server.answer(Request(self.command, self.path, headers, self._body(headers)))
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


class Served:
    """What a server answers for, while the ``with`` lasts."""

    _server: Server

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._server.stop()
