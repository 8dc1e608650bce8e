"""The formats for programs: each says what the report says, is valid, and cannot be broken by what stands in a name."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import jsonschema
import pytest

from tests.support import sample_reports as sample
from validator.core.limits import LIMITS
from validator.core.model import Fix, Kind, Mode, Operation, Outcome, PatchOperation, Severity, Step, Verdict
from validator.formats import FORMATS, markdown, render

ROOT = Path(__file__).parents[2]
NASTY = 'a\n::error::b\r\x1b[31m|`<script>@everyone\u202e"&,%:\x00'
NASTY_REPORT = sample.report(
    replace(
        sample.failing(findings=(sample.denied(detail=NASTY, evidence={"x": NASTY}, fix=Fix(NASTY, (NASTY,), NASTY)),)),
        name=NASTY,
        source=NASTY,
        target=NASTY,
        type=NASTY,
        pointer=f"/{NASTY}",
        endpoint_override=NASTY,
        notes=(NASTY,),
    )
)


def schema() -> Any:
    return json.loads((ROOT / "validator" / "report.schema.json").read_text())


def sarif_schema() -> Any:
    published = ROOT / "tests" / "schemas" / "node_modules" / "@microsoft" / "jest-sarif" / "lib" / "schemas"
    return json.loads((published / "sarif-2.1.0-rtm.5.json").read_text())


def valid(document: Any, against: Any) -> None:
    cls = jsonschema.validators.validator_for(against)
    cls.check_schema(against)
    cls(against, format_checker=cls.FORMAT_CHECKER).validate(document)


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_renders_every_report_the_same_each_time(name: str) -> None:
    for report in (sample.MIXED, NASTY_REPORT, sample.report(), replace(sample.MIXED, interrupted=True)):
        text = render(name, report)
        assert text == render(name, report)
        assert text.endswith("\n")


@pytest.mark.parametrize("report", [sample.MIXED, NASTY_REPORT, sample.report(), replace(sample.MIXED, interrupted=True)])
def test_json_is_what_its_schema_says(report: Any) -> None:
    text = render("json", report)
    valid(json.loads(text), schema())
    assert text.isascii()


def test_json_holds_the_members_of_the_contract() -> None:
    told = json.loads(render("json", sample.MIXED))
    assert told["tool"] == {"name": "planet-validator", "version": "0.1.0"}
    assert (told["schema_version"], told["started_at"], told["verdict"]) == (1, "2026-01-01T00:00:00Z", "fail")
    first = told["destinations"][0]
    assert first["steps"][0] == {
        "operation": "delete", "key": "planetverify.txt", "mode": "rehearsed", "permission": "s3:DeleteObject",
        "outcome": "denied", "duration_ms": 41.4, "note": "", "form": "", "kind": "denied",
        "provider": {"http_status": 403, "code": "AccessDenied", "request_id": "REQUEST1"},
    }  # fmt: skip
    assert first["findings"][1]["fix"]["patch"] == [{"op": "replace", "path": "/parameters/aws_region", "value": "eu-west-1"}]
    assert first["findings"][1]["line"] == 7
    assert told["destinations"][2]["residue"][0]["version_id"] == "v1"


def test_a_report_without_a_required_member_is_refused_by_the_schema() -> None:
    told = json.loads(render("json", sample.MIXED))
    del told["destinations"][0]["steps"][0]["outcome"]
    with pytest.raises(jsonschema.ValidationError):
        valid(told, schema())


def test_json_gives_times_in_utc() -> None:
    told = replace(sample.MIXED, started_at=datetime(2026, 1, 1, 2, tzinfo=timezone(timedelta(hours=2))))
    assert json.loads(render("json", told))["started_at"] == "2026-01-01T00:00:00Z"


@pytest.mark.parametrize("name", FORMATS)
def test_a_repaired_secret_is_in_no_format(name: str) -> None:
    repaired = "repaired+EXAMPLE+secret+value"
    found = sample.finding(
        "stray-whitespace", patch=(PatchOperation("replace", "/parameters/aws_secret_access_key", repaired, secret=True),)
    )
    text = render(name, sample.report(sample.failing(findings=(found,))))
    assert repaired not in text
    if name == "json":
        fix = json.loads(text)["destinations"][0]["findings"][0]["fix"]
        assert fix["patch"] == []
        assert fix["automatic"] is True


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


# ---- Markdown --------------------------------------------------------------------------------------------------------


def test_markdown_has_a_row_for_each_and_a_section_for_what_is_wrong() -> None:
    text = render("markdown", sample.MIXED)
    assert text.startswith("## planet-validator: FAIL\n")
    rows = [line for line in text.splitlines() if line.startswith("| **")]
    assert len(rows) == 5
    assert text.count("\n### ") == 4
    assert "```sh\naws iam put-user-policy" in text


def test_markdown_is_cut_at_a_section_and_says_so() -> None:
    many = sample.report(*(sample.failing(findings=(sample.denied(detail="x" * index),)) for index in range(50)))
    text = markdown.render(many, limit=20_000)
    assert len(text.encode()) <= 20_000
    assert re.search(r"_\d+ sections left out: too long for this page\.", text)
    assert text.count("```") % 2 == 0


def test_markdown_of_a_thousand_stays_under_the_limit() -> None:
    many = sample.report(*(sample.failing(name=f"number {index}") for index in range(2500)))
    assert len(markdown.render(many).encode()) <= markdown.LIMIT


def test_markdown_takes_no_markup_from_names() -> None:
    text = render("markdown", NASTY_REPORT)
    outside = re.sub(r"^(`{3,})\w*\n.*?^\1$", "", text, flags=re.DOTALL | re.MULTILINE)
    assert "<script>" not in outside
    assert "@everyone" not in outside
    rows = [line for line in outside.splitlines() if line.startswith("| **")]
    assert all(line.replace(r"\|", "").count("|") == 6 for line in rows)


# ---- words -----------------------------------------------------------------------------------------------------------


def test_severity_is_a_word_wherever_people_read() -> None:
    for severity, word in (
        (Severity.ERROR, "error"),
        (Severity.UNKNOWN, "unsure"),
        (Severity.WARNING, "warning"),
        (Severity.INFO, "note"),
    ):
        told = sample.report(sample.destination(findings=(sample.finding("throttled", severity=severity),)))
        assert f"\n  {word} throttled: " in render("text", told)
        assert f"title={word} throttled%3A" in render("github", told)
        assert f"{word} throttled: " in render("junit", told)
        shown = render("markdown", sample.report(replace(told.destinations[0], verdict=Verdict.WARN)))
        assert f"**{word} throttled**" in shown


@pytest.mark.parametrize(
    ("outcome", "kind", "word"),
    [
        (Outcome.DENIED, Kind.DENIED, "denied"),
        (Outcome.DENIED, Kind.UNAUTHENTICATED, "failed"),
        (Outcome.DENIED, Kind.NO_BUCKET, "failed"),
        (Outcome.DENIED, Kind.OTHER, "failed"),
        (Outcome.DENIED, Kind.KEPT, "granted, but kept"),
        (Outcome.UNPROVEN, Kind.KEPT, "granted, but kept"),
        (Outcome.UNPROVEN, Kind.UNREACHABLE, "failed"),
        (Outcome.UNPROVEN, Kind.TRANSIENT, "failed"),
        (Outcome.UNPROVEN, None, "unproven"),
    ],
)
def test_denied_is_said_only_of_a_permission(outcome: Outcome, kind: Kind | None, word: str) -> None:
    step = replace(sample.DELETE_DENIED, outcome=outcome, kind=kind, http_status=400, code="Code")
    told = sample.report(sample.failing(steps=(step,), findings=()))
    assert f"\n  delete   {word} " in render("text", told)
    assert f"| delete | {word} |" in render("markdown", told)
    told_to_programs = json.loads(render("json", told))["destinations"][0]["steps"][0]
    assert told_to_programs["outcome"] == outcome
    assert all(len(line) <= 80 for line in render("text", told).splitlines())


@pytest.mark.parametrize(
    ("status", "said"), [(404, "nothing to delete, as intended"), (412, "the condition refused it, as intended")]
)
def test_granted_beside_an_answer_that_sounds_like_a_refusal_is_explained(status: int, said: str) -> None:
    step = replace(sample.DELETE_DENIED, outcome=Outcome.GRANTED, kind=Kind.PRECONDITION, http_status=status, code="Code")
    told = sample.report(sample.destination(steps=(step,)))
    assert said in render("text", told, verbosity=1)
    assert f"{status} Code" not in render("text", told)


def test_what_was_not_asked_is_said() -> None:
    unasked = sample.destination(verdict=Verdict.FAIL, steps=(), wrote=False, findings=(sample.finding("secret-malformed"),))
    one = sample.report(unasked)
    for name in ("text", "markdown", "github"):
        assert "The bucket was not asked: correct this first." in render(name, one)
        assert "Nothing was written" not in render(name, one)
    assert "1 bucket was not asked." in render("text", sample.report(unasked, sample.destination()))


# ---- text ------------------------------------------------------------------------------------------------------------

EXPECTED = """\
FAIL  s3 destination    amazon_s3    s3://imagery-in/planetverify.txt

  delete   denied     s3:DeleteObject   asked only   403 AccessDenied      41 ms
  write    granted    s3:PutObject      asked only                         38 ms
  read     skipped    nothing was written

"""


def test_text_begins_with_the_verdict_and_what_was_seen() -> None:
    assert render("text", sample.report(sample.failing())).startswith(EXPECTED)


def test_text_ends_with_what_was_left() -> None:
    assert render("text", sample.report(sample.failing())).endswith(
        "1 destination: 1 fails. Nothing was written, nothing was left behind.\n"
    )
    good = render("text", sample.report(sample.destination()))
    assert "What was written was removed again" in good
    assert good.endswith("\nA pass does not cover Planet's network path and IP conditions (-v: all).\n")
    left = render("text", sample.report(sample.leaving()))
    assert "stayed in a bucket" in left
    assert "\n      aws s3api delete-object --bucket imagery-in --key planetverify.txt\n" in left
    lint = render("text", sample.report(sample.destination(steps=(), limits=(), wrote=False)))
    assert "No bucket was asked" in lint


def test_what_one_run_alone_could_not_see_is_told_with_its_pass() -> None:
    from validator.providers.s3.amazon import provider

    passed = sample.destination(limits=(*LIMITS, *provider.limits, "the check was made on a name beside"))
    text = render("text", sample.report(passed, passed))
    *_, told, line = text.splitlines()
    assert (told, line.count("A pass does not cover")) == ("The check was made on a name beside.", 1)
    everything = render("text", sample.report(passed, passed), verbosity=1)
    assert "A pass does not cover" not in everything
    assert everything.count("conditional requests alone") == 2


@pytest.mark.parametrize("verbosity", [-1, 0, 1])
def test_text_fits_80_columns_but_never_breaks_what_is_pasted(verbosity: int) -> None:
    text = render("text", sample.MIXED, verbosity=verbosity)
    command = sample.denied().fix.commands[0]
    for line in text.splitlines():
        assert (
            len(line) <= 80 or line.strip() == command or line.startswith(("PASS", "WARN", "FAIL", "UNSURE", "5 destinations"))
        ), line
    assert (command in text.splitlines()[0:0] or f"      {command}\n" in text) is (verbosity >= 0)


def test_quiet_is_one_line_each() -> None:
    lines = render("text", sample.MIXED, verbosity=-1).splitlines()
    *each, count = lines
    assert [line.split()[0] for line in each] == ["FAIL", "UNSURE", "FAIL", "PASS", "WARN"]
    assert [line.split()[-1] for line in each if not line.startswith("PASS")] == [
        "wrong-region", "throttled", "residue-left", "sas-expiring",
    ]  # fmt: skip
    assert "delete-denied, wrong-region" in each[0]
    assert count == "5 destinations: 2 fail, 1 could not be decided, 1 passes with warnings, 1 passes."


MANY = sample.report(
    *(sample.destination(f"good {index}") for index in range(56)),
    *(
        sample.undecided(name=f"slow {index}", findings=(sample.finding("timed-out", detail=f"{index} s"),))
        for index in range(60)
    ),
    sample.failing(name="other"),
)


def test_of_many_what_passes_is_a_line_and_what_fails_comes_last_equal_findings_once() -> None:
    text = render("text", MANY)
    lines = text.splitlines()
    assert [line.split()[0] for line in lines[:56]] == ["PASS"] * 56
    assert lines[56] == ""
    assert "timed-out: 60 destinations. The first of them:" in lines
    assert text.count("error delete-denied: ") == 1
    assert text.count("unsure timed-out: ") == 1
    assert text.index("unsure timed-out: ") < text.index("error delete-denied: ")
    names = [line for line in lines if line.startswith(("UNSURE", "FAIL"))][-61:]
    assert all(line.endswith("    timed-out") for line in names[:60])
    assert names[60].endswith("    delete-denied")
    assert lines[-3].startswith("117 destinations: 1 fails, 60 could not be decided, 56 pass.")
    assert len(lines) < 170


def test_many_in_full_with_v() -> None:
    assert render("text", MANY, verbosity=1).count("unsure timed-out: ") == 60


def test_findings_of_one_name_have_one_heading() -> None:
    four = tuple(
        sample.finding("placeholder-value", detail=f"{name} still holds a placeholder.", pointer=f"/parameters/{name}", line=4)
        for name in ("bucket", "aws_region", "aws_access_key_id", "aws_secret_access_key")
    )
    text = render("text", sample.report(sample.failing(steps=(), findings=four)))
    assert text.count("error placeholder-value: ") == 1
    assert " ".join(text.split()).count("still holds a placeholder.") == 4
    assert text.count("explain placeholder-value") == 1
    assert text.count("Fix: ") == 1


def test_one_cause_is_told_once_and_no_command_twice() -> None:
    fix = Fix("Make a new token.", ("az storage container generate-sas --name c",), "sp=rwdl")
    lacks = sample.finding("sas-permission-missing", detail="The token does not allow d.", fix=fix)
    text = render("text", sample.report(sample.failing(findings=(lacks, sample.denied(fix=fix)))))
    assert text.count("az storage") == 1
    assert "error sas-permission-missing: " in text
    assert "error delete-denied: " not in text
    assert "Seen as delete-denied" in text
    other = sample.finding("write-denied", fix=Fix("Another.", (*fix.commands, "az another")))
    assert render("text", sample.report(sample.failing(findings=(lacks, other)))).count("az storage") == 1


def test_a_long_policy_is_under_v_where_a_command_makes_it() -> None:
    policy = "{\n" + "\n".join(f'  "line": {index},' for index in range(12)) + "\n}"
    made = sample.denied(
        fix=Fix("Allow it.", ("planet-validator policy d.json > grant.json", "aws put --policy file://grant.json"), policy)
    )
    told = sample.report(sample.failing(findings=(made,)))
    assert '"line": 3' not in render("text", told)
    assert '"line": 3' in render("text", told, verbosity=1)
    bare = sample.report(sample.failing(findings=(sample.denied(fix=Fix("Allow it.", grant=policy)),)))
    assert '"line": 3' in render("text", bare)


def test_verbose_adds_evidence_the_providers_words_and_limits() -> None:
    short, long = (render("text", sample.report(sample.failing()), verbosity=each) for each in (0, 1))
    for said in ("In the provider's own words", "http_status: 403", "request REQUEST1", "Not tested"):
        assert said in long
        assert said not in short


def test_a_long_error_code_moves_to_its_own_line() -> None:
    long = Step(
        Operation.DELETE, "planetverify.txt", Mode.REHEARSED, "storage.objects.delete", Outcome.DENIED, 1234.5, 403,
        "AuthorizationPermissionMismatchOfALongName",
    )  # fmt: skip
    text = render("text", sample.report(sample.failing(steps=(long,))))
    assert all(len(line) <= 80 for line in text.splitlines() if "aws iam" not in line)
    assert "403 AuthorizationPermissionMismatchOfALongName" in text
    assert "1,234 ms" in text


def test_another_key_is_named_above_its_steps() -> None:
    below = tuple(replace(step, key="deliveries/planetverify.txt") for step in sample.GRANTED)
    text = render("text", sample.report(sample.destination(steps=(*sample.GRANTED, *below))))
    assert text.count("\n  deliveries/planetverify.txt\n") == 1


def test_colours_only_when_asked_and_nothing_else_changes() -> None:
    plain, coloured = render("text", sample.MIXED), render("text", sample.MIXED, colour=True)
    assert "\x1b" not in plain
    assert re.sub(r"\x1b\[[\d;]*m", "", coloured) == plain


def test_ascii_when_the_terminal_wants_it() -> None:
    told = sample.report(sample.failing(findings=(sample.denied(detail="Zürich → “x” … 北"),)))
    text = render("text", told, ascii_only=True)
    assert text.isascii()
    assert '-> "x" ...' in text


def test_a_name_cannot_move_the_cursor_or_give_github_orders() -> None:
    text = render("text", NASTY_REPORT, verbosity=1)
    assert not set(text) & set("\x1b\r\x00\u202e")
    assert not any(line.lstrip().startswith("::") for line in text.splitlines())


def test_the_fix_says_how_to_apply_itself() -> None:
    text = render("text", sample.report(sample.failing(source="a b.json", findings=(sample.wrong_region(),))))
    assert "In a b.json, line 7: /parameters/aws_region" in text
    assert '/parameters/aws_region becomes "eu-west-1"' in text
    assert "planet-validator check --fix 'a b.json'" in text
    piped = render("text", sample.report(sample.failing(source="-", findings=(sample.wrong_region(),))))
    assert "--fix" not in piped
    assert "In standard input, line 7" in piped
    given = render("text", sample.report(sample.failing(source="-", findings=(replace(sample.wrong_region(), line=None),))))
    assert "In /parameters/aws_region" in given, "a dictionary of a program came over no standard input"


# ---- HTML ------------------------------------------------------------------------------------------------------------


class Page(HTMLParser):
    """The elements and attributes of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("report", [sample.MIXED, NASTY_REPORT, sample.report(), replace(sample.MIXED, interrupted=True)])
def test_html_stands_alone_and_runs_nothing(report: Any) -> None:
    page = Page(render("html", report))
    tags = {tag for tag, _ in page.seen}
    assert not tags & {"script", "img", "link", "iframe", "object", "form", "base", "svg"}
    for tag, attributes in page.seen:
        assert not {name for name in attributes if name.startswith("on") or name in ("src", "style", "srcset", "action")}
        if "href" in attributes:
            assert tag == "a"
            assert str(attributes["href"]).startswith("https://")
    assert "url(" not in render("html", report)
    assert "default-src 'none'" in render("html", report)


def test_html_has_the_wrong_first_and_in_full() -> None:
    text = render("html", sample.MIXED)
    page = Page(text)
    assert page.text.index("delete-denied") < page.text.index("sas-expiring")
    assert "aws iam put-user-policy" in page.text
    assert text.count('<details class="destination"') == 4  # the one that passes is in the table alone
    assert "color-scheme:light dark" in text


def test_html_takes_no_markup_from_names() -> None:
    text = render("html", NASTY_REPORT)
    assert "<script>" not in text
    assert "&lt;script&gt;" in text
