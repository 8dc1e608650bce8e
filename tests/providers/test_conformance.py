"""The matrix: every provider x every step x every fault, with the six invariants asserted in each cell."""

from __future__ import annotations

import json
import logging
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest

from tests.support.answered import entries, play
from tests.support.conformance.case import DELETE, FAULTS, LIST, READ, REHEARSE_DELETE, STEPS, WRITE, Case, Row
from tests.support.installed import distribution, on_path
from tests.support.moved_clock import Moved
from tests.support.secret_forms import forms
from tests.support.whole import whole
from tests.support.wire import DRIP, GIBBERISH, RESET, TIMEOUT, Answer, Request, Wire
from validator.checking.assemble import check
from validator.checking.diagnosis import GENERAL, rule_for
from validator.core import catalog
from validator.core.fixed_words import fixed_words
from validator.core.model import Mode, Operation, ResidueState, Verdict
from validator.formats import FORMATS, render
from validator.providers import BUILT_IN, find
from validator.providers.base import Failure, HttpAnswer, Rule
from validator.providers.common.conditions import Conditions

HERE = Path(__file__).parents[1] / "support"
INSTALLED = distribution(Path(mkdtemp(prefix="installed-")), "validator.providers.memory.provider")
"""The worked example is installed for these tests alone, as a third party's package is. One that is on the path already comes first."""
NAMES = sorted(path.stem for path in (HERE / "conformance").glob("*.py") if path.stem not in ("__init__", "case"))
CASES: Mapping[str, Case] = {name: import_module(f"tests.support.conformance.{name}").case for name in NAMES}
EVERYBODYS: Mapping[str, Answer] = {"timeout": TIMEOUT, "reset": RESET, "drip": DRIP, "gibberish": GIBBERISH}
TIME = 3.6
"""Seconds for a check whose server does not answer."""
LONG = 60.0
"""Seconds for one whose server answers always: it pauses on a clock that a test moves."""

PRICE = 2
"""Requests more that a check makes where no documentation is believed: a look, and a delete of a name that nobody has. Where that is answered
as absent, whether the bucket keeps versions takes the place of the question for retention."""

GIVE_UP = {"timeout", "reset", "drip", "gibberish", "throttled", "server-error"}
UNKNOWN_NAMES = {
    "timeout": {"timed-out"},
    "drip": {"timed-out", "unrecognised-answer", "not-object-storage", "connection-lost"},
    "reset": {"connection-lost", "timed-out"},  # on a busy machine the tries use up the time
    "gibberish": {"unrecognised-answer", "not-object-storage"},
    "throttled": {"throttled"},
    "server-error": {"provider-error"},
}
REFUSED = {
    REHEARSE_DELETE: ("delete-denied", "fail"),
    WRITE: ("write-denied", "fail"),
    READ: ("read-denied", "warn"),
    LIST: ("list-denied", "warn"),
    DELETE: ("delete-denied", "fail"),
}


def cells() -> Iterator[tuple[str, str, str]]:
    for name, case in CASES.items():
        provider = find(name)
        assert provider is not None
        for step in STEPS:
            if step == LIST and Operation.LIST not in provider.permissions:
                continue
            for fault in (*FAULTS, *EVERYBODYS):
                if not isinstance(case.faults.get(fault), str):
                    yield name, step, fault


with on_path(INSTALLED):
    CELLS = list(cells())


@pytest.fixture(autouse=True, scope="module")
def sdks_are_loaded() -> None:
    """The first check of a type loads its SDK, seconds on a busy machine: that is no part of the time that is bounded here."""
    for name in ("azure.storage.blob", "google.cloud.storage", "botocore.auth"):
        import_module(name)


@pytest.fixture(autouse=True)
def installed() -> Iterator[None]:
    with on_path(INSTALLED):
        yield


@contextmanager
def believing(*, documented: bool) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        if documented:
            at = Conditions.at
            patch.setattr(Conditions, "at", lambda **_: at(documented=True))
        yield


class Played:
    """One run of check() against the wire, with everything that the invariants are judged by."""

    def __init__(
        self, case: Case, answers: Mapping[str, Answer], *, row: Row | None = None, vendors: bool = False, bound: float = TIME
    ) -> None:
        """``vendors``: as at the vendor's own address, where its documentation of conditions is believed."""
        store = case.store()
        store.objects.update(row.objects if row else {})
        self.before = dict(store.objects)
        self.steps: Counter[str] = Counter()
        nth = row.nth if row else 0

        def handle(request: Request) -> Answer:
            step = case.step(request)
            self.steps[step] += 1
            answer = answers.get(step)
            if answer is None or (nth and row and step == row.step and self.steps[step] != nth):
                return store.handle(request)
            if answer.carried_out:
                store.handle(request)
            return answer

        with Wire(handle, tls=case.tls) as wire, believing(documented=vendors and case.documented):
            source = case.source(wire, **(row.changes if row else {}))
            # Where every answer comes, nothing but a pause takes time: a busy machine ends no check.
            comes = not any(each.fault in ("timeout", "drip") for each in answers.values())
            clock = {"clock": Moved()} if comes else {}
            settings = replace(case.settings(wire), timeout=LONG if comes else bound, **clock, **(row.settings if row else {}))
            started = time.monotonic()
            self.report = check(source, settings)
            self.seconds = time.monotonic() - started
            self.requests = list(wire.requests)
        self.after = dict(store.objects)
        self.one = self.report.destinations[0]
        self.names = [each.name for each in self.one.findings]
        self.deletes = self.steps[DELETE]

    def judge(self, case: Case, caplog: pytest.LogCaptureFixture) -> None:
        """The six invariants."""
        # Bounded: the server would be silent for two minutes.
        assert self.seconds < TIME + 57, f"{self.seconds:.1f} s"
        # No loss: what was there before is there after, byte for byte.
        assert {key: self.after.get(key) for key in self.before} == self.before
        # No residue: whatever of ours remains is reported, with the command that removes it.
        ours = {key for key in self.after if key not in self.before}
        left = {each.key for each in self.one.residue if each.state is ResidueState.LEFT}
        assert ours <= left, f"left in the bucket and not reported: {ours - left}"
        assert all(each.remove_command for each in self.one.residue)
        if ours:
            assert self.deletes, "a write may have happened, and no delete was attempted"
        # No false pass.
        if self.one.verdict in (Verdict.PASS, Verdict.WARN):
            granted = {step.operation for step in self.one.steps if step.mode == "performed" and step.outcome == "granted"}
            assert {Operation.WRITE, Operation.DELETE} <= granted
        # No leak: in no format, in no encoding, not in the logs.
        said = "\n".join([*(render(name, self.report) for name in FORMATS), whole(self.report), caplog.text])
        for secret in case.secrets:
            for form in forms(secret):
                assert len(form) < 12 or form not in said, f"a secret was printed ({form[:3]}...)"
        # Everything said is documented.
        for each in self.one.findings:
            assert each.title
            assert each.detail
            assert "TEXT" not in each.detail


@pytest.mark.parametrize(("name", "step", "fault"), CELLS)
def test_standard_faults(name: str, step: str, fault: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    case = CASES[name]
    answer = EVERYBODYS.get(fault)
    if answer is None:
        make = case.faults[fault]
        assert callable(make)
        answer = make(step)
    played = Played(case, {step: answer})
    played.judge(case, caplog)
    expected = case.expect.get((step, fault))
    if expected is None and fault == "denied":
        expected = REFUSED[step]
    if expected is not None:
        assert expected[0] in played.names, played.names
        assert played.report.verdict == expected[1], played.names
        if step == REHEARSE_DELETE and fault == "denied":
            assert not played.steps[WRITE], "delete is refused, and yet something was written"
        return
    if step in (READ, LIST):
        assert played.report.verdict in ("warn", "inconclusive"), (played.report.verdict, played.names)
    elif fault in GIVE_UP:
        # What is not known to be a refusal is inconclusive, unless our own file stays: that is a fail.
        sure = any(each.name == "residue-left" and each.severity == "error" for each in played.one.findings)
        wanted = "fail" if sure else "inconclusive"
        assert played.report.verdict == wanted, (played.report.verdict, played.names)
        assert UNKNOWN_NAMES[fault] & set(played.names), played.names
    elif "key-accepted-then-refused" in played.names:
        # The rehearsal was granted: the same key is not called wrong a moment later. A file that stays is a fail.
        assert step != REHEARSE_DELETE
        assert played.report.verdict == ("fail" if played.after else "inconclusive"), (played.report.verdict, played.names)
    else:
        assert played.report.verdict == "fail", (played.report.verdict, played.names)
    if step == DELETE:
        assert "residue-left" in played.names or played.after == played.before


@pytest.mark.parametrize(("name", "number"), [(name, i) for name, case in CASES.items() for i in range(len(case.rows))])
def test_rows(name: str, number: int, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    case = CASES[name]
    row = case.rows[number]
    played = Played(case, {row.step: row.answer, **row.then}, row=row, vendors=True)
    played.judge(case, caplog)
    assert row.finding in played.names, (row.finding, played.names)
    assert played.report.verdict == row.verdict, (played.report.verdict, played.names)
    for also in row.also:
        assert also in played.names, (also, played.names)


@pytest.mark.parametrize("name", NAMES)
def test_healthy(name: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    caplog.set_level(logging.DEBUG)
    case = CASES[name]
    played = Played(case, {})
    played.judge(case, caplog)
    assert played.report.verdict == "pass", played.names
    assert len(played.requests) <= case.healthy_requests + PRICE, Counter(case.step(each) for each in played.requests)
    assert played.after == {}
    vendors = Played(case, {}, vendors=True)
    assert vendors.report.verdict == "pass"
    if case.documented:
        assert len(vendors.requests) <= case.healthy_requests, Counter(case.step(each) for each in vendors.requests)
    # A check that passes reads none, but for what each endpoint on this machine gets and the case ignores.
    local = "endpoint-unreachable-for-planet"
    monkeypatch.setattr(catalog, "FINDINGS", {local: catalog.FINDINGS[local]})
    again = Played(case, {})
    assert render("text", again.report)
    assert [(each.operation, each.outcome) for each in again.one.steps] == [
        (each.operation, each.outcome) for each in played.one.steps
    ]


@pytest.mark.parametrize("step", [WRITE, DELETE])
@pytest.mark.parametrize("fault", ["timeout", "reset"])
@pytest.mark.parametrize("name", NAMES)
def test_an_answer_lost_after_the_store_carried_it_out(
    name: str, fault: str, step: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The hardest case: the write arrived and its answer did not. Our file must go all the same."""
    case = CASES[name]
    # A third of it is kept for cleaning up, which a busy machine must be able to make.
    bound = 9.0 if (fault, step) == ("timeout", WRITE) else TIME
    played = Played(case, {step: replace(EVERYBODYS[fault], carried_out=True)}, bound=bound)
    played.judge(case, caplog)
    assert played.after == {}, "our file is still there"
    assert played.report.verdict in ("inconclusive", "fail")
    assert played.deletes


@pytest.mark.parametrize("name", NAMES)
def test_a_file_that_is_already_there_is_left_alone(name: str, caplog: pytest.LogCaptureFixture) -> None:
    case = CASES[name]
    small = Row("none", Answer(), "lingering-file", "warn", "design.md", objects={"planetverify.txt": b"somebody's"})
    for vendors in (True, False):
        played = Played(case, {}, row=small, vendors=vendors)
        played.judge(case, caplog)
        assert "lingering-file" in played.names
        # A store that carries out what it should refuse is not asked about that very file: it stays open.
        ignores = case.name == "oracle_cloud_storage"
        assert played.report.verdict == ("inconclusive" if ignores else "warn"), played.names
    large = replace(small, objects={"planetverify.txt": b"x" * 5000})
    played = Played(case, {}, row=large)
    played.judge(case, caplog)
    assert "not-the-verification-file" in played.names


@pytest.mark.long
@pytest.mark.no_cover  # long, and through the same lines as shorter tests
@pytest.mark.parametrize("name", NAMES)
def test_every_rule_is_hit(name: str) -> None:
    """A row that no case reaches is a guess: each is the first match of some answer of the case file or of the corpus.

    Answers are read as they are; only what needs the state of a check (a lost connection, an earlier answer) is played to one.
    """
    case = CASES[name]
    provider = find(name)
    assert provider is not None
    kept = entries(name)
    hit: set[int] = set()

    def noting(provider_: Any, failure: Any) -> Any:
        rule = rule_for(provider_, failure)
        hit.update(i for i, each in enumerate(provider.rules) if each is rule)
        return rule

    def missed() -> list[Rule]:
        return [each for i, each in enumerate(provider.rules) if i not in hit]

    def read(answer: Answer, *, token: bool, sas: str = "") -> None:
        lower = {key.lower(): value for key, value in answer.headers.items()}
        assert provider.read_answer is not None, "every type of ours has it"
        seen = provider.read_answer(
            HttpAnswer(answer.status, lower, answer.body, url=f"https://store.example/?{sas}", token=token)
        )
        for operation in Operation:
            noting(provider, Failure(operation, "planetverify.txt", Mode.PERFORMED, seen, words=fixed_words(seen.message)))

    for entry in kept:
        read(entry.answer(), token=entry.operation == "token", sas=str(entry.parameters.get("sas_token", "")))
    for row in case.rows:
        for step, answer in {row.step: row.answer, **row.then}.items():
            if not answer.fault:
                read(answer, token=step == "token", sas=str(row.changes.get("sas_token", "")))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(import_module("validator.checking.diagnosis"), "rule_for", noting)
        for row in case.rows:
            if {row.finding, *row.also} & {each.finding for each in missed()}:
                Played(case, {row.step: row.answer, **row.then}, row=row, vendors=True)
        for entry in kept:
            if set(entry.expect) & {each.finding for each in missed()}:
                play(entry)
        for entry in kept:
            if missed():
                play(entry)
        for step, make in [(step, case.faults[fault]) for step in STEPS for fault in FAULTS]:
            if missed() and callable(make) and (step != LIST or Operation.LIST in provider.permissions):
                Played(case, {step: make(step)})
    unseen = [f"{each.finding} {each.code} {each.text}" for each in missed()]
    assert not unseen, "rules that no case reaches:\n" + "\n".join(unseen)


def test_the_four_sets_are_one() -> None:
    """A provider is a folder, a line of the registry, a case and a docs page. The worked example is a guide instead, and registered nowhere."""
    pages = {path.stem for path in (HERE.parents[1] / "docs" / "providers").glob("*.md")} - {"index"}
    assert set(NAMES) - {"memory"} == set(BUILT_IN) == pages
    assert (HERE.parents[1] / "docs" / "guides" / "provider.md").exists()


def test_cases_are_whole() -> None:
    for case in CASES.values():
        assert set(case.faults) == set(FAULTS), f"{case.name}: an answer, or a reason, for each standard fault"
        for reason in case.faults.values():
            assert callable(reason) or len(reason) > 20


def test_rules_name_findings() -> None:
    for name in NAMES:
        provider = find(name)
        assert provider is not None
        for rule in (*provider.rules, *GENERAL):
            assert rule.finding in catalog.FINDINGS


def test_reports_are_json() -> None:
    for case in CASES.values():
        assert json.loads(render("json", Played(case, {}).report))["schema_version"] == 1
