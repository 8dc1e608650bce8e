"""``init``: the first source. What is written can be read, no secret is in it, and a terminal is asked without showing one."""

from __future__ import annotations

import io
import os
import pty
import select
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT
from validator import providers
from validator.cli import questions
from validator.core.model import Secret
from validator.demo.emulators.s3 import S3Emulator, UserKey
from validator.providers.base import declared, required
from validator.sources import starter
from validator.sources.loader import References, load_text

TYPES = tuple(providers.BUILT_IN)
FORMS = (".yaml", ".toml", ".json")


pytestmark = pytest.mark.usefixtures("at_s3")


@pytest.fixture
def answer(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Somebody who sits at a terminal and has these lines to type, and these where nothing is shown."""

    def sitting(lines: Sequence[str], hidden: Sequence[str] = ()) -> None:
        unseen = iter(hidden)
        monkeypatch.setattr(questions, "can_ask", lambda: True)
        monkeypatch.setattr(sys, "stdin", io.StringIO("".join(f"{line}\n" for line in lines)))

        def getpass(prompt: str, stream: Any) -> str:
            stream.write(prompt)
            return next(unseen)

        monkeypatch.setattr(questions.getpass, "getpass", getpass)

    return sitting


# ---- what is written -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", FORMS)
@pytest.mark.parametrize("type_", TYPES)
def test_a_starter_is_a_source_of_its_type(run: Any, type_: str, suffix: str) -> None:
    code, out, err = run("init", type_, f"d{suffix}")
    assert (code, out) == (0, "")
    assert f"written: d{suffix}\nnext: planet-validator check d{suffix}\n" == err
    provider = providers.find(type_)
    assert provider is not None
    text = Path(f"d{suffix}").read_text()
    variables = {starter.variable(each): "x" for each in declared(provider.Parameters)}
    (found,) = load_text(text, suffix, references=References(env=variables)).destinations
    assert found.type == type_
    assert set(found.parameters) == {each.name for each in declared(provider.Parameters) if required(each)}
    for each in declared(provider.Parameters):
        if suffix != ".json":
            assert f"# {each.metadata['help']}" in text
            assert each.metadata["label"] in text
        if each.metadata["kind"] == "secret":
            assert starter.reference(each) in text


@pytest.mark.parametrize("type_", TYPES)
def test_what_is_left_to_fill_in_is_no_value_for_a_check(run: Any, type_: str, monkeypatch: pytest.MonkeyPatch) -> None:
    provider = providers.find(type_)
    assert provider is not None
    run("init", type_, "d.yaml")
    code, out, _ = run("lint", "d.yaml")
    assert code == 1
    for each in declared(provider.Parameters):
        if required(each) and not each.metadata["credential"]:
            assert f"{each.name} still holds a placeholder" in " ".join(out.split())
    assert "unresolved-reference" in out


def test_without_a_file_it_goes_to_standard_output(run: Any) -> None:
    code, out, err = run("init", "s3")
    assert (code, err) == (0, "")
    assert 'type: "amazon_s3"\n' in out
    assert '\n  aws_secret_access_key: "${AWS_SECRET_ACCESS_KEY}"\n' in out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["s4", "d.yaml"], "there is no type 's4': there are s3"),
        (["s3", "d.txt"], "d.txt: the name must end with .yaml, .yml, .toml or .json"),
        (["s3", "there.yaml"], "there.yaml exists already: init writes over nothing"),
        (["s3", "link.yaml"], "link.yaml exists already: init writes over nothing"),
        (["s3", "nowhere/d.yaml"], "nowhere/d.yaml: its folder does not exist"),
        (["s3", "--write-secrets"], "--write-secrets needs a FILE"),
    ],
)
def test_what_init_refuses(run: Any, arguments: list[str], said: str) -> None:
    Path("there.yaml").write_text("mine")
    Path("link.yaml").symlink_to("elsewhere.yaml")
    code, out, err = run("init", *arguments)
    assert (code, out) == (2, "")
    assert said in err
    assert Path("there.yaml").read_text() == "mine"
    assert {each.name for each in Path().iterdir()} == {".git", "there.yaml", "link.yaml"}


@pytest.mark.parametrize("suffix", FORMS)
@pytest.mark.parametrize(
    "text", ['a "b" \\ c', "yes", "0123", "${HOME}", "$${x}", "\x7f\x85\u2028\ufeff", "\U0001f6f0 bild", "a\nb: c", "#!:{}[]&*"]
)
def test_any_text_comes_back_as_it_was(text: str, suffix: str) -> None:
    provider = providers.find("amazon_s3")
    assert provider is not None
    made = starter.starter(
        "amazon_s3", provider, suffix=suffix, name=starter.literal(text),
        given={"bucket": starter.literal(text), "aws_secret_access_key": starter.literal(text), "explicit_sse": True},
    )  # fmt: skip
    (found,) = load_text(made, suffix, references=References(env={"AWS_ACCESS_KEY_ID": "x"})).destinations
    secret = found.parameters["aws_secret_access_key"]
    assert (secret.reveal() if isinstance(secret, Secret) else secret) == text
    assert found.parameters["bucket"] == text
    assert found.parameters["explicit_sse"] is True


# ---- a terminal ------------------------------------------------------------------------------------------------------


def typed(key: UserKey, *, name: str = "north", last: str = "n") -> list[str]:
    return ["imagery-in", "?", "eu-central-1", key.access_key_id, "", name, last]


def test_a_typed_secret_is_in_no_file_and_on_no_screen(run: Any, answer: Any, s3: S3Emulator) -> None:
    key = s3.user("planet-typed")
    answer(typed(key), [key.secret_access_key])
    code, out, err = run("init", "s3", "d.yaml")
    assert (code, out) == (0, "")
    text = Path("d.yaml").read_text()
    assert key.secret_access_key not in text + err
    assert 'name: "north"' in text
    assert 'bucket: "imagery-in"' in text
    assert f'aws_access_key_id: "{key.access_key_id}"' in text
    assert '"${AWS_SECRET_ACCESS_KEY}"' in text
    assert "  Where: S3 > Buckets\n" in err
    assert "    eu-central-1 " in err
    assert "AWS_SECRET_ACCESS_KEY is not in it. For later checks: read -rs AWS_SECRET_ACCESS_KEY && export" in err


def test_it_checks_at_once_with_what_was_typed(run: Any, answer: Any, s3: S3Emulator) -> None:
    good, bad = s3.user("planet-now"), s3.user("planet-now-bad", actions=("s3:PutObject", "s3:GetObject"))
    answer(typed(good, last=""), [good.secret_access_key])
    code, out, _ = run("init", "s3", "good.yaml")
    assert (code, out.startswith("PASS  north")) == (0, True)
    answer(typed(bad, last="y"), [bad.secret_access_key])
    code, out, err = run("init", "s3", "bad.toml")
    assert (code, "delete-denied" in out) == (1, True)
    assert bad.secret_access_key not in out + err + Path("bad.toml").read_text()
    assert s3.objects("imagery-in") == {}


def test_a_secret_is_written_when_told_to_for_its_owner_alone(run: Any, answer: Any, s3: S3Emulator) -> None:
    key = s3.user("planet-written")
    answer(typed(key), [key.secret_access_key])
    code, _, err = run("init", "s3", "d.yaml", "--write-secrets")
    assert code == 0
    assert key.secret_access_key in Path("d.yaml").read_text()
    assert key.secret_access_key not in err
    assert Path("d.yaml").stat().st_mode & 0o077 == 0
    code, out, _ = run("check", "d.yaml", "-q")
    assert (code, out.startswith("PASS  north")) == (0, True)


def test_a_key_file_is_asked_for_by_its_path(run: Any, answer: Any) -> None:
    Path("key.json").write_text("{}")
    answer(["imagery-in", "key.json", "", "n"])
    assert run("init", "gcs", "d.yaml")[0] == 0
    assert f'credentials: "${{base64file:{Path("key.json").absolute()}}}"' in Path("d.yaml").read_text()


def test_a_reference_that_is_typed_stays_one(run: Any, answer: Any, s3: S3Emulator) -> None:
    answer(["imagery-in", "eu-central-1", "", "y", "", "n"], ["${MY_SECRET}"])
    assert run("init", "s3", "d.yaml", "--write-secrets")[0] == 0
    text = Path("d.yaml").read_text()
    assert '"${MY_SECRET}"' in text
    assert "explicit_sse: true" in text
    assert Path("d.yaml").stat().st_mode & 0o777 == 0o666 & ~os.umask(os.umask(0o022))


def test_a_secret_at_the_wrong_question_is_not_kept(run: Any, answer: Any, s3: S3Emulator) -> None:
    key = s3.user("planet-crossed")
    lines = typed(key)
    answer([*lines[:3], key.secret_access_key, *lines[3:]], [key.secret_access_key])
    code, out, err = run("init", "s3", "d.yaml")
    assert (code, "That looks like a secret, which does not belong here: it is not kept." in err) == (0, True)
    assert key.secret_access_key not in out + err + Path("d.yaml").read_text()
    assert key.access_key_id in Path("d.yaml").read_text()


def test_a_terminal_that_closes_leaves_nothing(run: Any, answer: Any) -> None:
    answer(["imagery-in"])
    code, _, err = run("init", "s3", "d.yaml")
    assert (code, "no answer: nothing was written" in err) == (2, True)
    assert not Path("d.yaml").exists()


def test_no_input_asks_nothing(run: Any, answer: Any) -> None:
    answer([])
    assert run("init", "s3", "d.yaml", "--no-input")[0] == 0


def test_a_real_terminal_does_not_show_the_secret(tmp_path: Path) -> None:
    leader, follower = pty.openpty()
    child = subprocess.Popen(
        [sys.executable, "-m", "validator", "init", "azure", "d.yaml", "--no-config"],
        stdin=follower, stdout=follower, stderr=follower, cwd=tmp_path, start_new_session=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "80"},
        preexec_fn=lambda: __import__("fcntl").ioctl(0, __import__("termios").TIOCSCTTY, 0),  # noqa: PLW1509 - its own terminal
    )  # fmt: skip
    os.close(follower)
    shown = ""
    try:
        for prompt, line in (
            ("account, such as", "imageryaccount"), ("container, such as", "planet"), ("not shown", "sig-EXAMPLE-typed"),
            ("storage_endpoint_suffix,", ""), ("What Planet is to call it", ""), ("[Y/n]", "n"),
        ):  # fmt: skip
            while prompt not in shown.rpartition("\n")[2]:
                assert select.select([leader], [], [], 60)[0], shown
                shown += os.read(leader, 4096).decode()
            os.write(leader, f"{line}\n".encode())
            shown += "\n"
        assert child.wait(60) == 0
    finally:
        child.kill()
        child.wait()
        os.close(leader)
    assert "imageryaccount" in shown
    assert "sig-EXAMPLE-typed" not in shown
    assert "sig-EXAMPLE-typed" not in (tmp_path / "d.yaml").read_text()
