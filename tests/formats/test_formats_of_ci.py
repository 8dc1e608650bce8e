"""JUnit, SARIF and GitHub's annotations: valid, never greener than the verdict, and of what stands in a name no order."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from tests.support import sample_reports as sample
from tests.support.sample_reports import NASTY_REPORT
from tests.support.schemas import sarif_schema, valid
from validator.core.model import Fix, Severity, Verdict
from validator.formats import render

# ---- JUnit -----------------------------------------------------------------------------------------------------------


def suites(report: Any) -> list[ET.Element]:
    root = ET.fromstring(render("junit", report).encode())  # noqa: S314 - our own text
    for name in ("tests", "failures", "errors", "skipped"):
        assert int(root.get(name, "")) == sum(int(each.get(name, "")) for each in root)
    for each in root:
        assert int(each.get("tests", "")) == len(each.findall("testcase"))
        assert int(each.get("failures", "")) == len(each.findall("testcase/failure"))
        assert int(each.get("errors", "")) == len(each.findall("testcase/error"))
    return list(root)


def test_junit_has_a_suite_for_each_destination_and_a_case_for_each_operation() -> None:
    failing, slow, left, good, warned = suites(sample.MIXED)
    assert failing.get("name") == "s3 destination"
    delete, write, read, region = failing.findall("testcase")
    failure = delete.find("failure")
    assert failure is not None
    assert failure.get("type") == "delete-denied"
    assert "planet-validator explain delete-denied" in (failure.text or "")
    assert list(write) == []
    assert [child.tag for child in read] == ["skipped"]
    assert region.find("failure") is not None
    assert [child.tag for child in slow.findall("testcase")[0]] == ["error"]
    assert left.get("failures") == "1"
    assert (good.get("failures"), good.get("errors"), good.get("skipped")) == ("0", "0", "0")
    assert warned.findall("testcase/system-out")
    assert (warned.get("failures"), warned.get("errors")) == ("0", "0")


def test_junit_has_a_case_for_each_parameter_and_a_lint_that_passes_is_a_case_that_passes() -> None:
    names = ("bucket", "aws_region")
    wrong = sample.finding(
        "region-unknown",
        severity=Severity.ERROR,
        detail="eu-west-9 is no region.",
        pointer="/parameters/aws_region",
        fix=Fix("Use another."),
    )
    (bad,) = suites(sample.report(sample.failing(parameters=names, steps=(), findings=(wrong,))))
    bucket, region = bad.findall("testcase")
    assert (bucket.get("name"), list(bucket)) == ("parameter bucket", [])
    assert region.get("name") == "parameter aws_region"
    failure = region.find("failure")
    assert failure is not None
    assert failure.get("message") == "region-unknown: eu-west-9 is no region."
    assert "Fix: Use another." in (failure.text or "")
    (good,) = suites(sample.report(sample.destination(parameters=names, steps=())))
    assert (good.get("tests"), good.get("failures"), good.get("skipped")) == ("2", "0", "0")
    (bare,) = suites(sample.report(sample.destination(steps=())))
    assert [each.get("name") for each in bare.findall("testcase")] == ["source"]


@pytest.mark.parametrize(("verdict", "tag"), [(Verdict.FAIL, "failure"), (Verdict.INCONCLUSIVE, "error")])
def test_junit_is_never_greener_than_the_verdict(verdict: Verdict, tag: str) -> None:
    (suite,) = suites(sample.report(sample.destination(verdict=verdict, steps=(), findings=())))
    assert len(suite.findall(f"testcase/{tag}")) == 1


def test_junit_survives_what_xml_cannot_hold() -> None:
    assert len(suites(NASTY_REPORT)) == 1


# ---- SARIF -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("report", [sample.MIXED, NASTY_REPORT, sample.report(), sample.report(sample.failing(source="-"))])
def test_sarif_is_valid(report: Any) -> None:
    valid(json.loads(render("sarif", report)), sarif_schema())


def test_sarif_points_at_the_line_and_names_the_rule() -> None:
    (run,) = json.loads(render("sarif", sample.MIXED))["runs"]
    rules = [each["id"] for each in run["tool"]["driver"]["rules"]]
    assert rules == sorted(rules)
    by_name = {each["ruleId"]: each for each in run["results"]}
    region = by_name["wrong-region"]
    assert rules[region["ruleIndex"]] == "wrong-region"
    place = region["locations"][0]["physicalLocation"]
    assert place == {"artifactLocation": {"uri": "dest.json"}, "region": {"startLine": 7}}
    assert "region" not in by_name["delete-denied"]["locations"][0]["physicalLocation"]
    assert by_name["throttled"]["level"] == "warning"
    assert by_name["delete-denied"]["level"] == "error"


def test_sarif_leaves_out_what_only_informs() -> None:
    told = sample.report(sample.destination(findings=(sample.finding("lingering-file", severity=Severity.INFO),)))
    assert json.loads(render("sarif", told))["runs"][0]["results"] == []


def test_sarif_fingerprints_hang_on_the_place_alone() -> None:
    def prints(report: Any) -> list[str]:
        results = json.loads(render("sarif", report))["runs"][0]["results"]
        return [each["partialFingerprints"]["planetValidatorFinding/v1"] for each in results]

    base = sample.failing(findings=(sample.denied(), sample.denied(detail="once more"), sample.wrong_region()))
    moved = replace(
        base, findings=tuple(replace(each, line=99, detail="said otherwise", evidence={"a": "b"}) for each in base.findings)
    )
    assert prints(sample.report(base)) == prints(sample.report(moved))
    assert len(set(prints(sample.report(base)))) == 3
    assert set(prints(sample.report(replace(base, source="other.json")))).isdisjoint(prints(sample.report(base)))


def test_paths_are_those_of_the_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path))
    told = sample.report(sample.failing(source=str(tmp_path / "a folder" / "d.json")))
    place = json.loads(render("sarif", told))["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "a%20folder/d.json"
    assert "file=a folder/d.json," in render("github", told)
    again = sample.report(sample.failing(source="./x/../d.json"))
    assert "::error file=d.json,title=" in render("github", again)


# ---- GitHub ----------------------------------------------------------------------------------------------------------


def test_github_annotations_stand_on_the_line_errors_first() -> None:
    lines = render("github", sample.MIXED).splitlines()
    kinds = [re.match(r"::(\w+) ", line)[1] for line in lines if line.startswith("::")]
    assert kinds == sorted(kinds)  # error, then warning
    assert "::error file=dest.json,line=7,title=error wrong-region%3A" in "\n".join(lines)
    assert lines[-1].startswith("5 destinations: 2 fail, 1 could not be decided, 1 passes with warnings, 1 passes")


def test_github_stays_within_the_limits_and_says_what_was_cut() -> None:
    many = sample.report(
        *(
            sample.destination(verdict=Verdict.WARN, findings=(sample.finding("sas-expiring", detail="x" * index),))
            for index in range(12)
        ),
        *(sample.failing(findings=(sample.denied(detail="x" * index),)) for index in range(13)),
    )
    lines = render("github", many).splitlines()
    assert sum(line.startswith("::error") for line in lines) == 10
    assert sum(line.startswith("::warning") for line in lines) == 10
    assert lines[0].startswith("::error")
    assert lines[-2].startswith("5 further findings without an annotation")


def test_github_cannot_be_given_orders() -> None:
    lines = render("github", NASTY_REPORT).splitlines()
    assert sum(line.lstrip().startswith("::") for line in lines) == 1
    head, _, message = lines[0].removeprefix("::error ").partition("::")
    assert "%0A" in message
    assert head.count(",") == head.count("=") - 1


def test_a_fail_without_a_finding_is_annotated_as_well() -> None:
    told = sample.report(sample.destination(verdict=Verdict.INCONCLUSIVE, steps=()))
    assert render("github", told).startswith("::error file=dest.json,title=s3 destination::")
