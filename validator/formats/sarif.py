"""SARIF 2.1.0, for code-scanning views: a result for each finding that weighs something, on the line of its source."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

from validator.core import catalog, home
from validator.core.model import DestinationReport, Finding, Report, Severity
from validator.core.sentences import sentence
from validator.core.terminal_text import inert_json, visible
from validator.formats import phrases
from validator.formats.json import moment

SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVEL: Final[Mapping[Severity, str]] = {
    Severity.ERROR: "error",
    Severity.UNKNOWN: "warning",
    Severity.WARNING: "warning",
    Severity.INFO: "note",
}


def render(report: Report) -> str:
    """The report as one SARIF log with one run."""
    pairs = [(each, finding) for each in report.destinations for finding in each.findings if phrases.matters(finding)]
    rules = sorted({finding.name for _, finding in pairs})
    counts: Counter[str] = Counter()
    results = [_result(each, finding, rules.index(finding.name), counts) for each, finding in pairs]
    ended = moment(report.started_at)
    run = {
        "tool": {
            "driver": {
                "name": "planet-validator",
                "version": report.tool_version,
                **({"informationUri": home.site()} if home.site() else {}),
                "rules": [_rule(name, next(finding for _, finding in pairs if finding.name == name)) for name in rules],
            }
        },
        "invocations": [{"executionSuccessful": not report.interrupted, "startTimeUtc": ended}],
        "columnKind": "utf16CodeUnits",
        "results": results,
        "properties": {"verdict": str(report.verdict)},
    }
    return inert_json(json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2)) + "\n"


def _rule(name: str, example: Finding) -> dict[str, Any]:
    known = catalog.FINDINGS.get(name)
    why, fix = (known.cause, known.fix) if known else (example.detail, example.fix.summary if example.fix else "")
    return {
        "id": name,
        "shortDescription": {"text": sentence(known.title if known else example.title)},
        "fullDescription": {"text": why or name},
        "help": {"text": f"{why}\n\nFix: {fix}\n\nplanet-validator explain {name}".strip()},
        **({"helpUri": address} if (address := phrases.page(example)) else {}),
        "defaultConfiguration": {"level": _LEVEL[known.severity if known else example.severity]},
    }


def _result(report: DestinationReport, finding: Finding, rule: int, counts: Counter[str]) -> dict[str, Any]:
    text = f"{sentence(finding.title)} {finding.detail}"
    if finding.fix:
        text += f"\nFix: {finding.fix.summary}"
    return {
        "ruleId": finding.name,
        "ruleIndex": rule,
        "level": _LEVEL[finding.severity],
        "message": {"text": visible(text, newlines=True)},
        "locations": [_location(report, finding)],
        "partialFingerprints": {"planetValidatorFinding/v1": _fingerprint(report, finding, counts)},
        "properties": {"severity": str(finding.severity), "confidence": str(finding.confidence), "target": report.target},
    }


def _location(report: DestinationReport, finding: Finding) -> dict[str, Any]:
    logical = f"{report.pointer}{finding.pointer}" or "/"
    location: dict[str, Any] = {"logicalLocations": [{"name": report.name or report.type, "fullyQualifiedName": logical}]}
    if report.source != "-":
        physical: dict[str, Any] = {"artifactLocation": {"uri": phrases.uri(report.source)}}
        if finding.line is not None:
            physical["region"] = {"startLine": finding.line}
        location["physicalLocation"] = physical
    return location


def _fingerprint(report: DestinationReport, finding: Finding, counts: Counter[str]) -> str:
    """The same finding of the same destination stays one alert, whatever its secret is and wherever its line moves to."""
    identity = json.dumps([finding.name, phrases.relative(report.source), report.pointer, report.type, finding.pointer])
    counts[identity] += 1
    return hashlib.sha256(f"{identity}{counts[identity]}".encode()).hexdigest()[:32]
