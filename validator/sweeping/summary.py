"""What one destination's sweep comes to: its numbers and its report."""

from __future__ import annotations

from collections.abc import Sequence

from validator.checking.batch import placed
from validator.core import catalog
from validator.core.model import VERDICT_OF, DestinationReport, Finding, Fix, Residue, Severity, Verdict, worst
from validator.core.values import replace
from validator.providers.base import Leftover
from validator.sweeping import wording
from validator.sweeping.removal import AGAIN
from validator.sweeping.state import SweepState
from validator.sweeping.subject import SweepSubject
from validator.sweeping.wording import LeftoverReporter


class Summary:
    """Of one destination; true of the moment in which it is asked."""

    def __init__(self, subject: SweepSubject, state: SweepState) -> None:
        self._subject = subject
        self._state = state

    @property
    def count(self) -> int:
        """Leftovers that were found, those that are gone by now included."""
        return self.remain + len(self._state.gone)

    @property
    def remain(self) -> int:
        """Leftovers that are still there; what goes by itself, and somebody's own file, are none."""
        return sum(
            (under.presumed is not None) + sum(map(self._weighs, under.leftovers))
            for under in self._state.looked.files.values()
        )

    def _weighs(self, leftover: Leftover) -> bool:
        ours = wording.looks_like_ours(leftover, self._subject.sweeping.force_keys) is not False
        return ours and not wording.goes_by_itself(leftover)

    @property
    def goes_on(self) -> bool:
        """Whether another run would remove more."""
        return any(AGAIN in each for each in self._state.reasons.values())

    @property
    def unsure(self) -> bool:
        """Whether something decisive could not be seen."""
        return (
            self._state.cut_short
            or self._state.interrupted
            or any(each.severity is Severity.UNKNOWN for each in self._state.findings)
        )

    def report(self) -> DestinationReport:
        """What is there now, and what it comes to."""
        findings = list(self._state.findings)
        residue: list[Residue] = []
        if self._subject.provider is not None and self._subject.parameters is not None:
            reporter = LeftoverReporter(
                self._subject.provider,
                self._subject.parameters,
                self._subject.options(None),
                self._subject.sweeping.force_keys,
                self._state.reasons,
            )
            for under in sorted(self._state.looked.files.values(), key=lambda each: each.key):
                findings += reporter.findings(under)
                residue += reporter.residue(under)
                gone = [each for each in self._state.gone if each.key == under.key]
                if gone and not any(self._weighs(each) for each in under.leftovers):
                    findings.append(reporter.removed(under, gone))
        if self._state.interrupted and not any(each.name == "interrupted" for each in findings):
            findings.append(catalog.finding("interrupted"))
        findings += [_weighed(each, remain=self.remain) for each in self._state.causes]
        reported = {(each.key, each.version_id) for each in residue}
        self._state.traces = [each for each in dict.fromkeys(self._state.traces) if (each.key, each.version_id) not in reported]
        if self._state.traces:
            findings.append(_own_traces(self._state.traces))
        residue += self._state.traces
        if len(residue) > wording.ROWS:
            self._state.limits.append(
                f"{len(residue) - wording.ROWS:,} more of the {len(residue):,} leftovers are not listed one by one"
            )
        report = self._finished(findings, residue[: wording.ROWS])
        return self._subject.redactor.value(report) if self._subject.redactor else report

    def _finished(self, findings: Sequence[Finding], residue: Sequence[Residue]) -> DestinationReport:
        destination = self._subject.destination
        kept = placed(findings, destination, self._subject.settings.ignore)
        return DestinationReport(
            name=destination.name,
            type=destination.type,
            source=destination.source,
            pointer=destination.pointer,
            target=self._subject.target,
            verdict=worst([Verdict.PASS, *(VERDICT_OF[each.severity] for each in kept)]),
            steps=tuple(self._state.steps),
            findings=kept,
            residue=tuple(residue),
            limits=tuple(dict.fromkeys(self._state.limits)),
            endpoint_override=self._subject.settings.endpoint_of(destination.type),
            duration_ms=round(self._state.spent * 1000, 1),
            notes=tuple(self._state.notes),
        )


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
