"""The seam: what a destination type must bring, and nothing else. Provider authors import this module.

A provider is found by its Planet type through the entry-point group ``planet_validator.providers``; the entry point
names an object (usually a module-level instance called ``provider``) that satisfies :class:`Provider`. It imports its
SDK inside functions, never at module level, so that ``--help``, ``lint`` and ``explain`` load none.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import MISSING, Field, dataclass, field, fields
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, ClassVar, Final, Protocol, Self, runtime_checkable

from validator.core.model import (
    VERIFICATION_FILE,
    Confidence,
    Finding,
    Fix,
    Kind,
    Mode,
    Observation,
    Operation,
    PatchOperation,
    Residue,
    Secret,
    Severity,
)
from validator.core.secret_shapes import credentials_in, is_uuid, is_wordlike, looks_like_password

# --------------------------------------------------------------------------------------------------------------------
# Parameters: one declaration gives parsing, JSON Schema, redaction and the docs table.


def text(
    help: str,  # noqa: A002 - reads as what it is
    *,
    example: str,
    default: str | None = None,
    shape: str = "",
    never: tuple[str, ...] = (),
) -> Any:
    """A string parameter. ``shape`` is a regular expression that its values match whole; ``never`` are values of documentation.

    In a parameter of keys (``key`` is in its name) what matches is a key's id and no secret, and what does not is taken for a
    misplaced secret.
    """
    metadata = {"help": help, "example": example, "kind": "string", "shape": shape, "never": never}
    return field(metadata=metadata) if default is None else field(default=default, metadata=metadata)


def secret(help: str, *, example: str, verbatim: bool = False, never: tuple[str, ...] = ()) -> Any:  # noqa: A002 - reads as what it is
    """A string parameter whose value becomes a :class:`~validator.core.model.Secret`.

    ``verbatim``: the provider's own lint judges whitespace, quotes and placeholders in it.
    """
    return field(
        metadata={"help": help, "example": example, "kind": "secret", "shape": "", "verbatim": verbatim, "never": never}
    )


def flag(help: str, *, default: bool = False) -> Any:  # noqa: A002 - reads as what it is
    """A boolean parameter."""
    return field(default=default, metadata={"help": help, "example": default, "kind": "boolean", "shape": ""})


def declared(parameters: type[Any]) -> Sequence[Field[Any]]:
    """The fields of a Parameters declaration, in order."""
    return fields(parameters)


def required(each: Field[Any]) -> bool:
    """Whether Planet asks for this parameter."""
    return each.default is MISSING


def misplaced_secrets(parameters: type[Any], raw: Mapping[str, Any]) -> Iterator[Secret]:
    """Every value that is a secret, and every part of a value or of a parameter's name that looks like one where none belongs.

    Args:
        parameters: the type's declaration.
        raw: parameters as a source gives them.
    """
    known = {each.name: each for each in fields(parameters)}
    crossed = any(
        each.metadata["kind"] == "secret" and _belongs_elsewhere(raw.get(each.name), known.values()) for each in known.values()
    )
    for name, value in raw.items():
        yield from map(Secret, _looking(name))
        each = known.get(name)
        for inner in _strings(value):
            if isinstance(inner, Secret):
                yield inner
            elif each is not None and each.metadata["kind"] == "secret":
                yield Secret(inner)
            elif each is None or crossed or not _own_key(each, inner):
                yield from map(Secret, _misplaced(inner, each, crossed=crossed))


def _misplaced(value: str, each: Field[Any] | None, *, crossed: bool) -> Sequence[str]:
    """What of a string value is taken for a secret: the parts that look like one, or all of it where nothing else can be meant."""
    found = _looking(value)
    whole = value.strip()
    name = each.name if each is not None else ""
    odd = len(whole) >= 8 and not is_wordlike(whole) and "://" not in whole and not re.search(r"\s", whole)
    if (
        looks_like_password(whole)
        or (each is None and is_uuid(whole))
        or (odd and "key" in name and not _own_key(each, whole))
        or (odd and crossed and "." not in whole)
    ):
        return [value]
    return found


def _looking(text: str) -> Sequence[str]:
    return [text[start:end] for start, end in credentials_in(text)]


def _own_key(each: Field[Any] | None, value: str) -> bool:
    """Whether a value is a key's id in the field of key ids: an id is no secret where it belongs."""
    return (
        each is not None
        and "key" in each.name
        and bool(each.metadata["shape"])
        and re.fullmatch(each.metadata["shape"], value.strip()) is not None
    )


def _belongs_elsewhere(value: Any, known: Iterable[Field[Any]]) -> bool:
    """Whether what stands as a secret is an address, a region or a key's id: then the secret stands in another field."""
    text = (value.reveal() if isinstance(value, Secret) else value if isinstance(value, str) else "").strip()
    return bool(
        re.match(r"https?://", text)
        or re.fullmatch(r"[a-z]{2,3}(?:-[a-z]{2,20}){1,3}-?[0-9]{1,2}", text)
        or re.fullmatch(r"A[KS]IA[A-Z0-9]{12,28}", text)
        or any(each.metadata["shape"] and "key" in each.name and len(text) == 40 and _own_key(each, text) for each in known)
    )


def _strings(value: Any) -> Iterator[str | Secret]:
    """Every string in a value, those of mappings and lists included; names of members too."""
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, str | Secret):
            yield each
        elif isinstance(each, Mapping):
            waiting += [*each.keys(), *each.values()]
        elif isinstance(each, list | tuple):
            waiting += each


# --------------------------------------------------------------------------------------------------------------------
# What the core hands to a provider.


@dataclass(frozen=True, slots=True)
class Options:
    """What a run asks of every provider."""

    endpoint: str | None = None
    """Another endpoint for this type (``--endpoint``), such as an emulator."""
    ca_bundle: str | None = None
    """A file of CA certificates to trust instead of the system's."""
    expires_within: int = 14
    """Days. A credential that ends sooner is worth a warning."""
    multipart: bool = False
    now: datetime | None = None
    """The clock for offline judgements; None is the machine's."""
    remember: Callable[[str | Secret], None] = lambda secret: None
    """Takes each secret that the provider makes or reads on the way (a token, a signed assertion), before it is sent or can be repeated."""
    seconds: Callable[[], float] = lambda: 15.0
    """Seconds that the next request may take: for the SDK's own time-outs. The core bounds each call as well."""

    def clock(self) -> datetime:
        """The time to judge expiry by, in UTC."""
        return self.now or datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Failure:
    """One request that was not granted, with what had been granted before it."""

    operation: Operation
    key: str
    mode: Mode
    observation: Observation
    granted: frozenset[Operation] = frozenset()
    """Operations of this destination that were seen to be granted, before this one or after it."""
    form: str = ""
    words: str | None = None
    """The answer's message without anybody's names in it; None: as the provider sent it."""


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """One answer as text that somebody kept: whatever of it was kept."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    """Names in lower case."""
    body: bytes = b""
    method: str = ""
    """The request's method; empty if it is not known."""
    url: str = ""
    """The request's address; empty if it is not known."""
    token: bool = False
    """The answer of an endpoint that gives out tokens, not of the store."""


# --------------------------------------------------------------------------------------------------------------------
# What a provider hands back.


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of a provider's decision table; the first row that matches names the finding. None matches anything."""

    finding: str
    operation: Operation | tuple[Operation, ...] | None = None
    kind: Kind | None = None
    status: int | tuple[int, ...] | None = None
    code: str | tuple[str, ...] | None = None
    text: str | None = None
    """Regular expression, searched without regard to case in the answer's message, from which every name was taken out (an ellipsis stands in its
    place). ``^`` and ``$`` hold the whole sentence. Linear: no nested repetition.
    """
    evidence: Mapping[str, str] = field(default_factory=dict)
    """Regular expressions that these evidence values must fully match."""
    granted: Operation | None = None
    """Only when this other operation was granted."""
    mode: Mode | None = None
    form: str | None = None
    confidence: Confidence = Confidence.CONFIRMED
    severity: Severity | None = None
    """Instead of the finding's own, where this answer says more or less about Planet."""
    source: str = ""
    """Where the row comes from: the fact, document or thread that it rests on."""

    def matches(self, failure: Failure) -> bool:
        """Whether this row speaks of ``failure``."""
        seen = failure.observation
        return (
            _among(failure.operation, self.operation)
            and (self.kind is None or seen.kind is self.kind)
            and _among(seen.status, self.status)
            and _among(seen.code, self.code)
            and (self.mode is None or failure.mode is self.mode)
            and (self.form is None or failure.form == self.form)
            and (self.granted is None or self.granted in failure.granted)
            and (self.text is None or re.search(self.text, _words(failure), re.IGNORECASE | re.DOTALL) is not None)
            and all(re.fullmatch(want, seen.evidence.get(key, "")) for key, want in self.evidence.items())
        )


def _words(failure: Failure) -> str:
    return failure.observation.message if failure.words is None else failure.words


def _among(value: object, wanted: object) -> bool:
    if wanted is None:
        return True
    return value in wanted if isinstance(wanted, tuple) else value == wanted


@dataclass(frozen=True, slots=True)
class Advice:
    """What a provider adds to a finding of its own: the sentence about this bucket, and the fix in its own commands."""

    detail: str = ""
    fix: Fix | None = None
    pointer: str = ""
    evidence: Mapping[str, str] = field(default_factory=dict)
    confidence: Confidence | None = None
    """Overrides the rule's, when what was seen says more or less."""


@dataclass(frozen=True, slots=True)
class Found:
    """An object that is in the bucket."""

    key: str
    size: int | None = None
    """Bytes; None if the store does not say."""
    modified: datetime | None = None
    version: str | None = None
    pin: str = ""
    """ETag or generation: what a delete of exactly this object is pinned to."""
    body: bytes | None = None
    """Its content when it is small and was read: tells our own write from another's."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the store said of our own write: a delete pinned to it can remove nothing else."""

    pin: str = ""
    version: str | None = None


@dataclass(frozen=True, slots=True)
class Obstacle:
    """A bucket setting, read before anything is written, that would keep the file: nothing is written then."""

    finding: str
    detail: str
    evidence: Mapping[str, str] = field(default_factory=dict)
    passes: bool = False
    """Planet's own check would pass all the same, and leave something behind."""


@dataclass(frozen=True, slots=True)
class Experiment:
    """After a failure: the same operation, asked with one thing changed. Granted, it explains the failure.

    It never turns a refusal into a pass: it proposes the change that would.
    """

    finding: str
    parameters: Any
    """A changed copy of the provider's Parameters."""
    operation: Operation
    patch: tuple[PatchOperation, ...] = ()
    performed: bool = False
    """Really write (and delete again) instead of rehearsing. Only asked when delete was seen to be granted."""
    detail: str = ""
    evidence: Mapping[str, str] = field(default_factory=dict)


NEVER_SENT: Final = frozenset({"dns", "refused", "tls", "forbidden-address", "unsendable"})
"""Codes of :attr:`Kind.UNREACHABLE` that say that no connection came about."""


class Unproven(Exception):
    """A rehearsal whose witnesses disagree, or that has none. Nothing is written without ``--proceed``."""

    def __init__(self, message: str, evidence: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.evidence = dict(evidence or {})


class Bucket(Protocol):
    """An open connection to one bucket. Every method but the last three makes the request and raises the SDK's own
    exception untouched; the core bounds the time, retries, and classifies through ``Provider.observe``. SDK retries
    are off. A method may be called from another thread than the one that made the bucket, never from two at once.
    """

    @property
    def honours_conditions(self) -> bool:
        """The store is known to refuse a delete whose condition cannot hold: by its vendor's documentation for this very address, or
        because it was seen to, in this run, on an object of ours or on a name that nobody has. It may become true on the way. Where it
        is not, nothing is asked of a name under which another's object, version or marker may lie.
        """

    @property
    def creates_only(self) -> bool:
        """The same of ``write``'s create-only condition, and of that alone: such a write can never overwrite."""

    def __enter__(self) -> Self: ...
    def __exit__(self, *exc: object) -> None: ...

    def find(self, key: str) -> Found | None:
        """The object under ``key``, or None if the store says that there is none. Raises where it may not be asked."""

    def rehearse(self, operation: Operation, key: str) -> None:
        """Ask for DELETE or WRITE of exactly ``key``, in a form that cannot be carried out. Returning, or raising what ``observe``
        calls PRECONDITION, ABSENT, EXISTS or KEPT, proves the permission. Raises :class:`Unproven` where nothing can be
        proved, NotImplementedError where this operation has no safe form on this store.

        On a name of our own making under which our object lies, this shows whether the store honours the condition: it refuses, or
        the object is gone, or overwritten.
        """

    def write(self, key: str, body: bytes) -> Receipt:
        """Write as Planet would, create-only where the store can."""

    def read(self, key: str) -> bytes:
        """The object's bytes."""

    def list(self, prefix: str) -> Sequence[str]:
        """Keys that begin with ``prefix``. Called only if LIST is among the provider's permissions."""

    def delete(self, key: str, receipt: Receipt | None, body: bytes) -> None:
        """Remove our own object only: pinned to ``receipt``, or, where the answer to the write was lost, to what
        ``body`` determines (its MD5, or a look at the object's bytes). An object that is not ours is left alone: the
        PRECONDITION of the store is raised.
        """

    def obstacles(self) -> Sequence[Obstacle]:
        """Settings that can be read and that would keep a file. Empty where they cannot be read; raises nothing that
        only says so.
        """

    def settle(self, key: str, receipt: Receipt | None) -> Sequence[Residue]:
        """In the end: remove the versions and markers that the requests of this run made, rehearsals and lost answers included, where
        the credentials may; return what remains. ``receipt`` is that of the write to ``key``, if it was answered.
        """

    def experiments(self, failure: Failure) -> Iterator[Experiment]:
        """What is worth trying after ``failure``. May ask harmless questions of its own on the way."""


@runtime_checkable
class KnowsRisks(Protocol):
    """A bucket that can tell when a write and a delete under a name would touch what is not ours, although no object is seen there."""

    def risk(self, key: str) -> str:
        """Why, in words that can stand after a colon; empty if there is none. May make a request on a name that nobody has."""


@runtime_checkable
class KnowsUnsettled(Protocol):
    """A bucket that can tell what ``settle`` would look for and remove, when it cannot be reached any more."""

    def unsettled(self) -> Sequence[Residue]:
        """What requests of this run made or may have made, and nobody has seen gone. Makes no request."""


@runtime_checkable
class SupportsMultipart(Protocol):
    """A bucket on which ``--multipart`` can start an upload in parts, and abort it again: only ever a warning."""

    def start_multipart(self, key: str) -> str:
        """Start; the upload's id."""

    def abort_multipart(self, key: str, upload: str) -> None:
        """Abort: nothing remains."""


@runtime_checkable
class RehearsesAbort(Protocol):
    """A bucket on which it can be told, before an upload in parts is started, whether it could be aborted."""

    def rehearse_abort(self, key: str) -> None:
        """Abort an upload that nobody has started: returning, or what ``observe`` calls ABSENT, proves the permission."""


@runtime_checkable
class SupportsOverwrite(Protocol):
    """A bucket on which writing over an object takes a permission of its own that cannot be rehearsed. Where Planet would
    meet its file again, the core asks it of our own.
    """

    overwrite_permission: str
    """The provider's name of that permission."""

    def overwrite(self, key: str, body: bytes) -> Receipt:
        """Write once more over what ``write`` has just made under ``key``."""


class RemnantKind(StrEnum):
    """What a leftover is."""

    CURRENT = "current"
    """The object itself."""
    NONCURRENT = "noncurrent"
    """An older version, or one that a delete marker hides."""
    MARKER = "marker"
    """A delete marker."""
    SNAPSHOT = "snapshot"
    SOFT_DELETED = "soft-deleted"
    """Deleted, and kept by the store for some days: it goes by itself, and nobody can make it go sooner."""
    UPLOAD = "upload"
    """An upload in parts that was never finished."""


@dataclass(frozen=True, slots=True)
class Remnant:
    """One thing that lies in a bucket under a name that was asked for."""

    key: str
    kind: RemnantKind
    size: int | None = None
    """Bytes; None if the store does not say."""
    modified: datetime | None = None
    version: str | None = None
    """Version id, generation, snapshot time or upload id."""
    pin: str = ""
    """ETag or generation: what the removal of exactly this is pinned to."""
    storage_class: str = ""
    lock: str = ""
    """What keeps it, in words and with the date if there is one: retention, hold, lease. Empty if nothing is known to."""
    versioned: bool = False
    """A plain delete would only hide it: the bucket keeps versions."""
    body: bytes | None = field(default=None, repr=False)
    """Its content when it is small and was read."""


def is_own_name(key: str) -> bool:
    """Whether a check of ours made the name, in part of random: nobody else has one like it."""
    return _OWN_NAME.fullmatch(key.rpartition("/")[2]) is not None


def is_swept(name: str, key: str, *, everywhere: bool) -> bool:
    """Whether a sweep for ``key`` wants the object called ``name``: everywhere also what a killed check of ours left beside the file."""
    if not everywhere:
        return name == key
    return name.rpartition("/")[2] == key or (key == VERIFICATION_FILE and is_own_name(name))


_OWN_NAME = re.compile(r"planetverify-[0-9a-f]{8,32}(?:-[0-9a-f]{16})?\.txt")


@dataclass(frozen=True, slots=True)
class Gap:
    """A part of the bucket that could not be looked at."""

    what: str
    """In words that go after "not seen:", such as ``old versions (s3:ListBucketVersions)``."""
    error: Exception | None = None
    """The refusal; None where the store has no way to ask."""
    itself: bool = False
    """Whether the object itself may be there unseen."""


class LoginFailed(Exception):
    """The operator's own login cannot be used; the message says what was looked for."""


@runtime_checkable
class SupportsLogin(Protocol):
    """A provider that can open the bucket with the operator's own login: only ever when somebody asks for it."""

    def login(self, parameters: Any, options: Options, profile: str | None, remember: Callable[[str | Secret], None]) -> Bucket:
        """As ``connect``, with the login. ``remember`` takes each of its secrets. Raises :class:`LoginFailed`."""


@runtime_checkable
class SupportsSweep(Protocol):
    """A bucket in which ``sweep`` finds leftovers of every kind, not the object alone."""

    presence: Confidence
    """How far a "precondition failed" to the rehearsed delete shows that there is a file, where it can be neither read nor listed."""

    def remnants(self, key: str, *, everywhere: bool) -> Iterator[Sequence[Remnant | Gap]]:
        """What lies under ``key``; with ``everywhere`` under every key that :func:`is_swept` wants. One page for each request, also
        where it holds none, so that the core can bound each. A refusal becomes a :class:`Gap`; any other exception is raised.
        """

    def remove(self, remnant: Remnant) -> None:
        """Remove exactly this, pinned to its version, generation or ETag. Another object under that name is left alone: the
        PRECONDITION of the store is raised.
        """


@dataclass(frozen=True, slots=True)
class Wanted:
    """For whom and for what a grant is asked. A provider raises ValueError for what its store has no such thing of."""

    prefix: str = ""
    """The folder of the deliveries; the grant is then narrowed to it and to the verification file."""
    principal: str = ""
    """Who shall be granted: a user, its ARN, a service account, a group. Empty: as far as the parameters tell."""
    bucket_side: bool = False
    """The bucket's own side of a grant to somebody of another account."""
    encryption_key: str = ""
    """The key that the bucket encrypts with, where using it takes a permission of its own."""
    multipart: bool = False
    """Also the clean-up of unfinished uploads."""
    versions: bool = False
    """Also the removal of the verification file's versions."""


@dataclass(frozen=True, slots=True)
class Grant:
    """The least that a destination needs."""

    document: str
    """JSON: the cloud's own document."""
    commands: tuple[str, ...] = ()
    """Each can be pasted as it stands; ``grant.json`` holds the document."""
    notes: tuple[str, ...] = ()
    """What somebody who runs them has to know."""


@runtime_checkable
class SupportsPolicy(Protocol):
    """A provider that can say which grant a destination needs: the same text that its findings' fixes hold."""

    grant_needs: ClassVar[tuple[str, ...]]
    """Names of the parameters without which there is no grant."""

    def grant(self, parameters: Any, wanted: Wanted, options: Options) -> Grant:
        """The least grant. ``parameters`` may hold made-up credentials: only names and places are read."""


@dataclass(frozen=True, slots=True)
class Login:
    """Leave to read with the operator's own login, and how far it goes."""

    profile: str | None
    """``--owner-profile``, where the cloud has profiles."""
    ask: Callable[[Callable[[], Any]], Any]
    """Runs one request within the time that is left; every request of an explanation goes through it."""
    remember: Callable[[str | Secret], None]
    """Takes each secret of the login, so that no report can hold it."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """What the operator's login saw of a failure."""

    identity: str
    """Who looked; empty if nobody could."""
    findings: Sequence[Finding]
    """All findings, those that the look explained in their better form. The core keeps the old ones if these weigh less."""
    seen: Sequence[str] = ()
    """Facts, one line each."""
    unread: Sequence[str] = ()
    """What could not be read, one line each, with the permission that it takes."""


@runtime_checkable
class SupportsOwner(Protocol):
    """A provider that can look at a failure with the operator's own login. It reads, and changes nothing."""

    def explain(
        self, parameters: Any, findings: Sequence[Finding], failures: Sequence[Failure], login: Login, options: Options
    ) -> Explanation:
        """Explain the findings of one destination. Uses the modules ``_owner_login`` for the login, imported inside."""


@runtime_checkable
class SupportsAnswers(Protocol):
    """A provider that can judge an answer which another tool got: what ``diagnose`` reads out of a log or a traceback."""

    def read_answer(self, answer: HttpAnswer) -> Observation:
        """As ``observe``, of the answer itself. Total, in linear time: the text is hostile."""


class Provider(Protocol):
    """A destination type."""

    name: ClassVar[str]
    """Planet's name of the type."""
    Parameters: ClassVar[type[Any]]
    """A frozen dataclass made of :func:`text`, :func:`secret` and :func:`flag` fields."""
    permissions: ClassVar[Mapping[Operation, str]]
    """The provider's name of what each operation needs. WRITE and DELETE always; READ, and LIST where Planet
    documents it: these only ever warn."""
    limits: ClassVar[Sequence[str]]
    """What a pass of this type cannot know, beyond what no check from here can: reports say it."""
    rules: ClassVar[Sequence[Rule]]

    def lint(self, parameters: Any, options: Options) -> Iterable[Finding]:
        """What is wrong with the parameters, seen without a network. ``parameters`` is an instance of Parameters."""

    def connect(self, parameters: Any, options: Options) -> Bucket:
        """A bucket to talk to; makes no request if that can be avoided."""

    def observe(self, error: Exception) -> Observation:
        """Classify what ``Bucket`` raised. Total: never raises, and what it does not know is Kind.OTHER."""

    def target(self, parameters: Any, key: str, options: Options) -> str:
        """The address of an object as the provider's users write it, such as ``s3://bucket/key``."""

    def advise(self, finding: str, parameters: Any, failure: Failure | None, options: Options) -> Advice:
        """The detail and fix for a finding of this provider, this bucket filled in."""

    def removal(self, parameters: Any, key: str, version: str | None) -> str:
        """The command with which the bucket's owner removes one object or version."""
