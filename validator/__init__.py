"""Tells you, before Planet does, whether Planet could deliver to your bucket, and what to change if not.

>>> from validator import check
>>> report = check("destination.json")  # doctest: +SKIP
>>> report.verdict                      # doctest: +SKIP
<Verdict.PASS: 'pass'>
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from validator.core import lazy
from validator.core.version import __version__ as __version__

if TYPE_CHECKING:
    from validator import planet
    from validator.checking.assemble import Settings, check, lint
    from validator.checking.asynchronous import acheck
    from validator.checking.fleet import partition
    from validator.core.errors import BadSource, ValidatorError
    from validator.core.model import (
        Confidence,
        Destination,
        DestinationReport,
        Finding,
        Fix,
        Operation,
        Outcome,
        Report,
        Residue,
        Secret,
        Severity,
        Step,
        Verdict,
    )
    from validator.diagnosing.diagnosis import Diagnosed, Diagnosis, diagnose
    from validator.planet.failed import CheckFailed
    from validator.sources.loader import Loaded, load
    from validator.sweeping.options import Sweeping
    from validator.sweeping.run import sweep

__all__ = [
    "BadSource",
    "CheckFailed",
    "Confidence",
    "Destination",
    "DestinationReport",
    "Diagnosed",
    "Diagnosis",
    "Finding",
    "Fix",
    "Loaded",
    "Operation",
    "Outcome",
    "Report",
    "Residue",
    "Secret",
    "Settings",
    "Severity",
    "Step",
    "Sweeping",
    "ValidatorError",
    "Verdict",
    "acheck",
    "check",
    "diagnose",
    "lint",
    "load",
    "partition",
    "planet",
    "sweep",
]

_give = lazy.names(
    globals(),
    {
        "checking.assemble": ("Settings", "check", "lint"),
        "checking.asynchronous": ("acheck",),
        "checking.fleet": ("partition",),
        "core.errors": ("BadSource", "ValidatorError"),
        "core.model": (
            "Confidence", "Destination", "DestinationReport", "Finding", "Fix", "Operation", "Outcome", "Report", "Residue", "Secret",
            "Severity", "Step", "Verdict",
        ),
        "diagnosing.diagnosis": ("Diagnosed", "Diagnosis", "diagnose"),
        "planet.failed": ("CheckFailed",),
        "sources.loader": ("Loaded", "load"),
        "sweeping.options": ("Sweeping",),
        "sweeping.run": ("sweep",),
    },
)  # fmt: skip


def __getattr__(name: str) -> Any:
    # Loaded on first use: `import validator` stays free, and `--help` loads nothing that it does not need.
    if name != "planet":
        return _give(name)
    from importlib import import_module

    return import_module("validator.planet")  # the room is the name: validator.planet.create
