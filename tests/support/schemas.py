"""The published schemas of what the reports are written in, and whether a document is valid by one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema

ROOT = Path(__file__).parents[2]


def report_schema() -> Any:
    return json.loads((ROOT / "validator" / "report.schema.json").read_text())


def sarif_schema() -> Any:
    published = ROOT / "tests" / "schemas" / "node_modules" / "@microsoft" / "jest-sarif" / "lib" / "schemas"
    return json.loads((published / "sarif-2.1.0-rtm.5.json").read_text())


def valid(document: Any, against: Any) -> None:
    cls = jsonschema.validators.validator_for(against)
    cls.check_schema(against)
    cls(against, format_checker=cls.FORMAT_CHECKER).validate(document)
