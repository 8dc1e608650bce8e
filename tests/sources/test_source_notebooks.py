"""Notebooks: cells of Python and of commands, read as one program."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.programs import ENV, GOOD, cells, notebook, plain, read_as, unresolved
from validator.checking.assemble import lint
from validator.cli import app
from validator.core.errors import BadSource
from validator.sources.loader import load

pytestmark = pytest.mark.usefixtures("here")


def test_a_notebooks_cells_are_one_program_in_order() -> None:
    found = read_as("ours.ipynb", notebook("import os, planet\n", *cells()))
    assert [(each.name, plain(each)["bucket"]) for each in found] == [(f"destination {n}", f"imagery-{n}") for n in range(5)]
    assert {each.form for each in found} == {"notebook"}


def test_a_finding_in_a_notebook_names_cell_and_line() -> None:
    written = cells()
    written[2] = written[2].replace('"eu-west-1"', '" eu-west-1 "')
    text = notebook("import planet\n", *written)
    report = lint(read_as("ours.ipynb", text))
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
    found = read_as(
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
    found = read_as("ours.ipynb", notebook("name = 'ours'\nbucket = 'first'\n", "bucket = 'second'\nprint 'x'\n", request))
    assert "could not be read" in unresolved(found[0])["bucket"]


def test_a_notebook_by_another_name_and_on_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    text = notebook(*cells()[:2])
    assert len(read_as("ours.json", text)) == 2
    assert len(read_as("ours", text)) == 2


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
        read_as("ours.ipynb", text)


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
    found = read_as("ours.ipynb", notebook(*sources), env={**ENV, "GIVEN": "from-env"})
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
    found = read_as("ours.ipynb", notebook(*sources), env={})
    assert said in unresolved(next(each for each in found if each.type))["bucket"]


def test_a_finding_in_a_notebooks_command_names_cell_and_line() -> None:
    (found,) = read_as("ours.ipynb", notebook("x = 1", f"%%bash\n# ours\n{S3} 'imagery '"))
    findings = [each for each in lint([found]).destinations[0].findings if each.name == "stray-whitespace"]
    assert [each.within for each in findings] == ["cell 3, line 3"]


@pytest.mark.parametrize("text", ["!curl " + "{" * 50_000, "!planet " + "$a{b}" * 20_000, "%env A=" + "planet " * 9_000])
def test_hostile_commands_in_cells_end_with_our_own_words(text: str) -> None:
    with pytest.raises(BadSource):
        read_as("ours.ipynb", notebook(text, "a = 1"))
