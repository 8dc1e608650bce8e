"""A cold check whose connections are opened while its SDK is loaded, on the wire: who is connected to, when, and what they are used for."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from importlib.machinery import ModuleSpec

import pytest

from tests.support.conformance.case import DELETE, LIST, READ, REHEARSE_DELETE, WRITE, Case
from tests.support.connections import close_connections
from tests.support.early import Counting, sockets_to, take_time
from tests.support.rounds import Rounds
from tests.support.wire import wait_until
from validator import check
from validator.core.model import Verdict


@pytest.fixture(autouse=True)
def no_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    take_time(monkeypatch)


LOADS = {
    "amazon_s3": ("botocore", "auth", 1),
    "s3_compatible": ("botocore", "auth", 1),
    "oracle_cloud_storage": ("botocore", "auth", 1),
    "google_cloud_storage": ("google.cloud", "storage", 2),
    "azure_blob_storage": ("azure.storage", "blob", 1),
}
"""The package and the name in it of each SDK's module, and how many connections are opened while it loads, at another endpoint than the vendor's."""


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
        close_connections()  # S3's are the process's
        wait_until(lambda: sockets_to(wire.port) == [])  # of one that was opened just now, its own thread closes it


def test_nobody_is_connected_to_where_the_source_alone_decides(cold: tuple[str, str, int]) -> None:
    type_, sdk, _ = cold
    case: Case = import_module(f"tests.support.conformance.{type_}").case
    wrong = {"google_cloud_storage": {"credentials": "bm90aGluZw=="}, "azure_blob_storage": {"sas_token": "sv=2023-11-03&sp=r"}}
    changes = wrong.get(type_, {"bucket": "a/b/c"})
    with Counting(case.store().handle) as wire:
        report = check(case.source(wire, **changes), replace(case.settings(wire), ca_bundle=wire.ca))
        assert report.verdict is Verdict.FAIL
        assert sdk not in sys.modules
        assert wire.accepted == 0


TOGETHER = {
    "amazon_s3": [{REHEARSE_DELETE, "retention-blockers"}, {WRITE}, {READ}, {DELETE}],
    "azure_blob_storage": [{REHEARSE_DELETE}, {WRITE}, {READ, LIST}, {DELETE}],
}


@pytest.mark.usefixtures("documented")
@pytest.mark.parametrize("cold", TOGETHER, indirect=True)
def test_what_goes_together_has_two_connections_that_were_opened_early(cold: tuple[str, str, int]) -> None:
    """Azure's list goes with the reading back because of the second."""
    case: Case = import_module(f"tests.support.conformance.{cold[0]}").case
    rounds = Rounds(case, TOGETHER[cold[0]])
    with Counting(rounds.handle) as wire:
        report = check(case.source(wire), replace(case.settings(wire), ca_bundle=wire.ca, timeout=1800.0))
        assert report.verdict is Verdict.PASS
        assert rounds.whole, (rounds.strays, rounds._arrived)
        assert wire.accepted == 2
