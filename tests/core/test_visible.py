"""Text from elsewhere orders nothing: no terminal, and no CI system's log."""

from __future__ import annotations

import json
import re
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from validator.cli import app
from validator.core.model import (
    DestinationReport,
    Finding,
    Fix,
    Mode,
    Operation,
    Outcome,
    PatchOperation,
    Report,
    Residue,
    ResidueState,
    Severity,
    Step,
    Verdict,
)
from validator.core.owner_view import OwnerView
from validator.core.terminal_text import inert, inert_json, inert_xml, one_line, visible
from validator.formats import FORMATS, render

pytestmark = pytest.mark.no_cover  # measured: other tests go through these lines

ORDERS = (
    "::error::owned", "::add-mask::x", "::stop-commands::t", "::set-output name=a::b", " ::warning file=a::b", "\u00a0::debug::x",
    "##[error]owned", "##[group]x", "a ##[add-mask]x", "##vso[task.complete result=Succeeded;]", "x ##vso[task.setvariable variable=a]b",
    "##teamcity[buildStatus text='ok']", "##octopus[x]", "##|x", "section_start:1:a[collapsed=true]\r\x1b[0KX", "section_end:1:a",
    "travis_fold:start:a", "travis_time:start:a", "--- owned", "+++ owned", "~~~ owned", "^^^ +++",
)  # fmt: skip
BREAKS = ("\n", "\r\n", "\r", "\v", "\f", "\x85", "\u2028", "\u2029", "\x1b[2K\x1b[1G", "\b" * 20)
UNSEEN = (
    "\x00",
    "\x07",
    "\x1b[31m",
    "\x9b31m",
    "\u200b",
    "\u202e",
    "\u2066",
    "\ufeff",
    "\U000e0041",
    "\u00ad",
    "\u3164",
    "\u061c",
    "\ud800",
)


def obeyed(text: str) -> list[str]:
    """What any of the systems would obey in a log of these lines."""
    found = re.findall(r"##(?:[A-Za-z]*\[|\|)", text)
    for line in re.split("\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]", text):
        found += re.findall(r"^\s*(::[A-Za-z]|section_(?:start|end):|travis_\w+:|(?:---|\+\+\+|~~~|\^\^\^)(?:\s|$))", line)
    return found + re.findall(
        "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\U000e0000-\U000e0fff\ud800-\udfff]", text
    )


@pytest.mark.parametrize("order", ORDERS)
def test_no_order_survives(order: str) -> None:
    for text in (order, f"bucket {order}", *(f"bucket{cut}{order}" for cut in BREAKS)):
        for shown in (visible(text), visible(text, newlines=True), one_line(text)):
            assert not obeyed(shown), shown
        assert "\n" not in visible(text) + one_line(text)


@pytest.mark.parametrize("unseen", UNSEEN)
def test_what_is_not_seen_is_spelled_out(unseen: str) -> None:
    assert visible(f"a{unseen}b").startswith("a\\")
    assert not obeyed(visible(f"a{unseen}b"))


def test_each_ascii_control_character_is_spelled_out_and_nothing_else_of_latin_1() -> None:
    unseen = {*range(0x20), *range(0x7F, 0xA0), 0xAD} - {ord("\n"), ord("\t")}
    for number in range(0x100):
        text = f"a{chr(number)}b"
        assert (visible(text, newlines=True) != text) is (number in unseen), hex(number)
        assert (one_line(text) != text) is (number in unseen | {ord("\n"), ord("\t")}), hex(number)


def test_ordinary_text_stays_as_it_is() -> None:
    for text in (
        "s3://imagery-in/planetverify.txt",
        "arn:aws:s3:::imagery-in",
        "a::b",
        "fe80::1",
        "::1",
        "# heading",
        "## two",
        "--fix",
        "--",
        "Öffentliche Daten",
        "日本",
        "x -- y",
    ):
        assert visible(text) == text
    diff = "--- a.json\n+++ a.json\n@@ -1 +1 @@\n- ::error::x\n+##vso[x]\n"
    assert inert(diff, diff=True).startswith("--- a.json\n+++ a.json\n")
    assert "##vso[" not in inert(diff, diff=True)


def test_documents_keep_their_value() -> None:
    value = {"a": "##vso[x] ### ##", "b": ["::error::"]}
    text = inert_json(json.dumps(value, indent=1))
    assert json.loads(text) == value
    assert not obeyed(text)
    element = ET.Element("a", b="##vso[x]###")
    element.text = "\n::error::x\n --- y\n##[z]\nsection_start:1:a"
    text = inert_xml(ET.tostring(element, encoding="unicode"))
    assert not obeyed(text)
    back = ET.fromstring(text)  # noqa: S314 - our own
    assert (back.text, back.get("b")) == (element.text, element.get("b"))


def hostile(value: Any, text: str) -> Any:
    """The same value with ``text`` in each of its strings."""
    if isinstance(value, StrEnum):
        return value
    if isinstance(value, str):
        return text
    if isinstance(value, tuple):
        return tuple(hostile(each, text) for each in value)
    if isinstance(value, dict):
        return dict.fromkeys([text], text)
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{each.name: hostile(getattr(value, each.name), text) for each in fields(value)})
    return value


def report(text: str) -> Report:
    fix = Fix("s", ("c",), "g", (PatchOperation("replace", "/p", "v"),))
    one = DestinationReport(
        "n", "t", "s.json", "/p", "x", Verdict.FAIL,
        steps=(Step(Operation.WRITE, "k", Mode.PERFORMED, "p", Outcome.DENIED, 1.0, 403, "c", "r", "n"), Step(Operation.READ, "k", Mode.PERFORMED, "p", Outcome.SKIPPED, note="n")),
        findings=(Finding("write-denied", Severity.ERROR, "t", "d", evidence={"a": "b"}, pointer="/p", fix=fix, docs_url="u", line=3), Finding("x", Severity.INFO, "t", "d")),
        residue=(Residue("k", ResidueState.LEFT, "r", "v", "n"),), limits=("l",), endpoint_override="e", notes=("n",),
        owner=OwnerView("i", ("s",), ("u",)), handoff={"a": "b"},
    )  # fmt: skip
    return replace(hostile(Report(Verdict.FAIL, (one,), datetime.now(UTC), 1.0, "1"), text), tool_version="1", closing=text)


@pytest.mark.no_cover  # long, and through the same lines as shorter tests
@pytest.mark.parametrize("name", FORMATS)
def test_no_format_passes_an_order_on(name: str) -> None:
    for order in ORDERS:
        for text in (order, f"a\n{order}", f"a\u2028{order}", f"a\r{order}", f"{order}\n" * 3):
            for style in ({"verbosity": 1}, {"verbosity": 1, "width": 60, "colour": False}) if name == "text" else ({},):
                said = render(name, report(text), **style)
                if name == "github":
                    own = [line for line in said.splitlines() if line.startswith(("::error ", "::notice "))]
                    assert len(own) == 2, "one for each finding"
                    said = "\n".join(line.removeprefix("::error ").removeprefix("::notice ") for line in said.split("\n"))
                assert not obeyed(said), (order, obeyed(said))


@pytest.mark.parametrize("command", ["lint", "check"])
def test_file_names_reach_standard_error_as_names(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for number, order in enumerate(each for each in ORDERS if "/" not in each):
        folder = tmp_path / str(number) / f"x\n{order}"
        folder.mkdir(parents=True)
        (folder / f"a\n{order}.json").write_text("{broken")
        for source in (str(folder), str(folder / f"a\n{order}.json"), f"absent\n{order}.json"):
            app.run([command, source, "-v"])
            said = capsys.readouterr()
            assert not obeyed(said.err + said.out), said.err
    app.run([f"x\n{ORDERS[0]}"])
    app.run([command, "--format", f"x\n{ORDERS[0]}", "a.json"])
    app.run([command, f"--x\n{ORDERS[0]}\n##vso[x]"])
    said = capsys.readouterr()
    assert not obeyed(said.err + said.out), said.err


def test_fix_shows_a_change_that_orders_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    name = "a\n::error::x.json"
    source = {
        "name": "imagery", "type": "s3", "note": "##vso[task.complete] \x1b[2J",
        "parameters": {"bucket": "imagery-in", "aws_region": "eu-central-1 ", "aws_access_key_id": "${A_KEY_ID}", "aws_secret_access_key": "${A_SECRET}"},
    }  # fmt: skip
    for flags in (("--fix", "--dry-run"), ("--fix",)):
        Path(name).write_text(json.dumps(source, indent=2))
        app.run(["lint", *flags, name])
        said = capsys.readouterr()
        lines = [line for line in (said.out + said.err).splitlines() if not line.startswith(("--- a", "+++ a"))]
        assert not obeyed("\n".join(lines))
