"""Findings that are one to a reader: of one name, or of other names and with the same commands, since these have one cause."""

from __future__ import annotations

from collections.abc import Sequence

from validator.core.model import DestinationReport, Finding, Fix
from validator.core.values import dataclass, replace


@dataclass(frozen=True, slots=True)
class Group:
    """What is told under one heading."""

    findings: tuple[Finding, ...]
    """All of the same name and weight."""
    seen_as: tuple[Finding, ...] = ()
    """Of other names, mended by the same commands: what the same cause looked like elsewhere."""

    @property
    def first(self) -> Finding:
        """The one that gives the heading."""
        return self.findings[0]


def grouped(findings: Sequence[Finding]) -> tuple[Group, ...]:
    """The findings in their order, each in one group; a command stands in the first group that has it, and in no other."""
    groups: list[Group] = []
    for finding in findings:
        for i, each in enumerate(groups):
            if (finding.name, finding.severity) == (each.first.name, each.first.severity):
                groups[i] = replace(each, findings=(*each.findings, finding))
                break
            if finding.fix and finding.fix.commands and each.first.fix and finding.fix.commands == each.first.fix.commands:
                groups[i] = replace(each, seen_as=(*each.seen_as, finding))
                break
        else:
            groups.append(Group((finding,)))
    shown: set[str] = set()
    return tuple(replace(each, findings=tuple(_once(finding, shown) for finding in each.findings)) for each in groups)


def _once(finding: Finding, shown: set[str]) -> Finding:
    if finding.fix is None:
        return finding
    fresh = tuple(each for each in finding.fix.commands if each not in shown)
    shown.update(fresh)
    return finding if fresh == finding.fix.commands else replace(finding, fix=replace(finding.fix, commands=fresh))


def commands(report: DestinationReport) -> frozenset[str]:
    """Every command that the findings show."""
    return frozenset(each for finding in report.findings if finding.fix for each in finding.fix.commands)


def same(one: DestinationReport, other: DestinationReport) -> bool:
    """Whether two destinations have the same wrong with them, and the same to do about it."""
    return one.verdict is other.verdict and _signature(one) == _signature(other) and not one.residue and not other.residue


def _signature(report: DestinationReport) -> tuple[tuple[str, str, Fix | None], ...]:
    return tuple((each.name, str(each.severity), each.fix) for each in report.findings)
