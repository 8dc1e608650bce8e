"""The client under a Google check: nothing ambient reaches it, nothing runs behind it, nothing is asked twice."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.wire import Answer, Request, Wire, refused_port, wait_until
from validator.core.model import Kind, Operation, Secret
from validator.demo.emulators.gcs import StandIn
from validator.demo.emulators.http import Reply
from validator.providers.base import Options, Receipt
from validator.providers.gcs.bucket import GoogleBucket
from validator.providers.gcs.errors import ConditionIgnored, UnexpectedAnswer, classify
from validator.providers.gcs.parameters import GoogleParameters
from validator.providers.gcs.provider import provider

pytestmark = pytest.mark.usefixtures("documented")
"""What is played here is the vendor's own address."""

THREE = ("storage.objects.create", "storage.objects.get", "storage.objects.delete")


@pytest.fixture
def cloud() -> Iterator[StandIn]:
    with StandIn() as made:
        yield made


def connect(cloud: StandIn, *permissions: str, **options: Any) -> GoogleBucket:
    account = cloud.account(f"planet{len(cloud.cloud.accounts)}").allow(*(permissions or THREE))
    parameters = GoogleParameters("imagery-in", Secret(account.credentials()))
    made = provider.connect(parameters, Options(**{"endpoint": cloud.url, "seconds": lambda: 5.0, **options}))
    assert isinstance(made, GoogleBucket)
    return made


def failing(work: Any) -> Exception:
    with pytest.raises(Exception) as caught:
        work()
    return caught.value


def test_connecting_asks_nothing(cloud: StandIn) -> None:
    with connect(cloud):
        assert cloud.requests == []


def test_connecting_does_not_test_anew_whether_a_keys_factors_are_primes(
    cloud: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It takes longer than all else in a check, and lint has held the key's numbers against each other."""
    from cryptography.hazmat.primitives import serialization

    load, skipped = serialization.load_pem_private_key, []

    def loading(*given: Any, **named: Any) -> Any:
        skipped.append(named.get("unsafe_skip_rsa_key_validation"))
        return load(*given, **named)

    monkeypatch.setattr(serialization, "load_pem_private_key", loading)
    cloud.bucket("imagery-in")
    with connect(cloud) as bucket:
        bucket.write("a.txt", b"content")
    assert skipped == [True]


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("STORAGE_EMULATOR_HOST", "http://127.0.0.1:9"),
        ("API_ENDPOINT_OVERRIDE", "http://127.0.0.1:9"),
        ("GOOGLE_API_USE_MTLS_ENDPOINT", "always"),
        ("GOOGLE_CLOUD_PROJECT", "EXAMPLE-other-project"),
        ("GOOGLE_APPLICATION_CREDENTIALS", "/nonexistent/key.json"),
        ("GOOGLE_CLOUD_UNIVERSE_DOMAIN", "cloud.example"),
        ("GOOGLE_API_USE_CLIENT_CERTIFICATE", "true"),
        ("ENABLE_GCS_PYTHON_CLIENT_OTEL_TRACES", "true"),
    ],
)
def test_the_environment_changes_nothing(cloud: StandIn, monkeypatch: pytest.MonkeyPatch, variable: str, value: str) -> None:
    monkeypatch.setenv(variable, value)
    cloud.bucket("imagery-in")
    with connect(cloud) as bucket:
        receipt = bucket.write("a.txt", b"content")
        assert bucket.read("a.txt") == b"content"
        bucket.delete("a.txt", receipt, b"content")
    assert len(cloud.requests) == 4


def test_destinations_of_one_run_share_an_account_s_token_and_each_masks_it(cloud: StandIn) -> None:
    account = cloud.account("planet").allow(*THREE)
    shared: dict[Any, Any] = {}
    told: list[list[Any]] = []
    for place in ("imagery-in", "imagery-out"):
        cloud.bucket(place)
        seen: list[Any] = []
        told.append(seen)
        options = Options(endpoint=cloud.url, seconds=lambda: 5.0, remember=seen.append, shared=shared)
        with provider.connect(GoogleParameters(place, Secret(account.credentials())), options) as bucket:
            bucket.write("a.txt", b"content")
    assert sum("token" in each.path for each in cloud.requests) == 1
    (first, second) = told
    assert len(second) == 1
    assert second[0] in first


def test_netrc_is_not_looked_into(cloud: StandIn, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login EXAMPLE password EXAMPLE\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    cloud.bucket("imagery-in")
    with connect(cloud) as bucket:
        assert bucket.write("a.txt", b"content").pin


def test_the_environment_s_proxy_is_asked_and_left_out_where_it_says_so(
    cloud: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud.bucket("imagery-in")
    account = cloud.account("planet").allow(*THREE)
    with Wire(lambda request: Answer(401)) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        with connect(cloud) as bucket:
            assert bucket.write("a.txt", b"content").pin
        account.token_uri = "http://storage.example.com/token"
        parameters = GoogleParameters("imagery-in", Secret(account.credentials()))
        with provider.connect(parameters, Options(endpoint="http://storage.example.com")) as bucket:
            assert classify(failing(lambda: bucket.read("a.txt"))).status == 401
        assert [each.path for each in proxy.requests] == ["http://storage.example.com/token"]


def test_the_caller_s_certificates_win_over_the_environment_s(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "empty.pem").write_text("")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "empty.pem"))
    with StandIn() as cloud, Wire(lambda request: Answer(401), tls=True) as wire:
        account = cloud.account("planet")
        account.token_uri = f"{wire.url}/token"
        parameters = GoogleParameters("imagery-in", Secret(account.credentials()))
        with provider.connect(parameters, Options(endpoint=wire.url, ca_bundle=wire.ca)) as bucket:
            assert classify(failing(lambda: bucket.read("a.txt"))).status == 401
        monkeypatch.delenv("REQUESTS_CA_BUNDLE")
        with provider.connect(parameters, Options(endpoint=wire.url)) as bucket:
            assert classify(failing(lambda: bucket.read("a.txt"))).code == "tls"


def test_no_metadata_is_asked_for_in_the_background(cloud: StandIn) -> None:
    """The SDK's own thread for it is answered without a request; an SDK that asks in another way must fail here."""
    cloud.bucket("imagery-in")
    before = set(threading.enumerate())
    started: list[str] = []
    start = threading.Thread.start

    def noting(self: threading.Thread) -> None:
        started.append(repr(getattr(self, "_target", self)))
        start(self)

    with pytest.MonkeyPatch.context() as patch, connect(cloud, *THREE, "storage.buckets.get") as bucket:
        patch.setattr(threading.Thread, "start", noting)
        bucket.write("a.txt", b"content")
        failing(lambda: bucket.read("absent.txt"))
        assert bucket.stat("absent.txt") is None
        bucket.retention_blockers()
        failing(lambda: bucket.rehearse(Operation.DELETE, "a.txt"))
    asking = [each for each in started if "google" in each or "boundary" in each.lower()]
    assert [each for each in asking if "BucketMetadataCache._fetch_background" not in each] == []
    wait_until(
        lambda: not [each for each in set(threading.enumerate()) - before if "_fetch" in repr(getattr(each, "_target", ""))]
    )
    assert not [
        each for each in cloud.requests if "projection=noAcl" in each.path and each.path.startswith("/storage/v1/b/imagery-in?")
    ]
    assert not [each for each in cloud.requests if "allowedLocations" in each.path]


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_nothing_is_asked_twice(cloud: StandIn, status: int) -> None:
    cloud.bucket("imagery-in")
    with connect(cloud) as bucket:
        bucket.write("a.txt", b"content")
        cloud.requests.clear()
        cloud.intercept = lambda method, target: Reply(status)
        works = [
            lambda: bucket.write("b.txt", b""),
            lambda: bucket.read("a.txt"),
            lambda: bucket.stat("a.txt"),
            lambda: bucket.list(""),
            lambda: bucket.delete("a.txt", Receipt("7"), b""),
            lambda: bucket.rehearse(Operation.DELETE, "a.txt"),
            lambda: bucket.rehearse(Operation.WRITE, "a.txt"),
        ]
        for number, work in enumerate(works, 1):
            assert classify(failing(work)).kind is Kind.TRANSIENT
            assert len([each for each in cloud.requests if "testPermissions" not in each.path]) == number
        assert len([each for each in cloud.requests if "testPermissions" in each.path]) <= 1


def test_a_busy_token_endpoint_is_asked_once(cloud: StandIn) -> None:
    cloud.intercept = lambda method, target: Reply(503)
    with connect(cloud) as bucket:
        assert classify(failing(lambda: bucket.read("a.txt"))).kind is Kind.TRANSIENT
    assert len(cloud.requests) == 1


def test_a_refused_token_401_is_not_answered_with_another(cloud: StandIn) -> None:
    cloud.bucket("imagery-in")
    with connect(cloud) as bucket:
        bucket.write("a.txt", b"content")
        cloud.cloud.tokens.clear()
        cloud.requests.clear()
        seen = classify(failing(lambda: bucket.stat("a.txt")))
    assert (seen.kind, seen.status, seen.code) == (Kind.UNAUTHENTICATED, 401, "authError")
    assert len(cloud.requests) == 1


def test_redirects_are_not_followed() -> None:
    asked: list[Request] = []

    def elsewhere(request: Request) -> Answer:
        asked.append(request)
        return Answer(302, {"location": "http://127.0.0.1:9/stolen"})

    with StandIn() as cloud, Wire(elsewhere) as wire:
        account = cloud.account("planet")
        account.token_uri = f"{wire.url}/token"
        with provider.connect(
            GoogleParameters("imagery-in", Secret(account.credentials())), Options(endpoint=wire.url)
        ) as bucket:
            assert classify(failing(lambda: bucket.read("a.txt"))).status == 302
    assert len(asked) == 1


def test_the_token_goes_to_one_host_only(cloud: StandIn) -> None:
    with connect(cloud) as bucket:
        transport = bucket.transport
        assert isinstance(failing(lambda: transport.request("GET", f"{cloud.url}.example/b")), UnexpectedAnswer)
        assert isinstance(
            failing(lambda: transport.request("GET", "https://iamcredentials.googleapis.com/v1")), UnexpectedAnswer
        )
    assert cloud.requests == []


def test_a_token_uri_of_another_host_is_refused_even_without_lint(cloud: StandIn) -> None:
    account = cloud.account("planet")
    account.token_uri = "http://127.0.0.1:9/token"
    error = failing(
        lambda: provider.connect(GoogleParameters("imagery-in", Secret(account.credentials())), Options(endpoint=cloud.url))
    )
    assert isinstance(error, ValueError)


def test_a_store_that_ignores_conditions_is_found_out(cloud: StandIn) -> None:
    bucket_state = cloud.bucket("imagery-in")
    with connect(cloud) as bucket:
        cloud.intercept = lambda method, target: Reply(204) if method == "DELETE" and "ifGenerationMatch=1&" in target else None
        assert isinstance(failing(lambda: bucket.rehearse(Operation.DELETE, "a.txt")), ConditionIgnored)
        cloud.intercept = lambda method, target: (
            Reply.json({"name": "a.txt", "bucket": "imagery-in", "generation": "5"}) if target.startswith("/upload") else None
        )
        assert isinstance(failing(lambda: bucket.rehearse(Operation.WRITE, "a.txt")), ConditionIgnored)
        cloud.intercept = lambda method, target: Reply.json({"name": "a.txt"}) if target.startswith("/upload") else None
        assert isinstance(failing(lambda: bucket.write("a.txt", b"")), UnexpectedAnswer)
    assert bucket_state.objects == {}


def test_a_delete_without_a_receipt_knows_its_own(cloud: StandIn) -> None:
    state = cloud.bucket("imagery-in", versioning=True)
    with connect(cloud) as bucket:
        state.put("a.txt", b"somebody's", cloud.now())
        assert classify(failing(lambda: bucket.delete("a.txt", None, b"ours"))).kind is Kind.PRECONDITION
        assert state.objects["a.txt"].data == b"somebody's"
        state.put("b.txt", b"ours", cloud.now())
        bucket.delete("b.txt", None, b"ours")
        assert "b.txt" not in state.objects
        assert state.noncurrent == []
        assert classify(failing(lambda: bucket.delete("c.txt", None, b"ours"))).kind is Kind.ABSENT


def test_a_delete_with_a_receipt_removes_nothing_else(cloud: StandIn) -> None:
    state = cloud.bucket("imagery-in")
    with connect(cloud) as bucket:
        receipt = bucket.write("a.txt", b"ours")
        state.put("a.txt", b"somebody's", cloud.now())
        assert classify(failing(lambda: bucket.delete("a.txt", receipt, b"ours"))).kind in (Kind.ABSENT, Kind.PRECONDITION)
    assert state.objects["a.txt"].data == b"somebody's"


def test_a_create_never_overwrites(cloud: StandIn) -> None:
    state = cloud.bucket("imagery-in")
    state.put("a.txt", b"somebody's", cloud.now())
    with connect(cloud) as bucket:
        assert classify(failing(lambda: bucket.write("a.txt", b"ours"))).kind is Kind.EXISTS
        found = bucket.stat("a.txt")
        assert found is not None
        assert (found.size, found.body) == (10, b"somebody's")
        assert failing(lambda: bucket.list("")).code == 403
    assert state.objects["a.txt"].data == b"somebody's"
    with connect(cloud, "storage.objects.list") as bucket:
        assert bucket.list("a") == ["a.txt"]


@pytest.mark.parametrize(
    ("url", "code"),
    [("http://127.0.0.1:{port}", "refused"), ("http://nowhere.invalid", "dns")],
)
def test_no_answer(url: str, code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import socket

    resolve = socket.getaddrinfo

    def without_names(host: Any, *more: Any, **named: Any) -> Any:
        if host != "127.0.0.1":
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return resolve(host, *more, **named)

    monkeypatch.setattr(socket, "getaddrinfo", without_names)
    place = url.format(port=refused_port())
    with StandIn() as cloud:
        account = cloud.account("planet")
        account.token_uri = f"{place}/token"
        with provider.connect(GoogleParameters("imagery-in", Secret(account.credentials())), Options(endpoint=place)) as bucket:
            seen = classify(failing(lambda: bucket.read("a.txt")))
    assert (seen.kind, seen.code) == (Kind.UNREACHABLE, code)


def test_a_server_that_does_not_answer_in_time() -> None:
    from tests.support.wire import TIMEOUT

    with StandIn() as cloud, Wire(lambda request: TIMEOUT) as wire:
        account = cloud.account("planet")
        account.token_uri = f"{wire.url}/token"
        options = Options(endpoint=wire.url, seconds=lambda: 0.2)
        with provider.connect(GoogleParameters("imagery-in", Secret(account.credentials())), options) as bucket:
            seen = classify(failing(lambda: bucket.read("a.txt")))
    assert (seen.kind, seen.code) == (Kind.UNREACHABLE, "timeout")


@pytest.mark.parametrize(
    "error", [RuntimeError("odd"), ValueError(), KeyError("x"), RecursionError(), OSError("disk"), Exception(Exception("a"))]
)
def test_observe_is_total(error: Exception) -> None:
    assert classify(error).kind is Kind.OTHER


def test_wrapped_errors_are_unwrapped() -> None:
    import requests
    from google.api_core.exceptions import RetryError
    from google.auth.exceptions import TransportError

    lost = requests.exceptions.ConnectionError("Connection aborted.")
    for error in (RetryError("gave up", lost), TransportError(lost), RetryError("gave up", TransportError(lost))):
        assert classify(error).kind is Kind.UNREACHABLE
