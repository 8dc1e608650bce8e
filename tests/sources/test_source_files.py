"""Files that cannot be read, and destinations that are refused: each costs no other its check."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.support.programs import GOOD, plain, read_as
from validator.checking.assemble import lint
from validator.cli import app
from validator.core.errors import BadSource
from validator.sources.loader import load, load_all

pytestmark = pytest.mark.usefixtures("here")


def folder() -> None:
    Path("all").mkdir()
    Path("all/a.json").write_text(json.dumps(GOOD))
    Path("all/z.json").write_text(json.dumps(GOOD))


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("m.json", b'{"name": "x",, }', "not JSON"),
        ("m.json", b"\xff\xfe\x00", "not text|UTF"),
        ("m.json", b"{\xff}", "not UTF-8"),
        ("m.json", b" " * (1 << 20) + b"{}", "too large"),
        ("m.json", b"", "It is empty"),
        ("m.yaml", b"a: [", "not YAML"),
        ("m.toml", b"a = ", "not TOML"),
        ("m.py", b"planet = (\n", "not Python"),
        ("m.ipynb", b'{"planet": 1}', "no notebook"),
        ("m.json", b"PK\x03\x04" + b"\0" * 20, "zip archive"),
    ],
)
def test_a_file_that_cannot_be_read_costs_no_other_its_check(
    name: str, data: bytes, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    import re

    folder()
    Path("all", name).write_bytes(data)
    report = lint(load("all"))
    assert [(each.source, str(each.verdict)) for each in report.destinations] == [
        ("all/a.json", "pass"),
        (f"all/{name}", "fail"),
        ("all/z.json", "pass"),
    ]
    (finding,) = report.destinations[1].findings
    assert finding.name == "unreadable-source"
    assert re.search(said, finding.detail), finding.detail
    assert app.run(["lint", "all"]) == 1
    assert "unreadable-source" in capsys.readouterr().out
    assert app.run(["lint", "all/a.json", f"all/{name}"]) == 1, "the same where it is named"
    assert app.run(["lint", f"all/{name}"]) == 2, "alone it decides nothing"


def test_a_file_that_is_not_there_or_may_not_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    folder()
    report = lint(load_all(["all/a.json", "none.json"]))
    assert [str(each.verdict) for each in report.destinations] == ["pass", "fail"]
    assert report.destinations[1].findings[0].detail == "There is no such file."
    real = os.open

    def refused(path: Any, *args: Any, **more: Any) -> int:
        if str(path).endswith("z.json"):
            raise PermissionError(13, "Permission denied")
        return real(path, *args, **more)

    monkeypatch.setattr(os, "open", refused)
    report = lint(load("all"))
    assert [str(each.verdict) for each in report.destinations] == ["pass", "fail"]
    assert report.destinations[1].findings[0].detail == "It may not be read."


def test_an_item_that_is_no_destination_costs_no_other_its_check() -> None:
    Path("many.json").write_text(json.dumps({"destinations": [GOOD, "text", {**GOOD, "name": "another"}, {"a": 1}]}))
    report = lint(load("many.json"))
    assert [str(each.verdict) for each in report.destinations] == ["pass", "fail", "pass", "fail"]
    assert [each.name for one in report.destinations for each in one.findings] == ["unreadable-source"] * 2
    assert [each.pointer for each in report.destinations] == [f"/destinations/{index}" for index in range(4)]
    Path("many.json").write_text('["text", {"type": "amazon_s3"}, 3]')
    assert [str(each.verdict) for each in lint(load("many.json")).destinations] == ["fail", "fail", "fail"]


def test_nothing_that_could_be_read_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    Path("all").mkdir()
    for name in ("a.json", "b.json"):
        Path("all", name).write_text("{")
    assert app.run(["lint", "all"]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert "all/a.json, line 1" in told.err
    assert "all/b.json, line 1" in told.err


@pytest.mark.parametrize("text", ["x\n", "hello\n", "3\n", "our notes: ask Ann\n"])
def test_a_text_of_no_kind_is_called_none(text: str) -> None:
    with pytest.raises(BadSource) as raised:
        read_as("notes.txt", text)
    assert "Python makes" not in str(raised.value)


REFUSED = {
    "NUL": ('"x\\u0000"', "a NUL or half of a character"),
    "half": ('"x\\ud800"', "a NUL or half of a character"),
    "half key": ('{"\\udfff": 1}', "a NUL or half of a character"),
    "twice": ('{"a": 1, "a": 2}', "is there twice"),
}


@pytest.mark.parametrize("kind", REFUSED)
@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("a.json", '[\n{one},\n{{"name": "broken", "type": "amazon_s3", "parameters": {{"bucket": {refused}}}}},\n{one}\n]'),
        (
            "a.json",
            '{{"destinations": [\n{one},\n{{"name": "broken", "type": "amazon_s3", "parameters": {{"bucket": {refused}}}}},\n{one}]}}',
        ),
        ("a.yaml", '- {one}\n-\n  {{"name": "broken", "type": "amazon_s3", "parameters": {{"bucket": {refused}}}}}\n- {one}\n'),
        (
            "a.yaml",
            '{one}\n---\n{{"name": "broken", "type": "amazon_s3", "parameters": {{"bucket": {refused}}}}}\n---\n{one}\n',
        ),
    ],
)
def test_a_string_that_is_refused_costs_only_its_own_destination(kind: str, name: str, form: str) -> None:
    refused, said = REFUSED[kind]
    if name.endswith("yaml") and kind.startswith("half"):
        refused = {"half": '"x\\0"', "half key": '{"\\0": 1}'}[kind]  # half a character is no YAML at all
    found = read_as(name, form.format(one=json.dumps(GOOD), refused=refused))
    assert [each.type for each in found] == ["amazon_s3", "amazon_s3", ""]
    (problem,) = found[2].problems
    assert problem.name == "unreadable-source"
    assert said in problem.detail
    assert found[2].places[""].line == 3
    assert [each.verdict for each in lint(found).destinations] == ["pass", "pass", "fail"]


def test_a_request_as_values_with_a_nul_costs_only_its_own_destination() -> None:
    found = load([GOOD, {**GOOD, "name": "x\0yz"}]).destinations
    assert [each.type for each in found] == ["amazon_s3", ""]


def test_several_yaml_documents_are_a_list() -> None:
    one = "name: {0}\ntype: amazon_s3\nparameters: &all\n  bucket: {0}\n  aws_region: eu-west-1\n"
    text = "---\n" + "---\n".join(one.format(f"bucket-{n}") for n in range(3)) + "---\n# the end\n"
    found = read_as("a.yaml", text)
    assert [(each.pointer, plain(each)["bucket"]) for each in found] == [(f"/{n}", f"bucket-{n}") for n in range(3)]
    assert [each.places["/parameters/bucket"].line for each in found] == [5, 11, 17]
    (alone,) = read_as("b.yaml", "---\n---\n" + one.format("bucket-0") + "---\n---\n")
    assert (alone.pointer, alone.places["/parameters/bucket"].line) == ("", 6)
    with pytest.raises(BadSource, match="an alias"):
        read_as("c.yaml", "a: &b 1\n---\nc: *b\n")


def test_no_secret_of_a_destination_that_is_refused_stands_in_a_diff(capsys: pytest.CaptureFixture[str]) -> None:
    stray = {**GOOD, "parameters": {**GOOD["parameters"], "bucket": " imagery-in"}}
    text = json.dumps(
        [stray, {**GOOD, "parameters": {**GOOD["parameters"], "aws_secret_access_key": "hunter2hunter"}}], indent=1
    )
    Path("a.json").write_text(text.replace('"s3 destination"', '"s3\\u0000"').replace('"s3\\u0000"', '"s3 destination"', 1))
    assert app.run(["lint", "--fix", "--dry-run", "a.json"]) == 1
    assert app.run(["lint", "-f", "json", "--fix", "a.json"]) == 1
    told = "".join(capsys.readouterr())
    assert "hunter2" not in told
    assert '"bucket": "imagery-in"' in Path("a.json").read_text()
    assert "\\u0000" in Path("a.json").read_text()
