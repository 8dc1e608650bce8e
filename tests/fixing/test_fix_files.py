"""``--fix`` and the user's files: what is never rewritten, and what a file keeps when it is."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import re
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.support.repositories import git, repository
from validator.checking.assemble import lint
from validator.cli import app as cli
from validator.cli import console
from validator.core.errors import ValidatorError
from validator.core.model import Mode, Operation, Outcome, Step
from validator.fixing import proposals as fix
from validator.fixing import rewrite
from validator.fixing.editing import changed
from validator.sources.forms import read
from validator.sources.loader import References, load

REQUEST = """\
{
  "type": "amazon_s3",
  "parameters": {
    "bucket": "imagery-in ",
    "aws_region": "eu-central-1",
    "aws_access_key_id": "AKIAQEXAMPLE2EXAMPLE",
    "aws_secret_access_key": "EXAMPLE/planet+EXAMPLE/planet+EXAMPLE123"
  }
}
"""
PYTHON = """\
# Our order, sent every night.
import os

BUCKET = "imagery-in "

def order(): ...

request = {
    'name': 'nightly',  # shown in the console
    'type': 'amazon_s3',
    'parameters': {
        'bucket': 'imagery-in ',
        'aws_region': 'eu-central-1',
        'aws_access_key_id': 'AKIAQEXAMPLE2EXAMPLE',
        'aws_secret_access_key': os.environ['NIGHTLY_SECRET'],
    },
}
"""


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NIGHTLY_SECRET", "EXAMPLE/nightly+EXAMPLE/nightly+EXAMPL12")
    yield
    console.forget()


def propose(name: str) -> tuple[fix.Edit, ...]:
    loaded = load(name, references=References())
    return fix.propose(loaded.destinations, lint(loaded))


# ---- what is never rewritten -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["order.py", "order.json", "order.txt"])
@pytest.mark.parametrize("text", [PYTHON, PYTHON.replace("'imagery-in '", '"imagery-in "'), PYTHON[PYTHON.index("request") :]])
def test_python_is_shown_the_change_and_kept_as_it_is(capsys: pytest.CaptureFixture[str], name: str, text: str) -> None:
    Path(name).write_text(text)
    assert cli.run(["lint", name]) == 1
    assert "--fix" not in capsys.readouterr().out, "the report proposes no command that cannot work"
    assert cli.run(["lint", "--fix", name]) == 1
    told = capsys.readouterr()
    assert Path(name).read_text() == text
    assert [each.name for each in Path().iterdir()] == [name]
    assert "stray-whitespace" in told.out
    assert "a Python file is never rewritten" in told.err
    changed_line = next(line for line in told.err.splitlines() if line.startswith("+") and "bucket" in line)
    assert changed_line.strip("+ ,").replace('"', "'") == "'bucket': 'imagery-in'"
    assert "nothing was changed" in told.err
    assert "EXAMPLE/nightly" not in told.err + told.out


NOTEBOOK = {
    "cells": [{"cell_type": "code", "source": PYTHON.splitlines(keepends=True), "metadata": {}, "outputs": [], "execution_count": 1}],
    "metadata": {},
    "nbformat": 4,
    "nbformat_minor": 5,
}  # fmt: skip
ENV = "BUCKET='imagery-in '\nAWS_REGION=eu-central-1\nAWS_ACCESS_KEY_ID=AKIAQEXAMPLE2EXAMPLE\nAWS_SECRET_ACCESS_KEY=kX9q7Zr2Wv8Lm4Tn6Bc1Yd3Pf5Hs0GjEXAMPLE12\n"


COMMAND = (
    "planet destinations create s3 --bucket 'imagery-in ' --region eu-central-1 --access-key-id AKIAQEXAMPLE2EXAMPLE "
    "--secret-access-key kX9q7Zr2Wv8Lm4Tn6Bc1Yd3Pf5Hs0GjEXAMPLE12\n"
)


@pytest.mark.parametrize(
    ("name", "text", "kind"),
    [
        ("order.ipynb", json.dumps(NOTEBOOK, indent=1), "a notebook"),
        (".env", ENV, "an .env file"),
        ("make.sh", COMMAND, "a command line"),
        ("curl.sh", f"curl https://api.planet.com/destinations/v1 -d '{json.dumps(json.loads(REQUEST))}'\n", "a command line"),
    ],
)
def test_notebooks_and_settings_are_shown_the_change_and_kept(
    capsys: pytest.CaptureFixture[str], name: str, text: str, kind: str
) -> None:
    Path(name).write_text(text)
    assert cli.run(["lint", name]) == 1
    assert "--fix" not in capsys.readouterr().out
    assert cli.run(["lint", "--fix", name]) == 1
    told = capsys.readouterr()
    assert Path(name).read_text() == text
    assert [each.name for each in Path().iterdir()] == [name]
    assert f"{kind} is never rewritten: make the change shown by hand" in told.err
    assert [line for line in told.err.splitlines() if line.startswith("+") and re.search("['\"]imagery-in['\"]", line)]
    assert "kX9q7Zr2Wv8Lm4Tn6" not in told.err + told.out


def test_the_library_changes_no_python_either() -> None:
    Path("order.py").write_text(PYTHON)
    (edit,) = propose("order.py")
    assert not edit.made
    assert fix.apply([edit]) == ()
    assert Path("order.py").read_text() == PYTHON
    report = lint(load("order.py")).destinations[0]
    assert not any(each.fix and each.fix.automatic for each in report.findings)


# ---- what a file keeps -------------------------------------------------------------------------------------------------


def fixed(text: str) -> str:
    return text.replace("imagery-in ", "imagery-in")


def test_the_old_file_stays_beside_the_new_one() -> None:
    Path("d.json").write_text(REQUEST)
    Path("d.json").chmod(0o640)
    fix.apply(propose("d.json"))
    assert Path("d.json").read_text() == fixed(REQUEST)
    assert Path("d.json.orig").read_text() == REQUEST
    assert Path("d.json.orig").stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize(("state", "copied"), [("clean", False), ("changed", True), ("untracked", True), ("linked", True)])
def test_git_keeps_the_old_content_of_a_clean_file(state: str, copied: bool) -> None:
    repository(Path())
    Path("d.json").write_text(REQUEST if state != "changed" else "{}")
    if state != "untracked":
        git(Path(), "add", "d.json")
    Path("d.json").write_text(REQUEST)
    if state == "linked":
        Path("same.json").hardlink_to("d.json")
    fix.apply(propose("d.json"))
    assert Path("d.json").read_text() == fixed(REQUEST)
    assert Path("d.json.orig").exists() is copied
    if state == "clean":
        assert git(Path(), "show", ":d.json") == REQUEST


def test_an_earlier_copy_is_never_written_over() -> None:
    Path("d.json.orig").write_text("mine")
    for _ in range(2):
        Path("d.json").write_text(REQUEST)
        fix.apply(propose("d.json"))
    Path("d.json").write_text(REQUEST + "\n")
    fix.apply(propose("d.json"))
    assert {each.name: each.read_text() for each in Path().iterdir()} == {
        "d.json": fixed(REQUEST) + "\n",
        "d.json.orig": "mine",
        "d.json.orig.1": REQUEST,
        "d.json.orig.2": REQUEST + "\n",
    }


def test_a_copy_that_is_a_link_is_not_followed() -> None:
    Path("elsewhere").write_text("mine")
    Path("d.json.orig").symlink_to("elsewhere")
    Path("d.json").write_text(REQUEST)
    fix.apply(propose("d.json"))
    assert Path("elsewhere").read_text() == "mine"
    assert Path("d.json.orig.1").read_text() == REQUEST


@pytest.mark.parametrize("name", ["d.json", "link.json"])
def test_hard_links_and_symbolic_ones_stay_together(name: str) -> None:
    Path("d.json").write_text(REQUEST)
    Path("same.json").hardlink_to("d.json")
    Path("link.json").symlink_to("d.json")
    fix.apply(propose(name))
    assert Path("d.json").samefile("same.json")
    assert Path("link.json").is_symlink()
    assert Path("same.json").read_text() == fixed(REQUEST)
    assert Path(f"{name}.orig").read_text() == REQUEST


def test_a_file_that_is_named_twice_is_changed_once(capsys: pytest.CaptureFixture[str]) -> None:
    Path("d.json").write_text(REQUEST)
    Path("same.json").hardlink_to("d.json")
    Path("link.json").symlink_to("d.json")
    assert cli.run(["lint", "--fix", "d.json", "link.json", "same.json"]) == 0
    assert "has changed since" not in capsys.readouterr().err
    assert Path("same.json").read_text() == fixed(REQUEST)
    assert sorted(each.name for each in Path().iterdir()) == ["d.json", "d.json.orig", "link.json", "same.json"]


def test_a_file_with_hard_links_is_undone_when_it_cannot_be_written_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("d.json").write_text(REQUEST)
    Path("same.json").hardlink_to("d.json")
    edits = propose("d.json")
    truncate, refused = os.ftruncate, [OSError(28, "No space left on device")]

    def full(descriptor: int, size: int) -> None:
        if refused:
            raise refused.pop()
        truncate(descriptor, size)

    monkeypatch.setattr(os, "ftruncate", full)
    with pytest.raises(ValidatorError, match="No space left"):
        fix.apply(edits)
    assert Path("d.json").read_text() == REQUEST
    assert Path("d.json").samefile("same.json")
    assert Path("d.json.orig").read_text() == REQUEST


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root makes a file that is another's")
def test_a_file_whose_owner_cannot_be_kept_is_written_in_place(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("d.json").write_text(REQUEST)
    os.chown("d.json", 1234, 1234)
    number = Path("d.json").stat().st_ino

    def refused(*given: object) -> None:
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, "chown", refused)
    fix.apply(propose("d.json"))
    assert Path("d.json").stat().st_ino == number
    assert Path("d.json").read_text() == fixed(REQUEST)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be-mark"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize(("name", "text"), [
    ("d.json", REQUEST),
    ("d.yaml", "# größer\ntype: amazon_s3\nparameters:\n  bucket: 'imagery-in ' # ✓\n  aws_region: eu-central-1\n"),
    ("d.toml", "# größer\ntype = 'amazon_s3'\n[parameters]\nbucket = 'imagery-in ' # ✓\naws_region = \"eu-central-1\"\n"),
])  # fmt: skip
def test_every_other_byte_stays(name: str, text: str, end: str, encoding: str) -> None:
    def encoded(what: str) -> bytes:
        what = what.replace("\n", end)
        return b"\xfe\xff" + what.encode("utf-16-be") if encoding == "utf-16-be-mark" else what.encode(encoding)

    Path(name).write_bytes(encoded(text))
    fix.apply(propose(name))
    assert Path(name).read_bytes() == encoded(fixed(text)).replace(b"= 'imagery-in'", b'= "imagery-in"').replace(
        "= 'imagery-in'".encode("utf-16-le"), '= "imagery-in"'.encode("utf-16-le")
    ).replace("= 'imagery-in'".encode("utf-16-be"), '= "imagery-in"'.encode("utf-16-be"))
    assert Path(f"{name}.orig").read_bytes() == encoded(text)


@pytest.mark.parametrize(
    ("form", "text", "op", "pointer", "value", "after"),
    [
        ("yaml", "a:\r\n  b: 1\r\nd: 3\r\n", "add", "/a/c", True, "a:\r\n  b: 1\r\n  c: true\r\nd: 3\r\n"),
        ("yaml", "a: 1\r\nb: 2\r\n", "remove", "/a", None, "b: 2\r\n"),
        ("json", '{\r\n  "a": 1\r\n}', "add", "/b", "x", '{\r\n  "a": 1,\r\n  "b": "x"\r\n}'),
        ("toml", "[p]\r\na = 1\r\n", "add", "/p/b", True, "[p]\r\na = 1\r\nb = true\r\n"),
        ("toml", "x   =  [1,  2 ]\n\n[p]\na=1#x\n", "replace", "/p/a", "y", 'x   =  [1,  2 ]\n\n[p]\na="y"#x\n'),
        ("toml", "p.a = 'x'\np . b = 2\n", "replace", "/p/b", 3, "p.a = 'x'\np . b = 3\n"),
        ("toml", "p.a = 'x'\n", "move", "/p/c", "/p/a", "p.c = 'x'\n"),
        ("toml", 'a = """\nx"y\n""" # z\nb = 1\n', "replace", "/a", "w", 'a = "w" # z\nb = 1\n'),
        ("toml", "a = '''\nx\n'''\nb = 1\n", "remove", "/a", None, "b = 1\n"),
    ],
)
def test_one_change_in_lines_of_every_kind(form: str, text: str, op: str, pointer: str, value: Any, after: str) -> None:
    assert changed(read(text, form), op, pointer, value).text == after


# ---- interruptions -----------------------------------------------------------------------------------------------------

KILLED = """
import os, signal, sys
from validator.cli import app as cli
os.{call} = lambda *given, **named: os.kill(os.getpid(), signal.SIGKILL)
cli.run(["lint", "--fix", "d.json"])
"""


@pytest.mark.parametrize("call", ["fsync", "link"])  # every other point: test_fix_killed.py
def test_what_a_killed_fix_leaves_is_removed_by_the_next_run(capsys: pytest.CaptureFixture[str], call: str) -> None:
    Path("d.json").write_text(REQUEST)
    killed = subprocess.run([sys.executable, "-c", KILLED.format(call=call)], check=False, capture_output=True)
    assert killed.returncode == -signal.SIGKILL
    assert Path("d.json").read_text() == REQUEST
    left = [each for each in Path().iterdir() if each.name not in ("d.json", "d.json.orig")]
    assert left
    cli.run(["lint", "--fix", "--dry-run", "d.json"])
    assert all(each.exists() for each in left)
    capsys.readouterr()
    cli.run(["lint", "--fix", "d.json"])
    told = capsys.readouterr().err
    assert all(f"removed: {each.absolute()}" in told for each in left)
    assert sorted(each.name for each in Path().iterdir()) == ["d.json", "d.json.orig"]
    assert Path("d.json").read_text() == fixed(REQUEST)
    assert Path("d.json.orig").read_text() == REQUEST


def test_only_our_own_abandoned_files_are_removed() -> None:
    Path("d.json").write_text(REQUEST)
    named = ".d.json.planet-validator-0123456789abcdef.tmp"
    others = [".d.json.swp", ".d.json.abcd1234", ".planet-validator-0123456789abcdef.tmp", f"{named}.bak"]
    for each in others:
        Path(each).write_text("theirs")
    Path(named.replace("d.json", "linked")).symlink_to("d.json")
    Path(named.replace("d.json", "folder")).mkdir()
    with Path(named).open("w") as busy:
        fcntl.flock(busy.fileno(), fcntl.LOCK_EX)
        assert rewrite.remove_leftovers(["d.json", "-"]) == []
    assert rewrite.remove_leftovers(["d.json", "gone/x.json"]) == [str(Path(named).absolute())]
    assert Path("d.json").exists()
    assert all(Path(each).exists() for each in others)


def test_one_file_that_cannot_be_changed_does_not_keep_the_others() -> None:
    for name in ("a.json", "b.json", "c.json"):
        Path(name).write_text(REQUEST)
    edits = [each for name in ("a.json", "b.json", "c.json") for each in propose(name)]
    Path("b.json").write_text("{}")
    with pytest.raises(ValidatorError, match=r"b\.json: it has changed since.*a\.json, c\.json were changed"):
        fix.apply(edits)
    assert Path("a.json").read_text() == Path("c.json").read_text() == fixed(REQUEST)
    assert Path("b.json").read_text() == "{}"


# ---- what was seen to work ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("outcome", [Outcome.GRANTED, Outcome.DENIED])
def test_a_value_that_a_healthy_answer_was_seen_with_is_not_rewritten(outcome: Outcome) -> None:
    request = {
        "type": "s3_compatible",
        "parameters": {
            "bucket": "imagery-in",
            "endpoint": "http://s3.fr-par.scw.cloud",
            "region": "fr-par",
            "access_key_id": "EXAMPLEKEY",
            "secret_access_key": "EXAMPLE-secret",
        },
    }
    Path("d.json").write_text(json.dumps(request))
    loaded = load("d.json")
    report = lint(loaded)
    step = Step(Operation.DELETE, "planetverify.txt", Mode.REHEARSED, "s3:DeleteObject", outcome)
    seen = replace(report, destinations=(replace(report.destinations[0], steps=(step,)),))
    made = [change.finding for edit in fix.propose(loaded.destinations, seen) for change in edit.made]
    assert made == ([] if outcome is Outcome.GRANTED else ["endpoint-insecure"])
