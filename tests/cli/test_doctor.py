"""``doctor``: what is wrong with a machine is one line that says what to do, and holds nothing secret."""

from __future__ import annotations

import email.utils
import socket
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from importlib import metadata
from pathlib import Path
from typing import Any

import certifi
import pytest

from tests.support.wire import Answer, Wire, refused_port
from validator.cli import app, console, machine
from validator.cli.machine import BAD, NOTE, OK, Line, Machine
from validator.core.deadline import CancelToken, Interrupted
from validator.demo.emulators.planet import PlanetEmulator
from validator.planet import api
from validator.planet.api import Planet

TOLD = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)


def at(moment: datetime | None, status: int = 403) -> Any:
    headers = {"Date": email.utils.format_datetime(moment, usegmt=True)} if moment else {"Date": "noon"}
    return lambda request: Answer(status, headers)


@pytest.fixture
def store() -> Iterator[Wire]:
    with Wire(at(TOLD)) as wire:
        yield wire


def lines(root: str, **changes: Any) -> dict[str, Line]:
    here = Machine(**{"environ": {}, "now": lambda: TOLD, **changes})
    return {each.what: each for each in machine.host(here, root)}


@pytest.mark.parametrize(
    ("off", "state", "said"),
    [
        (0.0, OK, "as "),
        (0.9, OK, "as "),
        (-0.9, OK, "as "),
        (10.0, OK, "9 s ahead of"),
        (-10.0, OK, "10 s behind"),
        (61.0, NOTE, "60 s ahead of"),
        (-60.0, NOTE, "60 s behind"),
        (901.0, BAD, "15 min ahead of"),
        (-7200.0, BAD, "2 h behind"),
    ],
)
@pytest.mark.parametrize("status", [200, 301, 403])
def test_the_clock(store: Wire, off: float, state: str, said: str, status: int) -> None:
    store.handle = at(TOLD, status)
    told = lines(store.url, now=lambda: TOLD + timedelta(seconds=off))["clock"]
    assert (told.state, told.text.startswith(said)) == (state, True), told
    assert bool(told.do) is (state != OK)
    assert {(each.method, each.path, each.headers.get("authorization")) for each in store.requests} == {("HEAD", "/", None)}


def test_a_store_that_does_not_tell_the_time(store: Wire) -> None:
    store.handle = at(None)
    assert lines(store.url)["clock"].state == NOTE


def test_nobody_answers() -> None:
    told = lines(f"http://127.0.0.1:{refused_port()}")["network"]
    assert (told.state, told.text) == (BAD, "127.0.0.1: no answer (ConnectionRefusedError)")


def test_a_certificate_that_is_not_trusted(tmp_path: Path) -> None:
    with Wire(at(TOLD), tls=True) as wire:
        told = lines(wire.url)["CA"]
    assert (told.state, "is not trusted" in told.text, "--ca-bundle" in told.do) == (BAD, True, True)


@pytest.mark.parametrize(("environ", "state"), [({}, BAD), ({"https_proxy": "http://proxy.example.com:8080"}, NOTE)])
def test_a_name_that_is_not_known(store: Wire, environ: Mapping[str, str], state: str) -> None:
    def resolve(name: str, port: int) -> Any:
        raise socket.gaierror

    told = lines(store.url, resolve=resolve, environ=environ)["DNS"]
    assert (told.state, "is not known here" in told.text) == (state, True)


@pytest.mark.parametrize(
    ("value", "state", "said"),
    [
        ("http://user:secret-EXAMPLE@proxy.example.com:8080", OK, "HTTPS_PROXY is proxy.example.com:8080"),
        ("proxy.example.com", OK, "HTTPS_PROXY is proxy.example.com"),
        ("http://user:secret-EXAMPLE@:x", BAD, "HTTPS_PROXY is no address"),
    ],
)
def test_a_proxy_is_shown_without_its_password(value: str, state: str, said: str) -> None:
    (told,) = machine.proxies({"HTTPS_PROXY": value, "HTTP_PROXY": ""})
    assert (told.state, told.text) == (state, said)
    assert "EXAMPLE" not in told.do


def test_ca_certificates(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.pem"
    wrong.write_text("no certificate")
    assert [each.state for each in machine.authorities(Machine(environ={}))] == [OK]
    assert [each.state for each in machine.authorities(Machine(environ={}, ca_bundle=str(wrong)))] == [BAD]
    (told,) = machine.authorities(Machine(environ={"REQUESTS_CA_BUNDLE": str(tmp_path / "nowhere.pem")}))
    assert (told.state, told.text) == (BAD, "REQUESTS_CA_BUNDLE names no file of certificates")
    (told,) = machine.authorities(Machine(environ={"AWS_CA_BUNDLE": certifi.where()}))
    assert told.state == OK


def test_an_sdk_that_is_missing_is_named_with_what_installs_it() -> None:
    def version(name: str) -> str:
        if name == "boto3":
            raise metadata.PackageNotFoundError
        return "1.0"

    told = {each.text: each for each in machine.packages(Machine(version=version))}
    assert told["boto3 is not installed"].state == NOTE
    assert "s3" in told["boto3 is not installed"].do
    assert told["planet 1.0"].state == OK


@pytest.fixture
def planet(monkeypatch: pytest.MonkeyPatch) -> Iterator[PlanetEmulator]:
    monkeypatch.setattr(api, "PACE", 0.0)
    with PlanetEmulator(per_second=1000) as emulator:
        yield emulator


def login(planet: PlanetEmulator, key: str | None = None) -> Line:
    from planet import Auth

    return machine.login(Machine(planet=Planet(planet.url, auth=Auth.from_key(key or planet.key))))


def test_the_planet_login(planet: PlanetEmulator) -> None:
    assert login(planet) == Line(OK, "Planet login", f"it works at {planet.url}: 0 destinations")
    told = login(planet, "PLAK-EXAMPLE-wrong")
    assert (told.state, "planet auth login" in told.do, "EXAMPLE" in told.text) == (BAD, True, False)
    planet.fault("GET", "403")
    assert "administrator" in login(planet).do
    planet.fault("GET", "lose-answer")
    assert login(planet).text.startswith("Planet could not be asked: ")


def test_an_interruption_is_no_finding(store: Wire) -> None:
    stop = CancelToken()
    stop.request()
    with pytest.raises(Interrupted):
        lines(store.url, stop=stop)


def test_the_command(
    planet: PlanetEmulator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PL_API_KEY", planet.key)
    with Wire(at(datetime.now(UTC))) as store:
        places = ["--endpoint", f"s3={store.url}", "--planet-url", planet.url]
        code = app.run(["doctor", *places])
        told = capsys.readouterr().out
        assert code == 0, told
        for what in ("version", "SDK", "proxy", "CA", "DNS", "clock", "Planet login"):
            assert f"ok     {what}: " in told
        assert planet.key not in told
        assert app.run(["doctor", *places, "-q"]) == 0
        assert "ok" not in capsys.readouterr().out.split()
        store.handle = at(TOLD)
        assert app.run(["doctor", *places]) == 1
        assert "To do: set this machine's clock" in capsys.readouterr().out
    console.forget()
