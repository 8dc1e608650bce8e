"""What every test shares: nothing but 127.0.0.1 is contacted, and nothing ambient leaks in."""

from __future__ import annotations

import gc
import ipaddress
import os
import re
import signal
import socket
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult

import pytest
from hypothesis import settings

from tests.support import cases, cores
from tests.support.chance import Anew
from tests.support.raised import Raised
from tests.support.turns import in_turn
from tests.support.wire import authority
from validator.core.guarded import look_for_paths

AMBIENT = ("AWS_", "AZURE_", "GOOGLE_", "GCLOUD_", "CLOUDSDK_", "OCI_", "PL_", "STORAGE_EMULATOR", "PLANET_VALIDATOR", "GITHUB_", "http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "all_proxy", "REQUESTS_CA_BUNDLE", "SSL_CERT", "CURL_CA_BUNDLE")  # fmt: skip


# In CI a property is held against the same examples each time: new ones are for whoever can look into what they find.
settings.register_profile("ci", derandomize=True)
if os.environ.get("CI") == "true":
    settings.load_profile("ci")

# A shell ignores interrupts for what runs in its background, and what is ignored stays so in every child: the tests send some.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_configure(config: pytest.Config) -> None:
    """Note which findings are raised; name our marks; keep each worker to a core."""
    cores.keep_to_one()
    config.addinivalue_line(
        "markers", "together: shares with its neighbours what is costly to start: begun early, on one worker"
    )
    config.addinivalue_line("markers", "long: begun early, so that no worker has it left when the others are done")
    config.pluginmanager.register(Raised(config))
    config.pluginmanager.register(Anew())
    config.pluginmanager.register(cases)


TRACED = 4
"""So many cases of a parametrised test are traced for coverage: tracing doubles a case's time, and after them it finds next to no new line.

`make test` runs the others in a process of their own: to stop tracing and to begin again, while threads start, breaks these threads.
"""


UNTRACED = re.compile(r"^pytestmark = (?:pytest\.mark\.no_cover\b|\[\n    pytest\.mark\.no_cover\b)", re.MULTILINE)
"""How a module says that none of its tests is traced. A test holds this against what Python makes of each file."""


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """The run that is traced imports no module of which it would run nothing."""
    if config.option.markexpr != "not no_cover" or collection_path.suffix != ".py":
        return None
    return bool(UNTRACED.search(collection_path.read_text(encoding="utf-8"))) or None


@pytest.hookimpl(hookwrapper=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> Iterator[None]:
    """Choose those that bring a parameter which no case of the same test before them had; begin a parallel run with what is long."""
    parts: defaultdict[str, set[str]] = defaultdict(set)
    traced: Counter[str] = Counter()
    for item in items:
        test, _, case = item.nodeid.partition("[")
        new = set(case.rstrip("]").split("-")) - parts[test]
        if traced[test] >= TRACED or not new:
            item.add_marker(pytest.mark.no_cover)
        parts[test] |= new
        traced[test] += bool(new)
    yield
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "0"))
    if workers:
        items[:] = in_turn(items, group, workers)


def group(item: pytest.Item) -> str | None:
    """What an early test stays together with: its module, or nothing else."""
    if item.get_closest_marker("together"):
        return item.nodeid.partition("::")[0]
    return item.nodeid if item.get_closest_marker("long") else None


@pytest.hookimpl(hookwrapper=True)
def pytest_collection() -> Iterator[None]:
    """Ten thousand tests stay to the end: what is made of them is searched for garbage neither meanwhile nor later.

    Each worker loads the same modules: one of them traces what a module does when it is loaded, which halves the others' time for it.
    """
    first = os.environ.get("PYTEST_XDIST_WORKER", "gw0") == "gw0"
    traced = None if first or "coverage" not in sys.modules else sys.modules["coverage"].Coverage.current()
    gc.disable()
    if traced:
        traced.stop()
    yield
    if traced:
        traced.start()
    gc.enable()
    gc.freeze()
    # The SDKs that tests load come later, and are gone through as well: a tenth of a second each time. The young are, as ever.
    gc.set_threshold(*gc.get_threshold()[:2], 50)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder of its own to work in, for each test that asks for one."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture(autouse=True)
def _no_ambient(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    for name in list(os.environ):
        if name.startswith(AMBIENT):
            monkeypatch.delenv(name)
    look_for_paths(wanted=True)  # another test may have made a service
    monkeypatch.setenv("HOME", str(tmp_path_factory.getbasetemp() / "home"))
    # Of one authority: httpx reads the whole bundle for each of its clients, also where they speak plain HTTP.
    monkeypatch.setenv("SSL_CERT_FILE", authority()[1])


@pytest.fixture(autouse=True)
def _only_loopback(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Connections that leave this machine fail the test, even where the code under test swallows the error."""
    strays: list[str] = []
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: object) -> None:
        if isinstance(address, tuple) and not ipaddress.ip_address(address[0].split("%")[0]).is_loopback:
            strays.append(str(address))
            raise ConnectionRefusedError(f"tests contact nothing but this machine: {address}")
        return connect(self, address)

    from validator.providers.common import early

    opening = early.Opening

    def nearby(address: SplitResult, *more: Any) -> early.Opening:
        """Whether an SDK is loaded already is another test's doing: no test is to look a vendor's name up because of it."""
        if address.hostname not in ("127.0.0.1", "localhost", None):
            raise ConnectionRefusedError(f"tests contact nothing but this machine: {address.hostname}")
        return opening(address, *more)

    monkeypatch.setattr(early, "Opening", nearby)
    monkeypatch.setattr(socket.socket, "connect", guarded)
    yield strays
    assert not strays, f"something tried to leave this machine: {strays}"


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Under CI=true a skip is a failure: it would hide what was not tested."""
    outcome = yield
    report = outcome.get_result()
    if report.skipped and os.environ.get("CI") == "true" and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped under CI=true, where every test must run: {report.longrepr}"


ROOT = Path(__file__).parent.parent


@pytest.fixture
def documented(monkeypatch: pytest.MonkeyPatch) -> None:
    """As at a vendor's own address, whose documentation of conditions is believed: no emulator has one."""
    from validator.providers.common.conditions import Conditions

    at = Conditions.at
    monkeypatch.setattr(Conditions, "at", lambda **_: at(documented=True))
