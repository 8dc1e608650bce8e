"""What users hold beside JSON, YAML and TOML: notebooks, files that cannot be read, and kinds that are not read."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.test_source_python import ENV, cells, plain, unresolved
from validator.checking.assemble import lint
from validator.cli import app
from validator.core.model import BadSource, Destination
from validator.sources.loader import References, load, load_all

GOOD = {
    "name": "s3 destination",
    "type": "amazon_s3",
    "parameters": {
        "bucket": "imagery-in",
        "aws_region": "eu-west-1",
        "aws_access_key_id": "AKIAEXAMPLEEXAMPLE12",
        "aws_secret_access_key": "EXAMPLE/" + "k" * 32,
    },
}


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def notebook(*sources: str, **more: Any) -> str:
    found = [
        {"cell_type": "code", "execution_count": 1, "metadata": {}, "outputs": [], "source": each.splitlines(keepends=True)}
        for each in sources
    ]
    text = {"cell_type": "markdown", "metadata": {}, "source": ["# Ours\n", "bucket = 'not code'"]}
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [text, *found], **more}, indent=1)


def read(name: str, text: str | bytes, **told: Any) -> list[Destination]:
    Path(name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return list(load_all([name], references=References(**told)).destinations)


# ---- notebooks ---------------------------------------------------------------------------------------------------------


def test_a_notebooks_cells_are_one_program_in_order() -> None:
    found = read("ours.ipynb", notebook("import os, planet\n", *cells()))
    assert [(each.name, plain(each)["bucket"]) for each in found] == [(f"destination {n}", f"imagery-{n}") for n in range(5)]
    assert {each.form for each in found} == {"notebook"}


def test_a_finding_in_a_notebook_names_cell_and_line() -> None:
    written = cells()
    written[2] = written[2].replace('"eu-west-1"', '" eu-west-1 "')
    text = notebook("import planet\n", *written)
    report = lint(read("ours.ipynb", text))
    (finding,) = report.destinations[2].findings
    assert (finding.name, finding.within) == ("stray-whitespace", "cell 5, line 7")
    assert finding.line is not None
    assert "eu-west-1 " in text.splitlines()[finding.line - 1]


def test_cell_and_line_stand_in_the_reports(capsys: pytest.CaptureFixture[str]) -> None:
    written = cells()
    written[2] = written[2].replace('"eu-west-1"', '" eu-west-1 "')
    Path("ours.ipynb").write_text(notebook("import planet\n", *written))
    assert app.run(["lint", "ours.ipynb"]) == 1
    assert "ours.ipynb, cell 5, line 7: /parameters/aws_region" in capsys.readouterr().out
    app.run(["lint", "-f", "json", "ours.ipynb"])
    assert '"within": "cell 5, line 7"' in capsys.readouterr().out


def test_magics_and_other_languages_are_passed_over() -> None:
    found = read(
        "ours.ipynb",
        notebook(
            "%load_ext autoreload\n!pip install planet\n",
            "%%bash\nbucket=other\necho $(ls)\n",
            "%%time\n" + cells()[1],
            "planet?\n",
        ),
    )
    assert [plain(each)["bucket"] for each in found] == ["imagery-1"]


def test_a_cell_that_cannot_be_read_is_named_and_costs_no_other_its_check() -> None:
    broken = "bucket = 'other'\nprint 'python 2'\n"
    Path("ours.ipynb").write_text(notebook(cells()[0], broken, cells()[1]))
    report = lint(load("ours.ipynb"))
    assert [each.verdict for each in report.destinations] == ["pass", "pass", "fail"]
    (finding,) = report.destinations[2].findings
    assert (finding.name, finding.within) == ("unreadable-source", "cell 3, line 2")


def test_a_name_from_a_cell_that_cannot_be_read_is_not_known() -> None:
    request = cells()[0].partition("bucket = 'imagery-0'\n")[2]
    found = read("ours.ipynb", notebook("name = 'ours'\nbucket = 'first'\n", "bucket = 'second'\nprint 'x'\n", request))
    assert "could not be read" in unresolved(found[0])["bucket"]


def test_a_notebook_by_another_name_and_on_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    text = notebook(*cells()[:2])
    assert len(read("ours.json", text)) == 2
    assert len(read("ours", text)) == 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"cells": 1}', "it is no notebook"),
        ('{"worksheets": [], "nbformat": 3}', "an old format"),
        ("{", "line 1: it is not JSON"),
        (notebook("x = 1"), "this Python makes no destination"),
        (notebook(), "there is no code in this notebook"),
        (notebook("x", metadata={"kernelspec": {"language": "R"}}), "another language"),
        (notebook("x = ("), "cell 2|it is not Python"),
        (notebook("!planet destinations create s3 --bucket in"), "commands in ! lines .* are not read here"),
        (
            notebook("%%bash\ncurl -d @dest.json https://api.planet.com/destinations/v1"),
            "commands in ! lines .* are not read here",
        ),
        ('{"nbformat": 4, "cells": [1, {"cell_type": "code", "source": 3}]}', "no code"),
    ],
)
def test_notebooks_that_hold_no_destination_say_so(text: str, said: str) -> None:
    with pytest.raises(BadSource, match=said):
        read("ours.ipynb", text)


# ---- what cannot be read -----------------------------------------------------------------------------------------------


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
        read("notes.txt", text)
    assert "Python makes" not in str(raised.value)


# ---- kinds -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("aoi.json", json.dumps({"type": "FeatureCollection", "features": []}), "this is GeoJSON: .* name the order"),
        ("aoi.geojson", json.dumps({"type": "Polygon", "coordinates": []}), "this is GeoJSON"),
        ("main.tf", 'resource "aws_s3_bucket" "imagery" {\n  bucket = "imagery-in"\n}\n', "it is Terraform; .* name"),
        ("order.zip", b"PK\x03\x04\x14", "it is a zip archive .* unpack"),
        ("dest.json.gz", b"\x1f\x8b\x08\x00", "it is a gzip archive"),
        ("scene.tif", b"II*\x00" + b"\x01" * 9, "it is a TIFF image"),
        ("order.pdf", b"%PDF-1.7 ...", "it is a PDF"),
        ("credentials", "[default]\naws_access_key_id = AKIAEXAMPLEEXAMPLE12\n", "it is an AWS credentials .* reference"),
        ("rclone.conf", "[remote]\ntype = s3\nprovider = AWS\n", "it is an rclone configuration"),
        ("key.pem", "-----BEGIN PRIVATE KEY-----\nEXAMPLE\n", "it is a key or a certificate"),
        ("page.html", "<!DOCTYPE html><html></html>", "it is a web page"),
        ("vault.yaml", "$ANSIBLE_VAULT;1.1;AES256\n6162\n", "it is encrypted; decrypt"),
        ("dest.sops.json", json.dumps({"name": "ENC[AES256_GCM,data:EXAMPLE]", "sops": {}}), "encrypted with sops"),
        ("policy.json", json.dumps({"Version": "2012-10-17", "Statement": []}), "an AWS policy"),
        ("new-key.json", json.dumps({"AccessKey": {"SecretAccessKey": "EXAMPLE"}}), "create-access-key"),
        ("item.json", json.dumps({"stac_version": "1.0.0", "type": "Feature"}), "GeoJSON|STAC"),
    ],
)
def test_a_kind_that_is_not_read_is_named_with_what_to_do_instead(name: str, data: str | bytes, said: str) -> None:
    with pytest.raises(BadSource, match=said) as raised:
        read(name, data)
    assert "none of type" not in str(raised.value)
    assert "EXAMPLE" not in str(raised.value)


@pytest.mark.parametrize("name", [".env", "planet.env", "settings"])
def test_settings_whose_names_are_one_destinations_parameters(name: str) -> None:
    text = (
        "# ours\nexport PLANET_DESTINATION_NAME='our imagery'\nAWS_ACCESS_KEY_ID=AKIAEXAMPLEEXAMPLE12\n"
        f'AWS_SECRET_ACCESS_KEY="{ENV["SECRET"]}"\nAWS_REGION=eu-west-1 # Ireland\nBUCKET_NAME=imagery-in\nPLANET_API_KEY=EXAMPLE\n'
    )
    (found,) = read(name, text)
    assert (found.name, found.type, found.form) == ("our imagery", "amazon_s3", "env")
    assert plain(found) == {
        "bucket": "imagery-in",
        "aws_region": "eu-west-1",
        "aws_access_key_id": "AKIAEXAMPLEEXAMPLE12",
        "aws_secret_access_key": ENV["SECRET"],
    }
    assert found.line_of("/parameters/aws_region") == 5


def test_settings_of_the_other_types() -> None:
    (found,) = read(".env", "AZURE_STORAGE_ACCOUNT=imagery\nCONTAINER=in\nSAS_TOKEN='sv=EXAMPLE&sig=EXAMPLE'\n")
    assert (found.type, plain(found)["account"]) == ("azure_blob_storage", "imagery")
    (found,) = read(
        ".env", "TYPE=s3-compatible\nS3_BUCKET=in\nS3_ENDPOINT=https://objects.example.com\nS3_USE_PATH_STYLE=true\n"
    )
    assert found.type == "s3_compatible"
    assert plain(found) == {"bucket": "in", "endpoint": "https://objects.example.com", "use_path_style": True}


@pytest.mark.parametrize("text", ["PLANET_API_KEY=EXAMPLE\n", "BUCKET=a\nREGION=b\n", "TYPE=other\nBUCKET=a\n"])
def test_settings_that_are_no_destination_say_what_to_do(text: str) -> None:
    with pytest.raises(BadSource, match="--env-file"):
        read(".env", text)


@pytest.mark.parametrize("text", ["A=1\nnot an assignment\n", "A='never closed\n", 'A="x" y\n'])
def test_settings_that_cannot_be_read(text: str) -> None:
    with pytest.raises(BadSource, match="line"):
        read(".env", text)
