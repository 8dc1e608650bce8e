"""A scripted HTTP/1.1 server on 127.0.0.1: plays status, headers and body as the real clouds send them. The SDKs in front of it are real."""

from __future__ import annotations

import contextlib
import os
import selectors
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from email.utils import formatdate
from functools import cache, lru_cache
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import ThreadingTCPServer
from tempfile import mkdtemp
from typing import Any, Self

from validator.core.alarms import ALARMS


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    """With its query, as sent."""
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes


@dataclass(frozen=True)
class Answer:
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    fault: str = ""
    """``timeout`` never answers, ``reset`` closes the connection, ``drip`` sends a byte a second, ``cut`` half of the body; none of them is HTTP."""
    carried_out: bool = False
    """With a fault: the store does what it was asked before the answer is lost."""


TIMEOUT = Answer(fault="timeout")
RESET = Answer(fault="reset")
DRIP = Answer(fault="drip")
GIBBERISH = Answer(418, {"content-type": "text/html"}, b"<html><body>Welcome to the guest network</body></html>")


@cache
def authority() -> tuple[Any, str]:
    """A made-up CA for this run, and the path of its certificate."""
    import trustme

    made = trustme.CA()
    path = Path(mkdtemp(prefix="wire-ca-")) / "ca.pem"
    made.cert_pem.write_to_path(str(path))
    return made, str(path)


@cache
def certified() -> ssl.SSLContext:
    """The servers' side of TLS, with a certificate of the made-up CA: one for all of them."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority()[0].issue_cert("127.0.0.1", "localhost", "*.localhost").configure_cert(context)
    return context


class Handler(BaseHTTPRequestHandler):
    """One connection to a wire. One class for all of them: to make a class, and to drop it, slows everything else down."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Server

    def log_message(self, *args: object) -> None:
        """Silent."""

    def parse_request(self) -> bool:
        """As the class above does it, without the parser of mail: half of a server's work, thousands of times."""
        words = self.raw_requestline.decode("latin-1").split()
        if len(words) != 3 or words[2] != "HTTP/1.1":
            return super().parse_request()
        self.command, path, self.request_version = words
        self.path = "/" + path.lstrip("/") if path.startswith("//") else path
        self.requestline = " ".join(words)
        self.headers: Any = {}
        while (line := self.rfile.readline(65536).decode("latin-1")).strip():
            name, _, value = line.partition(":")
            self.headers[name.lower()] = value.strip()
        self.close_connection = self.headers.get("connection", "").lower() == "close"
        return self.headers.get("expect", "").lower() != "100-continue" or self.handle_expect_100()

    def _serve(self) -> None:
        body = self._body()
        request = Request(self.command, self.path, {k.lower(): v for k, v in self.headers.items()}, body)
        self.server.wire.requests.append(request)
        self.server.wire.answer(self, self.server.wire.handle(request))

    def _body(self) -> bytes:
        if "chunked" in (self.headers.get("transfer-encoding") or "").lower():
            parts = []
            while size := int(self.rfile.readline().split(b";")[0], 16):
                parts.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(parts)
        return self.rfile.read(int(self.headers.get("content-length") or 0))

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = do_PATCH = _serve


class Server(ThreadingTCPServer):
    """Of one wire. Python's own server of HTTP would look up by which name this machine is known, each time."""

    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, wire: Wire, host: str) -> None:
        self.wire = wire
        super().__init__((host, 0), Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that gave up is part of the tests."""


@lru_cache(maxsize=1)
def date(second: int) -> str:
    """As a server tells it, written once a second."""
    return formatdate(second, usegmt=True)


class Wire:
    """``with Wire(handle) as wire``: ``wire.url`` answers what ``handle(request)`` returns; ``wire.requests`` is what was asked."""

    def __init__(self, handle: Callable[[Request], Answer], *, tls: bool = False, host: str = "127.0.0.1") -> None:
        self.handle = handle
        self.requests: list[Request] = []
        self.tls = tls
        self._closing = threading.Event()
        self.server = Server(self, host)
        self.port = self.server.server_address[1]
        self._serving = threading.Thread(target=self._serve, daemon=True)
        self.ca = ""
        if tls:
            self.ca = authority()[1]
            self.server.socket = certified().wrap_socket(self.server.socket, server_side=True)

    @property
    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"

    def answer(self, handler: Handler, answer: Answer) -> None:
        """Send it, or what goes wrong with it."""
        if answer.fault == "timeout":
            self._closing.wait(120)
        if answer.fault in ("timeout", "reset"):
            handler.close_connection = True
            with contextlib.suppress(OSError):
                handler.connection.shutdown(socket.SHUT_RDWR)
            return
        # Its own lines alone: Python's would add a Server to what the real store sends. In one write with the body, if it is whole.
        given = {name.lower(): value for name, value in answer.headers.items()}
        reason = handler.responses.get(answer.status, ("",))[0]
        lines = [f"HTTP/1.1 {answer.status} {reason}"]
        if "date" not in given:
            lines.append(f"Date: {date(int(time.time()))}")
        lines += [f"{name}: {value}" for name, value in answer.headers.items()]
        if given.get("connection", "").lower() == "close":
            handler.close_connection = True
        if answer.fault == "drip":
            lines.append("content-length: 10000")
        elif answer.status != 204 and "content-length" not in given:
            lines.append(f"content-length: {len(answer.body)}")
        head = "\r\n".join([*lines, "\r\n"]).encode("latin-1")
        if answer.fault == "drip":
            self._drip(handler, head)
        elif handler.command == "HEAD":
            handler.wfile.write(head)
        elif answer.fault == "cut":
            handler.wfile.write(head + answer.body[: len(answer.body) // 2])
        else:
            handler.wfile.write(head + answer.body)
        if answer.fault in ("drip", "cut"):
            handler.close_connection = True

    def _drip(self, handler: Handler, head: bytes) -> None:
        handler.wfile.write(head)
        for _ in range(60):
            if self._closing.wait(0.2):
                break
            try:
                handler.wfile.write(b" ")
            except OSError:
                break

    def __enter__(self) -> Self:
        self._ended, self._end = os.pipe()
        self._serving.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._closing.set()
        os.close(self._end)
        self._serving.join()
        self.server.server_close()

    def _serve(self) -> None:
        """Until the pipe's other end is closed: ``serve_forever`` would look again and again, and end only then."""
        with selectors.PollSelector() as waiting:
            for each in (self.server, self._ended):
                waiting.register(each, selectors.EVENT_READ)
            while all(key.fileobj is self.server for key, _ in waiting.select()):
                with contextlib.suppress(OSError):  # it went away, or does not trust the certificate
                    self.server.process_request(*self.server.get_request())
        os.close(self._ended)


@cache
def lasting(name: str, *, tls: bool = False) -> Wire:
    """One server for each name, for as long as the process lives: whoever plays one check after another says each time what it answers.

    A check makes one request after another, and none after it has ended: none meets a request of the one before it.
    """
    return Wire(lambda request: RESET, tls=tls).__enter__()


@cache
def refused_port() -> int:
    """A port of 127.0.0.1 on which nobody listens: it stays bound, so that no other process is given it."""
    kept = socket.socket()
    kept.bind(("127.0.0.1", 0))
    port: int = kept.getsockname()[1]
    kept.detach()
    return port


@contextlib.contextmanager
def no_timer_stays() -> Iterator[None]:
    """What sets an alarm in here is to cancel it. Another test's may still be set: those are nobody's here."""
    others = ALARMS.pending()
    yield
    wait_until(lambda: all(each in others for each in ALARMS.pending()))


def wait_until(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    """The limit only keeps a broken test from hanging: a busy machine may take many times what is usual."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come true in time"
        time.sleep(0.01)
