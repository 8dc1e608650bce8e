"""One bucket through google-cloud-storage, made hermetic: no ambient credentials, hosts, look-ups or background calls, and no retries."""

from __future__ import annotations

import base64
import contextlib
import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, Self
from urllib.parse import parse_qs

from validator.core.model import Confidence, Kind, Observation, Operation, Residue
from validator.providers.base import Experiment, Failure, Found, Gap, Obstacle, Options, Receipt, Remnant, Unproven, is_own_name
from validator.providers.common.bounded import session
from validator.providers.common.conditions import Belief, Conditions
from validator.providers.gcs.errors import (
    ConditionIgnored,
    OtherUniverse,
    TokenRefused,
    UnexpectedAnswer,
    by_permission,
    observe,
)
from validator.providers.gcs.service_account import UNIVERSE, Key

if TYPE_CHECKING:
    from validator.providers.gcs.leftovers import Sweeper

ENDPOINT: Final = "https://storage.googleapis.com"
SCOPE: Final = "https://www.googleapis.com/auth/devstorage.full_control"
"""What the SDK's own client asks for. The scope limits nothing: the account's grants do."""

NEVER: Final = 1
"""A generation that no object has: real ones are microseconds since 1970. A request under it is authorised and then refused."""

ASKED: Final = (
    "storage.objects.create",
    "storage.objects.get",
    "storage.objects.delete",
    "storage.objects.list",
    "storage.buckets.get",
)
SMALL: Final = 1024
"""Bytes. An object of this size is read, to tell our own file from another's."""


@dataclass(frozen=True, slots=True)
class _TokenAnswer:
    """What google-auth asks of a transport's response."""

    status: int
    headers: Mapping[str, str]
    data: bytes


class Transport:
    """The HTTP session under the SDK: asks for a token once, sends it to one host only, and follows no redirect."""

    def __init__(self, credentials: Any, root: str, ca_bundle: str | None, options: Options) -> None:
        self.credentials = credentials
        self.root = root
        self.options = options
        self.session = session(options.seconds)
        # Without this, requests would look into ~/.netrc and send what it finds there instead of the token.
        self.session.auth = lambda request: request
        # Given with each request: in the session's own place the environment's REQUESTS_CA_BUNDLE would win.
        self.verify = ca_bundle

    def request(self, method: str, url: str, **more: Any) -> Any:
        """As ``requests.Session.request``. Raises what requests raises, and TokenRefused."""
        if not url.startswith(self.root + "/"):
            raise UnexpectedAnswer(f"the SDK asked for another host than {self.root}")
        if not self.credentials.valid:
            self.credentials.refresh(self._token)
        self.options.seconds()  # raises where the token took so long that nobody waits any more
        more["headers"] = {**(more.get("headers") or {}), "authorization": f"Bearer {self.credentials.token}"}
        response = self.session.request(method, url, allow_redirects=False, verify=self.verify, **more)
        if method == "DELETE" and 200 <= response.status_code < 300 and not _done(response):
            raise UnexpectedAnswer(f"a delete was answered with {response.status_code}, as Google does not answer one")
        return response

    def _token(self, url: str, method: str = "POST", body: Any = None, headers: Any = None, **_: Any) -> _TokenAnswer:
        seconds = patience(self.options)
        for assertion in parse_qs(body.decode() if isinstance(body, bytes) else str(body or "")).get("assertion", ()):
            self.options.remember(assertion)
        response = self.session.request(
            method, url, data=body, headers=headers, timeout=seconds, allow_redirects=False, verify=self.verify
        )
        answer = _TokenAnswer(response.status_code, response.headers, response.content)
        # Judged here, before google-auth would try again on its own or lose the answer's Date.
        try:
            token = response.json().get("access_token")
        except (ValueError, AttributeError):
            token = None
        if isinstance(token, str):
            self.options.remember(token)
        if answer.status != 200 or not isinstance(token, str) or not token:
            raise TokenRefused(answer.status, answer.headers, answer.data)
        return answer

    def close(self) -> None:
        """Close the connections."""
        self.session.close()


def _done(response: Any) -> bool:
    """Google answers a delete with 204 and nothing; its testbench with 200 and nothing, under Google's own headers."""
    if response.status_code == 204:
        return True
    return not response.content and any(name.lower().startswith(("x-goog-", "x-guploader-")) for name in response.headers)


def patience(options: Options, least: float = 0.1) -> tuple[float, float]:
    """Seconds to wait for a connection, and for each part of an answer."""
    seconds = max(least, options.seconds())
    return seconds, seconds


def client(key: Key, options: Options) -> Any:
    """A ``google.cloud.storage.Client`` that speaks for this key and to this endpoint, whatever the environment says.

    Raises ValueError for a private key that cannot be loaded, OtherUniverse for a key of another Google cloud.
    """
    if key.universe != UNIVERSE:
        raise OtherUniverse(f"the key belongs to the universe {key.universe}, not to {UNIVERSE}")
    from google.oauth2 import service_account

    info = {"client_email": key.email, "token_uri": key.token_uri, "private_key": key.private_key}
    if key.key_id:
        info["private_key_id"] = key.key_id
    credentials = service_account.Credentials.from_service_account_info(info, scopes=[SCOPE])  # type: ignore[no-untyped-call]  # untyped upstream
    return client_of(credentials, options)


def client_of(credentials: Any, options: Options) -> Any:
    """The same for credentials of google-auth's that are made already."""
    from google.cloud import storage

    root = (options.endpoint or ENDPOINT).rstrip("/")
    made = storage.Client(
        project=None,
        credentials=credentials,
        client_options={"api_endpoint": root},
        _http=Transport(credentials, root, options.ca_bundle, options),
    )
    # Since 3.11 a thread of the SDK's own would read the bucket's metadata, with a permission that Planet does not need.
    made._bucket_metadata_cache = None  # noqa: SLF001 - there is no public switch but an environment variable
    # GOOGLE_API_USE_MTLS_ENDPOINT=always would send the requests elsewhere.
    made._connection.API_BASE_MTLS_URL = root  # noqa: SLF001 - the same
    return made


class GoogleBucket:
    """The seam's Bucket over one Cloud Storage bucket."""

    def __init__(self, name: str, key: Key | None, options: Options, *, credentials: Any = None) -> None:
        self.options = options
        self.conditions = Conditions.at(documented=options.endpoint is None)
        self._free: set[str] = set()
        """Names under which a look found no object."""
        self._written: dict[str, int] = {}
        """Names under which our own object lies, with its generation."""
        self.client = client(key, options) if key is not None else client_of(credentials, options)
        self.bucket = self.client.bucket(name)
        self.held: frozenset[str] | None = None
        """What testIamPermissions said; None before it was asked, and where it was refused."""
        self.refused: Observation | None = None
        """The refusal of testIamPermissions."""
        self.lying: Any = None
        """The object that was last found under the real name."""

    @property
    def honours_conditions(self) -> bool:
        """See the seam."""
        return self.conditions.delete.holds

    @property
    def creates_only(self) -> bool:
        """See the seam."""
        return self.conditions.create.holds

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        # The SDK's own close() is made for the metadata cache that was taken out.
        self.client._http.close()  # noqa: SLF001 - the transport is ours

    def _how(self, least: float = 0.1) -> Mapping[str, Any]:
        return {"timeout": patience(self.options, least), "retry": None}

    # ---- looking -----------------------------------------------------------------------------------------------------

    def find(self, key: str) -> Found | None:
        """The object under ``key``; needs storage.objects.get."""
        blob = self.bucket.blob(key)
        self.lying = None
        self._free.discard(key)
        try:
            blob.reload(**self._how())
        except Exception as error:
            if observe(error).kind is Kind.ABSENT:
                self._free.add(key)
                return None
            raise
        self.lying = blob
        body = None
        if blob.size is not None and blob.size <= SMALL:
            with contextlib.suppress(Exception):  # the object is there, whatever this says
                body = self.read(key)
        generation = str(blob.generation or "")
        return Found(key, blob.size, blob.updated, generation or None, generation, body)

    def obstacles(self) -> Sequence[Obstacle]:
        """What would keep a file: holds and retention of the file that lies there, then of the bucket, if it may be read."""
        found = list(_of_object(self.lying, self.bucket.name, self.options)) if self.lying is not None else []
        if self.held is not None and "storage.buckets.get" in self.held:
            try:
                self.bucket.reload(**self._how())
            except Exception as error:
                if observe(error).kind in (Kind.UNREACHABLE, Kind.TRANSIENT):
                    raise
            else:
                found += _of_bucket(self.bucket, self.options)
        return found

    # ---- rehearsals --------------------------------------------------------------------------------------------------

    def rehearse(self, operation: Operation, key: str) -> None:
        """Ask under a generation that no object has. For DELETE there are two witnesses: where they disagree, Unproven."""
        own, beliefs = key in self._written and not self.conditions.documented, self.conditions
        if operation is Operation.WRITE and own:
            return self._test_writes(key)
        if operation is Operation.WRITE:
            if not beliefs.write.holds:
                raise NotImplementedError("this endpoint was not seen to refuse a write whose condition cannot hold")
            blob = self.bucket.blob(key)
            blob.upload_from_string(b"", content_type="text/plain", if_generation_match=NEVER, **self._how())
            with contextlib.suppress(Exception):
                blob.delete(if_generation_match=blob.generation, **self._how())
            raise ConditionIgnored("an upload under a generation that no object has was carried out")
        if not (beliefs.delete.holds or own or is_own_name(key) or key in self._free):
            raise Unproven(
                f"whether {key} may be deleted could not be asked: this endpoint was not seen to honour a condition on a delete, and may "
                "not be asked to delete what may be another's"
            )
        self.lying = None if key in self._free else self.lying
        self._ask_permissions()
        try:
            self.bucket.blob(key).delete(if_generation_match=NEVER, **self._how())
        except Exception as error:
            seen = observe(error)
            if seen.kind in (Kind.PRECONDITION, Kind.KEPT) and not beliefs.documented:
                beliefs.delete = Belief.SEEN
            allowed = seen.kind in (Kind.ABSENT, Kind.PRECONDITION, Kind.KEPT)
            named = seen.evidence.get("permission", "storage.objects.delete")
            denied = by_permission(seen) and named == "storage.objects.delete"
            if not allowed and not denied:
                raise
            listed = None if self.held is None else "storage.objects.delete" in self.held
            if listed is allowed or (listed is None and denied):
                raise
            raise self._disagreement(key, seen, listed=listed) from error
        if not own:
            raise ConditionIgnored("a delete under a generation that no object has was carried out")
        del self._written[key]
        beliefs.delete = Belief.IGNORED
        return None

    def _test_writes(self, key: str) -> None:
        """Our own object lies there: a write that must not find it, or must find another, has to be refused."""
        for name, generation in (("create", 0), ("write", NEVER)):
            if getattr(self.conditions, name).holds:
                continue
            blob = self.bucket.blob(key)
            try:
                blob.upload_from_string(b"", content_type="text/plain", if_generation_match=generation, **self._how())
            except Exception as error:
                kind = observe(error).kind
                if kind in (Kind.PRECONDITION, Kind.EXISTS):
                    setattr(self.conditions, name, Belief.SEEN)
                elif kind in (Kind.UNREACHABLE, Kind.TRANSIENT, Kind.FOREIGN):
                    raise  # it may have been carried out
            else:
                setattr(self.conditions, name, Belief.IGNORED)
                self._written[key] = int(blob.generation or 0)

    def _ask_permissions(self) -> None:
        """The second witness: what the account holds on the bucket. Needs no permission of its own."""
        if self.held is not None:
            return
        try:
            self.held = frozenset(self.bucket.test_iam_permissions(list(ASKED), **self._how()))
            self.refused = None
        except Exception as error:
            seen = observe(error)
            if seen.kind in (Kind.UNREACHABLE, Kind.TRANSIENT, Kind.UNAUTHENTICATED, Kind.NO_BUCKET) or seen.status is None:
                raise
            self.refused = seen  # the delete will say why, or nothing will be written

    def _disagreement(self, key: str, seen: Observation, *, listed: bool | None) -> Unproven:
        said = f"{seen.status} {seen.code}".strip()
        asked = "permitted" if seen.kind is not Kind.DENIED else "refused"
        evidence = {"conditional_delete": f"{said} ({asked})"}
        if listed is None:
            refused = self.refused
            told = f"{refused.status} {refused.code}".strip() if refused else "no answer"
            evidence["test_iam_permissions"] = f"refused: {told}"
            return Unproven(
                f"A delete of {key} that could not remove anything was {asked} ({said}), but Google would not say what this account holds on the bucket ({told}).",
                evidence,
            )
        evidence["test_iam_permissions"] = f"storage.objects.delete is {'held' if listed else 'not held'}"
        return Unproven(
            f"Google's two answers about delete disagree. The account {'holds' if listed else 'does not hold'} storage.objects.delete on the bucket as a whole "
            f"(testIamPermissions), and a delete of {key} that could not remove anything was {asked} ({said}). A grant with a condition on object names does that, "
            "a deny policy, or a grant that was changed in the last minutes.",
            evidence,
        )

    # ---- operations --------------------------------------------------------------------------------------------------

    def write(self, key: str, body: bytes) -> Receipt:
        """Create only: an object of that name is never overwritten."""
        blob = self.bucket.blob(key)
        blob.upload_from_string(body, content_type="text/plain", if_generation_match=0, **self._how())
        if not blob.generation:
            raise UnexpectedAnswer("the answer to the upload names no generation")
        self._written[key] = int(blob.generation)
        self._free.discard(key)
        return Receipt(str(blob.generation), str(blob.generation))

    def read(self, key: str) -> bytes:
        """The object's bytes, in one request. The core compares them itself, whatever checksum comes with them."""
        data: bytes = self.bucket.blob(key).download_as_bytes(checksum=None, **self._how())
        return data

    def list(self, prefix: str) -> Sequence[str]:
        """Keys that begin with ``prefix``, a thousand at most. Planet does not ask for this permission."""
        found = self.client.list_blobs(
            self.bucket, prefix=prefix, max_results=1000, fields="items(name),nextPageToken", **self._how()
        )
        return [blob.name for blob in found]

    def delete(self, key: str, receipt: Receipt | None, body: bytes) -> None:
        """Remove one generation: ours. Without a receipt, the object whose checksum is that of our random bytes."""
        how = self._how(5.0)  # in the time kept for cleaning up, what is left for the work is nothing
        generation = self._written.get(key, 0)
        if not generation and receipt is not None:
            generation = int(receipt.pin)
        elif not generation:
            blob = self.bucket.blob(key)
            blob.reload(**how)
            if blob.md5_hash != base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode():
                from google.api_core.exceptions import PreconditionFailed

                raise PreconditionFailed("another object lies under that name")  # type: ignore[no-untyped-call]  # untyped upstream
            generation = int(blob.generation)
        # With its generation named, nothing stays behind in a bucket that keeps versions.
        self.bucket.blob(key, generation=generation).delete(if_generation_match=generation, **how)
        self._written.pop(key, None)

    def settle(self, key: str, receipt: Receipt | None) -> Sequence[Residue]:  # noqa: ARG002 - the seam's signature
        """Nothing remains: the delete named its generation, which removes it from a versioned bucket as well."""
        return ()

    presence = Confidence.LIKELY

    def remnants(self, key: str, *, everywhere: bool) -> Iterator[Sequence[Remnant | Gap]]:
        """Generations, old ones included, and soft-deleted copies."""
        return self._sweeper().remnants(key, everywhere=everywhere)

    def remove(self, remnant: Remnant) -> None:
        """Remove one generation."""
        self._sweeper().remove(remnant)

    def _sweeper(self) -> Sweeper:
        from validator.providers.gcs.leftovers import Sweeper

        return Sweeper(self.client, self.bucket, self.options, self._how)

    def experiments(self, failure: Failure) -> Iterator[Experiment]:  # noqa: ARG002 - the seam's signature
        """None: a Google destination has no parameter that could be tried another way."""
        return iter(())


def _of_object(blob: Any, bucket: str, options: Options) -> Iterable[Obstacle]:
    """What keeps the file that lies there, so that Planet could not write over it."""
    held = [name for name, on in (("temporary", blob.temporary_hold), ("event-based", blob.event_based_hold)) if on]
    if held:
        yield Obstacle(
            "object-held",
            f"{blob.name} is already in {bucket}, under {' and '.join(held)} hold: Planet could neither write over it nor delete it. Nothing was written.",
            {"hold": ", ".join(held), "generation": str(blob.generation)},
        )
    until = blob.retention_expiration_time
    if until is not None and until > options.clock():
        told = until.isoformat().replace("+00:00", "Z")
        yield Obstacle(
            "retention-locked",
            f"{blob.name} is already in {bucket}, and is kept until {told}: until then Planet can neither write over it nor delete it. Nothing was written.",
            {"until": told, "generation": str(blob.generation)},
        )


def _of_bucket(bucket: Any, options: Options) -> Iterable[Obstacle]:
    if bucket.default_event_based_hold:
        yield Obstacle(
            "object-held",
            f"The bucket {bucket.name} puts an event-based hold on every new object: Planet could write planetverify.txt, and not delete it. Nothing was written.",
            {"default_event_based_hold": "true"},
        )
    period = bucket.retention_period
    if period:
        until = (options.clock() + timedelta(seconds=int(period))).isoformat(timespec="seconds").replace("+00:00", "Z")
        locked = bool(bucket.retention_policy_locked)
        yield Obstacle(
            "retention-locked",
            f"The bucket {bucket.name} keeps every object for {int(period):,} seconds: what Planet writes now could not be deleted before {until}. Nothing was written.",
            {"retention_seconds": str(period), "until": until, "policy_locked": str(locked).lower()},
        )
