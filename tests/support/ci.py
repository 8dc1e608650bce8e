"""The action and the hooks, and a step of the action run as GitHub's runner would."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
ACTION = yaml.safe_load((ROOT / "action.yml").read_text())
HOOKS = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())


def act(repository: Path, **inputs: str) -> tuple[int, str, dict[str, str]]:
    """Run the action's step as GitHub's runner would."""
    temporary = repository.parent / f"{repository.name}-runner"
    program = temporary / "planet-validator" / "bin" / "python"
    program.parent.mkdir(parents=True, exist_ok=True)
    if not program.exists():
        # Where the first step would have installed it. A link would be a Python without its packages.
        program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} "$@"\n')
        program.chmod(0o755)
    return run_step("check", repository, temporary, {name.replace("_", "-"): value for name, value in inputs.items()})


def run_step(id_: str, workspace: Path, temporary: Path, inputs: dict[str, str]) -> tuple[int, str, dict[str, str]]:
    """One step of the action: exit code, what it said, its outputs."""
    (step,) = [each for each in ACTION["runs"]["steps"] if each.get("id") == id_]
    values = {name: str(each.get("default", "")) for name, each in ACTION["inputs"].items()} | inputs
    environment = {
        name: re.sub(r"\$\{\{ inputs\.([\w-]+) \}\}", lambda found: values[found[1]], value)
        for name, value in step["env"].items()
    }
    environment |= {name: value for name, value in inputs.items() if name.isupper()}  # what an earlier step or the runner gives
    output = temporary / "github-output"
    output.write_text("")
    environment |= {
        "RUNNER_TEMP": str(temporary),
        "GITHUB_OUTPUT": str(output),
        "GITHUB_STEP_SUMMARY": str(temporary / "summary.md"),
    }
    ran = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
        env={**os.environ, **environment}, cwd=workspace, capture_output=True, text=True, check=False,
    )  # fmt: skip
    outputs = dict(line.split("=", 1) for line in output.read_text().splitlines())
    return ran.returncode, ran.stdout + ran.stderr, outputs
