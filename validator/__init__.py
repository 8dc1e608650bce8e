"""Tells you, before Planet does, whether Planet could deliver to your bucket, and what to change if not.

>>> from validator import check
>>> report = check("destination.json")  # doctest: +SKIP
>>> report.verdict                      # doctest: +SKIP
<Verdict.PASS: 'pass'>
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from validator.check import Settings, check, lint
    from validator.diagnosis import Diagnosed, Diagnosis, diagnose
    from validator.load import Loaded, load
    from validator.model import (
        BadSource,
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
        ValidatorError,
        Verdict,
    )
    from validator.sweep import Sweeping, sweep

_HOME = {
    "diagnose": "diagnosis", "Diagnosis": "diagnosis", "Diagnosed": "diagnosis",
    "sweep": "sweep", "Sweeping": "sweep",
    "check": "check", "lint": "check", "Settings": "check",
    "load": "load", "Loaded": "load",
    **dict.fromkeys(
        (
            "BadSource", "Confidence", "Destination", "DestinationReport", "Finding", "Fix", "Operation", "Outcome",
            "Report", "Residue", "Secret", "Severity", "Step", "ValidatorError", "Verdict",
        ),
        "model",
    ),
}  # fmt: skip

__all__ = [
    "BadSource",
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
    "check",
    "diagnose",
    "lint",
    "load",
    "sweep",
]


def __getattr__(name: str) -> Any:
    # Loaded on first use: `import validator` stays free, and `--help` loads nothing that it does not need.
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    module = import_module(f"validator.{_HOME[name]}")
    value = getattr(module, name)
    globals()[name] = value
    return value


class _Package(ModuleType):
    """A function that is named like its module stays the function, whichever of the two is imported first."""

    def __setattr__(self, name: str, value: Any) -> None:
        # Python binds every submodule to its package when it is first imported.
        if not (isinstance(value, ModuleType) and name in _HOME):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
