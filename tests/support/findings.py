"""What a report finds, by name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from validator.core.model import Finding, Report


class Judged(Protocol):
    """A report of one destination, or what lint makes of one."""

    @property
    def findings(self) -> Sequence[Finding]: ...


def names(judged: Judged) -> list[str]:
    """In the order of the report."""
    return [each.name for each in judged.findings]


def found(judged: Judged, name: str) -> Finding:
    return next(each for each in judged.findings if each.name == name)


def severities(report: Report) -> dict[str, str]:
    """Of a report's first destination: the findings' names, and how each weighs."""
    return {each.name: str(each.severity) for each in report.destinations[0].findings}
