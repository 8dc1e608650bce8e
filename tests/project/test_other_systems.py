"""Windows and macOS, as far as they can be told from here: what POSIX alone has is asked for before it is used, and a process without it works.

The product was not run on either; the workflow ``ci`` does it once the repository is hosted.
"""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT

pytestmark = pytest.mark.no_cover  # what it runs, it runs in other processes

POSIX = {
    "geteuid", "getuid", "getgid", "fork", "chown", "fchown", "fchmod", "setsid", "mkfifo", "killpg", "getxattr", "setxattr", "listxattr",
    "O_NOFOLLOW", "O_DIRECTORY", "O_NONBLOCK", "O_CLOEXEC", "SIGHUP", "SIGKILL", "SIGALRM", "SIGUSR1", "SIGUSR2", "SIGPIPE", "SIGQUIT",
}  # fmt: skip
ASKED_BY_PYTHON = {"getxattr", "setxattr", "listxattr"}
"""``shutil`` has asked for them when it was imported."""
MODULES = {"fcntl", "resource", "termios", "tty", "pty", "pwd", "grp", "syslog"}
PATH = re.compile(r"^/(?:dev|tmp|proc|etc|usr|var)/")
HINT = re.compile(rf"""\b(?:{"|".join(POSIX | MODULES)})\b|["']/(?:dev|tmp|proc|etc|usr|var)/""")
"""What the text of a use holds: few modules are read further."""
ASKED = re.compile(r'hasattr\(os, "(?:geteuid|chown)"\)|except \(?(?:ImportError|ModuleNotFoundError|AttributeError|OSError)')
"""How a function says that it may run where there is no such thing."""

WITHOUT = """
import os, signal, sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name in {modules!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

# Python's own modules and the SDKs have asked on which system they are by now.
import subprocess, tempfile, shutil, socket, logging, pathlib, botocore.session
sys.meta_path.insert(0, Absent())
for name in {modules!r}:
    sys.modules.pop(name, None)
for name in {names!r}:
    for module in (os, signal):
        if hasattr(module, name):
            delattr(module, name)
os.devnull = "nul"
from validator.cli.app import run
sys.exit(run(sys.argv[1:]))
"""


def uses(source: str) -> Iterator[tuple[int, str]]:
    """What only POSIX has, in functions that do not ask for it."""
    if not HINT.search(source):
        return
    lines, nodes = source.splitlines(), list(ast.walk(ast.parse(source)))
    found: list[tuple[int, str]] = []
    for node in nodes:
        names: list[str] = []
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in ("os", "signal"):
            names = [node.attr] if node.attr in POSIX else []
        elif isinstance(node, ast.Import):
            names = [each.name for each in node.names if each.name in MODULES]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module] if node.module in MODULES else []
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and PATH.match(node.value):
            names = [node.value]
        found += ((getattr(node, "lineno", 0), name) for name in names)
    if not found:
        return
    safe: set[int] = set()
    for node in nodes:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and ASKED.search(
            "\n".join(lines[node.lineno - 1 : node.end_lineno])
        ):
            safe |= set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    yield from ((line, name) for line, name in found if line not in safe)


KNOWN = {("validator/cli/configuration.py", "/dev/null")}
"""Beside the null device of the system, the name that people type."""


def test_what_only_posix_has_is_asked_for_first() -> None:
    found = {
        (path.relative_to(ROOT).as_posix(), name)
        for path in (ROOT / "validator").rglob("*.py")
        if "node_modules" not in path.parts
        for _, name in uses(path.read_text(encoding="utf-8"))
    }
    assert found == KNOWN


@pytest.mark.parametrize(
    "code", ["import os\nos.geteuid()", "def f():\n    import fcntl", "import signal\nsignal.SIGHUP", "x = '/tmp/x'"]
)
def test_such_a_use_is_found(code: str) -> None:
    assert list(uses(code))


def without(tmp_path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    code = WITHOUT.format(modules=sorted(MODULES), names=sorted(POSIX - ASKED_BY_PYTHON))
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": str(ROOT)},
    )


def test_without_what_posix_has_a_fix_is_written_and_line_ends_are_kept(tmp_path: Path) -> None:
    parameters = {
        "bucket": "s3://imagery-in",
        "aws_region": "eu-central-1",
        "aws_access_key_id": "AKIAQEXAMPLE2EXAMPLE",
        "aws_secret_access_key": "EXAMPLE/" * 5,
    }
    text = json.dumps({"name": "mine", "type": "amazon_s3", "parameters": parameters}, indent=2).replace("\n", "\r\n")
    source = tmp_path / "dest.json"
    source.write_bytes(text.encode())
    done = without(tmp_path, "lint", "dest.json", "--fix", "--no-config")
    assert "Traceback" not in done.stderr
    fixed = source.read_bytes()
    assert b'"imagery-in"' in fixed, done.stdout + done.stderr
    assert fixed.count(b"\r\n") == text.count("\r\n")
    assert fixed.count(b"\n") == fixed.count(b"\r\n")
    assert done.stdout.startswith("PASS")


@pytest.mark.parametrize("name", ["nul", "/dev/null"])
def test_without_what_posix_has_no_settings_file_can_be_asked_for(tmp_path: Path, name: str) -> None:
    (tmp_path / "planet-validator.toml").write_text("strict = 'no'\n")
    (tmp_path / "dest.json").write_text("{}")
    done = without(tmp_path, "lint", "dest.json", "--config", name)
    assert "strict" not in done.stderr
    assert "Traceback" not in done.stderr
