"""The command line, against the S3 emulator: verdicts, exit codes, outputs, and what never comes out."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.conftest import ROOT
from tests.support.command import request, save
from tests.support.wire import refused_port
from validator.demo.emulators.s3 import S3Emulator, UserKey

# ---- verdicts and exit codes -----------------------------------------------------------------------------------------


def test_a_good_destination_exits_0_and_leaves_nothing(run: Any, s3: S3Emulator, good: UserKey) -> None:
    ran = run("check", save("d.json", request(good)), "--endpoint", f"amazon_s3={s3.url}")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("PASS  my imagery    amazon_s3    s3://imagery-in/planetverify.txt\n")
    assert "What was written was removed again" in ran.out
    assert s3.objects("imagery-in") == {}


def test_without_delete_it_exits_1_and_nothing_was_written(run: Any, s3: S3Emulator, no_delete: UserKey) -> None:
    before = len(s3.writes())
    ran = run("check", save("d.json", request(no_delete)), "--endpoint", f"amazon_s3={s3.url}")
    assert ran.code == 1
    assert "  error delete-denied: " in ran.out
    assert "Nothing was written, nothing was left behind." in ran.out
    assert len(s3.writes()) == before


def test_an_unreachable_store_exits_3(run: Any, good: UserKey) -> None:
    ran = run("check", save("d.json", request(good)), "--endpoint", f"amazon_s3=http://127.0.0.1:{refused_port()}")
    assert ran.code == 3
    assert ran.out.startswith("UNSURE  my imagery")
    assert "connection-refused" in ran.out


def test_a_fail_wins_over_what_could_not_be_decided(run: Any, s3: S3Emulator, good: UserKey, no_delete: UserKey) -> None:
    slow = {**request(good), "type": "s3_compatible", "name": "slow"}
    slow["parameters"] = {
        "bucket": "imagery-in", "endpoint": f"http://127.0.0.1:{refused_port()}", "region": "eu-central-1",
        "access_key_id": good.access_key_id, "secret_access_key": good.secret_access_key,
    }  # fmt: skip
    ran = run("check", save("d.json", slow, request(no_delete)), "--endpoint", f"amazon_s3={s3.url}", "-q")
    *each, count = ran.out.splitlines()
    assert [line.split()[0] for line in each] == ["UNSURE", "FAIL"]
    assert count == "2 destinations: 1 fails, 1 could not be decided."
    assert ran.code == 1


def test_strict_makes_a_warning_fail_and_ignore_takes_it_away(run: Any, s3: S3Emulator) -> None:
    key = s3.user("planet-no-read", actions=("s3:PutObject", "s3:DeleteObject"))
    source = save("d.json", request(key))
    endpoint = ("--endpoint", f"amazon_s3={s3.url}", "--proceed")
    plain = run("check", source, *endpoint)
    assert plain.code == 0, plain.out
    assert plain.out.startswith("WARN")
    assert run("check", source, *endpoint, "--strict").code == 1
    assert run("check", source, *endpoint, "--strict", "--ignore", "read-denied").code == 0


def test_lint_asks_nobody(run: Any, s3: S3Emulator, good: UserKey) -> None:
    before = len(s3.requests)
    ran = run("lint", save("d.json", request(good, aws_region="us-wset-2x")), "--endpoint", f"amazon_s3={s3.url}")
    assert ran.code == 1
    assert "region-malformed" in ran.out
    assert "No bucket was asked" in ran.out
    assert len(s3.requests) == before


@pytest.mark.parametrize(
    "arguments",
    [
        ("check", "none.json"),
        ("check",),
        ("check", "--nonsense", "d.json"),
        ("nonsense",),
        ("lint", "empty"),
        ("lint", "broken.json"),
        ("lint", "d.json", "--format", "xml"),
        ("lint", "d.json", "--ignore", "nothing-of-the-sort"),
        ("lint", "d.json", "--output", "nowhere/report.json"),
        ("lint", "d.json", "--output", "xml:report.xml"),
        ("lint", "d.json", "--output", "json:"),
        ("lint", "d.json", "--output", "json:a", "--output", "junit:./a"),
        ("lint", "d.json", "-q", "-v"),
        ("check", "d.json", "--timeout", "0"),
        ("check", "d.json", "--fix", "--against", "d.json"),
        ("explain", "delete-deneid"),
        ("explain", "--format", "xml"),
        ("schema", "--of", "nothing"),
    ],
)
def test_wrong_usage_exits_2_with_a_clear_line(run: Any, good: UserKey, arguments: tuple[str, ...]) -> None:
    save("d.json", request(good))
    Path("empty").mkdir()
    Path("broken.json").write_text("{")
    ran = run(*arguments)
    assert ran.code == 2
    assert ran.out == ""
    assert ran.err.strip()
    assert "Traceback" not in ran.err
    assert good.secret_access_key not in ran.err


def test_an_unwritable_output_is_found_before_anything_is_asked(run: Any, s3: S3Emulator, good: UserKey) -> None:
    before = len(s3.requests)
    source = save("d.json", request(good))
    ran = run("check", source, "--endpoint", f"amazon_s3={s3.url}", "-o", "json:made.json", "-o", "junit:nowhere/x.xml")
    assert ran.code == 2
    assert "nowhere/x.xml cannot be written: No such file or directory" in ran.err
    assert len(s3.requests) == before
    assert not Path("made.json").exists()


# ---- outputs ---------------------------------------------------------------------------------------------------------


def test_several_reports_at_once(run: Any, s3: S3Emulator, good: UserKey) -> None:
    source = save("d.json", request(good))
    outputs = ("-o", "json:r.json", "-o", "junit:r.xml", "-o", "sarif:r.sarif", "-o", "markdown:r.md")
    ran = run("check", source, "--endpoint", f"amazon_s3={s3.url}", *outputs)
    assert ran.out.startswith("PASS")
    report = json.loads(Path("r.json").read_text())
    jsonschema.Draft202012Validator(json.loads((ROOT / "validator/report.schema.json").read_text())).validate(report)
    assert report["destinations"][0]["endpoint_override"] == s3.url
    assert Path("r.xml").read_text().startswith("<?xml")
    assert json.loads(Path("r.sarif").read_text())["version"] == "2.1.0"
    assert Path("r.md").read_text().startswith("## planet-validator: PASS")


def test_an_output_without_a_format_takes_the_place_of_standard_output(run: Any, good: UserKey) -> None:
    ran = run("lint", save("d.json", request(good)), "-f", "json", "-o", "r.json")
    assert ran.out == ""
    assert json.loads(Path("r.json").read_text())["verdict"] == "pass"


def test_standard_output_holds_json_alone_even_on_failure(run: Any, s3: S3Emulator, no_delete: UserKey) -> None:
    ran = run("check", save("d.json", request(no_delete)), "--endpoint", f"amazon_s3={s3.url}", "-f", "json", "-v")
    assert json.loads(ran.out)["verdict"] == "fail"


def test_text_of_many_destinations_comes_in_the_order_given_failures_last(
    run: Any, s3: S3Emulator, good: UserKey, no_delete: UserKey
) -> None:
    requests = [{**request(good if index % 2 else no_delete), "name": f"number {index}"} for index in range(6)]
    ran = run("check", save("d.json", *requests), "--endpoint", f"amazon_s3={s3.url}")
    heads = [line for line in ran.out.splitlines() if line.startswith(("PASS", "FAIL"))]
    assert [line.split("    ")[0] for line in heads] == [
        *(f"PASS  number {index}" for index in (1, 3, 5)),
        "FAIL  number 0",  # in full; the others have the same wrong with them
        *(f"FAIL  number {index}" for index in (0, 2, 4)),
    ]
    assert "\n6 destinations: 3 fail, 3 pass. " in ran.out


def test_the_same_answers_give_the_same_report(run: Any, s3: S3Emulator, good: UserKey, no_delete: UserKey) -> None:
    import re

    source = save("d.json", *[{**request(key), "name": str(index)} for index, key in enumerate((good, no_delete, good))])
    texts = [
        re.sub(r'"(duration_ms|started_at|request_id)": [^\n]+', "", run("check", source, "-f", "json", "--endpoint", f"amazon_s3={s3.url}").out)
        for _ in range(2)
    ]  # fmt: skip
    assert texts[0] == texts[1]


# ---- settings --------------------------------------------------------------------------------------------------------


def test_a_setting_from_a_file_is_used_and_v_says_so(run: Any, good: UserKey) -> None:
    Path("planet-validator.toml").write_text('format = "json"\n')
    ran = run("lint", save("d.json", request(good)), "-v")
    assert json.loads(ran.out)["verdict"] == "pass"
    assert "planet-validator.toml" in ran.err
    assert "setting: format = json (from " in ran.err


def test_a_misspelt_setting_exits_2_with_its_line(run: Any, good: UserKey) -> None:
    Path("pyproject.toml").write_text("[tool.planet-validator]\nstrikt = true\n")
    ran = run("lint", save("d.json", request(good)))
    assert ran.code == 2
    assert "pyproject.toml:2: there is no setting strikt, is strict meant?" in ran.err


def test_only_allowed_references_are_resolved(run: Any, good: UserKey, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMAGERY_SECRET", good.secret_access_key)
    monkeypatch.setenv("OTHER_SECRET", "another-made-up-EXAMPLE")
    source = save("d.json", request(good, aws_secret_access_key="${IMAGERY_SECRET}", bucket="${OTHER_SECRET}"))
    ran = run("lint", source, "--allow-env", "IMAGERY_SECRET")
    assert ran.code == 1
    assert "unresolved-reference" in ran.out
    assert "another-made-up-EXAMPLE" not in ran.out + ran.err


# ---- fix -------------------------------------------------------------------------------------------------------------


def test_fix_changes_the_file_and_looks_again(run: Any, s3: S3Emulator, good: UserKey) -> None:
    source = save("d.json", request(good, bucket="imagery-in "))
    dry = run("check", source, "--endpoint", f"amazon_s3={s3.url}", "--fix", "--dry-run")
    assert '-    "bucket": "imagery-in ",\n+    "bucket": "imagery-in",' in dry.out
    assert "PASS" not in dry.out
    assert "FAIL" not in dry.out
    assert "imagery-in " in Path(source).read_text()
    wet = run("check", source, "--endpoint", f"amazon_s3={s3.url}", "--fix")
    assert wet.code == 0
    assert wet.out.startswith("PASS")
    assert "changed: d.json" in wet.err
    assert good.secret_access_key not in dry.out + dry.err + wet.out + wet.err


@pytest.mark.parametrize(("action", "code"), [("s3:PutObject", 1), ("", 0)])
def test_fix_writes_a_region_only_when_a_check_with_it_passes(run: Any, s3: S3Emulator, action: str, code: int) -> None:
    """With moto: the key is let in there, and may not do all that Planet does."""
    needs = ("s3:PutObject", "s3:GetObject", "s3:DeleteObject")
    key = s3.user(f"planet-elsewhere-{code}", actions=tuple(each for each in needs if each != action))
    source = save("d.json", request(key, aws_region="us-west-2"))
    before = Path(source).read_text()
    ran = run("check", source, "--endpoint", f"amazon_s3={s3.url}", "--fix")
    assert ran.code == code
    assert (Path(source).read_text() == before) is bool(action)
    told = "left as it is: wrong-region" if action else "checked with this change, it passes: wrong-region"
    assert told in ran.err
    assert s3.objects("imagery-in") == {}


# ---- what never comes out --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("verbosity", ["-q", "-v", "-vv"])
def test_no_secret_comes_out_however_much_is_said(run: Any, s3: S3Emulator, good: UserKey, verbosity: str) -> None:
    other = "y" if good.secret_access_key.endswith("x") else "x"
    wrong = request(good, aws_secret_access_key=good.secret_access_key[:-1] + other)
    ran = run("check", save("d.json", wrong), "--endpoint", f"amazon_s3={s3.url}", verbosity)
    assert ran.code == 1
    for start in range(len(good.secret_access_key) - 10):
        assert good.secret_access_key[start : start + 10] not in ran.out + ran.err


def test_an_unexpected_error_is_one_redacted_line(run: Any, good: UserKey, monkeypatch: pytest.MonkeyPatch) -> None:
    from validator.cli import execution

    def broken(*arguments: object) -> None:
        raise RuntimeError(f"could not parse {good.secret_access_key}")

    monkeypatch.setattr(execution, "deliver", lambda *a, **k: broken())
    source = save("d.json", request(good))
    short, long = run("lint", source), run("lint", source, "-vv")
    assert (short.code, long.code) == (3, 3)
    assert "something unexpected happened" in short.err
    assert "Traceback" not in short.err
    assert "in broken" in long.err, "its places"
    assert "could not parse" not in short.err + long.err, "not its text, which may quote anything"
    assert good.secret_access_key not in short.err + long.err


def test_logs_are_put_back_as_they_were(run: Any, good: UserKey) -> None:
    before = logging.getLogger().handlers[:]
    run("lint", save("d.json", request(good)), "-vv")
    assert logging.getLogger().handlers == before


# ---- retries ---------------------------------------------------------------------------------------------------------


def test_retries_try_again_what_may_pass(run: Any, good: UserKey, monkeypatch: pytest.MonkeyPatch) -> None:
    from validator.checking import assemble, retry

    monkeypatch.setattr(retry, "FIRST_PAUSE", 0.01)
    with S3Emulator() as s3:
        bucket, key = s3.bucket("imagery-again"), s3.user("planet")
        port = refused_port()
        first: list[int] = []

        def late(*arguments: Any, **keywords: Any) -> Any:
            # The first try meets a port on which nobody listens, the second one the store.
            settings = arguments[1]
            if not first:
                first.append(1)
                from dataclasses import replace

                arguments = (arguments[0], replace(settings, endpoints={"amazon_s3": f"http://127.0.0.1:{port}"}))
            return checking(*arguments, **keywords)

        checking = assemble.check
        monkeypatch.setattr(assemble, "check", late)
        ran = run("check", save("d.json", request(key, bucket=bucket)), "--endpoint", f"amazon_s3={s3.url}", "--retries", "2")
    assert ran.code == 0
    assert "Trying 1 again (1 of 2)" in ran.err
    assert "2 of 2" not in ran.err


def test_a_fail_is_not_tried_again(run: Any, s3: S3Emulator, no_delete: UserKey) -> None:
    ran = run("check", save("d.json", request(no_delete)), "--endpoint", f"amazon_s3={s3.url}", "--retries", "5")
    assert ran.code == 1
    assert "Trying" not in ran.err


@pytest.mark.parametrize("option", ["--secret", "--aws-secret-access-key", "--sas-token=EXAMPLE", "--password"])
def test_who_gives_a_secret_as_an_option_is_told_where_it_belongs(run: Any, option: str) -> None:
    ran = run("check", "d.json", option, "EXAMPLE-of-a-secret")
    assert ran.code == 2
    assert f"{option.partition('=')[0]}: secrets are no options" in ran.err
    assert "EXAMPLE" not in ran.out + ran.err
    assert "set PLANET_VALIDATOR_TOKEN" in run("serve", "--token", "EXAMPLE-of-a-secret").err


def test_who_names_no_source_is_told_what_one_is(run: Any) -> None:
    ran = run("check")
    assert (ran.code, ran.out) == (2, "")
    assert (
        "which SOURCE? A file with a destination, such as dest.json: planet-validator init s3 dest.json writes one" in ran.err
    )
