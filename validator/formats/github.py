"""GitHub annotations: workflow commands that put each finding on the line of the changed file."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from typing import Final

from validator.core.model import VERDICT_OF, DestinationReport, Finding, Report, Severity, Verdict
from validator.core.sentences import many
from validator.core.terminal_text import one_line, visible
from validator.formats import phrases
from validator.formats.groups import alike, grouped

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

Occurrence = tuple[DestinationReport, Finding, Sequence[Finding]]
"""A destination, a finding of it, and what the same cause looked like elsewhere."""


def render(report: Report) -> str:
    """The workflow commands, errors first, and one or two closing lines."""
    pairs = [pair for each in report.destinations for pair in _occurrences(each)]
    pairs.sort(key=lambda pair: -VERDICT_OF[pair[1].severity].weight)
    lines: list[str] = []
    errors = cut = 0
    for command in dict.fromkeys(_COMMAND.values()):
        groups = _fitting(report, [pair for pair in pairs if _COMMAND[pair[1].severity] == command])
        lines += [_annotation(command, each) for each in groups[:PER_KIND]]
        errors += len(groups[:PER_KIND]) if command == "error" else 0
        cut += sum(len(each) for each in groups[PER_KIND:])
    # Whatever the findings say, a destination that does not pass is seen.
    bad = [each for each in report.destinations if each.verdict in (Verdict.FAIL, Verdict.INCONCLUSIVE)]
    silent = [each for each in bad if not any(_COMMAND[one.severity] == "error" for one in each.findings)]
    for each in silent[: PER_KIND - errors]:
        lines.append(_command("error", each, None, each.name or each.type, f"The verdict is {each.verdict}."))
    cut += len(silent[PER_KIND - errors :])
    if cut:
        lines.append(
            f"{many(cut, 'further finding')} without an annotation: GitHub shows {PER_KIND} of a kind. "
            "The step summary and the other formats have them all."
        )
    lines.append(phrases.closing(report))
    return "".join(f"{line}\n" for line in lines)


def _occurrences(report: DestinationReport) -> Iterator[Occurrence]:
    for group in grouped(report.findings):
        yield report, group.first, group.seen_as
        yield from ((report, each, ()) for each in group.findings[1:])


def _fitting(report: Report, occurrences: Sequence[Occurrence]) -> list[list[Occurrence]]:
    """The findings that are told in one annotation each: on its own line, and together only as far as GitHub shows no more."""
    kind = _alike(report)
    ways: tuple[Callable[[DestinationReport, Finding], Hashable], ...] = (
        # What is said of one line, or of no line of a file, is said of it once.
        lambda each, finding: (each.source, finding.name, finding.line, finding.detail if finding.line else kind[id(each)]),
        lambda each, finding: (id(each), finding.name),
        lambda each, finding: (kind[id(each)], finding.name),
    )
    groups: dict[Hashable, list[Occurrence]] = {}
    for way in ways:
        groups = {}
        for each in occurrences:
            groups.setdefault(way(each[0], each[1]), []).append(each)
        if len(groups) <= PER_KIND:
            break
    return list(groups.values())


def _alike(report: Report) -> Mapping[int, int]:
    """For each destination, by identity, the number of those that have the same wrong with them."""
    numbered = enumerate(alike(report.destinations))
    return {id(each): number for number, group in numbered for each in (group.first, *group.others)}


def _annotation(command: str, occurrences: Sequence[Occurrence]) -> str:
    report, finding, _ = occurrences[0]
    own = [(one, seen_as) for each, one, seen_as in occurrences if each is report]
    parts = [one.detail for one, _ in own]
    for one, _ in own:
        parts += [f"Fix: {one.fix.summary}", *one.fix.commands] if one.fix else []
    parts += [f"Seen as {each.name}, with the same fix: {each.detail}" for _, seen_as in own for each in seen_as]
    others = list({id(each): each for each, _, _ in occurrences if each is not report}.values())
    if others:
        parts.append(f"The same: {', '.join(_name(each) for each in others)}.")
        parts += [line for each, one, _ in occurrences if each is not report and one.fix for line in one.fix.commands]
    parts.append(f"More: planet-validator explain {finding.name}")
    if phrases.unasked(report):
        parts.append(phrases.not_asked(report))
    name = _name(report) if not others else f"{_name(report)} and {len(others):,} more"
    title = f"{phrases.SEVERITY_WORDS[finding.severity]} {finding.name}: {finding.title} ({name})"
    return _command(command, report, finding.line, title, "\n".join(dict.fromkeys(parts)))


def _name(report: DestinationReport) -> str:
    return report.name or report.target or report.type


def _command(command: str, report: DestinationReport, line: int | None, title: str, message: str) -> str:
    properties = {} if report.source == "-" else {"file": one_line(phrases.relative(report.source))}
    if properties and line is not None:
        properties["line"] = str(line)
    properties["title"] = visible(title)[:250]
    fields = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    text = visible(message, newlines=True)
    return f"::{command} {fields}::{_data(text if len(text) <= LONGEST else text[: LONGEST - 1] + '…')}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
