"""The command itself, in a process of its own, against an emulator: stopped in the middle, or left without an answer."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.emulated.conftest import parameters
from tests.support.wire import TIMEOUT, Wire, wait_until
from validator.demo.emulators.s3 import Exchange, S3Emulator

pytestmark = pytest.mark.no_cover  # what it runs, it runs in other processes


def source(s3: S3Emulator, folder: Path) -> str:
    path = folder / "destination.json"
    request = {"name": "emulated", "type": "amazon_s3", "parameters": parameters(s3, s3.user("planet"))}
    path.write_text(json.dumps(request))
    return str(path)


def command(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "validator", "check", "-f", "json", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("at", ["PUT", "GET"])
def test_stopped_between_write_and_delete_leaves_the_bucket_empty(
    s3: S3Emulator, tmp_path: Path, at: str, sent: signal.Signals
) -> None:
    running: list[subprocess.Popen[str]] = []
    held: list[dict[str, bytes]] = []

    def stop(exchange: Exchange) -> None:
        # The write has been carried out; a GET before it asks for settings.
        if exchange.method == at and not held and s3.objects("imagery-in"):
            held.append(s3.objects("imagery-in"))
            running[0].send_signal(sent)
            # This answer comes too late: not before the delete that the signal leads to.
            wait_until(lambda: any((each.method, each.status) == ("DELETE", 204) for each in s3.requests))

    s3.before_answer = stop
    running.append(command(source(s3, tmp_path), "--endpoint", f"amazon_s3={s3.url}"))
    out, err = running[0].communicate(timeout=120)
    assert list(held[0]) == ["planetverify.txt"]
    assert s3.objects("imagery-in") == {}
    assert running[0].returncode == 130, err
    report = json.loads(out)
    assert report["destinations"][0]["residue"] == []
    assert report["verdict"] == "inconclusive"
    assert "Traceback" not in err


def test_a_server_that_never_answers_is_given_up_in_time(s3: S3Emulator, tmp_path: Path) -> None:
    with Wire(lambda request: TIMEOUT) as wire:
        running = command(source(s3, tmp_path), "--endpoint", f"amazon_s3={wire.url}", "--timeout", "2")
        out, err = running.communicate(timeout=120)
    assert running.returncode == 3, err
    report: dict[str, Any] = json.loads(out)
    # The server would be silent for two minutes.
    assert report["destinations"][0]["duration_ms"] < 60_000
    assert {each["name"] for each in report["destinations"][0]["findings"]} == {"timed-out"}
