"""The shipped check against the stand-in, over TLS: what is told apart, what is not, and that nothing stays behind."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.support.moved_clock import Moved
from validator import check
from validator.checking.assemble import Settings
from validator.core.model import (
    VERIFICATION_FILE,
    Confidence,
    DestinationReport,
    Mode,
    Operation,
    Outcome,
    ResidueState,
    Verdict,
)
from validator.demo.emulators.oracle import PERMISSIONS, Habits, OracleEmulator

HABITS = [Habits(), Habits(404, "honoured"), Habits(204, "honoured"), Habits(404, "refused"), Habits(204, "refused")]
Run = Callable[..., DestinationReport]


@pytest.fixture(params=HABITS, ids=lambda each: f"{each.absent_delete}-{each.conditions}")
def oracle(request: pytest.FixtureRequest) -> Iterator[OracleEmulator]:
    with OracleEmulator(habits=request.param) as emulator:
        emulator.bucket("imagery-in")
        yield emulator


@pytest.fixture
def run(oracle: OracleEmulator) -> Run:
    def running(source: dict[str, Any], **settings: Any) -> DestinationReport:
        oracle.requests.clear()
        told = Settings(timeout=30, endpoints={"oracle_cloud_storage": oracle.url}, ca_bundle=oracle.ca_bundle, **settings)
        return check(source, told).destinations[0]

    return running


def names(one: DestinationReport) -> list[str]:
    return [each.name for each in one.findings if each.name != "plaintext-secret"]


def asked(oracle: OracleEmulator, method: str) -> int:
    return sum(each.method == method for each in oracle.requests)


def performed(one: DestinationReport, operation: Operation) -> list[Outcome]:
    return [each.outcome for each in one.steps if each.operation is operation and each.mode is Mode.PERFORMED and not each.form]


def test_full_permissions_pass(oracle: OracleEmulator, run: Run) -> None:
    one = run(oracle.destination("imagery-in", oracle.key()))
    assert names(one) == []
    assert {Operation.WRITE, Operation.READ, Operation.DELETE} == {
        each.operation for each in one.steps if each.outcome is Outcome.GRANTED and each.mode is Mode.PERFORMED
    }
    assert oracle.objects("imagery-in") == {}
    # One more where the store turns conditions away: nobody knows whether Oracle does.
    assert len(oracle.requests) == (7 if oracle.habits.conditions == "refused" else 6)
    assert not [each for each in oracle.requests if each.method == "HEAD"]


@pytest.mark.parametrize(
    ("without", "finding", "verdict"),
    [
        ("OBJECT_CREATE", "write-denied", Verdict.FAIL),
        ("OBJECT_READ", "read-denied", Verdict.WARN),
        ("OBJECT_DELETE", "delete-denied", Verdict.FAIL),
    ],
)
def test_a_missing_permission_is_told_from_a_missing_bucket(
    oracle: OracleEmulator, run: Run, without: str, finding: str, verdict: Verdict
) -> None:
    one = run(oracle.destination("imagery-in", oracle.key(without=[without])))
    assert names(one) == [finding]
    found = next(each for each in one.findings if each.name == finding)
    assert found.confidence is Confidence.LIKELY
    assert found.evidence["bucket"] == "found by another request"
    assert found.evidence["answered_by"] == "us-ashburn-1"
    assert found.fix is not None
    assert f"request.permission='{without}'" in found.fix.grant
    told = shlex.split(found.fix.commands[-1])
    statements = json.loads(told[told.index("--statements") + 1])
    assert [each.split(" to ")[0] for each in statements] == ["Allow group id $GROUP_OCID"] * 2
    assert "target.bucket.name='imagery-in'" in statements[1]
    assert "target.bucket.name='imagery-in'" in found.fix.grant
    assert one.verdict is verdict
    assert oracle.objects("imagery-in") == {}
    assert one.residue == ()
    if without == "OBJECT_DELETE":
        assert not asked(oracle, "PUT"), "delete is refused, and yet something was written"


@pytest.mark.parametrize("without", ["OBJECT_INSPECT", "BUCKET_READ"])
def test_what_planets_check_does_not_need_decides_nothing(oracle: OracleEmulator, run: Run, without: str) -> None:
    one = run(oracle.destination("imagery-in", oracle.key(without=[without])))
    assert names(one) == []


def test_create_and_delete_alone_are_what_planets_check_needs(oracle: OracleEmulator, run: Run) -> None:
    one = run(oracle.destination("imagery-in", oracle.key("OBJECT_CREATE", "OBJECT_DELETE")))
    assert set(names(one)) == {"read-denied", "delete-unproven"}, "what was seen beside says nothing of the name itself"
    assert one.verdict is Verdict.INCONCLUSIVE
    assert oracle.objects("imagery-in") == {}
    assert any("beside it" in each for each in one.limits), "what could not be looked at is not written over"


def test_overwrite_is_missed_only_where_planet_would_overwrite(oracle: OracleEmulator, run: Run) -> None:
    key = oracle.key(without=["OBJECT_OVERWRITE"])
    assert names(run(oracle.destination("imagery-in", key))) == []
    oracle.put("imagery-in", VERIFICATION_FILE, b"left earlier\n")
    one = run(oracle.destination("imagery-in", key))
    assert names(one) == ["overwrite-denied", "delete-unproven", "lingering-file"]
    assert one.verdict is Verdict.FAIL
    assert oracle.objects("imagery-in") == {VERIFICATION_FILE: b"left earlier\n"}
    assert not any(each.method == "PUT" and each.path.endswith(VERIFICATION_FILE) for each in oracle.requests)
    assert performed(one, Operation.WRITE) == [Outcome.GRANTED, Outcome.DENIED]
    assert [each.permission for each in one.steps if each.outcome is Outcome.DENIED] == ["OBJECT_OVERWRITE"]


@pytest.mark.parametrize("lying", [b"", b"left earlier\n", b"x" * 5000])
def test_a_file_that_is_there_is_reported_and_left_alone(oracle: OracleEmulator, run: Run, lying: bytes) -> None:
    oracle.put("imagery-in", VERIFICATION_FILE, lying)
    one = run(oracle.destination("imagery-in", oracle.key()))
    assert set(names(one)) >= {"lingering-file", "delete-unproven"}
    assert ("not-the-verification-file" in names(one)) == (len(lying) > 1024)
    # Oracle documents no condition on a write: whether this very file may be written over is seen by nobody.
    assert one.verdict is Verdict.INCONCLUSIVE
    assert next(each for each in one.findings if each.name == "lingering-file").evidence["size_bytes"] == str(len(lying))
    assert [each.state for each in one.residue] == [ResidueState.FOUND]
    assert oracle.objects("imagery-in") == {VERIFICATION_FILE: lying}


def test_multipart_needs_more_and_only_ever_warns(oracle: OracleEmulator, run: Run) -> None:
    one = run(oracle.destination("imagery-in", oracle.key(without=["OBJECT_OVERWRITE"])), multipart=True)
    assert names(one) == ["multipart-denied"]
    assert one.verdict is Verdict.WARN
    fix = next(each.fix for each in one.findings if each.name == "multipart-denied")
    assert fix is not None
    assert "to read buckets" in fix.grant
    assert names(run(oracle.destination("imagery-in", oracle.key()), multipart=True)) == []
    assert [each.status for each in oracle.requests[-2:]] == [200, 204], "started, and aborted"


@pytest.mark.parametrize(
    "changes",
    [{"namespace": "axother45678"}, {"region": "eu-frankfurt-1"}, {"bucket": "no-such-bucket"}],
    ids=["namespace", "region", "bucket"],
)
def test_what_oracle_does_not_tell_apart_is_not_told_apart(oracle: OracleEmulator, run: Run, changes: dict[str, str]) -> None:
    one = run(oracle.destination("imagery-in", oracle.key(), **changes))
    assert names(one) == ["bucket-or-permission-missing"]
    found = next(each for each in one.findings if each.name == "bucket-or-permission-missing")
    assert found.confidence is not Confidence.CONFIRMED
    assert all(f"\n{number}. " in found.detail for number in (1, 2, 3, 4))
    assert found.fix is not None
    assert found.fix.commands[0] == "oci os ns get"
    assert not asked(oracle, "PUT")


def test_a_key_without_any_permission_looks_like_a_missing_bucket(oracle: OracleEmulator, run: Run) -> None:
    one = run(oracle.destination("imagery-in", oracle.key("OBJECT_CREATE")))
    assert names(one) == ["bucket-or-permission-missing"]


def test_a_namespace_of_another_form_comes_first(oracle: OracleEmulator, run: Run) -> None:
    one = run(oracle.destination("imagery-in", oracle.key(), namespace="mycompany"))
    found = next(each for each in one.findings if each.name == "bucket-or-permission-missing")
    assert "\n1. mycompany is not its namespace" in found.detail


def test_unknown_and_inactive_keys_and_other_regions_look_alike(oracle: OracleEmulator, run: Run) -> None:
    key = oracle.key()
    for source in (
        oracle.destination("imagery-in", key, customer_access_key_id="0" * 40),
        oracle.destination("imagery-in", oracle.key(active=False)),
        oracle.destination("imagery-in", key, region="ap-tokyo-1"),
    ):
        one = run(source)
        assert names(one) == ["unknown-access-key"]
        assert one.verdict is Verdict.FAIL
        assert not asked(oracle, "PUT")


def test_a_wrong_secret_is_told_from_an_unknown_key(oracle: OracleEmulator, run: Run) -> None:
    one = run(oracle.destination("imagery-in", oracle.key(), customer_secret_key=oracle.key().secret_key))
    assert names(one) == ["wrong-secret"]
    found = next(each for each in one.findings if each.name == "wrong-secret")
    assert found.confidence is Confidence.LIKELY
    assert found.evidence["secret_length"] == "44"


def test_a_single_refusal_of_a_working_key_is_not_believed(oracle: OracleEmulator, run: Run) -> None:
    assert names(run(oracle.destination("imagery-in", oracle.key(unknown_for=1)))) == []


def test_a_key_that_has_not_arrived_yet_is_unknown(oracle: OracleEmulator, run: Run) -> None:
    one = run(oracle.destination("imagery-in", oracle.key(unknown_for=50)))
    assert names(one) == ["unknown-access-key"]
    assert "15 minutes" in next(each.fix.summary for each in one.findings if each.name == "unknown-access-key" and each.fix)


def test_retention_shows_only_when_the_file_stays(oracle: OracleEmulator, run: Run) -> None:
    oracle.bucket("kept", retention=True)
    one = run(oracle.destination("kept", oracle.key()))
    assert set(names(one)) == {"retention-locked", "residue-left"}
    assert list(oracle.objects("kept")) == [VERIFICATION_FILE]
    (left,) = one.residue
    words = shlex.split(left.remove_command)
    assert words[:4] == ["oci", "os", "object", "delete"]
    assert words[words.index("--object-name") + 1] == VERIFICATION_FILE


def test_a_vault_key_that_cannot_be_used(oracle: OracleEmulator, run: Run) -> None:
    oracle.bucket("sealed", vault_key=False)
    one = run(oracle.destination("sealed", oracle.key()))
    assert names(one) == ["encryption-key-denied"]
    assert "objectstorage-us-ashburn-1" in next(each.fix.grant for each in one.findings if each.fix and each.fix.grant)
    assert oracle.objects("sealed") == {}


def test_an_untrusted_certificate_decides_nothing(oracle: OracleEmulator) -> None:
    told = Settings(timeout=10, endpoints={"oracle_cloud_storage": oracle.url}, clock=Moved())
    one = check(oracle.destination("imagery-in", oracle.key()), told).destinations[0]
    assert names(one) == ["tls-failed"]
    assert one.verdict is Verdict.INCONCLUSIVE
    assert oracle.requests == []


def test_no_permission_is_invented(oracle: OracleEmulator) -> None:
    with pytest.raises(ValueError, match="OBJECT_EVERYTHING"):
        oracle.key("OBJECT_EVERYTHING")
    assert len(PERMISSIONS) == 6
