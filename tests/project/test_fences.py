"""No block of a page may lie: each is held in the way of its language, or says why it is not, and the reasons are counted.

What runs is run by ``test_console.py``. A page of a finding is printed by ``explain`` as well, so its commands are set off by blanks alone.
"""

from __future__ import annotations

import ast
import configparser
import json
import re
import shlex
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import botocore.session
import pytest
import yaml
from botocore import xform_name

from tests.conftest import ROOT
from tests.support.pages import FILES, Fence, fences, indented
from validator import lint
from validator.core import catalog

pytestmark = pytest.mark.no_cover  # measured: other tests go through these lines

ALL = list(fences())
FINDINGS = sorted(catalog.FOLDER.glob("*.md"))
PARSED: Mapping[str, Callable[[str], Any]] = {
    "json": json.loads,
    "yaml": yaml.safe_load,
    "toml": tomllib.loads,
    "ini": lambda text: configparser.RawConfigParser(strict=False).read_string(text),
    "python": ast.parse,
}
RUN = {"console", "python"}
INCLUDED = "{ .python }"
"""Taken from a file of the package while the site is built."""
NOT_RUN = {
    "it installs": 4,
    "it installs; tests/demo run the demo": 1,
    "it installs servers, and takes minutes": 1,
    "targets of the Makefile, which CI runs": 2,
    "it takes a minute, and tests/demo runs it": 1,
    "it needs an AWS account": 2,
    "it needs an Azure subscription": 2,
    "it needs a Google Cloud project": 3,
    "it needs an Oracle tenancy": 2,
    "it needs docker": 2,
    "it needs a cluster": 1,
    "it needs sops and a key": 1,
    "it needs a scheduler; tests/project/test_fleet.py runs it on one of its own": 1,
    "it asks for a secret": 1,
    "it asks on a terminal": 1,
    "it reads a login; tests/providers/*/ test it on emulators": 1,
    "it serves until it is stopped; tests/service runs it": 1,
    "it shows three destinations that the organisation has at Planet": 1,
    "a measurement of minutes": 2,
    "a test that runs the tests": 1,
    "an address of yours stands in it": 1,
    "the Amazon tutorial runs the same command": 1,
    "the Amazon tutorial runs the same commands": 1,
    "Azurite is a server of its own; tests/demo checks on it, and the Amazon tutorial runs the same commands": 1,
    "tests/demo checks on the stand-in for Oracle, and the Amazon tutorial runs the same commands": 1,
    "the programs differ by system, and the reference below does the same": 1,
}
"""A reason that is added here is one more command that no test runs."""
ELSEWHERE = {
    "aws",
    "az",
    "gcloud",
    "oci",
    "planet",
    "curl",
    "openssl",
    "nslookup",
    "timedatectl",
    "base64",
    "python3",
    "printf",
    "export",
    "sudo",
}
"""Programs that a finding's page names and that no test has, or whose servers are not this machine's."""


HIGH = {"s3": {"cp", "ls", "mb", "mv", "rb", "rm", "sync"}}
"""What the command line has and no model."""
COMMON = {"query", "output", "region", "profile", "endpoint-url"}


def test_every_block_is_held_by_its_language() -> None:
    for block in ALL:
        assert block.language in {*PARSED, *RUN, INCLUDED}, f"{block}: how is a block of the language {block.language!r} held?"
        try:
            PARSED.get(block.language, str)(block.text)
        except (ValueError, SyntaxError, yaml.YAMLError, configparser.Error) as error:
            pytest.fail(f"{block}: {error}")
        assert block.language != INCLUDED or block.text.startswith('--8<-- "'), block
    assert len(ALL) > 80


def test_what_is_not_run_has_a_reason_that_is_counted() -> None:
    assert Counter(block.reason for block in ALL if block.reason) == NOT_RUN
    assert {block.language for block in ALL if block.how} <= RUN
    assert [str(block) for block in ALL if block.language == "console" and not list(block.commands())] == []


def test_no_code_is_set_off_by_blanks_alone() -> None:
    for page in (page for page in FILES if page not in FINDINGS):
        text = re.sub(
            r'^<div class="grid cards".*?^</div>', "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE
        )
        text = re.sub(r"^!!! .*\n(?:    .*\n|\n)*", "", text, flags=re.MULTILINE)
        assert list(indented(text)) == [], page


def sources() -> Iterator[tuple[Fence, Any]]:
    for block in ALL:
        if block.language in ("json", "yaml", "toml"):
            document = PARSED[block.language](block.text)
            if isinstance(document, dict) and {"type", "parameters"} <= set(document):
                yield block, document


def test_a_source_that_is_shown_is_one() -> None:
    """Only its references lead nowhere here."""
    for block, document in sources():
        found = {finding.name for each in lint(document).destinations for finding in each.findings}
        assert found <= {"unresolved-reference"}, f"{block}: {found}"
    shown = {document["type"] for _, document in sources()}
    assert shown == {path.stem for path in (ROOT / "docs" / "providers").glob("*.md")}


@pytest.mark.parametrize("block", [block for block in ALL if block.starts_a_store], ids=str)
def test_a_program_that_starts_a_store_of_its_own_runs(block: Fence) -> None:
    exec(compile(block.text, str(block), "exec"), {"__name__": "example"})  # noqa: S102 - our own documentation


def test_every_command_of_a_findings_page_is_of_a_known_program() -> None:
    """Of our own, ``test_console.py`` holds each option."""
    seen: Counter[str] = Counter()
    for page in FINDINGS:
        for line in commands(page):
            program = line.split()[0]
            seen[program] += 1
            assert program in {*ELSEWHERE, "planet-validator"} or not re.search(r" --?[a-z]", line), (
                f"{page.name}: whose command is it? {line}"
            )
    assert seen.keys() >= ELSEWHERE


def test_every_command_of_amazon_is_known_to_its_models() -> None:
    lines = [line for page in FINDINGS for line in commands(page)]
    lines += [command for block in ALL if block.language == "console" for command, _ in block.commands()]
    lines += [
        line for block in ALL if block.language == "console" for _, output in block.commands() for line in output.splitlines()
    ]
    lines += [
        line
        for page in FILES
        for line in re.findall(r"`(aws \S+ [a-z][^`]*)`", page.read_text(encoding="utf-8"))
        if "..." not in line
    ]
    ours = [shlex.split(line.strip(), comments=True) for line in lines if line.strip().startswith("aws ")]
    assert len(ours) > 20
    models = botocore.session.Session()
    for words in ours:
        service, operation, *rest = words[1:]
        if service in HIGH:
            assert operation in HIGH[service], words
            continue
        model = models.get_service_model("s3" if service == "s3api" else service)
        names = {xform_name(name, "-"): name for name in model.operation_names}
        assert operation in names, words
        shape = model.operation_model(names[operation]).input_shape
        known = {xform_name(name, "-") for name in (shape.members if shape else ())} | COMMON
        assert {word[2:].partition("=")[0] for word in rest if word.startswith("--")} <= known, words


def commands(page: Path) -> Iterator[str]:
    """What a finding's page sets off: commands, and lines of a source or a policy."""
    for block in indented(page.read_text(encoding="utf-8")):
        yield from (line.strip() for line in re.sub(r"\\\n\s*", " ", block).splitlines() if line.strip())
