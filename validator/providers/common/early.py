"""Connections that are opened while what speaks through them is still being loaded: over a distance, that saves the round trips of their
opening (decision 0032).

Each begins as a socket of the standard library's, and becomes TLS, with the trust of the requests' own pools, as soon as urllib3 is loaded.
The first connection of a pool that would be opened in just this way takes it over. What is wrong with one is nobody's to hear: the request then
opens its own, and says what is wrong with that.
"""

from __future__ import annotations

import contextlib
import socket
import sys
import time
from collections.abc import Callable, Iterable
from importlib.util import find_spec
from pathlib import Path
from queue import SimpleQueue
from threading import Lock
from typing import TYPE_CHECKING, Any, Final, Self
from urllib.parse import SplitResult, urlsplit

from validator.core.deadline import Call, CancelToken, own_call
from validator.providers.common.proxies import proxies_for
from validator.providers.common.trust import context, usual

if TYPE_CHECKING:
    from ssl import SSLSocket

PATIENCE: Final = 5.0
"""Seconds for each part of the opening of one, and a third of the time for a request at most: where it takes longer, the request still has time of
its own."""
REST: Final = 5.0
"""Seconds after which one that was opened is not used: who answers there may have stopped to wait for a request."""

_lock = Lock()
_untaken: list[Opening] = []
"""Those of all buckets: none was opened for one request in particular."""


class Early:
    """The connections that were begun for one bucket. As a context they are closed where that bucket does not come about."""

    def __init__(self) -> None:
        self._openings: list[Opening] = []
        self._closed = False

    @property
    def begun(self) -> int:
        """How many were begun to be opened."""
        return len(self._openings)

    @classmethod
    def beside(cls, sdk: str, addresses: Iterable[str], bundle: str | None, seconds: Callable[[], float]) -> Self:
        """Begin to open one for each of the addresses, unless the SDK is loaded already, or not installed; none through a proxy.

        Args:
            sdk: the module that is about to be loaded. urllib3, through which it speaks, is loaded when this returns.
            addresses: whose requests will be made, each with its scheme; for one that stands there twice there are two. TLS alone.
            bundle: a file of CA certificates; None: those that come with the SDKs.
            seconds: the time for a request.
        """
        made = cls()
        secure = [each for each in addresses if each.startswith("https://")]
        if secure and sdk not in sys.modules and _installed(sdk) and (bundle is None or Path(bundle).is_file()):
            limit = min(PATIENCE, seconds() / 3)
            for address in secure:
                with contextlib.suppress(Exception):  # of what is no address, the request tells
                    if not proxies_for(address):  # to a proxy, other words are said first
                        made._openings.append(Opening(urlsplit(address), limit))
        if made._openings:
            if (own := own_call()) is not None:
                own.when_given_up(made.close)  # nobody waits until the SDK is loaded, so nobody has a bucket to close
            try:
                made.secure(bundle)
            except BaseException:
                made.close()
                raise
        return made

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *more: object) -> None:
        if kind is not None:
            self.close()

    def secure(self, bundle: str | None) -> None:
        """They go on to TLS."""
        import urllib3  # noqa: F401 - loaded in this thread alone: two that load modules may meet half-loaded ones

        trusted = bundle or usual()
        for each in self._openings:
            each.secure(trusted)
        with _lock:
            if not self._closed:
                _untaken.extend(self._openings)

    def close(self) -> None:
        """Close those that nobody has taken."""
        with _lock:
            self._closed = True
            _untaken[:] = [each for each in _untaken if each not in self._openings]
        for each in self._openings:
            each.close()


def taken_early(fresh: Any) -> bool:
    """Whether a connection of urllib3's that is about to be opened is open now: one was begun to be opened just as it would be."""
    while _untaken:
        with _lock:
            opening = next((each for each in _untaken if each.fits(fresh)), None)
            if opening is None:
                break
            _untaken.remove(opening)
        if (connected := opening.taken(fresh.socket_options or ())) is not None:
            fresh.sock, fresh.is_verified = connected, True
            return True
    return False


class Opening:
    """One connection, which a thread of its own opens."""

    def __init__(self, address: SplitResult, limit: float) -> None:
        if not address.hostname:
            raise ValueError("no address")
        self.host, self.port = address.hostname, address.port or 443
        # As bytes: of a text, Python makes bytes by its tables of the world's alphabets, which it would load.
        self._name = self.host.encode("ascii")
        self._limit = limit
        self._awaited = time.monotonic() + limit
        """Until then a request waits for it: also the second of two that come to nothing costs no more than the first."""
        self._trusted = ""
        self._go_on: SimpleQueue[bool] = SimpleQueue()
        """Whether to go on to TLS, as soon as it can be spoken."""
        self._lock = Lock()
        self._closed = False
        self._socket: SSLSocket | None = None
        """Until it is taken, or its handshake has failed."""
        self._used = 0.0
        """Until then it is used; 0 before it is open."""
        self._call = Call(self._open, self._awaited)

    def secure(self, trusted: str) -> None:
        """Go on to TLS, with the trust in this file of certificates; with none, to the end."""
        self._trusted = trusted
        self._go_on.put(bool(trusted))

    def _open(self) -> None:
        with socket.create_connection((self._name, self.port), self._limit) as plain:  # type: ignore[arg-type]  # as getaddrinfo
            if not self._go_on.get():
                return
            secured = self._wrapped(plain)
        try:
            secured.do_handshake()
            with self._lock:
                if self._closed:
                    raise TimeoutError
                self._used = time.monotonic() + REST
        except BaseException:
            with self._lock:
                self._socket = None
            secured.close()
            raise

    def _wrapped(self, plain: socket.socket) -> SSLSocket:
        """Its TLS, which ``close`` wakes. Raises what keeps it from being trusted as urllib3 trusts."""
        from ssl import CERT_REQUIRED

        trust = context(self._trusted)
        if not trust.check_hostname or trust.verify_mode != CERT_REQUIRED:
            raise ValueError("urllib3 looks at the host's name itself, as it does with an OpenSSL of old")
        with self._lock:
            if self._closed:
                raise TimeoutError
            self._socket = trust.wrap_socket(plain, server_hostname=self._name, do_handshake_on_connect=False)
            return self._socket

    def fits(self, fresh: Any) -> bool:
        """Whether this one was opened as urllib3 would open that."""
        from ssl import CERT_REQUIRED

        if (fresh.host, fresh.port) != (self.host, self.port) or fresh.cert_reqs not in ("CERT_REQUIRED", CERT_REQUIRED):
            return False
        told = {name: getattr(fresh, name) for name in ("cert_reqs", "ca_certs", "ssl_context", "socket_options")}
        if _made(fresh) != _made(type(fresh)(fresh.host, fresh.port, **told)):  # nothing else was asked of it
            return False
        with contextlib.suppress(OSError):
            trust = fresh.ssl_context or (context(fresh.ca_certs) if fresh.ca_certs else None)
            return bool(self._trusted) and trust is context(self._trusted)
        return False

    def taken(self, options: Iterable[tuple[int, int, int | bytes]]) -> SSLSocket | None:
        """The socket, once it is open; None where none comes about, or it is not as a request needs it."""
        try:
            self._call.wait(max(0.0, self._awaited - time.monotonic()), CancelToken())
            connected = self._socket
            if connected is not None and time.monotonic() < self._used and _silent(connected):
                for level, option, value in options:
                    connected.setsockopt(level, option, value)
                with self._lock:
                    if not self._closed:
                        self._socket = None
                        return connected
        except Exception:  # noqa: BLE001, S110 - whatever it was: the request's own connection tells it
            pass
        self.close()
        return None

    def close(self) -> None:
        """Close it, or see to it that its thread does."""
        self._go_on.put(False)
        with self._lock:
            self._closed = True
            if self._socket is not None:
                shut(self._socket)
                if self._used:
                    self._socket.close()
                    self._socket = None


def shut(sock: Any) -> None:
    """Wake whoever waits on a socket; closing it would not."""
    if isinstance(sock, socket.socket):
        with contextlib.suppress(OSError):
            socket.socket.shutdown(sock, socket.SHUT_RDWR)  # of TLS, the socket below: its own would write first


def _made(connection: Any) -> dict[str, Any]:
    """All that tells a connection that is not open from others, its patience apart, which each request sets anew."""
    return {name: value for name, value in vars(connection).items() if name != "timeout"}


def _silent(sock: SSLSocket) -> bool:
    """Nothing came but what belongs to TLS: neither the end nor a word that nobody has asked for."""
    from ssl import SSLWantReadError

    seconds = sock.gettimeout()
    sock.settimeout(0)
    try:
        sock.recv(1)
    except SSLWantReadError:
        return True
    finally:
        sock.settimeout(seconds)
    return False


def _installed(sdk: str) -> bool:
    """Where it is not, no request follows."""
    try:
        return find_spec(sdk) is not None
    except ImportError:  # of what it is a part of
        return False
