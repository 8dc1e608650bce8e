"""Speaks S3 with botocore's signer and urllib3's connections: one signed request, one answer or one exception, nothing ambient."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote, urlsplit

from validator.core.deadline import CALL_LIMIT
from validator.core.model import Secret
from validator.core.values import Dataclass, field
from validator.providers.base import StoredObject
from validator.providers.common.bounded import LARGEST_ERROR, Watchdog, take_turn
from validator.providers.common.dates import http_date
from validator.providers.common.early import Early
from validator.providers.common.xml import error_details
from validator.providers.s3.transport import bundle_of, exchange, proxy_for

BODY_LIMIT: Final = 1024 * 1024
"""Bytes of a list that are read; no list of a check is longer."""
REQUEST_ID_HEADERS: Final = ("x-amz-request-id", "opc-request-id", "x-oss-request-id", "x-obs-request-id", "x-amz-id-2")


class Response(Dataclass):
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

    def object_under(self, key: str) -> StoredObject:
        """The object that was read, as the answer tells of it; its bytes where they are all there."""
        total = self.headers.get("content-range", "").rpartition("/")[2] or self.headers.get("content-length", "")
        size = int(total) if total.isdigit() else None
        modified = http_date(self.headers.get("last-modified", ""))
        return StoredObject(key, size, modified, self.version, self.etag, self.body if size == len(self.body) else None)


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
        method: str = "",
        condition: str = "",
        body: bytes = b"",
    ) -> None:
        super().__init__(" ".join(part for part in (method, str(status or fault), code, message) if part))
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
        self.method = method
        """The method, such as ``DELETE``."""
        self.condition = condition
        """The conditional header that was sent: ``If-Match``, ``If-None-Match`` or nothing."""
        self.body = body
        """The first bytes of an answer that is not the API's XML."""

    @property
    def request_id(self) -> str:
        """What the provider's support asks for."""
        named = next((self.headers[name] for name in REQUEST_ID_HEADERS if self.headers.get(name)), "")
        return named or self.details.get("RequestId", "")


class BucketAddress(Dataclass):
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
        query_string = "&".join(
            f"{quote(name, safe='-._~')}={quote(value, safe='-._~')}" if value else name for name, value in query
        )
        return "/".join(parts) + (f"?{query_string}" if query_string else "")


class AccessKey(Dataclass):
    """What the signer needs of credentials; botocore's own class would load twenty modules more."""

    access_key: str
    secret: Secret
    token: str | None = field(default=None, repr=False)
    """Only of the operator's own login: Planet takes no temporary keys."""

    @property
    def secret_key(self) -> str:
        """Read by the signer alone."""
        return self.secret.reveal()


class S3Client(Dataclass):
    """One place and one key. Holds no connection of its own: these are shared by everybody in the process."""

    place: BucketAddress
    key: AccessKey
    ca_bundle: str | None = None
    seconds: Callable[[], float] = field(default=lambda: CALL_LIMIT)
    """Time for the next request. Raises where nobody waits for its answer any more."""

    def open_early(self, count: int) -> Early:
        """Begin to open so many connections while the signer is loaded."""
        return Early.beside("botocore.auth", [self.place.url()] * count, bundle_of(self.ca_bundle), self.seconds)

    def send(
        self,
        method: str,
        key: str = "",
        *,
        query: Sequence[tuple[str, str]] = (),
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        signed: bool = True,
    ) -> Response:
        """Make one request: no redirect is followed and nothing is tried again.

        Raises:
            S3Error: for any status from 300 on, and when no answer came.
        """
        limit = min(CALL_LIMIT, self.seconds())
        # A little less than whoever waits for us allows: nothing may be sent after it has given up.
        deadline = time.monotonic() + limit * 0.95
        url = self.place.url(key, query)
        watch = Watchdog(limit * 0.95)
        try:
            sent = self._prepare(method, url, headers or {}, body, signed=signed)
            response = exchange(method, url, sent, body, deadline=deadline, ca_bundle=self.ca_bundle)
            content = _content(response, deadline)
            take_turn(len(content), deadline - time.monotonic())
            if watch.over:  # of a body without a length, this was its end
                raise TimeoutError
        except Exception as error:  # noqa: BLE001 - whatever the transport raises becomes one exception
            failure = _no_answer(method, url, TimeoutError() if watch.over else error)
        else:
            return _judge(method, response.status, response.headers, content, headers or {})
        finally:
            watch.done()
        # Raised out here, so that it has no chain: an "Invalid header value" holds the Authorization header.
        raise failure

    def _prepare(self, method: str, url: str, headers: Mapping[str, str], body: bytes, *, signed: bool) -> dict[str, str]:
        """All headers of the request."""
        from botocore.auth import S3SigV4Auth
        from botocore.awsrequest import AWSRequest

        from validator.core.version import __version__

        request = AWSRequest(
            method, url, {"User-Agent": f"planet-validator/{__version__}", **headers}, body, stream_output=True
        )
        if signed:
            S3SigV4Auth(self.key, "s3", self.place.region).add_auth(request)
        sent = {str(name): str(value) for name, value in request.headers.items()}
        # As the request's own ``prepare`` would say it, which prepares the address and the body once more.
        return sent if method in ("GET", "HEAD", "OPTIONS") else {**sent, "Content-Length": str(len(body))}


def bounded_sender(seconds: Callable[[], float], ca_bundle: str | None) -> Callable[..., Any]:
    """What sends for a client of botocore's (its event ``before-send``): each request within its time, each answer within its size."""

    def send(request: Any, **_: Any) -> Any:
        from botocore.awsrequest import AWSResponse

        limit = min(CALL_LIMIT, seconds()) * 0.95
        deadline = time.monotonic() + limit
        headers = {name: value.decode() if isinstance(value, bytes) else str(value) for name, value in request.headers.items()}
        with Watchdog(limit) as watch:
            response = exchange(
                request.method, request.url, headers, request.body or b"", deadline=deadline, ca_bundle=ca_bundle
            )
            content = _content(response, deadline)
            if watch.over:
                raise TimeoutError
        return AWSResponse(request.url, response.status, response.headers, _Content(content))

    return send


class _Content:
    """A body that has been read, as botocore takes one."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def stream(self, *_: Any, **__: Any) -> Iterator[bytes]:
        yield self._content


def _judge(method: str, status: int, raw: Mapping[str, Any], content: bytes, sent: Mapping[str, str]) -> Response:
    headers = {str(name).lower(): str(value) for name, value in raw.items()}
    if status < 300:
        return Response(status, headers, content)
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
        method=method,
        condition=condition,
        body=b"" if details else content[:4096],
    )


def _no_answer(method: str, url: str, error: Exception) -> S3Error:
    from validator.providers.common.network_faults import explain

    host, proxy = urlsplit(url).hostname or "", proxy_for(url).rpartition("@")[2].rpartition("//")[2]
    fault, message, evidence = explain(error, urlsplit(url).netloc)
    known = {"host": host, "proxy": proxy, **evidence}
    return S3Error(fault=fault, message=message, evidence={k: v for k, v in known.items() if v}, method=method)


_BEFORE_XML: Final = b"\xef\xbb\xbf \t\r\n"


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
