"""What is asked of a connection before it is a request: that its head arrives in time, and that one client has not too many.

Around the server's own protocol, by asyncio's and ASGI's interfaces alone: the protocol is handed each event of its connection, and
a request has begun when the application is called for it.
"""

from __future__ import annotations

import asyncio
import ipaddress
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from validator.service.middleware import Application, Receive, Scope, Send, client_network

HEADER_SECONDS = 10.0
"""A request's head must have arrived within this time, counted from the connection's start or the answer before it."""


class Connections:
    """The connections that are open, by their clients' addresses. All of it runs in the server's event loop.

    ``each``: connections of one client at a time, an IPv6 network being one; what is more is closed unanswered. ``exempt``: addresses,
    or networks of them, that speak for many.
    """

    def __init__(self, protocol: Callable[..., asyncio.Protocol], each: int, exempt: Sequence[str] = ()) -> None:
        self._protocol = protocol
        self._each = each
        self._exempt = [ipaddress.ip_network(address, strict=False) for address in exempt]
        self._open: dict[tuple[str, int], Connection] = {}
        self._counted: Counter[str] = Counter()

    def protocol(self, **given: Any) -> Connection:
        """One connection's protocol, with the arguments that the server makes its own with."""
        return Connection(self, self._protocol(**given))

    def guard(self, app: Application) -> Application:
        """The application, each request of which stops the wait for its head."""

        async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
            connection = self._open.get(tuple(scope.get("client") or ())) if scope["type"] == "http" else None
            if connection is None:
                await app(scope, receive, send)
                return
            connection.begin()
            try:
                await app(scope, receive, send)
            finally:
                connection.wait()

        return guarded

    def enter(self, address: tuple[str, int], connection: Connection) -> bool:
        """Count a connection; whether its client may have it."""
        self._open[address] = connection
        client = self._client(address)
        self._counted[client] += bool(client)
        return self._counted[client] <= self._each

    def leave(self, address: tuple[str, int]) -> None:
        """Count it no longer."""
        self._open.pop(address, None)
        client = self._client(address)
        self._counted[client] -= bool(client)
        if not self._counted[client]:
            del self._counted[client]  # or every address that ever came would be remembered

    def _client(self, address: tuple[str, int]) -> str:
        """Whom a connection is counted for; empty for one that speaks for many."""
        try:
            ip = ipaddress.ip_address(address[0].partition("%")[0])
        except ValueError:
            return address[0]
        return "" if any(ip in network for network in self._exempt) else client_network(address[0])


class Connection(asyncio.Protocol):
    """One connection: closed when a head does not come in time, else as the server's own protocol has it."""

    def __init__(self, connections: Connections, inner: asyncio.Protocol) -> None:
        self._connections = connections
        self._inner = inner
        self._address: tuple[str, int] = ("", 0)
        self._transport: asyncio.BaseTransport | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._let_in = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Let it in, or close it unanswered."""
        self._transport = transport
        peer = transport.get_extra_info("peername")
        # Of IPv6 it holds more than the two that ASGI tells; of a pipe nothing.
        self._address = (str(peer[0]), int(peer[1])) if isinstance(peer, tuple) else ("", 0)
        self._let_in = self._connections.enter(self._address, self)
        if not self._let_in:
            self._abort()
            return
        self.wait()
        self._inner.connection_made(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection has ended."""
        self.begin()
        self._transport = None
        self._connections.leave(self._address)
        if self._let_in:
            self._inner.connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Hand it on."""
        if self._let_in:
            self._inner.data_received(data)

    def eof_received(self) -> bool | None:
        """Hand it on."""
        return self._inner.eof_received() if self._let_in else None

    def pause_writing(self) -> None:
        """Hand it on."""
        self._inner.pause_writing()

    def resume_writing(self) -> None:
        """Hand it on."""
        self._inner.resume_writing()

    def begin(self) -> None:
        """A request's head has come: nothing is waited for."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def wait(self) -> None:
        """From now on the next head is waited for."""
        self.begin()
        if self._transport is not None:
            self._timer = asyncio.get_running_loop().call_later(HEADER_SECONDS, self._late)

    def _late(self) -> None:
        """Where the loop was busy and not the client, the head has come by now, and its request begins within a turn."""
        self._timer = asyncio.get_running_loop().call_later(0, self._abort)

    def _abort(self) -> None:
        if isinstance(self._transport, asyncio.WriteTransport):
            self._transport.abort()
