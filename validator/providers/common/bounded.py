"""Connections that end: a request within its time whatever is sent back, an answer within its size, and only final answers.

A socket's timeout starts anew with each byte, and a body's length is the server's to choose: neither is a bound.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, Final, Self

from validator.core.alarms import alarm
from validator.core.deadline import CALL_LIMIT, own_call
from validator.providers.common.early import shut, taken_early
from validator.providers.common.trust import context

LARGEST: Final = 1024 * 1024
"""Bytes of an answer after decoding; no answer to a check is longer."""
LARGEST_ERROR: Final = 64 * 1024
"""Bytes of a refusal that are read; SDKs make trees of what they get."""
LARGEST_HEAD: Final = 64 * 1024
"""Bytes of an answer's status line and headers, those of the answers before it included; stores send some two thousand."""
LARGE: Final = 8 * 1024
"""Bytes: answers that are larger are taken apart one at a time, since one of 1 MiB may become sixty times as much in memory."""
INTERIM: Final = 16
"""Answers like ``102 Processing`` before the final one."""

_own = threading.local()
_large = threading.Semaphore()


def take_turn(size: int, seconds: float) -> None:
    """Wait until an answer of this size, which has been read, may be taken apart.

    The turn lasts until the thread's call ends, or makes another request. Raises TimeoutError after ``seconds``.
    """
    call = own_call()
    if size <= LARGE or call is None or _large.release in call.endings:
        return
    if not _large.acquire(timeout=max(0.0, seconds)):
        raise TimeoutError
    call.endings.append(_large.release)


def _give_back() -> None:
    call = own_call()
    if call is not None and _large.release in call.endings:
        call.endings.remove(_large.release)
        _large.release()


class Watchdog:
    """The time of one request of this thread. When it is over, or nobody waits for the answer any more, its connection is shut, and whoever
    reads from it fails.
    """

    def __init__(self, seconds: float) -> None:
        _give_back()
        self.over = False
        self.end = time.monotonic() + min(CALL_LIMIT, seconds)
        self._lock = threading.Lock()
        self._connection: Any = None
        self._socket: Any = None
        self._alarm = alarm(min(CALL_LIMIT, seconds), self._shut)
        _own.deadline = self
        call = own_call()
        if call is not None:
            call.when_given_up(self._shut)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.done()

    def hold(self, connection: Any) -> None:
        """This connection carries the request. Raises TimeoutError where the time is over."""
        with self._lock:
            self._connection = connection
            # A connection lets go of its socket as soon as the answer's head says that nothing follows it.
            self._socket = getattr(connection, "sock", None) or self._socket
        if self.over:
            raise TimeoutError

    def done(self) -> None:
        """The answer has been read, or given up."""
        with self._lock:
            self._connection = self._socket = None
        self._alarm.cancel()
        if getattr(_own, "deadline", None) is self:
            _own.deadline = None

    def _shut(self) -> None:
        with self._lock:
            self.over = True
            for each in (getattr(self._connection, "sock", None), self._socket):
                shut(each)


@cache
def watched() -> type[Any]:
    """The class that makes a connection of ``urllib3`` known to the deadline of its thread's request; put before the connection's own."""
    import http.client

    class HeadReader:
        """What heads are read from: so many bytes of them, where ``http.client`` bounds each line alone, and their number."""

        def __init__(self, whole: Any) -> None:
            self._whole = whole
            self._left = LARGEST_HEAD

        def readline(self, limit: int) -> bytes:
            line: bytes = self._whole.readline(min(limit, self._left + 1))
            self._left -= len(line)
            if self._left < 0:
                raise http.client.LineTooLong("head")
            if not line:  # to http.client, where the connection ends is where the head does
                raise http.client.RemoteDisconnected("the connection was closed within the head")
            return line

        def close(self) -> None:
            self._whole.close()

    class FinalResponse(http.client.HTTPResponse):
        """The final answer: what ``http.client`` takes for one although it comes before, such as ``102 Processing``, is passed over."""

        def begin(self) -> None:
            """Read the head. Raises BadStatusLine where too many others come before it, LineTooLong where it is too large."""
            whole: Any = self.fp
            head: Any = HeadReader(whole)
            self.fp = head
            try:
                for _ in range(INTERIM):
                    super().begin()
                    if not 100 < self.status < 200 or self.status == http.client.SWITCHING_PROTOCOLS:
                        # urllib3 would log what is malformed, which may repeat a secret, and the whole address, which may hold one.
                        self.headers.defects.clear()
                        self.headers.set_payload("")
                        return
                    self.headers = self.msg = None  # type: ignore[assignment]  # as it was before the first head was read
                raise http.client.BadStatusLine("too many interim answers")
            finally:
                if self.fp is head:  # it is gone where the server has closed
                    self.fp = whole

    class Watched:
        response_class = FinalResponse

        def connect(self) -> None:
            """Connect, within the time."""
            self._hold()
            super().connect()  # type: ignore[misc]  # the other base class has it
            self._hold()

        def request(self, *args: Any, **more: Any) -> Any:
            """Send, within the time."""
            self._hold()
            return super().request(*args, **more)  # type: ignore[misc]  # the other base class has it

        def _hold(self) -> None:
            deadline: Watchdog | None = getattr(_own, "deadline", None)
            if deadline is not None:
                deadline.hold(self)

    return Watched


def pools_of(kind: type[Any]) -> dict[str, Any]:
    """Pools of urllib3's by scheme, whose connections are of this kind first."""
    from urllib3.connection import HTTPConnection, HTTPSConnection
    from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

    class PlainConnection(kind, HTTPConnection):  # type: ignore[misc]  # made at run time
        pass

    class TlsConnection(kind, HTTPSConnection):  # type: ignore[misc]  # made at run time
        def connect(self) -> None:
            """Take what was opened early; or connect, with the trust in this file of certificates that another connection may have read."""
            if taken_early(self):
                return
            own = self.ssl_context or self.cert_file or self.ca_cert_dir or self.ca_cert_data
            # The proxy's own TLS goes by the file's name.
            if self.ca_certs and not own and not (self.proxy and self.proxy.scheme == "https"):
                with contextlib.suppress(OSError):  # what is wrong with the file, urllib3 says
                    self.ssl_context, self.ca_certs = context(self.ca_certs), None
            super().connect()

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = PlainConnection

    class TlsPool(HTTPSConnectionPool):
        ConnectionCls = TlsConnection

    return {"http": PlainPool, "https": TlsPool}


@cache
def pools() -> dict[str, Any]:
    """The pools of all that speaks through requests."""
    return pools_of(watched())


@cache
def _adapter() -> type[Any]:
    from requests.adapters import HTTPAdapter
    from requests.exceptions import ReadTimeout

    class Adapter(HTTPAdapter):
        """As requests' own, with bounded connections and answers."""

        def __init__(self, seconds: Callable[[], float]) -> None:
            self._seconds = seconds
            super().__init__()

        def init_poolmanager(self, *args: Any, **more: Any) -> None:
            super().init_poolmanager(*args, **more)
            self.poolmanager.pool_classes_by_scheme = pools()

        def proxy_manager_for(self, *args: Any, **more: Any) -> Any:
            manager = super().proxy_manager_for(*args, **more)
            manager.pool_classes_by_scheme = pools()
            return manager

        def send(self, request: Any, *args: Any, **more: Any) -> Any:
            deadline = Watchdog(max(0.1, self._seconds()))
            try:
                response = super().send(request, *args, **more)
            except Exception as error:
                deadline.done()
                if deadline.over and not isinstance(error, ReadTimeout):
                    raise ReadTimeout("no whole answer came in time", request=request) from None
                raise
            if deadline.over:
                deadline.done()
                response.close()
                raise ReadTimeout("no whole answer came in time", request=request)
            limit(response.raw, deadline, cut=response.status_code >= 300)
            return response

        def close(self) -> None:
            """Close the connections now: urllib3 leaves that to the garbage collector, and a thousand destinations have many."""
            for manager in (self.poolmanager, *self.proxy_manager.values()):
                for key in manager.pools.keys():  # noqa: SIM118 - it can be gone through by its keys alone
                    if (pool := manager.pools.get(key)) is not None:
                        pool.close()
            super().close()

    return Adapter


def limit(raw: Any, deadline: Watchdog, *, cut: bool) -> None:
    """Bound what an answer of ``urllib3`` gives. ``cut``: of an error, the beginning is enough; anything else is refused whole."""
    from urllib3.exceptions import ProtocolError, ReadTimeoutError

    whole = raw.stream

    def stream(*args: Any, **more: Any) -> Iterator[bytes]:
        left = LARGEST_ERROR if cut else LARGEST
        try:
            for part in whole(*args, **more):
                yield part[:left]
                left -= len(part)
                if left <= 0:
                    raw.close()
                    if cut:
                        break
                    raise ProtocolError(f"the answer is larger than {LARGEST:,} bytes")
            take_turn((LARGEST_ERROR if cut else LARGEST) - left, deadline.end - time.monotonic())
            if deadline.over:  # of a body without a length, this is its end
                raise TimeoutError
        except Exception as error:
            if deadline.over and not isinstance(error, ReadTimeoutError):
                raise ReadTimeoutError(None, "", "no whole answer came in time") from None  # type: ignore[arg-type]  # of no pool
            raise
        finally:
            deadline.done()

    raw.stream = stream


@cache
def _direct() -> type[Any]:
    import requests

    usual = requests.utils.default_headers()

    class Direct(requests.Session):
        """A session that hands each request to its adapter as it is. To look for cookies, hooks, parameters and a login that it has not,
        and to follow what is not to be followed, is a fifth of all that an SDK does for a request.
        """

        def request(  # type: ignore[override]  # what SDKs give, and no more
            self,
            method: str,
            url: str,
            *,
            headers: Any = None,
            data: Any = None,
            files: Any = None,
            stream: bool = False,
            **more: Any,
        ) -> Any:
            """As requests' own, without cookies, netrc, the environment and redirects."""
            more.pop("allow_redirects", None)
            request = requests.PreparedRequest()
            request.prepare_method(method)
            request.prepare_url(url, None)
            fields = headers or {}
            not_sent = {name.lower() for name, value in fields.items() if value is None}
            request.prepare_headers({name: value for name, value in fields.items() if value is not None})
            for name, value in usual.items():
                if name.lower() not in not_sent:
                    request.headers.setdefault(name, value)
            request.prepare_body(data, files)
            answer = self.get_adapter(url).send(request, stream=stream, **more)
            if not stream:
                _ = answer.content  # read now, within the time
            return answer

    return Direct


def direct(seconds: Callable[[], float]) -> Any:
    """The same as :func:`session` for an SDK whose client says with each request whatever there is to say."""
    return bind(_direct()(), seconds)


def session(seconds: Callable[[], float], bundle: str | None = None) -> Any:
    """A ``requests.Session`` whose every request ends within ``seconds()`` and whose every answer is bounded.

    ``bundle``: a file of CA certificates to trust instead of its own.
    """
    import requests

    return bind(requests.Session(), seconds, bundle)


def bind(made: Any, seconds: Callable[[], float], bundle: str | None = None) -> Any:
    """The same of a ``requests.Session`` that somebody else has made, such as an SDK."""
    made.verify = bundle or made.verify
    adapter = _adapter()(seconds)
    made.mount("https://", adapter)
    made.mount("http://", adapter)
    return made
