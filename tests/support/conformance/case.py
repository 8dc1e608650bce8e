"""What a provider's case file gives to the conformance matrix.

A case file ``tests/support/conformance/<type>.py`` defines one object, ``case = Case(...)``. The matrix plays every standard fault at every step, and
every extra row, against the shipped ``check()`` with the real SDK, and asserts the finding, the verdict and the invariants in each cell.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.support.wire import Answer, Request, Wire
from validator.checking.assemble import Settings

REHEARSE_DELETE, REHEARSE_WRITE, WRITE, READ, LIST, DELETE = (
    "rehearse-delete",
    "rehearse-write",
    "write",
    "read",
    "list",
    "delete",
)
STEPS = (REHEARSE_DELETE, WRITE, READ, LIST, DELETE)
"""Where the standard faults are played. A case without LIST among its permissions skips that column."""


class Store:
    """A healthy store in memory, answering as the real one does. ``objects`` is what lies in the bucket: key to bytes."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}

    def handle(self, request: Request) -> Answer:
        raise NotImplementedError


@dataclass(frozen=True)
class Row:
    """An answer that only this provider can give, and what must be made of it."""

    step: str
    answer: Answer
    finding: str
    verdict: str
    origin: str
    """Where the body comes from: vendor reference, captured run, fact."""
    objects: Mapping[str, bytes] = field(default_factory=dict)
    """What lies in the bucket beforehand."""
    changes: Mapping[str, Any] = field(default_factory=dict)
    """Parameters that differ from the case's usual ones."""
    also: tuple[str, ...] = ()
    """Further findings that must be there."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """Fields of Settings that differ."""
    nth: int = 0
    """0: every request of this step gets the answer; n: only the n-th."""
    then: Mapping[str, Answer] = field(default_factory=dict)
    """Answers for further steps in the same run."""


@dataclass(frozen=True)
class Case:
    name: str
    source: Callable[..., dict[str, Any]]
    """``source(wire, **changes)``: a Destinations request; changes replace parameters."""
    settings: Callable[[Wire], Settings]
    """The endpoint override and CA bundle that lead to the wire server."""
    store: type[Store]
    step: Callable[[Request], str]
    """Which step a request belongs to; anything else it may be called (``stat``, ``token``, ``retention-blockers``) as well."""
    secrets: Sequence[str]
    """Every secret of ``source``: none may turn up in any output, in any encoding."""
    healthy_requests: int
    faults: Mapping[str, Callable[[str], Answer] | str]
    """Standard fault to the answer at a step (called with the step), or the reason why it cannot happen here. Keys: FAULTS."""
    expect: Mapping[tuple[str, str], tuple[str, str]] = field(default_factory=dict)
    """(step, fault) to (finding, verdict), where they differ from the matrix's own expectation."""
    rows: Sequence[Row] = ()
    tls: bool = False
    documented: bool = False
    """The vendor documents that it honours conditions: at its own address that is believed, and ``healthy_requests`` holds there."""


FAULTS = ("denied", "unknown-key", "wrong-secret", "no-bucket", "throttled", "server-error")
"""What each case must give an answer for, or a reason against. ``timeout``, ``reset``, ``drip`` and ``gibberish`` are everybody's."""
