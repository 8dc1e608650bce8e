"""What a finding says of a mistake: the cause first, the value that is meant, and once."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from validator import lint
from validator.cli import app as cli
from validator.core.errors import BadSource
from validator.core.sentences import begun
from validator.formats import render
from validator.sources.loader import load
from validator.sources.surroundings import References

AMAZON = {
    "bucket": "imagery-in", "aws_region": "eu-central-1",
    "aws_access_key_id": "AKIAQEXAMPLE2EXAMPLE", "aws_secret_access_key": "EXAMPLE/planet/validator/EXAMPLE+EXAM012",
}  # fmt: skip
AZURE = {
    "account": "imageryacct", "container": "imagery-in",
    "sas_token": "sv=2023-01-03&sr=c&sp=rwdl&se=2099-01-01T00:00:00Z&spr=https&sig=RVhBTVBMRUVYQU1QTEVFWEFNUExFRVhBTVBMRUVYQU0%3D",
}  # fmt: skip


def told(parameters: Mapping[str, Any], type_: str = "amazon_s3", **more: Any) -> str:
    request = {"name": "my imagery", "type": type_, "parameters": dict(parameters), **more}
    return re.sub(r"\s+", " ", render("text", lint([request]), width=400))


@pytest.mark.parametrize("written", ["S3", "aws", "Amazon S3", "s3-bucket"])
def test_a_type_under_another_name_is_known_by_its_parameters(written: str) -> None:
    said = told(AMAZON, written)
    if "unknown-type" in said:
        assert f"The type is {written}; Planet calls it amazon_s3, and these are its parameters." in said
        assert "Fix: Set type to amazon_s3." in said


def test_a_region_that_is_meant_is_named_in_the_fix() -> None:
    assert "Frankfurt is not a region's identifier; eu-central-1 is." in told({**AMAZON, "aws_region": "Frankfurt"})
    assert "Fix: Set aws_region to eu-central-1." in told({**AMAZON, "aws_region": "Frankfurt"})


def test_all_that_is_missing_is_said_once() -> None:
    said = told({"bucket": "imagery-in"})
    assert "amazon_s3 needs aws_region, aws_access_key_id, aws_secret_access_key." in said
    assert said.count("Fix:") == 1


@pytest.mark.parametrize(
    "bucket",
    [
        "imagery-in/planet/2026",
        "s3://imagery-in/planet/2026/",
        "https://imagery-in.s3.eu-central-1.amazonaws.com/planet/2026",
        "https://s3.eu-central-1.amazonaws.com/imagery-in/planet/2026/",
        "arn:aws:s3:::imagery-in/planet/2026/*",
    ],
)
def test_a_folder_in_the_bucket_has_another_place(bucket: str) -> None:
    said = told({**AMAZON, "bucket": bucket})
    assert "Set bucket to imagery-in." in said
    assert "The folder goes into the path_prefix of the order's delivery: planet/2026" in said
    assert "planetverify.txt" not in said.split("error ")[0]  # no address is made of what is none


def test_an_account_with_a_domain_gives_no_address() -> None:
    said = told({**AZURE, "account": "acct.blob.core.windows.net.blob.core.windows.net"}, "azure_blob_storage")
    assert "windows.net" not in said.split("error ")[0]


@pytest.mark.parametrize("described", ["base64 str", "base64 encoded json key", "service-account-key", "your credentials"])
def test_words_that_describe_a_key_are_a_placeholder(described: str) -> None:
    said = told({"bucket": "imagery-in", "credentials": described}, "google_cloud_storage")
    assert "placeholder-value" in said
    assert "credentials-truncated" not in said
    assert "credentials-wrapped" not in said


def test_what_a_sas_allows_comes_before_what_it_lacks() -> None:
    said = told({**AZURE, "sas_token": AZURE["sas_token"].replace("rwdl", "rwl")}, "azure_blob_storage")
    assert "sas_token allows read, write, list (sp=rwl); Planet's check also needs delete (d)." in said


def test_a_sas_of_the_wrong_kind_says_how_to_make_the_right_one() -> None:
    said = told({**AZURE, "sas_token": AZURE["sas_token"].replace("sr=c", "sr=b")}, "azure_blob_storage")
    assert "az storage container generate-sas" in said


@pytest.mark.parametrize(
    ("given", "said"), [("", "The name is empty"), ("x", "The name has 1 character;"), ("xy", "2 characters;")]
)
def test_a_name_is_counted(given: str, said: str) -> None:
    assert said in told(AMAZON, name=given)


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("a.yaml", "name: x\nparameters:\n\tbucket: a\n", "line 3: it is not YAML: a tab stands before the text"),
        (
            "a.yaml",
            "parameters:\n\xa0 bucket: a\n\xa0 region: b\n",
            "line 2: it is not YAML: a no-break space, or another that is none of YAML's, stands before",
        ),
        ("a.yaml", "name: a\ntype: amazon_s3\nname: b\n", "line 3: the key name is there twice, first in line 1"),
        ("a.json", '{"name": "a",\n"type": "amazon_s3",\n"name": "b"}', "line 3: the key name is there twice, first in line 1"),
    ],
)
def test_where_a_text_cannot_be_read(file: str, text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / file).write_text(text)
    with pytest.raises(BadSource, match=re.escape(said)):
        load(str(tmp_path / file))


@pytest.mark.parametrize(
    ("text", "way"),
    [
        ("{'destinations': [%s, %s]} # mine", "JSON has no comments, so --fix does not write it as JSON: take them out first."),
        ("{'destinations': [%s, %s]}", "--fix writes the whole text again, as JSON."),
    ],
)
def test_what_stands_in_the_way_of_json_is_said_and_no_line_where_the_whole_is_meant(
    tmp_path: Path, text: str, way: str
) -> None:
    path = tmp_path / "dest.json"
    path.write_text(text % (({"type": "amazon_s3", "parameters": AMAZON},) * 2))
    said = render("text", lint(load(str(path))), width=400)
    assert way in said
    assert f"In {path}" not in said


def test_why_nothing_was_changed_is_said_once_for_a_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    text = str({"destinations": [{"type": "amazon_s3", "parameters": AMAZON}] * 2})
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    cli.run(["lint", "--fix", "-"])
    told = capsys.readouterr().err
    assert told.count("left as it is: not-json in standard input: it was piped in; give the file's name\n") == 1
    (tmp_path / "dest.json").write_text(f"{text} # mine")
    cli.run(["lint", "--fix", str(tmp_path / "dest.json")])
    assert "nothing was changed: no finding here has a change that --fix makes\n" in capsys.readouterr().err


def test_where_no_reference_is_resolved_no_option_of_the_command_line_is_proposed(tmp_path: Path) -> None:
    path = tmp_path / "dest.json"
    path.write_text(json.dumps({"type": "amazon_s3", "parameters": {**AMAZON, "aws_region": "${HOME}"}}))
    said = render("text", lint(load(str(path), references=References.none())))
    assert "this run does not allow references" in said
    assert "Fix: Give the value itself." in said
    assert "--allow" not in said


def test_a_type_that_is_close_is_the_one_that_the_fix_names() -> None:
    assert "Did you mean amazon_s3? " in (said := told({"x": "y"}, "amazon_s4"))
    assert "Fix: Set type to amazon_s3, if that is meant." in said


@pytest.mark.parametrize("host", ["imagery-in.s3.eu-central-1.amazonaws.com", "127.0.0.1:9", "planetverify.txt"])
def test_a_sentence_leaves_a_name_its_case(host: str) -> None:
    assert begun(f"{host} does not exist") == f"{host} does not exist"
    assert begun("nothing listens there.") == "Nothing listens there."


def test_a_bucket_that_cannot_be_read_out_of_an_address_leaves_no_folder() -> None:
    assert "path_prefix" not in told({**AMAZON, "bucket": "s3://s3://imagery-a/"})


def test_a_command_names_the_account_that_an_address_holds() -> None:
    address = "imageryacct.blob.core.windows.net.blob.core.windows.net"
    said = told({**AZURE, "account": address, "sas_token": AZURE["sas_token"].replace("rwdl", "rwl")}, "azure_blob_storage")
    assert "--account-name imageryacct " in said
