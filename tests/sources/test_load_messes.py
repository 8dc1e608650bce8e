"""The messes of real life: each is recognised by name, and repaired where only one thing can be meant."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.support.whole import whole
from validator.checking.assemble import lint
from validator.core.model import Secret
from validator.fixing import proposals
from validator.sources.loader import load

pytestmark = pytest.mark.usefixtures("here")

NOTEBOOK = ROOT / "tests" / "examples" / "notebook"
PARAMETERS = ("placeholder-value", "/parameters/")


def found(name: str = "dest.json") -> list[tuple[str, str]]:
    (report,) = lint(load(name)).destinations
    return sorted((each.name, each.pointer.removeprefix("/parameters/")) for each in report.findings)


def fix(name: str = "dest.json") -> tuple[proposals.Edit, ...]:
    loaded = load(name)
    edits = proposals.propose(loaded.destinations, lint(loaded))
    proposals.apply(edits)
    return edits


def placeholders(*names: str) -> list[tuple[str, str]]:
    return [("placeholder-value", name) for name in names]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            "amazon_s3",
            [("not-json", ""), *placeholders("aws_access_key_id", "aws_region", "aws_secret_access_key", "bucket")],
        ),
        ("google_cloud_storage", [("not-json", ""), *placeholders("bucket"), ("unresolved-reference", "credentials")]),
        (
            "azure_blob_storage",
            [("not-json", ""), *placeholders("account", "container", "sas_token"), ("type-mismatch", "/type")],
        ),
        (
            "oracle_cloud_storage",
            [
                ("not-json", ""),
                *placeholders("bucket", "customer_access_key_id", "customer_secret_key", "namespace", "region"),
            ],
        ),
        (
            "s3_compatible",
            [("not-json", ""), *placeholders("access_key_id", "bucket", "endpoint", "region", "secret_access_key")],
        ),
    ],
)
def test_the_notebooks_examples_as_printed(name: str, expected: list[tuple[str, str]]) -> None:
    Path("dest.json").write_text((NOTEBOOK / f"{name}.json").read_text())
    assert found() == expected
    before = Path("dest.json").read_text()
    fix()
    assert Path("dest.json").read_text() == before, "Python is never rewritten"
    assert found() == expected


@pytest.mark.parametrize(
    ("text", "said", "repaired"),
    [
        ('{"type": "gcs", "parameters": {"bucket": "abc",},}', "a comma after the last member (line 1)", None),
        ('{\n"type": \u201cgcs\u201d,\n"parameters": {"bucket": \u2018abc\u2019}}', "typographic quotes (line 2)", None),
        ("{'type': 'gcs', 'parameters': {'bucket': 'abc'}}", "single quotes (line 1)", None),
        ('\'{"type": "gcs", "parameters": {"bucket": "abc"}}\'', "a shell's quotes", None),
        ('{"type": "gcs",\u00a0"parameters": {"bucket": "abc"}}', "an invisible character", None),
        ('{"type": "gcs", "name": None, "parameters": {"bucket": "abc"}}', "None (line 1)", {"name": None}),
    ],
)
def test_what_is_not_quite_json(text: str, said: str, repaired: dict[str, object] | None) -> None:
    Path("dest.json").write_text(text)
    problem = load("dest.json").destinations[0].problems[0]
    assert problem.name == "not-json"
    assert said in problem.detail
    assert ("not-json", "") in found()
    (edit,) = fix()
    assert "not-json" in [each.finding for each in edit.made]
    assert json.loads(Path("dest.json").read_text()) == {"type": "gcs", "parameters": {"bucket": "abc"}, **(repaired or {})}
    assert ("not-json", "") not in found()


@pytest.mark.parametrize("comment", ["// mine", "# mine", "/* mine */"])
def test_comments_are_kept_and_values_changed_beside_them(comment: str) -> None:
    text = f'{{"type": "gcs", {comment}\n"parameters": {{"bucket": "imagery-in ", }}}}'
    Path("dest.json").write_text(text)
    (edit,) = fix()
    assert [each.finding for each in edit.made] == ["stray-whitespace"]
    assert ("not-json", "") in found()
    assert Path("dest.json").read_text() == text.replace("in ", "in")


def test_json_keeps_its_layout_when_it_is_repaired() -> None:
    Path("dest.json").write_text('{ "type" :  \u201cgcs\u201d,\n\n   "parameters": {"bucket":"abc" , }  }\n')
    fix()
    assert Path("dest.json").read_text() == '{ "type" :  "gcs",\n\n   "parameters": {"bucket":"abc"  }  }\n'


def test_python_is_never_run() -> None:
    Path("dest.json").write_text("x = {'type': 'gcs', 'parameters': {'bucket': open('ran', 'w').write('x')}}")
    assert ("unresolved-reference", "bucket") in found()
    assert not Path("ran").exists()


@pytest.mark.parametrize(
    ("type_", "given", "expected"),
    [
        (
            "s3",
            {"--bucket": "abc", "--region": "eu-central-1", "--access-key-id": "A", "--secret-access-key": "S", "--explicit-sse": True},
            {"bucket": "abc", "aws_region": "eu-central-1", "aws_access_key_id": "A", "aws_secret_access_key": "S", "explicit_sse": True},
        ),
        (
            "ocs",
            {"bucket": "abc", "region": "r", "namespace": "n", "access-key-id": "A", "secret-access-key": "S"},
            {"bucket": "abc", "region": "r", "namespace": "n", "customer_access_key_id": "A", "customer_secret_key": "S"},
        ),
        (
            "azure",
            {"account": "a", "container": "c", "sas-token": "S"},
            {"account": "a", "container": "c", "sas_token": "S"},
        ),
    ],
)  # fmt: skip
def test_the_command_lines_names(type_: str, given: dict[str, object], expected: dict[str, object]) -> None:
    Path("dest.json").write_text(json.dumps({"type": type_, "parameters": given}))
    destination = load("dest.json").destinations[0]
    shown = {key: value.reveal() if isinstance(value, Secret) else value for key, value in destination.parameters.items()}
    assert shown == expected
    renamed = [each for each in given if each not in expected]
    assert [each.evidence["parameter"] for each in destination.problems] == renamed
    assert {each.name for each in destination.problems} == {"unknown-parameter"}
    fix()
    after = json.loads(Path("dest.json").read_text())["parameters"]
    assert list(after) == list(expected)
    assert not load("dest.json").destinations[0].problems


def test_parameters_of_another_type_are_not_renamed() -> None:
    given = {
        "bucket": "abc",
        "endpoint": "https://x.example.com",
        "region": "r",
        "access_key_id": "A",
        "secret_access_key": "S",
    }
    Path("dest.json").write_text(json.dumps({"type": "amazon_s3", "parameters": given}))
    assert found() == [("type-mismatch", "/type")]


def test_an_answer_of_planets_used_as_a_request() -> None:
    answer = {
        "_links": {"_self": "https://api.example.com/x"}, "archived": None, "created": "2026-02-12T18:41:22Z", "default": False, "id": "x-1",
        "name": "imagery", "ownership": {"is_owner": True}, "parameters": {"bucket": "imagery-in", "credentials": "<REDACTED>"},
        "permissions": {"can_write": True}, "pl:ref": "pl:destinations/x-1", "type": "google_cloud_storage", "updated": "2026-02-12T18:41:22Z",
    }  # fmt: skip
    Path("dest.json").write_text(json.dumps(answer, indent=2))
    assert found() == [("redacted-secret", "credentials"), ("response-as-request", "/_links")]
    fix()
    assert sorted(json.loads(Path("dest.json").read_text())) == ["name", "parameters", "type"]
    assert found() == [("redacted-secret", "credentials")]


def test_parameters_in_the_wrong_place_and_fields_that_do_not_exist() -> None:
    Path("dest.json").write_text(
        json.dumps({"type": "gcs", "bucket": "abc", "credentials": "EXAMPLE-C", "colour": 1, "$schema": "x"})
    )
    misplaced = {("misplaced-parameter", "/bucket"), ("misplaced-parameter", "/credentials")}
    assert misplaced | {("unknown-field", "/colour")} <= set(found())
    assert lint(load("dest.json")).verdict == "fail"
    assert "EXAMPLE-C" not in whole(lint(load("dest.json")))


def test_a_key_file_given_as_an_object() -> None:
    key = {"type": "service_account", "private_key": "EXAMPLE-PRIVATE-KEY"}
    Path("dest.json").write_text(json.dumps({"type": "gcs", "parameters": {"bucket": "abc", "credentials": key}}))
    assert ("wrong-parameter-kind", "credentials") in found()
    (edit,) = fix()
    assert "EXAMPLE" not in edit.diff
    assert isinstance(json.loads(Path("dest.json").read_text())["parameters"]["credentials"], str)
    assert ("wrong-parameter-kind", "credentials") not in found()


def test_without_a_type_the_only_one_that_fits_is_proposed() -> None:
    Path("dest.yaml").write_text("name: imagery\nparameters:\n  account: abc\n  container: def\n  sas_token: x\n")
    assert found("dest.yaml") == [("unknown-type", "/type")]
    fix("dest.yaml")
    assert Path("dest.yaml").read_text().endswith("sas_token: x\ntype: azure_blob_storage\n")


@pytest.mark.parametrize("value", [5, 1.5, [], {}, None, True])
def test_wrong_kinds_are_findings(value: object) -> None:
    Path("dest.json").write_text(json.dumps({"type": "gcs", "parameters": {"bucket": value, "credentials": value}}))
    assert {name for name, _ in found()} <= {"wrong-parameter-kind", "missing-parameter"}
    for broken in ({"type": value, "parameters": {"bucket": "x"}}, {"type": "gcs", "parameters": value, "bucket": "x"}):
        Path("dest.json").write_text(json.dumps(broken))
        assert lint(load("dest.json")).verdict == "fail"


def test_parameters_alone_name_the_type_that_they_fit() -> None:
    """They were told only that there is no type, and that each is a strange member."""
    text = '{"bucket": "in", "aws_region": "eu-west-1", "aws_access_key_id": "AKIAEXAMPLEEXAMPLE12", "aws_secret_access_key": "EXAMPLE"}'
    Path("flat.json").write_text(text)
    (one,) = load("flat.json").destinations
    assert [each.name for each in one.problems] == ["unknown-type", *["misplaced-parameter"] * 4]
    assert "these are the parameters of amazon_s3" in one.problems[0].detail
    assert "EXAMPLE" in [each.reveal() for each in one.secrets]
