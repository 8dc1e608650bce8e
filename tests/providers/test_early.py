"""Connections that are opened while an SDK is loaded, on the wire: who is connected to, when, and what becomes of each."""

from __future__ import annotations

import gc
import select
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from importlib import import_module
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Any

import certifi
import pytest
import requests

from tests.conftest import ROOT
from tests.support.conformance.case import DELETE, LIST, READ, REHEARSE_DELETE, WRITE, Case
from tests.support.rounds import Rounds
from tests.support.wire import Answer, Wire, refused_port, wait_until
from validator import check
from validator.core import deadline
from validator.core.model import Verdict
from validator.providers.common import bounded, early
from validator.providers.common.early import Early

PATIENCE = 60.0
"""Seconds after which a broken test ends."""
SDK = "this"
"""Installed, and loaded by nobody."""


@pytest.fixture(autouse=True)
def no_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine may take its time: what is opened early is used all the same."""
    for module, name in ((early, "PATIENCE"), (early, "REST"), (deadline, "CALL_LIMIT"), (bounded, "CALL_LIMIT")):
        monkeypatch.setattr(module, name, 600.0)
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy", "NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)


class Counting(Wire):
    """A store over TLS, and the connections that it has accepted, their handshake done."""

    def __init__(
        self, handle: Callable[..., Answer] = lambda _: Answer(204), meets: Callable[[Any], None] = lambda _: None
    ) -> None:
        super().__init__(handle, tls=True)
        self.accepted = 0
        self.changed = threading.Condition()
        accept: Any = self.server.get_request

        def get_request() -> Any:
            connection, address = accept()
            meets(connection)
            with self.changed:
                self.accepted += 1
                self.changed.notify_all()
            return connection, address

        self.server.get_request = get_request  # type: ignore[method-assign]  # this server's alone

    def met(self, count: int) -> bool:
        """Whether so many connections come about."""
        with self.changed:
            return self.changed.wait_for(lambda: self.accepted >= count, PATIENCE)


@pytest.fixture
def opened() -> Iterator[Callable[..., Early]]:
    every: list[Early] = []

    def opened(*addresses: str, bundle: str | None, sdk: str = SDK) -> Early:
        every.append(Early.beside(sdk, addresses, bundle, lambda: 1800.0))
        return every[-1]

    yield opened
    for each in every:
        each.close()


def ask(made: Early, url: str, bundle: str) -> int:
    with made.serve(bounded.session(lambda: 600.0)) as session:
        session.trust_env = False
        return int(session.get(url, verify=bundle).status_code)


def sockets_to(port: int) -> list[socket.socket]:
    return [each for each in gc.get_objects() if issubclass(type(each), socket.socket) and _to(each, port)]


def _to(each: socket.socket, port: int) -> bool:
    with suppress(OSError):
        return each.fileno() >= 0 and each.getpeername()[1] == port
    return False


def test_a_request_takes_what_was_opened_and_the_rest_is_closed(opened: Callable[..., Early]) -> None:
    with Counting() as wire:
        made = opened(wire.url, wire.url, bundle=wire.ca)
        assert wire.met(2)
        assert ask(made, wire.url, wire.ca) == 204
        assert wire.accepted == 2
        made.close()
        wait_until(lambda: sockets_to(wire.port) == [])  # of one that was opened just now, its own thread closes it


def test_two_requests_at_a_time_take_one_each(opened: Callable[..., Early]) -> None:
    together = threading.Barrier(2)

    def handle(_: object) -> Answer:
        together.wait(PATIENCE)
        return Answer(204)

    with Counting(handle) as wire:
        made = opened(wire.url, wire.url, bundle=wire.ca)
        assert wire.met(2)
        answers: list[int] = []
        with made.serve(bounded.session(lambda: 600.0)) as session:
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
        [opening] = made._opening
        opening._call.result()
        closed = select.poll()  # the end comes after all that was sent
        closed.register(opening._connection.sock, getattr(select, "POLLRDHUP", select.POLLHUP))
        assert closed.poll(PATIENCE * 1000)
        assert ask(made, wire.url, wire.ca) == 204
        assert wire.accepted == 2


def test_one_that_has_rested_too_long_is_not_used(opened: Callable[..., Early], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(early, "REST", -1000.0)
    with Counting() as wire:
        made = opened(wire.url, bundle=wire.ca)
        assert wire.met(1)
        assert ask(made, wire.url, wire.ca) == 204
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
        made = opened(address, address, bundle=certifi.where())
        fresh = bounded.pools()["https"].ConnectionCls(
            host="127.0.0.1", port=server.getsockname()[1], cert_reqs="CERT_REQUIRED", ca_certs=certifi.where()
        )
        assert made.taken(fresh) is fresh
    assert waits == [0.0, 0.0]


def test_another_trust_takes_none(opened: Callable[..., Early], tmp_path: Path) -> None:
    with Counting() as wire:
        made = opened(wire.url, bundle=wire.ca)
        assert wire.met(1)
        other = shutil.copy(wire.ca, tmp_path / "other.pem")
        assert ask(made, wire.url, str(other)) == 204
        assert wire.accepted == 2


def test_a_fault_is_told_by_the_requests_own_connection(opened: Callable[..., Early], tmp_path: Path) -> None:
    import trustme

    stranger = tmp_path / "stranger.pem"
    trustme.CA().cert_pem.write_to_path(str(stranger))
    with Counting() as wire:
        made = opened(wire.url, bundle=str(stranger))
        with pytest.raises(requests.exceptions.SSLError):
            ask(made, wire.url, str(stranger))
        assert wire.accepted == 0
        nobody = f"https://127.0.0.1:{refused_port()}"
        with pytest.raises(requests.exceptions.ConnectionError):
            ask(opened(nobody, bundle=wire.ca), nobody, wire.ca)


def test_what_nobody_waits_for_any_more_is_not_kept(opened: Callable[..., Early]) -> None:
    """The other side accepts, and says nothing: the handshake has not ended when the check has."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        made = opened(f"https://127.0.0.1:{port}", bundle=None)
        accepted, _ = server.accept()
        made.close()
        accepted.close()
        wait_until(lambda: sockets_to(port) == [])


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
        assert opened(f"{scheme}://127.0.0.1:{wire.port}", bundle=wire.ca, sdk=sdk)._opening == []


def test_where_no_proxy_is_for_the_host_there_is_none(opened: Callable[..., Early], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with Counting() as wire:
        opened(wire.url, bundle=wire.ca)
        assert wire.met(1)


def test_what_is_no_address_or_no_file_of_certificates_opens_nothing(opened: Callable[..., Early], tmp_path: Path) -> None:
    assert opened("https://", "https://[::1", "https://127.0.0.1:a", bundle=None)._opening == []
    with Counting() as wire:
        assert opened(wire.url, bundle=str(tmp_path))._opening == []
        assert opened(wire.url, bundle=str(tmp_path / "not-there.pem"))._opening == []


LOADS = {"google_cloud_storage": ("google.cloud", "storage", 2), "azure_blob_storage": ("azure.storage", "blob", 1)}
"""The package and the name in it of each SDK, and how many connections are opened while it loads, at another endpoint than the vendor's."""


class AtTheDoor:
    """Is asked for each module that is about to be loaded, and keeps the SDK waiting."""

    def __init__(self, sdk: str, until: Callable[[], bool]) -> None:
        self.sdk, self.until = sdk, until
        self.waited: list[bool] = []
        self.looked = False

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        del path, target
        if name == self.sdk and self.looked:
            self.waited.append(self.until())
        self.looked = self.looked or name == self.sdk  # at first, for whether it is installed at all
        return None


@pytest.fixture(params=LOADS)
def cold(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> tuple[str, str, int]:
    """A type as before its SDK was loaded: its name, the SDK's, and how many connections are opened meanwhile."""
    from validator.providers.gcs import client

    type_: str = request.param
    package, name, count = LOADS[type_]
    import_module(f"{package}.{name}")
    monkeypatch.delitem(sys.modules, f"{package}.{name}")
    monkeypatch.delattr(import_module(package), name)
    client._client_class.cache_clear()
    return type_, f"{package}.{name}", count


def test_the_store_is_connected_to_before_the_sdk_is_loaded(
    cold: tuple[str, str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    type_, sdk, count = cold
    case: Case = import_module(f"tests.support.conformance.{type_}").case
    with Counting(case.store().handle) as wire:
        door = AtTheDoor(sdk, lambda: wire.met(count))
        monkeypatch.setattr(sys, "meta_path", [door, *sys.meta_path])
        report = check(case.source(wire), replace(case.settings(wire), ca_bundle=wire.ca, timeout=1800.0))
        assert report.verdict is Verdict.PASS
        assert door.waited == [True]
        assert wire.accepted == count  # no other was needed
        wait_until(lambda: sockets_to(wire.port) == [])  # of one that was opened just now, its own thread closes it


def test_nobody_is_connected_to_where_the_source_alone_decides(cold: tuple[str, str, int]) -> None:
    type_, sdk, _ = cold
    case: Case = import_module(f"tests.support.conformance.{type_}").case
    changes = {"credentials": "bm90aGluZw=="} if type_ == "google_cloud_storage" else {"sas_token": "sv=2023-11-03&sp=r"}
    with Counting(case.store().handle) as wire:
        report = check(case.source(wire, **changes), replace(case.settings(wire), ca_bundle=wire.ca))
        assert report.verdict is Verdict.FAIL
        assert sdk not in sys.modules
        assert wire.accepted == 0


@pytest.mark.usefixtures("documented")
@pytest.mark.parametrize("cold", ["azure_blob_storage"], indirect=True)
def test_azures_list_goes_with_the_reading_back_where_a_second_connection_was_opened(cold: tuple[str, str, int]) -> None:
    case: Case = import_module(f"tests.support.conformance.{cold[0]}").case
    rounds = Rounds(case, [{REHEARSE_DELETE}, {WRITE}, {READ, LIST}, {DELETE}])
    with Counting(rounds.handle) as wire:
        report = check(case.source(wire), replace(case.settings(wire), ca_bundle=wire.ca, timeout=1800.0))
        assert report.verdict is Verdict.PASS
        assert rounds.whole, (rounds.strays, rounds._arrived)
        assert wire.accepted == 2


GUARDED = f"""
import sys
from validator.core import address_guard
from validator.providers.common import bounded
from validator.providers.common.early import Early
address_guard.install()
made = Early.beside({SDK!r}, [sys.argv[1]], sys.argv[2], lambda: 600.0)
opening = made._opening[0]
fresh = bounded.pools()["https"].ConnectionCls(**dict(host="127.0.0.1", port=int(sys.argv[3]), cert_reqs="CERT_REQUIRED", ca_certs=sys.argv[2]))
assert made.taken(fresh) is fresh
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
