"""Phrases that several formats share, and text made safe to print."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import Final

from validator.core.model import Confidence, DestinationReport, Finding, Report, Residue, ResidueState, Severity, Step, Verdict
from validator.core.terminal_text import visible

VERDICT_WORDS: Final[Mapping[Verdict, str]] = {
    Verdict.PASS: "PASS",
    Verdict.WARN: "WARN",
    Verdict.INCONCLUSIVE: "UNSURE",
    Verdict.FAIL: "FAIL",
}

RESIDUE_WORDS: Final[Mapping[ResidueState, str]] = {
    ResidueState.LEFT: "left behind by this check",
    ResidueState.FOUND: "was there before this check",
    ResidueState.MARKER: "a delete marker stays",
    ResidueState.VERSION: "a version stays",
    ResidueState.LOCKED: "locked: it cannot be removed yet",
}


def answer(step: Step) -> str:
    """What the store answered, in short: ``403 AccessDenied``."""
    return " ".join(part for part in (str(step.http_status or ""), step.code) if part)


def many(count: int, noun: str, plural: str = "") -> str:
    """``1 destination``, ``3 destinations``."""
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"


def tally(report: Report) -> str:
    """``3 destinations: 1 fails, 2 pass``."""
    counts = {verdict: sum(each.verdict is verdict for each in report.destinations) for verdict in Verdict}
    words = {
        Verdict.FAIL: ("fails", "fail"),
        Verdict.INCONCLUSIVE: ("could not be decided", "could not be decided"),
        Verdict.WARN: ("passes with warnings", "pass with warnings"),
        Verdict.PASS: ("passes", "pass"),
    }
    said = [f"{counts[verdict]:,} {words[verdict][counts[verdict] != 1]}" for verdict in words if counts[verdict]]
    return f"{many(len(report.destinations), 'destination')}: {', '.join(said) or 'nothing to say'}"


def closing(report: Report) -> str:
    """The last sentences: how many pass, and what is still there."""
    open_ = unjudged([each.not_judged for each in report.destinations])
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
    if own:
        certain = [left for left in own if not (left.state is ResidueState.LEFT and left.note)]
        count = many(len(own), "object, version or marker", "objects, versions or markers")
        return (
            f"{count} {'may still be' if not certain else 'stayed'} in a bucket: see above for the commands that remove them."
        )
    if any(each.wrote for each in report.destinations):
        return "What was written was removed again: nothing was left behind."
    return "Nothing was written, nothing was left behind."


def where(report: DestinationReport, finding: Finding) -> str:
    """The place in the source that a finding speaks of: ``dest.json, line 4: /parameters/aws_region``; may be empty."""
    if not finding.pointer and finding.line is None:
        return ""
    source = "standard input" if report.source == "-" else report.source
    line = f", {finding.within}" if finding.within else f", line {finding.line}" if finding.line is not None else ""
    return f"{source}{line}" + (f": {finding.pointer}" if finding.pointer else "")


def fix_command(report: DestinationReport) -> str:
    """The command that mends what can be mended by itself; empty where the source is no file."""
    return "" if report.source == "-" else f"planet-validator check --fix {shlex.quote(report.source)}"


def changes(finding: Finding) -> Sequence[str]:
    """The patch in words, secret values left out."""
    if finding.fix is None:
        return ()
    said = []
    sure = finding.confidence is Confidence.CONFIRMED
    for each in finding.fix.patch:
        shown = "" if each.secret else f" {_literal(each.value)}"
        match each.op:
            case "replace" | "add" if each.secret:
                said.append(f"{each.path}: the repaired value, not shown")
            case "replace" | "add" if not sure:
                said.append(f"{each.path}: did you mean{shown}?")
            case "replace":
                said.append(f"{each.path} becomes{shown}")
            case "add":
                said.append(f"{each.path} is added:{shown}")
            case "remove":
                said.append(f"{each.path} is removed")
            case _:
                said.append(f"{each.op} {each.path}")
    return tuple(said)


def _literal(value: object) -> str:
    import json

    return json.dumps(value, ensure_ascii=False, default=str)


def left(residue: Residue) -> str:
    """``planetverify.txt, version abc: left behind by this check``."""
    version = f", version {residue.version_id}" if residue.version_id else ""
    note = f" ({residue.note})" if residue.note else ""
    return f"{residue.key}{version}: {RESIDUE_WORDS[residue.state]}{note}"


def matters(finding: Finding) -> bool:
    """Whether a finding weighs anything."""
    return finding.severity is not Severity.INFO


def relative(source: str) -> str:
    """A source's path as a repository knows it: with forward slashes, relative to the checkout where it lies inside."""
    import os
    from pathlib import Path, PurePath

    path = PurePath(source)
    if not path.is_absolute():
        return PurePath(os.path.normpath(source)).as_posix()
    for root in (os.environ.get("GITHUB_WORKSPACE"), str(Path.cwd())):
        if root and path.is_relative_to(root):
            return path.relative_to(root).as_posix()
    return path.as_posix()


def uri(source: str) -> str:
    """The same as a URI reference."""
    from urllib.parse import quote

    path = relative(source)
    return f"file://{quote(path)}" if path.startswith("/") else quote(path)
