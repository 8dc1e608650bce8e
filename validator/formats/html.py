"""Reports as HTML: a page that stands alone, and the piece of it that a notebook's cell shows; no script, no other file, light or dark."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from html import escape
from typing import Final

from validator.core.model import DestinationReport, Finding, Fix, Outcome, Report, Residue, Step, Verdict
from validator.core.sentences import many
from validator.core.terminal_text import inert_xml, visible
from validator.formats import phrases
from validator.formats.groups import Group, alike, commands, grouped
from validator.formats.json import moment

_OUR: Final = "div.planet-validator.planet-validator"
"""Twice, so that a notebook's own rules for tables and code weigh less."""
_RULES: Final[Sequence[tuple[str, str]]] = (
    # Ink and ground are those of whatever page it stands in; what has a colour brings its own ground. So it is read in light and dark,
    # and nothing has to know which of the many ways of saying so a notebook has.
    ("", "font:14px/1.5 system-ui,sans-serif;max-width:60rem;overflow-wrap:anywhere;text-align:left"),
    ("*", "box-sizing:border-box"),
    ("p", "margin:.4rem 0"),
    (".head", "font-size:1.1em"),
    (".soft", "opacity:.75"),
    (".tag", "display:inline-block;padding:0 .5em;border-radius:4px;color:#fff;background:#56606b;font-weight:600;font-size:.92em"),
    (".tag.pass,.tag.granted", "background:#14693a"),
    (".tag.fail,.tag.error,.tag.denied", "background:#b3261e"),
    (".tag.warn,.tag.warning", "background:#8a5300"),
    (".tag.inconclusive,.tag.unknown,.tag.unproven", "background:#1d5a96"),
    ("details.destination", "border:1px solid rgba(127,127,127,.5);border-radius:8px;padding:.6rem 1rem;margin:.7rem 0"),
    ("summary", "cursor:pointer"),
    ("details.destination>summary", "font-size:1.05em;font-weight:600"),
    (".finding", "border-left:4px solid #56606b;background:rgba(127,127,127,.1);padding:.5rem .9rem;margin:.7rem 0;border-radius:4px"),
    (".finding.error", "border-color:#b3261e"),
    (".finding.warning", "border-color:#8a5300"),
    (".finding.unknown", "border-color:#1d5a96"),
    (".title", "font-weight:600"),
    ("table", "border-collapse:collapse;width:100%;margin:.5rem 0;font-size:.93em;border:0;table-layout:auto"),
    ("th,td", "text-align:left;padding:.25rem .7rem .25rem 0;border:0;border-bottom:1px solid rgba(127,127,127,.4);vertical-align:top;white-space:normal;max-width:none"),
    ("tbody tr,thead,thead tr", "background:none"),
    ("pre", "background:rgba(127,127,127,.14);color:inherit;border:0;border-radius:4px;padding:.5rem .7rem;margin:.4rem 0;white-space:pre-wrap;font-size:.93em;user-select:all"),
    ("code,pre", "font-family:ui-monospace,monospace;word-break:normal"),
    ("code", "background:none;color:inherit;padding:0"),
    ("a", "color:inherit;text-decoration:underline"),
)  # fmt: skip
STYLE: Final = "".join(
    f"{','.join(f'{_OUR} {each}' if each else _OUR for each in selectors.split(','))}{{{rule}}}\n" for selectors, rule in _RULES
)
_PAGE: Final = """
:root{color-scheme:light dark}body{margin:0 auto;max-width:60rem;padding:1.5rem}h1{font:600 1.5rem system-ui,sans-serif}
@media print{body{max-width:none}details.destination,.finding{break-inside:avoid}}
"""
_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'"
"""Nothing is fetched, whatever a name in the report may hold."""
_LONG: Final = 12
"""Lines of a command, or rows of a table, from which it is folded away."""


def render(report: Report) -> str:
    """The report as one HTML document."""
    verdict = phrases.VERDICT_WORDS[report.verdict]
    parts = [
        "<!doctype html>", '<html lang="en">', "<head>", '<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">', '<meta name="viewport" content="width=device-width">',
        '<meta name="referrer" content="no-referrer">',
        f"<title>planet-validator: {verdict}</title>", f"<style>{_PAGE}{STYLE}</style>", "</head>", "<body>",
        "<h1>planet-validator</h1>",
        "\n".join(_framed(_report(report, None))),
        "</body>", "</html>",
    ]  # fmt: skip
    return inert_xml("\n".join(parts)) + "\n"


def fragment(value: Report | DestinationReport, *, most: int | None = None) -> str:
    """A report, or one destination of it, as an element that brings its own style.

    Args:
        value: what to show.
        most: destinations that are told of in full; the rest is counted.
    """
    parts = _report(value, most) if isinstance(value, Report) else _destination(value, folded=False)
    return inert_xml("\n".join([f"<style>{STYLE}</style>", *_framed(parts)])) + "\n"


def _framed(parts: Iterator[str]) -> Iterator[str]:
    yield '<div class="planet-validator">'
    yield from parts
    yield "</div>"


def _report(report: Report, most: int | None) -> Iterator[str]:
    yield f'<p class="head">{_verdict(report.verdict)} {_text(phrases.closing(report))}</p>'
    if report.interrupted:
        yield "<p><strong>Interrupted</strong>: this is what had been seen by then.</p>"
    several = len(report.destinations) > 1
    # What is wrong comes first: it is what is read, and what the page is sent for.
    worst_first = sorted(report.destinations, key=lambda one: -one.verdict.weight)
    if several:
        yield from _folded(_summary(worst_first), f"All {len(worst_first):,} destinations", len(worst_first))
    listed = [each for each in worst_first if each.verdict is not Verdict.PASS or not several or each.residue or each.handoff]
    shown = listed[:most]
    for group in alike(shown):
        yield from _destination(group.first, folded=several and group.first.verdict is Verdict.PASS)
        if group.others:
            yield f'<p class="soft">The same, each with its own places and commands: {_text(many(len(group.others), "destination"))}.</p>'
        for each in group.others:
            yield from _destination(each, folded=True)
    if len(shown) < len(listed):
        more = many(len(listed) - len(shown), "further destination is", "further destinations are")
        yield f"<p><strong>{more} in the table alone</strong>: <code>print(report)</code> tells of all.</p>"
    yield f'<p class="soft">planet-validator {_text(report.tool_version)}, {_text(moment(report.started_at))}</p>'


def _summary(reports: Sequence[DestinationReport]) -> Iterator[str]:
    rows = ((_verdict(each.verdict), *map(_text, (each.name, each.type, each.target, phrases.names(each)))) for each in reports)
    return _table(("Verdict", "Destination", "Type", "Target", "Findings"), rows)


def _table(headings: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    yield f"<table><thead><tr>{''.join(f'<th>{each}</th>' for each in headings)}</tr></thead><tbody>"
    for row in rows:
        yield f"<tr>{''.join(f'<td>{each}</td>' for each in row)}</tr>"
    yield "</tbody></table>"


def _destination(report: DestinationReport, *, folded: bool) -> Iterator[str]:
    yield f'<details class="destination"{"" if folded else " open"}>'
    yield f"<summary>{_verdict(report.verdict)} {_text(report.name) or '(no name)'}</summary>"
    yield f'<p class="soft">{_text(report.type)} · <code>{_text(report.target)}</code></p>'
    if address := phrases.elsewhere(report):
        yield f"<p>Asked at <code>{_text(address)}</code>, not at the provider's own address.</p>"
    if report.steps:
        table = _table(("Operation", "Outcome", "Permission", "How", "Answer"), map(_step, report.steps))
        yield from _folded(table, many(len(report.steps), "step"), len(report.steps))
    for group in grouped(report.findings):
        yield from _group(report, group)
    if phrases.unasked(report):
        yield f"<p><strong>{_text(phrases.not_asked(report))}</strong></p>"
    if report.not_judged:
        yield f"<p>{_text(phrases.unjudged([report.not_judged]))}: {_text(', '.join(report.not_judged))}.</p>"
    shown = commands(report)
    for left in report.residue:
        yield from _residue(left, shown)
    if report.handoff:
        yield from _handoff(report)
    if report.limits and report.steps:
        yield f'<p class="soft">Not tested: {_text("; ".join(report.limits))}.</p>'
    yield "</details>"


def _step(step: Step) -> Iterable[str]:
    skipped = step.outcome is Outcome.SKIPPED
    answer = "" if skipped or step.outcome is Outcome.GRANTED else phrases.answer(step)
    outcome = phrases.outcome(step) if skipped else _tag(step.outcome, phrases.outcome(step))
    how = "" if skipped else phrases.mode(step)
    return step.operation, outcome, _text(step.permission), how, _text(" · ".join(filter(None, (answer, step.note))))


def _group(report: DestinationReport, group: Group) -> Iterator[str]:
    first = group.first
    yield f'<div class="finding {first.severity}">'
    tag = _tag(first.severity, phrases.SEVERITY_WORDS[first.severity])
    yield f'<p class="title">{tag} {_text(first.title or first.name)} <code class="soft">{_text(first.name)}</code></p>'
    for each in group.findings:
        place = phrases.where(report, each)
        if place:
            yield f'<p class="soft">In {_text(place)}</p>'
        yield f"<p>{_text(phrases.detail(each))}{phrases.doubt(each)}</p>"
    if cause := group.cause:
        yield f"<p>{_text(cause)}</p>"
    for each, fix in group.fixes():
        yield from _fix(each, fix)
    for each in group.seen_as:
        yield f"<p>{_text(phrases.seen_as(each))}</p>"
    if address := phrases.link(first):
        yield f'<p><a href="{address}" rel="noreferrer">More about {_text(first.name)}</a></p>'
    yield "</div>"


def _fix(finding: Finding, fix: Fix) -> Iterator[str]:
    if fix.summary:
        yield f"<p><strong>Fix:</strong> {_text(fix.summary)}</p>"
    for change in phrases.changes(finding):
        yield f"<p><code>{_text(change)}</code></p>"
    for command in fix.commands:
        yield from _command(command)
    if fix.grant:
        yield f"<details><summary>The least-privilege policy</summary>{_pre(fix.grant)}</details>"


def _residue(left: Residue, shown: Sequence[str]) -> Iterator[str]:
    yield f"<p>In the bucket: {_text(phrases.left(left))}</p>"
    if left.remove_command and left.remove_command not in shown:
        yield from _command(left.remove_command)


def _handoff(report: DestinationReport) -> Iterator[str]:
    """What became of it at Planet."""
    handoff = report.handoff
    state = phrases.STATE_WORDS.get(handoff.get("state", ""), handoff.get("state", ""))
    name = f": {_text(handoff['name'])}" if handoff.get("name") else ""
    yield f"<p><strong>{_text(state)}</strong>{name}</p>"
    if handoff.get("ref"):
        yield _pre(handoff["ref"])


def _command(command: str) -> Iterator[str]:
    lines = command.count("\n") + 1
    yield from _folded(iter([_pre(command)]), f"A command of {lines} lines", lines)


def _folded(parts: Iterator[str], title: str, length: int) -> Iterator[str]:
    """The same, folded away if it is long."""
    if length <= _LONG:
        yield from parts
        return
    yield f"<details><summary>{_text(title)}</summary>"
    yield from parts
    yield "</details>"


def _verdict(verdict: Verdict) -> str:
    return _tag(verdict, phrases.VERDICT_WORDS[verdict])


def _tag(kind: str, word: str) -> str:
    return f'<span class="tag {kind}">{word}</span>'


def _pre(text: str) -> str:
    return f"<pre>{_text(text, newlines=True)}</pre>"


def _text(text: str, *, newlines: bool = False) -> str:
    return escape(visible(text, newlines=newlines))
