"""Parameters of each type in which nothing is wrong, and what lint says of them when something is."""

from __future__ import annotations

from typing import Any

from validator.checking.assemble import Settings, lint
from validator.core.model import DestinationReport, Severity
from validator.sources.loader import References, load

AMAZON = {"bucket": "imagery-in", "aws_region": "eu-central-1", "aws_access_key_id": "AKIAQEXAMPLE2EXAMPLE", "aws_secret_access_key": "EXAMPLE/planet+EXAMPLE/planet+EXAMPLE123"}  # fmt: skip
OTHER = {"bucket": "imagery-in", "endpoint": "https://s3.example.com", "region": "us-east-1", "access_key_id": "EXAMPLEKEY", "secret_access_key": "EXAMPLE-secret"}  # fmt: skip
ORACLE = {"bucket": "imagery-in", "region": "eu-frankfurt-1", "namespace": "axaxnpcrorw5", "customer_access_key_id": "0123456789abcdef" * 2 + "01234567", "customer_secret_key": "EXAMPLE/" * 5 + "abc="}  # fmt: skip
AZURE = {"account": "imageryaccount", "container": "imagery-in", "sas_token": "sv=2023-11-03&sr=c&sp=rwdl&se=2999-01-31&sig=" + "A" * 43 + "%3D"}  # fmt: skip
GOOGLE = {"bucket": "imagery-in", "credentials": "EXAMPLE"}
GOOD: dict[str, dict[str, str]] = {
    "amazon_s3": AMAZON,
    "s3_compatible": OTHER,
    "oracle_cloud_storage": ORACLE,
    "azure_blob_storage": AZURE,
    "google_cloud_storage": GOOGLE,
}


def judged(kind: str, parameters: dict[str, Any], env: dict[str, str] | None = None) -> DestinationReport:
    loaded = load({"name": "imagery", "type": kind, "parameters": parameters}, references=References(env=env or {}))
    return lint(loaded, Settings(ignore=frozenset({"unresolved-reference"}))).destinations[0]


def errors(report: DestinationReport) -> set[str]:
    return {each.name for each in report.findings if each.severity is Severity.ERROR}
