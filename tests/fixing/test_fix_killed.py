"""``--fix`` killed at each call that changes the file tree: the source is the old one or the new one, whole, and the next run tidies up.

One process reads everything once and then forks for each point: before a call, which is after the one before it, and in the middle of a write.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.no_cover  # what it runs, it runs in other processes

CALLS = ("open", "write", "ftruncate", "link", "replace", "rename", "unlink", "chmod", "chown", "utime", "setxattr", "fsync")
"""What ``validator.fixing.rewrite``, pathlib and shutil change files by; ``fsync`` changes none, and parts what has happened from what has not."""

PROGRAM = '''
import json, os, pathlib, shutil, signal, sys, tempfile
from validator.checking.assemble import lint
from validator.fixing import proposals, rewrite
from validator.sources.loader import load

CALLS, OLD, LINKED = json.loads(sys.argv[1]), sys.argv[2], sys.argv[3] == "linked"
real = {each: getattr(os, each) for each in CALLS if hasattr(os, each)}


def fix():
    loaded = load("d.json")
    return proposals.apply(proposals.propose(loaded.destinations, lint(loaded)))


def prepared():
    os.chdir(tempfile.mkdtemp(dir=sys.argv[4]))
    pathlib.Path("d.json").write_text(OLD)
    os.chmod("d.json", 0o640)
    if LINKED:
        os.link("d.json", "same.json")


def killing(at, when):
    """Count the calls, and die at one of them."""
    count = [0]

    def counted(name):
        def call(*given, **named):
            if name == "open" and not given[1] & os.O_CREAT:
                return real[name](*given, **named)
            count[0] += 1
            if count[0] != at:
                return real[name](*given, **named)
            if when == "half" and name == "write":
                real[name](given[0], bytes(given[1])[: len(given[1]) // 2])
            os._exit(99) if when == "half" and name != "write" else os.kill(os.getpid(), signal.SIGKILL)
        return call

    for name in real:
        setattr(os, name, counted(name))
    return count


def seen():
    names = sorted(os.listdir("."))
    return {name: pathlib.Path(name).read_text() for name in names}, oct(os.stat("d.json").st_mode & 0o777)


prepared()
fix()  # everything is imported by now
NEW = pathlib.Path("d.json").read_text()
results = []
for when in ("before", "half"):
    at = 0
    while True:
        at += 1
        prepared()
        child = os.fork()
        if not child:
            killing(at, when)
            fix()
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if os.WIFEXITED(status) and os.WEXITSTATUS(status) == 99:
            continue
        after, mode = seen()
        removed = rewrite.remove_leftovers(["d.json"])
        tidied, _ = seen()
        if after["d.json"] in (OLD, NEW):
            fix()
        done, last = seen()
        killed = os.WIFSIGNALED(status)
        results.append([when, at, killed, after, mode, [os.path.basename(each) for each in removed], sorted(tidied), done, last])
        if not killed:
            break
print(json.dumps({"new": NEW, "results": results}))
'''

OLD = json.dumps(
    {
        "name": "one of ours",
        "type": "amazon_s3",
        "parameters": {
            "bucket": "imagery-in ",
            "aws_region": "eu-west-1",
            "aws_access_key_id": "AKIAEXAMPLEEXAMPLE12",
            "aws_secret_access_key": "EXAMPLE/" + "k" * 32,
        },
    },
    indent=1,
)


def run(kind: str, folder: Path) -> tuple[str, list[list[Any]]]:
    arguments = [sys.executable, "-c", PROGRAM, json.dumps(CALLS), OLD, kind, str(folder)]
    done = subprocess.run(arguments, check=False, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    told: Mapping[str, Any] = json.loads(done.stdout)
    return str(told["new"]), list(told["results"])


@pytest.mark.parametrize("kind", ["alone", "linked"])
def test_a_fix_killed_at_any_call_loses_nothing(kind: str, tmp_path: Path) -> None:
    new, results = run(kind, tmp_path)
    assert new == OLD.replace("imagery-in ", "imagery-in")
    own = {"d.json", "d.json.orig", *(["same.json"] if kind == "linked" else [])}
    killed = [each for each in results if each[2]]
    for when, at, _, after, mode, removed, tidied, done, last in results:
        here = f"killed {when} call {at}"
        if kind == "alone":
            assert after["d.json"] in (OLD, new), here
        else:  # written in place: between the two only once the whole old one is beside it
            assert after["d.json"] in (OLD, new) or after["d.json.orig"] == OLD, here
            assert after["same.json"] == after["d.json"], here
        assert after.get("d.json.orig", OLD) == OLD, here
        assert after["d.json"] != new or after["d.json.orig"] == OLD, here
        assert mode == "0o640", here
        assert set(removed) == set(after) - own, here
        assert set(tidied) <= own, here
        if after["d.json"] in (OLD, new):
            assert (done["d.json"], last) == (new, "0o640"), here
            assert set(done) == own, here
    assert {each[0] for each in killed} == {"before", "half"}
    assert len(killed) > 12
    assert any(each[5] for each in killed), "something was left, and removed"
    assert any(each[3]["d.json"] == new for each in killed)
    assert any(each[3]["d.json"] == OLD and "d.json.orig" in each[3] for each in killed)
