"""The connection layer: one request, one answer, and every way in which no answer comes."""

from __future__ import annotations

import socket
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.support.connections import close_connections
from tests.support.wire import DRIP, GIBBERISH, RESET, TIMEOUT, Answer, Request, Wire, refused_port, wait_until
from validator.core.model import Secret
from validator.providers.common.bounded import LARGEST_ERROR
from validator.providers.s3 import http as s3
from validator.providers.s3 import transport
from validator.providers.s3.http import AccessKey, BucketAddress, S3Client, S3Error

KEY_ID, SECRET = "EXAMPLEKEYID", "EXAMPLE-wire-secret"


@pytest.fixture(autouse=True)
def _own_connections() -> Iterator[None]:
    close_connections()
    yield
    close_connections()


def client(root: str, *, key: str = KEY_ID, seconds: Callable[[], float] = lambda: 5.0, ca: str | None = None) -> S3Client:
    return S3Client(
        BucketAddress(root, "imagery-in", "eu-central-1", path_style=True), AccessKey(key, Secret(SECRET)), ca, seconds
    )


def failed(work: Callable[[], Any]) -> S3Error:
    with pytest.raises(S3Error) as caught:
        work()
    shown = "".join(traceback.format_exception(caught.value)) + repr(caught.value) + repr(caught.value.evidence)
    assert SECRET not in shown
    assert "Credential=" not in shown
    assert caught.value.__context__ is None
    return caught.value


@pytest.mark.parametrize(("number", "there"), [(socket.EAI_NONAME, "no"), (socket.EAI_AGAIN, "unknown")])
def test_a_name_that_does_not_exist_is_told_from_a_resolver_that_does_not_answer(
    number: int, there: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lookup(*_: object) -> None:
        raise socket.gaierror(number, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    error = failed(lambda: client("https://s3.example.com").send("GET", "k"))
    assert (error.fault, error.evidence["name_exists"]) == ("dns", there)


def test_refused() -> None:
    assert failed(lambda: client(f"http://127.0.0.1:{refused_port()}").send("GET", "k")).fault == "refused"


def test_tls_faults_say_which() -> None:
    with Wire(lambda _: Answer(), tls=True) as wire, Wire(lambda _: Answer()) as plain:
        error = failed(lambda: client(wire.url).send("GET", "k"))
        assert (error.fault, error.evidence["tls"]) == ("tls", "certificate-untrusted")
        error = failed(lambda: client(plain.url.replace("http", "https")).send("GET", "k"))
        assert (error.fault, error.evidence["tls"]) == ("tls", "not-tls")
        error = failed(lambda: client(wire.url, ca="/nowhere/ca.pem").send("GET", "k"))
        assert (error.fault, error.evidence["tls"]) == ("tls", "ca-bundle-unreadable")
        assert not wire.requests


def test_a_certificate_for_another_name_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    lookup = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, *more, **rest: lookup("127.0.0.1", *more, **rest))
    with Wire(lambda _: Answer(), tls=True) as wire:
        error = failed(lambda: client(f"https://s3.example.com:{wire.port}", ca=wire.ca).send("GET", "k"))
    assert (error.fault, error.evidence["tls"]) == ("tls", "hostname-mismatch")


@pytest.mark.parametrize(("answer", "fault"), [(TIMEOUT, "timeout"), (DRIP, "timeout"), (RESET, "reset")])
def test_no_answer(answer: Answer, fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if fault == "timeout":
        monkeypatch.setattr(s3, "CALL_LIMIT", 2.0)
    with Wire(lambda _: answer) as wire:
        started = time.monotonic()
        assert failed(lambda: client(wire.url).send("GET", "k")).fault == fault
        assert time.monotonic() - started < 60, "the server would be silent for two minutes"
        assert len(wire.requests) == 1


def test_a_key_that_no_header_may_hold() -> None:
    with Wire(lambda _: Answer()) as wire:
        assert failed(lambda: client(wire.url, key="EXAMPLE\nKEY").send("GET", "k")).fault == "unsendable"
        assert not wire.requests


def test_nothing_is_written_when_the_time_is_over() -> None:
    """Whoever waited has given up, and has tried to clean up: a late write would stay."""
    with Wire(lambda _: Answer(200, {"ETag": '"x"'})) as wire:
        assert failed(lambda: client(wire.url, seconds=lambda: 0.0).send("PUT", "k", body=b"x")).fault == "timeout"
        assert not wire.requests
        assert failed(lambda: client(wire.url, seconds=lambda: 0.0).send("DELETE", "k")).fault == "timeout"
        assert not wire.requests


def test_a_connection_that_took_too_long_sends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    lookup = socket.getaddrinfo
    clock = [0.0]
    # There alone: what watches over others' requests goes by the real one.
    monkeypatch.setattr(s3, "time", SimpleNamespace(monotonic=lambda: clock[0]))

    def slow(*more: Any, **rest: Any) -> Any:
        clock[0] += 10.0
        return lookup(*more, **rest)

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    with Wire(lambda _: Answer(200, {"ETag": '"x"'})) as wire:
        assert failed(lambda: client(wire.url).send("PUT", "k", body=b"x")).fault == "timeout"
        assert not wire.requests


@pytest.mark.parametrize("status", [301, 302, 307, 308, 400, 403, 418, 500, 503])
def test_redirects_are_not_followed_and_nothing_is_tried_again(status: int) -> None:
    with Wire(lambda _: Answer(status, {"Location": "/elsewhere", "x-amz-request-id": "EXAMPLE"})) as wire:
        error = failed(lambda: client(wire.url).send("GET", "k"))
        assert (error.status, error.code, error.request_id) == (status, "", "EXAMPLE")
        assert len(wire.requests) == 1


def test_the_error_document_is_kept_whole() -> None:
    body = b"<Error><Code>C</Code><Message>M</Message><Region>eu-west-1</Region><RequestId>R</RequestId></Error>"
    with Wire(lambda _: Answer(400, {"Server": "MinIO"}, body)) as wire:
        error = failed(lambda: client(wire.url).send("DELETE", "k", headers={"If-Match": '"x"'}))
    assert (error.code, error.message, error.details["Region"], error.request_id) == ("C", "M", "eu-west-1", "R")
    assert (error.method, error.condition, error.headers["server"][-5:]) == ("DELETE", "If-Match", "MinIO")


def test_a_web_page_is_kept_in_part() -> None:
    with Wire(lambda _: GIBBERISH) as wire:
        error = failed(lambda: client(wire.url).send("GET", "k"))
    assert error.body.startswith(b"<html>")
    assert not error.details


def test_an_endless_answer_is_cut() -> None:
    with Wire(lambda _: Answer(200, {}, b"x" * (s3.BODY_LIMIT + 70000))) as wire:
        assert len(client(wire.url).send("GET", "k").body) == LARGEST_ERROR
    with Wire(lambda _: Answer(200, {}, b"\n<a>" + b"x" * (s3.BODY_LIMIT + 70000))) as wire:
        assert len(client(wire.url).send("GET", "k").body) == s3.BODY_LIMIT


@pytest.mark.parametrize("tls", [False, True])
def test_connections_are_shared_by_all_clients(tls: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    connects = 0
    connect = socket.socket.connect

    def counting(self: socket.socket, address: Any) -> None:
        nonlocal connects
        connects += address[1] == wire.port  # another test's thread may still connect elsewhere
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", counting)
    with Wire(lambda _: Answer(200, {}, b"x"), tls=tls) as wire:
        for number in range(5):
            assert client(wire.url, key=f"EXAMPLE{number}", ca=wire.ca or None).send("GET", "k").body == b"x"
        assert len(wire.requests) == 5
    assert connects == 1


def test_a_connection_that_lay_idle_is_not_used_again(monkeypatch: pytest.MonkeyPatch) -> None:
    with Wire(lambda _: Answer(200, {}, b"x")) as wire:
        client(wire.url).send("GET", "k")
        monkeypatch.setattr(transport, "IDLE_LIMIT", 0.0)
        client(wire.url).send("GET", "k")
        assert len(wire.requests) == 2


def test_nothing_ambient_leaks_in(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "AWS_ACCESS_KEY_ID": "AKIAAMBIENTEXAMPLE00", "AWS_SECRET_ACCESS_KEY": "EXAMPLE", "AWS_SESSION_TOKEN": "EXAMPLEtoken",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:1", "AWS_PROFILE": "missing",
        "AWS_REGION": "xx-none-1", "AWS_USE_FIPS_ENDPOINT": "true", "AWS_MAX_ATTEMPTS": "9",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    with Wire(lambda _: Answer(200)) as wire:
        client(wire.url).send("GET", "k")
        sent = wire.requests[0]
    assert f"Credential={KEY_ID}/" in sent.headers["authorization"]
    assert "/eu-central-1/s3/" in sent.headers["authorization"]
    assert "x-amz-security-token" not in sent.headers
    assert len(wire.requests) == 1


def test_the_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Request] = []

    def handle(request: Request) -> Answer:
        asked.append(request)
        return Answer(200, {}, b"by proxy")

    with Wire(handle) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        assert client("http://s3.example.com").send("GET", "k").body == b"by proxy"
        assert asked[0].path == "http://s3.example.com/imagery-in/k"
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        with Wire(lambda _: Answer(200, {}, b"direct")) as direct:
            assert client(direct.url).send("GET", "k").body == b"direct"


def test_the_ca_bundle_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with Wire(lambda _: Answer(200), tls=True) as wire:
        monkeypatch.setenv("AWS_CA_BUNDLE", wire.ca)
        assert client(wire.url).send("GET", "k").status == 200


def test_importing_a_provider_loads_no_sdk() -> None:
    import subprocess
    import sys

    code = "import sys, validator.providers.s3.amazon, validator.providers.s3.compatible; print([m for m in sys.modules if m.startswith(('botocore', 'urllib3', 'boto3', 'email', 'http.client'))])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_idle_connections_of_few_kinds_of_trust_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """A library's process may meet any number of CA bundles and proxies: only the last used keep their connections."""

    def open_files() -> int:
        return sum(1 for _ in Path("/proc/self/fd").iterdir())

    with Wire(lambda request: Answer(200)) as wire:
        before = open_files()
        for number in range(4 * transport.MANAGERS):
            monkeypatch.setenv("AWS_CA_BUNDLE", f"bundle-{number}.pem")  # read for TLS alone
            client(wire.url).send("GET", "planetverify.txt")
        wait_until(lambda: open_files() - before <= 2 * transport.MANAGERS)  # both ends are this process
