"""A check closes its connections itself: a thousand destinations would have thousands open until somebody looks for garbage."""

from __future__ import annotations

import gc
import socket
from contextlib import suppress
from dataclasses import replace
from importlib import import_module
from typing import Any

import pytest
from urllib3 import HTTPResponse

from tests.support.conformance.case import READ
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
def test_an_answer_that_is_not_the_vendors_is_closed_unread(type_: str) -> None:
    """It stayed open, and which of its parts the garbage collector came to first decided whether it was closed or warned of."""
    case = import_module(f"tests.support.conformance.{type_}").case
    store, answers = case.store(), []
    make = HTTPResponse.__init__

    def handle(request: Request) -> Answer:
        return Answer(200, {}, b"strange" * 10_000) if case.step(request) == READ else store.handle(request)

    def kept(self: HTTPResponse, *given: Any, **named: Any) -> None:
        make(self, *given, **named)
        answers.append(self)  # so that nothing but the check itself closes it

    with Wire(handle) as wire, pytest.MonkeyPatch.context() as patch:
        patch.setattr(HTTPResponse, "__init__", kept)
        assert check(case.source(wire), case.settings(wire)).verdict == "inconclusive"
    assert len(answers) > 3
    assert [each for each in answers if not each.closed] == []


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
