"""What is one to a reader is told once: equal findings of a destination, and destinations with the same wrong with them."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from tests.support import sample_reports as sample
from validator.core.model import Fix, Residue, ResidueState
from validator.formats import markdown, render


def without_delete(place: str, user: str = "planet") -> Any:
    """A destination of a file of its own whose user may not delete."""
    arn = f"arn:aws:s3:::imagery-{place}/planetverify.txt"
    fix = Fix(
        "Allow s3:DeleteObject for this user.",
        (
            f"planet-validator policy {place}.json > grant.json",
            f"aws iam put-user-policy --user-name {user} --policy-name planet-imagery-{place}",
        ),
    )
    evidence = {"principal": f"arn:aws:iam::111122223333:user/{user}"}
    detail = f"{evidence['principal']} has no identity policy that allows s3:DeleteObject on {arn}."
    found = sample.denied(detail=detail, fix=fix, evidence=evidence)
    made = sample.failing(name=f"from {place}", findings=(found,))
    return replace(made, source=f"{place}.json", target=f"s3://imagery-{place}/planetverify.txt")


def placeholders(*names: str) -> Any:
    """A destination with a placeholder in each of these parameters, each on a line of its own."""
    found = [
        sample.finding(
            "placeholder-value",
            detail=f"{name} holds one.",
            pointer=f"/parameters/{name}",
            line=line,
            fix=Fix("Replace it.", ("fill in",)),
        )
        for line, name in enumerate(names, 1)
    ]
    return sample.failing(findings=found)


PLACES = ("north", "south", "east", "west")


@pytest.mark.parametrize("format_", ["text", "markdown", "html"])
def test_destinations_that_differ_by_name_and_place_are_told_once_with_their_own_commands(format_: str) -> None:
    text = render(format_, sample.report(*(without_delete(each, f"planet-{each}") for each in PLACES)))
    if format_ != "html":  # where the others are folded
        assert text.count("these credentials cannot delete") == 1
        assert text.count("Allow s3:DeleteObject for this user.") == 1
    for each in PLACES:
        assert text.count(f"planet-validator policy {each}.json") == 1
        assert text.count(f"--policy-name planet-imagery-{each}") == 1
        assert f"from {each}" in text


@pytest.mark.parametrize("format_", ["text", "markdown"])
def test_what_differs_by_more_is_told_apart(format_: str) -> None:
    made = [
        sample.failing(findings=(sample.denied(detail=f"A {each} policy denies it."),))
        for each in ("bucket", "session", "key", "user")
    ]
    assert render(format_, sample.report(*made)).count("these credentials cannot delete") == 4


@pytest.mark.parametrize("format_", ["text", "markdown"])
def test_another_kind_of_policy_or_another_action_is_not_the_same(format_: str) -> None:
    def denied(place: str, action: str, layer: str) -> Any:
        found = sample.denied(detail=f"A {layer} denies {action}.", evidence={"action": action, "layer": layer})
        return replace(without_delete(place), findings=(found,))

    kinds = [
        ("s3:DeleteObject", "bucket policy"),
        ("s3:DeleteObject", "permissions boundary"),
        ("kms:Decrypt", "bucket policy"),
    ]
    text = render(
        format_, sample.report(*(denied(f"{place}{index}", *each) for place in PLACES for index, each in enumerate(kinds)))
    )
    for action, layer in kinds:
        assert text.count(f"A {layer} denies {action}.") == 1


def test_a_policy_that_no_command_makes_is_each_destinations_own() -> None:
    made = [without_delete(each) for each in PLACES]
    made = [
        replace(each, findings=(replace(each.findings[0], fix=Fix("Allow it.", (), f'{{"{each.target}": 1}}')),))
        for each in made
    ]
    for format_ in ("text", "markdown"):
        text = render(format_, sample.report(*made))
        assert [text.count(f'{{"{each.target}": 1}}') for each in made] == [1] * 4, text


def test_the_same_command_is_printed_once_for_two_destinations_as_well() -> None:
    twice = replace(without_delete("north"), name="again")
    text = render("text", sample.report(without_delete("north"), twice))
    assert text.count("put-user-policy") == 1
    assert "      (as above)\n" in text


def test_equal_findings_of_a_destination_are_one_in_markdown() -> None:
    text = render("markdown", sample.report(placeholders("bucket", "aws_region", "name")))
    assert text.count("**error placeholder-value**") == 1
    assert text.count("\n- In dest.json, line ") == 3
    assert (text.count("Fix: Replace it."), text.count("fill in")) == (1, 1)


def test_github_keeps_its_annotations_on_their_lines_while_it_shows_them_all() -> None:
    def told(*destinations: Any) -> list[str]:
        return [line for line in render("github", sample.report(*destinations)).splitlines() if line.startswith("::error")]

    few = told(placeholders(*"abc"), *(without_delete(each) for each in PLACES))
    assert [re.findall(r"line=(\d+)", line) for line in few] == [["1"], ["2"], ["3"], [], [], [], []]
    many = told(placeholders(*"abcdefgh"), *(without_delete(each) for each in PLACES))
    assert len(many) == 5
    assert "h holds one." in many[0]
    folder = told(*(without_delete(f"place-{chr(97 + index)}") for index in range(20)))
    assert len(folder) == 1
    assert "title=error delete-denied%3A these credentials cannot delete (from place-a and 19 more)::" in folder[0]
    assert folder[0].count("Allow s3:DeleteObject for this user.") == 1
    assert folder[0].count("planet-validator policy place-t.json") == 1


def test_github_says_a_cause_once_that_shows_in_two_ways() -> None:
    fix = Fix("Make a new token.", ("az storage container generate-sas",))
    both = [sample.finding(name, detail=f"{name}.", fix=fix) for name in ("sas-permission-missing", "delete-denied")]
    told = render("github", sample.report(sample.failing(findings=both)))
    assert (told.count("::error"), told.count("az storage")) == (1, 1)
    assert "Seen as delete-denied, with the same fix: delete-denied." in told


def maybe(number: int) -> Any:
    """A time-out that may have left a marker under a name of its own."""
    key = f"planetverify-{number:08x}.txt"
    note = "the answer to a delete of this name, which nobody else has, was lost: it may be there, or may yet come"
    left = Residue(key, ResidueState.MARKER, f"aws s3api list-object-versions --prefix {key}", None, note)
    return replace(sample.undecided(name=f"slow {number}", findings=(sample.finding("timed-out"),)), residue=(left,))


@pytest.mark.parametrize("format_", ["text", "markdown"])
def test_time_outs_that_may_have_left_something_are_told_once_each_with_its_own_command(format_: str) -> None:
    text = render(format_, sample.report(*map(maybe, range(60))))
    assert text.count("no answer came in time") == 1
    assert text.count("was lost: it may be there") == 1
    assert text.count("a delete marker may be there") == 60
    assert "stays" not in text
    for number in range(60):
        assert text.count(f"--prefix planetverify-{number:08x}.txt") == 1
    assert "60 objects, versions or markers may still be in a bucket" in " ".join(text.split())


def unset(*names: str, end: str = "in the environment.") -> Any:
    return sample.failing(
        findings=[sample.finding("unresolved-reference", detail=f"{each}.", fix=Fix(f"Set {each} {end}")) for each in names]
    )


def test_one_fix_for_several_names_is_one_sentence() -> None:
    assert "Fix: Set A, B and C in the environment." in render("text", sample.report(unset("A", "B", "C")))
    assert (
        render(
            "text", sample.report(sample.failing(findings=[*unset("A").findings, *unset("B", end="there.").findings]))
        ).count("Fix:")
        == 2
    )
    assert "A. and B." not in render("text", sample.report(unset("A.", "B.", end="")))


def test_what_was_not_judged_is_said_once_of_one_destination() -> None:
    made = replace(unset("A"), not_judged={"aws_region": "the environment"})
    text = render("text", sample.report(made))
    assert text.count("was not judged") == 1
    assert "was not judged" in render("markdown", sample.report(made))


@pytest.mark.parametrize("format_", ["text", "markdown"])
def test_what_no_command_removes_is_told_of_each(format_: str) -> None:
    def locked(number: int) -> Any:
        left = Residue("planetverify.txt", ResidueState.LOCKED, "", f"version-{number:04x}")
        return replace(sample.failing(name=f"locked {number}"), residue=(left,))

    text = render(format_, sample.report(*map(locked, range(12))))
    for number in range(12):
        assert text.count(f"version version-{number:04x}: locked") == 1


def test_a_group_that_is_too_long_for_markdown_is_told_as_far_as_there_is_room() -> None:
    report = sample.report(*(without_delete(f"area{number}") for number in range(1000)))
    text = markdown.render(report, limit=100_000)
    assert "### FAIL: from area0 and 999 more" in text
    assert "planet-validator policy area1.json" in text
    told = text.count("- from area")
    assert f"{999 - told} sections left out" in text
    assert len(text.encode()) <= 100_000
