"""The HTTP service under load: how much a client may bring, how slowly, how many at a time."""

from __future__ import annotations

import asyncio
import contextlib
import json
import resource
import socket
import threading
import time
from typing import Any

import pytest

from tests.support.attacks import Held, compatible, head, raw, settings
from tests.support.command import request
from tests.support.service_runner import InProcess, Served
from tests.support.wire import TIMEOUT, Wire, wait_until
from validator.core.errors import ValidatorError
from validator.demo.emulators.s3 import S3Emulator, UserKey
from validator.service import connections
from validator.service import server as serve
from validator.service.app import Problem
from validator.service.middleware import client_network

# ---- how much, how slowly, how many ----------------------------------------------------------------------------------


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
        # Nor is the second one of a connection; the first has time enough.
        monkeypatch.setattr(connections, "HEADER_SECONDS", 2.0)
        answered = raw(
            service.client.port, b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n", b"GET /healthz HTTP/1.1\r\nhost:"
        )
        assert answered.count(b"HTTP/1.1 200") == 1


def test_a_head_that_came_while_the_service_was_busy_is_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "HEADER_SECONDS", 0.05)

    async def play() -> bytes:
        loop, made = asyncio.get_running_loop(), asyncio.Event()

        class Http(asyncio.Protocol):
            def connection_made(self, transport: Any) -> None:
                self.transport = transport
                made.set()

            def data_received(self, data: bytes) -> None:
                scope = {"type": "http", "client": self.transport.get_extra_info("peername")}
                tasks.append(loop.create_task(app(scope, None, self.transport.write)))

        async def answer(scope: Any, receive: Any, send: Any) -> None:
            send(b"answer")

        tasks: list[Any] = []
        open_ = connections.Connections(Http, 9)
        app: Any = open_.guard(answer)
        async with await loop.create_server(open_.protocol, "127.0.0.1", 0) as server:
            reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
            await made.wait()
            writer.write(b"head")
            time.sleep(0.2)  # noqa: ASYNC251 - the loop is busy
            with contextlib.closing(writer):
                return await reader.read(6)

    assert asyncio.run(play()) == b"answer"


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
        half = [stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=60)) for _ in range(3)]
        with contextlib.suppress(ConnectionResetError):
            assert half[2].recv(1) == b"", "the third is closed unanswered"
        other = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=60, source_address=("127.0.0.2", 0)))
        other.sendall(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
        assert other.recv(12) == b"HTTP/1.1 200"
        half[0].close()
        wait_until(lambda: b" 200 " in _health(port))


def test_a_proxys_network_may_have_as_many_connections_as_it_speaks_for() -> None:
    with InProcess(connections=8, trusted=("127.0.0.0/8",)) as service, contextlib.ExitStack() as stack:
        port = service.client.port
        idle = [stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=60)) for _ in range(6)]
        assert b" 200 " in _health(port)  # an ingress that is asked by a thousand is no single client
        for each in idle:
            each.sendall(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
            assert each.recv(12) == b"HTTP/1.1 200"


def test_a_trusted_proxy_is_an_address() -> None:
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
            assert held.reached.acquire(timeout=60)
        refused = service.client.ask("POST", "/v1/checks", request(good))
        assert refused.status == 429
        assert int(refused.headers["retry-after"]) > 0
        assert refused.json["detail"]
        assert service.client.ask("POST", "/v1/lint", request(good)).status == 200  # lint has places of its own
        assert b"planet_validator_in_flight 2.0" in service.client.ask("GET", "/metrics").body
        held.let_go.set()
        for thread in threads:
            thread.join(120)
        assert service.client.check(request(good))["verdict"] == "pass"
        assert b"planet_validator_in_flight 0.0" in service.client.ask("GET", "/metrics").body
    assert s3.objects("imagery-in") == {}


def test_a_hanging_bucket_does_not_starve_the_others(s3: S3Emulator, good: UserKey) -> None:
    with Wire(lambda _: TIMEOUT) as hanging, InProcess(settings(s3)) as service:
        threads = [threading.Thread(target=service.client.check, args=(compatible(hanging.url),)) for _ in range(4)]
        for thread in threads:
            thread.start()
        wait_until(lambda: len(hanging.requests) >= 4)
        assert service.client.check(request(good))["verdict"] == "pass"
        assert all(thread.is_alive() for thread in threads)
        service.app.state.executor.hurry()
        for thread in threads:
            thread.join(120)


@pytest.mark.parametrize("path", ["/v1/checks", "/v1/lint", "/v1/diagnose", "/v1/policy"])
def test_no_reading_keeps_the_others_waiting(monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    """Whatever reads a body is busy until the service has answered somebody else: it would never be done in the event loop."""
    asked, answered = threading.Event(), threading.Event()

    def busy(*_: Any, **__: Any) -> Any:
        asked.set()
        while not answered.is_set():  # holds the interpreter as a parser does
            pass
        raise ValidatorError("read")

    for place, name in (("service.api", "load_text"), ("diagnosing.diagnosis", "diagnose"), ("checking.policy", "grant")):
        monkeypatch.setattr(f"validator.{place}.{name}", busy)
    body = {"text": "403", "type": "amazon_s3", "parameters": {"bucket": "imagery-in"}}
    with InProcess() as service:
        client = threading.Thread(target=service.client.ask, args=("POST", path, body))
        client.start()
        try:
            assert asked.wait(60)
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
    with Wire(lambda _: TIMEOUT) as hanging, InProcess(settings(s3, timeout=600, jobs=1), request_seconds=0.5) as service:
        report = service.client.check([compatible(hanging.url, bucket=f"bucket-{number}") for number in range(10)])
    assert report["verdict"] == "inconclusive"
    assert {each["findings"][0]["name"] for each in report["destinations"]} == {"interrupted"}


def test_a_hundred_megabytes_do_not_fill_the_memory(s3: S3Emulator) -> None:
    with Served() as service:
        before = service.memory()
        chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
        received = b""
        with (
            contextlib.suppress(OSError),
            socket.create_connection(("127.0.0.1", service.client.port), timeout=60) as connection,
        ):
            connection.sendall(head(service, "transfer-encoding: chunked"))
            for _ in range(1600):
                connection.sendall(chunk)
        received = raw(service.client.port, head(service, "transfer-encoding: chunked"), chunk * 17)
        assert b" 413 " in received
        assert service.memory() - before < 40
        assert service.client.ask("GET", "/healthz").status == 200


@pytest.mark.long
@pytest.mark.no_cover  # long, and through the same lines as shorter tests
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
            async with httpx.AsyncClient(limits=limits, timeout=300, trust_env=False) as client:
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
