"""``--fix`` of JSON in a string, of JSON in lines, and of settings: every byte outside the changed value stays, or nothing is written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from validator.cli import app as cli
from validator.fixing.editing import CannotEdit, changed
from validator.sources.forms import read
from validator.sources.loader import load

pytestmark = pytest.mark.usefixtures("here")

REQUEST = {
    "name": "one of ours",
    "type": "s3",
    "parameters": {
        "bucket": "imagery-in ",
        "region": "eu-central-1",
        "aws_access_key_id": "AKIAEXAMPLEEXAMPLE12",
        "aws_secret_access_key": "EXAMPLE/" + "k" * 32,
    },
}
OTHER = {**REQUEST, "name": "another of ours"}


def fixed(text: str) -> str:
    return text.replace("imagery-in ", "imagery-in").replace('"region', '"aws_region')


def lines(*requests: object, end: str = "\n") -> str:
    return end.join(json.dumps(each) for each in requests) + end


@pytest.mark.parametrize("suffix", [".json", ".ndjson", ".jsonl"])
@pytest.mark.parametrize(
    "text",
    [
        lines(REQUEST, OTHER),
        lines(REQUEST, OTHER, end="\r\n"),
        "\ufeff" + lines(REQUEST, OTHER),
        lines(REQUEST, OTHER).replace("\n", "\n\n  ").rstrip(),
        lines(OTHER, {"parameters": REQUEST["parameters"], "type": "s3", "name": "caf\u00e9 \U0001f6f0"}).replace(
            ": ", " :   "
        ),
    ],
    ids=["lines", "crlf", "bom", "blank", "blanks-inside"],
)
def test_json_in_lines_is_changed_in_its_place(suffix: str, text: str) -> None:
    name = f"d{suffix}"
    Path(name).write_bytes(text.encode())
    assert cli.run(["lint", "--fix", name]) == 0
    assert Path(name).read_bytes() == fixed(text).encode()
    assert Path(f"{name}.orig").read_bytes() == text.encode()


def test_json_in_lines_names_its_own_lines() -> None:
    Path("d.ndjson").write_text(lines(REQUEST, OTHER))
    found = load("d.ndjson").destinations
    assert [each.line_of("/parameters/bucket") for each in found] == [1, 2]
    assert [each.pointer for each in found] == ["/0", "/1"]


INNER = json.dumps(REQUEST, indent=2)


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(INNER) + "\n",
        "  " + json.dumps(INNER.replace("one of ours", "caf\u00e9 \U0001f6f0 \u2028 one")) + "\r\n",
        json.dumps(INNER.replace("one of ours", "caf\u00e9 \U0001f6f0 one"), ensure_ascii=False),
        json.dumps(INNER).replace("/", "\\/").replace("o", "\\u006f"),
        json.dumps(json.dumps(REQUEST)),
    ],
    ids=["indented", "escaped", "plain", "odd-escapes", "one-line"],
)
def test_json_in_a_string_is_changed_in_its_place(text: str) -> None:
    Path("d.json").write_bytes(text.encode())
    assert cli.run(["lint", "--fix", "d.json"]) == 0
    after = Path("d.json").read_bytes().decode()
    assert json.loads(json.loads(after)) == json.loads(fixed(json.loads(text)))
    assert after == text.replace("imagery-in ", "imagery-in").replace('\\"regi', '\\"aws_regi')


def test_json_in_a_string_stays_one_and_is_named() -> None:
    Path("d.json").write_text(json.dumps(fixed(INNER)))
    (found,) = load("d.json").destinations
    (one,) = (each for each in found.problems if each.name == "not-json")
    assert one.fix is not None
    assert not one.fix.automatic
    assert cli.run(["lint", "--fix", "d.json"]) == 0
    assert Path("d.json").read_text() == json.dumps(fixed(INNER))


def test_what_cannot_be_changed_in_a_string_is_refused() -> None:
    document = read(json.dumps('{"a": {"b": 1}}'), "json")
    assert changed(document, "replace", "/a/b", 2).text == json.dumps('{"a": {"b": 2}}')
    with pytest.raises(CannotEdit):
        changed(document, "replace", "/c", 2)
    with pytest.raises(CannotEdit):
        changed(document, "move", "/a/c", "/d/b")


def test_a_broken_line_is_not_taken_for_json_in_lines(capsys: pytest.CaptureFixture[str]) -> None:
    Path("d.ndjson").write_text(lines(REQUEST, OTHER) + "{'single': 1,}\n{\n")
    before = Path("d.ndjson").read_bytes()
    cli.run(["lint", "--fix", "d.ndjson"])
    assert Path("d.ndjson").read_bytes() == before
    assert "EXAMPLE/kkk" not in "".join(capsys.readouterr())


def test_settings_are_shown_the_change_and_kept(capsys: pytest.CaptureFixture[str]) -> None:
    text = 'export BUCKET="imagery-in "\r\nAWS_REGION=eu-west-1\nAWS_ACCESS_KEY_ID=AKIAEXAMPLEEXAMPLE12\nAWS_SECRET_ACCESS_KEY=EXAMPLE\n'
    Path("x.env").write_bytes(text.encode())
    assert cli.run(["lint", "--fix", "x.env"]) == 1
    told = "".join(capsys.readouterr())
    assert '+export BUCKET="imagery-in"' in told
    assert "an .env file is never rewritten" in told
    assert (Path("x.env").read_bytes(), [each.name for each in Path().iterdir()]) == (text.encode(), ["x.env"])
