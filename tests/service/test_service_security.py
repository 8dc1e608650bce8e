"""The HTTP service under attack, and under load: who is let in, how much they may bring, and that nothing stays or shows."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import resource
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.support.secret_forms import forms
from tests.support.service_runner import InProcess, Served
from tests.support.wire import TIMEOUT, Wire, wait_until
from validator.checking.assemble import Settings
from validator.core.errors import ValidatorError
from validator.demo.emulators.s3 import Exchange, S3Emulator, UserKey
from validator.service import connections
from validator.service import server as serve
from validator.service.app import Problem
from validator.service.middleware import client_network

CANARY = "CANARY/EXAMPLE+secret%41value=="
SECURITY = {
    "content-security-policy": "default-src 'none'",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
}


@pytest.fixture
def s3() -> Iterator[S3Emulator]:
    with S3Emulator() as emulator:
        emulator.bucket("imagery-in")
        yield emulator


@pytest.fixture
def good(s3: S3Emulator) -> UserKey:
    return s3.user("planet")


def request(key: UserKey, **changes: Any) -> dict[str, Any]:
    parameters = {
        "bucket": "imagery-in",
        "aws_region": "eu-central-1",
        "aws_access_key_id": key.access_key_id,
        "aws_secret_access_key": key.secret_access_key,
    }
    return {"name": "my imagery", "type": "amazon_s3", "parameters": {**parameters, **changes}}


def compatible(url: str, **changes: Any) -> dict[str, Any]:
    parameters = {
        "bucket": "imagery-in",
        "endpoint": url,
        "region": "eu-central-1",
        "access_key_id": "EXAMPLEKEY1234567890",
        "secret_access_key": CANARY,
        "use_path_style": True,
    }
    return {"name": "other imagery", "type": "s3_compatible", "parameters": {**parameters, **changes}}


def settings(s3: S3Emulator, **changes: Any) -> Settings:
    return Settings(**{"timeout": 20, "endpoints": {"amazon_s3": s3.url}, **changes})


class Held:
    """Holds an emulator's answers of one method until it is told to let go."""

    def __init__(self, s3: S3Emulator, method: str) -> None:
        self.method = method
        self.reached = threading.Semaphore(0)
        self.let_go = threading.Event()
        s3.before_answer = self._wait

    def _wait(self, exchange: Exchange) -> None:
        if exchange.method == self.method:
            self.reached.release()
            self.let_go.wait(20)


def raw(port: int, *parts: bytes, seconds: float = 20.0) -> bytes:
    """What comes back until the service hangs up."""
    with socket.create_connection(("127.0.0.1", port), timeout=seconds) as connection:
        for part in parts:
            connection.sendall(part)
        received = b""
        with contextlib.suppress(ConnectionResetError):
            while chunk := connection.recv(65536):
                received += chunk
        return received


# ---- who is let in ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def plain() -> Iterator[InProcess]:
    with InProcess(hosts=frozenset({"localhost", "validator.example.org"})) as running:
        yield running


@pytest.mark.parametrize(
    "path",
    [
        "/v1/checks",
        "/v1/lint",
        "/v1/diagnose",
        "/v1/policy",
        "/v1/sweep",
        "/v1/findings",
        "/v1/types",
        "/v1/findings/x",
        "/v1/nothing",
    ],
)
@pytest.mark.parametrize(
    "given", [None, "", "Bearer", "Bearer ", "Bearer wrong", "Basic {token}", "{token}", "Bearer {token}x", "Bearer \xff"]
)
def test_without_the_token_nothing_is_told(plain: InProcess, path: str, given: str | None) -> None:
    headers = {} if given is None else {"authorization": given.format(token=plain.token)}
    answer = plain.client.ask("POST", path, {}, token=False, headers=headers)
    assert answer.status == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.headers["content-type"] == "application/problem+json"


def test_the_token_is_compared_whatever_the_case_of_bearer(plain: InProcess) -> None:
    assert plain.client.ask("GET", "/v1/types", token=False, headers={"authorization": f"bearer {plain.token}"}).status == 200


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1", 200), ("localhost:8080", 200), ("LOCALHOST", 200), ("[::1]:8080", 200), ("10.1.2.3:8080", 200), ("validator.example.org", 200),
        ("evil.example.org", 421), ("localhost.evil.example.org", 421), ("127.0.0.1.evil.example.org", 421), ("", 421), ("2130706433", 421), ("[::1", 200),
    ],
)  # fmt: skip
@pytest.mark.parametrize("path", ["/", "/v1/types", "/metrics", "/healthz", "/openapi.json"])
def test_a_name_that_is_not_ours_is_a_rebinding_name(plain: InProcess, host: str, status: int, path: str) -> None:
    assert plain.client.ask("GET", path, headers={"host": host}).status == status


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("https://evil.example.org", 403),
        ("null", 403),
        ("http://127.0.0.1:1", 403),
        ("http://localhost", 200),
        ("https://localhost", 200),
    ],
)
def test_other_sites_pages_may_not_post(plain: InProcess, origin: str, status: int) -> None:
    source = {"type": "amazon_s3", "parameters": {}}
    answer = plain.client.ask("POST", "/v1/lint", source, headers={"host": "localhost", "origin": origin})
    assert answer.status == status
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize(
    "path",
    ["/", "/app.js", "/source.js", "/app.css", "/v1/types", "/healthz", "/metrics", "/nothing", "/v1/checks", "/openapi.json"],
)
@pytest.mark.parametrize("token", [True, False])
def test_every_answer_has_the_security_headers(plain: InProcess, path: str, token: bool) -> None:
    answer = plain.client.ask("GET", path, token=token)
    for name, value in SECURITY.items():
        assert answer.headers[name].startswith(value), (path, name)
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert "server" not in answer.headers


@pytest.mark.parametrize(("trusted", "status"), [((), 429), (("10.0.0.0/8",), 429), (("127.0.0.0/8",), 200)])
def test_only_a_trusted_proxys_word_is_believed(s3: S3Emulator, good: UserKey, trusted: tuple[str, ...], status: int) -> None:
    held = Held(s3, "DELETE")
    with InProcess(settings(s3), trusted, in_flight_each=1) as service:
        checking = threading.Thread(target=service.client.check, args=(request(good),))
        checking.start()
        assert held.reached.acquire(timeout=10)
        held.method = "nothing"  # only the first one waits
        answer = service.client.ask("POST", "/v1/checks", request(good), headers={"x-forwarded-for": "203.0.113.9"})
        held.let_go.set()
        checking.join(20)
    assert answer.status == status


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.org"])  # noqa: S104 - what is refused
def test_beyond_loopback_it_does_not_start_without_a_token(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValidatorError, match="needs a token"):
        serve.run(host=host)
    monkeypatch.setenv("PLANET_VALIDATOR_TOKEN", "short")
    with pytest.raises(ValidatorError, match="16 or more"):
        serve.run(host=host)


def test_the_command_says_so_in_one_line() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "validator", "serve", "--host", "192.0.2.1"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 2
    assert "openssl rand -hex 32" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_port_that_is_taken_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serve, "_quiet_logs", lambda: None)
    monkeypatch.setattr(serve, "_no_core_dumps", lambda: None)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(ValidatorError, match=r"cannot listen on 127\.0\.0\.1"):
            serve.run(port=taken.getsockname()[1], allow_private_endpoints=True, say=lambda line: None)


# ---- how much, how slowly, how many ----------------------------------------------------------------------------------


def head(service: InProcess | Served, *more: str, path: str = "/v1/lint") -> bytes:
    lines = [
        f"POST {path} HTTP/1.1",
        "host: localhost",
        f"authorization: Bearer {service.token}",
        "content-type: application/json",
        *more,
    ]
    return "\r\n".join([*lines, "", ""]).encode()


def test_a_body_that_is_too_large_is_not_read(plain: InProcess) -> None:
    assert b" 413 " in raw(plain.client.port, head(plain, "content-length: 104857600"))
    assert b" 413 " in raw(plain.client.port, head(plain, f"content-length: {'9' * 20}"))


def test_a_body_that_does_not_come_is_not_waited_for() -> None:
    with InProcess(body_seconds=0.3) as service:
        assert b" 408 " in raw(service.client.port, head(service, "content-length: 100"), b"{")


def test_a_head_that_does_not_come_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "HEADER_SECONDS", 0.3)
    with InProcess() as service:
        assert raw(service.client.port) == b""
        assert raw(service.client.port, b"POST /v1/lint HTTP/1.1\r\nhost: loc") == b""
        # Nor is the second one of a connection.
        answered = raw(
            service.client.port, b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n", b"GET /healthz HTTP/1.1\r\nhost:"
        )
        assert answered.count(b"HTTP/1.1 200") == 1


@pytest.mark.parametrize(
    "lengths",
    [
        ("content-length: 4", "transfer-encoding: chunked"),
        ("transfer-encoding: chunked", "content-length: 4"),
        ("content-length: 0", "transfer-encoding: chunked"),
        ("transfer-encoding: chunked", "transfer-encoding: chunked"),
    ],
)
def test_two_lengths_of_one_request_get_one_answer(plain: InProcess, lengths: tuple[str, str]) -> None:
    second = b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n"
    received = raw(plain.client.port, head(plain, *lengths) + b"0\r\n\r\n" + second)
    assert received.startswith(b"HTTP/1.1 400 ")
    assert received.count(b"HTTP/1.1 ") == 1


def test_one_clients_connections_leave_room_for_the_others() -> None:
    with InProcess(connections=4) as service, contextlib.ExitStack() as stack:
        port = service.client.port
        half = [stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=20)) for _ in range(3)]
        with contextlib.suppress(ConnectionResetError):
            assert half[2].recv(1) == b"", "the third is closed unanswered"
        other = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=20, source_address=("127.0.0.2", 0)))
        other.sendall(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
        assert other.recv(12) == b"HTTP/1.1 200"
        half[0].close()
        wait_until(lambda: b" 200 " in _health(port))


def test_a_proxys_network_may_have_as_many_connections_as_it_speaks_for() -> None:
    with InProcess(connections=8, trusted=("127.0.0.0/8",)) as service, contextlib.ExitStack() as stack:
        port = service.client.port
        idle = [stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=20)) for _ in range(6)]
        assert b" 200 " in _health(port)  # an ingress that is asked by a thousand is no single client
        for each in idle:
            each.sendall(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
            assert each.recv(12) == b"HTTP/1.1 200"


def test_a_trusted_proxy_is_an_address(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("_quiet_logs", "_no_core_dumps"):
        monkeypatch.setattr(serve, name, lambda: None)
    with pytest.raises(ValidatorError, match="neither an IP address nor a network"):
        serve.run(allow_private_endpoints=True, trusted_proxies=["ingress.example.org"], say=lambda line: None)


def _health(port: int) -> bytes:
    with contextlib.suppress(OSError):
        return raw(port, b"GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
    return b""


@pytest.mark.parametrize("address", ["2001:db8::1", "2001:db8::ffff:1", "192.0.2.1", "a pipe"])
def test_of_ipv6_a_client_has_a_whole_network(address: str) -> None:
    expected = "2001:db8::/64" if ":" in address else address
    assert client_network(address) == expected


def test_a_secret_in_a_names_place_is_not_told_by_what_is_wrong(plain: InProcess) -> None:
    secret = "wJalr" + "XUtnFEMI/K7MDENG/bPxRfiCYzzzzzzzz" + "9Q"
    assert len(secret) == 40
    document = Problem(
        400, f"It holds {secret}.", errors=[f"line 1: the request is read from ${{{secret}}}: \x1b[31m"]
    ).document
    assert secret not in json.dumps(document)
    assert "\\u001b" not in json.dumps(document)
    assert document["status"] == 400


def test_a_client_that_leaves_within_its_body_leaves_nothing_behind(plain: InProcess) -> None:
    for _ in range(40):  # more than have a place
        with socket.create_connection(("127.0.0.1", plain.client.port)) as connection:
            connection.sendall(head(plain, "content-length: 100") + b"{")
    wait_until(lambda: plain.client.ask("POST", "/v1/lint", {"type": "amazon_s3", "parameters": {}}).status == 200)


def test_so_many_at_a_time_and_no_more(s3: S3Emulator, good: UserKey) -> None:
    held = Held(s3, "DELETE")
    with InProcess(settings(s3), in_flight_each=2) as service:
        # Each on a bucket of its own name: the emulator takes one request after the other, and holds only the answers.
        threads = [threading.Thread(target=service.client.check, args=(request(good),)) for _ in range(2)]
        for thread in threads:
            thread.start()
        for _ in threads:
            assert held.reached.acquire(timeout=10)
        refused = service.client.ask("POST", "/v1/checks", request(good))
        assert refused.status == 429
        assert int(refused.headers["retry-after"]) > 0
        assert refused.json["detail"]
        assert service.client.ask("POST", "/v1/lint", request(good)).status == 200  # lint has places of its own
        assert b"planet_validator_in_flight 2.0" in service.client.ask("GET", "/metrics").body
        held.let_go.set()
        for thread in threads:
            thread.join(20)
        assert service.client.check(request(good))["verdict"] == "pass"
        assert b"planet_validator_in_flight 0.0" in service.client.ask("GET", "/metrics").body
    assert s3.objects("imagery-in") == {}


def test_a_hanging_bucket_does_not_starve_the_others(s3: S3Emulator, good: UserKey) -> None:
    with Wire(lambda _: TIMEOUT) as hanging, InProcess(settings(s3, timeout=9)) as service:
        threads = [threading.Thread(target=service.client.check, args=(compatible(hanging.url),)) for _ in range(4)]
        for thread in threads:
            thread.start()
        wait_until(lambda: len(hanging.requests) >= 4)
        assert service.client.check(request(good))["verdict"] == "pass"
        assert all(thread.is_alive() for thread in threads)
        service.app.state.desk.hurry()
        for thread in threads:
            thread.join(30)


@pytest.mark.parametrize("path", ["/v1/checks", "/v1/lint", "/v1/diagnose", "/v1/policy"])
def test_no_reading_keeps_the_others_waiting(monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    """Whatever reads a body is busy until the service has answered somebody else: it would never be done in the event loop."""
    asked, answered = threading.Event(), threading.Event()

    def busy(*_: Any, **__: Any) -> Any:
        asked.set()
        while not answered.is_set():  # holds the interpreter as a parser does
            pass
        raise ValidatorError("read")

    for place, name in (("service.api", "load_text"), ("diagnosing.diagnosis", "diagnose"), ("service.api", "_policy")):
        monkeypatch.setattr(f"validator.{place}.{name}", busy)
    with InProcess() as service:
        client = threading.Thread(target=service.client.ask, args=("POST", path, {"text": "403"}))
        client.start()
        try:
            assert asked.wait(30)
            for _ in range(3):
                assert service.client.ask("GET", "/healthz", token=False).status == 200
        finally:
            answered.set()
            client.join()


@pytest.mark.parametrize("accept", ["application/json", "text/event-stream"])
def test_no_report_is_written_in_the_event_loop(
    s3: S3Emulator, good: UserKey, monkeypatch: pytest.MonkeyPatch, accept: str
) -> None:
    written: list[str] = []
    for place in ("api", "streaming"):
        monkeypatch.setattr(
            f"validator.service.{place}.render", lambda *_: written.append(threading.current_thread().name) or "{}"
        )
    with InProcess(settings(s3)) as service:
        assert service.client.ask("POST", "/v1/checks", request(good), headers={"accept": accept}).status == 200
    assert len(written) == 1
    assert written[0].startswith("check")


def test_a_request_as_a_whole_is_bounded(s3: S3Emulator) -> None:
    with Wire(lambda _: TIMEOUT) as hanging, InProcess(settings(s3, timeout=60, jobs=1), request_seconds=0.5) as service:
        began = time.monotonic()
        report = service.client.check([compatible(hanging.url, bucket=f"bucket-{number}") for number in range(10)])
        assert time.monotonic() - began < 20
    assert report["verdict"] == "inconclusive"
    assert {each["findings"][0]["name"] for each in report["destinations"]} == {"interrupted"}


def test_a_hundred_megabytes_do_not_fill_the_memory(s3: S3Emulator) -> None:
    with Served() as service:
        before = service.memory()
        chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
        received = b""
        with (
            contextlib.suppress(OSError),
            socket.create_connection(("127.0.0.1", service.client.port), timeout=20) as connection,
        ):
            connection.sendall(head(service, "transfer-encoding: chunked"))
            for _ in range(1600):
                connection.sendall(chunk)
        received = raw(service.client.port, head(service, "transfer-encoding: chunked"), chunk * 17)
        assert b" 413 " in received
        assert service.memory() - before < 40
        assert service.client.ask("GET", "/healthz").status == 200


def test_a_thousand_posts_at_once(s3: S3Emulator, good: UserKey) -> None:
    import httpx

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < 4096:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(4096, hard), hard))
    with Served(("--allow-private-endpoints", "--endpoint", f"amazon_s3={s3.url}")) as service:
        body = json.dumps(request(good))
        headers = {"authorization": f"Bearer {service.token}", "content-type": "application/json"}

        async def post(client: httpx.AsyncClient) -> httpx.Response:
            return await client.post(f"http://127.0.0.1:{service.client.port}/v1/checks", content=body, headers=headers)

        async def all_at_once() -> list[httpx.Response]:
            limits = httpx.Limits(max_connections=None)
            async with httpx.AsyncClient(limits=limits, timeout=60, trust_env=False) as client:
                return await asyncio.gather(*(post(client) for _ in range(1000)))

        answers = asyncio.run(all_at_once())
        memory = service.memory()
        statuses = {answer.status_code for answer in answers}
        assert statuses == {200, 429}
        for answer in answers:
            if answer.status_code == 200:
                # They share a bucket, and may see each other's file.
                found = [each["name"] for each in answer.json()["destinations"][0]["findings"]]
                assert (answer.json()["verdict"], found) in [("pass", []), ("warn", ["lingering-file"])]
            else:
                assert answer.headers["content-type"] == "application/problem+json"
                assert answer.headers["retry-after"]
        assert memory < 300
        assert service.client.check(request(good))["verdict"] == "pass"
    assert s3.objects("imagery-in") == {}


# ---- nothing stays ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("accept", ["application/json", "text/event-stream"])
def test_a_connection_that_drops_within_a_check_leaves_no_file(s3: S3Emulator, good: UserKey, accept: str) -> None:
    held = Held(s3, "PUT")
    with InProcess(settings(s3)) as service:
        body = json.dumps(request(good)).encode()
        with socket.create_connection(("127.0.0.1", service.client.port)) as connection:
            connection.sendall(head(service, f"accept: {accept}", f"content-length: {len(body)}", path="/v1/checks") + body)
            assert held.reached.acquire(timeout=10)
            assert len(s3.objects("imagery-in")) == 1
        held.let_go.set()
        wait_until(lambda: service.app.state.desk.gate.inside() == 0, 15)
    assert s3.objects("imagery-in") == {}


def test_sigterm_within_a_check_leaves_no_file(s3: S3Emulator, good: UserKey) -> None:
    with Served(("--allow-private-endpoints", "--endpoint", f"amazon_s3={s3.url}")) as service:

        def end(exchange: Exchange) -> None:
            if exchange.method == "PUT":
                service.process.terminate()

        s3.before_answer = end
        report = service.client.check(request(good))
        assert report["destinations"][0]["residue"] == []
        assert service.process.wait(30) == 0
    assert [each.method for each in s3.requests].count("PUT") == 1
    assert s3.objects("imagery-in") == {}


# ---- nothing shows ---------------------------------------------------------------------------------------------------


def assert_clean(text: str) -> None:
    for form in forms(CANARY):
        assert form not in text


def test_nothing_submitted_is_printed_or_measured() -> None:
    with Wire(lambda _: TIMEOUT) as hanging, Served(("--allow-private-endpoints", "--timeout", "2")) as service:
        source = compatible(hanging.url, bucket="canary-bucket", region="canary-region")
        texts = [json.dumps(service.client.check(source))]
        for path in ("/v1/checks", "/v1/lint", "/v1/diagnose", "/v1/policy", "/v1/sweep"):
            for body in (
                CANARY,
                json.dumps({"parameters": CANARY}),
                json.dumps({CANARY: CANARY}),
                f"{{'a': {CANARY}",
                f"a: [{CANARY}",
            ):
                for kind in ("application/json", "application/yaml", "application/toml"):
                    answer = service.client.ask(
                        "POST", f"{path}?q={CANARY[:6]}canary-query", body, headers={"content-type": kind}
                    )
                    texts.append(answer.body.decode())
        service.client.ask("GET", "/canary-path", headers={"x-canary": "canary-header", "user-agent": "canary-agent"})
        service.client.ask("CANARY", "/", token=False)
        raw(service.client.port, b"CANARY\x00canary-garbage\r\n\r\n")
        metrics = service.client.ask("GET", "/metrics").body.decode()
        service.stop()
        printed = "".join(service.said)
    for text in (*texts, metrics, printed):
        assert_clean(text)
    assert "canary" not in (metrics + printed).lower()
    assert service.token not in printed
    assert "POST /v1/checks 200" in printed


def test_an_unexpected_fault_shows_nothing(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object, **__: object) -> Any:
        raise ValueError(f"broken by {CANARY}")

    source = {"type": "amazon_s3", "parameters": {}}
    with InProcess() as service, caplog.at_level(logging.DEBUG):
        for path, name in (
            ("/v1/lint", "validator.service.api.lint"),
            ("/v1/checks", "validator.service.executor.check"),
            ("/v1/lint", "validator.service.api.load_text"),
        ):
            with monkeypatch.context() as patch:
                patch.setattr(name, broken)
                answer = service.client.ask("POST", path, source)
                assert answer.status == 500
                assert answer.json["detail"] == "An unexpected fault of this service."
                assert_clean(answer.body.decode())
        with monkeypatch.context() as patch:
            patch.setattr("validator.service.executor.check", broken)
            assert [name for name, _ in service.client.stream(source)] == ["problem"]
        assert service.client.ask("POST", "/v1/checks", source).status == 200
    assert_clean(caplog.text)
    assert "ValueError" in caplog.text
    assert_clean("".join(capfd.readouterr()))


def test_logs_of_the_command_are_without_tracebacks_and_without_sdks() -> None:
    code = (
        "import logging, threading\nfrom validator.service import server as serve\nserve._quiet_logs()\n"
        "logging.getLogger('urllib3').error('canary')\nlogging.getLogger('asyncio').error('canary')\nimport warnings\nwarnings.warn('canary')\n"
        "try: raise ValueError('canary')\nexcept ValueError: logging.getLogger('uvicorn.error').exception('fault')\n"
        "def broken(): raise ValueError('canary')\nthread = threading.Thread(target=broken)\nthread.start()\nthread.join()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert "canary" not in done.stdout + done.stderr
    assert "fault (ValueError)" in done.stderr
    assert "a thread ended with ValueError" in done.stderr


def test_no_core_dumps_are_written() -> None:
    code = "import resource\nfrom validator.service import server as serve\nserve._no_core_dumps()\nprint(resource.getrlimit(resource.RLIMIT_CORE))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.strip() == "(0, 0)"


def test_proxies_of_the_environment_are_not_used_while_addresses_are_judged() -> None:
    with Served(environment={"HTTPS_PROXY": "http://127.0.0.1:9", "http_proxy": "http://127.0.0.1:9"}) as service:
        assert any("HTTPS_PROXY, http_proxy ignored" in line for line in service.said)
    assert os.environ.get("HTTPS_PROXY") is None
