"""Sweeping buckets behind the S3 API, on moto with permissions enforced: found, explained, removed where it may be, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.findings import severities
from tests.support.sweeps import EVERYTHING, FILE, LISTING, changes, finding, request
from validator import Settings, Sweeping, ValidatorError, load
from validator.core.model import Report, ResidueState, Secret, Severity
from validator.demo.emulators.s3 import PLANET_NEEDS, S3Emulator, UserKey
from validator.formats import FORMATS, render
from validator.providers.base import Options
from validator.providers.s3.amazon import AmazonS3Parameters, provider
from validator.sweeping.options import RemovalPlan


def compatible(key: UserKey, bucket: str = "imagery-in") -> dict[str, Any]:
    parameters = {
        "bucket": bucket,
        "endpoint": "https://objects.example.org",
        "region": "eu-central-1",
        "access_key_id": key.access_key_id,
        "secret_access_key": key.secret_access_key,
        "use_path_style": True,
    }
    return {"name": "my imagery", "type": "s3_compatible", "parameters": parameters}


Run = Callable[..., Report]


def write(s3: S3Emulator, bucket: str, body: bytes = b"verification", key: str = FILE) -> None:
    """As Planet does, over the wire: settings of the bucket take hold of it."""
    owner = s3.user("writer", actions=EVERYTHING)
    parameters = AmazonS3Parameters(bucket, "eu-central-1", owner.access_key_id, Secret(owner.secret_access_key))
    provider.connect(parameters, Options(endpoint=s3.url)).write(key, body)


# ---- looking changes nothing -----------------------------------------------------------------------------------------


def test_an_empty_bucket_passes_and_nothing_was_changed(s3: S3Emulator, run: Run) -> None:
    report = run(request(s3.user("owner", actions=EVERYTHING)), delete=True)
    assert (report.verdict, severities(report), report.destinations[0].residue) == ("pass", {}, ())
    assert changes(s3) == []
    assert "0 leftovers found" in report.closing


@pytest.mark.parametrize("source", [request, compatible], ids=["amazon_s3", "s3_compatible"])
def test_a_file_is_found_and_left_where_nobody_asked_for_its_removal(s3: S3Emulator, run: Run, source: Any) -> None:
    s3.put("imagery-in", FILE, b"older")
    report = run(source(s3.user("planet", actions=(*PLANET_NEEDS, *LISTING))))
    assert (report.verdict, severities(report)) == ("fail", {"lingering-file": "error"})
    told = finding(report, "lingering-file")
    assert told.fix.summary.startswith("Remove it with planet-validator sweep ")
    assert told.evidence["size_bytes"] == "5"
    assert told.evidence["looks_like_the_verification_file"] == "yes"
    assert told.evidence["modified"].endswith("Z")
    assert [each.state for each in report.destinations[0].residue] == [ResidueState.FOUND]
    assert s3.objects("imagery-in") == {FILE: b"older"}
    assert [each for each in changes(s3) if each.path.partition("?")[0].endswith("/" + FILE)] == []


def test_why_it_stayed_is_asked_on_the_very_file(s3: S3Emulator, run: Run) -> None:
    s3.put("imagery-in", FILE, b"older")
    deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:DeleteObject", "Resource": "arn:aws:s3:::guarded/*"}
    s3.bucket("guarded", policy={"Version": "2012-10-17", "Statement": [deny]})
    s3.put("guarded", FILE, b"older")
    plain = run(request(s3.user("planet", actions=("s3:PutObject", "s3:GetObject"))))
    assert severities(plain) == {"lingering-file": "error", "delete-denied": "error"}
    assert "fail to delete it" in finding(plain, "lingering-file").detail
    assert finding(plain, "lingering-file").fix.summary.startswith("These credentials cannot remove it: ")
    guarded = run(request(s3.user("other"), "guarded"))
    assert "resource" in finding(guarded, "delete-denied").evidence["layer"]
    assert changes(s3) == []


def test_a_grant_for_one_prefix_alone_is_named(s3: S3Emulator, run: Run, documented: None) -> None:
    s3.put("imagery-in", FILE, b"older")
    may = {"Effect": "Allow", "Action": list(PLANET_NEEDS), "Resource": "arn:aws:s3:::imagery-in/scenes/*"}
    read = {"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": "*"}
    report = run(request(s3.user("planet", policy={"Version": "2012-10-17", "Statement": [may, read]})), prefixes=("scenes",))
    assert {"lingering-file", "delete-denied", "prefix-only"} <= set(severities(report))
    assert changes(s3) == []


def test_several_destinations_of_one_bucket(s3: S3Emulator, run: Run) -> None:
    s3.put("imagery-in", FILE, b"older")
    sources = [request(s3.user("planet")), {**request(s3.user("owner", actions=EVERYTHING)), "name": "the owner"}]
    looked = run(sources)
    assert [each.verdict for each in looked.destinations] == ["fail", "fail"]
    removed = run(sources, delete=True)
    assert s3.objects("imagery-in") == {}
    assert removed.verdict == "pass"


def test_check_points_here_with_a_command_that_can_be_pasted(s3: S3Emulator, tmp_path: Path) -> None:
    from validator import check

    s3.put("imagery-in", FILE, b"older")
    path = tmp_path / "my destination.json"
    path.write_text(json.dumps(request(s3.user("planet"))))
    report = check(str(path), Settings(timeout=60.0, endpoints={"amazon_s3": s3.url}))
    told = finding(report, "lingering-file")
    assert f"planet-validator sweep '{path}' --delete" in told.fix.summary


def test_planets_next_verification_is_foretold(s3: S3Emulator, run: Run, documented: None) -> None:
    s3.bucket("kept", versioned=True)
    for bucket in ("imagery-in", "kept"):
        s3.put(bucket, FILE, b"older")
    key = s3.user("planet")
    assert "would pass: it would write over the file and delete it." in finding(run(request(key)), "lingering-file").detail
    assert "one more version and a delete marker" in finding(run(request(key, "kept")), "lingering-file").detail


def test_a_delete_that_cannot_remove_anything_tells_present_from_absent(s3: S3Emulator, run: Run, documented: None) -> None:
    # May read by key, so that the condition can be asked, and sees nothing: S3 says 403 for an absent key without a list.
    key = s3.user("planet")
    absent = run(request(key))
    assert absent.verdict == "pass"
    assert any("likely, not certain" in each for each in absent.destinations[0].limits)
    s3.bucket("kept", versioned=True)
    s3.put("kept", FILE, b"older")
    owner = s3.user("owner", actions=EVERYTHING)
    parameters = AmazonS3Parameters("kept", "eu-central-1", owner.access_key_id, Secret(owner.secret_access_key))
    provider.connect(parameters, Options(endpoint=s3.url)).delete(FILE, None, b"older")
    hidden = run(request(key, "kept"))
    assert hidden.verdict == "fail"
    assert finding(hidden, "lingering-file").confidence == "likely"


def test_credentials_that_see_nothing_at_all_decide_nothing(s3: S3Emulator, run: Run) -> None:
    s3.put("imagery-in", FILE, b"older")
    report = run(request(s3.user("blind", actions=("s3:PutObject", "s3:DeleteObject"))), delete=True)
    assert (report.verdict, severities(report)) == ("inconclusive", {"list-denied": "unknown"})
    assert s3.objects("imagery-in") == {FILE: b"older"}


def test_credentials_that_are_not_accepted_decide_nothing(s3: S3Emulator, run: Run) -> None:
    key = s3.user("planet")
    wrong = UserKey(key.access_key_id, key.secret_access_key[::-1], key.arn)
    report = run(request(wrong), delete=True)
    assert (report.verdict, severities(report)) == ("inconclusive", {"wrong-secret": "unknown"})
    missing = run(request(key, "imagery-nowhere"))
    assert (missing.verdict, severities(missing)) == ("inconclusive", {"bucket-not-found": "unknown"})


# ---- removing --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("source", [request, compatible], ids=["amazon_s3", "s3_compatible"])
@pytest.mark.parametrize("versioned", [False, True], ids=["plain", "versioned"])
def test_what_was_listed_goes_and_the_second_run_finds_nothing(
    s3: S3Emulator, run: Run, source: Any, *, versioned: bool
) -> None:
    s3.bucket("target", versioned=versioned)
    for body in (b"first", b"second", b"third"):
        s3.put("target", FILE, body)
    s3.put("target", FILE + ".bak", b"mine")
    s3.put("target", "scenes/" + FILE, b"below")
    owner = s3.user("owner", actions=EVERYTHING)
    report = run(source(owner, "target"), delete=True)
    assert report.verdict == "pass"
    assert finding(report, "lingering-file").severity is Severity.INFO
    assert {key for key, _, _ in s3.versions("target")} == {FILE + ".bak", "scenes/" + FILE}
    again = run(source(owner, "target"), delete=True)
    assert (again.verdict, severities(again), again.destinations[0].residue) == ("pass", {}, ())


def test_a_file_below_a_prefix_and_anywhere(s3: S3Emulator, run: Run) -> None:
    for key in ("a/" + FILE, "b/c/" + FILE, "b/c/x" + FILE):
        s3.put("imagery-in", key, b"older")
    owner = s3.user("owner", actions=EVERYTHING)
    assert run(request(owner)).verdict == "pass"
    below = run(request(owner), prefixes=("a",))
    assert [each.key for each in below.destinations[0].residue] == ["a/" + FILE]
    anywhere = run(request(owner), Sweeping(everywhere=True), delete=True)
    assert anywhere.verdict == "pass"
    assert list(s3.objects("imagery-in")) == ["b/c/x" + FILE]


def test_versions_go_before_the_marker_that_hides_them(s3: S3Emulator, run: Run) -> None:
    s3.bucket("kept", versioned=True)
    owner = s3.user("owner", actions=EVERYTHING)
    parameters = AmazonS3Parameters("kept", "eu-central-1", owner.access_key_id, Secret(owner.secret_access_key))
    bucket = provider.connect(parameters, Options(endpoint=s3.url))
    bucket.write(FILE, b"one")
    bucket.delete(FILE, None, b"one")
    seen: list[dict[str, bytes]] = []
    s3.before_answer = lambda exchange: seen.append(s3.objects("kept")) if exchange.method == "DELETE" else None
    report = run(request(owner, "kept"), delete=True)
    assert report.verdict == "pass"
    assert s3.versions("kept") == []
    assert all(each == {} for each in seen), "an old version came back to light on the way"


def test_a_users_own_file_survives_everything_but_force_key(s3: S3Emulator, run: Run) -> None:
    s3.bucket("kept", versioned=True)
    for bucket in ("imagery-in", "kept"):
        s3.put(bucket, FILE, b"x" * 5_000_000)
    owner = s3.user("owner", actions=EVERYTHING)
    for bucket in ("imagery-in", "kept"):
        for sweeping in (Sweeping(), Sweeping(everywhere=True), Sweeping(force_keys=("other.txt",))):
            report = run(request(owner, bucket), sweeping, delete=True)
            assert (report.verdict, severities(report)) == ("warn", {"not-the-verification-file": "warning"})
            assert len(s3.objects(bucket)[FILE]) == 5_000_000
        assert run(request(owner, bucket), Sweeping(force_keys=(FILE,)), delete=True).verdict == "pass"
        assert s3.versions(bucket) == []


def test_a_marker_over_a_users_own_file_stays(s3: S3Emulator, run: Run) -> None:
    s3.bucket("kept", versioned=True)
    s3.put("kept", FILE, b"x" * 5_000_000)
    owner = s3.user("owner", actions=EVERYTHING)
    parameters = AmazonS3Parameters("kept", "eu-central-1", owner.access_key_id, Secret(owner.secret_access_key))
    provider.connect(parameters, Options(endpoint=s3.url)).requests.delete(FILE)
    before = s3.versions("kept")
    assert len(before) == 2
    run(request(owner, "kept"), delete=True)
    assert s3.versions("kept") == before


@pytest.mark.parametrize("source", [request, compatible], ids=["amazon_s3", "s3_compatible"])
def test_a_file_that_was_replaced_after_it_was_listed_is_left_alone(s3: S3Emulator, run: Run, source: Any) -> None:
    s3.put("imagery-in", FILE, b"older")

    def replaced(plans: Any) -> bool:
        s3.put("imagery-in", FILE, b"newer")
        return True

    report = run(source(s3.user("owner", actions=EVERYTHING)), delete=replaced)
    assert report.verdict == "fail"
    assert s3.objects("imagery-in") == {FILE: b"newer"}


def test_a_no_removes_nothing(s3: S3Emulator, run: Run) -> None:
    s3.put("imagery-in", FILE, b"older")
    asked: list[RemovalPlan] = []
    report = run(request(s3.user("owner", actions=EVERYTHING)), delete=lambda plans: bool(asked.extend(plans)))
    assert [(each.target, len(each.leftovers)) for each in asked] == [(f"s3://imagery-in/{FILE}", 1)]
    assert report.verdict == "fail"
    assert s3.objects("imagery-in") == {FILE: b"older"}


def test_object_lock_is_told_and_what_it_keeps_stays(s3: S3Emulator, run: Run) -> None:
    s3.bucket("worm", object_lock="GOVERNANCE")
    write(s3, "worm")
    owner = s3.user("owner", actions=EVERYTHING)
    report = run(request(owner, "worm"), delete=True)
    assert report.verdict == "fail"
    assert severities(report)["retention-locked"] == "error"
    assert len(s3.versions("worm")) == 1
    assert len(report.destinations[0].residue) == 1


def test_versions_that_these_credentials_may_not_remove_are_listed_with_the_reason(s3: S3Emulator, run: Run) -> None:
    s3.bucket("kept", versioned=True)
    for number in range(8):
        s3.put("kept", FILE, b"%d" % number)
    report = run(request(s3.user("planet", actions=(*PLANET_NEEDS, *LISTING)), "kept"), delete=True)
    assert report.verdict == "fail"
    assert finding(report, "delete-denied").evidence["action"] == "s3:DeleteObjectVersion"
    assert all("s3:DeleteObjectVersion" in each.note or "not asked" in each.note for each in report.destinations[0].residue)
    assert len(s3.versions("kept")) == 8
    refused = [each for each in s3.requests if each.method == "DELETE" and each.status == 403 and "versionId" in each.path]
    assert len(refused) <= 4, "the same refusal was asked for again and again"


def test_an_unfinished_upload_goes_and_one_with_somebodys_bytes_does_not(s3: S3Emulator, run: Run) -> None:
    owner = s3.user("owner", actions=EVERYTHING)
    parameters = AmazonS3Parameters("imagery-in", "eu-central-1", owner.access_key_id, Secret(owner.secret_access_key))
    bucket = provider.connect(parameters, Options(endpoint=s3.url))
    bucket.start_multipart(FILE)
    mine = bucket.start_multipart(FILE)
    bucket.requests.send("PUT", FILE, query=(("partNumber", "1"), ("uploadId", mine)), body=b"x" * 2000)
    report = run(request(owner), delete=True)
    assert (report.verdict, severities(report)) == ("warn", {"not-the-verification-file": "warning", "lingering-file": "info"})
    assert [each.version_id for each in report.destinations[0].residue] == [mine]


# ---- with other credentials ------------------------------------------------------------------------------------------


def test_the_owners_source_removes_what_the_suspect_may_not(s3: S3Emulator, run: Run) -> None:
    s3.bucket("kept", versioned=True)
    for body in (b"first", b"second"):
        s3.put("kept", FILE, body)
    suspect = s3.user("planet", actions=("s3:PutObject", "s3:GetObject"))
    owner = s3.user("owner", actions=EVERYTHING)
    report = run(request(suspect, "kept"), Sweeping(owners=load(request(owner, "kept")).destinations), delete=True)
    assert report.verdict == "warn"
    assert severities(report) == {"lingering-file": "info", "delete-denied": "warning"}
    assert s3.versions("kept") == []
    said = "".join(render(each, report) for each in FORMATS)
    assert owner.secret_access_key not in said
    assert suspect.secret_access_key not in said


def test_a_suspect_that_is_not_let_in_is_told_beside_what_the_owner_saw(s3: S3Emulator, run: Run) -> None:
    s3.put("imagery-in", FILE, b"older")
    suspect, owner = s3.user("planet", active=False), s3.user("owner", actions=EVERYTHING)
    report = run(request(suspect), Sweeping(owners=load(request(owner)).destinations))
    assert severities(report) == {"lingering-file": "error", "unknown-access-key": "error"}


def test_an_owner_of_another_bucket_is_refused_before_anything_is_asked(s3: S3Emulator, run: Run) -> None:
    s3.bucket("elsewhere")
    key = s3.user("owner", actions=EVERYTHING)
    with pytest.raises(ValidatorError, match="s3://imagery-in"):
        run(request(key), Sweeping(owners=load(request(key, "elsewhere")).destinations), delete=True)
    assert s3.requests == []


def test_the_operators_own_login_removes_it(s3: S3Emulator, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    s3.put("imagery-in", FILE, b"older")
    owner = s3.user("owner", actions=EVERYTHING)
    suspect = s3.user("planet", actions=("s3:PutObject", "s3:GetObject"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    nobody = run(request(suspect), Sweeping(login=True), delete=True)
    assert (nobody.verdict, s3.objects("imagery-in")) == ("inconclusive", {FILE: b"older"})
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", owner.access_key_id)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", owner.secret_access_key)
    assert run(request(suspect), delete=True).verdict == "fail", "an ambient login was used although nobody asked for it"
    report = run(request(suspect), Sweeping(login=True), delete=True)
    assert (report.verdict, s3.objects("imagery-in")) == ("warn", {})
    assert owner.secret_access_key not in render("json", report)
