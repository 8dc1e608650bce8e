"""What only a check proposes is checked before ``--fix`` writes it: the file changes when that check passes, and only then."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.support.s3_store import PLAIN, S3Store, error, step
from tests.support.wire import Answer, Request, Wire
from validator.checking.assemble import lint
from validator.cli import app as cli
from validator.cli import execution
from validator.core import catalog
from validator.core.model import PatchOperation
from validator.fixing import proposals
from validator.sources.loader import load

SOURCE = """\
{ "name": "imagery",  "type": "amazon_s3",
  "parameters": {"bucket": "imagery-in", "aws_region": "us-east-1",
    "aws_access_key_id": "AKIAQEXAMPLE2EXAMPLE", "aws_secret_access_key": "EXAMPLEEXAMPLEEXAMPLEEXAMPLEEXAMPLE12345"} }
"""
RIGHT = SOURCE.replace("us-east-1", "eu-central-1")
ELSEWHERE = error(301, "PermanentRedirect", "Use the right endpoint")
STYLE = """\
name: imagery
type: s3_compatible
parameters:
  bucket: imagery-in
  endpoint: http://store.example:PORT
  region: us-east-1
  access_key_id: EXAMPLEKEY
  secret_access_key: EXAMPLE-secret
"""

Ran = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Ran:
    monkeypatch.chdir(tmp_path)
    Path("d.json").write_text(SOURCE)

    def running(there: Callable[[Request], Answer | None], *arguments: str) -> tuple[int, str, str]:
        """Check the file with ``--fix`` against a store that is in eu-central-1, where ``there`` may answer in its place."""
        store = S3Store()

        def handle(request: Request) -> Answer:
            if request.method != "HEAD" and "/us-east-1/" in request.headers.get("authorization", ""):
                return ELSEWHERE
            return there(request) or store.handle(request)

        with Wire(handle) as wire:
            code = cli.run(["check", "d.json", "--fix", "--endpoint", f"amazon_s3={wire.url}", *arguments])
        out, err = capsys.readouterr()
        return code, out, err

    return running


def files() -> list[str]:
    return sorted(each.name for each in Path().iterdir())


def test_a_region_is_written_when_a_check_with_it_passes(run: Ran) -> None:
    steps: list[str] = []
    code, out, err = run(lambda request: steps.append(step(request)))
    assert (code, Path("d.json").read_text()) == (0, RIGHT)
    assert steps.count("write") == 2, "the change was checked before it was written, and the file after it"
    assert "checked with this change, it passes: wrong-region" in err
    assert "changed: d.json" in err
    assert out.startswith("PASS")


@pytest.mark.parametrize(
    ("refused", "why"),
    [
        ({"write": PLAIN}, "does not pass (write-denied)"),
        ({"delete": PLAIN}, "does not pass (delete-denied"),
        ({"write": error(503, "SlowDown", "Please reduce your request rate.")}, "could not be brought to an end (throttled)"),
    ],
    ids=["write", "delete", "throttled"],
)
def test_a_granted_rehearsal_alone_writes_nothing(run: Ran, refused: dict[str, Answer], why: str) -> None:
    written: list[Request] = []

    def there(request: Request) -> Answer | None:
        written.extend([request] if step(request) == "write" else [])
        return refused.get("write" if step(request) == "write" else request.method.lower() if written else "")

    code, out, err = run(there, "-f", "json")
    assert (code, files(), Path("d.json").read_text()) == (1, ["d.json"], SOURCE)
    assert f"left as it is: wrong-region in d.json, line 2: a check with this change {why}" in err
    (one,) = json.loads(out)["destinations"]
    fix = next(each["fix"] for each in one["findings"] if each["name"] == "wrong-region")
    assert fix["automatic"] is False
    assert fix["summary"].startswith(f"Did you mean aws_region eu-central-1? A check with this change {why}")
    assert fix["patch"] == [{"op": "replace", "path": "/parameters/aws_region", "value": "eu-central-1"}]
    # What the trial left behind is told, though its verdict is not the file's.
    assert [each["state"] for each in one["residue"]] == (["left"] if "delete" in refused else [])


@pytest.mark.parametrize("when", ["stat", "rehearse-delete", "write"])
def test_an_interrupted_trial_changes_nothing(run: Ran, monkeypatch: pytest.MonkeyPatch, when: str) -> None:
    told: list[Any] = []
    first = execution.run_check
    monkeypatch.setattr(
        execution, "run_check", lambda context, *rest, **more: told.append(context) or first(context, *rest, **more)
    )

    def there(request: Request) -> Answer | None:
        # Only once the first check is over is a request of this kind made for the right region, but the experiment's own.
        if step(request) == when and len(told) == 2:
            told[1].stop.request()
        return None

    code, _, err = run(there)
    assert (code, files(), Path("d.json").read_text()) == (130, ["d.json"], SOURCE)
    assert "changed" not in err


def test_a_trial_that_cannot_be_made_changes_nothing(run: Ran, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []
    first = execution.run_check

    def failing(*arguments: Any, **more: Any) -> Any:
        calls.append(1)
        if len(calls) == 2:
            raise RuntimeError
        return first(*arguments, **more)

    monkeypatch.setattr(execution, "run_check", failing)
    code, _, _ = run(lambda _: None)
    assert code != 0
    assert (files(), Path("d.json").read_text()) == (["d.json"], SOURCE)


def test_dry_run_makes_the_check_and_writes_nothing(run: Ran) -> None:
    code, out, err = run(lambda _: None, "--dry-run")
    assert (code, files(), Path("d.json").read_text()) == (1, ["d.json"], SOURCE)
    assert '+  "parameters": {"bucket": "imagery-in", "aws_region": "eu-central-1",' in out
    assert "checked with this change, it passes: wrong-region" in err


def test_what_lint_knows_is_written_without_the_doubtful_part(run: Ran) -> None:
    Path("d.json").write_text(SOURCE.replace('"imagery-in"', '"imagery-in "'))
    run(lambda request: PLAIN if step(request) == "write" else None)
    assert Path("d.json").read_text() == SOURCE


@pytest.mark.parametrize("works", [True, False])
def test_the_addressing_style_is_checked_as_well(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, works: bool
) -> None:
    monkeypatch.chdir(tmp_path)
    lookup, store = socket.getaddrinfo, S3Store()
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, *rest, **more: lookup("127.0.0.1", *rest, **more))

    def handle(request: Request) -> Answer:
        if not request.path.startswith("/imagery-in"):
            return error(404, "NoSuchBucket", "The specified bucket does not exist")
        if not works and step(request) == "write":
            return PLAIN
        return store.handle(request)

    with Wire(handle) as wire:
        before = STYLE.replace("PORT", str(wire.port))
        Path("d.yaml").write_text(before)
        code = cli.run(
            ["check", "d.yaml", "--fix", "--ignore", "endpoint-unreachable-for-planet", "--ignore", "endpoint-insecure"]
        )
    assert capsys.readouterr().out
    assert (code, Path("d.yaml").read_text()) == ((0, before + "  use_path_style: true\n") if works else (1, before))


def test_every_parameter_that_an_experiment_proposes_is_checked(run: Ran) -> None:
    """The header that a policy demands: the experiment has written already, and its change is checked whole all the same."""
    Path("d.json").write_text(RIGHT)
    seen: list[str] = []

    def there(request: Request) -> Answer | None:
        seen.append(step(request))
        return PLAIN if step(request) == "write" and "x-amz-server-side-encryption" not in request.headers else None

    code, _, err = run(there)
    assert (code, json.loads(Path("d.json").read_text())["parameters"]["explicit_sse"]) == (0, True)
    assert "checked with this change, it passes: encryption-header-required" in err


@pytest.mark.usefixtures("run")
def test_the_library_writes_nothing_unchecked() -> None:
    loaded = load("d.json")
    seen = catalog.finding(
        "wrong-region",
        pointer="/parameters/aws_region",
        patch=[PatchOperation("replace", "/parameters/aws_region", "eu-central-1")],
    )
    report = lint(loaded)
    report = replace(report, destinations=(replace(report.destinations[0], findings=(seen,)),))
    (edit,) = proposals.propose(loaded.destinations, report)
    assert not edit.made
    assert [each.why for each in edit.left] == ["no check with this change was seen to pass"]
