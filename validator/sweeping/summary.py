"""What one destination's sweep comes to: its numbers and its report."""

from __future__ import annotations

from collections.abc import Sequence

from validator.checking.batch import placed, redactor_of
from validator.core import catalog
from validator.core.model import VERDICT_OF, DestinationReport, Finding, Fix, Residue, Severity, worst
from validator.core.values import replace
from validator.providers.base import Leftover
from validator.sweeping import wording
from validator.sweeping.removal import AGAIN
from validator.sweeping.subject import SweepSubject
from validator.sweeping.wording import LeftoverReporter


class Summary:
    """Of one destination; true of the moment in which it is asked."""

    def __init__(self, subject: SweepSubject) -> None:
        self._subject = subject

    @property
    def count(self) -> int:
        """Leftovers that were found, those that are gone by now included."""
        return self.remain + len(self._subject.gone)

    @property
    def remain(self) -> int:
        """Leftovers that are still there; what goes by itself, and somebody's own file, are none."""
        return sum(
            (under.presumed is not None) + sum(map(self._weighs, under.leftovers))
            for under in self._subject.looked.files.values()
        )

    def _weighs(self, leftover: Leftover) -> bool:
        ours = wording.looks_like_ours(leftover, self._subject.sweeping.force_keys) is not False
        return ours and not wording.goes_by_itself(leftover)

    @property
    def goes_on(self) -> bool:
        """Whether another run would remove more."""
        return any(AGAIN in each for each in self._subject.reasons.values())

    @property
    def unsure(self) -> bool:
        """Whether something decisive could not be seen."""
        return (
            self._subject.cut_short
            or self._subject.interrupted
            or any(each.severity is Severity.UNKNOWN for each in self._subject.findings)
        )

    def report(self) -> DestinationReport:
        """What is there now, and what it comes to."""
        subject = self._subject
        findings, residue = list(subject.findings), list[Residue]()
        if subject.provider is not None and subject.parameters is not None:
            reporter = LeftoverReporter(
                subject.provider, subject.parameters, subject.options(None), subject.sweeping.force_keys, subject.reasons
            )
            for under in sorted(subject.looked.files.values(), key=lambda each: each.key):
                findings += reporter.findings(under)
                residue += reporter.residue(under)
                gone = [each for each in subject.gone if each.key == under.key]
                if gone and not any(map(self._weighs, under.leftovers)):
                    findings.append(reporter.removed(under, gone))
        if subject.interrupted and not any(each.name == "interrupted" for each in findings):
            findings.append(catalog.finding("interrupted"))
        findings += [_weighed(each, remain=self.remain) for each in subject.causes]
        reported = {(each.key, each.version_id) for each in residue}
        subject.traces = [each for each in dict.fromkeys(subject.traces) if (each.key, each.version_id) not in reported]
        if subject.traces:
            findings.append(_own_traces(subject.traces))
        residue += subject.traces
        limits = list(dict.fromkeys(subject.limits))
        if len(residue) > wording.ROWS:
            limits.append(f"{len(residue) - wording.ROWS:,} more of the {len(residue):,} leftovers are not listed one by one")
        destination = subject.destination
        kept = placed(findings, destination, subject.settings.ignore)
        report = DestinationReport(
            name=destination.name,
            type=destination.type,
            source=destination.source,
            pointer=destination.pointer,
            target=subject.target,
            verdict=worst([VERDICT_OF[each.severity] for each in kept]),
            steps=tuple(subject.steps),
            findings=kept,
            residue=tuple(residue[: wording.ROWS]),
            limits=tuple(limits),
            endpoint_override=subject.settings.endpoint_of(destination.type),
            duration_ms=round(subject.spent * 1000, 1),
            notes=tuple(subject.notes),
        )
        redactor = subject.redactor or redactor_of(destination, None, subject.settings.texts)  # where nothing was judged
        return redactor.value(report)


def _weighed(cause: Finding, *, remain: int) -> Finding:
    """A cause fails only together with what it left; where nothing lies there, it is a warning of the next one."""
    if remain or cause.severity in (Severity.WARNING, Severity.INFO):
        return cause
    return replace(cause, severity=Severity.WARNING if cause.severity is Severity.ERROR else Severity.INFO)


def _own_traces(left: Sequence[Residue]) -> Finding:
    return catalog.finding(
        "versions-remain",
        detail="Asking whether a delete is allowed left a trace under a made-up name, since this store keeps versions and knows no "
        "conditions, and these credentials may not remove it. Planet does not mind it.",
        evidence={"keys": ", ".join(dict.fromkeys(each.key for each in left))},
        fix=Fix("Remove it with the command below.", tuple(each.remove_command for each in left)),
    )
