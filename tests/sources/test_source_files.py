"""What users hold beside JSON, YAML and TOML: notebooks, files that cannot be read, and kinds that are not read."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.support.programs import ENV, cells, plain, unresolved
from validator.checking.assemble import lint
from validator.cli import app
from validator.core.errors import BadSource
from validator.core.model import Destination
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
        (notebook("%%bash\ncurl -d @dest.json https://api.planet.com/destinations/v1"), "there is no such file"),
        (notebook("%%bash\ncurl -d 'never closed"), "a single quote is never closed"),
        (notebook("!planet destinations update s3 our-id --access-key-id x"), "planet-validator update DESTINATION_ID"),
        (notebook("%%R\n!planet destinations create s3 --bucket in"), "there is no Python in this notebook"),
        (notebook("!curl -d '{}' https://api.planet.com/destinations/v1"), "there is no|makes no destination"),
        (
            notebook("body = ask()\n!curl -d '{body}' https://api.planet.com/destinations/v1"),
            "body: IPython puts a Python value there",
        ),
        ('{"nbformat": 4, "cells": [1, {"cell_type": "code", "source": 3}]}', "no code"),
    ],
)
def test_notebooks_that_hold_no_destination_say_so(text: str, said: str) -> None:
    with pytest.raises(BadSource, match=said):
        read("ours.ipynb", text)


S3 = "planet destinations create s3 --region eu-west-1 --bucket"


@pytest.mark.parametrize(
    ("sources", "buckets"),
    [
        ([f"!{S3} imagery-in"], ["imagery-in"]),
        ([f"!!{S3} imagery-in"], ["imagery-in"]),
        ([f"out = !{S3} imagery-in\nprint(out)"], ["imagery-in"]),
        ([f"x = 1\n!{S3} \\\n  imagery-in\nprint(x)"], ["imagery-in"]),
        ([f"if x:\n    !{S3} first\nelse:\n    !{S3} second"], ["first", "second"]),
        ([f"%%bash\nB=first\n{S3} $B", f"%%sh\n{S3} second"], ["first", "second"]),
        ([f"%%script bash\n{S3} first", f"%%script /bin/bash -e\n{S3} second"], ["first", "second"]),
        ([f"%%!\n{S3} first"], ["first"]),
        (["%%bash\ncurl https://api.planet.com/destinations/v1 -d '" + json.dumps(GOOD) + "'"], ["imagery-in"]),
        (["!curl https://api.planet.com/destinations/v1 -d '" + json.dumps(GOOD) + "'"], ["imagery-in"]),
        (["bucket = 'first'", f"!{S3} {{bucket}}"], ["first"]),
        (["bucket = 'first'", f"!{S3} '$bucket'"], ["first"]),
        (["%env B=first", f"!{S3} $B"], ["first"]),
        (["import os\nos.environ['B'] = 'first'  # ours", f"%%bash\n{S3} $B"], ["first"]),
        ([f"!{S3} $GIVEN"], ["from-env"]),
        ([f"request = {GOOD!r}", f"!{S3} second"], ["imagery-in", "second"]),
        ([cells()[0], "print 'broken'", f"!{S3} second"], ["imagery-0", "second", ""]),
    ],
)
def test_commands_in_cells(sources: list[str], buckets: list[str]) -> None:
    found = read("ours.ipynb", notebook(*sources), env={**ENV, "GIVEN": "from-env"})
    assert [plain(each).get("bucket", "") for each in found] == buckets
    assert [dict(unresolved(each)) for each in found if each.type] == [{} for each in found if each.type]


@pytest.mark.parametrize(
    ("sources", "said"),
    [
        (["bucket = 'first'", "bucket = 'second'", f"!{S3} {{bucket}}"], "IPython puts a Python value there"),
        ([f"!{S3} {{bucket}}", "bucket = 'later'"], "IPython puts a Python value there"),
        (["bucket = ask()", f"!{S3} '{{bucket}}'"], "IPython puts a Python value there"),
        (["for bucket in many:\n    pass", f"!{S3} $bucket"], "IPython puts a Python value there"),
        (["bucket = 'a b'", f"!{S3} {{bucket}}"], "IPython puts a Python value there"),
        (["print 'bucket'; bucket = 1", f"!{S3} $bucket"], "IPython puts a Python value there"),
        (["import os\nos.environ['B'] = ask()", f"!{S3} $B"], "Python sets this variable"),
        (["import os\nif x:\n    os.environ['B'] = 'x'", f"!{S3} $B"], "Python sets this variable"),
        (["import os\nos.environ.update(ours)", f"!{S3} $B"], "Python sets this variable"),
        (["bucket = 'first'", f"%%bash\n{S3} $bucket"], "is not set"),
        (["%%bash\nB=first", f"%%bash\n{S3} $B"], "is not set"),
    ],
)
def test_values_that_python_gives_to_commands(sources: list[str], said: str) -> None:
    found = read("ours.ipynb", notebook(*sources), env={})
    assert said in unresolved(next(each for each in found if each.type))["bucket"]


def test_a_finding_in_a_notebooks_command_names_cell_and_line() -> None:
    (found,) = read("ours.ipynb", notebook("x = 1", f"%%bash\n# ours\n{S3} 'imagery '"))
    findings = [each for each in lint([found]).destinations[0].findings if each.name == "stray-whitespace"]
    assert [each.within for each in findings] == ["cell 3, line 3"]


@pytest.mark.parametrize("text", ["!curl " + "{" * 50_000, "!planet " + "$a{b}" * 20_000, "%env A=" + "planet " * 9_000])
def test_hostile_commands_in_cells_end_with_our_own_words(text: str) -> None:
    with pytest.raises(BadSource):
        read("ours.ipynb", notebook(text, "a = 1"))


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
        ("planet.ini", "[delivery]\ntype = amazon_s3\nbucket = imagery-in\nkey = EXAMPLE\n", "it is an INI file; .* JSON"),
        (".boto", "# Google's\n[Credentials]\n; one\ngs_secret_access_key = EXAMPLE\n", "it is an INI file"),
        (
            "d.bat",
            "@echo off\r\nset S=EXAMPLE\r\nplanet destinations create s3 --secret-access-key %S% ^\r\n --name x\r\n",
            "a batch file",
        ),
        ("d.cmd", "planet destinations create s3 --bucket b --secret-access-key %AWS_SECRET%\r\n", "a batch file"),
        ("pasted", "C:\\geo> planet destinations create s3 --secret-access-key EXAMPLE\n", "a batch file"),
        ("pasted.txt", "PS C:\\geo> planet destinations create s3 --bucket b --secret-access-key EXAMPLE\n", "a PowerShell"),
        ("d.ps1", "planet destinations create s3 `\r\n --secret-access-key EXAMPLE\r\n", "a PowerShell"),
        ("e.ps1", "$env:S = 'EXAMPLE'\nplanet destinations create s3 --secret-access-key $env:S\n", "a PowerShell"),
        ("Makefile", "B ?= in\n\ndest:\n\t@echo go\n\tplanet destinations create s3 --bucket $(B) --region x\n", "a Makefile"),
        ("Dockerfile", '# built\nFROM python:3.12\nENV BUCKET=imagery-in REGION=us-east-1\nCMD ["x"]\n', "a Dockerfile"),
        ("sheet.csv", "name,type,bucket,aws_region\na,amazon_s3,imagery-in,us-east-1\n", "a table .* rows"),
        ("sheet", "Name;Container;SAS token\r\na;imagery;EXAMPLE\r\n", "a table .* rows"),
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


@pytest.mark.parametrize(
    "text",
    [
        "# planet %C3%A9t%C3%A9\ncurl -d '{body}' \"https://api.planet.com/destinations/v1?x=%C3%A9%41%42\"\n",
        "@\ncurl -H \"x: $(date +%Y_%m_%d)\" -d '{body}' https://api.planet.com/destinations/v1\n",
        "set -e\n[ -f .env ]\nA=b\ncurl -d '{body}' https://api.planet.com/destinations/v1\n",
        '[parameters]\nbucket = "imagery-in"\naws_region = "eu-west-1"\n',
    ],
)
def test_what_only_resembles_such_a_kind_is_read(text: str) -> None:
    body = '{"type": "amazon_s3", "parameters": {"bucket": "imagery-in", "aws_region": "eu-west-1"}}'
    (found,) = read("pasted", text.replace("@\n", "").replace("{body}", body))
    assert found.parameters["bucket"] == "imagery-in"


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


@pytest.mark.parametrize("name", ["GOOGLE_APPLICATION_CREDENTIALS", "GCP_SERVICE_ACCOUNT_JSON", "GCS_SERVICE_ACCOUNT_KEY"])
def test_settings_name_a_key_as_googles_tools_do(name: str) -> None:
    (found,) = read(".env", f"{name}=/home/geo/EXAMPLE.json\nGCS_BUCKET=imagery-in\n")
    assert found.type == "google_cloud_storage"
    (finding,) = lint([found]).destinations[0].findings
    assert finding.name == "credentials-not-base64"
    assert "the path of a file" in finding.detail


@pytest.mark.parametrize("prefix", ["R2_", "MINIO_", "DO_SPACES_", "STORAGE_"])
def test_settings_with_a_vendors_prefix(prefix: str) -> None:
    names = ("BUCKET", "ENDPOINT", "REGION", "ACCESS_KEY_ID", "SECRET_ACCESS_KEY")
    (found,) = read(".env", "".join(f"{prefix}{name}=EXAMPLE\n" for name in names))
    assert (found.type, set(plain(found))) == ("s3_compatible", {name.lower() for name in names})


def test_settings_as_the_azure_cli_names_them() -> None:
    (found,) = read(
        ".env", "AZURE_STORAGE_ACCOUNT=geo\nAZURE_STORAGE_CONTAINER=in\nAZURE_STORAGE_SAS_TOKEN=sv=EXAMPLE&sig=EXAMPLE\n"
    )
    assert (found.type, plain(found)["account"], plain(found)["container"]) == ("azure_blob_storage", "geo", "in")


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


# ---- one of several ----------------------------------------------------------------------------------------------------

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
    found = read(name, form.format(one=json.dumps(GOOD), refused=refused))
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
    found = read("a.yaml", text)
    assert [(each.pointer, plain(each)["bucket"]) for each in found] == [(f"/{n}", f"bucket-{n}") for n in range(3)]
    assert [each.places["/parameters/bucket"].line for each in found] == [5, 11, 17]
    (alone,) = read("b.yaml", "---\n---\n" + one.format("bucket-0") + "---\n---\n")
    assert (alone.pointer, alone.places["/parameters/bucket"].line) == ("", 6)
    with pytest.raises(BadSource, match="an alias"):
        read("c.yaml", "a: &b 1\n---\nc: *b\n")


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
