"""Plays one answer of ``tests/support/answers`` to the real check: the real signer or SDK, a local server, and a healthy store for all other requests."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tests.support.conformance.case import DELETE, LIST, READ, REHEARSE_DELETE, REHEARSE_WRITE, WRITE, Case, Row
from tests.support.moved_clock import Moved
from tests.support.pasted import unexplained
from tests.support.wire import Answer, Request, Wire, lasting
from validator.checking.assemble import check
from validator.core.model import DestinationReport, Finding, Operation, Severity
from validator.providers import find

FOLDER = Path(__file__).parent / "answers"
TIME = 60.0
"""Seconds for one check: enough for a machine that does much else."""


OPERATION = {
    REHEARSE_DELETE: "delete", DELETE: "delete", "cleanup-versions": "delete", "abort": "delete",
    REHEARSE_WRITE: "write", WRITE: "write", "start": "write", "block": "write",
    READ: "read", "stat": "read", LIST: "list", "witness": "list", "token": "token",
}  # fmt: skip
"""What a step of the walk asks; the other steps are asked of the bucket itself."""
_FRAMING = frozenset({"transfer-encoding", "content-length", "connection", "keep-alive"})


@dataclass(frozen=True)
class Entry:
    """See ``tests/support/answers/README.md``."""

    id: str
    provider: str
    vendor: str
    operation: str
    status: int
    headers: Mapping[str, str]
    body: str
    expect: Sequence[str]
    never: Sequence[str]
    verdict: str
    certainty: str
    why: str
    source: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    when: str = ""
    times: int | None = None
    names: Sequence[str] = ()
    rebuilt: bool = False
    form: bool = False

    def answer(self) -> Answer:
        headers = {name: _header(name, value) for name, value in self.headers.items() if name.lower() not in _FRAMING}
        return Answer(self.status, headers, self.body.encode())


def _header(name: str, value: str) -> str:
    if name.lower() == "date" and value.startswith("@"):
        return format_datetime(datetime.now(UTC) + timedelta(seconds=int(value[1:])), usegmt=True)
    return value


def entries(provider: str) -> Sequence[Entry]:
    """The corpus of a type; one that nobody has kept answers of has none."""
    path = FOLDER / f"{provider}.json"
    return [Entry(**each) for each in json.loads(path.read_text(encoding="utf-8"))] if path.exists() else []


def case_of(provider: str) -> Case:
    case: Case = import_module(f"tests.support.conformance.{provider}").case
    return case


@dataclass(frozen=True)
class Names:
    """Other names for everything: parameters of the destination, the folder of the delivery, and what the answer quotes."""

    parameters: Mapping[str, str] = field(default_factory=dict)
    prefix: str = ""
    quoted: Sequence[str] = ()
    """Taken in turn for the entry's own ``names``."""


def play(entry: Entry, names: Names | None = None) -> DestinationReport:
    """The report of a check whose destination gets this answer."""
    names = names or Names()
    case = case_of(entry.provider)
    provider = find(entry.provider)
    assert provider is not None
    lists = Operation.LIST in provider.permissions
    store = case.store()
    played = 0

    def handle(request: Request) -> Answer:
        nonlocal played
        step = case.step(request)
        asked = OPERATION.get(step, "bucket")
        operation = "any" if entry.operation == "list" and not lists else entry.operation
        fits = asked != "token" if operation == "any" else asked == operation
        request = replace(request, path=_back(request.path, back))
        if entry.when == "exists" and not store.objects:
            fits = False
        if not fits or (entry.times is not None and played >= entry.times):
            return store.handle(request)
        played += 1
        return answer

    wire = lasting(f"answers of {entry.provider}", tls=case.tls)
    wire.handle = handle
    source = case.source(wire, **entry.parameters)
    usual = dict(source["parameters"])
    parameters = {**usual, **names.parameters}
    renamed = {str(usual[name]): str(value) for name, value in names.parameters.items() if name in usual}
    renamed |= dict(zip(entry.names, (names.quoted * (len(entry.names) + 1)) if names.quoted else entry.names, strict=False))
    answer = replace(entry.answer(), body=_renamed(entry.body, renamed).encode())
    settings = replace(case.settings(wire), timeout=TIME, clock=Moved(), prefixes=(names.prefix,) if names.prefix else ())
    if "endpoint" in parameters and (entry.parameters.get("endpoint") or names.parameters.get("endpoint")):
        # The check believes that it speaks to the vendor's host, and the override leads it to the wire.
        settings = replace(settings, endpoints={**settings.endpoints, entry.provider: wire.url})
    usual_bucket = case.source(wire)["parameters"].get("bucket", "")
    back = {str(parameters.get("bucket", "")): usual_bucket} if names.parameters.get("bucket") else {}
    report = check({**source, "parameters": parameters}, settings).destinations[0]
    del wire.requests[:]
    return report


def play_row(provider: str, row: Row, names: Mapping[str, str]) -> tuple[str, list[tuple[str, str, str]]]:
    """The gist of a case of the conformance matrix whose destination, and whose answers, have other names."""
    case = case_of(provider)
    store = case.store()
    store.objects.update(row.objects)
    count: Counter[str] = Counter()
    answers: dict[str, Answer] = {}
    back: dict[str, str] = {}

    def handle(request: Request) -> Answer:
        step = case.step(request)
        count[step] += 1
        answer = answers.get(step)
        if answer is None or (row.nth and step == row.step and count[step] != row.nth):
            return store.handle(replace(request, path=_back(request.path, back)))
        if answer.carried_out:
            store.handle(replace(request, path=_back(request.path, back)))
        return answer

    with Wire(handle, tls=case.tls) as wire:
        source = case.source(wire, **row.changes)
        usual = dict(source["parameters"])
        changed = {name: value for name, value in names.items() if name not in row.changes}
        renamed = {str(usual[name]): value for name, value in changed.items() if name != "endpoint"}
        back |= {changed["bucket"]: str(usual["bucket"])} if "bucket" in changed else {}
        answers |= {
            step: replace(
                answer,
                body=_renamed(answer.body.decode("utf-8", "surrogateescape"), renamed).encode("utf-8", "surrogateescape"),
            )
            for step, answer in {row.step: row.answer, **row.then}.items()
        }

        settings = replace(case.settings(wire), timeout=TIME, clock=Moved(), **row.settings)
        if "endpoint" in changed:
            settings = replace(settings, endpoints={**settings.endpoints, provider: wire.url})
        report = check({**source, "parameters": {**usual, **changed}}, settings)
    return gist(report.destinations[0])


def _renamed(body: str, names: Mapping[str, str]) -> str:
    for old in sorted((each for each in names if each), key=len, reverse=True):
        body = body.replace(old, names[old])
    return body


def _back(path: str, names: Mapping[str, str]) -> str:
    """The healthy store behind the wire knows its usual bucket alone."""
    path, mark, query = path.partition("?")
    parts = [
        next((quote(old, safe="") for new, old in names.items() if part == quote(new, safe="")), part)
        for part in path.split("/")
    ]
    return "/".join(parts) + mark + query


def faults(entry: Entry, report: DestinationReport) -> list[str]:
    """What is wrong with the diagnosis; empty if it is a good one."""
    names = [each.name for each in report.findings]
    said = ", ".join(f"{each.name} ({each.severity}, {each.confidence})" for each in report.findings) or "nothing"
    wrong: list[str] = []
    if entry.expect and not set(entry.expect) & set(names):
        wrong.append(f"none of {', '.join(entry.expect)} was reported, but {said}")
    if not entry.expect and any(each.severity is Severity.ERROR for each in report.findings):
        wrong.append(f"nothing should fail, but {said}")
    wrong += [f"{name} was reported, which misleads" for name in entry.never if name in names]
    if entry.certainty == "ambiguous":
        if report.verdict == "pass":
            wrong.append("it passed")
    elif report.verdict != entry.verdict:
        wrong.append(f"the verdict is {report.verdict}, not {entry.verdict} ({said})")
    return wrong + unexplained(report.findings)


def gist(report: DestinationReport) -> tuple[str, list[tuple[str, str, str]]]:
    """What no name may change."""
    return str(report.verdict), sorted(_weight(each) for each in report.findings)


def _weight(each: Finding) -> tuple[str, str, str]:
    return each.name, str(each.severity), str(each.confidence)
