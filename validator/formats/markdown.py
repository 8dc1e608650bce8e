"""Markdown, for step summaries and comments: a table of all, then what is wrong with each."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from typing import Final

from validator.core.model import DestinationReport, Finding, Fix, Report, Verdict
from validator.core.sentences import many
from validator.core.terminal_text import visible
from validator.formats import phrases
from validator.formats.groups import Group, SimilarDestinations, alike, commands, grouped

LIMIT: Final = 1024 * 1024 - 64 * 1024
"""Bytes. GitHub refuses a step summary above 1 MiB, and another step may have written some of it."""
ROWS: Final = 300
"""Above so many destinations the table leaves out those that pass."""


def render(report: Report, *, limit: int = LIMIT) -> str:
    """The report in GitHub's Markdown, at most ``limit`` bytes long: what is left out is counted in a closing line."""
    groups = alike(each for each in report.destinations if _worth(each))
    parts = [_summary(report), *(part for each in groups for part in _details(each))]
    closing = "\n_{} left out: too long for this page. The JSON report has everything._\n"
    kept: list[str] = []
    size = len(closing) + 20
    for index, part in enumerate(parts):
        size += len(part.encode())
        if size > limit:
            return "".join([*kept, closing.format(many(len(parts) - index, "section"))])
        kept.append(part)
    return "".join(kept)


def _summary(report: Report) -> str:
    lines = [f"## planet-validator: {phrases.VERDICT_WORDS[report.verdict]}", ""]
    if report.interrupted:
        lines += ["**Interrupted**: this is what had been seen by then.", ""]
    lines += [phrases.closing(report), ""]
    lines += ["| Verdict | Destination | Type | Target | Findings |", "|---|---|---|---|---|"]
    shown = report.destinations
    if len(shown) > ROWS:
        shown = tuple(each for each in shown if each.verdict is not Verdict.PASS)[:ROWS]
    for each in shown:
        findings = ", ".join(_code(name) for name in dict.fromkeys(f.name for f in each.findings if phrases.matters(f)))
        word = phrases.VERDICT_WORDS[each.verdict]
        lines.append(
            f"| **{word}** | {_text(each.name) or '(no name)'} | {_code(each.type)} | {_code(each.target)} | {findings or 'none'} |"
        )
    if len(shown) < len(report.destinations):
        lines += ["", f"{len(report.destinations) - len(shown):,} more are not in this table."]
    return "\n".join([*lines, ""])


def _worth(report: DestinationReport) -> bool:
    return report.verdict is not Verdict.PASS or any(phrases.matters(each) for each in report.findings)


def _details(group: SimilarDestinations) -> Iterator[str]:
    """A group in parts, of which as many are kept as there is room for: the first destination, then each of the others."""
    yield "\n".join(["", *_detail_lines(group), ""])
    for each in _others(group):
        yield "\n".join([*each, ""])


def _detail_lines(group: SimilarDestinations) -> Iterator[str]:
    report = group.first
    more = f" and {len(group.others):,} more" if group.others else ""
    yield f"### {phrases.VERDICT_WORDS[report.verdict]}: {_text(report.name) or '(no name)'}{more}"
    yield ""
    if address := phrases.elsewhere(report):
        yield f"Asked at {_code(address)}, not at the provider's own address."
        yield ""
    if report.steps:
        yield "| Operation | Outcome | Permission | How | Answer |"
        yield "|---|---|---|---|---|"
        for step in report.steps:
            text = step.note if step.outcome in ("granted", "skipped") else phrases.answer(step)
            how = "" if step.outcome == "skipped" else phrases.mode(step)
            yield f"| {step.operation} | {phrases.outcome(step)} | {_code(step.permission)} | {how} | {_text(text)} |"
        yield ""
    for each in grouped(report.findings):
        yield from _group(report, each)
    if phrases.unasked(report):
        yield phrases.not_asked(report)
        yield ""
    shown = commands(report)
    for left in report.residue:
        yield f"In the bucket: {_text(phrases.left(left))}"
        yield from _block("" if left.remove_command in shown else left.remove_command, "sh")
    if group.others:
        yield "The same:"
        yield ""


def _others(group: SimilarDestinations) -> Iterator[Sequence[str]]:
    """For each of a group's others the lines with its name, its place and its own commands."""
    for each, own in group.apart():
        places = "; ".join(phrases.places(each))
        lines = [f"- {_text(each.name) or '(no name)'} {_code(each.target)}{f': {_text(places)}' if places else ''}"]
        lines += [f"  - In the bucket: {_text(phrases.briefly(left))}" for left in each.residue]
        for command in own:
            lines += [f"  {line}".rstrip() for line in _block(command, _language(command, "sh"))]
        yield lines


def _group(report: DestinationReport, group: Group) -> Iterator[str]:
    first = group.first
    name = visible(first.name)
    link = f"[{name}]({address})" if (address := phrases.link(first)) else name
    yield f"**{phrases.SEVERITY_WORDS[first.severity]} {link}**: {_text(first.title)}"
    yield ""
    for each in group.findings:
        place = phrases.where(report, each)
        text = f"{f'In {place}: ' if place else ''}{phrases.detail(each)}{phrases.doubt(each)}"
        yield f"- {_text(text)}" if len(group.findings) > 1 else _text(text)
    if len(group.findings) > 1:
        yield ""
    if cause := group.cause:
        yield _text(cause)
    yield ""
    for each, fix in group.fixes():
        yield from _fix(each, fix)
    for each in group.seen_as:
        yield _text(phrases.seen_as(each))
        yield ""


def _fix(finding: Finding, fix: Fix) -> Iterator[str]:
    if fix.summary:
        yield f"Fix: {_text(fix.summary)}"
    for change in phrases.changes(finding):
        yield f"- {_text(change)}"
    yield ""
    for command in fix.commands:
        yield from _block(command, "sh")
    if fix.grant:
        yield from _block(fix.grant, _language(fix.grant))


def _language(code: str, other: str = "") -> str:
    return "json" if code.lstrip().startswith("{") else other


def _block(code: str, language: str) -> Iterator[str]:
    if not code:
        return
    ticks = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", code)), default=0))
    yield f"{ticks}{language}"
    yield visible(code, newlines=True).rstrip("\n")
    yield ticks
    yield ""


def _text(text: str) -> str:
    """Plain text: no markup, no HTML, no mention, no table cell of its own."""
    text = html.escape(visible(text), quote=False)
    text = re.sub(r"([\\`*_{}\[\]#|~!])", r"\\\1", text)
    return text.replace("@", "&#64;").replace("://", ":&#47;/")


def _code(text: str) -> str:
    if not text:
        return ""
    escaped = html.escape(visible(text), quote=False)
    escaped = re.sub(r"[|*_`@~\\\[]", lambda match: f"&#{ord(match[0])};", escaped)
    return f"<code>{escaped}</code>"
