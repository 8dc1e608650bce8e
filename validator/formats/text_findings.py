"""What is wrong, why it matters and what to do, for a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from validator.core.model import Confidence, DestinationReport, Finding, Fix, Verdict
from validator.core.terminal_text import visible
from validator.core.values import replace
from validator.formats import phrases
from validator.formats.groups import Group, grouped, one_summary
from validator.formats.style import BOLD, SEVERITY_COLOUR, Style, wrap

SHORT_GRANT: Final = 8
"""Lines. A longer policy is most of the height of a report, and the commands make it."""
LIFECYCLE: Final = frozenset({"lingering-file", "versions-remain"})
"""Findings whose grant is a lifecycle rule."""


def _heading(finding: Finding, style: Style) -> Iterator[str]:
    title = finding.title or finding.name
    weighed = f"{phrases.SEVERITY_WORDS[finding.severity]} {visible(finding.name)}"
    heading = f"  {style.paint(weighed, f'{BOLD};{SEVERITY_COLOUR[finding.severity]}')}: "
    yield from wrap(visible(title), 4, style, first=heading, first_width=len(weighed) + 4)


def _finding(report: DestinationReport, finding: Finding, style: Style, granted: set[str]) -> Iterator[str]:
    yield from _heading(finding, style)
    place = phrases.where(report, finding)
    if place:
        yield from wrap(f"In {visible(place)}", 4, style)
    first, *listed = finding.detail.split("\n")
    first = visible(first).rstrip()
    if finding.confidence is not Confidence.CONFIRMED or finding.evidence.get("http_status"):
        first = f"{first.rstrip('.:')} ({finding.confidence}){':' if listed else '.'}"
    yield from wrap(first, 4, style)
    for each in listed:
        yield from wrap(visible(each), 6, style, hang=3)
    if cause := Group((finding,)).cause:
        yield from wrap(cause, 4, style)
    if style.verbosity > 0:
        for key, value in finding.evidence.items():
            yield from wrap(visible(f"{key}: {value}"), 6, style, hang=4)
    if finding.fix:
        yield from _fix(finding, finding.fix, style, granted)


def findings(report: DestinationReport, style: Style) -> Iterator[str]:
    """All of them, those of one name under one heading, and an empty line after each."""
    granted: set[str] = set()
    for group in grouped(report.findings):
        yield from group_lines(report, group, style, granted)
        yield ""


def group_lines(report: DestinationReport, group: Group, style: Style, granted: set[str]) -> Iterator[str]:
    """Findings of one name under one heading, each with its place; what is the same in all is said once."""
    whole = f"{report.source}\n{group.first.name}\n{group.first.detail}"
    if group.first.name == "not-json" and whole in style.shown:
        yield from _heading(group.first, style)
        yield "    It is the same file, see above."
        return
    style.shown.add(whole)
    if len(group.findings) == 1:
        yield from _finding(report, group.first, style, granted)
    else:
        yield from _heading(group.first, style)
        for each in group.findings:
            place = phrases.where(report, each)
            text = f"{f'{place}: ' if place else ''}{phrases.detail(each)}{phrases.doubt(each)}"
            yield from wrap(visible(text), 4, style, hang=2)
        fixes = list(group.fixes())
        if together := one_summary([each.fix for each in group.findings if each.fix]):
            fixes = [(fixes[0][0], Fix(together))]
        for each, fix in fixes:
            yield from _fix(each, fix, style, granted)
    for each in group.seen_as:
        yield from wrap(visible(phrases.seen_as(each)), 4, style)
    yield _further(group.first, style)


def _further(finding: Finding, style: Style) -> str:
    return f"    More: {style.paint(f'planet-validator explain {visible(finding.name)}', BOLD)}"


def alone(finding: Finding, style: Style) -> Iterator[str]:
    """The lines of one finding that belongs to no report: what it is, why, and what to do."""
    paragraphs = replace(finding, pointer="", line=None)
    yield from _finding(DestinationReport("", "", "", "", "", Verdict.FAIL), paragraphs, style, set())
    yield _further(finding, style)


def paragraph(text: str, style: Style, indent: int = 2) -> Iterator[str]:
    """Text in lines of the style's width."""
    yield from wrap(visible(text), indent, style)


def _fix(finding: Finding, fix: Fix, style: Style, granted: set[str]) -> Iterator[str]:
    if fix.summary:
        yield from wrap(visible(fix.summary), 9, style, first=f"    {style.paint('Fix:', BOLD)} ", first_width=9)
    fresh = [each for each in fix.commands if each not in style.shown]
    style.shown.update(fresh)
    for command in fresh:
        for line in command.splitlines():
            yield f"      {visible(line)}"
    if len(fresh) < len(fix.commands):
        yield f"      ({'the rest ' if fresh else ''}as above)"
    hidden = style.verbosity <= 0 and fix.grant.count("\n") > SHORT_GRANT and bool(fix.commands)
    if hidden and not any("planet-validator policy" in each for each in fix.commands):
        yield "    (-v shows it whole.)" if finding.name in LIFECYCLE else "    (-v shows a policy with nothing else in it.)"
    if fix.grant and fix.grant not in granted and not hidden:
        granted.add(fix.grant)
        name = (
            "The lifecycle rule:"
            if finding.name in LIFECYCLE
            else "grant.json, the least-privilege policy:"
            if any("grant.json" in each for each in fix.commands)
            else "The least-privilege policy:"
        )
        yield f"    {name}"
        for line in fix.grant.splitlines():
            yield f"      {visible(line)}"
    for change in phrases.changes(finding):
        yield from wrap(visible(change), 6, style, hang=4)
