"""The stand-in as its owner sees it: keys and buckets to make, a URL to ask, and what was asked."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
import ssl
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from validator.demo.emulators.http import Reply, Request, Served, Server
from validator.demo.emulators.oracle.objects import Objects
from validator.demo.emulators.oracle.tenancy import (
    PERMISSIONS,
    UNKNOWN_KEY,
    WRONG_SECRET,
    Bucket,
    CustomerKey,
    Habits,
    Holder,
    OracleRefused,
    no_bucket,
)
from validator.demo.emulators.sigv4 import signature_of
from validator.providers.oracle.regions import OF_SHORT_CODE

_SHORT_CODE: Final = {region: code for code, region in OF_SHORT_CODE.items()}
_AUTHORIZATION: Final = re.compile(
    r"AWS4-HMAC-SHA256 Credential=([^/,\s]+)/\d{8}/([^/]*)/s3/aws4_request,\s*SignedHeaders=([a-z0-9;-]+),\s*Signature=([0-9a-f]{64})"
)


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request that came, and how it was answered."""

    method: str
    path: str
    """With its query, as sent."""
    status: int
    code: str


class OracleEmulator(Served):
    """One tenancy on a free port of 127.0.0.1, as long as its ``with`` block lasts.

    ``url`` is the endpoint to check against; its ``{region}`` and ``{namespace}`` are filled in by the provider, because
    on the real service both are parts of the host. Thread-safe.
    """

    namespace = "axexample123"
    regions = ("us-ashburn-1", "eu-frankfurt-1")
    """The regions to which the tenancy is subscribed; the first is its home."""

    def __init__(self, tls: ssl.SSLContext, *, habits: Habits | None = None) -> None:
        self.habits = habits or Habits()
        self.requests: list[Exchange] = []
        """Everything that was asked, in order."""
        self._lock = threading.Lock()
        self._buckets: dict[str, Bucket] = {}
        self._holders: dict[str, Holder] = {}
        self._objects = Objects(self.habits)
        self._server = Server(self.answer, tls=tls)

    @property
    def url(self) -> str:
        """For ``--endpoint oracle_cloud_storage=...``."""
        return f"{self._server.url}/{{region}}/{{namespace}}"

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
            self._buckets[name] = Bucket(region or self.regions[0], retention, versioned, vault_key)
        return name

    def key(self, *permissions: str, without: Sequence[str] = (), active: bool = True, unknown_for: int = 0) -> CustomerKey:
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
        made = CustomerKey(secrets.token_hex(20), base64.b64encode(secrets.token_bytes(32)).decode())
        with self._lock:
            self._holders[made.access_key_id] = Holder(made, granted, active, unknown_for)
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

    def destination(self, bucket: str, key: CustomerKey, /, **changes: str) -> dict[str, Any]:
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

    def answer(self, request: Request) -> Reply:
        """One request after the other."""
        region, *rest = request.path.split("/", 3)
        code = ""
        with self._lock:
            try:
                reply = self._answer(request, region, *rest)
            except OracleRefused as refused:
                reply, code = refused.reply, refused.code
            self.requests.append(Exchange(request.method, request.target, reply.status, code))
        made = f"{_SHORT_CODE.get(region, 'iad')}-1:{secrets.token_urlsafe(24)}"
        return replace(reply, headers={"x-amz-request-id": made, **reply.headers})

    def _answer(self, request: Request, region: str, namespace: str = "", name: str = "", key: str = "") -> Reply:
        if "aws-chunked" in request.headers.get("content-encoding", ""):
            raise OracleRefused(501, "NotImplemented", "AWS chunked encoding not supported.")
        if not name:
            raise OracleRefused(501, "NotImplemented", "A header you provided implies functionality that is not implemented.")
        holder = self._authenticate(request, region)
        bucket = self._buckets.get(name)
        if bucket is None or namespace != self.namespace or bucket.region != region:
            raise no_bucket()
        return self._objects.serve(request, bucket, key, holder.permissions)

    def _authenticate(self, request: Request, region: str) -> Holder:
        match = _AUTHORIZATION.fullmatch(request.headers.get("authorization", ""))
        if match is None:
            raise OracleRefused(403, "SignatureDoesNotMatch", WRONG_SECRET)
        key_id, scope, names, signature = match.groups()
        looked_up_in = self.regions[0] if scope in ("", "us-east-1") else scope
        holder = self._holders.get(key_id)
        if holder is None or not holder.active or looked_up_in != region or region not in self.regions:
            raise OracleRefused(403, "SignatureDoesNotMatch", UNKNOWN_KEY)
        if holder.unknown_for > 0:
            holder.unknown_for -= 1
            raise OracleRefused(403, "SignatureDoesNotMatch", UNKNOWN_KEY)
        stated = request.headers.get("x-amz-content-sha256", "")
        if stated not in ("UNSIGNED-PAYLOAD", hashlib.sha256(request.body).hexdigest()):
            raise OracleRefused(400, "InvalidArgument", "x-amz-content-sha256 must be UNSIGNED-PAYLOAD or a valid sha256 value")
        right = signature_of(request.method, request.target, request.headers, names, scope, holder.key.secret_key)
        if not hmac.compare_digest(signature, right):
            raise OracleRefused(403, "SignatureDoesNotMatch", WRONG_SECRET)
        return holder
