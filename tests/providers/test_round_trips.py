"""What a healthy check costs over a distance: how many requests wait for another's answer, counted on the wire."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from importlib import import_module
from typing import Any

import pytest

from tests.support.conformance.amazon_s3 import LOCKED
from tests.support.conformance.azure_blob_storage import ACCOUNT_TOKEN
from tests.support.conformance.case import DELETE, LIST, READ, REHEARSE_DELETE, WRITE, Case
from tests.support.conformance.google_cloud_storage import _refusal, _witness
from tests.support.rounds import PATIENCE, Rounds
from tests.support.s3_store import PLAIN
from tests.support.wire import RESET, Answer, Request, Wire
from validator.checking.assemble import check
from validator.core.deadline import own_call
from validator.core.model import DestinationReport, Severity, Verdict
from validator.providers.common.ahead import Ahead

AHEAD = {
    "amazon_s3": [{REHEARSE_DELETE, "retention-blockers"}, {WRITE}, {READ}, {DELETE}],
    "s3_compatible": [{REHEARSE_DELETE, "retention-blockers"}, {WRITE}, {READ}, {DELETE}],
    # Believed nowhere: what lies there is looked at first, and what hides there asked then.
    "oracle_cloud_storage": [{"stat"}, {"witness"}, {REHEARSE_DELETE}, {WRITE}, {READ}, {DELETE}],
    "google_cloud_storage": [{"token"}, {REHEARSE_DELETE, "witness"}, {WRITE}, {READ}, {DELETE}],
    "azure_blob_storage": [{REHEARSE_DELETE}, {WRITE}, {READ}, {LIST}, {DELETE}],
}
MOST = {"amazon_s3": 4, "s3_compatible": 4, "oracle_cloud_storage": 6, "google_cloud_storage": 5, "azure_blob_storage": 5}


@pytest.mark.parametrize("type_", AHEAD)
@pytest.mark.usefixtures("documented")
def test_what_does_not_depend_on_each_other_goes_together_at_a_vendors_own_address(type_: str) -> None:
    case: Case = import_module(f"tests.support.conformance.{type_}").case
    rounds = Rounds(case, AHEAD[type_])
    with Wire(rounds.handle, tls=case.tls) as wire:
        report = check(case.source(wire), case.settings(wire))
    assert report.verdict is Verdict.PASS
    assert rounds.whole, (rounds.strays, rounds._arrived)
    assert len(rounds.rounds) <= MOST[type_]


@pytest.mark.usefixtures("documented")
def test_an_account_sas_asks_of_the_container_together_with_the_rehearsal() -> None:
    case: Case = import_module("tests.support.conformance.azure_blob_storage").case
    rounds = Rounds(case, [{REHEARSE_DELETE, "retention-blockers"}, {WRITE}, {READ, LIST}, {DELETE}])
    with Wire(rounds.handle, tls=case.tls) as wire:
        report = check(case.source(wire, sas_token=ACCOUNT_TOKEN), case.settings(wire))
    assert rounds.whole, (report, rounds.strays, rounds._arrived)


def played(type_: str, answers: Mapping[str, Answer]) -> tuple[DestinationReport, Counter[str]]:
    case: Case = import_module(f"tests.support.conformance.{type_}").case
    store, counted = case.store(), Counter[str]()

    def handle(request: Request) -> Answer:
        step = case.step(request)
        counted[step] += 1
        return answers.get(step) or store.handle(request)

    with Wire(handle, tls=case.tls) as wire:
        report = check(case.source(wire), case.settings(wire)).destinations[0]
    assert store.objects == {}
    return report, counted


@pytest.mark.parametrize(
    ("type_", "step", "answer"),
    [
        ("amazon_s3", "retention-blockers", RESET),
        ("amazon_s3", "retention-blockers", Answer(503)),
        ("google_cloud_storage", "witness", Answer(503)),
    ],
)
@pytest.mark.usefixtures("documented")
def test_what_came_to_nothing_ahead_counts_as_little_as_in_its_turn(
    type_: str, step: str, answer: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    together, _ = played(type_, {step: answer})
    monkeypatch.setattr(Ahead, "ask", lambda *_: None)
    alone, _ = played(type_, {step: answer})
    assert (together.verdict, [each.name for each in together.findings]) == (
        alone.verdict,
        [each.name for each in alone.findings],
    )
    assert [(each.operation, each.outcome) for each in together.steps] == [
        (each.operation, each.outcome) for each in alone.steps
    ]


@pytest.mark.usefixtures("documented")
def test_what_got_no_answer_ahead_is_asked_in_its_turn() -> None:
    case: Case = import_module("tests.support.conformance.amazon_s3").case
    store, answers = case.store(), iter([RESET])

    def handle(request: Request) -> Answer:
        return next(answers, LOCKED) if case.step(request) == "retention-blockers" else store.handle(request)

    with Wire(handle, tls=case.tls) as wire:
        report = check(case.source(wire), case.settings(wire)).destinations[0]
    assert [each.name for each in report.findings] == ["retention-locked"]
    assert store.objects == {}


@pytest.mark.usefixtures("documented")
def test_settings_of_a_bucket_are_not_asked_before_it_is_known_whether_they_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second witness answers late; the rehearsal said nothing that needs it, and all is performed at the user's own risk."""
    case: Case = import_module("tests.support.conformance.google_cloud_storage").case
    store, wanted, counted, answer = case.store(), threading.Event(), Counter[str](), Ahead.answer

    def handle(request: Request) -> Answer:
        step = case.step(request)
        counted[step] += 1
        if step == "witness":
            wanted.wait(PATIENCE)
            return _witness("storage.objects.delete", "storage.buckets.get")
        if step == WRITE:
            wanted.set()
        return _refusal(400, "strange", "Words that nobody knows.") if step == REHEARSE_DELETE else store.handle(request)

    def asked(self: Ahead, *more: Any) -> Any:
        wanted.set()
        return answer(self, *more)

    monkeypatch.setattr(Ahead, "answer", asked)
    with Wire(handle, tls=case.tls) as wire:
        check(case.source(wire), replace(case.settings(wire), proceed=True))
    assert counted[WRITE] == counted["retention-blockers"] == 1


@pytest.mark.usefixtures("documented")
def test_a_refused_rehearsal_leaves_what_was_asked_ahead_and_writes_nothing() -> None:
    report, counted = played("amazon_s3", {REHEARSE_DELETE: PLAIN})
    assert report.verdict is Verdict.FAIL
    assert [each.name for each in report.findings if each.severity is Severity.ERROR] == ["delete-denied"]
    assert counted["retention-blockers"] <= 1
    assert not counted[WRITE]


def test_elsewhere_one_request_follows_the_other() -> None:
    """Nothing is believed of an address that is not the vendor's, and nothing asked of it before its turn."""
    case: Case = import_module("tests.support.conformance.azure_blob_storage").case
    rounds = Rounds(case, [{"stat"}, {REHEARSE_DELETE}, {WRITE}, {READ}, {LIST}, {DELETE}])
    with Wire(rounds.handle, tls=case.tls) as wire:
        assert check(case.source(wire), case.settings(wire)).verdict is Verdict.PASS
    assert rounds.whole, (rounds.strays, rounds._arrived)


def test_an_answer_that_nobody_wants_any_more_ends() -> None:
    ahead, given_up = Ahead(), threading.Event()

    def work() -> None:
        call = own_call()
        assert call is not None
        call.when_given_up(given_up.set)
        given_up.wait(PATIENCE)

    ahead.ask("name", work)
    ahead.ask("name", work)
    ahead.close()
    assert given_up.wait(PATIENCE)
    assert ahead.answer("name", lambda: "now") == "now"


def test_an_answer_is_given_once() -> None:
    ahead, answers = Ahead(), iter(["ahead", "now"])
    ahead.ask("name", lambda: next(answers))
    assert [ahead.answer("name", lambda: next(answers)) for _ in range(2)] == ["ahead", "now"]
