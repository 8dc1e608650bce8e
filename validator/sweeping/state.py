"""What one destination's sweep has come to so far: filled in by looking and removing, read by whoever tells of it."""

from __future__ import annotations

from validator.core.model import Finding, Residue, Step
from validator.core.values import Dataclass, field
from validator.providers.base import Leftover
from validator.sweeping.listing import KeysListed
from validator.sweeping.scanner import LeftoverScanner
from validator.sweeping.wording import Identity


class SweepState(Dataclass, frozen=False):
    """One destination's, from the first look on."""

    findings: list[Finding] = field(default_factory=list)
    """What kept it from being looked at in full."""
    causes: list[Finding] = field(default_factory=list)
    """Why files stayed."""
    steps: list[Step] = field(default_factory=list)
    traces: list[Residue] = field(default_factory=list)
    """What the questions themselves have left."""
    limits: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    looked: KeysListed = field(default_factory=KeysListed)
    gone: list[Leftover] = field(default_factory=list)
    reasons: dict[Identity, str] = field(default_factory=dict)
    """Why what was to go did not."""
    interrupted: bool = False
    cut_short: bool = False
    """Nothing could be looked at."""
    spent: float = 0.0
    """Seconds."""

    def collect(self, *scanners: LeftoverScanner | None) -> None:
        """Take over what was asked and answered."""
        for each in {id(one): one for one in scanners if one is not None}.values():
            self.steps += each.result.steps
            self.notes += each.result.notes
