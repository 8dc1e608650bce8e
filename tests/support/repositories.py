"""Repositories of git's own making, whatever this machine's settings of git say."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

GIT_SETTINGS = ("-c", "user.name=x", "-c", "user.email=x@example.com", "-c", "commit.gpgsign=false")


def git(folder: Path, *words: str) -> str:
    return subprocess.run(
        ["git", *GIT_SETTINGS, *words], cwd=folder, check=True, capture_output=True, text=True, env=git_environment()
    ).stdout


def git_environment() -> dict[str, str]:
    return {**os.environ, "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull}


def repository(folder: Path, *settings: str, object_format: str = "sha1") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    git(folder, "init", "-q", f"--object-format={object_format}")
    for each in settings:
        git(folder, "config", *each.split("=", 1))
    return folder
