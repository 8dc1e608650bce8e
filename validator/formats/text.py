"""The report for a person: verdict, what was seen, what is wrong, why it matters, what to do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from validator.core.model import VERIFICATION_FILE, DestinationReport, Mode, Outcome, Report, Step, Verdict
from validator.core.owner_view import OwnerView
from validator.core.sentences import LIMITS, begun, many
from validator.core.terminal_text import visible
from validator.formats import phrases
from validator.formats.style import BOLD, DIM, OUTCOME_COLOUR, VERDICT_COLOUR, Style, wrap

if TYPE_CHECKING:
    from validator.formats.groups import SimilarDestinations

MANY: Final = 4
"""Destinations from which each is a line at first."""


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


def destination(report: DestinationReport, style: Style) -> str:
    """One destination's part of the report."""
    if style.verbosity < 0:
        return style.finish([_line(report, style)])
    lines = [*_head(report, style), ""]
    if address := phrases.elsewhere(report):
        notice = f"Endpoint: {address} (--endpoint), not the provider's own address."
        lines += [*wrap(notice, 2, style), ""]
    if report.steps:
        lines += [*steps(report, style), ""]
    if report.findings:
        from validator.formats.text_findings import findings

        lines += findings(report, style)
    if phrases.unasked(report):
        lines += [*wrap(phrases.not_asked(report), 2, style), ""]
    if report.not_judged:
        lines += [*wrap(f"{phrases.unjudged([report.not_judged])}: {visible(', '.join(report.not_judged))}.", 2, style), ""]
    lines += _fix_command(report, style)
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
        return style.finish([visible(phrases.tally(report)) + "."])
    parts = list(_problems(report, style)) if is_many(len(report.destinations), style) else []
    return "".join([*parts, style.finish(_last(report, style))])


def _problems(report: Report, style: Style) -> Iterator[str]:
    """What does not pass, in full, the same told once; then the names alone."""
    bad = [each for each in report.destinations if each.verdict not in (Verdict.PASS, Verdict.WARN)]
    if not bad:
        return
    from validator.formats.groups import alike

    # What could be decided and is wrong comes last: that is what is read.
    bad.sort(key=lambda each: each.verdict.weight)
    yield "\n"
    for group in alike(bad):
        if group.others:
            what = phrases.names(group.first) or str(group.first.verdict)
            count = many(len(group.others) + 1, "destination")
            yield style.finish([style.paint(f"{what}: {count}. The first of them:", BOLD), ""])
        yield destination(group.first, style)
        yield style.finish(list(_others(group, style)))
    yield style.finish([*(_line(each, style) for each in bad), ""])


def _others(group: SimilarDestinations, style: Style) -> Iterator[str]:
    """What the others of a group have of their own: the place in their source, and the commands with their names."""
    known = set(phrases.places(group.first))
    apart = [(each, own, [place for place in phrases.places(each) if place not in known]) for each, own in group.apart()]
    if not any(own or places or each.residue for each, own, places in apart):
        return
    yield "  The same, in their own places:" if not any(own for _, own, _ in apart) else "  The same, by their own commands:"
    for each, own, places in apart:
        for place in places or [""]:
            yield from wrap("    ".join(filter(None, (visible(each.name) or "(no name)", visible(place)))), 4, style, hang=2)
        for left in each.residue:
            yield from wrap(visible(phrases.briefly(left)), 6, style, hang=2)
        for command in own:
            yield from (f"      {visible(line)}" for line in command.splitlines())
    yield ""


def _line(report: DestinationReport, style: Style) -> str:
    """A destination in one line: verdict, name, type, target, and the findings that it rests on."""
    parts = [*_called(report), phrases.names(report)]
    if report.not_judged:
        parts.append(f"({phrases.unjudged([report.not_judged])})")
    return f"{_verdict(report, style)}  {'    '.join(filter(None, parts))}"


def _called(report: DestinationReport) -> tuple[str, str, str]:
    return visible(report.name) or "(no name)", visible(report.type) or "(no type)", visible(report.target)


def _verdict(report: DestinationReport, style: Style) -> str:
    return style.paint(phrases.VERDICT_WORDS[report.verdict], f"{BOLD};{VERDICT_COLOUR[report.verdict]}")


def _last(report: Report, style: Style) -> list[str]:
    lines: list[str] = []
    good = [each for each in report.destinations if each.verdict in (Verdict.PASS, Verdict.WARN)]
    if report.interrupted:
        lines += wrap("Interrupted: what had been seen by then is above.", 0, style)
    lines += wrap(phrases.closing(report, open_values=is_many(len(report.destinations), style)), 0, style)
    if style.verbosity > 0:
        return lines  # each destination has told its own
    for limit in dict.fromkeys(limit for each in good for limit in phrases.met(each)):
        lines += wrap(f"{begun(visible(limit))}.", 0, style)
    if any(LIMITS[0] in each.limits for each in good):
        lines += wrap("A pass does not cover Planet's network path and IP conditions (-v: all).", 0, style)
    return lines


def _head(report: DestinationReport, style: Style) -> Iterator[str]:
    indent = len(phrases.VERDICT_WORDS[report.verdict]) + 2
    name, type_, target = _called(report)
    line = "    ".join(filter(None, (name, type_, target)))
    if indent + len(line) <= style.width:
        yield f"{_verdict(report, style)}  {line}"
        return
    yield f"{_verdict(report, style)}  {name}    {type_}"
    if target:
        yield f"{' ' * indent}{target}"


def _fix_command(report: DestinationReport, style: Style) -> Iterator[str]:
    count = sum(1 for each in report.findings if each.fix is not None and each.fix.automatic)
    command = phrases.fix_command(report)
    if count and command:
        if command in style.shown:
            yield "  The same --fix makes this change as well."
            yield ""
            return
        style.shown.add(command)
        what = "the change shown above" if count == 1 else f"{count} of the changes shown above"
        yield f"  This makes {what}, in the file:"
        yield f"    {style.paint(visible(command), BOLD)}"
        yield ""


def _residue(report: DestinationReport, style: Style) -> Iterator[str]:
    from validator.formats.groups import commands

    shown = commands(report)
    yield style.paint("  In the bucket:", BOLD)
    for each in report.residue:
        yield from wrap(visible(phrases.left(each)), 4, style, hang=2)
        for line in () if each.remove_command in shown else each.remove_command.splitlines():
            yield f"      {visible(line)}"


def _owner(view: OwnerView, style: Style) -> Iterator[str]:
    who = f"As {visible(view.identity)} (--owner), nothing was changed:" if view.identity else "The owner's side (--owner):"
    yield from wrap(who, 2, style)
    for line in (*view.seen, *view.unread):
        yield from wrap(visible(line), 4, style, hang=2)


def _more(report: DestinationReport, style: Style) -> Iterator[str]:
    if report.notes:
        yield style.paint("  In the provider's own words:", BOLD)
        for note in report.notes:
            yield from wrap(visible(note), 4, style, hang=2)
        yield ""
    if report.limits:
        yield style.paint("  Not tested:", BOLD)
        for limit in report.limits:
            yield from wrap(visible(limit), 4, style, hang=2)
        yield ""


ASKED_ONLY: Final = "asked only: in a form that the store must refuse after it has authorised it, so nothing can have changed; done: carried out."


def steps(report: DestinationReport, style: Style) -> Iterator[str]:
    """The lines of one destination's."""
    not_skipped = [step for step in report.steps if step.outcome is not Outcome.SKIPPED]
    widths = (
        max(8, *(len(phrases.outcome(step)) for step in report.steps)),
        max((len(visible(step.permission)) for step in report.steps), default=0),
        max((len(phrases.mode(step)) for step in not_skipped), default=0),
    )
    shown = VERIFICATION_FILE
    for step in report.steps:
        if step.key != shown:
            shown = step.key
            yield style.paint(f"  {visible(step.key)}", DIM)
        yield from _step(step, widths, style)
    if any(step.mode is Mode.REHEARSED for step in not_skipped) and style.verbosity > 0:
        yield from wrap(ASKED_ONLY, 2, style)


def _step(step: Step, widths: tuple[int, int, int], style: Style) -> Iterator[str]:
    """``widths``: of the columns of outcomes, permissions and how it was asked."""
    outcome, permission, mode = widths
    word = f"{phrases.outcome(step):<{outcome}}"
    painted = style.paint(word, OUTCOME_COLOUR[step.outcome])
    under = outcome + 14
    if step.outcome is Outcome.SKIPPED:
        first = f"  {step.operation:<7}  {painted}   "
        yield from wrap(visible(step.note) or "not asked", under, style, first=first, first_width=under)
        return
    head = f"  {step.operation:<7}  "
    tail = f"   {visible(step.permission):<{permission}}   {phrases.mode(step):<{mode}}"
    plain, row = f"{head}{word}{tail}", f"{head}{painted}{tail}"
    # What a store says to a request that it allows and must not carry out (404, 412) would only puzzle.
    plainly = step.outcome is Outcome.GRANTED and style.verbosity <= 0
    answer = "" if plainly else visible(phrases.answer(step))
    took = f"{step.duration_ms:,.0f} ms" if step.duration_ms else ""  # nothing was sent, or nobody timed it
    space = style.width - len(plain) - 3 - len(took) - 1
    if space < 0:  # a narrow terminal would break the row anywhere
        yield f"{head}{painted}   {visible(step.permission)}".rstrip()
        yield from wrap("   ".join(filter(None, (phrases.mode(step), answer, took))), under, style)
    elif len(answer) <= space:
        yield f"{row}   {answer:<{space}} {style.paint(took, DIM)}"
    else:
        yield f"{row}   {'':<{space}} {style.paint(took, DIM)}"
        yield from wrap(answer, under, style)
    if answer and phrases.beside(step):
        yield from wrap(phrases.beside(step), under, style)
    if step.note:
        yield from wrap(visible(step.note), under, style)
    if style.verbosity > 0 and step.request_id:
        yield from wrap(f"request {visible(step.request_id)}", under, style)
