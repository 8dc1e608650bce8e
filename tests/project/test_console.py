"""What README and the documentation show is what happens: commands and programs run on local emulators, and outputs are compared.

In a block that is fenced as ``console``, ``$`` begins a command; what follows is its output, in which ``...`` stands for anything, on a line or
as lines of its own. Where a block runs, or why it does not, is said before it (``tests/support/pages.py``); without a comment it runs where the
key may write and read, but not delete. The programs of a page (``python``) run in their order, in one namespace.
"""

from __future__ import annotations

import json
import os
import re
import shlex
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partialmethod
from pathlib import Path
from typing import Any

import planet as planet_sdk
import pytest

from tests.support.pages import FILES, Fence, fences
from tests.support.stage import SCENES, Stage
from validator.checking.assemble import Settings
from validator.cli import app as cli
from validator.cli.app import COMMANDS
from validator.demo.emulators.planet import PlanetEmulator

pytestmark = pytest.mark.no_cover  # measured: other tests go through these lines

ALL = [block for block in fences() if block.language in ("console", "python")]
CONSOLES = [block for block in ALL if block.language == "console"]
RUNS = [block for block in ALL if block.language == "python" and not block.reason and not block.starts_a_store]
PROGRAMS = sorted({block.page for block in RUNS})
CHANGING = re.compile(
    r" *\b\d[\d,.]* (?:ms|s)\b|\b\d{4}-\d\d-\d\d[T\d:.Z]*|pl:destinations/[\w-]+|(?<= )[\w-]+-[\w-]{22}\b|\b\d+ (?:seconds?|minutes?) ago"
)
"""Times, dates and ids differ from run to run."""


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with ExitStack() as stack:
        yield Stage(stack)


@contextmanager
def played(block: Fence, stage: Stage, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PlanetEmulator]:
    """The folder, the variables and the Planet that a block supposes."""
    assert block.scene in SCENES, f"{block}: what is the scene {block.scene!r}?"
    for name in [name for name in os.environ if name.startswith(("PLANET_", "PL_", "AWS_"))]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(folder)
    stage.furnish(folder, block.scene)
    try:
        with PlanetEmulator({"amazon_s3": stage.s3.url}, per_second=100) as planet:
            for name, value in stage.variables(block.scene, planet).items():
                monkeypatch.setenv(name, value)
            yield planet
    finally:
        if block.scene == "lingering":
            monkeypatch.setenv("PLANET_KEY_ID", stage.good.access_key_id)
            monkeypatch.setenv("PLANET_SECRET", stage.good.secret_access_key)
            assert cli.run(["sweep", "dest.json", "--delete", "--yes"]) == 0
            assert not stage.s3.objects("imagery-in")


@pytest.mark.parametrize("block", [block for block in CONSOLES if not block.reason], ids=str)
def test_a_console_runs_and_prints_what_it_shows(
    block: Fence, stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert list(block.commands()), f"{block}: a command begins with $"
    with played(block, stage, tmp_path, monkeypatch):
        for command, output in block.commands():
            out, err = (
                re.sub(r"^  Endpoint: .*\n\n?", "", text, flags=re.MULTILINE).replace(stage.s3.account, "111122223333")
                for text in run(command, capsys)
            )
            wanted = re.compile(pattern(output))
            if output.strip():
                told = f"{block} must show for {command!r}:\n{out}{err}"
                assert wanted.fullmatch(steady(out)) or wanted.fullmatch(steady(out + err)), told


@pytest.mark.parametrize("page", PROGRAMS, ids=lambda page: page.name)
def test_the_programs_of_a_page_run(page: Path, stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a program says nothing of endpoints, it is led to the emulators; nothing else is changed."""
    known = Settings.endpoint_of
    routes = {"amazon_s3": stage.s3.url, "google_cloud_storage": stage.google.url}
    monkeypatch.setattr(Settings, "endpoint_of", lambda self, type_: known(self, type_) or routes.get(type_))
    names: dict[str, Any] = {"__name__": "example"}
    for number, block in enumerate(each for each in RUNS if each.page == page):
        folder = tmp_path / str(number)
        folder.mkdir()
        with monkeypatch.context() as patched, played(block, stage, folder, patched) as planet:
            session = planet_sdk.Session(auth=planet_sdk.Auth.from_key(planet.key))
            patched.setattr(planet_sdk.Planet, "__init__", partialmethod(planet_sdk.Planet.__init__, session, planet.url))
            names["bucket_creds"] = json.loads(os.path.expandvars(Path("dest.json").read_text(encoding="utf-8")))
            try:
                exec(compile(block.text, str(block), "exec"), names)  # noqa: S102 - our own documentation
            except SystemExit as ended:
                assert ended.code in (0, 1)  # noqa: PT017 - a program may end with the verdict


def run(command: str, capsys: pytest.CaptureFixture[str]) -> tuple[str, str]:
    words = shlex.split(command)
    assert words[0] == "planet-validator", f"not a command of ours: say with a comment why it is not run: {command}"
    target = Path(words[words.index(">") + 1]) if ">" in words else None
    capsys.readouterr()
    code = cli.run(words[1 : words.index(">")] if target else words[1:])
    told = capsys.readouterr()
    assert code in (0, 1), told.err
    if target:
        target.write_text(told.out, encoding="utf-8")
        return "", told.err
    return told.out, told.err


def steady(text: str) -> str:
    lines = (re.sub(r"\s+", " ", CHANGING.sub(" CHANGING", line)).strip() for line in text.splitlines())
    return "".join(f"{line}\n" for line in lines if line)


def pattern(output: str) -> str:
    """What was printed must match, the whole of it."""
    lines = steady(output).splitlines()
    return "".join(r"(?s:.*)" if line == "..." else re.escape(line).replace(r"\.\.\.", ".*") + r"\n" for line in lines)


def lines() -> Iterator[tuple[Path, str]]:
    for page in FILES:
        for line in re.sub(r"\\\n\s*", " ", page.read_text(encoding="utf-8")).splitlines():
            for match in re.finditer(r"(?<!-n )planet-validator ([a-z]+)((?: [^`|#)>\n]*)?)", line):
                if match[1] in COMMANDS:
                    yield page, match[0]


def test_every_option_that_a_text_names_exists_and_every_option_stands_in_the_documentation(
    capsys: pytest.CaptureFixture[str],
) -> None:
    known: dict[str, str] = {}
    for command in COMMANDS:
        capsys.readouterr()
        assert cli.run([command, "--help"]) == 0
        known[command] = capsys.readouterr().out
    unknown = set()
    for page, line in lines():
        command = line.split()[1]
        options = re.findall(r"(?<![\w-])--[a-z][a-z-]+", line)
        unknown |= {
            f"{page.name}: {line}: {each}"
            for each in options
            if each not in known[command] and f"{each[:2]}no-{each[2:]}" not in known[command]
        }
    assert not unknown
    pages = "".join(page.read_text(encoding="utf-8") for page in FILES)
    said = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", pages))
    offered = {(command, each) for command, text in known.items() for each in re.findall(r"(?<![\w-])--[a-z][a-z-]+", text)}
    assert {(command, each) for command, each in offered if each not in said} == set()
