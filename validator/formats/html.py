"""One page that stands alone, to send to whoever owns the bucket: no script, no other file, light or dark as its reader likes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape
from typing import Final

from validator.core import catalog
from validator.core.model import Confidence, DestinationReport, Finding, Outcome, Report, Residue, Step, Verdict
from validator.core.terminal_text import inert_xml, visible
from validator.formats import _words
from validator.formats.groups import Group, commands, grouped
from validator.formats.json import moment

_STYLE: Final = """
:root{color-scheme:light dark;--ink:#1c2024;--soft:#5b6470;--page:#fff;--card:#f5f6f8;--line:#d5d9de;--good:#14693a;--bad:#b3261e;--warn:#8a5300;--open:#1d5a96}
@media(prefers-color-scheme:dark){:root{--ink:#e8eaed;--soft:#a2abb6;--page:#15181b;--card:#1f2429;--line:#3a4149;--good:#6fce95;--bad:#ff8a80;--warn:#f0b45c;--open:#86bdf5}}
*{box-sizing:border-box}body{margin:0 auto;max-width:58rem;padding:1.5rem;font:16px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--page);overflow-wrap:anywhere}
h1{font-size:1.5rem}h2{font-size:1.2rem;margin:0}h3{font-size:1rem;margin:0 0 .4rem}p{margin:.4rem 0}
section{border:1px solid var(--line);border-radius:8px;padding:1rem;margin:1rem 0}
article{border-left:4px solid var(--soft);background:var(--card);padding:.7rem 1rem;margin:.8rem 0;border-radius:4px}
table{border-collapse:collapse;width:100%;font-size:.92rem}th,td{text-align:left;padding:.3rem .6rem .3rem 0;border-bottom:1px solid var(--line);vertical-align:top}
pre{background:var(--page);border:1px solid var(--line);border-radius:4px;padding:.6rem;white-space:pre-wrap;font-size:.88rem}code,pre{font-family:ui-monospace,monospace}
.soft{color:var(--soft)}.pass,.granted,.good{color:var(--good)}.fail,.error,.denied{color:var(--bad)}.warn,.warning{color:var(--warn)}.inconclusive,.unknown,.unproven{color:var(--open)}
article.error,article.warning,article.unknown{color:var(--ink)}article.error{border-color:var(--bad)}article.warning{border-color:var(--warn)}article.unknown{border-color:var(--open)}a{color:var(--open)}
@media print{body{max-width:none}section,article{break-inside:avoid}}
"""
_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'"
"""Nothing is fetched, whatever a name in the report may hold."""


def render(report: Report) -> str:
    """The report as one HTML document."""
    verdict = _words.VERDICT_WORDS[report.verdict]
    parts = [
        "<!doctype html>", '<html lang="en">', "<head>", '<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">', '<meta name="viewport" content="width=device-width">',
        '<meta name="referrer" content="no-referrer">',
        f"<title>planet-validator: {verdict}</title>", f"<style>{_STYLE}</style>", "</head>", "<body>",
        f'<h1><span class="{report.verdict}">{verdict}</span>: planet-validator</h1>',
        f"<p>{_text(_words.closing(report))}</p>",
        f'<p class="soft">{_text(moment(report.started_at))}, version {_text(report.tool_version)}</p>',
    ]  # fmt: skip
    if report.interrupted:
        parts.append("<p><strong>Interrupted</strong>: this is what had been seen by then.</p>")
    if len(report.destinations) > 1:
        parts += _summary(report)
    # What is wrong comes first: it is what the page is sent for.
    for each in sorted(report.destinations, key=lambda one: -one.verdict.weight):
        if each.verdict is not Verdict.PASS or len(report.destinations) == 1 or each.residue:
            parts += _destination(each)
    return inert_xml("\n".join([*parts, "</body>", "</html>"])) + "\n"


def _summary(report: Report) -> Iterator[str]:
    yield "<table><thead><tr><th>Verdict</th><th>Destination</th><th>Type</th><th>Target</th><th>Findings</th></tr></thead><tbody>"
    for each in report.destinations:
        yield (
            f'<tr><td><strong class="{each.verdict}">{_words.VERDICT_WORDS[each.verdict]}</strong></td><td>{_text(each.name)}</td>'
            f"<td>{_text(each.type)}</td><td>{_text(each.target)}</td><td>{_text(_words.names(each))}</td></tr>"
        )
    yield "</tbody></table>"


def _destination(report: DestinationReport) -> Iterator[str]:
    yield "<section>"
    word = _words.VERDICT_WORDS[report.verdict]
    yield f'<h2><span class="{report.verdict}">{word}</span> {_text(report.name) or "(no name)"}</h2>'
    yield f'<p class="soft">{_text(report.type)} · <code>{_text(report.target)}</code></p>'
    if report.endpoint_override:
        yield f"<p>Asked at <code>{_text(report.endpoint_override)}</code>, not at the provider's own address.</p>"
    if report.steps:
        yield "<table><thead><tr><th>Operation</th><th>Outcome</th><th>Permission</th><th>How</th><th>Answer</th></tr></thead><tbody>"
        yield from map(_step, report.steps)
        yield "</tbody></table>"
    for group in grouped(report.findings):
        yield from _group(report, group)
    if _words.unasked(report):
        yield f"<p><strong>{_text(_words.not_asked(report))}</strong></p>"
    if report.not_judged:
        yield f"<p>{_text(_words.unjudged([report.not_judged]))}: {_text(', '.join(report.not_judged))}.</p>"
    shown = commands(report)
    for left in report.residue:
        yield from _residue(left, shown)
    if report.limits and report.steps:
        yield f'<p class="soft">Not tested: {_text("; ".join(report.limits))}.</p>'
    yield "</section>"


def _step(step: Step) -> str:
    skipped = step.outcome is Outcome.SKIPPED
    said = (
        step.note if skipped or step.outcome is Outcome.GRANTED else " · ".join(filter(None, (_words.answer(step), step.note)))
    )
    return (
        f'<tr><td>{step.operation}</td><td class="{step.outcome}">{_words.outcome(step)}</td><td>{_text(step.permission)}</td>'
        f"<td>{'' if skipped else _words.mode(step)}</td><td>{_text(said)}</td></tr>"
    )


def _group(report: DestinationReport, group: Group) -> Iterator[str]:
    first = group.first
    yield f'<article class="{first.severity}">'
    yield f'<h3><span class="{first.severity}">{_words.SEVERITY_WORDS[first.severity]}</span> {_text(first.title or first.name)} <code class="soft">{_text(first.name)}</code></h3>'
    for each in group.findings:
        place = _words.where(report, each)
        if place:
            yield f'<p class="soft">In {_text(place)}</p>'
        unsure = "" if each.confidence is Confidence.CONFIRMED else f" ({each.confidence})"
        yield f"<p>{_text(each.detail)}{unsure}</p>"
    known = catalog.FINDINGS.get(first.name)
    if known is not None and not any("Planet" in each.detail for each in group.findings):
        yield f"<p>{_text(known.cause)}</p>"
    said: set[str] = set()
    for each in group.findings:
        yield from _fix(each, said)
    for each in group.seen_as:
        yield f"<p>Seen as {_text(each.name)}, with the same fix: {_text(each.detail)}</p>"
    if re.fullmatch(r"https://[\w./-]+", first.docs_url):
        yield f'<p><a href="{first.docs_url}" rel="noreferrer">More about {_text(first.name)}</a></p>'
    yield "</article>"


def _fix(finding: Finding, said: set[str]) -> Iterator[str]:
    fix = finding.fix
    if fix is None:
        return
    if fix.summary not in said:
        said.add(fix.summary)
        yield f"<p><strong>Fix:</strong> {_text(fix.summary)}</p>"
    for change in _words.changes(finding):
        yield f"<p><code>{_text(change)}</code></p>"
    for command in fix.commands:
        yield f"<pre>{_text(command, newlines=True)}</pre>"
    if fix.grant and fix.grant not in said:
        said.add(fix.grant)
        yield f"<details><summary>The least-privilege policy</summary><pre>{_text(fix.grant, newlines=True)}</pre></details>"


def _residue(left: Residue, shown: frozenset[str]) -> Iterator[str]:
    yield f"<p>In the bucket: {_text(_words.left(left))}</p>"
    if left.remove_command and left.remove_command not in shown:
        yield f"<pre>{_text(left.remove_command, newlines=True)}</pre>"


def _text(text: str, *, newlines: bool = False) -> str:
    return escape(visible(text, newlines=newlines))
