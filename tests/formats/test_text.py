"""The report for people on a terminal: what it says, in which order, how wide, and of many destinations."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from tests.support import sample_reports as sample
from tests.support.sample_reports import NASTY_REPORT
from validator.core.model import Fix, Mode, Operation, Outcome, Step
from validator.core.sentences import LIMITS
from validator.formats import render

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


def test_findings_of_one_name_keep_each_its_own_commands() -> None:
    left = [
        replace(
            sample.denied(), detail=f"{key} may have been left.", fix=Fix("Look, and remove it.", (f"aws s3 rm s3://b/{key}",))
        )
        for key in ("planetverify.txt", "a/planetverify.txt")
    ]
    text = render("text", sample.report(sample.failing(findings=tuple(left))))
    assert text.count("Look, and remove it.") == 1
    assert "\n      aws s3 rm s3://b/planetverify.txt\n      aws s3 rm s3://b/a/planetverify.txt\n" in text


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
