"""References: what is resolved, what is refused, and that nothing of them is ever shown."""

from __future__ import annotations

import base64
import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.support import chance
from tests.support.whole import whole
from validator.checking.assemble import lint
from validator.core.errors import BadSource
from validator.core.model import Destination, Secret
from validator.sources.loader import References, load

pytestmark = pytest.mark.usefixtures("here")


def destination(references: References | None = None, **parameters: str) -> Destination:
    Path("dest.json").write_text(json.dumps({"name": "imagery", "type": "google_cloud_storage", "parameters": parameters}))
    return load("dest.json", references=references).destinations[0]


def why(found: Destination) -> list[str]:
    return [each.detail for each in found.problems if each.name == "unresolved-reference"]


def test_the_environment() -> None:
    found = destination(References(env={"B": "imagery-in-EXAMPLE"}), bucket="${B}", credentials="x$${B}")
    assert found.parameters["bucket"] == "imagery-in-EXAMPLE"
    assert found.parameters["credentials"] == Secret("x${B}")
    assert found.resolved == {"/parameters/bucket"}
    assert found.secrets == (Secret("x${B}"),), "a bucket is no secret, wherever its name comes from"
    assert not found.problems


def test_files_are_found_beside_the_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "key.json").write_bytes(b'{"private_key": "EXAMPLE-PRIVATE"}\n')
    (tmp_path / "sub" / "name.txt").write_text("imagery-in\n")
    request = {"type": "gcs", "parameters": {"bucket": "${file:name.txt}", "credentials": "${base64file:key.json}"}}
    (tmp_path / "sub" / "dest.json").write_text(json.dumps(request))
    found = load("sub/dest.json").destinations[0]
    assert found.parameters["bucket"] == "imagery-in"
    assert base64.b64decode(found.parameters["credentials"].reveal()) == b'{"private_key": "EXAMPLE-PRIVATE"}\n'
    assert found.resolved == {"/parameters/bucket", "/parameters/credentials"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("${NOT_THERE_X}", "the environment variable NOT_THERE_X is not set"),
        ("${EMPTY}", "EMPTY is empty"),
        ("${ODD}", "holds bytes that are no text"),
        ("${X:-default}", "defaults and other shell forms"),
        ("${{ secrets.X }}", "CI system"),
        ("${}", "a reference is"),
        ("${a b}", "a reference is"),
        ("${file:none}", "no such file"),
        ("${file:folder}", "it is a folder"),
        ("${file:/dev/zero}", "a device or a pipe"),
        ("${file:pipe}", "a device or a pipe"),
        ("${file:big}", "larger than 1 MiB"),
        ("${file:binary}", "not text in UTF-8"),
        ("${file:empty}", "the file is empty"),
        ("${file:}", "names no file"),
        ("${file:loop}", "cannot be"),
    ],
)
def test_what_is_not_resolved(text: str, said: str) -> None:
    Path("folder").mkdir()
    os.mkfifo("pipe")
    Path("loop").symlink_to("loop")
    with Path("big").open("wb") as file:
        file.truncate(2 << 20)
    Path("binary").write_bytes(b"\xff\xfe\x00EXAMPLE")
    Path("empty").write_text("")
    found = destination(References(env={"EMPTY": "", "ODD": "a\udc80b"}), bucket=text, credentials="EXAMPLE")
    assert len(why(found)) == 1
    assert said in why(found)[0]
    assert found.line_of("/parameters/bucket") == 1


def test_a_loop_of_references_is_none() -> None:
    Path("a").write_text("${file:a}")
    assert destination(bucket="${file:a}").parameters["bucket"] == "${file:a}"
    found = destination(References(env={"A": "${B}", "B": "${A}"}), bucket="${A}")
    assert found.parameters["bucket"] == "${B}"


def test_ten_thousand_references_are_bounded() -> None:
    found = destination(References(env={"A": "xyz"}), bucket="${A}" * 10_000, credentials="${A}")
    assert any("more references than" in each for each in why(found))
    assert len({each.detail for each in found.problems}) < 5


def test_large_values_do_not_multiply() -> None:
    found = destination(References(env={"A": "x" * (1 << 20)}), bucket="${A}" * 900)
    assert any("more references than" in each for each in why(found))


def test_only_what_is_allowed() -> None:
    Path("in").mkdir()
    Path("in/x").write_text("EXAMPLE-X")
    Path("out").write_text("EXAMPLE-OUT")
    Path("in/link").symlink_to("../out")
    told = References(allow_env=frozenset({"A"}), allow_files=("in",), env={"A": "EXAMPLE-A", "B": "EXAMPLE-B"})
    assert not why(destination(told, bucket="${A}${file:in/x}"))
    for text in ("${B}", "${file:out}", "${file:in/link}", "${file:in/../out}", "${file:/etc/passwd}"):
        found = destination(told, bucket=text)
        assert "does not allow it" in why(found)[0]
        assert "EXAMPLE" not in repr(found)
    # One list given, the other is empty.
    assert why(destination(References(allow_env=frozenset({"A"}), env={"A": "v"}), bucket="${file:out}"))
    assert why(destination(References(allow_files=("in",), env={"A": "v"}), bucket="${A}"))
    assert why(destination(References.none(), bucket="${A}"))


def test_env_files_only_when_named() -> None:
    Path(".env").write_text("# ours\nexport A='EXAMPLE A'\nB=two # note\nC=\n")
    assert why(destination(References(env={}), bucket="${A}"))
    told = References(env={"B": "environment"}, env_file=".env")
    assert destination(told, bucket="${A}|${B}").parameters["bucket"] == "EXAMPLE A|environment"
    Path(".env").write_text("A=1\nEXAMPLE-SECRET without a name\n")
    with pytest.raises(BadSource) as raised:
        destination(References(env_file=".env"), bucket="x")
    assert raised.value.problems == (".env, line 2: this is not NAME=value",)
    with pytest.raises(BadSource, match="there is no such file"):
        destination(References(env_file="none.env"), bucket="x")


def test_the_variable_is_named_in_the_report_and_nothing_else_is_said() -> None:
    destination(bucket="imagery-in", credentials="${A_RATHER_LONG_VARIABLE_NAME}")
    report = lint(load("dest.json", references=References(env={})))
    assert [(each.name, each.pointer) for each in report.destinations[0].findings] == [
        ("unresolved-reference", "/parameters/credentials")
    ]
    assert "A_RATHER_LONG_VARIABLE_NAME is not set" in report.destinations[0].findings[0].detail


def test_what_a_reference_gives_to_a_bucket_is_shown_unless_it_looks_like_a_credential() -> None:
    destination(References(env={}), bucket="${B}", credentials="abc")
    shown = lint(load("dest.json", references=References(env={"B": "imagery_in_example "})))
    assert shown.destinations[0].target == "gs://imagery_in_example/planetverify.txt"
    secret = base64.b64encode(chance.token_bytes(30)).decode()
    report = lint(load("dest.json", references=References(env={"B": f"{secret} "})))
    assert any(each.name == "stray-whitespace" for each in report.destinations[0].findings)
    assert secret not in whole(report)
    assert not any(
        each.fix and each.fix.patch for each in report.destinations[0].findings if each.pointer == "/parameters/bucket"
    )


def git(*words: str) -> None:
    subprocess.run(["git", "-c", "user.name=x", "-c", "user.email=x@example.com", *words], check=True, capture_output=True)


def test_secrets_that_git_tracks() -> None:
    git("init", "-q")
    secret = "EXAMPLE" * 6
    destination(bucket="imagery-in", credentials=secret)
    assert not load("dest.json").destinations[0].problems
    git("add", "dest.json")
    found = load("dest.json").destinations[0].problems
    assert [each.name for each in found] == ["plaintext-secret"]
    assert found[0].fix is not None
    assert [(each.op, each.path, each.value) for each in found[0].fix.patch] == [
        ("replace", "/parameters/credentials", "${CREDENTIALS}")
    ]
    assert "EXAMPLE" not in repr(found)
    for harmless in ("${CREDENTIALS}", "<REDACTED>", "your credentials here"):
        assert "plaintext-secret" not in [each.name for each in destination(bucket="imagery-in", credentials=harmless).problems]


def test_git_runs_no_program_of_the_repositorys() -> None:
    git("init", "-q")
    destination(bucket="imagery-in", credentials="EXAMPLE" * 6)
    git("add", "dest.json")
    Path("hook").write_text("#!/bin/sh\ntouch ran\n")
    Path("hook").chmod(0o755)
    git("config", "core.fsmonitor", str(Path("hook").absolute()))
    assert load("dest.json").destinations[0].problems
    assert not Path("ran").exists()


def test_a_file_outside_the_repository_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "secret.txt").write_text("EXAMPLE-VALUE")
    (tmp_path / "repo").mkdir()
    monkeypatch.chdir(tmp_path / "repo")
    git("init", "-q")
    Path("inside.txt").write_text("EXAMPLE-VALUE")
    assert [each.name for each in destination(bucket="${file:../secret.txt}").problems] == ["reference-outside-repository"]
    assert not destination(bucket="${file:inside.txt}").problems


def test_a_repository_of_twenty_destinations_with_its_secrets_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    git("init", "-q")
    monkeypatch.setenv("TEAM_SECRET", "EXAMPLE/" + "k" * 32)
    Path("destinations").mkdir()
    for number in range(20):
        parameters = {
            "bucket": f"imagery-{number}",
            "aws_region": "eu-central-1",
            "aws_access_key_id": "AKIAEXAMPLEEXAMPLE12",
            "aws_secret_access_key": "${TEAM_SECRET}",
        }
        request = {"name": f"imagery {number}", "type": "amazon_s3", "parameters": parameters}
        Path(f"destinations/{number:02}.json").write_text(json.dumps(request))
    git("add", ".")
    report = lint(load("."))
    assert (len(report.destinations), report.verdict) == (20, "pass")
