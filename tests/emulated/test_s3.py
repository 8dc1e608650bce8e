"""The S3 types against moto with IAM enforcement: what the shipped check says, and what it does to the bucket."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.emulated.conftest import REGION, Run, names
from validator.core.model import Outcome, ResidueState
from validator.demo.emulators.s3 import PLANET_NEEDS, S3Emulator, UserKey, allow, sse_required

pytestmark = pytest.mark.no_cover  # measured: other tests go through next to all of these lines

FILE = "planetverify.txt"
TYPES = ("amazon_s3", "s3_compatible")
LISTING = (*PLANET_NEEDS, "s3:ListBucket")


def outcomes(report: Any) -> dict[str, str]:
    """The last outcome of each operation that was really asked."""
    return {str(step.operation): str(step.outcome) for step in report.steps if step.outcome is not Outcome.SKIPPED}


@pytest.mark.parametrize("type_", TYPES)
@pytest.mark.parametrize("actions", [PLANET_NEEDS, LISTING], ids=["documented", "listing"])
def test_a_good_destination_passes_with_few_requests_and_leaves_nothing(
    s3: S3Emulator, run: Run, type_: str, actions: tuple[str, ...]
) -> None:
    report = run(s3.user("planet", actions=actions), type_)
    assert (report.verdict, names(report)) == ("pass", set())
    assert outcomes(report) == {"delete": "granted", "write": "granted", "read": "granted"}
    assert s3.objects("imagery-in") == {}
    assert len(s3.requests) <= 9, s3.requests  # 7, and one each for object lock and for a version that may lie hidden
    assert len(s3.writes()) == 1


@pytest.mark.parametrize("type_", TYPES)
def test_where_delete_is_denied_no_object_is_ever_made(s3: S3Emulator, run: Run, type_: str) -> None:
    report = run(s3.user("planet", actions=("s3:PutObject", "s3:GetObject")), type_)
    assert report.verdict == "fail"
    assert "delete-denied" in names(report)
    assert s3.writes() == []
    assert s3.objects("imagery-in") == {}
    assert not report.wrote


def test_where_delete_is_denied_write_is_reported_all_the_same(s3: S3Emulator, run: Run) -> None:
    report = run(s3.user("planet", actions=("s3:PutObject", "s3:GetObject")))
    assert outcomes(report) == {"delete": "denied", "write": "granted"}
    denied = next(each for each in report.findings if each.name == "delete-denied")
    assert denied.evidence["principal"] == f"arn:aws:iam::{s3.account}:user/planet"
    assert denied.evidence["action"] == "s3:DeleteObject"
    neither = run(s3.user("reader", actions=("s3:GetObject",)))
    assert outcomes(neither) == {"delete": "denied", "write": "denied"}
    assert {"delete-denied", "write-denied"} <= names(neither)
    assert s3.writes() == []


def test_delete_without_read_is_still_seen_to_be_granted(s3: S3Emulator, run: Run) -> None:
    report = run(s3.user("planet", actions=("s3:PutObject", "s3:DeleteObject")))
    assert (report.verdict, names(report)) == ("warn", {"read-denied"})
    assert s3.objects("imagery-in") == {}


@pytest.mark.parametrize("type_", TYPES)
def test_where_write_is_denied(s3: S3Emulator, run: Run, type_: str) -> None:
    report = run(s3.user("planet", actions=("s3:GetObject", "s3:DeleteObject")), type_)
    assert report.verdict == "fail"
    assert "write-denied" in names(report)
    assert s3.writes() == []


@pytest.mark.parametrize("type_", TYPES)
@pytest.mark.parametrize("fault", ["wrong-secret", "unknown-access-key", "inactive"])
def test_credentials_that_are_not_accepted(s3: S3Emulator, run: Run, type_: str, fault: str) -> None:
    key = s3.user("planet", active=fault != "inactive")
    if fault == "wrong-secret":
        key = UserKey(key.access_key_id, key.secret_access_key[::-1], key.arn)
    elif fault == "unknown-access-key":
        key = UserKey(key.access_key_id[:-4] + "EXAM", key.secret_access_key, key.arn)
    report = run(key, type_)
    assert report.verdict == "fail"
    # An inactive key is answered as an unknown one.
    assert names(report) == {"wrong-secret" if fault == "wrong-secret" else "unknown-access-key"}
    assert s3.writes() == []


@pytest.mark.parametrize("region", ["us-west-2", "us-east-1"])
def test_a_wrong_region_is_named_and_the_right_one_proposed(s3: S3Emulator, run: Run, region: str) -> None:
    report = run(s3.user("planet"), aws_region=region)
    assert (report.verdict, names(report)) == ("fail", {"wrong-region"})
    fix = report.findings[0].fix
    assert fix is not None
    assert [(each.op, each.path, each.value) for each in fix.patch] == [("replace", "/parameters/aws_region", REGION)]
    assert s3.writes() == []


def test_a_missing_bucket(s3: S3Emulator, run: Run) -> None:
    report = run(s3.user("planet"), bucket="imagery-nowhere")
    assert (report.verdict, names(report)) == ("fail", {"bucket-not-found"})


def test_the_encryption_header_is_proposed_and_then_passes(s3: S3Emulator, run: Run) -> None:
    s3.bucket("imagery-encrypted", policy=sse_required("imagery-encrypted"))
    key = s3.user("planet")
    report = run(key, bucket="imagery-encrypted")
    assert report.verdict == "fail"
    assert "encryption-header-required" in names(report)
    fix = next(each.fix for each in report.findings if each.name == "encryption-header-required")
    assert fix is not None
    assert [(each.path, each.value) for each in fix.patch] == [("/parameters/explicit_sse", True)]
    assert s3.objects("imagery-encrypted") == {}
    assert run(key, bucket="imagery-encrypted", explicit_sse=True).verdict == "pass"
    assert s3.objects("imagery-encrypted") == {}


def test_a_boundary_is_named_as_the_layer(s3: S3Emulator, run: Run) -> None:
    report = run(s3.user("planet", boundary=allow("s3:PutObject", "s3:GetObject")))
    denied = next(each for each in report.findings if each.name == "delete-denied")
    assert "boundary" in denied.evidence["layer"]


def test_an_explicit_deny_of_the_bucket_is_named_as_the_layer(s3: S3Emulator, run: Run) -> None:
    deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:DeleteObject", "Resource": "arn:aws:s3:::guarded/*"}
    s3.bucket("guarded", policy={"Version": "2012-10-17", "Statement": [deny]})
    report = run(s3.user("planet"), bucket="guarded")
    denied = next(each for each in report.findings if each.name == "delete-denied")
    assert "resource" in denied.evidence["layer"]
    assert s3.writes() == []


def test_a_policy_for_planets_key_alone_is_enough(s3: S3Emulator, run: Run) -> None:
    report = run(s3.user("planet", policy=allow(*PLANET_NEEDS, resource=f"arn:aws:s3:::imagery-in/{FILE}")))
    assert report.verdict == "pass"


@pytest.mark.parametrize("type_", TYPES)
def test_permissions_below_a_prefix_alone(s3: S3Emulator, run: Run, type_: str) -> None:
    key = s3.user("planet", policy=allow(*PLANET_NEEDS, resource="arn:aws:s3:::imagery-in/scenes/*"))
    report = run(key, type_, settings={"prefixes": ("scenes",)})
    assert report.verdict == "fail"
    assert "prefix-only" in names(report)
    assert s3.objects("imagery-in") == {}


@pytest.mark.parametrize("type_", TYPES)
@pytest.mark.parametrize(
    "actions", [PLANET_NEEDS, LISTING, ("s3:PutObject", "s3:DeleteObject")], ids=["documented", "listing", "blind"]
)
def test_a_lingering_file_is_left_alone(s3: S3Emulator, run: Run, type_: str, actions: tuple[str, ...]) -> None:
    s3.put("imagery-in", FILE, b"older")
    report = run(s3.user("planet", actions=actions), type_)
    assert report.verdict == "warn"
    assert s3.objects("imagery-in") == {FILE: b"older"}
    # A key that may neither read nor list sees the file where a create-only write, which could not be carried out, runs into it.
    assert "lingering-file" in names(report)
    assert all(each.path.partition("?")[0] != f"/imagery-in/{FILE}" for each in s3.writes())


def test_a_large_file_of_that_name_is_named(s3: S3Emulator, run: Run) -> None:
    s3.put("imagery-in", FILE, b"x" * 4000)
    report = run(s3.user("planet"))
    assert {"lingering-file", "not-the-verification-file"} <= names(report)
    assert s3.objects("imagery-in") == {FILE: b"x" * 4000}


@pytest.mark.parametrize("type_", TYPES)
def test_versions_that_stay_are_reported_with_their_command(s3: S3Emulator, run: Run, type_: str) -> None:
    s3.bucket("kept", versioned=True)
    report = run(s3.user("planet", actions=LISTING), type_, bucket="kept")
    assert (report.verdict, names(report)) == ("warn", {"versions-remain"})
    assert {each.state for each in report.residue} == {ResidueState.VERSION, ResidueState.MARKER}
    left = {version: marker for _, version, marker in s3.versions("kept")}
    assert {each.version_id: each.state is ResidueState.MARKER for each in report.residue} == left
    assert all(each.version_id in each.remove_command for each in report.residue if each.version_id)


@pytest.mark.parametrize("type_", TYPES)
def test_versions_are_removed_where_the_key_may(s3: S3Emulator, run: Run, type_: str) -> None:
    s3.bucket("kept", versioned=True)
    report = run(s3.user("planet", actions=(*LISTING, "s3:DeleteObjectVersion")), type_, bucket="kept")
    assert (report.verdict, names(report)) == ("pass", set())
    assert s3.versions("kept") == []


@pytest.mark.parametrize("type_", TYPES)
def test_default_retention_is_found_before_anything_is_written(s3: S3Emulator, run: Run, type_: str) -> None:
    s3.bucket("worm", object_lock="COMPLIANCE")
    report = run(s3.user("planet", actions=(*PLANET_NEEDS, "s3:GetBucketObjectLockConfiguration")), type_, bucket="worm")
    assert (report.verdict, names(report)) == ("inconclusive", {"retention-locked"})
    assert "Planet's own check would pass (a delete puts a marker) and leave such a version." in report.findings[0].detail
    assert s3.versions("worm") == []


@pytest.mark.parametrize(
    ("more", "verdict", "finding"), [((), "warn", "versions-remain"), (("s3:DeleteObjectVersion",), "warn", "retention-locked")]
)
def test_default_retention_that_cannot_be_read_is_told_afterwards(
    s3: S3Emulator, run: Run, more: tuple[str, ...], verdict: str, finding: str
) -> None:
    s3.bucket("worm", object_lock="COMPLIANCE")
    report = run(s3.user("planet", actions=(*PLANET_NEEDS, *more)), bucket="worm")
    assert report.verdict == verdict
    assert finding in names(report)
    assert s3.objects("worm") == {}
    assert {each.version_id for each in report.residue} == {version for _, version, _ in s3.versions("worm")}


def test_multipart_is_only_ever_a_warning(s3: S3Emulator, run: Run) -> None:
    report = run(s3.user("planet"), settings={"multipart": True})
    assert report.verdict == "warn"
    assert "multipart-denied" in names(report)
    assert (
        run(s3.user("owner", actions=(*PLANET_NEEDS, "s3:AbortMultipartUpload")), settings={"multipart": True}).verdict
        == "pass"
    )


@pytest.mark.parametrize("type_", TYPES)
@pytest.mark.parametrize("actions", [PLANET_NEEDS, ("s3:PutObject",), ("s3:DeleteObject",)], ids=["good", "write", "delete"])
def test_no_secret_in_what_is_said(s3: S3Emulator, run: Run, type_: str, actions: tuple[str, ...]) -> None:
    from datetime import UTC, datetime

    from validator.core.model import Report, worst
    from validator.formats import render

    key = s3.user("planet", actions=actions)
    report = run(key, type_)
    whole = Report(worst([report.verdict]), (report,), datetime.now(UTC), 0.0, "0")
    for each in ("text", "json", "junit", "sarif", "github", "markdown"):
        said = render(each, whole, **({"verbosity": 2} if each == "text" else {}))
        assert key.secret_access_key not in said
        assert json.dumps(key.secret_access_key)[1:-1] not in said
        assert key.secret_access_key[:12] not in said


def test_two_checks_of_one_bucket_do_not_touch_each_other(s3: S3Emulator, run: Run) -> None:
    """A second check begins while the first one's file lies there."""
    key = s3.user("planet")
    second: list[Any] = []

    def between(exchange: Any) -> None:
        if exchange.method == "PUT" and exchange.status == 200 and not second:
            second.append(None)
            second[0] = run(key)

    s3.before_answer = between
    first = run(key)
    assert first.verdict == "pass"
    assert second[0].verdict == "warn"
    assert names(second[0]) == {"lingering-file"}
    assert s3.objects("imagery-in") == {}
