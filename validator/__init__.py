"""Tells you, before Planet does, whether Planet could deliver to your bucket, and what to change if not.

>>> from validator import check
>>> report = check("destination.json")  # doctest: +SKIP
>>> report.verdict                      # doctest: +SKIP
<Verdict.PASS: 'pass'>
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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

_HOME = {
    "diagnose": "diagnosing.diagnosis", "Diagnosis": "diagnosing.diagnosis", "Diagnosed": "diagnosing.diagnosis",
    "sweep": "sweeping.run", "Sweeping": "sweeping.options",
    "check": "checking.assemble", "lint": "checking.assemble", "Settings": "checking.assemble",
    "acheck": "checking.asynchronous", "partition": "checking.fleet", "CheckFailed": "planet.failed",
    "load": "sources.loader", "Loaded": "sources.loader",
    **dict.fromkeys(
        (
            "Confidence", "Destination", "DestinationReport", "Finding", "Fix", "Operation", "Outcome", "Report", "Residue", "Secret",
            "Severity", "Step", "Verdict",
        ),
        "core.model",
    ),
    "BadSource": "core.errors", "ValidatorError": "core.errors",
}  # fmt: skip

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


def __getattr__(name: str) -> Any:
    # Loaded on first use: `import validator` stays free, and `--help` loads nothing that it does not need.
    from importlib import import_module

    if name == "planet":
        return import_module("validator.planet")  # the room is the name: validator.planet.create
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = import_module(f"validator.{_HOME[name]}")
    value = getattr(module, name)
    globals()[name] = value
    return value
