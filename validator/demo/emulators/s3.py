"""A local Amazon S3 that enforces permissions: moto's server behind a front of ours, for ``demo`` and for tests.

An emulator, not the real cloud: nothing that it answers proves anything about AWS. Tried with moto 5.2.5:

=========================================================  ==================================  =======================================
what                                                       moto alone                          with this front
=========================================================  ==================================  =======================================
unknown access key, wrong secret                           refused as S3 does                  the same, with the key id in the body
inactive access key                                        let through                         InvalidAccessKeyId
clock more than 15 minutes off                             let through                         RequestTimeTooSkewed
signing region of another bucket region                    let through                         301 PermanentRedirect; 400
                                                                                               AuthorizationHeaderMalformed when signed
                                                                                               for us-east-1
unsigned request                                           500                                 403; HeadBucket names the region
identity policies: actions, resources                      enforced                            enforced twice: by the front, then moto
identity policies: conditions, NotAction, NotResource      misread (an Allow becomes a Deny)   enforced
bucket policies, permissions boundaries                    ignored                             enforced
AccessDenied message                                       ``Access Denied``                   names user, action, resource, layer
absent key without s3:ListBucket                           404                                 403 on s3:ListBucket
Content-MD5, x-amz-content-sha256 of other bytes           ignored                             BadDigest, XAmzContentSHA256Mismatch
If-Match, If-None-Match with an ETag                       honoured                            honoured; DELETE asks for s3:GetObject too
``If-Match: *``                                            never holds                         holds where there is an object
DELETE of an absent key in a versioned bucket              leaves nothing                      leaves a delete marker
PUT without MD5 under default retention                    a code of moto's own                400 InvalidRequest, as S3
DELETE of a version under retention                        403 ``Access Denied``               403 ``... protected by object lock.``
governance bypass without its permission                   let through                         403
=========================================================  ==================================  =======================================

Not emulated: virtual-hosted addressing (the server has an IP address), KMS keys, ACLs, MFA delete, Requester Pays, suspended
versioning, Organization, session and VPC endpoint policies, other accounts, presigned URLs, making or changing a bucket over HTTP,
eventual consistency. Which of several refusals S3 would name first, and whether a PUT with If-Match needs s3:GetObject, is not known
here: the front does not ask for it.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final, Self

from validator.demo.emulators._s3_front import respond
from validator.demo.emulators._s3_policy import Policy, Principal
from validator.demo.emulators._s3_signature import Asked, User, World
from validator.demo.emulators._s3_store import Answer, Store
from validator.demo.emulators.certificates import Authority
from validator.demo.emulators.scenario import Scenario

PLANET_NEEDS: Final = ("s3:PutObject", "s3:GetObject", "s3:DeleteObject")
"""What Planet documents that its key must be allowed to do."""

PolicyDocument = Mapping[str, Any]
"""A policy as IAM takes it: ``{"Version": "2012-10-17", "Statement": [...]}``."""


@dataclass(frozen=True, slots=True)
class Key:
    """An access key, made up by moto when it was asked for; it opens this emulator alone."""

    access_key_id: str
    secret_access_key: str
    arn: str
    """Of the user whom it belongs to."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request that came in, and how it was answered."""

    method: str
    path: str
    """With its query, as sent."""
    status: int


class S3Emulator:
    """``with S3Emulator() as s3``: buckets and users are made by its methods, and ``s3.url`` answers as their S3.

    Several may be open at a time, as long as their buckets have different names.

    Args:
        tls: speak https with a certificate that ``ca_bundle`` vouches for; policies then see ``aws:SecureTransport`` as true.

    Raises:
        MissingExtra: on entering, if moto is not installed.
    """

    def __init__(self, *, tls: bool = False) -> None:
        self.requests: list[Exchange] = []
        """Every request so far, in the order in which they were answered."""
        self.before_answer: Callable[[Exchange], None] = lambda exchange: None
        """Called when a request has been carried out and its answer has not left yet: a test may wait in it, or kill somebody."""
        self._tls = tls
        self._stack = contextlib.ExitStack()
        self._turn = threading.Lock()

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as stack:
            store = Store()
            stack.callback(store.close)
            self._world = World(store, tls=self._tls)
            server = _Server(("127.0.0.1", 0), _handler(self))
            stack.callback(server.server_close)
            self.ca_bundle: str | None = None
            if self._tls:
                authority = stack.enter_context(Authority())
                self.ca_bundle = authority.bundle
                server.socket = authority.server().wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
            self.port: int = server.server_address[1]
            thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
            thread.start()
            stack.callback(server.shutdown)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *exc: object) -> None:
        self._stack.close()

    @property
    def url(self) -> str:
        """The service root, for ``--endpoint``; buckets are addressed path-style below it."""
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}"

    @property
    def account(self) -> str:
        """The twelve digits of the account that owns everything here; made up anew for each emulator."""
        return self._world.store.account

    @property
    def source_ip(self) -> str:
        """Where requests seem to come from, for ``aws:SourceIp``; may be set."""
        return self._world.source_ip

    @source_ip.setter
    def source_ip(self, address: str) -> None:
        self._world.source_ip = address

    # ---- setting up --------------------------------------------------------------------------------------------------

    def bucket(
        self,
        name: str,
        *,
        region: str = "eu-central-1",
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
    ) -> Key:
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
        return Key(access_key, secret, principal.arn)

    def put(self, bucket: str, key: str, body: bytes) -> None:
        """Lay an object into a bucket, asking nobody: a file that was there before."""
        with self._turn:
            self._world.store.put(bucket, key, body)

    # ---- looking -----------------------------------------------------------------------------------------------------

    def objects(self, bucket: str) -> dict[str, bytes]:
        """The current objects of a bucket: key to bytes."""
        store = self._world.store
        with self._turn:
            return {key: store.body(bucket, key) or b"" for key in store.keys(bucket)}

    def versions(self, bucket: str) -> list[tuple[str, str, bool]]:
        """Everything that a bucket holds, old versions included: key, version id, and whether it is a delete marker."""
        with self._turn:
            return self._world.store.versions(bucket)

    def writes(self) -> list[Exchange]:
        """The requests that made an object: what must be empty where delete is refused."""
        return [each for each in self.requests if each.method in ("PUT", "POST") and each.status < 300]

    def answer(self, asked: Asked) -> Answer:
        """One request after the other: what a bucket holds never changes between a condition and what it guards."""
        with self._turn:
            answer = respond(self._world, asked)
            exchange = Exchange(asked.method, asked.target, answer.status)
            self.requests.append(exchange)
        self.before_answer(exchange)
        return answer


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


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away in the middle is nothing to talk about."""


def _handler(emulator: S3Emulator) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        server_version = "EmulatedS3"
        disable_nagle_algorithm = True
        timeout = 60

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name that http.server gives it
            """Silent: what came in is in ``requests``."""

        def _serve(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            answer = emulator.answer(Asked(self.command, self.path, headers, self._body(headers)))
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                if name != "content-length" or answer.status != 204:
                    self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer.body)

        def _body(self, headers: Mapping[str, str]) -> bytes:
            if "chunked" not in headers.get("transfer-encoding", "").lower():
                return self.rfile.read(int(headers.get("content-length") or 0))
            parts = []
            while size := int(self.rfile.readline().split(b";")[0], 16):
                parts.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(parts)

        do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _serve

    return Handler


# ---- for the demo ----------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def demo_scenarios() -> Iterator[Sequence[Scenario]]:
    """Destinations of the types ``amazon_s3`` and ``s3_compatible`` on running emulators, the good one first.

    Raises:
        MissingExtra: if moto is not installed.
    """
    with S3Emulator() as s3, S3Emulator(tls=True) as other:
        planet = s3.user("planet")
        s3.bucket("imagery-in")
        s3.bucket("imagery-encrypted", policy=sse_required("imagery-encrypted"))
        s3.bucket("imagery-versioned", versioned=True)
        s3.bucket("imagery-littered", versioned=True)
        for _ in range(3):
            s3.put("imagery-littered", "planetverify.txt", b"left by an earlier verification")
        other.bucket("imagery-elsewhere")
        guest = other.user("planet", actions=(*PLANET_NEEDS, "s3:ListBucket"))

        def scenario(
            title: str,
            lesson: str,
            key: Key,
            bucket: str = "imagery-in",
            *,
            verdict: str,
            finding: str | None,
            command: str = "check",
            **more: Any,
        ) -> Scenario:
            parameters = {
                "bucket": bucket,
                "aws_region": "eu-central-1",
                "aws_access_key_id": key.access_key_id,
                "aws_secret_access_key": key.secret_access_key,
                **more,
            }
            request = {"name": "my imagery", "type": "amazon_s3", "parameters": parameters}
            return Scenario(title, lesson, request, {"amazon_s3": s3.url}, verdict=verdict, finding=finding, command=command)

        yield (
            scenario(
                "everything right",
                "The key may write, read and delete. The check did what Planet will do, saw it succeed, and left the bucket as it was.",
                planet,
                verdict="pass",
                finding=None,
            ),
            scenario(
                "a key that cannot delete",
                "The trap that this tool was made for: Planet's own check writes its file, cannot remove it, refuses the destination "
                "and leaves the file behind. This check asks first whether it could delete, and then writes nothing.",
                s3.user("planet-no-delete", actions=("s3:PutObject", "s3:GetObject")),
                verdict="fail",
                finding="delete-denied",
            ),
            scenario(
                "a key that cannot write",
                "Deleting is allowed, writing is not: the answer names the policy layer that would have to allow it.",
                s3.user("planet-no-write", actions=("s3:GetObject", "s3:DeleteObject")),
                verdict="fail",
                finding="write-denied",
            ),
            scenario(
                "a wrong secret",
                "The key exists and the secret is not its own: no permission can fix that, so none is suggested.",
                Key(planet.access_key_id, planet.secret_access_key[::-1], planet.arn),
                verdict="fail",
                finding="wrong-secret",
            ),
            scenario(
                "a wrong region",
                "The bucket is in eu-central-1 and the request says us-west-2. SDKs follow such a redirect silently; this check "
                "says so, and offers the patch.",
                planet,
                verdict="fail",
                finding="wrong-region",
                aws_region="us-west-2",
            ),
            scenario(
                "a policy that wants encryption",
                "The bucket's policy refuses a write that does not ask for encryption. A second write with the header got through, "
                "so explicit_sse is the answer.",
                planet,
                "imagery-encrypted",
                verdict="fail",
                finding="encryption-header-required",
            ),
            scenario(
                "a bucket that keeps versions",
                "Planet would accept it, and every check of Planet's leaves an old version and a delete marker: worth knowing, no "
                "reason to fail.",
                planet,
                "imagery-versioned",
                verdict="warn",
                finding="versions-remain",
            ),
            scenario(
                "files that earlier verifications left behind",
                "The command sweep finds them, old versions included, says why each stayed and what Planet's next verification would "
                "meet. With --delete it removes what it listed, and nothing else.",
                s3.user("planet-sweeping", actions=("s3:PutObject", "s3:GetObject", "s3:ListBucketVersions")),
                "imagery-littered",
                verdict="fail",
                finding="lingering-file",
                command="sweep",
            ),
            Scenario(
                "another store, everything right",
                "Any store that speaks S3. It may not honour S3's conditions, so the check looks whether the file is there before "
                "it asks for anything.",
                {
                    "name": "my imagery",
                    "type": "s3_compatible",
                    "parameters": {
                        "bucket": "imagery-elsewhere",
                        "endpoint": "https://objects.example.com",
                        "region": "eu-central-1",
                        "access_key_id": guest.access_key_id,
                        "secret_access_key": guest.secret_access_key,
                        "use_path_style": True,
                    },
                },
                {"s3_compatible": other.url},
                other.ca_bundle,
            ),
        )
