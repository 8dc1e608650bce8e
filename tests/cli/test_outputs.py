"""A report never takes the place of a source, of what git tracks, or of what a link of the checkout leads to."""

from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.support import sample_reports
from tests.support.repositories import git, repository
from validator.cli import app as cli
from validator.cli import console, outputs
from validator.core.errors import ValidatorError
from validator.formats import FORMATS, render

SOURCE = json.dumps(
    {
        "name": "planet-validator",
        "type": "amazon_s3",
        "parameters": {
            "bucket": "imagery-in",
            "aws_region": "eu-central-1",
            "aws_access_key_id": "${KEY_ID}",
            "aws_secret_access_key": "${SECRET}",
        },
    }
)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    root = repository(tmp_path / "checkout")
    (root / "destinations").mkdir()
    (root / "destinations" / "dest.json").write_text(SOURCE)
    (root / "Makefile").write_text("all:\n")
    (tmp_path / "startup").write_text("mine\n")
    monkeypatch.chdir(root)
    git(root, "add", ".")
    yield root
    console.forget()


def reserve(*paths: str, sources: tuple[str, ...] = ()) -> None:
    outputs.reserve([outputs.Output("json", each) for each in paths], sources)


def refused(path: str, why: str, *sources: str) -> None:
    before = Path(path).read_bytes() if Path(path).exists() else None
    with pytest.raises(ValidatorError, match=why):
        reserve(path, sources=sources)
    assert before == (Path(path).read_bytes() if Path(path).exists() else None)


def test_a_source_is_never_an_output(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (place / "untracked.json").write_text(SOURCE)
    (place / "again.json").symlink_to(place / "untracked.json")
    os.link(place / "untracked.json", place / "hard.json")
    (place / "folder").mkdir()
    (place / "folder" / "untracked.json").write_text(SOURCE)
    refused("untracked.json", "this run reads it as ./untracked.json", "./untracked.json")
    refused("hard.json", "this run reads it", "untracked.json")
    refused("folder/untracked.json", "a source in folder", "folder")
    refused("untracked.json", "a source in .", ".")
    refused("untracked.json", "this run reads it as again.json", "again.json")
    for command in (
        ["lint", "untracked.json"],
        ["check", "hard.json"],
        ["lint", "destinations", "--env-file", "untracked.json"],
    ):
        assert cli.run([*command, "-o", "json:untracked.json"]) == 2
        assert "untracked.json is not written: this run reads it" in capsys.readouterr().err
    assert (place / "untracked.json").read_text() == SOURCE


def test_what_git_tracks_is_written_over_only_where_it_is_a_report(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    refused("Makefile", "git tracks it")
    refused("destinations/dest.json", "git tracks it")  # it calls itself planet-validator
    refused(".git/config", "it is git's own")
    refused(".git/hooks/pre-commit", "it is git's own")
    (place / "report.json").write_text(render("json", sample_reports.report(sample_reports.failing())))
    (place / "empty").write_text("")
    git(place, "add", ".")
    reserve("report.json", "empty", "new.json")
    assert not Path("new.json").exists()
    assert cli.run(["lint", "destinations", "--allow-env", "none", "-f", "json", "-o", "report.json"]) == 1
    assert json.loads(Path("report.json").read_text())["destinations"][0]["name"] == "planet-validator"


def test_a_link_of_the_checkout_leads_nowhere(place: Path) -> None:
    outside = place.parent
    (place / "report.json").symlink_to(outside / "startup")
    (place / "reports").symlink_to(outside, target_is_directory=True)
    (place / "dangling.json").symlink_to(outside / "made")
    (place / "hook").symlink_to(".git/hooks/pre-commit")
    (outside / "ours").symlink_to(outside / "startup")
    for path in ("report.json", "reports/startup", "reports/new", "dangling.json", "hook", f"{place}/reports/new"):
        refused(path, "is a link in a repository")
    (outside / "later").symlink_to(outside / "made")
    reserve(str(outside / "ours"), "../ours", str(outside / "later"))  # the user's own, outside any checkout
    assert (outside / "later").is_symlink()
    assert (outside / "startup").read_text() == "mine\n"
    assert not (outside / "made").exists()


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("verdict", ["failing", "destination", "undecided", "leaving"])
def test_every_format_knows_its_own_reports(tmp_path: Path, name: str, verdict: str) -> None:
    path = tmp_path / "report"
    path.write_text(render(name, sample_reports.report(getattr(sample_reports, verdict)())), "utf-8")
    assert outputs._is_report(path)


@pytest.mark.parametrize(
    "text", [SOURCE, "[]", "all:\n", "{", "<?xml version='1.0'?><project/>", "# planet-validator", "export A=B"]
)
def test_other_files_are_no_reports(tmp_path: Path, text: str) -> None:
    (tmp_path / "file").write_text(text)
    assert not outputs._is_report(tmp_path / "file")


def test_a_report_in_the_folder_that_is_checked(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Written there once, and again: neither its first emptiness nor what it holds is taken for a source."""
    for _ in range(2):
        assert cli.run(["lint", "destinations", "--allow-env", "none", "-o", "json:destinations/report.json"]) == 1
        assert "1 destination" in capsys.readouterr().out
    assert len(json.loads(Path("destinations/report.json").read_text())["destinations"]) == 1


# ---- between the look and the writing --------------------------------------------------------------------------------


def written(*paths: str) -> None:
    outputs.write(
        [outputs.Output("json", each) for each in paths], sample_reports.report(sample_reports.failing()), {}, environment={}
    )


def test_a_link_that_takes_an_outputs_place_meanwhile_leads_nowhere(place: Path) -> None:
    Path("reports").mkdir()
    reserve("report.json", "reports/report.json")
    (place / "report.json").symlink_to(place.parent / "startup")
    with pytest.raises(ValidatorError, match="is a link in a repository"):
        written("report.json")
    Path("reports").rmdir()
    Path("reports").symlink_to(place.parent, target_is_directory=True)
    with pytest.raises(ValidatorError, match="is a link in a repository"):
        written("reports/startup")
    assert (place.parent / "startup").read_text() == "mine\n"


def test_a_link_that_comes_within_the_moment_is_not_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine").write_text("mine\n")
    real = os.open

    def swapped(path: Any, *more: Any, **named: Any) -> int:
        if str(path).endswith("report.json"):
            (tmp_path / "report.json").symlink_to(tmp_path / "mine")
        return real(path, *more, **named)

    monkeypatch.setattr(os, "open", swapped)
    with pytest.raises(ValidatorError, match="cannot be written"):
        written(str(tmp_path / "report.json"))
    assert (tmp_path / "mine").read_text() == "mine\n"


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="users of POSIX")
def test_a_link_of_another_user_leads_nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine").write_text("mine\n")
    (tmp_path / "report.json").symlink_to(tmp_path / "mine")
    mine = os.geteuid()
    if mine == 0:
        os.chown(tmp_path / "report.json", 1234, 1234, follow_symlinks=False)
    else:
        monkeypatch.setattr(os, "geteuid", lambda: mine + 1)
    refused(str(tmp_path / "report.json"), "is a link of another user")
    assert (tmp_path / "mine").read_text() == "mine\n"


def test_a_folder_that_is_gone_is_said_and_the_others_are_written(tmp_path: Path) -> None:
    (tmp_path / "gone").mkdir()
    reserve(str(tmp_path / "gone" / "a.json"), str(tmp_path / "b.json"))
    (tmp_path / "gone").rmdir()
    with pytest.raises(ValidatorError, match=r"gone/a\.json cannot be written: No such file"):
        written(str(tmp_path / "gone" / "a.json"), str(tmp_path / "b.json"))
    assert json.loads((tmp_path / "b.json").read_text())["destinations"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes of POSIX")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    reserve(str(tmp_path / "pipe"))
    with pytest.raises(ValidatorError, match="it is a pipe that nobody reads"):
        written(str(tmp_path / "pipe"))
    reading = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    reserve(str(tmp_path / "pipe"))
    written(str(tmp_path / "pipe"))
    with open(reading, "rb") as pipe:  # noqa: PTH123 - a descriptor
        assert json.loads(pipe.read())["destinations"]


def test_devices_take_reports() -> None:
    reserve("/dev/null", os.devnull)
    written("/dev/null")


def test_of_two_runs_with_one_output_one_report_stays(tmp_path: Path) -> None:
    long, short = b"[" + b"1," * 50_000 + b"1]", b"[]"
    path = tmp_path / "report.json"
    for _ in range(20):
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda text: outputs._put(path, text), [long, short]))
        assert path.read_bytes() in (long, short)


@pytest.mark.parametrize(
    "arguments", [["-o", "x" * 300], ["-o", f"json:{'x' * 300}"], ["-o", f"jsn:{'x' * 300}"], ["--env-file", "x" * 300]]
)
def test_a_name_that_is_too_long_is_a_slip_of_the_user(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("dest.json").write_text(json.dumps({"type": "amazon_s3", "parameters": {}}))
    assert cli.run(["lint", "dest.json", *arguments]) == 2
    said = capsys.readouterr().err
    assert "unexpected" not in said
    assert ("--env-file" if arguments[0] == "--env-file" else "--output") in said
