"""The report for programs: ``schema_version`` 1, described by ``validator/report.schema.json``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from validator.core.model import DestinationReport, Finding, Fix, PatchOperation, Report, Residue, Step
from validator.core.owner_view import OwnerView
from validator.core.terminal_text import inert_json
from validator.formats import phrases

SCHEMA_VERSION: Final = 1


def render(report: Report) -> str:
    """The report as one JSON document, in ASCII."""
    return inert_json(json.dumps(document(report), indent=2)) + "\n"


def document(report: Report) -> dict[str, Any]:
    """The report as plain values."""
    return {
        "schema_version": SCHEMA_VERSION,
        "tool": {"name": "planet-validator", "version": report.tool_version},
        "started_at": moment(report.started_at),
        "duration_ms": report.duration_ms,
        "verdict": str(report.verdict),
        "interrupted": report.interrupted,
        "destinations": [destination(each) for each in report.destinations],
    }


def destination(report: DestinationReport) -> dict[str, Any]:
    """One destination's part, as plain values."""
    return {
        "name": report.name,
        "type": report.type,
        "source": report.source,
        "pointer": report.pointer,
        "target": report.target,
        "endpoint_override": report.endpoint_override,
        "limits": list(report.limits),
        "not_judged": dict(report.not_judged),
        "verdict": str(report.verdict),
        "duration_ms": report.duration_ms,
        "steps": [step(each) for each in report.steps],
        "findings": [finding(each) for each in report.findings],
        "residue": [_residue(each) for each in report.residue],
        **({"planet": dict(report.handoff)} if report.handoff else {}),
        **({"owner": _owner(report.owner)} if report.owner else {}),
    }


def _owner(value: OwnerView) -> dict[str, Any]:
    return {"identity": value.identity, "seen": list(value.seen), "unread": list(value.unread)}


def step(value: Step) -> dict[str, Any]:
    """One step, as plain values."""
    return {
        "operation": str(value.operation),
        "key": value.key,
        "mode": str(value.mode),
        "permission": value.permission,
        "outcome": str(value.outcome),
        "duration_ms": value.duration_ms,
        "provider": {
            "http_status": value.http_status,
            "code": value.code or None,
            "request_id": value.request_id or None,
        },
        "note": value.note,
        "form": value.form,
        "kind": None if value.kind is None else str(value.kind),
    }


def finding(value: Finding) -> dict[str, Any]:
    """One finding, as plain values; a patch operation whose value is a secret is left out."""
    return {
        "name": value.name,
        "severity": str(value.severity),
        "confidence": str(value.confidence),
        "title": value.title,
        "detail": value.detail,
        "evidence": dict(value.evidence),
        "pointer": value.pointer,
        "line": value.line,
        **({"within": value.within} if value.within else {}),
        "fix": _fix(value.fix) if value.fix else None,
        **({"docs_url": address} if (address := phrases.page(value)) else {}),
    }


def moment(value: datetime) -> str:
    """RFC 3339 in UTC, to the millisecond where there are any."""
    aware = value if value.tzinfo else value.replace(tzinfo=UTC)
    precise = "milliseconds" if aware.microsecond else "seconds"
    return aware.astimezone(UTC).isoformat(timespec=precise).replace("+00:00", "Z")


def _fix(value: Fix) -> dict[str, Any]:
    return {
        "summary": value.summary,
        "commands": list(value.commands),
        "grant": value.grant,
        "automatic": value.automatic,
        "patch": [_operation(each) for each in value.patch if not each.secret],
    }


def _operation(value: PatchOperation) -> Mapping[str, Any]:
    if value.op == "remove":
        return {"op": value.op, "path": value.path}
    if value.op in ("move", "copy"):
        return {"op": value.op, "from": value.value, "path": value.path}
    return {"op": value.op, "path": value.path, "value": value.value}


def _residue(value: Residue) -> dict[str, Any]:
    return {
        "key": value.key,
        "version_id": value.version_id,
        "state": str(value.state),
        "remove_command": value.remove_command,
        "note": value.note,
    }
