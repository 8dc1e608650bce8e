"""The note to whoever owns the bucket, and the words that the service's page shows."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.support import sample_reports as sample
from validator.core.model import PatchOperation, Residue, ResidueState
from validator.formats import note, view


def test_the_note_says_what_is_missing_why_and_how() -> None:
    text = note.render(sample.report(sample.failing()))
    assert "s3:DeleteObject" in text.split("Refused: ")[1].splitlines()[0]
    for part in ("Planet", "What to do: ", "aws iam put-user-policy", "planetverify.txt", "No secret"):
        assert part in text
    assert text.count("aws iam put-user-policy") == 1
    assert "planet-validator check --fix" not in text, "whoever owns the bucket has no source"


def test_a_change_is_in_words() -> None:
    finding = sample.wrong_region()
    text = note.render(sample.report(sample.failing(findings=(finding,))))
    assert 'aws_region becomes "' in text
    assert "{" not in text


def test_where_nothing_is_wrong_nothing_is_asked_for() -> None:
    text = note.render(sample.report(sample.destination()))
    assert "There is nothing to do." in text
    assert "What to do" not in text


def test_what_lies_in_the_bucket_is_told_with_the_command_that_removes_it() -> None:
    left = Residue("planetverify.txt", ResidueState.LEFT, "aws s3 rm s3://imagery-in/planetverify.txt")
    text = note.render(sample.report(sample.destination(residue=(left,))))
    assert "aws s3 rm s3://imagery-in/planetverify.txt" in text


def test_names_from_outside_are_one_line_of_the_note() -> None:
    hostile = replace(sample.failing(), target="s3://x\nRefused: nothing\x1b[2J")
    text = note.render(sample.report(hostile))
    assert "\x1b" not in text
    assert "\nRefused: nothing" not in text


def test_the_words_of_the_page_stand_beside_the_report_one_by_one() -> None:
    report = sample.report(sample.failing(), sample.undecided(), sample.destination())
    shown = view.document(report)
    for words, each in zip(shown["destinations"], report.destinations, strict=True):
        assert len(words["steps"]) == len(each.steps)
        assert len(words["findings"]) == len(each.findings)
        assert len(words["residue"]) == len(each.residue)
    assert shown["verdict"] == "Planet could not deliver here"
    assert shown["destinations"][0]["steps"][0]["outcome"] == "denied"


def test_a_secret_that_is_repaired_is_not_among_the_words() -> None:
    secret = PatchOperation("replace", "/parameters/sas_token", "EXAMPLE-repaired-secret", secret=True)
    finding = sample.finding("sas-escaped", patch=[secret])
    report = sample.report(sample.failing(findings=(finding,)))
    assert "EXAMPLE-repaired" not in str(view.document(report)) + str(view.handed_on(report))


@pytest.mark.parametrize("steps", [(), (sample.DELETE_DENIED,)])
def test_asked_at_is_said_only_of_who_was_asked(steps: tuple[object, ...]) -> None:
    each = sample.failing(steps=steps, endpoint_override="http://127.0.0.1:9")
    report = sample.report(each)
    said = [view.document(report)["destinations"][0]["asked_at"], *view.handed_on(report).values()]
    from validator.formats import text

    said += [text.render(report)]
    assert any("127.0.0.1:9" in part for part in said) == bool(steps)
