"""The rotation gate: what a new credential lost, and gained, compared with the old one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from validator import providers
from validator.core.errors import BadSource
from validator.core.model import (
    VERDICT_OF,
    Destination,
    DestinationReport,
    Finding,
    Operation,
    Outcome,
    Report,
    Severity,
    Verdict,
    worst,
)
from validator.core.values import Dataclass, replace
from validator.providers.base import places


class Pair(Dataclass):
    """One destination under its new credential, compared with the old one."""

    new: DestinationReport
    lost: tuple[str, ...]
    gained: tuple[str, ...]
    verdict: Verdict
    """What the new credential lost comes to; ``pass`` if nothing."""


def pair_up(old: Sequence[Destination], new: Sequence[Destination]) -> Sequence[tuple[int, int]]:
    """Indexes of the old and the new of each pair: by name where that is clear, otherwise in order.

    Raises BadSource where the two are not the same destinations.
    """
    if len(old) != len(new):
        raise BadSource(f"--against: {len(old)} old and {len(new)} new destinations cannot be compared one by one")
    names = [each.name for each in old]
    if len(set(names)) == len(names) and set(names) == {each.name for each in new}:
        pairs = [(names.index(each.name), index) for index, each in enumerate(new)]
    else:
        pairs = [(index, index) for index in range(len(new))]
    problems = [problem for before, after in pairs for problem in _differences(old[before], new[after])]
    if problems:
        raise BadSource(*problems)
    return pairs


def _differences(old: Destination, new: Destination) -> Sequence[str]:
    at = f"{new.source}{new.pointer} is compared with {old.source}{old.pointer}"
    if old.type != new.type:
        return [f"--against: {at}, and their types differ"]
    # Values are not shown: one may have come through a reference.
    provider = providers.find(new.type) if providers.known(new.type) else None
    names = places(provider.Parameters) if provider else ()
    differ = [name for name in names if _bare(old.parameters.get(name)) != _bare(new.parameters.get(name))]
    return [f"--against: {at}, and their {' and '.join(differ)} differ{'s' if len(differ) == 1 else ''}"] if differ else []


def _bare(value: Any) -> Any:
    return value.strip() if isinstance(value, str) else value


def compare(old: DestinationReport, new: DestinationReport) -> Pair:
    """What was lost and gained. What could not be decided is never taken for unchanged."""
    before, after = _findings(old), _findings(new)
    lost = [name for name, finding in after.items() if _is_new(finding, before.get(name))]
    gained = [f"{name} is gone" for name in before if name not in after and new.verdict is not Verdict.INCONCLUSIVE]
    could, can = _granted(old), _granted(new)
    gained += [f"{each} is granted now" for each in Operation if each in can - could and old.steps]
    verdict = worst([VERDICT_OF[after[name].severity] for name in lost])
    if new.verdict is Verdict.INCONCLUSIVE or (could - can and not lost):
        verdict = worst([verdict, Verdict.INCONCLUSIVE])
    if new.verdict is Verdict.FAIL and old.verdict is Verdict.INCONCLUSIVE:
        verdict = Verdict.FAIL  # whether the old credential could is not known
    # What was not even asked, because of another loss, is no loss of its own.
    operations = {each.operation for each in new.steps if each.outcome is not Outcome.SKIPPED}
    losses = [
        f"{each} was granted and is no longer" for each in Operation if each in could - can and (each in operations or not lost)
    ]
    return Pair(new, (*lost, *losses), tuple(gained), verdict)


def _findings(report: DestinationReport) -> dict[str, Finding]:
    """The heaviest of each name."""
    findings: dict[str, Finding] = {}
    for each in report.findings:
        if each.severity is not Severity.INFO and (each.name not in findings or _outweighs(each, findings[each.name])):
            findings[each.name] = each
    return findings


def _is_new(finding: Finding, before: Finding | None) -> bool:
    return before is None or finding.severity is Severity.UNKNOWN or _outweighs(finding, before)


def _outweighs(one: Finding, other: Finding) -> bool:
    return VERDICT_OF[one.severity].weight > VERDICT_OF[other.severity].weight


def _granted(report: DestinationReport) -> set[Operation]:
    denied = {each.operation for each in report.steps if each.outcome is Outcome.DENIED and not each.form}
    return {each.operation for each in report.steps if each.outcome is Outcome.GRANTED and not each.form} - denied


def gate(report: Report, pairs: Sequence[Pair]) -> Report:
    """The report of the new destinations; what was there before only informs, so that no format raises an alarm for it.

    A destination's own verdict stays the truth: Planet would judge it so. The gate's is in the pairs.
    """
    lines = tuple(
        replace(each.new, findings=tuple(one if one.name in each.lost else _as_before(one) for one in each.new.findings))
        for each in pairs
    )
    return replace(report, destinations=lines, verdict=worst([each.verdict for each in lines]))


def _as_before(finding: Finding) -> Finding:
    if finding.severity is Severity.INFO:
        return finding
    return replace(finding, severity=Severity.INFO, detail=f"As with the old credential: {finding.detail}")


def story(pairs: Sequence[Pair]) -> str:
    """Lost and gained, in lines for a person."""
    lines = []
    for each in pairs:
        name = each.new.name or each.new.target or each.new.source
        lines.append(f"Rotation of {name}: {'nothing was lost' if not each.lost else 'lost ' + '; '.join(each.lost)}")
        if each.gained:
            lines.append(f"  gained: {'; '.join(each.gained)}")
        if not each.lost and each.new.verdict is Verdict.FAIL:
            lines.append("  Planet would refuse this destination, as it would have before.")
    return "".join(f"{line}\n" for line in lines)
