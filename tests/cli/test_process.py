"""The command as a process of its own: signals, time limits, pipes, what a start loads, the shell's completion."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.support.command import request
from tests.support.wire import TIMEOUT, Answer, Request, Wire
from validator.cli import app as cli
from validator.demo.emulators.s3 import S3Emulator, UserKey

pytestmark = pytest.mark.no_cover  # what it runs, it runs in other processes

# ---- as a process ----------------------------------------------------------------------------------------------------


def process(*arguments: str, **keywords: Any) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        [sys.executable, "-m", "validator", *arguments],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, **keywords,
    )  # fmt: skip


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_between_write_and_delete_leaves_the_bucket_empty(tmp_path: Path, number: signal.Signals) -> None:
    with S3Emulator() as s3:
        bucket = s3.bucket(f"imagery-{number.name.lower()}")
        key = s3.user("planet")
        written, signalled = threading.Event(), threading.Event()

        def after(exchange: Any) -> None:
            if exchange.method == "PUT" and exchange.status < 300 and not written.is_set():
                written.set()
                signalled.wait(60)

        s3.before_answer = after
        source = tmp_path / "d.json"
        source.write_text(json.dumps(request(key, bucket=bucket)))
        running = process("check", str(source), "--endpoint", f"amazon_s3={s3.url}", "-f", "json", cwd=tmp_path)
        assert written.wait(60)
        running.send_signal(number)
        assert running.stderr is not None
        line = running.stderr.readline() + running.stderr.readline()
        signalled.set()
        out, err = running.communicate(timeout=120)
        assert "Stopping" in line
        assert running.returncode == 130, err
        assert s3.objects(bucket) == {}
        report = json.loads(out)
        assert report["interrupted"] is True
        assert report["verdict"] != "pass"


def test_a_store_that_never_answers_exits_3_within_the_timeout(tmp_path: Path) -> None:
    def never(request: Request) -> Answer:
        return TIMEOUT

    with Wire(never) as wire:
        source = tmp_path / "d.json"
        source.write_text(
            json.dumps(request(UserKey("AKIAEXAMPLEEXAMPLE23", "EXAMPLE/EXAMPLE/EXAMPLE/EXAMPLE/EXAMPLE0", "arn")))
        )
        running = process("check", str(source), "--endpoint", f"amazon_s3={wire.url}", "--timeout", "1.5", cwd=tmp_path)
        out, err = running.communicate(timeout=100)
        assert running.returncode == 3, out + err
        assert "timed-out" in out


def test_a_reader_that_goes_away_is_no_error(tmp_path: Path) -> None:
    running = process("explain", cwd=tmp_path)
    assert running.stdout is not None
    running.stdout.close()
    assert running.stderr is not None
    assert running.wait(120) == 0
    assert running.stderr.read() == ""
    running.stderr.close()


def test_a_terminal_that_knows_only_ascii_gets_ascii(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "ascii"}
    (tmp_path / "d.json").write_text(json.dumps({"name": "Zürich", "type": "amazon_s3", "parameters": {}}))
    told = subprocess.run(
        [sys.executable, "-m", "validator", "lint", "d.json"], capture_output=True, env=environment, cwd=tmp_path, check=False
    )
    assert told.returncode == 1
    assert b"Z\\xfcrich" in told.stdout


@pytest.mark.parametrize(
    "arguments", [["--help"], ["--version"], ["explain", "delete-denied"], ["check", "--help"], ["lint", "d.json"]]
)
def test_start_up_loads_no_sdk(arguments: list[str], tmp_path: Path) -> None:
    (tmp_path / "d.json").write_text(json.dumps(request(UserKey("AKIAEXAMPLEEXAMPLE23", "x" * 40, "arn"))))
    program = (
        "import sys; sys.argv = ['planet-validator', *sys.argv[1:]]\n"
        "from validator.__main__ import main\n"
        "main(); print(*sorted({name.partition('.')[0] for name in sys.modules}), file=sys.stderr)"
    )
    told = subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True, cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)}, check=True,
    )  # fmt: skip
    loaded = set(told.stderr.splitlines()[-1].split())
    heavy = {
        "botocore",
        "boto3",
        "google",
        "azure",
        "planet",
        "oci",
        "requests",
        "urllib3",
        "httpx",
        "rich",
        "pydantic",
        "jsonschema",
        "starlette",
    }
    assert not loaded & heavy


def loaded_by(arguments: list[str], folder: Path) -> set[str]:
    program = "import sys\nfrom validator.cli.app import run\nrun(sys.argv[1:])\nprint(*sys.modules, file=sys.stderr)"
    told = subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True, cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)}, check=True,
    )  # fmt: skip
    return set(told.stderr.splitlines()[-1].split())


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["check", "--help"], ["lint", "d.json"]], ids=" ".join)
def test_a_command_pays_for_its_own_options_alone(arguments: list[str], tmp_path: Path) -> None:
    """Modules are counted, since a duration says as much of the machine as of the program."""
    (tmp_path / "d.json").write_text(json.dumps(request(UserKey("AKIAEXAMPLEEXAMPLE23", "x" * 40, "arn"))))
    loaded = loaded_by(arguments, tmp_path)
    commands = {name for name in loaded if name.startswith("validator.cli.commands.")}
    assert commands == {f"validator.cli.commands.{name}" for name in arguments if name in cli.COMMANDS}
    if arguments[-1].startswith("--"):
        assert len({name for name in loaded if name.startswith("validator")}) <= 14
        assert len(loaded) <= 200  # rich alone would bring 150 more


# ---- the shell's completion ------------------------------------------------------------------------------------------


def complete(words: str, folder: Path) -> list[str]:
    """What bash is told for the last of these words."""
    environment = {
        **os.environ, "PYTHONPATH": str(ROOT), "COMP_WORDS": words, "COMP_CWORD": str(len(words.split(" ")) - 1),
        "_PLANET_VALIDATOR_COMPLETE": "complete_bash",
    }  # fmt: skip
    told = subprocess.run(
        [sys.executable, "-m", "validator"], capture_output=True, text=True, cwd=folder, env=environment, check=True
    )
    assert told.stderr == ""
    return told.stdout.split()


@pytest.mark.parametrize(
    ("words", "proposed"),
    [
        ("planet-validator s", ["sweep", "schema", "serve"]),
        ("planet-validator check --str", ["--strict"]),
        ("planet-validator check -f j", ["json", "junit"]),
        ("planet-validator check --ignore delete-d", ["delete-denied"]),
        ("planet-validator explain delete-d", ["delete-denied"]),
        ("planet-validator policy --type g", ["gcs", "google_cloud_storage"]),
        ("planet-validator diagnose --type o", ["ocs", "oracle_cloud_storage"]),
        ("planet-validator check --endpoint az", ["azure", "azure_blob_storage"]),
        ("planet-validator schema --of r", ["report"]),
        ("planet-validator check d", []),  # a file: the shell's own affair
    ],
)
def test_completion(words: str, proposed: list[str], tmp_path: Path) -> None:
    assert complete(words, tmp_path) == proposed


def test_completion_is_installed_for_the_shell(tmp_path: Path) -> None:
    told = subprocess.run(
        ["bash", "-c", f"'{sys.executable}' -m validator --install-completion; exit $?"],
        capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(ROOT), "HOME": str(tmp_path)}, check=False,
        cwd=tmp_path,
    )  # fmt: skip
    assert told.returncode == 0, told.stderr
    assert "_PLANET_VALIDATOR_COMPLETE=complete_bash" in (tmp_path / ".bash_completions" / "planet-validator.sh").read_text()
