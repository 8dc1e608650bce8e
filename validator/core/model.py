"""The words that every other module speaks: plain values, no behaviour that touches a network."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, NoReturn

from validator.core.owner_view import OwnerView
from validator.core.shown import Guarded, Shown
from validator.core.values import Dataclass, field

if TYPE_CHECKING:
    from datetime import datetime

VERIFICATION_FILE = "planetverify.txt"
"""The object that Planet writes and deletes at the root of a bucket."""

VERIFICATION_FILE_LIMIT = 1024
"""Bytes. Anything larger under that name is somebody's own file."""


class Operation(StrEnum):
    """What is asked of a bucket. Write and delete decide, as in Planet's own check."""

    WRITE = "write"
    READ = "read"
    LIST = "list"
    DELETE = "delete"


class Mode(StrEnum):
    """How a step asked."""

    REHEARSED = "rehearsed"
    """In a form that the store must refuse after it has authorised it: nothing can have changed."""
    PERFORMED = "performed"


class Outcome(StrEnum):
    """What a step showed."""

    GRANTED = "granted"
    DENIED = "denied"
    UNPROVEN = "unproven"
    SKIPPED = "skipped"


class Severity(StrEnum):
    """How much a finding weighs; the worst of a destination decides its verdict."""

    INFO = "info"
    WARNING = "warning"
    UNKNOWN = "unknown"
    ERROR = "error"


class Confidence(StrEnum):
    """How sure a finding is of its cause."""

    CONFIRMED = "confirmed"
    LIKELY = "likely"
    POSSIBLE = "possible"


class Verdict(StrEnum):
    """What a destination, or a whole report, comes to."""

    PASS = "pass"  # noqa: S105 - a verdict
    WARN = "warn"
    INCONCLUSIVE = "inconclusive"
    FAIL = "fail"

    @property
    def weight(self) -> int:
        """0 for the best, 3 for the worst."""
        return list(Verdict).index(self)


VERDICT_OF: Mapping[Severity, Verdict] = {
    Severity.INFO: Verdict.PASS,
    Severity.WARNING: Verdict.WARN,
    Severity.UNKNOWN: Verdict.INCONCLUSIVE,
    Severity.ERROR: Verdict.FAIL,
}


class Kind(StrEnum):
    """What an answer amounts to, in words that the core acts on."""

    DENIED = "denied"
    """The credentials were recognised, the operation was refused."""
    UNAUTHENTICATED = "unauthenticated"
    NO_BUCKET = "no-bucket"
    ABSENT = "absent"
    """Allowed, but there is no such object."""
    PRECONDITION = "precondition"
    """Allowed, but the condition that was sent does not hold."""
    EXISTS = "exists"
    """A create-only write met an object of that name."""
    KEPT = "kept"
    """Allowed, but a retention rule, hold, lock or lease keeps the object."""
    TRANSIENT = "transient"
    """The provider asks to come again: throttled, or a fault of its own."""
    UNREACHABLE = "unreachable"
    """No answer came: name, connection, TLS or time."""
    FOREIGN = "foreign"
    """Not an answer of the API that was asked: a web page, a proxy, another API."""
    OTHER = "other"
    """Anything else; what it means is for the rules to say, and unknown if they do not."""


class Secret:
    """A string that cannot print itself. ``reveal()`` is the only way to its value."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The value. Call it only where the value goes into a signature or a request."""
        return self._value

    def __repr__(self) -> str:
        return "Secret(***)"

    def __str__(self) -> str:
        return "***"

    def __format__(self, spec: str) -> str:
        return format("***", spec)

    def __bool__(self) -> bool:
        return bool(self._value)

    def __len__(self) -> int:
        return len(self._value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash((Secret, self._value))

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            "a Secret is never pickled or copied out: hand over the source, whose references are resolved over there"
        )


LONGEST_SAID: Final = 4096
"""Characters of one text of an answer; clouds say what they mean in a fifth of it."""


class Observation(Dataclass):
    """What a store answered to one request, in neutral words. Text in it is not yet redacted."""

    kind: Kind
    status: int | None = None
    """HTTP status; None when no answer came."""
    code: str = ""
    """The service's own error code, or the network fault (``timeout``, ``refused``, ``dns`` ...)."""
    message: str = ""
    request_id: str = ""
    evidence: Mapping[str, str] = field(default_factory=dict)
    """Facts read out of the answer: principal, action, layer, region ..."""
    server_date: datetime | None = None
    """The answer's Date header: shows a wrong clock on our side."""

    def __post_init__(self) -> None:
        """Cut what is longer than an answer's text can mean to be: each of them is redacted, matched and shown."""
        for name in ("code", "message", "request_id"):
            object.__setattr__(self, name, getattr(self, name)[:LONGEST_SAID])
        if any(len(each) > LONGEST_SAID for each in self.evidence.values()):
            object.__setattr__(self, "evidence", {key: value[:LONGEST_SAID] for key, value in self.evidence.items()})


class Step(Dataclass):
    """One operation that was asked of a bucket, or left out, and what came of it."""

    operation: Operation
    key: str
    mode: Mode
    permission: str
    """The provider's own name of what the operation needs, such as ``s3:DeleteObject``."""
    outcome: Outcome
    duration_ms: float = 0.0
    http_status: int | None = None
    code: str = ""
    request_id: str = ""
    note: str = ""
    """Why a step was skipped, or what else a reader should know of it."""
    form: str = ""
    """``multipart`` for the extra steps of ``--multipart``, ``trial`` for one with a changed parameter; otherwise empty."""
    kind: Kind | None = None
    """What the answer amounts to: tells a refused permission from another refusal. None where nothing was asked, or not known."""


class PatchOperation(Dataclass):
    """One operation of an RFC 6902 JSON Patch of the source's destination."""

    op: str
    path: str
    value: Any = None
    """For ``move``: the pointer that RFC 6902 calls ``from``."""
    secret: bool = False
    """The value is a secret: ``--fix`` applies it, no report shows it."""


class Fix(Dataclass):
    """What to change."""

    summary: str
    commands: tuple[str, ...] = ()
    """Each can be pasted as it stands."""
    grant: str = ""
    """The least-privilege policy, in the cloud's own form."""
    patch: tuple[PatchOperation, ...] = ()
    by_hand: bool = False
    """The patch is for a person: ``--fix`` does not write it, because it is not certain or because of the kind of file."""

    @property
    def automatic(self) -> bool:
        """Whether ``--fix`` can make the change."""
        return bool(self.patch) and not self.by_hand


class Finding(Dataclass):
    """One thing that is wrong, or worth knowing, with its evidence and its fix."""

    name: str
    severity: Severity
    title: str
    detail: str
    confidence: Confidence = Confidence.CONFIRMED
    evidence: Mapping[str, str] = field(default_factory=dict)
    pointer: str = ""
    """JSON pointer into the destination, such as ``/parameters/aws_region``."""
    fix: Fix | None = None
    docs_url: str = ""
    """Of another package's finding; for those of the catalog, :func:`validator.core.home.page` says it."""
    line: int | None = None
    """1-based line of the source file, where its format gives one."""
    within: str = ""
    """How people find it where that line says little: ``cell 5, line 3`` of a notebook."""


class ResidueState(StrEnum):
    """What kind of remainder lies in a bucket."""

    LEFT = "left"
    FOUND = "found"
    MARKER = "marker"
    VERSION = "version"
    LOCKED = "locked"


class Residue(Dataclass):
    """An object, version or marker that is still in the bucket, and the command that removes it."""

    key: str
    state: ResidueState
    remove_command: str
    version_id: str | None = None
    note: str = ""
    fades: bool = False
    """Whether the store removes it by itself in some days: what soft delete keeps."""

    @property
    def stays(self) -> bool:
        """Whether this run left it, and the store will not remove it by itself."""
        return self.state is not ResidueState.FOUND and not self.fades

    @property
    def possible(self) -> bool:
        """Whether it is not known to be there: the note says what may be."""
        return (self.state is ResidueState.LEFT and bool(self.note)) or " may " in f" {self.note} "


class Place(Dataclass):
    """Where in a source a value stands."""

    line: int | None = None
    column: int | None = None
    within: str = ""
    """How people find it where a line of the file says little: ``cell 5, line 3`` of a notebook."""


class Destination(Guarded, Dataclass):
    """One destination as its source gives it; nothing in it has been judged yet."""

    name: str
    type: str
    parameters: Mapping[str, Any] = field(repr=False)
    """As written, references resolved; what is named like a secret is a :class:`Secret`. A misspelt key may hide one, so no
    representation shows them."""
    source: str = "-"
    """The file's path as the user gave it, or ``-``."""
    pointer: str = ""
    """JSON pointer from the source's root to this destination."""
    path_prefix: str = ""
    problems: tuple[Finding, ...] = field(default=(), repr=False)
    """What was noticed while loading it."""
    places: Mapping[str, Place] = field(default_factory=dict, repr=False)
    """Place of each value, by JSON pointer into the destination."""
    resolved: frozenset[str] = frozenset()
    """Pointers of values that came through a reference: never shown, never patched."""
    secrets: tuple[Secret, ...] = ()
    """Every resolved or secret value, so that no output can hold one."""
    form: str = ""
    """How the source is written: ``json``, ``yaml``, ``toml``, which ``--fix`` edits, or another; empty for plain values."""

    def _hidden(self) -> Iterable[str]:
        return (each.reveal() for each in (*self.secrets, *self.parameters.values()) if isinstance(each, Secret))

    def line_of(self, pointer: str) -> int | None:
        """The line of the value at ``pointer``, or of the nearest place that encloses it."""
        return self.place_of(pointer).line

    def place_of(self, pointer: str) -> Place:
        """The place of the value at ``pointer``, or the nearest one that encloses it."""
        while True:
            place = self.places.get(pointer)
            if place is not None and place.line is not None:
                return place
            if not pointer:
                return Place()
            pointer = pointer.rpartition("/")[0]


class DestinationReport(Shown, Dataclass):
    """What was seen of one destination, and what it comes to."""

    name: str
    type: str
    source: str
    pointer: str
    target: str
    verdict: Verdict
    steps: tuple[Step, ...] = ()
    findings: tuple[Finding, ...] = ()
    residue: tuple[Residue, ...] = ()
    limits: tuple[str, ...] = ()
    """What a pass cannot know."""
    not_judged: Mapping[str, str] = field(default_factory=dict)
    """Parameters whose value was not known, and where it comes from: ``the environment``, ``files``, ``elsewhere``."""
    parameters: tuple[str, ...] = ()
    """Names of the parameters that the source gives: each was judged, whether or not anything was found."""
    endpoint_override: str | None = None
    duration_ms: float = 0.0
    notes: tuple[str, ...] = ()
    """Extra lines for ``-v``: the provider's own words, redacted."""
    wrote: bool = False
    """Whether anything was, or may have been, written."""
    owner: OwnerView | None = None
    """Only where the operator's login was asked for."""
    handoff: Mapping[str, str] = field(default_factory=dict)
    """What became of it at Planet: ``action``, ``state``, ``id``, ``ref``, ``name`` ... Empty where nothing was to become of it."""


class Report(Shown, Dataclass):
    """The whole answer. Formats only print it."""

    verdict: Verdict
    destinations: tuple[DestinationReport, ...]
    started_at: datetime
    duration_ms: float
    tool_version: str
    interrupted: bool = False
    closing: str = ""
    """The last sentences of a report for people; empty lets the format say what a check left behind."""

    @classmethod
    def merge(cls, reports: Iterable[Report]) -> Report:
        """One report of several, such as those of a fleet's machines: every destination in the order given, the worst verdict.

        It began with the first and lasts until the end of the last. Raises ValueError for none: nothing passes by being left out.
        """
        parts = tuple(reports)
        if not parts:
            raise ValueError("there is no report to merge")
        began = min(each.started_at for each in parts)
        ends = [(each.started_at - began).total_seconds() * 1000 + each.duration_ms for each in parts]
        return cls(
            verdict=worst([each.verdict for each in parts]),
            destinations=tuple(one for each in parts for one in each.destinations),
            started_at=began,
            duration_ms=round(max(ends), 1),
            tool_version=", ".join(dict.fromkeys(each.tool_version for each in parts)),
            interrupted=any(each.interrupted for each in parts),
            closing=" ".join(dict.fromkeys(each.closing for each in parts if each.closing)),
        )


def worst(verdicts: Sequence[Verdict]) -> Verdict:
    """The heaviest of the verdicts; ``pass`` of none."""
    return max(verdicts, key=lambda verdict: verdict.weight, default=Verdict.PASS)
