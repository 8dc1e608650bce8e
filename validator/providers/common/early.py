"""Connections that are opened while an SDK is still being loaded: over a distance, that saves the round trips of their opening (decision 0032).

Each is made by the class, and with the trust, that the requests' own pools use, and is handed to the first of them that wants exactly such a
one. What is wrong with one is nobody's to hear: the request then opens its own, and says what is wrong with that.
"""

from __future__ import annotations

import contextlib
import ssl
import sys
import time
from collections.abc import Callable, Iterable
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import Any, Final, Self
from urllib.parse import SplitResult, urlsplit

from validator.core.deadline import Call, CancelToken, own_call
from validator.providers.common.bounded import Watchdog, pools
from validator.providers.common.proxies import proxies_for

PATIENCE: Final = 5.0
"""Seconds for the opening of one, and a third of the time for a request at most: where it takes longer, the request still has time of its own."""
REST: Final = 5.0
"""Seconds after which one that was opened is not used: who answers there may have stopped to wait for a request."""


class Early:
    """The connections of one bucket."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._opening: list[Opening] = []
        self.begun = 0
        """How many were begun to be opened."""

    @classmethod
    def beside(cls, sdk: str, addresses: Iterable[str], bundle: str | None, seconds: Callable[[], float]) -> Self:
        """Begin to open one for each of the addresses, unless the SDK is loaded already, or not installed; none through a proxy.

        Args:
            sdk: the module that is about to be loaded.
            addresses: whose requests will be made, each with its scheme; for one that stands there twice there are two. TLS alone.
            bundle: a file of CA certificates; None: those that come with requests.
            seconds: the time for a request.
        """
        made = cls()
        secure = [each for each in addresses if each.startswith("https://")]
        if secure and sdk not in sys.modules and _installed(sdk) and (trusted := _file(bundle)):
            limit = min(PATIENCE, seconds() / 3)
            for address in secure:
                with contextlib.suppress(Exception):  # of what is no address, the request tells
                    if not proxies_for(address):  # to a proxy, other words are said first
                        made._opening.append(Opening(urlsplit(address), trusted, limit))
        made.begun = len(made._opening)
        if made.begun and (own := own_call()) is not None:
            own.when_given_up(made.close)  # nobody waits until the SDK is loaded, so nobody has a bucket to close
        return made

    def serve(self, session: Any) -> Any:
        """The session of requests', whose pools take these connections before they make others."""
        if self._opening:
            usual = pools()["https"]

            class Pool(usual):  # type: ignore[misc,valid-type]  # made at run time
                @staticmethod
                def ConnectionCls(**settings: Any) -> Any:  # noqa: N802 - urllib3's name
                    return self.taken(usual.ConnectionCls(**settings))

            session.get_adapter("https://").poolmanager.pool_classes_by_scheme = {**pools(), "https": Pool}
        return session

    def taken(self, fresh: Any) -> Any:
        """One that is open and was made in the same way as this one, which nobody has used; else this one. Waits where it is being opened."""
        settings = _made(fresh)
        while True:
            with self._lock:
                opening = next((each for each in self._opening if each.made == settings), None)
                if opening is None:
                    return fresh
                self._opening.remove(opening)
            if (connection := opening.connection()) is not None:
                return connection

    def close(self) -> None:
        """Close those that nobody has taken."""
        with self._lock:
            left, self._opening = self._opening, []
        for each in left:
            each.close()


class Opening:
    """One connection, which a thread of its own opens."""

    def __init__(self, address: SplitResult, trusted: str, limit: float) -> None:
        self._connection = pools()["https"].ConnectionCls(
            host=address.hostname, port=address.port or 443, cert_reqs="CERT_REQUIRED", ca_certs=trusted, timeout=limit
        )
        self.made = _made(self._connection)
        self._limit = limit
        self._awaited = time.monotonic() + limit
        """Until then a request waits for it: also the second of two that come to nothing costs no more than the first."""
        self._used = 0.0
        """Until then it is used, once it is open."""
        self._call = Call(self._open, self._awaited)

    def _open(self) -> None:
        try:
            with Watchdog(self._limit):
                self._connection.connect()
            self._used = time.monotonic() + REST
        except BaseException:
            self._connection.close()
            raise

    def connection(self) -> Any:
        """The connection, once it is open; None where none comes about, or it is not as a request needs it."""
        try:
            self._call.wait(max(0.0, self._awaited - time.monotonic()), CancelToken())
            if time.monotonic() < self._used and _silent(self._connection.sock):
                return self._connection
        except Exception:  # noqa: BLE001, S110 - whatever it was: the request's own connection tells it
            pass
        self.close()
        return None

    def close(self) -> None:
        """Close it, or see to it that its thread does."""
        self._call.give_up()
        self._connection.close()


def _made(connection: Any) -> dict[str, Any]:
    """All that tells a connection that is not open from others, its patience apart, which each request sets anew."""
    return {name: value for name, value in vars(connection).items() if name != "timeout"}


def _silent(sock: Any) -> bool:
    """Nothing came but what belongs to TLS: neither the end nor a word that nobody has asked for."""
    seconds = sock.gettimeout()
    sock.settimeout(0)
    try:
        sock.recv(1)
    except ssl.SSLWantReadError:
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


def _file(bundle: str | None) -> str | None:
    """The file of certificates that requests would trust; None where it is a folder, or not there."""
    import certifi

    path = bundle or certifi.where()
    return path if Path(path).is_file() else None
