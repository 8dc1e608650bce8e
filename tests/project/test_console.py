"""What README and the documentation show of a console is what happens: every command runs on local emulators, and its output is compared.

A block is fenced as ``console``. ``$`` begins a command; what follows is its output, in which ``...`` stands for anything, on a line or as lines of its own.
A comment before the block says on what it runs, ``<!-- run: good -->`` (a key of SCENES), or why it does not, ``<!-- not run: reason -->``.
Without a comment it runs where the key may write and read, but not delete.
"""

from __future__ import annotations

import base64
import os
import re
import shlex
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import ROOT
from validator.cli import app as cli
from validator.cli.app import COMMANDS
from validator.core import catalog
from validator.demo.emulators.gcs import StandIn
from validator.demo.emulators.planet import PlanetEmulator
from validator.demo.emulators.s3 import S3Emulator

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")), *sorted(catalog.FOLDER.glob("*.md"))]
BLOCK = re.compile(r"(?:^<!-- (?P<how>[^>]+?) -->\n)?^```console\n(?P<text>.*?)^```", re.DOTALL | re.MULTILINE)
SCENES = ("broken", "good", "google", "lingering", "diagnose", "folder")
CHANGING = re.compile(
    r" *\b\d[\d,.]* (?:ms|s)\b|\b\d{4}-\d\d-\d\d[T\d:.Z]*|pl:destinations/[\w-]+|(?<= )[\w-]+-[\w-]{22}\b|\b\d+ (?:seconds?|minutes?) ago"
)
"""Times, dates and ids differ from run to run."""
KMS = """google.api_core.exceptions.Forbidden: 403 POST https://storage.googleapis.com/upload/storage/v1/b/imagery-in/o?uploadType=multipart: {
  "error": {"code": 403, "message": "Permission denied on Cloud KMS key. Please ensure that your Cloud Storage service account has been authorized to use this key.",
            "errors": [{"message": "Permission denied on Cloud KMS key. Please ensure that your Cloud Storage service account has been authorized to use this key.",
                        "domain": "global", "reason": "forbidden"}]}}
"""


@dataclass(frozen=True)
class Shown:
    """One block of a page."""

    page: Path
    line: int
    how: str
    text: str

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"

    @property
    def reason(self) -> str:
        return self.how.removeprefix("not run: ") if self.how.startswith("not run: ") else ""

    @property
    def scene(self) -> str:
        return self.how.removeprefix("run: ") or "broken"

    def commands(self) -> Iterator[tuple[str, str]]:
        for part in re.split(r"^\$ ", self.text, flags=re.MULTILINE)[1:]:
            command, _, output = part.partition("\n")
            while command.endswith("\\"):
                more, _, output = output.partition("\n")
                command = f"{command[:-1]} {more.strip()}"
            yield command.split("   #")[0].strip(), output


def shown() -> Iterator[Shown]:
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for match in BLOCK.finditer(text):
            yield Shown(page, text.count("\n", 0, match.start("text")), (match["how"] or "").strip(), match["text"])


BLOCKS = list(shown())


class Stage:
    """One S3 and one Google for all blocks; a Planet, a folder and variables for each."""

    def __init__(self, stack: ExitStack) -> None:
        self.s3 = stack.enter_context(S3Emulator())
        self.google = stack.enter_context(StandIn())
        self.s3.bucket("imagery-in")
        self.good = self.s3.user("planet-good", actions=["s3:PutObject", "s3:GetObject", "s3:DeleteObject", "s3:ListBucket"])
        self.broken = self.s3.user("planet", actions=["s3:PutObject", "s3:GetObject"])
        self.looking = self.s3.user("planet-looking", actions=["s3:PutObject", "s3:GetObject", "s3:ListBucket"])
        bucket = self.google.bucket("imagery-in")
        names = ("storage.objects.create", "storage.objects.get", "storage.objects.delete")
        account = self.google.account("planet").allow(*names)
        self.key_file = base64.b64decode(self.google.destination(account, bucket)["parameters"]["credentials"])

    def variables(self, scene: str, planet: PlanetEmulator) -> Mapping[str, str]:
        key = {"good": self.good, "google": self.good, "lingering": self.looking}.get(scene, self.broken)
        return {
            "PLANET_KEY_ID": key.access_key_id,
            "PLANET_SECRET": key.secret_access_key,
            "PLANET_VALIDATOR_ENDPOINT": f"amazon_s3={self.s3.url},google_cloud_storage={self.google.url}",
            "PLANET_VALIDATOR_PLANET_URL": planet.url,
            "PL_API_KEY": planet.key,
            "COLUMNS": "80",
        }

    def furnish(self, folder: Path, scene: str) -> None:
        source = re.search(r"```json\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
        assert source
        for name in ("dest.json", "destination.json"):
            (folder / name).write_text(source[1], encoding="utf-8")
        (folder / "destinations").mkdir()
        for name in ("old.json", "new.json"):
            (folder / "destinations" / name).write_text(source[1], encoding="utf-8")
        if scene == "google":
            text = (ROOT / "docs" / "start" / "google_cloud_storage.md").read_text(encoding="utf-8")
            yaml = re.search(r"```yaml\n(.*?)```", text, re.DOTALL)
            assert yaml
            (folder / "dest.yaml").write_text(yaml[1], encoding="utf-8")
            (folder / "key.json").write_bytes(self.key_file)
        (folder / "error.log").write_text(KMS, encoding="utf-8")
        if scene == "lingering":
            self.s3.put("imagery-in", "planetverify.txt", b"from an earlier verification of Planet's..")


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with ExitStack() as stack:
        yield Stage(stack)


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as held:
        yield held


@pytest.mark.parametrize("block", [block for block in BLOCKS if not block.reason], ids=str)
def test_a_block_runs_and_prints_what_it_shows(
    block: Shown,
    stage: Stage,
    stack: ExitStack,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert block.scene in SCENES, f"{block}: what is the scene {block.scene!r}?"
    for name in [name for name in os.environ if name.startswith(("PLANET_", "PL_", "AWS_"))]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    stage.furnish(tmp_path, block.scene)
    try:
        planet = stack.enter_context(PlanetEmulator({"amazon_s3": stage.s3.url}, per_second=100))
        for name, value in stage.variables(block.scene, planet).items():
            monkeypatch.setenv(name, value)
        for command, output in block.commands():
            out, err = (
                re.sub(r"^  Endpoint: .*\n\n?", "", text, flags=re.MULTILINE).replace(stage.s3.account, "111122223333")
                for text in run(command, capsys)
            )
            wanted = re.compile(pattern(output))
            if output.strip():
                told = f"{block} must show for {command!r}:\n{out}{err}"
                assert wanted.fullmatch(steady(out)) or wanted.fullmatch(steady(out + err)), told
    finally:
        if block.scene == "lingering":
            monkeypatch.setenv("PLANET_KEY_ID", stage.good.access_key_id)
            monkeypatch.setenv("PLANET_SECRET", stage.good.secret_access_key)
            assert cli.run(["sweep", "dest.json", "--delete", "--yes"]) == 0
            assert not stage.s3.objects("imagery-in")


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
    lines = []
    for line in steady(output).splitlines():
        lines.append(r"(?s:.*)" if line == "..." else re.escape(line).replace(r"\.\.\.", ".*") + r"\n")
    return "".join(lines)


@pytest.mark.parametrize("block", [block for block in BLOCKS if block.reason], ids=str)
def test_what_is_not_run_has_a_reason_and_commands_that_exist(block: Shown) -> None:
    assert len(block.reason) > 10
    assert list(block.commands())


def lines() -> Iterator[tuple[Path, str]]:
    for page in PAGES:
        for line in re.sub(r"\\\n\s*", " ", page.read_text(encoding="utf-8")).splitlines():
            for match in re.finditer(r"(?<!-n )planet-validator ([a-z]+)((?: [^`|#)>\n]*)?)", line):
                if match[1] in COMMANDS:
                    yield page, match[0]


def test_every_option_of_every_command_that_a_text_names_exists(capsys: pytest.CaptureFixture[str]) -> None:
    known: dict[str, str] = {}
    unknown = set()
    for page, line in lines():
        command = line.split()[1]
        if command not in known:
            capsys.readouterr()
            assert cli.run([command, "--help"]) == 0
            known[command] = capsys.readouterr().out
        options = re.findall(r"(?<![\w-])--[a-z][a-z-]+", line)
        unknown |= {
            f"{page.name}: {line}: {each}"
            for each in options
            if each not in known[command] and f"{each[:2]}no-{each[2:]}" not in known[command]
        }
    assert len(known) > 6
    assert not unknown
