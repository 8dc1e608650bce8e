"""Reports built by hand, for the tests of what prints them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from validator.core import catalog
from validator.core.model import (
    DestinationReport,
    Finding,
    Fix,
    Kind,
    Mode,
    Operation,
    Outcome,
    PatchOperation,
    Report,
    Residue,
    ResidueState,
    Step,
    Verdict,
    worst,
)

KEY = "planetverify.txt"
LIMITS = ("the network path from Planet was not tested",)
DELETE_DENIED = Step(
    Operation.DELETE,
    KEY,
    Mode.REHEARSED,
    "s3:DeleteObject",
    Outcome.DENIED,
    41.4,
    403,
    "AccessDenied",
    "REQUEST1",
    kind=Kind.DENIED,
)
WRITE_GRANTED = Step(Operation.WRITE, KEY, Mode.REHEARSED, "s3:PutObject", Outcome.GRANTED, 38.0)
READ_SKIPPED = Step(Operation.READ, KEY, Mode.PERFORMED, "s3:GetObject", Outcome.SKIPPED, note="nothing was written")
GRANTED = tuple(
    Step(operation, KEY, Mode.PERFORMED, f"s3:{operation.capitalize()}Object", Outcome.GRANTED, 20.0)
    for operation in (Operation.WRITE, Operation.READ, Operation.DELETE)
)


def finding(name: str, **changes: Any) -> Finding:
    line = changes.pop("line", None)
    severity = changes.pop("severity", None)
    made = replace(catalog.finding(name, **changes), line=line)
    return replace(made, severity=severity) if severity else made


def denied(**changes: Any) -> Finding:
    return finding(
        "delete-denied",
        **{
            "detail": "arn:aws:iam::111122223333:user/planet has no identity policy that allows s3:DeleteObject.",
            "evidence": {"http_status": "403", "code": "AccessDenied"},
            "fix": Fix(
                "Allow s3:DeleteObject for this user.",
                (
                    "aws iam put-user-policy --user-name planet --policy-name planet-imagery-in --policy-document file://grant.json",
                ),
                '{\n  "Version": "2012-10-17"\n}',
            ),
            **changes,
        },
    )


def wrong_region(**changes: Any) -> Finding:
    return finding(
        "wrong-region",
        **{
            "detail": "The bucket is in eu-west-1.",
            "pointer": "/parameters/aws_region",
            "line": 7,
            "patch": (PatchOperation("replace", "/parameters/aws_region", "eu-west-1"),),
            **changes,
        },
    )


def destination(name: str = "s3 destination", **changes: Any) -> DestinationReport:
    values: dict[str, Any] = {
        "name": name,
        "type": "amazon_s3",
        "source": "dest.json",
        "pointer": "",
        "target": f"s3://imagery-in/{KEY}",
        "verdict": Verdict.PASS,
        "steps": GRANTED,
        "limits": LIMITS,
        "wrote": True,
        "duration_ms": 100.0,
    }
    return DestinationReport(**{**values, **changes})


def failing(**changes: Any) -> DestinationReport:
    return destination(
        **{
            "verdict": Verdict.FAIL,
            "steps": (DELETE_DENIED, WRITE_GRANTED, READ_SKIPPED),
            "findings": (denied(),),
            "wrote": False,
            "notes": (f"delete {KEY} (rehearsed): 403 AccessDenied Access Denied",),
            **changes,
        }
    )


def undecided(**changes: Any) -> DestinationReport:
    return destination(
        **{
            "verdict": Verdict.INCONCLUSIVE,
            "steps": (replace(DELETE_DENIED, outcome=Outcome.UNPROVEN, http_status=503, code="SlowDown"),),
            "findings": (finding("throttled", evidence={"http_status": "503", "code": "SlowDown"}),),
            "wrote": False,
            **changes,
        }
    )


def leaving(**changes: Any) -> DestinationReport:
    residue = Residue(KEY, ResidueState.LEFT, f"aws s3api delete-object --bucket imagery-in --key {KEY}", "v1")
    return destination(**{"verdict": Verdict.FAIL, "findings": (finding("residue-left"),), "residue": (residue,), **changes})


def report(*destinations: DestinationReport, **changes: Any) -> Report:
    values: dict[str, Any] = {
        "verdict": worst([each.verdict for each in destinations]),
        "destinations": destinations,
        "started_at": datetime(2026, 1, 1, tzinfo=UTC),
        "duration_ms": 412.0,
        "tool_version": "0.1.0",
    }
    return Report(**{**values, **changes})


MIXED = report(
    failing(findings=(denied(), wrong_region())),
    undecided(name="slow"),
    leaving(name="left"),
    destination("good"),
    destination("warned", verdict=Verdict.WARN, findings=(finding("sas-expiring"),)),
)


NASTY = 'a\n::error::b\r\x1b[31m|`<script>@everyone\u202e"&,%:\x00'
NASTY_REPORT = report(
    replace(
        failing(findings=(denied(detail=NASTY, evidence={"x": NASTY}, fix=Fix(NASTY, (NASTY,), NASTY)),)),
        name=NASTY,
        source=NASTY,
        target=NASTY,
        type=NASTY,
        pointer=f"/{NASTY}",
        endpoint_override=NASTY,
        notes=(NASTY,),
    )
)
"""Of names that are made to be taken for something else."""
