"""Connections that are opened while an SDK is loaded, on the wire: who is connected to, when, and what becomes of each."""

from __future__ import annotations

import select
import shutil
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import certifi
import pytest
import requests

from tests.conftest import ROOT
from tests.support.early import PATIENCE, Counting, sockets_to, take_time
from tests.support.wire import Answer, authority, refused_port, wait_until
from validator.core import deadline
from validator.providers.common import bounded, early
from validator.providers.common.early import Early

SDK = "this"
"""Installed, and loaded by nobody."""


@pytest.fixture(autouse=True)
def no_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    take_time(monkeypatch)


@pytest.fixture
def opened() -> Iterator[Callable[..., Early]]:
    every: list[Early] = []

    def opened(*addresses: str, bundle: str | None, sdk: str = SDK) -> Early:
        every.append(Early.beside(sdk, addresses, bundle, lambda: 1800.0))
        return every[-1]

    yield opened
    for each in every:
        each.close()


def ask(url: str, bundle: str) -> int:
    with bounded.session(lambda: 600.0) as session:
        session.trust_env = False
        return int(session.get(url, verify=bundle).status_code)


def test_a_request_takes_what_was_opened_and_the_rest_is_closed(opened: Callable[..., Early]) -> None:
    with Counting() as wire:
        made = opened(wire.url, wire.url, bundle=wire.ca)
        assert wire.met(2)
        assert ask(wire.url, wire.ca) == 204
        assert wire.accepted == 2
        made.close()
        wait_until(lambda: sockets_to(wire.port) == [])  # of one that was opened just now, its own thread closes it


def test_two_requests_at_a_time_take_one_each(opened: Callable[..., Early]) -> None:
    together = threading.Barrier(2)

    def handle(_: object) -> Answer:
        together.wait(PATIENCE)
        return Answer(204)

    with Counting(handle) as wire:
        opened(wire.url, wire.url, bundle=wire.ca)
        assert wire.met(2)
        answers: list[int] = []
        with bounded.session(lambda: 600.0) as session:
            asking = [
                threading.Thread(target=lambda: answers.append(session.get(wire.url, verify=wire.ca).status_code)) for _ in "ab"
            ]
            for each in asking:
                each.start()
            for each in asking:
                each.join()
        assert answers == [204, 204]
        assert wire.accepted == 2


@pytest.mark.parametrize("words", [b"", b"HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\n\r\n"])
def test_what_the_server_has_closed_is_replaced_without_a_word(words: bytes, opened: Callable[..., Early]) -> None:
    """Also where it has said why: nobody has asked for that."""
    first: list[Any] = []

    def meets(connection: Any) -> None:
        if not first:
            first.append(connection)
            connection.sendall(words)
            socket.socket.shutdown(connection, socket.SHUT_RDWR)

    with Counting(meets=meets) as wire:
        made = opened(wire.url, bundle=wire.ca)
        assert wire.met(1)
        [opening] = made._openings
        opening._call.result()
        closed = select.poll()  # the end comes after all that was sent
        closed.register(opening._socket, getattr(select, "POLLRDHUP", select.POLLHUP))
        assert closed.poll(PATIENCE * 1000)
        assert ask(wire.url, wire.ca) == 204
        assert wire.accepted == 2


def test_one_that_has_rested_too_long_is_not_used(opened: Callable[..., Early], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(early, "REST", -1000.0)
    with Counting() as wire:
        opened(wire.url, bundle=wire.ca)
        assert wire.met(1)
        assert ask(wire.url, wire.ca) == 204
        assert wire.accepted == 2


def test_two_that_come_to_nothing_cost_a_request_no_more_than_one(
    opened: Callable[..., Early], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is waited for is the end of an opening's own time, whenever somebody asks."""
    waits: list[float] = []
    usual = deadline.Call.wait

    def wait(self: deadline.Call[Any], seconds: float, stop: deadline.CancelToken, level: int = 1) -> Any:
        waits.append(seconds)
        return usual(self, 0.0, stop, level)  # as if that time had passed

    monkeypatch.setattr(deadline.Call, "wait", wait)
    monkeypatch.setattr(early, "PATIENCE", 1e-6)  # over by then, and yet a time that a socket takes
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"https://127.0.0.1:{server.getsockname()[1]}"
        opened(address, address, bundle=certifi.where())
        fresh = bounded.pools()["https"].ConnectionCls(
            host="127.0.0.1", port=server.getsockname()[1], cert_reqs="CERT_REQUIRED", ca_certs=certifi.where()
        )
        assert not early.taken_early(fresh)
    assert waits == [0.0, 0.0]


def test_another_trust_takes_none(opened: Callable[..., Early], tmp_path: Path) -> None:
    with Counting() as wire:
        opened(wire.url, bundle=wire.ca)
        assert wire.met(1)
        other = shutil.copy(wire.ca, tmp_path / "other.pem")
        assert ask(wire.url, str(other)) == 204
        assert wire.accepted == 2


@pytest.mark.parametrize(
    "asked",
    [
        {"cert_reqs": "CERT_NONE"},
        {"assert_hostname": "elsewhere.example"},
        {"assert_fingerprint": "00" * 32},
        {"server_hostname": "elsewhere.example"},
        {"source_address": ("127.0.0.1", 0)},
        {"host": "localhost"},
        {"port": 443},
    ],
    ids=lambda asked: next(iter(asked)),
)
def test_what_would_be_opened_in_another_way_takes_none(asked: dict[str, Any], opened: Callable[..., Early]) -> None:
    with Counting() as wire:
        opened(wire.url, bundle=wire.ca)
        usual = {"host": "127.0.0.1", "port": wire.port, "cert_reqs": "CERT_REQUIRED", "ca_certs": wire.ca}
        pool = bounded.pools()["https"]
        assert not early.taken_early(pool.ConnectionCls(**usual | asked))
        fresh = pool.ConnectionCls(**usual)
        assert early.taken_early(fresh)
        assert fresh.is_verified
        fresh.close()


def certificate_of(name: str) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority()[0].issue_cert(name).configure_cert(made)
    return made


def test_a_certificate_of_another_name_is_not_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        opening = early.Opening(urlsplit(f"https://127.0.0.1:{port}"), 600.0)
        opening.secure(authority()[1])
        accepted, _ = server.accept()
        with suppress(OSError), certificate_of("elsewhere.example").wrap_socket(accepted, server_side=True):
            pass
        with pytest.raises(ssl.SSLCertVerificationError):
            opening._call.result()
        assert opening.taken(()) is None


def test_where_urllib3_would_look_at_the_name_itself_nothing_is_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    unnamed = early.context(authority()[1]).__class__(ssl.PROTOCOL_TLS_CLIENT)
    unnamed.check_hostname = False
    monkeypatch.setattr(early, "context", lambda _: unnamed)
    with Counting() as wire:
        opening = early.Opening(urlsplit(wire.url), 600.0)
        opening.secure(wire.ca)
        with pytest.raises(ValueError, match="itself"):
            opening._call.result()
        assert wire.accepted == 0


BEFORE_URLLIB3 = f"""
import encodings.idna, socket, sys  # the first, which looking a name up loads: nothing is loaded while the door is asked
from validator.providers.common.early import Early
server, accepted = socket.create_server(("127.0.0.1", 0)), []
server.settimeout({PATIENCE})
class Door:
    def find_spec(self, name, path=None, target=None):
        if name == "urllib3":
            accepted.append(server.accept())
sys.meta_path.insert(0, Door())
Early.beside({SDK!r}, [f"https://127.0.0.1:{{server.getsockname()[1]}}"], None, lambda: 600.0).close()
assert len(accepted) == 1
"""


def test_a_connection_is_begun_before_urllib3_is_loaded() -> None:
    done = subprocess.run(
        [sys.executable, "-c", BEFORE_URLLIB3], capture_output=True, text=True, check=False, cwd=ROOT, timeout=4 * PATIENCE
    )
    assert done.returncode == 0, done.stderr


def test_a_fault_is_told_by_the_requests_own_connection(opened: Callable[..., Early], tmp_path: Path) -> None:
    import trustme

    stranger = tmp_path / "stranger.pem"
    trustme.CA().cert_pem.write_to_path(str(stranger))
    with Counting() as wire:
        opened(wire.url, bundle=str(stranger))
        with pytest.raises(requests.exceptions.SSLError):
            ask(wire.url, str(stranger))
        assert wire.accepted == 0
        nobody = f"https://127.0.0.1:{refused_port()}"
        opened(nobody, bundle=wire.ca)
        with pytest.raises(requests.exceptions.ConnectionError):
            ask(nobody, wire.ca)


def test_what_nobody_waits_for_any_more_is_not_kept(opened: Callable[..., Early]) -> None:
    """The other side accepts, and says nothing: the handshake has not ended when the check has."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        made = opened(f"https://127.0.0.1:{port}", bundle=None)
        accepted, _ = server.accept()
        made.close()
        wait_until(lambda: sockets_to(port) == [])
        accepted.close()


def test_what_nobody_wants_before_tls_can_be_spoken_is_not_kept() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        opening = early.Opening(urlsplit(f"https://127.0.0.1:{port}"), 600.0)
        accepted, _ = server.accept()
        opening.close()
        wait_until(lambda: sockets_to(port) == [])
        accepted.close()


def test_who_gives_up_while_the_sdk_loads_leaves_nothing_open() -> None:
    """As an interrupt does: no bucket was made by then that could be closed."""
    loaded = threading.Event()
    with Counting() as wire:

        def load() -> Early:
            made = Early.beside(SDK, [wire.url], wire.ca, lambda: 1800.0)
            loaded.wait(PATIENCE)
            return made

        call = deadline.Call(load)
        assert wire.met(1)
        call.give_up()
        wait_until(lambda: sockets_to(wire.port) == [])
        loaded.set()
        call.result()


def test_who_gives_up_while_urllib3_loads_leaves_nothing_that_could_be_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    secure = Early.secure

    def given_up(made: Early, bundle: str | None) -> None:
        call = deadline.own_call()
        assert call is not None
        call.give_up()
        secure(made, bundle)

    monkeypatch.setattr(Early, "secure", given_up)
    with Counting() as wire:
        made = deadline.Call(lambda: Early.beside(SDK, [wire.url], wire.ca, lambda: 1800.0)).result()
        assert made.begun == 1
        assert not {*made._openings} & {*early._untaken}
        wait_until(lambda: sockets_to(wire.port) == [])
        assert wire.accepted == 0


@pytest.mark.parametrize(
    ("environment", "sdk", "scheme"),
    [
        ({"https_proxy": "http://127.0.0.1:9"}, SDK, "https"),
        ({"HTTPS_PROXY": "http://127.0.0.1:9"}, SDK, "https"),
        ({"ALL_PROXY": "http://127.0.0.1:9"}, SDK, "https"),
        ({}, "sys", "https"),
        ({}, SDK, "http"),
        ({}, "not_installed", "https"),
        ({}, "not_installed.sdk", "https"),
    ],
)
def test_nothing_is_opened_through_a_proxy_nor_where_the_sdk_is_loaded_or_missing_nor_without_tls(
    environment: dict[str, str], sdk: str, scheme: str, opened: Callable[..., Early], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with Counting() as wire:
        assert opened(f"{scheme}://127.0.0.1:{wire.port}", bundle=wire.ca, sdk=sdk).begun == 0


def test_where_no_proxy_is_for_the_host_there_is_none(opened: Callable[..., Early], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with Counting() as wire:
        opened(wire.url, bundle=wire.ca)
        assert wire.met(1)


def test_what_is_no_address_or_no_file_of_certificates_opens_nothing(opened: Callable[..., Early], tmp_path: Path) -> None:
    assert opened("https://", "https://[::1", "https://127.0.0.1:a", bundle=None).begun == 0
    with Counting() as wire:
        assert opened(wire.url, bundle=str(tmp_path)).begun == 0
        assert opened(wire.url, bundle=str(tmp_path / "not-there.pem")).begun == 0


GUARDED = f"""
import sys
from validator.core import address_guard
from validator.providers.common import bounded
from validator.providers.common.early import Early, taken_early
address_guard.install()
made = Early.beside({SDK!r}, [sys.argv[1]], sys.argv[2], lambda: 600.0)
[opening] = made._openings
fresh = bounded.pools()["https"].ConnectionCls(**dict(host="127.0.0.1", port=int(sys.argv[3]), cert_reqs="CERT_REQUIRED", ca_certs=sys.argv[2]))
assert not taken_early(fresh)
try:
    opening._call.result()
except BaseException as error:
    assert address_guard.refused(error), error
else:
    raise AssertionError("it was connected")
"""


def test_the_services_guard_refuses_what_is_opened_early_as_any_other() -> None:
    with Counting() as wire:
        done = subprocess.run(
            [sys.executable, "-c", GUARDED, wire.url, wire.ca, str(wire.port)],
            capture_output=True,
            text=True,
            check=False,
            cwd=ROOT,
        )
        assert done.returncode == 0, done.stderr
        assert wire.accepted == 0
