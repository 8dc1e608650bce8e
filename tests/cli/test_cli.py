"""The command line, against the S3 emulator: verdicts, exit codes, outputs, and what never comes out."""

from __future__ import annotations

import io
import json
import logging
import os
import shlex
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.support.wire import TIMEOUT, Answer, Request, Wire, refused_port
from validator.cli import app as cli
from validator.cli import console
from validator.core import catalog
from validator.demo.emulators.s3 import S3Emulator, UserKey

ROOT = Path(__file__).parents[2]


@dataclass
class Ran:
    code: int
    out: str
    err: str


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)

    def running(*arguments: str) -> Ran:
        code = cli.run([str(each) for each in arguments])
        told = capsys.readouterr()
        return Ran(code, told.out, told.err)

    yield running
    console.forget()


@pytest.fixture(scope="module")
def s3() -> Iterator[S3Emulator]:
    with S3Emulator() as emulator:
        emulator.bucket("imagery-in")
        yield emulator


@pytest.fixture(scope="module")
def good(s3: S3Emulator) -> UserKey:
    return s3.user("planet-good")


@pytest.fixture(scope="module")
def no_delete(s3: S3Emulator) -> UserKey:
    return s3.user("planet-no-delete", actions=("s3:PutObject", "s3:GetObject"))


def request(key: UserKey, **changes: str) -> dict[str, Any]:
    parameters = {
        "bucket": "imagery-in",
        "aws_region": "eu-central-1",
        "aws_access_key_id": key.access_key_id,
        "aws_secret_access_key": key.secret_access_key,
        **changes,
    }
    return {"name": "my imagery", "type": "amazon_s3", "parameters": parameters}


def save(path: str, *requests: dict[str, Any]) -> str:
    Path(path).write_text(json.dumps(requests[0] if len(requests) == 1 else list(requests), indent=2))
    return path


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
        *(f"FAIL  number {index}" for index in (0, 2, 4)),  # in full
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
    from validator.cli import context

    def broken(*arguments: object) -> None:
        raise RuntimeError(f"could not parse {good.secret_access_key}")

    monkeypatch.setattr(context, "deliver", lambda *a, **k: broken())
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
    from validator.checking import retry

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

        checking = retry.check
        monkeypatch.setattr(retry, "check", late)
        ran = run("check", save("d.json", request(key, bucket=bucket)), "--endpoint", f"amazon_s3={s3.url}", "--retries", "2")
    assert ran.code == 0
    assert "Trying 1 again (1 of 2)" in ran.err
    assert "2 of 2" not in ran.err


def test_a_fail_is_not_tried_again(run: Any, s3: S3Emulator, no_delete: UserKey) -> None:
    ran = run("check", save("d.json", request(no_delete)), "--endpoint", f"amazon_s3={s3.url}", "--retries", "5")
    assert ran.code == 1
    assert "Trying" not in ran.err


# ---- the rotation gate -----------------------------------------------------------------------------------------------


def against(run: Any, s3: S3Emulator, old: UserKey, new: UserKey, *more: str, **changes: str) -> Ran:
    save("old.json", request(old))
    save("new.json", request(new, **changes))
    ran: Ran = run("check", "--against", "old.json", "new.json", "--endpoint", f"amazon_s3={s3.url}", *more)
    return ran


def test_a_rotation_that_loses_delete_fails(run: Any, s3: S3Emulator, good: UserKey, no_delete: UserKey) -> None:
    ran = against(run, s3, good, no_delete)
    assert ran.code == 1
    assert "Rotation of my imagery: lost delete-denied" in ran.out


def test_a_rotation_that_gains_says_so(run: Any, s3: S3Emulator, good: UserKey, no_delete: UserKey) -> None:
    ran = against(run, s3, no_delete, good)
    assert ran.code == 0
    assert "Rotation of my imagery: nothing was lost" in ran.out
    assert "gained: delete-denied is gone; read is granted now; delete is granted now" in " ".join(ran.out.split())


def test_a_warning_that_was_always_there_does_not_block(run: Any, s3: S3Emulator) -> None:
    old, new = (s3.user(f"no-read-{each}", actions=("s3:PutObject", "s3:DeleteObject")) for each in ("old", "new"))
    ran = against(run, s3, old, new, "--strict", "--proceed")
    assert ran.code == 0, ran.out
    assert "As with the old credential" in ran.out


def test_a_rotation_of_another_bucket_or_type_says_so(run: Any, s3: S3Emulator, good: UserKey) -> None:
    ran = against(run, s3, good, good, bucket="another-bucket")
    assert ran.code == 2
    assert "new.json is compared with old.json, and their bucket differs" in ran.err
    save("other.json", {**request(good), "type": "s3_compatible"})
    other = run("check", "--against", "old.json", "other.json")
    assert other.code == 2
    assert "their types differ" in other.err


def test_an_undecided_rotation_exits_3(run: Any, good: UserKey) -> None:
    save("old.json", request(good))
    save("new.json", request(good))
    nobody = f"amazon_s3=http://127.0.0.1:{refused_port()}"
    assert run("check", "--against", "old.json", "new.json", "--endpoint", nobody).code == 3


# ---- a pull request on GitHub ----------------------------------------------------------------------------------------


def test_a_pull_request_that_swaps_a_key_is_stopped_on_its_line(
    run: Any, s3: S3Emulator, no_delete: UserKey, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    summary = tmp_path / "summary.md"
    summary.write_text("before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    monkeypatch.setenv("IMAGERY_SECRET", no_delete.secret_access_key)
    source = save("d.json", request(no_delete, aws_secret_access_key="${IMAGERY_SECRET}", bucket="imagery-in "))
    endpoint = f"amazon_s3={s3.url}"
    ran = run("check", source, "-f", "github", "--endpoint", endpoint, "--allow-env", "IMAGERY_SECRET")
    assert ran.code == 1
    line = next(number for number, text in enumerate(Path(source).read_text().splitlines(), 1) if "bucket" in text)
    assert f"::error file=d.json,line={line},title=error stray-whitespace" in ran.out
    assert summary.read_text().startswith("before\n## planet-validator: FAIL")
    assert no_delete.secret_access_key not in ran.out + summary.read_text()


# ---- as a process ----------------------------------------------------------------------------------------------------


def process(*arguments: str, **keywords: Any) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        [sys.executable, "-m", "validator", *arguments],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, **keywords,
    )  # fmt: skip


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_between_write_and_delete_leaves_the_bucket_empty(tmp_path: Path, number: signal.Signals) -> None:
    with S3Emulator() as s3:
        bucket = s3.bucket(f"imagery-{number.name.lower()}")
        key = s3.user("planet")
        written, signalled = threading.Event(), threading.Event()

        def after(exchange: Any) -> None:
            if exchange.method == "PUT" and exchange.status < 300 and not written.is_set():
                written.set()
                signalled.wait(20)

        s3.before_answer = after
        source = tmp_path / "d.json"
        source.write_text(json.dumps(request(key, bucket=bucket)))
        running = process("check", str(source), "--endpoint", f"amazon_s3={s3.url}", "-f", "json", cwd=tmp_path)
        assert written.wait(20)
        running.send_signal(number)
        assert running.stderr is not None
        line = running.stderr.readline() + running.stderr.readline()
        signalled.set()
        out, err = running.communicate(timeout=40)
        assert "Stopping" in line
        assert running.returncode == 130, err
        assert s3.objects(bucket) == {}
        report = json.loads(out)
        assert report["interrupted"] is True
        assert report["verdict"] != "pass"


def test_a_store_that_never_answers_exits_3_within_the_timeout(tmp_path: Path) -> None:
    def never(request: Request) -> Answer:
        return TIMEOUT

    with Wire(never) as wire:
        source = tmp_path / "d.json"
        source.write_text(
            json.dumps(request(UserKey("AKIAEXAMPLEEXAMPLE23", "EXAMPLE/EXAMPLE/EXAMPLE/EXAMPLE/EXAMPLE0", "arn")))
        )
        running = process("check", str(source), "--endpoint", f"amazon_s3={wire.url}", "--timeout", "1.5", cwd=tmp_path)
        out, err = running.communicate(timeout=15)
        assert running.returncode == 3, out + err
        assert "timed-out" in out


def test_a_reader_that_goes_away_is_no_error(tmp_path: Path) -> None:
    running = process("explain", cwd=tmp_path)
    assert running.stdout is not None
    running.stdout.close()
    assert running.stderr is not None
    assert running.wait(20) == 0
    assert running.stderr.read() == ""
    running.stderr.close()


def test_a_terminal_that_knows_only_ascii_gets_ascii(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "ascii"}
    (tmp_path / "d.json").write_text(json.dumps({"name": "Zürich", "type": "amazon_s3", "parameters": {}}))
    told = subprocess.run(
        [sys.executable, "-m", "validator", "lint", "d.json"], capture_output=True, env=environment, cwd=tmp_path, check=False
    )
    assert told.returncode == 1
    assert b"Z\\xfcrich" in told.stdout


@pytest.mark.parametrize(
    "arguments", [["--help"], ["--version"], ["explain", "delete-denied"], ["check", "--help"], ["lint", "d.json"]]
)
def test_start_up_loads_no_sdk(arguments: list[str], tmp_path: Path) -> None:
    (tmp_path / "d.json").write_text(json.dumps(request(UserKey("AKIAEXAMPLEEXAMPLE23", "x" * 40, "arn"))))
    program = (
        "import sys; sys.argv = ['planet-validator', *sys.argv[1:]]\n"
        "from validator.__main__ import main\n"
        "main(); print(*sorted({name.partition('.')[0] for name in sys.modules}), file=sys.stderr)"
    )
    told = subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True, cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)}, check=True,
    )  # fmt: skip
    loaded = set(told.stderr.splitlines()[-1].split())
    heavy = {
        "botocore",
        "boto3",
        "google",
        "azure",
        "planet",
        "oci",
        "requests",
        "urllib3",
        "httpx",
        "rich",
        "pydantic",
        "jsonschema",
        "starlette",
    }
    assert not loaded & heavy


# ---- explain and schema ----------------------------------------------------------------------------------------------


def test_explain_prints_the_page(run: Any) -> None:
    assert run("explain", "delete-denied").out == catalog.entry("delete-denied").page


def test_explain_is_lightly_formatted_on_a_terminal(run: Any) -> None:
    told = run("explain", "delete-denied", "--color", "always").out
    assert "\x1b[1m" in told
    assert "```" not in told


def test_explain_without_a_name_lists_every_finding(run: Any) -> None:
    told = run("explain").out
    for name in catalog.FINDINGS:
        assert f"  {name} " in told


def test_explain_suggests_the_closest(run: Any) -> None:
    assert "is delete-denied" in run("explain", "delete_deneid").err


def test_explain_speaks_json(run: Any) -> None:
    told = json.loads(run("explain", "delete-denied", "-f", "json").out)
    assert (told["name"], told["severity"]) == ("delete-denied", "error")
    assert told["page"].startswith("# delete-denied")
    assert len(json.loads(run("explain", "-f", "json").out)) == len(catalog.FINDINGS)


def test_schemas_are_schemas(run: Any) -> None:
    for of in ("source", "report"):
        jsonschema.Draft202012Validator.check_schema(json.loads(run("schema", "--of", of).out))


def test_version(run: Any) -> None:
    from validator import __version__

    assert run("--version").out == f"planet-validator {__version__}\n"


# ---- progress --------------------------------------------------------------------------------------------------------


def test_progress_draws_a_line_on_a_terminal_and_takes_it_away() -> None:
    from tests.support.sample_reports import GRANTED, failing
    from tests.support.wire import wait_until
    from validator.checking import progress as _progress

    stream = io.StringIO()
    progress = _progress.Progress(4, stream, terminal=True, beat=0.01)
    progress.seen(1, failing())
    progress.seen(2, GRANTED[0])
    with progress:
        wait_until(lambda: "1 of 4 destinations checked, 1 fails; " in stream.getvalue())
    assert stream.getvalue().endswith("\r\x1b[K")
    alone = _progress.Progress(1, stream, terminal=True)
    alone.seen(0, GRANTED[0])
    assert "0 of 1 destination checked; write granted; " in alone.line()


def test_no_progress_is_drawn_into_what_is_printed() -> None:
    from validator.checking import progress as _progress

    stream = io.StringIO()
    progress = _progress.Progress(2, stream, terminal=True)
    drawing = threading.Thread(target=progress._draw)
    with progress.aside():
        drawing.start()
        drawing.join(0.05)
        stream.write("PASS  north\n")
    drawing.join()
    assert stream.getvalue().startswith("PASS  north\n\r[")


def test_progress_prints_plain_lines_in_a_log() -> None:
    from tests.support.sample_reports import destination
    from tests.support.wire import wait_until
    from validator.checking import progress as _progress

    stream = io.StringIO()
    progress = _progress.Progress(2, stream, terminal=False, beat=0.01)
    progress.seen(0, destination())
    with progress:
        wait_until(lambda: "1 of 2 destinations checked after 0 s\n" in stream.getvalue())
    assert "\r" not in stream.getvalue()


@pytest.mark.parametrize(
    ("choice", "environment", "terminal", "wanted"),
    [
        ("auto", {}, True, True),
        ("auto", {}, False, False),
        ("auto", {"NO_COLOR": "1"}, True, False),
        ("auto", {"FORCE_COLOR": "1"}, False, True),
        ("auto", {"TERM": "dumb"}, True, False),
        ("always", {"NO_COLOR": "1"}, False, True),
        ("never", {"FORCE_COLOR": "1"}, True, False),
    ],
)
def test_colours(choice: str, environment: dict[str, str], terminal: bool, wanted: bool) -> None:
    stream = io.StringIO()
    stream.isatty = lambda: terminal  # type: ignore[method-assign]
    assert console.colours(choice, stream, environment) is wanted


def test_the_guide_names_every_option_and_every_command() -> None:
    guide = (ROOT / "docs" / "guides" / "command-line.md").read_text()
    options = {name for each in cli.load("check").params for name in (*each.opts, *each.secondary_opts) if name[0] == "-"}
    assert options
    assert {name for name in options if f"`{name}" not in guide} == set()
    assert all(f"| `{name}" in guide for name in cli.COMMANDS)


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_every_command_has_help(run: Any, name: str) -> None:
    ran = run(name, "--help")
    assert ran.code == 0
    assert ran.out.startswith(f"usage: planet-validator {name} ")
    assert f"  {name} " in run("--help").out


def test_a_misspelt_command_is_answered_with_the_closest(run: Any) -> None:
    assert "there is no command 'chekc': is check meant?" in run("chekc").err


def test_no_command_shows_help_and_exits_2(run: Any) -> None:
    ran = run()
    assert (ran.code, ran.out.splitlines()[0]) == (2, "usage: planet-validator COMMAND ...")


def test_options_may_stand_between_sources(run: Any, good: UserKey) -> None:
    save("a.json", request(good))
    save("b.json", request(good))
    assert len(run("lint", "a.json", "-q", "b.json").out.splitlines()) == 3


def test_help_is_one_screen(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    lines = run("--help").out.splitlines()
    assert len(lines) <= 40
    assert max(map(len, lines)) <= 80
    assert [line for line in lines if line.endswith(":") and line[0] != " "] == [
        "Check a destination:", "Understand and correct:", "Hand over to Planet:", "Around it:", "General:", "Examples:",
    ]  # fmt: skip


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_help_has_two_examples_that_are_understood(run: Any, name: str) -> None:
    lines = run(name, "--help").out.splitlines()
    first = lines.index("Examples:") + 1
    examples = [line.strip().partition(" > ")[0] for line in lines[first : first + 2]]
    for each in examples:
        words = shlex.split(each)
        arguments = words[words.index("planet-validator") + 1 :]
        assert arguments[0] == name
        assert cli.load(name).make_context(name, arguments[1:]).params is not None
    assert not lines[first + 2 :] or lines[first + 2] == ""


def test_exit_codes_are_told_where_they_say_something(run: Any) -> None:
    telling = {name for name in cli.COMMANDS if "Exit codes:" in run(name, "--help").out}
    assert telling == {"check", "lint", "sweep", "create", "update", "list", "diagnose", "doctor"}


def test_help_names_the_variable_of_each_setting(run: Any) -> None:
    from validator.cli.settings import KEYS

    told = run("check", "--help").out
    for key in KEYS.values():
        assert (key.variable in told) is (f"--{key.name}" in told), key.name
    assert "PLANET_VALIDATOR_CONFIG" in told


def test_help_of_one_command_by_its_name(run: Any) -> None:
    assert run("help", "check").out == run("check", "--help").out
    assert run("help").out == run("--help").out == run("-h").out


def test_a_bare_v_for_version(run: Any) -> None:
    assert run("-V").out == run("--version").out


def loaded_by(arguments: list[str], folder: Path) -> set[str]:
    program = "import sys\nfrom validator.cli.app import run\nrun(sys.argv[1:])\nprint(*sys.modules, file=sys.stderr)"
    told = subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True, cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)}, check=True,
    )  # fmt: skip
    return set(told.stderr.splitlines()[-1].split())


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["check", "--help"], ["lint", "d.json"]], ids=" ".join)
def test_a_command_pays_for_its_own_options_alone(arguments: list[str], tmp_path: Path) -> None:
    """Modules are counted, since a duration says as much of the machine as of the program."""
    (tmp_path / "d.json").write_text(json.dumps(request(UserKey("AKIAEXAMPLEEXAMPLE23", "x" * 40, "arn"))))
    loaded = loaded_by(arguments, tmp_path)
    commands = {name for name in loaded if name.startswith("validator.cli.commands.")}
    assert commands == {f"validator.cli.commands.{name}" for name in arguments if name in cli.COMMANDS}
    if arguments[-1].startswith("--"):
        assert len({name for name in loaded if name.startswith("validator")}) <= 12
        assert len(loaded) <= 200  # rich alone would bring 150 more


# ---- the shell's completion ------------------------------------------------------------------------------------------


def complete(words: str, folder: Path) -> list[str]:
    """What bash is told for the last of these words."""
    environment = {
        **os.environ, "PYTHONPATH": str(ROOT), "COMP_WORDS": words, "COMP_CWORD": str(len(words.split(" ")) - 1),
        "_PLANET_VALIDATOR_COMPLETE": "complete_bash",
    }  # fmt: skip
    told = subprocess.run(
        [sys.executable, "-m", "validator"], capture_output=True, text=True, cwd=folder, env=environment, check=True
    )
    assert told.stderr == ""
    return told.stdout.split()


@pytest.mark.parametrize(
    ("words", "proposed"),
    [
        ("planet-validator s", ["sweep", "schema", "serve"]),
        ("planet-validator check --str", ["--strict"]),
        ("planet-validator check -f j", ["json", "junit"]),
        ("planet-validator check --ignore delete-d", ["delete-denied"]),
        ("planet-validator explain delete-d", ["delete-denied"]),
        ("planet-validator policy --type g", ["gcs", "google_cloud_storage"]),
        ("planet-validator diagnose --type o", ["ocs", "oracle_cloud_storage"]),
        ("planet-validator check --endpoint az", ["azure", "azure_blob_storage"]),
        ("planet-validator schema --of r", ["report"]),
        ("planet-validator check d", []),  # a file: the shell's own affair
    ],
)
def test_completion(words: str, proposed: list[str], tmp_path: Path) -> None:
    assert complete(words, tmp_path) == proposed


def test_completion_is_installed_for_the_shell(tmp_path: Path) -> None:
    told = subprocess.run(
        ["bash", "-c", f"'{sys.executable}' -m validator --install-completion; exit $?"],
        capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(ROOT), "HOME": str(tmp_path)}, check=False,
        cwd=tmp_path,
    )  # fmt: skip
    assert told.returncode == 0, told.stderr
    assert "_PLANET_VALIDATOR_COMPLETE=complete_bash" in (tmp_path / ".bash_completions" / "planet-validator.sh").read_text()
