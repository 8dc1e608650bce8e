"""A note to whoever owns the bucket: what is missing, the change, and why; plain text that survives a mail, a chat and a ticket."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from validator.core.model import DestinationReport, Report, Residue, ResidueState, Severity, Verdict
from validator.core.sentences import begun
from validator.core.terminal_text import visible
from validator.formats import phrases
from validator.formats.groups import Group, commands, grouped

_SUBJECT: Final = "planet-validator: what Planet needs of this bucket"
_ASKED: Final = (
    "Planet delivers satellite imagery into a bucket of its customer. Before it accepts one, it writes a small file, planetverify.txt, and deletes "
    "it again. Ours was checked in the same way with planet-validator."
)


def render(report: Report) -> str:
    """The note; it asks for nothing where nothing is wrong. Holds no secret, as no report does."""
    concerned = [each for each in report.destinations if each.verdict is not Verdict.PASS or _own(each)]
    if not concerned:
        return f"{_SUBJECT}\n\n{_ASKED}\n\n{phrases.closing(report)} There is nothing to do.\n"
    lines = [_SUBJECT, "", _ASKED]
    for each in concerned:
        lines += _destination(each)
    lines += ["", "No secret is in this note."]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)) + "\n"


def _destination(report: DestinationReport) -> Iterator[str]:
    yield ""
    yield (
        f"Bucket: {visible(report.target)} ({visible(report.type)})"
        if report.target
        else f"Destination: {visible(report.name)}"
    )
    denied = [step for step in report.steps if phrases.outcome(step) == "denied" and step.permission]
    if denied:
        yield f"Refused: {', '.join(dict.fromkeys(visible(step.permission) for step in denied))}"
    weighty = [each for each in grouped(report.findings) if phrases.matters(each.first)]
    printed: set[str] = set()
    for number, group in enumerate(weighty, start=1):
        yield ""
        yield from _group(f"{number}. " if len(weighty) > 1 else "", group, printed)
    shown = commands(report)
    for left in _own(report):
        yield ""
        yield f"In the bucket: {visible(phrases.left(left))}"
        if left.remove_command and left.remove_command not in shown:
            yield from _indented(left.remove_command)


def _group(number: str, group: Group, printed: set[str]) -> Iterator[str]:
    first = group.first
    weight = "" if first.severity is Severity.ERROR else f"{begun(phrases.SEVERITY_WORDS[first.severity])}: "
    title = visible(first.title or first.name)
    yield f"{number}{weight}{begun(title)} ({visible(first.name)})."
    for each in group.findings:
        yield f"{visible(phrases.detail(each))}{phrases.doubt(each)}"
    if group.cause:
        yield f"Why: {group.cause}"
    for each in group.findings:
        fix = each.fix
        if fix is None:
            continue
        if fix.summary not in printed:
            printed.add(fix.summary)
            yield f"What to do: {visible(fix.summary)}"
        yield from (f"  {visible(change)}" for change in phrases.changes(each))
        if fix.grant and fix.grant not in printed:
            printed.add(fix.grant)
            yield "The least-privilege policy (grant.json):"
            yield from _indented(fix.grant)
        for command in fix.commands:
            # What writes grant.json is of no use to whoever has it before them.
            if command not in printed and not (fix.grant and command.endswith("> grant.json")):
                printed.add(command)
                yield from _indented(command)


def _indented(text: str) -> Iterator[str]:
    yield ""
    yield from (f"    {line}" for line in visible(text, newlines=True).splitlines())
    yield ""


def _own(report: DestinationReport) -> list[Residue]:
    return [each for each in report.residue if each.state is not ResidueState.FOUND or report.findings]
