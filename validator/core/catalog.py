"""Every finding there is: its name, its weight, and the text that terminal, reports and docs share.

Each is one file, ``validator/findings/<name>.md``: the short texts in its front matter, the long one below. A file is read when its finding
is needed, and a check that passes reads none.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

from validator.core import lazy
from validator.core.model import Confidence, Finding, Fix, PatchOperation, Severity
from validator.core.values import Dataclass, replace

AREAS: Final = (
    "source",
    "buckets, regions, endpoints",
    "keys",
    "GCS credential",
    "SAS",
    "identity, network",
    "permissions, settings",
    "leftovers",
    "could not tell",
    "Planet",
)
"""In the order in which a check comes to them."""

FOLDER: Final = Path(__file__).parents[1] / "findings"
NAME: Final = lazy.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
"""What a finding may be called: nothing else becomes a part of a path."""


class Entry(Dataclass):
    """One finding, apart from any bucket."""

    name: str
    area: str
    severity: Severity
    title: str
    """States the problem, in words that go after the finding's name and a colon."""
    cause: str
    """Why Planet minds it, one sentence."""
    fix: str
    """What to change, one sentence in the imperative."""
    text: str
    """The sections of its page, in Markdown."""
    clears: str = ""
    """What time alone can do: ``soon``, it may be gone a moment later; ``later``, a grant or a new key may arrive within minutes; empty, nothing."""

    @property
    def page(self) -> str:
        """The whole page, in Markdown."""
        return f"# {self.name}\n\n**{self.severity}** · {self.title}\n\n{self.text}"

    def document(self) -> dict[str, str]:
        """As plain values, without the long text."""
        from validator.core import home

        facts = {"name": self.name, "area": self.area, "severity": str(self.severity), "title": self.title}
        address = home.page(self.name)
        return {**facts, "why": self.cause, "fix": self.fix, **({"docs_url": address} if address else {})}


class Catalog(Mapping[str, Entry]):
    """The findings by name, in the order of the alphabet; a finding's file is read when it is asked for, and once."""

    def __getitem__(self, name: str) -> Entry:
        """The entry of a finding. Raises KeyError for a name that does not exist."""
        if name not in self:
            raise KeyError(name)
        return _read(name)

    def __contains__(self, name: object) -> bool:
        """Whether there is a finding of this name; reads no file."""
        return name in _names()

    def __iter__(self) -> Iterator[str]:
        """The names; reads no file."""
        return iter(_names())

    def __len__(self) -> int:
        """How many there are; reads no file."""
        return len(_names())


FINDINGS: Final[Mapping[str, Entry]] = Catalog()


def clears(name: str) -> str:
    """:attr:`Entry.clears` of a finding; empty for one that another package's provider brings."""
    return FINDINGS[name].clears if name in FINDINGS else ""


def by_area() -> list[Entry]:
    """Every finding, those of an area together. Reads them all."""
    return sorted(FINDINGS.values(), key=lambda each: AREAS.index(each.area))


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
    severity: Severity | None = None,
    title: str = "",
) -> Finding:
    """A finding of this name, with the catalog's words and severity wherever none better are given."""
    known = FINDINGS[name]
    proposal = fix or Fix(known.fix)
    if patch:
        proposal = replace(proposal, patch=tuple(patch))
    if commands and not proposal.commands:
        proposal = replace(proposal, commands=tuple(commands))
    return Finding(
        name=name,
        severity=severity or known.severity,
        title=title or known.title,
        detail=detail or known.cause,
        confidence=confidence,
        evidence=dict(evidence or {}),
        pointer=pointer,
        fix=proposal,
    )


def replacement(pointer: str, value: str, *, secret: bool = False) -> tuple[PatchOperation, ...]:
    """The patch that puts ``value`` there; none where it is empty."""
    return (PatchOperation("replace", pointer, value, secret=secret),) if value else ()


@cache
def _names() -> Mapping[str, None]:
    return dict.fromkeys(sorted(path.stem for path in FOLDER.glob("*.md") if NAME.fullmatch(path.stem)))


@cache
def _read(name: str) -> Entry:
    head, text = (FOLDER / f"{name}.md").read_text(encoding="utf-8").removeprefix("---\n").split("\n---\n\n", 1)
    # The part of YAML that this needs: YAML's own parser would cost a failing check more than all else that it prints.
    pairs = (line.split(": ", 1) for line in head.splitlines())
    front: dict[str, Any] = {key: json.loads(value) if value.startswith('"') else value for key, value in pairs}
    return Entry(**{**front, "name": name, "severity": Severity(front["severity"]), "text": text})
