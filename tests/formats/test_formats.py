"""The formats for programs: each says what the report says, is valid, and cannot be broken by what stands in a name."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from html.parser import HTMLParser
from typing import Any

import jsonschema
import pytest

from tests.support import sample_reports as sample
from tests.support.sample_reports import NASTY_REPORT
from tests.support.schemas import report_schema, valid
from validator.core.model import Kind, Outcome, PatchOperation, Severity, Verdict
from validator.formats import FORMATS, markdown, render

pytestmark = pytest.mark.no_cover  # measured: other tests go through next to all of these lines


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_renders_every_report_the_same_each_time(name: str) -> None:
    for report in (sample.MIXED, NASTY_REPORT, sample.report(), replace(sample.MIXED, interrupted=True)):
        text = render(name, report)
        assert text == render(name, report)
        assert text.endswith("\n")


@pytest.mark.parametrize("report", [sample.MIXED, NASTY_REPORT, sample.report(), replace(sample.MIXED, interrupted=True)])
def test_json_is_what_its_schema_says(report: Any) -> None:
    text = render("json", report)
    valid(json.loads(text), report_schema())
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
        valid(told, report_schema())


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
