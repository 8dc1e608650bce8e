"""Phrases that several formats share, and text made safe to print."""

from __future__ import annotations

import contextlib
import shlex
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from validator.core import catalog
from validator.core.errors import ValidatorError
from validator.core.model import (
    Confidence,
    DestinationReport,
    Finding,
    Kind,
    Mode,
    Operation,
    Outcome,
    Report,
    Residue,
    ResidueState,
    Severity,
    Step,
    Verdict,
)
from validator.core.sentences import LIMITS, many
from validator.core.terminal_text import visible

if TYPE_CHECKING:
    from pathlib import PurePath

VERDICT_WORDS: Final[Mapping[Verdict, str]] = {
    Verdict.PASS: "PASS",
    Verdict.WARN: "WARN",
    Verdict.INCONCLUSIVE: "UNSURE",
    Verdict.FAIL: "FAIL",
}

SEVERITY_WORDS: Final[Mapping[Severity, str]] = {
    Severity.ERROR: "error",
    Severity.UNKNOWN: "unsure",
    Severity.WARNING: "warning",
    Severity.INFO: "note",
}
"""What a finding weighs, in a word: a colour is not seen in a pipe, in a log, nor by everybody."""

RESIDUE_WORDS: Final[Mapping[ResidueState, str]] = {
    ResidueState.LEFT: "left behind by this check",
    ResidueState.FOUND: "was there before this check",
    ResidueState.MARKER: "a delete marker stays",
    ResidueState.VERSION: "a version stays",
    ResidueState.LOCKED: "locked: it cannot be removed yet",
}

STATE_WORDS: Final[Mapping[str, str]] = {
    "created": "Created at Planet",
    "updated": "Updated at Planet",
    "not-created": "Nothing was created at Planet",
    "not-updated": "Nothing was changed at Planet",
    "dry-run": "Nothing was changed at Planet: a dry run",
    "unknown": "It is not known whether anything was changed at Planet; look first",
}
"""What became of a destination that was to be handed over."""


def answer(step: Step) -> str:
    """What the store answered, in short: ``403 AccessDenied``."""
    return " ".join(part for part in (str(step.http_status or ""), step.code) if part)


def outcome(step: Step) -> str:
    """What came of a step: ``denied`` only where a permission was refused, ``failed`` where anything else stood in the way."""
    if step.outcome in (Outcome.GRANTED, Outcome.SKIPPED):
        return str(step.outcome)
    if step.kind is Kind.KEPT:
        return "granted, but kept"
    if step.outcome is Outcome.DENIED:
        return "denied" if step.kind in (None, Kind.DENIED) else "failed"
    lost = step.kind in (Kind.UNREACHABLE, Kind.TRANSIENT, Kind.FOREIGN) and step.code != "interrupted"
    return "failed" if lost else "unproven"


def mode(step: Step) -> str:
    """How it was asked: ``asked only`` (in a form that changes nothing), ``done``, or ``tried`` in vain."""
    if step.mode is Mode.REHEARSED:
        return "asked only"
    return "done" if step.outcome is Outcome.GRANTED else "tried"


def beside(step: Step) -> str:
    """Why a granted step has an answer that sounds like a refusal; empty where it has none."""
    if step.outcome is not Outcome.GRANTED or (step.http_status or 0) < 400:
        return ""
    if step.http_status == 404:
        return (
            "allowed: there was nothing to delete, as intended"
            if step.operation is Operation.DELETE
            else "allowed: there is none"
        )
    return "allowed: the condition refused it, as intended"


def unasked(report: DestinationReport) -> bool:
    """Whether a check ended before the bucket was asked anything; a lint's report has no limits."""
    return bool(report.limits) and not report.steps and not report.wrote


def not_asked(report: DestinationReport) -> str:
    """What that means, in a sentence; empty where the bucket was asked."""
    if not unasked(report):
        return ""
    errors = sum(each.severity is Severity.ERROR for each in report.findings)
    if not errors:
        return "The bucket was not asked: nothing is known of its permissions."
    return f"The bucket was not asked: correct {'this' if errors == 1 else 'these'} first."


def elsewhere(report: DestinationReport) -> str:
    """The address at which it was asked, where that is not the provider's own; empty where nobody was asked anything."""
    return visible(report.endpoint_override or "") if report.steps or report.wrote else ""


def tally(report: Report) -> str:
    """``3 destinations: 1 fails, 2 pass``."""
    counts = {verdict: sum(each.verdict is verdict for each in report.destinations) for verdict in Verdict}
    words = {
        Verdict.FAIL: ("fails", "fail"),
        Verdict.INCONCLUSIVE: ("could not be decided", "could not be decided"),
        Verdict.WARN: ("passes with warnings", "pass with warnings"),
        Verdict.PASS: ("passes", "pass"),
    }
    parts = [f"{counts[verdict]:,} {words[verdict][counts[verdict] != 1]}" for verdict in words if counts[verdict]]
    return f"{many(len(report.destinations), 'destination')}: {', '.join(parts) or 'nothing to say'}"


def closing(report: Report, *, open_values: bool = True) -> str:
    """The last sentences: how many pass, and what is still there; ``open_values``: and how many values were not judged."""
    open_ = unjudged([each.not_judged for each in report.destinations] if open_values else [])
    return visible(report.closing) or f"{tally(report)}. {remains(report)}{f' {open_}.' if open_ else ''}"


def unjudged(each: Sequence[Mapping[str, str]]) -> str:
    """``2 values come from the environment and were not judged``; empty if all were."""
    places = [place for values in each for place in values.values()]
    if not places:
        return ""
    one = len(places) == 1
    where = visible(" and ".join(f"from {place}" if place != "elsewhere" else place for place in dict.fromkeys(places)))
    return f"{many(len(places), 'value')} {'comes' if one else 'come'} {where} and {'was' if one else 'were'} not judged"


def remains(report: Report) -> str:
    """One or two sentences: what this run wrote, and what of it is still there."""
    if not any(each.limits or each.steps for each in report.destinations):
        return "No bucket was asked: this judged the source alone."
    own = [left for each in report.destinations for left in each.residue if left.state is not ResidueState.FOUND]
    silent = [each for each in report.destinations if unasked(each)]
    lasting = [left for left in own if not left.fades]
    hidden = many(len(own) - len(lasting), "hidden copy", "hidden copies")
    kept = f"Soft delete keeps {hidden} for some days, as of whatever is deleted there." if len(own) > len(lasting) else ""
    if lasting:
        certain = [left for left in lasting if not left.possible]
        count = many(len(lasting), "object, version or marker", "objects, versions or markers")
        sentence = f"{count} {'may still be' if not certain else 'stayed'} in a bucket: the commands that show or remove them stand beside each."
        return f"{sentence} {kept}".rstrip()
    if len(silent) == len(report.destinations):
        return "No bucket was asked: what else may be wrong is not known."
    open_ = f" {many(len(silent), 'bucket')} {'was' if len(silent) == 1 else 'were'} not asked." if silent else ""
    if kept:
        return f"What was written was removed again. {kept}{open_}"
    if any(each.wrote for each in report.destinations):
        return f"What was written was removed again: nothing was left behind.{open_}"
    return f"Nothing was written, nothing was left behind.{open_}"


def where(report: DestinationReport, finding: Finding) -> str:
    """The place in the source that a finding speaks of: ``dest.json, line 4: /parameters/aws_region``; may be empty."""
    # What speaks of a whole destination, or of what the bucket answered, stands in no line.
    if not finding.pointer and (finding.line is None or finding.name != "unreadable-source"):
        return ""
    line = f", {finding.within}" if finding.within else f", line {finding.line}" if finding.line is not None else ""
    if report.source == "-" and not line:
        return finding.pointer  # what a program hands over as a value came over no standard input
    source = "standard input" if report.source == "-" else report.source
    return f"{source}{line}" + (f": {finding.pointer}" if finding.pointer else "")


def places(report: DestinationReport) -> list[str]:
    """The places of all its findings that have one."""
    return list(dict.fromkeys(filter(None, (where(report, each) for each in report.findings))))


def fix_command(report: DestinationReport) -> str:
    """The command that makes what changes can be made by themselves; empty where the source is no file."""
    return "" if report.source == "-" else f"planet-validator check --fix {shlex.quote(report.source)}"


def detail(finding: Finding) -> str:
    """What was seen, in one paragraph."""
    return " ".join(finding.detail.split("\n"))


def doubt(finding: Finding) -> str:
    """`` (likely)``: how sure a finding is, where it is not certain."""
    return "" if finding.confidence is Confidence.CONFIRMED else f" ({finding.confidence})"


def seen_as(finding: Finding) -> str:
    """What the same cause looked like elsewhere, in a paragraph."""
    return f"Seen as {finding.name}, with the same fix: {detail(finding)}"


def changes(finding: Finding) -> Sequence[str]:
    """The patch in words, secret values left out."""
    if finding.fix is None:
        return ()
    lines = []
    sure = finding.confidence is Confidence.CONFIRMED
    for each in finding.fix.patch:
        shown = "" if each.secret else f" {_literal(each.value)}"
        match each.op:
            case "replace" | "add" if not each.path:
                lines.append("--fix writes the whole text again, as JSON.")
            case "replace" | "add" if each.secret:
                lines.append(f"{each.path}: the repaired value, not shown")
            case "replace" | "add" if not sure:
                lines.append(f"{each.path}: did you mean{shown}?")
            case "replace":
                lines.append(f"{each.path} becomes{shown}")
            case "add":
                lines.append(f"{each.path} is added:{shown}")
            case "remove":
                lines.append(f"{each.path} is removed")
            case _:
                lines.append(f"{each.op} {each.path}")
    return tuple(lines)


def _literal(value: object) -> str:
    import json

    return json.dumps(value, ensure_ascii=False, default=str)


def left(residue: Residue) -> str:
    """``planetverify.txt, version abc: left behind by this check``."""
    return f"{briefly(residue)}{f' ({residue.note})' if residue.note else ''}"


def briefly(residue: Residue) -> str:
    """The same without the reason."""
    return f"{residue.key}{f', version {residue.version_id}' if residue.version_id else ''}: {_became(residue)}"


def _became(residue: Residue) -> str:
    words = RESIDUE_WORDS[residue.state]
    return words.replace(" stays", " may be there") if residue.possible else words


def met(report: DestinationReport) -> list[str]:
    """The limits that this run alone met, beside what no check can know."""
    from validator import providers

    provider = None
    with contextlib.suppress(ValidatorError):
        provider = providers.find(report.type) if report.type else None
    standing = {*LIMITS, *(provider.limits if provider else ())}
    return [each for each in report.limits if each not in standing]


def names(report: DestinationReport) -> str:
    """``delete-denied, versions-remain``: the findings of the heaviest weight that the verdict rests on; empty if there are none."""
    weighty = [each for each in report.findings if matters(each)]
    heaviest = [each.name for each in weighty if each.severity is weighty[0].severity]
    return ", ".join(dict.fromkeys(visible(each) for each in heaviest))


def matters(finding: Finding) -> bool:
    """Whether a finding weighs anything."""
    return finding.severity is not Severity.INFO


def relative(source: str, kind: type[PurePath] | None = None) -> str:
    """A source's path as a repository knows it: with forward slashes, relative to the checkout where it lies inside.

    ``kind`` is a system's form of paths; this system's without it.
    """
    import os
    import posixpath
    from pathlib import Path, PurePath

    path = (kind or PurePath)(source)
    if not path.is_absolute():
        return posixpath.normpath(path.as_posix())
    for root in (os.environ.get("GITHUB_WORKSPACE"), str(Path.cwd())):
        if root and path.is_relative_to(root):
            return path.relative_to(root).as_posix()
    return path.as_posix()


def uri(source: str, kind: type[PurePath] | None = None) -> str:
    """The same as a URI reference: no drive's letter and no colon of a name is taken for a scheme."""
    import os
    from pathlib import PurePath
    from urllib.parse import quote

    path = (kind or PurePath)(relative(source, kind))
    quoted = quote(os.fsencode(path.as_posix()))
    if not path.is_absolute():
        return quoted
    if path.drive.startswith("\\\\"):
        return f"file:{quoted}"  # a share begins with its own host
    return f"file:///{quoted.lstrip('/').replace('%3A', ':', 1 if path.drive else 0)}"


def page(finding: Finding) -> str:
    """The address of the finding's page; empty where it has none."""
    from validator.core import home

    return finding.docs_url or (home.page(finding.name) if finding.name in catalog.FINDINGS else "")


def link(finding: Finding) -> str:
    """The same, where it can stand in a page as it is."""
    import re

    address = page(finding)
    return address if re.fullmatch(r"https://[\w./:-]+", address) else ""
