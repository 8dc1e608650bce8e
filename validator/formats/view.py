"""What the service's page shows of a report beside its JSON: the words of the other formats, so that a script has none of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from validator.core.model import DestinationReport, Finding, Outcome, Report, Severity, Step, Verdict
from validator.core.terminal_text import visible
from validator.formats import html, markdown, note, phrases
from validator.formats.phrases import SEVERITY_WORDS

__all__ = ["SEVERITY_WORDS", "document", "finding", "handed_on", "step"]

_SENTENCES: Final[Mapping[Verdict, str]] = {
    Verdict.PASS: "Planet could deliver here",
    Verdict.WARN: "Planet could deliver here, with warnings",
    Verdict.INCONCLUSIVE: "Could not tell",
    Verdict.FAIL: "Planet could not deliver here",
}


def document(report: Report) -> dict[str, Any]:
    """The words for a report, destination by destination, finding by finding, in the order of the report's JSON."""
    return {
        "verdict": report.closing or _SENTENCES[report.verdict],
        "closing": phrases.closing(report),
        "destinations": [_destination(each) for each in report.destinations],
    }


def handed_on(report: Report) -> dict[str, str]:
    """The report in the forms in which it is handed on; none holds a secret."""
    return {"note": note.render(report), "html": html.render(report), "markdown": markdown.render(report)}


def step(value: Step) -> dict[str, str]:
    """The words for one step."""
    skipped = value.outcome is Outcome.SKIPPED
    key = "" if value.key == "planetverify.txt" else value.key
    parts = (key, value.form, value.permission, "" if skipped else phrases.mode(value), phrases.answer(value), value.note)
    return {
        "outcome": phrases.outcome(value),
        "more": visible(" · ".join(each for each in parts if each)),
        "time": "" if skipped or not value.duration_ms else f"{value.duration_ms:.0f} ms",
    }


def _destination(report: DestinationReport) -> dict[str, Any]:
    address = phrases.elsewhere(report)
    return {
        "verdict": phrases.VERDICT_WORDS[report.verdict],
        "asked_at": f"Asked at {address}, not at the provider's own address." if address else "",
        "not_asked": phrases.not_asked(report),
        "steps": [step(each) for each in report.steps],
        "findings": [finding(each) for each in report.findings],
        "residue": [phrases.RESIDUE_WORDS[each.state] for each in report.residue],
    }


def finding(value: Finding) -> dict[str, Any]:
    """The words for one finding."""
    return {
        "severity": SEVERITY_WORDS[value.severity],
        "doubt": phrases.doubt(value),
        "changes": [_bare(each) for each in phrases.changes(value)],
        "blocks": value.severity is Severity.ERROR,
    }


def _bare(change: str) -> str:
    return visible(change.removeprefix("/parameters/").removeprefix("/"))
