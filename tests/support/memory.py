"""A provider that keeps its objects in a dictionary: for tests of the core alone, without any SDK."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Self

import pytest

from validator.core.deadline import CancelToken
from validator.core.model import Destination, DestinationReport, Fix, Kind, Observation, Operation, Residue
from validator.providers.base import (
    Advice,
    Experiment,
    Failure,
    Provider,
    Receipt,
    RetentionBlocker,
    Rule,
    StoredObject,
    flag,
    secret,
    text,
)


class Refusal(Exception):
    def __init__(self, observation: Observation) -> None:
        super().__init__(observation.code)
        self.observation = observation


def refusal(kind: Kind, status: int | None = 403, code: str = "", **more: Any) -> Refusal:
    return Refusal(Observation(kind, status, code or kind.value, **more))


DENIED = refusal(Kind.DENIED)
BUSY = refusal(Kind.TRANSIENT, 503, "SlowDown")
ABSENT = refusal(Kind.ABSENT, 404)
PRECONDITION = refusal(Kind.PRECONDITION, 412)
EXISTS = refusal(Kind.EXISTS, 412)
LOST = refusal(Kind.UNREACHABLE, None, "reset")


@dataclass(frozen=True)
class Parameters:
    bucket: str = text("The bucket.", example="imagery-in")
    key: str = text("The key id.", example="KEY1", shape=r"KEY\d+")
    password: Any = secret("The secret.", example="...")
    fancy: bool = flag("Whether it is fancy.")


@dataclass
class MemoryBucket:
    """``on`` maps a method (``delete``, ``rehearse-write`` ...) to what happens first: an exception to raise, or a function to call."""

    objects: dict[str, bytes] = field(default_factory=dict)
    on: dict[str, Any] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    enforces_preconditions: bool = True
    creates_exclusively: bool = True
    residue: Sequence[Residue] = ()
    in_the_way: Sequence[RetentionBlocker] = ()
    trials: Sequence[Experiment] = ()
    lock: Any = field(default_factory=threading.RLock)
    uploads: int = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        pass

    def _first(self, name: str, key: str) -> None:
        self.asked.append((name, key))
        happens = self.on.get(name)
        if isinstance(happens, list):
            happens = happens.pop(0) if happens else None
        if isinstance(happens, Exception):
            raise happens
        if callable(happens):
            happens()

    def stat(self, key: str) -> StoredObject | None:
        self._first("stat", key)
        if key not in self.objects:
            return None
        body = self.objects[key]
        return StoredObject(key, len(body), datetime(2026, 1, 1, tzinfo=UTC), None, f"pin:{body!r}", body)

    def rehearse(self, operation: Operation, key: str) -> None:
        self._first(f"rehearse-{operation}", key)
        raise PRECONDITION if key in self.objects else ABSENT

    def write(self, key: str, body: bytes) -> Receipt:
        self._first("write", key)
        if self.creates_exclusively and key in self.objects:
            raise EXISTS
        self.objects[key] = body
        self._first("after-write", key)
        return Receipt(f"pin:{body!r}", "v1" if self.residue else None)

    def read(self, key: str) -> bytes:
        self._first("read", key)
        return self.objects[key]

    def list(self, prefix: str) -> Sequence[str]:
        self._first("list", prefix)
        return [key for key in self.objects if key.startswith(prefix)]

    def delete(self, key: str, receipt: Receipt | None, body: bytes) -> None:
        self._first("delete", key)
        if key not in self.objects:
            raise ABSENT
        if self.objects[key] != body:
            raise PRECONDITION
        del self.objects[key]
        self._first("after-delete", key)

    def retention_blockers(self) -> Sequence[RetentionBlocker]:
        self._first("retention-blockers", "")
        return self.in_the_way

    def cleanup_versions(self, key: str, receipt: Receipt) -> Sequence[Residue]:
        self._first("cleanup-versions", key)
        return self.residue

    def experiments(self, failure: Failure) -> Iterator[Experiment]:
        self._first("experiments", failure.key)
        yield from self.trials

    def start_multipart(self, key: str) -> str:
        self._first("start", key)
        self.uploads += 1
        return "upload1"

    def abort_multipart(self, key: str, upload: str) -> None:
        self._first("abort", key)
        self.uploads -= 1


RULES = (
    Rule("multipart-denied", kind=Kind.DENIED, form="multipart"),
    Rule("delete-denied", Operation.DELETE, Kind.DENIED),
    Rule("write-denied", Operation.WRITE, Kind.DENIED),
    Rule("read-denied", Operation.READ, Kind.DENIED),
    Rule("list-denied", Operation.LIST, Kind.DENIED),
    Rule("wrong-secret", kind=Kind.UNAUTHENTICATED),
    Rule("bucket-not-found", kind=Kind.NO_BUCKET),
    Rule("object-held", kind=Kind.KEPT),
)


def memory_provider(bucket: MemoryBucket | Callable[[Any], MemoryBucket], **changes: Any) -> Provider:
    """A provider of this bucket, or of the one that the parameters name. ``changes`` take the place of its functions."""
    value = Provider(
        name="memory",
        Parameters=Parameters,
        permissions={each: f"memory:{each}" for each in Operation},
        rules=RULES,
        lint=lambda parameters, options: [],
        connect=lambda parameters, options: bucket if isinstance(bucket, MemoryBucket) else bucket(parameters),
        classify=lambda error: (
            error.observation if isinstance(error, Refusal) else Observation(Kind.OTHER, message=repr(error))
        ),
        object_uri=lambda parameters, key, options: f"memory://{parameters.bucket}/{key}",
        explain_finding=lambda finding, parameters, failure, options: Advice(fix=Fix(f"Repair {parameters.bucket}.")),
        removal=lambda parameters, key, version: f"remove {parameters.bucket}/{key}" + (f"@{version}" if version else ""),
    )
    return replace(value, **changes)


provider = memory_provider(MemoryBucket())


def destination(**changes: Any) -> Destination:
    from validator.core.model import Secret

    given = {"bucket": "imagery-in", "key": "KEY1", "password": Secret("EXAMPLE-password-0001")}
    return Destination(**{"name": "memory", "type": "memory", "parameters": given, **changes})


def by_bucket(**buckets: MemoryBucket) -> Provider:
    """A provider of these buckets, each under its name."""
    return memory_provider(lambda parameters: buckets[parameters.bucket])


def named(name: str, **more: Any) -> Destination:
    """A destination of this name, in the bucket of the same name."""
    given = destination()
    return replace(given, name=name, parameters={**given.parameters, "bucket": name}, **more)


def checking(monkeypatch: pytest.MonkeyPatch) -> Callable[..., DestinationReport]:
    """Checks one destination whose store is this bucket, or what this function makes of its parameters."""
    from validator import providers
    from validator.checking.assemble import Settings, check

    def go(bucket: Any, *, stop: CancelToken | None = None, prefix: str = "", **settings: Any) -> DestinationReport:
        find, made = providers.find, memory_provider(bucket)
        monkeypatch.setattr(providers, "find", lambda name: made if name == "memory" else find(name))
        settings.setdefault("timeout", 60.0)
        report = check([destination(path_prefix=prefix)], Settings(**settings), stop=stop)
        return report.destinations[0]

    return go


def left(report: DestinationReport) -> list[tuple[str, str, bool]]:
    """What it says stays: where, how sure, and whether a note says more."""
    return [(each.key, each.state.value, bool(each.note)) for each in report.residue]


def asked(bucket: MemoryBucket, name: str) -> list[str]:
    """The keys of the calls of one name, in their order."""
    return [key for what, key in bucket.asked if what == name]
