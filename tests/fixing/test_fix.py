"""``--fix``: the change is made where it belongs, everything else stays, and an interruption leaves the old file whole."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from validator.checking.assemble import lint
from validator.core import catalog
from validator.core.errors import ValidatorError
from validator.core.model import Confidence, PatchOperation
from validator.fixing import proposals as fix
from validator.fixing.editing import CannotEdit, changed
from validator.sources.forms import read
from validator.sources.loader import References, load

pytestmark = pytest.mark.usefixtures("here")

SECRET = "EXAMPLE/" + "k" * 32

JSON = """\
{
  "name": "imagery",   "type": "s3",

  "parameters": {"bucket": "imagery-in ", "region": "eu-central-1",
    "aws_access_key_id": "AKIAEXAMPLEEXAMPLE12",
    "aws_secret_access_key": "SECRET",
    "explicit_sse": "true" }
}
"""
YAML = """\
# the team's bucket
name: imagery
type: s3   # Amazon

parameters:
    bucket: 'imagery-in '   # in Frankfurt
    region: eu-central-1
    # the key
    aws_access_key_id: AKIAEXAMPLEEXAMPLE12
    aws_secret_access_key: >-
        SECRET
    explicit_sse: "true" # always
"""
TOML = """\
# the team's bucket
name = "imagery"
type = 's3'   # Amazon

[parameters]
bucket = "imagery-in "   # in Frankfurt
region = 'eu-central-1'
aws_access_key_id = "AKIAEXAMPLEEXAMPLE12"
aws_secret_access_key = "SECRET"
explicit_sse = "true" # always
"""


def propose(name: str, env: dict[str, str] | None = None) -> tuple[fix.Edit, ...]:
    told = References(env=env or {})
    loaded = load(name, references=told)
    return fix.propose(loaded.destinations, lint(loaded), references=told)


@pytest.mark.parametrize(("name", "text"), [("d.json", JSON), ("d.yaml", YAML), ("d.toml", TOML)])
def test_comments_order_and_layout_are_kept(name: str, text: str) -> None:
    text = text.replace("SECRET", SECRET)
    Path(name).write_text(text)
    (edit,) = propose(name)
    assert Path(name).read_text() == text, "proposing writes nothing"
    assert {each.finding for each in edit.made} == {"unknown-parameter", "stray-whitespace", "wrong-parameter-kind"}
    assert not edit.left
    assert "+" in edit.diff
    assert SECRET[8:] not in edit.diff
    assert SECRET[8:] not in repr(edit)
    assert fix.apply([edit]) == (name,)
    expected = text.replace("imagery-in ", "imagery-in").replace(" region", " aws_region").replace("\nregion", "\naws_region")
    expected = expected.replace('"region', '"aws_region').replace('"true"', "true")
    assert Path(name).read_text() == expected
    assert lint(load(name)).verdict == "pass"
    assert propose(name) == ()


def test_line_endings_mode_and_byte_order_mark_are_kept() -> None:
    data = b"\xef\xbb\xbf" + JSON.replace("\n", "\r\n").encode()
    Path("d.json").write_bytes(data)
    Path("d.json").chmod(0o640)
    fix.apply(propose("d.json"))
    after = Path("d.json").read_bytes()
    assert after == data.replace(b"imagery-in ", b"imagery-in").replace(b'"region', b'"aws_region').replace(b'"true"', b"true")
    assert Path("d.json").stat().st_mode & 0o777 == 0o640
    assert sorted(each.name for each in Path().iterdir()) == ["d.json", "d.json.orig"]


def test_a_link_stays_a_link() -> None:
    Path("real.json").write_text(JSON)
    Path("d.json").symlink_to("real.json")
    fix.apply(propose("d.json"))
    assert Path("d.json").is_symlink()
    assert "aws_region" in Path("real.json").read_text()


def test_an_interrupted_write_leaves_the_old_file_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("d.json").write_text(JSON)
    edits = propose("d.json")

    def interrupted(descriptor: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        fix.apply(edits)
    assert Path("d.json").read_text() == JSON
    assert [each.name for each in Path().iterdir()] == ["d.json"]


def test_a_file_that_changed_meanwhile_is_not_written() -> None:
    Path("d.json").write_text(JSON)
    edits = propose("d.json")
    Path("d.json").write_text("{}")
    with pytest.raises(ValidatorError, match="has changed since it was read"):
        fix.apply(edits)
    assert Path("d.json").read_text() == "{}"
    Path("d.json").unlink()
    with pytest.raises(ValidatorError, match="cannot be changed"):
        fix.apply(edits)


def test_a_value_behind_a_reference_is_never_touched() -> None:
    request = {"type": "gcs", "parameters": {"bucket": "${B}", "credentials": "${C}"}}
    Path("d.json").write_text(json.dumps(request))
    loaded = load("d.json", references=References(env={"B": " imagery-in ", "C": "x"}))
    wrong = catalog.finding(
        "stray-whitespace", pointer="/parameters/bucket", patch=[PatchOperation("replace", "/parameters/bucket", "imagery-in")]
    )
    (edit,) = fix.propose([replace(loaded.destinations[0], problems=(wrong,))])
    assert not edit.made
    assert {each.why for each in edit.left} == {"its value comes through a reference: change it where it comes from"}
    assert fix.apply([edit]) == ()
    # Renaming its key is another matter.
    Path("d.yaml").write_text("type: s3\nparameters:\n  region: ${R}\n")
    (edit,) = propose("d.yaml", {"R": "eu-central-1"})
    fix.apply([edit])
    assert Path("d.yaml").read_text() == "type: s3\nparameters:\n  aws_region: ${R}\n"


def test_a_secret_leaves_the_file_only_when_the_reference_gives_it() -> None:
    request = {"type": "gcs", "parameters": {"bucket": "imagery-in", "credentials": SECRET}}
    Path("d.json").write_text(json.dumps(request))
    told = References(env={"CREDENTIALS": SECRET})
    patch = [PatchOperation("replace", "/parameters/credentials", "${CREDENTIALS}")]
    problem = catalog.finding("plaintext-secret", pointer="/parameters/credentials", patch=patch)
    destinations = [replace(load("d.json").destinations[0], problems=(problem,))]
    for env in ({}, {"CREDENTIALS": "another"}):
        (edit,) = fix.propose(destinations, references=References(env=env))
        assert "only copy" in edit.left[0].why
        assert SECRET[8:] not in edit.diff
    (edit,) = fix.propose(destinations, references=told)
    fix.apply([edit])
    assert json.loads(Path("d.json").read_text())["parameters"]["credentials"] == "${CREDENTIALS}"
    assert load("d.json", references=told).destinations[0].parameters == destinations[0].parameters


def test_only_confirmed_findings_and_what_a_check_adds() -> None:
    Path("d.json").write_text(JSON.replace("region", "aws_region").replace('"true"', "true").replace("in ", "in"))
    loaded = load("d.json")
    report = lint(loaded)
    patch = [PatchOperation("replace", "/parameters/aws_region", "eu-west-1")]
    seen = catalog.finding("wrong-region", pointer="/parameters/aws_region", patch=patch)
    for confidence, made in ((Confidence.CONFIRMED, 1), (Confidence.LIKELY, 0)):
        told = replace(
            report, destinations=(replace(report.destinations[0], findings=(replace(seen, confidence=confidence),)),)
        )
        edits = fix.propose(loaded.destinations, told, checked={("d.json", ""): ""})
        assert sum(len(each.made) for each in edits) == made
    (edit,) = fix.propose(
        loaded.destinations,
        replace(report, destinations=(replace(report.destinations[0], findings=(seen,)),)),
        checked={("d.json", ""): ""},
    )
    assert '+  "parameters": {"bucket": "imagery-in", "aws_region": "eu-west-1",' in edit.diff


def test_an_orders_type_is_its_key() -> None:
    inside = '{"account": "imagery", "container": "imagery-in", "sas_token": "x", "path_prefix": "p"}'
    Path("d.json").write_text('{"products": [], "delivery": {"archive_type": "zip", "google_cloud_storage": ' + inside + "}}")
    fix.apply(propose("d.json"))
    assert (
        Path("d.json").read_text()
        == '{"products": [], "delivery": {"archive_type": "zip", "azure_blob_storage": ' + inside + "}}"
    )


def test_several_destinations_of_one_file() -> None:
    one = json.loads(JSON)
    Path("d.json").write_text(json.dumps({"destinations": [one, {**one, "name": "other"}]}, indent=2))
    (edit,) = propose("d.json")
    assert len(edit.made) == 6
    fix.apply([edit])
    assert "eu-central-1" in Path("d.json").read_text()
    assert not [each for each in load("d.json").destinations if each.problems]


def test_standard_input_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("d.json").write_text(JSON)
    destination = replace(load("d.json").destinations[0], source="-")
    (edit,) = fix.propose([destination])
    assert not edit.made
    assert {each.why for each in edit.left} == {"it was piped in; give the file's name"}


@pytest.mark.parametrize(
    ("form", "text", "op", "pointer", "value", "after"),
    [
        ("json", '{"a": 1}', "remove", "/a", None, "{}"),
        ("json", '{"a": 1, "b": 2}', "remove", "/b", None, '{"a": 1}'),
        ("json", '{"a": 1, "b": 2}', "remove", "/a", None, '{"b": 2}'),
        ("json", '{\n  "a": 1,\n  "b": {\n    "c": 2\n  }\n}', "remove", "/b/c", None, None),
        ("json", '{\n  "a": 1\n}', "add", "/b", "x", '{\n  "a": 1,\n  "b": "x"\n}'),
        ("json", "{}", "add", "/b", True, '{"b": true}'),
        ("yaml", "a: 1 # x\nb: 2\n", "remove", "/a", None, "b: 2\n"),
        ("yaml", "a:\n  b: 1\n  c: 2\nd: 3\n", "remove", "/a/c", None, "a:\n  b: 1\nd: 3\n"),
        ("yaml", "{a: 1, b: 2}\n", "remove", "/b", None, "{a: 1}\n"),
        ("yaml", "a:\n  b: 1 # x\nd: 3\n", "add", "/a/c", "no", 'a:\n  b: 1 # x\n  c: "no"\nd: 3\n'),
        ("yaml", "a: x\n", "replace", "/a", "b: c", 'a: "b: c"\n'),
        ("yaml", "a: 'x'\n", "replace", "/a", "it's", "a: 'it''s'\n"),
        ("yaml", "a: |\n  x\n  y\nb: 1\n", "replace", "/a", "z", "a: z\nb: 1\n"),
        ("toml", "a = 1 # x\nb = 2\n", "remove", "/a", None, "b = 2\n"),
        ("toml", "[p]\na = 1 # x\n", "replace", "/p/a", "y", '[p]\na = "y" # x\n'),
        ("toml", "[[p]]\na = 1\n[[p]]\na = 2 # x\n", "replace", "/p/1/a", 3, "[[p]]\na = 1\n[[p]]\na = 3 # x\n"),
        ("toml", "p = {a = 1}\n", "add", "/p/b", True, "p = {a = 1,b = true}\n"),
    ],
)  # fmt: skip
def test_one_change_in_a_text(form: str, text: str, op: str, pointer: str, value: object, after: str | None) -> None:
    done = changed(read(text, form), op, pointer, value)
    assert after is None or done.text == after


@pytest.mark.parametrize(
    ("form", "text", "op", "pointer", "value"),
    [
        ("yaml", "x: &a {b: 1}\ny: *a\n", "replace", "/x/b", 2),  # it would change y as well
        ("yaml", "x: &a {b: 1}\ny: *a\n", "replace", "/y/b", 2),
        ("json", '{"a": 1}', "replace", "/b", 2),
        ("json", '{"a": 1}', "remove", "/b", None),
        ("json", '{"a": 1, "b": 2}', "move", "/b", "/a"),
        ("json", '{"a": 1, "b": {}}', "move", "/b/a", "/a"),
        ("json", "[1]", "replace", "/0", 2),
        ("json", '{"a": 1}', "replace", "", 2),
    ],
)
def test_what_cannot_be_changed_alone_is_refused(form: str, text: str, op: str, pointer: str, value: object) -> None:
    with pytest.raises(CannotEdit):
        changed(read(text, form), op, pointer, value)
