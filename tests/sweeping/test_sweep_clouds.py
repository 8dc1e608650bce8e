"""Sweeping Google, Azure and Oracle buckets on their stand-ins: found, explained, removed where it may be, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from tests.support.emulated import account_sas
from tests.support.findings import severities
from tests.support.sweeps import finding
from validator import Settings, Sweeping, load, sweep
from validator.core.model import Report, ResidueState
from validator.demo.emulators.azurite import Azurite
from validator.demo.emulators.gcs import StandIn
from validator.demo.emulators.oracle import Habits, OracleEmulator
from validator.formats import FORMATS, render

FILE = "planetverify.txt"
MINE = b"x" * 5_000_000
CREATE, GET, DELETE, LIST = (f"storage.objects.{each}" for each in ("create", "get", "delete", "list"))
NUMBERS = count(1)


def states(report: Report) -> set[ResidueState]:
    return {each.state for each in report.destinations[0].residue}


# ---- Google ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def google() -> Iterator[StandIn]:
    with StandIn() as made:
        yield made


def in_google(cloud: StandIn, account: Any, bucket: Any, sweeping: Sweeping | None = None, *, delete: bool = False) -> Report:
    settings = Settings(endpoints={"google_cloud_storage": cloud.url}, timeout=60.0)
    return sweep(cloud.destination(account, bucket), settings, sweeping, delete=delete)


def test_google_generations_go_and_soft_deleted_copies_weigh_nothing(google: StandIn) -> None:
    bucket = google.bucket("imagery-in", versioning=True)
    for body in (b"first", b"second"):
        bucket.put(FILE, body, google.now() - timedelta(days=3))
    bucket.put(FILE + ".bak", b"mine", google.now())
    account = google.account("owner").allow(CREATE, GET, DELETE, LIST)
    looked = in_google(google, account, bucket)
    assert (looked.verdict, severities(looked)) == ("fail", {"lingering-file": "error", "versions-remain": "error"})
    assert "3 days ago" in finding(looked, "lingering-file").detail
    removed = in_google(google, account, bucket, delete=True)
    assert removed.verdict == "pass"
    assert (list(bucket.objects), bucket.noncurrent) == ([FILE + ".bak"], [])
    again = in_google(google, account, bucket, delete=True)
    assert (again.verdict, severities(again)) == ("pass", {"versions-remain": "info"})
    assert "soft delete keeps it until" in finding(again, "versions-remain").detail
    assert "0 leftovers found" in again.closing


@pytest.mark.parametrize("kept", ["retention", "hold"])
def test_google_retention_and_holds_are_told_and_nothing_is_asked_in_vain(google: StandIn, kept: str) -> None:
    bucket = google.bucket("imagery-in", retention_seconds=86_400 if kept == "retention" else 0)
    bucket.put(FILE, b"older", google.now()).temporary_hold = kept == "hold"
    report = in_google(google, google.account("owner").allow(CREATE, GET, DELETE, LIST), bucket, delete=True)
    cause = "retention-locked" if kept == "retention" else "object-held"
    assert (report.verdict, severities(report)) == ("fail", {"lingering-file": "error", cause: "error"})
    assert states(report) == {ResidueState.LOCKED}
    assert cause in finding(report, "lingering-file").detail
    assert list(bucket.objects) == [FILE]


def test_google_without_delete_says_so_and_the_owner_removes(google: StandIn) -> None:
    bucket = google.bucket("imagery-in")
    bucket.put(FILE, b"older", google.now())
    suspect = google.account("planet").allow(CREATE, GET)
    owner = google.account("owner").allow(CREATE, GET, DELETE, LIST)
    assert severities(in_google(google, suspect, bucket, delete=True)) == {"lingering-file": "error", "delete-denied": "error"}
    owners = load(google.destination(owner, bucket)).destinations
    report = in_google(google, suspect, bucket, Sweeping(owners=owners), delete=True)
    assert severities(report)["delete-denied"] == "warning"
    assert (report.verdict, bucket.objects) == ("warn", {})
    said = "".join(render(each, report) for each in FORMATS)
    assert owner.credentials() not in said
    assert "PRIVATE KEY" not in said


@pytest.mark.parametrize(("there", "verdict"), [(True, "fail"), (False, "pass")])
def test_google_credentials_that_can_neither_read_nor_list(
    google: StandIn, there: bool, verdict: str, documented: None
) -> None:
    bucket = google.bucket("imagery-in")
    if there:
        bucket.put(FILE, b"older", google.now())
    report = in_google(google, google.account("blind").allow(CREATE, DELETE), bucket, delete=True)
    assert report.verdict == verdict
    if there:
        assert finding(report, "lingering-file").confidence == "likely"
        assert list(bucket.objects) == [FILE]
    else:
        assert any("likely, not certain" in each for each in report.destinations[0].limits)


def test_google_users_own_file_and_a_replaced_one_survive(google: StandIn) -> None:
    bucket = google.bucket("imagery-in", versioning=True)
    bucket.put(FILE, MINE, google.now())
    account = google.account("owner").allow(CREATE, GET, DELETE, LIST)
    report = in_google(google, account, bucket, Sweeping(everywhere=True), delete=True)
    assert (report.verdict, severities(report)) == ("warn", {"not-the-verification-file": "warning"})
    assert bucket.objects[FILE].data == MINE
    assert in_google(google, account, bucket, Sweeping(force_keys=(FILE,)), delete=True).verdict == "pass"
    assert bucket.objects == {}
    bucket.put(FILE, b"older", google.now())

    def replaced(plans: Any) -> bool:
        bucket.put(FILE, b"newer", google.now())
        return True

    settings = Settings(endpoints={"google_cloud_storage": google.url}, timeout=60.0)
    sweep(google.destination(account, bucket), settings, delete=replaced)
    assert bucket.objects[FILE].data == b"newer"


def test_google_is_asked_again_where_it_was_only_busy(google: StandIn) -> None:
    bucket = google.bucket("imagery-in")
    bucket.put(FILE, b"older", google.now())
    account = google.account("owner").allow(CREATE, GET, DELETE, LIST)
    refused: list[str] = []

    def busy(method: str, target: str) -> Any:
        from validator.demo.emulators.gcs import answers

        if method == "GET" and "/o?" in target and not refused:
            refused.append(target)
            return answers.busy("imagery-in", FILE)
        return None

    google.intercept = busy
    report = in_google(google, account, bucket)
    assert (len(refused), report.verdict) == (1, "fail"), "a list that was refused once looked like an empty one"


def test_google_the_operators_own_login(google: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bucket = google.bucket("imagery-in")
    bucket.put(FILE, b"older", google.now())
    suspect = google.account("planet").allow(CREATE, GET)
    owner = google.account("owner").allow(CREATE, GET, DELETE, LIST)
    path = tmp_path / "login.json"
    path.write_text(json.dumps(owner.key_file()))
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(path))
    assert in_google(google, suspect, bucket, delete=True).verdict == "fail"
    report = in_google(google, suspect, bucket, Sweeping(login=True), delete=True)
    assert (report.verdict, bucket.objects) == ("warn", {})


# ---- Azure -----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def azurite() -> Iterator[Azurite]:
    with Azurite() as running:
        yield running


@pytest.fixture
def container(azurite: Azurite) -> str:
    return azurite.make(f"imagery-{next(NUMBERS)}")


def in_azure(azurite: Azurite, container: str, token: str, sweeping: Sweeping | None = None, *, delete: bool = False) -> Report:
    settings = Settings(endpoints={"azure_blob_storage": azurite.url}, timeout=60.0)
    return sweep(azurite.request("my imagery", container, token), settings, sweeping, delete=delete)


def snapshot(azurite: Azurite, container: str) -> None:
    with azurite.client(container) as client, client.get_blob_client(FILE) as blob:
        blob.create_snapshot()


def test_azure_a_file_goes_with_planets_own_token(azurite: Azurite, container: str) -> None:
    for key in (FILE, "scenes/" + FILE, FILE + ".bak"):
        azurite.put(container, key, b"older")
    token = azurite.sas(container)
    assert severities(in_azure(azurite, container, token)) == {"lingering-file": "error"}
    assert in_azure(azurite, container, token, delete=True).verdict == "pass"
    assert list(azurite.keys(container)) == [FILE + ".bak", "scenes/" + FILE]
    assert in_azure(azurite, container, token, Sweeping(everywhere=True), delete=True).verdict == "pass"
    assert list(azurite.keys(container)) == [FILE + ".bak"]
    assert severities(in_azure(azurite, container, token, Sweeping(everywhere=True), delete=True)) == {}


def test_azure_snapshots_explain_it_and_go_first(azurite: Azurite, container: str) -> None:
    azurite.put(container, FILE, b"older")
    snapshot(azurite, container)
    snapshot(azurite, container)
    looked = in_azure(azurite, container, azurite.sas(container))
    assert {"lingering-file", "versions-remain", "snapshots-present"} == set(severities(looked))
    assert any("--snapshot" in each.remove_command for each in looked.destinations[0].residue)
    # Azurite takes the snapshot into what a service SAS signs, which Azure does not: so here an account SAS is the owner.
    owners = load(azurite.request("owner", container, account_sas(azurite))).destinations
    report = in_azure(azurite, container, azurite.sas(container), Sweeping(owners=owners), delete=True)
    assert (report.verdict, list(azurite.keys(container))) == ("warn", [])
    assert severities(in_azure(azurite, container, azurite.sas(container), delete=True)) == {}


def test_azure_a_lease_is_told_and_holds(azurite: Azurite, container: str) -> None:
    azurite.put(container, FILE, b"older")
    azurite.lease(container, FILE)
    report = in_azure(azurite, container, azurite.sas(container), delete=True)
    assert (report.verdict, severities(report)) == ("fail", {"lingering-file": "error", "object-held": "error"})
    assert states(report) == {ResidueState.LOCKED}
    assert list(azurite.keys(container)) == [FILE]


def test_azure_a_token_without_delete_or_list(azurite: Azurite, container: str) -> None:
    azurite.put(container, FILE, b"older")
    denied = in_azure(azurite, container, azurite.sas(container, "rwl"), delete=True)
    assert denied.verdict == "fail"
    assert "delete-denied" in severities(denied)
    unlisted = in_azure(azurite, container, azurite.sas(container, "rwd"), delete=True)
    assert unlisted.verdict in ("pass", "warn")
    assert list(azurite.keys(container)) == []
    # Neither read nor list: Azurite's 412 says nothing about what is there, so nothing is decided.
    blind = in_azure(azurite, container, azurite.sas(container, "wd"), delete=True)
    assert blind.verdict == "inconclusive"


def test_azure_users_own_file_and_blocks_under_way_survive(azurite: Azurite, container: str) -> None:
    azurite.put(container, FILE, MINE)
    report = in_azure(azurite, container, azurite.sas(container), delete=True)
    assert (report.verdict, severities(report)) == ("warn", {"not-the-verification-file": "warning"})
    assert list(azurite.keys(container)) == [FILE]
    in_azure(azurite, container, azurite.sas(container), Sweeping(force_keys=(FILE,)), delete=True)
    assert list(azurite.keys(container)) == []
    with azurite.client(container) as client, client.get_blob_client(FILE) as blob:
        blob.stage_block("block", b"x")
    under_way = in_azure(azurite, container, azurite.sas(container), delete=True)
    assert (under_way.verdict, severities(under_way)) == ("pass", {"versions-remain": "info"})


def test_azure_the_operators_own_login(azurite: Azurite, container: str, monkeypatch: pytest.MonkeyPatch) -> None:
    azurite.put(container, FILE, b"older")
    token = azurite.sas(container, "rwl")
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT", azurite.account)
    monkeypatch.setenv("AZURE_STORAGE_KEY", azurite.key)
    assert in_azure(azurite, container, token, delete=True).verdict == "fail"
    report = in_azure(azurite, container, token, Sweeping(login=True), delete=True)
    assert (report.verdict, list(azurite.keys(container))) == ("warn", [])
    assert azurite.key not in render("json", report)


# ---- Oracle ----------------------------------------------------------------------------------------------------------


@pytest.fixture(params=[Habits(), Habits(404, "honoured"), Habits(204, "refused")], ids=["ignored", "honoured", "refused"])
def oracle(request: pytest.FixtureRequest) -> Iterator[OracleEmulator]:
    with OracleEmulator(habits=request.param) as running:
        yield running


def in_oracle(
    oracle: OracleEmulator, bucket: str, key: Any, sweeping: Sweeping | None = None, *, delete: Any = False
) -> Report:
    settings = Settings(endpoints={"oracle_cloud_storage": oracle.url}, ca_bundle=oracle.ca_bundle, timeout=60.0)
    return sweep(oracle.destination(bucket, key), settings, sweeping, delete=delete)


def test_oracle_a_file_goes_and_a_look_never_deletes(oracle: OracleEmulator) -> None:
    bucket, key = oracle.bucket("imagery-in"), oracle.key()
    oracle.put(bucket, FILE, b"older")
    assert severities(in_oracle(oracle, bucket, key)) == {"lingering-file": "error"}
    assert oracle.objects(bucket) == {FILE: b"older"}
    assert in_oracle(oracle, bucket, key, delete=True).verdict == "pass"
    assert oracle.objects(bucket) == {}
    assert severities(in_oracle(oracle, bucket, key, delete=True)) == {}


def test_oracle_a_retention_rule_shows_when_the_removal_is_refused(oracle: OracleEmulator) -> None:
    bucket, key = oracle.bucket("imagery-kept", retention=True), oracle.key()
    oracle.put(bucket, FILE, b"older")
    looked = in_oracle(oracle, bucket, key)
    assert "retention-rule list" in json.dumps(finding(looked, "lingering-file").fix.commands)
    report = in_oracle(oracle, bucket, key, delete=True)
    assert (report.verdict, severities(report)) == ("fail", {"lingering-file": "error", "retention-locked": "error"})
    assert "retention-locked" in finding(report, "lingering-file").detail
    assert oracle.objects(bucket) == {FILE: b"older"}


def test_oracle_users_own_file_and_a_replaced_one_survive(oracle: OracleEmulator) -> None:
    bucket, key = oracle.bucket("imagery-in"), oracle.key()
    oracle.put(bucket, FILE, MINE)
    report = in_oracle(oracle, bucket, key, Sweeping(everywhere=True), delete=True)
    assert (report.verdict, oracle.objects(bucket)) == ("warn", {FILE: MINE})
    assert in_oracle(oracle, bucket, key, Sweeping(force_keys=(FILE,)), delete=True).verdict == "pass"
    oracle.put(bucket, FILE, b"older")

    def replaced(plans: Any) -> bool:
        oracle.put(bucket, FILE, b"newer")
        return True

    assert in_oracle(oracle, bucket, key, delete=replaced).verdict == "fail"
    assert oracle.objects(bucket) == {FILE: b"newer"}


def test_oracle_without_delete_and_without_any_look(oracle: OracleEmulator) -> None:
    bucket = oracle.bucket("imagery-in")
    oracle.put(bucket, FILE, b"older")
    denied = in_oracle(oracle, bucket, oracle.key(without=["OBJECT_DELETE"]), delete=True)
    assert denied.verdict == "fail"
    assert "delete-denied" in severities(denied)
    blind = in_oracle(oracle, bucket, oracle.key(without=["OBJECT_READ", "OBJECT_INSPECT"]), delete=True)
    assert blind.verdict == "inconclusive"
    login = in_oracle(oracle, bucket, oracle.key(), Sweeping(login=True), delete=True)
    assert login.verdict == "inconclusive"
    assert "--with OWNER_SOURCE" in json.dumps([each.detail for each in login.destinations[0].findings])
    assert oracle.objects(bucket) == {FILE: b"older"}
