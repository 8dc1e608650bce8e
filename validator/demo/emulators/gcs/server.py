"""The stand-in as a server: threads, HTTP/1.1, a port of 127.0.0.1."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from validator.demo.emulators.gcs.accounts import Account
from validator.demo.emulators.gcs.answers import Reply
from validator.demo.emulators.gcs.api import Cloud
from validator.demo.emulators.gcs.state import Bucket


class StandIn:
    """``with StandIn() as cloud``: accounts and buckets to make, a URL to ask, and what was asked.

    Args:
        host: address to listen on.
        port: 0 is a free one.
        url: where others reach it, if that is elsewhere; key files name it as their token address.

    Not a security boundary: it speaks plain HTTP, and its private keys live in this process.
    """

    def __init__(self, host: str = "127.0.0.1", port: int = 0, url: str = "") -> None:
        self.clock_offset = 0.0
        """Seconds that this cloud's clock is ahead of ours."""
        self.requests: list[tuple[str, str]] = []
        """Method and target of everything that was asked, in order."""
        self.intercept: Callable[[str, str], Reply | None] = lambda method, target: None
        """Answers in place of the cloud, by method and target, unless it returns None."""
        self._turn = threading.Lock()
        self._server = _server(self._answer, self.now, (host, port))
        self.url = url or f"http://127.0.0.1:{self._server.server_address[1]}"
        self.cloud = Cloud(f"{self.url}/token", self.now)

    def now(self) -> datetime:
        """This cloud's time."""
        return datetime.now(UTC) + timedelta(seconds=self.clock_offset)

    def account(self, name: str) -> Account:
        """A new service account with one key and no permissions."""
        return self.cloud.account(name)

    def bucket(self, name: str, **settings: Any) -> Bucket:
        """A new bucket; the settings are fields of Bucket."""
        return self.cloud.bucket(name, **settings)

    def destination(self, account: Account, bucket: Bucket | str, name: str = "gcs destination") -> dict[str, Any]:
        """A Destinations request for this account and bucket."""
        place = bucket if isinstance(bucket, str) else bucket.name
        parameters = {"bucket": place, "credentials": account.credentials()}
        return {"name": name, "type": "google_cloud_storage", "parameters": parameters}

    def _answer(self, method: str, target: str, headers: dict[str, str], body: bytes) -> Reply:
        with self._turn:
            self.requests.append((method, target))
            return self.intercept(method, target) or self.cloud.handle(method, target, headers, body)

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that gives up is not our fault, and a traceback would hide the demo."""


def _server(
    answer: Callable[[str, str, dict[str, str], bytes], Reply], now: Callable[[], datetime], address: tuple[str, int]
) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # headers and body are two writes: 40 ms each otherwise

        def log_message(self, *args: object) -> None:
            """Silent."""

        def date_time_string(self, timestamp: float | None = None) -> str:
            """The Date header, by this cloud's clock."""
            return format_datetime(now() if timestamp is None else datetime.fromtimestamp(timestamp, UTC), usegmt=True)

        def _serve(self) -> None:
            reply = answer(self.command, self.path, {name.lower(): value for name, value in self.headers.items()}, self._body())
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            if reply.status != 204:
                self.send_header("content-length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body)

        def _body(self) -> bytes:
            if "chunked" not in self.headers.get("transfer-encoding", "").lower():
                return self.rfile.read(int(self.headers.get("content-length") or 0))
            parts = []
            while size := int(self.rfile.readline().split(b";")[0], 16):
                parts.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(parts)

        do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = _serve

    return _Server(address, Handler)
