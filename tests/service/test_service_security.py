"""The HTTP service under attack: who is let in, and that nothing stays or shows."""

from __future__ import annotations

import json
import logging
import os
import socket
import subprocess
import sys
import threading
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.support.attacks import CANARY, Held, compatible, head, raw, settings
from tests.support.cases import in_parts
from tests.support.command import request
from tests.support.secret_forms import forms
from tests.support.service_runner import InProcess, Served
from tests.support.wire import TIMEOUT, Wire, wait_until
from validator.core.errors import ValidatorError
from validator.demo.emulators.s3 import Exchange, S3Emulator, UserKey
from validator.service import server as serve

pytestmark = pytest.mark.no_cover  # measured: other tests go through next to all of these lines

SECURITY = {
    "content-security-policy": "default-src 'none'",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
}


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
@in_parts(
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
@in_parts("path", ["/", "/v1/types", "/metrics", "/healthz", "/openapi.json"])
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
        assert held.reached.acquire(timeout=60)
        held.method = "nothing"  # only the first one waits
        answer = service.client.ask("POST", "/v1/checks", request(good), headers={"x-forwarded-for": "203.0.113.9"})
        held.let_go.set()
        checking.join(120)
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


def test_a_port_that_is_taken_is_one_line() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(ValidatorError, match=r"cannot listen on 127\.0\.0\.1"):
            serve.run(port=taken.getsockname()[1], allow_private_endpoints=True, say=lambda line: None)


# ---- nothing stays ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("accept", ["application/json", "text/event-stream"])
def test_a_connection_that_drops_within_a_check_leaves_no_file(s3: S3Emulator, good: UserKey, accept: str) -> None:
    held = Held(s3, "PUT")
    with InProcess(settings(s3)) as service:
        body = json.dumps(request(good)).encode()
        with socket.create_connection(("127.0.0.1", service.client.port)) as connection:
            connection.sendall(head(service, f"accept: {accept}", f"content-length: {len(body)}", path="/v1/checks") + body)
            assert held.reached.acquire(timeout=60)
            assert len(s3.objects("imagery-in")) == 1
        held.let_go.set()
        wait_until(lambda: service.app.state.executor.limiter.inside() == 0)
    assert s3.objects("imagery-in") == {}


def test_sigterm_within_a_check_leaves_no_file(s3: S3Emulator, good: UserKey) -> None:
    with Served(("--allow-private-endpoints", "--endpoint", f"amazon_s3={s3.url}")) as service:

        def end(exchange: Exchange) -> None:
            if exchange.method == "PUT":
                service.process.terminate()

        s3.before_answer = end
        report = service.client.check(request(good))
        assert report["destinations"][0]["residue"] == []
        assert service.process.wait(120) == 0
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
    assert "in broken" in caplog.text, "where it was, for whoever has to mend it"
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
