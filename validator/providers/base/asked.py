"""What the core hands to a provider: the options of a run, a failure, an answer that somebody kept."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, MutableMapping
from datetime import UTC, datetime
from typing import Any

from validator.core.model import Mode, Observation, Operation, Secret
from validator.core.values import Dataclass, field


class Options(Dataclass):
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

    shared: MutableMapping[Hashable, Any] = field(default_factory=dict, repr=False, compare=False)
    """What the destinations of one run have in common, such as a token; it ends with the run. Nobody waits here for another's request."""

    def clock(self) -> datetime:
        """The time to judge expiry by, in UTC."""
        return self.now or datetime.now(UTC)


class Failure(Dataclass):
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


class HttpAnswer(Dataclass):
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
    operation: Operation | None = None
    """What the request was for; None if it is not known."""
    partial: bool = False
    """A tool or a log kept the provider's own words and left out the rest: what is not there says nothing."""
