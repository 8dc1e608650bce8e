"""Every finding there is: its name, its weight, and the short text that terminal, reports and docs share.

The texts stand in ``validator/core/findings_table.py``; the long text of a finding is its page, ``docs/findings/<name>.md``, which
ships inside the package.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from validator.core.findings_table import ROWS
from validator.core.model import Confidence, Finding, Fix, PatchOperation, Severity

DOCS = "https://planet-validator.example/findings/"
"""Where the pages are published; set by whoever publishes them."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One finding, apart from any bucket."""

    name: str
    area: str
    severity: Severity
    title: str
    """States the problem, in words that go after the finding's name and a colon."""
    why: str
    """What Planet makes of it, one sentence."""
    fix: str
    """What to change, one sentence in the imperative."""


def entry(name: str) -> Entry:
    """The entry of a finding. Raises KeyError for a name that does not exist."""
    return FINDINGS[name]


def finding(
    name: str,
    *,
    detail: str = "",
    confidence: Confidence = Confidence.CONFIRMED,
    evidence: Mapping[str, str] | None = None,
    pointer: str = "",
    fix: Fix | None = None,
    patch: Sequence[PatchOperation] = (),
    commands: Sequence[str] = (),
) -> Finding:
    """A finding of this name, with the catalog's words wherever none better are given."""
    known = FINDINGS[name]
    mend = fix or Fix(known.fix)
    if patch:
        mend = replace(mend, patch=tuple(patch))
    if commands and not mend.commands:
        mend = replace(mend, commands=tuple(commands))
    return Finding(
        name=name,
        severity=known.severity,
        title=known.title,
        detail=detail or known.why,
        confidence=confidence,
        evidence=dict(evidence or {}),
        pointer=pointer,
        fix=mend,
        docs_url=f"{DOCS}{name}/",
    )


FINDINGS: Mapping[str, Entry] = {
    row.name: Entry(row.name, area, row.severity, row.title, row.why, row.fix) for area, rows in ROWS.items() for row in rows
}
