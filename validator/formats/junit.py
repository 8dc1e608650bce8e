"""JUnit XML, for the test tab of a CI server: a suite for each destination, a case for each operation and each other finding."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final
from xml.etree import ElementTree as ET

from validator.core.model import DestinationReport, Finding, Mode, Outcome, Report, Severity, Step, Verdict
from validator.core.terminal_text import inert_xml, visible
from validator.formats import phrases
from validator.formats.json import moment

# What XML 1.0 cannot hold at all, not even escaped.
_FORBIDDEN: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
HOW: Final = {Mode.REHEARSED: "asked only", Mode.PERFORMED: "carried out"}
_ELEMENT: Final = {Severity.ERROR: "failure", Severity.UNKNOWN: "error"}


def render(report: Report) -> str:
    """The report as one JUnit XML document."""
    root = ET.Element("testsuites", name="planet-validator", time=_seconds(report.duration_ms))
    for each in report.destinations:
        root.append(_suite(each, moment(report.started_at)))
    for name in ("tests", "failures", "errors", "skipped"):
        root.set(name, str(sum(int(suite.get(name, "0")) for suite in root)))
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + inert_xml(ET.tostring(root, encoding="unicode")) + "\n"


def _suite(report: DestinationReport, started: str) -> ET.Element:
    suite = ET.Element("testsuite", name=_clean(report.name or report.target or report.source))
    suite.set("time", _seconds(report.duration_ms))
    suite.set("timestamp", started.removesuffix("Z"))
    suite.set("hostname", "localhost")
    properties = ET.SubElement(suite, "properties")
    for name in ("type", "target", "source", "pointer", "verdict"):
        ET.SubElement(properties, "property", name=name, value=_clean(str(getattr(report, name))))
    if report.not_judged:
        ET.SubElement(properties, "property", name="not_judged", value=_clean(", ".join(report.not_judged)))
    told: list[Finding] = []
    for name in report.parameters:
        told += _tell(_case(suite, report, f"parameter {name}"), report, _of_source(report, name))
    for step in report.steps:
        told += _step_case(suite, report, step)
    for finding in report.findings:
        if finding not in told:
            _tell(_case(suite, report, f"finding {finding.name}"), report, [finding])
    _back_the_verdict(suite, report)
    if not suite.findall("testcase"):
        _case(suite, report, "source")
    suite.set("tests", str(len(suite.findall("testcase"))))
    for name, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(name, str(len(suite.findall(f"testcase/{tag}"))))
    return suite


def _of_source(report: DestinationReport, name: str) -> Sequence[Finding]:
    """What the source says of one parameter; what a bucket answered belongs to its step."""
    pointer = f"/parameters/{name.replace('~', '~0').replace('/', '~1')}"
    return [each for each in report.findings if each.pointer == pointer and _answer(each) == ("", "")]


def _answer(finding: Finding) -> tuple[str, str]:
    """Status and code of the answer that a finding was made of."""
    return finding.evidence.get("http_status", ""), finding.evidence.get("code", "")


def _step_case(suite: ET.Element, report: DestinationReport, step: Step) -> Sequence[Finding]:
    form = f" {step.form}" if step.form else ""
    case = _case(suite, report, f"{step.operation}{form} {step.key} ({HOW[step.mode]})", step.duration_ms)
    if step.outcome is Outcome.SKIPPED:
        ET.SubElement(case, "skipped", message=_clean(step.note or "not asked"))
    if step.outcome in (Outcome.GRANTED, Outcome.SKIPPED):
        return ()
    answer = (str(step.http_status or ""), step.code)
    findings = [each for each in report.findings if answer != ("", "") and _answer(each) == answer]
    if not findings:
        message = f"{phrases.outcome(step)}: {phrases.answer(step) or step.note}"
        ET.SubElement(case, "skipped", message=_clean(f"{message} (see the other cases)"))
    return _tell(case, report, findings)


def _tell(case: ET.Element, report: DestinationReport, findings: Sequence[Finding]) -> Sequence[Finding]:
    """Put the findings into their case. One verdict element at most: some readers take the first child alone."""
    first = next((each for severity in _ELEMENT for each in findings if each.severity is severity), None)
    if first is not None:
        said = {"type": _clean(first.name), "message": _clean(f"{first.name}: {first.detail or first.title}")}
        element = ET.SubElement(case, _ELEMENT[first.severity], said)
    elif findings:
        element = ET.SubElement(case, "system-out")
    else:
        return ()
    element.text = _clean("\n\n".join(_story(report, each) for each in findings))
    return findings


def _back_the_verdict(suite: ET.Element, report: DestinationReport) -> None:
    """A suite is never greener than its destination's verdict."""
    tags = {Verdict.FAIL: ("failure",), Verdict.INCONCLUSIVE: ("failure", "error")}.get(report.verdict, ())
    if tags and not any(suite.findall(f"testcase/{tag}") for tag in tags):
        said = {"type": str(report.verdict), "message": f"the verdict is {report.verdict}"}
        ET.SubElement(_case(suite, report, "verdict"), tags[-1], said)


def _story(report: DestinationReport, finding: Finding) -> str:
    place = phrases.where(report, finding)
    weighed = f"{phrases.SEVERITY_WORDS[finding.severity]} {finding.name}"
    parts = [f"{weighed}: {finding.title} ({finding.confidence})", finding.detail]
    if place:
        parts.append(f"In {place}")
    if finding.fix:
        parts += [f"Fix: {finding.fix.summary}", *finding.fix.commands]
    parts.append(f"More: planet-validator explain {finding.name}")
    return "\n".join(part for part in parts if part)


def _case(suite: ET.Element, report: DestinationReport, name: str, milliseconds: float = 0.0) -> ET.Element:
    place = f"{report.source}{report.pointer}"
    return ET.SubElement(suite, "testcase", classname=_clean(place), name=_clean(name), time=_seconds(milliseconds))


def _seconds(milliseconds: float) -> str:
    return f"{milliseconds / 1000:.3f}"


def _clean(text: str) -> str:
    return _FORBIDDEN.sub("\ufffd", visible(text, newlines=True))
