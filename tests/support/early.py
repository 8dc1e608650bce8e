"""What the tests of connections that are opened early share: a store that counts its connections, and the sockets of this process."""

from __future__ import annotations

import gc
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from tests.support.wire import Answer, Wire
from validator.core import deadline
from validator.providers.common import bounded, early
from validator.providers.s3 import http, transport

PATIENCE = 60.0
"""Seconds after which a broken test ends."""


def take_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine may take its time: what is opened early is used all the same."""
    for module in (deadline, bounded, http, transport):
        monkeypatch.setattr(module, "CALL_LIMIT", 600.0)
    for name in ("PATIENCE", "REST"):
        monkeypatch.setattr(early, name, 600.0)
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy", "NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)


class Counting(Wire):
    """A store over TLS, and the connections that it has accepted, their handshake done."""

    def __init__(
        self, handle: Callable[..., Answer] = lambda _: Answer(204), meets: Callable[[Any], None] = lambda _: None
    ) -> None:
        super().__init__(handle, tls=True)
        self.accepted = 0
        self.changed = threading.Condition()
        accept: Any = self.server.get_request

        def get_request() -> Any:
            connection, address = accept()
            meets(connection)
            with self.changed:
                self.accepted += 1
                self.changed.notify_all()
            return connection, address

        self.server.get_request = get_request  # type: ignore[method-assign]  # this server's alone

    def met(self, count: int) -> bool:
        """Whether so many connections come about."""
        with self.changed:
            return self.changed.wait_for(lambda: self.accepted >= count, PATIENCE)


def sockets_to(port: int) -> list[socket.socket]:
    return [each for each in gc.get_objects() if issubclass(type(each), socket.socket) and _to(each, port)]


def _to(each: socket.socket, port: int) -> bool:
    with suppress(OSError):
        return each.fileno() >= 0 and each.getpeername()[1] == port
    return False
