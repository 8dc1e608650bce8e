"""What bounds a sweep: a number of files, a stop, a list that breaks off, a process that is killed."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.sweeps import EVERYTHING, FILE, request
from validator import Settings, Sweeping, sweep
from validator.core.deadline import CancelToken
from validator.core.model import Report
from validator.demo.emulators.s3 import Exchange, S3Emulator

Run = Callable[..., Report]


def test_no_more_than_so_many_in_one_run(s3: S3Emulator, run: Run) -> None:
    s3.bucket("kept", versioned=True)
    for number in range(12):
        s3.put("kept", FILE, b"%d" % number)
    owner = s3.user("owner", actions=EVERYTHING)
    first = run(request(owner, "kept"), Sweeping(most=5), delete=True)
    assert (first.verdict, len(s3.versions("kept"))) == ("fail", 7)
    assert "run the same command again" in json.dumps([each.note for each in first.destinations[0].residue])
    run(request(owner, "kept"), Sweeping(most=5), delete=True)
    last = run(request(owner, "kept"), Sweeping(most=5), delete=True)
    assert (last.verdict, s3.versions("kept")) == ("pass", [])


def test_a_stop_ends_the_removal_between_two(s3: S3Emulator, run: Run) -> None:
    s3.bucket("kept", versioned=True)
    for number in range(12):
        s3.put("kept", FILE, b"%d" % number)
    stop = CancelToken()
    gone: list[str] = []

    def asked(exchange: Exchange) -> None:
        if exchange.method == "DELETE" and exchange.status == 204:
            gone.append(exchange.path)
            if len(gone) == 4:
                stop.request()

    s3.before_answer = asked
    told = Settings(timeout=60.0, endpoints={"amazon_s3": s3.url})
    report = sweep(request(s3.user("owner", actions=EVERYTHING), "kept"), told, delete=True, stop=stop)
    assert report.interrupted
    assert report.verdict == "fail"
    assert len(s3.versions("kept")) == 8


def test_a_list_that_breaks_off_in_the_middle_is_not_taken_for_its_end(s3: S3Emulator, run: Run) -> None:
    owner = s3.user("owner", actions=EVERYTHING)
    answered = s3.answer

    def broken(asked: Any) -> Any:
        answer = answered(asked)
        if "versions" in asked.query:
            body = answer.body.replace(b"</ListVersionsResult>", b"")
            return type(answer)(200, {**answer.headers, "content-length": str(len(body))}, body)
        return answer

    s3.answer = broken  # type: ignore[method-assign]  # the wire, not the client
    s3.put("imagery-in", FILE, b"older")
    report = run(request(owner))
    assert report.verdict == "inconclusive"
    assert {each.name for each in report.destinations[0].findings if each.severity == "unknown"} == {"connection-lost"}


def compared_by_identity(monkeypatch: pytest.MonkeyPatch) -> None:
    """Moto holds each version of a key against each other at every write and delete, to end those that go: seconds for a thousand."""
    from moto.s3.models import FakeBucket

    def setlist(keys: Any, key: str, versions: list[Any]) -> None:
        kept = {id(each) for each in versions}
        for each in keys.getlist(key, []):
            if id(each) not in kept and hasattr(each, "dispose"):
                each.dispose()
        dict.__setitem__(keys, key, versions)

    monkeypatch.setattr(type(FakeBucket("any", "123456789012", "us-east-1").keys), "setlist", setlist)


@pytest.mark.long
@pytest.mark.no_cover  # long, and through the same lines as shorter tests
@pytest.mark.parametrize(("killed", "many"), [(signal.SIGKILL, 1000), (signal.SIGTERM, 100)])
def test_killed_half_way_through_a_thousand_versions_it_finishes_on_the_next_run(
    s3: S3Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, killed: signal.Signals, many: int
) -> None:
    s3.bucket("kept", versioned=True)
    compared_by_identity(monkeypatch)
    for number in range(many):
        s3.put("kept", FILE, b"%d" % number)
    path = tmp_path / "owner.json"
    path.write_text(json.dumps(request(s3.user("owner", actions=EVERYTHING), "kept")))
    command = [
        sys.executable, "-m", "validator", "sweep", str(path), "--delete", "--yes", "--endpoint", f"amazon_s3={s3.url}",
        "--timeout", "600", "-f", "json",
    ]  # fmt: skip
    running: list[subprocess.Popen[str]] = []
    gone: list[str] = []  # the stand-in would make a list of all that are left, for each of them
    heard = threading.Event()

    def half_way(exchange: Exchange) -> None:
        if exchange.method == "DELETE" and exchange.status == 204:
            gone.append(exchange.path)
        if exchange.method == "DELETE" and len(gone) == many // 2:
            running[0].send_signal(killed)
            heard.wait(120)

    s3.before_answer = half_way
    running.append(subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True))
    assert running[0].stderr
    lines = iter(running[0].stderr.readline, "")  # to its end where it was killed
    stopping = any("Stopping" in each for each in lines)
    heard.set()
    out, err = running[0].communicate(timeout=240)
    assert stopping is (killed is signal.SIGTERM)
    left = len(s3.versions("kept"))
    assert 0 < left <= many // 2
    assert running[0].returncode == (-signal.SIGKILL if killed is signal.SIGKILL else 130), err
    if killed is signal.SIGTERM:
        assert json.loads(out)["verdict"] == "fail"
    s3.before_answer = lambda exchange: None
    again = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
    assert again.returncode == 0, again.stderr
    assert s3.versions("kept") == []
