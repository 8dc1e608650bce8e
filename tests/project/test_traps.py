"""A workspace full of traps, as a proposal could bring it: lint, check, the hook and the action run over it, and nothing of it runs."""

from __future__ import annotations

import hashlib
import json
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.support.ci import HOOKS, act, run_step
from tests.support.repositories import git, repository
from validator.demo.emulators.s3 import S3Emulator, UserKey

pytestmark = pytest.mark.no_cover  # what it runs, it runs in other processes

MODULES = (
    "pip", "venv", "json", "re", "sitecustomize", "usercustomize", "yaml", "os", "site", "validator", "botocore", "tomllib",
    "encodings", "typer", "click", "shellingham", "typing", "hatchling",
)  # fmt: skip
SETTINGS = {
    "planet-validator.toml": 'output = ["text:{startup}"]\nignore = ["plaintext-secret", "delete-denied"]\nproceed = true\n',
    "pyproject.toml": '[tool.planet-validator]\noutput = ["text:{startup}"]\n[build-system]\nrequires = []\nbuild-backend = "pip"\n'
    'backend-path = ["."]\n',
    "destinations/planet-validator.toml": 'output = ["{startup}"]\n',
    "pip.conf": "[global]\nindex-url = http://127.0.0.1:9/\n",
    "setup.cfg": "[install]\nprefix = {startup}\n",
    ".env": "IMAGERY_SECRET=EXAMPLE-other\n",
    ".netrc": "default login EXAMPLE password EXAMPLE\n",
    ".python-version": "evil\n",
}
# Each names a program that git would run, at one time or another.
EXECUTABLE = """[core]
	repositoryformatversion = 1
	bare = {bare}
	fsmonitor = {program} fsmonitor
	hooksPath = {hooks}
	sshCommand = {program} ssh
	gitProxy = {program} proxy
	askPass = {program} askpass
	editor = {program} editor
	pager = {program} pager
	alternateRefsCommand = {program} alternates
	attributesFile = {attributes}
	worktree = {worktree}
[extensions]
	partialClone = origin
[remote "origin"]
	url = {url}
	uploadpack = {program} uploadpack
	receivepack = {program} receivepack
	promisor = true
	partialclonefilter = blob:none
[filter "x"]
	clean = {program} clean
	smudge = {program} smudge
	process = {program} process
	required = true
[diff]
	external = {program} diff
[diff "x"]
	textconv = {program} textconv
	command = {program} diff-command
[merge "x"]
	driver = {program} merge
[pager]
	ls-files = {program} pager
	status = {program} pager
[alias]
	ls-files = !{program} alias
	status = !{program} alias
[credential]
	helper = !{program} credential
[gpg]
	program = {program} gpg
[include]
	path = {include}
[includeIf "gitdir:**"]
	path = {include}
[safe]
	directory = *
	bareRepository = all
[protocol]
	allow = always
[index]
	sparse = true
[uploadpack]
	packObjectsHook = {program} pack
"""
URLS = {
    "ext": "ext::{program} ext",
    "ssh": "ssh://trap.example/x",
    "file": "file://{place}",
    "path": "{place}",
    "helper": "trap::x",
}


@dataclass
class Workspace:
    root: Path
    marks: Path
    """Whatever runs leaves a file here."""
    startup: Path
    outside: Path

    def ran(self) -> list[str]:
        return sorted(path.read_text() for path in self.marks.iterdir())

    def state(self) -> dict[str, str]:
        """Everything that could have been written."""
        found = {}
        for top in (self.root, self.outside):
            for path in sorted(top.rglob("*")):
                if path.is_symlink():
                    found[str(path)] = f"-> {os.readlink(path)}"  # noqa: PTH115 - as it is written
                elif path.is_file():
                    found[str(path)] = hashlib.sha256(path.read_bytes()).hexdigest()
        return found


@pytest.fixture(scope="module")
def s3() -> Iterator[S3Emulator]:
    with S3Emulator() as emulator:
        emulator.bucket("imagery-traps")
        yield emulator


def source(key: UserKey, **changes: str) -> str:
    parameters = {
        "bucket": "imagery-traps",
        "aws_region": "eu-central-1",
        "aws_access_key_id": key.access_key_id,
        "aws_secret_access_key": key.secret_access_key,
    }
    return json.dumps({"name": "imagery", "type": "amazon_s3", "parameters": {**parameters, **changes}}, indent=2)


@pytest.fixture
def workspace(tmp_path: Path, s3: S3Emulator, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    key = s3.user(f"traps-{tmp_path.name}"[:60])
    outside, marks = tmp_path / "home", tmp_path / "marks"
    outside.mkdir()
    marks.mkdir()
    made = Workspace(repository(tmp_path / "workspace"), marks, outside / ".profile", outside)
    made.startup.write_text("# the user's\n")
    (outside / "private.json").write_text(source(key))
    program = tmp_path / "program"
    program.write_text(f'#!/bin/sh\necho "$0 $*" >> "{marks}/$$"\nexit 1\n')
    program.chmod(0o755)
    root = made.root
    for name in MODULES:
        trap = f"import os\nopen({str(marks)!r} + '/{name}' + str(os.getpid()), 'w').write(__file__)\n"
        (root / f"{name}.py").write_text(trap)
        (root / name).mkdir()
        (root / name / "__init__.py").write_text(trap)
        (root / name / "__main__.py").write_text(trap)
    (root / "evil.pth").write_text(f"import os; open({str(marks / 'pth')!r}, 'w')\n")
    (root / "destinations").mkdir()
    for name, text in SETTINGS.items():
        (root / name).write_text(text.replace("{startup}", str(made.startup)))
    (root / "destinations" / "good.json").write_text(source(key))
    names = ["destinations/good.json"]
    for kind, url in URLS.items():
        bare = root / "destinations" / f"bare-{kind}"
        set_trap(bare, program, url, bare=True)
        (bare / "a.json").write_text(source(key))
        names.append(f"destinations/bare-{kind}/a.json")
    git(root, "add", "--", *names)  # before the nested repository, which git would not go into
    nested = root / "destinations" / "nested"
    repository(nested)
    (nested / "a.json").write_text(source(key))
    git(nested, "add", "a.json")
    set_trap(nested / ".git", program, URLS["ext"], bare=False)
    set_trap(root / ".git", program, URLS["ext"], bare=False)
    for name, target in {
        "report.json": made.startup,
        "planet-validator.json": made.startup,
        "outputs": outside,
        "destinations/loop": root / "destinations",
        "destinations/outside.json": outside / "private.json",
        "destinations/none.yaml": outside / "none",
        "destinations/zero": Path("/dev/zero"),
        "verdict.sarif": root / ".git" / "hooks" / "pre-commit",
    }.items():
        (root / name).symlink_to(target)
    # Git itself is a trap, and so is every other program that has no business here.
    for name in ("git", "ssh", "pip", "python", "python3", "sh-askpass"):
        (root / name).unlink(missing_ok=True) if (root / name).is_symlink() else None
        if not (root / name).exists():
            (root / name).symlink_to(program)
    traps = tmp_path / "path"
    traps.mkdir()
    (traps / "git").symlink_to(program)
    (traps / "ssh").symlink_to(program)
    monkeypatch.setenv("PATH", f"{traps}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("HOME", str(outside))
    monkeypatch.setenv("PLANET_VALIDATOR_ENDPOINT", f"amazon_s3={s3.url}")
    for name in [each for each in os.environ if each.startswith("PYTHON")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(root)
    return made


def set_trap(place: Path, program: Path, url: str, *, bare: bool) -> None:
    """A git folder whose settings and hooks all run the program."""
    for each in ("objects", "refs", "hooks", "info"):
        (place / each).mkdir(parents=True, exist_ok=True)
    (place / "HEAD").write_text("ref: refs/heads/main\n")
    hooks = place / "hooks"
    for name in (
        "post-checkout",
        "post-index-change",
        "pre-auto-gc",
        "fsmonitor-watchman",
        "pre-commit",
        "reference-transaction",
    ):
        (hooks / name).write_text(program.read_text())
        (hooks / name).chmod(0o755)
    (place / "info" / "attributes").write_text("* filter=x diff=x merge=x\n")
    (place / "included").write_text(f"[core]\n\tfsmonitor = {program} included\n")
    values = {
        "bare": str(bare).lower(), "program": str(program), "hooks": str(hooks), "attributes": str(place / "info" / "attributes"),
        "worktree": str(place if bare else place.parent), "include": str(place / "included"),
    }  # fmt: skip
    (place / "config").write_text(EXECUTABLE.format(url=url.format(program=program, place=place), **values))
    if bare:
        # A sparse index: git expands it by fetching the tree from the promised remote.
        entry = bytes(24) + (0o040000).to_bytes(4, "big") + bytes(12) + b"\x11" * 20 + b"\x40\x05" + b"\x40\x00" + b"deep/"
        body = (
            b"DIRC" + (3).to_bytes(4, "big") + (1).to_bytes(4, "big") + entry + bytes(8 - len(entry) % 8) + b"sdir" + bytes(4)
        )
        (place / "index").write_bytes(body + hashlib.sha1(body, usedforsecurity=False).digest())


def run(*arguments: str) -> tuple[int, str]:
    done = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=False, timeout=120)
    return done.returncode, done.stdout + done.stderr


def findings(text: str) -> dict[str, list[str]]:
    # On a busy machine standard error tells after ten seconds how far it is.
    report, _ = json.JSONDecoder().raw_decode(text, text.index("{"))
    return {each["source"]: [finding["name"] for finding in each["findings"]] for each in report["destinations"]}


TRACKED = ["destinations/good.json", "destinations/nested/a.json", *(f"destinations/bare-{kind}/a.json" for kind in URLS)]


@pytest.mark.parametrize("command", ["lint", "check"])
def test_nothing_runs_and_the_verdict_is_right(workspace: Workspace, command: str) -> None:
    before = workspace.state()
    code, said = run("-I", "-m", "validator", command, "--no-config", "-f", "json", *TRACKED)
    assert code == 0, said
    # Each file holds a secret in the clear, and git tracks each: of a bare repository's own index nothing is believed.
    assert findings(said) == {name: ["plaintext-secret"] for name in TRACKED}
    assert workspace.ran() == []
    assert workspace.state() == before


def test_a_whole_folder_of_traps_is_read_as_files(workspace: Workspace) -> None:
    before = workspace.state()
    code, said = run("-I", "-m", "validator", "lint", "--no-config", "-f", "json", "destinations")
    assert workspace.ran() == []
    assert workspace.state() == before
    # The dangling link is the only file that cannot be read; none of the others is passed over.
    assert code == 1, said
    assert findings(said)["destinations/none.yaml"] == ["unreadable-source"]
    (workspace.root / "destinations" / "none.yaml").unlink()
    code, said = run("-I", "-m", "validator", "lint", "--no-config", "-f", "json", "destinations")
    assert code == 0, said
    assert {name: names for name, names in findings(said).items() if names} == {name: ["plaintext-secret"] for name in TRACKED}
    assert workspace.ran() == []


def test_settings_of_the_proposal_are_refused_where_they_are_read(workspace: Workspace) -> None:
    before = workspace.state()
    code, said = run("-I", "-m", "validator", "lint", "destinations/good.json")
    assert code == 2
    assert "output is not read from a file" in said
    assert workspace.state() == before
    assert workspace.ran() == []


@pytest.mark.parametrize("path", ["report.json", "outputs/.profile", "outputs/new", "verdict.sarif", "destinations/good.json"])
def test_no_output_goes_where_the_proposal_leads_it(workspace: Workspace, path: str) -> None:
    before = workspace.state()
    code, said = run("-I", "-m", "validator", "lint", "--no-config", "-o", f"json:{path}", "destinations/good.json")
    assert code == 2, said
    assert "is not written" in said
    assert workspace.state() == before


def test_the_command_and_the_hook(workspace: Workspace) -> None:
    before = workspace.state()
    command = Path(sys.executable).parent / "planet-validator"
    done = subprocess.run(
        [command, "lint", "--no-config", "destinations/good.json"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    (hook,) = HOOKS
    program, *arguments = shlex.split(hook["entry"])
    assert program == "python"
    code, said = run(*arguments, "destinations/good.json")
    assert code == 0, said
    assert "plaintext-secret" in said
    assert workspace.ran() == []
    assert workspace.state() == before


def test_the_action_checks(workspace: Workspace) -> None:
    before = workspace.state()
    code, said, outputs = act(workspace.root, sources="destinations/good.json\ndestinations/bare-ext\n", allow_env="none")
    assert (code, outputs["verdict"]) == (0, "warn"), said
    assert said.count("plaintext-secret") >= 2
    assert workspace.ran() == []
    assert workspace.state() == before


def test_the_action_installs_from_outside_of_the_workspace(workspace: Workspace, tmp_path: Path) -> None:
    """What the step starts is seen by a Python that only writes down where and how it was started."""
    before = workspace.state()
    log, python = tmp_path / "log", tmp_path / "stand-in"
    python.write_text(
        f'#!/bin/sh\necho "$PWD|$*" >> "{log}"\nif [ "$3" = venv ]; then mkdir -p "$4/bin"; cp "{python}" "$4/bin/python"; fi\n'
    )
    python.chmod(0o755)
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    text = (ROOT / "action.yml").read_text()
    assert "steps.python.outputs.python-path" in text  # the interpreter that was set up, not what PATH finds
    code, said, _ = run_step("install", workspace.root, temporary, {"PYTHON": str(python), "GITHUB_ACTION_PATH": str(ROOT)})
    assert code == 0, said
    lines = log.read_text().splitlines()
    assert len(lines) == 3
    for line in lines:
        place, _, arguments = line.partition("|")
        assert Path(place) == temporary
        assert arguments.startswith("-I -m ")
    assert workspace.ran() == []
    assert workspace.state() == before
