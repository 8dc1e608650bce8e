"""The report for a person: verdict, what was seen, what is wrong, why it matters, what to do."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from validator.core import catalog
from validator.core.model import (
    VERIFICATION_FILE,
    Confidence,
    DestinationReport,
    Finding,
    Mode,
    Outcome,
    OwnerView,
    Report,
    Severity,
    Step,
    Verdict,
)
from validator.core.terminal_text import inert, visible
from validator.formats import _words
from validator.formats.groups import Group, commands, grouped, same

_BOLD, _DIM, _RED, _GREEN, _YELLOW, _CYAN = "1", "2", "31", "32", "33", "36"
_VERDICT_COLOUR: Final = {
    Verdict.PASS: _GREEN,
    Verdict.WARN: _YELLOW,
    Verdict.INCONCLUSIVE: _CYAN,
    Verdict.FAIL: _RED,
}
_SEVERITY_COLOUR: Final = {
    Severity.INFO: _DIM,
    Severity.WARNING: _YELLOW,
    Severity.UNKNOWN: _CYAN,
    Severity.ERROR: _RED,
}
_OUTCOME_COLOUR: Final = {
    Outcome.GRANTED: _GREEN,
    Outcome.DENIED: _RED,
    Outcome.UNPROVEN: _CYAN,
    Outcome.SKIPPED: _DIM,
}
MANY: Final = 4
"""Destinations from which each is a line at first."""
SHORT_GRANT: Final = 8
"""Lines. A longer policy is most of the height of a report, and the commands make it."""
LIFECYCLE: Final = frozenset({"lingering-file", "versions-remain"})
"""Findings whose grant is a lifecycle rule."""
ASKED_ONLY: Final = "asked only: in a form that the store must refuse after it has authorised it, so nothing can have changed; done: carried out."
_ASCII: Final = str.maketrans(
    {
        "\u2026": "...", "\u2013": "-", "\u2014": "-", "\u2192": "->", "\u2019": "'", "\u2018": "'", "\u201c": '"',
        "\u201d": '"', "\u00b7": "-", "\u00a0": " ", "\u2264": "<=", "\u2265": ">=", "\u00d7": "x",
    }
)  # fmt: skip


def render(
    report: Report,
    *,
    colour: bool = False,
    ascii_only: bool = False,
    width: int = 80,
    verbosity: int = 0,
) -> str:
    """The whole report. ``width`` in columns; ``verbosity`` -1 shows verdict lines alone, 1 adds evidence and limits."""
    style = Style(colour=colour, ascii_only=ascii_only, width=width, verbosity=verbosity)
    parts = [first(each, style, len(report.destinations)) for each in report.destinations]
    return "".join([*parts, closing(report, style)])


def is_many(count: int, style: Style) -> bool:
    """Whether each destination is a line at first, and what is wrong with it stands at the end, where it is not scrolled away."""
    return count >= MANY and style.verbosity == 0


def first(report: DestinationReport, style: Style, count: int) -> str:
    """What is printed of one of ``count`` destinations as soon as it is known: with many, a line if it passes, else nothing yet."""
    if not is_many(count, style):
        return destination(report, style)
    return style.finish([_line(report, style)]) if report.verdict in (Verdict.PASS, Verdict.WARN) else ""


@dataclass(frozen=True, slots=True)
class Style:
    """How to print."""

    colour: bool = False
    ascii_only: bool = False
    """The terminal cannot show anything else."""
    width: int = 80
    """Columns."""
    verbosity: int = 0

    def paint(self, text: str, code: str) -> str:
        """The text in a colour, if there are colours."""
        return f"\x1b[{code}m{text}\x1b[0m" if self.colour and text else text

    def finish(self, lines: Sequence[str]) -> str:
        """The lines as one text, each ended."""
        text = "".join(f"{inert(line.rstrip())}\n" for line in lines)
        if not self.ascii_only:
            return text
        return text.translate(_ASCII).encode("ascii", "backslashreplace").decode("ascii")


def destination(report: DestinationReport, style: Style) -> str:
    """One destination's part of the report."""
    if style.verbosity < 0:
        return style.finish([_line(report, style)])
    lines = [*_head(report, style), ""]
    if address := _words.elsewhere(report):
        said = f"Endpoint: {address} (--endpoint), not the provider's own address."
        lines += [*_wrap(said, 2, style), ""]
    if report.steps:
        lines += [*_steps(report, style), ""]
    granted: set[str] = set()
    for group in grouped(report.findings):
        lines += [*_group(report, group, style, granted), ""]
    if _words.unasked(report):
        lines += [*_wrap(_words.not_asked(report), 2, style), ""]
    if report.not_judged:
        lines += [*_wrap(f"{_words.unjudged([report.not_judged])}: {visible(', '.join(report.not_judged))}.", 2, style), ""]
    lines += _mending(report, style)
    if report.owner:
        lines += [*_owner(report.owner, style), ""]
    if report.residue:
        lines += [*_residue(report, style), ""]
    if style.verbosity > 0:
        lines += _more(report, style)
    return style.finish(lines)


def closing(report: Report, style: Style) -> str:
    """The last lines: how many pass, what a pass cannot know, what was left behind."""
    if style.verbosity < 0:
        return style.finish([visible(_words.tally(report)) + "."])
    parts = list(_problems(report, style)) if is_many(len(report.destinations), style) else []
    return "".join([*parts, style.finish(_last(report, style))])


def _problems(report: Report, style: Style) -> Iterator[str]:
    """What does not pass, in full, the same told once; then the names alone."""
    bad = [each for each in report.destinations if each.verdict not in (Verdict.PASS, Verdict.WARN)]
    # What could be decided and is wrong comes last: that is what is read.
    bad.sort(key=lambda each: each.verdict.weight)
    told: list[tuple[DestinationReport, int]] = []
    for each in bad:
        at = next((i for i, (other, _) in enumerate(told) if same(other, each)), None)
        if at is None:
            told.append((each, 1))
        else:
            told[at] = (told[at][0], told[at][1] + 1)
    if bad:
        yield "\n"
    for each, count in told:
        if count > 1:
            what = _words.names(each) or str(each.verdict)
            yield style.finish([style.paint(f"{what}: {_words.many(count, 'destination')}. The first of them:", _BOLD), ""])
        yield destination(each, style)
    if bad:
        yield style.finish([*(_line(each, style) for each in bad), ""])


def _line(report: DestinationReport, style: Style) -> str:
    """A destination in one line: verdict, name, type, target, and the findings that it rests on."""
    word = _words.VERDICT_WORDS[report.verdict]
    parts = [
        visible(report.name) or "(no name)",
        visible(report.type) or "(no type)",
        visible(report.target),
        _words.names(report),
    ]
    if report.not_judged:
        parts.append(f"({_words.unjudged([report.not_judged])})")
    return f"{style.paint(word, f'{_BOLD};{_VERDICT_COLOUR[report.verdict]}')}  {'    '.join(part for part in parts if part)}"


def _last(report: Report, style: Style) -> list[str]:
    lines: list[str] = []
    good = [each for each in report.destinations if each.verdict in (Verdict.PASS, Verdict.WARN)]
    limits = list(dict.fromkeys(limit for each in good for limit in each.limits))
    if report.interrupted:
        lines += _wrap("Interrupted: what had been seen by then is above.", 0, style)
    lines += _wrap(_words.closing(report), 0, style)
    if limits:
        lines += _wrap(f"Limits of a pass: {'; '.join(limits)}.", 0, style)
    return lines


def _head(report: DestinationReport, style: Style) -> Iterator[str]:
    word = _words.VERDICT_WORDS[report.verdict]
    name = visible(report.name) or "(no name)"
    parts = [name, visible(report.type) or "(no type)", visible(report.target)]
    line = "    ".join(part for part in parts if part)
    painted = style.paint(word, f"{_BOLD};{_VERDICT_COLOUR[report.verdict]}")
    if len(word) + 2 + len(line) <= style.width:
        yield f"{painted}  {line}"
        return
    yield f"{painted}  {'    '.join(parts[:2])}"
    if parts[2]:
        yield f"{' ' * (len(word) + 2)}{parts[2]}"


def _steps(report: DestinationReport, style: Style) -> Iterator[str]:
    permission = max((len(visible(step.permission)) for step in report.steps), default=0)
    asked = [step for step in report.steps if step.outcome is not Outcome.SKIPPED]
    mode = max((len(_words.mode(step)) for step in asked), default=0)
    outcome = max((len(_words.outcome(step)) for step in report.steps), default=0)
    columns = Columns(max(8, outcome), permission, mode)
    shown = VERIFICATION_FILE
    for step in report.steps:
        if step.key != shown:
            shown = step.key
            yield style.paint(f"  {visible(step.key)}", _DIM)
        yield from _step(step, columns, style)
    if any(step.mode is Mode.REHEARSED for step in asked) and style.verbosity > 0:
        yield from _wrap(ASKED_ONLY, 2, style)


@dataclass(frozen=True, slots=True)
class Columns:
    """Widths of the columns of the table of steps."""

    outcome: int
    permission: int
    mode: int


def _step(step: Step, columns: Columns, style: Style) -> Iterator[str]:
    word = f"{_words.outcome(step):<{columns.outcome}}"
    painted = style.paint(word, _OUTCOME_COLOUR[step.outcome])
    under = columns.outcome + 14
    if step.outcome is Outcome.SKIPPED:
        first = f"  {step.operation:<7}  {painted}   "
        yield from _wrap(visible(step.note) or "not asked", under, style, first=first, first_width=under)
        return
    head, tail = (
        f"  {step.operation:<7}  ",
        f"   {visible(step.permission):<{columns.permission}}   {_words.mode(step):<{columns.mode}}",
    )
    plain, row = f"{head}{word}{tail}", f"{head}{painted}{tail}"
    # What a store says to a request that it allows and must not carry out (404, 412) would only puzzle.
    plainly = step.outcome is Outcome.GRANTED and style.verbosity <= 0
    said = "" if plainly else visible(_words.answer(step))
    took = f"{step.duration_ms:,.0f} ms"
    space = style.width - len(plain) - 3 - len(took) - 1
    if len(said) <= space:
        yield f"{row}   {said:<{space}} {style.paint(took, _DIM)}"
    else:
        yield f"{row}   {' ' * max(0, space)} {style.paint(took, _DIM)}"
        yield from _wrap(said, under, style)
    if said and _words.beside(step):
        yield from _wrap(_words.beside(step), under, style)
    if step.note:
        yield from _wrap(visible(step.note), under, style)
    if style.verbosity > 0 and step.request_id:
        yield from _wrap(f"request {visible(step.request_id)}", under, style)


def _heading(finding: Finding, style: Style) -> Iterator[str]:
    title = finding.title or finding.name
    weighed = f"{_words.SEVERITY_WORDS[finding.severity]} {visible(finding.name)}"
    heading = f"  {style.paint(weighed, f'{_BOLD};{_SEVERITY_COLOUR[finding.severity]}')}: "
    yield from _wrap(visible(title), 4, style, first=heading, first_width=len(weighed) + 4)


def _finding(report: DestinationReport, finding: Finding, style: Style, granted: set[str]) -> Iterator[str]:
    yield from _heading(finding, style)
    place = _words.where(report, finding)
    if place:
        yield from _wrap(f"In {visible(place)}", 4, style)
    detail = visible(finding.detail).rstrip()
    if finding.confidence is not Confidence.CONFIRMED or finding.evidence.get("http_status"):
        detail = f"{detail.removesuffix('.')} ({finding.confidence})."
    yield from _wrap(detail, 4, style)
    known = catalog.FINDINGS.get(finding.name)
    if known is not None and "Planet" not in finding.detail:
        yield from _wrap(known.cause, 4, style)
    if style.verbosity > 0:
        for key, value in finding.evidence.items():
            yield from _wrap(visible(f"{key}: {value}"), 6, style, hang=4)
    yield from _fix(finding, style, granted)
    yield _further(finding, style)


def _group(report: DestinationReport, group: Group, style: Style, granted: set[str]) -> Iterator[str]:
    """Findings of one name under one heading, each with its place; what is the same in all is said once."""
    if len(group.findings) == 1:
        *lines, more = _finding(report, group.first, style, granted)
        yield from lines
    else:
        yield from _heading(group.first, style)
        for each in group.findings:
            place = _words.where(report, each)
            sure = "" if each.confidence is Confidence.CONFIRMED else f" ({each.confidence})"
            yield from _wrap(visible(f"{f'{place}: ' if place else ''}{each.detail}{sure}"), 4, style, hang=2)
        fixes = [each for each in group.findings if each.fix]
        said: set[str] = set()
        for each in fixes:
            if each.fix and each.fix.summary not in said:
                said.add(each.fix.summary)
                yield from _fix(each, style, granted)
            else:
                for change in _words.changes(each):
                    yield from _wrap(visible(change), 6, style, hang=4)
        more = _further(group.first, style)
    for each in group.seen_as:
        yield from _wrap(visible(f"Seen as {each.name}, with the same fix: {each.detail}"), 4, style)
    yield more


def _further(finding: Finding, style: Style) -> str:
    return f"    More: {style.paint(f'planet-validator explain {visible(finding.name)}', _BOLD)}"


def alone(finding: Finding, style: Style) -> Iterator[str]:
    """The lines of one finding that belongs to no report: what it is, why, and what to do."""
    paragraphs = replace(finding, pointer="", line=None)
    yield from _finding(DestinationReport("", "", "", "", "", Verdict.FAIL), paragraphs, style, set())


def paragraph(text: str, style: Style, indent: int = 2) -> Iterator[str]:
    """Text in lines of the style's width."""
    yield from _wrap(visible(text), indent, style)


def _fix(finding: Finding, style: Style, granted: set[str]) -> Iterator[str]:
    fix = finding.fix
    if fix is None:
        return
    yield from _wrap(visible(fix.summary), 9, style, first=f"    {style.paint('Fix:', _BOLD)} ", first_width=9)
    for command in fix.commands:
        for line in command.splitlines():
            yield f"      {visible(line)}"
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
    for change in _words.changes(finding):
        yield from _wrap(visible(change), 6, style, hang=4)


def _mending(report: DestinationReport, style: Style) -> Iterator[str]:
    count = sum(1 for each in report.findings if each.fix is not None and each.fix.automatic)
    command = _words.fix_command(report)
    if count and command:
        what = "the change shown above" if count == 1 else f"{count} of the changes shown above"
        yield f"  This makes {what}, in the file:"
        yield f"    {style.paint(visible(command), _BOLD)}"
        yield ""


def _residue(report: DestinationReport, style: Style) -> Iterator[str]:
    shown = commands(report)
    yield style.paint("  In the bucket:", _BOLD)
    for each in report.residue:
        yield from _wrap(visible(_words.left(each)), 4, style, hang=2)
        for line in () if each.remove_command in shown else each.remove_command.splitlines():
            yield f"      {visible(line)}"


def _owner(view: OwnerView, style: Style) -> Iterator[str]:
    who = f"As {visible(view.identity)} (--owner), nothing was changed:" if view.identity else "The owner's side (--owner):"
    yield from _wrap(who, 2, style)
    for line in (*view.seen, *view.unread):
        yield from _wrap(visible(line), 4, style, hang=2)


def _more(report: DestinationReport, style: Style) -> Iterator[str]:
    if report.notes:
        yield style.paint("  In the provider's own words:", _BOLD)
        for note in report.notes:
            yield from _wrap(visible(note), 4, style, hang=2)
        yield ""
    if report.limits:
        yield style.paint("  Not tested:", _BOLD)
        for limit in report.limits:
            yield from _wrap(visible(limit), 4, style, hang=2)
        yield ""


def _wrap(text: str, indent: int, style: Style, *, first: str = "", first_width: int = 0, hang: int = 0) -> Iterator[str]:
    """Lines within the width. What has no space in it, an address or a token, is never cut: it could not be pasted."""
    width = max(40, style.width)
    start = " " * (first_width or indent)
    lines = textwrap.wrap(
        text, width, initial_indent=start, subsequent_indent=" " * (indent + hang),
        break_long_words=False, break_on_hyphens=False,
    ) or [start]  # fmt: skip
    yield first + lines[0][len(start) :] if first else lines[0]
    yield from lines[1:]
