"""Speaks S3 with botocore's signer and HTTP session: one signed request, one answer or one exception, nothing ambient."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final
from urllib.parse import quote, urlsplit

from validator.core.deadline import CALL_LIMIT
from validator.core.model import Secret
from validator.providers.common.bounded import LARGEST_ERROR, Deadline, take_turn, watched
from validator.providers.common.xml import read as read_xml

BODY_LIMIT: Final = 1024 * 1024
"""Bytes of a list that are read; no list of a check is longer."""
IDLE_LIMIT: Final = 20.0
"""Seconds after which a connection is not used again: a middlebox may have forgotten it without telling us."""
REQUEST_ID_HEADERS: Final = ("x-amz-request-id", "opc-request-id", "x-oss-request-id", "x-obs-request-id", "x-amz-id-2")


@dataclass(frozen=True, slots=True)
class Answer:
    """A status below 300."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes

    @property
    def etag(self) -> str:
        """The ETag as sent, quotes included; empty if there is none."""
        return self.headers.get("etag", "")

    @property
    def version(self) -> str | None:
        """The version that the request made; None where the bucket keeps none."""
        version = self.headers.get("x-amz-version-id")
        return version if version and version != "null" else None


class S3Error(Exception):
    """A status of 300 or more, or no answer at all. Its text never holds what was sent."""

    def __init__(
        self,
        *,
        status: int | None = None,
        code: str = "",
        message: str = "",
        headers: Mapping[str, str] | None = None,
        details: Mapping[str, str] | None = None,
        fault: str = "",
        evidence: Mapping[str, str] | None = None,
        asked: str = "",
        condition: str = "",
        body: bytes = b"",
    ) -> None:
        super().__init__(" ".join(part for part in (asked, str(status or fault), code, message) if part))
        self.status = status
        """None when no answer came."""
        self.code = code
        """The service's own code; empty if the answer was not the API's XML."""
        self.message = message
        self.headers = dict(headers or {})
        """Names in lower case."""
        self.details = dict(details or {})
        """Every child of the XML error: Region, BucketName, Endpoint, ServerTime ..."""
        self.fault = fault
        """When no answer came: ``dns``, ``refused``, ``tls``, ``timeout``, ``reset``, ``proxy`` or ``unsendable``."""
        self.evidence = dict(evidence or {})
        self.asked = asked
        """The method, such as ``DELETE``."""
        self.condition = condition
        """The conditional header that was sent: ``If-Match``, ``If-None-Match`` or nothing."""
        self.body = body
        """The first bytes of an answer that is not the API's XML."""

    @property
    def request_id(self) -> str:
        """What the provider's support asks for."""
        found = next((self.headers[name] for name in REQUEST_ID_HEADERS if self.headers.get(name)), "")
        return found or self.details.get("RequestId", "")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a bucket answers, and how its objects are addressed there."""

    root: str
    """Scheme, host, port and, on some stores, a base path, without a slash at the end."""
    bucket: str
    region: str
    """What requests are signed for."""
    path_style: bool

    def url(self, key: str = "", query: Sequence[tuple[str, str]] = ()) -> str:
        """The address of an object, or of the bucket, escaped as botocore escapes it."""
        scheme, _, rest = self.root.partition("://")
        host, slash, base = rest.partition("/")
        parts = [f"{scheme}://{host if self.path_style else f'{self.bucket}.{host}'}{slash}{base.rstrip('/')}".rstrip("/")]
        if self.path_style:
            parts.append(quote(self.bucket, safe="-._~"))
        if key or not (self.path_style or base):
            parts.append(quote(key, safe="/-._~"))
        asked = "&".join(f"{quote(name, safe='-._~')}={quote(value, safe='-._~')}" if value else name for name, value in query)
        return "/".join(parts) + (f"?{asked}" if asked else "")


@dataclass(frozen=True, slots=True)
class Key:
    """What the signer needs of credentials; botocore's own class would load twenty modules more."""

    access_key: str
    secret: Secret
    token: str | None = field(default=None, repr=False)
    """Only of the operator's own login: Planet takes no temporary keys."""

    @property
    def secret_key(self) -> str:
        """Read by the signer alone."""
        return self.secret.reveal()


@dataclass(frozen=True, slots=True)
class Client:
    """One place and one key. Holds no connection of its own: these are shared by everybody in the process."""

    place: Place
    key: Key
    ca_bundle: str | None = None
    seconds: Callable[[], float] = field(default=lambda: CALL_LIMIT)
    """Time for the next request. Raises where nobody waits for its answer any more."""

    def send(
        self,
        method: str,
        key: str = "",
        *,
        query: Sequence[tuple[str, str]] = (),
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        signed: bool = True,
    ) -> Answer:
        """Make one request: no redirect is followed and nothing is tried again.

        Raises:
            S3Error: for any status from 300 on, and when no answer came.
        """
        limit = min(CALL_LIMIT, self.seconds())
        # A little less than whoever waits for us allows: nothing may be sent after it has given up.
        deadline = time.monotonic() + limit * 0.95
        url = self.place.url(key, query)
        watch = Deadline(limit * 0.95)
        try:
            _deadline.at = deadline
            request = self._prepare(method, url, headers or {}, body, signed=signed)
            response = _session(self.ca_bundle or _ambient_bundle(), _proxies(url)).send(request)
            content = _content(response.raw, deadline)
            take_turn(len(content), deadline - time.monotonic())
            if watch.over:  # of a body without a length, this was its end
                raise TimeoutError
        except Exception as error:  # noqa: BLE001 - whatever the transport raises becomes one exception
            failure = _no_answer(method, url, TimeoutError() if watch.over else error)
        else:
            return _judge(method, response.status_code, response.headers, content, headers or {})
        finally:
            watch.done()
        # Raised out here, so that it has no chain: an "Invalid header value" holds the Authorization header.
        raise failure

    def _prepare(self, method: str, url: str, headers: Mapping[str, str], body: bytes, *, signed: bool) -> Any:
        from botocore.auth import S3SigV4Auth
        from botocore.awsrequest import AWSRequest

        from validator.core.version import __version__

        request = AWSRequest(
            method, url, {"User-Agent": f"planet-validator/{__version__}", **headers}, body, stream_output=True
        )
        if signed:
            S3SigV4Auth(self.key, "s3", self.place.region).add_auth(request)
        return request.prepare()


def _judge(method: str, status: int, raw: Mapping[str, Any], content: bytes, sent: Mapping[str, str]) -> Answer:
    headers = {str(name).lower(): str(value) for name, value in raw.items()}
    if status < 300:
        return Answer(status, headers, content)
    condition = next((name for name in ("If-Match", "If-None-Match") if name in sent), "")
    raise refusal(method, status, headers, content, condition)


def refusal(method: str, status: int, headers: Mapping[str, str], content: bytes, condition: str = "") -> S3Error:
    """The exception for an answer of 300 or more. ``headers`` have lower-case names; ``condition`` is the header that the request had."""
    details = error_details(content)
    return S3Error(
        status=status,
        code=details.get("Code", ""),
        message=details.get("Message", ""),
        headers=headers,
        details=details,
        asked=method,
        condition=condition,
        body=b"" if details else content[:4096],
    )


def error_details(content: bytes) -> dict[str, str]:
    """The children of an XML error document; empty if it is none, or one that another API wraps. Good for any body, however hostile."""
    root = read_xml(content)
    return {name: text.strip() for name, text in root.leaves().items()} if root is not None and root.name == "Error" else {}


def _no_answer(method: str, url: str, error: Exception) -> S3Error:
    from validator.providers.common.network_faults import explain

    host, proxy = urlsplit(url).hostname or "", _proxy_of(url)
    fault, message, evidence = explain(error, host)
    known = {"host": host, "proxy": proxy, **evidence}
    return S3Error(fault=fault, message=message, evidence={k: v for k, v in known.items() if v}, asked=method)


# --------------------------------------------------------------------------------------------------------------------
# Connections, shared by the whole process where the trust and the proxies are the same.

_BEFORE_XML: Final = b"\xef\xbb\xbf \t\r\n"
_deadline = threading.local()
_lock = threading.Lock()
_sessions: dict[tuple[str, tuple[tuple[str, str], ...]], Any] = {}


def _session(bundle: str, proxies: tuple[tuple[str, str], ...]) -> Any:
    with _lock:
        found = _sessions.get((bundle, proxies))
        if found is None:
            found = _sessions[bundle, proxies] = _session_class()(
                verify=bundle or True, proxies=dict(proxies), timeout=CALL_LIMIT, max_pool_connections=32,
                socket_options=[(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)],
            )  # fmt: skip
        return found


def close_connections() -> None:
    """Close every idle connection of the process."""
    with _lock:
        for session in _sessions.values():
            session.close()
        _sessions.clear()


@cache
def _session_class() -> Any:
    from botocore.awsrequest import (
        AWSHTTPConnection,
        AWSHTTPConnectionPool,
        AWSHTTPSConnection,
        AWSHTTPSConnectionPool,
    )
    from botocore.httpsession import URLLib3Session, get_cert_path

    class Bounded(watched()):  # type: ignore[misc]  # made at run time
        """A connection that sends nothing after the deadline of the thread that uses it, and waits no longer."""

        _used = float("inf")

        @property
        def is_connected(self) -> bool:
            fresh = time.monotonic() - self._used < IDLE_LIMIT
            return fresh and bool(super().is_connected)

        def connect(self) -> None:
            self.timeout = _left()
            self._used = time.monotonic()
            super().connect()
            _left()  # plain connections are opened by the first byte that is sent

        def _send_output(self, *args: Any, **kwargs: Any) -> None:
            _left()
            super()._send_output(*args, **kwargs)

        def getresponse(self) -> Any:
            self.timeout = _left()
            self._used = time.monotonic()
            return super().getresponse()

    class PlainConnection(Bounded, AWSHTTPConnection):  # type: ignore[misc]  # botocore is untyped
        pass

    class TlsConnection(Bounded, AWSHTTPSConnection):  # type: ignore[misc]  # botocore is untyped
        pass

    class PlainPool(AWSHTTPConnectionPool):  # type: ignore[misc]  # botocore is untyped
        ConnectionCls = PlainConnection

    class TlsPool(AWSHTTPSConnectionPool):  # type: ignore[misc]  # botocore is untyped
        ConnectionCls = TlsConnection

    class Session(URLLib3Session):  # type: ignore[misc]  # botocore is untyped
        """botocore's session, which reads the CA file once instead of for every connection: 20 ms and more each time."""

        def __init__(self, **settings: Any) -> None:
            self._context: Any = None
            self._reading = threading.Lock()
            super().__init__(**settings)
            self._pool_classes_by_scheme = {"http": PlainPool, "https": TlsPool}
            self._manager.pool_classes_by_scheme = self._pool_classes_by_scheme

        def _get_pool_manager_kwargs(self, **extra: Any) -> Any:
            # A virtual-hosted bucket is a host of its own: the default of ten would close connections still in use.
            return super()._get_pool_manager_kwargs(num_pools=64, **extra)

        def _get_ssl_context(self) -> Any:
            if self._context is None:
                self._context = super()._get_ssl_context()
            return self._context

        def _setup_ssl_cert(self, conn: Any, url: str, verify: Any) -> None:
            super()._setup_ssl_cert(conn, url, verify)
            if conn.ca_certs:
                with self._reading:
                    if not self._context.cert_store_stats()["x509_ca"]:
                        self._context.load_verify_locations(get_cert_path(verify))
                conn.ca_certs = None

    return Session


def _left() -> float:
    left: float = getattr(_deadline, "at", float("inf")) - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return min(left, CALL_LIMIT)


def _content(raw: Any, deadline: float) -> bytes:
    """The body, however slowly it comes, within the deadline; of what is no list, and of a refusal, the beginning."""
    content = bytearray()
    most = LARGEST_ERROR
    read = getattr(raw, "read1", raw.read)
    try:
        while len(content) < most:
            if time.monotonic() > deadline:
                raise TimeoutError
            part = read(65536)
            if not part:
                raw.release_conn()
                return bytes(content)
            content += part
            if most < BODY_LIMIT and raw.status < 300 and content.lstrip(_BEFORE_XML)[:1] == b"<":
                most = BODY_LIMIT
    except BaseException:
        raw.close()
        raise
    raw.close()
    return bytes(content[:most])


def _ambient_bundle() -> str:
    return os.environ.get("AWS_CA_BUNDLE") or os.environ.get("REQUESTS_CA_BUNDLE") or ""


def _proxies(url: str) -> tuple[tuple[str, str], ...]:
    """The proxies that the environment names for this address."""
    if not any(name.lower().endswith("_proxy") for name in os.environ):
        return ()
    from urllib.request import getproxies, proxy_bypass

    if proxy_bypass(urlsplit(url).hostname or ""):
        return ()
    return tuple(sorted((scheme, proxy) for scheme, proxy in getproxies().items() if scheme in ("http", "https")))


def _proxy_of(url: str) -> str:
    """Host and port of the proxy for this address; empty without one."""
    proxy = dict(_proxies(url)).get(urlsplit(url).scheme, "")
    return proxy.rpartition("@")[2].rpartition("//")[2]
