"""moto, held in one process: the buckets and objects of one made-up account, with moto's own IAM enforcement switched on."""

from __future__ import annotations

import json
import logging
import secrets
import threading
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from validator.core import home
from validator.core.errors import MissingExtra
from validator.demo.emulators.http import Reply, Request


class Store:
    """One account of moto's. Several may be open at a time in a process, as long as their buckets have different names."""

    _switch: ClassVar[threading.Lock] = threading.Lock()
    """Held while moto is asked: whether it judges is one setting of the process."""

    def __init__(self) -> None:
        """Raises MissingExtra where moto is not installed."""
        # moto gives the root logger a handler that writes to standard output, where our reports go: take it away again.
        root = logging.getLogger()
        handlers = list(root.handlers)
        try:
            from moto import settings
            from moto.iam.models import iam_backends
            from moto.moto_server.werkzeug_app import create_backend_app
            from moto.s3.models import FakeDeleteMarker, s3_backends
        except ModuleNotFoundError as error:
            raise MissingExtra(f"the S3 emulator needs the package {error.name}: {home.install('demo')}") from error
        finally:
            root.handlers[:] = handlers
        self.account = str(secrets.randbelow(10**11) + 10**11)
        self._settings = settings
        self._marker = FakeDeleteMarker
        self._iam = iam_backends[self.account]["aws"]
        self._backends = s3_backends
        self._s3 = s3_backends[self.account]["aws"]
        self._made: Callable[[Any], Any] = create_backend_app
        self._apps: dict[str, Any] = {}
        """moto's servers, one for each service: its dispatcher between them lists a folder for each request."""

    def close(self) -> None:
        """Forget every bucket, object and user."""
        for name in list(self._s3.buckets):
            self._s3.buckets[name].keys.clear()
            self._s3.buckets.pop(name)
            self._backends.bucket_accounts.pop(name, None)
        for user in list(self._iam.users.values()):
            for key in list(user.access_keys):
                self._iam.access_keys.pop(key.access_key_id, None)
        self._iam.users.clear()

    # ---- setting up --------------------------------------------------------------------------------------------------

    def user(self, name: str, policy: Mapping[str, Any]) -> tuple[str, str]:
        """A user with one inline policy; the id and the secret of its key, which moto makes up."""
        self._iam.create_user("us-east-1", name)
        self._iam.put_user_policy(name, "emulated", json.dumps(policy))
        key = self._iam.create_access_key(name)
        return key.access_key_id, key.secret_access_key

    def attach(self, name: str, policy: Mapping[str, Any]) -> None:
        """One more inline policy of a user's."""
        self._iam.put_user_policy(name, "planet-destination", json.dumps(policy))

    def create(self, name: str, region: str, *, versioned: bool, lock: tuple[str, int] | None) -> None:
        """A bucket; ``lock`` is the mode and the days of a default retention. Raises ValueError if the name is taken."""
        from moto.core.exceptions import ServiceException

        try:
            bucket = self._s3.create_bucket(name, region)
        except ServiceException as error:
            raise ValueError(f"the emulator has a bucket {name} already, or cannot have it: {error}") from error
        if lock is not None:
            bucket.object_lock_enabled = True
            bucket.default_lock_mode, bucket.default_lock_days = lock
        if versioned or lock is not None:
            self._s3.put_bucket_versioning(name, "Enabled")

    def put(self, bucket: str, key: str, body: bytes) -> None:
        """An object, without asking anybody's permission."""
        self._s3.put_object(bucket, key, body)

    # ---- looking -----------------------------------------------------------------------------------------------------

    def bucket(self, name: str) -> Any | None:
        """Moto's bucket, or None."""
        return self._s3.buckets.get(name)

    def objects(self, bucket: str) -> dict[str, bytes]:
        """The current objects: key to bytes, sorted."""
        current = {key: self._current(bucket, key) for key in sorted(self._s3.buckets[bucket].keys)}
        return {key: bytes(stored.value) for key, stored in current.items() if stored is not None}

    def etag(self, bucket: str, key: str) -> str | None:
        """The current object's ETag, in quotes; None where there is none."""
        stored = self._current(bucket, key)
        return None if stored is None else str(stored.etag)

    def versions(self, bucket: str) -> list[tuple[str, str, bool]]:
        """Key, version id and whether it is a delete marker, of everything that a versioned bucket holds, oldest first."""
        keys = self._s3.buckets[bucket].keys
        return [
            (key, str(each.version_id), isinstance(each, self._marker)) for key in sorted(keys) for each in keys.getlist(key)
        ]

    def locked(self, bucket: str, key: str, version: str, *, bypass: bool) -> bool:
        """Whether retention or a legal hold keeps this version."""
        return any(
            not isinstance(each, self._marker) and str(each.version_id) == version and each.is_locked(governance_bypass=bypass)
            for each in self._s3.buckets[bucket].keys.getlist(key)
        )

    def is_marker(self, bucket: str, key: str) -> bool:
        """Whether the current version is a delete marker."""
        keys = self._s3.buckets[bucket].keys
        return key in keys and isinstance(keys[key], self._marker)

    def _current(self, bucket: str, key: str) -> Any | None:
        versions = self._s3.buckets[bucket].keys.get(key)
        return None if isinstance(versions, self._marker) else versions

    # ---- what moto leaves undone --------------------------------------------------------------------------------------

    def plant_marker(self, bucket: str, key: str) -> str:
        """A delete marker for a key that was never there, as S3 makes one; its version id."""
        made = self._s3.put_object(bucket, key, b"")
        _, headers = self._s3.delete_object(bucket, key)
        self._s3.buckets[bucket].keys.setlist(
            key, [each for each in self._s3.buckets[bucket].keys.getlist(key) if each.version_id != made.version_id]
        )
        return str(headers["version-id"])

    # ---- asking moto -------------------------------------------------------------------------------------------------

    def ask(self, request: Request, service: str = "s3", *, judges: bool = True) -> Reply:
        """Hand one request to moto's server, without a second hop. ``judges``: whether moto is to look who asks, and for what."""
        from werkzeug.test import EnvironBuilder, run_wsgi_app

        app = self._apps.get(service) or self._apps.setdefault(service, self._made(service))
        kept = [each for each in request.headers.items() if each[0] not in ("content-length", "transfer-encoding", "expect")]
        builder = EnvironBuilder(request.target, "http://127.0.0.1", method=request.method, headers=kept, data=request.body)
        with Store._switch:
            before = self._settings.INITIAL_NO_AUTH_ACTION_COUNT
            self._settings.INITIAL_NO_AUTH_ACTION_COUNT = 0 if judges else float("inf")
            try:
                answer, status, fields = run_wsgi_app(app, builder.get_environ(), buffered=True)
            finally:
                self._settings.INITIAL_NO_AUTH_ACTION_COUNT = before
        return Reply(int(status.split()[0]), dict(fields), b"".join(answer))
