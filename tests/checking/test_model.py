"""The promises, held against a store that knows everything about itself."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from typing import Any
from unittest import mock

import pytest

from tests.support.model import s3
from tests.support.model.play import FRONTS, Outcome, faults, inhabit, run, source, sweep_faults, sweep_run, told
from tests.support.model.store import REAL, ModelStore, Permission, Refused, Version
from tests.support.model.wire import Event, FaultyWire, What
from tests.support.moved_clock import Moved
from tests.support.wire import Wire
from validator.checking.assemble import Settings, check
from validator.checking.perform import new_body

pytestmark = pytest.mark.no_cover  # thousands of cases through the same lines: tracing them triples their time


def play(kind: str, lies: str = "nothing", script: dict[int, Event] | None = None, **store: Any) -> Outcome:
    model = ModelStore(**store)
    inhabit(model, lies)
    return run(kind, model, script or {})


@pytest.mark.parametrize("kind", sorted(FRONTS))
def test_a_healthy_check_breaks_no_promise(kind: str) -> None:
    outcome = run(kind, ModelStore(), {})
    assert list(faults(outcome, clean=True)) == []
    assert outcome.report.verdict in ("pass", "warn")
    assert not outcome.after.versions


@pytest.mark.parametrize("kind", sorted(FRONTS))
@pytest.mark.parametrize("permission", ["write", "delete"])
def test_what_planet_needs_and_may_not_do_fails(kind: str, permission: str) -> None:
    outcome = run(kind, ModelStore(denied={permission}), {})  # type: ignore[arg-type]  # one of Permission
    assert list(faults(outcome, clean=True)) == []
    assert outcome.report.verdict == "fail"
    assert not outcome.after.versions


@pytest.mark.parametrize("kind", ["s3_compatible", "oracle_cloud_storage"])
@pytest.mark.parametrize("lies", ["a hidden version", "a marker"])
@pytest.mark.parametrize("conditions", ["honoured", "ignored", "refused"])
def test_what_a_marker_hides_at_suspended_versioning_stays(kind: str, lies: str, conditions: str) -> None:
    outcome = play(kind, lies, versioning="suspended", delete_conditions=conditions)
    assert list(faults(outcome, clean=True)) == []
    assert outcome.after.others() == outcome.before.others()


@pytest.mark.parametrize("kind", ["s3_compatible", "oracle_cloud_storage"])
@pytest.mark.parametrize("denied", [set(), {"read"}])
def test_what_a_marker_hides_stays_where_versioning_may_not_be_read(kind: str, denied: set[Permission]) -> None:
    outcome = play(
        kind, "a hidden version", versioning="suspended", delete_conditions="ignored", denied=denied, settings_denied=True
    )
    assert list(faults(outcome, clean=True)) == [], told(outcome)
    assert outcome.after.others() == outcome.before.others()


@pytest.mark.parametrize("kind", ["amazon_s3", "s3_compatible", "oracle_cloud_storage"])
def test_what_a_marker_hides_is_asked_for_where_a_delete_of_nothing_makes_none(kind: str) -> None:
    outcome = play(kind, "a hidden version", versioning="suspended", settings_denied=True)
    assert list(faults(outcome, clean=True)) == [], told(outcome)
    assert outcome.after.others() == outcome.before.others()


@pytest.mark.parametrize("settings_denied", [False, True])
@pytest.mark.parametrize("denied", [{"denied": {"read"}}, {"denied": {"read", "list"}}, {"denied_on_real_name": {"read"}}])
@pytest.mark.parametrize("lies", ["a hidden version", "a file", "a marker"])
def test_what_amazons_412_stands_for_is_asked_where_it_may_not_be_read(
    lies: str, denied: dict[str, set[Permission]], settings_denied: bool
) -> None:
    model = ModelStore(versioning="suspended", settings_denied=settings_denied, **denied)  # type: ignore[arg-type]  # as above
    inhabit(model, lies)
    outcome = run("amazon_s3", model, {}, documented=True)
    assert list(faults(outcome, clean=True)) == [], told(outcome)
    assert outcome.after.others() == outcome.before.others()


@pytest.mark.parametrize("what", ["page", "empty-200", "busy", "lose-answer"])
@pytest.mark.parametrize("number", [1, 2])
@pytest.mark.parametrize("kind", ["s3_compatible", "oracle_cloud_storage"])
def test_whether_versioning_is_suspended_is_asked_again(kind: str, number: int, what: What) -> None:
    outcome = play(kind, "a hidden version", {number: Event(what)}, versioning="suspended")
    assert list(faults(outcome, clean=False)) == [], told(outcome)
    assert outcome.after.others() == outcome.before.others()


@pytest.mark.parametrize("mute", [False, True])
@pytest.mark.parametrize("denied", [set(), {"read"}])
def test_a_lock_is_not_called_a_missing_permission(mute: bool, denied: set[Permission]) -> None:
    model = ModelStore(versioning="on", retention=True, mute=mute, denied=denied)
    outcome = run("s3_compatible", model, {}, proceed=True)
    assert list(faults(outcome, clean=True)) == [], told(outcome)
    kept = [each for each in outcome.report.residue if each.state in ("locked", "version")]
    assert kept
    for each in kept:
        seen = not (mute and denied)  # by the refusal's words, or by what the version's own headers say
        assert (each.state == "locked") == seen, each
        assert seen or each.note.endswith("or a lock keeps it"), each


@pytest.mark.parametrize(("more", "finding"), [({"snapshots": 2}, "snapshots-present"), ({"leased": True}, "object-held")])
@pytest.mark.parametrize("denied", [set(), {"read"}, {"list"}])
def test_what_keeps_a_lingering_blob_fails_as_planet_would(more: dict[str, Any], finding: str, denied: set[Permission]) -> None:
    outcome = play("azure_blob_storage", "a file", denied=denied, **more)
    assert not outcome.before.planet_would_pass()
    blind = "snapshots" in more and denied == {"list"}  # only a list tells of them
    assert list(faults(outcome, clean=True)) == [], told(outcome)
    assert outcome.report.verdict == ("inconclusive" if blind else "fail"), told(outcome)
    assert finding in [each.name for each in outcome.report.findings]
    assert outcome.after.others() == outcome.before.others()


@pytest.mark.parametrize("documented", [False, True])
@pytest.mark.parametrize("more", [{"snapshots": 2}, {"leased": True}, {}])
def test_who_may_neither_read_nor_list_is_told_what_was_not_seen(documented: bool, more: dict[str, Any]) -> None:
    """Planet needs neither, and a plain delete of a blob with snapshots is refused: never a bare pass."""
    model = ModelStore(denied={"read", "list"}, **more)
    inhabit(model, "a file")
    outcome = run("azure_blob_storage", model, {}, documented=documented)
    assert outcome.report.verdict != "pass"
    assert outcome.report.verdict == "fail" or any("lease or snapshots" in each for each in outcome.report.limits)
    assert outcome.after.others() == outcome.before.others()


@pytest.mark.parametrize("number", range(3, 9))
def test_an_empty_success_is_no_download_of_googles(number: int) -> None:
    outcome = play("google_cloud_storage", script={each: Event("empty-200") for each in (number, number + 1)})
    assert list(faults(outcome, clean=False)) == [], told(outcome)
    read = [each for each in outcome.report.steps if each.operation == "read"]
    answered = [what for _, line, what in outcome.played if "alt=media" in line]
    assert all(each.outcome != "granted" for each in read) or "" in answered


@pytest.mark.parametrize("kind", ["amazon_s3", "s3_compatible", "oracle_cloud_storage"])
def test_default_retention_is_asked_first_whatever_store_tells_of_it(kind: str) -> None:
    outcome = play(kind, versioning="on", retention=True)
    names = [each.name for each in outcome.report.findings if each.severity == "unknown"]
    assert (outcome.report.verdict, names) == ("inconclusive", ["retention-locked"])
    assert not outcome.after.versions
    assert "PUT" not in {line.split()[0] for _, line, _ in outcome.played}


@pytest.mark.parametrize(
    ("what", "denied"),
    [
        (what, denied)
        for what in ("lose-request", "lose-answer", "delay", "page", "bare-404", "busy-after", "repeat")
        for denied in (set(), {"list"}, {"delete-version"})
        if (what, denied) != ("repeat", {"list"})  # which nobody can see
    ],
)
@pytest.mark.parametrize(
    ("versioning", "number"),
    [
        ("on", 1),  # a name that nobody has
        ("on", 2),  # the real name
        ("suspended", 1),
        ("suspended", 3),
    ],
)
def test_the_marker_of_a_rehearsal_whose_answer_was_lost_is_removed_or_told(
    what: What, denied: set[Permission], versioning: str, number: int
) -> None:
    outcome = play(
        "s3_compatible", script={number: Event(what, 20)}, versioning=versioning, delete_conditions="ignored", denied=denied
    )
    assert list(faults(outcome, clean=False)) == [], told(outcome)
    assert outcome.report.verdict != "fail"


@pytest.mark.parametrize("kind", ["amazon_s3", "google_cloud_storage"])
@pytest.mark.parametrize("what", ["lose-answer", "delay", "empty-200", "busy-after"])
@pytest.mark.parametrize("number", range(6, 13))
def test_a_write_that_was_to_be_refused_and_lost_its_answer_is_in_the_ledger(kind: str, what: What, number: int) -> None:
    outcome = play(kind, "a file", {number: Event(what, 20)}, write_conditions="ignored")
    assert list(faults(outcome, clean=False)) == [], told(outcome)


@pytest.mark.parametrize(
    ("what", "versioning", "denied"),
    [
        ("delay", "off", {"list"}),  # the store grants the delete of what has not come yet
        ("repeat", "on", {"list"}),  # the second of them met the first
        ("repeat", "on", {"list", "read"}),
    ],
)
def test_a_write_beside_that_comes_late_or_twice_is_removed_or_told(
    what: What, versioning: str, denied: set[Permission]
) -> None:
    for number in (4, 5):
        outcome = play(
            "s3_compatible", script={number: Event(what, 20)}, versioning=versioning, delete_conditions="ignored", denied=denied
        )
        assert list(faults(outcome, clean=False)) == [], told(outcome)


def test_what_came_in_between_is_not_what_the_store_holds() -> None:
    outcome = play("google_cloud_storage", script={5: Event("page")})
    assert "content-corrupted" not in [each.name for each in outcome.report.findings]


@pytest.mark.parametrize("kind", sorted(FRONTS))
def test_what_the_first_look_did_not_show_is_told_as_well(kind: str) -> None:
    outcome = play(kind, "a file", {0: Event("lose-request")}, leased=kind == "azure_blob_storage")
    assert list(faults(outcome, clean=False)) == [], told(outcome)
    names = [each.name for each in outcome.report.findings]
    assert "lingering-file" in names or outcome.report.verdict == "inconclusive", told(outcome)
    assert ("object-held" in names) == (kind == "azure_blob_storage")


@pytest.mark.parametrize(("kind", "lost"), [("google_cloud_storage", 3), ("azure_blob_storage", 0), ("azure_blob_storage", 1)])
def test_what_keeps_a_file_that_only_the_write_met_is_told(kind: str, lost: int) -> None:
    outcome = play(kind, "a file", {lost: Event("lose-request")}, held=True)
    assert list(faults(outcome, clean=False)) == [], told(outcome)
    assert outcome.report.verdict in ("fail", "inconclusive"), told(outcome)


@pytest.mark.parametrize("what", ["lose-request", "lose-answer", "page-only", "cut"])
def test_what_keeps_a_file_and_was_not_answered_leaves_the_verdict_open(what: What) -> None:
    outcome = play("azure_blob_storage", "a file", {3: Event(what)}, leased=True, denied_on_real_name={"read"})
    assert "include=snapshots" in outcome.played[3][1]
    assert list(faults(outcome, clean=False)) == [], told(outcome)


@pytest.mark.parametrize("kind", ["azure_blob_storage", "google_cloud_storage"])
@pytest.mark.parametrize("lies", ["nothing", "a file"])
@pytest.mark.parametrize("conditions", ["honoured", "ignored"])
def test_what_soft_delete_keeps_is_told_whichever_delete_was_carried_out(kind: str, lies: str, conditions: Any) -> None:
    outcome = play(kind, lies, delete_conditions=conditions, soft_delete=True)
    assert list(faults(outcome, clean=True)) == [], told(outcome)
    assert "Soft delete keeps" in " ".join(outcome.text.split())


@pytest.mark.parametrize("kind", sorted(FRONTS))
@pytest.mark.parametrize("conditions", ["honoured", "ignored"])
@pytest.mark.parametrize("came", [0, 1])
def test_a_file_that_has_gone_when_the_check_looks_again_leaves_no_doubt(kind: str, conditions: Any, came: int) -> None:
    script = {came: Event("others-write"), 4: Event("others-delete")}
    outcome = play(kind, script=script, write_conditions=conditions, delete_conditions=conditions)
    assert list(faults(outcome, clean=False)) == [], told(outcome)
    assert outcome.report.verdict in ("pass", "warn"), told(outcome)
    assert len(outcome.played) <= 24


@pytest.mark.parametrize("kind", ["amazon_s3", "s3_compatible", "oracle_cloud_storage"])
def test_a_file_that_has_gone_and_hides_a_version_leaves_a_reason(kind: str) -> None:
    """Its marker may be followed by others' versions: nothing is written under the key, and the report says why."""
    script = {0: Event("others-write"), 4: Event("others-delete")}
    outcome = play(kind, script=script, write_conditions="ignored", delete_conditions="ignored", versioning="suspended")
    assert list(faults(outcome, clean=False)) == [], told(outcome)
    assert outcome.report.verdict == "inconclusive", told(outcome)
    assert [each.name for each in outcome.report.findings].count("delete-unproven") == 1, told(outcome)


def test_whether_a_file_has_snapshots_is_no_question_once_it_has_gone() -> None:
    script = {0: Event("others-write"), 4: Event("others-delete")}
    with mock.patch.object(ModelStore, "absent", return_value=Refused("absent")):  # Azure says so to whoever may read
        outcome = play("azure_blob_storage", script=script, denied={"list"})
    assert "snapshots-present" not in [each.name for each in outcome.report.findings], told(outcome)
    assert outcome.report.verdict == "warn", told(outcome)


@pytest.mark.parametrize(("end", "goes"), [(9, True), (30, False)])
def test_a_file_of_another_check_is_waited_for_and_no_other(end: int, goes: bool) -> None:
    """Some looks are made for it, in bounded time; somebody else's file is looked at once more."""
    for body, looks in ((new_body(), 4), (b"somebody else's", 1)):
        model = ModelStore(write_conditions="ignored", delete_conditions="ignored")
        model.versions[REAL] = [Version("null", body, ours=False)]
        outcome = run("oracle_cloud_storage", model, {end: Event("others-delete")})
        assert list(faults(outcome, clean=False)) == [], told(outcome)
        last = [what for _, what, _ in outcome.played][-looks:]
        if looks == 4 and goes:
            assert outcome.report.verdict == "pass", told(outcome)
        else:
            assert outcome.report.verdict == "inconclusive", told(outcome)
            assert last == [f"GET /{s3.BUCKET}/{REAL}"] * looks, told(outcome)


class Meanwhile(Moved):
    """A pause lasts until the other checks have got on: so many requests further, or to their end."""

    def __init__(self, asked: Callable[[], int], running: Callable[[], int]) -> None:
        super().__init__()
        self._asked, self._running = asked, running

    def sleep(self, queue: SimpleQueue[object], seconds: float) -> None:
        enough, tick = self._asked() + 20, threading.Event()
        for _ in range(500):
            if self._asked() >= enough or self._running() == 1:
                break
            tick.wait(0.01)
        super().sleep(queue, seconds)


@pytest.mark.parametrize("kind", sorted(FRONTS))
@pytest.mark.parametrize("conditions", ["honoured", "ignored"])
def test_several_checks_at_once_meet_in_one_bucket(kind: str, conditions: Any) -> None:
    store = ModelStore(write_conditions=conditions, delete_conditions=conditions)
    faulty = FaultyWire(store, FRONTS[kind].answer, FRONTS[kind].BUSY, {})
    ended: list[Any] = []

    def one(_: int) -> None:
        clock = Meanwhile(lambda: len(faulty.played), lambda: 3 - len(ended))
        settings = Settings(endpoints={} if kind == "s3_compatible" else {kind: wire.url}, clock=clock)
        try:
            ended.append(check(source(kind, wire.url), settings).destinations[0])
        except BaseException:
            ended.append(None)
            raise

    with Wire(faulty.handle) as wire, ThreadPoolExecutor(3) as pool:
        list(pool.map(one, range(3)))
    assert not store.versions
    for report in ended:
        names = [each.name for each in report.findings]
        assert report.verdict in ("pass", "warn"), (names, faulty.played)
        assert not [each for each in report.residue if each.state != "found"], names


@pytest.mark.parametrize("kind", ["s3_compatible", "oracle_cloud_storage"])
def test_two_processes_at_once_meet_in_one_bucket(kind: str, tmp_path: Path) -> None:
    store = ModelStore(write_conditions="ignored", delete_conditions="ignored")
    faulty = FaultyWire(store, FRONTS[kind].answer, FRONTS[kind].BUSY, {})
    with Wire(faulty.handle) as wire:
        (tmp_path / "dest.json").write_text(json.dumps(source(kind, wire.url)))
        given = [] if kind == "s3_compatible" else ["--endpoint", f"{kind}={wire.url}"]
        command = [sys.executable, "-m", "validator", "check", "dest.json", "--no-config", "-f", "json", *given]
        running = [
            subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)
        ]
        said = [each.communicate(timeout=120) for each in running]
    assert not store.versions
    for out, error in said:
        one = json.loads(out)["destinations"][0]
        assert one["verdict"] in ("pass", "warn"), (one["findings"], error)
        assert "file-replaced" not in {each["name"] for each in one["findings"]}
        assert not [each for each in one["residue"] if each["state"] != "found"]


@pytest.mark.parametrize("kind", sorted(FRONTS))
@pytest.mark.parametrize("size", [20, 5000])
def test_a_sweep_removes_verification_files_alone(kind: str, size: int) -> None:
    for delete in (False, True):
        model = ModelStore()
        model.versions[REAL] = [Version("null", b"x" * size, ours=False)]
        outcome = sweep_run(kind, model, {}, delete=delete)
        assert list(sweep_faults(outcome, delete=delete)) == [], told(outcome)
        assert (model.current(REAL) is None) == (delete and size <= 1024)
