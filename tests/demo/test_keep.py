"""The demo's emulators kept running: files to try commands on, and an end that leaves nothing."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from validator.core.deadline import CancelToken
from validator.core.errors import ValidatorError
from validator.demo.keep import keep
from validator.demo.run import EMULATORS

S3 = {"s3": EMULATORS["s3"]}


def environment(folder: Path) -> dict[str, str]:
    told = subprocess.run(
        ["/bin/sh", "-c", f". {folder}/env && env"], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    return {**os.environ, **dict(line.split("=", 1) for line in told if line.startswith("PLANET_VALIDATOR_"))}


def command(words: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "validator", *words], env=environment(folder), capture_output=True, text=True, check=False
    )


def test_the_printed_commands_do_what_their_files_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    stop, out, seen = CancelToken(), io.StringIO(), {}

    def ready(folder: Path) -> None:
        printed = re.findall(r"^  planet-validator (.+)$", out.getvalue(), re.MULTILINE)
        for each in printed:
            seen[each] = command(each.split(), folder)
        assert all(path.stat().st_mode & 0o077 == 0 for path in folder.iterdir())
        stop.request()

    assert keep(S3, out, stop, ready=ready) == 130
    good, broken, policy, fix, sweep, every = seen.values()
    assert (good.returncode, broken.returncode) == (0, 1), broken.stderr
    assert "delete-denied" in broken.stdout
    assert json.loads(policy.stdout)["Statement"]
    assert fix.returncode == 0, fix.stdout
    assert "lingering-file" in sweep.stdout
    assert "9 destinations: " in every.stdout
    # The corrected file is the reader's own now; everything else is gone.
    assert {each.name for each in (tmp_path / "planet-demo").iterdir()} == {
        "s3-a-wrong-region.json",
        "s3-a-wrong-region.json.orig",
    }
    assert "unless something in it was changed" in out.getvalue()


def test_nothing_of_somebody_elses_is_written_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "planet-demo").mkdir()
    with pytest.raises(ValidatorError, match="planet-demo is there already"):
        keep(S3, io.StringIO(), CancelToken())
    assert not list((tmp_path / "planet-demo").iterdir())


def test_where_nothing_starts_nothing_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    out = io.StringIO()
    assert keep({"x": ("Nobody's", "validator.demo.emulators.no_such_cloud")}, out, CancelToken()) == 2
    assert "Left out: Nobody's" in out.getvalue()
    assert not list(tmp_path.iterdir())


def test_a_stop_while_it_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    stop = CancelToken()
    stop.request()
    assert keep({}, io.StringIO(), stop) == 130
    assert not list(tmp_path.iterdir())
