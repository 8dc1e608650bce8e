"""Answers that do not end, heads that drip, bombs and answers before the answer: bounded in time, memory and threads, for every kind."""

from __future__ import annotations

import json
import logging
import re
import socket
import threading
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.support import chance
from tests.support.connections import close_connections
from tests.support.endless import HEAD, KINDS, LARGE, OVER, SLOW, SOURCES, Raw, once
from tests.support.planet_api import api
from tests.support.wire import no_timer_stays, wait_until
from validator import providers
from validator.checking.assemble import Settings, check
from validator.checking.lint import examine
from validator.cli import app as cli
from validator.core.deadline import CALL_LIMIT, Call, CancelToken, Deadline, Interrupted, own_call
from validator.core.model import LONGEST_SAID, Kind, Observation
from validator.planet.api import Undecided
from validator.providers.base import Bucket, Options
from validator.providers.common import bounded
from validator.providers.s3 import http
from validator.sources.loader import load

pytestmark = pytest.mark.no_cover  # measured: other tests go through next to all of these lines


@contextmanager
def opened(type_: str, server: Raw, seconds: float) -> Iterator[Bucket]:
    """A bucket at the server; a Google account's token is taken for granted, where the token is not what is asked for."""
    provider = providers.find(type_)
    options = Options(endpoint=None if type_ == "s3_compatible" else server.url, seconds=lambda: seconds)
    examined = examine(load(SOURCES[type_](server)).destinations[0], replace(options))
    assert examined.parameters is not None, examined.findings
    with provider.connect(examined.parameters, options) as bucket:
        yield bucket
    close_connections()


@pytest.mark.parametrize("kind", SLOW)
@pytest.mark.parametrize("type_", KINDS)
def test_whatever_is_sent_a_request_ends(type_: str, kind: str) -> None:
    """Without any wait but the request's own: the thread that asked is there again, and the connection is gone."""
    with no_timer_stays(), Raw(SLOW[kind]) as server, opened(type_, server, OVER) as bucket:
        with pytest.raises(Exception) as told:
            bucket.read("planetverify.txt")
        assert providers.find(type_).classify(told.value).kind.value in ("unreachable", "other", "foreign"), told.value
        wait_until(lambda: server.gone == len(server.threads))


@pytest.mark.parametrize("kind", ["silence", "head", "body"])
@pytest.mark.parametrize("type_", KINDS)
def test_an_interrupt_cuts_the_connection(type_: str, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The thread that asked lived on until its request's time was over, which is far away here."""
    for module in (bounded, http):
        monkeypatch.setattr(module, "CALL_LIMIT", 600.0)
    stop, asked = CancelToken(), threading.Event()

    def play(connection: socket.socket, ending: threading.Event) -> None:
        if kind == "silence":
            asked.set()
            connection.recv(1)
            raise ConnectionResetError
        # The range that Azure's SDK insists on: without it, it would give up by itself.
        connection.sendall(HEAD.replace(b"\r\n", b"\r\nContent-Range: bytes 0-9/10\r\n", 1) % 200)
        asked.set()
        SLOW[kind](connection, ending)

    def interrupt() -> None:
        asked.wait(60)
        stop.request()

    with no_timer_stays(), Raw(play) as server, opened(type_, server, 600.0) as bucket:
        calls: list[Call[object]] = []

        def work() -> None:
            calls.append(own_call())
            bucket.read("planetverify.txt")

        threading.Thread(target=interrupt, daemon=True).start()
        with pytest.raises(Interrupted):
            Deadline(600, stop).run(work)
        wait_until(lambda: server.gone == len(server.threads))
        with pytest.raises(Exception, match=r".") as told:
            calls[0].result()
        assert providers.find(type_).classify(told.value).kind.value == "unreachable", told.value


def test_what_is_asked_by_a_call_that_was_given_up_is_not_sent() -> None:
    """Between the last look at the time and the request itself the call may be given up."""
    stop, going_on = CancelToken(), threading.Event()
    over: list[bool] = []

    def work() -> None:
        assert going_on.wait(60)
        with bounded.Watchdog(600) as deadline:
            over.append(deadline.over)
            with pytest.raises(TimeoutError):
                deadline.hold(object())

    call = Call(work)
    stop.request()
    with pytest.raises(Interrupted):
        call.wait(60, stop)
    going_on.set()
    call.result()
    assert over == [True]


@pytest.mark.parametrize("kind", LARGE)
@pytest.mark.parametrize("type_", KINDS)
def test_whatever_is_sent_memory_is_bounded(type_: str, kind: str) -> None:
    with Raw(LARGE[kind]) as server, opened(type_, server, CALL_LIMIT) as bucket:
        with suppress(Exception):  # the SDK's own modules are not what is counted
            bucket.stat("planetverify.txt")
        tracemalloc.start()
        try:
            for ask in (bucket.stat, bucket.read, bucket.list):
                with suppress(Exception):
                    ask("planetverify.txt")
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert peak < 24 * bounded.LARGEST, f"{peak:,} bytes"


@pytest.mark.parametrize("type_", KINDS)
def test_a_large_head_is_no_answer(type_: str) -> None:
    """Each line is within what ``http.client`` takes, and they are 90: 5 MB, which were kept with each of a check's answers."""
    head = b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: %s\r\n" % (each, b"y" * 60_000) for each in range(90))
    with Raw(once(head + b"Content-Length: 0\r\n\r\n")) as server, opened(type_, server, CALL_LIMIT) as bucket:
        with pytest.raises(Exception) as told:
            bucket.read("planetverify.txt")
        assert providers.find(type_).classify(told.value).kind.value == "unreachable", told.value


@pytest.mark.parametrize("type_", KINDS)
def test_a_head_that_is_cut_is_no_answer(type_: str) -> None:
    """Where the connection ended, the head did: whatever it had not said yet, such as its length, was not asked for."""

    def play(connection: socket.socket, _: threading.Event) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\nContent-Length: 0\r\n")
        raise ConnectionResetError

    with Raw(play) as server, opened(type_, server, CALL_LIMIT) as bucket:
        with pytest.raises(Exception, match=r".") as told:
            bucket.stat("planetverify.txt")
        assert providers.find(type_).classify(told.value).kind.value == "unreachable", told.value


@pytest.mark.parametrize("how", ["library", "command", "-vv"])
@pytest.mark.parametrize("type_", KINDS)
def test_a_malformed_answer_is_logged_without_what_it_holds(
    type_: str, how: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, capsys: Any
) -> None:
    """urllib3 logged the whole address, an Azure token's signature included, and the line; Azure's SDK wrote to standard error unasked."""
    said = "EXAMPLE-" + chance.token_hex(16)
    head = HEAD % 403 + b"Content-Length: 9\r\nconnection: close\r\n" + said.encode() + b"\r\n\r\n<a><b </c"
    caplog.set_level(logging.DEBUG)
    with Raw(once(head)) as server:
        source = SOURCES[type_](server)
        if how == "library":
            endpoints = {} if type_ == "s3_compatible" else {type_: server.url}
            report = check(source, Settings(timeout=10, endpoints=endpoints))
            assert report.verdict in ("fail", "inconclusive")
            monkeypatch.setattr(logging.root, "handlers", [])  # as of a program that has set up none
            check(source, Settings(timeout=10, endpoints=endpoints))
            monkeypatch.undo()
        else:
            file = tmp_path / "source.json"
            file.write_text(json.dumps(source), "utf-8")
            given = [] if type_ == "s3_compatible" else ["--endpoint", f"{type_}={server.url}"]
            assert cli.run(["check", str(file), *given, *(["-vv"] if how == "-vv" else [])]) in (1, 3)
        close_connections()
    printed = capsys.readouterr()
    if how != "-vv":
        # On a busy machine it tells after ten seconds how far it is.
        assert not [line for line in printed.err.splitlines() if " checked after " not in line]
    for text in (caplog.text, printed.out, printed.err):
        assert said not in text
        for secret in re.findall(r"sig=([\w%+/=-]{20,})", str(source)):
            assert secret not in text


def test_large_answers_are_taken_apart_one_at_a_time() -> None:
    reading, going_on = threading.Event(), threading.Event()

    def first() -> None:
        bounded.take_turn(bounded.LARGE + 1, 60)
        bounded.take_turn(bounded.LARGE + 1, 60)  # its own turn is no one else's
        reading.set()
        assert going_on.wait(60)

    one = Call(first)
    assert reading.wait(60)
    Call(lambda: bounded.take_turn(bounded.LARGE, 0)).result()  # a small one waits for nobody
    with pytest.raises(TimeoutError):
        Call(lambda: bounded.take_turn(bounded.LARGE + 1, 0)).result()
    going_on.set()
    one.result()
    Call(lambda: bounded.take_turn(bounded.LARGE + 1, 60)).result()


def test_a_turn_ends_with_the_next_request() -> None:
    """Or a second answer that drips would keep everybody waiting."""

    def work() -> None:
        bounded.take_turn(bounded.LARGE + 1, 60)
        with bounded.Watchdog(60):
            Call(lambda: bounded.take_turn(bounded.LARGE + 1, 60)).result()

    Call(work).result()


def test_texts_of_an_answer_are_cut() -> None:
    """64 KiB of a refusal's message were redacted six times, and stood in the report."""
    seen = Observation(Kind.DENIED, 403, "c" * 9000, "m" * 90_000, evidence={"detail": "e" * 90_000, "layer": "identity"})
    assert (len(seen.code), len(seen.message), len(seen.evidence["detail"])) == (LONGEST_SAID,) * 3
    assert seen.evidence["layer"] == "identity"


@pytest.mark.parametrize("kind", ["body", "error", "bomb"])
def test_planets_api_is_bounded(kind: str) -> None:
    with Raw(LARGE[kind]) as server:
        planet = api(server.url)
        with suppress(Undecided):
            planet.destinations(tries=1)
        tracemalloc.start()
        try:
            with pytest.raises(Undecided):
                planet.destinations(tries=1)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert peak < 100 * 1024 * 1024, f"{peak:,} bytes"


@pytest.mark.parametrize("type_", KINDS)
@pytest.mark.parametrize(
    "before",
    [b"HTTP/1.1 102 Processing\r\n\r\n", b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n", b"HTTP/1.1 100 Continue\r\n\r\n"],
)
def test_only_the_final_answer_counts(type_: str, before: bytes) -> None:
    """A 102 before the 403 was a success: the check passed, and the file stayed."""
    body = b"<?xml version='1.0'?><Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"
    refusal = (
        b"HTTP/1.1 403 Forbidden\r\nContent-Type: application/xml\r\nx-ms-error-code: AuthorizationPermissionMismatch\r\nContent-Length: %d\r\n\r\n"
        % len(body)
        + body
    )
    with Raw(once(before * 2 + refusal)) as server:
        report = check(
            SOURCES[type_](server), Settings(timeout=10, endpoints={} if type_ == "s3_compatible" else {type_: server.url})
        )
        close_connections()
    # Whether the refusal is one that is known is the kind's own question.
    assert report.verdict in ("fail", "inconclusive")
    assert not any(step.outcome == "granted" for step in report.destinations[0].steps)
