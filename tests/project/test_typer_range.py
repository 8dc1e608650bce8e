"""typer is asked for within a range. The suite runs on its lower end, which is pinned; here the upper end is held against it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from typing import Any

import pytest

from tests.conftest import ROOT
from validator.cli import app

NEWEST = ROOT / ".venv" / "typer-newest"
PROGRAM = """
import contextlib, io, json, sys
import typer
from validator.cli.app import run
told = []
for arguments in json.load(sys.stdin):
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = run(arguments)
    told.append([code, out.getvalue(), err.getvalue()])
json.dump([typer.__version__, "pydantic" in sys.modules, told], sys.stdout)
"""
WRONG = [
    ["lint"],
    ["lint", "--nonsense", "d.json"],
    ["lint", "d.json", "--strict=yes"],
    ["schema", "--of", "nothing"],
    ["serve", "--port", "70000"],
    ["create", "a.json", "b.json"],
    ["chekc"],
]
RIGHT = [
    *([name, "--help"] for name in app.COMMANDS),
    ["--help"],
    ["-V"],
    ["lint", "d.json", "-q", "--no-strict", "--ignore", "plaintext-secret", "--expires-within", "3"],
    ["explain", "delete-denied", "--color", "never"],
    ["policy", "--type", "s3", "--bucket", "imagery-in"],
]


@pytest.fixture(scope="module")
def ends(tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    """For the pinned typer and the newest: its version, whether it loaded pydantic, and what came of each command."""
    if not NEWEST.is_dir():
        assert not os.environ.get("CI"), "run `make typer-newest`"
        pytest.skip("run `make typer-newest`")
    folder = tmp_path_factory.mktemp("ends")
    request = {"name": "imagery", "type": "amazon_s3", "parameters": {"bucket": "imagery-in"}}
    (folder / "d.json").write_text(json.dumps(request))
    told = []
    for first in ([], [NEWEST]):
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, [*first, ROOT])), "COLUMNS": "80"}
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM],
            input=json.dumps([*RIGHT, *WRONG]), cwd=folder, env=environment, capture_output=True, text=True, check=True,
        )  # fmt: skip
        told.append(json.loads(done.stdout))
    return told


def test_the_pin_is_the_lower_end_and_the_other_lock_is_the_upper() -> None:
    asked = next(
        each
        for each in tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
        if each.startswith("typer")
    )
    lower, upper = re.fullmatch(r"typer>=([\d.]+),<([\d.]+)", asked).groups()
    pinned = re.search(r"^typer==([\d.]+)$", (ROOT / "constraints.txt").read_text(), re.MULTILINE)
    newest = re.search(r"^typer==([\d.]+) ", (ROOT / "requirements" / "typer-newest.txt").read_text(), re.MULTILINE)
    assert pinned
    assert newest
    assert pinned[1].startswith(f"{lower}.")
    last = upper.rpartition(".")
    assert newest[1].startswith(f"{last[0]}.{int(last[2]) - 1}.")


def test_only_the_newest_loads_pydantic(ends: list[Any]) -> None:
    (pinned, early, _), (newest, late, _) = ends
    assert not early, f"typer {pinned} loads pydantic: every start would pay for it"
    assert newest != pinned
    assert late, f"typer {newest} does without pydantic: it may be the pin"


@pytest.mark.parametrize("arguments", [*RIGHT, *WRONG], ids=" ".join)
def test_both_ends_do_the_same(arguments: list[str], ends: list[Any]) -> None:
    (code, out, messages), (other_code, other_out, other_messages) = (
        told[[*RIGHT, *WRONG].index(arguments)] for *_, told in ends
    )
    assert (code, out) == (other_code, other_out)
    if arguments in RIGHT:
        assert messages == other_messages
    else:
        assert code == 2
        # The sentence is typer's own, and may be worded otherwise; where to read more is ours.
        assert messages.splitlines()[-1] == other_messages.splitlines()[-1]
        assert messages.startswith("planet-validator: ")
        assert other_messages.startswith("planet-validator: ")
