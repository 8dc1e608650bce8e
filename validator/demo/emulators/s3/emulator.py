"""The S3 emulator as its owner sees it: buckets and users to make, what lies there, and what was asked."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from validator.demo.emulators.http import Emulator, Exchange, Reply, Request
from validator.demo.emulators.s3.access import EmulatorState, S3Request, User
from validator.demo.emulators.s3.front import respond
from validator.demo.emulators.s3.iam import Policy, Principal
from validator.demo.emulators.s3.store import Store

PLANET_NEEDS: Final = ("s3:PutObject", "s3:GetObject", "s3:DeleteObject")
"""What Planet documents that its key must be allowed to do."""

REGION: Final = "eu-central-1"
"""Where buckets are, unless said otherwise."""

PolicyDocument = Mapping[str, Any]
"""A policy as IAM takes it: ``{"Version": "2012-10-17", "Statement": [...]}``."""


@dataclass(frozen=True, slots=True)
class UserKey:
    """An access key, made up by moto when it was asked for; it opens this emulator alone."""

    access_key_id: str
    secret_access_key: str
    arn: str
    """Of the user whom it belongs to."""

    def destination(self, bucket: str, name: str = "my imagery", /, **changes: Any) -> dict[str, Any]:
        """A Destinations request for a bucket, with this key; ``changes`` replace parameters."""
        parameters = {
            "bucket": bucket,
            "aws_region": REGION,
            "aws_access_key_id": self.access_key_id,
            "aws_secret_access_key": self.secret_access_key,
            **changes,
        }
        return {"name": name, "type": "amazon_s3", "parameters": parameters}


class S3Emulator(Emulator):
    """``with S3Emulator() as s3``: buckets and users are made by its methods, and ``s3.url`` answers as their S3.

    Several may be open at a time, as long as their buckets have different names.

    Args:
        tls: speak https with a certificate that ``ca_bundle`` vouches for; policies then see ``aws:SecureTransport`` as true.
        address: where to listen; port 0 is a free one.

    Raises:
        MissingExtra: on entering, if moto is not installed.
    """

    def __init__(self, *, tls: bool = False, address: tuple[str, int] = ("127.0.0.1", 0)) -> None:
        super().__init__(tls=tls, address=address)
        self.source_ip = "127.0.0.1"
        """Where requests seem to come from, for ``aws:SourceIp``; may be set."""

    @property
    def account(self) -> str:
        """The twelve digits of the account that owns everything here; made up anew for each emulator."""
        return self._world.store.account

    # ---- setting up --------------------------------------------------------------------------------------------------

    def bucket(
        self,
        name: str,
        *,
        region: str = REGION,
        versioned: bool = False,
        policy: PolicyDocument | None = None,
        object_lock: str | None = None,
        days: int = 1,
    ) -> str:
        """Make a bucket; its name.

        Args:
            name: as S3 takes it.
            region: where it is. Requests that are signed for another region are sent there.
            versioned: keep every version.
            policy: its bucket policy.
            object_lock: ``GOVERNANCE`` or ``COMPLIANCE``, a default retention of ``days``; makes it versioned as well.
            days: of the default retention.

        Raises:
            ValueError: for a name that is taken, and for a policy that this emulator cannot judge.
        """
        read = None if policy is None else Policy(policy)
        with self._turn:
            lock = None if object_lock is None else (object_lock, days)
            self._world.store.create(name, region, versioned=versioned, lock=lock)
            if read is not None:
                self._world.policies[name] = read
        return name

    def user(
        self,
        name: str,
        *,
        actions: Sequence[str] = PLANET_NEEDS,
        policy: PolicyDocument | None = None,
        active: bool = True,
        boundary: PolicyDocument | None = None,
    ) -> UserKey:
        """Make an IAM user with one access key.

        Args:
            name: of the user, in its ARN.
            actions: allowed on everything, unless there is a ``policy``.
            policy: the identity policy instead.
            active: whether the access key is.
            boundary: its permissions boundary.

        Raises:
            ValueError: for a policy that this emulator cannot judge.
        """
        document = policy or allow(*actions)
        identity, limit = Policy(document), None if boundary is None else Policy(boundary)
        with self._turn:
            access_key, secret = self._world.store.user(name, document)
            principal = Principal(f"arn:aws:iam::{self.account}:user/{name}", self.account, name)
            self._world.users[access_key] = User(principal, secret, (identity,), active, limit)
        return UserKey(access_key, secret, principal.arn)

    def put_user_policy(self, key: UserKey, policy: PolicyDocument) -> None:
        """Attach one more policy to the user of this key, as ``aws iam put-user-policy`` does.

        Raises:
            ValueError: for a policy that this emulator cannot judge.
        """
        more = Policy(policy)
        with self._turn:
            before = self._world.users[key.access_key_id]
            self._world.store.attach(before.principal.name, policy)
            self._world.users[key.access_key_id] = replace(before, policies=(*before.policies, more))

    def put(self, bucket: str, key: str, body: bytes) -> None:
        """Lay an object into a bucket, asking nobody: a file that was there before."""
        with self._turn:
            self._world.store.put(bucket, key, body)

    # ---- looking -----------------------------------------------------------------------------------------------------

    def objects(self, bucket: str) -> dict[str, bytes]:
        """The current objects of a bucket: key to bytes."""
        with self._turn:
            return self._world.store.objects(bucket)

    def versions(self, bucket: str) -> list[tuple[str, str, bool]]:
        """Everything that a bucket holds, old versions included: key, version id, and whether it is a delete marker."""
        with self._turn:
            return self._world.store.versions(bucket)

    def writes(self) -> list[Exchange]:
        """The requests that made an object: what must be empty where delete is refused."""
        return [each for each in self.requests if each.method in ("PUT", "POST") and each.status < 300]

    def _begin(self, url: str, stack: contextlib.ExitStack) -> None:
        super()._begin(url, stack)
        self._world = EmulatorState(Store())
        stack.callback(self._world.store.close)

    def _carry_out(self, request: Request) -> Reply:
        signed = S3Request(request.method, request.target, request.headers, request.body, self.source_ip, self._tls)
        return respond(self._world, signed)


def allow(*actions: str, resource: str | Sequence[str] = "*") -> PolicyDocument:
    """An identity policy that allows these actions."""
    resources = resource if isinstance(resource, str) else list(resource)
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": list(actions), "Resource": resources}]}


def sse_required(bucket: str) -> PolicyDocument:
    """The usual bucket policy that refuses a PUT which does not ask for encryption by a header of its own."""
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "DenyUnencryptedPuts",
                "Effect": "Deny",
                "Principal": "*",
                "Action": "s3:PutObject",
                "Resource": f"arn:aws:s3:::{bucket}/*",
                "Condition": {"StringNotEquals": {"s3:x-amz-server-side-encryption": "AES256"}},
            }
        ],
    }
