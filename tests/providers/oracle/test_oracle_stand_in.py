"""The Oracle stand-in itself, and what only a scripted answer can show."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from tests.support.wire import Answer, Request, Wire
from validator import check
from validator.checking.assemble import Settings
from validator.core.model import (
    VERIFICATION_FILE,
    DestinationReport,
    ResidueState,
    Verdict,
)
from validator.demo.emulators import certificates
from validator.demo.emulators.oracle import OracleEmulator, demo_scenarios


def names(one: DestinationReport) -> list[str]:
    return [each.name for each in one.findings if each.name != "plaintext-secret"]


@pytest.fixture
def plain() -> Iterator[OracleEmulator]:
    with OracleEmulator() as emulator:
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
        verify=oracle.ca_bundle,
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

    with certificates.authority() as (bundle, _):
        assert Path(bundle).stat().st_mode & 0o077 == 0
        trusting = ssl.create_default_context(cafile=bundle)
        assert len(trusting.get_ca_certs()) >= 1
    assert not Path(bundle).exists()
