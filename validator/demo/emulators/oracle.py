"""A stand-in for Oracle's S3 Compatibility API in this process: TLS, verified signatures, permissions, answers in Oracle's shapes.

What it does rests on three kinds of ground. Nobody may take the third for the real cloud's behaviour.

Documented or captured from the real service:
  * the two ``SignatureDoesNotMatch`` answers, Message before Code, and a request id that begins with the region's short code;
  * 501 for ``aws-chunked`` uploads (captured in August 2026, although a release note of July says that they are taken now);
  * a missing OBJECT_READ answers a GET with 404 NoSuchBucket;
  * OBJECT_CREATE and OBJECT_OVERWRITE are two permissions, a multipart upload needs both to start;
  * an active retention rule refuses deletes and overwrites, not creates.

Known of Oracle's native API, inferred for this one:
  * a missing OBJECT_CREATE, OBJECT_OVERWRITE, OBJECT_DELETE or OBJECT_INSPECT answers 404 NoSuchBucket as well;
  * the code RetentionRuleViolation, and NotAuthorizedOrFoundKmsKey for a Vault key that cannot be used.

Nobody knows, so it can be chosen (:class:`Habits`) or is plainly a guess:
  * whether the delete of an absent object answers 204 or NoSuchKey, and what becomes of ``If-Match`` on a delete;
  * that an inactive key is answered as an unknown one, and a wrong namespace as a missing bucket.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import re
import secrets
import ssl
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from email.utils import formatdate
from typing import Any, Final, Literal, Self
from xml.sax.saxutils import escape

from validator.demo.emulators._oracle_http import Answer, Request, Server
from validator.demo.emulators._oracle_signature import signature_of
from validator.demo.emulators.certificates import Authority
from validator.demo.emulators.scenario import Scenario
from validator.providers.oracle.regions import OF_SHORT_CODE

PERMISSIONS: Final = ("OBJECT_INSPECT", "OBJECT_READ", "OBJECT_CREATE", "OBJECT_OVERWRITE", "OBJECT_DELETE", "BUCKET_READ")
"""What a key can be given: the names that Oracle's policies use."""

UNKNOWN_KEY: Final = (
    "The secret key required to complete authentication could not be found. The region must be specified if this is not the "
    "home region for the tenancy."
)
WRONG_SECRET: Final = "The required information to complete authentication was not provided."
NO_BUCKET: Final = "The specified bucket does not exist."

_SHORT_CODE: Final = {region: code for code, region in OF_SHORT_CODE.items()}
_AUTHORIZATION: Final = re.compile(
    r"AWS4-HMAC-SHA256 Credential=([^/,\s]+)/(\d{8})/([^/]*)/s3/aws4_request,\s*SignedHeaders=([a-z0-9;-]+),\s*Signature=([0-9a-f]{64})"
)


@dataclass(frozen=True, slots=True)
class Habits:
    """Where the real service's behaviour is not known, what this one does."""

    absent_delete: Literal[204, 404] = 204
    """The status for a delete of an object that is not there, when deletes are allowed."""
    conditions: Literal["ignored", "honoured", "refused"] = "ignored"
    """What becomes of ``If-Match`` on a delete; refused is 501."""


@dataclass(frozen=True, slots=True)
class Key:
    """A Customer Secret Key, made up for this run."""

    access_key_id: str
    secret_key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Asked:
    """One request that came, and how it was answered."""

    method: str
    path: str
    """With its query, as sent."""
    status: int
    code: str


@dataclass(slots=True)
class _Holder:
    key: Key
    permissions: frozenset[str]
    active: bool
    unknown_for: int


@dataclass(slots=True)
class _Bucket:
    region: str
    retention: bool
    versioned: bool
    vault_key: bool
    objects: dict[str, bytes] = field(default_factory=dict)
    versions: list[str] = field(default_factory=list)
    uploads: dict[str, str] = field(default_factory=dict)


class _Refused(Exception):
    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(code)
        self.answer = Answer(
            status,
            f'<?xml version="1.0" encoding="UTF-8"?><Error><Message>{escape(message)}</Message><Code>{code}</Code></Error>'.encode(),
            {"content-type": "application/xml"},
            code,
        )


def _no_bucket() -> _Refused:
    return _Refused(404, "NoSuchBucket", NO_BUCKET)


class OracleEmulator:
    """One tenancy on a free port of 127.0.0.1, as long as its ``with`` block lasts.

    ``url`` is the endpoint to check against; its ``{region}`` and ``{namespace}`` are filled in by the provider, because
    on the real service both are parts of the host. Thread-safe.
    """

    def __init__(
        self,
        tls: ssl.SSLContext,
        *,
        namespace: str = "axexample123",
        regions: Sequence[str] = ("us-ashburn-1", "eu-frankfurt-1"),
        habits: Habits | None = None,
    ) -> None:
        self.namespace = namespace
        self.regions = tuple(regions)
        """The regions to which the tenancy is subscribed; the first is its home."""
        self.habits = habits or Habits()
        self.requests: list[Asked] = []
        """Everything that was asked, in order."""
        self._lock = threading.Lock()
        self._buckets: dict[str, _Bucket] = {}
        self._holders: dict[str, _Holder] = {}
        self._server = Server(self._handle, tls)

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        """For ``--endpoint oracle_cloud_storage=...``."""
        return f"https://127.0.0.1:{self._server.server_address[1]}/{{region}}/{{namespace}}"

    def bucket(
        self, name: str, *, region: str = "", retention: bool = False, versioned: bool = False, vault_key: bool = True
    ) -> str:
        """Make a bucket and return its name.

        Args:
            name: The bucket's name.
            region: Where it lies; the home region if empty.
            retention: An active retention rule keeps every object.
            versioned: Deletes and overwrites leave versions behind.
            vault_key: Whether the bucket's Vault key can be used; False refuses writes and reads.
        """
        with self._lock:
            self._buckets[name] = _Bucket(region or self.regions[0], retention, versioned, vault_key)
        return name

    def key(self, *permissions: str, without: Sequence[str] = (), active: bool = True, unknown_for: int = 0) -> Key:
        """Make a key.

        Args:
            *permissions: Names of :data:`PERMISSIONS`; none means all of them.
            without: Names to leave out.
            active: Whether the key's state is ACTIVE.
            unknown_for: The number of requests after which the key has reached this region: a new key takes minutes.
        """
        granted = frozenset(permissions or PERMISSIONS) - frozenset(without)
        if strange := (granted | frozenset(without)) - frozenset(PERMISSIONS):
            raise ValueError(f"no such permission: {', '.join(sorted(strange))}")
        made = Key(secrets.token_hex(20), base64.b64encode(secrets.token_bytes(32)).decode())
        with self._lock:
            self._holders[made.access_key_id] = _Holder(made, granted, active, unknown_for)
        return made

    def put(self, bucket: str, key: str, body: bytes) -> None:
        """Lay an object into a bucket, as its owner."""
        with self._lock:
            self._buckets[bucket].objects[key] = body

    def objects(self, bucket: str) -> dict[str, bytes]:
        """What lies in a bucket."""
        with self._lock:
            return dict(self._buckets[bucket].objects)

    def versions(self, bucket: str) -> list[str]:
        """Keys of which an older version or a delete marker was left, once for each."""
        with self._lock:
            return list(self._buckets[bucket].versions)

    def destination(self, bucket: str, key: Key, /, **changes: str) -> dict[str, Any]:
        """A Destinations request for one of these buckets; ``changes`` replace parameters."""
        return {
            "name": f"oracle {bucket}",
            "type": "oracle_cloud_storage",
            "parameters": {
                "bucket": bucket,
                "region": self.regions[0],
                "namespace": self.namespace,
                "customer_access_key_id": key.access_key_id,
                "customer_secret_key": key.secret_key,
                **changes,
            },
        }

    # ---- answering ---------------------------------------------------------------------------------------------------

    def _handle(self, request: Request) -> Answer:
        with self._lock:
            try:
                answer = self._answer(request)
            except _Refused as refused:
                answer = refused.answer
            self.requests.append(Asked(request.method, request.path, answer.status, answer.code))
        code = _SHORT_CODE.get(request.parts[0], "iad")
        return replace(
            answer,
            headers={
                "x-amz-request-id": f"{code}-1:{secrets.token_urlsafe(24)}",
                "date": formatdate(usegmt=True),
                **answer.headers,
            },
        )

    def _answer(self, request: Request) -> Answer:
        if "aws-chunked" in request.headers.get("content-encoding", ""):
            raise _Refused(501, "NotImplemented", "AWS chunked encoding not supported.")
        parts = request.parts
        if len(parts) < 3 or not parts[2]:
            raise _Refused(501, "NotImplemented", "A header you provided implies functionality that is not implemented.")
        region, namespace, name = parts[:3]
        key = parts[3] if len(parts) > 3 else ""
        holder = self._authenticate(request, region)
        bucket = self._buckets.get(name)
        if bucket is None or namespace != self.namespace or bucket.region != region:
            raise _no_bucket()
        return self._serve(request, bucket, key, holder.permissions)

    def _authenticate(self, request: Request, region: str) -> _Holder:
        match = _AUTHORIZATION.fullmatch(request.headers.get("authorization", ""))
        if match is None:
            raise _Refused(403, "SignatureDoesNotMatch", WRONG_SECRET)
        key_id, date, scope, names, signature = match.groups()
        looked_up_in = self.regions[0] if scope in ("", "us-east-1") else scope
        holder = self._holders.get(key_id)
        if holder is None or not holder.active or looked_up_in != region or region not in self.regions:
            raise _Refused(403, "SignatureDoesNotMatch", UNKNOWN_KEY)
        if holder.unknown_for > 0:
            holder.unknown_for -= 1
            raise _Refused(403, "SignatureDoesNotMatch", UNKNOWN_KEY)
        stated = request.headers.get("x-amz-content-sha256", "")
        if stated not in ("UNSIGNED-PAYLOAD", hashlib.sha256(request.body).hexdigest()):
            raise _Refused(400, "InvalidArgument", "x-amz-content-sha256 must be UNSIGNED-PAYLOAD or a valid sha256 value")
        right = signature_of(request.method, request.path, request.headers, names, stated, date, scope, holder.key.secret_key)
        if not hmac.compare_digest(signature, right):
            raise _Refused(403, "SignatureDoesNotMatch", WRONG_SECRET)
        return holder

    def _serve(self, request: Request, bucket: _Bucket, key: str, granted: frozenset[str]) -> Answer:
        query = request.query
        if request.method == "GET" and not key:
            return self._list(bucket, query, granted)
        if request.method == "GET":
            return self._get(bucket, key, request.headers.get("range", ""), granted)
        if request.method == "PUT" and key and not query:
            return self._put(bucket, key, request.body, granted)
        if request.method == "DELETE" and "uploadId" in query:
            _need(granted, "OBJECT_DELETE")
            if bucket.uploads.pop(query["uploadId"], None) is None:
                raise _Refused(404, "NoSuchUpload", "The specified upload does not exist.")
            return Answer(204)
        if request.method == "DELETE" and key and not query:
            return self._delete(bucket, key, request.headers.get("if-match"), granted)
        if request.method == "POST" and "uploads" in query:
            _need(granted, "OBJECT_CREATE", "OBJECT_OVERWRITE")
            upload = secrets.token_hex(16)
            bucket.uploads[upload] = key
            return _xml(
                f"<InitiateMultipartUploadResult><Key>{escape(key)}</Key><UploadId>{upload}</UploadId></InitiateMultipartUploadResult>"
            )
        raise _Refused(501, "NotImplemented", "A header you provided implies functionality that is not implemented.")

    def _get(self, bucket: _Bucket, key: str, wanted: str, granted: frozenset[str]) -> Answer:
        _need(granted, "OBJECT_READ")
        if key not in bucket.objects:
            raise _Refused(404, "NoSuchKey", "The specified key does not exist.")
        _need_vault(bucket)
        body = bucket.objects[key]
        headers = {"etag": _etag(body), "last-modified": formatdate(usegmt=True), "content-type": "text/plain"}
        match = re.fullmatch(r"bytes=0-(\d+)", wanted)
        if match is None:
            return Answer(200, body, headers)
        if not body:
            raise _Refused(416, "InvalidRange", "The requested range is not satisfiable.")
        part = body[: int(match[1]) + 1]
        return Answer(206, part, {**headers, "content-range": f"bytes 0-{len(part) - 1}/{len(body)}"})

    def _list(self, bucket: _Bucket, query: Mapping[str, str], granted: frozenset[str]) -> Answer:
        _need(granted, "OBJECT_INSPECT")
        rows = "".join(
            f"<Contents><Key>{escape(key)}</Key><Size>{len(body)}</Size><ETag>{escape(_etag(body))}</ETag></Contents>"
            for key, body in sorted(bucket.objects.items())
            if key.startswith(query.get("prefix", ""))
        )
        return _xml(f"<ListBucketResult><Prefix>{escape(query.get('prefix', ''))}</Prefix>{rows}</ListBucketResult>")

    def _put(self, bucket: _Bucket, key: str, body: bytes, granted: frozenset[str]) -> Answer:
        there = key in bucket.objects
        _need(granted, "OBJECT_OVERWRITE" if there else "OBJECT_CREATE")
        if there:
            _need_no_retention(bucket)
        _need_vault(bucket)
        if there and bucket.versioned:
            bucket.versions.append(key)
        bucket.objects[key] = body
        return Answer(200, headers={"etag": _etag(body)})

    def _delete(self, bucket: _Bucket, key: str, condition: str | None, granted: frozenset[str]) -> Answer:
        if condition is not None and self.habits.conditions == "refused":
            raise _Refused(501, "NotImplemented", "A header you provided implies functionality that is not implemented.")
        _need(granted, "OBJECT_DELETE")
        if key not in bucket.objects:
            if self.habits.absent_delete == 404:
                raise _Refused(404, "NoSuchKey", "The specified key does not exist.")
            return Answer(204)
        if condition is not None and self.habits.conditions == "honoured" and condition != _etag(bucket.objects[key]):
            raise _Refused(412, "PreconditionFailed", "At least one of the preconditions you specified did not hold.")
        _need_no_retention(bucket)
        del bucket.objects[key]
        if bucket.versioned:
            bucket.versions += [key, key]
        return Answer(204)


def _need(granted: frozenset[str], *permissions: str) -> None:
    if not granted.issuperset(permissions):
        raise _no_bucket()


def _need_no_retention(bucket: _Bucket) -> None:
    if bucket.retention:
        raise _Refused(
            403, "RetentionRuleViolation", "The object cannot be changed or deleted: a retention rule of the bucket is active."
        )


def _need_vault(bucket: _Bucket) -> None:
    if not bucket.vault_key:
        raise _Refused(404, "NotAuthorizedOrFoundKmsKey", "Authorization failed or the requested KMS key was not found.")


def _etag(body: bytes) -> str:
    return f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"'


def _xml(text: str) -> Answer:
    return Answer(200, f'<?xml version="1.0" encoding="UTF-8"?>{text}'.encode(), {"content-type": "application/xml"})


@contextlib.contextmanager
def demo_scenarios() -> Iterator[Sequence[Scenario]]:
    """Destinations on one running stand-in, for ``planet-validator demo``."""
    with Authority() as authority, OracleEmulator(authority.server()) as oracle:
        good = oracle.bucket("imagery-in")
        lingering = oracle.bucket("imagery-used-before")
        oracle.put(lingering, "planetverify.txt", b"left by an earlier check\n")
        key = oracle.key()

        def scenario(
            title: str, lesson: str, request: Mapping[str, Any], verdict: str = "pass", finding: str | None = None
        ) -> Scenario:
            return Scenario(title, lesson, request, {"oracle_cloud_storage": oracle.url}, authority.bundle, verdict, finding)

        yield (
            scenario(
                "everything right",
                "Write, read back, delete: seen to work, and nothing is left.",
                oracle.destination(good, key),
            ),
            scenario(
                "a key that cannot delete",
                "Oracle answers a refused delete as if the bucket were missing. A read of the same name shows that it is there, so nothing is written.",
                oracle.destination(good, oracle.key(without=["OBJECT_DELETE"])),
                "fail",
                "delete-denied",
            ),
            scenario(
                "a wrong namespace",
                "Missing bucket or missing permission: Oracle gives one answer to both, so the report names the candidates, and what decides.",
                oracle.destination(good, key, namespace="axother45678"),
                "fail",
                "bucket-or-permission-missing",
            ),
            scenario(
                "another key's secret",
                "Two messages share one error code: an unknown key, and a secret that does not fit.",
                oracle.destination(good, key, customer_secret_key=oracle.key().secret_key),
                "fail",
                "wrong-secret",
            ),
            scenario(
                "an old file and no OBJECT_OVERWRITE",
                "Planet would have to write over the file that lies there. The check tries that on a file of its own.",
                oracle.destination(lingering, oracle.key(without=["OBJECT_OVERWRITE"])),
                "fail",
                "overwrite-denied",
            ),
        )
