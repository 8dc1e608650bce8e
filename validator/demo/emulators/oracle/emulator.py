"""The stand-in as its owner sees it: keys and buckets to make, a URL to ask, and what was asked."""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from typing import Any, Final

from validator.demo.emulators import sigv4
from validator.demo.emulators.http import Emulator, Reply, Request
from validator.demo.emulators.oracle.objects import serve
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
    not_implemented,
    unauthenticated,
)
from validator.providers.oracle.regions import OF_SHORT_CODE

_SHORT_CODE: Final = {region: code for code, region in OF_SHORT_CODE.items()}


class OracleEmulator(Emulator):
    """One tenancy on a free port of 127.0.0.1, as long as its ``with`` block lasts.

    ``url`` is the endpoint to check against; its ``{region}`` and ``{namespace}`` are filled in by the provider, because
    on the real service both are parts of the host.
    """

    namespace = "axexample123"
    regions = ("us-ashburn-1", "eu-frankfurt-1")
    """The regions to which the tenancy is subscribed; the first is its home."""

    def __init__(self, *, habits: Habits | None = None) -> None:
        super().__init__(tls=True)
        self.habits = habits or Habits()
        self._buckets: dict[str, Bucket] = {}
        self._holders: dict[str, Holder] = {}

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
        self._holders[made.access_key_id] = Holder(made, granted, active, unknown_for)
        return made

    def put(self, bucket: str, key: str, body: bytes) -> None:
        """Lay an object into a bucket, as its owner."""
        self._buckets[bucket].objects[key] = body

    def objects(self, bucket: str) -> dict[str, bytes]:
        """What lies in a bucket."""
        return dict(self._buckets[bucket].objects)

    def versions(self, bucket: str) -> list[str]:
        """Keys of which an older version or a delete marker was left, once for each."""
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
        """As the others do, with the id that every answer has: it begins with the region's short code."""
        reply = super().answer(request)
        made = f"{_SHORT_CODE.get(request.path.partition('/')[0], 'iad')}-1:{secrets.token_urlsafe(24)}"
        return replace(reply, headers={"x-amz-request-id": made, **reply.headers})

    def _begin(self, url: str, stack: ExitStack) -> None:
        super()._begin(f"{url}/{{region}}/{{namespace}}", stack)

    def _carry_out(self, request: Request) -> Reply:
        region, namespace, name, key = (*request.path.split("/", 3), "", "", "")[:4]
        if "aws-chunked" in request.headers.get("content-encoding", ""):
            raise not_implemented("AWS chunked encoding not supported.")
        if not name:
            raise not_implemented()
        holder = self._authenticate(request, region)
        bucket = self._buckets.get(name)
        if bucket is None or namespace != self.namespace or bucket.region != region:
            raise no_bucket()
        return serve(request, bucket, key, holder.permissions, self.habits)

    def _authenticate(self, request: Request, region: str) -> Holder:
        signature = sigv4.read(request)
        if signature is None or signature.service != "s3":
            raise unauthenticated(WRONG_SECRET)
        looked_up_in = self.regions[0] if signature.region in ("", "us-east-1") else signature.region
        holder = self._holders.get(signature.access_key)
        if holder is None or not holder.active or looked_up_in != region or region not in self.regions:
            raise unauthenticated(UNKNOWN_KEY)
        if holder.unknown_for > 0:
            holder.unknown_for -= 1
            raise unauthenticated(UNKNOWN_KEY)
        stated = request.headers.get("x-amz-content-sha256", "")
        if stated not in ("UNSIGNED-PAYLOAD", hashlib.sha256(request.body).hexdigest()):
            raise OracleRefused(400, "InvalidArgument", "x-amz-content-sha256 must be UNSIGNED-PAYLOAD or a valid sha256 value")
        if not signature.is_of(request, holder.key.secret_key):
            raise unauthenticated(WRONG_SECRET)
        return holder
