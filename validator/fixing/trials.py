"""Checks what ``--fix`` would write before it is written: a value that only a check proposes is a candidate until another check passes with it.

A region or an addressing style with which one request was let in need not be one with which Planet's check passes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from validator.checking.retry import joined
from validator.core.model import Destination, DestinationReport, Finding, Fix, Report, Severity, Verdict, worst
from validator.core.values import Dataclass, field, replace
from validator.fixing.file_changes import Edit, Key, key_of
from validator.fixing.proposals import found_by_check, propose
from validator.providers.base import Options
from validator.sources.document import ParseError
from validator.sources.loader import load_as
from validator.sources.payloads import NoDestination
from validator.sources.surroundings import References

PASSING = (Verdict.PASS, Verdict.WARN)


class Trials(Dataclass):
    """What the checks of changed destinations came to."""

    report: Report
    """The report that was given, with what the trials showed and left behind."""
    checked: dict[Key, str] = field(default_factory=dict)
    """For :func:`~validator.fixing.proposals.propose`."""
    reports: dict[Key, DestinationReport] = field(default_factory=dict)

    def joined(self, later: Report) -> Report:
        """A later report, of the files as they are now, with what the trials left behind."""
        return _joined(later, self.reports)


def trials(
    destinations: Sequence[Destination],
    report: Report,
    check: Callable[[Sequence[Destination]], Report],
    *,
    options: Callable[[str], Options],
    references: References | None = None,
) -> Trials:
    """Check each destination for which ``report`` proposes a change, as it would be after that change. Nothing is written to a file.

    ``check`` makes the check: whole, and as it was told to make the first. Raises what it raises.
    """
    before = {key_of(each): each for each in report.destinations}
    asked = {
        key_of(each): findings
        for each in destinations
        if each.source != "-"
        and (one := before.get(key_of(each))) is not None
        and one.verdict not in PASSING
        and (findings := found_by_check(each, one, options(each.type)))
    }
    if not asked:
        return Trials(report)
    hoped = dict.fromkeys(asked, "")
    edits = propose(destinations, report, options=options, references=references, checked=hoped)
    changed = [one for edit in edits if edit.made for one in _changed(edit, asked, references)]
    if not changed:
        return Trials(report)
    tried = check(changed)
    reports = {key_of(each): each for each in tried.destinations}
    checked = {key: "" if each.verdict in PASSING and not tried.interrupted else _why(each) for key, each in reports.items()}
    lines = [
        replace(each, findings=tuple(_told(finding, asked[key], checked[key]) for finding in each.findings))
        if (key := key_of(each)) in checked
        else each
        for each in report.destinations
    ]
    whole = replace(report, destinations=tuple(lines), interrupted=report.interrupted or tried.interrupted)
    return Trials(_joined(whole, reports), checked, reports)


def _changed(edit: Edit, asked: dict[Key, list[Finding]], references: References | None) -> list[Destination]:
    """The destinations of a changed file that are to be checked: those in which what was proposed now stands."""
    try:
        loaded = load_as(edit.file, edit.after.reveal(), references=references)
    except (ParseError, NoDestination):
        return []
    return [
        each
        for each in loaded
        if key_of(each) in asked
        and all(
            each.parameters.get(operation.path.removeprefix("/parameters/")) == operation.value
            for finding in asked[key_of(each)]
            for operation in (finding.fix.patch if finding.fix else ())
        )
    ]


def _why(tried: DestinationReport) -> str:
    severe = (Severity.ERROR, Severity.UNKNOWN)
    names = list(dict.fromkeys(each.name for each in tried.findings if each.severity in severe))
    came = "does not pass" if tried.verdict is Verdict.FAIL else "could not be brought to an end"
    return f"a check with this change {came}" + (f" ({', '.join(names)})" if names else "")


def _told(finding: Finding, asked: Sequence[Finding], why: str) -> Finding:
    """A finding whose change was tried, with what came of it."""
    if finding.fix is None or finding not in asked:
        return finding
    if not why:
        return replace(finding, fix=replace(finding.fix, summary=f"{finding.fix.summary} A check with this change passes."))
    summary = f"{_question(finding.fix)} {why[0].upper()}{why[1:]}: --fix does not write it."
    return replace(finding, fix=replace(finding.fix, summary=summary, by_hand=True))


def _question(fix: Fix) -> str:
    changes = [f"{each.path.rpartition('/')[2]} {_literal(each.value)}" for each in fix.patch]
    return f"Did you mean {' and '.join(changes)}?"


def _literal(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _joined(report: Report, reports: dict[Key, DestinationReport]) -> Report:
    """A report, with what was left in a bucket by the checks of changed destinations."""
    parts = tuple(joined(reports[key], each, 0.0) if (key := key_of(each)) in reports else each for each in report.destinations)
    return replace(report, destinations=parts, verdict=worst([each.verdict for each in parts]))
