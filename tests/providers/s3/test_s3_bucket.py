"""What a bucket does where stores differ: no loss, no residue, and no verdict that the store did not give."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.s3_store import PLAIN, REDIRECT, S3Store, error, says, step
from tests.support.wire import Answer, Request, Wire
from validator import Settings, check
from validator.core.model import Operation, Report, ResidueState

FILE = "planetverify.txt"
AMAZON = {"bucket": "imagery-in", "aws_region": "eu-central-1", "aws_access_key_id": "AKIAQEXAMPLE2EXAMPLE", "aws_secret_access_key": "EXAMPLEEXAMPLEEXAMPLEEXAMPLEEXAMPLE12345"}  # fmt: skip
OTHER = {"bucket": "imagery-in", "region": "us-east-1", "access_key_id": "EXAMPLEKEY", "secret_access_key": "EXAMPLE-secret", "use_path_style": True}  # fmt: skip
READING = says("s3:GetObject", "because no identity-based policy allows the s3:GetObject action")


class Run:
    """A check against a store whose answers ``change`` may replace; None lets the store answer."""

    def __init__(
        self,
        kind: str,
        change: Callable[[Request], Answer | None] = lambda _: None,
        *,
        store: S3Store | None = None,
        **changes: Any,
    ) -> None:
        self.store = store or S3Store()
        self.requests: list[Request] = []

        def handle(request: Request) -> Answer:
            self.requests.append(request)
            return change(request) or self.store.handle(request)

        with Wire(handle) as wire:
            if kind == "amazon_s3":
                parameters, settings = {**AMAZON, **changes}, Settings(endpoints={kind: wire.url}, timeout=60)
            else:
                ours = frozenset({"endpoint-unreachable-for-planet"})
                parameters, settings = {**OTHER, "endpoint": wire.url, **changes}, Settings(timeout=60, ignore=ours)
            self.report: Report = check({"name": "planet imagery", "type": kind, "parameters": parameters}, settings)
        self.one = self.report.destinations[0]
        self.names = [each.name for each in self.one.findings if each.name not in ("plaintext-secret", "endpoint-insecure")]
        self.steps = [step(each) for each in self.requests]

    def outcome(self, operation: Operation, mode: str) -> str:
        return next(each.outcome for each in self.one.steps if each.operation is operation and each.mode == mode)


def without_reading(request: Request) -> Answer | None:
    """A key with PutObject and DeleteObject alone: conditions by ETag and reads are refused."""
    if request.method == "GET" and "object-lock" not in request.path:
        return READING
    if request.method in ("DELETE", "PUT") and request.headers.get("if-match", "*") != "*":
        return READING
    return None


def test_a_key_that_may_not_read_passes_with_a_warning(documented: None) -> None:
    """Its delete cannot be tied to our own file: so the real name is asked, and never written."""
    run = Run("amazon_s3", without_reading)
    assert run.names == ["read-denied"]
    assert run.report.verdict == "warn"
    assert run.store.objects == {}
    assert not [
        each for each in run.requests if each.method == "PUT" and each.path.endswith(FILE) and "if-" not in str(each.headers)
    ]


@pytest.mark.parametrize("kind", ["amazon_s3", "s3_compatible"])
@pytest.mark.parametrize("digests", [True, False])
def test_the_same_key_on_a_store_of_which_nothing_is_known(kind: str, digests: bool) -> None:
    """Where the store looks at no digest either, a write of the real name cannot be asked for without making one."""
    store = S3Store()

    def answer(request: Request) -> Answer | None:
        refused = without_reading(request)
        if refused or digests:
            return refused
        headers = {name: value for name, value in request.headers.items() if name != "content-md5"}
        return store.handle(Request(request.method, request.path, headers, request.body))

    run = Run(kind, answer, store=store)
    assert set(run.names) == ({"read-denied"} if digests else {"read-denied", "delete-unproven"})
    assert run.report.verdict == ("warn" if digests else "inconclusive")
    assert run.store.objects == {}


def test_the_same_key_with_a_file_there_leaves_it_alone(documented: None) -> None:
    store = S3Store()
    store.objects[FILE] = b"somebody's"
    run = Run("amazon_s3", without_reading, store=store)
    assert store.objects == {FILE: b"somebody's"}
    assert "lingering-file" in run.names
    assert run.report.verdict == "warn"


def test_delete_refused_everywhere_writes_nothing_and_still_tells_of_the_write(documented: None) -> None:
    run = Run("amazon_s3", lambda r: PLAIN if r.method == "DELETE" else None)
    assert run.names == ["delete-denied"]
    assert "write" not in run.steps
    assert run.steps.count("rehearse-delete") == 2
    assert run.outcome(Operation.WRITE, "rehearsed") == "granted"


def test_a_write_rehearsal_that_wants_reading_proves_nothing() -> None:
    run = Run("amazon_s3", lambda r: PLAIN if r.method in ("DELETE", "PUT") else None)
    assert run.names == ["delete-denied"]
    assert run.outcome(Operation.WRITE, "rehearsed") == "unproven"


def test_a_write_that_is_known_to_be_refused_is_said_to_be(documented: None) -> None:
    denied = says("s3:PutObject", "with an explicit deny in a resource-based policy")
    run = Run("amazon_s3", lambda r: {"DELETE": PLAIN, "PUT": denied}.get(r.method))
    assert set(run.names) == {"delete-denied", "write-denied"}


@pytest.mark.parametrize("headers", [{"server": "MinIO"}, {"x-amz-request-id": "tx000001"}, {}])
@pytest.mark.parametrize("kind", ["amazon_s3", "s3_compatible"])
def test_a_name_or_a_request_id_is_no_proof_that_a_write_would_be_refused(kind: str, headers: dict[str, str]) -> None:
    refused = Answer(403, {**PLAIN.headers, **headers}, PLAIN.body)
    run = Run(kind, lambda r: refused if r.method == "DELETE" else None)
    assert run.outcome(Operation.WRITE, "rehearsed") == "unproven"
    assert not [each for each in run.requests if each.method == "PUT" and "uploadId=" not in each.path]


def test_a_store_without_conditions_is_checked_all_the_same() -> None:
    run = Run("s3_compatible", bucket="imagery-bare")
    assert run.names == []
    assert run.store.objects == {}
    # The delete without a condition was asked of a name that nobody has.
    plain = [each for each in run.requests if each.method == "DELETE" and "if-match" not in each.headers]
    assert re.search(r"/planetverify-[0-9a-f]{16}\.txt$", plain[0].path)


def test_a_store_that_ignores_conditions_loses_nothing() -> None:
    """It would carry every rehearsal out: so it is only asked about names under which nothing lies."""
    store = S3Store()
    store.objects[FILE] = b"somebody's"

    def ignoring(request: Request) -> Answer | None:
        headers = {name: value for name, value in request.headers.items() if not name.startswith("if-")}
        return store.handle(Request(request.method, request.path, headers, request.body))

    run = Run("s3_compatible", ignoring, store=store)
    assert store.objects == {FILE: b"somebody's"}
    assert run.names == ["delete-unproven", "lingering-file"]
    assert run.report.verdict == "inconclusive"


def test_a_store_that_says_every_condition_fails_is_not_believed() -> None:
    def stubborn(request: Request) -> Answer | None:
        if "if-none-match" in request.headers or (step(request) == "delete" and "if-match" in request.headers):
            return error(412, "PreconditionFailed")
        return None

    run = Run("s3_compatible", stubborn)
    assert run.store.objects == {}
    assert "residue-left" not in run.names


@pytest.mark.parametrize("kind", ["amazon_s3", "s3_compatible"])
def test_another_file_under_our_name_is_left_alone(kind: str) -> None:
    store = S3Store()

    def replaced(request: Request) -> Answer | None:
        if step(request) == "read":
            store.objects[FILE] = b"somebody else's"
        return None

    run = Run(kind, replaced, store=store)
    assert store.objects == {FILE: b"somebody else's"}
    assert run.names == []
    assert any("made once more on planetverify-" in each for each in run.one.limits)


@pytest.mark.parametrize("kind", ["amazon_s3", "s3_compatible"])
def test_versions_and_markers_of_ours_are_removed(kind: str) -> None:
    run = Run(kind, bucket="imagery-versioned")
    assert run.names == []
    assert run.store.versions == []


def test_a_version_that_stays_keeps_its_marker() -> None:
    run = Run("amazon_s3", lambda r: PLAIN if "versionId=v1" in r.path else None, bucket="imagery-versioned")
    assert run.names == ["versions-remain"]
    assert [each.state for each in run.one.residue] == [ResidueState.VERSION, ResidueState.MARKER]
    assert [each.version_id for each in run.one.residue] == ["v1", "v2"]
    assert run.store.versions == [(FILE, "v1"), (FILE, "v2")]
    assert all("--version-id" in each.remove_command for each in run.one.residue)


def test_mfa_delete_is_named() -> None:
    refused = error(403, "AccessDenied", "Mfa Authentication must be used for this request")
    run = Run("amazon_s3", lambda r: refused if "versionId=v1" in r.path else None, bucket="imagery-versioned")
    assert "MFA" in run.one.residue[0].note


def test_a_suspended_bucket_keeps_the_marker_that_stands_for_an_older_one() -> None:
    marker = Answer(204, {"x-amz-delete-marker": "true", "x-amz-version-id": "null"}, carried_out=True)
    store = S3Store()

    def suspended(request: Request) -> Answer | None:
        if step(request) == "delete":
            store.handle(request)
            return marker
        return None

    run = Run("amazon_s3", suspended, store=store)
    assert [(each.state, each.version_id) for each in run.one.residue] == [(ResidueState.MARKER, "null")]
    assert "cleanup-versions" not in run.steps


def test_the_region_is_looked_up_and_tried() -> None:
    bare = error(301, "PermanentRedirect", "Use the right endpoint")
    run = Run(
        "amazon_s3", lambda r: bare if "/us-east-1/" in r.headers.get("authorization", "") else None, aws_region="us-east-1"
    )
    assert run.names == ["wrong-region"]
    finding = next(each for each in run.one.findings if each.name == "wrong-region")
    assert [each.value for each in finding.fix.patch] == ["eu-central-1"] if finding.fix else False
    assert "asked there, the same key is let in" in finding.detail
    assert "region" in run.steps
    assert "write" not in run.steps


def test_a_redirect_names_the_region_without_another_question() -> None:
    run = Run("amazon_s3", lambda r: REDIRECT if r.method == "DELETE" else None)
    finding = next(each for each in run.one.findings if each.name == "wrong-region")
    assert finding.evidence["region_expected"] == "eu-west-1"
    assert finding.fix is not None
    assert [each.value for each in finding.fix.patch] == ["eu-west-1"]


def test_the_encryption_header_is_tried_after_a_refused_write() -> None:
    denied = says("s3:PutObject", "with an explicit deny in a resource-based policy")
    run = Run("amazon_s3", lambda r: denied if step(r) == "write" and "x-amz-server-side-encryption" not in r.headers else None)
    assert run.names == ["encryption-header-required"]
    assert run.report.verdict == "fail"
    assert run.store.objects == {}
    finding = run.one.findings[0] if run.one.findings[0].name == run.names[0] else run.one.findings[1]
    assert finding.fix is not None
    assert [(each.path, each.value) for each in finding.fix.patch] == [("/parameters/explicit_sse", True)]


def test_explicit_sse_is_sent_with_every_write() -> None:
    run = Run("amazon_s3", explicit_sse=True)
    assert [each.headers.get("x-amz-server-side-encryption") for each in run.requests if each.method == "PUT"] == ["AES256"]


def test_the_made_up_etags_are_never_the_same() -> None:
    tags = [each.headers["if-match"] for _ in range(3) for each in Run("amazon_s3").requests if step(each) == "rehearse-delete"]
    assert len(set(tags)) == len(tags) > 3


def ignoring_versioned(store: S3Store, *, write: Answer | None = None) -> Callable[[Request], Answer | None]:
    """Always versioned, knows no conditions and does not say so, and the key may not delete versions: Backblaze-like."""

    def answer(request: Request) -> Answer | None:
        if step(request) == "cleanup-versions":
            return PLAIN
        if request.method == "PUT" and write:
            return write
        headers = {name: value for name, value in request.headers.items() if not name.startswith("if-")}
        return store.handle(Request(request.method, request.path, headers, request.body))

    return answer


def test_the_marker_of_a_rehearsal_is_reported_too() -> None:
    store = S3Store()
    run = Run("s3_compatible", ignoring_versioned(store), store=store, bucket="imagery-versioned")
    assert run.names == ["versions-remain"]
    assert {each.version_id for each in run.one.residue} == {version for _, version in store.versions}


def test_the_marker_of_a_rehearsal_is_reported_even_if_nothing_could_be_written() -> None:
    store = S3Store()
    run = Run("s3_compatible", ignoring_versioned(store, write=PLAIN), store=store, bucket="imagery-versioned")
    finding = next(each for each in run.one.findings if each.name == "write-denied")
    assert finding.severity == "error"
    assert {version for _, version in store.versions} == {each.version_id for each in run.one.residue}
    assert len(store.versions) == 2
    assert "versions-remain" in run.names


@pytest.mark.parametrize(("host", "style", "code", "tried"), [
    ("s3.example.com", False, "NoSuchBucket", [True]),
    ("s3.example.com", True, "SecondLevelDomainForbidden", [False]),
    ("s3.example.com", False, "dns", [True]),
    ("s3.example.com", False, "tls", [True]),
    ("s3.example.com", False, "refused", []),
    ("s3.example.com", False, "AccessDenied", []),
    ("oss-eu-central-1.aliyuncs.com", False, "NoSuchBucket", []),
    ("127.0.0.1", False, "NoSuchBucket", []),
])  # fmt: skip
def test_the_other_addressing_style_is_tried_where_it_may_matter(host: str, style: bool, code: str, tried: list[bool]) -> None:
    from validator.core.model import Kind, Mode, Observation, Secret
    from validator.providers.base import Failure, Options
    from validator.providers.s3.compatible import S3CompatibleParameters, provider

    values = S3CompatibleParameters("imagery-in", f"https://{host}", "us-east-1", "EXAMPLEKEY", Secret("EXAMPLE"), style)
    failure = Failure(Operation.DELETE, FILE, Mode.REHEARSED, Observation(Kind.OTHER, code=code))
    trials = list(provider.connect(values, Options()).experiments(failure))
    assert [each.parameters.use_path_style for each in trials] == tried
    assert all(each.finding == "wrong-addressing-style" and not each.performed for each in trials)
