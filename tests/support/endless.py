"""A server that sends whatever it is told to: answers that do not end, heads that drip, bombs."""

from __future__ import annotations

import socket
import threading
import zlib
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from typing import Any, Self

from tests.support.conformance import azure_blob_storage, google_cloud_storage, s3_compatible

Play = Callable[[socket.socket, threading.Event], None]
OVER = 0.4
"""Seconds for a request: nothing is measured, it only has to end."""


class Raw:
    """A server that reads a whole request and then sends whatever it is told to."""

    tls = False

    def __init__(self, play: Play) -> None:
        self.play = play
        self.ending = threading.Event()
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.heads: list[bytes] = []
        self.gone = 0
        self.threads: list[threading.Thread] = []
        self.accepting = threading.Thread(target=self.accept, daemon=True)
        self.accepting.start()

    def accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self.server.accept()
                thread = threading.Thread(target=self.serve, args=(connection,), daemon=True)
                thread.start()
                self.threads.append(thread)

    def serve(self, connection: socket.socket) -> None:
        try:
            with connection, suppress(OSError):
                while not self.ending.is_set() and (head := self.asked(connection)):
                    self.heads.append(head)
                    self.play(connection, self.ending)
        finally:
            self.gone += 1

    def asked(self, connection: socket.socket) -> bytes:
        """The head of a whole request; empty where there comes none."""
        head = b""
        while b"\r\n\r\n" not in head:
            part = connection.recv(65536)
            if not part:
                return b""
            head += part
        head, _, body = head.partition(b"\r\n\r\n")
        length = next(
            (int(each.split(b":")[1]) for each in head.lower().split(b"\r\n") if each.startswith(b"content-length:")), 0
        )
        while len(body) < length:
            part = connection.recv(65536)
            if not part:
                return b""
            body += part
        return head

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.ending.set()
        self.server.close()
        with suppress(OSError):
            socket.create_connection(("127.0.0.1", self.port), 0.2).close()
        for thread in self.threads:
            thread.join(60)


def endless(head: bytes, part: bytes, pause: float = 0) -> Play:
    def play(connection: socket.socket, ending: threading.Event) -> None:
        connection.sendall(head)
        while not ending.wait(pause):
            connection.sendall(part)

    return play


def once(data: bytes) -> Play:
    return lambda connection, ending: connection.sendall(data)


@cache
def packed() -> bytes:
    """Little more than a megabyte, which unpacks into 300; made in parts, as its own size is not what is measured."""
    packer = zlib.compressobj(1, wbits=31)
    return b"".join([packer.compress(b"<a>"), *(packer.compress(b"x" * 1_000_000) for _ in range(300)), packer.flush()])


def bomb(status: int) -> Play:
    def play(connection: socket.socket, ending: threading.Event) -> None:
        connection.sendall(HEAD % status + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed()) + packed())

    return play


HEAD = b"HTTP/1.1 %d X\r\nContent-Type: application/xml\r\n"
SLOW = {
    "continue": endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "processing": endless(b"", b"HTTP/1.1 102 Processing\r\n\r\n", 0.01),
    "head": endless(b"HTTP/1.1 200 OK\r\n", b"X-A: b\r\n", 0.05),
    "line": endless(b"HTTP/1.1 200 OK\r\nX-A: ", b"b", 0.02),
    "status": endless(b"", b"H", 0.02),
    "body": endless(HEAD % 200 + b"\r\n", b"x", 0.02),
    "chunks": endless(HEAD % 200 + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n", 0.02),
    "chunk size": endless(HEAD % 200 + b"Transfer-Encoding: chunked\r\n\r\n", b"0", 0.02),
    "error": endless(HEAD % 403 + b"Content-Length: 900\r\n\r\n", b"x", 0.02),
}
LARGE = {
    "body": endless(HEAD % 200 + b"\r\n", b"x" * 65536),
    "chunks": endless(HEAD % 200 + b"Transfer-Encoding: chunked\r\n\r\n", b"10000\r\n" + b"x" * 65536 + b"\r\n"),
    "error": endless(HEAD % 403 + b"\r\n", b"<Error>" * 10_000),
    "json": endless(HEAD.replace(b"xml", b"json") % 500 + b"\r\n", b"[" * 65536),
    "bomb": bomb(200),
    "bomb error": bomb(403),
}
SOURCES: dict[str, Callable[[Any], Any]] = {
    "s3_compatible": s3_compatible.source,
    "google_cloud_storage": google_cloud_storage.source,
    "azure_blob_storage": azure_blob_storage.source,
}
KINDS = sorted(SOURCES)
