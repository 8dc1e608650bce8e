"""A check closes its connections itself: a thousand destinations would have thousands open until somebody looks for garbage."""

from __future__ import annotations

import gc
import socket
from contextlib import suppress
from dataclasses import replace
from importlib import import_module

import pytest

from tests.support.wire import Answer, Request, Wire
from validator import check


@pytest.mark.parametrize("type_", ["google_cloud_storage", "azure_blob_storage"])
def test_no_connection_is_left_to_the_garbage_collector(type_: str) -> None:
    case = import_module(f"tests.support.conformance.{type_}").case
    with Wire(case.store().handle) as wire:
        gc.collect()
        gc.disable()
        try:
            assert check(case.source(wire), case.settings(wire)).verdict == "pass"
            left = [each for each in gc.get_objects() if issubclass(type(each), socket.socket) and _to(each, wire.port)]
        finally:
            gc.enable()
        assert left == []


@pytest.mark.parametrize("type_", ["google_cloud_storage", "azure_blob_storage"])
def test_no_cookie_of_an_answer_comes_back_with_the_next_request(type_: str) -> None:
    case = import_module(f"tests.support.conformance.{type_}").case
    store = case.store()

    def handle(request: Request) -> Answer:
        answer = store.handle(request)
        return replace(answer, headers={**answer.headers, "set-cookie": "gateway=EXAMPLE; Path=/"})

    with Wire(handle) as wire:
        assert check(case.source(wire), case.settings(wire)).verdict == "pass"
        assert len(wire.requests) > 3
        assert not any("cookie" in each.headers for each in wire.requests)
        assert all(each.headers["accept-encoding"] for each in wire.requests)


def _to(each: socket.socket, port: int) -> bool:
    with suppress(OSError):
        return each.fileno() >= 0 and each.getpeername()[1] == port
    return False
