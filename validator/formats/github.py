"""GitHub annotations: workflow commands that put each finding on the line of the changed file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from validator.core.model import DestinationReport, Finding, Report, Severity, Verdict
from validator.core.sentences import many
from validator.core.terminal_text import one_line, visible
from validator.formats import phrases

PER_KIND: Final = 10
"""GitHub shows no more annotations of one kind for each step."""
LONGEST: Final = 4000
"""Characters of one message; GitHub refuses more than 64 KiB."""

_COMMAND: Final[Mapping[Severity, str]] = {
    Severity.ERROR: "error",
    # The job fails for these as well (exit code 3), so they must not drown among warnings.
    Severity.UNKNOWN: "error",
    Severity.WARNING: "warning",
    Severity.INFO: "notice",
}
_ORDER: Final = (Severity.ERROR, Severity.UNKNOWN, Severity.WARNING, Severity.INFO)


def render(report: Report) -> str:
    """The workflow commands, errors first, and one or two closing lines."""
    told = [(each, finding) for each in report.destinations for finding in each.findings]
    told.sort(key=lambda pair: _ORDER.index(pair[1].severity))
    shown: dict[str, int] = {}
    lines = []
    cut = 0
    for each, finding in told:
        command = _COMMAND[finding.severity]
        if shown.get(command, 0) >= PER_KIND:
            cut += 1
            continue
        shown[command] = shown.get(command, 0) + 1
        lines.append(_annotation(command, each, finding))
    for each in report.destinations:
        # Whatever the findings say, a destination that does not pass is seen.
        weighty = any(finding.severity in (Severity.ERROR, Severity.UNKNOWN) for finding in each.findings)
        if each.verdict in (Verdict.FAIL, Verdict.INCONCLUSIVE) and not weighty:
            if shown.get("error", 0) >= PER_KIND:
                cut += 1
                continue
            shown["error"] = shown.get("error", 0) + 1
            lines.append(_command("error", each, None, each.name or each.type, f"The verdict is {each.verdict}."))
    if cut:
        lines.append(
            f"{many(cut, 'further finding')} without an annotation: GitHub shows {PER_KIND} of a kind. "
            "The step summary and the other formats have them all."
        )
    lines.append(phrases.closing(report))
    return "".join(f"{line}\n" for line in lines)


def _annotation(command: str, report: DestinationReport, finding: Finding) -> str:
    parts = [finding.detail]
    if finding.fix:
        parts += [f"Fix: {finding.fix.summary}", *finding.fix.commands]
    parts.append(f"More: planet-validator explain {finding.name}")
    name = report.name or report.target or report.type
    if phrases.unasked(report):
        parts.append(phrases.not_asked(report))
    return _command(
        command,
        report,
        finding.line,
        f"{phrases.SEVERITY_WORDS[finding.severity]} {finding.name}: {finding.title} ({name})",
        "\n".join(parts),
    )


def _command(command: str, report: DestinationReport, line: int | None, title: str, message: str) -> str:
    properties = {} if report.source == "-" else {"file": one_line(phrases.relative(report.source))}
    if properties and line is not None:
        properties["line"] = str(line)
    properties["title"] = visible(title)[:250]
    told = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    text = visible(message, newlines=True)
    return f"::{command} {told}::{_data(text if len(text) <= LONGEST else text[: LONGEST - 1] + '…')}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
