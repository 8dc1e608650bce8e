"""What is one to a reader: findings of one name, or of other names and with the same commands; destinations with the same wrong with them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from validator.core import catalog, lazy
from validator.core.model import DestinationReport, Finding, Fix
from validator.core.values import Dataclass, replace

_NUMBER: Final = lazy.compile(r"\d+")
_PARTED: Final = lazy.compile(r"[/@?#]")
_WHAT: Final = frozenset({"action", "because", "condition", "decision", "layer", "operation", "permission"})
"""Evidence that tells what was refused and by what, not whose it is: where it differs, so does what is wrong."""
_SHORTEST: Final = 3
"""Characters of a name that is looked for in texts."""
_LONGEST: Final = 300
"""Characters of evidence that may be a name."""


class Group(Dataclass):
    """What is told under one heading."""

    findings: tuple[Finding, ...]
    """All of the same name and weight."""
    seen_as: tuple[Finding, ...] = ()
    """Of other names, with the same commands for a fix: what the same cause looked like elsewhere."""

    @property
    def first(self) -> Finding:
        """The one that gives the heading."""
        return self.findings[0]

    @property
    def cause(self) -> str:
        """Why Planet minds it; empty where a finding says so itself."""
        known = catalog.FINDINGS.get(self.first.name)
        return "" if known is None or any("Planet" in each.detail for each in self.findings) else known.cause

    def fixes(self) -> Iterator[tuple[Finding, Fix]]:
        """Each finding that has a fix, and the fix without the summary and the policy that one before it has."""
        known: set[str] = set()
        for each in self.findings:
            if each.fix is not None:
                summary, grant = ("" if text in known else text for text in (each.fix.summary, each.fix.grant))
                known |= {summary, grant}
                yield each, replace(each.fix, summary=summary, grant=grant)


class SimilarDestinations(Dataclass):
    """Destinations that have the same wrong with them, but for their own names and places."""

    first: DestinationReport
    """It is told in full."""
    others: tuple[DestinationReport, ...] = ()

    def apart(self) -> Iterator[tuple[DestinationReport, tuple[str, ...]]]:
        """Each of the others with its own commands, or its own policy where no command makes one: none that stands before it already."""
        shown = set(_to_paste(self.first))
        for each in self.others:
            own = tuple(one for one in _to_paste(each) if one not in shown)
            shown.update(own)
            yield each, own


def grouped(findings: Sequence[Finding]) -> tuple[Group, ...]:
    """The findings in their order, each in one group; a command stands in the first group that has it, and in no other."""
    groups: list[Group] = []
    for finding in findings:
        for i, each in enumerate(groups):
            if (finding.name, finding.severity) == (each.first.name, each.first.severity):
                groups[i] = replace(each, findings=(*each.findings, finding))
                break
            if finding.fix and finding.fix.commands and each.first.fix and finding.fix.commands == each.first.fix.commands:
                groups[i] = replace(each, seen_as=(*each.seen_as, finding))
                break
        else:
            groups.append(Group((finding,)))
    shown: set[str] = set()
    return tuple(replace(each, findings=tuple(_once(finding, shown) for finding in each.findings)) for each in groups)


def _once(finding: Finding, shown: set[str]) -> Finding:
    if finding.fix is None:
        return finding
    fresh = tuple(each for each in finding.fix.commands if each not in shown)
    shown.update(fresh)
    return finding if fresh == finding.fix.commands else replace(finding, fix=replace(finding.fix, commands=fresh))


def one_summary(fixes: Sequence[Fix]) -> str:
    """The one sentence for fixes whose sentences differ by one word alone: ``Set A and B in the environment``; empty if they are not such."""
    if any(each.commands or each.grant or each.patch for each in fixes):
        return ""
    words = [each.summary.split(" ") for each in fixes]
    differing = [(place, column) for place, column in enumerate(zip(*words, strict=False)) if len(set(column)) > 1]
    if (
        len({len(each) for each in words}) != 1
        or len(differing) != 1
        or not all(each[-1:].isalnum() for each in differing[0][1])
    ):
        return ""
    place, column = differing[0]
    *most, last = dict.fromkeys(column)
    return " ".join([*words[0][:place], f"{', '.join(most)} and {last}", *words[0][place + 1 :]])


def commands(report: DestinationReport) -> tuple[str, ...]:
    """Every command that the findings show, once."""
    return tuple(dict.fromkeys(each for finding in report.findings if finding.fix for each in finding.fix.commands))


def _to_paste(report: DestinationReport) -> Iterator[str]:
    yield from commands(report)
    yield from (each.fix.grant for each in report.findings if each.fix and each.fix.grant and not each.fix.commands)
    yield from (each.remove_command for each in report.residue if each.remove_command)


def alike(reports: Iterable[DestinationReport]) -> tuple[SimilarDestinations, ...]:
    """The destinations in their order, each with those that have the same wrong with them."""
    groups: dict[object, SimilarDestinations] = {}
    for each in reports:
        key = _signature(each)
        groups[key] = replace(groups[key], others=(*groups[key].others, each)) if key in groups else SimilarDestinations(each)
    return tuple(groups.values())


def _signature(report: DestinationReport) -> object:
    """Equal for two destinations that differ in nothing but their names and places, and in how much and how long."""
    own = _names(report)
    facts = []
    for each in report.findings:
        fix = each.fix
        patch = tuple((one.op, one.path, str(one.value)) for one in fix.patch) if fix else ()
        texts = (fix.summary, *fix.commands, fix.grant) if fix else ()
        detail = _NUMBER.sub("0", _without(each.detail, own))
        facts.append((each.name, each.severity, each.pointer, detail, tuple(_without(text, own) for text in texts), patch))
    left = tuple((each.state, _NUMBER.sub("0", _without(each.note, own))) for each in report.residue)
    return report.verdict, report.type, tuple(facts), left


def _names(report: DestinationReport) -> list[str]:
    """What a destination calls itself and its places, and what the answers name, the longest first."""
    parts = _PARTED.split(report.target)
    hosts = [each.partition(".")[0] for each in parts if "." in each]
    evidence = [pair for each in report.findings for pair in each.evidence.items()]
    values = [value for key, value in evidence if key not in _WHAT and len(value) <= _LONGEST]
    users = [each.rpartition("/")[2] for each in values if each.startswith("arn:")]
    keys = [name for each in report.residue for name in (each.key, each.version_id or "")]
    known = {report.name, report.source, report.target, *parts, *hosts, *values, *users, *keys}
    return sorted((each for each in known if len(each) >= _SHORTEST), key=len, reverse=True)


def _without(text: str, names: Sequence[str]) -> str:
    for each in names:
        text = text.replace(each, "\0")
    return text
