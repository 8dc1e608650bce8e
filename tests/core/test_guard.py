"""Which addresses the HTTP service may connect to, and that a refusal is seen through an SDK's exception."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.conftest import ROOT
from tests.support.cases import in_parts
from validator.core.address_guard import ForbiddenAddress, is_public, refused


@in_parts(
    "address",
    [
        "127.0.0.1", "127.8.9.1", "0.0.0.0",  # noqa: S104 - what is refused
        "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254", "169.254.170.2",
        "100.64.0.1", "100.100.100.200", "192.0.0.192", "198.18.0.1", "192.0.2.1", "203.0.113.1", "224.0.0.1", "240.0.0.1", "255.255.255.255",
        "::", "::1", "::ffff:127.0.0.1", "::ffff:a9fe:a9fe", "::127.0.0.1", "::ffff:0:127.0.0.1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254",
        "fec0::1", "ff02::1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::a00:1", "2002:7f00:1::", "2002:a9fe:a9fe::1", "2001:0:7f00:1::1",
        "2001:db8::1", "2001:2::1", "3fff::1", "192.88.99.1", "100::1", "4000::1", "localhost", "metadata.google.internal", "2130706433", "0x7f000001", "0177.0.0.1", "127.1", "", "1.2.3.4.5",
    ],
)  # fmt: skip
def test_what_is_not_of_the_internet_is_refused(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "52.95.110.1", "2606:4700:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1"]
)
def test_what_is_of_the_internet_is_let_through(address: str) -> None:
    assert is_public(address)


def test_a_refusal_is_seen_through_whatever_is_wrapped_around_it() -> None:
    class Wrapped(Exception):
        reason: BaseException | None = None

    forbidden = ForbiddenAddress("no")
    by_reason = Wrapped()
    by_reason.reason = forbidden
    by_cause = Wrapped()
    by_cause.__cause__ = by_reason
    loop = Wrapped()
    loop.__context__ = loop
    for seen in (forbidden, Wrapped(forbidden), by_reason, by_cause):
        assert refused(seen)
    for other in (None, OSError("no"), Wrapped("no"), loop):
        assert not refused(other)


def test_once_installed_nothing_of_python_connects_elsewhere() -> None:
    code = """
import asyncio, json, socket, tempfile, urllib.request
from validator.core import address_guard as guard
with socket.socket() as open_, socket.socket(socket.AF_UNIX) as local:
    open_.bind(("127.0.0.1", 0)); open_.listen()
    port = open_.getsockname()[1]
    path = tempfile.mkdtemp() + "/socket"
    local.bind(path); local.listen()
    guard.install()
    def udp():
        with socket.socket(type=socket.SOCK_DGRAM) as s: s.sendto(b"x", ("127.0.0.1", port))
    def unix():
        with socket.socket(socket.AF_UNIX) as s: s.connect(path)
    def connect_ex():
        with socket.socket() as s: s.connect_ex(("127.0.0.1", port))
    tried = {}
    for name, work in {
        "connect": lambda: socket.create_connection(("127.0.0.1", port)), "name": lambda: socket.create_connection(("localhost", port)),
        "decimal": lambda: socket.create_connection(("2130706433", port)), "octal": lambda: socket.create_connection(("0177.0.0.1", port)),
        "hex": lambda: socket.create_connection(("0x7f.1", port)), "short": lambda: socket.create_connection(("127.1", port)),
        "raw name": lambda: socket.socket().connect(("localhost", port)), "connect_ex": connect_ex, "udp": udp, "unix": unix,
        "asyncio": lambda: asyncio.run(asyncio.open_connection("127.0.0.1", port)),
        "urllib": lambda: urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=60),
    }.items():
        try: work(); tried[name] = False
        except OSError as error: tried[name] = guard.refused(error)
print(json.dumps(tried))
"""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, cwd=ROOT, check=True, timeout=120
    )
    tried = json.loads(done.stdout)
    assert len(tried) == 12
    assert all(tried.values()), tried
