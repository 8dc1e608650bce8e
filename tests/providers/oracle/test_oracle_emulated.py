"""The shipped check against the stand-in, over TLS: what is told apart, what is not, and that nothing stays behind."""

from __future__ import annotations

import json
import shlex
import ssl
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from tests.support.moved_clock import Moved
from tests.support.wire import Answer, Request, Wire, authority
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
from validator.demo.emulators.certificates import Authority
from validator.demo.emulators.oracle import PERMISSIONS, Habits, OracleEmulator, demo_scenarios

HABITS = [Habits(), Habits(404, "honoured"), Habits(204, "honoured"), Habits(404, "refused"), Habits(204, "refused")]
Run = Callable[..., DestinationReport]


@pytest.fixture(params=HABITS, ids=lambda each: f"{each.absent_delete}-{each.conditions}")
def oracle(request: pytest.FixtureRequest) -> Iterator[OracleEmulator]:
    made, _ = authority()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.issue_cert("127.0.0.1").configure_cert(context)
    with OracleEmulator(context, habits=request.param) as emulator:
        emulator.bucket("imagery-in")
        yield emulator


@pytest.fixture
def run(oracle: OracleEmulator) -> Run:
    def running(source: dict[str, Any], **settings: Any) -> DestinationReport:
        oracle.requests.clear()
        told = Settings(timeout=30, endpoints={"oracle_cloud_storage": oracle.url}, ca_bundle=authority()[1], **settings)
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


# ---- the stand-in itself, and what only a scripted answer can show -----------------------------------------------------


@pytest.fixture
def plain() -> Iterator[OracleEmulator]:
    made, _ = authority()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.issue_cert("127.0.0.1").configure_cert(context)
    with OracleEmulator(context) as emulator:
        emulator.bucket("imagery-in", versioned=True)
        yield emulator


def client(oracle: OracleEmulator, **config: Any) -> Any:
    import botocore.session
    from botocore.config import Config

    key = oracle.key()
    return botocore.session.Session().create_client(
        "s3",
        region_name=oracle.regions[0],
        endpoint_url=oracle.url.format(region=oracle.regions[0], namespace=oracle.namespace),
        aws_access_key_id=key.access_key_id,
        aws_secret_access_key=key.secret_key,
        verify=authority()[1],
        config=Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 1}, **config),
    )


def test_the_stand_in_verifies_what_a_real_client_signs(plain: OracleEmulator) -> None:
    s3 = client(plain, request_checksum_calculation="when_required", response_checksum_validation="when_required")
    s3.put_object(Bucket="imagery-in", Key="a folder/ü+ &.txt", Body=b"1")
    assert plain.objects("imagery-in") == {"a folder/ü+ &.txt": b"1"}
    assert [each["Key"] for each in s3.list_objects_v2(Bucket="imagery-in", Prefix="a fol")["Contents"]] == [
        "a folder/ü+ &.txt"
    ]
    s3.delete_object(Bucket="imagery-in", Key="a folder/ü+ &.txt")
    assert plain.objects("imagery-in") == {}
    assert plain.versions("imagery-in")
    s3.close()


def test_the_stand_in_turns_chunks_away_as_oracle_does(plain: OracleEmulator) -> None:
    from botocore.exceptions import ClientError

    s3 = client(plain)  # botocore's own settings
    with pytest.raises(ClientError) as caught:
        s3.put_object(Bucket="imagery-in", Key="a", Body=b"1")
    assert caught.value.response["Error"]["Code"] == "NotImplemented"
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501
    s3.close()


def test_our_own_write_is_plain() -> None:
    from tests.support.conformance.oracle_cloud_storage import OracleStore, case

    store = OracleStore()
    with Wire(store.handle, tls=True) as wire:
        check(case.source(wire), case.settings(wire))
    (put,) = [each for each in wire.requests if each.method == "PUT"]
    assert put.headers["content-length"] == str(len(put.body))
    assert "content-encoding" not in put.headers
    assert "x-amz-trailer" not in put.headers
    assert len(put.headers["x-amz-content-sha256"]) == 64
    assert "/us-ashburn-1/s3/aws4_request" in put.headers["authorization"]


def test_a_version_that_the_store_names_is_reported() -> None:
    from tests.support.conformance.oracle_cloud_storage import OracleStore, case

    store = OracleStore()

    def handle(request: Request) -> Answer:
        answer = store.handle(request)
        number = {"PUT": "v1", "DELETE": "v2"}.get(request.method)
        return replace(answer, headers={**answer.headers, "x-amz-version-id": number}) if number else answer

    with Wire(handle, tls=True) as wire:
        one = check(case.source(wire), case.settings(wire)).destinations[0]
    assert "versions-remain" in names(one)
    assert one.verdict is Verdict.WARN
    assert {(each.state, each.version_id) for each in one.residue} == {
        (ResidueState.VERSION, "v1"),
        (ResidueState.MARKER, "v2"),
    }
    assert all("--version-id" in each.remove_command for each in one.residue)


def test_a_marker_without_an_id_of_its_own_is_reported() -> None:
    """Ceph, in a bucket whose versioning is suspended."""
    from tests.support.conformance.oracle_cloud_storage import OracleStore, case

    store = OracleStore()
    marker = {"x-amz-version-id": "null", "x-amz-delete-marker": "true"}

    def handle(request: Request) -> Answer:
        answer = store.handle(request)
        return replace(answer, headers={**answer.headers, **marker}) if request.method == "DELETE" else answer

    with Wire(handle, tls=True) as wire:
        one = check(case.source(wire), case.settings(wire)).destinations[0]
    assert "versions-remain" in names(one)
    assert {(each.state, each.version_id) for each in one.residue} == {(ResidueState.MARKER, "null")}


def test_one_spurious_missing_bucket_is_not_believed() -> None:
    """One tenancy saw up to a sixth of its good requests answered so."""
    from tests.support.conformance.case import DELETE, REHEARSE_DELETE, WRITE
    from tests.support.conformance.oracle_cloud_storage import NO_SUCH_BUCKET, OracleStore, case

    store = OracleStore()
    pending = {REHEARSE_DELETE, WRITE, DELETE}

    def handle(request: Request) -> Answer:
        step = case.step(request)
        if step in pending:
            pending.remove(step)
            return NO_SUCH_BUCKET
        return store.handle(request)

    with Wire(handle, tls=True) as wire:
        one = check(case.source(wire), replace(case.settings(wire), timeout=30)).destinations[0]
    assert not pending
    assert names(one) == []
    assert store.objects == {}


def test_proceed_performs_where_there_is_no_witness() -> None:
    from tests.support.conformance.case import REHEARSE_DELETE
    from tests.support.conformance.oracle_cloud_storage import NO_SUCH_BUCKET, STAT, STRANGE, WITNESS, OracleStore, case

    def checked(*, proceed: bool) -> tuple[DestinationReport, int]:
        store = OracleStore()
        answers = {STAT: STRANGE, WITNESS: STRANGE, REHEARSE_DELETE: NO_SUCH_BUCKET}
        with Wire(lambda request: answers.get(case.step(request)) or store.handle(request), tls=True) as wire:
            settings = replace(case.settings(wire), proceed=proceed, timeout=30)
            one = check(case.source(wire), settings).destinations[0]
        assert store.objects == {}
        return one, sum(each.method == "PUT" for each in wire.requests)

    one, writes = checked(proceed=False)
    assert (names(one), one.verdict, writes) == (["delete-unproven"], Verdict.INCONCLUSIVE, 0)
    one, writes = checked(proceed=True)
    assert (set(names(one)), writes) == (
        {"delete-unproven"},
        1,
    )  # on a name beside: what lies under the real one, nobody has seen


def test_another_file_under_our_name_is_not_deleted() -> None:
    """The store looks at conditions; between our write and our delete somebody puts another file there."""
    from tests.support.conformance.case import DELETE
    from tests.support.conformance.oracle_cloud_storage import OracleStore, case, xml

    store = OracleStore()

    def handle(request: Request) -> Answer:
        first = request.path.partition("?")[0].endswith(f"/{VERIFICATION_FILE}")
        if case.step(request) == DELETE and first:
            store.objects[VERIFICATION_FILE] = b"somebody else's"
            return xml(412, "PreconditionFailed", "At least one of the preconditions you specified did not hold.")
        if case.step(request) == "read" and store.objects.get(VERIFICATION_FILE) == b"somebody else's":
            return store.handle(request)
        answer = store.handle(request)
        return replace(answer, body=answer.body + b" ") if case.step(request) == "read" and first else answer

    with Wire(handle, tls=True) as wire:
        one = check(case.source(wire), replace(case.settings(wire), timeout=30)).destinations[0]
    assert (names(one), one.verdict) == ([], Verdict.PASS)
    assert any("made once more on planetverify-" in each for each in one.limits)
    assert store.objects == {VERIFICATION_FILE: b"somebody else's"}


def test_the_demo_comes_to_what_it_promises() -> None:
    with demo_scenarios() as scenarios:
        assert scenarios[0].verdict == "pass"
        for each in scenarios:
            settings = Settings(endpoints=each.endpoints, ca_bundle=each.ca_bundle, ignore=frozenset({"plaintext-secret"}))
            one = check(each.request, settings).destinations[0]
            assert one.verdict == each.verdict, each.title
            assert each.finding is None or each.finding in names(one), each.title


def test_the_made_up_authority_leaves_nothing() -> None:
    from pathlib import Path

    with Authority() as made:
        made.server("127.0.0.1")
        folder = Path(made.bundle).parent
        assert folder.stat().st_mode & 0o077 == 0
        trusting = ssl.create_default_context(cafile=made.bundle)
        assert len(trusting.get_ca_certs()) >= 1
    assert not folder.exists()
