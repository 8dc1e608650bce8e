"""Sweeping by the command: asked before, told after, in every format; and what a killed check left."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.sweeps import EVERYTHING, FILE, LISTING, changes, finding, request
from validator import BadSource, Settings, Sweeping, sweep
from validator.core.model import Report, ResidueState
from validator.demo.emulators.s3 import PLANET_NEEDS, S3Emulator, allow
from validator.formats import FORMATS, render

pytestmark = pytest.mark.no_cover  # measured: other tests go through next to all of these lines

Run = Callable[..., Report]


def command(*arguments: str, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "validator", "sweep", *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        input=stdin,
    )


def test_the_command_asks_before_it_removes_and_says_what_remains(s3: S3Emulator, tmp_path: Path) -> None:
    s3.put("imagery-in", FILE, b"older")
    path = tmp_path / "my destination.json"
    path.write_text(json.dumps(request(s3.user("planet"))))
    endpoint = ("--endpoint", f"amazon_s3={s3.url}")
    refused = command(str(path), "--delete", *endpoint, stdin="yes\n")
    assert (refused.returncode, s3.requests) == (2, [])
    assert "--yes" in refused.stderr
    looked = command(str(path), *endpoint)
    assert looked.returncode == 1
    assert "Nothing was changed." in looked.stdout
    assert f"sweep '{path}' --delete" in " ".join(looked.stdout.split())
    removed = command(str(path), "--delete", "--yes", *endpoint)
    assert (removed.returncode, s3.objects("imagery-in")) == (0, {})
    assert command(str(path), "--delete", "--yes", *endpoint).returncode == 0


@pytest.mark.parametrize(
    ("typed", "left"), [("yes\n", {}), ("\n", {FILE: b"older"}), ("no\n", {FILE: b"older"}), ("", {FILE: b"older"})]
)
def test_on_a_terminal_only_a_yes_removes(s3: S3Emulator, tmp_path: Path, typed: str, left: dict[str, bytes]) -> None:
    import os
    import pty

    s3.put("imagery-in", FILE, b"older")
    path = tmp_path / "destination.json"
    path.write_text(json.dumps(request(s3.user("planet"))))
    leader, follower = pty.openpty()
    arguments = [sys.executable, "-m", "validator", "sweep", str(path), "--delete", "--endpoint", f"amazon_s3={s3.url}"]
    running = subprocess.Popen(arguments, stdin=follower, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert running.stderr is not None
    said = ""
    while "Type yes to remove" not in said:
        line = running.stderr.readline()
        assert line, said
        said += line
    assert s3.objects("imagery-in") == {FILE: b"older"}
    if typed:
        os.write(leader, typed.encode())
    else:
        running.send_signal(signal.SIGINT)
    running.communicate(timeout=240)
    os.close(leader)
    os.close(follower)
    assert s3.objects("imagery-in") == left
    assert running.returncode == (130 if not typed else 1 if left else 0)


def test_wrong_uses_are_told(tmp_path: Path) -> None:
    path = tmp_path / "destination.json"
    path.write_text("{}")
    for wrong in (("--yes",), ("--with", "x.json", "--owner"), ("--at-most", "none"), ("--with", str(tmp_path / "none.json"))):
        assert command(str(path), *wrong).returncode == 2, wrong
    with pytest.raises(BadSource):
        sweep(str(tmp_path / "none.json"))


def test_every_format_prints_it(s3: S3Emulator, run: Run) -> None:
    s3.put("imagery-in", FILE, b"older")
    key = s3.user("planet", policy=allow("s3:PutObject", "s3:GetObject"))
    report = run(request(key))
    for each in FORMATS:
        said = render(each, report)
        assert "lingering-file" in said
        assert key.secret_access_key not in said
    from importlib.resources import files

    import jsonschema

    schema = json.loads((files("validator") / "report.schema.json").read_text())
    jsonschema.validate(json.loads(render("json", report)), schema)


def test_what_a_killed_check_left_beside_the_file_is_found_named_and_removed(s3: S3Emulator, run: Run) -> None:
    own = f"orders/{FILE.removesuffix('.txt')}-0123abcd.txt"
    s3.put("imagery-in", own, b"planet-validator 0123456789abcdef\n")
    s3.put("imagery-in", "planetverify-0123abcd.txt.bak", b"mine")
    s3.put("imagery-in", "planetverify-notes.txt", b"mine")
    owner = request(s3.user("owner", actions=EVERYTHING))
    assert run(owner).destinations[0].residue == ()
    looked = run(owner, Sweeping(everywhere=True))
    assert [each.key for each in looked.destinations[0].residue] == [own]
    assert "a check of this tool wrote it" in finding(looked, "lingering-file").detail
    removed = run(owner, Sweeping(everywhere=True), delete=True)
    assert (removed.verdict, removed.destinations[0].residue) == ("pass", ())
    deletes = [each.path.partition("?")[0] for each in changes(s3) if each.method == "DELETE"]
    # The others are of names that nobody has: they show whether this address honours conditions.
    assert deletes[-1] == f"/imagery-in/{own}"
    assert {"/imagery-in/planetverify-0123abcd.txt.bak", "/imagery-in/planetverify-notes.txt"}.isdisjoint(deletes)
    assert deletes.count(f"/imagery-in/{own}") == 1


def test_what_a_killed_check_left_is_named_by_the_next_check(s3: S3Emulator) -> None:
    from validator import check

    s3.put("imagery-in", FILE, b"somebody's")
    s3.put("imagery-in", "planetverify-0123abcd.txt", b"planet-validator 0123456789abcdef\n")
    settings = Settings(timeout=60.0, endpoints={"amazon_s3": s3.url}, ignore=frozenset({"plaintext-secret"}))
    one = check(request(s3.user("planet", actions=(*PLANET_NEEDS, *LISTING))), settings).destinations[0]
    assert one.verdict == "warn"
    assert [(each.key, each.state) for each in one.residue] == [
        (FILE, ResidueState.FOUND),
        ("planetverify-0123abcd.txt", ResidueState.FOUND),
    ]
    assert all(each.remove_command for each in one.residue)
