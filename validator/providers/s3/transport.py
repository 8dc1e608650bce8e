"""Connections to S3 stores, by urllib3's public means: bounded in time, and shared by the whole process where trust and proxy are the same."""

from __future__ import annotations

import os
import socket
import threading
import time
from functools import cache
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from validator.core.deadline import CALL_LIMIT
from validator.providers.common.bounded import pools_of, watched
from validator.providers.common.proxies import proxies_for
from validator.providers.common.trust import context, usual

IDLE_LIMIT: Final = 20.0
"""Seconds after which a connection is not used again: a middlebox may have forgotten it without telling us."""

MANAGERS: Final = 4
"""How many sets of trust and proxy keep their idle connections."""

_thread = threading.local()
_lock = threading.Lock()
managers: dict[tuple[str, str, str], Any] = {}
"""By scheme, trust and proxy; the one that was used last stands last."""


def exchange(method: str, url: str, headers: dict[str, str], body: bytes, *, deadline: float, ca_bundle: str | None) -> Any:
    """Send one request; the answer is urllib3's, its body unread. No redirect is followed and nothing is tried again.

    Args:
        method: such as ``PUT``.
        url: as it was signed, with a path: it goes out as it stands.
        headers: all of them.
        body: all of it.
        deadline: on the clock of ``time.monotonic``: nothing is sent after it.
        ca_bundle: a file of CA certificates; None: the environment's, or those that botocore trusts.

    Raises what urllib3 raises, and TimeoutError.
    """
    from urllib3 import Timeout

    _thread.deadline = deadline
    address, proxy = urlsplit(url), proxy_for(url)
    manager = _manager(address.scheme, bundle_of(ca_bundle) or "", proxy)
    # Not the manager's own urlopen: it would take the dots out of a path that was signed with them.
    target = url if proxy and address.scheme == "http" else f"/{url.split('/', 3)[3]}"
    # By its parts: to take the whole apart, urllib3 needs a pattern that takes a fiftieth of a check to compile. An address of IPv6 may name a zone.
    if "[" in address.netloc:
        pool = manager.connection_from_url(url)
    else:
        pool = manager.connection_from_host(address.hostname, address.port, address.scheme)
    return pool.urlopen(
        method, target, body=body, headers=headers, retries=False, redirect=False, assert_same_host=False,
        timeout=Timeout(total=time_left()), preload_content=False, decode_content=False,
    )  # fmt: skip


def time_left() -> float:
    """Seconds for the request of this thread. Raises TimeoutError where there is none."""
    left: float = getattr(_thread, "deadline", float("inf")) - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return min(left, CALL_LIMIT)


def _manager(scheme: str, bundle: str, proxy: str) -> Any:
    with _lock:
        manager = managers.pop((scheme, bundle, proxy), None)
        if manager is None:
            if len(managers) >= MANAGERS:
                managers.pop(next(iter(managers))).clear()  # the one that was not used for the longest time
            manager = _new_manager(scheme, bundle, proxy)
        managers[scheme, bundle, proxy] = manager
        return manager


def _new_manager(scheme: str, bundle: str, proxy: str) -> Any:
    from urllib3 import PoolManager, ProxyManager
    from urllib3.connection import HTTPConnection
    from urllib3.util import make_headers

    settings: dict[str, Any] = {
        # A virtual-hosted bucket is a host of its own: the default of ten would close connections still in use.
        "num_pools": 64,
        "maxsize": 32,
        "socket_options": [*HTTPConnection.default_socket_options, (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)],
    }
    if scheme == "https":
        # The CA file is read once, instead of for every connection: 20 ms and more each time.
        settings |= {"ssl_context": context(bundle or usual() or _botocores()), "cert_reqs": "CERT_REQUIRED"}
    if proxy:
        address = urlsplit(proxy)
        login = f"{unquote(address.username)}:{unquote(address.password or '')}" if address.username else None
        manager: Any = ProxyManager(proxy, proxy_headers=make_headers(proxy_basic_auth=login), **settings)
    else:
        manager = PoolManager(**settings)
    manager.pool_classes_by_scheme = _pools()
    return manager


@cache
def _pools() -> dict[str, Any]:
    class BoundedConnection(watched()):  # type: ignore[misc]  # made at run time
        """A connection that sends nothing after the deadline of the thread that uses it, and is not used again after a rest."""

        used = float("inf")

        @property
        def is_connected(self) -> bool:
            fresh = time.monotonic() - self.used < IDLE_LIMIT
            return fresh and bool(super().is_connected)

        def connect(self) -> None:
            super().connect()
            self.used = time.monotonic()
            time_left()  # plain connections are opened by the first byte that is sent

        def request(self, *args: Any, **more: Any) -> Any:
            time_left()
            self.used = time.monotonic()
            return super().request(*args, **more)

    return pools_of(BoundedConnection)


def _botocores() -> str:
    from botocore.httpsession import get_cert_path

    return str(get_cert_path(verify=True))


def bundle_of(given: str | None) -> str | None:
    """The CA certificates to trust, as the user or the environment names them; None: those that botocore trusts."""
    return given or os.environ.get("AWS_CA_BUNDLE") or os.environ.get("REQUESTS_CA_BUNDLE") or None


def proxy_for(url: str) -> str:
    """The proxy that the environment names for this address, with its scheme; empty without one."""
    proxy = proxies_for(url).get(urlsplit(url).scheme, "")
    return proxy if not proxy or "://" in proxy else f"http://{proxy.removeprefix('//')}"
