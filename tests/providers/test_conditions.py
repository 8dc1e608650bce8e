"""Conditions are believed when seen, each of its own; and what Planet will do to that very name is the verdict."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.support.s3_store import PLAIN, error, says
from tests.support.versioned_store import Store
from tests.support.wire import Answer, Request, Wire
from validator import Settings, check
from validator.core.model import DestinationReport, Secret
from validator.providers.base import Options
from validator.providers.s3.amazon import AmazonS3Parameters, documented

FILE = "planetverify.txt"
KINDS = ("amazon_s3", "s3_compatible")
LOCKED = Answer(
    200,
    {"content-type": "application/xml"},
    b"<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule><DefaultRetention><Mode>COMPLIANCE</Mode>"
    b"<Years>1</Years></DefaultRetention></Rule></ObjectLockConfiguration>",
)


def run(kind: str, store: Store, **settings: Any) -> DestinationReport:
    with Wire(store.handle) as wire:
        if kind == "amazon_s3":
            named = {
                "aws_region": "eu-central-1",
                "aws_access_key_id": "AKIAQEXAMPLE2EXAMPLE",
                "aws_secret_access_key": "EXAMPLE1" * 5,
            }
            told = Settings(endpoints={kind: wire.url}, timeout=60, **settings)
        else:
            named = {"region": "us-east-1", "access_key_id": "EXAMPLEKEY", "secret_access_key": "EXAMPLE-secret", "endpoint": wire.url,
                     "use_path_style": True}  # fmt: skip
            beside = frozenset({"plaintext-secret", "endpoint-insecure", "endpoint-unreachable-for-planet"})
            told = Settings(timeout=60, ignore=beside, **settings)
        source = {"name": "planet imagery", "type": kind, "parameters": {"bucket": "imagery-in", **named}}
        return check(source, told).destinations[0]


def names(one: DestinationReport) -> set[str]:
    return {each.name for each in one.findings} - {"plaintext-secret", "endpoint-insecure", "endpoint-unreachable-for-planet"}


# ---- 1, 3: believed when seen, each of its own ---------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("deletes", [True, False])
@pytest.mark.parametrize("creates", [True, False])
@pytest.mark.parametrize("absent", [204, 404])
def test_an_older_file_is_left_alone_whatever_the_store_honours(kind: str, deletes: bool, creates: bool, absent: int) -> None:
    store = Store(deletes, creates, absent, stack={FILE: [("null", b"Planet's")]})
    one = run(kind, store)
    assert store.stack == {FILE: [("null", b"Planet's")]}
    assert "lingering-file" in names(one)
    # Only what was asked of that very file is told: where the store refused neither, that stays open.
    assert one.verdict == ("warn" if deletes and creates else "inconclusive")
    assert ("delete-unproven" in names(one)) != (deletes and creates)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("deletes", [True, False])
@pytest.mark.parametrize("creates", [True, False])
def test_an_empty_bucket_passes_and_stays_empty(kind: str, deletes: bool, creates: bool) -> None:
    store = Store(deletes, creates)
    one = run(kind, store)
    assert (one.verdict, names(one), store.stack) == ("pass", set(), {})
    assert len(store.requests) <= 7


@pytest.mark.parametrize("kind", KINDS)
def test_a_refused_header_of_the_one_does_not_disarm_the_other(kind: str) -> None:
    """501 to the create-only write: the delete is pinned all the same, and meets the second writer's file with 412."""
    unsupported = error(501, "NotImplemented")
    store = Store(refused=lambda request, _: unsupported if "if-none-match" in request.headers else None)

    def second(request: Request, key: str) -> Answer | None:
        if request.method == "DELETE" and key == FILE and store.current(FILE) is not None:
            store.stack[FILE] = [("null", b"another's")]
        return unsupported if "if-none-match" in request.headers else None

    store.refused = second
    one = run(kind, store)
    assert store.stack == {FILE: [("null", b"another's")]}
    assert one.verdict != "fail"


@pytest.mark.parametrize(
    ("bucket", "region", "endpoint", "believed"),
    [
        ("imagery-in", "eu-central-1", None, True),
        ("imagery-in", "cn-north-1", None, False),
        ("imagery-in", "us-gov-west-1", None, False),
        ("imagery-in", "eusc-de-east-1", None, False),
        ("imagery--euc1-az1--x-s3", "eu-central-1", None, False),
        ("imagery-in", "eu-central-1", "http://127.0.0.1:9000", False),
        ("imagery-in", "eu-central-1", "https://s3.eu-central-1.amazonaws.com", False),
    ],
)
def test_only_amazons_own_commercial_addresses_are_believed_by_documentation(
    bucket: str, region: str, endpoint: str | None, believed: bool
) -> None:
    parameters = AmazonS3Parameters(bucket, region, "AKIAQEXAMPLE2EXAMPLE", Secret("EXAMPLE"))
    assert documented(parameters, Options(endpoint=endpoint)) is believed


# ---- 2: hidden versions --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("absent", "tells"), [(204, True), (204, False), (404, True)])
def test_a_null_version_under_a_marker_survives(kind: str, absent: int, tells: bool) -> None:
    hidden = [("null", b"from before"), ("v0", None)]
    store = Store(absent_delete=absent, status="Suspended", tells_markers=tells, stack={FILE: list(hidden)})
    one = run(kind, store)
    assert store.stack == {FILE: hidden}
    assert "lingering-file" not in names(one), "a marker is no file"
    assert one.verdict != "fail"


@pytest.mark.parametrize("kind", KINDS)
def test_markers_of_a_bucket_that_keeps_versions_are_no_reason_to_stay_away(kind: str) -> None:
    store = Store(status="Enabled", stack={FILE: [("v-old", b"old"), ("m-old", None)]})
    one = run(kind, store)
    assert (one.verdict, names(one)) == ("pass", set())
    assert store.stack == {FILE: [("v-old", b"old"), ("m-old", None)]}


# ---- 7: versions and markers ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("silent", [True, False])
@pytest.mark.parametrize("status", ["Enabled", "Suspended"])
def test_nothing_of_ours_stays_in_a_bucket_with_versions(kind: str, silent: bool, status: str) -> None:
    store = Store(status=status, silent=silent)
    one = run(kind, store)
    ours = {(key, version) for key, versions in store.stack.items() for version, _ in versions}
    told = {(each.key, each.version_id) for each in one.residue}
    assert ours <= told, f"left and not told: {ours - told}"
    if status == "Enabled":
        assert (store.stack, one.verdict) == ({}, "pass")
    else:
        assert set(store.stack) <= {FILE}, "a null marker under our own name is removed"


@pytest.mark.parametrize("kind", KINDS)
def test_the_markers_of_rehearsals_go_although_nothing_may_be_written(kind: str) -> None:
    store = Store(status="Enabled", refused=lambda request, _: PLAIN if request.method == "PUT" else None)
    one = run(kind, store)
    assert one.verdict == "fail"
    assert store.stack == {}


# ---- 8: what is not the API's own success -----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "answer",
    [
        Answer(200, {"content-type": "text/html"}, b"<html><body>Log in</body></html>"),
        Answer(200),
        Answer(202, {}, b"accepted"),
    ],
)
def test_a_delete_that_something_else_answered_is_not_believed(kind: str, answer: Answer) -> None:
    store = Store()
    store.refused = lambda request, key: answer if request.method == "DELETE" and store.current(key) is not None else None
    one = run(kind, store)
    left = {each.key for each in one.residue}
    assert set(store.stack) <= left
    assert store.stack, "the store did not carry it out"
    assert one.verdict != "pass"


# ---- 10, 11: that very name ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("lying", [True, False])
@pytest.mark.parametrize("method", ["DELETE", "PUT"])
def test_a_deny_of_that_name_alone_fails(kind: str, lying: bool, method: str) -> None:
    stack: dict[str, list[tuple[str, bytes | None]]] = {FILE: [("null", b"Planet's")]} if lying else {}
    store = Store(stack=dict(stack), refused=lambda request, key: PLAIN if (request.method, key) == (method, FILE) else None)
    one = run(kind, store)
    assert one.verdict == "fail"
    assert {"DELETE": "delete-denied", "PUT": "write-denied"}[method] in names(one) or "overwrite-denied" in names(one)
    assert store.stack == stack, "nothing stays, nothing goes"


@pytest.mark.parametrize("kind", KINDS)
def test_a_condition_that_asks_for_more_than_the_operation_does(kind: str) -> None:
    """Swift's write ACL: puts and deletes, and may not read; its conditional delete reads first."""
    store = Store(
        refused=lambda r, _: (
            PLAIN if r.method in ("GET", "HEAD") or (r.method == "DELETE" and "if-match" in r.headers) else None
        )
    )
    one = run(kind, store)
    assert one.verdict in ("inconclusive", "warn")
    assert "delete-denied" not in names(one)
    assert store.stack == {}


@pytest.mark.parametrize("kind", KINDS)
def test_without_reading_a_second_writer_loses_nothing(kind: str) -> None:
    reading = says("s3:GetObject", "because no identity-based policy allows the s3:GetObject action")
    store = Store()

    def refused(request: Request, key: str) -> Answer | None:
        if key == FILE and request.method == "DELETE" and store.current(FILE) is not None:
            store.stack[FILE] = [("null", b"another's")]
        match = request.headers.get("if-match", "*")
        return reading if (request.method == "GET" and key) or (request.method == "DELETE" and match != "*") else None

    store.refused = refused
    one = run(kind, store)
    assert store.current(FILE) in (None, b"another's")
    assert not [
        each
        for each in store.requests
        if each.method == "DELETE" and each.path.endswith(FILE) and "if-match" not in each.headers
    ]
    assert one.verdict != "fail"


# ---- 13: object lock ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("proceed", [True, False])
def test_default_retention_is_asked_for_first_whichever_store(kind: str, proceed: bool) -> None:
    store = Store(status="Enabled")

    def refused(request: Request, key: str) -> Answer | None:
        if "object-lock" in request.path:
            return LOCKED
        version = dict(parse_qsl(urlsplit(request.path).query)).get("versionId")
        kept = any(each == version and body is not None for each, body in store.stack.get(key, []))
        return (
            error(403, "AccessDenied", "Access Denied because object protected by object lock.")
            if kept and request.method == "DELETE"
            else None
        )

    store.refused = refused
    one = run(kind, store, proceed=proceed)
    told = next(each for each in one.findings if each.name == "retention-locked")
    assert "Planet's own check would pass (a delete puts a marker) and leave such a version." in told.detail
    assert one.verdict == ("warn" if proceed else "inconclusive")
    assert bool([each for each in store.requests if each.method == "PUT"]) is proceed
    markers = [version for versions in store.stack.values() for version, body in versions if body is None]
    said = json.dumps([each.remove_command for each in one.residue]) + json.dumps(
        [each.fix.commands for each in one.findings if each.fix]
    )
    assert len(markers) == int(proceed)
    assert not any(re.search(rf"{version}\b", said) for version in markers), "a command would take the marker away"


@pytest.mark.parametrize("kind", KINDS)
def test_multipart_is_not_started_where_it_could_not_be_aborted(kind: str) -> None:
    store = Store(refused=lambda request, _: PLAIN if request.method == "DELETE" and "uploadId" in request.path else None)
    one = run(kind, store, multipart=True)
    assert (one.verdict, names(one)) == ("warn", {"multipart-denied"})
    assert not [each for each in store.requests if each.method == "POST"]


# ---- Google and Azure through another endpoint -----------------------------------------------------------------------------------


def test_a_google_endpoint_that_ignores_generations_loses_nothing() -> None:
    from tests.support.conformance.google_cloud_storage import case

    store = case.store()
    store.objects[FILE] = b"Planet's"

    def ignoring(request: Request) -> Answer:
        path = re.sub(r"ifGenerationMatch=\d+&?", "", request.path)
        return store.handle(Request(request.method, path, request.headers, request.body))

    with Wire(ignoring, tls=case.tls) as wire:
        one = check(case.source(wire), case.settings(wire)).destinations[0]
    assert store.objects == {FILE: b"Planet's"}
    assert one.verdict == "inconclusive"
    assert "lingering-file" in names(one)


def test_an_azure_endpoint_that_ignores_conditions_loses_nothing() -> None:
    from tests.support.conformance.azure_blob_storage import case

    store = case.store()
    store.objects[FILE] = b"Planet's"

    def ignoring(request: Request) -> Answer:
        headers = {name: value for name, value in request.headers.items() if not name.startswith("if-")}
        return store.handle(Request(request.method, request.path, headers, request.body))

    with Wire(ignoring, tls=case.tls) as wire:
        one = check(case.source(wire), case.settings(wire)).destinations[0]
    assert store.objects == {FILE: b"Planet's"}
    assert one.verdict == "inconclusive"


def test_an_azure_endpoint_one_level_too_deep_checks_nothing() -> None:
    from dataclasses import replace

    from tests.support.conformance.azure_blob_storage import case

    with Wire(case.store().handle, tls=case.tls) as wire:
        settings = case.settings(wire)
        deeper = {name: f"{url}/another-container" for name, url in settings.endpoints.items()}
        one = check(case.source(wire), replace(settings, endpoints=deeper)).destinations[0]
        assert (one.verdict, wire.requests) == ("fail", [])
    assert "endpoint-contains-bucket" in names(one)


def test_oracle_tells_of_every_version_and_marker_that_it_made() -> None:
    from tests.support.conformance.oracle_cloud_storage import OracleStore, case

    store, made = OracleStore(), []
    store.objects[FILE] = b"Planet's"

    def versioned(request: Request) -> Answer:
        answer = store.handle(request)
        if request.method not in ("PUT", "DELETE") or answer.status >= 300:
            return answer
        made.append(f"v{len(made) + 1}")
        return Answer(answer.status, {**answer.headers, "x-amz-version-id": made[-1]}, answer.body)

    with Wire(versioned, tls=True) as wire:
        one = check(case.source(wire), case.settings(wire)).destinations[0]
    assert made
    assert {each.version_id for each in one.residue if each.state in ("version", "marker")} == set(made)
