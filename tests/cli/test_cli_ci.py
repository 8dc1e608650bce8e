"""The CI guide, the action and the hook: what they show is parsed here, and the commands in them are run."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.ci import ACTION, HOOKS, ROOT, act
from validator.cli import app as cli
from validator.cli import console
from validator.demo.emulators.s3 import S3Emulator, UserKey

pytestmark = pytest.mark.no_cover  # measured: other tests go through these lines

GUIDE = (ROOT / "docs" / "guides" / "ci.md").read_text()
BLOCKS = re.findall(r"```yaml\n(.*?)```", GUIDE, re.DOTALL)
EXAMPLES = sorted((ROOT / "docs" / "examples" / "ci").iterdir())


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield from value.splitlines()
    elif isinstance(value, dict):
        for each in value.values():
            yield from strings(each)
    elif isinstance(value, list):
        for each in value:
            yield from strings(each)


def commands() -> list[str]:
    """What the guide and its examples run, without the name of the program."""
    lines = [line for block in BLOCKS for line in strings(yaml.safe_load(block))]
    lines += [line.removeprefix("$ ") for line in re.findall(r"^\$ planet-validator .*$", GUIDE, re.MULTILINE)]
    found = [re.match(r"planet-validator (.+)|\S+ -I -m validator (.+)", line) for line in lines]
    return [each[1] or each[2] for each in found if each]


@pytest.fixture(scope="module")
def s3() -> Iterator[S3Emulator]:
    with S3Emulator() as emulator:
        emulator.bucket("imagery-in-ci")
        yield emulator


@pytest.fixture
def repository(s3: S3Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    key = s3.user(f"planet-{tmp_path.name}"[:60])
    (tmp_path / ".git").mkdir()
    (tmp_path / "destinations").mkdir()
    for name in ("old.json", "new.json"):
        write(tmp_path / "destinations" / name)
    monkeypatch.chdir(tmp_path)
    give(monkeypatch, s3, key)
    yield tmp_path
    console.forget()


def write(path: Path) -> None:
    parameters = {
        "bucket": "imagery-in-ci",
        "aws_region": "eu-central-1",
        "aws_access_key_id": "${IMAGERY_KEY_ID}",
        "aws_secret_access_key": "${IMAGERY_SECRET}",
    }
    path.write_text(json.dumps({"name": "imagery", "type": "amazon_s3", "parameters": parameters}, indent=2))


def give(monkeypatch: pytest.MonkeyPatch, s3: S3Emulator, key: UserKey) -> None:
    monkeypatch.setenv("IMAGERY_KEY_ID", key.access_key_id)
    monkeypatch.setenv("IMAGERY_SECRET", key.secret_access_key)
    monkeypatch.setenv("PLANET_VALIDATOR_ENDPOINT", f"amazon_s3={s3.url}")


def test_the_guide_shows_the_example_files_as_they_are() -> None:
    assert sorted(block.rstrip("\n") for block in BLOCKS) == sorted(path.read_text().rstrip("\n") for path in EXAMPLES)


def test_the_guide_has_commands() -> None:
    assert len(commands()) >= 3


@pytest.mark.parametrize("command", commands())
def test_the_guides_commands_run(command: str, repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(shlex.split(command)) == 0, capsys.readouterr()


def test_the_guides_settings_are_accepted(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (block,) = re.findall(r"```toml\n(.*?)```", GUIDE, re.DOTALL)
    (repository / "pyproject.toml").write_text(block)
    assert cli.run(["lint", "destinations", "-v"]) == 0
    assert "setting: expires-within = 30" in capsys.readouterr().err


def test_the_hook_lints_without_secrets(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("IMAGERY_SECRET")
    monkeypatch.delenv("IMAGERY_KEY_ID")
    (hook,) = HOOKS
    files = [path.relative_to(repository).as_posix() for path in sorted((repository / "destinations").iterdir())]
    assert all(re.search(hook["files"], each) for each in files)
    program, isolated, module, name, *arguments = shlex.split(hook["entry"])
    assert (program, isolated, module, name) == ("python", "-I", "-m", "validator")
    assert cli.run([*arguments, *files]) == 0
    broken = json.loads((repository / files[0]).read_text())
    del broken["parameters"]["bucket"]
    (repository / files[0]).write_text(json.dumps(broken))
    assert cli.run([*arguments, *files]) == 1


# ---- the action ------------------------------------------------------------------------------------------------------


def test_the_action_has_what_the_guide_names() -> None:
    assert set(ACTION["inputs"]) == {"sources", "allow-env", "command", "allow-file", "strict", "format", "timeout"}
    assert set(ACTION["outputs"]) == {"verdict", "report"}
    assert ACTION["inputs"]["allow-env"]["required"] is True
    for name in (*ACTION["inputs"], *ACTION["outputs"]):
        assert f"`{name}`" in GUIDE


def test_no_input_is_ever_part_of_a_script() -> None:
    scripts = [step["run"] for step in ACTION["runs"]["steps"] if "run" in step]
    assert len(scripts) == 2
    assert all("${{" not in script for script in scripts)


def test_the_action_passes_a_good_destination(repository: Path) -> None:
    code, told, outputs = act(repository, sources="  destinations/new.json\n\n", allow_env="IMAGERY_KEY_ID\nIMAGERY_SECRET\n")
    assert (code, outputs["verdict"]) == (0, "pass"), told
    assert json.loads(Path(outputs["report"]).read_text())["verdict"] == "pass"


def test_the_action_stops_a_pull_request_that_swaps_the_key(
    repository: Path, s3: S3Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = s3.user("planet-ci-no-delete", actions=("s3:PutObject", "s3:GetObject"))
    give(monkeypatch, s3, key)
    code, told, outputs = act(repository, sources="destinations/new.json", allow_env="IMAGERY_KEY_ID, IMAGERY_SECRET")
    assert (code, outputs["verdict"]) == (1, "fail")
    assert "::error file=destinations/new.json," in told
    assert "delete-denied" in told
    assert "delete-denied" in (repository.parent / f"{repository.name}-runner" / "summary.md").read_text()
    everything = (
        told
        + (repository.parent / f"{repository.name}-runner" / "summary.md").read_text()
        + Path(outputs["report"]).read_text()
    )
    assert key.secret_access_key not in everything


def test_the_action_refuses_to_run_without_its_list(repository: Path) -> None:
    code, told, _ = act(repository, sources="destinations", allow_env=" \n")
    assert code == 2
    assert "allow-env is missing" in told


def test_the_action_resolves_nothing_else(repository: Path) -> None:
    code, told, _ = act(repository, sources="destinations/new.json", allow_env="none")
    assert code == 1
    assert "unresolved-reference" in told


def test_the_action_reads_no_settings_of_the_pull_request(
    repository: Path, s3: S3Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = s3.user("planet-ci-no-delete-2", actions=("s3:PutObject", "s3:GetObject"))
    give(monkeypatch, s3, key)
    (repository / "planet-validator.toml").write_text('ignore = ["delete-denied"]')
    code, _, _ = act(repository, sources="destinations/new.json", allow_env="IMAGERY_KEY_ID,IMAGERY_SECRET")
    assert code == 1


def test_the_action_gives_its_inputs_no_way_out(repository: Path) -> None:
    code, _, outputs = act(repository, sources="$(touch owned)\n--output=owned\n; touch owned", allow_env="A`touch owned`")
    assert code == 2
    assert outputs["verdict"] == "none"
    assert not (repository / "owned").exists()
